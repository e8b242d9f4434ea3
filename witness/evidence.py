"""What a witness keeps of a log that did not continue: files by the hash of their bytes, never changed.

`proven`: evidence that verifies alone (docs/spec/07-log.md §7.6). `unproven`: what the log's key signed and its proof
does not reach; anybody may send an honest checkpoint with a wrong proof, so that it convicts nobody, and of these
only the newest are kept.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Final

from ledger.checkpoints import Checkpoint
from ledger.errors import InvalidInput, NotEvidence
from ledger.files import write_whole
from ledger.notes import Note
from ledger.split_view import Evidence

log: Final = logging.getLogger("tanpuhui.witness")

PROVEN: Final = "evidence"
UNPROVEN: Final = "unproven"
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOST_PROVEN: Final = 1_000
_MOST_UNPROVEN: Final = 64


@dataclass(frozen=True, slots=True)
class Told:
    """What a list of evidence says of one."""

    origin: str
    first_size: int
    second_size: int


class EvidenceFolder:
    """The files of one kind, read when this is made; what a list says of them is in memory from then on.

    May be shared by threads: of one witness all logs keep theirs here.
    """

    def __init__(self, folder: Path, *, most: int, replaces_oldest: bool) -> None:
        self._folder = folder
        self._most = most
        self._replaces_oldest = replaces_oldest
        self._lock = Lock()
        self._kept = {path.stem: _read_told(path) for path in self._files()}

    @classmethod
    def proven(cls, state: Path) -> EvidenceFolder:
        """Nothing of it ever goes. Of a log that makes more than fits, this much says enough."""
        return cls(state / PROVEN, most=_MOST_PROVEN, replaces_oldest=False)

    @classmethod
    def unproven(cls, state: Path) -> EvidenceFolder:
        """The newest."""
        return cls(state / UNPROVEN, most=_MOST_UNPROVEN, replaces_oldest=True)

    def keep(self, evidence: Evidence) -> str:
        """Writes it, synced; gives its hash. What is there already stays as it is."""
        content = evidence.to_bytes()
        name = hashlib.sha256(content).hexdigest()
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self._folder / f"{name}.json"
        with self._lock:
            if name not in self._kept and self._make_room():
                write_whole(path, content)
                self._kept[name] = _told(content)
        return name

    def hashes(self) -> Sequence[str]:
        """Of everything that is kept, oldest first."""
        with self._lock:
            return list(self._kept)

    def told(self) -> dict[str, Told | None]:
        """What each is of, by hash, oldest first; None for a file that was damaged."""
        with self._lock:
            return dict(self._kept)

    def read(self, name: str) -> bytes | None:
        """The bytes of this hash, or None."""
        if not _HASH.fullmatch(name):
            return None
        path = self._folder / f"{name}.json"
        with self._lock:
            return path.read_bytes() if path.is_file() else None

    def _make_room(self) -> bool:
        if len(self._kept) < self._most:
            return True
        if self._replaces_oldest:
            oldest = next(iter(self._kept))
            (self._folder / f"{oldest}.json").unlink(missing_ok=True)
            del self._kept[oldest]
        return self._replaces_oldest

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        found = [path for path in self._folder.glob("*.json") if _HASH.fullmatch(path.stem)]
        return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))


def _read_told(path: Path) -> Told | None:
    """What the file is of; None, and a line in the operator's log, if it does not hold what its name says."""
    try:
        content = path.read_bytes()
    except OSError as error:
        log.error("%s cannot be read: %s", path, error.strerror)
        return None
    told = _told(content) if hashlib.sha256(content).hexdigest() == path.stem else None
    if told is None:
        log.error("%s is damaged: it does not hold what its name says", path)
    return told


def _told(content: bytes) -> Told | None:
    try:
        evidence = Evidence.from_bytes(content)
        first, second = (Checkpoint.of_note(Note.parse(note)) for note in (evidence.first, evidence.second))
    except (NotEvidence, InvalidInput):
        return None
    return Told(first.origin, first.size, second.size)
