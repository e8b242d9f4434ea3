"""Records as the public sees them are what `ledger.records` discloses."""

import json

import orjson
from hypothesis import given
from hypothesis import strategies as st

from api.repository.records import disclose
from ledger.canonical import canonical_json
from ledger.ids import OperationId
from ledger.records import DerivedSalts, build_record
from ledger.vocabulary import OperationKind

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.from_regex(r"[a-z][a-z0-9_]{0,8}_x", fullmatch=True)


@given(TEXT)
def test_orjson_writes_text_as_rfc_8785_demands(text: str) -> None:
    assert orjson.dumps(text) == canonical_json(text)


@given(fields=st.dictionaries(NAMES, VALUES, max_size=5), data=st.data())
def test_what_is_shown_is_what_the_ledger_discloses(fields: dict[str, object], data: st.DataObject) -> None:
    record = build_record(
        OperationKind.LOT_FROZEN,
        OperationId(b"\x01" * 32),
        {"rules": "test", "lot_id": "0x" + "12" * 32, **fields},  # type: ignore[dict-item]
        DerivedSalts(b"k" * 32),
    )
    names = [field.name for field in record.fields]
    shown = data.draw(st.lists(st.sampled_from(names), unique=True))
    assert disclose(record.to_bytes(), json.dumps(shown)) == record.disclose(shown).to_json()
