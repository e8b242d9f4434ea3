from collections.abc import Callable
from typing import Any

import pytest

from ledger import encoding
from ledger.errors import InvalidInput, InvalidJson, InvalidRecord, Json, MissingField, OutOfRange
from ledger.ids import Hash32, OperationId
from ledger.records import (
    CURRENT_RULES,
    FIELD_NAMES,
    PURPOSE_FIELDS,
    REQUIRED_FIELDS,
    DerivedSalts,
    Disclosure,
    Field,
    RandomSalts,
    Record,
    build_record,
    check_field_names,
    check_fields,
)
from ledger.vocabulary import CancellationPurpose, OperationKind

OPERATION = OperationId(b"\x01" * 32)
SALTS = DerivedSalts(b"key of the salts")
HASH = "0x" + "11" * 32
ADDRESS = "0x" + "22" * 20

CANCELLATION: dict[str, Json] = {
    "rules": CURRENT_RULES,
    "account": ADDRESS,
    "lot_id": HASH,
    "quantity_gco2e": "462000000",
    "purpose": "event-neutrality",
    "event": "上海马拉松",
}

NAMES: list[Json] = ["account", "event", "field_names", "lot_id", "purpose", "quantity_gco2e", "rules"]

EXAMPLES: dict[str, Json] = {
    **CANCELLATION,
    "account_kind": "institution",
    "activity_id": HASH,
    "activity_kind": "project",
    "cap_gco2e": "1",
    "class": "II",
    "code": "SH-PV-001",
    "crediting_first_day": "2025-01-01",
    "crediting_last_day": "2025-12-31",
    "custody": "platform",
    "document_hash": HASH,
    "effective_first_day": "2025-01-01",
    "effective_last_day": "2025-12-31",
    "from_account": ADDRESS,
    "methodology_id": HASH,
    "methodology_kind": "scenario",
    "operator_account": ADDRESS,
    "period_first_day": "2025-01-01",
    "period_last_day": "2025-01-31",
    "proposal_id": HASH,
    "to_account": ADDRESS,
    "version": "1",
    "case_reference": "(2025)沪01民初1号",
    "organisation": "某机构",
    "compliance_year": "2025",
    "after_batch": "7",
    "agreement_hash": HASH,
    "application_hash": HASH,
    "batch_number": "7",
    "file_hash": HASH,
    "sequence": "1",
    "reason": "a meter read twice",
    "batch_root": HASH,
    "behaviour_value": "1",
    "beneficiary_account": ADDRESS,
    "campaign_id": HASH,
    "campaign_last_day": "2025-12-31",
    "entry_count": "1",
    "evaluation_hash": HASH,
    "provider_account": ADDRESS,
    "provider_mode": "third-party-mall",
}


def cancellation(**changed: Json) -> Record:
    return build_record(OperationKind.REDUCTION_CANCELLED, OPERATION, {**CANCELLATION, **changed}, SALTS)


def test_a_record_hashes_its_fields_in_the_order_of_their_names() -> None:
    record = cancellation(beneficiary="某公司")
    assert [field.name for field in record.fields] == sorted({**CANCELLATION, "beneficiary": "", FIELD_NAMES: []})
    assert record.values["purpose"] == "event-neutrality"
    assert record.hash == encoding.record_hash(kind=52, commitments=record.commitments)


def test_derived_salts_make_the_same_record_again_and_random_ones_do_not() -> None:
    assert cancellation() == cancellation()
    assert hash(cancellation()) == hash(cancellation())
    random = [build_record(OperationKind.REDUCTION_CANCELLED, OPERATION, CANCELLATION, RandomSalts()) for _ in range(2)]
    assert random[0].hash != random[1].hash
    assert len({field.salt for record in random for field in record.fields}) == 2 * (len(CANCELLATION) + 1)


def test_the_salt_key_is_not_shown() -> None:
    assert "key of the salts" not in repr(SALTS)
    assert "上海马拉松" not in repr(cancellation())


def test_documents_round_trip() -> None:
    record = cancellation(note={"a": [1, None, True]})
    assert Record.from_json(record.to_json()) == record
    assert Record.from_bytes(record.to_bytes()) == record
    assert Record.from_bytes(record.to_bytes()).hash == record.hash


@pytest.mark.parametrize("names", [[], ["purpose"], ["event", "quantity_gco2e", "rules"], list(CANCELLATION)])
def test_a_disclosure_has_the_hash_of_its_record(names: list[str]) -> None:
    record = cancellation()
    disclosure = record.disclose(names)
    assert disclosure.hash == record.hash
    assert disclosure.values == {FIELD_NAMES: NAMES, **{name: CANCELLATION[name] for name in names}}
    again = Disclosure.from_json(disclosure.to_json())
    assert again == disclosure
    assert again.hash == record.hash


def test_a_disclosure_shows_nothing_of_what_it_keeps_back() -> None:
    record = cancellation()
    text = str(record.disclose(["purpose"]).to_json())
    hidden = [field for field in record.fields if field.name not in {"purpose", FIELD_NAMES}]
    assert not any(field.salt.hex() in text or str(field.value) in text for field in hidden)


def test_only_fields_of_the_record_can_be_disclosed() -> None:
    with pytest.raises(InvalidRecord, match=r'^names must be fields of the record, but is \["nothing"\]'):
        cancellation().disclose(["nothing", "purpose"])


def test_a_disclosure_is_no_record() -> None:
    with pytest.raises(InvalidRecord, match=r"^fields must all be disclosed"):
        Record.from_json(cancellation().disclose(["purpose"]).to_json())


# What a record must name


@pytest.mark.parametrize("kind", OperationKind)
def test_required_fields(kind: OperationKind) -> None:
    assert "rules" in REQUIRED_FIELDS[kind]
    fields = {name: EXAMPLES[name] for name in REQUIRED_FIELDS[kind]}
    if kind is OperationKind.REDUCTION_CANCELLED:
        fields["event"] = EXAMPLES["event"]
    check_fields(kind, fields)
    for name in REQUIRED_FIELDS[kind]:
        for missing in ({}, {name: ""}, {name: None}):
            rest = {key: value for key, value in fields.items() if key != name}
            with pytest.raises(MissingField, match=f"^{name} must be in the record of kind {kind.label}"):
                build_record(kind, OPERATION, {**rest, **missing}, SALTS)


@pytest.mark.parametrize("purpose", list(PURPOSE_FIELDS))
def test_required_fields_of_a_purpose(purpose: CancellationPurpose) -> None:
    """M13 to M15."""
    plain = {name: value for name, value in CANCELLATION.items() if name != "event"}
    fields = {**plain, "purpose": purpose.label, **{name: EXAMPLES[name] for name in PURPOSE_FIELDS[purpose]}}
    check_fields(OperationKind.REDUCTION_CANCELLED, fields)
    for name in PURPOSE_FIELDS[purpose]:
        rest = {key: value for key, value in fields.items() if key != name}
        with pytest.raises(MissingField, match=f"^{name} must be in the record of a cancellation for {purpose.label}"):
            check_fields(OperationKind.REDUCTION_CANCELLED, rest)


def test_every_purpose_needs_something() -> None:
    assert set(PURPOSE_FIELDS) == set(CancellationPurpose) - {CancellationPurpose.NONE}


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"quantity_gco2e": "1.5"}, "quantity_gco2e must be whole grams"),
        ({"quantity_gco2e": 462}, "quantity_gco2e must be whole grams"),
        ({"quantity_gco2e": "0"}, "quantity_gco2e must be more than zero"),
        ({"account": HASH}, "account must be 0x and 40 hexadecimal digits"),
        ({"lot_id": "lot"}, "lot_id must be 0x and 64 hexadecimal digits"),
        ({"purpose": "gift"}, "purpose must be one of ecological-restoration, event-neutrality"),
        ({"purpose": ["gift"]}, "purpose must be one of ecological-restoration, event-neutrality"),
        ({"rules": " "}, "rules must be text"),
        ({"event": 5}, "event must be text"),
        ({"beneficiary": []}, "beneficiary must be text"),
        ({"compliance_year": "25"}, "compliance_year must be a year written YYYY"),
        ({"period_first_day": "2025-02-30"}, "period_first_day must be a day of the calendar"),
        (
            {"period_first_day": "2025-02-01", "period_last_day": "2025-01-31"},
            "period_last_day must not precede period_first_day 2025-02-01",
        ),
        ({"Note": "x"}, "field name must be 1 to 64 lower-case letters"),
        ({"9": "x"}, "field name must be 1 to 64 lower-case letters"),
        ({"n" * 65: "x"}, "field name must be 1 to 64 lower-case letters"),
        ({"note": 1.5}, "value must hold no floats"),
    ],
)
def test_malformed_fields_are_named(changed: dict[str, Json], message: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{message}"):
        cancellation(**changed)


# What cannot exist


def test_fields_are_sorted_and_unique() -> None:
    one, other = (Field(name, bytes(16), "x") for name in ("a", "b"))
    for fields in ((other, one), (one, one)):
        with pytest.raises(InvalidRecord, match=r"^fields must be sorted by name, each name once"):
            Record(OperationKind.LOT_FROZEN, fields)
        with pytest.raises(InvalidRecord, match=r"^fields must be sorted by name, each name once"):
            Disclosure(OperationKind.LOT_FROZEN, (fields[0], Hash32(bytes(32)), fields[1]))


def test_a_record_has_1_to_256_fields() -> None:
    def record(fields: int) -> Record:
        values: dict[str, Json] = {f"g{number:03d}": "x" for number in range(fields - 1)}
        return Record.of(OperationKind.LOT_FROZEN, values, lambda _: bytes(16))

    assert [len(record(fields).fields) for fields in (1, 256)] == [1, 256]
    with pytest.raises(OutOfRange, match=r"^commitments must number 1 to 256"):
        record(257)
    fields = tuple(Field(f"f{number:03d}", bytes(16), "x") for number in range(257))
    for wrong in ((), fields):
        with pytest.raises(OutOfRange, match=r"^commitments must number 1 to 256"):
            Disclosure(OperationKind.LOT_FROZEN, wrong)


def test_a_field_has_a_salt_of_16_bytes() -> None:
    with pytest.raises(OutOfRange, match=r"^salt must be 16 bytes"):
        Field("a", b"short", "x")


def first_field(**changed: Json) -> Callable[[Any], Any]:
    """A change of the document's first field; None takes a member away."""

    def change(document: Any) -> Any:
        first = {**document["fields"][0], **changed}
        kept = {name: value for name, value in first.items() if value is not None}
        return {**document, "fields": [kept, *document["fields"][1:]]}

    return change


def with_fields(fields: Any) -> Callable[[Any], Any]:
    """A change of all fields."""
    return lambda document: {**document, "fields": fields(document["fields"])}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda document: [document], "record must be an object of format, kind and fields"),
        (lambda document: {**document, "hash": HASH}, "record must be an object of format, kind and fields"),
        (lambda document: {"format": 1, "fields": []}, "record must be an object of format, kind and fields"),
        (lambda document: {**document, "format": 2}, "format must be 1, the only format so far"),
        (lambda document: {**document, "format": True}, "format must be 1, the only format so far"),
        (lambda document: {**document, "kind": "gift"}, "kind must be one of account-opened"),
        (with_fields(lambda fields: {"a": fields[0]}), "fields must be a list"),
        (with_fields(lambda fields: ["account", *fields[1:]]), "fields must hold objects of name, salt and value"),
        (with_fields(lambda fields: fields[::-1]), "fields must be sorted by name"),
        (with_fields(lambda fields: [{"commitment": "0x00"}, *fields]), "commitment must be 0x and 64 hexadecimal"),
        (first_field(salt=None), "fields must hold objects of name, salt and value"),
        (first_field(commitment=HASH), "fields must hold objects of name, salt and value"),
        (first_field(salt="0x00"), "salt must be 0x and 32 lower-case hexadecimal digits"),
        (first_field(salt="0x" + "AB" * 16), "salt must be 0x and 32 lower-case hexadecimal digits"),
        (first_field(name=5), "field name must be"),
        (first_field(value=1.5), "value must hold no floats"),
    ],
)
def test_malformed_documents(change: Callable[[Any], Any], message: str) -> None:
    for reader in (Record, Disclosure):
        with pytest.raises(InvalidInput, match=f"^{message}"):
            reader.from_json(change(cancellation().to_json()))


def test_stored_documents_are_read_strictly() -> None:
    with pytest.raises(InvalidJson, match="name each member of an object once"):
        Record.from_bytes(b'{"format":1,"format":1}')


@pytest.mark.parametrize("name", ["value", "salt", "name"])
def test_another_field_gives_another_hash(name: str) -> None:
    document: Any = cancellation().to_json()
    event = next(member for member in document["fields"] if member["name"] == "event")
    event[name] = {"value": "上海半程马拉松", "salt": "0x" + "00" * 16, "name": "event_"}[name]
    assert Disclosure.from_json(document).hash != cancellation().hash


# Which fields there are


def names_as(value: Json) -> Callable[[Any], Any]:
    """The document with another value of `field_names`, or without the field."""

    def change(document: Any) -> Any:
        fields = [dict(member) for member in document["fields"]]
        place = next(at for at, member in enumerate(fields) if member["name"] == FIELD_NAMES)
        fields[place : place + 1] = [] if value is None else [{**fields[place], "value": value}]
        return {**document, "fields": fields}

    return change


@pytest.mark.parametrize(
    ("value", "message"),
    [
        (None, "be shown"),
        ("account", "be a list of the names of all 7 fields"),
        ([], "be a list of the names of all 7 fields"),
        (NAMES[:-1], "be a list of the names of all 7 fields"),
        ([*NAMES, "zone"], "be a list of the names of all 7 fields"),
        ([*NAMES[:2], *NAMES[3:], "zone"], "name field_names at its place"),
        ([*NAMES[:-1], "zone"], "name rules at its place"),
        ([NAMES[0], NAMES[0], *NAMES[2:]], "be sorted, each name once"),
        (NAMES[::-1], "be sorted, each name once"),
    ],
)
def test_a_record_says_itself_which_fields_it_has(value: Json, message: str) -> None:
    """§8.3: otherwise a second `beneficiary` could stand in it under a commitment."""
    changed = names_as(value)(cancellation().to_json())
    with pytest.raises(InvalidRecord, match=f"^field_names must {message}"):
        Record.from_json(changed)
    with pytest.raises(InvalidRecord, match=f"^field_names must {message}"):
        check_field_names(Disclosure.from_json(changed).members)


@pytest.mark.parametrize("name", ["Account", 5, "", ["account"]])
def test_field_names_are_names_of_fields(name: Json) -> None:
    with pytest.raises(InvalidRecord, match=r"^field name must be 1 to 64 lower-case letters"):
        Record.from_json(names_as([name, *NAMES[1:]])(cancellation().to_json()))


def test_nobody_gives_field_names_and_nobody_hides_them() -> None:
    with pytest.raises(InvalidRecord, match=r"^field_names must be left to this program"):
        cancellation(field_names=NAMES)
    disclosure = cancellation().disclose([])
    assert disclosure.values == {FIELD_NAMES: NAMES}
    check_field_names(disclosure.members)
    with pytest.raises(InvalidRecord, match=r"^names must be fields of the record, but not field_names"):
        disclosure.hide([FIELD_NAMES])


def test_hiding_shows_less_and_keeps_the_hash() -> None:
    whole = cancellation().disclose(CANCELLATION)
    less = whole.hide(["event", "rules"])
    assert less.values.keys() == whole.values.keys() - {"event", "rules"}
    assert less.hide(["event"]) == less
    assert less.hash == whole.hash == cancellation().hash
    with pytest.raises(InvalidRecord, match=r"^names must be fields of the record, but not field_names"):
        less.hide(["beneficiary"])
