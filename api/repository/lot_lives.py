"""The life of a lot: where each of its grams is, and how accounts came by them."""

from typing import NamedTuple

from api.repository.filters import where
from api.repository.lots import LotRow
from api.repository.snapshots import Snapshot
from indexer.schema import Book
from ledger.vocabulary import OperationKind

_HOLDERS = f"""
SELECT b.owner, b.quantity_gco2e, a.status
FROM balances b
JOIN accounts a ON a.account = b.owner
WHERE b.lot_id = ? AND b.book = {int(Book.HELD)} AND b.owner > ?
ORDER BY b.owner LIMIT ?
"""  # noqa: S608 - a constant of ours
_CANCELLED_BY = """
SELECT account, purpose, COUNT(*), CAST(SUM(quantity_gco2e) AS BIGINT) FROM certificates
WHERE lot_id = ? GROUP BY account, purpose
"""
_CANCELLATIONS = """
SELECT c.number, c.account, c.purpose, c.quantity_gco2e, c.first_serial, c.leaf_index, o.operation_id, o.timestamp
FROM certificates c
JOIN operations o ON o.leaf_index = c.leaf_index
"""
_TAKEN_BACK = f"""
SELECT o.leaf_index, o.operation_id, o.kind, p.quantity_gco2e, o.timestamp
FROM operations o
JOIN postings p ON p.leaf_index = o.leaf_index
WHERE p.credit_book = {int(Book.TAKEN_BACK)} AND p.lot_id = ?
"""  # noqa: S608 - a constant of ours
_TRANSFERRED = """
SELECT from_account, to_account, COUNT(*), CAST(SUM(quantity_gco2e) AS BIGINT) FROM operations
WHERE subject = ? AND +kind = ? GROUP BY from_account, to_account
"""
_EVERY_HOLDER = 1 << 31


class HolderRow(NamedTuple):
    """What an account holds of the lot, in grams."""

    account: bytes
    grams: int
    account_status: int


class CancelledByRow(NamedTuple):
    """What an account has cancelled of the lot for a purpose; in grams."""

    account: bytes
    purpose: int
    certificates: int
    grams: int


class CancellationRow(NamedTuple):
    """One cancellation of the lot; in grams."""

    number: int
    account: bytes
    purpose: int
    grams: int
    first_serial: int
    leaf_index: int
    operation_id: bytes
    timestamp: int


class TakeBackRow(NamedTuple):
    """Grams of the lot that were withheld when it was issued, or taken back by a correction."""

    leaf_index: int
    operation_id: bytes
    kind: int
    grams: int
    timestamp: int


class TransferredRow(NamedTuple):
    """What moved from one account to another of the lot, in grams and transfers."""

    giver: bytes
    receiver: bytes
    transfers: int
    grams: int


def holders(snapshot: Snapshot, lot_id: bytes, *, after: bytes = b"", limit: int = _EVERY_HOLDER) -> list[HolderRow]:
    """Who holds what is neither cancelled nor taken back, by address."""
    return [HolderRow._make(row) for row in snapshot.all(_HOLDERS, bytes(lot_id), after, limit)]


def cancelled_by(snapshot: Snapshot, lot_id: bytes) -> list[CancelledByRow]:
    """Cancellations, added up by account and purpose."""
    return [CancelledByRow._make(row) for row in snapshot.all(_CANCELLED_BY, bytes(lot_id))]


def cancellations(
    snapshot: Snapshot, lot_id: bytes, *, purpose: int | None, after: int, limit: int
) -> list[CancellationRow]:
    """Cancellations by number, which is also the order of their serial numbers."""
    clause, values = where({"c.lot_id = ?": bytes(lot_id), "c.number > ?": after, "c.purpose = ?": purpose})
    rows = snapshot.all(f"{_CANCELLATIONS} {clause} ORDER BY c.number LIMIT ?", *values, limit)
    return [CancellationRow._make(row) for row in rows]


def largest_cancellations(snapshot: Snapshot, lot_id: bytes, limit: int) -> list[CancellationRow]:
    """The largest cancellations, and of equal ones the first, in the order of their serial numbers."""
    condition = "WHERE c.lot_id = ? ORDER BY c.quantity_gco2e DESC, c.number LIMIT ?"
    rows = [CancellationRow._make(row) for row in snapshot.all(_CANCELLATIONS + condition, bytes(lot_id), limit)]
    return sorted(rows)


def cancellation_at(snapshot: Snapshot, serial: int) -> CancellationRow | None:
    """The cancellation of the gram with this serial number."""
    row = snapshot.one(
        _CANCELLATIONS + "WHERE c.first_serial <= ? ORDER BY c.first_serial DESC LIMIT 1",
        serial,
    )
    found = None if row is None else CancellationRow._make(row)
    return found if found is not None and serial < found.first_serial + found.grams else None


def take_backs(snapshot: Snapshot, lot: LotRow) -> list[TakeBackRow]:
    """In the order in which they were, each taking the last serial numbers that the ones before it left."""
    rows: list[tuple[object, ...]] = []
    if lot.withheld_grams:
        rows += snapshot.all(_TAKEN_BACK + "AND o.leaf_index = ?", lot.lot_id, lot.issued_leaf_index)
    if lot.taken_back_grams > lot.withheld_grams:
        corrected = "AND o.subject = ? AND +o.kind = ? ORDER BY o.leaf_index"
        kind = int(OperationKind.REDUCTION_CORRECTED)
        rows += snapshot.all(_TAKEN_BACK + corrected, lot.lot_id, lot.lot_id, kind)
    return [TakeBackRow(*row) for row in rows]  # type: ignore[arg-type]


def transferred(snapshot: Snapshot, lot_id: bytes) -> list[TransferredRow]:
    """Transfers, added up by giver and receiver."""
    kind = int(OperationKind.REDUCTION_TRANSFERRED)
    return [TransferredRow._make(row) for row in snapshot.all(_TRANSFERRED, bytes(lot_id), kind)]
