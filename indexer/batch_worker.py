"""Looks after the files of anchored batches: checks each against the chain and lets its entries count.

The follower indexes what the chain says and never waits for a file. This comes behind it: batches in the order of
their numbers, each file found by its hash in the store and held to everything that the chain and docs/spec/05-points.md
§5.7 say of it; then its entries are anchored in the entry index. `batch_files` says what became of each batch. A file
that is not there is asked for again each time; a wrong one stays wrong and is an incident. A batch whose block the
chain took back is taken out again.

What is found in the entries of a good file is an incident too, and changes nothing of what the chain says: entries that
an earlier batch had, and persons who spent more than they had.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
from sqlalchemy import Connection, Row, Select, and_, delete, func, or_, select

from indexer import incidents, row_seals, schema
from indexer.batch_files import BatchColumns, check_batch, read_batch
from indexer.batch_store import BatchStore
from indexer.database import Database
from indexer.entry_index import EntryIndex
from indexer.errors import CorruptBatch, MalformedBatch
from indexer.schema import BatchFileState, IncidentKind
from indexer.tree_cache import TreeCache
from ledger.errors import InvalidInput, NotFound, TanpuhuiError, Unavailable
from ledger.ids import Hash32
from ledger.vocabulary import BatchKind, ReductionClass

_SPENDING = [int(kind) for kind in BatchKind if kind.is_spending]
_MOVING = [int(BatchKind.EARN), *_SPENDING]
_AT_ONCE = 64


class AnchoredBatch(NamedTuple):
    """A batch as the chain has it, with a file."""

    number: int
    subject: Hash32
    kind: BatchKind
    reduction_class: ReductionClass
    root: Hash32
    total: int
    entry_count: int
    file_hash: Hash32
    withheld: int
    after_batch: int | None


class _Outcome(NamedTuple):
    state: BatchFileState
    rule: str | None = None
    detail: str | None = None
    duplicates: int | None = None
    overdrawn: int | None = None


def _nobody(_: TanpuhuiError | None) -> None:
    """Hears nothing."""


class BatchWorker:
    """One at a time per database; any number may read what it leaves."""

    def __init__(self, database: Database, store: BatchStore, index: EntryIndex, trees: TreeCache) -> None:
        self._database = database
        self._store = store
        self._index = index
        self._trees = trees

    def catch_up(self) -> int:
        """Looks at every batch that is not settled; how many batches have another state now.

        Raises `EntryIndexBusy` while another process prepares batches, `BrokenEntryIndex`, `DatabaseUnusable`.
        """
        changed = self._take_back()
        after = 0
        while batches := self._unsettled(after):
            for batch in batches:
                changed += self._settle(batch)
            after = batches[-1].number
        self._look_again_for_overdrawn()
        return changed

    def follow(
        self,
        stop: threading.Event,
        *,
        poll_seconds: float = 2.0,
        told: Callable[[TanpuhuiError | None], None] = _nobody,
    ) -> None:
        """Catches up again and again until `stop` is set. `told` hears after each time what failed, or None."""
        while not stop.is_set():
            try:
                self.catch_up()
            except TanpuhuiError as error:
                told(error)
            else:
                told(None)
            stop.wait(poll_seconds)

    # ------------------------------------------------------------------------------------------------------- reorgs

    def _take_back(self) -> int:
        """Undoes what was done for batches that the chain does not have any more, or has with other contents."""
        table, batches, operations = schema.batch_files, schema.batches, schema.operations
        gone = (
            select(table.c.batch_number, table.c.file_hash, table.c.state)
            .select_from(
                table.outerjoin(batches, batches.c.batch_number == table.c.batch_number).outerjoin(
                    operations, operations.c.leaf_index == batches.c.leaf_index
                )
            )
            .where(or_(operations.c.subject.is_(None), operations.c.subject != table.c.subject))
            .order_by(table.c.batch_number.desc())
        )
        with self._database.read() as connection:
            rows = connection.execute(gone).all()
        for row in rows:
            if row.state == BatchFileState.CHECKED:
                self._index.take_back(bytes(row.file_hash))
            with self._database.write() as connection:
                connection.execute(delete(table).where(table.c.batch_number == row.batch_number))
                incidents.resolve_batch(connection, row.batch_number)
        if rows:
            # Whether somebody spent too much may be different now.
            with self._database.write() as connection:
                row_seals.change(connection, table, table.c.batch_number > rows[-1].batch_number, {"overdrawn": None})
        return len(rows)

    # ------------------------------------------------------------------------------------------------------ batches

    def _unsettled(self, after: int) -> Sequence[AnchoredBatch]:
        """Batches with a file that is not settled yet, in their order."""
        files = schema.batch_files
        question = (
            _anchored()
            .outerjoin_from(schema.batches, files, files.c.batch_number == schema.batches.c.batch_number)
            .where(or_(files.c.state.is_(None), files.c.state == BatchFileState.WAITING.value))
        )
        with self._database.read() as connection:
            rows = connection.execute(
                question.where(schema.batches.c.batch_number > after)
                .order_by(schema.batches.c.batch_number)
                .limit(_AT_ONCE)
            ).all()
        return [_batch(row) for row in rows]

    def _settle(self, batch: AnchoredBatch) -> bool:
        outcome = self._outcome(batch)
        with self._database.write() as connection:
            before = connection.execute(_file_of(batch.number)).one_or_none()
            if before is not None and (before.state, before.rule) == (outcome.state.value, outcome.rule):
                return False
            connection.execute(delete(schema.batch_files).where(schema.batch_files.c.batch_number == batch.number))
            values = {
                "batch_number": batch.number,
                "subject": bytes(batch.subject),
                "file_hash": bytes(batch.file_hash),
                **outcome._asdict(),
                "state": outcome.state.value,
                "changed_at": int(time.time()),
            }
            row_seals.add(connection, schema.batch_files, [values])
            _report(connection, batch, outcome)
        return True

    def _outcome(self, batch: AnchoredBatch) -> _Outcome:
        """Checks a file and lets its entries count."""
        try:
            path = self._store.local(batch.file_hash)
        except NotFound:
            return _Outcome(BatchFileState.WAITING, "file-missing")
        except (Unavailable, CorruptBatch) as error:
            return _Outcome(BatchFileState.WAITING, error.code, error.explain())
        if (first := self._same_file_before(batch)) is not None:
            detail = f"its file was anchored before, as batch {first}"
            return _Outcome(BatchFileState.WRONG, "file-anchored-before", detail, duplicates=batch.entry_count)
        try:
            columns = read_batch(path)
            commitment = {"root": batch.root, "total": batch.total, "entry_count": batch.entry_count}
            header = {"kind": batch.kind, "reduction_class": batch.reduction_class, **commitment}
            tree = check_batch(columns, path=path, **header)  # type: ignore[arg-type]
            self._check_snapshot(batch, columns)
        except InvalidInput as error:
            return _Outcome(BatchFileState.WRONG, rule_of(error), error.explain())
        self._trees.keep(batch.file_hash, tree)
        return self._anchor(batch, columns)

    def _anchor(self, batch: AnchoredBatch, columns: BatchColumns) -> _Outcome:
        with self._index.writing():
            duplicates = 0
            if batch.kind != BatchKind.SNAPSHOT:
                found = self._index.find_anchored(columns.entry_ids, besides=batch.file_hash)
                duplicates = int((found.batch >= 0).sum())
            if self._index.place_of(batch.file_hash) is None:
                self._index.add(columns, batch.file_hash)
            self._index.settle(
                batch.file_hash, number=batch.number, withheld=batch.withheld, doubled=True, columns=columns
            )
        overdrawn = self._overdrawn(batch, columns) if batch.kind.is_spending else None
        return _Outcome(BatchFileState.CHECKED, duplicates=duplicates, overdrawn=overdrawn)

    def _same_file_before(self, batch: AnchoredBatch) -> int | None:
        table = schema.batches.c
        earlier = select(func.min(table.batch_number)).where(
            table.file_hash == bytes(batch.file_hash), table.batch_number < batch.number
        )
        with self._database.read() as connection:
            first: int | None = connection.scalar(earlier)
        return first

    def _check_snapshot(self, batch: AnchoredBatch, columns: BatchColumns) -> None:
        """A snapshot must state what persons have, where that is known: every batch up to it is checked, and none after
        it has moved points of its class. Else its total alone is good, which the contract has seen to.
        """
        if batch.kind != BatchKind.SNAPSHOT or batch.after_batch is None:
            return
        batches, files = schema.batches, schema.batch_files
        checked = and_(files.c.batch_number == batches.c.batch_number, files.c.state == BatchFileState.CHECKED.value)
        moving = (
            select(batches.c.batch_number, files.c.state)
            .select_from(batches.outerjoin(files, checked))
            .where(
                batches.c.reduction_class == int(batch.reduction_class),
                batches.c.kind.in_(_MOVING),
                batches.c.file_hash.is_not(None),
            )
        )
        with self._database.read() as connection:
            rows = connection.execute(moving).all()
        if any((row.state is None) == (row.batch_number <= batch.after_batch) for row in rows):
            return
        tags, grams = self._index.balances_of_class(batch.reduction_class)
        same = tags.shape == columns.account_tags.shape and (tags == columns.account_tags).all()
        if not same or (grams != columns.grams.astype(np.int64)).any():
            raise MalformedBatch("balances", "be those of the persons after the batch it names", "others", "")

    # ---------------------------------------------------------------------------------------------------- overdrawn

    def _overdrawn(self, batch: AnchoredBatch, columns: BatchColumns) -> int | None:
        """How many persons of the batch have less than nothing; None while entries of an earlier one are not known."""
        files, batches = schema.batch_files, schema.batches
        checked = and_(files.c.batch_number == batches.c.batch_number, files.c.state == BatchFileState.CHECKED.value)
        unknown = (
            select(batches.c.batch_number)
            .select_from(batches.outerjoin(files, checked))
            .where(
                batches.c.reduction_class == int(batch.reduction_class),
                batches.c.kind.in_(_MOVING),
                batches.c.file_hash.is_not(None),
                batches.c.batch_number < batch.number,
                files.c.state.is_(None),
            )
            .limit(1)
        )
        with self._database.read() as connection:
            if connection.execute(unknown).first() is not None:
                return None
        tags = np.unique(columns.account_tags, axis=0)
        return int((self._index.balances(tags, batch.reduction_class, pending=False) < 0).sum())

    def _look_again_for_overdrawn(self) -> None:
        """At batches of which it was not known, because an earlier file was missing."""
        files = schema.batch_files
        question = (
            _anchored()
            .join_from(schema.batches, files, files.c.batch_number == schema.batches.c.batch_number)
            .where(
                files.c.state == BatchFileState.CHECKED.value,
                files.c.overdrawn.is_(None),
                schema.batches.c.kind.in_(_SPENDING),
            )
            .order_by(schema.batches.c.batch_number)
        )
        with self._database.read() as connection:
            rows = connection.execute(question).all()
        for batch in map(_batch, rows):
            overdrawn = self._overdrawn(batch, read_batch(self._store.local(batch.file_hash)))
            if overdrawn is None:
                continue
            with self._database.write() as connection:
                row_seals.change(connection, files, files.c.batch_number == batch.number, {"overdrawn": overdrawn})
                _report(connection, batch, _Outcome(BatchFileState.CHECKED, overdrawn=overdrawn))


def rule_of(error: InvalidInput) -> str:
    """The code of the rule that a file breaks, as `batch_files.rule` has it."""
    return error.field.replace("_", "-").replace(" ", "-")


def _anchored() -> Select[Any]:
    batches, operations = schema.batches, schema.operations
    columns = ("batch_number", "kind", "reduction_class", "root", "total", "entry_count", "file_hash")
    return (
        select(*(batches.c[name] for name in columns), batches.c.withheld_gco2e, batches.c.after_batch)
        .add_columns(operations.c.subject)
        .join(operations, operations.c.leaf_index == batches.c.leaf_index)
        .where(batches.c.file_hash.is_not(None))
    )


def _batch(row: Row[Any]) -> AnchoredBatch:
    return AnchoredBatch(
        number=row.batch_number,
        subject=Hash32(row.subject),
        kind=BatchKind.from_number(row.kind),
        reduction_class=ReductionClass.from_number(row.reduction_class),
        root=Hash32(row.root),
        total=row.total,
        entry_count=row.entry_count,
        file_hash=Hash32(row.file_hash),
        withheld=row.withheld_gco2e,
        after_batch=row.after_batch,
    )


def _file_of(number: int) -> Select[Any]:
    return select(schema.batch_files).where(schema.batch_files.c.batch_number == number)


def _report(connection: Connection, batch: AnchoredBatch, outcome: _Outcome) -> None:
    """Incidents of what was found; they say how many, never who."""
    name = f"batch {batch.number} ({batch.kind.label}, class {batch.reduction_class.label})"
    if outcome.state is BatchFileState.WRONG:
        detail = f"{name}: {outcome.detail}"
        incidents.add_batch(connection, IncidentKind.WRONG_BATCH, batch.number, outcome.rule or "", detail)
    if outcome.duplicates:
        detail = f"{name}: {outcome.duplicates} of its {batch.entry_count} entries were in an earlier batch"
        incidents.add_batch(connection, IncidentKind.DUPLICATE_ENTRIES, batch.number, "duplicate-entries", detail)
    if outcome.overdrawn:
        detail = f"{name}: {outcome.overdrawn} persons have spent more than they had"
        incidents.add_batch(connection, IncidentKind.OVERDRAWN_PERSONS, batch.number, "overdrawn-persons", detail)
