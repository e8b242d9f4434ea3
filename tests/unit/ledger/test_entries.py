"""Entries, their disclosures and the JSON form of their proofs."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.encoding import EntrySalts
from ledger.entries import OPERATION_KINDS, DisclosedEntry, Entry, EntryProof
from ledger.errors import InvalidIdentifier, InvalidInput, InvalidQuantity, InvalidRecord, ProofMismatch, UnknownWord
from ledger.ids import Hash32
from ledger.sum_tree import inclusion_proof, sum_root
from ledger.vocabulary import BatchKind

KEY = b"k" * 32


def hash_of(text: str) -> Hash32:
    return Hash32(hashlib.sha256(text.encode()).digest())


def earned(place: int = 0, **changes: Any) -> Entry:
    made: dict[str, Any] = {
        "salt_key": KEY,
        "kind": BatchKind.EARN,
        "grams": 541 + place,
        "entry_id": hash_of(f"entry {place}"),
        "account_tag": hash_of(f"person {place}"),
        "details": {"distance_m": 3600, "started_at": 1_764_547_200},
    }
    return Entry.salted(**made | changes)


def proof(index: int = 1, shown: tuple[str, ...] = ("account",)) -> EntryProof:
    entries = [earned(place) for place in range(5)]
    leaves = [(entry.grams, entry.leaf) for entry in entries]
    total, root = sum_root(leaves)
    path = tuple(inclusion_proof(leaves, index))
    entry = entries[index].disclose(shown)
    return EntryProof(entry=entry, index=index, size=5, total=total, root=Hash32(root), path=path)


@pytest.mark.parametrize("shown", [(), ("account",), ("details",), ("details", "account")])
def test_what_is_hidden_is_hashed_all_the_same(shown: tuple[str, ...]) -> None:
    entry = earned()
    disclosed = entry.disclose(shown)
    assert disclosed.leaf == entry.leaf
    assert set(disclosed.values) == set(shown)
    text = json.dumps(disclosed.to_json())
    assert (entry.account_tag.hex0x in text) is ("account" in shown)
    assert ("distance_m" in text) is ("details" in shown)
    assert (entry.salts.details.hex() in text) is ("details" in shown)
    assert (entry.salts.account.hex() in text) is ("account" in shown)


def test_an_entry_comes_back_from_its_json() -> None:
    entry = earned()
    assert Entry.from_json(json.loads(json.dumps(entry.to_json()))) == entry


def test_the_repr_keeps_back_what_happened_and_the_salts() -> None:
    shown = repr(earned())
    assert "3600" not in shown
    assert "salts" not in shown


def test_a_disclosure_is_no_whole_entry() -> None:
    with pytest.raises(InvalidRecord, match=r"^fields must both be disclosed in an entry"):
        Entry.from_json(earned().disclose(["account"]).to_json())


def test_a_field_that_entries_do_not_have() -> None:
    with pytest.raises(InvalidRecord, match=r"^names must be of account and details"):
        earned().disclose(["identity"])


def test_each_kind_hashes_its_own_operation_kind() -> None:
    assert sorted(OPERATION_KINDS) == [kind for kind in BatchKind if kind is not BatchKind.NONE]
    tag = hash_of("person")
    referenced: dict[str, Any] = {"entry_id": tag, "account_tag": tag, "details": {"reference": "a"}, "grams": 1}
    kinds = set(BatchKind) - {BatchKind.NONE, BatchKind.EARN, BatchKind.BEHAVIOUR}
    assert len({earned(**referenced | {"kind": kind}).fields_root for kind in kinds}) == len(kinds)


@pytest.mark.parametrize(
    ("changes", "error", "message"),
    [
        ({"kind": BatchKind.NONE}, InvalidRecord, "kind must be one of earn, redeem"),
        ({"grams": 0}, InvalidQuantity, "grams must be more than zero"),
        ({"grams": 2**63}, InvalidQuantity, "grams must be at most"),
        ({"grams": 1.0}, InvalidQuantity, "grams must be a whole number"),
        ({"details": {"distance_m": "1"}}, InvalidRecord, "details.distance_m must be a whole number"),
        ({"details": {"distance_m": True}}, InvalidRecord, "details.distance_m must be a whole number"),
        ({"details": []}, InvalidRecord, "details must be an object"),
        ({"kind": BatchKind.REDEEM}, InvalidRecord, "details must be a reference and nothing else"),
        (
            {"kind": BatchKind.DONATE, "details": {"reference": 1}},
            InvalidRecord,
            "details must be a reference and nothing else",
        ),
        (
            {"kind": BatchKind.SNAPSHOT, "details": {"reference": "a"}},
            InvalidRecord,
            "entry_id must be the account tag in a snapshot",
        ),
    ],
)
def test_what_no_entry_can_be(changes: dict[str, Any], error: type[InvalidInput], message: str) -> None:
    with pytest.raises(error, match=f"^{message}"):
        earned(**changes)


def test_a_salt_of_another_length() -> None:
    entry = earned()
    with pytest.raises(InvalidInput, match=r"^salt must be 16 bytes"):
        Entry(
            kind=entry.kind,
            grams=entry.grams,
            entry_id=entry.entry_id,
            account_tag=entry.account_tag,
            details=entry.details,
            salts=EntrySalts(b"", bytes(16)),
        )


@pytest.mark.parametrize("index", range(5))
def test_a_proof_holds_after_its_way_through_json(index: int) -> None:
    made = proof(index)
    read = EntryProof.from_json(json.loads(json.dumps(made.to_json())))
    assert read == made
    assert read.verify() == sum(541 + place for place in range(index))


@pytest.mark.parametrize(
    ("name", "other"),
    [("kind", BatchKind.CANCEL), ("size", 6), ("total", 1), ("root", hash_of("another root"))],
)
def test_a_proof_holds_only_in_the_batch_that_the_chain_has(name: str, other: object) -> None:
    made = proof(2)
    anchored: dict[str, Any] = {
        "kind": made.entry.kind,
        "size": made.size,
        "total": made.total,
        "root": made.root,
    }
    assert made.verify_in(**anchored) == made.verify()
    with pytest.raises(ProofMismatch, match=f"its {name} is"):
        made.verify_in(**anchored | {name: other})


def test_a_proof_with_another_shown_field_does_not_hold() -> None:
    document: Any = proof().to_json()
    document["entry"]["fields"][0]["value"] = hash_of("someone else").hex0x
    with pytest.raises(ProofMismatch, match="the proof leads to root"):
        EntryProof.from_json(document).verify()


def test_a_proof_as_of_another_kind_does_not_hold() -> None:
    document: Any = proof().to_json()
    document["entry"]["kind"] = "behaviour"
    with pytest.raises(ProofMismatch, match="the proof leads to root"):
        EntryProof.from_json(document).verify()


def spoil(*path: str | int, value: Any) -> Callable[[Any], None]:
    def change(document: Any) -> None:
        for step in path[:-1]:
            document = document[step]
        document[path[-1]] = value

    return change


COMMITMENT = {"commitment": "0x" + "00" * 32}

MALFORMED: list[tuple[Callable[[Any], None], type[InvalidInput], str]] = [
    (spoil("more", value=1), InvalidRecord, "entry proof must be an object of"),
    (spoil("format", value=2), InvalidRecord, "format must be 1"),
    (spoil("format", value=True), InvalidRecord, "format must be 1"),
    (spoil("index", value="1"), InvalidRecord, "index must be a whole number"),
    (spoil("index", value=-1), InvalidRecord, "index must be a whole number"),
    (spoil("size", value=5.0), InvalidRecord, "size must be a whole number"),
    (spoil("total", value=2715), InvalidRecord, "total must be a decimal string"),
    (spoil("total", value="02715"), InvalidRecord, "total must be a decimal string"),
    (spoil("total", value=str(2**64)), InvalidRecord, "total must be a decimal string"),
    (spoil("root", value="0x00"), InvalidIdentifier, "root must be 0x and 64"),
    (spoil("path", value={}), InvalidRecord, "path must be a list"),
    (spoil("path", 0, value={"hash": "0x" + "00" * 32}), InvalidRecord, "path must hold objects of grams and hash"),
    (spoil("path", 0, "grams", value="-1"), InvalidRecord, "grams must be a decimal string"),
    (spoil("path", 0, "hash", value="00" * 32), InvalidIdentifier, "hash must be 0x and 64"),
    (spoil("entry", "grams", value=542), InvalidQuantity, "grams must be whole grams as a decimal string"),
    (spoil("entry", "grams", value="0"), InvalidQuantity, "grams must be more than zero"),
    (spoil("entry", "kind", value="none"), UnknownWord, "kind must be one of earn"),
    (spoil("entry", "kind", value=1), UnknownWord, "kind must be one of earn"),
    (spoil("entry", "format", value=0), InvalidRecord, "format must be 1"),
    (spoil("entry", "fields", value=[COMMITMENT]), InvalidRecord, "fields must be the list of account and details"),
    (spoil("entry", "fields", 0, "name", value="details"), InvalidRecord, "fields must be account and details"),
    (spoil("entry", "fields", 0, "value", value="0x" + "AB" * 32), InvalidRecord, "account must be written in lower"),
    (spoil("entry", "fields", 0, "value", value=None), InvalidIdentifier, "account must be 0x and 64"),
    (spoil("entry", "fields", 0, "salt", value="0x00"), InvalidRecord, "salt must be 0x and 32"),
]


@pytest.mark.parametrize(("change", "error", "message"), MALFORMED)
def test_malformed_documents(change: Callable[[Any], None], error: type[InvalidInput], message: str) -> None:
    document: Any = proof().to_json()
    change(document)
    with pytest.raises(error, match=f"^{message}"):
        EntryProof.from_json(document)


def test_fields_in_another_order() -> None:
    document: Any = earned().to_json()
    document["fields"].reverse()
    with pytest.raises(InvalidRecord, match=r"^fields must be account and details, in this order"):
        DisclosedEntry.from_json(document)
