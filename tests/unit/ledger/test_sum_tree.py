"""Cheats against the sum tree, each with the message of the check that must catch it."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from ledger.encoding import entry_leaf
from ledger.errors import OutOfRange, ProofError, ProofMalformed, ProofMismatch
from ledger.log_tree import inclusion_path
from ledger.sum_tree import MAX_ENTRIES, SumNode, credited_grams, inclusion_proof, sum_root, verify_entry
from ledger.units import MAX_GRAMS
from ledger.vocabulary import BatchKind

Arguments = dict[str, Any]

SIZE, INDEX = 11, 4
OTHER = hashlib.sha256(b"other").digest()


def entry(place: int, **changes: Any) -> Arguments:
    made = {
        "kind": BatchKind.EARN,
        "grams": 100 + place,
        "entry_id": hashlib.sha256(b"id %d" % place).digest(),
        "fields_root": hashlib.sha256(b"fields %d" % place).digest(),
    }
    return made | changes


def leaf(place: int, **changes: Any) -> SumNode:
    made = entry(place, **changes)
    return SumNode(made["grams"], entry_leaf(**made))


LEAVES = [leaf(place) for place in range(SIZE)]
TOTAL, ROOT = sum_root(LEAVES)


def arguments(index: int = INDEX, leaves: Sequence[SumNode] = LEAVES) -> Arguments:
    total, root = sum_root(leaves)
    proof = inclusion_proof(leaves, index)
    return entry(index) | {"index": index, "size": len(leaves), "proof": proof, "total": total, "root": root}


@pytest.mark.parametrize("index", range(SIZE))
def test_the_offset_is_the_grams_before_the_entry(index: int) -> None:
    assert verify_entry(**arguments(index)) == sum(node.grams for node in LEAVES[:index])


def test_one_entry_is_its_own_root() -> None:
    assert sum_root(LEAVES[:1]) == LEAVES[0]
    assert verify_entry(**arguments(0, LEAVES[:1])) == 0


def with_sibling(place: int, **changes: Any) -> Callable[[Arguments], Arguments]:
    def change(given: Arguments) -> Arguments:
        proof = list(given["proof"])
        proof[place] = proof[place]._replace(**changes)
        return {"proof": proof}

    return change


MUTATIONS: list[tuple[Arguments | Callable[[Arguments], Arguments], type[ProofError], str]] = [
    ({"total": TOTAL + 1}, ProofMismatch, f"the proof leads to a total of {TOTAL} g and not of {TOTAL + 1} g"),
    ({"total": TOTAL - 1}, ProofMismatch, f"the proof leads to a total of {TOTAL} g and not of {TOTAL - 1} g"),
    ({"root": OTHER}, ProofMismatch, "the proof leads to root"),
    ({"grams": 105}, ProofMismatch, "the proof leads to root"),
    ({"kind": BatchKind.BEHAVIOUR}, ProofMismatch, "the proof leads to root"),
    ({"entry_id": OTHER}, ProofMismatch, "the proof leads to root"),
    ({"fields_root": OTHER}, ProofMismatch, "the proof leads to root"),
    ({"index": 5}, ProofMismatch, "the proof leads to root"),
    ({"index": SIZE}, ProofMalformed, "entry 11 is not in a batch of 11"),
    ({"index": -1}, ProofMalformed, "entry -1 is not in a batch of 11"),
    ({"index": 0, "size": 0}, ProofMalformed, "entry 0 is not in a batch of 0"),
    ({"size": MAX_ENTRIES + 1}, ProofMalformed, "which has at most 16777216"),
    ({"size": 8}, ProofMalformed, "4 siblings are too many for entry 4 of 8"),
    ({"size": 17}, ProofMalformed, "4 siblings are too few for entry 4 of 17"),
    ({"grams": 0}, ProofMalformed, "an entry has 1 g to"),
    ({"grams": MAX_GRAMS + 1}, ProofMalformed, "an entry has 1 g to"),
    (lambda given: {"proof": given["proof"][:-1]}, ProofMalformed, "3 siblings are too few"),
    (lambda given: {"proof": [*given["proof"], LEAVES[0]]}, ProofMalformed, "5 siblings are too many"),
    (lambda given: {"proof": given["proof"][::-1]}, ProofMismatch, "the proof leads to root"),
    (with_sibling(0, hash=OTHER), ProofMismatch, "the proof leads to root"),
    (with_sibling(0, grams=106), ProofMismatch, "the proof leads to root"),
    (with_sibling(0, grams=0), ProofMalformed, "1 entries cannot have 0 g"),
    (with_sibling(1, grams=1), ProofMalformed, "2 entries cannot have 1 g"),
    (with_sibling(0, grams=-1), ProofMalformed, "1 entries cannot have -1 g"),
    (with_sibling(0, grams=2**64), ProofMalformed, "below 2\\*\\*64 g"),
    (with_sibling(1, grams=2**64 - 1), ProofMalformed, "reach 2\\*\\*64 g"),
    (with_sibling(0, hash=OTHER[1:]), ProofMalformed, "every hash is 32 bytes"),
    ({"entry_id": OTHER[1:]}, ProofMalformed, "every hash is 32 bytes"),
    ({"fields_root": OTHER + b"\0"}, ProofMalformed, "every hash is 32 bytes"),
    ({"root": b""}, ProofMalformed, "every hash is 32 bytes"),
]


@pytest.mark.parametrize(("mutation", "error", "message"), MUTATIONS)
def test_each_mutation_is_caught_by_its_check(
    mutation: Arguments | Callable[[Arguments], Arguments], error: type[ProofError], message: str
) -> None:
    given = arguments()
    verify_entry(**given)
    change = mutation(given) if callable(mutation) else mutation
    with pytest.raises(error, match=message):
        verify_entry(**given | change)


@pytest.mark.parametrize("index", range(SIZE))
def test_another_size_is_refused_or_changes_nothing(index: int) -> None:
    """Sizes are taken from the chain: some give a path of the same shape, and then index and offset are the same."""
    given = arguments(index)
    sides = [member[0].position << member[0].level < index for member in inclusion_path(index, SIZE)]
    for size in range(1, 40):
        if size <= index or [m[0].position << m[0].level < index for m in inclusion_path(index, size)] != sides:
            with pytest.raises(ProofError):
                verify_entry(**given | {"size": size})
        else:
            assert verify_entry(**given | {"size": size}) == verify_entry(**given)


# Batches that are not what the total says


def test_a_total_that_is_not_the_sum_has_no_proof_at_all() -> None:
    """Whoever commits to one gram more can prove none of the entries."""
    for index in range(SIZE):
        with pytest.raises(ProofMismatch, match="the proof leads to a total of"):
            verify_entry(**arguments(index) | {"total": TOTAL + 1})


@pytest.mark.parametrize(
    ("leaves", "index"),
    [
        pytest.param([*LEAVES[:4], leaf(4, grams=105), *LEAVES[5:]], 4, id="changed"),
        pytest.param([*LEAVES[:4], LEAVES[5], LEAVES[4], *LEAVES[6:]], 4, id="moved"),
        pytest.param([*LEAVES[:5], *LEAVES[4:]], 5, id="doubled"),
        pytest.param([*LEAVES[:4], *LEAVES[5:]], 4, id="dropped"),
        pytest.param([*LEAVES[:4], leaf(4, kind=BatchKind.BEHAVIOUR), *LEAVES[5:]], 4, id="of another kind"),
    ],
)
def test_a_batch_with_other_leaves_does_not_hold_the_entry(leaves: list[SumNode], index: int) -> None:
    """The entry is what the person knows of it; the proof is the best that the cheated batch has."""
    total, root = sum_root(leaves)
    given = arguments(index, leaves)
    assert root != ROOT
    with pytest.raises(ProofMismatch, match="the proof leads to root"):
        verify_entry(**given)
    assert total == sum(node.grams for node in leaves)


def test_an_odd_node_is_promoted_and_never_doubled() -> None:
    """Where an odd node is paired with itself, a batch and the batch with its last entry doubled have one root."""
    doubled = sum_root([*LEAVES, LEAVES[-1]])
    assert doubled.hash != ROOT
    assert doubled.grams == TOTAL + LEAVES[-1].grams


def test_the_sum_stays_below_2_to_the_64() -> None:
    half = [leaf(place, grams=2**62) for place in range(3)]
    assert sum_root(half).grams == 3 * 2**62
    with pytest.raises(OutOfRange, match=r"^sum of grams must stay below 2\*\*64, but is 18446744073709551616"):
        sum_root([*half, leaf(3, grams=2**62)])


def test_a_sum_that_wraps_around_proves_nothing() -> None:
    """A cheat adds modulo 2**64, so that a huge sibling makes a small total; its own hash is right."""
    small, huge = leaf(0), SumNode(2**64 - 50, OTHER)
    packed = b"".join([b"\x01", small.grams.to_bytes(8, "big"), small.hash, huge.grams.to_bytes(8, "big"), huge.hash])
    root, total = hashlib.sha256(packed).digest(), (small.grams + huge.grams) % 2**64
    assert total == 50
    with pytest.raises(ProofMalformed, match="100 g and 18446744073709551566 g reach"):
        verify_entry(**entry(0), index=0, size=2, proof=[huge], total=total, root=root)


# Nodes and leaves passed off as each other


def test_a_node_is_no_entry() -> None:
    """Of a batch of two, someone shows a batch of one whose only "entry" is the root: no entry hashes to it."""
    leaves = LEAVES[:2]
    total, root = sum_root(leaves)
    with pytest.raises(ProofMismatch, match="the proof leads to root"):
        verify_entry(**entry(0, grams=total), index=0, size=1, proof=[], total=total, root=root)
    # The bytes under a node's hash never are those of a leaf: another tag and another length.
    with pytest.raises(OutOfRange, match=r"^fields_root must be 32 bytes"):
        entry_leaf(kind=0, grams=total, entry_id=leaves[0].hash, fields_root=leaves[1].hash + bytes(6))


def test_an_entry_is_no_node() -> None:
    """A leaf whose fields are chosen to look like two children does not open into them."""
    forged = leaf(0, entry_id=LEAVES[1].hash, fields_root=LEAVES[2].hash)
    root = sum_root([forged, LEAVES[3]])
    for place in (1, 2):
        with pytest.raises(ProofMismatch, match="the proof leads to root"):
            verify_entry(
                **entry(place),
                index=place - 1,
                size=3,
                proof=[LEAVES[3 - place], LEAVES[3]],
                total=root.grams,
                root=root.hash,
            )


def test_a_proof_of_the_log_is_no_proof_of_an_entry() -> None:
    """The same hashes without sums, as the log has them, lead elsewhere."""
    level = [node.hash for node in LEAVES[:2]]
    log_root = hashlib.sha256(b"\x01" + b"".join(level)).digest()
    with pytest.raises(ProofMismatch, match="the proof leads to root"):
        verify_entry(**entry(0), index=0, size=2, proof=[LEAVES[1]], total=sum_root(LEAVES[:2]).grams, root=log_root)


# Sums tailored to whoever looks (docs/spec/05-points.md)


def broken_node(left: SumNode, right: SumNode) -> SumNode:
    """One total hashed with two child hashes: how sums are spread over the children is not in the hash."""
    total = left.grams + right.grams
    return SumNode(total, hashlib.sha256(b"\x01" + total.to_bytes(8, "big") + left.hash + right.hash).digest())


def broken_root(leaves: Sequence[SumNode]) -> SumNode:
    if len(leaves) == 1:
        return leaves[0]
    split = 1 << (len(leaves) - 1).bit_length() - 1
    return broken_node(broken_root(leaves[:split]), broken_root(leaves[split:]))


def broken_climb(index: int, size: int, node: SumNode, proof: Sequence[SumNode]) -> SumNode:
    """What a person recomputes from a proof under the broken construction."""
    for member, sibling in zip(inclusion_path(index, size), proof, strict=True):
        is_left = member[0].position << member[0].level < index
        node = broken_node(sibling, node) if is_left else broken_node(node, sibling)
    return node


def test_the_broken_construction_shows_each_person_other_sums() -> None:
    """Two people, 900 g each: the committed total is 1,000 g and both proofs hold, though 1,800 g were promised."""
    ann, ben = leaf(0, grams=900), leaf(1, grams=900)
    committed = SumNode(1000, broken_node(SumNode(100, ann.hash), SumNode(900, ben.hash)).hash)
    shown_to_ann, shown_to_ben = SumNode(100, ben.hash), SumNode(100, ann.hash)
    assert broken_climb(0, 2, ann, [shown_to_ann]) == committed
    assert broken_climb(1, 2, ben, [shown_to_ben]) == committed
    assert ann.grams + ben.grams == 1800


def test_the_broken_construction_is_broken_in_deeper_trees_too() -> None:
    """Of eight people each is shown a root that says 800 g; everyone sees the own 450 g in it."""
    leaves = [leaf(place, grams=450) for place in range(8)]
    hashes = [[node.hash for node in leaves]]
    sums = (450, 500, 600, 800)  # on everybody's own path, from the leaf up
    for total in sums[1:]:
        below = hashes[-1]
        pairs = zip(below[::2], below[1::2], strict=True)
        hashes.append([hashlib.sha256(b"\x01" + total.to_bytes(8, "big") + a + b).digest() for a, b in pairs])
    committed = SumNode(800, hashes[3][0])
    for index, own in enumerate(leaves):
        siblings = [SumNode(sums[level + 1] - sums[level], hashes[level][index >> level ^ 1]) for level in range(3)]
        assert broken_climb(index, 8, own, siblings) == committed


def test_ours_holds_against_tailored_sums() -> None:
    """The cheat above against our construction: whichever sums are committed, one of the two has no proof."""
    ann, ben = entry(0, grams=900), entry(1, grams=900)
    leaves = [leaf(0, grams=900), leaf(1, grams=900)]
    for committed_to_ann, committed_to_ben in [(900, 100), (100, 900), (500, 500)]:
        root = sum_root([SumNode(committed_to_ann, leaves[0].hash), SumNode(committed_to_ben, leaves[1].hash)])
        held = 0
        for index, who in enumerate((ann, ben)):
            for claimed in range(1, 1000, 9):
                sibling = SumNode(claimed, leaves[1 - index].hash)
                try:
                    verify_entry(**who, index=index, size=2, proof=[sibling], total=1000, root=root.hash)
                except ProofMismatch:
                    continue
                held += 1
        assert held == (committed_to_ann == 900) + (committed_to_ben == 900)
        assert held < 2


@pytest.mark.parametrize(
    ("withheld", "credited"), [(0, [10, 20, 30]), (10, [0, 20, 30]), (25, [0, 5, 30]), (60, [0, 0, 0])]
)
def test_a_deficit_takes_the_first_grams_of_a_batch(withheld: int, credited: list[int]) -> None:
    entries = [(0, 10), (10, 20), (30, 30)]
    found = [credited_grams(offset=offset, grams=grams, withheld=withheld) for offset, grams in entries]
    assert found == credited
    assert sum(found) == 60 - withheld
