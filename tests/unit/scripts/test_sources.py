"""Reading files: what is wrong with them is found, named by file, line, field and rule, and never fills the memory."""

import gzip
import io
import resource
import zlib
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ledger.errors import InvalidInput
from scripts.importing.errors import FileChanged, MalformedFile
from scripts.importing.records import BadRow, FileFormat, Row
from scripts.importing.sources import Source

Write = Callable[[bytes], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Writes bytes to a file of its own and gives its path."""

    def _write(content: bytes) -> Path:
        path = tmp_path / "data.csv"
        path.write_bytes(content)
        return path

    return _write


def read(path: Path, file_format: FileFormat | None = None, needed: tuple[str, ...] = ()) -> list[Row | BadRow]:
    return list(Source(path, file_format or FileFormat()).rows(needed))


def malformed(path: Path, file_format: FileFormat | None = None, needed: tuple[str, ...] = ()) -> MalformedFile:
    with pytest.raises(MalformedFile) as caught:
        read(path, file_format, needed)
    assert caught.value.file == str(path)
    assert str(path) in caught.value.explain()
    return caught.value


def test_lines_are_counted_where_records_begin(write: Write) -> None:
    path = write(b'a,b\n1,"two\nlines"\n\n3,4\n')

    assert read(path) == [Row(2, ["1", "two\nlines"]), Row(5, ["3", "4"])]


@pytest.mark.parametrize("content", [b"\xef\xbb\xbfa,b\r\n1,2\r\n", b" a ,b\n1,2", b'"a","b"\n"1","2"\n'])
def test_byte_order_marks_line_ends_quotes_and_spaces_in_headers(write: Write, content: bytes) -> None:
    source = Source(write(content), FileFormat())

    assert source.columns() == ["a", "b"]
    assert list(source.rows(["a", "b"])) == [Row(2, ["1", "2"])]


def test_gb18030(write: Write) -> None:
    path = write("项目,数量\n光伏,462\n".encode("gb18030"))

    assert read(path, FileFormat(encoding="gb18030"), ("项目",)) == [Row(2, ["光伏", "462"])]


def test_wrong_encoding_names_the_line(write: Write) -> None:
    error = malformed(write("a,b\n1,2\n光伏,3\n".encode("gb18030")))

    assert (error.field, error.rule, error.line) == ("encoding", "be utf-8", 3)


@pytest.mark.parametrize("name", ["utf8", "UTF-8", "utf_8"])
def test_utf_8_by_any_name_may_have_a_byte_order_mark(write: Write, name: str) -> None:
    assert Source(write(b"\xef\xbb\xbfa\n1\n"), FileFormat(encoding=name)).columns() == ["a"]


def test_utf_16_without_its_byte_order_mark(write: Write) -> None:
    error = malformed(write("a\n1\n".encode("utf-16-le")), FileFormat(encoding="utf-16"))
    assert (error.field, error.rule, error.line) == ("encoding", "be utf-16", 1)


def test_utf_16_that_ends_in_the_middle(write: Write) -> None:
    error = malformed(write("a\n光\n".encode("utf-16")[:-1]), FileFormat(encoding="utf-16"))
    assert (error.field, error.line) == ("encoding", 2)


def test_old_line_ends(write: Write) -> None:
    error = malformed(write(b"a,b\r1,2\r"))
    assert (error.field, error.rule, error.line) == ("row", "be CSV text", 1)


def test_a_quote_that_is_never_closed(write: Write) -> None:
    error = malformed(write(b'a,b\n1,2\n"1,2\n3,4\n'))
    assert (error.rule, error.line, error.value) == ("be CSV text", 3, "unexpected end of data")


def test_missing_column(write: Write) -> None:
    error = malformed(write(b"a,b\n1,2\n"), needed=("quantity",))

    assert (error.field, error.rule, error.line) == ("quantity", "be a column of the file", 1)


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"", "be there: the first row names the columns"),
        (b"a,,b\n", "name every column"),
        (b"a,b,a\n", "name each column once"),
    ],
)
def test_headers(write: Write, content: bytes, rule: str) -> None:
    assert malformed(write(content)).rule == rule


def test_ragged_rows_and_nul_bytes_are_refused_one_by_one(write: Write) -> None:
    rows = read(write(b"a,b\n1\n1,2\n1,2,3\nx\x00,2\n"))

    assert [row.line for row in rows] == [2, 3, 4, 5]
    assert rows[1] == Row(3, ["1", "2"])
    errors = [row.error for row in rows if isinstance(row, BadRow)]
    assert errors == [
        InvalidInput("row", "have 2 fields, as the header has", "1 fields"),
        InvalidInput("row", "have 2 fields, as the header has", "3 fields"),
        InvalidInput("row", "hold no NUL bytes", "a NUL byte"),
    ]


def test_text_after_a_closing_quote(write: Write) -> None:
    error = malformed(write(b'a,b\n1,2\n"1"x,2\n'))

    assert (error.field, error.rule, error.line) == ("row", "be CSV text", 3)


@pytest.mark.parametrize("content", [b"a,b\n" + b"x" * 300, b'a,b\n1,2\n"' + b"x\n" * 150, b"x" * 300])
def test_long_records(write: Write, content: bytes) -> None:
    error = malformed(write(content), FileFormat(max_record_characters=256))

    assert error.rule == "be at most 256 characters long (max_record_characters)"
    assert error.line == content.count(b"\n", 0, 10) + 1


class EndlessLine(io.RawIOBase):
    """Ten gigabytes of one line, made as they are read."""

    def __init__(self, size: int) -> None:
        self.left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        size = min(len(buffer), self.left)
        buffer[:size] = b"x" * size
        self.left -= size
        return size


def test_a_line_of_ten_gigabytes_is_refused_after_little(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write(b"a,b\n1,2\n")
    stream = EndlessLine(10_000_000_000)
    monkeypatch.setattr(Path, "open", lambda *_: io.BufferedReader(SeekableLine(stream)))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    error = malformed(path)

    assert error.rule == "be at most 131072 characters long (max_record_characters)"
    assert stream.left > 9_999_000_000
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 20_000  # kilobytes


class SeekableLine(io.RawIOBase):
    """Lets the reader go back to the beginning once, as it does after it looked for a gzip header."""

    def __init__(self, stream: EndlessLine) -> None:
        self.stream = stream

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0) -> int:
        return 0

    def tell(self) -> int:
        return 0

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        return self.stream.readinto(buffer)


# gzip


def test_gzip_members_one_after_another_and_padding(write: Write) -> None:
    path = write(gzip.compress(b"a,b\n1,") + gzip.compress(b"2\n") + b"\x00" * 512)

    assert read(path) == [Row(2, ["1", "2"])]


def test_large_gzip_is_read_whole(write: Write) -> None:
    lines = [f"{number},{number * number}" for number in range(200_000)]
    path = write(gzip.compress(("a,b\n" + "\n".join(lines)).encode()))

    assert [",".join(row.cells) for row in read(path)] == lines


def test_truncated_gzip(write: Write) -> None:
    whole = gzip.compress(b"a,b\n" + b"1,2\n" * 1000)

    for end in (3, 15, len(whole) // 2, len(whole) - 1):
        error = malformed(write(whole[:end]))
        assert (error.field, error.rule, error.value) == ("gzip stream", "be complete", "truncated")
        assert error.line >= 1


def test_broken_gzip(write: Write) -> None:
    whole = bytearray(gzip.compress(b"a,b\n" + b"1,2\n" * 1000))
    whole[-6] ^= 0xFF

    error = malformed(write(bytes(whole)))
    assert (error.field, error.rule) == ("gzip stream", "be intact")


def bomb(size: int) -> Iterator[bytes]:
    stream = zlib.compressobj(9, zlib.DEFLATED, 31)
    piece = (b"1," + b"2" * 97 + b"\n") * 10_000
    yield stream.compress(b"a,b\n")
    for _ in range(size // len(piece)):
        yield stream.compress(piece)
    yield stream.flush()


def test_gzip_bomb(write: Write) -> None:
    path = write(b"".join(bomb(200 << 20)))

    error = malformed(path)
    assert error.rule == "expand at most 250 times (max_expansion)"


def test_gzip_beyond_its_limit(write: Write) -> None:
    path = write(gzip.compress(b"a,b\n" + bytes(range(48, 58)) * 1000))

    error = malformed(path, FileFormat(max_expanded_bytes=1000))
    assert error.rule == "expand to at most 1000 bytes (max_expanded_bytes)"


# Parquet

PARQUET = FileFormat(kind="parquet")


def test_parquet_rows_are_text(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    table = {
        "text": pa.array(["光伏", None]),
        "count": pa.array([462, 0], pa.int64()),
        "tonnes": pa.array([Decimal("1.500"), None], pa.decimal128(10, 3)),
        "day": pa.array([19_000, None], pa.date32()),
        "ratio": pa.array([0.1, 0.2]),
    }
    pq.write_table(pa.table(table), path)

    assert read(path, PARQUET, ("text", "count", "tonnes", "day")) == [
        Row(1, ["光伏", "462", "1.500", "2022-01-08", "0.1"]),
        Row(2, ["", "0", "", "", "0.2"]),
    ]


def test_parquet_floats_are_not_read(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table({"tonnes": [0.1]}), path)

    error = malformed(path, PARQUET, ("tonnes",))
    assert (error.field, error.value) == ("tonnes", "double")


@pytest.mark.parametrize("content", [b"a,b\n1,2\n", b"PAR1" + b"x" * 100, b""])
def test_parquet_that_is_not(write: Write, content: bytes) -> None:
    assert malformed(write(content), PARQUET).rule == "be Parquet"


def test_damaged_parquet(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table({"a": [str(number) for number in range(10_000)]}), path)
    content = bytearray(path.read_bytes())
    content[8:2000] = bytes(1992)
    path.write_bytes(content)

    assert malformed(path, PARQUET).rule == "be intact Parquet"


def parquet_of(path: Path, column: pa.Array, **options: object) -> Path:
    pq.write_table(pa.table({"a": column}), path, **options)
    return path


def test_parquet_columns_named_twice(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    table = pa.Table.from_arrays([pa.array(["1"]), pa.array(["2"])], names=["a", " a"])
    pq.write_table(table, path)

    error = malformed(path, PARQUET)
    assert (error.field, error.rule, error.value) == ("header", "name each column once", "a")


@pytest.mark.parametrize(
    "column",
    [
        pa.array([0.5]),
        pa.array([[1]]),
        pa.array([{"x": 1}]),
        pa.array([b"1"]),
        pa.array([1], pa.time64("us")),
        pa.array([1], pa.duration("s")),
    ],
    ids=lambda column: str(column.type),
)
def test_parquet_types_that_are_not_exact(tmp_path: Path, column: pa.Array) -> None:
    error = malformed(parquet_of(tmp_path / "data.parquet", column), PARQUET, ("a",))

    assert error.field == "a"
    assert error.rule == "hold text, whole numbers, decimals, dates or booleans: never floats or nested values"


@pytest.mark.parametrize(
    "column",
    [pa.array([1], pa.timestamp("ns")), pa.array([1 << 62], pa.timestamp("us"))],
    ids=["finer than microseconds", "year 148,114"],
)
def test_parquet_times_that_cannot_be_told(tmp_path: Path, column: pa.Array) -> None:
    error = malformed(parquet_of(tmp_path / "data.parquet", column), PARQUET, ("a",))

    assert (error.field, error.rule, error.line) == ("a", "hold times of whole microseconds, from year 1 to 9999", 1)


@pytest.mark.parametrize("packed", [True, False])
def test_parquet_that_is_no_utf_8(tmp_path: Path, packed: bool) -> None:
    wrong = pa.Array.from_buffers(pa.string(), 1, pa.array([b"\xff\xfe"]).buffers())

    error = malformed(parquet_of(tmp_path / "data.parquet", wrong, use_dictionary=packed), PARQUET, ("a",))
    assert (error.rule, error.line) == ("be intact Parquet", 1)
    assert "UTF8" in str(error.value)


@pytest.mark.parametrize("packed", [True, False])
def test_long_texts_in_parquet(tmp_path: Path, packed: bool) -> None:
    path = parquet_of(tmp_path / "data.parquet", pa.array(["光" * 6, "x" * 17]), use_dictionary=packed)

    error = malformed(path, FileFormat(kind="parquet", max_record_characters=16))
    assert error.rule == "be at most 16 characters long (max_record_characters)"
    assert error.line == 2


def test_one_long_text_that_parquet_repeats(tmp_path: Path) -> None:
    path = parquet_of(tmp_path / "data.parquet", pa.array(["x" * 900_000]).take(pa.array([0] * 2_000)))
    assert path.stat().st_size < 200_000
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    error = malformed(path, PARQUET)
    assert (error.rule, error.line) == ("be at most 131072 characters long (max_record_characters)", 1)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 100_000  # kilobytes; whole it is 1.8 GB


def test_parquet_columns_that_are_not_asked_for_may_be_anything(tmp_path: Path) -> None:
    path = tmp_path / "data.parquet"
    pq.write_table(pa.table({"a": ["1"], "b": [[0.5]]}), path)

    assert read(path, PARQUET, ("a",)) == [Row(1, ["1", "[0.5]"])]


# The file itself


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    error = malformed(tmp_path)
    assert (error.field, error.rule, error.value) == ("file", "be a file that can be read", "no regular file")


def test_a_file_of_somebody_else(write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> io.BufferedReader:
        raise PermissionError(13, "Permission denied")

    path = write(b"a\n1\n")
    monkeypatch.setattr(Path, "open", denied)
    assert malformed(path).value == "Permission denied"


def test_no_such_file(tmp_path: Path) -> None:
    error = malformed(tmp_path / "none.csv")
    assert (error.field, error.rule) == ("file", "be a file that can be read")


def test_a_file_that_changes_between_passes(write: Write) -> None:
    path = write(b"a,b\n1,2\n")
    source = Source(path, FileFormat())
    list(source.rows())
    path.write_bytes(b"a,b\n1,3\n1,4\n")

    with pytest.raises(FileChanged):
        source.rows()
