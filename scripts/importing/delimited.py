"""Reads CSV and TSV, plain or gzipped: strictly, in bounded memory, row by row or by column.

By column, text without quotes is taken apart by Arrow, a block of whole lines at a time, and anything else by the csv
module, so that both ways read the same records: a block that Arrow could read otherwise than the csv module (quotes,
NUL bytes, blank lines, rows of another width, carriage returns of their own, a record that may be too long) is not
given to it.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Generator, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.csv as arrow_csv

from ledger.errors import InvalidInput
from scripts.importing.errors import MalformedFile
from scripts.importing.expansion import expanded
from scripts.importing.records import BadRow, Chunk, DataFile, Row, nul_byte

_CHUNK_ROWS: Final = 65_536
_NEWLINE: Final = 10
_BYTE_ORDER_MARK: Final = "\ufeff"  # Arrow drops it, wherever a block begins


def columns(file: DataFile) -> list[str]:
    """The names of the columns; `MalformedFile` if the file is empty or its header wrong."""
    with closing(_Records(file)) as records:
        return records.header()


def rows(file: DataFile) -> Iterator[Row | BadRow]:
    """The records after the header, blank lines left out."""
    with closing(_Records(file)) as records:
        width = len(records.header())
        while (row := records.read()) is not None:
            yield _checked(row, width)


def chunks(file: DataFile, wanted: Sequence[str]) -> Iterator[Chunk]:
    """The same records by column; `wanted` are the columns, all of which the file must have."""
    with closing(_Records(file)) as records:
        header = records.header()
        places = [header.index(name) for name in wanted]
        while block := records.rest_of_block():
            batch = _by_arrow(file, block, header, wanted)
            if batch is None:
                yield _by_records(records, len(header), places, wanted)
            else:
                yield Chunk(pa.array(records.skip_block(batch.num_rows), pa.int64()), batch)


def _checked(row: Row, width: int) -> Row | BadRow:
    if len(row.cells) != width:
        rule = f"have {width} fields, as the header has"
        return BadRow(row.line, row.cells, InvalidInput("row", rule, f"{len(row.cells)} fields"))
    if "\x00" in "".join(row.cells):
        return BadRow(row.line, row.cells, nul_byte())
    return row


def _by_records(records: _Records, width: int, places: Sequence[int], wanted: Sequence[str]) -> Chunk:
    """What is left of the block (and of a record that goes on in the next) by the csv module."""
    good: list[Row] = []
    bad: list[BadRow] = []
    while len(good) + len(bad) < _CHUNK_ROWS and (row := records.read()) is not None:
        read = _checked(row, width)
        if isinstance(read, BadRow):
            bad.append(read)
        else:
            good.append(read)
        if records.at_end_of_block:
            break
    cells = [pa.array([row.cells[place] for row in good], pa.string()) for place in places]
    lines = pa.array([row.line for row in good], pa.int64())
    return Chunk(lines, pa.RecordBatch.from_arrays(cells, names=list(wanted)), bad)


def _by_arrow(file: DataFile, block: str, header: Sequence[str], wanted: Sequence[str]) -> pa.RecordBatch | None:
    """The records of a block, one on every line; None if there is anything in it that wants a closer look."""
    quote, delimiter = file.format.quote, file.format.delimiter
    if (quote and quote in block) or "\x00" in block or not delimiter.isascii() or block[0] == _BYTE_ORDER_MARK:
        return None
    returns = block.count("\r\n")
    if block.count("\r") != returns:
        return None
    content = block.encode()
    ends = np.flatnonzero(np.frombuffer(content, np.uint8) == _NEWLINE)
    lengths = np.diff(ends, prepend=-1, append=[] if content.endswith(b"\n") else len(content))
    blank = returns and ("\n\r\n" in block or block.startswith("\r\n"))
    if blank or lengths.min() == 1 or file.too_long(int(lengths.max())):  # bytes, never fewer than characters
        return None
    try:
        table = arrow_csv.read_csv(
            pa.BufferReader(content),
            read_options=arrow_csv.ReadOptions(
                use_threads=False, block_size=len(content) + 1, column_names=list(header)
            ),
            parse_options=arrow_csv.ParseOptions(delimiter=delimiter, quote_char=False, double_quote=False),
            convert_options=arrow_csv.ConvertOptions(
                check_utf8=False,
                strings_can_be_null=False,
                include_columns=list(wanted),
                column_types=dict.fromkeys(wanted, pa.string()),
            ),
        )
    except pa.ArrowInvalid:  # a row of another width, which the csv module tells the line of
        return None
    (batch,) = table.combine_chunks().to_batches()
    return batch if batch.num_rows == len(lengths) else None


class _Records:
    """One reading of a file, record by record; between records also by the block of lines."""

    def __init__(self, file: DataFile) -> None:
        self._file = file
        self._lines = _BoundedLines(file)
        csv.field_size_limit(max(csv.field_size_limit(), file.format.max_record_characters))
        self._reader = csv.reader(
            self._lines,
            delimiter=file.format.delimiter,
            quotechar=file.format.quote or None,
            quoting=csv.QUOTE_MINIMAL if file.format.quote else csv.QUOTE_NONE,
            strict=True,
        )

    def close(self) -> None:
        """Closes the file, wherever reading ended."""
        self._lines.close()

    def header(self) -> list[str]:
        """The names of the columns, which the first record gives, unless the format does."""
        if self._file.format.columns:
            return self._file.header(self._file.format.columns)
        row = self.read()
        if row is None:
            raise self._file.malformed("header", "be there: the first row names the columns", "an empty file")
        return self._file.header(row.cells)

    def read(self) -> Row | None:
        """The next record; None at the end."""
        while True:
            line = self._lines.begin_record()
            try:
                cells = next(self._reader, None)
            except csv.Error as error:
                rule = f"be {self._file.format.kind.upper()} text"
                raise self._file.malformed("row", rule, str(error), line=line) from None
            if cells is None:
                return None
            if cells:
                return Row(line, cells)

    @property
    def at_end_of_block(self) -> bool:
        """Whether all lines that were fetched are read."""
        return self._lines.at_end_of_block

    def rest_of_block(self) -> str:
        """The lines that were fetched and not read, or the next ones; empty at the end of the file."""
        return self._lines.rest_of_block()

    def skip_block(self, count: int) -> range:
        """Counts the rest of the block, so many lines, as read, and gives their numbers."""
        return self._lines.skip_block(count)


class _BoundedLines:
    """Lines with their ends, as the csv module wants them; a record that spans lines is bounded as a whole."""

    def __init__(self, file: DataFile) -> None:
        self._file = file
        self._blocks = self._whole_lines()
        self._block = ""
        self._place = 0
        self._line = 0
        self._begun = 1
        self._length = 0

    def close(self) -> None:
        self._blocks.close()

    def begin_record(self) -> int:
        """Starts to measure the next record and gives the line it begins on."""
        self._begun = self._line + 1
        self._length = 0
        return self._begun

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        if self.at_end_of_block:
            self._block, self._place = next(self._blocks), 0
        end = self._block.find("\n", self._place) + 1 or len(self._block)
        line = self._block[self._place : end]
        self._place = end
        self._line += 1
        self._length += len(line)
        if self._file.too_long(self._length):
            raise self._file.long_record(self._begun)
        return line

    @property
    def at_end_of_block(self) -> bool:
        return self._place == len(self._block)

    def rest_of_block(self) -> str:
        if self.at_end_of_block:
            self.begin_record()
            self._block, self._place = next(self._blocks, ""), 0
        return self._block[self._place :]

    def skip_block(self, count: int) -> range:
        self._place = len(self._block)
        self._line += count
        return range(self._line - count + 1, self._line + 1)

    def _whole_lines(self) -> Generator[str]:
        """Blocks of whole lines; only the last may lack its end."""
        rest = ""
        with closing(_decoded(self._file)) as texts:
            for text in texts:
                end = text.rfind("\n") + 1
                if end:
                    yield rest + text[:end]
                rest = text[end:] if end else rest + text
                if self._file.too_long(len(rest)):
                    raise self._file.long_record(self._begun)
        if rest:
            yield rest


def _decoded(file: DataFile) -> Generator[str]:
    """The file's text in pieces of bounded size; a byte order mark of UTF-8 is no part of it."""
    name = codecs.lookup(file.format.encoding).name
    decoder = codecs.getincrementaldecoder("utf-8-sig" if name == "utf-8" else name)()
    newlines = 0
    with closing(expanded(file)) as pieces:
        while True:
            try:
                piece = next(pieces, b"")
                text = decoder.decode(piece, final=not piece)
            except MalformedFile as error:  # of the gzip stream, which knows no lines
                raise replace(error, line=newlines + 1) from None
            except UnicodeError as error:
                raise _undecodable(file, error, newlines + 1) from None
            newlines += text.count("\n")
            if text:
                yield text
            if not piece:
                return


def _undecodable(file: DataFile, error: UnicodeError, line: int) -> MalformedFile:
    """`line` is where the piece begins that cannot be decoded."""
    wrong = str(error)
    if isinstance(error, UnicodeDecodeError):
        line += error.object[: error.start].count(b"\n")
        wrong = "0x" + error.object[error.start : error.end].hex()
    return file.malformed("encoding", f"be {file.format.encoding}", wrong, line=line)
