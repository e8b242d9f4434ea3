"""What can be picked in a form instead of typed: of each kind the things that the index knows, as far as they are few.

They are suggestions: what is not among them can be typed all the same, and the ledger decides.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from api.repository import accounts, activities, methodologies, points
from api.repository.accounts import HoldingRow
from api.repository.snapshots import Snapshot
from api.web.console.acts.fields import Kind
from api.web.console.acts.tables import Act
from api.web.frame.values import tonnes
from api.web.frame.words import word
from ledger.errors import InvalidInput
from ledger.ids import Address
from ledger.vocabulary import AccountKind, AccountStatus, ActivityStatus, CampaignStatus, MethodologyStatus

_MOST: Final = 200

Choice = tuple[str, str]
"""What would be typed, and what is said of it."""


def choices_of(act: Act, snapshot: Snapshot, typed: Mapping[str, str], language: str) -> dict[str, Any]:
    """For the template: `methodologies`, which are chosen from; `suggested` by kind; `holdings` of the account that is
    named already.
    """
    kinds = {field.kind for field in act.fields}
    holdings = _holdings(snapshot, typed) if Kind.LOT in kinds else []
    suggested: dict[Kind, list[Choice]] = {
        Kind.LOT: [(_hex(row.lot_id), f"{row.activity_code or ''} {tonnes(row.grams)} t") for row in holdings]
    }
    if Kind.ACCOUNT in kinds:
        suggested[Kind.ACCOUNT] = _accounts(snapshot, language)
    if Kind.ACTIVITY in kinds:
        suggested[Kind.ACTIVITY] = _activities(snapshot, language)
    if Kind.CAMPAIGN in kinds:
        rows = points.campaign_page(snapshot, status=None, after=-1, limit=_MOST)
        suggested[Kind.CAMPAIGN] = [(row.code, word(CampaignStatus.from_number(row.status), language)) for row in rows]
    return {
        "methodologies": _methodologies(snapshot) if Kind.METHODOLOGY in kinds else [],
        "suggested": {str(kind): found for kind, found in suggested.items() if found},
        "holdings": holdings,
    }


def _accounts(snapshot: Snapshot, language: str) -> list[Choice]:
    """The active ones that were opened last."""
    rows = accounts.page(
        snapshot, kind=None, status=int(AccountStatus.ACTIVE), newest_first=True, after=None, limit=_MOST
    )
    return [(_hex(row.account), word(AccountKind.from_number(row.kind), language)) for row in rows]


def _activities(snapshot: Snapshot, language: str) -> list[Choice]:
    rows = activities.page(
        snapshot,
        kind=None,
        reduction_class=None,
        status=None,
        methodology_id=None,
        operator_account=None,
        code_contains=None,
        after=-1,
        limit=_MOST,
    )
    return [(row.code, word(ActivityStatus.from_number(row.status), language)) for row in rows]


def _methodologies(snapshot: Snapshot) -> list[Choice]:
    """Published versions."""
    rows = methodologies.page(
        snapshot,
        code=None,
        kind=None,
        reduction_class=None,
        status=int(MethodologyStatus.PUBLISHED),
        after=-1,
        limit=_MOST,
    )
    return [(_hex(row.methodology_id), f"{row.code} v{row.version}") for row in rows]


def _holdings(snapshot: Snapshot, typed: Mapping[str, str]) -> list[HoldingRow]:
    """Of the account that gives, where the form names it already."""
    holder = typed.get("from_account") or typed.get("account") or ""
    try:
        address = Address.from_hex(holder.lower())
    except InvalidInput:
        return []
    return accounts.holdings(snapshot, address, b"", _MOST)


def _hex(value: bytes) -> str:
    return "0x" + value.hex()
