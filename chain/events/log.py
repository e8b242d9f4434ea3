"""Events of the transparency log."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from struct import Struct
from typing import Any, NamedTuple

from chain.events.administration import AuthorityUpdated
from ledger import encoding

_LEAF = Struct(">BBQ20sH32s32s20s20s8xQ32sQ")


class LeafAppended(NamedTuple):
    """A leaf was appended to the log. Everything that is hashed into it is here but the chain id."""

    leaf_index: int
    operation_id: bytes
    ledger: bytes
    kind: int
    """Number of an `OperationKind`."""
    subject: bytes
    from_account: bytes
    to_account: bytes
    grams: int
    record_hash: bytes
    timestamp: int
    """Seconds since 1970, of the block."""
    leaf_hash: bytes


SIGNATURES: Mapping[type[Any], str] = {
    AuthorityUpdated: "AuthorityUpdated(address authority)",
    LeafAppended: (
        "LeafAppended(uint64 indexed index, bytes32 indexed operationId, address indexed ledger, uint16 kind, "
        "bytes32 subject, address from, address to, uint128 grams, bytes32 recordHash, uint64 timestamp, "
        "bytes32 leafHash)"
    ),
}
"""The events that the contract can emit."""


def leaf_hash(chain_id: int, leaf: LeafAppended) -> bytes:
    """`ledger.encoding.log_leaf` of an event's own fields without its checks; a property test compares the two."""
    _, operation_id, ledger, kind, subject, from_account, to_account, grams, record_hash, timestamp, _ = leaf
    return sha256(
        _LEAF.pack(
            0,
            encoding.FORMAT,
            chain_id,
            ledger,
            kind,
            operation_id,
            subject,
            from_account,
            to_account,
            grams,
            record_hash,
            timestamp,
        )
    ).digest()
