"""Campaigns of the model, check by check as CampaignRegistry has them."""

from __future__ import annotations

from dataclasses import replace

from ledger import encoding, refusals
from ledger.ids import Address, CampaignId, Hash32, OperationId, RecordHash
from ledger.model.accounts import Accounts
from ledger.model.operations import operation
from ledger.model.point_state import Campaign
from ledger.model.state import Leaf
from ledger.units import MAX_CIVIL_DAY
from ledger.vocabulary import CampaignStatus, CancellationPurpose, OperationKind, Role

_PURPOSES = {CancellationPurpose.EVENT_NEUTRALITY, CancellationPurpose.VOLUNTARY_OFFSET}


class Campaigns(Accounts):
    """CampaignRegistry."""

    def campaign(self, campaign_id: CampaignId) -> Campaign | None:
        """The campaign as stored, or None if it was never opened."""
        return self._books.campaigns.get(campaign_id)

    @operation(Role.EXCHANGE)
    def open_campaign(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        code: str,
        beneficiary: Address,
        purpose: CancellationPurpose,
        last_day: int,
        document_hash: Hash32,
        record_hash: RecordHash,
    ) -> Leaf:
        """Unknown -> Open."""
        campaign = Campaign(
            code=code, beneficiary=beneficiary, purpose=purpose, last_day=last_day, document_hash=document_hash
        )
        campaign_id = self._check_campaign(campaign)
        leaf = self._append_campaign(OperationKind.CAMPAIGN_OPENED, operation_id, campaign_id, record_hash)
        self._books.campaigns[campaign_id] = campaign
        return leaf

    @operation(Role.EXCHANGE)
    def close_campaign(
        self, *, sender: Address, operation_id: OperationId, campaign_id: CampaignId, record_hash: RecordHash
    ) -> Leaf:
        """Open -> Closed; its pool is still cancelled for it."""
        campaign = self.campaign(campaign_id)
        status = self._campaign_status(campaign_id)
        if campaign is None or status is not CampaignStatus.OPEN:
            raise refusals.CampaignRegistry_WrongStatus(campaign_id, status, CampaignStatus.OPEN)
        leaf = self._append_campaign(OperationKind.CAMPAIGN_CLOSED, operation_id, campaign_id, record_hash)
        self._books.campaigns[campaign_id] = replace(campaign, status=CampaignStatus.CLOSED)
        return leaf

    def _check_campaign(self, campaign: Campaign) -> CampaignId:
        if not encoding.is_code(campaign.code):
            raise refusals.CampaignRegistry_CodeMalformed(campaign.code)
        campaign_id = encoding.campaign_id(code=campaign.code)
        status = self._campaign_status(campaign_id)
        if status is not CampaignStatus.UNKNOWN:
            raise refusals.CampaignRegistry_AlreadyOpened(campaign_id, status)
        self._require_active(campaign.beneficiary)
        if campaign.purpose not in _PURPOSES:
            raise refusals.CampaignRegistry_PurposeNotAllowed(campaign_id, campaign.purpose)
        if campaign.last_day > MAX_CIVIL_DAY:
            raise refusals.CampaignRegistry_DayTooFar(campaign.last_day, MAX_CIVIL_DAY)
        self._require_not_ended(campaign_id, campaign.last_day)
        if campaign.document_hash.is_zero:
            raise refusals.CampaignRegistry_DocumentMissing(campaign_id)
        return campaign_id

    def _require_open(self, campaign_id: CampaignId) -> None:
        campaign = self.campaign(campaign_id)
        status = self._campaign_status(campaign_id)
        if campaign is None or status is not CampaignStatus.OPEN:
            raise refusals.CampaignRegistry_NotOpen(campaign_id, status)
        self._require_not_ended(campaign_id, campaign.last_day)

    def _require_not_ended(self, campaign_id: CampaignId, last_day: int) -> None:
        if self.today > last_day:
            raise refusals.CampaignRegistry_Ended(campaign_id, last_day, self.today)

    def _campaign_status(self, campaign_id: CampaignId) -> CampaignStatus:
        campaign = self.campaign(campaign_id)
        return CampaignStatus.UNKNOWN if campaign is None else campaign.status

    def _append_campaign(
        self, kind: OperationKind, operation_id: OperationId, campaign_id: CampaignId, record_hash: RecordHash
    ) -> Leaf:
        return self._append(
            ledger=self.contracts.campaign_registry,
            kind=kind,
            operation_id=operation_id,
            subject=campaign_id,
            record_hash=record_hash,
        )
