"""Path-based proofs, from stored nodes, against the recursive definitions of RFC 9162 over a list."""

import hashlib
from collections.abc import Sequence
from functools import cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.encoding import EMPTY_ROOT, log_node
from ledger.errors import ProofError
from ledger.log_tree import (
    CompactRange,
    consistency_path,
    consistency_proof,
    inclusion_path,
    inclusion_proof,
    read_path,
    root,
    root_at,
    verify_consistency,
    verify_inclusion,
)

MAX_SIZE = 300
LEAVES = [hashlib.sha256(number.to_bytes(4, "big")).digest() for number in range(MAX_SIZE)]

# The definitions, as RFC 9162 writes them: D[begin:end] over the list of leaf hashes.


def split(length: int) -> int:
    k = 1
    while k * 2 < length:
        k *= 2
    return k


@cache
def tree_hash(begin: int, end: int) -> bytes:
    """MTH, §2.1.1."""
    if end == begin:
        return EMPTY_ROOT
    if end - begin == 1:
        return LEAVES[begin]
    middle = begin + split(end - begin)
    return log_node(tree_hash(begin, middle), tree_hash(middle, end))


def path(m: int, begin: int, end: int) -> list[bytes]:
    """PATH, §2.1.3.1."""
    if end - begin == 1:
        return []
    k = split(end - begin)
    if m < k:
        return [*path(m, begin, begin + k), tree_hash(begin + k, end)]
    return [*path(m - k, begin + k, end), tree_hash(begin, begin + k)]


def subproof(m: int, begin: int, end: int, *, complete: bool) -> list[bytes]:
    """SUBPROOF, §2.1.4.1."""
    if m == end - begin:
        return [] if complete else [tree_hash(begin, end)]
    k = split(end - begin)
    if m <= k:
        return [*subproof(m, begin, begin + k, complete=complete), tree_hash(begin + k, end)]
    return [*subproof(m - k, begin + k, end, complete=False), tree_hash(begin, begin + k)]


class StoredNodes:
    """Complete nodes as an indexer keeps them; counts the reads."""

    def __init__(self, leaves: Sequence[bytes]) -> None:
        compact = CompactRange()
        self.nodes = {(node.level, node.position): node.hash for node in compact.extend(leaves)}
        self.reads = 0

    def node(self, level: int, position: int) -> bytes:
        self.reads += 1
        return self.nodes[level, position]


STORED = StoredNodes(LEAVES)


def test_roots_of_every_size() -> None:
    compact = CompactRange()
    for size in range(MAX_SIZE + 1):
        expected = tree_hash(0, size)
        assert root(LEAVES[:size]) == compact.root() == root_at(size, STORED) == expected
        loaded = CompactRange.load(size, STORED)
        assert (loaded.size, loaded.peaks) == (compact.size, compact.peaks)
        if size < MAX_SIZE:
            compact.append(LEAVES[size])


def test_inclusion_of_every_leaf_at_every_size() -> None:
    for size in range(1, MAX_SIZE + 1):
        for index in range(size):
            proof = read_path(inclusion_path(index, size), STORED)
            assert proof == path(index, 0, size)
            verify_inclusion(leaf_hash=LEAVES[index], index=index, size=size, proof=proof, root=tree_hash(0, size))


def test_consistency_of_every_two_sizes() -> None:
    for new_size in range(1, MAX_SIZE + 1):
        for old_size in range(1, new_size + 1):
            proof = read_path(consistency_path(old_size, new_size), STORED)
            assert proof == subproof(old_size, 0, new_size, complete=True)
            verify_consistency(
                old_size=old_size,
                old_root=tree_hash(0, old_size),
                new_size=new_size,
                new_root=tree_hash(0, new_size),
                proof=proof,
            )


@given(st.integers(1, MAX_SIZE), st.data())
def test_list_based_proofs_are_the_same(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    assert inclusion_proof(LEAVES[:size], index) == path(index, 0, size)
    assert consistency_proof(LEAVES[:size], index + 1) == subproof(index + 1, 0, size, complete=True)


@given(st.integers(1, 2**62), st.data())
def test_proofs_read_few_nodes(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    limit = 2 * size.bit_length()
    assert sum(map(len, inclusion_path(index, size))) <= limit
    assert sum(map(len, consistency_path(index + 1, size))) <= limit
    for nodes in (inclusion_path(index, size), consistency_path(index + 1, size)):
        assert all((position + 1) << level <= size for member in nodes for level, position in member)


@given(st.integers(2, MAX_SIZE), st.data())
def test_a_changed_inclusion_proof_is_refused(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    proof = path(index, 0, size)
    arguments = {"leaf_hash": LEAVES[index], "root": tree_hash(0, size)}
    match data.draw(st.sampled_from(["leaf", "root", "index", "bit", "drop", "add", "swap"])):
        case "leaf":
            arguments["leaf_hash"] = LEAVES[(index + 1) % MAX_SIZE]
        case "root":
            arguments["root"] = tree_hash(0, size - 1)
        case "index":
            index = data.draw(st.integers(0, size - 1).filter(lambda other: other != index))
        case "bit":
            place = data.draw(st.integers(0, len(proof) - 1))
            proof[place] = flip(proof[place], data.draw(st.integers(0, 255)))
        case "drop":
            proof.pop(data.draw(st.integers(0, len(proof) - 1)))
        case "add":
            proof.insert(data.draw(st.integers(0, len(proof))), LEAVES[0])
        case _:
            if len(set(proof[:2])) < 2:
                return
            proof[:2] = proof[1::-1]
    with pytest.raises(ProofError):
        verify_inclusion(index=index, size=size, proof=proof, **arguments)


@given(st.integers(2, MAX_SIZE), st.data())
def test_a_changed_consistency_proof_is_refused(new_size: int, data: st.DataObject) -> None:
    old_size = data.draw(st.integers(1, new_size - 1))
    proof = subproof(old_size, 0, new_size, complete=True)
    roots = {"old_root": tree_hash(0, old_size), "new_root": tree_hash(0, new_size)}
    match data.draw(st.sampled_from(["old root", "new root", "bit", "drop", "add"])):
        case "old root":
            roots["old_root"] = flip(roots["old_root"], 0)
        case "new root":
            roots["new_root"] = flip(roots["new_root"], 0)
        case "bit":
            place = data.draw(st.integers(0, len(proof) - 1))
            proof[place] = flip(proof[place], data.draw(st.integers(0, 255)))
        case "drop":
            proof.pop(data.draw(st.integers(0, len(proof) - 1)))
        case _:
            proof.insert(data.draw(st.integers(0, len(proof))), LEAVES[0])
    with pytest.raises(ProofError):
        verify_consistency(old_size=old_size, new_size=new_size, proof=proof, **roots)


@given(st.integers(0, MAX_SIZE), st.data())
def test_appending_at_once_or_in_parts_is_the_same(size: int, data: st.DataObject) -> None:
    cut = data.draw(st.integers(0, size))
    whole, parts = CompactRange(), CompactRange()
    nodes = whole.extend(LEAVES[:size])
    again = parts.extend(LEAVES[:cut]) + CompactRange(parts.size, parts.peaks).extend(LEAVES[cut:size])
    parts.extend(LEAVES[cut:size])
    assert nodes == again
    assert (whole.size, whole.peaks) == (parts.size, parts.peaks)


def flip(hashed: bytes, bit: int) -> bytes:
    return (int.from_bytes(hashed, "big") ^ 1 << bit).to_bytes(32, "big")
