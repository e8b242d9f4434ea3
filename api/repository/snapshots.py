"""One consistent view of the index per request, with the block as of which it holds.

SQLite: a point read costs less than handing it to a thread, so the event loop has a connection of its own; reader
threads have one each. In the event loop a snapshot is shared by the requests of one turn of the loop: whatever a turn
answers had arrived before the turn began, so none of them is answered from before it was asked, and the cost of
beginning, of reading the as-of block and of ending is theirs together. PostgreSQL: every read is a thread's. Each
connection only reads.
"""

import asyncio
import os
import sqlite3
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache, lru_cache
from itertools import count
from typing import Any, Protocol
from urllib.parse import quote

import orjson
import psycopg
from sqlalchemy import URL, make_url

from api.errors import IndexEmpty
from indexer.questions import for_postgresql
from ledger.errors import Unavailable

Row = tuple[Any, ...]

Version = tuple[int, int]
"""Of what a connection sees: the connection's number in this process, and SQLite's `data_version` of it."""

_EPOCH = date(1970, 1, 1)

_AS_OF = """
SELECT block_number, block_hash, block_timestamp, log_size, log_root,
       EXISTS (SELECT 1 FROM incidents WHERE kind = 2 AND resolved_at IS NULL),
       (SELECT generation FROM mirror_generation WHERE id = 1)
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
    generation: bytes
    """Of the mirror: what was read in another one is not of this mirror."""
    row: Row
    document: orjson.Fragment
    header: bytes
    mark: bytes
    """Start of the block's hash: tells answers of different blocks apart in their entity tags."""


def as_of_from_row(row: Row) -> AsOf:
    """The as-of block with its JSON and its header, which are made once per block and not once per request."""
    number, block_hash, timestamp, log_size, log_root, halted, generation = row
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
        generation=bytes(generation),
        row=row,
        document=orjson.Fragment(orjson.dumps(document)),
        header=f'{number};hash="0x{block_hash.hex()}";timestamp={timestamp}'.encode(),
        mark=block_hash[:8].hex().encode(),
    )


def rfc3339(timestamp: int) -> str:
    """Seconds since 1970 as UTC date and time: "2026-11-21T02:13:19Z"."""
    days, seconds = divmod(timestamp, 86_400)
    minutes, second = divmod(seconds, 60)
    return f"{_date(days)}T{minutes // 60:02d}:{minutes % 60:02d}:{second:02d}Z"


@lru_cache(maxsize=4_096)
def _date(days: int) -> str:
    return (_EPOCH + timedelta(days=days)).isoformat()


class Snapshot(Protocol):
    """What is readable within one request: all of it as of one block."""

    @property
    def as_of(self) -> AsOf: ...

    @property
    def chain_id(self) -> int:
        """Of the chain that the database is bound to."""
        ...

    @property
    def facts(self) -> "FactCache":
        """What was read before and cannot have changed."""
        ...

    @property
    def version(self) -> Version | None:
        """Equal in two snapshots only if nothing was written between them; None where the database does not say."""
        ...

    def one(self, statement: str, *arguments: object) -> Row | None:
        """The only row, or none."""
        ...

    def all(self, statement: str, *arguments: object) -> list[Row]: ...


class FactCache:
    """Facts by key that never change within a generation of the mirror: a reorg, a rebuild and a database made anew
    begin another, and with it an empty cache. Keeps those used last.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._facts: OrderedDict[Hashable, Any] = OrderedDict()
        self._generation = b""
        self._lock = threading.Lock()

    def get(self, key: Hashable, as_of: AsOf) -> Any:
        """The fact, if it is here and holds for this snapshot."""
        with self._lock:
            if as_of.generation != self._generation:
                self._facts.clear()
                self._generation = as_of.generation
            fact = self._facts.get(key)
            if fact is not None:
                self._facts.move_to_end(key)
            return fact

    def put(self, key: Hashable, fact: Any, as_of: AsOf) -> None:
        """Keeps a fact that was read in this snapshot."""
        with self._lock:
            if as_of.generation == self._generation:
                self._facts[key] = fact
                if len(self._facts) > self._most:
                    self._facts.popitem(last=False)


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

    facts: FactCache
    as_of: AsOf | None = None
    chain_id: tuple[bytes, int] | None = None
    """With the generation in which it was read."""

    def as_of_from(self, row: Row) -> AsOf:
        """The as-of block of a row, made anew only when it is another."""
        known = self.as_of
        if known is not None and known.row == row:
            return known
        self.as_of = made = as_of_from_row(row)
        return made


class _Connection:
    """A connection and its snapshot in one."""

    _BEGIN: str
    as_of: AsOf

    def __init__(self, shared: _Shared, execute: Callable[..., Any]) -> None:
        self._shared = shared
        self._execute = execute
        self.facts = shared.facts

    @property
    def chain_id(self) -> int:
        known = self._shared.chain_id
        if known is None or known[0] != self.as_of.generation:
            row = self.one(_CHAIN_ID)
            if row is None:
                raise IndexEmpty
            self._shared.chain_id = known = (self.as_of.generation, row[0])
        return known[1]

    @property
    def version(self) -> Version | None:
        return None

    def begin(self) -> None:
        """Begins a snapshot and learns its block; `IndexEmpty` if there is none."""
        self._execute(self._BEGIN)
        try:
            row = self._execute(_AS_OF).fetchone()
            if row is None:
                raise IndexEmpty
        except BaseException:
            self.end()
            raise
        self.as_of = self._shared.as_of_from(row)

    def end(self) -> None:
        """Ends the snapshot."""
        self._execute("ROLLBACK")

    def one(self, statement: str, *arguments: object) -> Row | None:
        row: Row | None = self._execute(statement, arguments).fetchone()
        return row

    def all(self, statement: str, *arguments: object) -> list[Row]:
        rows: list[Row] = self._execute(statement, arguments).fetchall()
        return rows


_numbers = count()


class _SqliteConnection(_Connection):
    """Entering begins a snapshot or joins that of this turn of the event loop; leaving ends it, or the turn does."""

    _BEGIN = "BEGIN"

    def __init__(self, shared: _Shared, path: str) -> None:
        self._connection = sqlite3.connect(
            f"file:{quote(path)}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
            timeout=5,
            cached_statements=256,
        )
        super().__init__(shared, self._connection.cursor().execute)
        self._execute("PRAGMA query_only = 1")
        # Pages are read where the system keeps them, without a call for each.
        self._execute("PRAGMA mmap_size = 2147418112")
        self._turn_of: asyncio.AbstractEventLoop | None = None
        self._path = path
        self._file = _identity(path)
        self._number = next(_numbers)

    @property
    def version(self) -> Version | None:
        # Of the snapshot that is open: SQLite looks at what others wrote when a snapshot begins, and then no more.
        return self._number, self._execute("PRAGMA data_version").fetchone()[0]

    @property
    def is_current(self) -> bool:
        """Whether the file that is open is still the one that has its name. Within a turn it is not asked again."""
        return self._turn_of is not None or _identity(self._path) == self._file

    def __enter__(self) -> Snapshot:
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            self.begin()
            return self
        if self._turn_of is loop:
            return self
        self._end_turn()  # of a loop that stopped in the middle of one
        self.begin()
        self._turn_of = loop
        loop.call_soon(self._end_turn)
        return self

    def __exit__(self, *_: object) -> None:
        if self._turn_of is None:
            self.end()

    def _end_turn(self) -> None:
        if self._turn_of is not None:
            self._turn_of = None
            self.end()

    def close(self) -> None:
        """Closes the file."""
        self._turn_of = None
        self._connection.close()


def _identity(path: str) -> tuple[int, int] | None:
    """Which file has this name now; as long as one is open, no other gets its number."""
    try:
        found = os.stat(path)  # noqa: PTH116 - asked at every snapshot
    except OSError:
        return None
    return found.st_dev, found.st_ino


class SqliteReaders:
    """Read-only connections to one SQLite file: one for each thread that asks. A file that was made anew is opened
    anew.
    """

    in_loop = True

    def __init__(self, url: URL, *, cached_facts: int) -> None:
        if not url.database or url.database == ":memory:":
            raise ValueError("the API reads an index in a file; a database in memory has one connection only")
        self._path = url.database
        self._shared = _Shared(FactCache(cached_facts))
        self._local = threading.local()
        self._connections: list[_SqliteConnection] = []

    def snapshot(self) -> AbstractContextManager[Snapshot]:
        connection: _SqliteConnection | None = getattr(self._local, "connection", None)
        if connection is None:
            return self._open()
        if not connection.is_current:
            self._local.connection = None
            self._connections.remove(connection)
            connection.close()
            return self._open()
        return connection

    def _open(self) -> _SqliteConnection:
        """The first of a thread, when the file may not be there yet, or have no tables."""
        try:
            connection = _SqliteConnection(self._shared, self._path)
            connection.begin()
            connection.end()
        except sqlite3.OperationalError as error:
            raise IndexEmpty from error
        self._local.connection = connection
        self._connections.append(connection)
        return connection

    def close(self) -> None:
        """Closes every connection."""
        for connection in self._connections:
            connection.close()
        self._connections.clear()
        self._local = threading.local()


@cache
def _encoded(statement: str) -> bytes:
    """As psycopg takes it."""
    return for_postgresql(statement).encode()


class _PostgresConnection(_Connection):
    _BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

    def __init__(self, shared: _Shared, conninfo: str) -> None:
        self.connection = psycopg.connect(
            conninfo, autocommit=True, connect_timeout=5, prepare_threshold=0, options="-c statement_timeout=15000"
        )
        super().__init__(shared, self._run)

    def _run(self, statement: str, arguments: Sequence[object] = ()) -> Any:
        return self.connection.execute(_encoded(statement), arguments, binary=True)

    def end(self) -> None:
        """Ends the snapshot, if the connection is still there."""
        if not self.connection.closed:
            super().end()


class PostgresReaders:
    """Connections to PostgreSQL: one for each reader thread; a broken one is opened again."""

    in_loop = False

    def __init__(self, url: URL, *, cached_facts: int) -> None:
        self._conninfo = url.set(drivername="postgresql").render_as_string(hide_password=False)
        self._shared = _Shared(FactCache(cached_facts))
        self._local = threading.local()
        self._connections: list[_PostgresConnection] = []

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        try:
            connection = self._connection()
            connection.begin()
            try:
                yield connection
            finally:
                connection.end()
        except psycopg.errors.UndefinedTable as error:
            raise IndexEmpty from error
        except psycopg.OperationalError as error:
            self._drop()
            raise IndexUnavailable from error

    def _connection(self) -> _PostgresConnection:
        connection: _PostgresConnection | None = getattr(self._local, "connection", None)
        if connection is None or connection.connection.closed:
            connection = self._local.connection = _PostgresConnection(self._shared, self._conninfo)
            self._connections = [known for known in self._connections if not known.connection.closed]
            self._connections.append(connection)
        return connection

    def _drop(self) -> None:
        connection: _PostgresConnection | None = getattr(self._local, "connection", None)
        if connection is not None:
            connection.connection.close()
            self._local.connection = None

    def close(self) -> None:
        """Closes every connection."""
        for connection in self._connections:
            connection.connection.close()
        self._connections.clear()
        self._local = threading.local()


def open_readers(database_url: str, *, cached_facts: int) -> Readers:
    """Readers for the database at this SQLAlchemy URL; opens nothing before the first snapshot."""
    url = make_url(database_url)
    match url.get_backend_name():
        case "sqlite":
            return SqliteReaders(url, cached_facts=cached_facts)
        case "postgresql" | "postgres":
            return PostgresReaders(url, cached_facts=cached_facts)
        case other:
            raise ValueError(f"the index is on SQLite or PostgreSQL, not on {other}")
