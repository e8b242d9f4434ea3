"""Acts of the console: each form asks for what its route takes, and what is previewed is what is signed."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.routes.writes import ROUTES
from api.web.console.acts.errors import ActDiffers
from api.web.console.acts.fields import Field, Kind, Place
from api.web.console.acts.forms import Asked, Filled, read_form
from api.web.console.acts.looks import LOOKS
from api.web.console.acts.outlook import Again
from api.web.console.acts.preview import calldata_hash, check_shown, composed, typed_again
from api.web.console.acts.tables import ACTS, HOLDER_ACTS, Act
from chain.facts import arguments_of, check_record
from ledger.encoding import activity_id, campaign_id
from ledger.ids import OperationId
from ledger.records import PURPOSE_FIELDS
from ledger.units import format_tonnes
from ledger.vocabulary import CancellationPurpose
from tests.unit.api.sample import address

ID = OperationId(b"\x0f" * 32)
SIGNER = address(0xA1)
HASH = "0x" + "ab" * 32
VALUES: Mapping[Kind, str] = {
    Kind.CODE: "SH-PV-0009",
    Kind.VERSION: "3",
    Kind.DAY: "2026-01-01",
    Kind.TONNES: "12.5",
    Kind.ACCOUNT: address(7).hex0x,
    Kind.METHODOLOGY: HASH,
    Kind.ACTIVITY: "SH-PV-0001",
    Kind.LOT: HASH,
    Kind.PROPOSAL: HASH,
    Kind.CAMPAIGN: "MARATHON-2026",
    Kind.DOCUMENT: "AB" * 32,
    Kind.COMMITMENT: HASH,
    Kind.QUANTIFICATION: "",
    Kind.TEXT: "as filed",
    Kind.YEAR: "2026",
    Kind.JSON: '{"district": "Pudong"}',
}


def value_of(field: Field) -> str:
    return field.options[0] if field.kind is Kind.WORD else VALUES[field.kind]


def typed_for(act: Act, **others: str) -> dict[str, str]:
    """Every field of the act, filled in."""
    purpose = others.get("purpose", "voluntary-offset")
    typed = {field.name: value_of(field) for field in act.fields_for(purpose)}
    if act.name == "cancel":
        typed["purpose"] = purpose
    if act.name == "open_account":
        typed["custody"] = "holder"
    return typed | others


def filled(name: str, **others: str) -> Filled:
    typed = typed_for(ACTS[name], **others)
    return read_form(ACTS[name], lambda field: typed.get(field, ""))


def asked_for(name: str, **others: str) -> Asked:
    found = filled(name, **others)
    assert found.asked is not None, found.troubles
    return found.asked


def compose(name: str, asked: Asked, session: str = "s", **given: Any) -> Any:
    return composed(ACTS[name], asked, ID, sender=SIGNER, session_secret=session, saved=None, **given)


def test_every_route_is_an_act_and_every_act_says_what_it_will_do() -> None:
    assert set(ACTS) == {route.name for route in ROUTES}
    assert set(LOOKS) == {*ACTS, *HOLDER_ACTS}


@pytest.mark.parametrize("name", list(ACTS))
def test_a_form_asks_exactly_for_what_its_route_takes(name: str) -> None:
    act = ACTS[name]
    names = [field.name for field in act.fields]
    assert len(names) == len(set(names))
    by_place = {place: {field.name for field in act.fields if field.place is place} for place in Place}
    body = act.route.body.model_fields
    assert by_place[Place.BODY] | by_place[Place.FIELDS] == set(body)
    assert by_place[Place.FIELDS] == {"fields"}
    assert by_place[Place.PATH] == {one.name for one in act.route.parameters}
    for field in act.fields:
        if field.place is Place.BODY:
            assert field.required == body[field.name].is_required(), field.name


def test_a_cancellation_asks_for_what_its_purpose_requires_and_for_no_other() -> None:
    act = ACTS["cancel"]
    for purpose, required in PURPOSE_FIELDS.items():
        asked = {field.name for field in act.fields_for(purpose.label) if field.purposes}
        assert asked == set(required)
    assert all(field.required for field in act.fields if field.purposes)


@pytest.mark.parametrize("name", list(ACTS))
def test_a_filled_in_form_is_the_operation_of_its_route(name: str) -> None:
    operation = compose(name, asked_for(name))
    assert operation.sender == SIGNER
    assert operation.id == ID
    check_record(operation.record, operation.call, SIGNER)
    assert operation.record.values["district"] == "Pudong"
    said = {argument.name: argument.text for argument in arguments_of(operation.call)}
    assert said["record_hash"] == operation.record.hash.hex0x


@pytest.mark.parametrize("name", list(HOLDER_ACTS))
def test_what_a_holder_does_is_the_holders_own_call(name: str) -> None:
    act = HOLDER_ACTS[name]
    typed = typed_for(ACTS[name.removesuffix("_own")], purpose="voluntary-offset", **{act.own: SIGNER.hex0x})
    found = read_form(act, lambda field: typed.get(field, ""))
    assert found.asked is not None, found.troubles
    operation = composed(act, found.asked, ID, sender=SIGNER, session_secret="s", saved=None)
    assert operation.sender == SIGNER
    assert operation.call.function == name.removesuffix("_own")
    check_record(operation.record, operation.call, SIGNER)


@pytest.mark.parametrize("purpose", [one.label for one in PURPOSE_FIELDS])
def test_every_purpose_can_be_cancelled_for(purpose: str) -> None:
    operation = compose("cancel", asked_for("cancel", purpose=purpose))
    for name in PURPOSE_FIELDS[CancellationPurpose.from_label(purpose)]:
        assert operation.record.values[name]


@pytest.mark.parametrize("name", list(ACTS))
def test_every_field_that_is_required_is_missed(name: str) -> None:
    act = ACTS[name]
    purpose = "voluntary-offset"
    for field in act.fields_for(purpose):
        if not field.required or field.name == "purpose":
            continue
        troubles = filled(name, **{field.name: "  "}).troubles
        assert {key: one.text for key, one in troubles.items()} == {field.name: "acts_wrong_missing"}


@pytest.mark.parametrize(
    ("name", "field", "text", "trouble"),
    [
        ("cancel", "quantity_gco2e", "1.1234567", "acts_wrong_tonnes_fraction"),
        ("cancel", "quantity_gco2e", "0.000", "acts_wrong_tonnes_zero"),
        ("cancel", "quantity_gco2e", "1,000", "acts_wrong_tonnes"),
        ("cancel", "quantity_gco2e", "1e3", "acts_wrong_tonnes"),
        ("cancel", "quantity_gco2e", "-1", "acts_wrong_tonnes"),
        ("cancel", "quantity_gco2e", "9223372036855", "acts_wrong_tonnes"),
        ("cancel", "quantity_gco2e", "12吨", "acts_wrong_tonnes"),
        ("cancel", "account", "0x12", "acts_wrong_account"),
        ("cancel", "lot_id", "lot 5", "acts_wrong_lot"),
        ("cancel", "purpose", "profit", "acts_wrong_word"),
        ("cancel", "note", "x" * 2_001, "acts_wrong_long"),
        ("propose_issuance", "first_day", "2026-02-30", "acts_wrong_day"),
        ("propose_issuance", "activity_id", "two words", "acts_wrong_activity"),
        ("publish_methodology", "version", "0", "acts_wrong_version"),
        ("publish_methodology", "document_hash", "paper.pdf", "acts_wrong_document"),
        ("publish_methodology", "quantification", "{}", "acts_wrong_quantification_rule"),
        ("publish_methodology", "quantification", "{", "acts_wrong_quantification"),
        ("transfer", "fields", "[1]", "acts_wrong_json"),
        ("transfer", "fields", '{"a": 1, "a": 2}', "acts_wrong_json"),
        ("close_campaign", "campaign_id", "0xzz", "acts_wrong_campaign"),
        ("open_campaign", "purpose", "ets-compliance", "acts_wrong_word"),
    ],
)
def test_what_is_not_taken_is_said_at_its_field(name: str, field: str, text: str, trouble: str) -> None:
    found = filled(name, **{field: text})
    assert found.asked is None
    if field != "purpose" or name != "cancel":
        assert {key: one.text for key, one in found.troubles.items()} == {field: trouble}
    else:
        assert found.troubles[field].text == trouble
    assert found.typed[field] == text


def test_what_the_record_says_already_is_not_said_twice() -> None:
    found = filled("freeze_lot", fields='{"reason": "other"}')
    assert found.troubles["fields"].text == "acts_wrong_rule"


def test_a_cancellation_for_another_purpose_leaves_what_was_not_asked() -> None:
    asked = asked_for("cancel", purpose="event-neutrality", case_reference="not asked")
    assert "case_reference" not in asked.body.fields


def test_codes_are_read_as_ids() -> None:
    assert asked_for("propose_issuance").body.activity_id == activity_id(code="SH-PV-0001")  # type: ignore[attr-defined]
    assert asked_for("close_campaign").arguments["campaign_id"] == campaign_id(code="MARATHON-2026")


grams = st.integers(1, 2**63 - 1)
texts = st.text(st.characters(exclude_categories=("Cs", "Cc")), min_size=1, max_size=60).filter(str.strip)


@given(grams=grams, lot=st.binary(min_size=32, max_size=32), note=texts, purpose=st.sampled_from(list(PURPOSE_FIELDS)))
@settings(max_examples=150, deadline=None)
def test_what_is_previewed_is_what_is_signed(grams: int, lot: bytes, note: str, purpose: CancellationPurpose) -> None:
    """The form is read and composed twice, as by preview and confirmation, from nothing but what was typed."""
    typed = {"quantity_gco2e": format_tonnes(grams), "lot_id": "0x" + lot.hex(), "note": note}
    shown = compose("cancel", asked_for("cancel", **typed, purpose=purpose.label))
    signed = compose("cancel", asked_for("cancel", **typed, purpose=purpose.label))
    assert shown.call == signed.call
    assert shown.record.to_bytes() == signed.record.to_bytes()
    assert signed.record.values["quantity_gco2e"] == str(grams)
    shown_to_people = {argument.name: argument.text for argument in arguments_of(shown.call)}
    assert shown_to_people["quantity_gco2e"] == str(grams)
    check_shown(signed, operation_id=ID.hex0x, calldata=calldata_hash(shown).hex0x, signer=SIGNER.hex0x)


@pytest.mark.parametrize("name", list(ACTS))
def test_every_act_composes_alike_twice_and_otherwise_in_another_session(name: str) -> None:
    first, again = compose(name, asked_for(name)), compose(name, asked_for(name))
    assert first == again
    assert compose(name, asked_for(name), session="other").record.hash != first.record.hash


def test_what_is_saved_keeps_its_salts_whatever_the_session() -> None:
    first = compose("cancel", asked_for("cancel"))
    asked = asked_for("cancel")
    again = composed(ACTS["cancel"], asked, ID, sender=SIGNER, session_secret="later", saved=first.record)
    assert again == first


@pytest.mark.parametrize("part", ["operation id", "content", "signer"])
def test_what_differs_from_the_preview_is_refused(part: str) -> None:
    operation = compose("cancel", asked_for("cancel"))
    shown = {
        "operation id": ID.hex0x,
        "content": calldata_hash(operation).hex0x,
        "signer": SIGNER.hex0x,
    }
    shown[part] = HASH
    with pytest.raises(ActDiffers) as caught:
        check_shown(operation, operation_id=shown["operation id"], calldata=shown["content"], signer=shown["signer"])
    assert caught.value.part == part


@pytest.mark.parametrize(
    ("again", "typed", "right"),
    [
        (None, "", True),
        (Again("tonnes", "12500000"), "12.5", True),
        (Again("tonnes", "12500000"), " 12.500 ", True),
        (Again("tonnes", "12500000"), "12500000", False),
        (Again("tonnes", "12500000"), "12.6", False),
        (Again("tonnes", "12500000"), "", False),
        (Again("code", "SH-PV-0001"), "SH-PV-0001", True),
        (Again("code", "SH-PV-0001"), "SH-PV-0002", False),
        (Again("ending", "00ab07"), "00AB07", True),
        (Again("ending", "00ab07"), "", False),
    ],
)
def test_what_is_final_is_typed_again(again: Again | None, typed: str, right: bool) -> None:
    assert typed_again(again, typed) is right
