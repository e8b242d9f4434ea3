"""The tree of all leaves that were seen, as files: one for each level, whose hashes stand one after the other.

Files grow at the end only. What says how far they are good is the state (`chain.monitor.state`), written after they are
synced: what stands behind that is left over from a crash, and is cut off.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Final

from chain.monitor.errors import MonitorStateUnusable
from ledger.files import sync_file, sync_folder
from ledger.log_tree import HASH_LENGTH, CompactRange, root_at

_TIMES: Final = "times"
_TIME_LENGTH: Final = 8


class TreeFiles:
    """A `ledger.log_tree.NodeSource`, and the block time of every leaf. Used by one thread of one process."""

    def __init__(self, folder: Path, size: int) -> None:
        """Opens the tree of `size` leaves; `MonitorStateUnusable` if the files hold fewer."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._folder = folder
        self._files: dict[str, IO[bytes]] = {}
        try:
            self._cut(_TIMES, size * _TIME_LENGTH)
            # Levels above those of this size too: a larger tree may have been left behind.
            for level in {*range(size.bit_length()), *_levels_in(folder)}:
                self._cut(_level(level), (size >> level) * HASH_LENGTH)
            self._range = CompactRange.load(size, self)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Closes the files."""
        for file in self._files.values():
            file.close()

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._range.size

    def root_at(self, size: int) -> bytes:
        """Root of the first `size` leaves."""
        return root_at(size, self)

    def node(self, level: int, position: int) -> bytes:
        """Hash of a complete node."""
        return self._read(_level(level), position, HASH_LENGTH)

    def time_of(self, leaf_index: int) -> int:
        """Seconds since 1970 of the leaf's block."""
        return int.from_bytes(self._read(_TIMES, leaf_index, _TIME_LENGTH), "big")

    def grown(self, leaf_hashes: Sequence[bytes]) -> CompactRange:
        """What the tree would be with these leaves; nothing is written."""
        larger = self._range.copy()
        larger.extend(leaf_hashes)
        return larger

    def extend(self, leaf_hashes: Sequence[bytes], times: Sequence[int]) -> None:
        """Adds leaves and the times of their blocks; on disk when this returns."""
        grown: dict[str, bytearray] = {
            _TIMES: bytearray(b"".join(time.to_bytes(_TIME_LENGTH, "big") for time in times))
        }
        for level, _, node_hash in self._range.extend(leaf_hashes):
            grown.setdefault(_level(level), bytearray()).extend(node_hash)
        for name, content in grown.items():
            file = self._file(name)
            file.seek(0, os.SEEK_END)
            file.write(content)
            sync_file(file)
        sync_folder(self._folder)

    def _read(self, name: str, position: int, length: int) -> bytes:
        found = os.pread(self._file(name).fileno(), length, position * length)
        if len(found) != length:
            raise MonitorStateUnusable(str(self._folder), f"{name} ends before place {position}")
        return found

    def _cut(self, name: str, length: int) -> None:
        file = self._file(name)
        if file.seek(0, os.SEEK_END) < length:
            raise MonitorStateUnusable(
                str(self._folder), f"{name} is shorter than the {length} bytes that were written"
            )
        file.truncate(length)

    def _file(self, name: str) -> IO[bytes]:
        if name not in self._files:
            path = self._folder / name
            path.touch(mode=0o600)
            self._files[name] = path.open("r+b")
        return self._files[name]


def _levels_in(folder: Path) -> Iterator[int]:
    return (int(path.name.removeprefix("level-")) for path in folder.glob("level-[0-9][0-9]"))


def _level(level: int) -> str:
    return f"level-{level:02}"
