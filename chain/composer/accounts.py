"""Operations of the account registry."""

from chain import calls
from chain.composer.base import NO_FIELDS, BaseComposer, Fields
from chain.operations import Operation
from ledger.ids import Address, IdentityCommitment, OperationId
from ledger.vocabulary import AccountKind, Custody, OperationKind, Role


class AccountComposer(BaseComposer):
    """One method per operation of the account registry."""

    __slots__ = ()

    def open_account(
        self,
        *,
        operation_id: OperationId,
        account: Address,
        kind: AccountKind,
        custody: Custody,
        identity_commitment: IdentityCommitment,
        fields: Fields = NO_FIELDS,
    ) -> Operation:
        record = self._record(
            OperationKind.ACCOUNT_OPENED,
            operation_id,
            {"account": account.hex0x, "account_kind": kind.label, "custody": custody.label},
            fields,
        )
        call = calls.open_account(
            operation_id=operation_id,
            account=account,
            kind=kind,
            custody=custody,
            identity_commitment=identity_commitment,
            record_hash=record.hash,
        )
        return self._by(Role.PLATFORM, call, record)

    def freeze_account(self, *, operation_id: OperationId, account: Address, fields: Fields = NO_FIELDS) -> Operation:
        record = self._record(OperationKind.ACCOUNT_FROZEN, operation_id, {"account": account.hex0x}, fields)
        call = calls.freeze_account(operation_id=operation_id, account=account, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def unfreeze_account(self, *, operation_id: OperationId, account: Address, fields: Fields = NO_FIELDS) -> Operation:
        record = self._record(OperationKind.ACCOUNT_UNFROZEN, operation_id, {"account": account.hex0x}, fields)
        call = calls.unfreeze_account(operation_id=operation_id, account=account, record_hash=record.hash)
        return self._by(Role.REGULATOR, call, record)

    def close_account(self, *, operation_id: OperationId, account: Address, fields: Fields = NO_FIELDS) -> Operation:
        record = self._record(OperationKind.ACCOUNT_CLOSED, operation_id, {"account": account.hex0x}, fields)
        call = calls.close_account(operation_id=operation_id, account=account, record_hash=record.hash)
        return self._by(Role.PLATFORM, call, record)
