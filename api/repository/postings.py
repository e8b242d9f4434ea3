"""Double entries of one operation, in both ledgers."""

from typing import NamedTuple

from api.repository.snapshots import Snapshot

_REDUCTIONS = """
SELECT position, lot_id, debit_book, debit_owner, credit_book, credit_owner, quantity_gco2e
FROM postings WHERE leaf_index = ? ORDER BY position
"""
_POINTS = """
SELECT position, reduction_class, debit_book, debit_owner, credit_book, credit_owner, quantity_gco2e
FROM point_postings WHERE leaf_index = ? ORDER BY position
"""


class PostingRow(NamedTuple):
    """One double entry, in grams; of points the class stands in place of the lot."""

    of_points: bool
    position: int
    lot_id: bytes | None
    reduction_class: int | None
    debit_book: int
    debit_owner: bytes
    credit_book: int
    credit_owner: bytes
    grams: int


def of_operation(snapshot: Snapshot, leaf_index: int) -> list[PostingRow]:
    """Those of reductions, then those of points."""
    of_lots = [
        PostingRow(False, place, lot, None, *rest) for place, lot, *rest in snapshot.all(_REDUCTIONS, leaf_index)
    ]
    of_points = [PostingRow(True, place, None, one, *rest) for place, one, *rest in snapshot.all(_POINTS, leaf_index)]
    return of_lots + of_points
