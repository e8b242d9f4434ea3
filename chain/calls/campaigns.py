"""Calls of the campaign registry."""

from functools import partial

from chain.calls.ledger_function import LedgerFunction
from chain.functions import word_of_uint
from chain.operations import Call, ContractName
from ledger.ids import Address, CampaignId, Hash32, OperationId, RecordHash
from ledger.vocabulary import CancellationPurpose, OperationKind

CAMPAIGN_TYPE = "(string,address,uint8,uint32,bytes32)"

_function = partial(LedgerFunction.of, ContractName.CAMPAIGN_REGISTRY)

OPEN_CAMPAIGN = _function(f"open(bytes32,{CAMPAIGN_TYPE},bytes32)", OperationKind.CAMPAIGN_OPENED)
CLOSE_CAMPAIGN = _function("close(bytes32,bytes32,bytes32)", OperationKind.CAMPAIGN_CLOSED)

FUNCTIONS = (
    OPEN_CAMPAIGN,
    CLOSE_CAMPAIGN,
)
"""Every function here that applies an operation."""


def open_campaign(
    *,
    operation_id: OperationId,
    code: str,
    beneficiary: Address,
    purpose: CancellationPurpose,
    last_day: int,
    document_hash: Hash32,
    record_hash: RecordHash,
) -> Call:
    """Unknown -> Open, by the exchange (G5.3). `last_day`, a civil day, is the last one that takes donations."""
    word_of_uint(32, last_day, "campaign_last_day")
    campaign = (code, beneficiary, int(purpose), last_day, document_hash)
    return OPEN_CAMPAIGN.with_tuple(operation_id, campaign, record_hash)


def close_campaign(*, operation_id: OperationId, campaign_id: CampaignId, record_hash: RecordHash) -> Call:
    """Open -> Closed, by the exchange; its pool is still cancelled for it."""
    return CLOSE_CAMPAIGN(operation_id, record_hash, campaign_id)
