"""Accounts of the model, check by check as AccountRegistry has them."""

from __future__ import annotations

from dataclasses import replace

from ledger import encoding, refusals
from ledger.ids import Address, IdentityCommitment, OperationId, RecordHash
from ledger.model.operations import Operations, operation
from ledger.model.state import Account, Leaf
from ledger.vocabulary import AccountKind, AccountStatus, Custody, OperationKind, Role

_UNKNOWN_ACCOUNT = Account()


class Accounts(Operations):
    """AccountRegistry."""

    def account(self, address: Address) -> Account:
        """The account as stored; status UNKNOWN if it was never opened."""
        return self._books.accounts.get(address) or _UNKNOWN_ACCOUNT

    def held_grams(self, address: Address) -> int:
        """What the account holds of all lots, in g CO2e."""
        return self._books.held_grams.get(address) or 0

    @operation(Role.PLATFORM)
    def open_account(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        account: Address,
        kind: AccountKind,
        custody: Custody,
        identity_commitment: IdentityCommitment,
        record_hash: RecordHash,
    ) -> Leaf:
        """Unknown -> Active."""
        self._check_opening(account, kind, custody, identity_commitment)
        leaf = self._append_account(OperationKind.ACCOUNT_OPENED, operation_id, account, record_hash)
        self._books.accounts[account] = Account(
            kind=kind, status=AccountStatus.ACTIVE, custody=custody, identity_commitment=identity_commitment
        )
        self._books.account_of_commitment[identity_commitment] = account
        return leaf

    @operation(Role.REGULATOR)
    def freeze_account(
        self, *, sender: Address, operation_id: OperationId, account: Address, record_hash: RecordHash
    ) -> Leaf:
        """Active -> Frozen."""
        return self._step_account(
            OperationKind.ACCOUNT_FROZEN,
            AccountStatus.ACTIVE,
            AccountStatus.FROZEN,
            operation_id=operation_id,
            account=account,
            record_hash=record_hash,
        )

    @operation(Role.REGULATOR)
    def unfreeze_account(
        self, *, sender: Address, operation_id: OperationId, account: Address, record_hash: RecordHash
    ) -> Leaf:
        """Frozen -> Active."""
        return self._step_account(
            OperationKind.ACCOUNT_UNFROZEN,
            AccountStatus.FROZEN,
            AccountStatus.ACTIVE,
            operation_id=operation_id,
            account=account,
            record_hash=record_hash,
        )

    @operation(Role.PLATFORM)
    def close_account(
        self, *, sender: Address, operation_id: OperationId, account: Address, record_hash: RecordHash
    ) -> Leaf:
        """Active -> Closed, only when the account holds nothing."""
        self._require_account_status(account, AccountStatus.ACTIVE)
        if held := self._all_held_grams(account):
            raise refusals.AccountRegistry_StillHolding(account, held)
        return self._step_account(
            OperationKind.ACCOUNT_CLOSED,
            AccountStatus.ACTIVE,
            AccountStatus.CLOSED,
            operation_id=operation_id,
            account=account,
            record_hash=record_hash,
        )

    def _all_held_grams(self, account: Address) -> int:
        """What all sources of holdings say; each adds its own."""
        return self.held_grams(account)

    def _check_opening(
        self, account: Address, kind: AccountKind, custody: Custody, identity_commitment: IdentityCommitment
    ) -> None:
        if account.is_zero:
            raise refusals.AccountRegistry_ZeroAccount
        status = self.account(account).status
        if status is not AccountStatus.UNKNOWN:
            raise refusals.AccountRegistry_AlreadyOpened(account, status)
        if kind is AccountKind.NONE:
            raise refusals.AccountRegistry_KindMissing(account)
        if custody is Custody.NONE:
            raise refusals.AccountRegistry_CustodyMissing(account)
        if identity_commitment.is_zero:
            raise refusals.AccountRegistry_CommitmentMissing(account)
        if holder := self._books.account_of_commitment.get(identity_commitment):
            raise refusals.AccountRegistry_CommitmentInUse(identity_commitment, holder)
        expected = encoding.custody_address(identity_commitment)
        if custody is Custody.PLATFORM and account != expected:
            raise refusals.AccountRegistry_NotCustodyAddress(account, expected)

    def _step_account(
        self,
        kind: OperationKind,
        expected: AccountStatus,
        status: AccountStatus,
        *,
        operation_id: OperationId,
        account: Address,
        record_hash: RecordHash,
    ) -> Leaf:
        self._require_account_status(account, expected)
        leaf = self._append_account(kind, operation_id, account, record_hash)
        self._books.accounts[account] = replace(self.account(account), status=status)
        return leaf

    def _append_account(
        self, kind: OperationKind, operation_id: OperationId, account: Address, record_hash: RecordHash
    ) -> Leaf:
        return self._append(
            ledger=self.contracts.account_registry,
            kind=kind,
            operation_id=operation_id,
            subject=account.padded,
            record_hash=record_hash,
        )

    def _require_account_status(self, account: Address, expected: AccountStatus) -> None:
        status = self.account(account).status
        if status is not expected:
            raise refusals.AccountRegistry_WrongStatus(account, status, expected)

    def _require_active(self, account: Address) -> None:
        status = self.account(account).status
        if status is not AccountStatus.ACTIVE:
            raise refusals.AccountRegistry_NotActive(account, status)
