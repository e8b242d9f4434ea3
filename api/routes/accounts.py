"""Accounts and holdings."""

from api.pagination import Key
from api.parameters import Arguments, id_parameter, word_parameter
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import accounts
from api.repository.snapshots import Snapshot
from api.routes.operations import ORDER
from api.schemas.accounts import (
    AccountAnswer,
    AccountPostingsAnswer,
    AccountsAnswer,
    HoldingsAnswer,
    account_document,
    account_posting_document,
    holding_document,
)
from ledger.errors import NotFound
from ledger.ids import Address
from ledger.vocabulary import AccountKind, AccountStatus

_ACCOUNT = id_parameter("account", Address, "Address of the account.")


def read_account(snapshot: Snapshot, arguments: Arguments) -> Found:
    """The public part of an account."""
    return Found(account_document(_existing(snapshot, arguments["account"])))


def read_holdings(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """What an account holds, by lot id."""
    account = arguments["account"]
    _existing(snapshot, account)
    after_lot = b"" if after is None else bytes.fromhex(str(after[0]))
    rows = accounts.holdings(snapshot, account, after_lot, limit)
    return [((row.lot_id.hex(),), holding_document(row)) for row in rows]


def read_accounts(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Accounts in the order in which they were opened, or against it."""
    rows = accounts.page(
        snapshot,
        kind=arguments["kind"],
        status=arguments["status"],
        newest_first=arguments["order"] == "newest-first",
        after=None if after is None else int(after[0]),
        limit=limit,
    )
    return [((row.opened_leaf_index,), account_document(row)) for row in rows]


def read_account_postings(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """What came to an account and what left it, by operation."""
    account = arguments["account"]
    _existing(snapshot, account)
    rows = accounts.postings(
        snapshot,
        account,
        newest_first=arguments["order"] == "newest-first",
        after=None if after is None else (int(after[0]), int(after[1])),
        limit=limit,
    )
    return [((row.leaf_index, row.position), account_posting_document(row, bytes(account))) for row in rows]


def _existing(snapshot: Snapshot, address: Address) -> accounts.AccountRow:
    row = accounts.account(snapshot, address)
    if row is None:
        raise NotFound("account", address.hex0x)
    return row


ACCOUNTS = ListRoute(
    "/v1/accounts",
    read_accounts,
    key_types=(int,),
    summary="Accounts",
    description="By the operation that opened each. Who stands behind an account is not known here.",
    model=AccountsAnswer,
    tag="accounts",
    parameters=(
        word_parameter("kind", AccountKind, "Only of this kind."),
        word_parameter("status", AccountStatus, "Only in this status."),
        ORDER,
    ),
)

HOLDINGS = ListRoute(
    "/v1/accounts/{account}/holdings",
    read_holdings,
    key_types=(str,),
    summary="What an account holds, lot by lot",
    model=HoldingsAnswer,
    tag="accounts",
    parameters=(_ACCOUNT,),
    may_be_missing=True,
)

POSTINGS = ListRoute(
    "/v1/accounts/{account}/postings",
    read_account_postings,
    key_types=(int, int),
    summary="What came to an account and what left it",
    description="Every double entry of lots in which the account stands; `direction` is as the account sees it.",
    model=AccountPostingsAnswer,
    tag="accounts",
    parameters=(_ACCOUNT, ORDER),
    may_be_missing=True,
)

ROUTES = (
    ACCOUNTS,
    ReadRoute(
        "/v1/accounts/{account}",
        read_account,
        summary="An account",
        description="Kind, status and custody. Who stands behind an account is not known here.",
        model=AccountAnswer,
        tag="accounts",
        parameters=(_ACCOUNT,),
        may_be_missing=True,
    ),
    HOLDINGS,
    POSTINGS,
)
