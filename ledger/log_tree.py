"""The transparency log as a Merkle tree: RFC 6962 §2, with the iterative verification of RFC 9162 §2.1.

Leaves are counted from 0; all functions take and give hashes of leaves (`ledger.encoding.log_leaf`), never leaves, and
every hash is 32 bytes. A **complete node** (level, position) covers the `1 << level` leaves from `position << level`
on. It never changes once it exists, so stored complete nodes serve every proof at every size in O(log size) reads.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple, Protocol

from ledger.encoding import EMPTY_ROOT, log_node
from ledger.errors import ProofMalformed, ProofMismatch

HASH_LENGTH = 32


class NodeId(NamedTuple):
    """Place of a complete node: its level above the leaves and its position within the level."""

    level: int
    position: int


class CompletedNode(NamedTuple):
    """A node that an append completed, to be stored."""

    level: int
    position: int
    hash: bytes


class NodeSource(Protocol):
    """Where stored complete nodes are read from."""

    def node(self, level: int, position: int) -> bytes:
        """Hash of a complete node, 32 bytes. Asked only for nodes that exist at the size of the proof."""
        ...


Path = list[tuple[NodeId, ...]]
"""Which complete nodes make a proof. Each member is one hash of the proof: a single node, or at the right edge
several peaks, left to right, that fold into one hash: `H(first, H(second, ...))`."""


# From all leaf hashes


def root(leaf_hashes: Sequence[bytes]) -> bytes:
    """Root of the tree over `leaf_hashes`; of none SHA-256 of the empty string."""
    level = list(leaf_hashes)
    if not level:
        return EMPTY_ROOT
    while len(level) > 1:
        above = [log_node(level[i], level[i + 1]) for i in range(0, len(level) - 1, 2)]
        level = above + level[-1:] if len(level) % 2 else above
    return level[0]


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> list[bytes]:
    """Hashes that lead from leaf `index` to the root over `leaf_hashes`, lowest first."""
    return read_path(inclusion_path(index, len(leaf_hashes)), LeafNodes(leaf_hashes))


def consistency_proof(leaf_hashes: Sequence[bytes], old_size: int) -> list[bytes]:
    """Hashes that show that the first `old_size` of `leaf_hashes` are the start of them all."""
    return read_path(consistency_path(old_size, len(leaf_hashes)), LeafNodes(leaf_hashes))


class LeafNodes:
    """A `NodeSource` over a plain list of leaf hashes: each node is computed when asked for."""

    def __init__(self, leaf_hashes: Sequence[bytes]) -> None:
        self._leaf_hashes = leaf_hashes

    def node(self, level: int, position: int) -> bytes:
        return root(self._leaf_hashes[position << level : (position + 1) << level])


# From stored nodes


def inclusion_path(index: int, size: int) -> Path:
    """Nodes of the inclusion proof of leaf `index` in the tree of `size` (RFC 9162 §2.1.3.1)."""
    if not 0 <= index < size:
        raise ProofMalformed("inclusion", f"leaf {index} is not in a log of size {size}")
    begin, end = 0, size
    path: Path = []
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(peaks(middle, end))
            end = middle
        else:
            path.append(peaks(begin, middle))
            begin = middle
    return path[::-1]


def consistency_path(old_size: int, new_size: int) -> Path:
    """Nodes of the consistency proof between two sizes (RFC 9162 §2.1.4.1); empty for equal sizes."""
    if not 0 < old_size <= new_size:
        raise ProofMalformed("consistency", f"sizes {old_size} and {new_size} do not rise from at least 1")
    begin, end = 0, new_size
    path: Path = []
    while old_size != end:
        middle = begin + _split(end - begin)
        if old_size <= middle:
            path.append(peaks(middle, end))
            end = middle
        else:
            path.append(peaks(begin, middle))
            begin = middle
    if begin > 0:
        path.append(peaks(begin, end))
    return path[::-1]


def peaks(begin: int, end: int) -> tuple[NodeId, ...]:
    """The complete nodes over the leaves [begin, end), left to right, largest first.

    `begin` must be 0 or a multiple of the largest power of two below the length, as every subtree's is.
    """
    nodes = []
    while begin < end:
        level = (end - begin).bit_length() - 1
        nodes.append(NodeId(level, begin >> level))
        begin += 1 << level
    return tuple(nodes)


def read_path(path: Path, nodes: NodeSource) -> list[bytes]:
    """The proof that `path` describes, read from stored nodes."""
    return [fold([nodes.node(*place) for place in member]) for member in path]


def root_at(size: int, nodes: NodeSource) -> bytes:
    """Root of the log when it had `size` leaves, read from stored nodes."""
    return fold([nodes.node(*place) for place in peaks(0, size)])


def fold(hashes: Sequence[bytes]) -> bytes:
    """One hash from peaks given left to right; of none the root of the empty log."""
    if not hashes:
        return EMPTY_ROOT
    folded = hashes[-1]
    for peak in reversed(hashes[:-1]):
        folded = log_node(peak, folded)
    return folded


class CompactRange:
    """The log as its peaks: enough to append and to know the root, at most 64 hashes.

    `peaks` are those of the complete subtrees, left to right, as `peaks(0, size)` places them.
    """

    __slots__ = ("_peaks", "_size")

    def __init__(self, size: int = 0, peaks: Iterable[bytes] = ()) -> None:
        self._size = size
        self._peaks = list(peaks)
        if len(self._peaks) != size.bit_count() or any(len(peak) != HASH_LENGTH for peak in self._peaks):
            raise ProofMalformed("compact range", f"a log of size {size} has {size.bit_count()} peaks of 32 bytes")

    @classmethod
    def load(cls, size: int, nodes: NodeSource) -> CompactRange:
        """The range of a log of `size` leaves whose complete nodes are stored."""
        return cls(size, [nodes.node(*place) for place in peaks(0, size)])

    @property
    def size(self) -> int:
        """Number of leaves."""
        return self._size

    @property
    def peaks(self) -> tuple[bytes, ...]:
        """Hashes of the complete subtrees, left to right."""
        return tuple(self._peaks)

    def root(self) -> bytes:
        """Root of the log now."""
        return fold(self._peaks)

    def append(self, leaf_hash: bytes) -> list[CompletedNode]:
        """Appends one leaf; gives the nodes it completed, from the leaf up."""
        if len(leaf_hash) != HASH_LENGTH:
            raise ProofMalformed("append", f"a leaf hash is 32 bytes, not {len(leaf_hash)}")
        index = self._size
        completed = [CompletedNode(0, index, leaf_hash)]
        level = 0
        while index & 1:
            leaf_hash = log_node(self._peaks.pop(), leaf_hash)
            index >>= 1
            level += 1
            completed.append(CompletedNode(level, index, leaf_hash))
        self._peaks.append(leaf_hash)
        self._size += 1
        return completed

    def extend(self, leaf_hashes: Iterable[bytes]) -> list[CompletedNode]:
        """Appends many leaves in order; gives every node they completed."""
        completed: list[CompletedNode] = []
        for leaf_hash in leaf_hashes:
            completed += self.append(leaf_hash)
        return completed

    def copy(self) -> CompactRange:
        """A range of its own with the same content."""
        return CompactRange(self._size, self._peaks)


# Verification


def verify_inclusion(*, leaf_hash: bytes, index: int, size: int, proof: Sequence[bytes], root: bytes) -> None:
    """Checks that `leaf_hash` is leaf `index` of the log of `size` leaves with `root` (RFC 9162 §2.1.3.2).

    Raises `ProofMalformed` when index, size and length of the proof cannot belong together, `ProofMismatch` when the
    proof leads to another root. Take size and root from one checkpoint: other sizes can give a path of the same shape.
    """
    step = "inclusion"
    if not 0 <= index < size:
        raise ProofMalformed(step, f"leaf {index} is not in a log of size {size}")
    _check_lengths(step, (leaf_hash, root, *proof))
    place, last = index, size - 1
    computed = leaf_hash
    for sibling in proof:
        if last == 0:
            raise ProofMalformed(step, f"{len(proof)} hashes are too many for leaf {index} of {size}")
        if place & 1 or place == last:
            computed = log_node(sibling, computed)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            computed = log_node(computed, sibling)
        place >>= 1
        last >>= 1
    if last != 0:
        raise ProofMalformed(step, f"{len(proof)} hashes are too few for leaf {index} of {size}")
    if computed != root:
        raise ProofMismatch(step, f"the proof leads to root {computed.hex()} and not to {root.hex()}")


def verify_consistency(
    *, old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]
) -> None:
    """Checks that the log of `new_size` begins with the whole log of `old_size` (RFC 9162 §2.1.4.2).

    Raises `ProofMalformed` when the sizes and the length of the proof cannot belong together (also for `old_size` 0,
    which every log continues, so that nothing is proved), `ProofMismatch` when a root differs. Equal sizes have no
    proof: their roots are compared, whatever they are.
    """
    step = "consistency"
    if not 0 < old_size <= new_size:
        raise ProofMalformed(step, f"sizes {old_size} and {new_size} do not rise from at least 1")
    if old_size == new_size:
        if proof:
            raise ProofMalformed(step, "equal sizes need no proof, but one was given")
        if old_root != new_root:
            raise ProofMismatch(step, f"one log has two roots at size {new_size}")
        return
    _verify_growth(old_size, old_root, new_size, new_root, proof)


def implied_roots(old_size: int, new_size: int, path: Sequence[bytes]) -> tuple[bytes, bytes]:
    """The roots at two sizes, 0 < old < new, that a consistency proof leads to, its first hash written out.

    RFC 9162 leaves that hash out where the old size is a power of two, for it is then the old root. `ProofMalformed`
    when sizes and length cannot belong together.
    """
    return _walk(old_size, new_size, path, left_out=0)


def _verify_growth(old_size: int, old_root: bytes, new_size: int, new_root: bytes, proof: Sequence[bytes]) -> None:
    step = "consistency"
    _check_lengths(step, (old_root, new_root))
    # A complete old tree is itself the first hash of the path and is left out of the proof.
    is_complete = old_size & (old_size - 1) == 0
    path = [old_root, *proof] if is_complete else proof
    old_computed, new_computed = _walk(old_size, new_size, path, left_out=int(is_complete))
    _check_root(step, "old", old_computed, old_root)
    _check_root(step, "new", new_computed, new_root)


def _walk(old_size: int, new_size: int, path: Sequence[bytes], *, left_out: int) -> tuple[bytes, bytes]:
    """Both roots (RFC 9162 §2.1.4.2); `left_out` hashes of the path were not in the proof, which errors speak of."""
    step = "consistency"
    if not 0 < old_size < new_size:
        raise ProofMalformed(step, f"sizes {old_size} and {new_size} do not rise from at least 1")
    _check_lengths(step, path)
    given = len(path) - left_out
    if not path:
        raise ProofMalformed(step, f"{given} hashes are too few for sizes {old_size} and {new_size}")
    place, last = old_size - 1, new_size - 1
    while place & 1:
        place >>= 1
        last >>= 1
    old_computed = new_computed = path[0]
    for sibling in path[1:]:
        if last == 0:
            raise ProofMalformed(step, f"{given} hashes are too many for sizes {old_size} and {new_size}")
        if place & 1 or place == last:
            old_computed = log_node(sibling, old_computed)
            new_computed = log_node(sibling, new_computed)
            while not place & 1 and place:
                place >>= 1
                last >>= 1
        else:
            new_computed = log_node(new_computed, sibling)
        place >>= 1
        last >>= 1
    if last != 0:
        raise ProofMalformed(step, f"{given} hashes are too few for sizes {old_size} and {new_size}")
    return old_computed, new_computed


def _check_root(step: str, which: str, computed: bytes, given: bytes) -> None:
    if computed != given:
        raise ProofMismatch(step, f"the {which} root is {given.hex()}, but the proof leads to {computed.hex()}")


def _check_lengths(step: str, hashes: Sequence[bytes]) -> None:
    if any(len(member) != HASH_LENGTH for member in hashes):
        raise ProofMalformed(step, "every hash is 32 bytes")


def _split(length: int) -> int:
    """The largest power of two below `length`, which is at least 2 (RFC 9162 §2.1.1)."""
    return 1 << (length - 1).bit_length() - 1
