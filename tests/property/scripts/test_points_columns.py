"""Columns are read as single values are: exact numbers as `whole_units`, moments as Python's calendar and clocks."""

import datetime
import zoneinfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidQuantity
from ledger.quantification import readings
from scripts.points import columns
from scripts.points.mapping import Moment

_SECONDS = "%Y-%m-%d %H:%M:%S"
_NUMBERS = st.one_of(
    st.from_regex(r"-?[0-9]{1,15}(\.[0-9]{1,18})?", fullmatch=True),
    st.from_regex(r"-?[0-9]{1,4}\.[0-9]{0,6}5", fullmatch=True),
    st.text("0123456789.-+e ", max_size=8),
)


@given(st.lists(_NUMBERS, min_size=1, max_size=20), st.sampled_from([0, 3, 6]))
def test_decimal_text(texts: list[str], decimals: int) -> None:
    texts = [text for text in texts if text.isascii()]
    read = columns.whole_units(pa.array(texts, pa.string()), decimals)
    for row, text in enumerate(texts):
        assert read.blank[row] == (text == "")
        if read.wrong[row] or text == "":
            continue
        assert read.values[row] == readings.whole_units(text, decimals=decimals, field="x")


@given(st.from_regex(r"-?[0-9]{1,12}(\.[0-9]{1,18})?", fullmatch=True).filter(str.isascii), st.sampled_from([0, 3, 6]))
def test_what_a_feed_has_is_always_read(text: str, decimals: int) -> None:
    read = columns.whole_units(pa.array([text]), decimals)
    assert not read.wrong[0]
    assert read.values[0] == readings.whole_units(text, decimals=decimals, field="x")


@given(st.text(max_size=6))
def test_what_is_no_number_is_never_one(text: str) -> None:
    read = columns.whole_units(pa.array([text], pa.string()), 3)
    try:
        readings.whole_units(text, decimals=3, field="x")
    except InvalidQuantity:
        assert read.wrong[0] or read.blank[0]


@pytest.mark.parametrize("decimals", [0, 3, 6])
def test_whole_numbers_that_do_not_fit(decimals: int) -> None:
    limit = (2**63 - 1) // 10**decimals
    numbers = pa.array([limit, -limit, 2**63 - 1, None], pa.int64())
    read = columns.whole_units(numbers, decimals)
    assert read.values[:2].tolist() == [limit * 10**decimals, -limit * 10**decimals]
    assert read.wrong.tolist() == [False, False, decimals > 0, False]
    assert read.blank.tolist() == [False, False, False, True]
    assert columns.whole_units(pa.array([2**63], pa.uint64()), 0).wrong.tolist() == [True]


@given(
    st.integers(31_536_000, 2_145_916_800),
    st.sampled_from(["Asia/Shanghai", "UTC", "America/Denver"]),
)
def test_moments(seconds: int, zone: str) -> None:
    moment = datetime.datetime.fromtimestamp(seconds, datetime.UTC)
    text = pa.array([moment.strftime(_SECONDS)])
    read = columns.moments(Moment(column="at", format=_SECONDS, zone=zone), {"at": text})
    local = zoneinfo.ZoneInfo(zone)
    one, other = (moment.replace(tzinfo=local, fold=fold).timestamp() for fold in (0, 1))
    if one != other:
        assert read.wrong[0]
    else:
        assert (read.values[0], read.wrong[0]) == (one, False)


@given(st.tuples(*(st.integers(*bounds) for bounds in ((1, 9999), (0, 13), (0, 32), (0, 25), (0, 61), (0, 61)))))
def test_days_and_hours_that_do_not_exist(parts: tuple[int, int, int, int, int, int]) -> None:
    text = "{:04d}-{:02d}-{:02d} {:02d}:{:02d}:{:02d}".format(*parts)
    read = columns.moments(Moment(column="at", format=_SECONDS, zone="UTC"), {"at": pa.array([text])})
    try:
        exact = datetime.datetime(*parts, tzinfo=datetime.UTC)
    except ValueError:
        assert read.wrong[0]
    else:
        assert (read.values[0], read.wrong[0]) == (round(exact.timestamp()), False)


@pytest.mark.parametrize(
    "text", ["2026-01-04 00:00:60", "2026-01-04 00:00:61", "2026-02-30 08:00:00", "2026-04-31 08:00:00"]
)
def test_what_arrow_would_carry_over(text: str) -> None:
    read = columns.moments(Moment(column="at", format=_SECONDS, zone="UTC"), {"at": pa.array([text])})
    assert read.wrong.tolist() == [True]


def test_clocks_that_are_changed() -> None:
    """In Denver 02:30 was not there on 2018-03-11 and 01:30 was there twice on 2018-11-04."""
    texts = pa.array(["2018-03-11 02:30:00", "2018-11-04 01:30:00", "2018-11-04 03:30:00"])
    read = columns.moments(Moment(column="at", format=_SECONDS, zone="America/Denver"), {"at": texts})
    assert read.wrong.tolist() == [True, True, False]


def test_offsets_beside_the_time() -> None:
    moment = Moment(
        column="at", format=_SECONDS, zone="UTC", offset_column="zone", offsets={"MST": -25200, "MDT": -21600}
    )
    texts = pa.array(["2018-11-04 01:30:00"] * 3)
    read = columns.moments(moment, {"at": texts, "zone": pa.array(["MST", "MDT", "XYZ"])})
    assert read.wrong.tolist() == [False, False, True]
    assert read.values[0] - read.values[1] == 3600


@pytest.mark.parametrize(("word", "unit"), [("epoch-s", 1), ("epoch-ms", 1000)])
def test_epochs(word: str, unit: int) -> None:
    read = columns.moments(Moment(column="at", format=word, zone="UTC"), {"at": pa.array(["1505084846", "x", ""])})
    assert read.values[0] == 1505084846 // unit
    assert (read.wrong | read.blank).tolist() == [False, True, True]


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_times_of_parquet(unit: str) -> None:
    utc = pa.array([np.datetime64("2026-01-02T00:00:00", "s")]).cast(pa.timestamp(unit, "UTC"))
    local = pa.array([np.datetime64("2026-01-02T08:00:00", "s"), None]).cast(pa.timestamp(unit))
    moment = Moment(column="at", format="", zone="Asia/Shanghai")
    assert columns.moments(moment, {"at": utc}).values[0] == 1767312000
    read = columns.moments(moment, {"at": local})
    assert read.values[0] == 1767312000
    assert read.wrong.tolist() == [False, True]
