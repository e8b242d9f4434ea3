"""Many rows at once, by the fastest way that each database has: SQLite's executemany, PostgreSQL's binary COPY.

Values always travel as parameters; only names of tables and columns, which are the schema's own, stand in the SQL.
"""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

import psycopg
from sqlalchemy import Connection, LargeBinary, Table, Text

Row = Sequence[Any]


def insert(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Inserts rows whose members stand in the order of the table's columns. A duplicate raises `IntegrityError`."""
    if not rows:
        return
    if _is_sqlite(connection):
        connection.exec_driver_sql(_sqlite_insert(table), rows)
    else:
        _copy(connection, table, rows)


def find(connection: Connection, table: Table, keys: Sequence[Row]) -> list[tuple[Any, ...]]:
    """The rows with these primary keys, whose columns come first in the table; in any order."""
    if not keys:
        return []
    if _is_sqlite(connection):
        cursor = connection.connection.cursor()
        question = _sqlite_find(table, len(keys[0]))
        rows = [cursor.execute(question, key).fetchone() for key in keys]
        cursor.close()
        return [row for row in rows if row is not None]
    with _postgresql(connection).cursor(binary=True) as cursor_:
        return cursor_.execute(_postgresql_find(table, len(keys[0])), _columns(keys)).fetchall()


def update_last_column(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Sets the table's last column; the columns before it are its primary key."""
    if not rows:
        return
    if _is_sqlite(connection):
        connection.exec_driver_sql(_sqlite_update(table), [(row[-1], *row[:-1]) for row in rows])
    else:
        _postgresql(connection).execute(_postgresql_update(table), _columns(rows))


def delete(connection: Connection, table: Table, keys: Sequence[Row]) -> None:
    """Deletes by primary key, whose columns come first in the table."""
    if not keys:
        return
    if _is_sqlite(connection):
        connection.exec_driver_sql(_sqlite_delete(table, len(keys[0])), [tuple(key) for key in keys])
    else:
        _postgresql(connection).execute(_postgresql_delete(table, len(keys[0])), _columns(keys))


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _postgresql(connection: Connection) -> psycopg.Connection[Any]:
    """The driver's own connection, in the same transaction."""
    return cast("psycopg.Connection[Any]", connection.connection.driver_connection)


def _names(table: Table) -> list[str]:
    return [f'"{column.name}"' for column in table.columns]


@cache
def _sqlite_insert(table: Table) -> str:
    marks = ", ".join("?" for _ in table.columns)
    return f"INSERT INTO {table.name} VALUES ({marks})"  # noqa: S608 - names of our own schema


@cache
def _sqlite_find(table: Table, key_length: int) -> str:
    where = _all_equal(_names(table)[:key_length], "?")
    return f"SELECT * FROM {table.name} WHERE {where}"  # noqa: S608 - names of our own schema


@cache
def _sqlite_update(table: Table) -> str:
    *keys, last = _names(table)
    return f"UPDATE {table.name} SET {last} = ? WHERE {_all_equal(keys, '?')}"  # noqa: S608 - as above


@cache
def _sqlite_delete(table: Table, key_length: int) -> str:
    where = _all_equal(_names(table)[:key_length], "?")
    return f"DELETE FROM {table.name} WHERE {where}"  # noqa: S608 - names of our own schema


def _all_equal(names: Sequence[str], mark: str) -> str:
    return " AND ".join(f"{name} = {mark}" for name in names)


# PostgreSQL takes whole columns as arrays: one statement, one plan, one round trip for any number of rows.


@cache
def _postgresql_find(table: Table, key_length: int) -> str:
    names = ", ".join(f"t.{name}" for name in _names(table))
    return f"SELECT {names} FROM {_unnested(table, key_length)} JOIN {table.name} t ON {_joined(table, key_length)}"  # noqa: S608


@cache
def _postgresql_update(table: Table) -> str:
    count = len(table.columns)
    last = _names(table)[-1]
    return (
        f"UPDATE {table.name} t SET {last} = n.{last} FROM {_unnested(table, count)} "  # noqa: S608
        f"WHERE {_joined(table, count - 1)}"
    )


@cache
def _postgresql_delete(table: Table, key_length: int) -> str:
    return f"DELETE FROM {table.name} t USING {_unnested(table, key_length)} WHERE {_joined(table, key_length)}"  # noqa: S608


def _unnested(table: Table, count: int) -> str:
    arrays = ", ".join(f"%b::{kind}[]" for kind in _copy_types(table)[:count])
    return f"unnest({arrays}) AS n({', '.join(_names(table)[:count])})"


def _joined(table: Table, count: int) -> str:
    return " AND ".join(f"t.{name} = n.{name}" for name in _names(table)[:count])


def _columns(rows: Sequence[Row]) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)]


@cache
def _copy_types(table: Table) -> list[str]:
    def name(column: Any) -> str:
        if isinstance(column.type, LargeBinary):
            return "bytea"
        return "text" if isinstance(column.type, Text) else _integer(column)

    return [name(column) for column in table.columns]


def _integer(column: Any) -> str:
    return "int8" if column.type.__visit_name__ == "big_integer" else "int4"


def _copy(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    statement = f"COPY {table.name} ({', '.join(_names(table))}) FROM STDIN (FORMAT BINARY)"
    with _postgresql(connection).cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(_copy_types(table))
        write = copy.write_row
        for row in rows:
            write(row)
