"""Who owes a deficit, how much, and since when (docs/spec/01-concepts.md §1.2, Debtor)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from api.repository.snapshots import Snapshot
from indexer.schema import Book
from ledger.vocabulary import OperationKind

_OWING = f"""
SELECT b.owner, b.quantity_gco2e,
       (SELECT CAST(COALESCE(SUM(f.quantity_gco2e), 0) AS BIGINT) FROM balances f
        WHERE f.book = {int(Book.FILLED)} AND f.owner = b.owner)
FROM balances b
WHERE b.book = {int(Book.DEFICIT)} AND b.owner > ? AND b.quantity_gco2e > 0
ORDER BY b.owner LIMIT ?
"""  # noqa: S608 - constants of ours
_ACTIVITIES = """
SELECT activity_id, code, reduction_class FROM activities WHERE debtor_id = ? ORDER BY registered_leaf_index
"""
_GREW = f"""
SELECT o.leaf_index, p.quantity_gco2e
FROM operations o
JOIN postings p ON p.leaf_index = o.leaf_index
WHERE o.kind IN ({int(OperationKind.REDUCTION_CORRECTED)}, {int(OperationKind.POINTS_CORRECTED)})
  AND p.credit_book = {int(Book.DEFICIT)} AND p.credit_owner = ?
"""  # noqa: S608 - as above
_SHRANK = """
SELECT l.issued_leaf_index, l.withheld_gco2e FROM lots l
JOIN activities a ON a.activity_id = l.activity_id
WHERE a.debtor_id = ? AND l.withheld_gco2e > 0
UNION ALL
SELECT b.leaf_index, b.withheld_gco2e FROM batches b
JOIN activities a ON a.activity_id = b.activity_id
WHERE a.debtor_id = ? AND b.withheld_gco2e > 0
"""
_OPERATION = "SELECT operation_id, timestamp FROM operations WHERE leaf_index = ?"


class DebtorActivity(NamedTuple):
    """An activity of a debtor."""

    activity_id: bytes
    code: str
    reduction_class: int


class DeficitRow(NamedTuple):
    """What a debtor owes, in grams. `leaf_index`, `operation_id` and `timestamp` are of the correction since which it
    has owed something without a break.
    """

    debtor_id: bytes
    grams: int
    filled_grams: int
    activities: list[DebtorActivity]
    leaf_index: int
    operation_id: bytes
    timestamp: int


def page(snapshot: Snapshot, *, after: bytes, limit: int) -> list[DeficitRow]:
    """Debtors that owe something, by id."""
    return [_row(snapshot, bytes(owner), *amounts) for owner, *amounts in snapshot.all(_OWING, after, limit)]


def _row(snapshot: Snapshot, debtor_id: bytes, grams: int, filled: int) -> DeficitRow:
    activities = [DebtorActivity._make(row) for row in snapshot.all(_ACTIVITIES, debtor_id)]
    grew = [(leaf, amount) for leaf, amount in snapshot.all(_GREW, debtor_id)]
    shrank = [(leaf, -amount) for leaf, amount in snapshot.all(_SHRANK, debtor_id, debtor_id)]
    leaf_index = since([*grew, *shrank])
    operation = snapshot.one(_OPERATION, leaf_index)
    if operation is None:
        raise LookupError(f"no correction made the deficit of {debtor_id.hex()}")
    return DeficitRow(debtor_id, grams, filled, activities, leaf_index, bytes(operation[0]), operation[1])


def since(changes: Iterable[tuple[int, int]]) -> int:
    """The leaf at which a deficit last rose from nothing: by leaf, what each added or, below zero, filled."""
    owed, begin = 0, -1
    for leaf, amount in sorted(changes):
        if owed == 0 and amount > 0:
            begin = leaf
        owed += amount
    return begin
