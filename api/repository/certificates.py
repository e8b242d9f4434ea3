"""Certificates with everything that they show, in one statement."""

from typing import NamedTuple

from api.repository.filters import raw, where
from api.repository.snapshots import Snapshot

_COLUMNS = """
SELECT c.number, c.leaf_index, c.lot_id, c.account, c.purpose, c.quantity_gco2e, c.first_serial,
       l.activity_id, a.code, a.kind, l.methodology_id, m.code, m.version, l.reduction_class, l.first_day, l.last_day,
       o.operation_id, o.record_hash, o.timestamp, o.leaf_hash, o.block_number, o.transaction_hash, o.subject,
       o.ledger{}
FROM certificates c
JOIN lots l ON l.lot_id = c.lot_id
JOIN activities a ON a.activity_id = l.activity_id
JOIN methodologies m ON m.methodology_id = l.methodology_id
JOIN operations o ON o.leaf_index = c.leaf_index
"""
_PAGE = _COLUMNS.format("")
_ONE = (
    _COLUMNS.format(", r.document, r.disclosed")
    + "LEFT JOIN records r ON r.record_hash = o.record_hash WHERE c.number = ?"
)


class CertificateRow(NamedTuple):
    """One certificate; quantities in grams, days in civil days in Shanghai since 1970-01-01."""

    number: int
    leaf_index: int
    lot_id: bytes
    account: bytes
    purpose: int
    grams: int
    first_serial: int
    activity_id: bytes
    activity_code: str
    activity_kind: int
    methodology_id: bytes
    methodology_code: str
    methodology_version: int
    reduction_class: int
    first_day: int
    last_day: int
    operation_id: bytes
    record_hash: bytes
    timestamp: int
    leaf_hash: bytes
    block_number: int
    transaction_hash: bytes
    subject: bytes
    ledger: bytes
    document: str | None = None
    disclosed: str | None = None


def by_number(snapshot: Snapshot, number: int) -> CertificateRow | None:
    """The certificate with this number, and its record where it is kept here."""
    row = snapshot.one(_ONE, number)
    return None if row is None else CertificateRow._make(row)


def page(
    snapshot: Snapshot,
    *,
    account: bytes | None,
    lot_id: bytes | None,
    newest_first: bool,
    after: int | None,
    limit: int,
) -> list[CertificateRow]:
    """Certificates by number, after a number, without their records."""
    clause, values = where(
        {
            "c.number < ?" if newest_first else "c.number > ?": after,
            "c.account = ?": raw(account),
            "c.lot_id = ?": raw(lot_id),
        }
    )
    order = "DESC" if newest_first else "ASC"
    rows = snapshot.all(f"{_PAGE} {clause} ORDER BY c.number {order} LIMIT ?", *values, limit)
    return [CertificateRow(*row) for row in rows]
