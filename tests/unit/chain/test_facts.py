"""A record that somebody else made is taken only if it says what the call says."""

from dataclasses import replace
from typing import Any

import pytest

from chain import calls
from chain.calls import LEDGER_FUNCTIONS
from chain.composer import Composer
from chain.facts import _STATED, arguments_of, check_record, facts_of
from chain.operations import Call
from ledger.errors import InvalidInput, InvalidRecord, InvalidTransaction, MissingField, UnknownWord
from ledger.ids import Address, Hash32, LotId, MethodologyId, OperationId, RecordHash
from ledger.records import DerivedSalts, Record
from ledger.vocabulary import ActivityKind, CancellationPurpose, OperationKind, Role

HOLDER, BUYER = Address(b"\xab" * 20), Address(b"\xcd" * 20)
LOT = LotId(b"\x0a" * 32)
ID = OperationId(b"\x01" * 32)
COMPOSER = Composer(salts=DerivedSalts(b"salt key of tests"), rules="made")
CANCEL = COMPOSER.cancel(
    operation_id=ID,
    account=HOLDER,
    lot_id=LOT,
    grams=5,
    purpose=CancellationPurpose.EVENT_NEUTRALITY,
    by_holder=True,
    fields={"event": "Marathon", "note": "free"},
)
TRANSFER = COMPOSER.transfer(
    operation_id=ID, from_account=HOLDER, to_account=BUYER, lot_id=LOT, grams=5, by_holder=True
)
FACTS = {"account": HOLDER.hex0x, "lot_id": LOT.hex0x, "quantity_gco2e": "5", "purpose": "event-neutrality"}


def cancelling(record: Record, purpose: CancellationPurpose = CancellationPurpose.EVENT_NEUTRALITY) -> Call:
    return calls.cancel(operation_id=ID, lot_id=LOT, grams=5, purpose=purpose, record_hash=record.hash)


def record_of(values: dict[str, Any], kind: OperationKind = OperationKind.REDUCTION_CANCELLED) -> Record:
    return Record.of(kind, values, lambda _: bytes(16))


def test_every_operation_states_facts() -> None:
    assert set(_STATED) == {(one.contract, one.function.name) for one in LEDGER_FUNCTIONS}


def test_a_holders_own_calls_state_what_the_composer_writes() -> None:
    assert facts_of(CANCEL.call, HOLDER) == FACTS
    transferred = facts_of(TRANSFER.call, HOLDER)
    names = sorted({"rules", "field_names", *transferred})
    assert {"rules": "made", "field_names": names, **transferred} == TRANSFER.record.values
    for one in (CANCEL, TRANSFER):
        check_record(one.record, one.call, HOLDER)


@pytest.mark.parametrize(
    ("field", "lie"),
    [
        ("account", BUYER.hex0x),
        ("lot_id", "0x" + "0b" * 32),
        ("quantity_gco2e", "500000000"),
        ("purpose", "voluntary-offset"),
    ],
)
def test_a_record_of_something_else_is_refused_by_the_field(field: str, lie: str) -> None:
    offset = {"organisation": "made", "period_first_day": "2026-01-01", "period_last_day": "2026-12-31"}
    record = record_of({"rules": "made", "event": "Marathon", **offset, **FACTS, field: lie})
    with pytest.raises(InvalidRecord) as caught:
        check_record(record, cancelling(record), HOLDER)
    assert (caught.value.field, caught.value.rule) == (field, f"be {FACTS[field]}, as the transaction says")


@pytest.mark.parametrize("missing", ["rules", "event", *FACTS])
def test_what_the_kind_and_the_purpose_require_is_there(missing: str) -> None:
    values = {"rules": "made", "event": "Marathon", **FACTS}
    del values[missing]
    record = record_of(values)
    with pytest.raises(MissingField) as caught:
        check_record(record, cancelling(record), HOLDER)
    assert caught.value.field == missing


def test_hash_kind_and_sender_must_agree() -> None:
    with pytest.raises(InvalidRecord, match="hash to"):
        check_record(CANCEL.record, replace(CANCEL.call, record_hash=RecordHash(b"\x09" * 32)), HOLDER)
    record = record_of({"rules": "made"}, OperationKind.REDUCTION_TRANSFERRED)
    with pytest.raises(InvalidRecord, match="reduction-cancelled"):
        check_record(record, cancelling(record), HOLDER)
    with pytest.raises(InvalidRecord) as caught:
        check_record(CANCEL.record, CANCEL.call, BUYER)
    assert caught.value.field == "account"


def test_malformed_values_are_refused() -> None:
    record = record_of({"rules": "made", "event": "Marathon", **FACTS, "quantity_gco2e": 5})
    with pytest.raises(InvalidInput):
        check_record(record, cancelling(record), HOLDER)


def test_calldata_that_cannot_be_read() -> None:
    call = CANCEL.call
    short = replace(call, calldata=call.calldata[:-32])
    with pytest.raises(InvalidTransaction, match="can be read"):
        facts_of(short, HOLDER)
    at = 4 + 3 * 32
    unknown = replace(call, calldata=call.calldata[:at] + (9).to_bytes(32, "big") + call.calldata[at + 32 :])
    with pytest.raises(UnknownWord):
        facts_of(unknown, HOLDER)


def test_every_argument_is_told_in_the_order_in_which_it_is_signed() -> None:
    told = {argument.name: argument.text for argument in arguments_of(CANCEL.call)}
    assert list(told) == ["operation_id", "lot_id", "quantity_gco2e", "purpose", "record_hash"]
    assert told["operation_id"] == ID.hex0x
    assert told["record_hash"] == CANCEL.record.hash.hex0x
    assert {"lot_id": LOT.hex0x, "quantity_gco2e": "5", "purpose": "event-neutrality"}.items() <= told.items()


def test_what_no_record_has_is_told_too() -> None:
    composer = Composer(salts=DerivedSalts(b"salt key of tests"), senders={Role.REGULATOR: HOLDER})
    operation = composer.register_activity(
        operation_id=ID,
        code="A-1",
        kind=ActivityKind.PROJECT,
        methodology_id=MethodologyId(b"\x03" * 32),
        operator_account=HOLDER,
        feed_signer=BUYER,
        crediting_first_day=20_454,
        crediting_last_day=20_455,
        facility_id=Hash32(b"\x04" * 32),
        pledge_hash=Hash32(b"\x05" * 32),
        cap_grams=7_000_001,
    )
    told = {argument.name: argument.text for argument in arguments_of(operation.call)}
    assert (told["feed_signer"], told["facility_id"]) == (BUYER.hex0x, "0x" + "04" * 32)
    assert (told["cap_gco2e"], told["crediting_first_day"]) == ("7000001", "2026-01-01")
    assert not {"feed_signer", "facility_id"} & facts_of(operation.call, HOLDER).keys()
