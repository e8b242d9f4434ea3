"""Blocks that hold events of the ledger."""

from typing import Any

from api.repository.blocks import BlockRow
from api.repository.snapshots import rfc3339
from api.schemas.common import Answered, Hash, Index, Model, Time, hex0x


class Block(Model):
    """One block; the leaves of its operations are `operations` from `first_leaf_index` on."""

    number: Index
    hash: Hash
    parent_hash: Hash
    timestamp: Index
    """Seconds since 1970-01-01T00:00:00Z."""
    time: Time
    first_leaf_index: Index | None
    """None where its events repeat operations that had been applied before."""
    operations: Index


class BlockAnswer(Answered, Block):
    """One of them."""


class BlocksAnswer(Answered):
    """A page of them, by number."""

    items: list[Block]
    next: str | None


def block_document(row: BlockRow) -> dict[str, Any]:
    """A block as JSON."""
    return {
        "number": row.number,
        "hash": hex0x(row.hash),
        "parent_hash": hex0x(row.parent_hash),
        "timestamp": row.timestamp,
        "time": rfc3339(row.timestamp),
        "first_leaf_index": row.first_leaf,
        "operations": row.operations,
    }
