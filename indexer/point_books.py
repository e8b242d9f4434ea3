"""Double entry of points (docs/spec/05-points.md §5.2): the postings of each batch, and the balances that follow.

Owners are 32 bytes: activity, campaign, a provider's account left-padded, or `PERSONS`. Behaviour batches and snapshots
move nothing. What a batch does to a debtor's deficit is in `indexer.books`, which lots and points share.
"""

from collections.abc import Iterable
from typing import NamedTuple

from chain.events import (
    CampaignPoolCancelled,
    PointsCancelled,
    PointsCorrected,
    PointsDonated,
    PointsEarned,
    PointsRedeemed,
)
from indexer.schema.words import PERSONS, PointBook

PointBalanceKey = tuple[int, bytes, int]
"""Book, owner and class, as the primary key of `point_balances`."""

_Move = tuple[PointBook, bytes, PointBook, bytes, int]


class PointPosting(NamedTuple):
    """`quantity_gco2e` points of a class move from the debit side to the credit side. A row of `point_postings`."""

    leaf_index: int
    position: int
    reduction_class: int
    debit_book: int
    debit_owner: bytes
    credit_book: int
    credit_owner: bytes
    quantity_gco2e: int


def of_earning(leaf_index: int, event: PointsEarned) -> list[PointPosting]:
    """What is earned is persons', but for what fills a deficit, which is taken back."""
    activity, header, withheld = event.activity_id, event.header, event.withheld_grams
    moves = [
        (PointBook.ISSUED, activity, PointBook.PERSONAL, PERSONS, header.total - withheld),
        (PointBook.ISSUED, activity, PointBook.TAKEN_BACK, activity, withheld),
    ]
    return _postings(leaf_index, header.reduction_class, moves)


def of_redemption(leaf_index: int, event: PointsRedeemed) -> list[PointPosting]:
    """Points go into the provider's pool, and every full tonne of that out of the points ledger."""
    provider = event.provider.rjust(32, b"\x00")
    moves = [
        (PointBook.PERSONAL, PERSONS, PointBook.PROVIDER_POOL, provider, event.commitment.total),
        (PointBook.PROVIDER_POOL, provider, PointBook.BOUGHT_BACK, provider, event.bought_back_grams),
    ]
    return _postings(leaf_index, event.reduction_class, moves)


def of_donation(leaf_index: int, event: PointsDonated) -> list[PointPosting]:
    """Points go into the campaign's pool."""
    moves = [(PointBook.PERSONAL, PERSONS, PointBook.CAMPAIGN_POOL, event.campaign_id, event.commitment.total)]
    return _postings(leaf_index, event.reduction_class, moves)


def of_cancellation(leaf_index: int, event: PointsCancelled) -> list[PointPosting]:
    """Points are cancelled by persons of their own will."""
    moves = [(PointBook.PERSONAL, PERSONS, PointBook.CANCELLED, PERSONS, event.commitment.total)]
    return _postings(leaf_index, event.reduction_class, moves)


def of_correction(leaf_index: int, event: PointsCorrected, activity_id: bytes) -> list[PointPosting]:
    """What persons still have of what was over-credited is taken back."""
    moves = [(PointBook.PERSONAL, PERSONS, PointBook.TAKEN_BACK, activity_id, event.commitment.total)]
    return _postings(leaf_index, event.reduction_class, moves)


def of_campaign(leaf_index: int, event: CampaignPoolCancelled) -> list[PointPosting]:
    """A campaign's pool is cancelled for it."""
    campaign = event.campaign_id
    moves = [(PointBook.CAMPAIGN_POOL, campaign, PointBook.CANCELLED, campaign, event.grams)]
    return _postings(leaf_index, event.reduction_class, moves)


def _postings(leaf_index: int, reduction_class: int, moves: list[_Move]) -> list[PointPosting]:
    """The moves of more than nothing, numbered from 0."""
    real = [move for move in moves if move[-1]]
    return [
        PointPosting(leaf_index, position, int(reduction_class), int(debit), giver, int(credit), receiver, grams)
        for position, (debit, giver, credit, receiver, grams) in enumerate(real)
    ]


def balance_changes(postings: Iterable[PointPosting]) -> dict[PointBalanceKey, int]:
    """What the postings change, per balance. The source counts what came out of it."""
    changes: dict[PointBalanceKey, int] = {}
    for _, _, reduction_class, debit_book, debit_owner, credit_book, credit_owner, quantity in postings:
        taken = (debit_book, debit_owner, reduction_class)
        changes[taken] = changes.get(taken, 0) + (quantity if debit_book == PointBook.ISSUED else -quantity)
        given = (credit_book, credit_owner, reduction_class)
        changes[given] = changes.get(given, 0) + quantity
    return changes
