"""Questions in plain SQL, in the words of SQLite, for whoever reads many rows without building each statement anew."""

import re
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Connection


class Questions(Protocol):
    """One state of the database. Statements are written for SQLite, with `?` for each value."""

    def all(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Every row."""
        ...


class ConnectionQuestions:
    """`Questions` over a connection of `indexer.database`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._sqlite = connection.dialect.name == "sqlite"

    def all(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        """Every row."""
        written = statement if self._sqlite else for_postgresql(statement)
        return [tuple(row) for row in self._connection.exec_driver_sql(written, arguments)]


@cache
def for_postgresql(statement: str) -> str:
    """Our SQL in the words of psycopg and PostgreSQL."""
    as_bytes = re.sub(r"CAST\(([a-z.]+) AS BLOB\)", r"convert_to(\1, 'UTF8')", statement)
    as_bytes = as_bytes.replace("CAST(NULL AS BLOB)", "CAST(NULL AS BYTEA)")
    return as_bytes.replace("%", "%%").replace("?", "%s")
