"""From operations to rows: what a block range adds to each table and what it changes.

A `Projection` stands at a size of the log. `apply` takes operations one after the other; `store` writes what came since
the last `store` in one go, on a connection whose transaction the follower commits. If that transaction fails, the
projection is worth nothing any more: load another.
"""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection, Table

from indexer import books, mirror, point_books, schema
from indexer.books import BalanceKey
from indexer.claims import NOBODY
from indexer.errors import BrokenBooks
from indexer.pairing import PairedOperation
from indexer.projections import accounts, activities, campaigns, methodologies, points, providers, reductions
from indexer.projections.growth import ContractProjection, Growth, Handler, Pending, Stored
from indexer.schema import PERSONS, PointBook
from indexer.tiles import SqlNodes, Tile, TileBuilder, tiles_at
from ledger.log_tree import CompactRange

_CACHED_BALANCES = 200_000

CONTRACTS: tuple[ContractProjection, ...] = (
    accounts.PROJECTION,
    methodologies.PROJECTION,
    activities.PROJECTION,
    reductions.PROJECTION,
    providers.PROJECTION,
    campaigns.PROJECTION,
    points.PROJECTION,
)
"""Each after those whose things it refers to."""

_HANDLERS: Mapping[type[Any], Handler] = {
    event: handler for contract in CONTRACTS for event, handler in contract.handlers.items()
}
_STATUS_OF: Mapping[int, tuple[Table, int]] = {
    int(kind): (table, int(status))
    for contract in CONTRACTS
    for table, statuses in contract.statuses.items()
    for kind, status in statuses.items()
}
"""The status that a leaf's kind gives, and to what."""


def _nothing_pending() -> Pending:
    things = (table for contract in CONTRACTS for table in contract.things)
    return Pending(things, (table for contract in CONTRACTS for table in contract.facts))


class Projection:
    """The mirror's growing end."""

    def __init__(
        self,
        connection: Connection,
        log_size: int,
        stored: Stored,
    ) -> None:
        """Continues the mirror as stored, whose log has `log_size` leaves."""
        self._growth = Growth(_nothing_pending(), stored)
        self._log = CompactRange.load(log_size, SqlNodes(connection))
        self._tiles = TileBuilder.load(connection, log_size)
        self._open_tiles = {tile for tile, _ in tiles_at(log_size)}
        self._grown_tiles: list[Tile] = []
        self._balances: dict[BalanceKey, int] = {}
        self.last_block = -1
        """Number of the last block that was added."""

    # ------------------------------------------------------------------------------------------------------ applying

    @property
    def pending_operations(self) -> int:
        """How many operations wait to be stored."""
        return len(self._growth.pending.operations)

    def add_block(self, number: int, block_hash: bytes, parent_hash: bytes, timestamp: int) -> None:
        """A block that holds events; its operations follow."""
        self._growth.pending.blocks.append((number, block_hash, parent_hash, timestamp))
        self.last_block = number

    def apply(self, operation: PairedOperation, block_number: int, transaction_hash: bytes, log_index: int) -> None:
        """One operation in the order of the log. `BrokenBooks` if it contradicts what was booked before."""
        leaf, event = operation
        index, operation_id, ledger, kind, subject, giver, receiver, grams, record_hash, timestamp, leaf_hash = leaf
        pending = self._growth.pending
        pending.leaf_hashes.append(leaf_hash)
        pending.operations.append(
            (
                index,
                operation_id,
                kind,
                ledger,
                subject,
                None if giver == NOBODY else giver,
                None if receiver == NOBODY else receiver,
                grams,
                record_hash,
                timestamp,
                leaf_hash,
                block_number,
                transaction_hash,
                log_index,
            )
        )
        handler = _HANDLERS.get(type(event))
        if handler is not None:
            handler(self._growth, index, event)
        else:
            # The pairing has held the leaf's kind against the event, whose first field is the thing's id.
            table, status = _STATUS_OF[kind]
            identifier: Any = event[0]
            self._growth.set_status(table, identifier, status, index)

    # ------------------------------------------------------------------------------------------------------- storing

    def extend_log(self) -> tuple[int, bytes]:
        """Appends the applied leaves to the log in memory; gives its size and root. Call it before `store`."""
        self._grown_tiles = self._tiles.extend(self._log.extend(self._growth.pending.leaf_hashes))
        return self._log.size, self._log.root()

    def store(self, connection: Connection, block_number: int) -> None:
        """Writes what was applied. `block_number`, the end of the range, is named by `BrokenBooks`."""
        pending = self._growth.pending
        mirror.add(connection, schema.blocks, pending.blocks)
        mirror.add(connection, schema.operations, pending.operations)
        # Changes first: a facility may be freed and taken again in one range.
        for table, statuses in pending.statuses.items():
            mirror.set_statuses(connection, table, ((key, *change) for key, change in statuses.items()), block_number)
        for contract in CONTRACTS:
            if contract.before_store is not None:
                contract.before_store(self._growth, connection)
        for table, rows in pending.things.items():
            names = table.columns.keys()
            mirror.add(connection, table, [tuple(row[name] for name in names) for row in rows.values()])
        for table, facts in pending.facts.items():
            mirror.add(connection, table, facts)
        mirror.add(connection, schema.postings, pending.postings)
        self._store_balances(connection, pending, block_number)
        _store_points(connection, pending, block_number)
        mirror.write_tiles(connection, self._grown_tiles, self._open_tiles)
        self._open_tiles = {tile for tile, _ in tiles_at(self._log.size)}
        self._growth.pending = _nothing_pending()

    def _store_balances(self, connection: Connection, pending: Pending, block_number: int) -> None:
        changes = books.balance_changes(pending.postings)
        unknown = [key for key in changes if key not in self._balances]
        found = mirror.read_balances(connection, unknown)
        before = {key: self._balances.get(key) or found.get(key, 0) for key in changes}
        after = {key: before[key] + change for key, change in changes.items() if change}
        mirror.change_balances(connection, before, after, block_number)
        if len(self._balances) > _CACHED_BALANCES:
            self._balances.clear()
        self._balances.update(after)


def _store_points(connection: Connection, pending: Pending, block_number: int) -> None:
    """Postings and balances of points; what persons have is held against what the chain says that they have."""
    mirror.add(connection, schema.point_postings, pending.point_postings)
    changes = point_books.balance_changes(pending.point_postings)
    told = {(int(PointBook.PERSONAL), PERSONS, number): grams for number, grams in pending.personal_after.items()}
    found = mirror.read_point_balances(connection, changes | told)
    before = {key: found.get(key, 0) for key in changes | told}
    after = {key: before[key] + changes.get(key, 0) for key in before}
    for key, grams in told.items():
        if after[key] != grams:
            reason = f"persons have {after[key]} points of class {key[2]} by the books, {grams} by the chain"
            raise BrokenBooks(block_number, reason)
    changed = {key: after[key] for key, change in changes.items() if change}
    mirror.change_point_balances(connection, before, changed, block_number)
