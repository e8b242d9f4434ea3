"""Secondary indexes while very much is indexed at once: dropped before, made anew after, in a third of the time.

They are there again before the follower says that it has caught up. A process that is killed in between leaves a
database without them, right but slow; the next follower makes them first.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection, Index, inspect, text

from indexer import schema
from indexer.database import Database

LARGE = 20_000
"""From how many missing operations on it is worth it."""

_TABLES = (schema.operations, schema.certificates)


@contextmanager
def large_backfill(database: Database, *, stored: int, missing: int) -> Iterator[None]:
    """Inside, the indexes of the large tables are gone, if `missing` operations are many beside those `stored`."""
    if missing < LARGE or missing < 4 * stored:
        yield
        return
    with database.write() as connection:
        for index in _present(connection):
            index.drop(connection)
    try:
        yield
    finally:
        restore_indexes(database)


def restore_indexes(database: Database) -> None:
    """Makes the indexes that are missing. A unique one that cannot be made raises `IntegrityError`."""
    with database.read() as connection:
        present = _present(connection)
    missing = [index for index in _indexes() if index not in present]
    if not missing:
        return
    with database.write() as connection:
        if not database.is_sqlite:
            connection.execute(text("SET LOCAL maintenance_work_mem = '256MB'"))
        for index in missing:
            index.create(connection)
        if not database.is_sqlite:
            for table in _TABLES:
                connection.execute(text(f"ANALYZE {table.name}"))


def _indexes() -> list[Index]:
    return [index for table in _TABLES for index in sorted(table.indexes, key=lambda index: str(index.name))]


def _present(connection: Connection) -> list[Index]:
    names = {index["name"] for table in _TABLES for index in inspect(connection).get_indexes(table.name)}
    return [index for index in _indexes() if index.name in names]
