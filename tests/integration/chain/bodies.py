"""The bodies of a deployment at work: each with its submitter, and the usual operations with made contents."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from hashlib import sha256
from itertools import count

from chain.composer import Composer
from chain.operations import ContractName, Operation, OperationStatus
from chain.signers import LocalSigner
from chain.submitter import Submitter, SubmitterSettings
from ledger import encoding
from ledger.ids import ActivityId, Address, Hash32, IdentityCommitment, LotId, MethodologyId, OperationId
from ledger.records import DerivedSalts
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    ReductionClass,
    Role,
)
from tests.fakes.memory_outbox import MemoryOutbox
from tests.integration.deployed import Deployed

QUICK = SubmitterSettings(
    poll_seconds=0.005, resend_seconds=0.5, mining_seconds=10, patience_seconds=10, lost_seconds=0.2
)
FIRST_DAY, LAST_DAY = 18_000, 18_365
OFFSET_FIELDS = {"organisation": "made", "period_first_day": "2025-01-01", "period_last_day": "2025-12-31"}

_numbers = count(1)


def made(word: str) -> bytes:
    """32 bytes that are different at every call and the same in every run."""
    return sha256(f"{word} {next(_numbers)}".encode()).digest()


def new_operation_id() -> OperationId:
    """An operation id that was not used."""
    return OperationId(made("operation"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Bodies:
    """`composer` makes operations; `submit` sends each with the submitter of its sender."""

    deployed: Deployed
    composer: Composer
    outbox: MemoryOutbox
    submitters: Mapping[Address, Submitter]

    def submit(self, operation: Operation) -> OperationStatus:
        """Submits with the sender's key and waits."""
        return self.submitters[operation.sender].submit(operation)

    def by(self, role: Role) -> Submitter:
        """The submitter of a body."""
        return self.submitters[self.deployed.signers[role].address]

    def opening(self, account: Address | None = None) -> Operation:
        """An account in its holder's custody."""
        return self.composer.open_account(
            operation_id=new_operation_id(),
            account=account or Address(made("account")[:20]),
            kind=AccountKind.INSTITUTION,
            custody=Custody.HOLDER,
            identity_commitment=IdentityCommitment(made("identity")),
        )

    def custody_opening(self, commitment: IdentityCommitment) -> Operation:
        """An account in the platform's custody."""
        return self.composer.open_account(
            operation_id=new_operation_id(),
            account=encoding.custody_address(commitment),
            kind=AccountKind.INSTITUTION,
            custody=Custody.PLATFORM,
            identity_commitment=commitment,
        )

    def custody_account(self) -> Address:
        """Opens an account in the platform's custody."""
        commitment = IdentityCommitment(made("identity"))
        self.submit(self.custody_opening(commitment))
        return encoding.custody_address(commitment)

    def methodology(self, reduction_class: ReductionClass = ReductionClass.I) -> MethodologyId:
        """Publishes a methodology version for projects that is effective for long."""
        code = f"M-{next(_numbers)}"
        self.submit(
            self.composer.publish_methodology(
                operation_id=new_operation_id(),
                code=code,
                version=1,
                kind=MethodologyKind.PROJECT,
                reduction_class=reduction_class,
                effective_first_day=0,
                effective_last_day=60_000,
                document_hash=Hash32(made("document")),
            )
        )
        return encoding.methodology_id(code=code, version=1)

    def activity(self, operator_account: Address, methodology_id: MethodologyId, cap_grams: int = 10**15) -> ActivityId:
        """Registers a project that credits from 2009 to 2059."""
        code = f"P-{next(_numbers)}"
        self.submit(
            self.composer.register_activity(
                operation_id=new_operation_id(),
                code=code,
                kind=ActivityKind.PROJECT,
                methodology_id=methodology_id,
                operator_account=operator_account,
                feed_signer=Address(bytes(20)),
                crediting_first_day=14_500,
                crediting_last_day=32_500,
                facility_id=Hash32(made("facility")),
                pledge_hash=Hash32(made("pledge")),
                cap_grams=cap_grams,
            )
        )
        return encoding.activity_id(code=code)

    def proposal(
        self, activity_id: ActivityId, grams: int, first_day: int = FIRST_DAY, last_day: int = LAST_DAY
    ) -> Operation:
        """The technical centre's proposal."""
        return self.composer.propose_issuance(
            operation_id=new_operation_id(),
            activity_id=activity_id,
            first_day=first_day,
            last_day=last_day,
            grams=grams,
        )

    def issued(self, grams: int, reduction_class: ReductionClass = ReductionClass.I) -> tuple[Address, LotId]:
        """A custody account that holds a whole new lot."""
        account = self.custody_account()
        methodology_id = self.methodology(reduction_class)
        activity_id = self.activity(account, methodology_id)
        proposal = self.proposal(activity_id, grams)
        self.submit(proposal)
        self.submit(self.composer.confirm_issuance(operation_id=new_operation_id(), proposal_id=proposal.id))
        deployment = self.deployed.deployment
        lot_id = encoding.lot_id(
            chain_id=deployment.chain_id,
            ledger=deployment.address(ContractName.REDUCTION_LEDGER),
            activity_id=activity_id,
            methodology_id=methodology_id,
            reduction_class=reduction_class,
            first_day=FIRST_DAY,
            last_day=LAST_DAY,
        )
        return account, lot_id

    def transfer(self, account: Address, to: Address, lot_id: LotId, grams: int) -> Operation:
        """A transfer out of a custody account."""
        return self.composer.transfer(
            operation_id=new_operation_id(), from_account=account, to_account=to, lot_id=lot_id, grams=grams
        )

    def cancellation(self, account: Address, lot_id: LotId, grams: int) -> Operation:
        """A voluntary offset out of a custody account."""
        return self.composer.cancel(
            operation_id=new_operation_id(),
            account=account,
            lot_id=lot_id,
            grams=grams,
            purpose=CancellationPurpose.VOLUNTARY_OFFSET,
            fields=OFFSET_FIELDS,
        )


@contextmanager
def bodies_of(deployed: Deployed, settings: SubmitterSettings = QUICK) -> Iterator[Bodies]:
    """Submitters for all bodies of a deployment, with one outbox in memory."""
    outbox = MemoryOutbox()
    with ExitStack() as stack:
        submitters = {
            signer.address: stack.enter_context(submitter_of(deployed, signer, outbox, settings))
            for signer in deployed.signers.values()
        }
        composer = Composer(salts=DerivedSalts(b"salt key of tests"), senders=deployed.holders)
        yield Bodies(deployed=deployed, composer=composer, outbox=outbox, submitters=submitters)


def submitter_of(
    deployed: Deployed, signer: LocalSigner, outbox: MemoryOutbox, settings: SubmitterSettings = QUICK
) -> Submitter:
    """A submitter with a key that need not be a body's."""
    return Submitter(deployed.rpc, deployed.deployment, signer, outbox, settings)
