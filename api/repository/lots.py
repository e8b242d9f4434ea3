"""Lots."""

from typing import NamedTuple

from api.repository.filters import number, raw, where
from api.repository.snapshots import Snapshot

_COLUMNS = """
SELECT l.lot_id, l.activity_id, a.code, a.kind, l.methodology_id, m.code, m.version, l.reduction_class,
       l.first_day, l.last_day,
       l.credited_account, l.proposal_id, l.first_serial, l.issued_gco2e, l.withheld_gco2e, l.cancelled_gco2e,
       l.taken_back_gco2e, l.corrected_gco2e, l.status, l.issued_leaf_index, l.status_leaf_index, l.redeem_operation_id
FROM lots l
LEFT JOIN activities a ON a.activity_id = l.activity_id
LEFT JOIN methodologies m ON m.methodology_id = l.methodology_id
"""


class LotRow(NamedTuple):
    """One lot; quantities in grams, days in civil days in Shanghai since 1970-01-01. One bought back from points has
    a redemption instead of activity, methodology, days and proposal.
    """

    lot_id: bytes
    activity_id: bytes | None
    activity_code: str | None
    activity_kind: int | None
    methodology_id: bytes | None
    methodology_code: str | None
    methodology_version: int | None
    reduction_class: int
    first_day: int | None
    last_day: int | None
    credited_account: bytes
    proposal_id: bytes | None
    first_serial: int
    issued_grams: int
    withheld_grams: int
    cancelled_grams: int
    taken_back_grams: int
    corrected_grams: int
    status: int
    issued_leaf_index: int
    status_leaf_index: int
    redeem_operation_id: bytes | None


def by_id(snapshot: Snapshot, lot_id: bytes) -> LotRow | None:
    """The lot with this id."""
    row = snapshot.one(_COLUMNS + "WHERE l.lot_id = ?", bytes(lot_id))
    return None if row is None else LotRow._make(row)


def by_serial(snapshot: Snapshot, serial: int) -> LotRow | None:
    """The lot that this serial number is of; None for one that was not issued yet."""
    row = snapshot.one(_COLUMNS + "WHERE l.first_serial <= ? ORDER BY l.first_serial DESC LIMIT 1", serial)
    lot = None if row is None else LotRow._make(row)
    return lot if lot is not None and serial < lot.first_serial + lot.issued_grams else None


def by_redemption(snapshot: Snapshot, operation_id: bytes) -> LotRow | None:
    """The lot that was bought back in a redemption of points."""
    row = snapshot.one(_COLUMNS + "WHERE l.redeem_operation_id = ?", bytes(operation_id))
    return None if row is None else LotRow._make(row)


def last_serial(snapshot: Snapshot) -> int:
    """The last serial number that was issued; 0 before the first."""
    row = snapshot.one("SELECT first_serial + issued_gco2e - 1 FROM lots ORDER BY first_serial DESC LIMIT 1")
    return 0 if row is None else int(row[0])


def page(
    snapshot: Snapshot,
    *,
    activity_id: bytes | None,
    reduction_class: int | None,
    status: int | None,
    credited_account: bytes | None,
    after: int,
    limit: int,
) -> list[LotRow]:
    """Lots in the order in which they were confirmed, after a leaf index."""
    clause, values = where(
        {
            "l.issued_leaf_index > ?": after,
            "l.activity_id = ?": raw(activity_id),
            "l.reduction_class = ?": number(reduction_class),
            "l.status = ?": number(status),
            "l.credited_account = ?": raw(credited_account),
        }
    )
    rows = snapshot.all(f"{_COLUMNS} {clause} ORDER BY l.issued_leaf_index LIMIT ?", *values, limit)
    return [LotRow._make(row) for row in rows]
