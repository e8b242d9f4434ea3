"""Reading by column: the same records, lines and errors as row by row, whatever the file holds."""

import gzip
import tempfile
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidInput
from scripts.importing import delimited, parquet
from scripts.importing.errors import FileChanged, MalformedFile
from scripts.importing.records import BadRow, Chunk, FileFormat, Row
from scripts.importing.sources import Source

PARQUET = FileFormat(kind="parquet")


def by_row(source: Source) -> list[object]:
    return ended(source.rows(source.columns()))


def by_column(source: Source) -> list[object]:
    """The records of the chunks, in the order of the file."""
    read: list[object] = []
    for part in ended(source.chunks(source.columns())):
        read += records(part) if isinstance(part, Chunk) else [part]
    return read


def records(chunk: Chunk) -> list[Row | BadRow]:
    cells = zip(*(parquet.texts(column) for column in chunk.columns.columns), strict=True)
    good = [Row(line, list(row)) for line, row in zip(chunk.lines.to_pylist(), cells, strict=True)]
    return sorted([*good, *chunk.bad], key=lambda row: row.line)


def ended(parts: Iterator[Any]) -> list[Any]:
    """What was read, and the error that it ended with."""
    read: list[Any] = []
    try:
        read.extend(parts)
    except MalformedFile as error:
        read.append((error.field, error.rule, error.value, error.line))
    return read


lines = st.lists(
    st.one_of(
        st.tuples(*[st.sampled_from(["", "1", " x ", "光伏", "\ufeff", "long" * 20])] * 2).map(",".join),
        st.sampled_from(
            ["", "a", "1,2,3", '"quoted",2', '"two\nlines",2', '"x"y,2', "nul\x00,2", "a\rb,2", '"open', "é,'"]
        ),
    ),
    max_size=12,
)


@settings(max_examples=400, deadline=None)
@given(lines=lines, end=st.sampled_from(["\n", "\r\n"]), closed=st.booleans(), quote=st.sampled_from(['"', "", "'"]))
@example(lines=["1,2", "\ufeff1,2"], end="\n", closed=True, quote='"')
@example(lines=["1,2", "", "3,4"], end="\r\n", closed=False, quote='"')
def test_columns_say_what_rows_say(lines: list[str], end: str, closed: bool, quote: str) -> None:
    text = end.join(["a,b", *lines]) + (end if closed else "")
    with tempfile.TemporaryDirectory() as folder:
        for packed in (False, True):
            path = Path(folder) / "data.csv"
            content = text.encode()
            path.write_bytes(gzip.compress(content) if packed else content)
            source = Source(path, FileFormat(quote=quote, max_record_characters=40))
            rows, columns = by_row(source), by_column(source)
            # An error for the whole file may come before the rows of its chunk.
            assert columns == rows or (isinstance(rows[-1], tuple) and columns[-1] == rows[-1])


def test_blocks_are_crossed_with_and_without_quotes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(delimited, "_CHUNK_ROWS", 7)
    monkeypatch.setattr("scripts.importing.expansion._CHUNK_BYTES", 64)
    plain = "".join(f"{number},光{number}\n" for number in range(50))
    quoted = "".join(f'"{number}\n",光{number}\n' for number in range(50))
    path = tmp_path / "data.csv"
    path.write_text("a,b\n" + plain + quoted + plain, encoding="utf-8", newline="")
    source = Source(path, FileFormat())

    assert by_column(source) == by_row(source)
    assert len(by_row(source)) == 150


def test_only_what_is_asked_for_in_that_order(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"a,b,c\n1,,3\n")

    (chunk,) = Source(path, FileFormat()).chunks(["c", "b"])

    assert chunk.columns.to_pydict() == {"c": ["3"], "b": [""]}
    assert chunk.columns.schema.types == [pa.string(), pa.string()]
    assert (chunk.lines.to_pylist(), chunk.bad) == ([2], ())


def test_words_that_stand_for_nothing_elsewhere_stay_words(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"a\nNULL\nNA\nnan\n007\n1e3\ntrue\n")

    (chunk,) = Source(path, FileFormat()).chunks(["a"])

    assert chunk.columns["a"].to_pylist() == ["NULL", "NA", "nan", "007", "1e3", "true"]


def test_missing_columns_and_changed_files(tmp_path: Path) -> None:
    path = tmp_path / "data.csv"
    path.write_bytes(b"a,b\n1,2\n")
    source = Source(path, FileFormat())
    with pytest.raises(MalformedFile) as caught:
        source.chunks(["a", "grams"])
    assert (caught.value.field, caught.value.line) == ("grams", 1)

    path.write_bytes(b"a,b\n1,22\n")
    with pytest.raises(FileChanged):
        source.chunks(["a"])


def test_parquet_keeps_its_types(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    table = {
        "who": pa.array(["光", None, "x\x00"]),
        "at": pa.array([0, 1, 2], pa.timestamp("us", "Asia/Shanghai")),
        "grams": pa.array([1, 2, 3]),
        "t": pa.array([Decimal("0.0000001")] * 3, pa.decimal128(9, 7)),
    }
    pq.write_table(pa.table(table), path)

    (chunk,) = Source(path, PARQUET).chunks(["grams", "at", "who", "t"])

    assert chunk.columns.schema.types == [
        pa.int64(),
        pa.timestamp("us", "Asia/Shanghai"),
        pa.string(),
        pa.decimal128(9, 7),
    ]
    assert chunk.lines.to_pylist() == [1, 2]
    assert chunk.bad[0].line == 3
    assert chunk.bad[0].error == InvalidInput("row", "hold no NUL bytes", "a NUL byte")
    assert parquet.texts(chunk.columns["at"]) == ["1970-01-01 08:00:00+08:00", "1970-01-01 08:00:00.000001+08:00"]
    assert parquet.texts(chunk.columns["t"]) == ["0.0000001"] * 2
    assert by_column(Source(path, PARQUET)) == by_row(Source(path, PARQUET))


def test_parquet_dictionaries_are_texts(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table({"a": pa.array(["x", "y", None] * 5_000).dictionary_encode()}), path)

    chunks = list(Source(path, PARQUET).chunks(["a"]))

    assert sum(len(chunk.lines) for chunk in chunks) == 15_000
    assert {str(chunk.columns.schema.types[0]) for chunk in chunks} == {"string"}
    assert by_column(Source(path, PARQUET)) == by_row(Source(path, PARQUET))
