"""Accounts and holdings."""

from typing import Annotated, Any, Literal

from pydantic import Field

from api.repository.accounts import AccountPostingRow, AccountRow, HoldingRow
from api.repository.snapshots import rfc3339
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
    Model,
    OperationKindWord,
    Quantity,
    Time,
    hex0x,
    label,
    lot_status,
    optional_day,
    optional_hex0x,
    quantity,
)
from api.schemas.postings import BookWord, Owner, book_label
from indexer.schema import Book
from ledger.vocabulary import AccountKind, AccountStatus, Custody, OperationKind, ReductionClass


class AccountModel(Model):
    """The public part of an account. Who stands behind it is not known here."""

    account: Account
    kind: AccountKindWord
    status: AccountStatusWord
    custody: CustodyWord
    opened_leaf_index: Index
    """Leaf of the operation that opened it."""
    status_leaf_index: Index
    """Leaf of the operation that gave it its status."""


class AccountAnswer(Answered, AccountModel):
    """One account."""


class AccountsAnswer(Answered):
    """A page of accounts, in the order in which they were opened."""

    items: list[AccountModel]
    next: str | None


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


class AccountPosting(Quantity):
    """One double entry of a lot with the account on one side or on both."""

    leaf_index: Index
    position: Index
    """Place among the double entries of its operation."""
    operation_id: Hash
    kind: OperationKindWord
    time: Time
    direction: Annotated[Literal["in", "out", "beside"], Field(examples=["in"])]
    """`in`: the account holds so much more; `out`: so much less; `beside`: withheld at issuance, never held."""
    lot_id: Hash | None
    reduction_class: ClassWord | None
    activity_code: Code | None
    debit_book: BookWord
    debit_owner: Owner
    credit_book: BookWord
    credit_owner: Owner


class AccountPostingsAnswer(Answered):
    """A page of them, in the order of the log."""

    items: list[AccountPosting]
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


def account_posting_document(row: AccountPostingRow, account: bytes) -> dict[str, Any]:
    """A double entry as JSON, as this account sees it."""
    return {
        "leaf_index": row.leaf_index,
        "position": row.position,
        "operation_id": hex0x(row.operation_id),
        "kind": label(OperationKind, row.kind),
        "time": rfc3339(row.timestamp),
        "direction": _direction(row, account),
        "lot_id": optional_hex0x(row.lot_id),
        "reduction_class": None if row.reduction_class is None else label(ReductionClass, row.reduction_class),
        "activity_code": row.activity_code,
        "debit_book": book_label(Book, row.debit_book),
        "debit_owner": hex0x(row.debit_owner),
        "credit_book": book_label(Book, row.credit_book),
        "credit_owner": hex0x(row.credit_owner),
        **quantity(row.grams),
    }


def _direction(row: AccountPostingRow, account: bytes) -> str:
    if row.credit_book == Book.HELD and row.credit_owner == account:
        return "in"
    return "out" if row.debit_book == Book.HELD and row.debit_owner == account else "beside"
