"""A made life of a ledger: random operations that the rules allow, decided by the reference model."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any

from ledger import encoding
from ledger.errors import Refused
from ledger.ids import (
    ZERO_ADDRESS,
    ZERO_HASH,
    ActivityId,
    Address,
    Hash32,
    LotId,
    MethodologyId,
    OperationId,
    RecordHash,
)
from ledger.model import Contracts, Leaf, LedgerModel
from ledger.vocabulary import (
    AccountKind,
    AccountStatus,
    ActivityKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    ProposalStatus,
    ReductionClass,
    Role,
)

DAY = 86_400
NOW = 20_000 * DAY
"""Time of the first block: some day in 2024."""

SENDERS: Mapping[Role, Address] = {
    role: Address(b"\x5e" * 19 + bytes([int(role)]))
    for role in (Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.EXCHANGE, Role.PLATFORM)
}


@dataclass(frozen=True, slots=True)
class Step:
    """An operation that was applied: a function of `chain.calls`, who sends it, its arguments, and the leaf."""

    function: str
    sender: Address
    arguments: Mapping[str, Any]
    leaf: Leaf


def new_model(contracts: Contracts, senders: Mapping[Role, Address] = SENDERS, timestamp: int = NOW) -> LedgerModel:
    """An empty ledger in which the bodies have their roles."""
    return LedgerModel(contracts, {sender: [role] for role, sender in senders.items()}, timestamp)


class LedgerLife:
    """Draws operations for `model`, in which each is applied at once."""

    def __init__(self, model: LedgerModel, random: Random, senders: Mapping[Role, Address] = SENDERS) -> None:
        self.model = model
        self.random = random
        self._senders = senders
        # Movement is common, what it needs comes first, endings are rare.
        self._draws: list[tuple[int, Callable[[], Step | None]]] = [
            (6, self._open_account),
            (2, self._publish),
            (4, self._register),
            (8, self._propose),
            (8, self._confirm),
            (1, self._reject),
            (20, self._transfer),
            (12, self._cancel),
            (4, self._correct),
            (2, self._freeze_lot),
            (3, self._unfreeze_lot),
            (2, self._step_account),
            (2, self._step_activity),
            (1, self._withdraw_methodology),
        ]

    def step(self) -> Step:
        """The next operation."""
        while True:
            weights = [weight for weight, _ in self._draws]
            (_, draw), *_ = self.random.choices(self._draws, weights)
            try:
                step = draw()
            except Refused:
                continue
            if step is not None:
                return step

    def steps(self, count: int) -> list[Step]:
        """The next operations."""
        return [self.step() for _ in range(count)]

    # ------------------------------------------------------------------------------------------------------- drawing

    def _apply(self, role: Role, function: str, **arguments: Any) -> Step:
        sender = self._senders[role]
        arguments |= {
            "operation_id": OperationId(self.random.randbytes(32)),
            "record_hash": RecordHash(self.random.randbytes(32)),
        }
        leaf = getattr(self.model, function)(sender=sender, **arguments)
        return Step(function, sender, arguments, leaf)

    def _some(self, items: Any) -> Any:
        """One of the items, or a refusal if there is none."""
        found = list(items)
        if not found:
            raise Refused
        return self.random.choice(found)

    def _accounts(self) -> list[Address]:
        accounts = self.model.state().accounts
        return [address for address, account in accounts.items() if account.status is AccountStatus.ACTIVE]

    def _held(self) -> tuple[Address, LotId, int]:
        state = self.model.state()
        held: tuple[tuple[Address, LotId], int] = self._some(
            item for item in state.balances.items() if item[1] and not state.lots[item[0][1]].frozen
        )
        (account, lot_id), grams = held
        return account, lot_id, grams

    def _open_account(self) -> Step:
        commitment = encoding.identity_commitment(salt=self.random.randbytes(16), identity="made up")
        return self._apply(
            Role.PLATFORM,
            "open_account",
            account=encoding.custody_address(commitment),
            kind=self.random.choice([AccountKind.INSTITUTION, AccountKind.PERSONAL]),
            custody=Custody.PLATFORM,
            identity_commitment=commitment,
        )

    def _publish(self) -> Step:
        code = self.random.choice(["SHCER01", "SHCER02", "SHCER03"])
        versions = [m.version for m in self.model.state().methodologies.values() if m.code == code]
        return self._apply(
            Role.REGULATOR,
            "publish_methodology",
            code=code,
            version=max(versions, default=0) + 1,
            kind=self.random.choice([MethodologyKind.PROJECT, MethodologyKind.SCENARIO]),
            reduction_class=self.random.choice([ReductionClass.I, ReductionClass.II]),
            effective_first_day=0,
            effective_last_day=60_000,
            document_hash=Hash32(self.random.randbytes(32)),
        )

    def _register(self) -> Step:
        methodology_id, methodology = self._some(self.model.state().methodologies.items())
        project = methodology.kind is MethodologyKind.PROJECT
        kinds = (
            [ActivityKind.PROJECT] if project else [ActivityKind.REDUCTION_SCENARIO, ActivityKind.BEHAVIOUR_SCENARIO]
        )
        return self._apply(
            Role.REGULATOR,
            "register_activity",
            code=f"P-{self.random.randrange(10**9)}",
            kind=self.random.choice(kinds),
            methodology_id=methodology_id,
            operator_account=self._some(self._accounts()),
            feed_signer=self.random.choice([ZERO_ADDRESS, Address(self.random.randbytes(20))]),
            crediting_first_day=1_000,
            crediting_last_day=30_000,
            facility_id=self._facility() if project else ZERO_HASH,
            pledge_hash=Hash32(self.random.randbytes(32)) if project else ZERO_HASH,
            cap_grams=10**9,
        )

    def _facility(self) -> Hash32:
        """One of a few; now and then one with the id of an activity, which must share nothing with it."""
        activities = list(self.model.state().activities)
        if activities and self.random.random() < 0.2:
            return Hash32(self.random.choice(activities))
        return Hash32(bytes(31) + bytes([self.random.randint(1, 9)]))

    def _propose(self) -> Step:
        first = self.random.randint(1_000, 19_000)
        return self._apply(
            Role.TECHNICAL_CENTRE,
            "propose_issuance",
            activity_id=self._some(self.model.state().activities),
            first_day=first,
            last_day=first + self.random.randint(0, 365),
            grams=self.random.randint(1, 1_000_000),
        )

    def _proposal(self) -> Hash32:
        proposals = self.model.state().proposals.items()
        found: Hash32 = self._some(key for key, value in proposals if value.status is ProposalStatus.PROPOSED)
        return found

    def _confirm(self) -> Step:
        return self._apply(Role.REGULATOR, "confirm_issuance", proposal_id=OperationId(self._proposal()))

    def _reject(self) -> Step:
        return self._apply(Role.REGULATOR, "reject_issuance", proposal_id=OperationId(self._proposal()))

    def _transfer(self) -> Step:
        account, lot_id, grams = self._held()
        return self._apply(
            Role.PLATFORM,
            "transfer_for",
            from_account=account,
            to=self._some(self._accounts()),
            lot_id=lot_id,
            grams=self.random.choice([grams, self.random.randint(1, grams)]),
        )

    def _cancel(self) -> Step:
        account, lot_id, grams = self._held()
        return self._apply(
            Role.PLATFORM,
            "cancel_for",
            account=account,
            lot_id=lot_id,
            grams=self.random.choice([grams, self.random.randint(1, grams)]),
            purpose=self.random.choice(list(CancellationPurpose)[1:]),
        )

    def _correct(self) -> Step:
        lot_id, lot = self._some(self.model.state().lots.items())
        most = lot.issued_grams - lot.corrected_grams
        return self._apply(Role.REGULATOR, "correct", lot_id=lot_id, grams=self.random.randint(0, most))

    def _freeze_lot(self) -> Step:
        return self._apply(Role.REGULATOR, "freeze_lot", lot_id=self._some(self.model.state().lots))

    def _unfreeze_lot(self) -> Step:
        lots = self.model.state().lots.items()
        return self._apply(Role.REGULATOR, "unfreeze_lot", lot_id=self._some(key for key, lot in lots if lot.frozen))

    def _step_account(self) -> Step:
        account: Address = self._some(self.model.state().accounts)
        if self.random.random() < 0.1:
            return self._apply(Role.PLATFORM, "close_account", account=account)
        function = self.random.choice(["freeze_account", "unfreeze_account", "unfreeze_account"])
        return self._apply(Role.REGULATOR, function, account=account)

    def _step_activity(self) -> Step:
        activity: ActivityId = self._some(self.model.state().activities)
        names = ["suspend_activity", "resume_activity", "resume_activity", "close_activity", "withdraw_activity"]
        return self._apply(Role.REGULATOR, self.random.choice(names), activity_id=activity)

    def _withdraw_methodology(self) -> Step:
        methodology: MethodologyId = self._some(self.model.state().methodologies)
        return self._apply(Role.REGULATOR, "withdraw_methodology", methodology_id=methodology)
