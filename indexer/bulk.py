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


def update_last_column(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Sets the table's last column; the columns before it are its primary key."""
    if rows:
        connection.exec_driver_sql(_update(table, _mark(connection)), [(*row[-1:], *row[:-1]) for row in rows])


def delete(connection: Connection, table: Table, keys: Sequence[Row]) -> None:
    """Deletes by primary key, whose columns come first in the table."""
    if keys:
        connection.exec_driver_sql(_delete(table, len(keys[0]), _mark(connection)), [tuple(key) for key in keys])


def _is_sqlite(connection: Connection) -> bool:
    return connection.dialect.name == "sqlite"


def _mark(connection: Connection) -> str:
    return "?" if _is_sqlite(connection) else "%s"


@cache
def _sqlite_insert(table: Table) -> str:
    marks = ", ".join("?" for _ in table.columns)
    return f"INSERT INTO {table.name} VALUES ({marks})"  # noqa: S608 - names of our own schema


@cache
def _update(table: Table, mark: str) -> str:
    *keys, last = (column.name for column in table.columns)
    where = " AND ".join(f"{key} = {mark}" for key in keys)
    return f"UPDATE {table.name} SET {last} = {mark} WHERE {where}"  # noqa: S608 - names of our own schema


@cache
def _delete(table: Table, key_length: int, mark: str) -> str:
    keys = [column.name for column in table.columns][:key_length]
    where = " AND ".join(f"{key} = {mark}" for key in keys)
    return f"DELETE FROM {table.name} WHERE {where}"  # noqa: S608 - names of our own schema


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
    raw = cast("psycopg.Connection", connection.connection.driver_connection)
    names = ", ".join(f'"{column.name}"' for column in table.columns)
    with (
        raw.cursor() as cursor,
        cursor.copy(f"COPY {table.name} ({names}) FROM STDIN (FORMAT BINARY)") as copy,
    ):
        copy.set_types(_copy_types(table))
        write = copy.write_row
        for row in rows:
            write(row)
