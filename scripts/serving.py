"""Serves the API from a thread, and follows the chain in another, until told to stop."""

from __future__ import annotations

import logging
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Final, Self

import psycopg
import uvicorn
from sqlalchemy.exc import OperationalError

from api.app import create_app
from api.chain_port import ChainPort
from api.context import Following, no_follower
from api.errors import FollowerFailing
from api.events_port import EventsPort
from api.intake_port import IntakePort
from api.log_keys import LogKeys
from api.mirror_watch import MirrorWatch
from api.operations_port import OperationsPort
from api.problems import INTERNAL_ERROR
from api.settings import ApiSettings
from indexer.batch_worker import BatchWorker
from indexer.database import Database
from indexer.errors import DatabaseUnusable
from indexer.follower import Follower
from indexer.point_accounts import PointAccounts
from ledger.errors import Inconsistent, InvalidInput, NodeUnreachable, RpcFailure, TanpuhuiError
from scripts.background import STOP_SECONDS, Background
from scripts.following import sole_follower

_START_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.02
_AGAIN_SECONDS: Final = 5.0
_PATIENCE_SECONDS: Final = 30.0
_DATABASE_ERRORS: Final = (OperationalError, psycopg.OperationalError)
_MAY_PASS: Final = (NodeUnreachable, RpcFailure, *_DATABASE_ERRORS)

log = logging.getLogger("tanpuhui.follower")


class ApiServer:
    """The API on a socket (`listen`), in a thread of its own; a context manager."""

    def __init__(
        self,
        settings: ApiSettings,
        listening: socket.socket,
        *,
        database: Database | None = None,
        operations: OperationsPort | None = None,
        chain: ChainPort | None = None,
        intake: IntakePort | None = None,
        following: Following = no_follower,
        point_accounts: PointAccounts | None = None,
        log_keys: LogKeys | None = None,
        events: EventsPort | None = None,
        watch: MirrorWatch | None = None,
    ) -> None:
        self._socket = listening
        app = create_app(
            settings,
            database=database,
            operations=operations,
            chain=chain,
            intake=intake,
            following=following,
            point_accounts=point_accounts,
            log_keys=log_keys,
            events=events,
            watch=watch,
        )
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="on")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="tanpuhui-api", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise InvalidInput("port", "be one on which the API can start", self._socket.getsockname()[1])
            time.sleep(_POLL_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Ends the server when its requests are answered."""
        self._server.should_exit = True
        self._thread.join(STOP_SECONDS)

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])


class WorkerThread(Background):
    """Looks after the files of anchored batches; a context manager. What fails is logged once and tried again."""

    def __init__(self, worker: BatchWorker) -> None:
        super().__init__("tanpuhui-batches")
        self._worker = worker
        self._last: str | None = None

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                self._worker.follow(self._stop, told=self._hear)
            except _DATABASE_ERRORS as error:
                log.warning("files of batches: the database does not answer (%s)", type(error).__name__)
                self._stop.wait(_AGAIN_SECONDS)
            except Exception:
                # No batch may end the service: the chain's totals stand, and the next pass begins anew.
                log.exception("files of batches")
                self._stop.wait(_AGAIN_SECONDS)

    def _hear(self, error: TanpuhuiError | None) -> None:
        said = None if error is None else error.explain()
        if said is not None and said != self._last:
            log.warning("files of batches: %s", said)
        self._last = said


class FollowerThread(Background):
    """Follows the chain into the database, or waits until the process that does has ended; a context manager.

    `on_halt` is told, once, when the chain contradicts what the index knows; the index then stands still. A node or
    database that does not answer is tried again. Any other error ends the thread, and `wait` raises it.
    """

    def __init__(
        self,
        follower: Follower,
        database: Database,
        on_halt: Callable[[TanpuhuiError], None],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__("tanpuhui-follower")
        self._clock = clock
        self._follower = follower
        self._database = database
        self._on_halt = on_halt
        self._failed = threading.Event()
        self._failure: Exception | None = None
        self._ended: FollowerFailing | None = None
        self._trouble: tuple[FollowerFailing, float] | None = None

    def wait(self) -> None:
        """Waits for ever, or until the thread fails: then raises why."""
        self._failed.wait()
        if self._failure is not None:
            raise self._failure

    def failing(self) -> FollowerFailing | None:
        """What ails the thread, for readiness: at once if it has ended, otherwise when nothing went well for half a
        minute. None while another process follows.
        """
        trouble = self._trouble
        if self._ended is None and trouble is not None and self._clock() - trouble[1] >= _PATIENCE_SECONDS:
            return trouble[0]
        return self._ended

    def _work(self) -> None:
        while not self._stop.is_set():
            try:
                with sole_follower(self._database) as alone:
                    if alone:
                        self._follower.follow(self._stop, told=self._hear)
                        continue
                self._hear(None)
            except Inconsistent as error:
                self._ended = FollowerFailing(error.code)
                self._on_halt(error)
                return
            except _MAY_PASS as error:
                self._hear(error)
            except Exception as error:  # noqa: BLE001 - whatever it is, `wait` raises it
                self._ended = FollowerFailing(_code_of(error))
                self._failure = error
                self._failed.set()
                return
            self._stop.wait(_AGAIN_SECONDS)

    def _hear(self, error: Exception | None) -> None:
        """What fails is logged once until it goes well again, and counted from its first time."""
        if error is None:
            if self._trouble is not None:
                log.warning("the index is kept up with the chain again")
            self._trouble = None
            return
        failing = FollowerFailing(_code_of(error))
        if self._trouble is None or self._trouble[0] != failing:
            log.warning("the index is not kept up: %s", error.explain() if isinstance(error, TanpuhuiError) else error)
        self._trouble = (failing, self._clock() if self._trouble is None else self._trouble[1])


def _code_of(error: Exception) -> str:
    """A name that says nothing of ours: of the database's own errors that it cannot be used."""
    if isinstance(error, TanpuhuiError):
        return error.code
    return DatabaseUnusable.code if isinstance(error, _DATABASE_ERRORS) else INTERNAL_ERROR
