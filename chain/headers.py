"""Block headers as JSON-RPC answers them, encoded again and held to the hash that they are given under."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chain.functions import keccak256
from chain.hexes import from_data, from_quantity, malformed
from chain.rlp_bytes import rlp_bytes, rlp_list, rlp_number
from ledger.errors import ProofError
from ledger.seals.headers import FEWEST_ITEMS, HEADER_ITEMS, HeaderItem, parse_header

_METHOD = "eth_getBlockByNumber"


def header_rlp(block: Mapping[str, Any]) -> bytes:
    """The header of an answered block as the chain has it: with its `extraData` whole, seals among it.

    Raises `RpcFailure` for a block that lacks an item or holds one that cannot be read. Items of later forks are there
    or not; which they are is settled by the hash (`is_header_of`).
    """
    missing = [item.name for item in HEADER_ITEMS[:FEWEST_ITEMS] if block.get(item.name) is None]
    if missing:
        raise malformed(_METHOD, block, f"a block with {missing[0]}")
    items = (item for item in HEADER_ITEMS if block.get(item.name) is not None)
    return rlp_list(b"".join(_encoded(item, block[item.name]) for item in items))


def is_header_of(header: bytes, block_hash: bytes) -> bool:
    """Whether a header has this hash: the Keccak of its bytes, or of those without seals and round, as QBFT has it."""
    if keccak256(header) == block_hash:
        return True
    try:
        return parse_header(header).block_hash == block_hash
    except ProofError:
        return False


def _encoded(item: HeaderItem, value: Any) -> bytes:
    return rlp_number(from_quantity(value, _METHOD)) if item.number else rlp_bytes(from_data(value, _METHOD))
