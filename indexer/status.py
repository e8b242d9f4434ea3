"""How the index is doing."""

import time
from dataclasses import dataclass

from chain.hexes import from_quantity
from chain.rpc import Rpc
from indexer import incidents, mirror
from indexer.database import Database
from indexer.schema import BatchFileState
from indexer.source import ChainMoved, read_header
from ledger.errors import NodeUnreachable, RpcFailure


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexStatus:
    """Numbers are of blocks and leaves, times in seconds. What only the node knows is None where it does not answer.

    `lag_seconds` is how much older the cursor's block is than the head's; 0 when caught up, however long ago the last
    block was. `halted_reason` says why the follower stands still, if it does. Batches that wait for their file, whose
    file is wrong, and what was found in batches and still stands, are counted.
    """

    bound: bool
    cursor_block: int | None
    cursor_hash: bytes | None
    cursor_timestamp: int | None
    log_size: int
    head_block: int | None
    lag_blocks: int | None
    lag_seconds: int | None
    reorgs: int
    halted_reason: str | None
    batches_waiting: int
    batches_wrong: int
    batch_incidents: int
    asked_at: int

    @property
    def caught_up(self) -> bool:
        """Whether everything on the chain is in the index."""
        return self.lag_blocks == 0 and self.halted_reason is None


def status(database: Database | None, rpc: Rpc | None = None) -> IndexStatus:
    """Where the index stands, and with `rpc` how far behind the node it is; without `database` nothing is indexed."""
    cursor, reorgs, halted_reason = None, 0, None
    files, batch_incidents = dict.fromkeys(BatchFileState, 0), 0
    if database is not None:
        with database.read() as connection:
            cursor = mirror.read_cursor(connection)
            reorgs = incidents.count_reorgs(connection)
            halted_reason = incidents.halted_reason(connection)
            files = mirror.count_batch_files(connection)
            batch_incidents = incidents.count_open_of_batches(connection)
    head = None if rpc is None else _head(rpc)
    lag_blocks = lag_seconds = None
    if head is not None and cursor is not None:
        lag_blocks = max(0, head[0] - cursor.block_number)
        lag_seconds = max(0, head[1] - cursor.block_timestamp) if lag_blocks else 0
    return IndexStatus(
        bound=cursor is not None,
        cursor_block=None if cursor is None else cursor.block_number,
        cursor_hash=None if cursor is None else cursor.block_hash,
        cursor_timestamp=None if cursor is None else cursor.block_timestamp,
        log_size=0 if cursor is None else cursor.log_size,
        head_block=None if head is None else head[0],
        lag_blocks=lag_blocks,
        lag_seconds=lag_seconds,
        reorgs=reorgs,
        halted_reason=halted_reason,
        batches_waiting=files[BatchFileState.WAITING],
        batches_wrong=files[BatchFileState.WRONG],
        batch_incidents=batch_incidents,
        asked_at=int(time.time()),
    )


def _head(rpc: Rpc) -> tuple[int, int] | None:
    """Number and time of the node's last block."""
    try:
        number = from_quantity(rpc.call("eth_blockNumber"), "eth_blockNumber")
        return number, read_header(rpc, number).timestamp
    except (NodeUnreachable, RpcFailure, ChainMoved):
        return None
