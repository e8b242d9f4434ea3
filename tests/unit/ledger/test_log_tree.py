"""Proofs, and one mutation for each check of the verifier, pinned to the message of the check that must catch it."""

import hashlib
from collections.abc import Callable
from typing import Any

import pytest

from ledger.encoding import EMPTY_ROOT
from ledger.errors import ProofError, ProofMalformed, ProofMismatch
from ledger.log_tree import (
    CompactRange,
    NodeId,
    consistency_path,
    consistency_proof,
    inclusion_path,
    inclusion_proof,
    peaks,
    root,
    verify_consistency,
    verify_inclusion,
)

LEAVES = [hashlib.sha256(bytes([number])).digest() for number in range(11)]
OTHER = hashlib.sha256(b"other").digest()

Arguments = dict[str, Any]


def inclusion_arguments(index: int = 4) -> Arguments:
    return {
        "leaf_hash": LEAVES[index],
        "index": index,
        "size": 11,
        "proof": inclusion_proof(LEAVES, index),
        "root": root(LEAVES),
    }


def consistency_arguments(old_size: int = 6) -> Arguments:
    return {
        "old_size": old_size,
        "old_root": root(LEAVES[:old_size]),
        "new_size": 11,
        "new_root": root(LEAVES),
        "proof": consistency_proof(LEAVES, old_size),
    }


INCLUSION_MUTATIONS: list[tuple[Arguments | Callable[[Arguments], Arguments], type[ProofError], str]] = [
    ({"leaf_hash": OTHER}, ProofMismatch, "the proof leads to root"),
    ({"root": OTHER}, ProofMismatch, "the proof leads to root"),
    ({"index": 5}, ProofMismatch, "the proof leads to root"),
    ({"index": 11}, ProofMalformed, "leaf 11 is not in a log of size 11"),
    ({"index": -1}, ProofMalformed, "leaf -1 is not in a log of size 11"),
    ({"size": 4}, ProofMalformed, "leaf 4 is not in a log of size 4"),
    ({"index": 0, "size": 0}, ProofMalformed, "leaf 0 is not in a log of size 0"),
    ({"size": 8}, ProofMalformed, "4 hashes are too many for leaf 4 of 8"),
    ({"size": 17}, ProofMalformed, "4 hashes are too few for leaf 4 of 17"),
    ({"proof": []}, ProofMalformed, "0 hashes are too few for leaf 4 of 11"),
    (lambda given: {"proof": given["proof"][:-1]}, ProofMalformed, "3 hashes are too few"),
    (lambda given: {"proof": [*given["proof"], OTHER]}, ProofMalformed, "5 hashes are too many"),
    (lambda given: {"proof": [OTHER, *given["proof"][1:]]}, ProofMismatch, "the proof leads to root"),
    (lambda given: {"proof": given["proof"][::-1]}, ProofMismatch, "the proof leads to root"),
    (
        lambda given: {"proof": [given["proof"][0] + b"\0", *given["proof"][1:]]},
        ProofMalformed,
        "every hash is 32 bytes",
    ),
    ({"leaf_hash": LEAVES[4][1:]}, ProofMalformed, "every hash is 32 bytes"),
    ({"root": b""}, ProofMalformed, "every hash is 32 bytes"),
]

CONSISTENCY_MUTATIONS: list[tuple[Arguments | Callable[[Arguments], Arguments], type[ProofError], str]] = [
    ({"old_root": OTHER}, ProofMismatch, f"the old root is {OTHER.hex()}, but the proof leads to"),
    ({"new_root": OTHER}, ProofMismatch, f"the new root is {OTHER.hex()}, but the proof leads to"),
    ({"old_size": 5}, ProofMalformed, "4 hashes are too few for sizes 5 and 11"),
    ({"old_size": 10}, ProofMalformed, "4 hashes are too many for sizes 10 and 11"),
    ({"new_size": 8}, ProofMalformed, "4 hashes are too many for sizes 6 and 8"),
    ({"new_size": 17}, ProofMalformed, "4 hashes are too few for sizes 6 and 17"),
    ({"old_size": 0}, ProofMalformed, "sizes 0 and 11 do not rise from at least 1"),
    ({"old_size": -1}, ProofMalformed, "sizes -1 and 11 do not rise"),
    ({"old_size": 12}, ProofMalformed, "sizes 12 and 11 do not rise"),
    ({"old_size": 11}, ProofMalformed, "equal sizes need no proof, but one was given"),
    ({"old_size": 11, "proof": []}, ProofMismatch, "one log has two roots at size 11"),
    ({"proof": []}, ProofMalformed, "0 hashes are too few for sizes 6 and 11"),
    (lambda given: {"proof": given["proof"][:-1]}, ProofMalformed, "3 hashes are too few"),
    (lambda given: {"proof": [*given["proof"], OTHER]}, ProofMalformed, "5 hashes are too many"),
    (lambda given: {"proof": [OTHER, *given["proof"][1:]]}, ProofMismatch, "the old root is"),
    (lambda given: {"proof": [*given["proof"][:-1], OTHER]}, ProofMismatch, "the new root is"),
    (lambda given: {"proof": [given["proof"][0][1:], *given["proof"][1:]]}, ProofMalformed, "every hash is 32 bytes"),
    ({"old_root": b""}, ProofMalformed, "every hash is 32 bytes"),
    ({"new_root": b""}, ProofMalformed, "every hash is 32 bytes"),
]


def mutated(given: Arguments, mutation: Arguments | Callable[[Arguments], Arguments]) -> Arguments:
    return given | (mutation(given) if callable(mutation) else mutation)


def test_the_unchanged_proofs_hold() -> None:
    for index in range(11):
        verify_inclusion(**inclusion_arguments(index))
    for old_size in range(1, 12):
        verify_consistency(**consistency_arguments(old_size))


@pytest.mark.parametrize(("mutation", "error", "message"), INCLUSION_MUTATIONS)
def test_inclusion_mutations(mutation: Any, error: type[ProofError], message: str) -> None:
    with pytest.raises(error, match=f"^Proof refused at inclusion: {message}"):
        verify_inclusion(**mutated(inclusion_arguments(), mutation))


@pytest.mark.parametrize(("mutation", "error", "message"), CONSISTENCY_MUTATIONS)
def test_consistency_mutations(mutation: Any, error: type[ProofError], message: str) -> None:
    with pytest.raises(error, match=f"^Proof refused at consistency: {message}"):
        verify_consistency(**mutated(consistency_arguments(), mutation))


def test_an_old_root_that_is_the_seed_of_the_proof_is_still_checked() -> None:
    """From a complete old tree the proof starts with the old root itself, so the new root must catch a wrong one."""
    with pytest.raises(ProofMismatch, match="the new root is"):
        verify_consistency(**consistency_arguments(4) | {"old_root": OTHER})


def test_the_size_is_bound_by_the_checkpoint_and_not_by_the_proof() -> None:
    """Sizes 9 to 16 give leaf 4 a path of the same shape: a size is believed only together with its signed root."""
    for size in range(9, 17):
        verify_inclusion(**inclusion_arguments() | {"size": size})


def test_small_trees_by_hand() -> None:
    """RFC 9162 §2.1.5: the tree of seven leaves."""
    assert root([]) == EMPTY_ROOT
    assert root(LEAVES[:1]) == LEAVES[0]
    assert inclusion_path(0, 7) == [(NodeId(0, 1),), (NodeId(1, 1),), (NodeId(1, 2), NodeId(0, 6))]
    assert inclusion_path(6, 7) == [(NodeId(1, 2),), (NodeId(2, 0),)]
    assert consistency_path(3, 7) == [
        (NodeId(0, 2),),
        (NodeId(0, 3),),
        (NodeId(1, 0),),
        (NodeId(1, 2), NodeId(0, 6)),
    ]
    assert consistency_path(4, 7) == [(NodeId(1, 2), NodeId(0, 6))]
    assert consistency_path(6, 7) == [(NodeId(1, 2),), (NodeId(0, 6),), (NodeId(2, 0),)]
    assert consistency_path(7, 7) == []
    assert peaks(0, 11) == (NodeId(3, 0), NodeId(1, 4), NodeId(0, 10))
    assert peaks(0, 0) == ()


def test_paths_refuse_impossible_sizes() -> None:
    for index, size in ((0, 0), (3, 3), (-1, 3)):
        with pytest.raises(ProofMalformed, match="is not in a log of size"):
            inclusion_path(index, size)
    for old, new in ((0, 3), (4, 3), (-1, 3)):
        with pytest.raises(ProofMalformed, match="do not rise from at least 1"):
            consistency_path(old, new)


def test_compact_range_refuses_what_cannot_be() -> None:
    for size, hashes in ((3, [OTHER]), (1, [b"short"]), (0, [OTHER])):
        with pytest.raises(ProofMalformed, match=f"a log of size {size} has"):
            CompactRange(size, hashes)
    with pytest.raises(ProofMalformed, match="a leaf hash is 32 bytes, not 5"):
        CompactRange().append(b"short")


def test_copies_are_apart() -> None:
    one = CompactRange()
    one.extend(LEAVES[:3])
    other = one.copy()
    other.append(LEAVES[3])
    assert (one.size, other.size) == (3, 4)
    assert one.root() == root(LEAVES[:3])
    assert other.root() == root(LEAVES[:4])
