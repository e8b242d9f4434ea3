"""Accounts and what they hold."""

from typing import NamedTuple

from api.repository.filters import number, where
from api.repository.snapshots import Snapshot
from indexer.schema import Book

_ACCOUNT = "SELECT account, kind, custody, status, opened_leaf_index, status_leaf_index FROM accounts "
_HOLDINGS = f"""
SELECT b.lot_id, b.quantity_gco2e, l.reduction_class, l.first_day, l.last_day, l.status, a.activity_id, a.code
FROM balances b
JOIN lots l ON l.lot_id = b.lot_id
LEFT JOIN activities a ON a.activity_id = l.activity_id
WHERE b.book = {int(Book.HELD)} AND b.owner = ? AND b.lot_id > ?
ORDER BY b.lot_id LIMIT ?
"""  # noqa: S608 - a constant of ours


_HELD = f"""
SELECT l.reduction_class, CAST(SUM(b.quantity_gco2e) AS BIGINT), COUNT(*)
FROM balances b
JOIN lots l ON l.lot_id = b.lot_id
WHERE b.book = {int(Book.HELD)} AND b.owner = ?
GROUP BY l.reduction_class ORDER BY l.reduction_class
"""  # noqa: S608 - a constant of ours
_POSTINGS = """
SELECT o.leaf_index, p.position, o.operation_id, o.kind, o.timestamp, p.lot_id, l.reduction_class, a.code,
       p.debit_book, p.debit_owner, p.credit_book, p.credit_owner, p.quantity_gco2e
FROM operations o
JOIN postings p ON p.leaf_index = o.leaf_index
LEFT JOIN lots l ON l.lot_id = p.lot_id
LEFT JOIN activities a ON a.activity_id = l.activity_id
"""


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


class HeldRow(NamedTuple):
    """What an account holds of one class: grams, in so many lots."""

    reduction_class: int
    grams: int
    lots: int


class AccountPostingRow(NamedTuple):
    """One double entry in which the account is giver or receiver, with its operation; `lot_id` is None of debts."""

    leaf_index: int
    position: int
    operation_id: bytes
    kind: int
    timestamp: int
    lot_id: bytes | None
    reduction_class: int | None
    activity_code: str | None
    debit_book: int
    debit_owner: bytes
    credit_book: int
    credit_owner: bytes
    grams: int


def account(snapshot: Snapshot, address: bytes) -> AccountRow | None:
    """The account at an address."""
    row = snapshot.one(_ACCOUNT + "WHERE account = ?", bytes(address))
    return None if row is None else AccountRow._make(row)


def holdings(snapshot: Snapshot, address: bytes, after_lot: bytes, limit: int) -> list[HoldingRow]:
    """What the account holds, by lot id, beginning after `after_lot`."""
    return [HoldingRow._make(row) for row in snapshot.all(_HOLDINGS, bytes(address), after_lot, limit)]


def page(
    snapshot: Snapshot,
    *,
    kind: int | None,
    status: int | None,
    newest_first: bool,
    after: int | None,
    limit: int,
) -> list[AccountRow]:
    """Accounts in the order in which they were opened, or against it, after the leaf that opened one."""
    clause, values = where(
        {
            "status = ?": number(status),
            "kind = ?" if status is None else "+kind = ?": number(kind),
            "opened_leaf_index < ?" if newest_first else "opened_leaf_index > ?": after,
        }
    )
    order = "DESC" if newest_first else "ASC"
    rows = snapshot.all(f"{_ACCOUNT} {clause} ORDER BY opened_leaf_index {order} LIMIT ?", *values, limit)
    return [AccountRow._make(row) for row in rows]


def held(snapshot: Snapshot, address: bytes) -> list[HeldRow]:
    """What the account holds, by class."""
    return [HeldRow._make(row) for row in snapshot.all(_HELD, bytes(address))]


def postings(
    snapshot: Snapshot, address: bytes, *, newest_first: bool, after: tuple[int, int] | None, limit: int
) -> list[AccountPostingRow]:
    """Double entries of lots with this account on either side, in the order of the log or against it.

    They are those of operations whose leaf names the account as giver or receiver: two index ranges, merged.
    """
    account = bytes(address)
    order, beyond = ("DESC", "<") if newest_first else ("ASC", ">")
    parts: list[str] = []
    values: list[object] = []
    for side in ("from_account", "to_account"):
        # The leaf by itself too, since an index is searched by the first value of a pair only.
        later = "" if after is None else f"AND o.leaf_index {beyond}= ? AND (o.leaf_index, p.position) {beyond} (?, ?)"
        parts.append(
            f"SELECT * FROM ({_POSTINGS} WHERE o.{side} = ? {later} AND (p.debit_owner = ? OR p.credit_owner = ?) "  # noqa: S608
            f"ORDER BY o.leaf_index {order}, p.position {order} LIMIT ?) AS of_{side}"
        )
        values += [account, *(() if after is None else (after[0], *after)), account, account, limit]
    statement = f"{' UNION '.join(parts)} ORDER BY leaf_index {order}, position {order} LIMIT ?"
    return [AccountPostingRow._make(row) for row in snapshot.all(statement, *values, limit)]
