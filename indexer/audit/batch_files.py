"""The part `batch-files`: the file of every anchored batch, its entries, and what `batch_files` says of it (§9.2).

Files are read in the order in which the chain anchored their batches. Which entry was where and who has which points is
kept in an entry index of the audit's own, never in the operator's.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from typing import Final

from indexer.audit.anchored import AuditedBatch, read_batches
from indexer.audit.batch_rows import compare_rows
from indexer.audit.batch_walk import BatchWalk
from indexer.audit.context import AuditContext
from indexer.audit.findings import Finding
from indexer.entry_index import EntryIndex
from ledger.vocabulary import BatchKind

INDEX: Final = "batch-files-index"
"""Folder of the audit's own entry index within the work folder."""


def audit_batch_files(context: AuditContext) -> Iterator[Finding]:
    """Every file and its row; of a continued audit those of batches that came since, where that says enough."""
    assert context.store is not None  # noqa: S101 - the part is left out without a store
    with context.replica.read() as connection:
        batches = read_batches(connection)
    index = EntryIndex(context.work / INDEX, context.store)
    begin = _kept(index, batches, context.since_leaf)
    if begin == 0:
        shutil.rmtree(context.work / INDEX)
        index = EntryIndex(context.work / INDEX, context.store)
    walk = BatchWalk(context, context.store, index)
    with index.writing():
        yield from walk.over(batches[begin:])
    yield from compare_rows(context, batches, walk.outcomes, begin=begin)


def _kept(index: EntryIndex, batches: Sequence[AuditedBatch], since_leaf: int | None) -> int:
    """How many batches an earlier audit has read, each without a fault; 0 to begin anew.

    Anew also where a new snapshot is of a time before the last of them: what persons had then is not kept.
    """
    if since_leaf is None:
        return 0
    before = [batch for batch in batches if batch.leaf_index < since_leaf]
    expected = [(bytes(batch.file_hash), batch.number, batch.withheld) for batch in before]
    if expected != [(bytes(batch.file_hash), batch.number, batch.withheld) for batch in index.batches]:
        return 0
    for batch in batches[len(before) :]:
        if batch.kind is BatchKind.SNAPSHOT and any(_is_later(one, batch) for one in before):
            return 0
    return len(before)


def _is_later(batch: AuditedBatch, snapshot: AuditedBatch) -> bool:
    """Whether it moved points of the snapshot's class after the batch that the snapshot names."""
    same = batch.reduction_class is snapshot.reduction_class
    return same and batch.moves_points and batch.number > (snapshot.after_batch or 0)
