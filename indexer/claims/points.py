"""Claims of the point ledger: the subject of each batch is hashed from its event (docs/spec/05-points.md §5.3)."""

from chain.events import (
    BatchCommitment,
    BehaviourRecorded,
    CampaignPoolCancelled,
    FeedHeader,
    PointsCancelled,
    PointsCorrected,
    PointsDonated,
    PointsEarned,
    PointsRedeemed,
    SnapshotTaken,
)
from indexer.claims.claim import NOBODY, Claim, ContractClaims
from ledger import encoding
from ledger.ids import CampaignId
from ledger.vocabulary import BatchKind, OperationKind, ReductionClass

Batch = (
    PointsEarned
    | BehaviourRecorded
    | PointsRedeemed
    | PointsDonated
    | PointsCancelled
    | PointsCorrected
    | SnapshotTaken
)
"""The events that each anchor a batch."""


def _subject(
    event: Batch,
    kind: BatchKind,
    party: bytes,
    reduction_class: ReductionClass,
    commitment: BatchCommitment,
    *,
    withheld_grams: int = 0,
    first_certificate: int = 0,
) -> bytes:
    return encoding.batch_subject(
        batch_number=event.batch_number,
        kind=kind,
        reduction_class=reduction_class,
        party=party,
        root=commitment.root,
        total=commitment.total,
        entry_count=commitment.entry_count,
        file_hash=commitment.file_hash,
        withheld_grams=withheld_grams,
        first_certificate=first_certificate,
    )


def _number(batch_number: int) -> bytes:
    """A batch as the party of another."""
    return batch_number.to_bytes(32, "big")


def _claim(kind: OperationKind, event: Batch, subject: bytes, grams: int, to_account: bytes = NOBODY) -> Claim:
    return int(kind), event.operation_id, subject, NOBODY, to_account, grams


def _earned(event: PointsEarned) -> Claim:
    header, withheld = event.header, event.withheld_grams
    subject = _subject(
        *(event, BatchKind.EARN, event.activity_id, header.reduction_class, header.commitment),
        withheld_grams=withheld,
    )
    return _claim(OperationKind.POINTS_EARNED, event, subject, header.total)


def _behaviour(event: BehaviourRecorded) -> Claim:
    header = event.header
    subject = _subject(event, BatchKind.BEHAVIOUR, event.activity_id, header.reduction_class, header.commitment)
    # Behaviour value is never grams (M19).
    return _claim(OperationKind.BEHAVIOUR_RECORDED, event, subject, 0)


def _redeemed(event: PointsRedeemed) -> Claim:
    party = bytes(12) + event.provider
    subject = _subject(event, BatchKind.REDEEM, party, event.reduction_class, event.commitment)
    return _claim(OperationKind.POINTS_REDEEMED, event, subject, event.commitment.total, event.provider)


def _donated(event: PointsDonated) -> Claim:
    subject = _subject(event, BatchKind.DONATE, event.campaign_id, event.reduction_class, event.commitment)
    return _claim(OperationKind.POINTS_DONATED, event, subject, event.commitment.total)


def _cancelled(event: PointsCancelled) -> Claim:
    subject = _subject(
        *(event, BatchKind.CANCEL, bytes(32), event.reduction_class, event.commitment),
        first_certificate=event.first_certificate,
    )
    return _claim(OperationKind.POINTS_CANCELLED, event, subject, event.commitment.total)


def _corrected(event: PointsCorrected) -> Claim:
    party = _number(event.corrected_batch)
    subject = _subject(event, BatchKind.CORRECT, party, event.reduction_class, event.commitment)
    return _claim(OperationKind.POINTS_CORRECTED, event, subject, event.grams)


def _snapshot(event: SnapshotTaken) -> Claim:
    party = _number(event.after_batch)
    subject = _subject(event, BatchKind.SNAPSHOT, party, event.reduction_class, event.commitment)
    return _claim(OperationKind.POINTS_SNAPSHOT_TAKEN, event, subject, event.commitment.total)


def _campaign_cancelled(event: CampaignPoolCancelled) -> Claim:
    subject = encoding.campaign_cancellation_subject(
        certificate_number=event.certificate_number,
        campaign_id=CampaignId(event.campaign_id),
        reduction_class=event.reduction_class,
        purpose=event.purpose,
    )
    return int(OperationKind.CAMPAIGN_CANCELLED), event.operation_id, subject, NOBODY, NOBODY, event.grams


def _is_of(header: FeedHeader, kind: BatchKind, activity_id: bytes) -> bool:
    """The leaf binds kind and activity of the batch; the header has both again, for the signature."""
    return header.kind is kind and header.activity_id == activity_id


CLAIMS = ContractClaims(
    claims={
        PointsEarned: _earned,
        BehaviourRecorded: _behaviour,
        PointsRedeemed: _redeemed,
        PointsDonated: _donated,
        PointsCancelled: _cancelled,
        PointsCorrected: _corrected,
        SnapshotTaken: _snapshot,
        CampaignPoolCancelled: _campaign_cancelled,
    },
    derivations={
        PointsEarned: lambda event, _chain, _ledger: _is_of(event.header, BatchKind.EARN, event.activity_id),
        BehaviourRecorded: lambda event, _chain, _ledger: _is_of(event.header, BatchKind.BEHAVIOUR, event.activity_id),
    },
)
