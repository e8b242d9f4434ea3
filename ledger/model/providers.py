"""Mall providers of the model, check by check as ProviderRegistry has them."""

from __future__ import annotations

from dataclasses import replace

from ledger import refusals
from ledger.ids import Address, Hash32, OperationId, RecordHash
from ledger.model.accounts import Accounts
from ledger.model.operations import operation
from ledger.model.point_state import Provider
from ledger.model.state import Leaf
from ledger.vocabulary import AccountKind, OperationKind, ProviderMode, ProviderStatus, Role

_UNKNOWN_PROVIDER = Provider()
_ADMITTED = {ProviderStatus.ACTIVE, ProviderStatus.SUSPENDED}


class Providers(Accounts):
    """ProviderRegistry."""

    def provider(self, account: Address) -> Provider:
        """The provider as stored; status UNKNOWN if it was never admitted."""
        return self._books.providers.get(account) or _UNKNOWN_PROVIDER

    @operation(Role.EXCHANGE)
    def admit_provider(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        account: Address,
        mode: ProviderMode,
        application_hash: Hash32,
        evaluation_hash: Hash32,
        agreement_hash: Hash32,
        record_hash: RecordHash,
    ) -> Leaf:
        """Unknown or Closed -> Active."""
        self._check_admission(account, mode, (application_hash, evaluation_hash, agreement_hash))
        leaf = self._append_provider(OperationKind.PROVIDER_ADMITTED, operation_id, account, record_hash)
        self._books.providers[account] = Provider(
            mode=mode,
            application_hash=application_hash,
            evaluation_hash=evaluation_hash,
            agreement_hash=agreement_hash,
            status=ProviderStatus.ACTIVE,
        )
        return leaf

    @operation(Role.EXCHANGE)
    def suspend_provider(
        self, *, sender: Address, operation_id: OperationId, account: Address, record_hash: RecordHash
    ) -> Leaf:
        """Active -> Suspended."""
        self._require_provider_status(account, ProviderStatus.ACTIVE)
        leaf = self._append_provider(OperationKind.PROVIDER_SUSPENDED, operation_id, account, record_hash)
        self._books.providers[account] = replace(self.provider(account), status=ProviderStatus.SUSPENDED)
        return leaf

    @operation(Role.EXCHANGE)
    def resume_provider(
        self, *, sender: Address, operation_id: OperationId, account: Address, record_hash: RecordHash
    ) -> Leaf:
        """Suspended -> Active."""
        self._require_provider_status(account, ProviderStatus.SUSPENDED)
        leaf = self._append_provider(OperationKind.PROVIDER_RESUMED, operation_id, account, record_hash)
        self._books.providers[account] = replace(self.provider(account), status=ProviderStatus.ACTIVE)
        return leaf

    @operation(Role.EXCHANGE)
    def close_provider(
        self, *, sender: Address, operation_id: OperationId, account: Address, record_hash: RecordHash
    ) -> Leaf:
        """Active or Suspended -> Closed; what is left in its pool stays there."""
        status = self.provider(account).status
        if status not in _ADMITTED:
            raise refusals.ProviderRegistry_WrongStatus(account, status, ProviderStatus.ACTIVE)
        leaf = self._append_provider(OperationKind.PROVIDER_CLOSED, operation_id, account, record_hash)
        self._books.providers[account] = replace(self.provider(account), status=ProviderStatus.CLOSED)
        return leaf

    def _check_admission(self, account: Address, mode: ProviderMode, documents: tuple[Hash32, ...]) -> None:
        status = self.provider(account).status
        if status in _ADMITTED:
            raise refusals.ProviderRegistry_AlreadyAdmitted(account, status)
        self._require_active(account)
        if self.account(account).kind is not AccountKind.INSTITUTION:
            raise refusals.ProviderRegistry_NotAnInstitution(account)
        if mode is ProviderMode.NONE:
            raise refusals.ProviderRegistry_ModeMissing(account)
        if any(document.is_zero for document in documents):
            raise refusals.ProviderRegistry_DocumentMissing(account)

    def _require_active_provider(self, account: Address) -> None:
        status = self.provider(account).status
        if status is not ProviderStatus.ACTIVE:
            raise refusals.ProviderRegistry_NotActive(account, status)
        self._require_active(account)

    def _require_provider_status(self, account: Address, expected: ProviderStatus) -> None:
        status = self.provider(account).status
        if status is not expected:
            raise refusals.ProviderRegistry_WrongStatus(account, status, expected)

    def _append_provider(
        self, kind: OperationKind, operation_id: OperationId, account: Address, record_hash: RecordHash
    ) -> Leaf:
        return self._append(
            ledger=self.contracts.provider_registry,
            kind=kind,
            operation_id=operation_id,
            subject=account.padded,
            record_hash=record_hash,
        )
