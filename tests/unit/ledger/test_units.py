import datetime

import pytest

from ledger.errors import InvalidDay, InvalidQuantity
from ledger.units import (
    GRAMS_PER_TONNE,
    MAX_CIVIL_DAY,
    MAX_GRAMS,
    check_grams,
    civil_day,
    civil_day_from_text,
    civil_day_of_timestamp,
    date_of_civil_day,
    format_tonnes,
    grams_from_decimal_string,
    grams_from_kilograms,
    grams_from_tonnes,
)


@pytest.mark.parametrize(
    ("text", "grams"),
    [
        ("462", 462 * GRAMS_PER_TONNE),
        ("0.000001", 1),
        ("1.5", 1_500_000),
        ("1.500000000", 1_500_000),
        ("007", 7 * GRAMS_PER_TONNE),
        ("9223372036854.775807", MAX_GRAMS),
    ],
)
def test_tonnes(text: str, grams: int) -> None:
    assert grams_from_tonnes(text) == grams


def test_kilograms() -> None:
    assert grams_from_kilograms("0.42") == 420
    with pytest.raises(InvalidQuantity, match=r"^quantity_kgco2e must be a whole number of grams, but is .0\.0001."):
        grams_from_kilograms("0.0001")


@pytest.mark.parametrize(
    "text",
    [
        *["", " ", "1 ", " 1", "-1", "+1", "1e3", "1E3", "0x1", "1,000", ".5", "1.", "1.5.5", "NaN", "Infinity", "1_0"],
        *["٣", "\uff11", "1\n", "1" * 31, "½"],
    ],
)
def test_tonnes_refuse_what_is_not_plain_decimal_text(text: str) -> None:
    with pytest.raises(InvalidQuantity, match=r"^quantity_tco2e must be plain decimal text in tonnes"):
        grams_from_tonnes(text)


@pytest.mark.parametrize("value", [1, 1.0, None, b"1", True, ["1"]])
def test_quantities_in_text_refuse_other_types(value: object) -> None:
    with pytest.raises(InvalidQuantity, match="plain decimal text"):
        grams_from_tonnes(value)
    with pytest.raises(InvalidQuantity, match="decimal string"):
        grams_from_decimal_string(value)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("0.0000001", "be a whole number of grams"),
        ("0", "be more than zero"),
        ("0.000", "be more than zero"),
        ("9223372036854.775808", "be at most 9223372036854775807 g"),
        ("9" * 30, "be at most 9223372036854775807 g"),
    ],
)
def test_tonnes_out_of_range(text: str, rule: str) -> None:
    with pytest.raises(InvalidQuantity, match=f"^quantity_tco2e must {rule}, but is"):
        grams_from_tonnes(text)


def test_zero_only_where_it_is_allowed() -> None:
    assert grams_from_tonnes("0.0", positive=False) == 0
    assert grams_from_decimal_string("0", positive=False) == 0
    assert check_grams(0, positive=False) == 0


@pytest.mark.parametrize("text", ["", "01", "00", "-1", "+1", "1.0", "1e3", " 1", "1 ", "1\n", "٣", "1" * 20])
def test_decimal_strings_refuse_other_spellings(text: str) -> None:
    with pytest.raises(InvalidQuantity, match=r"^quantity_gco2e must be whole grams as a decimal string"):
        grams_from_decimal_string(text)


def test_decimal_string_range() -> None:
    assert grams_from_decimal_string(str(MAX_GRAMS)) == MAX_GRAMS
    with pytest.raises(InvalidQuantity, match="be at most"):
        grams_from_decimal_string(str(MAX_GRAMS + 1))
    with pytest.raises(InvalidQuantity, match=r"^cap must be more than zero"):
        grams_from_decimal_string("0", "cap")


@pytest.mark.parametrize(
    ("value", "rule"),
    [
        (1.0, "be a whole number of grams, never a float"),
        (True, "be a whole number of grams, never a float"),
        ("1", "be a whole number of grams, never a float"),
        (0, "be more than zero"),
        (-1, "be more than zero"),
        (MAX_GRAMS + 1, "be at most"),
    ],
)
def test_check_grams_refuses(value: object, rule: str) -> None:
    with pytest.raises(InvalidQuantity, match=rule):
        check_grams(value)


def test_check_grams_refuses_negative_where_zero_is_allowed() -> None:
    with pytest.raises(InvalidQuantity, match="not be negative"):
        check_grams(-1, positive=False)


@pytest.mark.parametrize(
    ("grams", "text"),
    [
        *[
            (0, "0"),
            (1, "0.000001"),
            (1_000_000, "1"),
            (462_500_000, "462.5"),
            (10_000_000, "10"),
            (-1_500_000, "-1.5"),
        ],
        (MAX_GRAMS, "9223372036854.775807"),
    ],
)
def test_format_tonnes(grams: int, text: str) -> None:
    assert format_tonnes(grams) == text


def test_civil_days() -> None:
    assert civil_day(datetime.date(1970, 1, 1)) == 0
    assert civil_day(datetime.date(2025, 11, 1)) == civil_day_from_text("2025-11-01") == 20_393
    assert date_of_civil_day(20_393) == datetime.date(2025, 11, 1)
    assert date_of_civil_day(MAX_CIVIL_DAY) == datetime.date.max


def test_the_day_changes_at_midnight_in_shanghai() -> None:
    midnight = 20_393 * 86_400 - 8 * 3600
    assert civil_day_of_timestamp(midnight - 1) == 20_392
    assert civil_day_of_timestamp(midnight) == 20_393
    assert civil_day_of_timestamp(0) == 0


@pytest.mark.parametrize(
    "text",
    ["", "2025-1-1", "2025/01/01", "20250101", "2025-13-01", "2025-02-30", "1969-12-31", "2025-01-01T00:00", 20393],
)
def test_days_in_text_refused(text: object) -> None:
    with pytest.raises(InvalidDay, match=r"^period_first_day must .*, but is "):
        civil_day_from_text(text, "period_first_day")


@pytest.mark.parametrize("value", [datetime.datetime(2025, 11, 1, tzinfo=datetime.UTC), "2025-11-01", 5])
def test_a_moment_is_no_day(value: object) -> None:
    with pytest.raises(InvalidDay, match=r"^day must be a date without time"):
        civil_day(value)


@pytest.mark.parametrize("value", [-1, MAX_CIVIL_DAY + 1, 1.0, True])
def test_civil_day_out_of_range(value: object) -> None:
    with pytest.raises(InvalidDay, match=r"^day must be a whole number from 0"):
        date_of_civil_day(value)


@pytest.mark.parametrize("value", [-1, 1.0, True, "0"])
def test_timestamp_out_of_range(value: object) -> None:
    with pytest.raises(InvalidDay, match=r"^timestamp must be a whole number of seconds"):
        civil_day_of_timestamp(value)


def test_days_before_1970() -> None:
    with pytest.raises(InvalidDay, match="not lie before 1970-01-01"):
        civil_day(datetime.date(1969, 12, 31))
