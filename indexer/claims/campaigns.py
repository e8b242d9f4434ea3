"""Claims of the campaign registry."""

from chain.events import CampaignClosed, CampaignOpened
from indexer.claims.claim import ContractClaims, about
from ledger import encoding
from ledger.vocabulary import OperationKind


def _campaign_follows(event: CampaignOpened, _chain_id: int, _ledger: bytes) -> bool:
    return event.campaign_id == encoding.campaign_id(code=event.campaign.code)


CLAIMS = ContractClaims(
    claims={
        CampaignOpened: about(OperationKind.CAMPAIGN_OPENED, "campaign_id"),
        CampaignClosed: about(OperationKind.CAMPAIGN_CLOSED, "campaign_id"),
    },
    derivations={CampaignOpened: _campaign_follows},
)
