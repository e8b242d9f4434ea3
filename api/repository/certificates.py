"""Certificates with everything that they show, in one statement."""

from typing import NamedTuple

from api.repository.filters import number, raw, where
from api.repository.log import first_leaf_of_day
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


_LAST = """
SELECT (SELECT MAX(number) FROM certificates), (SELECT MAX(certificate_number) FROM campaign_cancellations),
       (SELECT first_certificate + entry_count - 1 FROM batches WHERE first_certificate IS NOT NULL
        ORDER BY first_certificate DESC LIMIT 1)
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


def last_number(snapshot: Snapshot) -> int:
    """The highest number that the chain has given, as far as the index knows; numbers have no gaps (§1.4)."""
    return max(one or 0 for one in snapshot.one(_LAST) or (0,))


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
    activity_id: bytes | None,
    purpose: int | None,
    first_day: int | None,
    last_day: int | None,
    newest_first: bool,
    after: int | None,
    limit: int,
) -> list[CertificateSummaryRow]:
    """Certificates by number, after a number, without their records. Days are civil days in Shanghai.

    Numbers rise with the log, so that days are a range of numbers. There are four purposes, and no index of them: where
    account, lot or activity is given theirs is taken, and without these the list is gone through until a page is full
    (0.1 s in all for a purpose that none of a million certificates has).
    """
    begin, end = _numbers_of(snapshot, first_day, last_day)
    clause, values = where(
        {
            "c.number < ?" if newest_first else "c.number > ?": after,
            "c.number >= ?": begin,
            "c.number <= ?": None if end is None else end - 1,
            "c.account = ?": raw(account),
            "c.lot_id = ?": raw(lot_id),
            "c.lot_id IN (SELECT of.lot_id FROM lots of WHERE of.activity_id = ?)": raw(activity_id),
            "c.purpose = ?": number(purpose),
        }
    )
    order = "DESC" if newest_first else "ASC"
    rows = snapshot.all(f"{_PAGE} {clause} ORDER BY c.number {order} LIMIT ?", *values, limit)
    return [CertificateSummaryRow._make(row) for row in rows]


def _numbers_of(snapshot: Snapshot, first_day: int | None, last_day: int | None) -> tuple[int | None, int | None]:
    """The first number of a range of days, and the first one after it; None where nothing bounds it."""
    begin = None if first_day is None else first_from(snapshot, first_leaf_of_day(snapshot, first_day))
    end = None if last_day is None else first_from(snapshot, first_leaf_of_day(snapshot, last_day + 1))
    return begin, end


def first_from(snapshot: Snapshot, leaf_index: int) -> int:
    """The first number of reductions from this leaf on; what no number reaches where there is none."""
    row = snapshot.one("SELECT number FROM certificates WHERE leaf_index >= ? ORDER BY leaf_index LIMIT 1", leaf_index)
    return _BEYOND if row is None else int(row[0])


_BEYOND = 2**63 - 1
