"""Transactions of operations as the node gives them, and the calls in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from chain.functions import Function, decode
from chain.hexes import from_data, to_quantity
from chain.rpc import Rpc

_MULTICALL: Final = Function("multicall(bytes[])")
_METHOD: Final = "eth_getBlockByNumber"


def transactions_of(rpc: Rpc, blocks: Sequence[int]) -> dict[str, Any]:
    """The transactions of whole blocks, by hash: nearly all of them are operations, and a block is one question."""
    found = rpc.batch((_METHOD, [to_quantity(number), True]) for number in blocks)
    whole = [block["transactions"] for block in found if isinstance(block, dict)]
    return {one["hash"]: one for transactions in whole for one in transactions if isinstance(one, dict)}


def sender_and_calls(transaction: Any, ledger: bytes) -> tuple[bytes, list[bytes]] | None:
    """Who sent a transaction to the ledger itself, and its calls; None for one that reached it through a contract."""
    if not isinstance(transaction, dict) or not transaction.get("to"):
        return None
    to, sender, data = (from_data(transaction[name], _METHOD) for name in ("to", "from", "input"))
    return (sender, calls_in(data)) if to == ledger else None


def calls_in(data: bytes) -> list[bytes]:
    """The calls in a transaction's data: itself, or those that a multicall joins."""
    if data[:4] != _MULTICALL.selector:
        return [data]
    (joined,) = decode(_MULTICALL.types, data[4:])
    return [inner for call in joined for inner in calls_in(bytes(call))]
