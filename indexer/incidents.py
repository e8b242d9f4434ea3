"""What happened to the follower: reorgs and halts. Kept for ever, also when the mirror is rebuilt."""

import time
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from indexer.mirror import Cursor
from indexer.schema import IncidentKind, incidents


def add_reorg(connection: Connection, cursor: Cursor, ancestor: Cursor) -> None:
    """The chain took back everything above `ancestor`; the mirror stood at `cursor`."""
    gone = cursor.log_size - ancestor.log_size
    detail = (
        f"block {cursor.block_number} is not on the chain any more; "
        f"rolled back to block {ancestor.block_number}, {gone} operations taken out"
    )
    place = {"ancestor_number": ancestor.block_number, "ancestor_hash": ancestor.block_hash}
    _add(connection, IncidentKind.REORG, cursor, code="reorg", detail=detail, **place)


def add_halt(connection: Connection, cursor: Cursor, code: str, detail: str) -> None:
    """The follower stopped; said once for the same halt at the same place."""
    known = select(incidents.c.incident_id).where(
        incidents.c.kind == int(IncidentKind.HALT),
        incidents.c.resolved_at.is_(None),
        incidents.c.block_number == cursor.block_number,
        incidents.c.code == code,
    )
    if connection.execute(known).first() is None:
        _add(connection, IncidentKind.HALT, cursor, code=code, detail=detail)


def resolve_halts(connection: Connection) -> None:
    """Whatever the follower had stopped at is past."""
    connection.execute(
        update(incidents)
        .where(incidents.c.kind == int(IncidentKind.HALT), incidents.c.resolved_at.is_(None))
        .values(resolved_at=int(time.time()))
    )


def count_reorgs(connection: Connection) -> int:
    """How often blocks were taken back after they had been indexed."""
    counted = select(func.count()).select_from(incidents).where(incidents.c.kind == int(IncidentKind.REORG))
    return connection.execute(counted).scalar_one()


def halted_reason(connection: Connection) -> str | None:
    """Why the follower stands still, or None."""
    latest = (
        select(incidents.c.detail)
        .where(incidents.c.kind == int(IncidentKind.HALT), incidents.c.resolved_at.is_(None))
        .order_by(incidents.c.incident_id.desc())
        .limit(1)
    )
    return connection.execute(latest).scalar_one_or_none()


def _add(connection: Connection, kind: IncidentKind, cursor: Cursor, **values: Any) -> None:
    row = {
        "kind": int(kind),
        "detected_at": int(time.time()),
        "block_number": cursor.block_number,
        "block_hash": cursor.block_hash,
        **values,
    }
    connection.execute(insert(incidents).values(row))
