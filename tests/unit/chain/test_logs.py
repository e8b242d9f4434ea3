"""Logs over any range, whatever the node's limit is, and hexadecimal answers that are none."""

from collections.abc import Sequence
from typing import Any

import pytest

from chain.hexes import from_data, from_quantity, to_data, to_quantity
from chain.logs import scan_logs
from chain.rpc import RpcAnswer, RpcError
from ledger.errors import RpcFailure
from ledger.ids import Address

ADDRESS = Address(b"\x07" * 20)


class LimitedNode:
    """One log a block; refuses ranges of more than `limit` blocks, or any that hold block `broken`."""

    url = "fake://node"

    def __init__(self, limit: int, broken: int | None = None, code: int = -32005) -> None:
        self._limit = limit
        self._broken = broken
        self._code = code
        self.asked: list[tuple[int, int]] = []

    def try_call(self, method: str, params: Sequence[Any] = ()) -> RpcAnswer:
        first, last = int(params[0]["fromBlock"], 16), int(params[0]["toBlock"], 16)
        self.asked.append((first, last))
        if last - first >= self._limit or (self._broken is not None and first <= self._broken <= last):
            return RpcAnswer(method, error=RpcError(self._code, "query returned more than 10000 results"))
        return RpcAnswer(method, [{"blockNumber": to_quantity(number)} for number in range(first, last + 1)])

    def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        return self.try_call(method, params).unwrap()

    def batch(self, requests: Any) -> list[Any]:
        raise NotImplementedError

    def try_batch(self, requests: Any) -> list[RpcAnswer]:
        raise NotImplementedError


def scanned(node: LimitedNode, first: int, last: int) -> list[int]:
    return [int(log["blockNumber"], 16) for log in scan_logs(node, ADDRESS, [], first, last)]


@pytest.mark.parametrize("limit", [1, 2, 7, 1000])
def test_every_block_comes_once_and_in_order(limit: int) -> None:
    assert scanned(LimitedNode(limit), 5, 41) == list(range(5, 42))


def test_an_empty_range_asks_nothing() -> None:
    node = LimitedNode(10)
    assert scanned(node, 5, 4) == []
    assert not node.asked


def test_a_block_that_is_refused_alone_is_an_error() -> None:
    with pytest.raises(RpcFailure, match="more than 10000 results"):
        scanned(LimitedNode(100, broken=7), 0, 20)


def test_a_missing_method_is_not_tried_in_smaller_parts() -> None:
    node = LimitedNode(1, code=-32601)
    with pytest.raises(RpcFailure):
        scanned(node, 0, 1000)
    assert len(node.asked) == 1


def test_hexadecimal_both_ways() -> None:
    assert (to_quantity(0), to_quantity(26), to_data(b"\x0a")) == ("0x0", "0x1a", "0x0a")
    assert (from_quantity("0x1a", "m"), from_data("0x0a", "m"), from_data("0x", "m")) == (26, b"\x0a", b"")


@pytest.mark.parametrize("answer", [None, 7, "", "1a", "0xzz", "0x"])
def test_what_is_no_quantity(answer: Any) -> None:
    with pytest.raises(RpcFailure, match="where a quantity was expected"):
        from_quantity(answer, "eth_blockNumber")


@pytest.mark.parametrize("answer", [None, 7, "", "0a", "0xzz", "0x1"])
def test_what_is_no_data(answer: Any) -> None:
    with pytest.raises(RpcFailure, match="where data was expected"):
        from_data(answer, "eth_getCode")
