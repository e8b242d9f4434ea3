"""What must hold of every state that the rules can reach (docs/spec/01-concepts.md §1.4), recomputed from plain data.

The invariants about history (5, 10, 11, 12) are not here: one state cannot show them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import pairwise

from ledger import encoding
from ledger.ids import ClaimId, DebtorId, LotId
from ledger.model.point_invariants import broken_point_invariants, owed_for_points
from ledger.model.state import Certificate, Lot, ModelState
from ledger.periods import period
from ledger.vocabulary import ActivityStatus, purpose_allowed


def broken_invariants(state: ModelState) -> list[str]:
    """One sentence for each invariant that `state` breaks, its number in the specification first; empty if all hold."""
    return [
        *_lots(state),
        *_serials(state.lots.values()),
        *_certificates(state),
        *_activities(state),
        *_facilities(state),
        *broken_point_invariants(state),
    ]


def _lots(state: ModelState) -> Iterator[str]:
    """Invariants 1 to 3. The first, per class, is the sum of the third over the lots of a class."""
    held: dict[LotId, int] = defaultdict(int)
    for (account, lot_id), grams in state.balances.items():
        held[lot_id] += grams
        if grams < 0:
            yield f"3: account {account} holds {grams} g of lot {lot_id}"
    for lot_id, lot in state.lots.items():
        if not 0 <= lot.cancelled_grams + lot.taken_back_grams <= lot.issued_grams:
            yield f"2: lot {lot_id} has more cancelled and taken back than issued"
        if held[lot_id] != lot.issued_grams - lot.cancelled_grams - lot.taken_back_grams:
            yield f"1, 3: balances of lot {lot_id} add up to {held[lot_id]} g, not to what is left of it"
    for lot_id in held.keys() - state.lots.keys():
        yield f"3: lot {lot_id} is held but was never issued"


def _serials(lots: Iterable[Lot]) -> Iterator[str]:
    """Invariant 2: serial ranges of lots are disjoint and without gaps, from 1."""
    expected = 1
    for lot in sorted(lots, key=lambda lot: lot.first_serial):
        if lot.first_serial != expected:
            yield f"2: a lot begins with serial {lot.first_serial} and not with {expected}"
        expected = lot.first_serial + lot.issued_grams


def _certificates(state: ModelState) -> Iterator[str]:
    """Invariants 2, 4 and 6, of the certificates that are known."""
    by_lot: dict[LotId, list[Certificate]] = defaultdict(list)
    for number, certificate in state.certificates.items():
        by_lot[certificate.lot_id].append(certificate)
        lot = state.lots[certificate.lot_id]
        if not 1 <= number <= state.certificate_count or number != certificate.number:
            yield f"4: certificate {number} is not one of 1 to {state.certificate_count}"
        if not purpose_allowed(lot.reduction_class, certificate.purpose):
            yield f"6: certificate {number} cancels class {lot.reduction_class.label} for {certificate.purpose.label}"
    for lot_id, certificates in by_lot.items():
        lot = state.lots[lot_id]
        certificates.sort(key=lambda certificate: certificate.first_serial)
        end = lot.first_serial + lot.cancelled_grams
        if certificates[0].first_serial < lot.first_serial or _end(certificates[-1]) > end:
            yield f"2: certificates of lot {lot_id} leave the serials that it has cancelled"
        if any(_end(one) > following.first_serial for one, following in pairwise(certificates)):
            yield f"2: certificates of lot {lot_id} share serials"


def _activities(state: ModelState) -> Iterator[str]:
    """Invariants 7 and 8."""
    credited: dict[ClaimId, int] = defaultdict(int)
    deficits: dict[DebtorId, int] = defaultdict(int)
    for lot_id, lot in state.lots.items():
        if lot.bought_back:
            continue
        facility_id = state.activities[lot.activity_id].registration.facility_id
        claim = encoding.claim_id(activity_id=lot.activity_id, facility_id=facility_id)
        debtor = encoding.debtor_id(
            activity_id=lot.activity_id, facility_id=facility_id, reduction_class=lot.reduction_class
        )
        days = period(lot.first_day, lot.last_day)
        if credited[claim] & days:
            yield f"7: lot {lot_id} credits a day that was credited before"
        credited[claim] |= days
        deficits[debtor] += lot.corrected_grams - lot.taken_back_grams
    for debtor, grams in owed_for_points(state).items():
        deficits[debtor] += grams
    if credited != dict(state.credited_days):
        yield "7: the credited days are not those of the lots"
    for debtor in sorted(deficits.keys() | state.deficits.keys()):
        owed = state.deficits.get(debtor, 0)
        if owed != deficits[debtor] or owed < 0:
            yield f"8: debtor {debtor} owes {owed} g and not {deficits[debtor]} g"
    for activity_id, activity in state.activities.items():
        if activity.issued_grams - activity.corrected_grams > activity.registration.cap_grams:
            yield f"7: activity {activity_id} exceeds its cap"


def _facilities(state: ModelState) -> Iterator[str]:
    """Invariant 9."""
    live = [
        activity.registration.facility_id
        for activity in state.activities.values()
        if activity.status in {ActivityStatus.ACTIVE, ActivityStatus.SUSPENDED}
        and not activity.registration.facility_id.is_zero
    ]
    if len(set(live)) != len(live):
        yield "9: a facility has two live activities"


def _end(certificate: Certificate) -> int:
    return certificate.first_serial + certificate.grams
