"""Changes of a bundle, one at a time: every value changed, every member dropped, doubled, reordered.

A change is named by the path of what it changes, `certificate.number` or `record.fields.0.salt`.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from typing import Any, Final

from ledger.canonical import canonical_json

Path = tuple[str | int, ...]

_OTHER_WORDS: Final = {
    "reduction-cancelled": "points-cancelled",
    "points-cancelled": "campaign-cancelled",
    "campaign-cancelled": "reduction-cancelled",
    "event-neutrality": "voluntary-offset",
    "I": "II",
    "II": "I",
    "cancel": "redeem",
}
_HEX: Final = "0123456789abcdef"


def name_of(path: Path) -> str:
    """`("certificate", "number")` -> `certificate.number`."""
    return ".".join(str(part) for part in path)


def walk(document: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value within, with its path: objects and lists before what they hold."""
    if path:
        yield path, document
    items: Any = ()
    if isinstance(document, dict):
        items = document.items()
    elif isinstance(document, list):
        items = enumerate(document)
    for key, value in items:
        yield from walk(value, (*path, key))


def at(document: Any, path: Path) -> Any:
    """The value at a path."""
    for part in path:
        document = document[part]
    return document


def with_value(document: Any, path: Path, value: Any) -> Any:
    """A copy with another value at a path."""
    changed = copy.deepcopy(document)
    at(changed, path[:-1])[path[-1]] = value
    return changed


def without(document: Any, path: Path) -> Any:
    """A copy without the value at a path."""
    changed = copy.deepcopy(document)
    del at(changed, path[:-1])[path[-1]]
    return changed


def other_value(value: Any) -> Any:
    """Another value of the same form, as near as can be."""
    match value:
        case bool():
            return not value
        case int():
            return value + 1
        case None:
            return "null"
        case str() if value in _OTHER_WORDS:
            return _OTHER_WORDS[value]
        case str() if value.startswith("0x"):
            return value[:-1] + _HEX[_HEX.index(value[-1]) ^ 1]
        case str() if value.isdecimal():
            return str(int(value) + 1)
        case str() if len(value) == 10 and value[4] == value[7] == "-":
            return value[:-2] + ("10" if value[-2:] != "10" else "11")
        case str():
            return value[:-1] + chr(ord(value[-1]) ^ 1) if value else "x"
        case list():
            return value[:-1]
        case _:
            return {}


def value_changes(document: Any) -> Iterator[tuple[str, Path, bytes]]:
    """Each single value changed: no objects or lists, which have values within."""
    for path, value in walk(document):
        if not isinstance(value, dict | list):
            yield f"changed {name_of(path)}", path, canonical_json(with_value(document, path, other_value(value)))


def structural_changes(document: Any) -> Iterator[tuple[str, bytes]]:
    """Members and items dropped, doubled, nulled, retyped, added and moved; objects out of order; spaces."""
    yield "a byte order mark", b"\xef\xbb\xbf" + canonical_json(document)
    yield "a line feed behind", canonical_json(document) + b"\n"
    yield "spaces", json.dumps(document, ensure_ascii=False, sort_keys=True).encode()
    yield "escapes", json.dumps(document, ensure_ascii=True, sort_keys=True, separators=(",", ":")).encode()
    yield "unsorted", json.dumps(dict(reversed(document.items())), ensure_ascii=False, separators=(",", ":")).encode()
    for path, value in walk(document):
        name = name_of(path)
        yield f"dropped {name}", canonical_json(without(document, path))
        for what, other in (("null", None), ("text", "x"), ("number", 7), ("list", [value]), ("object", {"x": value})):
            if other != value:
                yield f"{what} for {name}", canonical_json(with_value(document, path, other))
        if isinstance(path[-1], str):
            yield f"doubled {name}", _doubled(document, path)
        if isinstance(value, dict):
            yield f"added to {name}", canonical_json(with_value(document, path, {**value, "zzz": 1}))
        if isinstance(value, list):
            yield from (
                (f"{what} {name}", canonical_json(with_value(document, path, other))) for what, other in _lists(value)
            )
        if isinstance(value, str) and value.startswith("0x") and value != value.upper().replace("X", "x"):
            yield f"upper case {name}", canonical_json(with_value(document, path, "0x" + value[2:].upper()))


def _lists(value: list[Any]) -> Iterator[tuple[str, list[Any]]]:
    """A list with items doubled, swapped and gone."""
    if value:
        yield "emptied", []
    for place, item in enumerate(value):
        yield f"item {place} doubled in", [*value[:place], item, *value[place:]]
        if place and value[place - 1] != item:
            yield f"item {place} moved down in", [*value[: place - 1], item, value[place - 1], *value[place + 1 :]]


def _doubled(document: Any, path: Path) -> bytes:
    """The bytes with a member of an object twice, with the same value."""
    marked = with_value(document, path, "\x7f")
    text = canonical_json(marked).decode()
    value = canonical_json(at(document, path)).decode()
    member = json.dumps(path[-1])
    return text.replace(f'{member}:"\x7f"', f"{member}:{value},{member}:{value}").encode()
