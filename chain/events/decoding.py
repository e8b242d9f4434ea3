"""From the declaration of an event to a decoder of its logs: strict, and fast where every word is fixed."""

from __future__ import annotations

import re
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any, NamedTuple, TypeVar, get_type_hints

import sha3

WORD = 32

_LIMIT_BITS = 63
"""Whole numbers on chain may be wider; what does not fit a signed 64-bit integer is refused (03-encodings §3.3)."""

Decode = Callable[[Sequence[str]], list[Any]]
"""Logs of one kind to events. A log is the hexadecimal digits of its topics, but for the first, and of its data.
Raises ValueError or struct.error for all of them if one is malformed."""

_PARAMETER = re.compile(r"(\([^)]*\)|\w+)( indexed)? (\w+)")


class Parameter(NamedTuple):
    """One parameter of an event; `abi_type` is the canonical type, a tuple's in parentheses."""

    abi_type: str
    indexed: bool
    name: str


@dataclass(frozen=True, slots=True)
class Signature:
    """A declaration taken apart."""

    name: str
    parameters: tuple[Parameter, ...]

    @classmethod
    def parse(cls, text: str) -> Signature:
        """Reads "Name(type indexed name, ...)"."""
        name, _, rest = text.partition("(")
        found = _PARAMETER.findall(rest)
        return cls(name, tuple(Parameter(abi_type, bool(indexed), field) for abi_type, indexed, field in found))

    @property
    def canonical(self) -> str:
        """What is hashed into the topic."""
        return f"{self.name}({','.join(parameter.abi_type for parameter in self.parameters)})"

    @property
    def topic(self) -> str:
        """The first topic of its logs, as a node writes it."""
        return f"0x{sha3.keccak_256(self.canonical.encode()).hexdigest()}"


class _Place(NamedTuple):
    """How one word becomes a value: a struct format of 32 bytes, and the bits of the word that must be zero."""

    format: str
    must_be_zero: int


def _unsigned(width: int, code: str, bits: int) -> _Place:
    return _Place(f"{WORD - width}x{code}", (1 << 256) - (1 << bits))


_PLACES: Mapping[str, _Place] = {
    "uint8": _unsigned(1, "B", 8),
    "uint16": _unsigned(2, "H", 16),
    "uint32": _unsigned(4, "I", 32),
    "uint64": _unsigned(8, "Q", _LIMIT_BITS),
    "uint128": _unsigned(8, "Q", _LIMIT_BITS),
    "uint256": _unsigned(8, "Q", _LIMIT_BITS),
    "address": _Place("12x20s", (1 << 256) - (1 << 160)),
    "bytes32": _Place("32s", 0),
}


def _place(abi_type: str, python_type: Any) -> _Place:
    # A lot id is a uint256 on chain and 32 bytes everywhere else.
    return _PLACES["bytes32" if abi_type == "uint256" and python_type is bytes else abi_type]


def _words_of(hints: Mapping[str, Any]) -> tuple[tuple[int, type[IntEnum]], ...]:
    """Positions of the fields that are words of the vocabulary."""
    numbered = enumerate(hints.values())
    return tuple((i, hint) for i, hint in numbered if isinstance(hint, type) and issubclass(hint, IntEnum))


E = TypeVar("E")


def _make(cls: type[E], values: Sequence[Any], words: tuple[tuple[int, type[IntEnum]], ...]) -> E:
    """The event, its numbers turned into words; ValueError for a number that is no word."""
    if words:
        changed = list(values)
        for position, word in words:
            changed[position] = word(values[position])
        values = changed
    return tuple.__new__(cls, values)  # type: ignore[type-var]


def _fixed_width_decoder(cls: type[Any], signature: Signature) -> Decode:
    hints = get_type_hints(cls)
    pairs = zip(signature.parameters, hints.values(), strict=True)
    places = [_place(parameter.abi_type, hint) for parameter, hint in pairs]
    mask = b"".join(place.must_be_zero.to_bytes(WORD, "big") for place in places)
    layout = struct.Struct(">" + "".join(place.format for place in places))
    lengths = {2 * WORD * len(places)}
    words = _words_of(hints)
    new = tuple.__new__

    def decode(texts: Sequence[str]) -> list[Any]:
        if set(map(len, texts)) != lengths:
            raise ValueError("it has not as many words as the event")
        raw = bytes.fromhex("".join(texts))
        if int.from_bytes(raw, "big") & int.from_bytes(mask * len(texts), "big"):
            raise ValueError("padding is not zero, or a number is 2**63 or more")
        if words:
            return [_make(cls, values, words) for values in layout.iter_unpack(raw)]
        return [new(cls, values) for values in layout.iter_unpack(raw)]

    return decode


def decoder(cls: type[Any], text: str) -> Decode:
    signature = Signature.parse(text)
    indexed = [parameter.indexed for parameter in signature.parameters]
    if indexed != sorted(indexed, reverse=True):
        raise ValueError(f"{signature.name}: topics come first, so indexed parameters must")
    if any(_is_dynamic(parameter.abi_type) or _is_tuple(parameter.abi_type) for parameter in signature.parameters):
        return _any_width_decoder(cls, signature)
    return _fixed_width_decoder(cls, signature)


def _is_dynamic(abi_type: str) -> bool:
    return "string" in abi_type


def _is_tuple(abi_type: str) -> bool:
    return abi_type.startswith("(")


def _members(abi_type: str) -> list[str]:
    return abi_type[1:-1].split(",")


def _head_words(abi_type: str) -> int:
    """Words of the head that a value takes: its offset, itself, or a tuple's members one after the other."""
    return len(_members(abi_type)) if _is_tuple(abi_type) and not _is_dynamic(abi_type) else 1


def _any_width_decoder(cls: type[Any], signature: Signature) -> Decode:
    """For events with a string or a tuple. They are few, so that this one is plain instead of fast."""
    hints = get_type_hints(cls)
    indexed = [parameter.abi_type for parameter in signature.parameters if parameter.indexed]
    others = [parameter.abi_type for parameter in signature.parameters if not parameter.indexed]
    types = list(hints.values())
    words = _words_of(hints)

    def decode_one(text: str) -> Any:
        raw = bytes.fromhex(text)
        topics = [raw[at : at + WORD] for at in range(0, len(indexed) * WORD, WORD)]
        data = raw[len(indexed) * WORD :]
        values = [_static(*each) for each in zip(indexed, types[: len(indexed)], topics, strict=True)]
        more, end = _sequence(others, types[len(indexed) :], data, 0)
        if end != len(data):
            raise ValueError(f"{len(data) - end} bytes are left over")
        return _make(cls, [*values, *more], words)

    return lambda texts: [decode_one(text) for text in texts]


def _static(abi_type: str, python_type: Any, word: bytes) -> Any:
    place = _place(abi_type, python_type)
    if len(word) != WORD or int.from_bytes(word, "big") & place.must_be_zero:
        raise ValueError(f"a {abi_type} is short, padded with other than zero, or too large")
    return struct.Struct(">" + place.format).unpack(word)[0]


def _sequence(abi_types: list[str], python_types: list[Any], data: bytes, start: int) -> tuple[list[Any], int]:
    """Values of a tuple that starts at `start`, and where its data ends.

    Canonical encodings put the dynamic members after the head in their order without gaps; no other is accepted.
    """
    values: list[Any] = []
    head, tail = start, start + WORD * sum(map(_head_words, abi_types))
    for abi_type, python_type in zip(abi_types, python_types, strict=True):
        place, head = head, head + WORD * _head_words(abi_type)
        if not _is_dynamic(abi_type):
            values.append(_inline(abi_type, python_type, data, place))
            continue
        if _static("uint256", int, data[place : place + WORD]) != tail - start:
            raise ValueError(f"a {abi_type} is not where its offset should say")
        value, tail = _string(data, tail) if abi_type == "string" else _tuple(abi_type, python_type, data, tail)
        values.append(value)
    return values, tail


def _inline(abi_type: str, python_type: Any, data: bytes, start: int) -> Any:
    if _is_tuple(abi_type):
        return _tuple(abi_type, python_type, data, start)[0]
    return _static(abi_type, python_type, data[start : start + WORD])


def _string(data: bytes, start: int) -> tuple[str, int]:
    length = _static("uint256", int, data[start : start + WORD])
    begin = start + WORD
    end = begin + (length + WORD - 1) // WORD * WORD
    padded = data[begin:end]
    if len(padded) != end - begin or any(padded[length:]):
        raise ValueError("a string is cut short or padded with other than zero")
    return padded[:length].decode(), end


def _tuple(abi_type: str, python_type: Any, data: bytes, start: int) -> tuple[Any, int]:
    hints = get_type_hints(python_type)
    values, end = _sequence(_members(abi_type), list(hints.values()), data, start)
    return _make(python_type, values, _words_of(hints)), end
