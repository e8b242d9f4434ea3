"""Totals per class, from two sides: what lots say was issued, cancelled and taken back, and what balances say is
held.
"""

from typing import NamedTuple

from api.repository.snapshots import Snapshot
from indexer.schema import Book
from ledger.vocabulary import ReductionClass

_LOTS = """
SELECT reduction_class, CAST(SUM(CASE WHEN redeem_operation_id IS NULL THEN issued_gco2e ELSE 0 END) AS BIGINT),
       CAST(SUM(CASE WHEN redeem_operation_id IS NULL THEN 0 ELSE issued_gco2e END) AS BIGINT),
       CAST(SUM(cancelled_gco2e) AS BIGINT), CAST(SUM(taken_back_gco2e) AS BIGINT), COUNT(*)
FROM lots GROUP BY reduction_class
"""
_HELD = f"""
SELECT l.reduction_class, CAST(SUM(b.quantity_gco2e) AS BIGINT)
FROM balances b JOIN lots l ON l.lot_id = b.lot_id
WHERE b.book = {int(Book.HELD)} GROUP BY l.reduction_class
"""  # noqa: S608 - a constant of ours
_DEFICIT = f"""
SELECT CAST(COALESCE(SUM(quantity_gco2e), 0) AS BIGINT) FROM balances WHERE book = {int(Book.DEFICIT)}
"""  # noqa: S608 - a constant of ours
_CERTIFICATES = """
SELECT (SELECT COUNT(*) FROM certificates) + (SELECT COUNT(*) FROM campaign_cancellations)
       + (SELECT CAST(COALESCE(SUM(entry_count), 0) AS BIGINT) FROM batches WHERE first_certificate IS NOT NULL)
"""


class ClassTotals(NamedTuple):
    """Sums over one class, in grams."""

    reduction_class: int
    issued_grams: int
    bought_back_grams: int
    held_grams: int
    cancelled_grams: int
    taken_back_grams: int
    lots: int

    @property
    def invariant_holds(self) -> bool:
        """Whether issued + bought back = held + cancelled + taken back (docs/spec/01-concepts.md §1.4)."""
        gone = self.cancelled_grams + self.taken_back_grams
        return self.issued_grams + self.bought_back_grams == self.held_grams + gone


class Totals(NamedTuple):
    """Of the whole ledger."""

    classes: list[ClassTotals]
    deficit_grams: int
    certificates: int


def totals(snapshot: Snapshot) -> Totals:
    """The sums, for every class, also one that has no lot yet. Kept until the log grows."""
    size, found = snapshot.facts.get("totals", snapshot.as_of) or (-1, None)
    if found is None or size != snapshot.as_of.log_size:
        found = _read(snapshot)
        snapshot.facts.put("totals", (snapshot.as_of.log_size, found), snapshot.as_of)
    kept: Totals = found
    return kept


def _read(snapshot: Snapshot) -> Totals:
    lots = {row[0]: row[1:] for row in snapshot.all(_LOTS)}
    held: dict[int, int] = dict(snapshot.all(_HELD))
    classes = []
    for reduction_class in (int(ReductionClass.I), int(ReductionClass.II)):
        issued, bought, cancelled, taken_back, count = lots.get(reduction_class, (0, 0, 0, 0, 0))
        in_hand = held.get(reduction_class, 0)
        classes.append(ClassTotals(reduction_class, issued, bought, in_hand, cancelled, taken_back, count))
    deficit = snapshot.one(_DEFICIT)
    certificates = snapshot.one(_CERTIFICATES)
    return Totals(classes, deficit[0] if deficit else 0, certificates[0] if certificates else 0)
