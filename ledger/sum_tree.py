"""Merkle sum tree over entries, as plainly as the specification says it: a reference for vectors, not for bulk."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.encoding import entry_node
from ledger.errors import OutOfRange
from ledger.ids import Hash32


def sum_root(leaves: Sequence[tuple[int, Hash32]]) -> tuple[int, Hash32]:
    """Total grams and root over entry leaves (grams, hash), shaped as RFC 9162 §2.1.1.

    `OutOfRange` for no leaves and for a total of 2**64 or more.
    """
    if not leaves:
        raise OutOfRange("leaves", "number at least 1", 0)
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    left_grams, left_hash = sum_root(leaves[:split])
    right_grams, right_hash = sum_root(leaves[split:])
    return entry_node(left_grams=left_grams, left_hash=left_hash, right_grams=right_grams, right_hash=right_hash)
