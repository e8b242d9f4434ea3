"""`tanpuhui index …`"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from indexer.database import Database
from indexer.errors import DatabaseUnusable
from indexer.follower import Follower
from indexer.mirror import Cursor
from indexer.rebuild import rebuild as rebuild_index
from indexer.status import status as index_status
from ledger.errors import NodeUnreachable, RpcFailure, Unavailable
from scripts.command import command, group
from scripts.context import Context
from scripts.errors import AlreadyFollowed
from scripts.following import sole_follower
from scripts.output import Facts, Result

app = group("index", "The SQL mirror of the chain that the API and the `show` and `list` commands read.")


@command(app, "run")
def run(
    context: Context,
    *,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until Ctrl-C.")] = False,
) -> Result:
    """Brings the index up to the node's head; with --follow keeps it there.

    **Example**

        tanpuhui index run --follow
    """
    deployment = context.deployment  # before the database, which is not made for a deployment that is not there
    with _alone(context):
        follower = Follower(context.rpc, deployment, context.database)
        cursor = _catch_up(context, follower)
        if follow:
            context.output.note("following the chain; Ctrl-C ends it")
            follower.follow(_told_to_end())
            cursor = follower.catch_up()
    return _stands(cursor)


@command(app, "status")
def status(context: Context) -> Result:
    """Says where the index stands and how far behind the node it is.

    Exits 3, having said what it knows, where the node does not answer or the database cannot be opened.

    **Example**

        tanpuhui index status --json
    """
    database, reached = _database_to_look_at(context)
    found = index_status(database, context.rpc)
    if found.head_block is None:
        _say_why_the_node_is_silent(context)
    facts = {
        "bound": found.bound,
        "caught_up": found.caught_up,
        "cursor_block": found.cursor_block,
        "cursor_hash": found.cursor_hash,
        "head_block": found.head_block,
        "lag_blocks": found.lag_blocks,
        "lag_seconds": found.lag_seconds,
        "log_size": found.log_size,
        "reorgs": found.reorgs,
        "halted_reason": found.halted_reason,
    }
    reached = reached and found.head_block is not None
    return Result(parts=[Facts("Index", facts)], exit_code=0 if reached else Unavailable.exit_code)


@command(app, "rebuild")
def rebuild(context: Context) -> Result:
    """Makes the mirror anew from the chain; the outbox, the records and the API keys stay.

    **Example**

        tanpuhui index rebuild
    """
    deployment = context.deployment  # before the database, as in `run`
    with _alone(context), context.output.progress() as progress:
        progress.begin("indexing blocks", None)
        cursor = rebuild_index(context.rpc, deployment, context.database, progress.reach)
    return _stands(cursor)


def _database_to_look_at(context: Context) -> tuple[Database | None, bool]:
    """The database, None if there is none; and whether it could be opened, or may be one that is not made yet."""
    try:
        if context.has_database:
            return context.database, True
        if context.can_make_database:
            return None, True
        context.output.note(f"warning: there is no folder for the database {context.settings.database_url}")
    except DatabaseUnusable as error:
        context.output.note(f"warning: {error.explain()}")
    return None, False


def _say_why_the_node_is_silent(context: Context) -> None:
    try:
        context.rpc.call("eth_blockNumber")
    except (NodeUnreachable, RpcFailure) as error:
        context.output.note(f"warning: {error.explain()}")


@contextmanager
def _alone(context: Context) -> Iterator[None]:
    """`AlreadyFollowed` unless this process is the only one that follows."""
    with sole_follower(context.database) as alone:
        if not alone:
            raise AlreadyFollowed(context.database.url)
        yield


def _told_to_end() -> threading.Event:
    """Set by Ctrl-C or SIGTERM."""
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    return stop


def _catch_up(context: Context, follower: Follower) -> Cursor:
    with context.output.progress() as progress:
        progress.begin("indexing blocks", None)
        return follower.catch_up(progress.reach)


def _stands(cursor: Cursor) -> Result:
    facts = {
        "block_number": cursor.block_number,
        "block_hash": cursor.block_hash,
        "log_size": cursor.log_size,
        "log_root": cursor.log_root,
    }
    return Result(parts=[Facts("Index", facts)])
