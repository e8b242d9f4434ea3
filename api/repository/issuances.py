"""Proposed issuances."""

from typing import NamedTuple

from api.repository.filters import number, raw, where
from api.repository.snapshots import Snapshot

_COLUMNS = """
SELECT p.proposal_id, p.activity_id, a.code, a.kind, p.proposer, p.first_day, p.last_day, p.quantity_gco2e, p.status,
       p.proposed_leaf_index, p.status_leaf_index, l.lot_id
FROM proposals p
JOIN activities a ON a.activity_id = p.activity_id
LEFT JOIN lots l ON l.proposal_id = p.proposal_id
"""


class IssuanceRow(NamedTuple):
    """One proposal and the lot that its confirmation made; days are civil days in Shanghai since 1970-01-01."""

    proposal_id: bytes
    activity_id: bytes
    activity_code: str
    activity_kind: int
    proposer: bytes
    first_day: int
    last_day: int
    grams: int
    status: int
    proposed_leaf_index: int
    status_leaf_index: int
    lot_id: bytes | None


def by_id(snapshot: Snapshot, proposal_id: bytes) -> IssuanceRow | None:
    """The proposal of this operation."""
    row = snapshot.one(_COLUMNS + "WHERE p.proposal_id = ?", bytes(proposal_id))
    return None if row is None else IssuanceRow._make(row)


def waiting(snapshot: Snapshot, status: int) -> tuple[int, int]:
    """How many proposals have this status, and their grams."""
    rows = snapshot.all("SELECT quantity_gco2e FROM proposals WHERE status = ?", status)
    return len(rows), sum(int(row[0]) for row in rows)


def page(
    snapshot: Snapshot, *, status: int | None, activity_id: bytes | None, after: int, limit: int
) -> list[IssuanceRow]:
    """Proposals in the order in which they were made, after a leaf index."""
    clause, values = where(
        {
            "p.proposed_leaf_index > ?": after,
            "p.status = ?": number(status),
            "p.activity_id = ?": raw(activity_id),
        }
    )
    rows = snapshot.all(f"{_COLUMNS} {clause} ORDER BY p.proposed_leaf_index LIMIT ?", *values, limit)
    return [IssuanceRow._make(row) for row in rows]
