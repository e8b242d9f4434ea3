import datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidQuantity
from ledger.units import (
    MAX_GRAMS,
    civil_day,
    civil_day_of_timestamp,
    date_of_civil_day,
    format_tonnes,
    grams_from_decimal_string,
    grams_from_kilograms,
    grams_from_tonnes,
)

GRAMS = st.integers(min_value=1, max_value=MAX_GRAMS)


@given(GRAMS)
def test_tonnes_round_trip(grams: int) -> None:
    assert grams_from_tonnes(format_tonnes(grams)) == grams
    assert grams_from_decimal_string(str(grams)) == grams


@given(GRAMS)
def test_units_agree(grams: int) -> None:
    assert grams_from_kilograms(f"{Decimal(grams).scaleb(-3):f}") == grams_from_tonnes(f"{Decimal(grams).scaleb(-6):f}")


@given(st.text(alphabet="0123456789.,eE+- ٣½", max_size=12))
def test_text_is_exact_or_refused(text: str) -> None:
    try:
        grams = grams_from_tonnes(text, positive=False)
    except InvalidQuantity:
        return
    assert Decimal(grams) == Decimal(text) * 1_000_000


@given(st.dates(min_value=datetime.date(1970, 1, 1)))
def test_days_round_trip(date: datetime.date) -> None:
    assert date_of_civil_day(civil_day(date)) == date


@given(st.datetimes(min_value=datetime.datetime(1970, 1, 1), max_value=datetime.datetime(2200, 1, 1)))  # noqa: DTZ001
def test_the_day_is_shanghais(naive: datetime.datetime) -> None:
    shanghai = naive.replace(tzinfo=datetime.timezone(datetime.timedelta(hours=8)), microsecond=0)
    timestamp = int(shanghai.timestamp())
    if timestamp >= 0:
        assert date_of_civil_day(civil_day_of_timestamp(timestamp)) == shanghai.date()
