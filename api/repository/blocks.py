"""Blocks that hold events of the ledger. Other blocks of the chain are not kept."""

from typing import NamedTuple

from api.repository.filters import where
from api.repository.snapshots import Snapshot

_COLUMNS = """
SELECT b.number, b.hash, b.parent_hash, b.timestamp,
       (SELECT o.leaf_index FROM operations o WHERE o.block_number = b.number ORDER BY o.log_index LIMIT 1),
       (SELECT COUNT(*) FROM operations o WHERE o.block_number = b.number)
FROM blocks b
"""


class BlockRow(NamedTuple):
    """One block; the leaves of its operations are `operations` from `first_leaf` on."""

    number: int
    hash: bytes
    parent_hash: bytes
    timestamp: int
    first_leaf: int | None
    operations: int


def by_number(snapshot: Snapshot, number: int) -> BlockRow | None:
    """The block with this number, if it holds events."""
    row = snapshot.one(_COLUMNS + "WHERE b.number = ?", number)
    return None if row is None else BlockRow._make(row)


def by_hash(snapshot: Snapshot, block_hash: bytes) -> BlockRow | None:
    """The block with this hash, if it holds events."""
    row = snapshot.one(_COLUMNS + "WHERE b.hash = ?", bytes(block_hash))
    return None if row is None else BlockRow._make(row)


def page(snapshot: Snapshot, *, newest_first: bool, after: int | None, limit: int) -> list[BlockRow]:
    """Blocks by number, after a number."""
    clause, values = where({"b.number < ?" if newest_first else "b.number > ?": after})
    order = "DESC" if newest_first else "ASC"
    rows = snapshot.all(f"{_COLUMNS} {clause} ORDER BY b.number {order} LIMIT ?", *values, limit)
    return [BlockRow._make(row) for row in rows]
