"""Sessions of people in their browsers: in the memory of this process, found by a cookie, ended by time.

A session's id is 256 random bits; the browser has it, the server only its SHA-256, so that no memory dump, log or
error can act for anyone. What a session is about (`payload`) is its user's: an operator of the console, a person with
a lookup token. Which requests may change anything is decided here too: `Session.csrf` stands in every form, and
`check_origin` looks at what the browser says of the page that the form was on (docs/spec/10-pages.md).
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from threading import Lock
from typing import Final, Generic, TypeVar
from urllib.parse import urlsplit

from api.web.errors import FormNotOurs, RequestFromElsewhere

Payload = TypeVar("Payload")

_ID = re.compile(r"[A-Za-z0-9_-]{43}", re.ASCII)
_ID_BYTES: Final = 32
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Session(Generic[Payload]):
    """One session as it is now. `csrf` is the secret of its forms; times are of the store's clock, in seconds."""

    payload: Payload
    csrf: str
    began_at: float
    seen_at: float

    def check_form(self, given: str | None) -> None:
        """`FormNotOurs` unless a form brought the session's own secret; compared in constant time."""
        if given is None or not hmac.compare_digest(given.encode(), self.csrf.encode()):
            raise FormNotOurs


class SessionStore(Generic[Payload]):
    """Sessions by the hash of their id; those begun longest ago go first when there are `most`.

    A session ends `idle_seconds` after it was last used, and `absolute_seconds` after it began whatever is done with
    it. All methods may be called from any thread.
    """

    def __init__(
        self, *, idle_seconds: float, absolute_seconds: float, clock: Callable[[], float], most: int = 10_000
    ) -> None:
        self._idle_seconds = idle_seconds
        self._absolute_seconds = absolute_seconds
        self._clock = clock
        self._most = most
        self._sessions: OrderedDict[bytes, Session[Payload]] = OrderedDict()
        self._lock = Lock()

    def begin(self, payload: Payload, *, instead_of: str | None = None) -> str:
        """A new session under a new id, which is returned and kept nowhere; ends the session `instead_of`, so that an
        id known to somebody before a login is worth nothing after it.
        """
        session_id = secrets.token_urlsafe(_ID_BYTES)
        now = self._clock()
        made = Session(payload=payload, csrf=secrets.token_urlsafe(_ID_BYTES), began_at=now, seen_at=now)
        with self._lock:
            if instead_of is not None:
                self._sessions.pop(_hash_of(instead_of), None)
            self._sessions[_hash_of(session_id)] = made
            while len(self._sessions) > self._most:
                self._sessions.popitem(last=False)
        return session_id

    def find(self, session_id: str | None, *, use: bool = True) -> Session[Payload] | None:
        """The session, if it has not ended. Without `use` it counts as not looked at: a page that reloads itself keeps
        nobody logged in.
        """
        if session_id is None or not _ID.fullmatch(session_id):
            return None
        key, now = _hash_of(session_id), self._clock()
        with self._lock:
            found = self._sessions.get(key)
            if found is None:
                return None
            if now - found.seen_at >= self._idle_seconds or now - found.began_at >= self._absolute_seconds:
                del self._sessions[key]
                return None
            if use:
                found = self._sessions[key] = replace(found, seen_at=now)
            return found

    def change(self, session_id: str, payload: Payload) -> None:
        """Gives a session another payload; nothing where it has ended."""
        key = _hash_of(session_id)
        with self._lock:
            found = self._sessions.get(key)
            if found is not None:
                self._sessions[key] = replace(found, payload=payload)

    def end(self, session_id: str | None) -> None:
        """Ends a session at once; nothing where it has ended."""
        if session_id is not None:
            with self._lock:
                self._sessions.pop(_hash_of(session_id), None)


@dataclass(frozen=True, slots=True)
class SessionCookie:
    """The cookie that carries a session's id: no script reads it, no other site's page sends it, and over https no
    other host of the domain can set it (`__Host-`). It ends with the browser; the server ends it sooner.
    """

    name: str
    secure: bool

    @classmethod
    def of(cls, name: str, public_url: str) -> SessionCookie:
        """The cookie `name` of the instance that the public reaches at `public_url`."""
        secure = public_url.startswith("https://")
        return cls(f"__Host-{name}" if secure else name, secure)

    def given(self, cookies: bytes | None) -> str | None:
        """The session id in a `Cookie` header; None where there is none, or where there are two."""
        if cookies is None:
            return None
        pairs = [part.strip().partition("=") for part in cookies.decode("latin-1").split(";")]
        values = [value for name, _, value in pairs if name == self.name]
        return values[0] if len(values) == 1 else None

    def set(self, session_id: str) -> tuple[bytes, bytes]:
        """The header that gives the browser its id."""
        return self._header(session_id, "")

    def clear(self) -> tuple[bytes, bytes]:
        """The header that takes it away."""
        return self._header("", "; Max-Age=0")

    def _header(self, value: str, more: str) -> tuple[bytes, bytes]:
        secure = "; Secure" if self.secure else ""
        return b"set-cookie", f"{self.name}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{more}".encode()


def check_origin(headers: Mapping[bytes, bytes], public_url: str) -> None:
    """`RequestFromElsewhere` unless the browser says that the form was on a page of this instance.

    Browsers send `Origin` with every POST, and `Sec-Fetch-Site` over https and to this machine; neither can be set by a
    page. `Origin: null` is what a page without referrer sends, so that `Sec-Fetch-Site` has to speak for it. A request
    with neither is no browser's, and programs have the API.
    """
    site = headers.get(b"sec-fetch-site")
    if site is not None and site != b"same-origin":
        raise RequestFromElsewhere(public_url)
    origin = headers.get(b"origin")
    if origin in (None, b"null"):
        if site is None:
            raise RequestFromElsewhere(public_url)
    elif origin_of(origin.decode("latin-1")) != origin_of(public_url):
        raise RequestFromElsewhere(public_url)


def origin_of(url: str) -> tuple[str, str, int] | None:
    """Scheme, host and port of an URL; None for what is none."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return None
    if parts.scheme not in _PORTS or not parts.hostname:
        return None
    return parts.scheme, parts.hostname, port or _PORTS[parts.scheme]


def _hash_of(session_id: str) -> bytes:
    return sha256(session_id.encode()).digest()
