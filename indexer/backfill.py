"""Indexes and foreign keys while very much is indexed at once: dropped before, made anew after, in a third of the time.

They are there again, and have found every row good, before the follower says that it has caught up. Ranges that are
committed in between are held against the log's root, but not against unique indexes: rows that contradict one are found
when it is made, and halt the follower (`BrokenBooks`) until the mirror is rebuilt. A process that is killed in between
leaves a database without them; the next follower makes them first. SQLite keeps its foreign keys, which cost it little.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, ForeignKeyConstraint, Index, inspect, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import AddConstraint, CreateIndex, DropConstraint, DropIndex

from indexer import mirror, schema
from indexer.database import Database
from indexer.errors import BrokenBooks

LARGE = 20_000
"""From how many missing operations on it is worth it."""

_TABLES = (schema.operations, schema.certificates, schema.postings)
Part = Index | ForeignKeyConstraint


def is_large(*, stored: int, missing: int) -> bool:
    """Whether `missing` operations are many, also beside those that are `stored`."""
    return missing >= LARGE and missing >= 4 * stored


@contextmanager
def deferred_indexes(database: Database, *, large: bool) -> Iterator[None]:
    """Inside, the indexes of the large tables are gone, if the backfill is `large`."""
    if not large:
        yield
        return
    with database.write() as connection:
        for part in _present(connection):
            connection.execute(DropIndex(part) if isinstance(part, Index) else DropConstraint(part))
    try:
        yield
    finally:
        restore_indexes(database)


def restore_indexes(database: Database) -> None:
    """Makes what is missing. Raises `BrokenBooks` if the rows contradict it; then all of it is still missing."""
    with database.read() as connection:
        cursor = mirror.read_cursor(connection)
        present = _present(connection)
        missing = [part for part in _parts(connection) if part not in present]
    if not missing:
        return
    try:
        _make(database, missing)
    except IntegrityError as error:
        raise refused_rows(0 if cursor is None else cursor.block_number, error) from error


def refused_rows(block_number: int, error: Exception) -> BrokenBooks:
    """What a constraint of the database says, as a contradiction in the books up to this block."""
    cause = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return BrokenBooks(block_number, f"the database refused the rows ({cause})")


def _make(database: Database, missing: Sequence[Part]) -> None:
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
        for part in missing:
            connection.execute(
                CreateIndex(part) if isinstance(part, Index) else AddConstraint(part, isolate_from_table=False)
            )
        if not database.is_sqlite:
            for table in _TABLES:
                connection.execute(text(f"ANALYZE {table.name}"))


def _parts(connection: Connection) -> list[Part]:
    """What is dropped and made anew."""
    parts: list[Part] = [index for table in _TABLES for index in sorted(table.indexes, key=_name)]
    if connection.dialect.name != "sqlite":
        parts += [key for table in _TABLES for key in sorted(table.foreign_key_constraints, key=_name)]
    return parts


def _present(connection: Connection) -> list[Part]:
    found = inspect(connection)
    names = {index["name"] for table in _TABLES for index in found.get_indexes(table.name)}
    names |= {key["name"] for table in _TABLES for key in found.get_foreign_keys(table.name)}
    return [part for part in _parts(connection) if _name(part) in names]


def _name(part: Part) -> str:
    return str(part.name)
