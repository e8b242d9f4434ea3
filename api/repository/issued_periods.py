"""What each confirmed issuance credited, and for which days."""

from __future__ import annotations

from typing import NamedTuple

from api.repository.snapshots import Snapshot

_SINCE = """
SELECT activity_id, first_day, last_day, issued_gco2e, issued_leaf_index, lot_id FROM lots
WHERE redeem_operation_id IS NULL AND issued_leaf_index >= ? ORDER BY issued_leaf_index
"""


class IssuedPeriod(NamedTuple):
    """A lot's monitoring period, both days included, in civil days in Shanghai."""

    activity_id: bytes
    first_day: int
    last_day: int
    grams: int
    leaf_index: int
    lot_id: bytes


def since(snapshot: Snapshot, leaf_index: int) -> list[IssuedPeriod]:
    """In the order of their confirmation, from a leaf on."""
    return [IssuedPeriod._make(row) for row in snapshot.all(_SINCE, leaf_index)]
