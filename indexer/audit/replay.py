"""The auditor's own mirror: made from the chain in the work folder, and brought to exactly one block.

Interrupted, it goes on where its last range was stored. Every range of logs is held to the `receiptsRoot` of its blocks
(`indexer.source`), so that the node can neither leave a log out nor add one.
"""

from __future__ import annotations

from pathlib import Path

from chain.deployment import Deployment
from chain.hexes import from_quantity
from chain.rpc import Rpc
from indexer.database import Database, open_database
from indexer.errors import BlockNotReached
from indexer.follower import Follower, Progress
from indexer.mirror import Cursor
from indexer.rollback import roll_back
from indexer.source import ChainMoved, read_header

REPLICA = "replica.db"


def open_replica(work: Path) -> Database:
    """The auditor's mirror in the work folder, which is made if it is not there."""
    return open_database(f"sqlite:///{work / REPLICA}")


def head_of(rpc: Rpc) -> int:
    """Number of the node's last block."""
    return from_quantity(rpc.call("eth_blockNumber"), "eth_blockNumber")


def replay(rpc: Rpc, deployment: Deployment, replica: Database, block: int, progress: Progress | None = None) -> Cursor:
    """Brings the replica to exactly `block`, forwards or back; gives where it stands.

    Raises `BlockNotReached` if the node does not have the block, and whatever `Follower.catch_up` raises: a
    contradiction on the chain itself ends an audit.
    """
    follower = Follower(rpc, deployment, replica, verify_receipts=True)
    cursor = follower.catch_up(progress, up_to=block)
    if cursor.block_number < block:
        raise BlockNotReached(block, cursor.block_number)
    if cursor.block_number > block:
        cursor = _back_to(rpc, deployment, replica, block)
    return cursor


def _back_to(rpc: Rpc, deployment: Deployment, replica: Database, block: int) -> Cursor:
    if block < deployment.first_block - 1:
        raise BlockNotReached(block, deployment.first_block - 1)
    try:
        header = read_header(rpc, block)
    except ChainMoved:
        raise BlockNotReached(block, head_of(rpc)) from None
    ancestor = Cursor(block, header.hash_bytes, header.timestamp, 0, b"")
    with replica.write() as connection:
        return roll_back(connection, ancestor)
