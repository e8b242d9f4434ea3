"""A made life of providers, campaigns and points: what their contracts decide, in plain words (docs/spec/05-points.md).

The reference model knows lots and deficits; this keeps what it does not know, and books into it what both share:
deficits, caps, credited days, certificate numbers and lots that are bought back.
"""

import copy
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any, NamedTuple

from chain import events
from chain.events import BatchCommitment, Campaign, FeedHeader
from chain.operations import ContractName
from ledger import encoding
from ledger.errors import Refused
from ledger.ids import (
    ZERO_ADDRESS,
    ActivityId,
    Address,
    CampaignId,
    DebtorId,
    Hash32,
    LotId,
    MethodologyId,
    OperationId,
    RecordHash,
)
from ledger.model import Leaf, LedgerModel, Lot
from ledger.periods import period
from ledger.vocabulary import (
    AccountKind,
    AccountStatus,
    ActivityKind,
    ActivityStatus,
    BatchKind,
    CampaignStatus,
    CancellationPurpose,
    OperationKind,
    ProviderMode,
    ProviderStatus,
    ReductionClass,
)
from tests.fakes.event_logs import ADDRESSES, CHAIN_ID, Log, encode_log, leaf_log

TONNE = 1_000_000
NOTHING = BatchCommitment(bytes(32), 0, 0, bytes(32))


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeBatch:
    """A batch as the contract keeps it."""

    kind: BatchKind
    reduction_class: ReductionClass
    party: bytes
    commitment: BatchCommitment
    withheld: int = 0
    first_certificate: int = 0
    corrected: int = 0
    personal: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Totals:
    """IPointLedger.PointTotals of one class."""

    issued: int = 0
    personal: int = 0
    providers: int = 0
    campaigns: int = 0
    bought_back: int = 0
    cancelled: int = 0
    taken_back: int = 0


@dataclass(slots=True)
class PointsState:
    """What the three contracts hold."""

    batches: list[MadeBatch] = field(default_factory=list)
    totals: dict[ReductionClass, Totals] = field(
        default_factory=lambda: {one: Totals() for one in (ReductionClass.I, ReductionClass.II)}
    )
    providers: dict[Address, ProviderStatus] = field(default_factory=dict)
    campaigns: dict[CampaignId, tuple[Campaign, CampaignStatus]] = field(default_factory=dict)
    pools: dict[tuple[bytes, ReductionClass], int] = field(default_factory=lambda: defaultdict(int))
    """By provider's account or campaign id."""
    sequences: dict[bytes, int] = field(default_factory=lambda: defaultdict(int))
    behaviour: dict[bytes, int] = field(default_factory=lambda: defaultdict(int))

    def copy(self) -> "PointsState":
        """Another with the same contents."""
        return copy.deepcopy(self)


class PointsStep(NamedTuple):
    """The leaves of one transaction, with its logs."""

    leaves: list[Leaf]
    logs: list[Log]


class PointsLife:
    """Draws operations; each is applied at once, to `model` where it concerns it."""

    def __init__(self, model: LedgerModel, random: Random, state: PointsState) -> None:
        self.model = model
        self.random = random
        self.state = state
        self.steps: list[PointsStep] = []
        self._draws: list[tuple[int, Callable[[], object]]] = [
            (6, self._draw_admit),
            (4, self._draw_provider_step),
            (4, self._draw_open),
            (1, self._draw_close_campaign),
            (20, self._draw_earn),
            (4, self._draw_behaviour),
            (12, self._draw_redeem),
            (8, self._draw_donate),
            (8, self._draw_cancel),
            (6, self._draw_correct),
            (4, self._draw_snapshot),
            (3, self._draw_campaign_cancellation),
        ]

    def step(self) -> PointsStep | None:
        """The next operation, or none where the ledger has nothing yet that one could be about."""
        for _ in range(20):
            (_, draw), *_ = self.random.choices(self._draws, [weight for weight, _ in self._draws])
            try:
                draw()
            except Refused:
                continue
            return self.steps[-1]
        return None

    # -------------------------------------------------------------------------------------------- registries

    def admit(self, account: Address, mode: ProviderMode = ProviderMode.THIRD_PARTY_MALL) -> None:
        """An account becomes a provider, or again."""
        self.state.providers[account] = ProviderStatus.ACTIVE
        values = (mode, self.random.randbytes(32), self.random.randbytes(32), self.random.randbytes(32))
        self._provider(account, OperationKind.PROVIDER_ADMITTED, events.ProviderAdmitted, *values)

    def suspend(self, account: Address) -> None:
        """Takes no more points."""
        self.state.providers[account] = ProviderStatus.SUSPENDED
        self._provider(account, OperationKind.PROVIDER_SUSPENDED, events.ProviderSuspended)

    def resume(self, account: Address) -> None:
        """Takes points again."""
        self.state.providers[account] = ProviderStatus.ACTIVE
        self._provider(account, OperationKind.PROVIDER_RESUMED, events.ProviderResumed)

    def close_provider(self, account: Address) -> None:
        """Takes points no more, but for a new admission."""
        self.state.providers[account] = ProviderStatus.CLOSED
        self._provider(account, OperationKind.PROVIDER_CLOSED, events.ProviderClosed)

    def _provider(self, account: Address, kind: OperationKind, event: type[Any], *values: Any) -> None:
        operation_id = self._id()
        leaf = self._leaf(ContractName.PROVIDER_REGISTRY, kind, operation_id, Hash32(bytes(12) + account))
        self._tell((leaf, [encode_log(ContractName.PROVIDER_REGISTRY, event, account, operation_id, *values)]))

    def open_campaign(
        self, code: str, beneficiary: Address, purpose: CancellationPurpose = CancellationPurpose.EVENT_NEUTRALITY
    ) -> CampaignId:
        """A campaign that takes donations for a long time."""
        campaign = Campaign(code, beneficiary, purpose, 30_000, self.random.randbytes(32))
        campaign_id = encoding.campaign_id(code=code)
        self.state.campaigns[campaign_id] = (campaign, CampaignStatus.OPEN)
        operation_id = self._id()
        leaf = self._leaf(ContractName.CAMPAIGN_REGISTRY, OperationKind.CAMPAIGN_OPENED, operation_id, campaign_id)
        values = (campaign_id, operation_id, campaign)
        self._tell((leaf, [encode_log(ContractName.CAMPAIGN_REGISTRY, events.CampaignOpened, *values)]))
        return campaign_id

    def close_campaign(self, campaign_id: CampaignId) -> None:
        """Takes no more donations."""
        self.state.campaigns[campaign_id] = (self.state.campaigns[campaign_id][0], CampaignStatus.CLOSED)
        operation_id = self._id()
        leaf = self._leaf(ContractName.CAMPAIGN_REGISTRY, OperationKind.CAMPAIGN_CLOSED, operation_id, campaign_id)
        log = encode_log(ContractName.CAMPAIGN_REGISTRY, events.CampaignClosed, campaign_id, operation_id)
        self._tell((leaf, [log]))

    # ------------------------------------------------------------------------------------------------ feeds

    def earn(self, activity_id: ActivityId, commitment: BatchCommitment, first_day: int, last_day: int) -> int:
        """Points of persons, as far as no deficit takes them; gives the batch's number."""
        books, activity = self.model._books, self.model.state().activities[activity_id]
        debtor, claim = self._debtor(activity_id), self.model.claim(activity_id)
        days = period(first_day, last_day)
        if days & (books.credited_days.get(claim) or 0):
            raise Refused
        header = self._header(BatchKind.EARN, activity_id, commitment, first_day, last_day)
        withheld = min(books.deficits.get(debtor) or 0, commitment.total)
        books.deficits[debtor] = (books.deficits.get(debtor) or 0) - withheld
        books.activities[activity_id] = replace(activity, issued_grams=activity.issued_grams + commitment.total)
        books.earned_days[claim] = (books.earned_days.get(claim) or 0) | days
        totals = self.state.totals[header.reduction_class]
        totals.issued += commitment.total
        totals.personal += commitment.total - withheld
        totals.taken_back += withheld
        number, leaf, operation_id = self._batch(
            OperationKind.POINTS_EARNED,
            MadeBatch(
                kind=BatchKind.EARN,
                reduction_class=header.reduction_class,
                party=activity_id,
                commitment=commitment,
                withheld=withheld,
            ),
        )
        values = (number, operation_id, activity_id, header, withheld, totals.personal)
        self._tell((leaf, [encode_log(ContractName.POINT_LEDGER, events.PointsEarned, *values)]))
        return number

    def record_behaviour(self, activity_id: ActivityId, commitment: BatchCommitment, day: int) -> int:
        """Behaviour value, which is never grams."""
        header = self._header(BatchKind.BEHAVIOUR, activity_id, commitment, day, day)
        self.state.behaviour[activity_id] += commitment.total
        batch = MadeBatch(
            kind=BatchKind.BEHAVIOUR,
            reduction_class=header.reduction_class,
            party=activity_id,
            commitment=commitment,
        )
        number, leaf, operation_id = self._batch(OperationKind.BEHAVIOUR_RECORDED, batch, grams=0)
        values = (number, operation_id, activity_id, header)
        self._tell((leaf, [encode_log(ContractName.POINT_LEDGER, events.BehaviourRecorded, *values)]))
        return number

    # ---------------------------------------------------------------------------------------------- persons

    def redeem(self, reduction_class: ReductionClass, provider: Address, commitment: BatchCommitment) -> int:
        """Points go to a provider; what is a full tonne in its pool comes back as a lot."""
        totals = self._take(reduction_class, commitment.total)
        totals.providers += commitment.total
        pool = (bytes(provider), reduction_class)
        self.state.pools[pool] += commitment.total
        operation_id = self._id()
        bought_back = self.state.pools[pool] // TONNE * TONNE
        before = [] if not bought_back else [self._buy_back(operation_id, provider, reduction_class, bought_back)]
        batch = MadeBatch(
            kind=BatchKind.REDEEM, reduction_class=reduction_class, party=bytes(12) + provider, commitment=commitment
        )
        number, leaf, _ = self._batch(OperationKind.POINTS_REDEEMED, batch, to=provider, operation_id=operation_id)
        values = (number, operation_id, provider, reduction_class, commitment, bought_back, totals.personal)
        self._tell(*before, (leaf, [encode_log(ContractName.POINT_LEDGER, events.PointsRedeemed, *values)]))
        return number

    def _buy_back(
        self, redeem_id: OperationId, provider: Address, reduction_class: ReductionClass, grams: int
    ) -> tuple[Leaf, list[Log]]:
        totals, books = self.state.totals[reduction_class], self.model._books
        totals.providers -= grams
        totals.bought_back += grams
        self.state.pools[bytes(provider), reduction_class] -= grams
        operation_id = encoding.buy_back_operation_id(redeem_id=redeem_id)
        ledger = ADDRESSES[ContractName.REDUCTION_LEDGER]
        lot_id = encoding.buy_back_lot_id(
            chain_id=CHAIN_ID, ledger=ledger, operation_id=operation_id, reduction_class=reduction_class
        )
        first_serial = books.next_serial
        books.next_serial += grams
        books.lots[lot_id] = Lot(
            activity_id=ActivityId(bytes(32)),
            methodology_id=MethodologyId(bytes(32)),
            reduction_class=reduction_class,
            first_day=0,
            last_day=0,
            credited_account=provider,
            first_serial=first_serial,
            issued_grams=grams,
        )
        books.balances[provider, LotId(lot_id)] = grams
        books.held_grams[provider] = (books.held_grams.get(provider) or 0) + grams
        leaf = self._leaf(
            ContractName.REDUCTION_LEDGER,
            OperationKind.POINTS_BOUGHT_BACK,
            operation_id,
            lot_id,
            to_account=provider,
            grams=grams,
        )
        moved = (ADDRESSES[ContractName.POINT_LEDGER], ZERO_ADDRESS, provider, lot_id, grams)
        values = (lot_id, provider, operation_id, redeem_id, reduction_class, first_serial, grams)
        return leaf, [
            encode_log(ContractName.REDUCTION_LEDGER, events.TransferSingle, *moved),
            encode_log(ContractName.REDUCTION_LEDGER, events.PointsBoughtBack, *values),
        ]

    def donate(self, reduction_class: ReductionClass, campaign_id: CampaignId, commitment: BatchCommitment) -> int:
        """Points go to a campaign."""
        totals = self._take(reduction_class, commitment.total)
        totals.campaigns += commitment.total
        self.state.pools[bytes(campaign_id), reduction_class] += commitment.total
        batch = MadeBatch(
            kind=BatchKind.DONATE, reduction_class=reduction_class, party=campaign_id, commitment=commitment
        )
        number, leaf, operation_id = self._batch(OperationKind.POINTS_DONATED, batch)
        values = (number, operation_id, campaign_id, reduction_class, commitment, totals.personal)
        self._tell((leaf, [encode_log(ContractName.POINT_LEDGER, events.PointsDonated, *values)]))
        return number

    def cancel(self, reduction_class: ReductionClass, commitment: BatchCommitment) -> int:
        """Points are cancelled by persons; each entry has a certificate number."""
        totals = self._take(reduction_class, commitment.total)
        totals.cancelled += commitment.total
        first = self._certificates(commitment.entry_count)
        batch = MadeBatch(
            kind=BatchKind.CANCEL,
            reduction_class=reduction_class,
            party=bytes(32),
            commitment=commitment,
            first_certificate=first,
        )
        number, leaf, operation_id = self._batch(OperationKind.POINTS_CANCELLED, batch)
        values = (number, operation_id, reduction_class, commitment, first, totals.personal)
        self._tell((leaf, [encode_log(ContractName.POINT_LEDGER, events.PointsCancelled, *values)]))
        return number

    # ------------------------------------------------------------------------------------------ supervision

    def correct(self, batch_number: int, grams: int, commitment: BatchCommitment = NOTHING) -> int:
        """Takes over-credited points from persons, and what they have not from the debtor."""
        earned = self.state.batches[batch_number - 1]
        if earned.kind is not BatchKind.EARN or grams > earned.commitment.total - earned.corrected:
            raise Refused
        totals = self._take(earned.reduction_class, commitment.total)
        totals.taken_back += commitment.total
        self.state.batches[batch_number - 1] = replace(earned, corrected=earned.corrected + grams)
        books, activity_id = self.model._books, ActivityId(earned.party)
        activity, debtor = self.model.state().activities[activity_id], self._debtor(activity_id)
        books.activities[activity_id] = replace(activity, corrected_grams=activity.corrected_grams + grams)
        books.deficits[debtor] = (books.deficits.get(debtor) or 0) + grams - commitment.total
        batch = MadeBatch(
            kind=BatchKind.CORRECT,
            reduction_class=earned.reduction_class,
            party=batch_number.to_bytes(32, "big"),
            commitment=commitment,
        )
        number, leaf, operation_id = self._batch(OperationKind.POINTS_CORRECTED, batch, grams=grams)
        values = (number, operation_id, batch_number, earned.reduction_class, grams, commitment, totals.personal)
        self._tell((leaf, [encode_log(ContractName.POINT_LEDGER, events.PointsCorrected, *values)]))
        return number

    def take_snapshot(self, reduction_class: ReductionClass, after: int, commitment: BatchCommitment) -> int:
        """All balances of a class after a batch."""
        if commitment.total != self.state.batches[after - 1].personal[int(reduction_class) - 1]:
            raise Refused
        batch = MadeBatch(
            kind=BatchKind.SNAPSHOT,
            reduction_class=reduction_class,
            party=after.to_bytes(32, "big"),
            commitment=commitment,
        )
        number, leaf, operation_id = self._batch(OperationKind.POINTS_SNAPSHOT_TAKEN, batch)
        values = (number, operation_id, after, reduction_class, commitment)
        self._tell((leaf, [encode_log(ContractName.POINT_LEDGER, events.SnapshotTaken, *values)]))
        return number

    def cancel_campaign(self, campaign_id: CampaignId, reduction_class: ReductionClass) -> int:
        """The campaign's whole pool of the class; gives the certificate's number."""
        grams = self.state.pools.pop((bytes(campaign_id), reduction_class), 0)
        if not grams:
            raise Refused
        totals, purpose = self.state.totals[reduction_class], self.state.campaigns[campaign_id][0].purpose
        totals.campaigns -= grams
        totals.cancelled += grams
        number = self._certificates(1)
        operation_id = self._id()
        subject = encoding.campaign_cancellation_subject(
            certificate_number=number, campaign_id=campaign_id, reduction_class=reduction_class, purpose=purpose
        )
        kind = OperationKind.CAMPAIGN_CANCELLED
        leaf = self._leaf(ContractName.POINT_LEDGER, kind, operation_id, subject, grams=grams)
        values = (campaign_id, operation_id, number, reduction_class, purpose, grams)
        self._tell((leaf, [encode_log(ContractName.POINT_LEDGER, events.CampaignPoolCancelled, *values)]))
        return number

    # ----------------------------------------------------------------------------------------------- drawing

    def _draw_admit(self) -> None:
        accounts = self.model.state().accounts.items()
        able = [
            address
            for address, account in accounts
            if account.kind is AccountKind.INSTITUTION and account.status is AccountStatus.ACTIVE
        ]
        providers = self.state.providers
        account = self._some([one for one in able if providers.get(one) in {None, ProviderStatus.CLOSED}])
        self.admit(account, self.random.choice(list(ProviderMode)[1:]))

    def _draw_provider_step(self) -> None:
        account, status = self._some(self.state.providers.items())
        if status is ProviderStatus.ACTIVE and self.random.random() < 0.5:
            self.suspend(account)
        elif status is ProviderStatus.SUSPENDED:
            self.resume(account)
        elif status is ProviderStatus.ACTIVE:
            self.close_provider(account)
        else:
            raise Refused

    def _draw_open(self) -> None:
        beneficiary = self._some(self.model.state().accounts)
        purpose = self.random.choice([CancellationPurpose.EVENT_NEUTRALITY, CancellationPurpose.VOLUNTARY_OFFSET])
        self.open_campaign(f"EVENT-{self.random.randrange(10**9)}", beneficiary, purpose)

    def _draw_close_campaign(self) -> None:
        self.close_campaign(self._open_campaign())

    def _draw_earn(self) -> None:
        activity_id = self._activity(ActivityKind.PROJECT, ActivityKind.REDUCTION_SCENARIO)
        day = self.random.randint(1_000, 19_000)
        self.earn(activity_id, self.commitment(self.random.randint(1, 1_500_000)), day, day + self.random.randint(0, 3))

    def _draw_behaviour(self) -> None:
        activity_id = self._activity(ActivityKind.BEHAVIOUR_SCENARIO)
        self.record_behaviour(activity_id, self.commitment(self.random.randint(1, 10**9)), 18_000)

    def _draw_redeem(self) -> None:
        active = [one for one, status in self.state.providers.items() if status is ProviderStatus.ACTIVE]
        reduction_class, grams = self._some_personal()
        self.redeem(reduction_class, self._some(active), self.commitment(grams))

    def _draw_donate(self) -> None:
        reduction_class, grams = self._some_personal()
        self.donate(reduction_class, self._open_campaign(), self.commitment(grams))

    def _draw_cancel(self) -> None:
        reduction_class, grams = self._some_personal()
        self.cancel(reduction_class, self.commitment(grams))

    def _draw_correct(self) -> None:
        earned = [number for number, one in enumerate(self.state.batches, 1) if one.kind is BatchKind.EARN]
        number = self._some(earned)
        batch = self.state.batches[number - 1]
        grams = self.random.randint(1, max(1, batch.commitment.total - batch.corrected))
        taken = self.random.randint(0, min(grams, self.state.totals[batch.reduction_class].personal))
        self.correct(number, grams, self.commitment(taken) if taken else NOTHING)

    def _draw_snapshot(self) -> None:
        after = self._some(range(1, len(self.state.batches) + 1))
        reduction_class = self._class()
        personal = self.state.batches[after - 1].personal[int(reduction_class) - 1]
        if not personal:
            raise Refused
        self.take_snapshot(reduction_class, after, self.commitment(personal))

    def _draw_campaign_cancellation(self) -> None:
        pools = [
            (CampaignId(owner), one) for (owner, one), grams in self.state.pools.items() if len(owner) == 32 and grams
        ]
        self.cancel_campaign(*self._some(pools))

    def commitment(self, total: int) -> BatchCommitment:
        """One that stands for no file."""
        count = self.random.randint(1, min(total, 20))
        return BatchCommitment(self.random.randbytes(32), total, count, self.random.randbytes(32))

    def _some(self, items: Any) -> Any:
        found = list(items)
        if not found:
            raise Refused
        return self.random.choice(found)

    def _class(self) -> ReductionClass:
        return self.random.choice([ReductionClass.I, ReductionClass.II])

    def _some_personal(self) -> tuple[ReductionClass, int]:
        reduction_class = self._class()
        personal = self.state.totals[reduction_class].personal
        if not personal:
            raise Refused
        return reduction_class, self.random.choice([personal, self.random.randint(1, personal)])

    def _activity(self, *kinds: ActivityKind) -> ActivityId:
        activities = self.model.state().activities.items()
        found: ActivityId = self._some(
            key for key, one in activities if one.registration.kind in kinds and one.status is ActivityStatus.ACTIVE
        )
        return found

    def _open_campaign(self) -> CampaignId:
        campaigns = self.state.campaigns.items()
        found: CampaignId = self._some(key for key, (_, status) in campaigns if status is CampaignStatus.OPEN)
        return found

    # ------------------------------------------------------------------------------------------------ within

    def _header(
        self, kind: BatchKind, activity_id: ActivityId, commitment: BatchCommitment, first_day: int, last_day: int
    ) -> FeedHeader:
        activity = self.model.state().activities[activity_id]
        self.state.sequences[activity_id] += 1
        return FeedHeader(
            kind,
            activity_id,
            activity.registration.methodology_id,
            activity.reduction_class,
            self.state.sequences[activity_id],
            first_day,
            last_day,
            *commitment,
        )

    def _debtor(self, activity_id: ActivityId) -> DebtorId:
        return self.model.debtor(activity_id)

    def _take(self, reduction_class: ReductionClass, grams: int) -> Totals:
        totals = self.state.totals[reduction_class]
        if grams > totals.personal:
            raise Refused
        totals.personal -= grams
        return totals

    def _certificates(self, count: int) -> int:
        first = self.model._books.certificate_count + 1
        self.model._books.certificate_count += count
        return first

    def _batch(
        self,
        kind: OperationKind,
        batch: MadeBatch,
        *,
        grams: int | None = None,
        to: Address = ZERO_ADDRESS,
        operation_id: OperationId | None = None,
    ) -> tuple[int, Leaf, OperationId]:
        classes = (ReductionClass.I, ReductionClass.II)
        personal = tuple(self.state.totals[one].personal for one in classes)
        self.state.batches.append(replace(batch, personal=personal))  # type: ignore[arg-type]  # two of them
        number = len(self.state.batches)
        root, total, count, file_hash = batch.commitment
        subject = encoding.batch_subject(
            batch_number=number,
            kind=batch.kind,
            reduction_class=batch.reduction_class,
            party=batch.party,
            root=root,
            total=total,
            entry_count=count,
            file_hash=file_hash,
            withheld_grams=batch.withheld,
            first_certificate=batch.first_certificate,
        )
        operation_id = operation_id or self._id()
        grams = total if grams is None else grams
        leaf = self._leaf(ContractName.POINT_LEDGER, kind, operation_id, subject, to_account=to, grams=grams)
        return number, leaf, operation_id

    def _leaf(
        self, contract: ContractName, kind: OperationKind, operation_id: OperationId, subject: Hash32, **values: Any
    ) -> Leaf:
        return self.model._append(
            ledger=ADDRESSES[contract],
            kind=kind,
            operation_id=operation_id,
            subject=subject,
            record_hash=RecordHash(self.random.randbytes(32)),
            **values,
        )

    def _id(self) -> OperationId:
        return OperationId(self.random.randbytes(32))

    def _tell(self, *told: tuple[Leaf, list[Log]]) -> None:
        leaves = [leaf for leaf, _ in told]
        logs = [log for leaf, before in told for log in (*before, leaf_log(leaf))]
        self.steps.append(PointsStep(leaves, logs))
