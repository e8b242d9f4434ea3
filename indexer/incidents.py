"""What happened to the follower, reorgs and halts, and what was found in batches. Kept when the mirror is rebuilt."""

import time
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, func, select

from indexer import row_seals
from indexer.mirror import Cursor, read_cursor
from indexer.schema import IncidentKind, incidents

_OPEN = and_(incidents.c.kind == int(IncidentKind.HALT), incidents.c.resolved_at.is_(None))


def add_reorg(connection: Connection, cursor: Cursor, ancestor: Cursor) -> None:
    """The chain took back everything above `ancestor`; the mirror stood at `cursor`."""
    gone = cursor.log_size - ancestor.log_size
    detail = (
        f"block {cursor.block_number} is not on the chain any more; "
        f"rolled back to block {ancestor.block_number}, {gone} operations taken out"
    )
    place = {"ancestor_number": ancestor.block_number, "ancestor_hash": ancestor.block_hash}
    _add(connection, IncidentKind.REORG, cursor, code="reorg", detail=detail, **place)


def add_halt(connection: Connection, cursor: Cursor, halted_to: int, code: str, detail: str) -> None:
    """The follower stopped between the cursor and block `halted_to`; said once for the same halt at the same place."""
    known = and_(_OPEN, incidents.c.block_number == cursor.block_number, incidents.c.code == code)
    row_seals.change(connection, incidents, and_(known, incidents.c.halted_to < halted_to), {"halted_to": halted_to})
    if connection.execute(select(incidents.c.incident_id).where(known)).first() is None:
        _add(connection, IncidentKind.HALT, cursor, code=code, detail=detail, halted_to=halted_to)


def add_batch(connection: Connection, kind: IncidentKind, batch_number: int, code: str, detail: str) -> None:
    """Something was found in an anchored batch; said once while it is open."""
    open_one = select(incidents.c.incident_id).where(
        incidents.c.kind == int(kind), incidents.c.batch_number == batch_number, incidents.c.resolved_at.is_(None)
    )
    cursor = read_cursor(connection)
    if cursor is not None and connection.execute(open_one).first() is None:
        _add(connection, kind, cursor, code=code, detail=detail, batch_number=batch_number)


def resolve_batch(connection: Connection, batch_number: int) -> None:
    """The chain took back the batch, and with it what was found in it."""
    _resolve(connection, and_(incidents.c.batch_number == batch_number, incidents.c.resolved_at.is_(None)))


def count_open_of_batches(connection: Connection) -> int:
    """What was found in anchored batches and still stands."""
    found = and_(incidents.c.batch_number.is_not(None), incidents.c.resolved_at.is_(None))
    return connection.execute(select(func.count()).select_from(incidents).where(found)).scalar_one()


def resolve_halts(connection: Connection, cursor: Cursor) -> None:
    """The mirror is good up to the cursor: halts before it are past, those beyond it are not."""
    _resolve(connection, and_(_OPEN, incidents.c.halted_to <= cursor.block_number))


def resolve_all_halts(connection: Connection) -> None:
    """The mirror that they stopped is no more: it is rebuilt."""
    _resolve(connection, _OPEN)


def _resolve(connection: Connection, which: ColumnElement[bool]) -> None:
    row_seals.change(connection, incidents, which, {"resolved_at": int(time.time())})


def count_reorgs(connection: Connection) -> int:
    """How often blocks were taken back after they had been indexed."""
    counted = select(func.count()).select_from(incidents).where(incidents.c.kind == int(IncidentKind.REORG))
    return connection.execute(counted).scalar_one()


def halted_reason(connection: Connection) -> str | None:
    """Why the follower stands still, or None."""
    latest = select(incidents.c.detail).where(_OPEN).order_by(incidents.c.incident_id.desc()).limit(1)
    return connection.execute(latest).scalar_one_or_none()


def _add(connection: Connection, kind: IncidentKind, cursor: Cursor, **values: Any) -> None:
    row = {
        "kind": int(kind),
        "detected_at": int(time.time()),
        "block_number": cursor.block_number,
        "block_hash": cursor.block_hash,
        **values,
    }
    row_seals.add(connection, incidents, [row])
