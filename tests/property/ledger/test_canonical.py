import json
from typing import Any

import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import MAX_EXACT_INTEGER, canonical_json, parse_strict, write_checked
from ledger.errors import InvalidJson

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = st.none() | st.booleans() | st.integers(-MAX_EXACT_INTEGER, MAX_EXACT_INTEGER) | TEXT
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4), max_leaves=12
)


@given(VALUES)
def test_canonical_json_is_json_and_a_fixed_point(value: Any) -> None:
    canonical = canonical_json(value)
    assert json.loads(canonical) == value
    assert parse_strict(canonical) == value
    assert canonical_json(parse_strict(canonical)) == canonical


@given(VALUES)
def test_spelling_does_not_matter(value: Any) -> None:
    spelled = json.dumps(value, indent=3, ensure_ascii=True).encode()
    assert canonical_json(parse_strict(spelled)) == canonical_json(value)


@given(st.binary(max_size=40))
def test_bytes_are_read_as_python_reads_them_or_refused(data: bytes) -> None:
    try:
        value = parse_strict(data)
    except InvalidJson:
        return
    assert json.loads(data) == value


@given(VALUES | st.text().map(lambda text: {text: text, text + "\U00010000": 1, text + "\uffff": 2}))
def test_the_fast_writer_writes_what_the_reference_does(value: Any) -> None:
    assert canonical_json(value) == write_checked(value) == rfc8785.dumps(value)
