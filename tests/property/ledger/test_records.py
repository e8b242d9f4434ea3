from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import canonical_json
from ledger.ids import Hash32, OperationId
from ledger.records import FIELD_NAMES, DerivedSalts, Disclosure, Field, Record
from ledger.vocabulary import OperationKind
from tests.property.ledger.test_canonical import VALUES

NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)
KINDS = st.sampled_from(OperationKind)
SALTS = DerivedSalts(b"0123456789abcdef")
OPERATION = OperationId(b"\x01" * 32)


@st.composite
def records(draw: st.DrawFn) -> Record:
    values = draw(st.dictionaries(NAMES.filter(lambda name: name != FIELD_NAMES), VALUES, max_size=6))
    return Record.of(draw(KINDS), values, lambda name: SALTS.salt(OPERATION, name))


@given(records())
def test_documents_round_trip(record: Record) -> None:
    again = Record.from_bytes(record.to_bytes())
    assert again == record
    assert again.hash == record.hash
    assert again.to_bytes() == record.to_bytes() == canonical_json(record.to_json())


@given(records(), st.data())
def test_every_disclosure_has_the_records_hash(record: Record, data: st.DataObject) -> None:
    names = data.draw(st.sets(st.sampled_from([field.name for field in record.fields])))
    disclosure = Disclosure.from_json(record.disclose(names).to_json())
    assert disclosure.hash == record.hash
    assert disclosure.to_bytes() == canonical_json(disclosure.to_json())
    assert set(disclosure.values) == names | {FIELD_NAMES}


@given(records(), st.data())
def test_whatever_is_changed_changes_the_hash(record: Record, data: st.DataObject) -> None:
    place = data.draw(st.integers(0, len(record.fields) - 1))
    field = record.fields[place]
    match data.draw(st.sampled_from(["name", "salt", "value", "commitment", "kind", "drop"])):
        case "name":
            changed: Field | Hash32 | None = Field(field.name + "x", field.salt, field.value)
        case "salt":
            changed = Field(field.name, bytes([field.salt[0] ^ 1]) + field.salt[1:], field.value)
        case "value":
            changed = Field(field.name, field.salt, [field.value])
        case "commitment":
            changed = Hash32(bytes([field.commitment[0] ^ 1]) + field.commitment[1:])
        case "kind":
            other = next(kind for kind in OperationKind if kind is not record.kind)
            assert Record(other, record.fields).hash != record.hash
            return
        case _:
            changed = None
    members: list[Field | Hash32] = [member.commitment for member in record.fields]
    members[place : place + 1] = [] if changed is None else [changed]
    if members:
        assert Disclosure(record.kind, tuple(members)).hash != record.hash
