"""Accounts and holdings."""

from api.pagination import Key
from api.parameters import Arguments, id_parameter
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import accounts
from api.repository.snapshots import Snapshot
from api.schemas.accounts import AccountAnswer, HoldingsAnswer, account_document, holding_document
from ledger.errors import NotFound
from ledger.ids import Address

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


def _existing(snapshot: Snapshot, address: Address) -> accounts.AccountRow:
    row = accounts.account(snapshot, address)
    if row is None:
        raise NotFound("account", address.hex0x)
    return row


ROUTES = (
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
    ListRoute(
        "/v1/accounts/{account}/holdings",
        read_holdings,
        key_types=(str,),
        summary="What an account holds, lot by lot",
        model=HoldingsAnswer,
        tag="accounts",
        parameters=(_ACCOUNT,),
        may_be_missing=True,
    ),
)
