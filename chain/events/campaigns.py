"""Events of the campaign registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from chain.events.administration import ON_EVERY_LEDGER
from ledger.vocabulary import CancellationPurpose


class Campaign(NamedTuple):
    """What a campaign was opened with; it takes donations until `last_day`, a civil day, is over."""

    code: str
    beneficiary: bytes
    purpose: CancellationPurpose
    last_day: int
    document_hash: bytes


class CampaignOpened(NamedTuple):
    campaign_id: bytes
    operation_id: bytes
    campaign: Campaign


class CampaignClosed(NamedTuple):
    campaign_id: bytes
    operation_id: bytes


SIGNATURES: Mapping[type[Any], str] = {
    **ON_EVERY_LEDGER,
    CampaignOpened: (
        "CampaignOpened(bytes32 indexed campaignId, bytes32 indexed operationId, "
        "(string,address,uint8,uint32,bytes32) campaign)"
    ),
    CampaignClosed: "CampaignClosed(bytes32 indexed campaignId, bytes32 indexed operationId)",
}
"""The events that the contract can emit."""

DomainEvent = CampaignOpened | CampaignClosed
"""What it says of an operation: each is followed by the operation's `LeafAppended`."""
