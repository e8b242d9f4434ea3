"""The small language of mapping files: templates, cleaning rules and conditions over the texts of one row."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

Texts = Mapping[str, str]
"""Names in scope for one row: its columns, and the values derived from them so far."""

_PLACE: Final = re.compile(r"\{([^{}]+)\}")
_ZERO: Final = re.compile(r"0*(?:\.0*)?")

CLEANERS: Final[Mapping[str, Callable[[str], str]]] = {
    "strip": str.strip,
    "collapse-spaces": lambda text: re.sub(r"\s+", " ", text),
    "remove-spaces": lambda text: re.sub(r"\s+", "", text),
    "remove-commas": lambda text: text.replace(",", ""),
    "lower": str.lower,
    "upper": str.upper,
    "nfkc": lambda text: unicodedata.normalize("NFKC", text),
}
"""`nfkc` turns full-width digits and letters into plain ones."""

TESTS: Final[Mapping[str, Callable[[str], bool]]] = {
    "blank": lambda text: not text.strip(),
    "present": lambda text: bool(text.strip()),
    "zero": lambda text: bool(_ZERO.fullmatch(text.strip())),
    "not-zero": lambda text: not _ZERO.fullmatch(text.strip()),
}
"""`zero` holds for blank texts too: tables leave cells empty where they mean none."""


@dataclass(frozen=True, slots=True)
class Template:
    """Text with `{name}` places; a lone `{name}` is the plain value."""

    text: str

    @property
    def names(self) -> list[str]:
        """The names it refers to, in order."""
        return _PLACE.findall(self.text)

    def fill(self, texts: Texts) -> str:
        """The text with every place filled; names were checked when the mapping was read."""
        return _PLACE.sub(lambda place: texts[place.group(1)], self.text)


def clean(text: str, cleaners: tuple[str, ...]) -> str:
    """`text` after each cleaner in turn."""
    for name in cleaners:
        text = CLEANERS[name](text)
    return text


@dataclass(frozen=True, slots=True)
class Test:
    """One test of one name: a word of `TESTS`, a set of texts, a pattern for the whole text, or another name's text."""

    __test__ = False

    name: str
    word: str = ""
    one_of: tuple[str, ...] = ()
    pattern: re.Pattern[str] | None = None
    same_as: str = ""

    def holds(self, texts: Texts) -> bool:
        """Whether the row passes."""
        text = texts[self.name]
        if self.same_as:
            return text == texts[self.same_as]
        if self.word:
            return TESTS[self.word](text)
        if self.pattern is not None:
            return self.pattern.fullmatch(text) is not None
        return text in self.one_of


@dataclass(frozen=True, slots=True)
class Condition:
    """All tests must hold; without tests it always does."""

    tests: tuple[Test, ...] = ()

    @property
    def names(self) -> list[str]:
        """The names it refers to."""
        return [name for test in self.tests for name in (test.name, test.same_as) if name]

    def holds(self, texts: Texts) -> bool:
        """Whether the row passes every test."""
        return all(test.holds(texts) for test in self.tests)
