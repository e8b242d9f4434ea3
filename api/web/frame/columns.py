"""What a column of a table is, on a page and in a file."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from api.reading import Document

KINDS: Final = frozenset(
    {"text", "number", "grams", "day", "time", "address", "hash", "code", "word", "certificate", "flag"}
)
"""How a value is drawn, and what it is in a file (`templates/frame/table_parts.html`, `api.web.frame.downloads`)."""


class Column(NamedTuple):
    """One column. `name` is the member of the document, dots lead further in (`lot.lot_id`), and the heading of files;
    `heading` a text of `locales`; `link` where a cell leads, as a path of this server.
    """

    name: str
    heading: str
    kind: str = "text"
    link: Callable[[Document], str | None] | None = None
    value: Callable[[Document], Any] | None = None
    vocabulary: str = ""
    """Of a word: which one its label is of (`api.web.frame.words`)."""

    def of(self, document: Document) -> Any:
        """The value in this column; None where there is none."""
        if self.value is not None:
            return self.value(document)
        found: Any = document
        for part in self.name.split("."):
            if not isinstance(found, Mapping):
                return None
            found = found.get(part)
        return found
