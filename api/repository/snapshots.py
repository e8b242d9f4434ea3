"""One consistent view of the index per request, with the block as of which it holds.

SQLite: a point read costs less than handing it to a thread, so the event loop has a connection of its own; reader
threads have one each. PostgreSQL: every read is a thread's. Each connection only reads.
"""

import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Protocol

import orjson
import psycopg
from sqlalchemy import URL, make_url

from api.errors import IndexEmpty
from ledger.errors import Unavailable

Row = tuple[Any, ...]

_AS_OF = """
SELECT block_number, block_hash, block_timestamp, log_size, log_root,
       EXISTS (SELECT 1 FROM incidents WHERE kind = 2 AND resolved_at IS NULL),
       (SELECT COALESCE(MAX(incident_id), 0) FROM incidents)
FROM cursor WHERE id = 1
"""
_CHAIN_ID = "SELECT chain_id FROM chain_binding WHERE id = 1"


class IndexUnavailable(Unavailable):
    """The database of the index cannot be read now."""

    def explain(self) -> str:
        return "The index cannot be read now; try again soon."

    def explain_chinese(self) -> str:
        return "暂时无法读取索引；请稍后重试。"


@dataclass(frozen=True, slots=True)
class AsOf:
    """The last block that the index holds. `halted`: the follower found something wrong and has stopped."""

    block_number: int
    block_hash: bytes
    timestamp: int
    log_size: int
    log_root: bytes
    halted: bool
    last_incident: int
    document: orjson.Fragment
    header: bytes


def as_of_from_row(row: Row) -> AsOf:
    """The as-of block with its JSON and its header, which are made once per block and not once per request."""
    number, block_hash, timestamp, log_size, log_root, halted, last_incident = row
    block_hash, log_root = bytes(block_hash), bytes(log_root)
    document = {
        "block_number": number,
        "block_hash": "0x" + block_hash.hex(),
        "timestamp": timestamp,
        "time": rfc3339(timestamp),
        "log_size": log_size,
        "halted": bool(halted),
    }
    return AsOf(
        block_number=number,
        block_hash=block_hash,
        timestamp=timestamp,
        log_size=log_size,
        log_root=log_root,
        halted=bool(halted),
        last_incident=last_incident,
        document=orjson.Fragment(orjson.dumps(document)),
        header=f'{number};hash="0x{block_hash.hex()}";timestamp={timestamp}'.encode(),
    )


def rfc3339(timestamp: int) -> str:
    """Seconds since 1970 as UTC date and time: "2026-11-21T02:13:19Z"."""
    return datetime.fromtimestamp(timestamp, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Snapshot(Protocol):
    """What is readable within one request: all of it as of one block."""

    @property
    def as_of(self) -> AsOf: ...

    @property
    def chain_id(self) -> int:
        """Of the chain that the database is bound to."""
        ...

    @property
    def tiles(self) -> "TileCache": ...

    def one(self, statement: str, *arguments: object) -> Row | None:
        """The only row, or none."""
        ...

    def all(self, statement: str, *arguments: object) -> list[Row]: ...


class TileCache:
    """Full tiles of the log, which never change unless the chain does: a new incident empties the cache."""

    def __init__(self, most_tiles: int) -> None:
        self._most_tiles = most_tiles
        self._tiles: OrderedDict[tuple[int, int], bytes] = OrderedDict()
        self._last_incident = 0
        self._lock = threading.Lock()

    def get(self, level: int, index: int, as_of: AsOf) -> bytes | None:
        """The nodes of a full tile, if they are here and hold for this snapshot."""
        with self._lock:
            if as_of.last_incident != self._last_incident:
                if as_of.last_incident > self._last_incident:
                    self._tiles.clear()
                    self._last_incident = as_of.last_incident
                return None
            nodes = self._tiles.get((level, index))
            if nodes is not None:
                self._tiles.move_to_end((level, index))
            return nodes

    def put(self, level: int, index: int, nodes: bytes, as_of: AsOf) -> None:
        """Keeps a full tile that was read in this snapshot."""
        with self._lock:
            if as_of.last_incident == self._last_incident:
                self._tiles[level, index] = nodes
                if len(self._tiles) > self._most_tiles:
                    self._tiles.popitem(last=False)


class Readers(Protocol):
    """Hands out snapshots. `in_loop`: a point read may run in the event loop."""

    @property
    def in_loop(self) -> bool: ...

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        """A snapshot of the calling thread, which has at most one. Raises `IndexEmpty`, `IndexUnavailable`."""
        ...

    def close(self) -> None: ...


@dataclass(slots=True)
class _Shared:
    """What all connections of a process know together."""

    tiles: TileCache
    as_of: tuple[Row, AsOf] | None = None
    chain_id: int | None = None

    def as_of_of(self, row: Row) -> AsOf:
        known = self.as_of
        if known is not None and known[0] == row:
            return known[1]
        made = as_of_from_row(row)
        self.as_of = (row, made)
        return made


class _Connection:
    """A connection and its snapshot in one: entering begins a read transaction, leaving ends it."""

    def __init__(self, shared: _Shared) -> None:
        self._shared = shared
        self.as_of: AsOf
        self.tiles = shared.tiles

    @property
    def chain_id(self) -> int:
        if self._shared.chain_id is None:
            row = self.one(_CHAIN_ID)
            if row is None:
                raise IndexEmpty
            self._shared.chain_id = row[0]
        return self._shared.chain_id

    def one(self, statement: str, *arguments: object) -> Row | None:
        raise NotImplementedError

    def _read_as_of(self) -> None:
        row = self.one(_AS_OF)
        if row is None:
            raise IndexEmpty
        self.as_of = self._shared.as_of_of(row)


class _SqliteConnection(_Connection):
    def __init__(self, shared: _Shared, path: str) -> None:
        super().__init__(shared)
        connection = sqlite3.connect(
            f"file:{path}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=5,
            cached_statements=256,
        )
        self._connection = connection
        self._cursor = connection.cursor()
        self._execute: Callable[..., sqlite3.Cursor] = self._cursor.execute
        self._execute("PRAGMA query_only = 1")
        self._execute("PRAGMA mmap_size = 1073741824")

    def __enter__(self) -> "_SqliteConnection":
        self._execute("BEGIN")
        try:
            self._read_as_of()
        except BaseException:
            self._execute("ROLLBACK")
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._execute("ROLLBACK")

    def one(self, statement: str, *arguments: object) -> Row | None:
        row: Row | None = self._execute(statement, arguments).fetchone()
        return row

    def all(self, statement: str, *arguments: object) -> list[Row]:
        return self._execute(statement, arguments).fetchall()

    def close(self) -> None:
        self._connection.close()


class SqliteReaders:
    """Read-only connections to one SQLite file: one for each thread that asks."""

    in_loop = True

    def __init__(self, url: URL, *, cached_tiles: int) -> None:
        if not url.database or url.database == ":memory:":
            raise ValueError("the API reads an index in a file; a database in memory has one connection only")
        self._path = url.database
        self._shared = _Shared(TileCache(cached_tiles))
        self._local = threading.local()
        self._connections: list[_SqliteConnection] = []

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        connection: _SqliteConnection | None = getattr(self._local, "connection", None)
        return self._guarded() if connection is None else connection

    @contextmanager
    def _guarded(self) -> Iterator[Snapshot]:
        """The first snapshot of a thread; the file may not be there yet, or have no tables."""
        try:
            connection = _SqliteConnection(self._shared, self._path)
            with connection:
                pass
        except sqlite3.OperationalError as error:
            raise IndexEmpty from error
        self._local.connection = connection
        self._connections.append(connection)
        with connection as snapshot:
            yield snapshot

    def close(self) -> None:
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._local = threading.local()


@cache
def _with_percent(statement: str) -> str:
    return statement.replace("%", "%%").replace("?", "%s")


class _PostgresConnection(_Connection):
    def __init__(self, shared: _Shared, conninfo: str) -> None:
        super().__init__(shared)
        self.connection = psycopg.connect(
            conninfo, connect_timeout=5, prepare_threshold=0, options="-c statement_timeout=15000"
        )
        self.connection.read_only = True
        self.connection.isolation_level = psycopg.IsolationLevel.REPEATABLE_READ

    def one(self, statement: str, *arguments: object) -> Row | None:
        return self.connection.execute(_with_percent(statement), arguments, binary=True).fetchone()

    def all(self, statement: str, *arguments: object) -> list[Row]:
        return self.connection.execute(_with_percent(statement), arguments, binary=True).fetchall()

    def begin(self) -> None:
        self._read_as_of()


class PostgresReaders:
    """Connections to PostgreSQL: one for each reader thread; a broken one is opened again."""

    in_loop = False

    def __init__(self, url: URL, *, cached_tiles: int) -> None:
        self._conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._shared = _Shared(TileCache(cached_tiles))
        self._local = threading.local()
        self._connections: list[_PostgresConnection] = []

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        try:
            connection = self._connection()
            try:
                connection.begin()
                yield connection
            finally:
                if not connection.connection.closed:
                    connection.connection.rollback()
        except psycopg.errors.UndefinedTable as error:
            raise IndexEmpty from error
        except psycopg.OperationalError as error:
            raise IndexUnavailable from error

    def _connection(self) -> _PostgresConnection:
        connection: _PostgresConnection | None = getattr(self._local, "connection", None)
        if connection is None or connection.connection.closed:
            connection = self._local.connection = _PostgresConnection(self._shared, self._conninfo)
            self._connections = [known for known in self._connections if not known.connection.closed]
            self._connections.append(connection)
        return connection

    def close(self) -> None:
        for connection in self._connections:
            connection.connection.close()
        self._connections.clear()
        self._local = threading.local()


def open_readers(database_url: str, *, cached_tiles: int) -> Readers:
    """Readers for the database at this SQLAlchemy URL; opens nothing before the first snapshot."""
    url = make_url(database_url)
    match url.get_backend_name():
        case "sqlite":
            return SqliteReaders(url, cached_tiles=cached_tiles)
        case "postgresql":
            return PostgresReaders(url, cached_tiles=cached_tiles)
        case other:
            raise ValueError(f"the index is on SQLite or PostgreSQL, not on {other}")


def placeholders(members: Sequence[object]) -> str:
    """`?, ?, ?` for an IN list."""
    return ", ".join("?" * len(members))
