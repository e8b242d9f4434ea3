"""Events of the point ledger (docs/spec/05-points.md). One point is one gram; behaviour value is never grams."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from chain.events.administration import ON_EVERY_LEDGER
from ledger.vocabulary import BatchKind, CancellationPurpose, ReductionClass


class BatchCommitment(NamedTuple):
    """The entries of a batch: root and total of their sum tree, their number, SHA-256 of the batch file."""

    root: bytes
    total: int
    entry_count: int
    file_hash: bytes


class FeedHeader(NamedTuple):
    """What the activity's operator signed. Days are civil days, both ends inclusive."""

    kind: BatchKind
    activity_id: bytes
    methodology_id: bytes
    reduction_class: ReductionClass
    sequence: int
    first_day: int
    last_day: int
    root: bytes
    total: int
    entry_count: int
    file_hash: bytes

    @property
    def commitment(self) -> BatchCommitment:
        """What the header says of the entries."""
        return BatchCommitment(self.root, self.total, self.entry_count, self.file_hash)


class PointsEarned(NamedTuple):
    batch_number: int
    operation_id: bytes
    activity_id: bytes
    header: FeedHeader
    withheld_grams: int
    """First grams of the batch, which filled the deficit of the activity's debtor and were credited to nobody."""
    personal_after: int


class BehaviourRecorded(NamedTuple):
    """The header's total is behaviour value."""

    batch_number: int
    operation_id: bytes
    activity_id: bytes
    header: FeedHeader


class PointsRedeemed(NamedTuple):
    batch_number: int
    operation_id: bytes
    provider: bytes
    reduction_class: ReductionClass
    commitment: BatchCommitment
    bought_back_grams: int
    """What left the provider's pool as the lot of the `PointsBoughtBack` just before."""
    personal_after: int


class PointsDonated(NamedTuple):
    batch_number: int
    operation_id: bytes
    campaign_id: bytes
    reduction_class: ReductionClass
    commitment: BatchCommitment
    personal_after: int


class PointsCancelled(NamedTuple):
    batch_number: int
    operation_id: bytes
    reduction_class: ReductionClass
    commitment: BatchCommitment
    first_certificate: int
    """Certificate number of the first entry; entry i, counted from 0, has this + i."""
    personal_after: int


class PointsCorrected(NamedTuple):
    """`grams` of an earn batch were over-credited; the commitment's total of them was taken from persons, the rest
    joined the deficit of the activity's debtor. A commitment of zeros says that nothing was taken."""

    batch_number: int
    operation_id: bytes
    corrected_batch: int
    reduction_class: ReductionClass
    grams: int
    commitment: BatchCommitment
    personal_after: int


class SnapshotTaken(NamedTuple):
    batch_number: int
    operation_id: bytes
    after_batch: int
    reduction_class: ReductionClass
    commitment: BatchCommitment


class CampaignPoolCancelled(NamedTuple):
    campaign_id: bytes
    operation_id: bytes
    certificate_number: int
    reduction_class: ReductionClass
    purpose: CancellationPurpose
    grams: int


HEADER = "(uint8,bytes32,bytes32,uint8,uint64,uint32,uint32,bytes32,uint64,uint64,bytes32)"
COMMITMENT = "(bytes32,uint64,uint64,bytes32)"

SIGNATURES: Mapping[type[Any], str] = {
    **ON_EVERY_LEDGER,
    PointsEarned: (
        "PointsEarned(uint64 indexed batchNumber, bytes32 indexed operationId, bytes32 indexed activityId, "
        f"{HEADER} header, uint64 withheldGrams, uint128 personalAfter)"
    ),
    BehaviourRecorded: (
        "BehaviourRecorded(uint64 indexed batchNumber, bytes32 indexed operationId, bytes32 indexed activityId, "
        f"{HEADER} header)"
    ),
    PointsRedeemed: (
        "PointsRedeemed(uint64 indexed batchNumber, bytes32 indexed operationId, address indexed provider, "
        f"uint8 class, {COMMITMENT} commitment, uint128 boughtBackGrams, uint128 personalAfter)"
    ),
    PointsDonated: (
        "PointsDonated(uint64 indexed batchNumber, bytes32 indexed operationId, bytes32 indexed campaignId, "
        f"uint8 class, {COMMITMENT} commitment, uint128 personalAfter)"
    ),
    PointsCancelled: (
        "PointsCancelled(uint64 indexed batchNumber, bytes32 indexed operationId, "
        f"uint8 class, {COMMITMENT} commitment, uint64 firstCertificate, uint128 personalAfter)"
    ),
    PointsCorrected: (
        "PointsCorrected(uint64 indexed batchNumber, bytes32 indexed operationId, uint64 indexed correctedBatch, "
        f"uint8 class, uint64 grams, {COMMITMENT} commitment, uint128 personalAfter)"
    ),
    SnapshotTaken: (
        "SnapshotTaken(uint64 indexed batchNumber, bytes32 indexed operationId, uint64 indexed afterBatch, "
        f"uint8 class, {COMMITMENT} commitment)"
    ),
    CampaignPoolCancelled: (
        "CampaignPoolCancelled(bytes32 indexed campaignId, bytes32 indexed operationId, "
        "uint64 indexed certificateNumber, uint8 class, uint8 purpose, uint128 grams)"
    ),
}
"""The events that the contract can emit."""

DomainEvent = (
    PointsEarned
    | BehaviourRecorded
    | PointsRedeemed
    | PointsDonated
    | PointsCancelled
    | PointsCorrected
    | SnapshotTaken
    | CampaignPoolCancelled
)
"""What it says of an operation: each is followed by the operation's `LeafAppended`."""
