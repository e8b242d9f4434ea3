"""Bundles as documents: read strictly, written in one form, narrowed, and described by a schema."""

import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from ledger.bundle import Bundle, ReductionCertificate, parse_bundle, reading
from ledger.bundle.schema import bundle_schema
from ledger.canonical import canonical_json
from ledger.errors import InvalidBundle, InvalidInput, InvalidJson, InvalidRecord, Json, TanpuhuiError
from ledger.ids import Address
from ledger.records import FIELD_NAMES
from ledger.verifier import verify
from tests.conftest import ROOT
from tests.fakes import sealed_bundles
from tests.fakes.bundle_changes import at, name_of, structural_changes, value_changes, walk, with_value
from tests.fakes.bundles import BundleWorld, good_bundles

WORLD = BundleWorld()
GOOD = good_bundles(WORLD) | {"sealed": sealed_bundles.sealed_bundle(WORLD, WORLD.cancel_reductions())}
SCHEMA = Draft202012Validator(bundle_schema())


@pytest.mark.parametrize("name", GOOD)
def test_a_bundle_round_trips(name: str) -> None:
    bundle = GOOD[name]
    data = bundle.to_bytes()
    assert Bundle.from_bytes(data) == Bundle.from_json(bundle.to_json()) == bundle
    assert Bundle.from_bytes(data).to_bytes() == data == canonical_json(json.loads(data))
    assert bundle.hash == sha256(data).digest()
    SCHEMA.validate(json.loads(data))


class TestNarrowing:
    def test_hides_what_is_named_and_nothing_else(self) -> None:
        whole = GOOD["reductions"]
        narrow = whole.hide(("event", "account"), lot=True)
        assert whole.record is not None
        assert narrow.record is not None
        assert whole.record.values.keys() - narrow.record.values.keys() == {"event", "account"}
        assert isinstance(narrow.certificate, ReductionCertificate)
        assert narrow.certificate.lot is None
        assert narrow.hide(("event",), lot=True) == narrow
        assert whole.hide() == whole
        assert replace(narrow, record=whole.record, certificate=whole.certificate) == whole

    def test_hides_fields_of_the_entry(self) -> None:
        points = GOOD["points"]
        for names, shown in ((("account",), {"details"}), (("details",), {"account"}), (("account", "details"), set())):
            narrow = points.hide(entry_fields=names)
            assert narrow.entry is not None
            assert narrow.entry.entry.values.keys() == shown
            assert verify(narrow.to_bytes(), WORLD.trust()).verified

    def test_what_is_hidden_cannot_be_read_out_of_it(self) -> None:
        text = GOOD["reductions"].hide(("event",)).to_bytes().decode()
        record = GOOD["reductions"].record
        assert record is not None
        event = next(one for one in record.fields if one.name == "event")
        assert "上海马拉松" not in text
        assert event.salt.hex() not in text
        assert event.commitment.hex() in text

    @pytest.mark.parametrize("names", [[FIELD_NAMES], ["event", FIELD_NAMES], ["nothing"]])
    def test_field_names_are_never_hidden(self, names: list[str]) -> None:
        with pytest.raises(InvalidRecord, match=r"^names must be fields of the record, but not field_names"):
            GOOD["reductions"].hide(names)

    def test_only_fields_that_are_there(self) -> None:
        with pytest.raises(InvalidRecord, match=r"^names must be of account and details"):
            GOOD["points"].hide(entry_fields=("beneficiary",))


class TestForm:
    def test_points_have_an_entry_and_nothing_else_has(self) -> None:
        with pytest.raises(InvalidBundle, match=r"^entry must be in a bundle of points"):
            replace(GOOD["points"], entry=None)
        with pytest.raises(InvalidBundle, match=r"^entry must be in a bundle of points"):
            replace(GOOD["campaign"], entry=GOOD["points"].entry)

    @pytest.mark.parametrize(
        ("name", "path", "value", "message"),
        [
            ("reductions", "type", "certificate", "type must be tanpuhui-certificate"),
            ("reductions", "format", 2, "format must be a whole number from 1 to 1"),
            ("reductions", "format", True, "format must be a whole number from 1 to 1"),
            ("reductions", "deployment.chain_id", -1, "chain_id must be a whole number"),
            ("reductions", "deployment.chain_id", "1", "chain_id must be a whole number"),
            ("reductions", "deployment.genesis_hash", "0x" + "AB" * 32, "genesis_hash must be 0x and 64 lower-case"),
            ("reductions", "certificate.kind", "gift", "certificate.kind must be reductions, points or campaign"),
            ("reductions", "certificate.kind", ["points"], "certificate.kind must be reductions, points or campaign"),
            ("reductions", "certificate.number", 0, "number must be a whole number from 1"),
            ("reductions", "certificate.purpose", "none", "purpose must be one of ecological-restoration"),
            ("reductions", "certificate.purpose", ["x"], "purpose must be one of ecological-restoration"),
            ("reductions", "certificate.first_serial", "0", "first_serial must be a decimal string"),
            ("reductions", "certificate.first_serial", str(2**128), "first_serial must be a decimal string"),
            ("reductions", "certificate.lot.class", "none", "class must be one of I, II"),
            ("reductions", "certificate.lot.activity_code", "a b", "activity_code must be 1 to 64 printable"),
            ("reductions", "certificate.lot.activity_code", "x" * 65, "activity_code must be 1 to 64 printable"),
            ("reductions", "certificate.lot.methodology_version", 2**32, "methodology_version must be a whole number"),
            ("reductions", "certificate.lot.period_first_day", "2025-02-29", "period_first_day must be a day"),
            ("reductions", "certificate.lot.period_first_day", "1969-12-31", "period_first_day must not lie before"),
            ("reductions", "leaf.quantity_gco2e", "01", "quantity_gco2e must be a decimal string"),
            ("reductions", "leaf.quantity_gco2e", "-1", "quantity_gco2e must be a decimal string"),
            ("reductions", "leaf.quantity_gco2e", 1, "quantity_gco2e must be a decimal string"),
            ("reductions", "leaf.kind", "points", "leaf.kind must be one of account-opened"),
            ("reductions", "leaf.timestamp", None, "timestamp must be a whole number"),
            ("reductions", "record.fields.0.salt", "0x" + "AB" * 16, "salt must be 0x and 32 lower-case"),
            ("reductions", "record", [], "record must be an object of format, kind and fields"),
            ("reductions", "proof.type", "gift", "proof.type must be log or sealed-receipt"),
            ("reductions", "proof.inclusion", {}, "inclusion must be a list"),
            ("reductions", "proof.checkpoint", 5, "checkpoint must be text"),
            ("points", "certificate.batch.total", str(2**64), "batch.total must be a decimal string"),
            ("points", "certificate.batch.entry_count", 0, "batch.entry_count must be a whole number from 1"),
            ("points", "entry.entry.grams", "0", "grams must be more than zero"),
            ("points", "entry.root", "0x" + "AB" * 32, "bundle must write each value in its one form"),
            ("points", "entry.path.0.grams", str(2**64), "grams must be a decimal string"),
            ("sealed", "proof.header", "0x", "header must be 0x and lower-case hexadecimal digits"),
            ("sealed", "proof.header", "0xABCD", "header must be 0x and lower-case hexadecimal digits"),
            ("sealed", "proof.path", ["0xabc"], "path must be 0x and lower-case hexadecimal digits"),
        ],
    )
    def test_values_of_another_form(self, name: str, path: str, value: Any, message: str) -> None:
        document: Any = json.loads(GOOD[name].to_bytes())
        parts = tuple(int(part) if part.isdecimal() else part for part in path.split("."))
        assert at(document, parts) != value or type(at(document, parts)) is not type(value)
        with pytest.raises(InvalidInput, match=f"^{message}"):
            Bundle.from_json(with_value(document, parts, value))

    def test_upper_case_is_refused_everywhere(self) -> None:
        """`from_hex` of ids takes it; a bundle has one spelling."""
        for name, bundle in GOOD.items():
            document: Any = json.loads(bundle.to_bytes())
            for path, value in walk(document):
                if isinstance(value, str) and value.startswith("0x") and "value" not in path:
                    changed = with_value(document, path, "0x" + value[2:].upper())
                    assert changed == document or not reads(changed), f"{name} {name_of(path)}"

    def test_other_bytes_of_the_same_document_are_refused(self) -> None:
        data = GOOD["reductions"].to_bytes()
        with pytest.raises(InvalidJson, match=r"^JSON document must be written as RFC 8785 has it"):
            Bundle.from_bytes(data + b" ")
        with pytest.raises(InvalidJson, match=r"be nested at most 16 deep"):
            parse_bundle(b"[" * 17 + b"]" * 17)
        parse_bundle(b"[" * 16 + b"]" * 16)

    def test_what_is_too_deep_for_a_bundle_has_to_be_hidden(self) -> None:
        value: Any = "x"
        for _ in range(14):
            value = [value]
        world = BundleWorld()
        deep = world.bundle(world.cancel_reductions(fields={"event": "x", "note": value}))
        with pytest.raises(InvalidJson, match=r"be nested at most 16 deep"):
            deep.to_bytes()
        assert verify(deep.hide(("note",)).to_bytes(), world.trust()).verified


class TestSchema:
    def test_the_published_one_is_this(self) -> None:
        path = ROOT / "docs" / "schema" / "certificate-bundle-1.json"
        assert json.loads(path.read_text(encoding="utf-8")) == bundle_schema()
        Draft202012Validator.check_schema(bundle_schema())

    @pytest.mark.parametrize("name", ["reductions", "reductions-bought-back", "points", "campaign", "sealed"])
    def test_takes_what_the_reader_takes(self, name: str) -> None:
        document: Any = json.loads(GOOD[name].to_bytes())
        changes = [(what, data) for what, _, data in value_changes(document)] + [*structural_changes(document)]
        only_the_schema = set()
        for what, data in changes:
            try:
                changed = json.loads(data)
            except ValueError:
                continue
            if canonical_json(changed) != data:
                continue
            readable, described = reads(changed), SCHEMA.is_valid(changed)
            assert described or not readable, what
            if described and not readable:
                only_the_schema.add(what)
        # The order of a record's fields, and what an entry's details are, no schema says.
        assert all(" record.fields" in what or "entry.entry.fields" in what for what in only_the_schema)


def reads(document: Any) -> bool:
    try:
        Bundle.from_json(document)
    except InvalidInput:
        return False
    return True


@settings(max_examples=300, deadline=None)
@given(st.binary(max_size=200) | st.text(max_size=50).map(str.encode))
def test_whatever_the_bytes_are_there_is_a_verdict(data: bytes) -> None:
    assert not verify(data, WORLD.trust()).verified


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_no_value_in_any_place_is_a_fault(data: st.DataObject) -> None:
    """Not of the program: a verdict it is, or an error that names what is wrong."""
    document: Any = json.loads(GOOD[data.draw(st.sampled_from(sorted(GOOD)))].to_bytes())
    path, _ = data.draw(st.sampled_from(list(walk(document))))
    scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53 - 1) | st.text(max_size=8)
    values = st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner)
    )
    changed = with_value(document, path, data.draw(values))
    try:
        written = canonical_json(changed)
    except TanpuhuiError:
        return
    verdict = verify(written, WORLD.trust())
    assert not verdict.verified or changed == document or path in {("record",), ("certificate", "lot")}


@pytest.mark.parametrize(
    "value",
    [
        "0x" + "AA" * 20,
        "0x" + "11 " * 13 + "1",
        "11" * 21,
        "0X" + "11" * 20,
        "0x" + "1g" * 20,
        "0x" + "\uff11" * 40,
        17,
    ],
)
def test_an_address_is_lower_case_digits_and_nothing_between(value: Json) -> None:
    assert reading.fixed(Address, "0x" + "aa" * 20, "ledger") == b"\xaa" * 20
    with pytest.raises(InvalidBundle, match=r"^ledger must be 0x and 40 lower-case hexadecimal digits"):
        reading.fixed(Address, value, "ledger")
