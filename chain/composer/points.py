"""Operations of the point ledger.

A record names what its batch commits to: class, root, total, number of entries and the batch file's hash. The batch's
number is not in it, because the ledger gives it when the batch is anchored.
"""

from chain import calls
from chain.composer.base import NO_FIELDS, BaseComposer, Fields, day_text
from chain.operations import Operation
from ledger.batches import NO_ENTRIES, BatchCommitment, FeedHeader
from ledger.ids import Address, CampaignId, OperationId
from ledger.vocabulary import OperationKind, ReductionClass, Role


class PointComposer(BaseComposer):
    """One method per operation of the point ledger."""

    __slots__ = ()

    def earn_points(
        self, *, operation_id: OperationId, header: FeedHeader, signature: bytes, fields: Fields = NO_FIELDS
    ) -> Operation:
        facts = _of_header(header) | {"quantity_gco2e": str(header.total)}
        record = self._record(OperationKind.POINTS_EARNED, operation_id, facts, fields)
        call = calls.earn_points(operation_id=operation_id, header=header, signature=signature, record_hash=record.hash)
        return self._by(Role.PLATFORM, call, record)

    def record_behaviour(
        self, *, operation_id: OperationId, header: FeedHeader, signature: bytes, fields: Fields = NO_FIELDS
    ) -> Operation:
        """The header's total is behaviour value, which is never grams (M19)."""
        facts = _of_header(header) | {"behaviour_value": str(header.total)}
        record = self._record(OperationKind.BEHAVIOUR_RECORDED, operation_id, facts, fields)
        call = calls.record_behaviour(
            operation_id=operation_id, header=header, signature=signature, record_hash=record.hash
        )
        return self._by(Role.PLATFORM, call, record)

    def redeem_points(
        self,
        *,
        operation_id: OperationId,
        reduction_class: ReductionClass,
        provider: Address,
        commitment: BatchCommitment,
        fields: Fields = NO_FIELDS,
    ) -> Operation:
        facts = {"provider_account": provider.hex0x} | _of_batch(reduction_class, commitment)
        record = self._record(OperationKind.POINTS_REDEEMED, operation_id, facts, fields)
        call = calls.redeem_points(
            operation_id=operation_id,
            reduction_class=reduction_class,
            provider=provider,
            commitment=commitment,
            record_hash=record.hash,
        )
        return self._by(Role.PLATFORM, call, record)

    def donate_points(
        self,
        *,
        operation_id: OperationId,
        reduction_class: ReductionClass,
        campaign_id: CampaignId,
        commitment: BatchCommitment,
        fields: Fields = NO_FIELDS,
    ) -> Operation:
        facts = {"campaign_id": campaign_id.hex0x} | _of_batch(reduction_class, commitment)
        record = self._record(OperationKind.POINTS_DONATED, operation_id, facts, fields)
        call = calls.donate_points(
            operation_id=operation_id,
            reduction_class=reduction_class,
            campaign_id=campaign_id,
            commitment=commitment,
            record_hash=record.hash,
        )
        return self._by(Role.PLATFORM, call, record)

    def cancel_points(
        self,
        *,
        operation_id: OperationId,
        reduction_class: ReductionClass,
        commitment: BatchCommitment,
        fields: Fields = NO_FIELDS,
    ) -> Operation:
        record = self._record(
            OperationKind.POINTS_CANCELLED, operation_id, _of_batch(reduction_class, commitment), fields
        )
        call = calls.cancel_points(
            operation_id=operation_id,
            reduction_class=reduction_class,
            commitment=commitment,
            record_hash=record.hash,
        )
        return self._by(Role.PLATFORM, call, record)

    def correct_points(
        self,
        *,
        operation_id: OperationId,
        batch_number: int,
        grams: int,
        reason: str,
        commitment: BatchCommitment = NO_ENTRIES,
        fields: Fields = NO_FIELDS,
    ) -> Operation:
        """`grams` were over-credited; the commitment takes its total of them back from persons, or nothing."""
        facts = {"batch_number": str(batch_number), "quantity_gco2e": str(grams), "reason": reason}
        if not commitment.is_nothing:
            facts |= _of_entries(commitment) | {"taken_gco2e": str(commitment.total)}
        record = self._record(OperationKind.POINTS_CORRECTED, operation_id, facts, fields)
        call = calls.correct_points(
            operation_id=operation_id,
            batch_number=batch_number,
            grams=grams,
            commitment=commitment,
            record_hash=record.hash,
        )
        return self._by(Role.REGULATOR, call, record)

    def take_snapshot(
        self,
        *,
        operation_id: OperationId,
        reduction_class: ReductionClass,
        after_batch: int,
        commitment: BatchCommitment,
        fields: Fields = NO_FIELDS,
    ) -> Operation:
        facts = {"after_batch": str(after_batch)} | _of_batch(reduction_class, commitment)
        record = self._record(OperationKind.POINTS_SNAPSHOT_TAKEN, operation_id, facts, fields)
        call = calls.take_snapshot(
            operation_id=operation_id,
            reduction_class=reduction_class,
            after_batch=after_batch,
            commitment=commitment,
            record_hash=record.hash,
        )
        return self._by(Role.PLATFORM, call, record)

    def cancel_campaign(
        self,
        *,
        operation_id: OperationId,
        campaign_id: CampaignId,
        reduction_class: ReductionClass,
        fields: Fields = NO_FIELDS,
    ) -> Operation:
        """How much it is, the ledger says: the whole pool."""
        facts = {"campaign_id": campaign_id.hex0x, "class": reduction_class.label}
        record = self._record(OperationKind.CAMPAIGN_CANCELLED, operation_id, facts, fields)
        call = calls.cancel_campaign(
            operation_id=operation_id,
            campaign_id=campaign_id,
            reduction_class=reduction_class,
            record_hash=record.hash,
        )
        return self._by(Role.PLATFORM, call, record)


def _of_entries(commitment: BatchCommitment) -> dict[str, str]:
    return {
        "batch_root": commitment.root.hex0x,
        "entry_count": str(commitment.entry_count),
        "file_hash": commitment.file_hash.hex0x,
    }


def _of_batch(reduction_class: ReductionClass, commitment: BatchCommitment) -> dict[str, str]:
    grams = {"class": reduction_class.label, "quantity_gco2e": str(commitment.total)}
    return grams | _of_entries(commitment)


def _of_header(header: FeedHeader) -> dict[str, str]:
    """All but the total, which is grams or behaviour value."""
    return {
        "activity_id": header.activity_id.hex0x,
        "methodology_id": header.methodology_id.hex0x,
        "class": header.reduction_class.label,
        "sequence": str(header.sequence),
        "period_first_day": day_text(header.first_day),
        "period_last_day": day_text(header.last_day),
        **_of_entries(header.commitment),
    }
