"""Published checkpoints over HTTP: of the log's own service, of mirrors, of witnesses."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Final

import urllib3
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import Timeout, parse_url

from ledger.errors import InvalidInput
from ledger.notes import MAX_NOTE_BYTES

_CONNECT_SECONDS: Final = 5.0
_WHOLE_SECONDS: Final = 15.0
_CHUNK: Final = 8_192


class SourceSilent(Exception):  # noqa: N818 - it may pass, and is an alarm only if it lasts
    """A source does not answer, or not with a checkpoint."""


class HttpSource:
    """Where a checkpoint is served: at `url` itself if it ends with /checkpoint, otherwise at /checkpoint below it.

    May give back anything: at most a note's length is read, and no longer than a quarter of a minute.
    """

    def __init__(self, url: str) -> None:
        try:
            parsed = parse_url(url)
        except LocationParseError:
            parsed = None
        if parsed is None or parsed.scheme not in {"http", "https"} or not parsed.host or parsed.auth:
            raise InvalidInput("source", "be an http or https URL such as https://ledger.example.org", url)
        self.url = url.rstrip("/")
        self._address = self.url if self.url.endswith("/checkpoint") else f"{self.url}/checkpoint"
        self._pool = urllib3.PoolManager(num_pools=1, maxsize=1)
        self._asking: _Asking | None = None

    def read(self) -> bytes | None:
        """What is served; None if nothing was published yet (404). Raises `SourceSilent`."""
        asking = self._asking = self._asking or _Asking(self._ask)
        try:
            return asking.wait(_WHOLE_SECONDS)
        finally:
            if asking.ended:
                self._asking = None

    def _ask(self) -> bytes | None:
        timeout = Timeout(connect=_CONNECT_SECONDS, read=_CONNECT_SECONDS)
        try:
            response = self._pool.request(
                *("GET", self._address), timeout=timeout, retries=False, redirect=False, preload_content=False
            )
            try:
                content = b""
                while len(content) <= MAX_NOTE_BYTES and (chunk := response.read1(_CHUNK, decode_content=False)):
                    content += chunk
            finally:
                response.close()
        except (HTTPError, OSError) as error:
            raise SourceSilent(f"it does not answer ({type(error).__name__})") from None
        if response.status == 404:
            return None
        if response.status != 200:
            raise SourceSilent(f"it answers with HTTP status {response.status}")
        return content


class _Asking:
    """One question in a thread of its own, for a source may let each byte of its answer wait: nothing but a thread
    that is left to itself ends that. The next look waits for the same one.
    """

    def __init__(self, ask: Callable[[], bytes | None]) -> None:
        self._content: bytes | None = None
        self._error: Exception | None = None
        self._thread = threading.Thread(target=self._run, args=(ask,), name="tanpuhui-source", daemon=True)
        self._thread.start()

    @property
    def ended(self) -> bool:
        """Whether there will be nothing more."""
        return not self._thread.is_alive()

    def wait(self, seconds: float) -> bytes | None:
        """What was answered; raises why nothing was, `SourceSilent` if nothing was yet."""
        self._thread.join(seconds)
        if not self.ended:
            raise SourceSilent(f"its answer takes longer than {seconds:g} s")
        if self._error is not None:
            raise self._error
        return self._content

    def _run(self, ask: Callable[[], bytes | None]) -> None:
        try:
            self._content = ask()
        except Exception as error:  # noqa: BLE001 - whatever it is, `wait` raises it
            self._error = error
