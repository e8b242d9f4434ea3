"""Rows of a table as CSV and as XLSX (docs/spec/10-pages.md §10.3): exact, and nothing in them that a spreadsheet runs.

What others wrote stands in a file as on the page: `[U+202E]` for what cannot be seen. Quantities stand twice, as whole
grams and as exact tonnes.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from io import TextIOWrapper
from types import TracebackType
from typing import IO, Any, ClassVar, Final, NamedTuple, Protocol, Self

import xlsxwriter

from api.reading import Document
from api.repository.snapshots import AsOf
from api.web.frame.columns import Column
from api.web.frame.values import SHANGHAI, day, grams_of, iso_shanghai
from api.web.texts import visible
from ledger.units import format_tonnes

_NUMBER: Final = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
_RUN: Final = frozenset("=+-@＝＋－＠'")
"""What a cell may begin with that a spreadsheet takes for a formula, in either width; and the apostrophe itself, so
that one apostrophe taken away always gives back what was written."""
_MOST_DIGITS: Final = 15
"""As many as a spreadsheet keeps of a number."""
_LONGEST_CELL: Final = 32_767
"""Characters of an XLSX cell, by its format."""


class Field(NamedTuple):
    """A column of a file. `text`: what stands in it, or None. `number`: it is a number, not text."""

    heading: str
    number: bool
    text: Callable[[Document], str | None]


class Sheet(Protocol):
    """A file of rows. Leaving it ends the file, whether or not it is whole."""

    CONTENT_TYPE: ClassVar[str]

    def __init__(self, file: IO[bytes], fields: Sequence[Field], as_of: AsOf) -> None: ...

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None: ...

    def write(self, documents: Iterable[Document]) -> None:
        """Adds rows."""
        ...


def fields(columns: Sequence[Column]) -> tuple[Field, ...]:
    """The columns of a file for the columns of a page: two for each quantity."""
    found: list[Field] = []
    for column in columns:
        if column.kind == "grams":
            name = column.name.removesuffix("_gco2e")
            found.append(Field(f"{name}_gco2e", True, _said(column, lambda value: str(grams_of(value)))))
            found.append(Field(f"{name}_tonnes", True, _said(column, lambda value: format_tonnes(grams_of(value)))))
        else:
            found.append(Field(column.name, column.kind in _NUMBERS, _said(column, _TEXTS.get(column.kind, visible))))
    return tuple(found)


_NUMBERS: Final = frozenset({"number", "certificate"})
_TEXTS: Final[Mapping[str, Callable[[Any], str]]] = {
    "number": str,
    "certificate": str,
    "day": day,
    "time": iso_shanghai,
    "flag": lambda value: "true" if value else "false",
}
"""By the kind of a column; of every other kind it is text that somebody wrote, an id or a label."""


def _said(column: Column, text: Callable[[Any], str]) -> Callable[[Document], str | None]:
    def said(document: Document) -> str | None:
        value = column.of(document)
        return None if value is None else text(value)

    return said


def harmless(text: str) -> str:
    """Text that no spreadsheet runs when it opens a CSV file: an apostrophe stands before what might be a formula."""
    return f"'{text}" if text[:1] in _RUN and text else text


class Csv:
    """UTF-8 with the mark by which spreadsheets know it, comma between cells, RFC 4180 otherwise."""

    CONTENT_TYPE: ClassVar[str] = "text/csv; charset=utf-8"

    def __init__(self, file: IO[bytes], fields: Sequence[Field], as_of: AsOf) -> None:
        self._fields = fields
        self._text = TextIOWrapper(file, encoding="utf-8-sig", newline="", write_through=True)
        self._row = csv.writer(self._text).writerow
        self._row([field.heading for field in fields])

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._text.detach()

    def write(self, documents: Iterable[Document]) -> None:
        """Adds rows."""
        for document in documents:
            self._row([self._cell(field, field.text(document)) for field in self._fields])

    @staticmethod
    def _cell(field: Field, text: str | None) -> str:
        if text is None:
            return ""
        return text if field.number and _NUMBER.fullmatch(text) else harmless(text)


class Xlsx:
    """One sheet, its first row standing still. What a spreadsheet would round stands as text."""

    CONTENT_TYPE: ClassVar[str] = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

    def __init__(self, file: IO[bytes], fields: Sequence[Field], as_of: AsOf) -> None:
        self._fields = fields
        self._book = xlsxwriter.Workbook(
            file,
            {
                "constant_memory": True,
                "strings_to_formulas": False,
                "strings_to_urls": False,
                "strings_to_numbers": False,
            },
        )
        made = datetime.fromtimestamp(as_of.timestamp, SHANGHAI).replace(tzinfo=None)
        self._book.set_properties({"created": made, "comments": f"as of block {as_of.header.decode()}"})
        self._sheet = self._book.add_worksheet()
        self._sheet.freeze_panes(1, 0)
        bold = self._book.add_format({"bold": True})
        for at, field in enumerate(fields):
            self._sheet.set_column(at, at, max(14, len(field.heading) + 2))
            self._sheet.write_string(0, at, field.heading, bold)
        self._next = 1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._sheet.ignore_errors({"number_stored_as_text": f"A1:XFD{max(self._next, 2)}"})
        self._book.close()

    def write(self, documents: Iterable[Document]) -> None:
        """Adds rows."""
        for document in documents:
            for at, field in enumerate(self._fields):
                text = field.text(document)
                if text is not None:
                    self._write_cell(at, text, number=field.number)
            self._next += 1

    def _write_cell(self, at: int, text: str, *, number: bool) -> None:
        if number and is_kept(text):
            self._sheet.write_number(self._next, at, float(text))
        else:
            cut = text if len(text) <= _LONGEST_CELL else text[: _LONGEST_CELL - 1] + "…"
            self._sheet.write_string(self._next, at, cut)


def is_kept(text: str) -> bool:
    """Whether a spreadsheet keeps this number as it stands: at most fifteen digits, written back alike."""
    digits = text.removeprefix("-").replace(".", "").lstrip("0")
    return _NUMBER.fullmatch(text) is not None and len(digits) <= _MOST_DIGITS and f"{float(text):.16G}" == text


SHEETS: Final[Mapping[str, type[Sheet]]] = {"csv": Csv, "xlsx": Xlsx}
"""By the name that `?format=` has for them."""
