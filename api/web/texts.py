"""Texts of pages and PDF by language (`locales/*/*.json`), and text of strangers made safe to look at."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from api.languages import CHINESE, preferred
from ledger.canonical import canonical_json
from ledger.errors import Json

_SPACES = frozenset("\u0020\u00a0\u3000")
_UNSEEN = frozenset({"Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp"})
"""Categories of what nobody sees, or what changes how the rest is seen: controls, directions, joiners, new lines."""


@cache
def texts(language: str) -> Mapping[str, str]:
    """The texts of a language by name; `{name}` in them is filled in by `str.format`."""
    found: dict[str, str] = {}
    for area in sorted((files("api.web") / "locales" / language).iterdir(), key=lambda one: one.name):
        found |= json.loads(area.read_text(encoding="utf-8"))
    return found


def language_of(asked: str | None, accept_language: bytes | None) -> str:
    """`asked` (of `?lang=`) if given, else the one that `Accept-Language` prefers, else Chinese."""
    return asked or preferred(accept_language, CHINESE)


def visible(value: Json) -> str:
    """A value that somebody wrote as one line of text in which nothing hides: what cannot be seen, or would change the
    direction or the lines of what follows, stands as `[U+202E]`. Values that are no text stand as JSON.
    """
    text = value if isinstance(value, str) else canonical_json(value).decode()
    if text.isprintable():  # no space but the usual one, and nothing of `_UNSEEN`: so it is with most
        return text
    return "".join(character if is_plain(character) else mark_of(character) for character in text)


def is_plain(character: str) -> bool:
    """Whether a character shows as itself. A space of unusual width does not."""
    category = unicodedata.category(character)
    return category not in _UNSEEN and (category != "Zs" or character in _SPACES)


def mark_of(character: str) -> str:
    """What stands in the place of a character that cannot be shown."""
    return f"[U+{ord(character):04X}]"
