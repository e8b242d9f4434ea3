"""Reads Parquet: columns of exact types, as they are or as the texts that a CSV file would have."""

from __future__ import annotations

import datetime
import heapq
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ledger.errors import first_line
from scripts.importing.errors import MalformedFile
from scripts.importing.records import BadRow, Chunk, DataFile, Row, nul_byte

_BATCH_ROWS: Final = 4096
_MAGIC: Final = b"PAR1"
_UNREADABLE: Final = (pa.ArrowException, OSError, ValueError, OverflowError)
"""What Arrow raises for damaged pages, text that is no UTF-8, and times that Python cannot hold exactly."""


def columns(file: DataFile) -> list[str]:
    """The names of the columns."""
    return file.header(_opened(file).schema_arrow.names)


def rows(file: DataFile, needed: Sequence[str]) -> Iterator[Row | BadRow]:
    """Every record as texts, of all columns; `needed` ones must be of a type that is exact."""
    every = columns(file)
    for chunk in _chunks(file, every, needed):
        cells = zip(*(_named_texts(file, chunk, place) for place in range(len(every))), strict=True)
        yield from _in_order(chunk, cells)


def chunks(file: DataFile, wanted: Sequence[str]) -> Iterator[Chunk]:
    """The records by column, in the file's own types; all must be exact, and all must be columns of the file."""
    return _chunks(file, wanted, wanted)


def texts(column: pa.Array) -> list[str]:
    """What `Row.cells` says of each value: nothing for null, never an exponent, the time zone's offset if there is one.

    `ValueError` or `OverflowError` for a time that is finer than microseconds or beyond the year 9999.
    """
    if pa.types.is_integer(column.type) or pa.types.is_string(column.type):
        written: list[str] = pc.fill_null(column.cast(pa.string()), "").to_pylist()
        return written
    return [_text(value) for value in column.to_pylist()]


def _named_texts(file: DataFile, chunk: Chunk, place: int) -> list[str]:
    column = chunk.columns.column(place)
    try:
        return texts(column)
    except (ValueError, OverflowError):
        name, first = chunk.columns.schema.names[place], chunk.lines[0].as_py()
        rule = "hold times of whole microseconds, from year 1 to 9999"
        raise file.malformed(name, rule, f"{column.type} that is beyond them", line=first) from None


def _in_order(chunk: Chunk, cells: Iterable[Sequence[str]]) -> Iterator[Row | BadRow]:
    good = (Row(line, list(texts_of_row)) for line, texts_of_row in zip(chunk.lines.to_pylist(), cells, strict=True))
    return heapq.merge(good, chunk.bad, key=lambda row: row.line)


def _chunks(file: DataFile, wanted: Sequence[str], exact: Sequence[str]) -> Iterator[Chunk]:
    table = _opened(file)
    names = file.header(table.schema_arrow.names)
    given = dict(zip(names, table.schema_arrow, strict=True))
    for name in exact:
        if not _is_exact(given[name].type):
            rule = "hold text, whole numbers, decimals, dates or booleans: never floats or nested values"
            raise file.malformed(name, rule, str(given[name].type))
    line = 1
    try:
        for batch in table.iter_batches(batch_size=_BATCH_ROWS, columns=[given[name].name for name in wanted]):
            by_name = dict(zip(batch.schema.names, batch.columns, strict=True))
            arrays = [_plain(file, by_name[given[name].name], line) for name in wanted]
            yield _chunk(pa.RecordBatch.from_arrays(arrays, names=list(wanted)), line)
            line += batch.num_rows
    except _UNREADABLE as error:
        raise _damaged(file, error, line) from None


def _plain(file: DataFile, column: pa.Array, line: int) -> pa.Array:
    """The column without a dictionary; no value of it is longer than a record may be, and all of it is UTF-8."""
    packed = pa.types.is_dictionary(column.type)
    values = column.dictionary if packed else column
    if not _is_text(values.type):
        return column.dictionary_decode() if packed else column
    values.validate(full=True)
    if file.too_long(pc.max(pc.binary_length(values)).as_py() or 0):  # bytes, never fewer than characters
        long = pc.greater(pc.utf8_length(values), file.format.max_record_characters)
        first = pc.index(long.take(column.indices) if packed else long, True).as_py()
        if first >= 0:
            raise file.long_record(line + first)
    return column.cast(pa.string())


def _chunk(batch: pa.RecordBatch, line: int) -> Chunk:
    wrong = np.zeros(batch.num_rows, dtype=bool)
    for column in batch.columns:
        if pa.types.is_string(column.type):
            wrong |= pc.fill_null(pc.match_substring(column, "\x00"), False).to_numpy(zero_copy_only=False)
    lines = np.arange(line, line + batch.num_rows)
    if not wrong.any():
        return Chunk(pa.array(lines, pa.int64()), batch)
    bad = batch.filter(pa.array(wrong))
    cells = zip(*(texts(column) for column in bad.columns), strict=True)
    refused = [BadRow(int(at), list(row), nul_byte()) for at, row in zip(lines[wrong], cells, strict=True)]
    return Chunk(pa.array(lines[~wrong], pa.int64()), batch.filter(pa.array(~wrong)), refused)


def _opened(file: DataFile) -> pq.ParquetFile:
    with file.path.open("rb") as opened:
        if opened.read(len(_MAGIC)) != _MAGIC:
            raise file.malformed("file", "be Parquet", "a file that does not begin with PAR1")
    try:
        plain = pq.ParquetFile(file.path)
        # One long text that a dictionary repeats thousands of times would fill the memory: it is measured first.
        text = [field.name for field in plain.schema_arrow if _is_text(field.type)]
        table = pq.ParquetFile(file.path, read_dictionary=text) if text else plain
    except _UNREADABLE as error:
        raise file.malformed("file", "be Parquet", first_line(error)) from None
    limit = file.format.max_expanded_bytes
    for number in range(table.metadata.num_row_groups):
        size = table.metadata.row_group(number).total_byte_size
        if size > limit:
            rule = f"have row groups of at most {limit} bytes (max_expanded_bytes)"
            raise file.malformed("file", rule, f"{size} bytes")
    return table


def _is_exact(kind: pa.DataType) -> bool:
    tests = (
        _is_text,
        pa.types.is_integer,
        pa.types.is_decimal,
        pa.types.is_date,
        pa.types.is_timestamp,
        pa.types.is_boolean,
        pa.types.is_null,
    )
    if pa.types.is_dictionary(kind):
        return _is_exact(kind.value_type)
    return any(test(kind) for test in tests)


def _is_text(kind: pa.DataType) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


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


def _damaged(file: DataFile, error: BaseException, line: int) -> MalformedFile:
    return file.malformed("file", "be intact Parquet", first_line(error), line=line)
