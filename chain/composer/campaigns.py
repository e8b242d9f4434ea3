"""Operations of the campaign registry."""

from chain import calls
from chain.composer.base import NO_FIELDS, BaseComposer, Fields, day_text
from chain.operations import Operation
from ledger.ids import Address, CampaignId, Hash32, OperationId
from ledger.vocabulary import CancellationPurpose, OperationKind, Role


class CampaignComposer(BaseComposer):
    """One method per operation of the campaign registry."""

    __slots__ = ()

    def open_campaign(
        self,
        *,
        operation_id: OperationId,
        code: str,
        beneficiary: Address,
        purpose: CancellationPurpose,
        last_day: int,
        document_hash: Hash32,
        fields: Fields = NO_FIELDS,
    ) -> Operation:
        """The record says the beneficiary's account; a name goes into `fields`."""
        facts = {
            "code": code,
            "beneficiary_account": beneficiary.hex0x,
            "purpose": purpose.label,
            "campaign_last_day": day_text(last_day),
            "document_hash": document_hash.hex0x,
        }
        record = self._record(OperationKind.CAMPAIGN_OPENED, operation_id, facts, fields)
        call = calls.open_campaign(
            operation_id=operation_id,
            code=code,
            beneficiary=beneficiary,
            purpose=purpose,
            last_day=last_day,
            document_hash=document_hash,
            record_hash=record.hash,
        )
        return self._by(Role.EXCHANGE, call, record)

    def close_campaign(
        self, *, operation_id: OperationId, campaign_id: CampaignId, fields: Fields = NO_FIELDS
    ) -> Operation:
        record = self._record(OperationKind.CAMPAIGN_CLOSED, operation_id, {"campaign_id": campaign_id.hex0x}, fields)
        call = calls.close_campaign(operation_id=operation_id, campaign_id=campaign_id, record_hash=record.hash)
        return self._by(Role.EXCHANGE, call, record)
