"""The outermost layer: what holds for every request before any route, and for every response after it.

Size limits, rate limits, HEAD, CORS for public reading, security headers. It is plain ASGI because it stands on the
short way too.
"""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from api.answers import Answer, Headers
from api.errors import AddressTooLong, BodyTooLarge, HeadersTooLarge, LengthRequired, RateExceeded, RequestRefused
from api.hot import ShortWay
from api.reading import Conditions
from api.settings import ApiSettings
from ledger.limits import TokenBuckets, caller_of_address

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
Refuse = Callable[[Exception, Scope, Conditions], Answer]

# What is answered is JSON and can be nothing else. A header costs a microsecond: pages bring those that only pages
# need.
_SECURITY: Headers = ((b"x-content-type-options", b"nosniff"),)
_HSTS = (b"strict-transport-security", b"max-age=31536000")
# Anyone's page may read what is public; nobody's page may write with a visitor's help.
_CORS: Headers = ((b"access-control-allow-origin", b"*"),)
_PREFLIGHT: Headers = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"Accept-Language, If-None-Match"),
    (b"access-control-max-age", b"86400"),
)
_READING = frozenset({"GET", "HEAD"})
_PRIVATE = ("/console", "/points")
"""Pages of those who are logged in, and of persons who have shown a token."""
_PRIVATE_METHODS: Headers = ((b"allow", b"GET, HEAD, POST"),)
_ADDRESS, _KEY = "address", "key"


class Edge:
    """`inner` is the FastAPI application, `short_way` answers the hot reads without it."""

    def __init__(
        self,
        inner: App,
        *,
        settings: ApiSettings,
        refuse: Refuse,
        short_way: ShortWay | None,
        buckets: Mapping[str, TokenBuckets],
        known_key: Callable[[bytes], str | None],
        uploads: frozenset[str] = frozenset(),
    ) -> None:
        """`refuse` says an error to whoever sent a request. `buckets` by "address" and "key"; `known_key` gives the id
        of an API key that was proven lately. `uploads` are paths that bound the body of a POST themselves, once they
        know whose it is.
        """
        self._inner = inner
        self._settings = settings
        self._refuse = refuse
        self._short_way = short_way
        self._buckets = buckets
        self._known_key = known_key
        self._uploads = uploads
        self._limited = settings.rate_limits
        secured = (*_SECURITY, _HSTS) if settings.public_url.startswith("https://") else _SECURITY
        self._public_headers: Headers = (*_CORS, *secured)
        self._private_headers: Headers = secured

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            answer, common = self._at_once(scope)
            if answer is None:
                await self._through(scope, receive, send, common)
                return
            headers = [*answer.headers, *common]
            if answer.status not in _WITHOUT_CONTENT:
                headers.append((b"content-length", b"%d" % len(answer.body)))
            await send({"type": "http.response.start", "status": answer.status, "headers": headers})
            body = b"" if scope["method"] == "HEAD" else answer.body
            await send({"type": "http.response.body", "body": body})
        elif scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    def _at_once(self, scope: Scope) -> tuple[Answer | None, Headers]:
        """The answer where FastAPI is not needed for it, and the headers that every response has."""
        method: str = scope["method"]
        reading = method in _READING
        private = is_private(scope["path"])
        common = self._public_headers if reading and not private else self._private_headers
        authorization, conditions, refused = self._inspect(scope)
        if self._limited:
            refused, common = self._limit(scope, authorization, refused, common)
        if refused is not None:
            return self._refuse(refused, scope, conditions), common
        if method == "OPTIONS":
            return Answer(204, _PRIVATE_METHODS if private else _PREFLIGHT, b""), common
        if reading and self._short_way is not None:
            return self._short_way.answer(scope["path"], scope["query_string"], conditions), common
        return None, common

    def _inspect(self, scope: Scope) -> tuple[bytes | None, Conditions, RequestRefused | None]:
        """The headers that matter here, and whether the request is too large."""
        authorization = if_none_match = accept_language = accept = length = None
        chunked = False
        total = 0
        headers = scope["headers"]
        for name, value in headers:
            total += len(name) + len(value)
            match name:
                case b"if-none-match":
                    if_none_match = value
                case b"accept-language":
                    accept_language = value
                case b"accept":
                    accept = value
                case b"authorization":
                    authorization = value
                case b"content-length":
                    length = value
                case b"transfer-encoding":
                    chunked = True
                case _:
                    pass
        asked = len(scope["query_string"]) + len(scope["path"])
        settings = self._settings
        within = total <= settings.most_header_bytes and len(headers) <= settings.most_headers
        if within and asked <= settings.most_address_bytes and length is None and not chunked:
            return authorization, Conditions(if_none_match, accept_language, accept), None
        if not chunked and scope["method"] == "POST" and scope["path"] in self._uploads:
            length = None
        refused = self._oversize(total, len(headers), asked, chunked=chunked, length=length)
        return authorization, Conditions(if_none_match, accept_language, accept), refused

    def _oversize(
        self, header_bytes: int, headers: int, address_bytes: int, *, chunked: bool, length: bytes | None
    ) -> RequestRefused | None:
        """What of the request is too large, if anything."""
        settings = self._settings
        if header_bytes > settings.most_header_bytes or headers > settings.most_headers:
            return HeadersTooLarge(settings.most_header_bytes, settings.most_headers)
        if address_bytes > settings.most_address_bytes:
            return AddressTooLong(settings.most_address_bytes)
        if chunked:
            return LengthRequired()
        if length is not None and _too_large(length, settings.most_body_bytes):
            return BodyTooLarge(settings.most_body_bytes)
        return None

    def _limit(
        self, scope: Scope, authorization: bytes | None, refused: RequestRefused | None, common: Headers
    ) -> tuple[RequestRefused | None, Headers]:
        """Takes a token of the caller's: by API key where one was proven lately, else by address."""
        key_id = None if authorization is None else self._known_key(authorization)
        if key_id is None:
            client = scope.get("client")
            kind, caller = _ADDRESS, caller_of_address(client[0] if client else "")
        else:
            kind, caller = _KEY, key_id
        buckets = self._buckets[kind]
        grant = buckets.take(caller)
        if grant.remaining * 2 >= buckets.capacity:
            return refused, common
        common = (*common, (b"ratelimit", b'"%s";r=%d' % (kind.encode(), grant.remaining)))
        if grant.allowed:
            return refused, common
        return RateExceeded(grant.wait_seconds), (*common, (b"ratelimit-policy", f'"{kind}";{buckets.policy}'.encode()))

    async def _through(self, scope: Scope, receive: Receive, send: Send, common: Headers) -> None:
        bodiless = scope["method"] == "HEAD"
        started = False

        async def send_with_common(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = _with_common(message["headers"], common)
            elif bodiless:
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._inner({**scope, "method": "GET"} if bodiless else scope, receive, send_with_common)
        except Exception as error:  # noqa: BLE001 - whatever escaped every handler: opaque outside, whole in the log
            answer = self._refuse(error, scope, Conditions())
            if not started:
                headers = [*answer.headers, *common, (b"content-length", b"%d" % len(answer.body))]
                await send({"type": "http.response.start", "status": answer.status, "headers": headers})
                await send({"type": "http.response.body", "body": answer.body})


_WITHOUT_CONTENT = frozenset({204, 304})


def _with_common(headers: list[tuple[bytes, bytes]], common: Headers) -> list[tuple[bytes, bytes]]:
    """The headers of a response with those that every response has before its length, as on the short way."""
    length = [header for header in headers if header[0] == b"content-length"]
    return [*(header for header in headers if header[0] != b"content-length"), *common, *length]


def is_private(path: str) -> bool:
    """Whether a path is of those who are logged in: no other site's page may read it, whatever it is."""
    return any(path == one or path.startswith(one + "/") for one in _PRIVATE)


def _too_large(length: bytes, most: int) -> bool:
    """Whether a Content-Length is no number, or more than `most` bytes."""
    return not length.isdigit() or len(length) > 18 or int(length) > most
