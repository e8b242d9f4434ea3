"""A certificate is checked by recomputing it: every change of what it states is caught, by the check meant for it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from ledger import encoding
from ledger.errors import InvalidInput, ProofError, ProofMalformed, ProofMismatch
from ledger.ids import ZERO_ADDRESS, Address, Hash32, LotId, OperationId
from ledger.log_tree import inclusion_proof, root
from ledger.records import DerivedSalts, build_record
from ledger.vocabulary import CancellationPurpose, OperationKind
from scripts.certificates import CheckedCertificate, check_certificate

CHAIN_ID = 31_337
LEDGER = Address(b"\x04" * 20)
LOT = LotId(b"\x05" * 32)
ACCOUNT = Address(b"\x06" * 20)
OPERATION = OperationId(b"\x07" * 32)
RECORD = build_record(
    OperationKind.REDUCTION_CANCELLED,
    OPERATION,
    {
        "rules": "test",
        "account": ACCOUNT.hex0x,
        "lot_id": LOT.hex0x,
        "quantity_gco2e": "500000",
        "purpose": "event-neutrality",
        "event": "Marathon",
        "contact": "kept back",
    },
    DerivedSalts(b"k" * 32),
)
SUBJECT = encoding.certificate_subject(
    certificate_number=9, lot_id=LOT, purpose=CancellationPurpose.EVENT_NEUTRALITY, first_serial=1001
)
LEAF = encoding.log_leaf(
    chain_id=CHAIN_ID,
    ledger=LEDGER,
    kind=OperationKind.REDUCTION_CANCELLED,
    operation_id=OPERATION,
    subject=SUBJECT,
    from_account=ACCOUNT,
    to_account=ZERO_ADDRESS,
    grams=500_000,
    record_hash=RECORD.hash,
    timestamp=1_790_000_000,
)
LEAVES = [encoding.log_node(bytes([number]) * 32, bytes(32)) for number in range(11)]
LEAVES[6] = LEAF
ROOT = Hash32(root(LEAVES))

Document = dict[str, Any]


def documents() -> tuple[Document, Document]:
    """A certificate and its proof, as the API serves them."""
    certificate = {
        "number": 9,
        "account": ACCOUNT.hex0x,
        "purpose": "event-neutrality",
        "quantity_gco2e": "500000",
        "lot": {"lot_id": LOT.hex0x},
        "first_serial": "1001",
        "operation_id": OPERATION.hex0x,
        "timestamp": 1_790_000_000,
        "subject": SUBJECT.hex0x,
        "record_hash": RECORD.hash.hex0x,
        "record": RECORD.disclose(["rules", "event", "quantity_gco2e"]).to_json(),
        "leaf_index": 6,
    }
    proof = {
        "leaf_index": 6,
        "leaf_hash": LEAF.hex0x,
        "tree_size": 11,
        "root": ROOT.hex0x,
        "path": ["0x" + member.hex() for member in inclusion_proof(LEAVES, 6)],
    }
    return copy.deepcopy(certificate), copy.deepcopy(proof)


def check(certificate: Document, proof: Document, contract_root: Hash32 = ROOT) -> CheckedCertificate:
    return check_certificate(
        certificate,
        proof,
        chain_id=CHAIN_ID,
        ledger=LEDGER,
        root_at=lambda size: contract_root if size == len(LEAVES) else Hash32(bytes(32)),
    )


def test_a_true_certificate_holds() -> None:
    checked = check(*documents())

    assert (checked.number, checked.leaf_index, checked.log_size, checked.log_root) == (9, 6, 11, ROOT)


def test_one_without_record_holds_too() -> None:
    certificate, proof = documents()
    certificate["record"] = None

    assert check(certificate, proof).leaf_hash == LEAF


def _set(document: int, name: str, value: object) -> Callable[[tuple[Document, Document]], None]:
    def change(both: tuple[Document, Document]) -> None:
        both[document][name] = value

    return change


def _without_record(name: str, value: object) -> Callable[[tuple[Document, Document]], None]:
    def change(both: tuple[Document, Document]) -> None:
        both[0].update({"record": None, name: value})

    return change


def _show_other_event(both: tuple[Document, Document]) -> None:
    members = both[0]["record"]["fields"]
    next(member for member in members if member.get("name") == "event")["value"] = "Another"


def _lot(both: tuple[Document, Document]) -> None:
    both[0]["lot"]["lot_id"] = "0x" + "99" * 32


@pytest.mark.parametrize(
    ("change", "step"),
    [
        (_set(0, "number", 10), "step 1, subject"),
        (_set(0, "purpose", "voluntary-offset"), "step 1, subject"),
        (_set(0, "first_serial", "1002"), "step 1, subject"),
        (_set(0, "subject", "0x" + "00" * 32), "step 1, subject"),
        (_lot, "step 1, subject"),
        (_show_other_event, "step 2, record"),
        (_set(0, "record_hash", "0x" + "11" * 32), "step 2, record"),
        (_set(0, "quantity_gco2e", "500001"), "step 2, quantity_gco2e of the record"),
        (_without_record("quantity_gco2e", "500001"), "step 3, leaf"),
        (_set(0, "account", "0x" + "11" * 20), "step 3, leaf"),
        (_set(0, "operation_id", "0x" + "11" * 32), "step 3, leaf"),
        (_set(0, "timestamp", 1), "step 3, leaf"),
        (_set(1, "leaf_hash", "0x" + "11" * 32), "step 3, leaf"),
        (_set(0, "purpose", "fun"), "certificate"),
        (_set(0, "account", "0x12"), "certificate"),
        (_set(0, "timestamp", None), "certificate"),
        (_set(0, "record", {"fields": []}), "certificate"),
        (_set(1, "path", None), "certificate"),
    ],
)
def test_changes_are_caught(change: Callable[[tuple[Document, Document]], None], step: str) -> None:
    both = documents()
    change(both)

    with pytest.raises(ProofError) as caught:
        check(*both)
    assert caught.value.step == step
    assert not isinstance(caught.value, InvalidInput)


@pytest.mark.parametrize(
    "change",
    [
        _set(1, "leaf_index", 7),
        _set(1, "root", "0x" + "11" * 32),
        _set(1, "path", ["0x" + "11" * 32] * 4),
        _set(1, "path", []),
    ],
)
def test_a_changed_proof_is_caught_by_the_log(change: Callable[[tuple[Document, Document]], None]) -> None:
    both = documents()
    change(both)

    with pytest.raises((ProofMismatch, ProofMalformed)) as caught:
        check(*both)
    assert not caught.value.step.startswith("step")


def test_a_root_of_another_size_is_caught_by_the_contract() -> None:
    certificate, proof = documents()
    proof["tree_size"] = 12  # the path would fit, the root is that of 11 leaves

    with pytest.raises(ProofMismatch) as caught:
        check(certificate, proof)
    assert caught.value.step == "step 5, root of the contract"


def test_a_log_of_the_servers_own_is_caught_by_the_contract() -> None:
    with pytest.raises(ProofMismatch) as caught:
        check(*documents(), contract_root=Hash32(b"\x11" * 32))
    assert caught.value.step == "step 5, root of the contract"


@pytest.mark.parametrize("name", ["number", "account", "lot", "subject", "record", "record_hash", "quantity_gco2e"])
def test_missing_members(name: str) -> None:
    certificate, proof = documents()
    del certificate[name]

    with pytest.raises(ProofMalformed):
        check(certificate, proof)
