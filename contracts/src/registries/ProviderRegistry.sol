// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccountRegistry} from "../interfaces/IAccountRegistry.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {ITransparencyLog} from "../interfaces/ITransparencyLog.sol";
import {OperationLedger} from "../log/OperationLedger.sol";
import {Encodings} from "../types/Encodings.sol";
import {AccountKind, OperationId, OperationKind, ProviderMode, ProviderStatus} from "../types/Types.sol";

/// @title ProviderRegistry
contract ProviderRegistry is IProviderRegistry, OperationLedger {
    IAccountRegistry private immutable _accountRegistry;

    mapping(address account => Provider) private _providers;

    constructor(address initialAuthority, ITransparencyLog log, IAccountRegistry accounts)
        OperationLedger(initialAuthority, log)
    {
        _accountRegistry = accounts;
    }

    /// @inheritdoc IProviderRegistry
    function admit(OperationId operationId, address account, Admission calldata admission, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        // Check:
        _checkAdmission(account, admission);

        // Effect:
        _providers[account] = Provider(admission, ProviderStatus.Active);
        emit ProviderAdmitted(
            account,
            operationId,
            admission.mode,
            admission.applicationHash,
            admission.evaluationHash,
            admission.agreementHash
        );
        _append(operationId, OperationKind.PROVIDER_ADMITTED, Encodings.accountSubject(account), recordHash);
    }

    /// @inheritdoc IProviderRegistry
    function suspend(OperationId operationId, address account, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        _step(account, ProviderStatus.Active, ProviderStatus.Suspended);
        emit ProviderSuspended(account, operationId);
        _append(operationId, OperationKind.PROVIDER_SUSPENDED, Encodings.accountSubject(account), recordHash);
    }

    /// @inheritdoc IProviderRegistry
    function resume(OperationId operationId, address account, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        _step(account, ProviderStatus.Suspended, ProviderStatus.Active);
        emit ProviderResumed(account, operationId);
        _append(operationId, OperationKind.PROVIDER_RESUMED, Encodings.accountSubject(account), recordHash);
    }

    /// @inheritdoc IProviderRegistry
    function close(OperationId operationId, address account, bytes32 recordHash) external restricted once(operationId) {
        // Check:
        ProviderStatus status = _providers[account].status;
        if (!_isAdmitted(status)) revert ProviderRegistry_WrongStatus(account, status, ProviderStatus.Active);

        // Effect:
        _providers[account].status = ProviderStatus.Closed;
        emit ProviderClosed(account, operationId);
        _append(operationId, OperationKind.PROVIDER_CLOSED, Encodings.accountSubject(account), recordHash);
    }

    /// @inheritdoc IProviderRegistry
    function requireActive(address account) external view {
        ProviderStatus status = _providers[account].status;
        if (status != ProviderStatus.Active) revert ProviderRegistry_NotActive(account, status);
        _accountRegistry.requireActive(account);
    }

    /// @inheritdoc IProviderRegistry
    function providerOf(address account) external view returns (Provider memory) {
        return _providers[account];
    }

    function _step(address account, ProviderStatus expected, ProviderStatus next) private {
        // Check:
        ProviderStatus status = _providers[account].status;
        if (status != expected) revert ProviderRegistry_WrongStatus(account, status, expected);

        // Effect:
        _providers[account].status = next;
    }

    /// @dev A closed provider may be admitted again, under new documents: its account and its pool go on.
    function _checkAdmission(address account, Admission calldata admission) private view {
        ProviderStatus status = _providers[account].status;
        if (_isAdmitted(status)) revert ProviderRegistry_AlreadyAdmitted(account, status);
        _accountRegistry.requireActive(account);
        if (_accountRegistry.accountOf(account).kind != AccountKind.Institution) {
            revert ProviderRegistry_NotAnInstitution(account);
        }
        if (admission.mode == ProviderMode.None) revert ProviderRegistry_ModeMissing(account);
        if (admission.applicationHash == 0 || admission.evaluationHash == 0 || admission.agreementHash == 0) {
            revert ProviderRegistry_DocumentMissing(account);
        }
    }

    function _isAdmitted(ProviderStatus status) private pure returns (bool) {
        return status == ProviderStatus.Active || status == ProviderStatus.Suspended;
    }
}
