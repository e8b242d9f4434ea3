// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccountRegistry, IHoldings} from "../interfaces/IAccountRegistry.sol";
import {ITransparencyLog} from "../interfaces/ITransparencyLog.sol";
import {OperationLedger} from "../log/OperationLedger.sol";
import {Encodings} from "../types/Encodings.sol";
import {AccountKind, AccountStatus, Custody, OperationId, OperationKind} from "../types/Types.sol";

/// @title AccountRegistry
contract AccountRegistry is IAccountRegistry, OperationLedger {
    mapping(address account => Account) private _accounts;
    mapping(bytes32 identityCommitment => address account) private _accountOfCommitment;
    IHoldings[] private _holdingsSources;

    constructor(address initialAuthority, ITransparencyLog log) OperationLedger(initialAuthority, log) {}

    /// @inheritdoc IAccountRegistry
    function open(
        OperationId operationId,
        address account,
        AccountKind kind,
        Custody custody,
        bytes32 identityCommitment,
        bytes32 recordHash
    ) external restricted once(operationId) {
        // Check:
        if (account == address(0)) revert AccountRegistry_ZeroAccount();
        AccountStatus status = _accounts[account].status;
        if (status != AccountStatus.Unknown) revert AccountRegistry_AlreadyOpened(account, status);
        if (kind == AccountKind.None) revert AccountRegistry_KindMissing(account);
        if (custody == Custody.None) revert AccountRegistry_CustodyMissing(account);
        if (identityCommitment == 0) revert AccountRegistry_CommitmentMissing(account);
        address holder = _accountOfCommitment[identityCommitment];
        if (holder != address(0)) revert AccountRegistry_CommitmentInUse(identityCommitment, holder);
        if (custody == Custody.Platform) _requireCustodyAddress(account, identityCommitment);

        // Effect:
        _accounts[account] = Account(kind, AccountStatus.Active, custody, identityCommitment);
        _accountOfCommitment[identityCommitment] = account;
        emit AccountOpened(account, operationId, kind, custody, identityCommitment);
        _append(operationId, OperationKind.ACCOUNT_OPENED, Encodings.accountSubject(account), recordHash);
    }

    /// @inheritdoc IAccountRegistry
    function freeze(OperationId operationId, address account, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        _step(account, AccountStatus.Active, AccountStatus.Frozen);
        emit AccountFrozen(account, operationId);
        _append(operationId, OperationKind.ACCOUNT_FROZEN, Encodings.accountSubject(account), recordHash);
    }

    /// @inheritdoc IAccountRegistry
    function unfreeze(OperationId operationId, address account, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        _step(account, AccountStatus.Frozen, AccountStatus.Active);
        emit AccountUnfrozen(account, operationId);
        _append(operationId, OperationKind.ACCOUNT_UNFROZEN, Encodings.accountSubject(account), recordHash);
    }

    /// @inheritdoc IAccountRegistry
    function close(OperationId operationId, address account, bytes32 recordHash) external restricted once(operationId) {
        _step(account, AccountStatus.Active, AccountStatus.Closed);
        uint256 held = _heldGrams(account);
        if (held != 0) revert AccountRegistry_StillHolding(account, held);
        emit AccountClosed(account, operationId);
        _append(operationId, OperationKind.ACCOUNT_CLOSED, Encodings.accountSubject(account), recordHash);
    }

    /// @inheritdoc IAccountRegistry
    function addHoldingsSource(IHoldings source) external restricted {
        // Check:
        for (uint256 i = 0; i < _holdingsSources.length; ++i) {
            if (address(_holdingsSources[i]) == address(source)) revert AccountRegistry_SourceKnown(source);
        }

        // Effect:
        _holdingsSources.push(source);
        emit HoldingsSourceAdded(source);
    }

    /// @inheritdoc IAccountRegistry
    function accountOf(address account) external view returns (Account memory) {
        return _accounts[account];
    }

    /// @inheritdoc IAccountRegistry
    function requireActive(address account) external view {
        AccountStatus status = _accounts[account].status;
        if (status != AccountStatus.Active) revert AccountRegistry_NotActive(account, status);
    }

    function _step(address account, AccountStatus expected, AccountStatus next) private {
        // Check:
        AccountStatus status = _accounts[account].status;
        if (status != expected) revert AccountRegistry_WrongStatus(account, status, expected);

        // Effect:
        _accounts[account].status = next;
    }

    function _heldGrams(address account) private view returns (uint256 grams) {
        for (uint256 i = 0; i < _holdingsSources.length; ++i) {
            grams += _holdingsSources[i].heldGrams(account);
        }
    }

    /// @dev An address derived from the commitment is one nobody has a key to: what the platform keeps for somebody
    /// cannot also be moved by a key, and an address with a key cannot be taken into custody.
    function _requireCustodyAddress(address account, bytes32 identityCommitment) private pure {
        address expected = Encodings.custodyAddress(identityCommitment);
        if (account != expected) revert AccountRegistry_NotCustodyAddress(account, expected);
    }
}
