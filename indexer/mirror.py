"""SQL of the mirror: adds the rows of a block range, reads back what the next range builds on.

Takes a connection and never commits. Rows are only inserted, so that a duplicate is refused; what is derived
(balances, statuses, running totals, open tiles, cursor) is updated.
"""

import secrets
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Table, bindparam, delete, func, select, update

from indexer import bulk, row_seals, schema
from indexer.books import BalanceKey
from indexer.errors import BrokenBooks
from indexer.point_books import PointBalanceKey
from indexer.tiles import Tile, TileId
from ledger.vocabulary import BatchKind


class Cursor(NamedTuple):
    """Everything up to and including this block is in the mirror, and nothing above it. A row of `cursor`."""

    block_number: int
    block_hash: bytes
    block_timestamp: int
    log_size: int
    log_root: bytes


class LotState(NamedTuple):
    """What later operations on a lot need to know; all quantities in g CO2e. A lot bought back has no activity."""

    activity_id: bytes | None
    credited_account: bytes
    first_serial: int
    issued: int
    cancelled: int
    taken_back: int
    corrected: int


# ------------------------------------------------------------------------------------------------------------ reading


def read_cursor(connection: Connection) -> Cursor | None:
    """Where the mirror stands; None before it was bound to a chain."""
    columns = [schema.cursor.c[name] for name in Cursor._fields]
    row = connection.execute(select(*columns)).one_or_none()
    return None if row is None else Cursor(*row)


def read_balances(connection: Connection, keys: Iterable[BalanceKey]) -> dict[BalanceKey, int]:
    """The balances that have a row, in g CO2e."""
    rows = bulk.find(connection, schema.balances, list(keys))
    return {(book, bytes(owner), bytes(lot_id)): quantity for book, owner, lot_id, quantity in rows}


_LOT = select(
    schema.lots.c.activity_id,
    schema.lots.c.credited_account,
    schema.lots.c.first_serial,
    schema.lots.c.issued_gco2e,
    schema.lots.c.cancelled_gco2e,
    schema.lots.c.taken_back_gco2e,
    schema.lots.c.corrected_gco2e,
).where(schema.lots.c.lot_id == bindparam("key"))


def read_lot(connection: Connection, lot_id: bytes) -> LotState | None:
    """A lot, or None if there is none with this id."""
    row = connection.execute(_LOT, {"key": lot_id}).one_or_none()
    return None if row is None else LotState(*row)


class EarnedBatch(NamedTuple):
    """What a correction needs to know of the batch that it corrects; g CO2e."""

    activity_id: bytes
    reduction_class: int
    total: int
    corrected: int


def read_earned_batch(connection: Connection, batch_number: int) -> EarnedBatch | None:
    """An earn batch with what was found over-credited of it so far, or None if there is none with this number."""
    table = schema.batches.c
    earned = select(table.activity_id, table.reduction_class, table.total).where(
        table.batch_number == batch_number, table.kind == int(BatchKind.EARN)
    )
    row = connection.execute(earned).one_or_none()
    if row is None:
        return None
    corrections = select(func.coalesce(func.sum(table.corrected_gco2e), 0)).where(table.corrected_batch == batch_number)
    corrected = int(connection.execute(corrections).scalar_one())
    return EarnedBatch(bytes(row.activity_id), row.reduction_class, row.total, corrected)


def read_batch_count(connection: Connection) -> int:
    """Number of the last batch."""
    return connection.scalar(select(func.max(schema.batches.c.batch_number))) or 0


def count_batch_files(connection: Connection) -> dict[schema.BatchFileState, int]:
    """Batches with a file by what became of it; one that nobody has looked at yet waits."""
    files, batches = schema.batch_files.c, schema.batches.c
    counted: dict[str, int] = dict(connection.execute(select(files.state, func.count()).group_by(files.state)).all())
    with_file = select(func.count()).select_from(schema.batches).where(batches.file_hash.is_not(None))
    states = {state: int(counted.get(state.value, 0)) for state in schema.BatchFileState}
    unseen = connection.execute(with_file).scalar_one() - sum(states.values())
    states[schema.BatchFileState.WAITING] += max(0, unseen)
    return states


def read_provider_pool(connection: Connection, account: bytes, reduction_class: int) -> int:
    """Redeemed points that wait to be bought back, in points."""
    key = (int(schema.PointBook.PROVIDER_POOL), account.rjust(32, b"\x00"), reduction_class)
    return read_point_balances(connection, [key]).get(key, 0)


def is_provider(connection: Connection, account: bytes) -> bool:
    """Whether the account was ever admitted as a provider."""
    table = schema.providers.c
    return connection.scalar(select(table.account).where(table.account == account)) is not None


def read_point_balances(connection: Connection, keys: Iterable[PointBalanceKey]) -> dict[PointBalanceKey, int]:
    """The balances of points that have a row, in points."""
    rows = bulk.find(connection, schema.point_balances, list(keys))
    return {(book, bytes(owner), reduction_class): quantity for book, owner, reduction_class, quantity in rows}


def read_debtor(connection: Connection, activity_id: bytes) -> bytes | None:
    """Who owes an activity's deficit; None for an unknown activity."""
    table = schema.activities.c
    found: bytes | None = connection.scalar(select(table.debtor_id).where(table.activity_id == activity_id))
    return found


# ------------------------------------------------------------------------------------------------------------ writing


def write_cursor(connection: Connection, cursor: Cursor) -> None:
    """Moves the cursor."""
    connection.execute(update(schema.cursor), cursor._asdict())


def begin_generation(connection: Connection) -> None:
    """What anybody keeps of the mirror as it was is not good any more."""
    connection.execute(delete(schema.mirror_generation))
    row_seals.add(connection, schema.mirror_generation, [{"id": 1, "generation": secrets.token_bytes(16)}])


def add(connection: Connection, table: Table, rows: Sequence[Sequence[Any]]) -> None:
    """Inserts rows whose members stand in the order of the table's columns."""
    bulk.insert(connection, table, rows)


def set_statuses(
    connection: Connection, table: Table, statuses: Iterable[tuple[bytes, int, int]], block_number: int
) -> None:
    """Gives each thing (by its id) a status and the leaf it came by; `BrokenBooks` for an id that is not there."""
    (key,) = table.primary_key.columns
    statement = (
        update(table)
        .where(key == bindparam("key"))
        .values(status=bindparam("new_status"), status_leaf_index=bindparam("leaf"))
    )
    for identifier, status, leaf in statuses:
        done = connection.execute(statement, {"key": identifier, "new_status": status, "leaf": leaf})
        if done.rowcount != 1:
            raise BrokenBooks(block_number, f"leaf {leaf} is about {key.name} {identifier.hex()}, which is not there")


def set_lot_totals(connection: Connection, lots: Iterable[tuple[bytes, LotState]]) -> None:
    """Stores the running totals of lots."""
    statement = (
        update(schema.lots)
        .where(schema.lots.c.lot_id == bindparam("key"))
        .values(
            cancelled_gco2e=bindparam("cancelled"),
            taken_back_gco2e=bindparam("taken_back"),
            corrected_gco2e=bindparam("corrected"),
        )
    )
    rows = [
        {"key": key, "cancelled": lot.cancelled, "taken_back": lot.taken_back, "corrected": lot.corrected}
        for key, lot in lots
    ]
    if rows:
        connection.execute(statement, rows)


def change_balances(
    connection: Connection, before: dict[BalanceKey, int], after: dict[BalanceKey, int], block_number: int
) -> None:
    """Stores balances; `before` says of the same keys which have a row. Zero has none; below zero is `BrokenBooks`."""
    for (book, owner, lot_id), quantity in after.items():
        if quantity < 0:
            where = f"book {book} of {owner.hex()} in lot {lot_id.hex()}"
            raise BrokenBooks(block_number, f"{where} would fall below zero by {-quantity} g")
    _write_balances(connection, schema.balances, before, after)


def change_point_balances(
    connection: Connection, before: dict[PointBalanceKey, int], after: dict[PointBalanceKey, int], block_number: int
) -> None:
    """The same with points."""
    for (book, owner, reduction_class), quantity in after.items():
        if quantity < 0:
            where = f"points book {book} of {owner.hex()} in class {reduction_class}"
            raise BrokenBooks(block_number, f"{where} would fall below zero by {-quantity} g")
    _write_balances(connection, schema.point_balances, before, after)


def _write_balances(connection: Connection, table: Table, before: dict[Any, int], after: dict[Any, int]) -> None:
    new = [(*key, quantity) for key, quantity in after.items() if quantity and not before[key]]
    changed = [(*key, quantity) for key, quantity in after.items() if quantity and before[key]]
    emptied = [key for key, quantity in after.items() if not quantity and before[key]]
    bulk.delete(connection, table, emptied)
    bulk.update_last_column(connection, table, changed)
    bulk.insert(connection, table, new)


def write_tiles(connection: Connection, tiles: Sequence[Tile], stored: set[TileId]) -> None:
    """Stores tiles; those in `stored` have a row that is written anew."""
    old = [tile for tile in tiles if (tile.level, tile.tile_index) in stored]
    new = [tile for tile in tiles if (tile.level, tile.tile_index) not in stored]
    bulk.update_last_column(connection, schema.log_tiles, old)
    bulk.insert(connection, schema.log_tiles, new)
