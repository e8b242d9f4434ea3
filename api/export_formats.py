"""Rows as NDJSON and as Parquet, written part by part."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

Row = Sequence[Any]
"""Values in the order of the columns: bytes, whole numbers, text, JSON objects, or None."""


class Kind(NamedTuple):
    """How values of a column are written."""

    json: Callable[[Any], Any]
    arrow: pa.DataType
    parquet: Callable[[Any], Any] = lambda value: value


def _hex(value: bytes) -> str:
    return "0x" + bytes(value).hex()


def _same(value: Any) -> Any:
    return value


HASH = Kind(_hex, pa.binary(32), bytes)
"""32 bytes."""
ADDRESS = Kind(_hex, pa.binary(20), bytes)
"""20 bytes."""
BYTES = Kind(_hex, pa.binary(), bytes)
"""Bytes of either length."""
NUMBER = Kind(_same, pa.int64())
"""A place, a time or a count: a number in JSON."""
QUANTITY = Kind(str, pa.int64())
"""Whole grams of CO2e, or behaviour value: a decimal string in JSON."""
TEXT = Kind(_same, pa.string())
"""Text, or the label of a word."""
OBJECT = Kind(_same, pa.string(), lambda value: orjson.dumps(value).decode())
"""A JSON object; its text in Parquet."""


class Column(NamedTuple):
    """A column of an export."""

    name: str
    kind: Kind


class Ndjson:
    """One JSON object a line."""

    CONTENT_TYPE: ClassVar[str] = "application/x-ndjson"

    def __init__(self, columns: Sequence[Column], _: Mapping[str, str]) -> None:
        self._columns = [(column.name, column.kind.json) for column in columns]

    def part(self, rows: Sequence[Row]) -> bytes:
        """The lines of these rows."""
        columns = self._columns
        return b"".join(
            orjson.dumps(
                {
                    name: None if value is None else make(value)
                    for (name, make), value in zip(columns, row, strict=True)
                },
                option=orjson.OPT_APPEND_NEWLINE,
            )
            for row in rows
        )

    def end(self) -> bytes:
        """Nothing."""
        return b""


class Parquet:
    """A Parquet file, a row group for each part. Hashes are binary, quantities 64-bit integers of grams."""

    CONTENT_TYPE: ClassVar[str] = "application/vnd.apache.parquet"

    def __init__(self, columns: Sequence[Column], metadata: Mapping[str, str]) -> None:
        self._columns = columns
        fields = [pa.field(column.name, column.kind.arrow) for column in columns]
        self._schema = pa.schema(fields, metadata=dict(metadata))
        self._sink = _Sink()
        self._writer = pq.ParquetWriter(self._sink, self._schema, compression="zstd")

    def part(self, rows: Sequence[Row]) -> bytes:
        """The bytes that these rows add."""
        if rows:
            arrays = [
                pa.array([None if value is None else column.kind.parquet(value) for value in values], column.kind.arrow)
                for column, values in zip(self._columns, zip(*rows, strict=True), strict=True)
            ]
            self._writer.write_table(pa.Table.from_arrays(arrays, schema=self._schema))
        return self._sink.take()

    def end(self) -> bytes:
        """The footer."""
        self._writer.close()
        return self._sink.take()


class _Sink:
    """A file that is handed on as it is written."""

    closed = False

    def __init__(self) -> None:
        self._new = bytearray()
        self._place = 0

    def write(self, data: Any) -> int:
        """Adds bytes."""
        self._new += memoryview(data)
        written = len(memoryview(data))
        self._place += written
        return written

    def tell(self) -> int:
        """How many bytes were written."""
        return self._place

    def flush(self) -> None:
        """Nothing is kept back."""

    def close(self) -> None:
        """The writer is done; what is here is still to be taken."""

    def take(self) -> bytes:
        """What was written since it was last asked."""
        taken, self._new = bytes(self._new), bytearray()
        return taken
