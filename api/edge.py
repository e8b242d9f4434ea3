"""The outermost layer: what holds for every request before any route, and for every response after it.

Size limits, rate limits, HEAD, CORS for public reading, security headers. It is plain ASGI because it stands on the
short way too.
"""

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from api.answers import Answer, Headers
from api.errors import AddressTooLong, BodyTooLarge, HeadersTooLarge, LengthRequired, RateExceeded, RequestRefused
from api.hot import ShortWay
from api.limits import Grant, TokenBuckets, caller_of_address
from api.problems import Problems
from api.reading import Conditions
from api.settings import ApiSettings

Message = MutableMapping[str, Any]
Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

SECURITY_HEADERS: Headers = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'"),
    (b"permissions-policy", b"interest-cohort=()"),
)
_HSTS = (b"strict-transport-security", b"max-age=31536000")
# Anyone's page may read what is public; nobody's page may write with a visitor's help.
_CORS: Headers = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-expose-headers", b"ETag, Link, RateLimit, Retry-After, Tanpuhui-As-Of"),
    (b"cross-origin-resource-policy", b"cross-origin"),
)
_SAME_ORIGIN: Headers = ((b"cross-origin-resource-policy", b"same-origin"),)
_PREFLIGHT: Headers = (
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD"),
    (b"access-control-allow-headers", b"Accept-Language, If-None-Match"),
    (b"access-control-max-age", b"86400"),
)
_READING = frozenset({"GET", "HEAD"})


class Edge:
    """`inner` is the FastAPI application, `short_way` answers the hot reads without it."""

    def __init__(
        self,
        inner: App,
        *,
        settings: ApiSettings,
        problems: Problems,
        short_way: ShortWay | None,
        addresses: TokenBuckets,
        keys: TokenBuckets,
        known_key: Callable[[bytes], str | None],
    ) -> None:
        self._inner = inner
        self._settings = settings
        self._problems = problems
        self._short_way = short_way
        self._addresses = addresses
        self._keys = keys
        self._known_key = known_key
        self._limited = settings.rate_limits
        secured = (*SECURITY_HEADERS, _HSTS) if settings.public_url.startswith("https://") else SECURITY_HEADERS
        self._public_headers: Headers = (*secured, *_CORS)
        self._private_headers: Headers = (*secured, *_SAME_ORIGIN)
        self._policies = {
            buckets: (b"ratelimit-policy", f'"{name}";{buckets.policy}'.encode())
            for name, buckets in (("address", addresses), ("key", keys))
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._http(scope, receive, send)
        elif scope["type"] == "lifespan":
            await self._inner(scope, receive, send)
        else:
            await send({"type": "websocket.close", "code": 1008})

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        method: str = scope["method"]
        common = self._public_headers if method in _READING else self._private_headers
        authorization, conditions, refused = self._inspect(scope, method)
        if self._limited:
            grant, buckets = self._take(scope, authorization)
            common = (*common, self._policies[buckets], _remaining(grant, buckets is self._keys))
            if not grant.allowed:
                refused = RateExceeded(grant.wait_seconds)
        if refused is not None:
            await respond(send, self._problems.answer(refused, conditions.accept_language), common, method)
            return
        if method in _READING:
            if self._short_way is not None:
                answer = self._short_way.answer(scope["path"], scope["query_string"], conditions)
                if answer is not None:
                    await respond(send, answer, common, method)
                    return
            if method == "HEAD":
                scope = {**scope, "method": "GET"}
        elif method == "OPTIONS":
            await respond(send, Answer(204, _PREFLIGHT, b""), common, method)
            return
        await self._through(scope, receive, send, common, bodiless=method == "HEAD")

    def _inspect(self, scope: Scope, method: str) -> tuple[bytes | None, Conditions, RequestRefused | None]:
        """The headers that matter here, and whether the request is too large."""
        authorization = if_none_match = accept_language = length = None
        chunked = False
        total = 0
        headers = scope["headers"]
        for name, value in headers:
            total += len(name) + len(value)
            if name == b"authorization":
                authorization = value
            elif name == b"if-none-match":
                if_none_match = value
            elif name == b"accept-language":
                accept_language = value
            elif name == b"content-length":
                length = value
            elif name == b"transfer-encoding":
                chunked = True
        settings = self._settings
        refused: RequestRefused | None = None
        if total > settings.most_header_bytes or len(headers) > settings.most_headers:
            refused = HeadersTooLarge(settings.most_header_bytes, settings.most_headers)
        elif len(scope["query_string"]) + len(scope.get("raw_path") or scope["path"]) > settings.most_address_bytes:
            refused = AddressTooLong(settings.most_address_bytes)
        elif chunked:
            refused = LengthRequired()
        elif length is not None and (not length.isdigit() or int(length[:20]) > settings.most_body_bytes):
            refused = BodyTooLarge(settings.most_body_bytes)
        return authorization, Conditions(if_none_match, accept_language), refused

    def _take(self, scope: Scope, authorization: bytes | None) -> tuple[Grant, TokenBuckets]:
        if authorization is not None:
            key_id = self._known_key(authorization)
            if key_id is not None:
                return self._keys.take(key_id), self._keys
        client = scope.get("client")
        return self._addresses.take(caller_of_address(client[0] if client else "")), self._addresses

    async def _through(self, scope: Scope, receive: Receive, send: Send, common: Headers, *, bodiless: bool) -> None:
        started = False

        async def send_with_common(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                started = True
                message["headers"] = [*message["headers"], *common]
            elif bodiless:
                message = {**message, "body": b""}
            await send(message)

        try:
            await self._inner(scope, receive, send_with_common)
        except Exception as error:  # noqa: BLE001 - whatever escaped every handler: opaque outside, whole in the log
            answer = self._problems.answer(error, None)
            if not started:
                await respond(send, answer, common, scope["method"])


async def respond(send: Send, answer: Answer, common: Headers, method: str) -> None:
    """Sends a whole answer."""
    await send({"type": "http.response.start", "status": answer.status, "headers": [*whole_headers(answer), *common]})
    await send({"type": "http.response.body", "body": b"" if method == "HEAD" else answer.body})


def whole_headers(answer: Answer) -> list[tuple[bytes, bytes]]:
    """The answer's headers with its length, which an answer without content (RFC 9110 §8.6) does not have."""
    if answer.status in (204, 304):
        return list(answer.headers)
    return [*answer.headers, (b"content-length", b"%d" % len(answer.body))]


def _remaining(grant: Grant, by_key: bool) -> tuple[bytes, bytes]:
    return b"ratelimit", b'"%s";r=%d;t=%d' % (b"key" if by_key else b"address", grant.remaining, grant.wait_seconds)
