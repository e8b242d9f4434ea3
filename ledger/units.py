"""Quantities and days: whole grams of CO2e and civil days in Shanghai. Never a float (03-encodings §3.3).

1 t = 1,000,000 g. Every total stays below 2**63 so that each store and language can hold it.
"""

from __future__ import annotations

import datetime
import re

from ledger.errors import InvalidDay, InvalidQuantity

GRAMS_PER_KILOGRAM = 1_000
GRAMS_PER_TONNE = 1_000_000
MAX_GRAMS = 2**63 - 1
MAX_CIVIL_DAY = (datetime.date.max - datetime.date(1970, 1, 1)).days
"""Last day that Python can name, 9999-12-31; the encodings hold days in 32 bits."""

SHANGHAI_OFFSET_SECONDS = 8 * 3600
"""Shanghai is ahead of UTC by this, all year round."""
SECONDS_PER_DAY = 86_400
_EPOCH = datetime.date(1970, 1, 1)
_DECIMAL = re.compile(r"[0-9]{1,30}(?:\.[0-9]{1,30})?", re.ASCII)
_CANONICAL_GRAMS = re.compile(r"0|[1-9][0-9]{0,18}", re.ASCII)


def grams_from_decimal_string(text: object, field: str = "quantity_gco2e", *, positive: bool = True) -> int:
    """Grams from their JSON form: a decimal string without sign, leading zeros, point or spaces (03-encodings §3.3).

    Raises `InvalidQuantity`, also for zero unless `positive` is false and for more than `MAX_GRAMS`.
    """
    if not isinstance(text, str) or not _CANONICAL_GRAMS.fullmatch(text):
        raise InvalidQuantity(field, "be whole grams as a decimal string without sign or leading zeros", text)
    return check_grams(int(text), field, positive=positive)


def grams_from_tonnes(text: object, field: str = "quantity_tco2e", *, positive: bool = True) -> int:
    """Grams from exact decimal text in tonnes: "462", "0.42", "1.500000".

    Raises `InvalidQuantity` for anything that is not plain decimal text, for fractions of a gram, for zero unless
    `positive` is false and for more than `MAX_GRAMS`.
    """
    return _scaled(text, field, 6, "tonnes", positive=positive)


def grams_from_kilograms(text: object, field: str = "quantity_kgco2e", *, positive: bool = True) -> int:
    """Grams from exact decimal text in kilograms; errors as `grams_from_tonnes`."""
    return _scaled(text, field, 3, "kilograms", positive=positive)


def check_grams(grams: object, field: str = "quantity_gco2e", *, positive: bool = True) -> int:
    """`grams` itself, or `InvalidQuantity` unless it is an int from 1 (0 unless `positive`) to `MAX_GRAMS`."""
    if isinstance(grams, bool) or not isinstance(grams, int):
        raise InvalidQuantity(field, "be a whole number of grams, never a float", grams)
    if grams < 0 or (positive and grams == 0):
        raise InvalidQuantity(field, "be more than zero" if positive else "not be negative", grams)
    if grams > MAX_GRAMS:
        raise InvalidQuantity(field, f"be at most {MAX_GRAMS} g", grams)
    return grams


def format_tonnes(grams: int) -> str:
    """Exact tonnes with up to six decimals and no trailing zeros: 462_500_000 -> "462.5"."""
    sign = "-" if grams < 0 else ""
    whole, rest = divmod(abs(grams), GRAMS_PER_TONNE)
    return f"{sign}{whole}.{rest:06d}".rstrip("0").rstrip(".")


def civil_day(date: object) -> int:
    """Days from 1970-01-01 to a date of the civil calendar in Shanghai; `InvalidDay` before 1970.

    Takes a date, not a datetime: a moment has a day only in a time zone, see `civil_day_of_timestamp`.
    """
    if isinstance(date, datetime.datetime) or not isinstance(date, datetime.date):
        raise InvalidDay("day", "be a date without time", date)
    if date < _EPOCH:
        raise InvalidDay("day", "not lie before 1970-01-01", date)
    return (date - _EPOCH).days


def civil_day_from_text(text: object, field: str = "day") -> int:
    """Civil day from "YYYY-MM-DD", digits and hyphens exactly; `InvalidDay` otherwise."""
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text, re.ASCII):
        raise InvalidDay(field, "be a date written YYYY-MM-DD", text)
    try:
        return civil_day(datetime.date.fromisoformat(text))
    except ValueError:
        raise InvalidDay(field, "be a day of the calendar", text) from None
    except InvalidDay as error:
        raise InvalidDay(field, error.rule, text) from None


def date_of_civil_day(day: object) -> datetime.date:
    """The date of a civil day; `InvalidDay` beyond 9999-12-31."""
    if isinstance(day, bool) or not isinstance(day, int) or not 0 <= day <= MAX_CIVIL_DAY:
        raise InvalidDay("day", f"be a whole number from 0 to {MAX_CIVIL_DAY}", day)
    return _EPOCH + datetime.timedelta(days=day)


def civil_day_of_timestamp(unix: object) -> int:
    """Civil day in Shanghai (UTC+8, no daylight saving) at `unix` seconds, as the contracts reckon "today"."""
    if isinstance(unix, bool) or not isinstance(unix, int) or unix < 0:
        raise InvalidDay("timestamp", "be a whole number of seconds since 1970", unix)
    return (unix + SHANGHAI_OFFSET_SECONDS) // SECONDS_PER_DAY


def _scaled(text: object, field: str, decimals: int, unit: str, *, positive: bool) -> int:
    if not isinstance(text, str) or not _DECIMAL.fullmatch(text):
        raise InvalidQuantity(field, f"be plain decimal text in {unit}, without sign, spaces or exponent", text)
    whole, _, fraction = text.partition(".")
    fraction = fraction.rstrip("0")
    if len(fraction) > decimals:
        raise InvalidQuantity(field, "be a whole number of grams", text)
    grams = int(whole + fraction.ljust(decimals, "0"))
    if not (1 if positive else 0) <= grams <= MAX_GRAMS:
        limit = f"be at most {MAX_GRAMS} g" if grams > MAX_GRAMS else "be more than zero"
        raise InvalidQuantity(field, limit, text)
    return grams
