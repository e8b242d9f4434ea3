"""Reads tables from files: CSV and TSV, plain or gzipped, and Parquet, always as rows of text.

Reading is bounded: a record longer than `max_record_characters`, or a gzip stream that grows beyond its limits, ends
with `MalformedFile` before it fills the memory. What is wrong with the file as a whole raises; what is wrong with one
row comes as a `BadRow`, because the caller may go on with the others.
"""

from __future__ import annotations

import codecs
import csv
import datetime
import hashlib
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import chain
from pathlib import Path
from typing import Final

import pyarrow as pa
import pyarrow.parquet as pq

from ledger.errors import InvalidInput
from scripts.importing.errors import FileChanged, MalformedFile

_CHUNK_BYTES: Final = 1 << 16
_PIECE_BYTES: Final = 1 << 20
_RATIO_FROM_BYTES: Final = 16 << 20
_PARQUET_BATCH_ROWS: Final = 4096
_GZIP_MAGIC: Final = b"\x1f\x8b"
_PARQUET_MAGIC: Final = b"PAR1"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFormat:
    """How the bytes of a file are to be read; the `[file]` table of a mapping.

    `max_record_characters` bounds one record, `max_expanded_bytes` what a gzip stream or a Parquet row group may
    expand to, and `max_expansion` how many times larger than its compressed form a gzip stream may get.
    """

    kind: str = "csv"
    encoding: str = "utf-8"
    delimiter: str = ","
    quote: str = '"'
    max_record_characters: int = 131_072
    max_expanded_bytes: int = 16 << 30
    max_expansion: int = 250


@dataclass(frozen=True, slots=True)
class Row:
    """One record: the line it begins on (for Parquet its number), counted from 1, and its cells in header order."""

    line: int
    cells: Sequence[str]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A record that has no cells for the header's columns."""

    line: int
    cells: Sequence[str]
    error: InvalidInput


@dataclass(frozen=True, slots=True)
class _Identity:
    """What tells whether a file is still the one that was read before."""

    size: int
    modified_ns: int
    inode: int


class Source:
    """A file of rows. It can be read several times and notices when it was changed in between."""

    def __init__(self, path: Path, file_format: FileFormat) -> None:
        """`MalformedFile` when there is no such file; nothing is read yet."""
        self.path = path
        self._format = file_format
        try:
            self._identity = self._stat()
        except OSError as error:
            raise self._malformed("file", "be a file that can be read", error.strerror or "unreadable") from None
        self._sha256: bytes | None = None

    @property
    def sha256(self) -> bytes:
        """SHA-256 of the file's bytes as given, compressed if it is compressed."""
        if self._sha256 is None:
            with self.path.open("rb") as file:
                self._sha256 = hashlib.file_digest(file, "sha256").digest()
        return self._sha256

    def columns(self) -> list[str]:
        """The names of the columns, without spaces around them."""
        if self._format.kind == "parquet":
            return list(self._parquet().schema_arrow.names)
        for record in self._records():
            return self._header(record.cells)
        raise self._malformed("header", "be there: the first row names the columns", "an empty file")

    def rows(self, needed: Iterable[str] = ()) -> Iterator[Row | BadRow]:
        """The rows after the header; `needed` columns must be there (`MalformedFile`)."""
        if self._stat() != self._identity:
            raise FileChanged(str(self.path), "stay as it is while it is imported", "changed")
        columns = self.columns()
        for column in needed:
            if column not in columns:
                shown = ", ".join(columns)
                raise self._malformed(column, "be a column of the file", f"not among: {shown}", line=1)
        if self._format.kind == "parquet":
            return self._parquet_rows(set(needed))
        return self._text_rows(len(columns))

    # Text

    def _text_rows(self, width: int) -> Iterator[Row | BadRow]:
        records = self._records()
        next(records)
        for record in records:
            error = None
            if len(record.cells) != width:
                error = InvalidInput("row", f"have {width} fields, as the header has", f"{len(record.cells)} fields")
            elif any("\x00" in cell for cell in record.cells):
                error = InvalidInput("row", "hold no NUL bytes", "a NUL byte")
            yield BadRow(record.line, record.cells, error) if error else record

    def _records(self) -> Iterator[Row]:
        """Records of the file, blank lines left out."""
        lines = _BoundedLines(self)
        csv.field_size_limit(max(csv.field_size_limit(), self._format.max_record_characters))
        reader = csv.reader(
            lines,
            delimiter=self._format.delimiter,
            quotechar=self._format.quote or None,
            quoting=csv.QUOTE_MINIMAL if self._format.quote else csv.QUOTE_NONE,
            strict=True,
        )
        while True:
            line = lines.begin_record()
            try:
                cells = next(reader, None)
            except csv.Error as error:
                raise self._malformed("row", f"be {self._format.kind.upper()} text", str(error), line=line) from None
            if cells is None:
                return
            if cells:
                yield Row(line, cells)

    def _header(self, cells: Sequence[str]) -> list[str]:
        names = [cell.strip() for cell in cells]
        for name in names:
            if not name or "\x00" in name:
                raise self._malformed("header", "name every column", name, line=1)
            if names.count(name) > 1:
                raise self._malformed("header", "name each column once", name, line=1)
        return names

    def decoded(self) -> Iterator[str]:
        """The file's text in pieces of bounded size."""
        encoding = "utf-8-sig" if self._format.encoding == "utf-8" else self._format.encoding
        decoder = codecs.getincrementaldecoder(encoding)()
        newlines = 0
        for chunk in chain(self._bytes(), [b""]):
            try:
                text = decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line = newlines + error.object[: error.start].count(b"\n") + 1
                wrong = "0x" + error.object[error.start : error.end].hex()
                raise self._malformed("encoding", f"be {self._format.encoding}", wrong, line=line) from None
            newlines += text.count("\n")
            if text:
                yield text

    def _bytes(self) -> Iterator[bytes]:
        with self.path.open("rb") as file:
            start = file.read(len(_GZIP_MAGIC))
            file.seek(0)
            chunks = iter(lambda: file.read(_CHUNK_BYTES), b"")
            yield from self._gunzip(chunks) if start == _GZIP_MAGIC else chunks

    def _gunzip(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        """The expanded stream, members one after another, in pieces of at most a mebibyte."""
        stream = zlib.decompressobj(wbits=31)
        within, consumed, produced = False, 0, 0
        for chunk in chunks:
            consumed += len(chunk)
            rest = chunk
            while rest or within:
                if not within and not rest.strip(b"\x00"):
                    break
                within = True
                try:
                    piece = stream.decompress(rest, _PIECE_BYTES)
                except zlib.error as error:
                    raise self._malformed("gzip stream", "be intact", str(error)) from None
                produced += len(piece)
                self._check_expansion(consumed, produced)
                if piece:
                    yield piece
                rest = stream.unconsumed_tail
                if stream.eof:
                    rest, within, stream = stream.unused_data, False, zlib.decompressobj(wbits=31)
                elif not piece and not rest:
                    break
        if within:
            raise self._malformed("gzip stream", "be complete", "truncated")

    def _check_expansion(self, consumed: int, produced: int) -> None:
        limit = self._format.max_expanded_bytes
        if produced > limit:
            raise self._malformed("gzip stream", f"expand to at most {limit} bytes (max_expanded_bytes)", "larger")
        if produced > _RATIO_FROM_BYTES and produced > consumed * self._format.max_expansion:
            rule = f"expand at most {self._format.max_expansion} times (max_expansion)"
            raise self._malformed("gzip stream", rule, f"{consumed} bytes that expand beyond {produced}")

    # Parquet

    def _parquet(self) -> pq.ParquetFile:
        with self.path.open("rb") as file:
            if file.read(len(_PARQUET_MAGIC)) != _PARQUET_MAGIC:
                raise self._malformed("file", "be Parquet", "a file that does not begin with PAR1")
        try:
            table = pq.ParquetFile(self.path)
        except (pa.ArrowException, OSError) as error:
            raise self._malformed("file", "be Parquet", _first_line(error)) from None
        for number in range(table.metadata.num_row_groups):
            size = table.metadata.row_group(number).total_byte_size
            if size > self._format.max_expanded_bytes:
                rule = f"have row groups of at most {self._format.max_expanded_bytes} bytes (max_expanded_bytes)"
                raise self._malformed("file", rule, f"{size} bytes")
        return table

    def _parquet_rows(self, needed: set[str]) -> Iterator[Row | BadRow]:
        table = self._parquet()
        for column in table.schema_arrow:
            if column.name in needed and not _readable(column.type):
                rule = "hold text, whole numbers, decimals or dates: never floats or nested values"
                raise self._malformed(column.name, rule, str(column.type))
        line = 0
        try:
            for batch in table.iter_batches(batch_size=_PARQUET_BATCH_ROWS):
                for cells in zip(*(column.to_pylist() for column in batch.columns), strict=True):
                    line += 1
                    texts = [_text(cell) for cell in cells]
                    wrong = InvalidInput("row", "hold no NUL bytes", "a NUL byte") if "\x00" in "".join(texts) else None
                    yield BadRow(line, texts, wrong) if wrong else Row(line, texts)
        except (pa.ArrowException, OSError) as error:
            raise self._malformed("file", "be intact Parquet", _first_line(error), line=line + 1) from None

    def _stat(self) -> _Identity:
        found = self.path.stat()
        return _Identity(found.st_size, found.st_mtime_ns, found.st_ino)

    def malformed_record(self, line: int) -> MalformedFile:
        """The error for a record that is longer than the limit."""
        limit = self._format.max_record_characters
        rule = f"be at most {limit} characters long (max_record_characters)"
        return self._malformed("row", rule, "longer", line=line)

    def too_long(self, length: int) -> bool:
        """Whether a record of this many characters is beyond the limit."""
        return length > self._format.max_record_characters

    def _malformed(self, field: str, rule: str, value: object, *, line: int = 0) -> MalformedFile:
        return MalformedFile(field, rule, value, str(self.path), line)


class _BoundedLines:
    """Lines with their ends, as the csv module wants them; a record that spans lines is bounded as a whole."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lines = self._split()
        self._line = 0
        self._begun = 0
        self._length = 0

    def begin_record(self) -> int:
        """Starts to measure the next record and gives the line it begins on."""
        self._begun = self._line + 1
        self._length = 0
        return self._begun

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self._lines)
        self._line += 1
        self._measure(len(line))
        return line

    def _measure(self, more: int) -> None:
        self._length += more
        if self._source.too_long(self._length):
            raise self._source.malformed_record(self._begun)

    def _split(self) -> Iterator[str]:
        rest = ""
        for text in self._source.decoded():
            *whole, rest = (rest + text).split("\n")
            for line in whole:
                yield line + "\n"
            if self._source.too_long(len(rest)):
                raise self._source.malformed_record(max(self._begun, 1))
        if rest:
            yield rest


def _readable(kind: pa.DataType) -> bool:
    tests = (
        pa.types.is_string,
        pa.types.is_large_string,
        pa.types.is_integer,
        pa.types.is_decimal,
        pa.types.is_date,
        pa.types.is_timestamp,
        pa.types.is_boolean,
        pa.types.is_null,
    )
    dictionary = pa.types.is_dictionary(kind) and _readable(kind.value_type)
    return dictionary or any(test(kind) for test in tests)


def _text(value: object) -> str:
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "true" if value else "false"
        case Decimal():
            return format(value, "f")
        case datetime.datetime():
            return value.isoformat(sep=" ")
        case datetime.date():
            return value.isoformat()
        case _:
            return str(value)


def _first_line(error: BaseException) -> str:
    return str(error).partition("\n")[0]
