"""Operations of the provider registry."""

from chain import calls
from chain.composer.base import NO_FIELDS, BaseComposer, Fields
from chain.operations import Operation
from ledger.ids import Address, Hash32, OperationId
from ledger.vocabulary import OperationKind, ProviderMode, Role


class ProviderComposer(BaseComposer):
    """One method per operation of the provider registry."""

    __slots__ = ()

    def admit_provider(
        self,
        *,
        operation_id: OperationId,
        account: Address,
        mode: ProviderMode,
        application_hash: Hash32,
        evaluation_hash: Hash32,
        agreement_hash: Hash32,
        fields: Fields = NO_FIELDS,
    ) -> Operation:
        facts = {
            "account": account.hex0x,
            "provider_mode": mode.label,
            "application_hash": application_hash.hex0x,
            "evaluation_hash": evaluation_hash.hex0x,
            "agreement_hash": agreement_hash.hex0x,
        }
        record = self._record(OperationKind.PROVIDER_ADMITTED, operation_id, facts, fields)
        call = calls.admit_provider(
            operation_id=operation_id,
            account=account,
            mode=mode,
            application_hash=application_hash,
            evaluation_hash=evaluation_hash,
            agreement_hash=agreement_hash,
            record_hash=record.hash,
        )
        return self._by(Role.EXCHANGE, call, record)

    def suspend_provider(self, *, operation_id: OperationId, account: Address, fields: Fields = NO_FIELDS) -> Operation:
        record = self._record(OperationKind.PROVIDER_SUSPENDED, operation_id, {"account": account.hex0x}, fields)
        call = calls.suspend_provider(operation_id=operation_id, account=account, record_hash=record.hash)
        return self._by(Role.EXCHANGE, call, record)

    def resume_provider(self, *, operation_id: OperationId, account: Address, fields: Fields = NO_FIELDS) -> Operation:
        record = self._record(OperationKind.PROVIDER_RESUMED, operation_id, {"account": account.hex0x}, fields)
        call = calls.resume_provider(operation_id=operation_id, account=account, record_hash=record.hash)
        return self._by(Role.EXCHANGE, call, record)

    def close_provider(self, *, operation_id: OperationId, account: Address, fields: Fields = NO_FIELDS) -> Operation:
        record = self._record(OperationKind.PROVIDER_CLOSED, operation_id, {"account": account.hex0x}, fields)
        call = calls.close_provider(operation_id=operation_id, account=account, record_hash=record.hash)
        return self._by(Role.EXCHANGE, call, record)
