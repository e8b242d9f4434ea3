"""A leaf byte by byte and its way to a root, as docs/spec/03-encodings.md §3.1 and RFC 9162 §2.1.3.2 say."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Final, NamedTuple

from api.repository.operations import OperationRow
from ledger.encoding import log_entry, log_node
from ledger.log_tree import verify_inclusion

_TAG: Final = b"\x00"
_NOBODY: Final = bytes(20)
_PARTS: Final = (
    ("tag", 1),
    ("format", 1),
    ("chain_id", 8),
    ("ledger", 20),
    ("kind", 2),
    ("operation_id", 32),
    ("subject", 32),
    ("from_account", 20),
    ("to_account", 20),
    ("quantity_gco2e", 16),
    ("record_hash", 32),
    ("timestamp", 8),
)
_NUMBERS: Final = frozenset({"tag", "format", "chain_id", "kind", "quantity_gco2e", "timestamp"})


class LeafPart(NamedTuple):
    """A value of the leaf: where it begins, its bytes in hexadecimal, and, of a number, what that is."""

    name: str
    begin: int
    length: int
    digits: str
    number: int | None


class Leaf(NamedTuple):
    """The bytes that are hashed, in parts, and their hash."""

    parts: tuple[LeafPart, ...]
    digits: str
    hash: bytes


class ProofStep(NamedTuple):
    """One step up: on which side the other hash stands, and what both hash to."""

    side: str
    sibling: str
    computed: str


def leaf_of(row: OperationRow, chain_id: int) -> Leaf:
    """The leaf that the values of this row make."""
    data = _TAG + log_entry(
        chain_id=chain_id,
        ledger=bytes(row.ledger),
        kind=row.kind,
        operation_id=bytes(row.operation_id),
        subject=bytes(row.subject),
        from_account=bytes(row.from_account or _NOBODY),
        to_account=bytes(row.to_account or _NOBODY),
        grams=row.grams,
        record_hash=bytes(row.record_hash),
        timestamp=row.timestamp,
    )
    parts = []
    begin = 0
    for name, length in _PARTS:
        piece = data[begin : begin + length]
        parts.append(LeafPart(name, begin, length, piece.hex(), int.from_bytes(piece) if name in _NUMBERS else None))
        begin += length
    return Leaf(tuple(parts), data.hex(), sha256(data).digest())


def climb(leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> tuple[ProofStep, ...]:
    """Each step of an inclusion proof. Raises as `verify_inclusion` where it does not lead to the root."""
    verify_inclusion(leaf_hash=leaf_hash, index=index, size=size, proof=path, root=root)
    steps = []
    place, last, computed = index, size - 1, leaf_hash
    for sibling in path:
        if place & 1 or place == last:
            computed = log_node(sibling, computed)
            steps.append(ProofStep("left", "0x" + sibling.hex(), "0x" + computed.hex()))
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            computed = log_node(computed, sibling)
            steps.append(ProofStep("right", "0x" + sibling.hex(), "0x" + computed.hex()))
        place, last = place >> 1, last >> 1
    return tuple(steps)
