"""Work on uploaded files beside the API: one thing after the other, until told to stop."""

from __future__ import annotations

import logging
import queue
import threading
from collections.abc import Callable
from typing import Final

from indexer.errors import BatchStoreUnusable, DatabaseUnusable, EntryIndexBusy
from ledger.errors import KeyInUse, NodeUnreachable, NotMined, RefusedMeanwhile, RpcFailure, TanpuhuiError
from scripts.background import Background

_FIRST_PAUSE_SECONDS: Final = 1.0
_LONGEST_PAUSE_SECONDS: Final = 30.0
_BUSY_SECONDS: Final = 0.2
MAY_PASS: Final = (
    *(NodeUnreachable, RpcFailure, NotMined, KeyInUse, RefusedMeanwhile),
    *(DatabaseUnusable, BatchStoreUnusable, EntryIndexBusy),
)
"""What is wrong outside of the job, and may be well again without anybody doing anything about it here."""

log = logging.getLogger("tanpuhui.intake")

Job = Callable[[], None]
Failed = Callable[[Exception], None]


class Worker(Background):
    """Does jobs in the order in which they were given. What the process is killed in the middle of is begun again by
    whoever looks for it at the next start.
    """

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self._jobs: queue.SimpleQueue[tuple[Job, Failed, Callable[[TanpuhuiError | None], None]] | None] = (
            queue.SimpleQueue()
        )

    def put(self, job: Job, *, failed: Failed, retrying: Callable[[TanpuhuiError | None], None]) -> None:
        """Does the job when its turn has come. A node that does not answer is waited for, and so is whoever writes to
        the index of entries: `retrying` hears of each time, and None when it goes on. `failed` hears any other error.
        """
        self._jobs.put((job, failed, retrying))

    def __exit__(self, *error: object) -> None:
        self._jobs.put(None)
        super().__exit__(*error)  # type: ignore[arg-type]

    def _work(self) -> None:
        while (given := self._jobs.get()) is not None and not self._stop.is_set():
            job, failed, retrying = given
            try:
                patiently(job, self._stop, retrying)
            except Exception as error:  # noqa: BLE001 - whatever it is, its page says so
                _tell(failed, error)


def _tell(failed: Failed, error: Exception) -> None:
    """A page that cannot be told, with the disk full, must not end the thread: the next job has its turn."""
    try:
        failed(error)
    except Exception:
        log.exception("a job failed, and that could not be kept: %r", error)


def patiently(job: Job, stop: threading.Event, retrying: Callable[[TanpuhuiError | None], None]) -> None:
    """Does the job, again and again while the node does not answer or somebody else writes, until it ends or `stop`."""
    pause = _FIRST_PAUSE_SECONDS
    while not stop.is_set():
        try:
            job()
        except EntryIndexBusy:
            stop.wait(_BUSY_SECONDS)
        except MAY_PASS as error:
            retrying(error)
            stop.wait(pause)
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        else:
            retrying(None)
            return
