"""One walk over the batches of the chain, file by file.

A file that is missing or wrong leaves the balances of its class unknown from there on: what depends on them, overdrawn
persons and snapshots, is not looked at any more, and the report says so.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np

from indexer.audit.anchored import AuditedBatch
from indexer.audit.batch_entries import MOST_NAMED, EntryFinding, check_entries, named
from indexer.audit.batch_rows import PART, Outcome
from indexer.audit.context import AuditContext
from indexer.audit.findings import WHOLE_ROW, Finding
from indexer.audit.quantifications import Quantifications
from indexer.batch_files import BatchColumns, check_batch, read_batch
from indexer.batch_store import BatchStore
from indexer.batch_worker import rule_of
from indexer.entry_index import EntryIndex
from indexer.errors import CorruptBatch
from indexer.schema import BatchFileState
from ledger.errors import InvalidInput, NotFound
from ledger.vocabulary import BatchKind, ReductionClass


class BatchWalk:
    """Takes batches in the order of their numbers; `outcomes` is what `batch_files` should say of each."""

    def __init__(self, context: AuditContext, store: BatchStore, index: EntryIndex) -> None:
        self._context = context
        self._store = store
        self._index = index
        self._quantifications = Quantifications(context)
        self._unknown: set[ReductionClass] = set()
        self._first_with: dict[bytes, int] = {bytes(one.file_hash): one.number for one in index.batches}
        self._snapshots: list[AuditedBatch] = []
        self._misstated: set[int] = set()
        self.outcomes: dict[int, Outcome] = {}

    def over(self, batches: Sequence[AuditedBatch]) -> Iterator[Finding]:
        """What differs. The index must be open for writing."""
        snapshots = [batch for batch in batches if batch.kind is BatchKind.SNAPSHOT]
        self._snapshots = sorted(snapshots, key=lambda batch: (batch.after_batch or 0, batch.number), reverse=True)
        for done, batch in enumerate(batches, 1):
            yield from self._take_snapshots(batch.number)
            yield from self._take(batch)
            self._context.cover("batch files")
            self._context.told("batch files read", done, len(batches))
        yield from self._take_snapshots(None)
        for number in self._misstated:  # the worker sees that only where nothing has moved points in between
            self.outcomes.pop(number, None)

    def _take(self, batch: AuditedBatch) -> Iterator[Finding]:
        """One file. The outcome is that of `BatchWorker`, which looks at the same and stops at the first fault."""
        first = self._first_with.setdefault(bytes(batch.file_hash), batch.number)
        try:
            path = self._store.local(batch.file_hash)
        except NotFound:
            yield _of_file(batch, WHOLE_ROW, expected="a file", found="no file")
            self._leave_out(batch)
            return
        except CorruptBatch as error:
            yield _of_file(batch, "file_hash", expected=batch.file_hash, found=error.found)
            yield from self._look_inside(batch, Path(error.place))
            self._leave_out(batch)
            return
        if first != batch.number:
            yield _of_file(batch, "file_hash", expected="a file of its own", found=f"the file of batch {first}")
            wrong, rule = BatchFileState.WRONG, "file-anchored-before"
            self._leave_out(batch, Outcome(state=wrong, rule=rule, duplicates=batch.entry_count))
            return
        try:
            columns = read_batch(path)
            _check(batch, columns, path)
        except InvalidInput as error:
            yield _wrong(batch, error)
            self._leave_out(batch, Outcome(state=BatchFileState.WRONG, rule=rule_of(error)))
            return
        yield from self._check_entries(batch, columns)
        yield from self._anchor(batch, columns)

    def _leave_out(self, batch: AuditedBatch, outcome: Outcome | None = None) -> None:
        """Its entries do not count. What the operator found of a file that is gone or changed since, nobody knows."""
        if outcome is not None:
            self.outcomes[batch.number] = outcome
        if batch.moves_points and batch.reduction_class not in self._unknown:
            self._unknown.add(batch.reduction_class)
            fact = f"What persons have of class {batch.reduction_class.label} is not known from batch {batch.number} on"
            self._context.state(f"{fact}, whose file could not be read: balances were not checked any further.")

    def _look_inside(self, batch: AuditedBatch, path: Path) -> Iterator[Finding]:
        """What can be said of a file that is not the one that was anchored: where it differs, if it shows."""
        try:
            columns = read_batch(path)
        except InvalidInput as error:
            yield _wrong(batch, error)
            return
        try:
            _check(batch, columns, path)
        except InvalidInput as error:
            yield _wrong(batch, error)
        if columns.kind is batch.kind:
            yield from self._check_entries(batch, columns)

    def _check_entries(self, batch: AuditedBatch, columns: BatchColumns) -> Iterator[Finding]:
        """Each entry for itself."""
        quantification = None
        if batch.methodology_id is not None:
            quantification = self._quantifications.of(batch.methodology_id)
            if quantification is None and self._context.audited is not None:
                expected = f"in the record of methodology 0x{batch.methodology_id.hex()}"
                yield _of_file(batch, "quantification", expected=expected, found="not there, or another record")
        for finding in check_entries(columns, days=batch.days, quantification=quantification):
            yield _of_entry(batch, columns, finding)
        self._context.cover("entries", len(columns.grams))
        if quantification is not None:
            self._context.cover("entries quantified", len(columns.grams))

    def _anchor(self, batch: AuditedBatch, columns: BatchColumns) -> Iterator[Finding]:
        """Lets the entries count, and looks at what they do to those before them."""
        duplicates, overdrawn = 0, None
        if batch.kind is not BatchKind.SNAPSHOT:
            found = self._index.find_anchored(columns.entry_ids, besides=batch.file_hash)
            rows = np.flatnonzero(found.batch >= 0)
            duplicates = len(rows)

            def other(row: int) -> str:
                return f"entry {found.row[row]} of batch {self._index.batches[int(found.batch[row])].number}"

            for finding in named(rows, "entry_id", lambda _: "in no batch before", other):
                yield _of_entry(batch, columns, finding)
        self._index.add(columns, batch.file_hash)
        self._index.anchor(batch.file_hash, number=batch.number, withheld=batch.withheld, doubled=True, columns=columns)
        if batch.kind.is_spending and batch.reduction_class not in self._unknown:
            left = self._index.balances(columns.account_tags, batch.reduction_class, pending=False)
            short = np.flatnonzero(left < 0)
            overdrawn = len(np.unique(columns.account_tags[short], axis=0))
            for finding in named(short, "grams", lambda _: "no less than 0 left", lambda row: int(left[row])):
                yield _of_entry(batch, columns, finding)
        self.outcomes[batch.number] = Outcome(state=BatchFileState.CHECKED, duplicates=duplicates, overdrawn=overdrawn)

    def _take_snapshots(self, before: int | None) -> Iterator[Finding]:
        """Snapshots of the state that the batches below `before` (None: all) have left."""
        while self._snapshots and (before is None or (self._snapshots[-1].after_batch or 0) < before):
            snapshot = self._snapshots.pop()
            if snapshot.reduction_class not in self._unknown:
                yield from self._check_snapshot(snapshot)

    def _check_snapshot(self, snapshot: AuditedBatch) -> Iterator[Finding]:
        """Whether it states what persons have now. What else is wrong with its file is found in its turn."""
        try:
            columns = read_batch(self._store.local(snapshot.file_hash))
        except (NotFound, CorruptBatch, InvalidInput):
            return
        tags, grams = self._index.balances_of_class(snapshot.reduction_class)
        if np.array_equal(tags, columns.account_tags) and np.array_equal(grams, columns.grams.astype(np.int64)):
            return
        self._misstated.add(snapshot.number)
        had = dict(zip(map(bytes, tags), grams.tolist(), strict=True))
        stated = dict(zip(map(bytes, columns.account_tags), columns.grams.tolist(), strict=True))
        different = [tag for tag in {**had, **stated} if had.get(tag, 0) != stated.get(tag, 0)]
        for tag in different[:MOST_NAMED]:
            key = (f"batch {snapshot.number}", f"account 0x{tag.hex()}")
            table = f"file {snapshot.file_hash.hex0x}"
            yield Finding.of(PART, table, key, "grams", expected=had.get(tag, 0), found=stated.get(tag, 0))


def _check(batch: AuditedBatch, columns: BatchColumns, path: Path) -> None:
    """The file against its header; `MalformedBatch` names the first value that is another."""
    check_batch(
        columns,
        path=path,
        root=batch.root,
        total=batch.total,
        entry_count=batch.entry_count,
        kind=batch.kind,
        reduction_class=batch.reduction_class,
    )


def _of_file(batch: AuditedBatch, column: str, *, expected: object, found: object) -> Finding:
    table = f"file {batch.file_hash.hex0x}"
    return Finding.of(PART, table, f"batch {batch.number}", column, expected=expected, found=found)


def _wrong(batch: AuditedBatch, error: InvalidInput) -> Finding:
    return _of_file(batch, error.field, expected=error.rule, found=error.value)


def _of_entry(batch: AuditedBatch, columns: BatchColumns, finding: EntryFinding) -> Finding:
    """Named by batch, entry counted from 0, and entry id."""
    table, row = f"file {batch.file_hash.hex0x}", finding.row
    key: tuple[object, ...] = (f"batch {batch.number}",)
    if row is not None:
        key = (*key, f"entry {row}", columns.entry_ids[row].tobytes())
    return Finding.of(PART, table, key, finding.column, expected=finding.expected, found=finding.found)
