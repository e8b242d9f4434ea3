"""The fast builder against the slow reference: every id, salt, commitment, leaf, root, total and proof."""

import hashlib
import hmac
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger import encoding
from ledger.bulk import entries as bulk
from ledger.bulk.columns import Grams, Hashes, Strings, take_hashes
from ledger.bulk.hashing import SPAN, keyed_hashes, plain_hashes
from ledger.bulk.sha256 import INITIAL_STATE, ROUND_CONSTANTS
from ledger.bulk.sum_tree import NODE_LENGTH, SumTree, batch_tree, node_count
from ledger.canonical import canonical_json
from ledger.entries import Entry
from ledger.errors import InvalidQuantity, OutOfRange, ProofMalformed
from ledger.ids import Hash32
from ledger.sum_tree import MAX_ENTRIES, SumNode, inclusion_proof, sum_root, verify_entry
from ledger.units import MAX_GRAMS
from ledger.vocabulary import BatchKind

KEY = hashlib.sha256(b"key").digest()
KINDS = [kind for kind in BatchKind if kind is not BatchKind.NONE]


def made_hashes(seed: int, count: int) -> Hashes:
    return np.random.default_rng(abs(seed)).integers(0, 256, (count, 32), np.uint8)


def made_grams(seed: int, count: int, most: int = 10**9) -> Grams:
    return np.random.default_rng(abs(seed)).integers(1, most, count, np.uint64, endpoint=True)


def rows(column: Hashes) -> list[bytes]:
    return [row.tobytes() for row in column]


def leaves_of(grams: Grams, hashes: Hashes) -> list[SumNode]:
    return [SumNode(weight, leaf) for weight, leaf in zip(grams.tolist(), rows(hashes), strict=True)]


# Hashes


def test_the_constants_are_those_of_the_standard() -> None:
    assert [hex(word) for word in INITIAL_STATE[[0, 7]]] == ["0x6a09e667", "0x5be0cd19"]
    assert [hex(ROUND_CONSTANTS[index]) for index in (0, 63)] == ["0x428a2f98", "0xc67178f2"]


@pytest.mark.parametrize("count", [1, 15, 16, 17, 33])
def test_messages_of_every_length(count: int) -> None:
    """Lengths 0 to 300 pass every border of block and padding, in company of longer and shorter ones."""
    chance = np.random.default_rng(count)
    for start in range(0, 300, count):
        messages = [chance.bytes(length) for length in range(start, start + count)]
        messages = [messages[place] for place in chance.permutation(count)]
        column = Strings.from_list(messages)
        assert rows(plain_hashes(column)) == [hashlib.sha256(message).digest() for message in messages]
        assert rows(keyed_hashes(KEY, column)) == [hmac.digest(KEY, message, "sha256") for message in messages]


@given(st.binary(min_size=16, max_size=200), st.lists(st.binary(max_size=400), max_size=40))
def test_keyed_hashes(key: bytes, messages: list[bytes]) -> None:
    expected = [encoding.keyed_hash(key=key, message=message) for message in messages]
    assert rows(keyed_hashes(key, Strings.from_list(messages))) == expected


def test_a_short_key_is_refused() -> None:
    with pytest.raises(OutOfRange, match=r"^key must be at least 16 bytes"):
        keyed_hashes(bytes(15), Strings.from_list([b""]))


def test_the_loops_are_compiled_from_the_source_as_it_is(tmp_path: Path) -> None:
    """numba's cache does not see changes of `ledger.bulk.sha256`: without it the hashes are the same."""
    program = (
        "from ledger.bulk.columns import Strings; from ledger.bulk.hashing import keyed_hashes, plain_hashes;"
        "strings = Strings.from_list([b'abc', b'x' * 200]);"
        "print(plain_hashes(strings).tobytes().hex(), keyed_hashes(bytes(16), strings).tobytes().hex())"
    )
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=True)
    messages = [b"abc", b"x" * 200]
    plain = b"".join(hashlib.sha256(message).digest() for message in messages)
    keyed = b"".join(hmac.digest(bytes(16), message, "sha256") for message in messages)
    assert done.stdout.split() == [plain.hex(), keyed.hex()]


def test_more_messages_than_one_thread_takes() -> None:
    messages = [b"%d" % number for number in range(2 * SPAN + 5)]
    assert rows(plain_hashes(Strings.from_list(messages))) == [hashlib.sha256(m).digest() for m in messages]


# Entries


@given(st.text(max_size=40), st.lists(st.text(max_size=90), max_size=40))
def test_entry_ids(source_id: str, record_ids: list[str]) -> None:
    column = Strings.from_list([record.encode() for record in record_ids])
    assert rows(bulk.entry_ids(feed_key=KEY, source_id=source_id, record_ids=column)) == [
        encoding.entry_id(feed_key=KEY, source_id=source_id, source_record_id=record) for record in record_ids
    ]


def test_a_record_id_of_65536_bytes_is_refused() -> None:
    longest = Strings.from_list([b"a" * 65_535])
    expected = encoding.entry_id(feed_key=KEY, source_id="s", source_record_id="a" * 65_535)
    assert rows(bulk.entry_ids(feed_key=KEY, source_id="s", record_ids=longest)) == [expected]
    with pytest.raises(OutOfRange, match=r"^record id 1 must be at most 65535 bytes"):
        bulk.entry_ids(feed_key=KEY, source_id="s", record_ids=Strings.from_list([b"", b"a" * 65_536]))


@pytest.mark.parametrize("count", [0, 1, 16, 50])
def test_tags_and_salts(count: int) -> None:
    keys = made_hashes(count, count)
    assert rows(bulk.account_tags(keys)) == [encoding.account_tag(person_key=key) for key in rows(keys)]
    expected = [encoding.entry_salts(salt_key=KEY, entry_id=key) for key in rows(keys)]
    assert rows(bulk.entry_salts(salt_key=KEY, entry_ids=keys)) == [b"".join(salts) for salts in expected]


details = st.dictionaries(
    st.sampled_from(["distance_m", "duration_s", "energy_wh", "started_at", "ended_at"]),
    st.integers(min_value=-(2**53) + 1, max_value=2**53 - 1),
)


@settings(max_examples=40)
@given(st.lists(details, min_size=1, max_size=70), st.sampled_from([BatchKind.EARN, BatchKind.BEHAVIOUR]), st.binary())
def test_batches_are_those_of_their_entries(given_details: list[dict[str, Any]], kind: BatchKind, seed: bytes) -> None:
    number, count = int.from_bytes(hashlib.sha256(seed).digest()), len(given_details)
    ids = made_hashes(number, count)
    ids = take_hashes(ids, bulk.ascending_order(ids))
    tags, grams = made_hashes(number + 1, count), made_grams(number, count)
    entries = [
        Entry.salted(
            salt_key=KEY, kind=kind, grams=weight, entry_id=Hash32(entry_id), account_tag=Hash32(tag), details=detail
        )
        for weight, entry_id, tag, detail in zip(grams.tolist(), rows(ids), rows(tags), given_details, strict=True)
    ]
    column = Strings.from_list([canonical_json(detail) for detail in given_details])
    tree = batch_tree(kind=kind, grams=grams, entry_ids=ids, account_tags=tags, details=column, salt_key=KEY)
    assert (tree.total, tree.root) == tuple(sum_root([(entry.grams, entry.leaf) for entry in entries]))
    index = number % count
    entry = entries[index]
    offset = verify_entry(
        kind=kind,
        grams=entry.grams,
        entry_id=entry.entry_id,
        fields_root=entry.fields_root,
        index=index,
        size=count,
        proof=tree.proof(index),
        total=tree.total,
        root=tree.root,
    )
    assert offset == tree.offset(index) == sum(grams[:index].tolist())


@pytest.mark.parametrize("kind", KINDS)
def test_leaves_of_every_kind(kind: BatchKind) -> None:
    ids, accounts, others = (made_hashes(seed, 20) for seed in (1, 2, 3))
    grams = made_grams(4, 20, MAX_GRAMS)
    roots = bulk.fields_roots(kind, accounts, others)
    expected = [
        encoding.entry_leaf(kind=kind, grams=weight, entry_id=entry_id, fields_root=root)
        for weight, entry_id, root in zip(grams.tolist(), rows(ids), rows(roots), strict=True)
    ]
    assert rows(bulk.entry_leaves(kind, grams, ids, roots)) == expected


# Trees


@pytest.mark.parametrize("size", range(1, 71))
def test_every_small_tree_and_each_of_its_proofs(size: int) -> None:
    grams, hashes = made_grams(size, size), made_hashes(size, size)
    leaves = leaves_of(grams, hashes)
    tree = SumTree.of_leaves(grams, hashes)
    assert (tree.size, tree.total, tree.root) == (size, *sum_root(leaves))
    for index in range(size):
        assert tree.proof(index) == inclusion_proof(leaves, index)
        assert tree.offset(index) == sum(grams[:index].tolist())


@settings(max_examples=25)
@given(st.integers(min_value=71, max_value=5000), st.integers(), st.data())
def test_larger_trees(size: int, seed: int, data: st.DataObject) -> None:
    grams, hashes = made_grams(seed, size), made_hashes(seed, size)
    leaves = leaves_of(grams, hashes)
    tree = SumTree.of_leaves(grams, hashes)
    assert (tree.total, tree.root) == tuple(sum_root(leaves))
    index = data.draw(st.integers(min_value=0, max_value=size - 1))
    assert tree.proof(index) == inclusion_proof(leaves, index)
    assert SumTree.from_node_bytes(size, tree.node_bytes()).proof(index) == tree.proof(index)


def test_a_tree_that_several_threads_make() -> None:
    size = 4 * SPAN + 3
    grams, hashes = made_grams(1, size), made_hashes(1, size)
    tree = SumTree.of_leaves(grams, hashes)
    assert (tree.total, tree.root) == tuple(sum_root(leaves_of(grams, hashes)))


@settings(max_examples=60)
@given(st.lists(st.sampled_from([1, 2**61, 2**62, MAX_GRAMS - 1, MAX_GRAMS]), min_size=1, max_size=20))
def test_extreme_sums(weights: list[int]) -> None:
    """Exact up to 2**64 - 1, refused from 2**64 on, with the same words."""
    grams, hashes = np.array(weights, np.uint64), made_hashes(1, len(weights))
    try:
        expected = sum_root(leaves_of(grams, hashes))
    except OutOfRange:
        assert sum(weights) >= 2**64
        with pytest.raises(OutOfRange, match=r"^sum of grams must stay below 2\*\*64"):
            SumTree.of_leaves(grams, hashes)
    else:
        tree = SumTree.of_leaves(grams, hashes)
        assert (tree.total, tree.root) == tuple(expected)
        assert tree.total == sum(weights)


@pytest.mark.parametrize("place", [0, SPAN, 4 * SPAN + 1])
def test_overflow_in_any_span_is_seen(place: int) -> None:
    grams = made_grams(2, 5 * SPAN)
    grams[place : place + 3] = MAX_GRAMS
    with pytest.raises(OutOfRange, match=r"^sum of grams must stay below 2\*\*64"):
        SumTree.of_leaves(grams, made_hashes(2, len(grams)))


# What is refused


def columns_of_a_batch(count: int = 20) -> dict[str, Any]:
    ids = made_hashes(5, count)
    return {
        "kind": BatchKind.EARN,
        "grams": made_grams(5, count),
        "entry_ids": take_hashes(ids, bulk.ascending_order(ids)),
        "account_tags": made_hashes(6, count),
        "details": Strings.from_list([b"{}"] * count),
        "salt_key": KEY,
    }


def test_ids_ascend_strictly() -> None:
    columns = columns_of_a_batch()
    ids = columns["entry_ids"].copy()
    ids[7] = ids[6]
    with pytest.raises(OutOfRange, match=r"^entry id 7 must be above the id before it"):
        batch_tree(**columns | {"entry_ids": ids})
    ids[[7, 8]] = columns["entry_ids"][[8, 7]]
    with pytest.raises(OutOfRange, match=r"^entry id 8 must be above the id before it"):
        batch_tree(**columns | {"entry_ids": ids})


@pytest.mark.parametrize(("grams", "shown"), [(0, "0"), (MAX_GRAMS + 1, "9223372036854775808")])
def test_grams_of_an_entry(grams: int, shown: str) -> None:
    columns = columns_of_a_batch()
    columns["grams"][3] = grams
    with pytest.raises(InvalidQuantity, match=f"^grams of entry 3 must be 1 to .* but is {shown}"):
        batch_tree(**columns)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"grams": made_grams(1, 19)}, "grams must number 20"),
        ({"grams": np.ones(20, np.int64)}, "grams must be an array of uint64"),
        ({"account_tags": made_hashes(1, 21)}, "account_tags must number 20"),
        ({"account_tags": np.zeros((20, 31), np.uint8)}, "account_tags must be 32 bytes wide"),
        ({"account_tags": np.zeros(640, np.uint8)}, "account_tags must be an array of uint8 of 2"),
        ({"details": Strings.from_list([b"{}"] * 21)}, "details must number 20"),
        ({"entry_ids": np.zeros((0, 32), np.uint8)}, "entries must number 1 to 16777216"),
        ({"salt_key": bytes(15)}, "key must be at least 16 bytes"),
    ],
)
def test_columns_that_do_not_fit(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(OutOfRange, match=f"^{message}"):
        batch_tree(**columns_of_a_batch() | changes)


def test_too_many_entries() -> None:
    with pytest.raises(OutOfRange, match=r"^entries must number 1 to 16777216, but is 16777217"):
        SumTree.from_node_bytes(MAX_ENTRIES + 1, b"")


def test_stored_nodes_of_another_length() -> None:
    stored = SumTree.of_leaves(made_grams(1, 5), made_hashes(1, 5)).node_bytes()
    assert len(stored) == NODE_LENGTH * node_count(5) == 40 * (5 + 3 + 2 + 1)
    with pytest.raises(OutOfRange, match=r"^nodes must be 440 bytes for 5 entries, but is 439"):
        SumTree.from_node_bytes(5, stored[1:])


@pytest.mark.parametrize("index", [-1, 5])
def test_a_proof_of_an_entry_outside(index: int) -> None:
    tree = SumTree.of_leaves(made_grams(1, 5), made_hashes(1, 5))
    with pytest.raises(ProofMalformed, match=f"entry {index} is not in a batch of 5"):
        tree.proof(index)


# Columns


@given(st.lists(st.binary(max_size=20), max_size=30), st.data())
def test_strings(members: list[bytes], data: st.DataObject) -> None:
    strings = Strings.from_list(members)
    assert strings.to_list() == members
    indices = data.draw(st.lists(st.integers(0, len(members) - 1), max_size=40)) if members else []
    assert strings.take(np.array(indices, np.int64)).to_list() == [members[index] for index in indices]


def test_a_slice_of_an_arrow_column() -> None:
    strings = Strings(np.array([2, 4, 7], np.int32), np.frombuffer(b"__abcdefg", np.uint8))
    assert strings.to_list() == [b"ab", b"cde"]
    assert rows(plain_hashes(strings)) == [hashlib.sha256(b"ab").digest(), hashlib.sha256(b"cde").digest()]


@pytest.mark.parametrize("offsets", [[], [-1, 2], [0, 3, 2], [0, 4]])
def test_offsets_that_leave_the_data(offsets: list[int]) -> None:
    with pytest.raises(OutOfRange, match=r"^offsets must"):
        Strings(np.array(offsets, np.int64), np.frombuffer(b"abc", np.uint8))


def test_indices_outside_a_column() -> None:
    with pytest.raises(IndexError, match="reach from 0 to 5 in a column of 5"):
        take_hashes(made_hashes(1, 5), np.array([0, 5]))


@pytest.mark.parametrize("seed", range(5))
def test_ascending_order(seed: int) -> None:
    """Also where many ids begin alike."""
    ids = made_hashes(seed, 200).copy()
    ids[:, : 8 * (seed % 4)] = 7
    ids[50] = ids[150]
    order = bulk.ascending_order(ids)
    assert order.tolist() == sorted(range(200), key=rows(ids).__getitem__)
    taken = take_hashes(ids, order)
    found = bulk.first_disorder(taken)
    assert found == next(index for index in range(1, 200) if rows(taken)[index] == rows(taken)[index - 1])
