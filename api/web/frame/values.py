"""Values as pages show them: exact, in Shanghai's time, short where the whole stands beside it (docs/spec/10-pages.md).

Pure functions; templates have them as filters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Any, Final

from api.web.frame.identicon import identicon
from api.web.frame.rules import rule_in
from api.web.frame.words import word
from api.web.texts import visible
from ledger.units import SHANGHAI_OFFSET_SECONDS, civil_day_from_text, date_of_civil_day, format_tonnes

SHANGHAI: Final = timezone(timedelta(seconds=SHANGHAI_OFFSET_SECONDS))

_WHOLE: Final = re.compile(r"-?[0-9]{1,39}", re.ASCII)
_DIGITS_SHOWN: Final = 4
_SHORTENED: Final = 2 + 2 * _DIGITS_SHOWN


def grams_of(grams: int | str) -> int:
    """Whole grams from what an API answer or a repository gives; `ValueError` for anything else, floats first."""
    if isinstance(grams, int) and not isinstance(grams, bool):
        return grams
    if isinstance(grams, str) and _WHOLE.fullmatch(grams):
        return int(grams)
    raise ValueError(f"{grams!r} is no whole number of grams")


def tonnes(grams: int | str) -> str:
    """Exact tonnes: 1_234_500_000 -> "1,234.5"."""
    return grouped(format_tonnes(grams_of(grams)))


def grams_text(grams: int | str) -> str:
    """Whole grams with commas: "1,234,500,000"."""
    return grouped(str(grams_of(grams)))


def grouped(digits: str) -> str:
    """Digits with commas between thousands, decimals left as they are: "1234567.25" -> "1,234,567.25"."""
    sign, digits = ("-", digits[1:]) if digits.startswith("-") else ("", digits)
    whole, point, rest = digits.partition(".")
    return f"{sign}{int(whole):,}{point}{rest}"


def count(number: int | str) -> str:
    """A number of things, or a serial number: "1,234,567"."""
    return grouped(str(number))


def day(given: int | str) -> str:
    """A civil day in Shanghai, from its number or its text, as "2026-11-21"; `InvalidDay` for anything else."""
    return date_of_civil_day(civil_day_from_text(given) if isinstance(given, str) else given).isoformat()


def shanghai_time(timestamp: int | str) -> str:
    """Date and time in Shanghai: "2026-11-21 16:02:13". From seconds since 1970, or UTC as the API writes it."""
    return _moment(timestamp).strftime("%Y-%m-%d %H:%M:%S")


def iso_shanghai(timestamp: int | str) -> str:
    """The same for machines: "2026-11-21T16:02:13+08:00"."""
    return _moment(timestamp).isoformat(timespec="seconds")


def short(digits: str) -> str:
    """A long hexadecimal value by its ends: "0x12ab…34cd". What is no longer than that stays whole."""
    if len(digits) <= _SHORTENED + 1:
        return digits
    return f"{digits[: 2 + _DIGITS_SHOWN]}…{digits[-_DIGITS_SHOWN:]}"


def _moment(timestamp: int | str) -> datetime:
    """`ValueError` where it is neither whole seconds nor a time with its zone."""
    if isinstance(timestamp, int):
        return datetime.fromtimestamp(timestamp, UTC).astimezone(SHANGHAI)
    moment = datetime.fromisoformat(timestamp)
    if moment.tzinfo is None:
        raise ValueError(f"{timestamp!r} is a time without a zone")
    return moment.astimezone(SHANGHAI)


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "count": count,
    "day": day,
    "grams_text": grams_text,
    "identicon": identicon,
    "iso_shanghai": iso_shanghai,
    "rule_in": rule_in,
    "shanghai_time": shanghai_time,
    "short": short,
    "tonnes": tonnes,
    "visible": visible,
    "word": word,
}
"""What templates call by these names: `{{ lot.issued.quantity_gco2e | tonnes }}`."""
