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
from scripts.importing.sources import BadRow, FileFormat, Row, Source

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


# The file itself


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
