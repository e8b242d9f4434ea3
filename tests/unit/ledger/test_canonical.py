import sys
import time
from enum import IntEnum
from typing import Any

import pytest

from ledger.canonical import _check_nesting, canonical_json, parse_canonical, parse_strict
from ledger.errors import InvalidJson, Json

SURROGATE = "\ud800"


class Number(IntEnum):
    ONE = 1


def nested(depth: int) -> Json:
    value: Json = "bottom"
    for _ in range(depth):
        value = [value]
    return value


def test_members_are_sorted_by_utf16_units() -> None:
    value: Json = {"\U0001f602": 1, "\ufb33": 2, "b": 3, "a": 4}
    assert canonical_json(value) == '{"a":4,"b":3,"\U0001f602":1,"\ufb33":2}'.encode()


def test_what_we_hash() -> None:
    value: Json = {"b": [True, False, None, -1, 0, ""], "a": {"减排量": "462000000"}}
    assert canonical_json(value) == '{"a":{"减排量":"462000000"},"b":[true,false,null,-1,0,""]}'.encode()


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (1.0, "hold no floats"),
        ([{"a": 0.5}], "hold no floats"),
        (2**53, "hold integers of at most"),
        (-(2**53), "hold integers of at most"),
        (SURROGATE, "hold no lone surrogates"),
        ({SURROGATE: 1}, "hold no lone surrogates"),
        ({1: "a"}, "have strings as member names"),
        ((1, 2), "be plain JSON"),
        (b"bytes", "be plain JSON"),
        ({"a": {1, 2}}, "be plain JSON"),
        (Number.ONE, "be plain JSON"),
        (nested(33), "be nested at most 32 deep"),
        (nested(100_000), "be nested at most 32 deep"),
    ],
)
def test_what_we_never_hash(value: Any, rule: str) -> None:
    with pytest.raises(InvalidJson, match=f"^value must {rule}"):
        canonical_json(value)


def test_limits_are_inclusive() -> None:
    assert canonical_json(nested(32)) == b"[" * 32 + b'"bottom"' + b"]" * 32
    assert canonical_json([2**53 - 1, 1 - 2**53]) == b"[9007199254740991,-9007199254740991]"


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_floats_are_finite(value: float) -> None:
    with pytest.raises(InvalidJson, match="only finite numbers"):
        canonical_json(value, allow_floats=True)


@pytest.mark.parametrize(
    ("data", "rule"),
    [
        (b"", r"be JSON \(RFC 8259\)"),
        (b"{", r"be JSON \(RFC 8259\)"),
        (b"[1,]", r"be JSON \(RFC 8259\)"),
        (b"1 2", r"be JSON \(RFC 8259\)"),
        (b"\xef\xbb\xbf1", r"be JSON \(RFC 8259\)"),
        (b"'a'", r"be JSON \(RFC 8259\)"),
        (b'"a\nb"', r"be JSON \(RFC 8259\)"),
        (b"01", r"be JSON \(RFC 8259\)"),
        (b"\xff", "be UTF-8"),
        (b'"\xed\xa0\x80"', "be UTF-8"),
        (b'"\\ud800"', "hold no lone surrogates"),
        (b'{"\\udc00":1}', "hold no lone surrogates"),
        (b"NaN", "hold only numbers of RFC 8259"),
        (b"[Infinity]", "hold only numbers of RFC 8259"),
        (b"-Infinity", "hold only numbers of RFC 8259"),
        (b"1.0", "hold no floats"),
        (b"1e2", "hold no floats"),
        (b"1e400", "hold no floats"),
        (b"9007199254740992", "hold integers of at most"),
        (b"1" * 5000, "hold integers of at most"),
        (b'{"a":1,"a":1}', 'name each member of an object once, but is "a"'),
        (b'[{"b":{"a":1,"c":2,"a":3}}]', 'name each member of an object once, but is "a"'),
        (b'{"\\u0061":1,"a":1}', 'name each member of an object once, but is "a"'),
        (b"[" * 33 + b"]" * 33, "be nested at most 32 deep"),
        (b"[" * 100_000, "be nested at most 32 deep"),
        (b" " * (2**20 + 1), "be at most 1048576 bytes"),
    ],
)
def test_what_is_not_read(data: bytes, rule: str) -> None:
    with pytest.raises(InvalidJson, match=f"^JSON document must {rule}"):
        parse_strict(data)


def test_deep_nesting_is_refused_before_it_is_parsed() -> None:
    """Under a raised recursion limit Python's parser would end the process."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(1_000_000)
    try:
        for data in (b"[" * 500_000, b'{"a":' * 100_000, b'["\\"", ' * 100_000):
            with pytest.raises(InvalidJson, match="be nested at most 32 deep"):
                parse_strict(data)
    finally:
        sys.setrecursionlimit(limit)


def test_brackets_in_strings_are_no_nesting() -> None:
    text = "[{" * 40 + '\\"' + "[" * 40
    assert parse_strict(f'["{text}"]'.encode()) == [text.replace("\\", "")]


def test_what_is_read() -> None:
    assert parse_strict(b' {"a": [1, -2, "\\ud83d\\ude02", null, true]} ') == {"a": [1, -2, "😂", None, True]}
    assert parse_strict(b"1e2", allow_floats=True) == 100.0
    with pytest.raises(InvalidJson, match="only finite numbers"):
        parse_strict(b"1e400", allow_floats=True)


def test_a_string_without_end_costs_no_more_than_its_length() -> None:
    """Depth is measured first, and no search begins again at each quotation mark."""
    began = time.process_time()
    for text in (b'"' + b'\\"' * 500_000, b'"' * 999_999, b"\\" * 999_999, b'"' + b'\\"' * 499_999 + b"\\"):
        with pytest.raises(InvalidJson):
            parse_strict(text)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("text", "depth"), [(b'["[[[["]', 1), (b'["\\"[[["]', 1), (b'{"[":[{}]}', 3), (b'["\\\\",[]]', 2)]
)
def test_brackets_within_strings_are_no_depth(text: bytes, depth: int) -> None:
    parse_strict(text, max_depth=depth)
    with pytest.raises(InvalidJson, match=f"be nested at most {depth - 1} deep"):
        parse_strict(text, max_depth=depth - 1)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b'{"a":1,"a":1}', "name each member of an object once"),
        (b'{"b":1,"a":1}', "be written as RFC 8785 has it"),
        (b'{"a":"\\u0041"}', "be written as RFC 8785 has it"),
        (b'{"a":"\\ud800"}', "hold no lone surrogates"),
        (b'"\\u000A"', "be written as RFC 8785 has it"),
        (b"-0", "be written as RFC 8785 has it"),
        (b"[1.0]", "hold no floats"),
        (b"[1e3]", "hold no floats"),
        (b"NaN", "hold only numbers of RFC 8259"),
        (b"[9007199254740992]", "hold integers of at most"),
        (b"[" * 33 + b"]" * 33, "be nested at most 32 deep"),
        (b"[" * 400 + b"]" * 400, "be nested at most 32 deep"),
        (b'{"":' * 33 + b"1" + b"}" * 33, "be nested at most 32 deep"),
        (b"[" * 100_000, "be nested at most 32 deep"),
        (b"\xef\xbb\xbf[]", "be JSON"),
        (b"\xff", "be UTF-8"),
        (b"", "be JSON"),
        (b"[]x", "be JSON"),
    ],
)
def test_bytes_that_are_not_canonical_are_refused_by_what_is_wrong(data: bytes, message: str) -> None:
    with pytest.raises(InvalidJson, match=message):
        parse_canonical(data)


def test_canonical_bytes_are_read_however_many_brackets_there_are() -> None:
    values: list[Any] = [[[]] * 5_000, [{"\U00010000": 1, "\uffff": 2}], "x", 7, None, [True, {"a": {"b": []}}]]
    for value in values:
        assert parse_canonical(canonical_json(value)) == value
    parse_canonical(b"[" * 32 + b"]" * 32)


@pytest.mark.parametrize("value", ["[1]", '{"a":1}', "[[],1]", '[{"a":[1]}]'])
def test_depth_counts_lists_and_objects_and_not_what_is_in_them(value: str) -> None:
    depth = {"[1]": 1, '{"a":1}': 1, "[[],1]": 2, '[{"a":[1]}]': 3}[value]
    _check_nesting(parse_canonical(value.encode(), max_depth=depth), depth)
    with pytest.raises(InvalidJson, match=f"be nested at most {depth - 1} deep"):
        _check_nesting(parse_canonical(value.encode()), depth - 1)
    with pytest.raises(InvalidJson, match=f"be nested at most {depth - 1} deep"):
        parse_canonical(value.encode(), max_depth=depth - 1)
