"""The mirror as lines of text, for comparing two of them byte for byte, whatever database they are in."""

from collections.abc import Iterator
from hashlib import sha256

from sqlalchemy import Connection, Table, select

from indexer.schema import MIRROR


def dump(connection: Connection) -> Iterator[str]:
    """Each row of each table of the mirror, tables in a fixed order, rows by primary key."""
    for table in MIRROR:
        yield from dump_table(connection, table)


def dump_table(connection: Connection, table: Table) -> Iterator[str]:
    """The rows of one table: its name and each value, bytes as hexadecimal digits."""
    for row in connection.execute(select(table).order_by(*table.primary_key.columns)):
        yield " ".join([table.name, *(_text(value) for value in row)])


def digest(connection: Connection) -> str:
    """SHA-256 of the dump."""
    total = sha256()
    for line in dump(connection):
        total.update(line.encode() + b"\n")
    return total.hexdigest()


def _text(value: object) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).hex()
    return "null" if value is None else repr(value)
