"""`ledger.encoding` against the shared vectors, which are made without it."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from chain.ethereum_account import encode_typed_data
from ledger import encoding
from ledger.encoding import EMPTY_ROOT
from ledger.errors import OutOfRange
from ledger.ids import ActivityId, Address, CampaignId, Hash32, IdentityCommitment, LotId, MethodologyId, OperationId
from ledger.log_tree import CompactRange, root
from ledger.sum_tree import sum_root
from ledger.vocabulary import BatchKind, CancellationPurpose, ReductionClass
from tests.vectors.generate import FEED_HEADER_TYPE, VECTORS, keccak, render

Case = Mapping[str, Any]
CASES: dict[str, list[Case]] = json.loads(VECTORS.read_text(encoding="utf-8"))


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def entry_node(case: Case) -> bytes:
    return encoding.entry_node(
        left_grams=int(case["left_grams"]),
        left_hash=raw(case["left_hash"]),
        right_grams=int(case["right_grams"]),
        right_hash=raw(case["right_hash"]),
    )[1]


def entry_root(case: Case) -> bytes:
    grams = [int(text) for text in case["leaf_grams"]]
    hashes = [Hash32(raw(text)) for text in case["leaf_hashes"]]
    total, computed = sum_root(list(zip(grams, hashes, strict=True)))
    assert str(total) == case["expected_grams"]
    return computed


def log_leaf(case: Case) -> bytes:
    return encoding.log_leaf(
        chain_id=int(case["chain_id"]),
        ledger=Address(raw(case["ledger"])),
        kind=int(case["kind"]),
        operation_id=OperationId(raw(case["operation_id"])),
        subject=raw(case["subject"]),
        from_account=Address(raw(case["from_account"])),
        to_account=Address(raw(case["to_account"])),
        grams=int(case["grams"]),
        record_hash=raw(case["record_hash"]),
        timestamp=int(case["timestamp"]),
    )


def log_root(case: Case) -> bytes:
    leaves = [raw(text) for text in case["leaf_hashes"]]
    compact = CompactRange()
    compact.extend(leaves)
    assert compact.root() == root(leaves)
    return compact.root()


def lot_id(case: Case) -> bytes:
    return encoding.lot_id(
        chain_id=int(case["chain_id"]),
        ledger=Address(raw(case["ledger"])),
        activity_id=ActivityId(raw(case["activity_id"])),
        methodology_id=MethodologyId(raw(case["methodology_id"])),
        reduction_class=ReductionClass.from_number(int(case["reduction_class"])),
        first_day=int(case["first_day"]),
        last_day=int(case["last_day"]),
    )


def certificate_subject(case: Case) -> bytes:
    return encoding.certificate_subject(
        certificate_number=int(case["certificate_number"]),
        lot_id=LotId(raw(case["lot_id"])),
        purpose=CancellationPurpose.from_number(int(case["purpose"])),
        first_serial=int(case["first_serial"]),
    )


def batch_subject(case: Case) -> bytes:
    return encoding.batch_subject(
        batch_number=int(case["batch_number"]),
        kind=BatchKind.from_number(int(case["kind"])),
        reduction_class=ReductionClass.from_number(int(case["reduction_class"])),
        party=raw(case["party"]),
        root=raw(case["root"]),
        total=int(case["total"]),
        entry_count=int(case["entry_count"]),
        file_hash=raw(case["file_hash"]),
        withheld_grams=int(case["withheld_grams"]),
        first_certificate=int(case["first_certificate"]),
    )


def batch_operation_id(case: Case) -> bytes:
    return encoding.batch_operation_id(
        chain_id=int(case["chain_id"]),
        ledger=Address(raw(case["ledger"])),
        kind=BatchKind.from_number(int(case["kind"])),
        reduction_class=ReductionClass.from_number(int(case["reduction_class"])),
        party=raw(case["party"]),
        sequence=int(case["sequence"]),
        root=raw(case["root"]),
        total=int(case["total"]),
        file_hash=raw(case["file_hash"]),
    )


def campaign_cancellation_subject(case: Case) -> bytes:
    return encoding.campaign_cancellation_subject(
        certificate_number=int(case["certificate_number"]),
        campaign_id=CampaignId(raw(case["campaign_id"])),
        reduction_class=ReductionClass.from_number(int(case["reduction_class"])),
        purpose=CancellationPurpose.from_number(int(case["purpose"])),
    )


def feed_header_digest(case: Case) -> bytes:
    """By eth-account, as an operator's wallet does it: `ledger` has no Keccak."""
    members = [part.split() for part in FEED_HEADER_TYPE.partition("(")[2].removesuffix(")").split(",")]
    names = {"class": "reduction_class"}
    keys = [names.get(name, re.sub("(?=[A-Z])", "_", name).lower()) for _, name in members]
    signable = encode_typed_data(
        domain_data={
            "name": "Tanpuhui PointLedger",
            "version": "1",
            "chainId": int(case["chain_id"]),
            "verifyingContract": case["ledger"],
        },
        message_types={"FeedHeader": [{"type": kind, "name": name} for kind, name in members]},
        message_data={
            name: raw(case[key]) if kind == "bytes32" else int(case[key])
            for (kind, name), key in zip(members, keys, strict=True)
        },
    )
    assert "0x" + signable.body.hex() == case["struct_hash"]
    return keccak(b"\x19" + signable.version + signable.header + signable.body)


COMPUTED: dict[str, Callable[[Case], bytes]] = {
    "record_field": lambda case: encoding.record_field_commitment(
        name=case["name"], salt=raw(case["salt"]), canonical_value=raw(case["canonical_value"])
    ),
    "record_hash": lambda case: encoding.record_hash(
        kind=int(case["kind"]), commitments=[raw(text) for text in case["commitments"]]
    ),
    "entry_leaf": lambda case: encoding.entry_leaf(
        kind=int(case["kind"]),
        grams=int(case["grams"]),
        entry_id=raw(case["entry_id"]),
        fields_root=raw(case["fields_root"]),
    ),
    "entry_node": entry_node,
    "entry_root": entry_root,
    "log_leaf": log_leaf,
    "log_node": lambda case: encoding.log_node(raw(case["left"]), raw(case["right"])),
    "log_root": log_root,
    "entry_id": lambda case: encoding.entry_id(
        feed_key=raw(case["feed_key"]), source_id=case["source_id"], source_record_id=case["source_record_id"]
    ),
    "lot_id": lot_id,
    "methodology_id": lambda case: encoding.methodology_id(code=case["code"], version=int(case["version"])),
    "activity_id": lambda case: encoding.activity_id(code=case["code"]),
    "claim_id": lambda case: encoding.claim_id(
        activity_id=raw(case["activity_id"]), facility_id=raw(case["facility_id"])
    ),
    "debtor_id": lambda case: encoding.debtor_id(
        activity_id=raw(case["activity_id"]),
        facility_id=raw(case["facility_id"]),
        reduction_class=ReductionClass.from_number(int(case["class"])),
    ),
    "certificate_subject": certificate_subject,
    "batch_subject": batch_subject,
    "feed_header_digest": feed_header_digest,
    "buy_back_lot_id": lambda case: encoding.buy_back_lot_id(
        chain_id=int(case["chain_id"]),
        ledger=Address(raw(case["ledger"])),
        operation_id=OperationId(raw(case["operation_id"])),
        reduction_class=ReductionClass.from_number(int(case["reduction_class"])),
    ),
    "buy_back_operation_id": lambda case: encoding.buy_back_operation_id(redeem_id=OperationId(raw(case["redeem_id"]))),
    "campaign_id": lambda case: encoding.campaign_id(code=case["code"]),
    "campaign_cancellation_subject": campaign_cancellation_subject,
    "batch_operation_id": batch_operation_id,
    "identity_commitment": lambda case: encoding.identity_commitment(salt=raw(case["salt"]), identity=case["identity"]),
    "row_operation_id": lambda case: encoding.row_operation_id(
        file_hash=raw(case["file_hash"]), line=int(case["line"]), step=int(case["step"])
    ),
    "named_row_operation_id": lambda case: encoding.named_row_operation_id(
        namespace=case["namespace"], row_id=case["row_id"], step=int(case["step"])
    ),
    "request_operation_id": lambda case: encoding.request_operation_id(
        api_key_id=case["api_key_id"], idempotency_key=case["idempotency_key"]
    ),
    "custody_address": lambda case: encoding.custody_address(IdentityCommitment(raw(case["identity_commitment"]))),
    "derived_salt": lambda case: encoding.derived_salt(
        salt_key=raw(case["salt_key"]), operation_id=OperationId(raw(case["operation_id"])), name=case["name"]
    ),
}

IN_OTHER_TESTS = {"checkpoint_body", "entry_node_refused", "code_refused"}


def test_the_file_is_what_the_generator_writes() -> None:
    assert VECTORS.read_text(encoding="utf-8") == render()


def test_every_encoding_is_compared() -> None:
    assert set(CASES) == set(COMPUTED) | IN_OTHER_TESTS


@pytest.mark.parametrize("name", COMPUTED)
def test_encoding(name: str) -> None:
    for number, case in enumerate(CASES[name]):
        computed = COMPUTED[name](case)
        assert "0x" + computed.hex() == case["expected"], f"{name}[{number}]"


def test_checkpoint_body() -> None:
    for case in CASES["checkpoint_body"]:
        body = encoding.checkpoint_body(origin=case["origin"], size=int(case["size"]), root=raw(case["root"]))
        assert body == case["expected"].encode()


def test_sums_beyond_64_bits_are_refused() -> None:
    for case in CASES["entry_node_refused"]:
        with pytest.raises(OutOfRange, match=r"^sum of grams must stay below 2\*\*64"):
            entry_node(case)


def test_a_tree_has_entries() -> None:
    with pytest.raises(OutOfRange, match=r"^leaves must number at least 1"):
        sum_root([])


def test_malformed_codes_are_refused() -> None:
    for case in CASES["code_refused"]:
        with pytest.raises(OutOfRange, match=r"^code must be 1 to 64 printable ASCII"):
            encoding.activity_id(code=case["code"])
        with pytest.raises(OutOfRange, match=r"^code must be 1 to 64 printable ASCII"):
            encoding.methodology_id(code=case["code"], version=1)


def test_the_root_of_the_empty_log() -> None:
    assert "0x" + EMPTY_ROOT.hex() == CASES["log_root"][0]["expected"]


def test_no_two_kinds_of_string_share_a_tag() -> None:
    """Chapter 3: tags 0x20 and above belong to one kind of string each."""
    source = Path(encoding.__file__).read_text(encoding="utf-8")
    tags = re.findall(r'b"\\x([2-9a-f][0-9a-f])"', source)
    assert len(tags) == len(set(tags)) > 20
