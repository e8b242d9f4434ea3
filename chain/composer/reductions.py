"""Operations of the reduction ledger."""

from chain import calls
from chain.composer.base import NO_FIELDS, BaseComposer, Fields, day_text
from chain.operations import Operation
from ledger.ids import ActivityId, Address, LotId, OperationId
from ledger.vocabulary import CancellationPurpose, OperationKind, Role


class ReductionComposer(BaseComposer):
    """One method per operation of the reduction ledger."""

    __slots__ = ()

    def propose_issuance(
        self,
        *,
        operation_id: OperationId,
        activity_id: ActivityId,
        first_day: int,
        last_day: int,
        grams: int,
        fields: Fields = NO_FIELDS,
    ) -> Operation:
        facts = {
            "activity_id": activity_id.hex0x,
            "period_first_day": day_text(first_day),
            "period_last_day": day_text(last_day),
            "quantity_gco2e": str(grams),
        }
        record = self._record(OperationKind.ISSUANCE_PROPOSED, operation_id, facts, fields)
        call = calls.propose_issuance(
            operation_id=operation_id,
            activity_id=activity_id,
            first_day=first_day,
            last_day=last_day,
            grams=grams,
            record_hash=record.hash,
        )
        return self._by(Role.TECHNICAL_CENTRE, call, record)

    def confirm_issuance(
        self, *, operation_id: OperationId, proposal_id: OperationId, fields: Fields = NO_FIELDS
    ) -> Operation:
        facts = {"proposal_id": proposal_id.hex0x}
        record = self._record(OperationKind.ISSUANCE_CONFIRMED, operation_id, facts, fields)
        call = calls.confirm_issuance(operation_id=operation_id, proposal_id=proposal_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def reject_issuance(
        self, *, operation_id: OperationId, proposal_id: OperationId, fields: Fields = NO_FIELDS
    ) -> Operation:
        facts = {"proposal_id": proposal_id.hex0x}
        record = self._record(OperationKind.ISSUANCE_REJECTED, operation_id, facts, fields)
        call = calls.reject_issuance(operation_id=operation_id, proposal_id=proposal_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def transfer(
        self,
        *,
        operation_id: OperationId,
        from_account: Address,
        to_account: Address,
        lot_id: LotId,
        grams: int,
        by_holder: bool = False,
        fields: Fields = NO_FIELDS,
    ) -> Operation:
        """Moves grams of a lot; `by_holder`: signed with the account's own key instead of the platform's."""
        facts = {
            "from_account": from_account.hex0x,
            "to_account": to_account.hex0x,
            "lot_id": lot_id.hex0x,
            "quantity_gco2e": str(grams),
        }
        record = self._record(OperationKind.REDUCTION_TRANSFERRED, operation_id, facts, fields)
        if by_holder:
            call = calls.transfer(
                operation_id=operation_id, to=to_account, lot_id=lot_id, grams=grams, record_hash=record.hash
            )
            return Operation(call=call, sender=from_account, record=record)
        call = calls.transfer_for(
            operation_id=operation_id,
            from_account=from_account,
            to=to_account,
            lot_id=lot_id,
            grams=grams,
            record_hash=record.hash,
        )
        return self._by(Role.PLATFORM, call, record)

    def cancel(
        self,
        *,
        operation_id: OperationId,
        account: Address,
        lot_id: LotId,
        grams: int,
        purpose: CancellationPurpose,
        by_holder: bool = False,
        fields: Fields = NO_FIELDS,
    ) -> Operation:
        """Cancels grams of a lot for good; the purpose decides which `fields` are required (spec §1.3)."""
        facts = {
            "account": account.hex0x,
            "lot_id": lot_id.hex0x,
            "quantity_gco2e": str(grams),
            "purpose": purpose.label,
        }
        record = self._record(OperationKind.REDUCTION_CANCELLED, operation_id, facts, fields)
        if by_holder:
            call = calls.cancel(
                operation_id=operation_id, lot_id=lot_id, grams=grams, purpose=purpose, record_hash=record.hash
            )
            return Operation(call=call, sender=account, record=record)
        call = calls.cancel_for(
            operation_id=operation_id,
            account=account,
            lot_id=lot_id,
            grams=grams,
            purpose=purpose,
            record_hash=record.hash,
        )
        return self._by(Role.PLATFORM, call, record)

    def correct(self, *, operation_id: OperationId, lot_id: LotId, grams: int, fields: Fields = NO_FIELDS) -> Operation:
        facts = {"lot_id": lot_id.hex0x, "quantity_gco2e": str(grams)}
        record = self._record(OperationKind.REDUCTION_CORRECTED, operation_id, facts, fields)
        call = calls.correct(operation_id=operation_id, lot_id=lot_id, grams=grams, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def freeze_lot(self, *, operation_id: OperationId, lot_id: LotId, fields: Fields = NO_FIELDS) -> Operation:
        record = self._record(OperationKind.LOT_FROZEN, operation_id, {"lot_id": lot_id.hex0x}, fields)
        call = calls.freeze_lot(operation_id=operation_id, lot_id=lot_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def unfreeze_lot(self, *, operation_id: OperationId, lot_id: LotId, fields: Fields = NO_FIELDS) -> Operation:
        record = self._record(OperationKind.LOT_UNFROZEN, operation_id, {"lot_id": lot_id.hex0x}, fields)
        call = calls.unfreeze_lot(operation_id=operation_id, lot_id=lot_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)
