"""Operations of providers, campaigns and points: who signs, and that each record says what its call says."""

from typing import Any

import pytest

from chain.composer import Composer
from chain.facts import check_record, facts_of
from chain.operations import Operation
from ledger.batches import NO_ENTRIES, BatchCommitment, FeedHeader
from ledger.errors import InvalidRecord, SignerNotConfigured
from ledger.ids import ActivityId, Address, CampaignId, Hash32, MethodologyId, OperationId
from ledger.records import DerivedSalts
from ledger.vocabulary import BatchKind, CancellationPurpose, ProviderMode, ReductionClass, Role

SALTS = DerivedSalts(b"salt key of tests")
SENDERS = {role: Address(bytes([0xA0 + role]) * 20) for role in Role}
COMPOSER = Composer(salts=SALTS, senders=SENDERS, rules="made")
ID = OperationId(b"\x01" * 32)
ACCOUNT, CAMPAIGN = Address(b"\xab" * 20), CampaignId(b"\x0c" * 32)
COMMITMENT = BatchCommitment(root=Hash32(b"\x05" * 32), total=90, entry_count=7, file_hash=Hash32(b"\x06" * 32))
II = ReductionClass.II


def header(kind: BatchKind) -> FeedHeader:
    return FeedHeader(
        kind=kind,
        activity_id=ActivityId(b"\x01" * 32),
        methodology_id=MethodologyId(b"\x02" * 32),
        reduction_class=II,
        sequence=3,
        first_day=20_600,
        last_day=20_601,
        root=COMMITMENT.root,
        total=COMMITMENT.total,
        entry_count=COMMITMENT.entry_count,
        file_hash=COMMITMENT.file_hash,
    )


def composed(name: str, **arguments: Any) -> Operation:
    operation: Operation = getattr(COMPOSER, name)(operation_id=ID, **arguments)
    return operation


OPERATIONS: dict[str, tuple[Role, dict[str, Any]]] = {
    "admit_provider": (
        Role.EXCHANGE,
        {
            "account": ACCOUNT,
            "mode": ProviderMode.SUB_PLATFORM,
            "application_hash": Hash32(b"\x07" * 32),
            "evaluation_hash": Hash32(b"\x08" * 32),
            "agreement_hash": Hash32(b"\x09" * 32),
        },
    ),
    **{
        name: (Role.EXCHANGE, {"account": ACCOUNT})
        for name in ("suspend_provider", "resume_provider", "close_provider")
    },
    "open_campaign": (
        Role.EXCHANGE,
        {
            "code": "MARATHON",
            "beneficiary": ACCOUNT,
            "purpose": CancellationPurpose.EVENT_NEUTRALITY,
            "last_day": 20_700,
            "document_hash": Hash32(b"\x07" * 32),
        },
    ),
    "close_campaign": (Role.EXCHANGE, {"campaign_id": CAMPAIGN}),
    "earn_points": (Role.PLATFORM, {"header": header(BatchKind.EARN), "signature": b"\x01" * 65}),
    "record_behaviour": (Role.PLATFORM, {"header": header(BatchKind.BEHAVIOUR), "signature": b"\x01" * 65}),
    "redeem_points": (Role.PLATFORM, {"reduction_class": II, "provider": ACCOUNT, "commitment": COMMITMENT}),
    "donate_points": (Role.PLATFORM, {"reduction_class": II, "campaign_id": CAMPAIGN, "commitment": COMMITMENT}),
    "cancel_points": (Role.PLATFORM, {"reduction_class": II, "commitment": COMMITMENT}),
    "correct_points": (
        Role.REGULATOR,
        {"batch_number": 4, "grams": 100, "reason": "read twice", "commitment": COMMITMENT},
    ),
    "take_snapshot": (Role.PLATFORM, {"reduction_class": II, "after_batch": 4, "commitment": COMMITMENT}),
    "cancel_campaign": (Role.PLATFORM, {"reduction_class": II, "campaign_id": CAMPAIGN}),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_the_record_says_what_the_call_says(name: str) -> None:
    role, arguments = OPERATIONS[name]
    operation = composed(name, **arguments)
    assert operation.sender == SENDERS[role]
    check_record(operation.record, operation.call, operation.sender)
    said = {
        key: value for key, value in operation.record.values.items() if key not in {"rules", "reason", "field_names"}
    }
    assert said == facts_of(operation.call, operation.sender)


def test_a_correction_that_takes_nothing_names_no_batch_of_its_own() -> None:
    operation = composed("correct_points", batch_number=4, grams=100, reason="read twice")
    assert operation.record.values == {
        "rules": "made",
        "batch_number": "4",
        "field_names": ["batch_number", "field_names", "quantity_gco2e", "reason", "rules"],
        "quantity_gco2e": "100",
        "reason": "read twice",
    }
    check_record(operation.record, operation.call, operation.sender)
    assert facts_of(operation.call, operation.sender)["batch_root"] == NO_ENTRIES.root.hex0x


def test_behaviour_value_is_never_grams() -> None:
    values = composed("record_behaviour", **OPERATIONS["record_behaviour"][1]).record.values
    assert values["behaviour_value"] == "90"
    assert "quantity_gco2e" not in values


@pytest.mark.parametrize("reason", ["", " "])
def test_a_correction_says_why(reason: str) -> None:
    with pytest.raises(Exception, match="reason"):
        composed("correct_points", batch_number=4, grams=100, reason=reason)


@pytest.mark.parametrize("number", ["-1", "01", "1.0", "", 7, "１"])
def test_numbers_of_batches_are_decimal(number: object) -> None:
    fields = {"sequence": number}
    with pytest.raises(InvalidRecord, match="sequence must be a whole number"):
        composed("cancel_points", reduction_class=II, commitment=COMMITMENT, fields=fields)


def test_only_with_the_exchange_s_key() -> None:
    with pytest.raises(SignerNotConfigured):
        Composer(salts=SALTS).close_campaign(operation_id=ID, campaign_id=CAMPAIGN)
