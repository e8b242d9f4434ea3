"""Details read by column against the same rows read one by one."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.bulk.columns import Strings
from ledger.bulk.details import malformed_references, number_columns
from ledger.canonical import canonical_json, parse_strict
from ledger.errors import InvalidJson

NAMES = ["distance_m", "duration_s", "ended_at", "started_at", "energy_wh", "é", "😀", 'a"b', ""]
KNOWN = [name for name in NAMES if name != "energy_wh"]
NUMBERS = st.one_of(st.integers(-(2**53) + 1, 2**53 - 1), st.sampled_from([0, 1, -1, 10**15, 2**53 - 1, -(2**53) + 1]))
OBJECTS = st.dictionaries(st.sampled_from(NAMES), NUMBERS, max_size=4).map(lambda made: canonical_json({**made}))
WRONG = st.sampled_from(
    [
        *(b"", b"{", b"{}", b"[]", b"1", b"{} ", b' {"distance_m":1}', b'{"distance_m":01}', b'{"distance_m":-0}'),
        *(b'{"distance_m":1.0}', b'{"distance_m":1e3}', b'{"distance_m":"1"}', b'{"distance_m":true}'),
        *(b'{"distance_m":9007199254740992}', b'{"distance_m":-9007199254740992}', b'{"distance_m":}'),
        *(b'{"distance_m":1,"distance_m":2}', b'{"ended_at":1,"distance_m":2}', b'{"distance_m":1}}'),
        *(b'{"distance_m": 1}', b'{"distance_m":12345678901234567890}', b'{"distance_m":-}', b'{"\xff":1}'),
        *(b'{"reference":"a"}', '{"reference":"减排"}'.encode(), b'{"reference":"a\\n"}', b'{"reference":"a\\u000a"}'),
        *(b'{"reference":"a\n"}', b'{"reference":"\xff"}', b'{"reference":1}', b'{"reference":"a","x":1}'),
        *(b'{"reference":"a\\"b"}', b'{"reference":"a"b"}', b'{"reference":"\xed\xa0\x80"}', b'{"reference":""}'),
        *(b'{"reference":"\\u0061"}', b'{"reference":"a\\/b"}', b'{"reference":"\x7f"}', b'{"reference":"'),
    ]
)
ROWS = st.lists(st.one_of(OBJECTS, WRONG), max_size=40)


def one_by_one(text: bytes) -> object:
    """What a row says, or None where it is malformed."""
    try:
        value = parse_strict(text)
    except InvalidJson:
        return None
    return value if canonical_json(value) == text else None


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_numbers_by_column_are_those_of_the_rows(rows: list[bytes]) -> None:
    columns = number_columns(Strings.from_list(rows), KNOWN)
    malformed = set(columns.malformed.tolist())
    assert columns.malformed.tolist() == sorted(malformed)
    for row, text in enumerate(rows):
        value = one_by_one(text)
        good = isinstance(value, dict) and all(type(one) is int for one in value.values())
        good = good and isinstance(value, dict) and set(value) <= set(KNOWN)
        assert (row not in malformed) == good
        if good:
            assert isinstance(value, dict)
            found = {name: int(one[row]) for name, one in columns.values.items() if not columns.missing[name][row]}
            assert found == value


@settings(max_examples=300, deadline=None)
@given(ROWS)
def test_references_by_column_are_those_of_the_rows(rows: list[bytes]) -> None:
    wrong = malformed_references(Strings.from_list(rows)).tolist()
    expected = []
    for row, text in enumerate(rows):
        value = one_by_one(text)
        if not (isinstance(value, dict) and set(value) == {"reference"} and isinstance(value["reference"], str)):
            expected.append(row)
    assert wrong == expected


@pytest.mark.parametrize("forms", [1, 2, 200])
def test_any_number_of_forms(forms: int) -> None:
    rows = [canonical_json({f"name_{number % forms}": number}) for number in range(400)]
    columns = number_columns(Strings.from_list(rows), [f"name_{number}" for number in range(forms)])
    assert len(columns.malformed) == 0
    for number in range(400):
        name = f"name_{number % forms}"
        assert columns.values[name][number] == number
        assert not columns.missing[name][number]
    assert sum(int((~mask).sum()) for mask in columns.missing.values()) == 400


def test_rows_of_a_slice_are_read_where_they_are() -> None:
    whole = Strings.from_list([b'{"a":1}', b'{"a":2}', b"bad", b'{"a":4}'])
    part = number_columns(whole.part(1, 4), ["a"])
    assert part.values["a"].tolist() == [2, 0, 4]
    assert part.malformed.tolist() == [1]
    assert np.array_equal(part.missing["a"], [False, True, False])
