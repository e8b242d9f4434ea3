"""What a witness remembers of each log: the newest checkpoint that it cosigned, one file each.

A state is the signed note itself with the witness's own line under it, so that a file that was damaged, or is another
witness's, does not verify. It is written whole and synced before the cosignature leaves the process: whatever stops
the machine, no checkpoint that a client holds is newer than the state.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Self

from ledger.canonical import canonical_json, parse_strict
from ledger.checkpoints import Checkpoint
from ledger.encoding import EMPTY_ROOT
from ledger.errors import InvalidInput, Json
from ledger.files import write_whole
from ledger.ids import Hash32
from ledger.locks import sole_holder
from ledger.notes import Note, VerifierKey
from witness.errors import StateDamaged, StateInUse, StateMissing, StatePresent

FORMAT: Final = 1
LOGS: Final = "logs"
_LOCK: Final = "lock"
_MAX_BYTES: Final = 262_144
_EMPTY_ROOT: Final = Hash32(EMPTY_ROOT)


@dataclass(frozen=True, slots=True)
class Cosigned:
    """The newest checkpoint of a log that was cosigned; of a log that never was, size 0 and no note."""

    size: int = 0
    root: Hash32 = _EMPTY_ROOT
    note: Note | None = None
    timestamp: int = 0
    """Of the cosignature, seconds since 1970 UTC."""

    @classmethod
    def of_note(cls, note: Note, origin: str, key: VerifierKey) -> Self:
        """Raises `InvalidInput` unless the witness's `key` signed a checkpoint of this origin."""
        checkpoint = Checkpoint.of_note(note)
        if checkpoint.origin != origin:
            raise InvalidInput("origin", f"be {origin}", checkpoint.origin)
        signed = note.verify([key])
        if key not in signed:
            raise InvalidInput("note", f"be cosigned by {key.name}", "it is not")
        return cls(checkpoint.size, checkpoint.root, note, signed[key])


class StateFolder:
    """The states of the logs of one witness, whose key is `key`."""

    def __init__(self, folder: Path, key: VerifierKey) -> None:
        self.folder = folder
        self._key = key

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keeps other processes out; `StateInUse` if one is at work."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        with sole_holder(self.folder / _LOCK) as alone:
            if not alone:
                raise StateInUse(str(self.folder))
            yield

    def path(self, origin: str) -> Path:
        """Where the state of a log is."""
        return self.folder / LOGS / f"{origin_hash(origin)}.json"

    def begin(self, origin: str) -> None:
        """Says that nothing of this log was cosigned; `StatePresent` if there is a state."""
        path = self.path(origin)
        if path.exists():
            raise StatePresent(origin, str(path))
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._write(origin, None)

    def load(self, origin: str) -> Cosigned:
        """The state of a log; `StateMissing` or `StateDamaged`."""
        path = self.path(origin)
        try:
            note = self._note(parse_strict(path.read_bytes(), max_bytes=_MAX_BYTES), origin)
            return Cosigned() if note is None else Cosigned.of_note(note, origin, self._key)
        except FileNotFoundError:
            raise StateMissing(origin, str(path)) from None
        except OSError as error:
            raise StateDamaged(str(path), error.strerror or "it cannot be read") from None
        except InvalidInput as error:
            raise StateDamaged(str(path), error.explain().rstrip(".")) from None

    def store(self, origin: str, cosigned: Cosigned) -> None:
        """Keeps a newer checkpoint; it is on disk when this returns."""
        self._write(origin, str(cosigned.note))

    def _write(self, origin: str, note: str | None) -> None:
        state: Json = {"format": FORMAT, "note": note, "origin": origin, "witness": str(self._key)}
        write_whole(self.path(origin), canonical_json(state) + b"\n")

    def _note(self, state: Json, origin: str) -> Note | None:
        if not isinstance(state, dict) or set(state) != {"format", "note", "origin", "witness"}:
            raise InvalidInput("state", "have format, note, origin and witness", state)
        if type(state["format"]) is not int or state["format"] != FORMAT:
            raise InvalidInput("format", f"be {FORMAT}", state["format"])
        for name, expected in (("origin", origin), ("witness", str(self._key))):
            if state[name] != expected:
                raise InvalidInput(name, f"be {expected}", state[name])
        note = state["note"]
        if note is None:
            return None
        if not isinstance(note, str):
            raise InvalidInput("note", "be a text", note)
        return Note.parse(note)


def origin_hash(origin: str) -> str:
    """What stands for a log in names of files and in URLs."""
    return hashlib.sha256(origin.encode()).hexdigest()
