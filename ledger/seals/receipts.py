"""A receipt under the `receiptsRoot` of a block: the walk through the trie, and what the receipt says.

The trie is the yellow paper's (appendix D), keyed by `rlp(transaction_index)`. No such key begins another one, and a
receipt has more than 32 bytes: so every node on the way is one that its parent names by hash, the last one is a leaf,
and whatever else a path could be is refused. py-trie, which others wrote, has to read the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from trie.hexary import HexaryTrie

from ledger.errors import ProofMalformed, ProofMismatch
from ledger.ids import Address, Hash32
from ledger.seals.canonical import Item, all_of_width, decode_list, encode, is_bytes_of, is_number, keccak256, to_item

MAX_PATH_NODES: Final = 64
MAX_NODE_BYTES: Final = 65_536

_STEP: Final = "receipt"
_BRANCH: Final = 17
_TYPES: Final = (1, 2)
_SUCCEEDED: Final = b"\x01"
_FAILED: Final = b""
_MOST_TOPICS: Final = 4
_GAS_BYTES: Final = 8


@dataclass(frozen=True, slots=True)
class Log:
    """What a contract emitted."""

    address: Address
    topics: tuple[Hash32, ...]
    data: bytes


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a transaction came to."""

    succeeded: bool
    logs: tuple[Log, ...]


def verify_receipt(receipts_root: bytes, transaction_index: int, path: Sequence[bytes]) -> Receipt:
    """The receipt of the transaction at this place of the block, which succeeded.

    `path`: the nodes from the root down to the receipt, and no others. Raises `ProofMismatch` at `receipt` where they
    do not lead there, and `ProofMalformed` where they, or the receipt, cannot be those of a block, or it failed.
    """
    if not 1 <= len(path) <= MAX_PATH_NODES:
        raise _malformed(f"a path has 1 to {MAX_PATH_NODES} nodes, not {len(path)}")
    if any(len(node) > MAX_NODE_BYTES for node in path):
        raise _malformed(f"a node has more than {MAX_NODE_BYTES} bytes")
    key = encode(to_item(transaction_index))
    nodes = [decode_list(node, _STEP) for node in path]
    value = _walk(receipts_root, key.hex(), path, nodes)
    if HexaryTrie.get_from_proof(bytes(receipts_root), key, nodes) != value:  # type: ignore[no-untyped-call]
        raise ProofMismatch(_STEP, "two ways to walk the path read two receipts")
    receipt = parse_receipt(value)
    if not receipt.succeeded:
        raise _malformed("its transaction failed")
    return receipt


def parse_receipt(data: bytes) -> Receipt:
    """Reads a receipt, legacy or of type 1 or 2 (EIP-2718); `ProofMalformed` at `receipt` for anything else."""
    if data[:1] and data[0] in _TYPES:
        data = data[1:]
    items = decode_list(data, _STEP)
    if len(items) != 4:
        raise _malformed(f"it has {len(items)} items")
    status, gas, bloom, logs = items
    if status not in (_SUCCEEDED, _FAILED):  # it may be a list, which no set takes
        raise _malformed("its status is neither success nor failure")
    if not is_number(gas, _GAS_BYTES) or not is_bytes_of(bloom, 256) or not isinstance(logs, list):
        raise _malformed("its gas, bloom and logs are not of the form that they have to have")
    return Receipt(status == _SUCCEEDED, tuple(_log(log) for log in logs))


def _walk(root: bytes, nibbles: str, path: Sequence[bytes], nodes: Sequence[Sequence[Item]]) -> bytes:
    """The value at the end of the path, which is used up there. `nibbles`: the key in hexadecimal digits."""
    expected: Item = bytes(root)
    for place, (data, node) in enumerate(zip(path, nodes, strict=True), 1):
        if keccak256(data) != expected:
            raise ProofMismatch(_STEP, f"node {place} is not the one that its place names")
        if len(node) == _BRANCH:
            if not nibbles:
                raise _malformed(f"the key ends in node {place}, a branch")
            if not _is_branch(node):
                raise _malformed(f"node {place} is none of a trie")
            expected, nibbles = node[int(nibbles[0], 16)], nibbles[1:]
            continue
        taken, is_leaf = _partial_key(node, place)
        if is_leaf:
            value = node[1]
            if taken != nibbles or not isinstance(value, bytes):
                raise ProofMismatch(_STEP, "it leads to the receipt of another transaction")
            if place != len(path):
                raise _malformed(f"{len(path) - place} nodes stand behind the receipt")
            return value
        if not nibbles.startswith(taken):
            raise ProofMismatch(_STEP, "it leads to the receipts of other transactions")
        expected, nibbles = node[1], nibbles[len(taken) :]
    raise _malformed("it ends before there is a receipt")


def _is_branch(node: Sequence[Item]) -> bool:
    """Whether it has 16 references by hash, or none, and no value: no key ends where another one goes on."""
    *children, value = node
    return value == b"" and all(child == b"" or is_bytes_of(child, Hash32.LENGTH) for child in children)


def _partial_key(node: Sequence[Item], place: int) -> tuple[str, bool]:
    """The nibbles of a leaf or an extension (hex prefix), and whether it is a leaf."""
    key = node[0] if len(node) == 2 else None
    if not isinstance(key, bytes) or not key:
        raise _malformed(f"node {place} is none of a trie")
    text = key.hex()
    flag, is_leaf = int(text[0]) if text[0] in "0123" else -1, text[0] in "23"
    if flag == -1 or (flag % 2 == 0 and text[1] != "0"):
        raise _malformed(f"node {place} is none of a trie")
    nibbles = text[1:] if flag % 2 else text[2:]
    if not is_leaf and not nibbles:
        raise _malformed(f"node {place} is none of a trie")
    return nibbles, is_leaf


def _log(item: Item) -> Log:
    match item:
        case [bytes() as address, [*topics], bytes() as data] if len(topics) <= _MOST_TOPICS:
            words = all_of_width(topics, Hash32.LENGTH)
            if len(address) == Address.LENGTH and words is not None:
                return Log(Address(address), tuple(map(Hash32, words)), data)
    raise _malformed("one of its logs is no log")


def _malformed(reason: str) -> ProofMalformed:
    return ProofMalformed(_STEP, reason)
