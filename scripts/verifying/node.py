"""A node of the chain, asked over JSON-RPC with nothing but the standard library."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from functools import cached_property
from http.client import HTTPException
from typing import Any, Final
from urllib.parse import urlsplit

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
        parts = urlsplit(url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise InvalidInput("rpc", "be an address such as http://127.0.0.1:8545", _shown(url))
        self._url = url
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
        return NotANode(_shown(self._url), f"its answer to {method} is of another form")

    def _call(self, method: str, params: list[Json]) -> Json:
        question: Json = {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}
        try:
            answer = parse_strict(self._post(json.dumps(question).encode()), max_bytes=MAX_ANSWER_BYTES)
        except InvalidJson:
            raise NotANode(_shown(self._url), "the answer is not JSON") from None
        if not isinstance(answer, dict) or ("result" in answer) == ("error" in answer):
            raise self._malformed(method)
        if "error" not in answer:
            return answer["result"]
        error = answer["error"]
        code, message = (error.get("code"), error.get("message")) if isinstance(error, dict) else (None, None)
        raise RpcFailure(method, code if isinstance(code, int) else 0, str(message))

    def _post(self, body: bytes) -> bytes:
        request = urllib.request.Request(  # noqa: S310 - the scheme was looked at
            self._url, data=body, headers={"Content-Type": "application/json"}
        )
        try:
            with self._opener.open(request, timeout=SECONDS) as answer:
                content: bytes = answer.read(MAX_ANSWER_BYTES + 1)
                return content
        except urllib.error.HTTPError as error:
            raise NotANode(_shown(self._url), f"HTTP status {error.code}") from None
        except (OSError, HTTPException, ValueError) as error:
            reason = getattr(error, "reason", None) or error
            raise NodeUnreachable(_shown(self._url), str(reason) or type(error).__name__) from None


def _shown(url: str) -> str:
    """Without user, password and query."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname or ''}" + (f":{parts.port}" if parts.port else "") + parts.path
