"""Serves a witness on a socket, in a thread or until the process is told to end."""

from __future__ import annotations

import socket
import threading
import time
from types import TracebackType
from typing import Final, Self

import uvicorn
from starlette.types import ASGIApp

from ledger.errors import InvalidInput

_START_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.02
_KEEP_ALIVE_SECONDS: Final = 5
_MOST_CONNECTIONS: Final = 200
_MOST_HEAD_BYTES: Final = 16_384


class WitnessServer:
    """An application on a listening socket, in a thread of its own; a context manager."""

    def __init__(self, app: ASGIApp, listening: socket.socket) -> None:
        self._socket = listening
        config = uvicorn.Config(
            app,
            http="h11",
            log_level="warning",
            access_log=False,
            lifespan="off",
            timeout_keep_alive=_KEEP_ALIVE_SECONDS,
            limit_concurrency=_MOST_CONNECTIONS,
            h11_max_incomplete_event_size=_MOST_HEAD_BYTES,
            server_header=False,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._serve, name="tanpuhui-witness", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + _START_SECONDS
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                self.stop()
                raise InvalidInput("listen", "be an address on which the witness can start", self._socket.getsockname())
            time.sleep(_POLL_SECONDS)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()

    def wait(self) -> None:
        """Until the server ends."""
        while self._thread.is_alive():
            self._thread.join(1.0)

    def stop(self) -> None:
        """Ends the server when its requests are answered."""
        self._server.should_exit = True
        self._thread.join(_START_SECONDS)

    def _serve(self) -> None:
        self._server.run(sockets=[self._socket])
