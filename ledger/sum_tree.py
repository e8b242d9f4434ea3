"""The Merkle sum tree over the entries of a batch: what a batch commits to, and the proof that an entry is in it.

Shaped as RFC 9162 §2.1 like the log, but a node hashes **both its children's sums** with their hashes
(docs/spec/03-encodings.md §3.1). A construction that hashes one total with two child hashes does not bind the sums of
the children: its root can be shown to every person with other sums beside the path, all adding up to the total.

As plainly as the specification says it: a reference, and what a verifier outside needs. `ledger.bulk` builds the same
trees by the million.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from ledger.encoding import entry_leaf, entry_node
from ledger.errors import OutOfRange, ProofMalformed, ProofMismatch
from ledger.log_tree import HASH_LENGTH
from ledger.units import MAX_GRAMS

MAX_ENTRIES = 2**24
"""Most entries of a batch."""

_STEP = "entry"


class SumNode(NamedTuple):
    """A node of the tree: the grams under it and its hash. Of an entry: its grams and its leaf's hash."""

    grams: int
    hash: bytes


def sum_root(leaves: Sequence[tuple[int, bytes]]) -> SumNode:
    """Total grams and root over entry leaves (grams, hash), shaped as RFC 9162 §2.1.1.

    `OutOfRange` for no leaves and for a total of 2**64 or more.
    """
    if not leaves:
        raise OutOfRange("leaves", "number at least 1", 0)
    if len(leaves) == 1:
        return SumNode(*leaves[0])
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return _parent(sum_root(leaves[:split]), sum_root(leaves[split:]))


def inclusion_proof(leaves: Sequence[tuple[int, bytes]], index: int) -> list[SumNode]:
    """Siblings that lead from leaf `index` to the root, lowest first; each with its sum."""
    if not 0 <= index < len(leaves):
        raise ProofMalformed(_STEP, f"entry {index} is not in a batch of {len(leaves)}")
    return [sum_root(leaves[begin:end]) for begin, end in _siblings(index, len(leaves))]


def verify_entry(
    *,
    kind: int,
    grams: int,
    entry_id: bytes,
    fields_root: bytes,
    index: int,
    size: int,
    proof: Sequence[tuple[int, bytes]],
    total: int,
    root: bytes,
) -> int:
    """Checks that this is entry `index` of the batch of `size` entries with `total` and `root`; gives its offset.

    The leaf is made here from the entry, so that nothing but an entry can stand at its place. The offset is the sum of
    grams before the entry, which decides what a deficit withholds (docs/spec/05-points.md §5.2).

    Raises `ProofMalformed` when the numbers cannot belong to one batch, `ProofMismatch` when the proof leads to another
    root or total. Take size, total and root from the chain.
    """
    if not 0 <= index < size <= MAX_ENTRIES:
        raise ProofMalformed(_STEP, f"entry {index} is not in a batch of {size}, which has at most {MAX_ENTRIES}")
    if not 1 <= grams <= MAX_GRAMS:
        raise ProofMalformed(_STEP, f"an entry has 1 g to {MAX_GRAMS} g, not {grams}")
    if {HASH_LENGTH} != {len(given) for given in (entry_id, fields_root, root, *[node[1] for node in proof])}:
        raise ProofMalformed(_STEP, "every hash is 32 bytes")
    siblings = _siblings(index, size)
    if len(proof) != len(siblings):
        few_or_many = "few" if len(proof) < len(siblings) else "many"
        raise ProofMalformed(_STEP, f"{len(proof)} siblings are too {few_or_many} for entry {index} of {size}")
    offset, below = 0, grams
    computed: bytes = entry_leaf(kind=kind, grams=grams, entry_id=entry_id, fields_root=fields_root)
    for (begin, end), (beside, sibling) in zip(siblings, proof, strict=True):
        _check_sums(begin < index, below, beside, end - begin)
        if begin < index:
            offset += beside
            below, computed = entry_node(left_grams=beside, left_hash=sibling, right_grams=below, right_hash=computed)
        else:
            below, computed = entry_node(left_grams=below, left_hash=computed, right_grams=beside, right_hash=sibling)
    if computed != root:
        raise ProofMismatch(_STEP, f"the proof leads to root {computed.hex()} and not to {root.hex()}")
    if below != total:
        raise ProofMismatch(_STEP, f"the proof leads to a total of {below} g and not of {total} g")
    return offset


def credited_grams(*, offset: int, grams: int, withheld: int) -> int:
    """Points that an entry of an earn batch credits when the batch's first `withheld` grams fill a deficit (§5.2)."""
    return max(0, offset + grams - max(offset, withheld))


def _siblings(index: int, size: int) -> list[tuple[int, int]]:
    """Which leaves [begin, end) each sibling of the proof covers, lowest first (RFC 9162 §2.1.3.1)."""
    begin, end = 0, size
    covered = []
    while end - begin > 1:
        middle = begin + (1 << (end - begin - 1).bit_length() - 1)
        if index < middle:
            covered.append((middle, end))
            end = middle
        else:
            covered.append((begin, middle))
            begin = middle
    return covered[::-1]


def _parent(left: SumNode, right: SumNode) -> SumNode:
    grams, parent = entry_node(
        left_grams=left.grams, left_hash=left.hash, right_grams=right.grams, right_hash=right.hash
    )
    return SumNode(grams, parent)


def _check_sums(is_left: bool, below: int, beside: int, entries: int) -> None:
    """The sibling's sum, of so many entries, and that it can be added to the sum below."""
    if not entries <= beside < 2**64:
        raise ProofMalformed(_STEP, f"{entries} entries cannot have {beside} g: at least 1 g each, below 2**64 g")
    if below + beside >= 2**64:
        left, right = (beside, below) if is_left else (below, beside)
        raise ProofMalformed(_STEP, f"{left} g and {right} g reach 2**64 g")
