"""Takes the mirror back to an earlier block, exactly: as if nothing above it had ever been indexed.

Facts above the block are deleted; what is derived is derived again: balances and running totals by taking the deleted
postings back out, statuses from the operations that remain, tiles by cutting off the bytes of later leaves.
"""

from collections.abc import Mapping

from sqlalchemy import Connection, Table, delete, func, select, update

from indexer import books, mirror, point_books, schema
from indexer.books import Posting
from indexer.mirror import Cursor, LotState
from indexer.point_books import PointPosting
from indexer.projections import CONTRACTS
from indexer.schema import Book
from indexer.tiles import SqlNodes, Tile, TileCache, tiles_at
from ledger.log_tree import root_at
from ledger.vocabulary import OperationKind, ProposalStatus


def roll_back(connection: Connection, ancestor: Cursor) -> Cursor:
    """Takes the mirror back to `ancestor`, of which only the block counts; gives the cursor there."""
    size = _log_size_at(connection, ancestor.block_number)
    _undo_postings(connection, size)
    _undo_point_postings(connection, size)
    for facts in (
        *(table for contract in CONTRACTS for table in contract.facts),
        schema.postings,
        schema.point_postings,
    ):
        connection.execute(delete(facts).where(facts.c.leaf_index >= size))
    # Each thing before those it refers to.
    for contract in reversed(CONTRACTS):
        for table, made_by in reversed(list(contract.things.items())):
            connection.execute(delete(table).where(made_by >= size))
    for contract in CONTRACTS:
        for table, statuses in contract.statuses.items():
            _restore_statuses(connection, table, statuses, size)
    _restore_proposals(connection, size)
    connection.execute(delete(schema.operations).where(schema.operations.c.leaf_index >= size))
    connection.execute(delete(schema.blocks).where(schema.blocks.c.number > ancestor.block_number))
    _cut_tiles(connection, size)
    root = root_at(size, SqlNodes(connection, TileCache()))
    cursor = ancestor._replace(log_size=size, log_root=root)
    mirror.write_cursor(connection, cursor)
    mirror.begin_generation(connection)
    return cursor


def _log_size_at(connection: Connection, block_number: int) -> int:
    """Leaves up to and including a block."""
    table = schema.operations
    last = select(func.max(table.c.leaf_index)).where(table.c.block_number <= block_number)
    found = connection.execute(last).scalar_one()
    return 0 if found is None else found + 1


def _undo_postings(connection: Connection, size: int) -> None:
    table = schema.postings
    rows = connection.execute(select(table).where(table.c.leaf_index >= size).order_by(table.c.leaf_index))
    undone = [Posting(*row) for row in rows]
    changes = books.balance_changes(undone)
    found = mirror.read_balances(connection, changes)
    before = {key: found.get(key, 0) for key in changes}
    after = {key: before[key] - change for key, change in changes.items() if change}
    mirror.change_balances(connection, before, after, block_number=0)
    _undo_lot_totals(connection, undone, size)


def _undo_point_postings(connection: Connection, size: int) -> None:
    table = schema.point_postings
    rows = connection.execute(select(table).where(table.c.leaf_index >= size))
    changes = point_books.balance_changes(PointPosting(*row) for row in rows)
    found = mirror.read_point_balances(connection, changes)
    before = {key: found.get(key, 0) for key in changes}
    after = {key: before[key] - change for key, change in changes.items() if change}
    mirror.change_point_balances(connection, before, after, block_number=0)


def _undo_lot_totals(connection: Connection, undone: list[Posting], size: int) -> None:
    lots: dict[bytes, LotState] = {}

    def lot_of(lot_id: bytes) -> LotState:
        if lot_id not in lots:
            found = mirror.read_lot(connection, lot_id)
            if found is None:
                raise LookupError(lot_id.hex())
            lots[lot_id] = found
        return lots[lot_id]

    for posting in undone:
        if posting.lot_id is None:
            continue
        lot = lot_of(bytes(posting.lot_id))
        if posting.credit_book == Book.CANCELLED:
            lot = lot._replace(cancelled=lot.cancelled - posting.quantity_gco2e)
        elif posting.debit_book == Book.HELD and posting.credit_book == Book.TAKEN_BACK:
            lot = lot._replace(taken_back=lot.taken_back - posting.quantity_gco2e)
        lots[bytes(posting.lot_id)] = lot
    table = schema.operations
    corrections = select(table.c.subject, table.c.quantity_gco2e).where(
        table.c.leaf_index >= size, table.c.kind == int(OperationKind.REDUCTION_CORRECTED)
    )
    for lot_id, quantity in connection.execute(corrections):
        lot = lot_of(bytes(lot_id))
        lots[bytes(lot_id)] = lot._replace(corrected=lot.corrected - quantity)
    mirror.set_lot_totals(connection, lots.items())


def _restore_statuses(connection: Connection, table: Table, kinds: Mapping[OperationKind, int], size: int) -> None:
    (key,) = table.primary_key.columns
    changed = connection.scalars(select(key).where(table.c.status_leaf_index >= size)).all()
    operations = schema.operations
    for identifier in changed:
        last = (
            select(operations.c.kind, operations.c.leaf_index)
            .where(
                operations.c.subject == bytes(identifier).rjust(32, b"\x00"),
                operations.c.leaf_index < size,
                operations.c.kind.in_([int(kind) for kind in kinds]),
            )
            .order_by(operations.c.leaf_index.desc())
            .limit(1)
        )
        kind, leaf = connection.execute(last).one()
        values = {"status": int(kinds[OperationKind.from_number(kind)]), "status_leaf_index": leaf}
        connection.execute(update(table).where(key == identifier).values(values))


def _restore_proposals(connection: Connection, size: int) -> None:
    """A proposal is decided once, so that without the decision it is as it was made."""
    table = schema.proposals
    connection.execute(
        update(table)
        .where(table.c.status_leaf_index >= size)
        .values(status=int(ProposalStatus.PROPOSED), status_leaf_index=table.c.proposed_leaf_index)
    )


def _cut_tiles(connection: Connection, size: int) -> None:
    table = schema.log_tiles
    last = dict(tiles_at(size))
    levels = dict(last.keys())
    connection.execute(delete(table).where(table.c.level.not_in(levels)))
    for level, index in levels.items():
        connection.execute(delete(table).where(table.c.level == level, table.c.tile_index > index))
        here = (table.c.level == level) & (table.c.tile_index == index)
        nodes = bytes(connection.execute(select(table.c.nodes).where(here)).scalar_one())
        tile = Tile(level, index, nodes[: last[level, index]])
        connection.execute(update(table).where(here).values(nodes=tile.nodes))
