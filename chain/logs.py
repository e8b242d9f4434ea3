"""Event logs over any range: nodes limit how many blocks or logs they answer at once, each in its own way."""

from collections.abc import Iterator, Sequence
from typing import Any

from chain.hexes import malformed, to_quantity
from chain.rpc import Rpc
from ledger.errors import RpcFailure
from ledger.ids import Address

_METHOD_NOT_FOUND = -32601


def scan_logs(
    rpc: Rpc, address: Address, topics: Sequence[Any], first_block: int, last_block: int
) -> Iterator[dict[str, Any]]:
    """The logs of a contract, in order, of the blocks from `first_block` to `last_block`, both inclusive.

    A range that the node refuses is halved; a single block that it refuses raises `RpcFailure`.
    """
    return _scan(rpc, address.hex0x, topics, first_block, last_block)


def scan_logs_of(
    rpc: Rpc, addresses: Sequence[Address], topics: Sequence[Any], first_block: int, last_block: int
) -> Iterator[dict[str, Any]]:
    """As `scan_logs`, of several contracts at once."""
    return _scan(rpc, [address.hex0x for address in addresses], topics, first_block, last_block)


def _scan(
    rpc: Rpc, address: str | list[str], topics: Sequence[Any], first_block: int, last_block: int
) -> Iterator[dict[str, Any]]:
    ranges = [(first_block, last_block)]
    while ranges:
        first, last = ranges.pop()
        if first > last:
            continue
        query = {
            "address": address,
            "topics": list(topics),
            "fromBlock": to_quantity(first),
            "toBlock": to_quantity(last),
        }
        answer = rpc.try_call("eth_getLogs", [query])
        if answer.error is None:
            if not isinstance(answer.result, list) or not all(isinstance(log, dict) for log in answer.result):
                raise malformed("eth_getLogs", answer.result, "a list of logs")
            yield from answer.result
        elif first == last or answer.error.code == _METHOD_NOT_FOUND:
            raise RpcFailure("eth_getLogs", answer.error.code, answer.error.message)
        else:
            middle = (first + last) // 2
            ranges += [(middle + 1, last), (first, middle)]
