import contextlib
import json
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from ledger.canonical import MAX_EXACT_INTEGER, canonical_json, parse_canonical, parse_strict, write_checked
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


@given(VALUES, st.integers(0, 3))
def test_only_canonical_bytes_are_parsed_as_such(value: Any, change: int) -> None:
    """And no other, whatever they are: what `parse_strict` refuses is refused with its words."""
    data = canonical_json(value)
    assert parse_canonical(data) == value
    spelled = [b" " + data, json.dumps(value, indent=1).encode(), data + b"\n", b"[" + data + b",1.0]"][change]
    if spelled != data:
        with pytest.raises(InvalidJson):
            parse_canonical(spelled)


@given(st.binary(max_size=40) | st.text(max_size=20).map(str.encode) | st.from_regex(rb'[\[\]{}",:0-9eE.+-]{1,12}'))
def test_bytes_are_canonical_or_refused(data: bytes) -> None:
    try:
        value = parse_canonical(data)
    except InvalidJson:
        with contextlib.suppress(InvalidJson):
            assert canonical_json(parse_strict(data)) != data
        return
    assert canonical_json(value) == data == canonical_json(parse_strict(data))
