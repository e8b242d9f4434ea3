"""The small parts: buckets, cursors, tags, parameters."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.caching import matches, strong_etag
from api.pagination import decode_cursor, encode_cursor
from api.parameters import number_parameter, parse_query, whole_number
from api.repository.snapshots import open_readers, rfc3339
from ledger.errors import InvalidIdentifier, InvalidInput, OutOfRange
from ledger.limits import TokenBuckets, caller_of_address


class Clock:
    """Time that passes when it is told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_fills_evenly() -> None:
    clock = Clock()
    buckets = TokenBuckets(capacity=3, per_second=0.5, clock=clock)
    assert [buckets.take("a").remaining for _ in range(3)] == [2, 1, 0]
    assert buckets.take("a") == (False, 0, 2)
    clock.now = 1.0
    assert buckets.take("a") == (False, 0, 1)
    clock.now = 2.0
    assert buckets.take("a").allowed
    clock.now = 1_000.0
    assert buckets.take("a").remaining == 2
    assert buckets.policy == "q=3;w=6"


def test_callers_that_were_not_seen_for_longest_are_forgotten() -> None:
    buckets = TokenBuckets(capacity=1, per_second=0.001, clock=Clock(), most_callers=2)
    assert buckets.take("a").allowed
    assert buckets.take("b").allowed
    assert not buckets.take("a").allowed
    assert buckets.take("c").allowed
    assert buckets.take("b").allowed


@pytest.mark.parametrize(("capacity", "per_second"), [(0, 1.0), (1, 0.0)])
def test_a_bucket_that_never_has_a_token_is_refused(capacity: int, per_second: float) -> None:
    with pytest.raises(ValueError, match="above zero"):
        TokenBuckets(capacity=capacity, per_second=per_second, clock=Clock())


@pytest.mark.parametrize(
    ("host", "caller"),
    [
        ("203.0.113.9", "203.0.113.9"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:203.0.113.9", "203.0.113.9"),
        ("not:an:address", "not:an:address"),
        ("", ""),
    ],
)
def test_who_an_address_is(host: str, caller: str) -> None:
    assert caller_of_address(host) == caller


KEYS = st.tuples(st.integers(-(2**63), 2**63 - 1), st.text(st.characters(exclude_categories=["Cs"]), max_size=64))


@given(key=KEYS, filters=st.lists(st.text(max_size=5), max_size=3))
def test_a_cursor_comes_back_as_it_was(key: tuple[int, str], filters: list[str]) -> None:
    cursor = encode_cursor("list", filters, key)
    assert decode_cursor(cursor, "list", filters, (int, str)) == key
    for listing, others, types in (
        ("other", filters, (int, str)),
        ("list", [*filters, "x"], (int, str)),
        ("list", filters, (int,)),
    ):
        with pytest.raises(InvalidIdentifier):
            decode_cursor(cursor, listing, others, types)


@given(st.text(max_size=80))
def test_any_other_cursor_is_refused(text: str) -> None:
    with pytest.raises(InvalidIdentifier):
        decode_cursor(text, "list", [], (int,))


def test_a_cursor_with_a_number_beyond_the_database_is_refused() -> None:
    with pytest.raises(InvalidIdentifier):
        decode_cursor(encode_cursor("list", [], (2**63,)), "list", [], (int,))


def test_tags_match_as_rfc_9110_says() -> None:
    tag = strong_etag(b"c1", b"body")
    assert tag == b'"c1-4-37a2c3c3"' or tag.startswith(b'"c1-4-')
    assert len({tag, strong_etag(b"c1", b"bodx"), strong_etag(b"c1", b"bodies"), strong_etag(b"c2", b"body")}) == 4
    for given_tag in (tag, b"*", b' W/"x", ' + tag, b"W/" + tag):
        assert matches(given_tag, tag)
    for given_tag in (b'"x"', b"", tag[:-2] + b'"', tag.strip(b'"')):
        assert not matches(given_tag, tag)


@pytest.mark.parametrize("text", ["", "-1", "+1", " 1", "1 ", "01", "1.0", "1e3", "٣", "11", "9" * 30])
def test_whole_numbers_are_read_strictly(text: str) -> None:
    with pytest.raises(OutOfRange):
        whole_number(0, 10)(text, "n")


def test_a_query_is_read_strictly() -> None:
    known = {"a": number_parameter("a", ""), "b": number_parameter("b", "")}
    assert parse_query(b"a=1&b=%32", known) == {"a": "1", "b": "2"}
    assert parse_query(b"", known) == parse_query(b"&&", known) == {}
    for query in (b"c=1", b"a=1&a=2", b"&".join(b"a=%d" % number for number in range(20)), b"=1"):
        with pytest.raises(InvalidInput):
            parse_query(query, known)


@pytest.mark.parametrize(
    ("timestamp", "text"),
    [(0, "1970-01-01T00:00:00Z"), (1_763_691_199, "2025-11-21T02:13:19Z"), (951_782_399, "2000-02-28T23:59:59Z")],
)
def test_times_are_utc(timestamp: int, text: str) -> None:
    assert rfc3339(timestamp) == text


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://x/y"])
def test_a_database_that_cannot_serve_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match=r"index|memory"):
        open_readers(url, cached_facts=16)
