// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

/// @title The one holder of permissions, under which proposing and confirming stay with two bodies (M11)
interface ISeparatedAccessManager is IAccessManager {
    /// @notice `account` holds (or has been granted with delay) a role that no key may hold beside `given`.
    error SeparatedAccessManager_IncompatibleRoles(address account, uint64 held, uint64 given);

    /// @notice Calls through the manager are closed: a ledger would see the manager instead of the key that acts.
    /// An operation that was scheduled is run by calling its target directly.
    error SeparatedAccessManager_ExecuteClosed();
}
