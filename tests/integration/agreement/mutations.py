"""Changes of bundles at random, the same for the same seed: of bytes, of values, of checkpoints, of two bundles."""

import random
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from ledger.canonical import canonical_json, parse_strict

Place = tuple[str | int, ...]

# fmt: off
STRANGE_VALUES: Final[Sequence[Any]] = (
    None, True, False, 0, 1, -1, 2, 2**31, 2**32 - 1, 2**32, 2**53 - 1, [], {}, [[]], {"": 0},
    "", "0", "1", "-1", "01", "1.0", " 1", str(2**63 - 1), str(2**63), str(2**64 - 1), str(2**64), str(2**128 - 1),
    str(2**128), "0x", "0x" + "00" * 20, "0x" + "00" * 32, "0x" + "AB" * 32, {"commitment": "0x" + "11" * 32},
    "1969-12-31", "1970-01-01", "2024-02-29", "2025-02-29", "9999-12-31", "I", "II", "earn", "cancel",
    "points-cancelled", "campaign-cancelled", "reduction-cancelled", "ets-compliance", "event-neutrality",
    "toString", "__proto__", "constructor", "field_names", "é", "\u200b", "\U0001f600", "\ufeff",
)
STRANGE_NAMES: Final = (
    "", "type", "format", "commitment", "name", "value", "__proto__", "toString", "redeem_operation_id", "entry",
)
STRANGE_BYTES: Final = (
    b"\xef\xbb\xbf", b"\xff", b"\x00", b" ", b"\n", b"\\u0000", b"\\ud800", b"\xed\xa0\x80", b"1e400",
    b"9007199254740992", b"-0", b"1.5", b"[" * 40, b'{"a":1,"a":2}',
)
STRANGE_LINES: Final = (
    "\n", "extension\n", "\u2014 x AAAAAAA=\n", "\u2014 x AAAA\n", "\u2014 a b c\n", "\u2014\u00a0x AAAAAAA=\n",
    "\x85\n", "\x7f\n", "\u2028\n", "\r\n",
)
# fmt: on


def mutated(good: Mapping[str, bytes], *, seed: int, count: int) -> Iterator[tuple[str, bytes]]:
    """So many changed bundles, each with a name that says from which, how, and by which number it was made."""
    chance = random.Random(seed)  # noqa: S311 - nothing secret
    names = sorted(good)
    ways: Sequence[Callable[[random.Random, bytes, Any], bytes]] = (
        _of_bytes,
        _of_values,
        _of_values,
        _of_values,
        _of_checkpoint,
        _of_two,
    )
    for number in range(count):
        name, way = chance.choice(names), chance.choice(ways)
        other = parse_strict(good[chance.choice(names)])
        yield f"{name} {way.__name__.removeprefix('_')} {number}", way(chance, good[name], other)


def _of_bytes(chance: random.Random, data: bytes, _other: Any) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice((1, 1, 1, 2, 5))):
        first = chance.randrange(len(changed))
        last = min(len(changed), first + chance.choice((1, 1, 2, 20)))
        match chance.randrange(5):
            case 0:
                changed[first] ^= 1 << chance.randrange(8)
            case 1:
                del changed[first:last]
            case 2:
                changed[first:first] = changed[first:last]
            case 3:
                changed[first:first] = chance.choice(STRANGE_BYTES)
            case _:
                changed[first] = chance.choice(b'0123456789abcdef{}[]",:\\')
        changed = changed or bytearray(b"{")
    return bytes(changed)


def _of_values(chance: random.Random, data: bytes, other: Any) -> bytes:
    bundle = parse_strict(data)
    for _ in range(chance.choice((1, 1, 1, 2))):
        place = chance.choice(list(_places(bundle)))
        _change(chance, bundle, place, other)
    return canonical_json(bundle)


def _of_checkpoint(chance: random.Random, data: bytes, other: Any) -> bytes:
    bundle: Any = parse_strict(data)
    if "checkpoint" not in bundle["proof"]:
        return _of_values(chance, data, other)
    lines = bundle["proof"]["checkpoint"].splitlines(keepends=True)
    at = chance.randrange(len(lines))
    match chance.randrange(6):
        case 0:
            del lines[at]
        case 1:
            lines.insert(chance.randrange(len(lines) + 1), lines[at])
        case 2:
            chance.shuffle(lines)
        case 3:
            lines[at] = _changed_text(chance, lines[at])
        case 4:
            lines.insert(at, chance.choice(STRANGE_LINES))
        case _:
            lines[-1] = lines[-1].rstrip("\n")
    bundle["proof"]["checkpoint"] = "".join(lines)
    return canonical_json(bundle)


def _of_two(chance: random.Random, data: bytes, other: Any) -> bytes:
    """What stands in a part of one bundle is put in its place in another."""
    bundle: Any = parse_strict(data)
    part = chance.choice(sorted({*bundle, *other}))
    if chance.random() < 0.5 and isinstance(bundle.get(part), dict) and isinstance(other.get(part), dict):
        member = chance.choice(sorted({*bundle[part], *other[part]}))
        _put(bundle[part], other[part], member)
    else:
        _put(bundle, other, part)
    return canonical_json(bundle)


def _put(into: dict[str, Any], source: Mapping[str, Any], member: str) -> None:
    if member in source:
        into[member] = source[member]
    else:
        into.pop(member, None)


def _places(value: Any, at: Place = ()) -> Iterator[Place]:
    """Every value below the root."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, member in inside:
        yield (*at, key)
        yield from _places(member, (*at, key))


def _change(chance: random.Random, bundle: Any, place: Place, other: Any) -> None:
    parent = _at(bundle, place[:-1])
    key = place[-1]
    match chance.randrange(8):
        case 0:
            parent[key] = chance.choice(STRANGE_VALUES)
        case 1:
            del parent[key]
        case 2 if isinstance(parent, dict):
            parent[chance.choice(STRANGE_NAMES)] = chance.choice(STRANGE_VALUES)
        case 3 if isinstance(parent, list):
            parent.insert(chance.randrange(len(parent) + 1), chance.choice(parent))
        case 4 if isinstance(parent, list):
            chance.shuffle(parent)
        case 5:
            parent[key] = _at(other, chance.choice(list(_places(other))))
        case _:
            parent[key] = _slightly_changed(chance, parent[key])


def _at(value: Any, place: Place) -> Any:
    for key in place:
        value = value[key]
    return value


def _slightly_changed(chance: random.Random, value: Any) -> Any:
    """Another value of, mostly, the same form."""
    if isinstance(value, bool) or value is None:
        return not value
    if isinstance(value, int):
        return max(-(2**53 - 1), min(2**53 - 1, value + chance.choice((-2, -1, 1, 2, 1000))))
    if isinstance(value, str):
        is_decimal = value.isascii() and value.isdecimal()
        return str(int(value) + chance.choice((-1, 1))) if is_decimal else _changed_text(chance, value)
    return chance.choice(STRANGE_VALUES)


def _changed_text(chance: random.Random, text: str) -> str:
    if not text:
        return "x"
    at = chance.randrange(len(text))
    character = chance.choice("0123456789abcdefABZ+/= -") if text[at].isalnum() else chance.choice("x \n+")
    return text[:at] + chance.choice((character, character, "", text[at] * 2)) + text[at + 1 :]
