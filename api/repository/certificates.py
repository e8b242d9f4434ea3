"""Certificates with everything that they show, in one statement."""

from typing import NamedTuple

from api.repository.filters import raw, where
from api.repository.snapshots import Snapshot

_PAGE = """
SELECT c.number, c.leaf_index, c.lot_id, c.account, c.purpose, c.quantity_gco2e, c.first_serial, l.activity_id, a.code,
       l.reduction_class, o.operation_id, o.timestamp
FROM certificates c
JOIN lots l ON l.lot_id = c.lot_id
LEFT JOIN activities a ON a.activity_id = l.activity_id
JOIN operations o ON o.leaf_index = c.leaf_index
"""
_ONE = """
SELECT c.number, c.leaf_index, c.lot_id, c.account, c.purpose, c.quantity_gco2e, c.first_serial, o.operation_id,
       o.record_hash, o.timestamp, o.leaf_hash, o.block_number, o.transaction_hash, o.subject, o.ledger,
       CAST(r.public AS BLOB)
FROM certificates c
JOIN operations o ON o.leaf_index = c.leaf_index
LEFT JOIN records r ON r.record_hash = o.record_hash
WHERE c.number = ?
"""


_LEAF = """
SELECT o.leaf_index, o.operation_id, o.record_hash, o.timestamp, o.leaf_hash, o.block_number, o.transaction_hash,
       o.subject, o.ledger, CAST(r.public AS BLOB)
FROM operations o
LEFT JOIN records r ON r.record_hash = o.record_hash
WHERE o.leaf_index = ?
"""


class LeafRow(NamedTuple):
    """An operation and, where it is kept here, its record."""

    leaf_index: int
    operation_id: bytes
    record_hash: bytes
    timestamp: int
    leaf_hash: bytes
    block_number: int
    transaction_hash: bytes
    subject: bytes
    ledger: bytes
    public_record: bytes | None
    """Canonical JSON."""


class CertificateRow(NamedTuple):
    """One certificate with its operation and, where it is kept here, its record; quantities in grams."""

    number: int
    leaf_index: int
    lot_id: bytes
    account: bytes
    purpose: int
    grams: int
    first_serial: int
    operation_id: bytes
    record_hash: bytes
    timestamp: int
    leaf_hash: bytes
    block_number: int
    transaction_hash: bytes
    subject: bytes
    ledger: bytes
    public_record: bytes | None
    """Canonical JSON."""


class CertificateSummaryRow(NamedTuple):
    """One certificate as lists show it; quantities in grams."""

    number: int
    leaf_index: int
    lot_id: bytes
    account: bytes
    purpose: int
    grams: int
    first_serial: int
    activity_id: bytes | None
    activity_code: str | None
    reduction_class: int
    operation_id: bytes
    timestamp: int


def by_number(snapshot: Snapshot, number: int) -> CertificateRow | None:
    """The certificate with this number."""
    row = snapshot.one(_ONE, number)
    return None if row is None else CertificateRow._make(row)


def leaf(snapshot: Snapshot, leaf_index: int) -> LeafRow:
    """An operation that the index has."""
    row = snapshot.one(_LEAF, leaf_index)
    if row is None:
        raise LookupError(f"leaf {leaf_index} is not there")
    return LeafRow._make(row)


def page(
    snapshot: Snapshot,
    *,
    account: bytes | None,
    lot_id: bytes | None,
    newest_first: bool,
    after: int | None,
    limit: int,
) -> list[CertificateSummaryRow]:
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
    return [CertificateSummaryRow._make(row) for row in rows]
