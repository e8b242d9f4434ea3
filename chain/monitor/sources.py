"""Published checkpoints over HTTP: of the log's own service, of mirrors, of witnesses."""

from __future__ import annotations

import time
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

    def read(self) -> bytes | None:
        """What is served; None if nothing was published yet (404). Raises `SourceSilent`."""
        timeout = Timeout(connect=_CONNECT_SECONDS, read=_CONNECT_SECONDS)
        deadline = time.monotonic() + _WHOLE_SECONDS
        try:
            response = self._pool.request(
                *("GET", self._address), timeout=timeout, retries=False, redirect=False, preload_content=False
            )
            try:
                content = b""
                for chunk in response.stream(_CHUNK):
                    content += chunk
                    if len(content) > MAX_NOTE_BYTES or time.monotonic() > deadline:
                        break
            finally:
                response.close()
        except (HTTPError, OSError) as error:
            raise SourceSilent(f"it does not answer ({type(error).__name__})") from None
        if response.status == 404:
            return None
        if response.status != 200:
            raise SourceSilent(f"it answers with HTTP status {response.status}")
        if time.monotonic() > deadline:
            raise SourceSilent(f"its answer took longer than {_WHOLE_SECONDS:.0f} s")
        return content
