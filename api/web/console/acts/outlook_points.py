"""What acts on mall providers and campaigns will do."""

from __future__ import annotations

from api.repository import points, totals
from api.repository.snapshots import Snapshot
from api.web.console.acts.outlook import Again, Change, Meant, Outlook, Statement, not_active, unknown
from indexer.schema import PointBook
from ledger.ids import Address
from ledger.vocabulary import CampaignStatus, CancellationPurpose, ProviderStatus, ReductionClass

_CLASSES = (ReductionClass.I, ReductionClass.II)


def admit_provider(snapshot: Snapshot, meant: Meant) -> Outlook:
    """Points may be redeemed there."""
    body = meant.body
    row = points.provider(snapshot, body.account)
    statements = [
        Statement("acts_look_admit_provider", {"account": body.account, "mode": body.mode}),
        Statement("acts_look_buy_back", {}),
        *not_active(snapshot, "account", body.account),
    ]
    if row is not None and ProviderStatus.from_number(row.status) is not ProviderStatus.CLOSED:
        statements.append(Statement("acts_look_provider_known", {"account": body.account}, "bad"))
    return Outlook(tuple(statements), _pools(snapshot, body.account))


def suspend_provider(snapshot: Snapshot, meant: Meant) -> Outlook:
    """It receives nothing until it is resumed."""
    return _provider(snapshot, meant, "acts_look_suspend_provider", "warning")


def resume_provider(snapshot: Snapshot, meant: Meant) -> Outlook:
    """It receives again."""
    return _provider(snapshot, meant, "acts_look_resume_provider", "plain")


def close_provider(snapshot: Snapshot, meant: Meant) -> Outlook:
    """What is less than a tonne in its pools stays there."""
    return _provider(snapshot, meant, "acts_look_close_provider", "warning")


def open_campaign(snapshot: Snapshot, meant: Meant) -> Outlook:
    """Donations are taken until its last day."""
    body = meant.body
    statements = [
        Statement(
            "acts_look_open_campaign",
            {"code": body.code, "purpose": body.purpose, "last_day": body.last_day},
        ),
        Statement("acts_look_open_campaign_for", {"account": body.beneficiary}),
        *not_active(snapshot, "beneficiary", body.beneficiary),
    ]
    if points.campaign(snapshot, code=body.code) is not None:
        statements.append(Statement("acts_look_campaign_known", {"code": body.code}, "bad"))
    return Outlook(tuple(statements), tuple(_pool_change(one, 0, 0) for one in _CLASSES))


def close_campaign(snapshot: Snapshot, meant: Meant) -> Outlook:
    """For good; what was donated is still cancelled for it."""
    campaign_id = meant.arguments["campaign_id"]
    row = points.campaign(snapshot, campaign_id=campaign_id)
    if row is None:
        return unknown("campaign", campaign_id)
    status = CampaignStatus.from_number(row.status)
    wrong = status is not CampaignStatus.OPEN
    pooled = [_pooled(snapshot, campaign_id, one) for one in _CLASSES]
    return Outlook(
        (
            Statement("acts_look_close_campaign", {"code": row.code, "last_day": row.last_day}, "warning"),
            Statement("acts_look_close_campaign_pool", {"grams": sum(pooled)}),
            *((Statement("acts_look_campaign_status", {"status": status}, "bad"),) if wrong else ()),
        ),
        tuple(_pool_change(one, grams, grams) for one, grams in zip(_CLASSES, pooled, strict=True)),
        Again("code", row.code),
    )


def cancel_campaign(snapshot: Snapshot, meant: Meant) -> Outlook:
    """The whole pool of a class, for good, under one certificate."""
    campaign_id, of_class = meant.arguments["campaign_id"], meant.body.reduction_class
    row = points.campaign(snapshot, campaign_id=campaign_id)
    if row is None:
        return unknown("campaign", campaign_id)
    pool = _pooled(snapshot, campaign_id, of_class)
    cancelled = sum(
        grams
        for (book, number), grams in points.totals(snapshot).items()
        if book is PointBook.CANCELLED and number == int(of_class)
    )
    purpose = CancellationPurpose.from_number(row.purpose)
    return Outlook(
        (
            Statement(
                "acts_look_cancel_campaign",
                {"grams": pool, "exact_grams": pool, "code": row.code, "class": of_class, "purpose": purpose},
                "warning",
            ),
            Statement("acts_look_cancel_campaign_certificate", {"number": totals.totals(snapshot).certificates + 1}),
            *(() if pool else (Statement("acts_look_pool_empty", {}, "bad"),)),
        ),
        (
            _pool_change(of_class, pool, 0),
            Change("acts_change_points_cancelled", {"class": of_class}, cancelled, cancelled + pool),
        ),
        Again("tonnes", str(pool)),
    )


def _provider(snapshot: Snapshot, meant: Meant, text: str, tone: str) -> Outlook:
    account = meant.arguments["account"]
    row = points.provider(snapshot, account)
    if row is None:
        return unknown("provider", account)
    status = ProviderStatus.from_number(row.status)
    return Outlook(
        (
            Statement(text, {"account": account}, tone),
            Statement("acts_look_provider_status", {"status": status}),
        ),
        _pools(snapshot, account),
    )


def _pools(snapshot: Snapshot, account: Address) -> tuple[Change, ...]:
    """The provider's pools, which stay as they are."""
    books = points.books_of(snapshot, account)
    found = [books.get((PointBook.PROVIDER_POOL, int(one)), 0) for one in _CLASSES]
    return tuple(
        Change("acts_change_provider_pool", {"class": one}, grams, grams)
        for one, grams in zip(_CLASSES, found, strict=True)
    )


def _pooled(snapshot: Snapshot, campaign_id: bytes, of_class: ReductionClass) -> int:
    return points.books_of(snapshot, campaign_id).get((PointBook.CAMPAIGN_POOL, int(of_class)), 0)


def _pool_change(of_class: ReductionClass, before: int, after: int) -> Change:
    return Change("acts_change_campaign_pool", {"class": of_class}, before, after)
