"""What must hold of points in every state that the rules can reach (docs/spec/01-concepts.md §1.4, 05-points.md
§5.2), recomputed from batches, lots and pools."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import fields

from ledger import encoding
from ledger.ids import ActivityId, ClaimId, DebtorId
from ledger.model.point_state import Batch, PointTotals
from ledger.model.state import ModelState
from ledger.periods import Days, period
from ledger.vocabulary import BatchKind, ReductionClass

TONNE = 1_000_000
_NO_POINTS = PointTotals()
_CLASSES = (ReductionClass.I, ReductionClass.II)


def broken_point_invariants(state: ModelState) -> list[str]:
    """One sentence for each that `state` breaks, its number in the specification first; empty if all hold."""
    return [
        *_totals(state),
        *_pools(state),
        *_batches(state),
        *_days(state),
        *_issued(state),
        *_certificate_numbers(state),
    ]


def owed_for_points(state: ModelState) -> Mapping[DebtorId, int]:
    """What corrections of earn batches left owing, less what earn batches have filled since."""
    owed: dict[DebtorId, int] = defaultdict(int)
    for batch in state.batches.values():
        if batch.kind is BatchKind.EARN:
            owed[_debtor(state, batch)] += batch.corrected_grams - batch.withheld_grams
        elif batch.kind is BatchKind.CORRECT:
            owed[_debtor(state, state.batches[int.from_bytes(batch.party)])] -= batch.commitment.total
    return owed


def _totals(state: ModelState) -> Iterator[str]:
    """Invariants 13 and 14: every total is what the batches, lots and cancellations add up to."""
    for reduction_class in _CLASSES:
        told = state.point_totals.get(reduction_class, _NO_POINTS)
        parts = [getattr(told, field.name) for field in fields(PointTotals) if field.name != "issued_grams"]
        if told.issued_grams != sum(parts) or min(parts) < 0:
            yield f"13: issued points of class {reduction_class.label} are not the sum of what became of them"
        if told != _recomputed(state, reduction_class):
            yield f"14: totals of class {reduction_class.label} are not what its batches add up to"
    if state.point_totals.keys() - set(_CLASSES):
        yield "14: points of no class"


def _recomputed(state: ModelState, reduction_class: ReductionClass) -> PointTotals:
    of: Counter[BatchKind] = Counter()
    withheld = 0
    for batch in state.batches.values():
        if batch.reduction_class is reduction_class:
            of[batch.kind] += batch.commitment.total
            withheld += batch.withheld_grams
    bought_back = sum(
        lot.issued_grams for lot in state.lots.values() if lot.bought_back and lot.reduction_class is reduction_class
    )
    for_campaigns = sum(
        one.grams for one in state.campaign_cancellations.values() if one.reduction_class is reduction_class
    )
    taken = of[BatchKind.REDEEM] + of[BatchKind.DONATE] + of[BatchKind.CANCEL] + of[BatchKind.CORRECT]
    return PointTotals(
        issued_grams=of[BatchKind.EARN],
        personal_grams=of[BatchKind.EARN] - withheld - taken,
        pooled_by_providers_grams=of[BatchKind.REDEEM] - bought_back,
        pooled_by_campaigns_grams=of[BatchKind.DONATE] - for_campaigns,
        bought_back_grams=bought_back,
        cancelled_grams=of[BatchKind.CANCEL] + for_campaigns,
        taken_back_grams=withheld + of[BatchKind.CORRECT],
    )


def _pools(state: ModelState) -> Iterator[str]:
    """Invariant 15: pools add up to their total, and a provider's never holds a full tonne."""
    for reduction_class in _CLASSES:
        told = state.point_totals.get(reduction_class, _NO_POINTS)
        by_providers = [grams for (_, one), grams in state.provider_pools.items() if one is reduction_class]
        by_campaigns = [grams for (_, one), grams in state.campaign_pools.items() if one is reduction_class]
        if sum(by_providers) != told.pooled_by_providers_grams or sum(by_campaigns) != told.pooled_by_campaigns_grams:
            yield f"15: pools of class {reduction_class.label} do not add up to their totals"
        if any(not 0 <= grams < TONNE for grams in by_providers) or any(grams < 0 for grams in by_campaigns):
            yield f"15: a pool of class {reduction_class.label} holds a full tonne, or less than nothing"


def _batches(state: ModelState) -> Iterator[str]:
    """Invariants 16, 17 and 20: numbers without gaps; what persons had after each; snapshots add up to it; once."""
    if set(state.batches) != set(range(1, len(state.batches) + 1)):
        yield "16: batches are not numbered from 1 without gaps"
        return
    moving = [one for one in state.batches.values() if one.kind is not BatchKind.SNAPSHOT]
    roots = Counter(one.commitment.root for one in moving if not one.commitment.is_nothing)
    yield from (f"20: the entries with root {root} moved points twice" for root, times in roots.items() if times > 1)
    personal: Counter[ReductionClass] = Counter()
    for number, batch in sorted(state.batches.items()):
        personal[batch.reduction_class] += _change(batch)
        if any(batch.personal_grams(one) != personal[one] for one in _CLASSES):
            yield f"16: batch {number} says other personal points than there were after it"
        if not 0 <= batch.corrected_grams <= (batch.commitment.total if batch.kind is BatchKind.EARN else 0):
            yield f"16: batch {number} is corrected by more than it earned"
        if batch.kind is BatchKind.SNAPSHOT:
            named = int.from_bytes(batch.party)
            if state.batches[named].personal_grams(batch.reduction_class) != batch.commitment.total:
                yield f"17: snapshot {number} is not of what persons had after batch {named}"


def _change(batch: Batch) -> int:
    """What a batch does to the points of persons."""
    if batch.kind is BatchKind.EARN:
        return batch.commitment.total - batch.withheld_grams
    if batch.kind in {BatchKind.BEHAVIOUR, BatchKind.SNAPSHOT}:
        return 0
    return -batch.commitment.total


def _days(state: ModelState) -> Iterator[str]:
    """Invariant 18: a day earns points or is issued, never both."""
    earned: dict[ClaimId, Days] = defaultdict(int)
    for batch in state.batches.values():
        if batch.kind is BatchKind.EARN:
            earned[_claim(state, batch)] |= period(batch.first_day, batch.last_day)
    if earned != dict(state.earned_days):
        yield "18: the days that earned points are not those of the batches"
    for claim, days in earned.items():
        if days & state.credited_days.get(claim, 0):
            yield f"18: claim {claim} was credited for a day both ways"


def _issued(state: ModelState) -> Iterator[str]:
    """Invariant 19: an activity's issued and corrected grams are those of its lots and its earn batches."""
    issued: Counter[bytes] = Counter()
    corrected: Counter[bytes] = Counter()
    for lot in state.lots.values():
        issued[lot.activity_id] += 0 if lot.bought_back else lot.issued_grams
        corrected[lot.activity_id] += lot.corrected_grams
    for batch in state.batches.values():
        if batch.kind is BatchKind.EARN:
            issued[batch.party] += batch.commitment.total
            corrected[batch.party] += batch.corrected_grams
    for activity_id, activity in state.activities.items():
        if (activity.issued_grams, activity.corrected_grams) != (issued[activity_id], corrected[activity_id]):
            yield f"19: activity {activity_id} is not credited what its lots and batches say"


def _certificate_numbers(state: ModelState) -> Iterator[str]:
    """Invariant 4 over both ledgers: no number is given twice."""
    given: Counter[int] = Counter([*state.certificates, *state.campaign_cancellations])
    ranges = sorted((number, number) for number in given)
    ranges += [
        (batch.first_certificate, batch.first_certificate + batch.commitment.entry_count - 1)
        for batch in state.batches.values()
        if batch.kind is BatchKind.CANCEL
    ]
    ranges.sort()
    end = 0
    for first, last in ranges:
        if first <= end:
            yield f"4: certificate number {first} was given twice"
        end = max(end, last)
    if end > state.certificate_count or any(times > 1 for times in given.values()):
        yield f"4: certificate numbers are not those from 1 to {state.certificate_count}"


def _debtor(state: ModelState, batch: Batch) -> DebtorId:
    registration = state.activities[ActivityId(batch.party)].registration
    return encoding.debtor_id(
        activity_id=batch.party, facility_id=registration.facility_id, reduction_class=batch.reduction_class
    )


def _claim(state: ModelState, batch: Batch) -> ClaimId:
    registration = state.activities[ActivityId(batch.party)].registration
    return encoding.claim_id(activity_id=batch.party, facility_id=registration.facility_id)
