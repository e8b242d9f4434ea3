"""The audited table `batch_files` against what the audit found of the files themselves."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import select

from indexer import schema
from indexer.audit.anchored import AuditedBatch
from indexer.audit.context import AuditContext
from indexer.audit.findings import Finding
from indexer.schema import BatchFileState

PART: Final = "batch-files"
_TABLE: Final = "batch_files"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What the row of a batch should say. `overdrawn` is None where it cannot be known or needs no looking."""

    state: BatchFileState
    rule: str | None = None
    duplicates: int | None = None
    overdrawn: int | None = None


def compare_rows(
    context: AuditContext, batches: Sequence[AuditedBatch], outcomes: Mapping[int, Outcome], *, begin: int = 0
) -> Iterator[Finding]:
    """Every batch has its row and no other; of one without outcome only what the chain says of it is compared.

    Of a continued audit the rows of the first `begin` batches, which an audit before has seen, are not compared.

    `detail` is for people, and `changed_at` nobody knows again: the row's seal covers them. Batches are looked at in
    their order, so that one without a row is missing it if a later one has its own; the last ones may be waiting for
    whoever looks (`indexer.batch_worker`), which is said.
    """
    if context.audited is None:
        return
    found = context.audited.execute(select(schema.batch_files)).mappings()
    rows = {row["batch_number"]: dict(row) for row in found}
    for number in sorted(rows.keys() - {batch.number for batch in batches}):
        yield Finding.surplus(PART, _TABLE, number)
    last, unseen = max(rows, default=0), 0
    for batch in batches[begin:]:
        row = rows.get(batch.number)
        if row is not None:
            yield from _compare(batch, row, outcomes.get(batch.number))
        elif batch.number < last:
            yield Finding.missing(PART, _TABLE, batch.number)
        else:
            unseen += 1
    if unseen:
        context.state(f"The operator has not looked at the files of the last {unseen} batches yet; the audit has.")
    context.cover("rows", len(rows))


def _compare(batch: AuditedBatch, row: Mapping[str, Any], outcome: Outcome | None) -> Iterator[Finding]:
    expected: dict[str, object] = {"subject": bytes(batch.subject), "file_hash": bytes(batch.file_hash)}
    if outcome is not None:
        expected |= {"state": outcome.state.value, "rule": outcome.rule, "duplicates": outcome.duplicates}
        if outcome.overdrawn is not None or not batch.kind.is_spending:
            expected["overdrawn"] = outcome.overdrawn
        if outcome.state is BatchFileState.CHECKED:
            expected["detail"] = None
    for column, value in expected.items():
        if row[column] != value:
            yield Finding.of(PART, _TABLE, batch.number, column, expected=value, found=row[column])
