"""Receipts as JSON-RPC answers them, encoded again, and the `receiptsRoot` that they make.

A node that loses a log, or leaves one out, cannot leave it out of the root that its header holds: so what a node says
of a block's logs is checked by making the root anew. The tries are the yellow paper's (appendix D), keyed by
`rlp(transaction index)`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any, Final

from trie.hexary import HexaryTrie

from chain.functions import keccak256
from chain.hexes import malformed
from chain.rlp_bytes import rlp_bytes, rlp_list, rlp_number
from chain.rpc import Rpc
from ledger.ids import Hash32
from ledger.seals.canonical import encode

EMPTY_ROOT: Final = Hash32(keccak256(b"\x80"))
"""The root of no receipts at all."""

_METHOD = "eth_getBlockReceipts"
_HASH = 32
_DIGITS = "0123456789abcdef"
_Leaf = tuple[str, bytes]
"""A key in hexadecimal digits, and its value."""


def encode_receipt(receipt: Mapping[str, Any]) -> bytes:
    """A receipt as the trie holds it: legacy RLP, or behind the byte of its type (EIP-2718).

    Raises `RpcFailure` for an answer that lacks a part or holds one that cannot be read.
    """
    try:
        kind = int(receipt.get("type") or "0x0", 16)
        body = rlp_list(
            rlp_number(int(receipt["status"], 16))
            + rlp_number(int(receipt["cumulativeGasUsed"], 16))
            + rlp_bytes(bytes.fromhex(receipt["logsBloom"][2:]))
            + rlp_list(b"".join(map(encode_log, receipt["logs"])))
        )
        return bytes([kind]) + body if kind else body
    except (KeyError, ValueError, TypeError, AttributeError) as error:
        raise malformed(_METHOD, receipt, f"a receipt ({error!r})") from None


def encode_log(log: Mapping[str, Any]) -> bytes:
    """A log as receipts hold it; `KeyError`, `ValueError` or `TypeError` where it cannot be read."""
    fromhex = bytes.fromhex
    topics = b"".join([rlp_bytes(fromhex(topic[2:])) for topic in log["topics"]])
    return rlp_list(rlp_bytes(fromhex(log["address"][2:])) + rlp_list(topics) + rlp_bytes(fromhex(log["data"][2:])))


def receipts_root(receipts: Iterable[bytes]) -> Hash32:
    """The root of the trie of a block's receipts, encoded and in the order of its transactions."""
    return _trie(receipts, None)


def receipt_path(receipts: Sequence[bytes], transaction_index: int) -> tuple[bytes, ...]:
    """The nodes of that trie from the root down to the receipt of one transaction; `IndexError` if there is none."""
    if not 0 <= transaction_index < len(receipts):
        raise IndexError(transaction_index)
    nodes: dict[bytes, bytes] = {}
    root = _trie(receipts, nodes)
    path = HexaryTrie(nodes, root).get_proof(rlp_number(transaction_index))  # type: ignore[no-untyped-call]
    return tuple(encode(node) for node in path)


def read_receipts(rpc: Rpc, blocks: Sequence[Mapping[str, Any]]) -> list[list[dict[str, Any]] | None]:
    """The receipts of blocks as eth_getBlockByNumber answered them, each in the order of its transactions.

    None where the node does not have that block, by its hash, any more. A node without eth_getBlockReceipts is asked
    for the receipt of each transaction. Raises `RpcFailure`, `NodeUnreachable`.
    """
    filled = [block for block in blocks if block["receiptsRoot"] != EMPTY_ROOT.hex0x]
    answers = rpc.try_batch((_METHOD, [block["number"]]) for block in filled)
    found = {
        block["hash"]: answer.result if answer.error is None else _one_by_one(rpc, block)
        for block, answer in zip(filled, answers, strict=True)
    }
    return [_of_block(block, found.get(block["hash"], [])) for block in blocks]


def _one_by_one(rpc: Rpc, block: Mapping[str, Any]) -> list[Any]:
    hashes = [each if isinstance(each, str) else each["hash"] for each in block["transactions"]]
    return rpc.batch([("eth_getTransactionReceipt", [each]) for each in hashes])


def _of_block(block: Mapping[str, Any], receipts: Any) -> list[dict[str, Any]] | None:
    if receipts is None:
        return None
    if not isinstance(receipts, list) or not all(isinstance(receipt, dict | None) for receipt in receipts):
        raise malformed(_METHOD, receipts, "a list of receipts")
    return receipts if all(receipt and receipt.get("blockHash") == block["hash"] for receipt in receipts) else None


def _trie(receipts: Iterable[bytes], nodes: dict[bytes, bytes] | None) -> Hash32:
    """The root; `nodes` collects what has a hash."""
    leaves = sorted((rlp_number(index).hex(), receipt) for index, receipt in enumerate(receipts))
    root = _node(leaves, 0, nodes) if leaves else b"\x80"
    root_hash = Hash32(keccak256(root))
    if nodes is not None:
        nodes[root_hash] = root
    return root_hash


def _node(leaves: Sequence[_Leaf], depth: int, nodes: dict[bytes, bytes] | None) -> bytes:
    """The node above leaves whose keys agree in their first `depth` digits. No key begins another one."""
    first, value = leaves[0]
    if len(leaves) == 1:
        return rlp_list(rlp_bytes(_hex_prefix(first[depth:], 2)) + rlp_bytes(value))
    common = next(i for i, (one, other) in enumerate(zip(first, leaves[-1][0], strict=False)) if one != other)
    if common > depth:
        return rlp_list(rlp_bytes(_hex_prefix(first[depth:common], 0)) + _reference(leaves, common, nodes))
    children = {
        digit: _reference(list(group), depth + 1, nodes)
        for digit, group in groupby(leaves, key=lambda leaf: leaf[0][depth])
    }
    return rlp_list(b"".join(children.get(digit, b"\x80") for digit in _DIGITS) + b"\x80")


def _reference(leaves: Sequence[_Leaf], depth: int, nodes: dict[bytes, bytes] | None) -> bytes:
    """How a parent names its child: by hash, or whole where that is shorter."""
    node = _node(leaves, depth, nodes)
    if len(node) < _HASH:
        return node
    node_hash = keccak256(node)
    if nodes is not None:
        nodes[node_hash] = node
    return b"\xa0" + node_hash


def _hex_prefix(digits: str, flag: int) -> bytes:
    """Digits as bytes, behind a flag that says of what node (0 extension, 2 leaf) and whether their number is odd."""
    odd = len(digits) % 2
    return bytes.fromhex(f"{flag + odd}{'' if odd else '0'}{digits}")
