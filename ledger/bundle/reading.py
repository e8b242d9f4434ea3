"""Strict readers of a bundle's members: one way to write each value (docs/spec/08-certificates.md §8.1).

Each raises `InvalidBundle` with the name of the member.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TypeVar

from ledger import encoding
from ledger.canonical import MAX_EXACT_INTEGER
from ledger.errors import InvalidBundle, Json, UnknownWord
from ledger.ids import FixedBytes
from ledger.units import civil_day_from_text
from ledger.vocabulary import Word

_Bytes = TypeVar("_Bytes", bound=FixedBytes)
_Word = TypeVar("_Word", bound=Word)

_LOWER_HEX = re.compile(r"0x[0-9a-f]+", re.ASCII)
_DECIMAL = re.compile(r"0|[1-9][0-9]{0,38}", re.ASCII)


def members(place: str, document: Json, names: Collection[str]) -> Mapping[str, Json]:
    """The members of an object that has exactly these; `names` has each once."""
    if isinstance(document, dict) and len(document) == len(names) and all(map(document.__contains__, names)):
        return document
    found = sorted(document) if isinstance(document, dict) else document
    raise InvalidBundle(place, f"be an object of {', '.join(sorted(names))}", found)


def fixed(kind: type[_Bytes], value: Json, field: str) -> _Bytes:
    """A hash, id or address: 0x and lower-case hexadecimal digits."""
    if isinstance(value, str) and len(value) == 2 + 2 * kind.LENGTH:
        try:
            read = bytes.fromhex(value[2:])
        except ValueError:
            read = b""
        if "0x" + read.hex() == value:  # faster than a pattern, and as strict: the bytes make the same text again
            return kind(read)
    raise InvalidBundle(field, f"be 0x and {2 * kind.LENGTH} lower-case hexadecimal digits", value)


def data(value: Json, field: str) -> bytes:
    """Bytes of any length but none: 0x and lower-case hexadecimal digits."""
    if not isinstance(value, str) or len(value) % 2 or not _LOWER_HEX.fullmatch(value):
        raise InvalidBundle(field, "be 0x and lower-case hexadecimal digits, two a byte", value)
    return bytes.fromhex(value[2:])


def decimal(value: Json, field: str, *, bits: int, least: int = 0) -> int:
    """A quantity, total or serial of so many bits: a decimal string without sign or leading zeros."""
    if isinstance(value, str) and _DECIMAL.fullmatch(value) and least <= int(value) < 1 << bits:
        return int(value)
    rule = f"be a decimal string without sign or leading zeros, from {least} to 2**{bits} - 1"
    raise InvalidBundle(field, rule, value)


def whole(value: Json, field: str, least: int = 0, most: int = MAX_EXACT_INTEGER) -> int:
    """A whole number, written as a number."""
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise InvalidBundle(field, f"be a whole number from {least} to {most}", value)
    return value


def word(kind: type[_Word], value: Json, field: str) -> _Word:
    """A word of a vocabulary."""
    if isinstance(value, str):
        try:
            return kind.from_label(value, field)
        except UnknownWord:
            pass
    raise InvalidBundle(field, f"be one of {', '.join(kind.labels())}", value)


def code(value: Json, field: str) -> str:
    """A public code."""
    if not isinstance(value, str) or not encoding.is_code(value):
        raise InvalidBundle(field, "be 1 to 64 printable ASCII characters without spaces", value)
    return value


def day(value: Json, field: str) -> int:
    """A civil day, written YYYY-MM-DD; `InvalidDay` for anything else."""
    return civil_day_from_text(value, field)


def text(value: Json, field: str) -> str:
    """Any text."""
    if not isinstance(value, str):
        raise InvalidBundle(field, "be text", value)
    return value


def listed(value: Json, field: str) -> list[Json]:
    """A list."""
    if not isinstance(value, list):
        raise InvalidBundle(field, "be a list", value)
    return value
