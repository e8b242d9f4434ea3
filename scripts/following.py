"""Keeps two followers of one database apart, and brings the index up to the chain whoever follows it."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from sqlalchemy import text

from chain.rpc import Rpc
from indexer.database import Database
from indexer.follower import Follower, Progress
from indexer.status import status
from ledger.errors import NodeUnreachable
from ledger.locks import sole_holder

_LOCK_NUMBER: Final = 0x74616E66  # "tanf": any number that nobody else takes
_POLL_SECONDS: Final = 0.2
_SILENCE_SECONDS: Final = 30.0


@contextlib.contextmanager
def sole_follower(database: Database) -> Iterator[bool]:
    """Whether this process may follow the chain into the database for as long as the block lasts.

    SQLite: a lock file beside the database; PostgreSQL: an advisory lock, which holds across machines.
    """
    lock = _advisory_lock(database)
    if database.is_sqlite:
        lock = sole_holder(Path(f"{database.engine.url.database}.follower"))
    with lock as taken:
        yield taken


def bring_up(follower: Follower, database: Database, rpc: Rpc, progress: Progress | None = None) -> None:
    """Indexes everything up to the head that the node has now, or waits until the process that follows has done so.

    Raises `NodeUnreachable` if the node says nothing for half a minute, and whatever `Follower.catch_up` raises.
    """
    answered = time.monotonic()
    while True:
        with sole_follower(database) as alone:
            if alone:
                follower.catch_up(progress)
                return
        found = status(database, rpc)
        if found.caught_up or found.halted_reason is not None:
            return
        if found.head_block is not None:
            answered = time.monotonic()
        elif time.monotonic() - answered > _SILENCE_SECONDS:
            raise NodeUnreachable(rpc.url, f"nor has it for {_SILENCE_SECONDS:.0f} s")
        if progress is not None and found.cursor_block is not None and found.head_block is not None:
            progress(found.cursor_block, found.head_block)
        time.sleep(_POLL_SECONDS)


@contextlib.contextmanager
def _advisory_lock(database: Database) -> Iterator[bool]:
    with database.engine.connect() as connection:
        taken = bool(connection.scalar(text("SELECT pg_try_advisory_lock(:lock)"), {"lock": _LOCK_NUMBER}))
        try:
            yield taken
        finally:
            if taken:
                connection.scalar(text("SELECT pg_advisory_unlock(:lock)"), {"lock": _LOCK_NUMBER})
