"""A small JSON-RPC client: one keep-alive pool, batches, time limits, and retries only where repeating is harmless.

https://www.jsonrpc.org/specification. Nodes differ in error codes and texts, so an error of the node is handed on as it
is (`RpcError`, with its data); what it means is decided in `chain.reverts` and `chain.submitter`.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Any, Protocol

import orjson
import urllib3
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import Retry, Timeout, make_headers, parse_url

from chain.hexes import MALFORMED_ANSWER
from ledger.errors import InvalidInput, NodeUnreachable, NotANode, RpcFailure

Request = tuple[str, Sequence[Any]]
"""A method and its parameters."""

MAX_BATCH_REQUESTS = 500
MAX_BATCH_BYTES = 2_000_000
"""geth takes 1,000 requests and 5 MB, Besu 1,024 requests in one batch; we stay well below."""

# A request that was sent and not answered may have been done. These change nothing, or nothing twice: a raw transaction
# is the same transaction however often it is sent.
_REPEATABLE = frozenset({"eth_call", "eth_chainId", "eth_blockNumber", "eth_estimateGas", "eth_sendRawTransaction"})
_REPEATABLE_FAMILIES = ("eth_get", "net_", "web3_", "debug_trace", "txpool_")
_TRIES = 3


@dataclass(frozen=True, slots=True)
class RpcError:
    """The error object of an answer. `data` is whatever the node put there: hex text, an object, nothing."""

    code: int
    message: str
    data: Any = None


@dataclass(frozen=True, slots=True)
class RpcAnswer:
    """A result or an error, never both."""

    method: str
    result: Any = None
    error: RpcError | None = None

    def unwrap(self) -> Any:
        """The result; `RpcFailure` if the node answered with an error."""
        if self.error is not None:
            raise RpcFailure(self.method, self.error.code, self.error.message)
        return self.result


class Rpc(Protocol):
    """What the rest of `chain` needs of a node; `RpcClient` over HTTP, `tests.fakes.FakeNode` in memory."""

    @property
    def url(self) -> str:
        """Where the node is, without credentials."""
        ...

    def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        """The result; raises `NodeUnreachable`, or `RpcFailure` if the node answers with an error."""
        ...

    def batch(self, requests: Iterable[Request]) -> list[Any]:
        """The results in the order of the requests; raises as `call`, for the first error."""
        ...

    def try_call(self, method: str, params: Sequence[Any] = ()) -> RpcAnswer:
        """The answer, error or not; raises `NodeUnreachable`."""
        ...

    def try_batch(self, requests: Iterable[Request]) -> list[RpcAnswer]:
        """The answers in the order of the requests, errors or not; raises `NodeUnreachable`."""
        ...


class RpcClient:
    """`Rpc` over HTTP. May be shared by threads.

    `url`: http or https; a user and password in it are sent as basic authorisation and shown nowhere, nor are its path
    and query, where hosted nodes put their keys. `timeout_seconds`: how long one answer may take; connecting may take
    ten at most.
    """

    def __init__(self, url: str, *, timeout_seconds: float = 60.0, connections: int = 8) -> None:
        parsed = _parse(url)
        self._target = parsed.request_uri
        self._headers = {"content-type": "application/json", "accept-encoding": "identity"}
        if parsed.auth:
            self._headers |= make_headers(basic_auth=parsed.auth)
        self._url = f"{parsed.scheme}://{parsed.netloc}"
        timeout = Timeout(connect=min(timeout_seconds, 10.0), read=timeout_seconds)
        self._pool = urllib3.connectionpool.connection_from_url(self._url, maxsize=connections, timeout=timeout)
        self._ids = count(1)

    @property
    def url(self) -> str:
        """Where the node is, without credentials."""
        return self._url

    def close(self) -> None:
        """Closes the connections."""
        self._pool.close()

    def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        """The result; raises `NodeUnreachable`, or `RpcFailure` if the node answers with an error."""
        return self.try_call(method, params).unwrap()

    def batch(self, requests: Iterable[Request]) -> list[Any]:
        """The results in the order of the requests; raises as `call`, for the first error."""
        return [answer.unwrap() for answer in self.try_batch(requests)]

    def try_call(self, method: str, params: Sequence[Any] = ()) -> RpcAnswer:
        """The answer, error or not; raises `NodeUnreachable`."""
        body = orjson.dumps(_request(next(self._ids), method, params))
        answer = self._post(body, repeatable=is_repeatable(method))
        return _answer(method, answer)

    def try_batch(self, requests: Iterable[Request]) -> list[RpcAnswer]:
        """The answers in the order of the requests, errors or not; raises `NodeUnreachable`.

        Large batches are sent in parts, one after the other.
        """
        answers: list[RpcAnswer] = []
        for part in self._parts(requests):
            answers += self._send_part(part)
        return answers

    def _parts(self, requests: Iterable[Request]) -> Iterator[list[tuple[int, str, bytes]]]:
        part: list[tuple[int, str, bytes]] = []
        size = 0
        for method, params in requests:
            number = next(self._ids)
            body = orjson.dumps(_request(number, method, params))
            if part and (len(part) >= MAX_BATCH_REQUESTS or size + len(body) > MAX_BATCH_BYTES):
                yield part
                part, size = [], 0
            part.append((number, method, body))
            size += len(body)
        if part:
            yield part

    def _send_part(self, part: list[tuple[int, str, bytes]]) -> list[RpcAnswer]:
        body = b"[" + b",".join(body for _, _, body in part) + b"]"
        answered = self._post(body, repeatable=all(is_repeatable(method) for _, method, _ in part))
        if isinstance(answered, dict):  # the batch as a whole was refused
            _answer("batch", answered).unwrap()
        if not isinstance(answered, list):
            raise RpcFailure("batch", MALFORMED_ANSWER, "the answer to a batch is not a list")
        by_id = {answer.get("id"): answer for answer in answered if isinstance(answer, dict)}
        return [_answer(method, by_id.get(number)) for number, method, _ in part]

    def _post(self, body: bytes, *, repeatable: bool) -> Any:
        # A connection that could not be made carried nothing, so that it is always tried again.
        retries = Retry(
            total=_TRIES,
            connect=_TRIES - 1,
            read=_TRIES - 1 if repeatable else 0,
            redirect=0,
            status=0,
            other=0,
            allowed_methods=None,
            backoff_factor=0.1,
        )
        try:
            response = self._pool.urlopen("POST", self._target, body=body, headers=self._headers, retries=retries)
        except (HTTPError, OSError) as error:
            raise NodeUnreachable(self._url, _reason(error)) from None
        try:
            answer = orjson.loads(response.data)
        except orjson.JSONDecodeError:
            raise NotANode(self._url, f"HTTP status {response.status}, and the body is not JSON") from None
        if not _is_json_rpc(answer):
            raise NotANode(self._url, f"HTTP status {response.status}, and JSON that is no answer of JSON-RPC")
        return answer


def is_repeatable(method: str) -> bool:
    """Whether a request that got no answer may simply be sent again."""
    return method in _REPEATABLE or method.startswith(_REPEATABLE_FAMILIES)


def _parse(url: str) -> Any:
    try:
        parsed = parse_url(url)
    except LocationParseError:
        parsed = None
    if parsed is None or parsed.scheme not in {"http", "https"} or not parsed.host:
        # The value is not shown: it may hold a password.
        raise InvalidInput("rpc_url", "be an http or https URL such as http://127.0.0.1:8545", "(not shown)")
    return parsed


def _request(number: int, method: str, params: Sequence[Any]) -> dict[str, Any]:
    return {"jsonrpc": "2.0", "id": number, "method": method, "params": params}


def _is_json_rpc(answer: Any) -> bool:
    """Lenient: what names itself JSON-RPC, and what is shaped so, for some proxies leave the name out."""
    if isinstance(answer, dict):
        return "jsonrpc" in answer or "result" in answer or isinstance(answer.get("error"), dict)
    return isinstance(answer, list)


def _answer(method: str, answer: Any) -> RpcAnswer:
    if not isinstance(answer, dict):
        return RpcAnswer(method, error=RpcError(MALFORMED_ANSWER, "the node gave no answer to this request"))
    error = answer.get("error")
    if error is None:
        if "result" not in answer:
            return RpcAnswer(method, error=RpcError(MALFORMED_ANSWER, "the answer has neither result nor error"))
        return RpcAnswer(method, answer["result"])
    if not isinstance(error, dict):
        return RpcAnswer(method, error=RpcError(MALFORMED_ANSWER, str(error)))
    code = error.get("code")
    return RpcAnswer(
        method,
        error=RpcError(
            code if isinstance(code, int) else MALFORMED_ANSWER, str(error.get("message", "")), error.get("data")
        ),
    )


def _reason(error: Exception) -> str:
    """The innermost cause, without urllib3's object addresses."""
    cause: BaseException = getattr(error, "reason", None) or error
    while cause.__cause__ is not None:
        cause = cause.__cause__
    words = type(cause).__name__
    text = cause.strerror if isinstance(cause, OSError) and cause.strerror else ""
    return f"{words}: {text}" if text else words
