// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OperationId, ProviderMode, ProviderStatus} from "../types/Types.sol";
import {IOperationLedger} from "./IOperationLedger.sol";

/// @title Mall providers: who may receive redeemed points (G5.1, G7)
/// @notice A provider is the account of an institution that the exchange has admitted. The documents stay with the
/// exchange; here stand their hashes.
interface IProviderRegistry is IOperationLedger {
    /// @param mode how the provider takes part (G7.1)
    /// @param applicationHash SHA-256 of the application
    /// @param evaluationHash SHA-256 of the exchange's evaluation
    /// @param agreementHash SHA-256 of the signed agreement
    struct Admission {
        ProviderMode mode;
        bytes32 applicationHash;
        bytes32 evaluationHash;
        bytes32 agreementHash;
    }

    /// @param admission the latest one
    struct Provider {
        Admission admission;
        ProviderStatus status;
    }

    event ProviderAdmitted(
        address indexed account,
        OperationId indexed operationId,
        ProviderMode mode,
        bytes32 applicationHash,
        bytes32 evaluationHash,
        bytes32 agreementHash
    );
    event ProviderSuspended(address indexed account, OperationId indexed operationId);
    event ProviderResumed(address indexed account, OperationId indexed operationId);
    event ProviderClosed(address indexed account, OperationId indexed operationId);

    error ProviderRegistry_AlreadyAdmitted(address account, ProviderStatus status);
    error ProviderRegistry_NotAnInstitution(address account);
    error ProviderRegistry_ModeMissing(address account);
    /// @notice G7: application, evaluation and agreement are all hashed.
    error ProviderRegistry_DocumentMissing(address account);
    /// @notice The provider is not in a status from which this step is allowed (docs/spec/05-points.md §5.5).
    error ProviderRegistry_WrongStatus(address account, ProviderStatus status, ProviderStatus expected);
    /// @notice The provider may not receive points now.
    error ProviderRegistry_NotActive(address account, ProviderStatus status);

    /// @notice Unknown or Closed -> Active. `restricted` to the exchange.
    /// @param account active account of an institution
    function admit(OperationId operationId, address account, Admission calldata admission, bytes32 recordHash) external;

    /// @notice Active -> Suspended. `restricted` to the exchange.
    function suspend(OperationId operationId, address account, bytes32 recordHash) external;

    /// @notice Suspended -> Active. `restricted` to the exchange.
    function resume(OperationId operationId, address account, bytes32 recordHash) external;

    /// @notice Active or Suspended -> Closed; what is left in its pool stays there. `restricted` to the exchange.
    function close(OperationId operationId, address account, bytes32 recordHash) external;

    /// @notice Reverts unless the provider and its account are both active.
    function requireActive(address account) external view;

    /// @notice The provider as stored; status Unknown if never admitted.
    function providerOf(address account) external view returns (Provider memory);
}
