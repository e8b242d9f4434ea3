"""A node of the chain, asked over JSON-RPC with nothing but the standard library."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request
from functools import cached_property
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import unquote, urlsplit

from ledger.canonical import parse_strict
from ledger.errors import InvalidInput, InvalidJson, Json, NodeUnreachable, NotANode, RpcFailure
from ledger.ids import Address, Hash32

MAX_ANSWER_BYTES: Final = 1 << 20
SECONDS: Final = 20.0
"""After which a node that says nothing is taken to be out of reach."""

SIZE_SELECTOR: Final = "0x949d225d"
ROOT_AT_SELECTOR: Final = "0xeaa38b41"
_WORD: Final = 64


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """Who pins a node means that one."""

    def redirect_request(self, *_: Any) -> None:
        return None


class JsonRpcNode:
    """A `ledger.verifier.NodeView`; `InvalidInput` for its URL. Raises `NodeUnreachable`, `NotANode`, `RpcFailure`."""

    def __init__(self, url: str) -> None:
        try:
            parts = urlsplit(url)
            place = parts.netloc.rpartition("@")[2]
            if parts.port == 0:
                raise _no_address(url)
        except ValueError:  # a port that is none
            raise _no_address(url) from None
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise _no_address(url)
        self._headers = {"Content-Type": "application/json"}
        if parts.username is not None:
            user = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
            self._headers["Authorization"] = "Basic " + base64.b64encode(user.encode()).decode()
        self._url = parts._replace(netloc=place).geturl()
        self._shown = f"{parts.scheme}://{place}{parts.path}"
        self._opener = urllib.request.build_opener(_NoRedirects)

    @cached_property
    def chain_id(self) -> int:
        """The id of the chain that it serves."""
        return self._number("eth_chainId", self._call("eth_chainId", []))

    @cached_property
    def genesis_hash(self) -> Hash32:
        """The hash of the chain's first block."""
        block = self._call("eth_getBlockByNumber", ["0x0", False])
        return self._hash("eth_getBlockByNumber", block.get("hash") if isinstance(block, dict) else block)

    def root_at(self, log: Address, size: int) -> Hash32 | None:
        """`rootAt(size)` of the log contract at the newest block; None if there is none or it has fewer leaves."""
        reached = self._contract(log, SIZE_SELECTOR)
        # A contract that is none answers nothing.
        if reached == "0x" or self._number("eth_call", reached) < size:
            return None
        return self._hash("eth_call", self._contract(log, f"{ROOT_AT_SELECTOR}{size:0{_WORD}x}"))

    def _contract(self, address: Address, data: str) -> Json:
        return self._call("eth_call", [{"to": address.hex0x, "data": data}, "latest"])

    def _number(self, method: str, answer: Json) -> int:
        try:
            if isinstance(answer, str) and answer.startswith("0x") and len(answer) <= 2 + _WORD:
                return int(answer, 16)
        except ValueError:
            pass
        raise self._malformed(method)

    def _hash(self, method: str, answer: Json) -> Hash32:
        try:
            return Hash32.from_hex(answer)
        except InvalidInput:
            raise self._malformed(method) from None

    def _malformed(self, method: str) -> NotANode:
        return NotANode(self._shown, f"its answer to {method} is of another form")

    def _call(self, method: str, params: list[Json]) -> Json:
        question: Json = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            answer = parse_strict(self._post(json.dumps(question).encode()), max_bytes=MAX_ANSWER_BYTES)
        except InvalidJson:
            raise NotANode(self._shown, "the answer is not JSON") from None
        if not isinstance(answer, dict) or ("result" in answer) == ("error" in answer):
            raise self._malformed(method)
        if "error" not in answer:
            return answer["result"]
        error = answer["error"]
        code, message = (error.get("code"), error.get("message")) if isinstance(error, dict) else (None, None)
        raise RpcFailure(method, code if isinstance(code, int) else 0, str(message))

    def _post(self, body: bytes) -> bytes:
        request = urllib.request.Request(self._url, data=body, headers=self._headers)  # noqa: S310 - http or https
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                content: bytes = answer.read(MAX_ANSWER_BYTES + 1)
                return content
        except urllib.error.HTTPError as error:
            error.close()
            raise NotANode(self._shown, f"HTTP status {error.code}") from None
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise NodeUnreachable(self._shown, str(reason) or type(error).__name__) from None


def _no_address(url: str) -> InvalidInput:
    """Names no more of it than its beginning: a URL may hold a password."""
    return InvalidInput("rpc", "be an address such as http://127.0.0.1:8545", url.partition(":")[0])
