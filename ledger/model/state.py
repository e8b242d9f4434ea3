"""What the model knows: the contracts' storage as frozen values in layers that can be forked and merged."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from typing import Generic, TypeVar

from ledger.ids import (
    ActivityId,
    Address,
    CampaignId,
    ClaimId,
    DebtorId,
    Hash32,
    IdentityCommitment,
    LeafHash,
    LotId,
    MethodologyId,
    OperationId,
    RecordHash,
)
from ledger.log_tree import CompactRange
from ledger.model.point_state import Batch, Campaign, CampaignCancellation, PointTotals, Provider
from ledger.periods import Days
from ledger.vocabulary import (
    AccountKind,
    AccountStatus,
    ActivityKind,
    ActivityStatus,
    BatchKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    MethodologyStatus,
    OperationKind,
    ProposalStatus,
    ReductionClass,
    Role,
)

NO_COMMITMENT = IdentityCommitment(bytes(32))

K = TypeVar("K")
V = TypeVar("V")


@dataclass(frozen=True, slots=True, kw_only=True)
class Contracts:
    """Where the ledgers live: their addresses stand in the leaves and in the lot ids."""

    chain_id: int
    account_registry: Address
    methodology_registry: Address
    activity_registry: Address
    reduction_ledger: Address
    provider_registry: Address
    campaign_registry: Address
    point_ledger: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """IAccountRegistry.Account."""

    kind: AccountKind = AccountKind.NONE
    status: AccountStatus = AccountStatus.UNKNOWN
    custody: Custody = Custody.NONE
    identity_commitment: IdentityCommitment = NO_COMMITMENT


@dataclass(frozen=True, slots=True, kw_only=True)
class Methodology:
    """IMethodologyRegistry.Methodology; days inclusive."""

    code: str
    version: int
    kind: MethodologyKind
    reduction_class: ReductionClass
    effective_first_day: int
    effective_last_day: int
    document_hash: Hash32
    status: MethodologyStatus = MethodologyStatus.PUBLISHED


@dataclass(frozen=True, slots=True, kw_only=True)
class Registration:
    """IActivityRegistry.Registration; days inclusive, the cap in g CO2e."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """IActivityRegistry.Activity; quantities in g CO2e."""

    registration: Registration
    reduction_class: ReductionClass
    status: ActivityStatus = ActivityStatus.ACTIVE
    issued_grams: int = 0
    corrected_grams: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """IReductionLedger.Proposal."""

    activity_id: ActivityId
    first_day: int
    last_day: int
    grams: int
    proposer: Address
    status: ProposalStatus = ProposalStatus.PROPOSED


@dataclass(frozen=True, slots=True, kw_only=True)
class Lot:
    """IReductionLedger.Lot; quantities in g CO2e. One bought back has zeros for activity, methodology and days."""

    activity_id: ActivityId
    methodology_id: MethodologyId
    reduction_class: ReductionClass
    first_day: int
    last_day: int
    credited_account: Address
    first_serial: int
    issued_grams: int
    frozen: bool = False
    cancelled_grams: int = 0
    taken_back_grams: int = 0
    corrected_grams: int = 0

    @property
    def bought_back(self) -> bool:
        """Whether it came of points (G6): no activity can have been credited wrongly for it."""
        return not any(self.activity_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassTotals:
    """IReductionLedger.ClassTotals: issued + bought back = held + cancelled + taken back, in g CO2e."""

    issued_grams: int = 0
    held_grams: int = 0
    cancelled_grams: int = 0
    taken_back_grams: int = 0
    bought_back_grams: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Certificate:
    """What the chain decided about one cancellation: the serials are [first_serial, first_serial + grams)."""

    number: int
    lot_id: LotId
    account: Address
    purpose: CancellationPurpose
    grams: int
    first_serial: int
    operation_id: OperationId


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaf:
    """The leaf of an applied operation and its place in the log.

    `set_off`: the leaf just before it of what the operation set off, which is a redemption's buy-back.
    """

    index: int
    ledger: Address
    kind: OperationKind
    operation_id: OperationId
    subject: Hash32
    from_account: Address
    to_account: Address
    grams: int
    record_hash: RecordHash
    timestamp: int
    hash: LeafHash
    set_off: Leaf | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelState:
    """Everything that the rules depend on, as plain data: what `LedgerModel.state` gives and `LedgerModel.load` takes.

    `credited_days` and `earned_days` are by `encoding.claim_id`, `deficits` (g CO2e) by `encoding.debtor_id`; pools
    (g CO2e) by account or campaign, and class. `operations` holds the digest of each applied operation, or None where
    it is not known: such an id counts as repeated whatever its content. `certificates` and `campaign_cancellations` may
    be partial, `certificate_count` is not.
    """

    accounts: Mapping[Address, Account] = field(default_factory=dict)
    methodologies: Mapping[MethodologyId, Methodology] = field(default_factory=dict)
    activities: Mapping[ActivityId, Activity] = field(default_factory=dict)
    credited_days: Mapping[ClaimId, Days] = field(default_factory=dict)
    earned_days: Mapping[ClaimId, Days] = field(default_factory=dict)
    deficits: Mapping[DebtorId, int] = field(default_factory=dict)
    proposals: Mapping[Hash32, Proposal] = field(default_factory=dict)
    lots: Mapping[LotId, Lot] = field(default_factory=dict)
    balances: Mapping[tuple[Address, LotId], int] = field(default_factory=dict)
    certificates: Mapping[int, Certificate] = field(default_factory=dict)
    certificate_count: int = 0
    providers: Mapping[Address, Provider] = field(default_factory=dict)
    campaigns: Mapping[CampaignId, Campaign] = field(default_factory=dict)
    batches: Mapping[int, Batch] = field(default_factory=dict)
    point_totals: Mapping[ReductionClass, PointTotals] = field(default_factory=dict)
    provider_pools: Mapping[tuple[Address, ReductionClass], int] = field(default_factory=dict)
    campaign_pools: Mapping[tuple[CampaignId, ReductionClass], int] = field(default_factory=dict)
    campaign_cancellations: Mapping[int, CampaignCancellation] = field(default_factory=dict)
    operations: Mapping[Hash32, Hash32 | None] = field(default_factory=dict)
    roles: Mapping[Address, frozenset[Role]] = field(default_factory=dict)
    log_size: int = 0
    log_peaks: tuple[bytes, ...] = ()


class Layer(Generic[K, V]):
    """A mapping over another one: reads fall through, writes stay here until they are merged. Nothing is deleted."""

    __slots__ = ("_below", "_own")

    def __init__(self, own: Mapping[K, V] | None = None, below: Layer[K, V] | None = None) -> None:
        self._own: dict[K, V] = dict(own or {})
        self._below = below

    def get(self, key: K) -> V | None:
        """The value of `key`, or None."""
        if key in self._own:
            return self._own[key]
        return None if self._below is None else self._below.get(key)

    def __getitem__(self, key: K) -> V:
        value = self.get(key)
        if value is None:
            raise KeyError(key)
        return value

    def __setitem__(self, key: K, value: V) -> None:
        self._own[key] = value

    def __contains__(self, key: K) -> bool:
        return key in self._own or (self._below is not None and key in self._below)

    def items(self) -> Iterator[tuple[K, V]]:
        """Every key with its value."""
        return iter(self.flat().items())

    def flat(self) -> dict[K, V]:
        """All layers as one mapping of its own."""
        return dict(self._own) if self._below is None else self._below.flat() | self._own

    def update(self, values: Mapping[K, V]) -> None:
        """Sets many keys."""
        self._own.update(values)

    def fork(self) -> Layer[K, V]:
        """A new layer over this one."""
        return Layer(below=self)

    def merge(self) -> None:
        """Writes this layer into the one below."""
        if self._below is not None:
            self._below.update(self._own)


@dataclass(slots=True, kw_only=True)
class Books:
    """The model's whole state. What follows from the rest (held grams, totals, latest versions) is kept for speed."""

    accounts: Layer[Address, Account] = field(default_factory=Layer)
    account_of_commitment: Layer[IdentityCommitment, Address] = field(default_factory=Layer)
    methodologies: Layer[MethodologyId, Methodology] = field(default_factory=Layer)
    latest_version: Layer[str, int] = field(default_factory=Layer)
    activities: Layer[ActivityId, Activity] = field(default_factory=Layer)
    live_activity: Layer[Hash32, ActivityId | None] = field(default_factory=Layer)
    credited_days: Layer[ClaimId, Days] = field(default_factory=Layer)
    earned_days: Layer[ClaimId, Days] = field(default_factory=Layer)
    deficits: Layer[DebtorId, int] = field(default_factory=Layer)
    proposals: Layer[Hash32, Proposal] = field(default_factory=Layer)
    lots: Layer[LotId, Lot] = field(default_factory=Layer)
    balances: Layer[tuple[Address, LotId], int] = field(default_factory=Layer)
    held_grams: Layer[Address, int] = field(default_factory=Layer)
    totals: Layer[ReductionClass, ClassTotals] = field(default_factory=Layer)
    certificates: Layer[int, Certificate] = field(default_factory=Layer)
    providers: Layer[Address, Provider] = field(default_factory=Layer)
    campaigns: Layer[CampaignId, Campaign] = field(default_factory=Layer)
    batches: Layer[int, Batch] = field(default_factory=Layer)
    point_totals: Layer[ReductionClass, PointTotals] = field(default_factory=Layer)
    provider_pools: Layer[tuple[Address, ReductionClass], int] = field(default_factory=Layer)
    campaign_pools: Layer[tuple[CampaignId, ReductionClass], int] = field(default_factory=Layer)
    campaign_cancellations: Layer[int, CampaignCancellation] = field(default_factory=Layer)
    last_sequences: Layer[ActivityId, int] = field(default_factory=Layer)
    behaviour_values: Layer[ActivityId, int] = field(default_factory=Layer)
    latest_snapshots: Layer[ReductionClass, int] = field(default_factory=Layer)
    anchored_roots: Layer[Hash32, int] = field(default_factory=Layer)
    operations: Layer[Hash32, Hash32 | None] = field(default_factory=Layer)
    roles: Layer[Address, frozenset[Role]] = field(default_factory=Layer)
    certificate_count: int = 0
    next_serial: int = 1
    batch_count: int = 0
    log: CompactRange = field(default_factory=CompactRange)

    def fork(self) -> Books:
        """Books of their own that read through to these, which must not be written while the fork is in use."""
        layers = {name: getattr(self, name).fork() for name in _LAYERS}
        return Books(
            **layers,
            certificate_count=self.certificate_count,
            next_serial=self.next_serial,
            batch_count=self.batch_count,
            log=self.log.copy(),
        )

    def merge_into(self, below: Books) -> None:
        """Writes what this fork changed into the books it was made from."""
        for name in _LAYERS:
            getattr(self, name).merge()
        below.certificate_count = self.certificate_count
        below.next_serial = self.next_serial
        below.batch_count = self.batch_count
        below.log = self.log


_LAYERS = [member.name for member in fields(Books) if member.default_factory is Layer]


def books_from(state: ModelState) -> Books:
    """Books that hold `state` and what follows from it."""
    books = Books(
        accounts=Layer(state.accounts),
        methodologies=Layer(state.methodologies),
        activities=Layer(state.activities),
        credited_days=Layer(state.credited_days),
        earned_days=Layer(state.earned_days),
        deficits=Layer(state.deficits),
        proposals=Layer(state.proposals),
        lots=Layer(state.lots),
        balances=Layer(state.balances),
        certificates=Layer(state.certificates),
        providers=Layer(state.providers),
        campaigns=Layer(state.campaigns),
        batches=Layer(state.batches),
        point_totals=Layer(state.point_totals),
        provider_pools=Layer(state.provider_pools),
        campaign_pools=Layer(state.campaign_pools),
        campaign_cancellations=Layer(state.campaign_cancellations),
        batch_count=len(state.batches),
        operations=Layer(state.operations),
        roles=Layer(state.roles),
        certificate_count=state.certificate_count,
        log=CompactRange(state.log_size, state.log_peaks),
    )
    for address, account in state.accounts.items():
        books.account_of_commitment[account.identity_commitment] = address
    for methodology in state.methodologies.values():
        latest = books.latest_version.get(methodology.code) or 0
        books.latest_version[methodology.code] = max(latest, methodology.version)
    for activity_id, activity in state.activities.items():
        if activity.status in {ActivityStatus.ACTIVE, ActivityStatus.SUSPENDED}:
            books.live_activity[activity.registration.facility_id] = activity_id
    _add_up(books, state)
    _follow_batches(books, state)
    return books


def _follow_batches(books: Books, state: ModelState) -> None:
    """Sequences, behaviour values, latest snapshots and anchored roots, from the batches."""
    for number, batch in sorted(state.batches.items()):
        activity_id = ActivityId(batch.party)
        if batch.kind in {BatchKind.EARN, BatchKind.BEHAVIOUR}:
            books.last_sequences[activity_id] = (books.last_sequences.get(activity_id) or 0) + 1
        if batch.kind is BatchKind.BEHAVIOUR:
            value = (books.behaviour_values.get(activity_id) or 0) + batch.commitment.total
            books.behaviour_values[activity_id] = value
        if batch.kind is BatchKind.SNAPSHOT:
            latest = state.batches.get(books.latest_snapshots.get(batch.reduction_class) or 0)
            if latest is None or batch.party >= latest.party:  # both are batch numbers in 32 bytes
                books.latest_snapshots[batch.reduction_class] = number
        elif not batch.commitment.is_nothing:
            books.anchored_roots[batch.commitment.root] = number


def _add_up(books: Books, state: ModelState) -> None:
    """Held grams per account, totals per class and the next serial number, from lots and balances."""
    for (address, _), grams in state.balances.items():
        books.held_grams[address] = (books.held_grams.get(address) or 0) + grams
    for lot in state.lots.values():
        totals = books.totals.get(lot.reduction_class) or ClassTotals()
        books.totals[lot.reduction_class] = ClassTotals(
            issued_grams=totals.issued_grams + (0 if lot.bought_back else lot.issued_grams),
            bought_back_grams=totals.bought_back_grams + (lot.issued_grams if lot.bought_back else 0),
            held_grams=totals.held_grams + lot.issued_grams - lot.cancelled_grams - lot.taken_back_grams,
            cancelled_grams=totals.cancelled_grams + lot.cancelled_grams,
            taken_back_grams=totals.taken_back_grams + lot.taken_back_grams,
        )
        books.next_serial = max(books.next_serial, lot.first_serial + lot.issued_grams)


def state_of(books: Books) -> ModelState:
    """The state that `books_from` makes these books from."""
    return ModelState(
        accounts=books.accounts.flat(),
        methodologies=books.methodologies.flat(),
        activities=books.activities.flat(),
        credited_days=books.credited_days.flat(),
        earned_days=books.earned_days.flat(),
        deficits={debtor: grams for debtor, grams in books.deficits.flat().items() if grams},
        proposals=books.proposals.flat(),
        lots=books.lots.flat(),
        balances={key: grams for key, grams in books.balances.items() if grams},
        certificates=books.certificates.flat(),
        certificate_count=books.certificate_count,
        providers=books.providers.flat(),
        campaigns=books.campaigns.flat(),
        batches=books.batches.flat(),
        point_totals=books.point_totals.flat(),
        provider_pools={key: grams for key, grams in books.provider_pools.items() if grams},
        campaign_pools={key: grams for key, grams in books.campaign_pools.items() if grams},
        campaign_cancellations=books.campaign_cancellations.flat(),
        operations=books.operations.flat(),
        roles=books.roles.flat(),
        log_size=books.log.size,
        log_peaks=books.log.peaks,
    )
