"""What a file of rows is read as: one record after the other, or many at once by column; and how it is to be read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa

from ledger.errors import InvalidInput
from scripts.importing.errors import MalformedFile


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """How the bytes of a file are to be read; the `[file]` table of a mapping.

    `max_record_characters` bounds one record, `max_expanded_bytes` what a gzip stream or a Parquet row group may
    expand to, and `max_expansion` how many times larger than its compressed form a gzip stream may get. `columns` names
    those of a file that has no header; without it the first record does.
    """

    kind: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    max_record_characters: int = 131_072
    max_expanded_bytes: int = 16 << 30
    max_expansion: int = 250
    columns: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line it begins on (for Parquet its number), counted from 1, and its cells in header order."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A record that has no cells for the header's columns, or cells that no text may hold."""

    line: int
    cells: Sequence[str]
    error: InvalidInput


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive records by column.

    `lines` (int64) says where the record of each place begins, as `Row.line`. `columns` holds what was asked for, in
    that order: never null texts for CSV and TSV; for Parquet the file's own types, which `scripts.importing.parquet`'s
    `texts` turns into what `Row.cells` would say. Records in `bad` are not in `lines` and `columns`.
    """

    lines: pa.Int64Array
    columns: pa.RecordBatch
    bad: Sequence[BadRow] = ()


@dataclass(frozen=True, slots=True)
class DataFile:
    """A file and how it is to be read: what its readers share."""

    path: Path
    format: FileFormat

    def malformed(self, field: str, rule: str, value: object, *, line: int = 0) -> MalformedFile:
        """The error for the file as a whole."""
        return MalformedFile(field, rule, value, str(self.path), line)

    def too_long(self, length: int) -> bool:
        """Whether a record of this many characters is beyond the limit."""
        return length > self.format.max_record_characters

    def long_record(self, line: int) -> MalformedFile:
        """The error for a record that is longer than the limit."""
        rule = f"be at most {self.format.max_record_characters} characters long (max_record_characters)"
        return self.malformed("row", rule, "longer", line=line)

    def header(self, cells: Sequence[str]) -> list[str]:
        """The names of the columns, without spaces around them; every column needs one of its own."""
        if not cells:
            raise self.malformed("header", "name every column", "no columns", line=1)
        names: dict[str, None] = {}
        for number, cell in enumerate(cells, start=1):
            name = cell.strip()
            if not name or "\x00" in name:
                raise self.malformed("header", "name every column", f"column {number}: {name}", line=1)
            if name in names:
                raise self.malformed("header", "name each column once", name, line=1)
            names[name] = None
        return list(names)


def nul_byte() -> InvalidInput:
    """What is wrong with a row that holds a NUL: PostgreSQL stores none, and spreadsheets end the text at it."""
    return InvalidInput("row", "hold no NUL bytes", "a NUL byte")
