"""Operations of the activity registry."""

from chain import calls
from chain.composer.base import NO_FIELDS, BaseComposer, Fields, day_text
from chain.operations import Operation
from ledger.ids import ActivityId, Address, Hash32, MethodologyId, OperationId
from ledger.records import Record
from ledger.vocabulary import ActivityKind, OperationKind, Role


class ActivityComposer(BaseComposer):
    """One method per operation of the activity registry."""

    __slots__ = ()

    def register_activity(
        self,
        *,
        operation_id: OperationId,
        code: str,
        kind: ActivityKind,
        methodology_id: MethodologyId,
        operator_account: Address,
        feed_signer: Address,
        crediting_first_day: int,
        crediting_last_day: int,
        facility_id: Hash32,
        pledge_hash: Hash32,
        cap_grams: int,
        fields: Fields = NO_FIELDS,
    ) -> Operation:
        facts = {
            "code": code,
            "activity_kind": kind.label,
            "methodology_id": methodology_id.hex0x,
            "operator_account": operator_account.hex0x,
            "crediting_first_day": day_text(crediting_first_day),
            "crediting_last_day": day_text(crediting_last_day),
            "pledge_hash": pledge_hash.hex0x,
            "cap_gco2e": str(cap_grams),
        }
        record = self._record(OperationKind.ACTIVITY_REGISTERED, operation_id, facts, fields)
        call = calls.register_activity(
            operation_id=operation_id,
            code=code,
            kind=kind,
            methodology_id=methodology_id,
            operator_account=operator_account,
            feed_signer=feed_signer,
            crediting_first_day=crediting_first_day,
            crediting_last_day=crediting_last_day,
            facility_id=facility_id,
            pledge_hash=pledge_hash,
            cap_grams=cap_grams,
            record_hash=record.hash,
        )
        return self._by(Role.REGULATOR, call, record)

    def suspend_activity(
        self, *, operation_id: OperationId, activity_id: ActivityId, fields: Fields = NO_FIELDS
    ) -> Operation:
        record = self._activity_record(OperationKind.ACTIVITY_SUSPENDED, operation_id, activity_id, fields)
        call = calls.suspend_activity(operation_id=operation_id, activity_id=activity_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def resume_activity(
        self, *, operation_id: OperationId, activity_id: ActivityId, fields: Fields = NO_FIELDS
    ) -> Operation:
        record = self._activity_record(OperationKind.ACTIVITY_RESUMED, operation_id, activity_id, fields)
        call = calls.resume_activity(operation_id=operation_id, activity_id=activity_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def close_activity(
        self, *, operation_id: OperationId, activity_id: ActivityId, fields: Fields = NO_FIELDS
    ) -> Operation:
        record = self._activity_record(OperationKind.ACTIVITY_CLOSED, operation_id, activity_id, fields)
        call = calls.close_activity(operation_id=operation_id, activity_id=activity_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def withdraw_activity(
        self, *, operation_id: OperationId, activity_id: ActivityId, fields: Fields = NO_FIELDS
    ) -> Operation:
        record = self._activity_record(OperationKind.ACTIVITY_WITHDRAWN, operation_id, activity_id, fields)
        call = calls.withdraw_activity(operation_id=operation_id, activity_id=activity_id, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def _activity_record(
        self, kind: OperationKind, operation_id: OperationId, activity_id: ActivityId, fields: Fields
    ) -> Record:
        return self._record(kind, operation_id, {"activity_id": activity_id.hex0x}, fields)
