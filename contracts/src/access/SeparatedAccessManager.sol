// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ISeparatedAccessManager} from "../interfaces/ISeparatedAccessManager.sol";
import {Roles} from "./Roles.sol";
import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

/// @title SeparatedAccessManager
/// @notice OpenZeppelin's AccessManager that never lets one key be technical centre and regulator at once.
contract SeparatedAccessManager is ISeparatedAccessManager, AccessManager {
    constructor(address initialAdmin) AccessManager(initialAdmin) {}

    /// @inheritdoc IAccessManager
    /// @dev Whoever proposed through `execute` would be recorded as the manager and could confirm under the own key.
    /// Nothing is lost: `restricted` consumes a scheduled operation when its target is called directly.
    function execute(address, bytes calldata) public payable override(AccessManager, IAccessManager) returns (uint32) {
        revert SeparatedAccessManager_ExecuteClosed();
    }

    /// @dev Asks for the grant, not for its effect: a grant that waits for its delay already excludes the other role.
    function _grantRole(uint64 roleId, address account, uint32 grantDelay, uint32 executionDelay)
        internal
        override
        returns (bool)
    {
        // Check:
        if (roleId == Roles.REGULATOR) {
            _requireNotGranted(Roles.TECHNICAL_CENTRE, account, roleId);
        } else if (roleId == Roles.TECHNICAL_CENTRE) {
            _requireNotGranted(Roles.REGULATOR, account, roleId);
        }

        // Effect:
        return super._grantRole(roleId, account, grantDelay, executionDelay);
    }

    function _requireNotGranted(uint64 held, address account, uint64 given) private view {
        (uint48 since,,,) = getAccess(held, account);
        if (since != 0) revert SeparatedAccessManager_IncompatibleRoles(account, held, given);
    }
}
