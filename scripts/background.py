"""Work beside the API, in a thread of its own."""

from __future__ import annotations

import threading
from types import TracebackType
from typing import Final, Self

STOP_SECONDS: Final = 20.0
"""How long whoever ends a thread waits for it."""


class Background:
    """Works in a thread until it is told to stop; a context manager."""

    def __init__(self, name: str) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join(STOP_SECONDS)

    def _work(self) -> None:
        """Runs until `_stop` is set."""
        raise NotImplementedError
