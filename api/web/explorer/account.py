"""One account: what it is, what it holds, and what came and went."""

from __future__ import annotations

from typing import Final

from api.parameters import Arguments, id_parameter
from api.repository import accounts, search
from api.repository.snapshots import Snapshot
from api.schemas.accounts import account_document
from api.schemas.common import label
from api.web.explorer.lists import CERTIFICATES, HOLDINGS, OPERATIONS, POSTINGS, SECTION
from api.web.frame.asked import Asked
from api.web.frame.pages import Page, PageRoute
from ledger.ids import Address, Hash32
from ledger.vocabulary import ReductionClass

_ACCOUNT: Final = id_parameter("account", Address, "Address of the account.")
_ROWS: Final = 10


def pages() -> tuple[PageRoute, ...]:
    """The page of an account."""
    return (
        PageRoute(
            "/explorer/accounts/{account}", _account, name="explorer-account", section=SECTION, parameters=(_ACCOUNT,)
        ),
    )


def _account(snapshot: Snapshot, arguments: Arguments, asked: Asked) -> Page:
    address: Address = arguments["account"]
    row = accounts.account(snapshot, address)
    if row is None:
        contract = next(
            (one.key for one in search.by_address(snapshot, bytes(address)) if one.kind == "contract"), None
        )
        values = {"what": "account", "given": address.hex0x, "size": snapshot.as_of.log_size, "contract": contract}
        return Page("explorer/missing.html", values, 404)
    subject = Hash32(bytes(12) + bytes(address))
    newest = {"order": "newest-first"}
    return Page(
        "explorer/account.html",
        {
            "account": account_document(row),
            "held": [
                (label(ReductionClass, one.reduction_class), one.grams, one.lots)
                for one in accounts.held(snapshot, address)
            ],
            "holdings": HOLDINGS.beginning(snapshot, asked, _ROWS, account=address),
            "postings": POSTINGS.beginning(snapshot, asked, _ROWS, account=address, **newest),
            "certificates": CERTIFICATES.beginning(snapshot, asked, _ROWS, account=address, **newest),
            "registered": OPERATIONS.beginning(snapshot, asked, _ROWS, subject=subject, **newest),
        },
    )
