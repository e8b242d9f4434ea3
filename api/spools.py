"""Files that are made whole before they are sent: in memory while they are small, so many of them at a time."""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from tempfile import SpooledTemporaryFile
from threading import BoundedSemaphore
from typing import IO, Final

from api.errors import DownloadsBusy

_AT_ONCE: Final = 16
_IN_MEMORY: Final = 4 * 1024 * 1024
_PIECE: Final = 64 * 1024


class Spools:
    """Room for the files that are being made or sent at a time; `DownloadsBusy` where there is none."""

    def __init__(self, at_once: int = _AT_ONCE) -> None:
        self._slots = BoundedSemaphore(at_once)

    def open(self) -> Spool:
        """A file of one's own."""
        if not self._slots.acquire(blocking=False):
            raise DownloadsBusy
        return Spool(self._slots)


class Spool:
    """A file that is in memory while it is small. It ends with `close`, or when nobody has it any more."""

    def __init__(self, slots: BoundedSemaphore) -> None:
        self.file: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - ends with the spool
        self.close = weakref.finalize(self, _end, self.file, slots)

    def pieces(self) -> Iterator[bytes]:
        """The file from its beginning, then its end."""
        self.file.seek(0)
        while piece := self.file.read(_PIECE):
            yield piece
        self.close()


def _end(file: IO[bytes], slots: BoundedSemaphore) -> None:
    file.close()
    slots.release()
