"""The file of refused rows: as they were, and why. It can be corrected and imported again by the same mapping.

So it is written as the mapping reads: with the delimiter, quote and encoding of the file that the rows are from, never
packed. Rows of Parquet are written as CSV in UTF-8, which people can correct, and `format_of` knows that file again.
"""

from __future__ import annotations

import csv
import os
from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import IO, Final

from ledger.errors import InvalidInput
from scripts.importing import origins
from scripts.importing.errors import MalformedFile
from scripts.importing.records import FileFormat
from scripts.importing.rows import RowRefusal
from scripts.importing.sources import Source

COLUMNS: Final = (
    *origins.COLUMNS,
    "refused_by",
    "refused_field",
    "refused_rule",
    "refused_code",
    "refused_message",
)
"""Appended to the columns of the imported file. `refused_by`: file, mapping, check, outbox or contract.

The first ones say where the row comes from: `scripts.importing.origins` reads them when the file is imported in turn.
"""


_MODE: Final = 0o600  # rows name companies and amounts, and whoever may write the file decides what is applied


def format_of(path: Path, given: FileFormat) -> FileFormat:
    """How to read a file by a mapping that says `given`: rows refused from Parquet come back as text."""
    written = written_as(given)
    if written == given:
        return given
    try:
        columns = Source(path, written).columns()
    except MalformedFile:
        return given
    return written if set(origins.COLUMNS) <= set(columns) else given


def written_as(given: FileFormat) -> FileFormat:
    """How rows of such a file are written when they are refused."""
    if given.kind != "parquet":
        return given
    return replace(given, kind="csv", encoding="utf-8", delimiter=",", quote='"')


class RefusedFile:
    """A file that is made when the first row is refused, for nobody else to read or write; a context manager.

    No file is overwritten: where there is one, `path` becomes the next free name, `refused-2.csv`.
    """

    def __init__(self, path: Path, source: Source) -> None:
        """`InvalidInput` if the rows would be written over the file that they are read from."""
        if path.exists() and path.samefile(source.path):
            raise InvalidInput("refused", "be another file than the one that is imported", str(path))
        self.path = path
        self._columns = source.columns()
        self._format = written_as(source.format)
        self._own = [place for place, name in enumerate(self._columns) if name not in COLUMNS]
        self._file: IO[str] | None = None
        self.count = 0

    def __enter__(self) -> RefusedFile:
        return self

    def __exit__(self, *_: object) -> None:
        if self._file is not None:
            self._file.close()

    def add(self, refusal: RowRefusal) -> None:
        """Writes one row."""
        if self._file is None:
            self._file = self._open()
            self._write([*(self._columns[place] for place in self._own), *COLUMNS])
        self.count += 1
        width = len(self._columns)
        cells = [*refusal.cells[:width], *([""] * (width - len(refusal.cells)))]
        why = (refusal.by, refusal.field, refusal.rule, refusal.code, refusal.message)
        self._write(
            [
                *(cells[place] for place in self._own),
                *(refusal.origin.cells if refusal.origin else self._given_origin(refusal)),
                *(self._writable(text) for text in why),
            ]
        )

    def _given_origin(self, refusal: RowRefusal) -> Sequence[str]:
        """The cells as given, for a row whose origin they do not tell; blank where it is unknown which they are."""
        given = (
            dict(zip(self._columns, refusal.cells, strict=False)) if len(refusal.cells) == len(self._columns) else {}
        )
        return [given.get(name, "") for name in origins.COLUMNS]

    def _writable(self, text: str) -> str:
        """What we say ourselves, in characters that the file can hold; the row's own cells came from such a file."""
        if not self._format.quote:
            for separator in (self._format.delimiter, "\r", "\n"):
                text = text.replace(separator, " ")
        encoding = self._format.encoding
        return text.encode(encoding, errors="backslashreplace").decode(encoding)

    def _open(self) -> IO[str]:
        try:
            return os.fdopen(self._made(), "w", encoding=self._format.encoding, newline="")
        except OSError as error:
            rule = f"be a file that can be written ({error.strerror})"
            raise InvalidInput("refused", rule, str(self.path)) from None

    def _made(self) -> int:
        """The next free name: a file that is there may hold rows that somebody has corrected."""
        given = self.path
        for number in count(2):
            try:
                return os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _MODE)
            except FileExistsError:
                self.path = given.with_name(f"{given.stem}-{number}{given.suffix}")
        raise AssertionError

    def _write(self, cells: Sequence[str]) -> None:
        assert self._file is not None  # noqa: S101 - opened by `add`
        quote = self._format.quote
        csv.writer(
            self._file,
            delimiter=self._format.delimiter,
            quotechar=quote or None,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
        ).writerow(cells)
