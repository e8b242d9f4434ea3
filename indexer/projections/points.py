"""What the events of the point ledger become."""

from typing import Any

from chain import events
from indexer import books, point_books, schema
from indexer.mirror import EarnedBatch
from indexer.projections.growth import BuyBack, ContractProjection, Growth
from ledger.vocabulary import BatchKind

_COLUMNS = schema.batches.columns.keys()


def _add_batch(growth: Growth, leaf: int, number: int, source: Any, **values: Any) -> None:
    """`source` says class and commitment: the event, or the header in it."""
    growth.number_batch(number)
    commitment = source.commitment
    row = {
        "batch_number": number,
        "leaf_index": leaf,
        "reduction_class": int(source.reduction_class),
        "root": commitment.root if commitment.total else None,
        "total": commitment.total,
        "entry_count": commitment.entry_count,
        "file_hash": commitment.file_hash if commitment.total else None,
        "withheld_gco2e": 0,
        **values,
    }
    growth.pending.facts[schema.batches].append(tuple(row.get(name) for name in _COLUMNS))
    if "personal_after_gco2e" in values:
        growth.pending.personal_after[row["reduction_class"]] = values["personal_after_gco2e"]


def _add_feed(growth: Growth, leaf: int, number: int, header: events.FeedHeader, **values: Any) -> None:
    """A batch that an operator signed."""
    values |= {
        "kind": int(header.kind),
        "activity_id": header.activity_id,
        "methodology_id": header.methodology_id,
        "sequence": header.sequence,
        "first_day": header.first_day,
        "last_day": header.last_day,
    }
    _add_batch(growth, leaf, number, header, **values)


def _earned(growth: Growth, leaf: int, event: events.PointsEarned) -> None:
    header, withheld = event.header, event.withheld_grams
    if withheld > header.total:
        raise growth.broken(f"batch {event.batch_number} withholds more than it has")
    personal = event.personal_after
    _add_feed(growth, leaf, event.batch_number, header, withheld_gco2e=withheld, personal_after_gco2e=personal)
    growth.earned_batches[event.batch_number] = EarnedBatch(
        event.activity_id, int(header.reduction_class), header.total, 0
    )
    growth.pending.point_postings += point_books.of_earning(leaf, event)
    if withheld:
        debtor = growth.debtor(event.activity_id, leaf)
        growth.pending.postings += books.of_points(leaf, debtor, owed=0, filled=withheld)


def _behaviour(growth: Growth, leaf: int, event: events.BehaviourRecorded) -> None:
    _add_feed(growth, leaf, event.batch_number, event.header)


def _redeemed(growth: Growth, leaf: int, event: events.PointsRedeemed) -> None:
    _add_batch(
        growth,
        leaf,
        event.batch_number,
        event,
        kind=int(BatchKind.REDEEM),
        provider=event.provider,
        bought_back_gco2e=event.bought_back_grams,
        personal_after_gco2e=event.personal_after,
    )
    buy_back = BuyBack(event.provider, int(event.reduction_class), event.bought_back_grams)
    growth.redeem(event.operation_id, buy_back, event.commitment.total)
    growth.pending.point_postings += point_books.of_redemption(leaf, event)


def _donated(growth: Growth, leaf: int, event: events.PointsDonated) -> None:
    _add_batch(
        growth,
        leaf,
        event.batch_number,
        event,
        kind=int(BatchKind.DONATE),
        campaign_id=event.campaign_id,
        personal_after_gco2e=event.personal_after,
    )
    growth.pending.point_postings += point_books.of_donation(leaf, event)


def _cancelled(growth: Growth, leaf: int, event: events.PointsCancelled) -> None:
    _add_batch(
        growth,
        leaf,
        event.batch_number,
        event,
        kind=int(BatchKind.CANCEL),
        first_certificate=event.first_certificate,
        personal_after_gco2e=event.personal_after,
    )
    growth.pending.point_postings += point_books.of_cancellation(leaf, event)


def _corrected(growth: Growth, leaf: int, event: events.PointsCorrected) -> None:
    earned = growth.earned_batch(event.corrected_batch, leaf)
    taken, corrected = event.commitment.total, earned.corrected + event.grams
    if taken > event.grams or corrected > earned.total or earned.reduction_class != event.reduction_class:
        raise growth.broken(f"the correction of leaf {leaf} is not one of batch {event.corrected_batch}")
    growth.earned_batches[event.corrected_batch] = earned._replace(corrected=corrected)
    _add_batch(
        growth,
        leaf,
        event.batch_number,
        event,
        kind=int(BatchKind.CORRECT),
        corrected_batch=event.corrected_batch,
        corrected_gco2e=event.grams,
        personal_after_gco2e=event.personal_after,
    )
    growth.pending.point_postings += point_books.of_correction(leaf, event, earned.activity_id)
    if event.grams > taken:
        debtor = growth.debtor(earned.activity_id, leaf)
        growth.pending.postings += books.of_points(leaf, debtor, owed=event.grams - taken, filled=0)


def _snapshot(growth: Growth, leaf: int, event: events.SnapshotTaken) -> None:
    _add_batch(
        growth,
        leaf,
        event.batch_number,
        event,
        kind=int(BatchKind.SNAPSHOT),
        after_batch=event.after_batch,
    )


def _campaign_cancelled(growth: Growth, leaf: int, event: events.CampaignPoolCancelled) -> None:
    row = (
        *(event.certificate_number, leaf, event.campaign_id, int(event.reduction_class), int(event.purpose)),
        event.grams,
    )
    growth.pending.facts[schema.campaign_cancellations].append(row)
    growth.pending.point_postings += point_books.of_campaign(leaf, event)


PROJECTION = ContractProjection(
    things={},
    facts=(schema.batches, schema.campaign_cancellations),
    handlers={
        events.PointsEarned: _earned,
        events.BehaviourRecorded: _behaviour,
        events.PointsRedeemed: _redeemed,
        events.PointsDonated: _donated,
        events.PointsCancelled: _cancelled,
        events.PointsCorrected: _corrected,
        events.SnapshotTaken: _snapshot,
        events.CampaignPoolCancelled: _campaign_cancelled,
    },
    before_store=lambda growth, _: growth.end_redemptions(),
)
