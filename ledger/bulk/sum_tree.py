"""The sum tree of a batch, every node kept: `ledger.sum_tree` by the million.

Nodes are rows of 40 bytes, u64 sum and hash, big-endian: two of them are what the node above hashes after its tag.
Levels lie one after another, leaves first; a promoted node stands in each level it passes through.
"""

from __future__ import annotations

from typing import Self

import numpy as np
from numpy.typing import NDArray

from ledger.bulk import kernels
from ledger.bulk.columns import Grams, Hashes, Strings, checked_grams, checked_hashes
from ledger.bulk.entries import first_disorder, leaves_of_columns
from ledger.bulk.hashing import Piece, hash_messages, in_spans
from ledger.errors import OutOfRange, ProofMalformed
from ledger.ids import Hash32
from ledger.sum_tree import MAX_ENTRIES, SumNode
from ledger.vocabulary import BatchKind

HASH_AT = 8
NODE_LENGTH = 40
_PAIR = 2 * NODE_LENGTH

Nodes = NDArray[np.uint8]
"""uint8 [n, 40]: rows of u64 sum and hash[32], big-endian."""


class SumTree:
    """Every node of the tree over a batch's entries."""

    def __init__(self, size: int, nodes: Nodes) -> None:
        self._size = size
        self._nodes = nodes

    @classmethod
    def of_leaves(cls, grams: Grams, leaves: Hashes) -> Self:
        """The tree over entry leaves (`ledger.bulk.entries.entry_leaves`).

        `OutOfRange` for no leaves, for more than 2**24 and for a total of 2**64 or more, `InvalidQuantity` for grams
        that are not 1 to 2**63 - 1.
        """
        hashes = checked_hashes("leaves", leaves)
        size = len(hashes)
        _check_size(size)
        nodes = np.empty((node_count(size), NODE_LENGTH), np.uint8)
        nodes[:size, :HASH_AT] = checked_grams(grams, size).astype(">u8").view(np.uint8).reshape(size, HASH_AT)
        nodes[:size, HASH_AT:] = hashes
        start = 0
        for count in _level_sizes(size)[:-1]:
            above = start + count
            _make_level(nodes[start:above], nodes[above : above + (count + 1) // 2])
            start = above
        return cls(size, nodes)

    @classmethod
    def from_node_bytes(cls, size: int, data: bytes | memoryview) -> Self:
        """The tree whose `node_bytes` were stored: nothing is copied, and of a mapped file only what is asked is read.

        `OutOfRange` for a wrong length. Nothing else is checked: whoever reads a proof verifies it.
        """
        _check_size(size)
        expected = NODE_LENGTH * node_count(size)
        view = memoryview(data)
        if view.nbytes != expected:
            raise OutOfRange("nodes", f"be {expected} bytes for {size} entries", view.nbytes)
        return cls(size, np.frombuffer(view, np.uint8).reshape(-1, NODE_LENGTH))

    def node_bytes(self) -> bytes:
        """Every node, level after level, leaves first: `node_count(size)` times 40 bytes."""
        return self._nodes.tobytes()

    @property
    def size(self) -> int:
        """Number of entries."""
        return self._size

    @property
    def total(self) -> int:
        """Grams of all entries."""
        return self._node(len(self._nodes) - 1).grams

    @property
    def root(self) -> Hash32:
        """Hash of the root."""
        return Hash32(self._node(len(self._nodes) - 1).hash)

    def proof(self, index: int) -> list[SumNode]:
        """Siblings that lead from entry `index` to the root, lowest first, as `ledger.sum_tree.inclusion_proof`."""
        return [node for _, node in self._path(index)]

    def offset(self, index: int) -> int:
        """Grams of the entries before entry `index`."""
        return sum(node.grams for is_left, node in self._path(index) if is_left)

    def _path(self, index: int) -> list[tuple[bool, SumNode]]:
        """The siblings of a proof, and whether each is a left one. A promoted node has no sibling and adds none."""
        if not 0 <= index < self._size:
            raise ProofMalformed("entry", f"entry {index} is not in a batch of {self._size}")
        path = []
        start, position = 0, index
        for count in _level_sizes(self._size)[:-1]:
            sibling = position ^ 1
            if sibling < count:
                path.append((sibling < position, self._node(start + sibling)))
            start += count
            position >>= 1
        return path

    def _node(self, row: int) -> SumNode:
        data = self._nodes[row].tobytes()
        return SumNode(int.from_bytes(data[:HASH_AT], "big"), data[HASH_AT:])


def node_count(size: int) -> int:
    """Rows of all levels of a tree of `size` entries."""
    return sum(_level_sizes(size))


def batch_tree(
    *, kind: BatchKind, grams: Grams, entry_ids: Hashes, account_tags: Hashes, details: Strings, salt_key: bytes
) -> SumTree:
    """The tree of a batch from the columns of its file (docs/spec/05-points.md §5.7).

    `OutOfRange` for columns of different lengths, ids that do not ascend strictly, fewer than 1 or more than 2**24
    entries and a total of 2**64 or more; `InvalidQuantity` for grams that are not 1 to 2**63 - 1.
    """
    _check_size(len(entry_ids))
    if (index := first_disorder(entry_ids)) is not None:
        raise OutOfRange(f"entry id {index}", "be above the id before it", "0x" + entry_ids[index].tobytes().hex())
    leaves = leaves_of_columns(
        kind=kind, grams=grams, entry_ids=entry_ids, account_tags=account_tags, details=details, salt_key=salt_key
    )
    return SumTree.of_leaves(grams, leaves)


def _check_size(size: int) -> None:
    if not 1 <= size <= MAX_ENTRIES:
        raise OutOfRange("entries", f"number 1 to {MAX_ENTRIES}", size)


def _level_sizes(size: int) -> list[int]:
    """Nodes of each level, leaves first, the root last."""
    sizes = [size]
    while sizes[-1] > 1:
        sizes.append((sizes[-1] + 1) // 2)
    return sizes


def _make_level(below: Nodes, above: Nodes) -> None:
    pairs = len(below) // 2
    column = below[: 2 * pairs].reshape(pairs, _PAIR)

    def make_span(first: int, last: int) -> None:
        overflow = kernels.add_pairs(first, last, below, above)
        if overflow >= 0:
            left, right = below[2 * overflow : 2 * overflow + 2, :HASH_AT]
            total = int.from_bytes(left.tobytes(), "big") + int.from_bytes(right.tobytes(), "big")
            raise OutOfRange("sum of grams", "stay below 2**64", total)
        hash_messages(
            last - first,
            b"\x01" + bytes(_PAIR),
            [Piece(column[first:last], _PAIR, 1)],
            out=above[first:last],
            column=HASH_AT,
        )

    in_spans(pairs, make_span)
    if len(below) % 2:
        above[pairs] = below[-1]
