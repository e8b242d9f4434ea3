"""The table `checkpoints`: what the log's key has signed, and what was published of it (docs/spec/07-log.md §7.3).

A checkpoint is reserved before its signature leaves the process, and published once, before another is reserved. Sizes
rise; nothing is replaced and nothing deleted. Functions take a connection and never commit.
"""

import time
from dataclasses import dataclass, replace
from typing import Any, Self

from sqlalchemy import Connection, Row, Select, select, text

from indexer import row_seals
from indexer.errors import CheckpointConflict, CheckpointOvertaken, CheckpointUnfinished
from indexer.schema import checkpoints as _table
from ledger.checkpoints import Checkpoint
from ledger.errors import NotFound
from ledger.ids import Hash32
from ledger.notes import Note

_LATE = _table.c.published_at.is_(None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredCheckpoint:
    """One row. `note` is the whole signed note; times are seconds since 1970 UTC, `published_at` None until then."""

    size: int
    root: Hash32
    note: str
    signed_at: int
    published_at: int | None

    @classmethod
    def of_row(cls, row: Row[Any]) -> Self:
        """As it stands in the table."""
        root = Hash32(bytes(row.root))
        return cls(size=row.size, root=root, note=row.note, signed_at=row.signed_at, published_at=row.published_at)

    @property
    def signed(self) -> Note:
        """The note, taken apart; nothing of it is verified."""
        return Note.parse(self.note)


def newest(connection: Connection) -> StoredCheckpoint | None:
    """The newest published one."""
    return _one(connection, select(_table).where(~_LATE).order_by(_table.c.size.desc()).limit(1))


def at_size(connection: Connection, size: int) -> StoredCheckpoint | None:
    """The published one of exactly this size."""
    return _one(connection, select(_table).where(~_LATE, _table.c.size == size))


def of_leaf(connection: Connection, leaf_index: int) -> StoredCheckpoint | None:
    """The earliest published one that covers the leaf: the same for ever, once there is one."""
    return _one(connection, select(_table).where(~_LATE, _table.c.size > leaf_index).order_by(_table.c.size).limit(1))


def last_signed(connection: Connection) -> StoredCheckpoint | None:
    """The newest that the key signed, published or not: whatever it signs next must continue it."""
    return _one(connection, select(_table).order_by(_table.c.size.desc()).limit(1))


def reserve(connection: Connection, note: Note) -> StoredCheckpoint:
    """Keeps a note that the log's key has signed, before anybody is shown it. Commit it durably.

    The same text that is here already is given instead. `CheckpointUnfinished` while another size waits,
    `CheckpointOvertaken` where a larger one is signed, `CheckpointConflict` for another text at its size.
    """
    _one_at_a_time(connection)
    checkpoint = Checkpoint.of_note(note)
    last = last_signed(connection)
    if last is not None and last.size > checkpoint.size:
        raise CheckpointOvertaken(checkpoint.size, last.size)
    if last is not None and last.size == checkpoint.size:
        _require_same(checkpoint, last)
        return last
    if last is not None and last.published_at is None:
        raise CheckpointUnfinished(last.size)
    reserved = StoredCheckpoint(
        size=checkpoint.size, root=checkpoint.root, note=str(note), signed_at=int(time.time()), published_at=None
    )
    values = {"size": reserved.size, "root": bytes(reserved.root), "note": reserved.note}
    row_seals.add(connection, _table, [values | {"signed_at": reserved.signed_at}])
    return reserved


def publish(connection: Connection, note: Note) -> StoredCheckpoint:
    """Publishes a reserved checkpoint with the lines of `note`; one that is published stays as it is, and is given.

    `NotFound` for a size that was not reserved, `CheckpointConflict` for another text than was.
    """
    checkpoint = Checkpoint.of_note(note)
    known = _one(connection, select(_table).where(_table.c.size == checkpoint.size))
    if known is None:
        raise NotFound("signed checkpoint", checkpoint.size)
    _require_same(checkpoint, known)
    published = replace(known, note=str(note), published_at=max(int(time.time()), known.signed_at))  # clocks go back
    here = (_table.c.size == checkpoint.size) & _LATE
    values = {"note": published.note, "published_at": published.published_at}
    return published if row_seals.change(connection, _table, here, values) else _known(connection, checkpoint.size)


def _require_same(checkpoint: Checkpoint, known: StoredCheckpoint) -> None:
    if known.signed.text != checkpoint.text:
        said = Checkpoint.of_note(known.signed)
        reason = f"at this size it has signed root {said.root.hex0x} of {said.origin}, not {checkpoint.root.hex0x}"
        raise CheckpointConflict(checkpoint.size, f"{reason} of {checkpoint.origin}")


def _one_at_a_time(connection: Connection) -> None:
    """Until the transaction ends nobody else reserves. SQLite has one writer anyway."""
    if connection.dialect.name != "sqlite":
        connection.execute(text("LOCK TABLE checkpoints IN SHARE ROW EXCLUSIVE MODE"))


def _known(connection: Connection, size: int) -> StoredCheckpoint:
    return StoredCheckpoint.of_row(connection.execute(select(_table).where(_table.c.size == size)).one())


def _one(connection: Connection, question: Select[Any]) -> StoredCheckpoint | None:
    row = connection.execute(question).one_or_none()
    return None if row is None else StoredCheckpoint.of_row(row)
