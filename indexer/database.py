"""Opens the SQL database: SQLite in a file by default, PostgreSQL by URL.

`Database` gives connections for reading and for writing. A `read()` sees one state of the mirror however many questions
it asks; a `write()` is one transaction. Repositories take such a connection and never commit.
"""

import contextlib
import importlib
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any
from urllib.parse import quote

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, make_url, text
from sqlalchemy.exc import ArgumentError, DBAPIError

from indexer.errors import DatabaseUnusable, InvalidDatabaseUrl

SCHEMA_VERSION = "0004"
"""The newest of `indexer/migrations/versions`, which is the schema that this program reads and writes."""

_POSTGRESQL_DRIVER = "postgresql+psycopg"
_POSTGRESQL_NAMES = {"postgresql", "postgres", _POSTGRESQL_DRIVER}
_POSTGRESQL_READ_ONLY = {"postgresql_readonly": True}
_BEGIN = "tanpuhui_begin"
_MIGRATION_LOCK = 0x74616E70  # "tanp": any number that nobody else takes

# WAL lets readers go on while the follower writes. NORMAL loses at most the last ranges when the machine loses power,
# never the order of commits; the follower reads them again. The outbox asks for more: `Database.write(durable=True)`.
_SQLITE_PRAGMAS = (
    "PRAGMA journal_mode = WAL",
    "PRAGMA synchronous = NORMAL",
    "PRAGMA foreign_keys = ON",
    "PRAGMA busy_timeout = 30000",
    "PRAGMA cache_size = -65536",
    "PRAGMA mmap_size = 1073741824",
    "PRAGMA temp_store = MEMORY",
    "PRAGMA threads = 2",
    "PRAGMA journal_size_limit = 67108864",
)


def _migration() -> ModuleType:
    """`indexer.migration`, imported when there is something to migrate: Alembic takes longer than most commands."""
    return importlib.import_module("indexer.migration")


class Database:
    """One database; may be shared by threads. Its repr and its URL as shown carry no password."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine

    def __repr__(self) -> str:
        return f"Database({self.url})"

    @property
    def url(self) -> str:
        """Where it is, without the password."""
        return self.engine.url.render_as_string(hide_password=True)

    @property
    def is_sqlite(self) -> bool:
        """Whether it is SQLite; otherwise it is PostgreSQL."""
        return self.engine.dialect.name == "sqlite"

    @contextlib.contextmanager
    def read(self) -> Iterator[Connection]:
        """A connection that sees one state of the database and changes nothing."""
        options: dict[str, Any] = (
            {_BEGIN: "BEGIN"} if self.is_sqlite else {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
        )
        with self.engine.connect() as connection:
            yield connection.execution_options(**options)

    @contextlib.contextmanager
    def write(self, *, durable: bool = False) -> Iterator[Connection]:
        """One transaction: committed at the end, rolled back on any error.

        `durable`: the commit has reached the disk when this returns, also on SQLite.
        """
        with self.engine.connect() as connection:
            connection.execution_options(**{_BEGIN: "BEGIN IMMEDIATE"})
            with self._synchronous(connection, durable=durable), connection.begin():
                yield connection

    def migrate(self) -> None:
        """Brings the schema to this program's version; safe to call from several processes at once."""
        if self.schema_version() != SCHEMA_VERSION:
            with self._migrating() as connection:
                _migration().upgrade(connection)

    def downgrade(self, revision: str = "base") -> None:
        """Takes the schema back to `revision`; "base" drops every table."""
        with self._migrating() as connection:
            _migration().downgrade(connection, revision)

    def schema_version(self) -> str | None:
        """The version that the last migration left; None in a database that holds nothing of ours."""
        with self.read() as connection:
            if not inspect(connection).has_table("alembic_version"):
                return None
            version: str | None = connection.scalar(text("SELECT version_num FROM alembic_version"))
            return version

    def check_schema(self) -> None:
        """Raises `DatabaseUnusable` unless the schema is this program's version."""
        found = self.schema_version()
        if found != SCHEMA_VERSION:
            reason = f"its schema is at version {found or 'none'}, this program needs {SCHEMA_VERSION}"
            raise DatabaseUnusable(self.url, f"{reason} (run `tanpuhui index run` once)")

    def close(self) -> None:
        """Closes every connection."""
        self.engine.dispose()

    @contextlib.contextmanager
    def _migrating(self) -> Iterator[Connection]:
        with self.write() as connection:
            if not self.is_sqlite:
                connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _MIGRATION_LOCK})
            yield connection

    @contextlib.contextmanager
    def _synchronous(self, connection: Connection, *, durable: bool) -> Iterator[None]:
        if not (durable and self.is_sqlite):
            yield
            return
        raw = connection.connection.cursor()
        raw.execute("PRAGMA synchronous = FULL")
        try:
            yield
        finally:
            if not connection.invalidated:  # as Ctrl-C in the middle of a statement leaves it: closed already
                raw.execute("PRAGMA synchronous = NORMAL")
                raw.close()


def open_database(url: str | URL, *, read_only: bool = False) -> Database:
    """The database at `url`: `sqlite:///FILE` (its folder must exist) or `postgresql://USER:PASSWORD@HOST/NAME`.

    `read_only`: one that is there, to which nothing can be written by whatever means.

    Connects once to see that it is there. Raises `InvalidDatabaseUrl` or `DatabaseUnusable`; neither shows a password.
    """
    parsed = _parse(url)
    sqlite = parsed.get_backend_name() == "sqlite"
    if read_only:
        engine = _read_only_sqlite(parsed) if sqlite else _engine(parsed, execution_options=_POSTGRESQL_READ_ONLY)
    else:
        engine = _sqlite(parsed) if sqlite else _engine(parsed, pool_pre_ping=True)
    database = Database(engine)
    try:
        with database.read() as connection:
            connection.execute(text("SELECT 1"))
    except DBAPIError as error:
        engine.dispose()
        raise DatabaseUnusable(database.url, _reason(error)) from None
    return database


def _parse(url: str | URL) -> URL:
    rule = "be sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME"
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise InvalidDatabaseUrl("database_url", rule, "(not shown)") from None
    if parsed.drivername in _POSTGRESQL_NAMES:
        return parsed.set(drivername=_POSTGRESQL_DRIVER)
    if parsed.drivername not in {"sqlite", "sqlite+pysqlite"}:
        raise InvalidDatabaseUrl("database_url", rule, f"{parsed.drivername}:…")
    if not parsed.database or parsed.database == ":memory:":
        # Each connection would have a memory of its own.
        raise InvalidDatabaseUrl("database_url", "name a file: sqlite:///FILE", parsed.render_as_string())
    if not Path(parsed.database).parent.is_dir():
        raise InvalidDatabaseUrl("database_url", "name a file in an existing folder", parsed.render_as_string())
    return parsed


def _engine(url: URL, **options: Any) -> Engine:
    """Neither its errors nor its log show values of rows: among them are salts and what they hide."""
    return create_engine(url, pool_size=10, max_overflow=10, hide_parameters=True, **options)


def _sqlite(url: URL) -> Engine:
    _create_private(url.database)
    engine = _engine(url)

    @event.listens_for(engine, "connect")
    def connect(dbapi_connection: Any, _record: Any) -> None:
        # The driver would begin transactions when it sees fit; we begin them ourselves.
        dbapi_connection.isolation_level = None
        for pragma in _SQLITE_PRAGMAS:
            dbapi_connection.execute(pragma)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get(_BEGIN, "BEGIN"))

    return engine


def _read_only_sqlite(url: URL) -> Engine:
    """Texts that are no UTF-8, which nobody here wrote, are read all the same: they differ from what they should be."""

    def connect() -> sqlite3.Connection:
        path = quote(str(Path(url.database or "").resolve()))
        connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None, check_same_thread=False)
        connection.execute("PRAGMA query_only = ON")
        connection.execute("PRAGMA busy_timeout = 30000")
        connection.text_factory = lambda text: text.decode("utf-8", "surrogateescape")
        return connection

    engine = _engine(url, creator=connect)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN")

    return engine


def _create_private(path: str | None) -> None:
    """Makes a new database file readable by its owner alone, since it holds hidden values with their salts.

    SQLite gives its journal files the same mode. A file that is there keeps the mode it has.
    """
    if path and path != ":memory:" and Path(path).parent.is_dir() and not Path(path).exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))


def _reason(error: DBAPIError) -> str:
    """The driver's first line, without our SQL and without the connection string."""
    return str(error.orig).strip().partition("\n")[0]
