"""Typed reads of the contracts' state, one by one or many in a batch.

What was never written reads as zeros, as on chain: an account that was never opened has status Unknown. Quantities are
in g CO2e, days are civil days in Shanghai. Errors: `NodeUnreachable`, `RpcFailure`, the refusal where a view reverts.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

from eth_abi.exceptions import DecodingError

from chain.calls import CAMPAIGN_TYPE, COMMITMENT_TYPE, PUBLICATION_TYPE, REGISTRATION_TYPE
from chain.deployment import Deployment
from chain.functions import Function, decode, word_of_address, word_of_uint
from chain.hexes import from_data, malformed, to_data, to_quantity
from chain.operations import ContractName
from chain.reverts import refusal_from_answer
from chain.rpc import Rpc
from ledger.batches import BatchCommitment
from ledger.ids import (
    ActivityId,
    Address,
    CampaignId,
    DebtorId,
    Hash32,
    IdentityCommitment,
    LotId,
    MethodologyId,
    OperationId,
)
from ledger.vocabulary import (
    AccountKind,
    AccountStatus,
    ActivityKind,
    ActivityStatus,
    BatchKind,
    CampaignStatus,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    MethodologyStatus,
    ProposalStatus,
    ProviderMode,
    ProviderStatus,
    ReductionClass,
)

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """As `IAccountRegistry.Account`."""

    kind: AccountKind
    status: AccountStatus
    custody: Custody
    identity_commitment: IdentityCommitment


@dataclass(frozen=True, slots=True, kw_only=True)
class Methodology:
    """As `IMethodologyRegistry.Methodology`."""

    code: str
    version: int
    kind: MethodologyKind
    reduction_class: ReductionClass
    effective_first_day: int
    effective_last_day: int
    document_hash: Hash32
    status: MethodologyStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """As `IActivityRegistry.Activity`."""

    code: str
    kind: ActivityKind
    methodology_id: MethodologyId
    operator_account: Address
    feed_signer: Address
    crediting_first_day: int
    crediting_last_day: int
    facility_id: Hash32
    pledge_hash: Hash32
    cap_grams: int
    status: ActivityStatus
    reduction_class: ReductionClass
    issued_grams: int
    corrected_grams: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """As `IReductionLedger.Proposal`."""

    activity_id: ActivityId
    first_day: int
    last_day: int
    grams: int
    proposer: Address
    status: ProposalStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """As `IReductionLedger.Lot`."""

    activity_id: ActivityId
    methodology_id: MethodologyId
    reduction_class: ReductionClass
    frozen: bool
    first_day: int
    last_day: int
    credited_account: Address
    first_serial: int
    issued_grams: int
    cancelled_grams: int
    taken_back_grams: int
    corrected_grams: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTotals:
    """As `IReductionLedger.ClassTotals`: issued + bought back = held + cancelled + taken back."""

    issued_grams: int
    held_grams: int
    cancelled_grams: int
    taken_back_grams: int
    bought_back_grams: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Provider:
    """As `IProviderRegistry.Provider`; the hashes are of the latest admission."""

    mode: ProviderMode
    application_hash: Hash32
    evaluation_hash: Hash32
    agreement_hash: Hash32
    status: ProviderStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Campaign:
    """As `ICampaignRegistry.StoredCampaign`."""

    code: str
    beneficiary: Address
    purpose: CancellationPurpose
    last_day: int
    document_hash: Hash32
    status: CampaignStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """As `IPointLedger.Batch`; kind NONE if there is no such batch."""

    kind: BatchKind
    reduction_class: ReductionClass
    withheld_grams: int
    first_certificate: int
    corrected_grams: int
    party: Hash32
    commitment: BatchCommitment
    personal_class_i_grams: int
    personal_class_ii_grams: int

    def personal_grams(self, reduction_class: ReductionClass) -> int:
        """What persons had of a class after this batch: what a snapshot that names it must add up to."""
        return self.personal_class_i_grams if reduction_class is ReductionClass.I else self.personal_class_ii_grams


@dataclass(frozen=True, slots=True, kw_only=True)
class PointTotals:
    """As `IPointLedger.PointTotals`: issued = all the others."""

    issued_grams: int
    personal_grams: int
    pooled_by_providers_grams: int
    pooled_by_campaigns_grams: int
    bought_back_grams: int
    cancelled_grams: int
    taken_back_grams: int


@dataclass(frozen=True, slots=True)
class View:
    """A view function, where it stands and what it returns."""

    contract: ContractName
    function: Function
    returns: tuple[str, ...] = field(default=())


ACCOUNT_OF = View(ContractName.ACCOUNT_REGISTRY, Function("accountOf(address)"), ("uint8", "uint8", "uint8", "bytes32"))
METHODOLOGY_OF = View(
    ContractName.METHODOLOGY_REGISTRY, Function("methodologyOf(bytes32)"), (f"({PUBLICATION_TYPE},uint8)",)
)
ACTIVITY_OF = View(
    ContractName.ACTIVITY_REGISTRY,
    Function("activityOf(bytes32)"),
    (f"({REGISTRATION_TYPE},uint8,uint8,uint128,uint128)",),
)
DEFICIT_OF = View(ContractName.ACTIVITY_REGISTRY, Function("deficitOf(bytes32)"), ("uint128",))
LIVE_ACTIVITY_OF = View(ContractName.ACTIVITY_REGISTRY, Function("liveActivityOf(bytes32)"), ("bytes32",))
IS_CREDITED = View(ContractName.ACTIVITY_REGISTRY, Function("isCredited(bytes32,uint32)"), ("bool",))
PROPOSAL_OF = View(
    ContractName.REDUCTION_LEDGER,
    Function("proposalOf(bytes32)"),
    ("bytes32", "uint32", "uint32", "uint128", "address", "uint8"),
)
LOT_OF = View(
    ContractName.REDUCTION_LEDGER,
    Function("lotOf(uint256)"),
    (
        *("bytes32", "bytes32", "uint8", "bool", "uint32", "uint32"),
        *("address", "uint128", "uint128", "uint128", "uint128", "uint128"),
    ),
)
BALANCE_OF = View(ContractName.REDUCTION_LEDGER, Function("balanceOf(address,uint256)"), ("uint256",))
HELD_GRAMS = View(ContractName.REDUCTION_LEDGER, Function("heldGrams(address)"), ("uint256",))
TOTALS_OF = View(
    ContractName.REDUCTION_LEDGER, Function("totalsOf(uint8)"), ("uint128", "uint128", "uint128", "uint128", "uint128")
)
CERTIFICATE_COUNT = View(ContractName.REDUCTION_LEDGER, Function("certificateCount()"), ("uint64",))
NEXT_SERIAL = View(ContractName.REDUCTION_LEDGER, Function("nextSerial()"), ("uint128",))
PROVIDER_OF = View(
    ContractName.PROVIDER_REGISTRY, Function("providerOf(address)"), ("(uint8,bytes32,bytes32,bytes32)", "uint8")
)
CAMPAIGN_OF = View(ContractName.CAMPAIGN_REGISTRY, Function("campaignOf(bytes32)"), (f"({CAMPAIGN_TYPE},uint8)",))
BATCH_OF = View(
    ContractName.POINT_LEDGER,
    Function("batchOf(uint64)"),
    (
        *("uint8", "uint8", "uint64", "uint64", "uint64", "bytes32"),
        *(COMMITMENT_TYPE, "uint64", "uint64"),
    ),
)
BATCH_COUNT = View(ContractName.POINT_LEDGER, Function("batchCount()"), ("uint64",))
POINT_TOTALS_OF = View(ContractName.POINT_LEDGER, Function("totalsOf(uint8)"), ("uint128",) * 7)
POOL_OF = View(ContractName.POINT_LEDGER, Function("poolOf(address,uint8)"), ("uint128",))
CAMPAIGN_POOL_OF = View(ContractName.POINT_LEDGER, Function("campaignPoolOf(bytes32,uint8)"), ("uint128",))
BEHAVIOUR_VALUE_OF = View(ContractName.POINT_LEDGER, Function("behaviourValueOf(bytes32)"), ("uint128",))
NEXT_SEQUENCE = View(ContractName.POINT_LEDGER, Function("nextSequence(bytes32)"), ("uint64",))
BATCH_OF_ROOT = View(ContractName.POINT_LEDGER, Function("batchOfRoot(bytes32)"), ("uint64",))
LATEST_SNAPSHOT = View(ContractName.POINT_LEDGER, Function("latestSnapshot(uint8)"), ("uint64",))
IS_EARNED = View(ContractName.ACTIVITY_REGISTRY, Function("isEarned(bytes32,uint32)"), ("bool",))
LOG_SIZE = View(ContractName.TRANSPARENCY_LOG, Function("size()"), ("uint64",))
LOG_ROOT = View(ContractName.TRANSPARENCY_LOG, Function("root()"), ("bytes32",))
LOG_ROOT_AT = View(ContractName.TRANSPARENCY_LOG, Function("rootAt(uint64)"), ("bytes32",))
OPERATION_DIGEST = View(ContractName.TRANSPARENCY_LOG, Function("operationDigest(bytes32)"), ("bytes32",))

VIEWS = (
    *(ACCOUNT_OF, METHODOLOGY_OF, ACTIVITY_OF, LIVE_ACTIVITY_OF, IS_CREDITED, PROPOSAL_OF, LOT_OF, BALANCE_OF),
    *(HELD_GRAMS, TOTALS_OF, CERTIFICATE_COUNT, NEXT_SERIAL, LOG_SIZE, LOG_ROOT, LOG_ROOT_AT, OPERATION_DIGEST),
    *(PROVIDER_OF, CAMPAIGN_OF, BATCH_OF, BATCH_COUNT, POINT_TOTALS_OF, POOL_OF, CAMPAIGN_POOL_OF),
    *(BEHAVIOUR_VALUE_OF, NEXT_SEQUENCE, LATEST_SNAPSHOT, BATCH_OF_ROOT, IS_EARNED, DEFICIT_OF),
)
"""All of them; tests/unit/chain/test_views.py holds them to the compiled contracts."""


class ContractViews:
    """Reads of one deployment as of one block: "latest", or a number."""

    def __init__(self, rpc: Rpc, deployment: Deployment, block: int | None = None) -> None:
        self._rpc = rpc
        self._deployment = deployment
        self._block = "latest" if block is None else to_quantity(block)

    def account_of(self, account: Address) -> Account:
        """The account as stored."""
        return self.accounts_of([account])[0]

    def accounts_of(self, accounts: Iterable[Address]) -> list[Account]:
        """As `account_of`, in one batch."""
        return self._ask(ACCOUNT_OF, map(word_of_address, accounts), _account)

    def methodology_of(self, methodology_id: MethodologyId) -> Methodology:
        """The version as stored."""
        return self.methodologies_of([methodology_id])[0]

    def methodologies_of(self, methodology_ids: Iterable[MethodologyId]) -> list[Methodology]:
        """As `methodology_of`, in one batch."""
        return self._ask(METHODOLOGY_OF, methodology_ids, _methodology)

    def activity_of(self, activity_id: ActivityId) -> Activity:
        """The activity as stored."""
        return self.activities_of([activity_id])[0]

    def activities_of(self, activity_ids: Iterable[ActivityId]) -> list[Activity]:
        """As `activity_of`, in one batch."""
        return self._ask(ACTIVITY_OF, activity_ids, _activity)

    def live_activity_of(self, facility_id: Hash32) -> ActivityId:
        """The live activity of a facility; all zeros if there is none."""
        return self._ask(LIVE_ACTIVITY_OF, [facility_id], lambda found: ActivityId(found[0]))[0]

    def is_credited(self, activity_id: ActivityId, day: int) -> bool:
        """Whether the day has been credited."""
        arguments = activity_id + word_of_uint(32, day, "day")
        return self._ask(IS_CREDITED, [arguments], lambda found: bool(found[0]))[0]

    def proposal_of(self, proposal_id: OperationId) -> Proposal:
        """The proposal as stored, under the id of the operation that made it."""
        return self.proposals_of([proposal_id])[0]

    def proposals_of(self, proposal_ids: Iterable[OperationId]) -> list[Proposal]:
        """As `proposal_of`, in one batch."""
        return self._ask(PROPOSAL_OF, proposal_ids, _proposal)

    def lot_of(self, lot_id: LotId) -> Lot:
        """The lot as stored."""
        return self.lots_of([lot_id])[0]

    def lots_of(self, lot_ids: Iterable[LotId]) -> list[Lot]:
        """As `lot_of`, in one batch."""
        return self._ask(LOT_OF, lot_ids, _lot)

    def balance_of(self, account: Address, lot_id: LotId) -> int:
        """What an account holds of a lot."""
        return self.balances_of([(account, lot_id)])[0]

    def balances_of(self, holdings: Iterable[tuple[Address, LotId]]) -> list[int]:
        """As `balance_of`, in one batch."""
        return self._ask(BALANCE_OF, (word_of_address(account) + lot_id for account, lot_id in holdings), _number)

    def held_grams(self, account: Address) -> int:
        """What an account holds of all lots."""
        return self._ask(HELD_GRAMS, [word_of_address(account)], _number)[0]

    def totals_of(self, reduction_class: ReductionClass) -> ClassTotals:
        """The sums of a class."""
        return self._ask(TOTALS_OF, [_class_word(reduction_class)], _totals)[0]

    def certificate_count(self) -> int:
        """Certificates given so far: their numbers are 1 to this."""
        return self._ask(CERTIFICATE_COUNT, [b""], _number)[0]

    def next_serial(self) -> int:
        """The serial number that the next lot starts with."""
        return self._ask(NEXT_SERIAL, [b""], _number)[0]

    def provider_of(self, account: Address) -> Provider:
        """The provider as stored; status UNKNOWN if it was never admitted."""
        return self.providers_of([account])[0]

    def providers_of(self, accounts: Iterable[Address]) -> list[Provider]:
        """As `provider_of`, in one batch."""
        return self._ask(PROVIDER_OF, map(word_of_address, accounts), _provider)

    def campaign_of(self, campaign_id: CampaignId) -> Campaign:
        """The campaign as stored; status UNKNOWN if it was never opened."""
        return self.campaigns_of([campaign_id])[0]

    def campaigns_of(self, campaign_ids: Iterable[CampaignId]) -> list[Campaign]:
        """As `campaign_of`, in one batch."""
        return self._ask(CAMPAIGN_OF, campaign_ids, _campaign)

    def batch_of(self, batch_number: int) -> Batch:
        """The batch as stored."""
        return self.batches_of([batch_number])[0]

    def batches_of(self, batch_numbers: Iterable[int]) -> list[Batch]:
        """As `batch_of`, in one batch of requests."""
        return self._ask(BATCH_OF, (word_of_uint(64, number, "batch_number") for number in batch_numbers), _batch)

    def batch_count(self) -> int:
        """Batches of points so far: their numbers are 1 to this."""
        return self._ask(BATCH_COUNT, [b""], _number)[0]

    def point_totals_of(self, reduction_class: ReductionClass) -> PointTotals:
        """The points of a class."""
        return self._ask(POINT_TOTALS_OF, [_class_word(reduction_class)], _point_totals)[0]

    def pool_of(self, provider: Address, reduction_class: ReductionClass) -> int:
        """Points of a class in a provider's pool."""
        return self.pools_of([(provider, reduction_class)])[0]

    def pools_of(self, pools: Iterable[tuple[Address, ReductionClass]]) -> list[int]:
        """As `pool_of`, in one batch."""
        return self._ask(POOL_OF, (word_of_address(account) + _class_word(one) for account, one in pools), _number)

    def campaign_pool_of(self, campaign_id: CampaignId, reduction_class: ReductionClass) -> int:
        """Points of a class in a campaign's pool."""
        return self.campaign_pools_of([(campaign_id, reduction_class)])[0]

    def campaign_pools_of(self, pools: Iterable[tuple[CampaignId, ReductionClass]]) -> list[int]:
        """As `campaign_pool_of`, in one batch."""
        return self._ask(CAMPAIGN_POOL_OF, (campaign_id + _class_word(one) for campaign_id, one in pools), _number)

    def behaviour_value_of(self, activity_id: ActivityId) -> int:
        """Behaviour value of an activity so far: no grams."""
        return self.behaviour_values_of([activity_id])[0]

    def behaviour_values_of(self, activity_ids: Iterable[ActivityId]) -> list[int]:
        """As `behaviour_value_of`, in one batch."""
        return self._ask(BEHAVIOUR_VALUE_OF, activity_ids, _number)

    def next_sequence(self, activity_id: ActivityId) -> int:
        """The sequence that the activity's next feed header must have."""
        return self.next_sequences_of([activity_id])[0]

    def next_sequences_of(self, activity_ids: Iterable[ActivityId]) -> list[int]:
        """As `next_sequence`, in one batch."""
        return self._ask(NEXT_SEQUENCE, activity_ids, _number)

    def deficits_of(self, debtors: Iterable[DebtorId]) -> list[int]:
        """What each of them owes: a facility in its class, or an activity that names none."""
        return self._ask(DEFICIT_OF, debtors, _number)

    def latest_snapshot(self, reduction_class: ReductionClass) -> int:
        """Number of the batch that took the class's latest snapshot; zero if none did."""
        return self._ask(LATEST_SNAPSHOT, [_class_word(reduction_class)], _number)[0]

    def batches_of_roots(self, roots: Iterable[Hash32]) -> list[int]:
        """Number of the batch that anchored each set of entries, or zero; snapshots are not counted."""
        return self._ask(BATCH_OF_ROOT, roots, _number)

    def is_earned(self, activity_id: ActivityId, day: int) -> bool:
        """Whether points were earned on the day."""
        arguments = activity_id + word_of_uint(32, day, "day")
        return self._ask(IS_EARNED, [arguments], lambda found: bool(found[0]))[0]

    def log_size(self) -> int:
        """Number of leaves."""
        return self._ask(LOG_SIZE, [b""], _number)[0]

    def log_root(self) -> Hash32:
        """Root of the whole log."""
        return self._ask(LOG_ROOT, [b""], _hash)[0]

    def log_roots_at(self, sizes: Iterable[int]) -> list[Hash32]:
        """Roots of the first so many leaves, in one batch; `TransparencyLog_SizeNotReached` beyond the log's size."""
        return self._ask(LOG_ROOT_AT, (word_of_uint(64, size, "size") for size in sizes), _hash)

    def log_root_at(self, size: int) -> Hash32:
        """As `log_roots_at`, for one size."""
        return self.log_roots_at([size])[0]

    def operation_digest(self, operation_id: OperationId) -> Hash32:
        """Digest of what was applied under this id; zero if nothing was."""
        return self.operation_digests([operation_id])[0]

    def operation_digests(self, operation_ids: Iterable[OperationId]) -> list[Hash32]:
        """As `operation_digest`, in one batch."""
        return self._ask(OPERATION_DIGEST, operation_ids, _hash)

    def _ask(self, view: View, arguments: Iterable[bytes], make: Callable[[Sequence[Any]], T]) -> list[T]:
        to = self._deployment.address(view.contract).hex0x
        answers = self._rpc.try_batch(
            ("eth_call", [{"to": to, "data": to_data(view.function.selector + words)}, self._block])
            for words in arguments
        )
        found: list[T] = []
        for answer in answers:
            refusal = refusal_from_answer(answer)
            if refusal is not None:
                raise refusal
            try:
                found.append(make(decode(view.returns, from_data(answer.result, "eth_call"))))
            except DecodingError:
                raise malformed("eth_call", answer.result, f"what {view.function.name} returns") from None
        return found


def _class_word(reduction_class: ReductionClass) -> bytes:
    return word_of_uint(8, int(reduction_class), "class")


def _number(values: Sequence[Any]) -> int:
    return int(values[0])


def _hash(values: Sequence[Any]) -> Hash32:
    return Hash32(values[0])


def _account(values: Sequence[Any]) -> Account:
    kind, status, custody, commitment = values
    return Account(
        kind=AccountKind.from_number(kind),
        status=AccountStatus.from_number(status),
        custody=Custody.from_number(custody),
        identity_commitment=IdentityCommitment(commitment),
    )


def _methodology(values: Sequence[Any]) -> Methodology:
    ((code, version, kind, reduction_class, first_day, last_day, document_hash), status) = values[0]
    return Methodology(
        code=code,
        version=version,
        kind=MethodologyKind.from_number(kind),
        reduction_class=ReductionClass.from_number(reduction_class),
        effective_first_day=first_day,
        effective_last_day=last_day,
        document_hash=Hash32(document_hash),
        status=MethodologyStatus.from_number(status),
    )


def _activity(values: Sequence[Any]) -> Activity:
    registration, status, reduction_class, issued, corrected = values[0]
    code, kind, methodology_id, operator, signer, first_day, last_day, facility_id, pledge_hash, cap = registration
    return Activity(
        code=code,
        kind=ActivityKind.from_number(kind),
        methodology_id=MethodologyId(methodology_id),
        operator_account=Address.from_hex(operator),
        feed_signer=Address.from_hex(signer),
        crediting_first_day=first_day,
        crediting_last_day=last_day,
        facility_id=Hash32(facility_id),
        pledge_hash=Hash32(pledge_hash),
        cap_grams=cap,
        status=ActivityStatus.from_number(status),
        reduction_class=ReductionClass.from_number(reduction_class),
        issued_grams=issued,
        corrected_grams=corrected,
    )


def _proposal(values: Sequence[Any]) -> Proposal:
    activity_id, first_day, last_day, grams, proposer, status = values
    return Proposal(
        activity_id=ActivityId(activity_id),
        first_day=first_day,
        last_day=last_day,
        grams=grams,
        proposer=Address.from_hex(proposer),
        status=ProposalStatus.from_number(status),
    )


def _lot(values: Sequence[Any]) -> Lot:
    activity_id, methodology_id, reduction_class, frozen, first_day, last_day, account, *numbers = values
    first_serial, issued, cancelled, taken_back, corrected = numbers
    return Lot(
        activity_id=ActivityId(activity_id),
        methodology_id=MethodologyId(methodology_id),
        reduction_class=ReductionClass.from_number(reduction_class),
        frozen=frozen,
        first_day=first_day,
        last_day=last_day,
        credited_account=Address.from_hex(account),
        first_serial=first_serial,
        issued_grams=issued,
        cancelled_grams=cancelled,
        taken_back_grams=taken_back,
        corrected_grams=corrected,
    )


def _totals(values: Sequence[Any]) -> ClassTotals:
    issued, held, cancelled, taken_back, bought_back = values
    return ClassTotals(
        issued_grams=issued,
        held_grams=held,
        cancelled_grams=cancelled,
        taken_back_grams=taken_back,
        bought_back_grams=bought_back,
    )


def _provider(values: Sequence[Any]) -> Provider:
    # A struct of fixed width only comes back without an offset around it.
    (mode, application_hash, evaluation_hash, agreement_hash), status = values
    return Provider(
        mode=ProviderMode.from_number(mode),
        application_hash=Hash32(application_hash),
        evaluation_hash=Hash32(evaluation_hash),
        agreement_hash=Hash32(agreement_hash),
        status=ProviderStatus.from_number(status),
    )


def _campaign(values: Sequence[Any]) -> Campaign:
    ((code, beneficiary, purpose, last_day, document_hash), status) = values[0]
    return Campaign(
        code=code,
        beneficiary=Address.from_hex(beneficiary),
        purpose=CancellationPurpose.from_number(purpose),
        last_day=last_day,
        document_hash=Hash32(document_hash),
        status=CampaignStatus.from_number(status),
    )


def _batch(values: Sequence[Any]) -> Batch:
    kind, reduction_class, withheld, first_certificate, corrected, party, commitment, personal_i, personal_ii = values
    root, total, entry_count, file_hash = commitment
    return Batch(
        kind=BatchKind.from_number(kind),
        reduction_class=ReductionClass.from_number(reduction_class),
        withheld_grams=withheld,
        first_certificate=first_certificate,
        corrected_grams=corrected,
        party=Hash32(party),
        commitment=BatchCommitment(
            root=Hash32(root), total=total, entry_count=entry_count, file_hash=Hash32(file_hash)
        ),
        personal_class_i_grams=personal_i,
        personal_class_ii_grams=personal_ii,
    )


def _point_totals(values: Sequence[Any]) -> PointTotals:
    issued, personal, by_providers, by_campaigns, bought_back, cancelled, taken_back = values
    return PointTotals(
        issued_grams=issued,
        personal_grams=personal,
        pooled_by_providers_grams=by_providers,
        pooled_by_campaigns_grams=by_campaigns,
        bought_back_grams=bought_back,
        cancelled_grams=cancelled,
        taken_back_grams=taken_back,
    )
