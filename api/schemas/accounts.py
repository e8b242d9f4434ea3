"""Accounts and holdings."""

from typing import Any

from api.repository.accounts import AccountRow, HoldingRow
from api.schemas.common import (
    Account,
    AccountKindWord,
    AccountStatusWord,
    Answered,
    ClassWord,
    Code,
    CustodyWord,
    Day,
    Hash,
    Index,
    LotStatusWord,
    Quantity,
    hex0x,
    label,
    lot_status,
    optional_day,
    optional_hex0x,
    quantity,
)
from ledger.vocabulary import AccountKind, AccountStatus, Custody, ReductionClass


class AccountAnswer(Answered):
    """The public part of an account. Who stands behind it is not known here."""

    account: Account
    kind: AccountKindWord
    status: AccountStatusWord
    custody: CustodyWord
    opened_leaf_index: Index
    """Leaf of the operation that opened it."""
    status_leaf_index: Index
    """Leaf of the operation that gave it its status."""


class Holding(Quantity):
    """What the account holds of one lot."""

    lot_id: Hash
    activity_id: Hash | None
    """None where the lot was bought back from points, as code and days."""
    activity_code: Code | None
    reduction_class: ClassWord
    first_day: Day | None
    last_day: Day | None
    lot_status: LotStatusWord


class HoldingsAnswer(Answered):
    """A page of holdings, by lot id."""

    items: list[Holding]
    next: str | None


def account_document(row: AccountRow) -> dict[str, Any]:
    """An account as JSON."""
    return {
        "account": hex0x(row.account),
        "kind": label(AccountKind, row.kind),
        "status": label(AccountStatus, row.status),
        "custody": label(Custody, row.custody),
        "opened_leaf_index": row.opened_leaf_index,
        "status_leaf_index": row.status_leaf_index,
    }


def holding_document(row: HoldingRow) -> dict[str, Any]:
    """A holding as JSON."""
    return {
        "lot_id": hex0x(row.lot_id),
        "activity_id": optional_hex0x(row.activity_id),
        "activity_code": row.activity_code,
        "reduction_class": label(ReductionClass, row.reduction_class),
        "first_day": optional_day(row.first_day),
        "last_day": optional_day(row.last_day),
        "lot_status": lot_status(row.lot_status),
        **quantity(row.grams),
    }
