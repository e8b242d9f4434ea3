// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccountKind, AccountStatus, Custody, OperationId} from "../types/Types.sol";
import {IOperationLedger} from "./IOperationLedger.sol";

/// @title A ledger that can say how much an account holds, so that no account is closed over its holdings
interface IHoldings {
    /// @notice Everything that `account` holds here, in g CO2e.
    function heldGrams(address account) external view returns (uint256);
}

/// @title Accounts of institutions and persons (M2, G3.1)
/// @notice An account is an address. Who stands behind it is known here only as a salted commitment (M20).
interface IAccountRegistry is IOperationLedger {
    struct Account {
        AccountKind kind;
        AccountStatus status;
        Custody custody;
        bytes32 identityCommitment;
    }

    event AccountOpened(
        address indexed account,
        OperationId indexed operationId,
        AccountKind kind,
        Custody custody,
        bytes32 identityCommitment
    );
    event AccountFrozen(address indexed account, OperationId indexed operationId);
    event AccountUnfrozen(address indexed account, OperationId indexed operationId);
    event AccountClosed(address indexed account, OperationId indexed operationId);
    event HoldingsSourceAdded(IHoldings indexed source);

    error AccountRegistry_ZeroAccount();
    error AccountRegistry_KindMissing(address account);
    error AccountRegistry_CustodyMissing(address account);
    error AccountRegistry_CommitmentMissing(address account);
    error AccountRegistry_CommitmentInUse(bytes32 identityCommitment, address account);
    /// @notice Under `Custody.Platform` the address is the one derived from the commitment, to which nobody has a key.
    error AccountRegistry_NotCustodyAddress(address account, address expected);
    error AccountRegistry_AlreadyOpened(address account, AccountStatus status);
    /// @notice The account is not in a status from which this step is allowed (docs/spec/02-states.md).
    error AccountRegistry_WrongStatus(address account, AccountStatus status, AccountStatus expected);
    /// @notice The account is unknown, frozen or closed and can take no part in a movement.
    error AccountRegistry_NotActive(address account, AccountStatus status);
    error AccountRegistry_StillHolding(address account, uint256 heldGrams);
    error AccountRegistry_SourceKnown(IHoldings source);

    /// @notice Opens an account. `restricted` to the platform (M7).
    /// @param account address that will hold; under `Custody.Holder` the holder's key, else one nobody has a key to
    /// @param identityCommitment salted commitment to the identity, unique, never zero
    function open(
        OperationId operationId,
        address account,
        AccountKind kind,
        Custody custody,
        bytes32 identityCommitment,
        bytes32 recordHash
    ) external;

    /// @notice Active -> Frozen. `restricted` to the regulator.
    function freeze(OperationId operationId, address account, bytes32 recordHash) external;

    /// @notice Frozen -> Active. `restricted` to the regulator.
    function unfreeze(OperationId operationId, address account, bytes32 recordHash) external;

    /// @notice Active -> Closed, only when the account holds nothing. `restricted` to the platform.
    function close(OperationId operationId, address account, bytes32 recordHash) external;

    /// @notice Names a ledger to be asked before an account is closed. `restricted` to the administrator.
    function addHoldingsSource(IHoldings source) external;

    /// @notice The account as stored; all zero if it was never opened.
    function accountOf(address account) external view returns (Account memory);

    /// @notice Reverts with `AccountRegistry_NotActive` unless the account is active.
    function requireActive(address account) external view;
}
