"""The batches that the chain anchored with a file, out of the replica."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, select

from indexer import schema
from ledger.ids import Hash32
from ledger.vocabulary import BatchKind, ReductionClass


class AuditedBatch(NamedTuple):
    """One of them. `days` and `methodology_id` are of a feed's batch, `after_batch` of a snapshot."""

    number: int
    leaf_index: int
    subject: bytes
    kind: BatchKind
    reduction_class: ReductionClass
    root: bytes
    total: int
    entry_count: int
    file_hash: Hash32
    withheld: int
    after_batch: int | None
    methodology_id: bytes | None
    days: tuple[int, int] | None
    first_certificate: int | None

    @property
    def moves_points(self) -> bool:
        """Whether its entries change what persons have."""
        return self.kind is BatchKind.EARN or self.kind.is_spending


def read_batches(connection: Connection) -> Sequence[AuditedBatch]:
    """In the order of their numbers."""
    batches, operations = schema.batches, schema.operations
    question = (
        select(batches, operations.c.subject)
        .join(operations, operations.c.leaf_index == batches.c.leaf_index)
        .where(batches.c.file_hash.is_not(None))
        .order_by(batches.c.batch_number)
    )
    return [_batch(row) for row in connection.execute(question)]


def _batch(row: Row[Any]) -> AuditedBatch:
    return AuditedBatch(
        number=row.batch_number,
        leaf_index=row.leaf_index,
        subject=bytes(row.subject),
        kind=BatchKind.from_number(row.kind),
        reduction_class=ReductionClass.from_number(row.reduction_class),
        root=bytes(row.root),
        total=row.total,
        entry_count=row.entry_count,
        file_hash=Hash32(row.file_hash),
        withheld=row.withheld_gco2e,
        after_batch=row.after_batch,
        methodology_id=None if row.methodology_id is None else bytes(row.methodology_id),
        days=None if row.first_day is None else (row.first_day, row.last_day),
        first_certificate=row.first_certificate,
    )
