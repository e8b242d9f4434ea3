"""Accounts and what they hold."""

from typing import NamedTuple

from api.repository.snapshots import Snapshot
from indexer.schema import Book

_ACCOUNT = """
SELECT account, kind, custody, status, opened_leaf_index, status_leaf_index FROM accounts WHERE account = ?
"""
_HOLDINGS = f"""
SELECT b.lot_id, b.quantity_gco2e, l.reduction_class, l.first_day, l.last_day, l.status, a.activity_id, a.code
FROM balances b
JOIN lots l ON l.lot_id = b.lot_id
LEFT JOIN activities a ON a.activity_id = l.activity_id
WHERE b.book = {int(Book.HELD)} AND b.owner = ? AND b.lot_id > ?
ORDER BY b.lot_id LIMIT ?
"""  # noqa: S608 - a constant of ours


class AccountRow(NamedTuple):
    """Public part of an account."""

    account: bytes
    kind: int
    custody: int
    status: int
    opened_leaf_index: int
    status_leaf_index: int


class HoldingRow(NamedTuple):
    """What an account holds of one lot, in grams."""

    lot_id: bytes
    grams: int
    reduction_class: int
    first_day: int | None
    last_day: int | None
    lot_status: int
    activity_id: bytes | None
    activity_code: str | None


def account(snapshot: Snapshot, address: bytes) -> AccountRow | None:
    """The account at an address."""
    row = snapshot.one(_ACCOUNT, bytes(address))
    return None if row is None else AccountRow._make(row)


def holdings(snapshot: Snapshot, address: bytes, after_lot: bytes, limit: int) -> list[HoldingRow]:
    """What the account holds, by lot id, beginning after `after_lot`."""
    return [HoldingRow._make(row) for row in snapshot.all(_HOLDINGS, bytes(address), after_lot, limit)]
