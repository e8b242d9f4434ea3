"""Which sequence each signed header has: the activity's next on chain, plus those given before and not anchored yet.

A feed key must not sign two headers with one sequence. So each is taken by making a file that no two can make, named by
activity and sequence, which holds the file hash of the batch that has it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from ledger.ids import ActivityId, Hash32


class Sequences:
    """The register in a folder. Killed anywhere and asked again, it gives a batch the same sequence."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def take(self, activity_id: ActivityId, file_hash: Hash32, *, following: int) -> int:
        """The sequence of a batch: the one it has, or the first that is free from `following`, the chain's next, on."""
        folder = self._folder / activity_id.hex()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        taken = dict(_taken(folder))
        for sequence, holder in taken.items():
            if holder == file_hash and sequence >= following:
                return sequence
        sequence = following
        while sequence in taken or not _make(folder / str(sequence), file_hash):
            sequence += 1
        return sequence

    def release(self, activity_id: ActivityId, file_hash: Hash32) -> None:
        """The batch will never be anchored: the next that is signed takes its place."""
        folder = self._folder / activity_id.hex()
        for sequence, holder in list(_taken(folder)):
            if holder == file_hash:
                (folder / str(sequence)).unlink()


def _taken(folder: Path) -> Iterator[tuple[int, Hash32]]:
    for path in folder.glob("*"):
        if path.name.isdigit():
            yield int(path.name), Hash32.from_hex(path.read_text(encoding="ascii").strip(), path.name)


def _make(path: Path, file_hash: Hash32) -> bool:
    """Makes the file whole, unless somebody was faster."""
    temporary = path.with_name(f"{path.name}.{os.getpid()}")
    with os.fdopen(os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="ascii") as file:
        file.write(file_hash.hex0x + "\n")
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(temporary)
    except FileExistsError:
        return False
    finally:
        temporary.unlink()
    return True
