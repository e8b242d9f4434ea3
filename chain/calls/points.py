"""Calls of the point ledger (docs/spec/05-points.md)."""

from functools import partial

from chain.calls.ledger_function import LedgerFunction, check_days, word
from chain.functions import word_of_address, word_of_uint
from chain.operations import Call, ContractName
from ledger.batches import BatchCommitment, FeedHeader
from ledger.ids import Address, CampaignId, OperationId, RecordHash
from ledger.vocabulary import OperationKind, ReductionClass

FEED_HEADER_TYPE = "(uint8,bytes32,bytes32,uint8,uint64,uint32,uint32,bytes32,uint64,uint64,bytes32)"
COMMITMENT_TYPE = "(bytes32,uint64,uint64,bytes32)"

_function = partial(LedgerFunction.of, ContractName.POINT_LEDGER)

EARN_POINTS = _function(f"earn(bytes32,{FEED_HEADER_TYPE},bytes,bytes32)", OperationKind.POINTS_EARNED)
RECORD_BEHAVIOUR = _function(
    f"recordBehaviour(bytes32,{FEED_HEADER_TYPE},bytes,bytes32)", OperationKind.BEHAVIOUR_RECORDED
)
REDEEM_POINTS = _function(f"redeem(bytes32,uint8,address,{COMMITMENT_TYPE},bytes32)", OperationKind.POINTS_REDEEMED)
DONATE_POINTS = _function(f"donate(bytes32,uint8,bytes32,{COMMITMENT_TYPE},bytes32)", OperationKind.POINTS_DONATED)
CANCEL_POINTS = _function(f"cancel(bytes32,uint8,{COMMITMENT_TYPE},bytes32)", OperationKind.POINTS_CANCELLED)
CORRECT_POINTS = _function(f"correct(bytes32,uint64,uint64,{COMMITMENT_TYPE},bytes32)", OperationKind.POINTS_CORRECTED)
TAKE_SNAPSHOT = _function(
    f"takeSnapshot(bytes32,uint8,uint64,{COMMITMENT_TYPE},bytes32)", OperationKind.POINTS_SNAPSHOT_TAKEN
)
CANCEL_CAMPAIGN = _function("cancelCampaign(bytes32,bytes32,uint8,bytes32)", OperationKind.CAMPAIGN_CANCELLED)

FUNCTIONS = (
    EARN_POINTS,
    RECORD_BEHAVIOUR,
    REDEEM_POINTS,
    DONATE_POINTS,
    CANCEL_POINTS,
    CORRECT_POINTS,
    TAKE_SNAPSHOT,
    CANCEL_CAMPAIGN,
)
"""Every function here that applies an operation."""


def earn_points(*, operation_id: OperationId, header: FeedHeader, signature: bytes, record_hash: RecordHash) -> Call:
    """Anchors points that persons earned, signed by the activity's feed signer, by the platform."""
    return EARN_POINTS.encoded(operation_id, record_hash, _header(header), signature)


def record_behaviour(
    *, operation_id: OperationId, header: FeedHeader, signature: bytes, record_hash: RecordHash
) -> Call:
    """Anchors behaviour value, signed by the activity's feed signer, by the platform (M19)."""
    return RECORD_BEHAVIOUR.encoded(operation_id, record_hash, _header(header), signature)


def redeem_points(
    *,
    operation_id: OperationId,
    reduction_class: ReductionClass,
    provider: Address,
    commitment: BatchCommitment,
    record_hash: RecordHash,
) -> Call:
    """Moves points of persons into a provider's pool, by the platform (G6)."""
    words = (word(reduction_class), word_of_address(provider), *_commitment(commitment))
    return REDEEM_POINTS(operation_id, record_hash, *words)


def donate_points(
    *,
    operation_id: OperationId,
    reduction_class: ReductionClass,
    campaign_id: CampaignId,
    commitment: BatchCommitment,
    record_hash: RecordHash,
) -> Call:
    """Moves points of persons into a campaign's pool, by the platform (G5.3)."""
    words = (word(reduction_class), campaign_id, *_commitment(commitment))
    return DONATE_POINTS(operation_id, record_hash, *words)


def cancel_points(
    *,
    operation_id: OperationId,
    reduction_class: ReductionClass,
    commitment: BatchCommitment,
    record_hash: RecordHash,
) -> Call:
    """Cancels points of persons for ever, a certificate number for each entry, by the platform (G5.2)."""
    return CANCEL_POINTS(operation_id, record_hash, word(reduction_class), *_commitment(commitment))


def correct_points(
    *,
    operation_id: OperationId,
    batch_number: int,
    grams: int,
    commitment: BatchCommitment,
    record_hash: RecordHash,
) -> Call:
    """Corrects `grams` g CO2e of an earn batch, by the regulator; the commitment takes its total of them from persons
    (`ledger.batches.NO_ENTRIES` when it takes nothing)."""
    words = (word_of_uint(64, batch_number, "batch_number"), word_of_uint(64, grams, "quantity_gco2e"))
    return CORRECT_POINTS(operation_id, record_hash, *words, *_commitment(commitment))


def take_snapshot(
    *,
    operation_id: OperationId,
    reduction_class: ReductionClass,
    after_batch: int,
    commitment: BatchCommitment,
    record_hash: RecordHash,
) -> Call:
    """Anchors all personal balances of a class as they were after a batch, by the platform."""
    words = (word(reduction_class), word_of_uint(64, after_batch, "after_batch"), *_commitment(commitment))
    return TAKE_SNAPSHOT(operation_id, record_hash, *words)


def cancel_campaign(
    *, operation_id: OperationId, campaign_id: CampaignId, reduction_class: ReductionClass, record_hash: RecordHash
) -> Call:
    """Cancels a campaign's whole pool of a class for it, by the platform."""
    return CANCEL_CAMPAIGN(operation_id, record_hash, campaign_id, word(reduction_class))


def _commitment(commitment: BatchCommitment) -> tuple[bytes, ...]:
    return (
        commitment.root,
        word_of_uint(64, commitment.total, "total"),
        word_of_uint(64, commitment.entry_count, "entry_count"),
        commitment.file_hash,
    )


def _header(header: FeedHeader) -> tuple[object, ...]:
    """As eth-abi takes it, numbers checked first."""
    check_days("period", header.first_day, header.last_day)
    word_of_uint(64, header.sequence, "sequence")
    _commitment(header.commitment)
    return (
        *(int(header.kind), header.activity_id, header.methodology_id, int(header.reduction_class), header.sequence),
        *(header.first_day, header.last_day, header.root, header.total, header.entry_count, header.file_hash),
    )
