"""Serves a witness on a socket, in a thread or until the process is told to end."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from types import TracebackType
from typing import Any, Final, Self

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from ledger.errors import InvalidInput

_START_SECONDS: Final = 20.0
_POLL_SECONDS: Final = 0.02
_KEEP_ALIVE_SECONDS: Final = 5
_MOST_CONNECTIONS: Final = 200
_MOST_HEAD_BYTES: Final = 16_384
_HEAD_SECONDS: Final = 10.0
"""How long a connection may be without a request: as many as there may be would keep everybody else out."""


class _Punctual(H11Protocol):
    """Ends a connection on which no request has begun in time. uvicorn would wait for ever for the first one, and for
    the end of a head that comes byte by byte.
    """

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._await_request(None)

    def on_response_complete(self) -> None:
        answered = self.cycle
        super().on_response_complete()
        self._await_request(answered)

    def _await_request(self, answered: Any) -> None:
        self.loop.call_later(_HEAD_SECONDS, self._end_if_idle, answered)

    def _end_if_idle(self, answered: Any) -> None:
        if self.cycle is answered and not self.transport.is_closing():
            self.transport.close()


class WitnessServer:
    """An application on a listening socket, in a thread of its own; a context manager."""

    def __init__(self, app: ASGIApp, listening: socket.socket) -> None:
        self._socket = listening
        config = uvicorn.Config(
            app,
            http=_Punctual,
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
