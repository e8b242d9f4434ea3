"""Who has signed a checkpoint, line by line, by the keys that this instance was told."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from api.log_keys import LogKeys
from api.repository.checkpoints import CheckpointRow
from ledger.checkpoints import Checkpoint
from ledger.errors import InvalidNote
from ledger.ids import Hash32
from ledger.notes import KeyType, Note, VerifierKey


class SignatureShown(NamedTuple):
    """A line of a note. `role`: `log`, `witness`, or `unknown` where no key was told; `verified` is None then.
    `cosigned_at` is what a witness signed with it, seconds since 1970.
    """

    name: str
    key_id: str
    role: str
    verified: bool | None
    cosigned_at: int | None


class WitnessStanding(NamedTuple):
    """A pinned witness and the newest published checkpoint that it cosigned, among those that were looked at."""

    name: str
    key: str
    size: int | None
    cosigned_at: int | None
    lag: int | None
    """Leaves of the newest checkpoint that it has not cosigned."""


def is_as_signed(row: CheckpointRow, origin: str, keys: LogKeys | None) -> bool:
    """Whether size and root of a published checkpoint are those of its note, for this log, and the log has signed them
    as far as its key was told. What was changed in the index beside a note that was not is seen here.
    """
    try:
        note = Note.parse(row.note)
        if Checkpoint.of_note(note) != Checkpoint(origin, row.size, Hash32(row.root)):
            return False
    except InvalidNote:
        return False
    return keys is None or keys.log_key.name != origin or _signed(note, keys.log_key) is not None


def lines_of(row: CheckpointRow, keys: LogKeys | None) -> list[SignatureShown]:
    """Every line of a published checkpoint; of what is no note, none."""
    try:
        return signatures(Note.parse(row.note), keys)
    except InvalidNote:
        return []


def signatures(note: Note, keys: LogKeys | None) -> list[SignatureShown]:
    """Every line, in the note's order."""
    told = [] if keys is None else [keys.log_key, *keys.witnesses]
    by_line = {(key.name, key.key_id): key for key in told}
    shown = []
    for line in note.lines:
        key = by_line.get((line.name, line.key_id))
        alone = Note(note.text, (line,))
        signed = None if key is None else _signed(alone, key)
        role = "unknown" if key is None else "log" if key.type is KeyType.LOG else "witness"
        verified = None if key is None else signed is not None
        at = signed if role == "witness" else None
        shown.append(SignatureShown(line.name, line.key_id.hex(), role, verified, at))
    return shown


def standings(rows: Iterable[CheckpointRow], keys: LogKeys | None) -> list[WitnessStanding]:
    """Of each pinned witness, by the notes in `rows`, which are newest first."""
    witnesses = [] if keys is None else list(keys.witnesses)
    found: dict[VerifierKey, tuple[int, int]] = {}
    newest: int | None = None
    for row in rows:
        newest = row.size if newest is None else newest
        try:
            note = Note.parse(row.note)
        except InvalidNote:
            continue
        for key in witnesses:
            if key not in found and (at := _signed(note, key)) is not None:
                found[key] = (row.size, at)
        if len(found) == len(witnesses):
            break
    return [_standing(key, found.get(key), newest) for key in witnesses]


def _standing(key: VerifierKey, found: tuple[int, int] | None, newest: int | None) -> WitnessStanding:
    size, at = (None, None) if found is None else found
    lag = None if size is None or newest is None else newest - size
    return WitnessStanding(key.name, str(key), size, at, lag)


def _signed(note: Note, key: VerifierKey) -> int | None:
    """The time with which the key signed (0 of a log's); None where it did not, or a line of its does not verify."""
    try:
        return note.verify([key]).get(key)
    except InvalidNote:
        return None
