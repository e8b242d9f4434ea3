"""What a witness keeps of a log that did not continue: files by the hash of their bytes, never changed.

`proven`: evidence that verifies alone (docs/spec/07-log.md §7.6). `unproven`: what the log's key signed and its proof
does not reach; anybody may send an honest checkpoint with a wrong proof, so that it convicts nobody, and of these
only the newest are kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Final

from ledger.files import write_whole
from ledger.split_view import Evidence

PROVEN: Final = "evidence"
UNPROVEN: Final = "unproven"
_HASH: Final = re.compile(r"[0-9a-f]{64}", re.ASCII)
_MOST_PROVEN: Final = 1_000
_MOST_UNPROVEN: Final = 64


class EvidenceFolder:
    """The files of one kind. May be shared by threads: of one witness all logs keep theirs here."""

    def __init__(self, folder: Path, *, most: int, replaces_oldest: bool) -> None:
        self._folder = folder
        self._most = most
        self._replaces_oldest = replaces_oldest
        self._lock = Lock()

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
            if not path.exists() and self._make_room():
                write_whole(path, content)
        return name

    def hashes(self) -> Sequence[str]:
        """Of everything that is kept, oldest first."""
        with self._lock:
            return [path.stem for path in self._files()]

    def read(self, name: str) -> bytes | None:
        """The bytes of this hash, or None."""
        if not _HASH.fullmatch(name):
            return None
        path = self._folder / f"{name}.json"
        with self._lock:
            return path.read_bytes() if path.is_file() else None

    def _make_room(self) -> bool:
        files = self._files()
        if len(files) < self._most:
            return True
        if self._replaces_oldest:
            files[0].unlink()
        return self._replaces_oldest

    def _files(self) -> list[Path]:
        if not self._folder.is_dir():
            return []
        found = [path for path in self._folder.glob("*.json") if _HASH.fullmatch(path.stem)]
        return sorted(found, key=lambda path: (path.stat().st_mtime_ns, path.name))
