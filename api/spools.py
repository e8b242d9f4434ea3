"""Files that are made whole before they are sent: in memory while they are small, so many of them at a time."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterator
from tempfile import SpooledTemporaryFile
from threading import RLock
from typing import IO, Final

from api.errors import DownloadsBusy

_AT_ONCE: Final = 16
OF_ONE: Final = 4
"""Of one caller, who may take them slowly or never."""
_IN_MEMORY: Final = 4 * 1024 * 1024
_PIECE: Final = 64 * 1024


class Spools:
    """Room for the files that are waited for, made or sent at a time; `DownloadsBusy` where there is none, or none more
    for one caller. Without `of_one` a caller may have all (a proxy in front has limits of its own).
    """

    def __init__(self, at_once: int = _AT_ONCE, of_one: int | None = OF_ONE) -> None:
        self._at_once = at_once
        self._of_one = at_once if of_one is None else of_one
        self._taken: list[str] = []
        self._lock = RLock()  # a collected spool is given back wherever that happens to be

    def open(self, caller: str = "") -> Spool:
        """A file of one's own."""
        with self._lock:
            if len(self._taken) >= self._at_once or self._taken.count(caller) >= self._of_one:
                raise DownloadsBusy
            self._taken.append(caller)
        return Spool(lambda: self._give_back(caller))

    def _give_back(self, caller: str) -> None:
        with self._lock:
            self._taken.remove(caller)


class Spool:
    """A file that is in memory while it is small. It ends with `close`, or when nobody has it any more."""

    def __init__(self, give_back: Callable[[], None]) -> None:
        self.file: IO[bytes] = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - ends with the spool
        self.close = weakref.finalize(self, _end, self.file, give_back)

    def pieces(self) -> Iterator[bytes]:
        """The file from its beginning, then its end."""
        self.file.seek(0)
        while piece := self.file.read(_PIECE):
            yield piece
        self.close()


def _end(file: IO[bytes], give_back: Callable[[], None]) -> None:
    file.close()
    give_back()
