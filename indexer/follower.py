"""Follows the chain: brings every block up to the node's head into the mirror, one SQL transaction per block range.

What is committed with a range is its rows and the cursor, and only after everything in it was checked: blocks continue
the cursor, logs belong to their blocks and rise in order, leaves have no gaps and hash to what their events say, every
leaf has its event, and the root of the recomputed log is the contract's. A contradiction halts the follower with a
member of `ledger.errors.Inconsistent`, is kept in `incidents`, and leaves the mirror at the last good block.

The chain may take back blocks at any moment. That is seen at the cursor, whose block hash is compared before anything
is added: the mirror is rolled back to the last block that both share (`indexer.rollback`), and the reorg is counted.
A node whose blocks are ours as far as they go is behind (it syncs anew, or is another one behind the same address): it
is waited for.
"""

import gc
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from chain.deployment import Deployment
from chain.events import EventDecoder
from chain.functions import keccak256
from chain.hexes import from_data, from_quantity, to_data, to_quantity
from chain.operations import ContractName
from chain.rpc import Rpc
from indexer import incidents, mirror
from indexer.backfill import deferred_indexes, is_large, refused_rows, restore_indexes
from indexer.binding import check_binding, cursor_or_bind, start_of
from indexer.database import Database
from indexer.errors import BrokenBooks, BrokenChain, BrokenLog
from indexer.mirror import Cursor, EarnedBatch, LotState
from indexer.pairing import Pairing
from indexer.projections import Projection
from indexer.rollback import roll_back
from indexer.schema import blocks
from indexer.source import BlockEvents, BlockRange, ChainMoved, Header, RangeReader, read_header, read_headers
from ledger.errors import Inconsistent, NodeUnreachable, RpcFailure, TanpuhuiError

Progress = Callable[[int, int], None]
"""Called after each commit with the cursor's block and the block that is being caught up to."""

LOGS_PER_RANGE = 2_000
OPERATIONS_PER_COMMIT = 20_000
READING_THREADS = 2
RANGES_AHEAD = 12
_PATIENCE = (0.05, 0.2, 0.5)
"""Seconds between the questions about a root that seems wrong."""
_TRIES = 5
_BLOCKS_PER_QUESTION = 64
_OBJECTS_PER_COLLECTION = 200_000
_SWITCH_SECONDS = 0.0005
_ROOT_AT = keccak256(b"rootAt(uint64)")[:4]
_SIZE = keccak256(b"size()")[:4]


def _nobody(_: TanpuhuiError | None) -> None:
    """Hears nothing."""


class Follower:
    """Keeps the mirror in `database` up with `deployment` on the node behind `rpc`. One at a time per database."""

    def __init__(
        self,
        rpc: Rpc,
        deployment: Deployment,
        database: Database,
        *,
        operations_per_commit: int = OPERATIONS_PER_COMMIT,
        logs_per_range: int = LOGS_PER_RANGE,
        verify_receipts: bool = False,
    ) -> None:
        """`verify_receipts`: believes no log that the block's receipts do not hold (`indexer.receipt_check`)."""
        self._rpc = rpc
        self._deployment = deployment
        self._database = database
        self._operations_per_commit = operations_per_commit
        self._addresses = {name: bytes(contract.address) for name, contract in deployment.contracts.items()}
        self._reader = RangeReader(
            rpc,
            EventDecoder(self._addresses),
            logs_per_range=logs_per_range,
            threads=READING_THREADS,
            ranges_ahead=RANGES_AHEAD,
            verify_receipts=verify_receipts,
        )
        self._prepared = False
        self._on_its_way_to = 0

    def catch_up(self, progress: Progress | None = None, *, up_to: int | None = None) -> Cursor:
        """Indexes everything up to the node's head, and returns where the mirror then stands.

        With `up_to` nothing above that block is indexed; a mirror that stands above it stays there.
        Raises a member of `Inconsistent` (halted, see above), `BindingMismatch`, `WrongChain` or `NotDeployed` if
        database, deployment and node do not belong together, `NodeUnreachable`, `RpcFailure`.
        """
        self._on_its_way_to = 0
        self._prepare()
        moved: ChainMoved | None = None
        for _ in range(_TRIES):
            cursor = self._cursor()
            try:
                return self._index_to_head(self._settle(cursor), progress, up_to)
            except ChainMoved as error:
                moved = error
            except Inconsistent as error:
                self._halt(error)
                raise
        assert moved is not None  # noqa: S101 - the loop ends in no other way
        halted = BrokenChain(moved.block_number, moved.reason)
        self._halt(halted)
        raise halted

    def follow(
        self,
        stop: threading.Event,
        *,
        poll_seconds: float = 1.0,
        told: Callable[[TanpuhuiError | None], None] = _nobody,
    ) -> None:
        """Catches up again and again until `stop` is set. A node that does not answer is waited for.

        `told` hears after each time what failed, or None when the mirror stands at the head.
        """
        while not stop.is_set():
            try:
                self.catch_up()
            except (NodeUnreachable, RpcFailure) as error:
                told(error)
                stop.wait(poll_seconds * 4)
            else:
                told(None)
            stop.wait(poll_seconds)

    # ------------------------------------------------------------------------------------------------- where it stands

    def _prepare(self) -> None:
        """Schema, binding, and whether the node is the right one: once per follower."""
        if self._prepared:
            return
        self._database.migrate()
        with self._database.read() as connection:
            check_binding(connection, self._deployment)
        self._deployment.check(self._rpc)
        try:
            parent = read_header(self._rpc, self._deployment.first_block - 1)
        except ChainMoved as moved:
            raise BrokenChain(moved.block_number, moved.reason) from None
        with self._database.write() as connection:
            cursor_or_bind(connection, self._deployment, parent)
        try:
            restore_indexes(self._database)
        except BrokenBooks as error:
            self._halt(error)
            raise
        self._prepared = True

    def _cursor(self) -> Cursor:
        with self._database.read() as connection:
            cursor = mirror.read_cursor(connection)
        if cursor is None:
            # The mirror was emptied (rebuilt) behind our back: bind it again.
            self._prepared = False
            self._prepare()
            return self._cursor()
        return cursor

    def _settle(self, cursor: Cursor) -> Cursor:
        """The cursor, once its block is on the chain: after a reorg that of the last block that still is."""
        (header,) = read_headers(self._rpc, [cursor.block_number])
        if header is not None and header.hash_bytes == cursor.block_hash:
            self._pass_halts(cursor)
            return cursor
        if header is None and self._lags(cursor):
            return cursor
        ancestor = self._ancestor(cursor)
        with self._database.write() as connection:
            settled = roll_back(connection, ancestor)
            incidents.add_reorg(connection, cursor, settled)
        # What was taken back may have been the deployment itself.
        self._deployment.check(self._rpc)
        return settled

    def _lags(self, cursor: Cursor) -> bool:
        """Whether the node ends below the cursor, and the highest of our blocks that it can have is the same there.

        A head that is not below the cursor belongs to a node that has moved since, and is asked again later.
        """
        head = from_quantity(self._rpc.call("eth_blockNumber"), "eth_blockNumber")
        if head >= cursor.block_number:
            return True
        with self._database.read() as connection:
            start = start_of(connection)
            known = next(self._known_blocks(connection, head + 1), [])
        number, block_hash = known[0][:2] if known else (start.block_number, start.block_hash)
        if head < number:  # not even the block before the deployment
            return True
        (header,) = read_headers(self._rpc, [number])
        return header is None or header.hash_bytes == block_hash

    def _ancestor(self, cursor: Cursor) -> Cursor:
        """The last block of the mirror that is still on the chain, at the least the one before the deployment."""
        with self._database.read() as connection:
            start = start_of(connection)
            for part in self._known_blocks(connection, cursor.block_number):
                headers = read_headers(self._rpc, [number for number, _, _ in part])
                for (number, block_hash, timestamp), header in zip(part, headers, strict=True):
                    if header is not None and header.hash_bytes == block_hash:
                        return Cursor(number, block_hash, timestamp, 0, b"")
        (header,) = read_headers(self._rpc, [start.block_number])
        if header is None or header.hash_bytes != start.block_hash:
            raise BrokenChain(start.block_number, "the block before the deployment is not on the chain any more")
        return start

    def _known_blocks(self, connection: Any, below: int) -> Iterator[list[tuple[int, bytes, int]]]:
        while True:
            rows = connection.execute(
                select(blocks.c.number, blocks.c.hash, blocks.c.timestamp)
                .where(blocks.c.number < below)
                .order_by(blocks.c.number.desc())
                .limit(_BLOCKS_PER_QUESTION)
            ).all()
            if not rows:
                return
            yield [(number, bytes(block_hash), timestamp) for number, block_hash, timestamp in rows]
            below = rows[-1].number

    def _halt(self, error: Inconsistent) -> None:
        """Keeps why nothing more is indexed. The contradiction lies somewhere up to the block that was aimed at: a
        block number in the error may be the node's word.
        """
        self._prepared = False  # whatever was taken for granted is looked at again
        with self._database.write() as connection:
            cursor = mirror.read_cursor(connection)
            if cursor is not None:
                halted_to = max(cursor.block_number, self._on_its_way_to)
                incidents.add_halt(connection, cursor, halted_to, error.code, error.explain())

    def _pass_halts(self, cursor: Cursor) -> None:
        """Also where there is no new block to commit: what the follower stands on is whole, and on the chain."""
        with self._database.read() as connection:
            halted = incidents.halted_reason(connection) is not None
        if halted:
            with self._database.write() as connection:
                incidents.resolve_halts(connection, cursor)

    # ------------------------------------------------------------------------------------------------------- going on

    def _index_to_head(self, cursor: Cursor, progress: Progress | None, up_to: int | None) -> Cursor:
        head = from_quantity(self._rpc.call("eth_blockNumber"), "eth_blockNumber")
        end = head if up_to is None else min(up_to, head)
        if end <= cursor.block_number:
            return cursor
        self._on_its_way_to = end
        run = _Run(self._deployment, self._addresses, self._database, cursor)
        missing = self._size_at(head) - cursor.log_size  # an estimate where the way ends before the head
        large = is_large(stored=cursor.log_size, missing=missing)
        ranges = self._reader.ranges(cursor.block_number + 1, end + 1)
        with deferred_indexes(self._database, large=large), closing(ranges), _tuned_interpreter():
            for block_range in ranges:
                run.take(block_range)
                if run.projection.pending_operations >= self._operations_per_commit or run.last.number == end:
                    cursor = self._commit(run, head)
                    if progress is not None:
                        progress(cursor.block_number, end)
        return cursor

    def _size_at(self, block_number: int) -> int:
        answer = self._rpc.try_call("eth_call", [self._log_call(_SIZE), to_quantity(block_number)])
        return 0 if answer.error is not None else _number(answer.result)

    def _commit(self, run: "_Run", head: int) -> Cursor:
        cursor = run.end_range()
        self._check_root(cursor, head)
        try:
            with self._database.write() as connection:
                run.projection.store(connection, cursor.block_number)
                mirror.write_cursor(connection, cursor)
                incidents.resolve_halts(connection, cursor)
        except (IntegrityError, psycopg.IntegrityError) as error:
            raise refused_rows(cursor.block_number, error) from error
        return cursor

    def _check_root(self, cursor: Cursor, head: int) -> None:
        """Whether the contract has the same log. The log only grows, so that it can be asked at the head.

        A node that is mining may answer a call at its head from the block before or after it, so that a contradiction
        is one only if it stays.
        """
        for patience in _PATIENCE:
            if self._has_root(cursor, head):
                return
            time.sleep(patience)
        header = read_header(self._rpc, cursor.block_number)
        if header.hash_bytes != cursor.block_hash:
            raise ChainMoved(cursor.block_number, "the block was replaced while it was being indexed")
        if not self._has_root(cursor, head, unwrap=True):
            raise BrokenLog(cursor.block_number, f"its {cursor.log_size} leaves are not those of the contract")

    def _has_root(self, cursor: Cursor, head: int, *, unwrap: bool = False) -> bool:
        """One answer; an error of the node counts as no, or is raised where it should `unwrap`."""
        calls = (_ROOT_AT + cursor.log_size.to_bytes(32, "big"), _SIZE)
        at = to_quantity(head)
        root, size = self._rpc.try_batch([("eth_call", [self._log_call(call), at]) for call in calls])
        if unwrap:
            root.unwrap()
            size.unwrap()
        whole = cursor.block_number < head or (size.error is None and _number(size.result) == cursor.log_size)
        return root.error is None and from_data(root.result, "eth_call") == cursor.log_root and whole

    def _log_call(self, calldata: bytes) -> dict[str, str]:
        log = self._deployment.address(ContractName.TRANSPARENCY_LOG)
        return {"to": log.hex0x, "data": to_data(calldata)}


@contextmanager
def _tuned_interpreter() -> Iterator[None]:
    """Inside, Python is set up for much data on few threads.

    It looks for cyclic garbage seldom: a range of logs is a lot of objects that go by themselves. And a thread that
    reads waits less long for the one that computes: with the default of 5 ms, everything waits for reading.
    """
    threshold, interval = gc.get_threshold(), sys.getswitchinterval()
    gc.set_threshold(_OBJECTS_PER_COLLECTION, *threshold[1:])
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        gc.set_threshold(*threshold)
        sys.setswitchinterval(interval)


def _number(answer: Any) -> int:
    return int.from_bytes(from_data(answer, "eth_call"), "big")


class _Run:
    """One way from the cursor towards the head: checks the logs of each range and applies their operations."""

    def __init__(
        self,
        deployment: Deployment,
        addresses: dict[ContractName, bytes],
        database: Database,
        cursor: Cursor,
    ) -> None:
        self.last = Header(cursor.block_number, to_data(cursor.block_hash), "", cursor.block_timestamp)
        self._pairing = Pairing(chain_id=deployment.chain_id, addresses=addresses, next_leaf=cursor.log_size)
        with database.read() as connection:
            self.projection = Projection(connection, cursor.log_size, _Stored(database))

    def end_range(self) -> Cursor:
        """Where the mirror will stand when everything applied so far is stored."""
        size, root = self.projection.extend_log()
        return Cursor(self.last.number, self.last.hash_bytes, self.last.timestamp, size, root)

    def take(self, block_range: BlockRange) -> None:
        """Applies the operations of a range. Raises `ChainMoved` or a member of `Inconsistent`."""
        first = block_range.headers[0]
        if first.parent_hash != self.last.hash:
            raise ChainMoved(first.number, "its parent is not the last block that was indexed")
        for block in block_range.blocks:
            self._take_block(block)
        self.last = block_range.headers[-1]

    def _take_block(self, block: BlockEvents) -> None:
        header, events = block
        number, timestamp = header.number, header.timestamp
        self.projection.add_block(number, header.hash_bytes, header.parent_hash_bytes, timestamp)
        pair, apply = self._pairing.add, self.projection.apply
        transaction = b""
        for transaction_hash, log_index, event in events:
            if transaction_hash != transaction:
                self._pairing.end_transaction(number)
                transaction = transaction_hash
            operation = pair(event, number, timestamp)
            if operation is not None:
                apply(operation, number, transaction_hash, log_index)
        self._pairing.end_transaction(number)


class _Stored:
    """What the database has."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def read_lot(self, lot_id: bytes) -> LotState | None:
        with self._database.read() as connection:
            return mirror.read_lot(connection, lot_id)

    def read_debtor(self, activity_id: bytes) -> bytes | None:
        with self._database.read() as connection:
            return mirror.read_debtor(connection, activity_id)

    def read_earned_batch(self, batch_number: int) -> EarnedBatch | None:
        with self._database.read() as connection:
            return mirror.read_earned_batch(connection, batch_number)

    def read_batch_count(self) -> int:
        with self._database.read() as connection:
            return mirror.read_batch_count(connection)

    def read_provider_pool(self, account: bytes, reduction_class: int) -> int:
        with self._database.read() as connection:
            return mirror.read_provider_pool(connection, account, reduction_class)

    def is_provider(self, account: bytes) -> bool:
        with self._database.read() as connection:
            return mirror.is_provider(connection, account)
