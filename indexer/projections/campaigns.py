"""What the events of the campaign registry become."""

from chain import events
from indexer import schema
from indexer.projections.growth import ContractProjection, Growth
from ledger.vocabulary import CampaignStatus, OperationKind

_STATUSES = {
    OperationKind.CAMPAIGN_OPENED: CampaignStatus.OPEN,
    OperationKind.CAMPAIGN_CLOSED: CampaignStatus.CLOSED,
}


def _opened(growth: Growth, leaf: int, event: events.CampaignOpened) -> None:
    campaign = event.campaign
    row = {
        "campaign_id": event.campaign_id,
        "code": campaign.code,
        "beneficiary": campaign.beneficiary,
        "purpose": int(campaign.purpose),
        "last_day": campaign.last_day,
        "document_hash": campaign.document_hash,
        "status": int(_STATUSES[OperationKind.CAMPAIGN_OPENED]),
        "opened_leaf_index": leaf,
    }
    growth.add_thing(schema.campaigns, event.campaign_id, row, leaf)


PROJECTION = ContractProjection(
    things={schema.campaigns: schema.campaigns.c.opened_leaf_index},
    handlers={events.CampaignOpened: _opened},
    statuses={schema.campaigns: _STATUSES},
)
