"""What the audited database says of where it stands. Nothing of it is believed; it only chooses the block."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, select

from chain.hexes import from_data, from_quantity, to_data
from chain.rpc import Rpc
from indexer import schema
from indexer.database import Database
from indexer.source import ChainMoved, read_header

FAR_BEHIND: Final = 100
"""Blocks by which a mirror may be behind the head without the report saying so."""


@contextlib.contextmanager
def snapshot(database: Database) -> Iterator[Connection]:
    """One state of the database, for as long as the audit looks at it."""
    with database.read() as connection:
        connection.execute(select(schema.cursor)).all()  # from here on the state is fixed, in both databases
        yield connection


def claimed_block(connection: Connection, rpc: Rpc, *, first: int, head: int) -> int:
    """The block that the mirror claims to stand at: the audited block; the head, where it claims none that exists.

    Number and hash of the cursor should belong together. Where they do not, one of them was changed, and the hash is
    the harder to make up: it decides, if the chain has it.
    """
    row = connection.execute(select(schema.cursor.c.block_number, schema.cursor.c.block_hash)).first()
    if row is None:
        return head
    number, block_hash = row.block_number, bytes(row.block_hash)
    if first - 1 <= number <= head and _hash_at(rpc, number) == block_hash:
        return int(number)
    by_hash = _number_of(rpc, block_hash)
    if by_hash is not None and first - 1 <= by_hash <= head and _hash_at(rpc, by_hash) == block_hash:
        return by_hash
    return int(number) if first - 1 <= number <= head else head


def _hash_at(rpc: Rpc, number: int) -> bytes | None:
    try:
        return read_header(rpc, number).hash_bytes
    except ChainMoved:
        return None


def _number_of(rpc: Rpc, block_hash: bytes) -> int | None:
    """By hash. A node that does not know the hash says so in one of several ways, all of which mean no."""
    answer = rpc.try_call("eth_getBlockByHash", [to_data(block_hash), False])
    if answer.error is not None or not isinstance(answer.result, dict):
        return None
    if from_data(answer.result.get("hash"), "eth_getBlockByHash") != block_hash:
        return None
    return from_quantity(answer.result.get("number"), "eth_getBlockByHash")
