// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Roles} from "../../src/access/Roles.sol";
import {ISeparatedAccessManager} from "../../src/interfaces/ISeparatedAccessManager.sol";
import {ActivityId, OperationId} from "../../src/types/Types.sol";
import {Fixture} from "../helpers/Fixture.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";

contract SeparatedAccessManagerTest is Fixture {
    address private key = account("key");

    function test_GrantRole_RevertWhen_TechnicalCentreBecomesRegulator() external {
        _expectIncompatible(centre, Roles.TECHNICAL_CENTRE, Roles.REGULATOR);
        vm.prank(admin);
        manager.grantRole(Roles.REGULATOR, centre, 0);
        assertFalse(_has(Roles.REGULATOR, centre));
    }

    function test_GrantRole_RevertWhen_RegulatorBecomesTechnicalCentre() external {
        _expectIncompatible(regulator, Roles.REGULATOR, Roles.TECHNICAL_CENTRE);
        vm.prank(admin);
        manager.grantRole(Roles.TECHNICAL_CENTRE, regulator, 0);
        assertFalse(_has(Roles.TECHNICAL_CENTRE, regulator));
    }

    function test_GrantRole_RevertWhen_OtherRoleNotInEffectYet() external {
        vm.startPrank(admin);
        manager.setGrantDelay(Roles.TECHNICAL_CENTRE, 30 days);
        vm.warp(block.timestamp + manager.minSetback());
        manager.grantRole(Roles.TECHNICAL_CENTRE, key, 0);
        assertFalse(_has(Roles.TECHNICAL_CENTRE, key));

        _expectIncompatible(key, Roles.TECHNICAL_CENTRE, Roles.REGULATOR);
        manager.grantRole(Roles.REGULATOR, key, 0);
    }

    function test_GrantRole_RevertWhen_BothInOneMulticall() external {
        bytes[] memory grants = new bytes[](2);
        grants[0] = abi.encodeCall(IAccessManager.grantRole, (Roles.REGULATOR, key, 0));
        grants[1] = abi.encodeCall(IAccessManager.grantRole, (Roles.TECHNICAL_CENTRE, key, 0));
        _expectIncompatible(key, Roles.REGULATOR, Roles.TECHNICAL_CENTRE);
        vm.prank(admin);
        manager.multicall(grants);
        assertFalse(_has(Roles.REGULATOR, key));
    }

    function test_GrantRole_WhenOtherRoleRevoked() external {
        vm.startPrank(admin);
        manager.revokeRole(Roles.TECHNICAL_CENTRE, centre);
        manager.grantRole(Roles.REGULATOR, centre, 0);
        assertTrue(_has(Roles.REGULATOR, centre));
    }

    function test_GrantRole_WhenOtherRoleRenounced() external {
        vm.prank(regulator);
        manager.renounceRole(Roles.REGULATOR, regulator);
        vm.prank(admin);
        manager.grantRole(Roles.TECHNICAL_CENTRE, regulator, 0);
        assertTrue(_has(Roles.TECHNICAL_CENTRE, regulator));
    }

    function test_GrantRole_WhenSameRoleAgain() external {
        vm.startPrank(admin);
        manager.grantRole(Roles.REGULATOR, regulator, 1 hours);
        manager.grantRole(Roles.TECHNICAL_CENTRE, centre, 1 hours);
        (, uint32 delay) = manager.hasRole(Roles.REGULATOR, regulator);
        assertEq(delay, 1 hours);
    }

    function test_GrantRole_WhenAnyOtherTwoRoles() external {
        vm.startPrank(admin);
        manager.grantRole(Roles.PLATFORM, regulator, 0);
        manager.grantRole(Roles.EXCHANGE, centre, 0);
        manager.grantRole(Roles.LEDGER, centre, 0);
        assertTrue(_has(Roles.PLATFORM, regulator));
        assertTrue(_has(Roles.EXCHANGE, centre));
        assertTrue(_has(Roles.LEDGER, centre));
    }

    function test_Execute_RevertWhen_CalledByAnyone() external {
        bytes memory proposal = _proposal(op());
        address[4] memory callers = [admin, regulator, centre, stranger];
        for (uint256 i = 0; i < callers.length; ++i) {
            vm.expectRevert(ISeparatedAccessManager.SeparatedAccessManager_ExecuteClosed.selector);
            vm.prank(callers[i]);
            manager.execute(address(ledger), proposal);
        }
    }

    function test_Execute_WhenScheduled_RunsDirectly() external {
        ActivityId activity = register(projectOf("PV-1"));
        assertEq(ActivityId.unwrap(activity), ActivityId.unwrap(_activity()));
        vm.prank(admin);
        manager.grantRole(Roles.TECHNICAL_CENTRE, key, 1 hours);
        OperationId proposalId = op();
        bytes memory proposal = _proposal(proposalId);

        vm.prank(key);
        manager.schedule(address(ledger), proposal, 0);
        vm.warp(block.timestamp + 1 hours);
        vm.prank(key);
        (bool done,) = address(ledger).call(proposal);
        assertTrue(done);
        assertEq(ledger.proposalOf(proposalId).proposer, key);
    }

    function _proposal(OperationId proposalId) private view returns (bytes memory) {
        return abi.encodeCall(ledger.proposeIssuance, (proposalId, _activity(), day(19_500), day(19_501), 1, RECORD));
    }

    function _activity() private pure returns (ActivityId) {
        return ActivityId.wrap(sha256(bytes.concat(hex"32010004", "PV-1")));
    }

    function _has(uint64 role, address holder) private view returns (bool member) {
        (member,) = manager.hasRole(role, holder);
    }

    function _expectIncompatible(address holder, uint64 has, uint64 given) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                ISeparatedAccessManager.SeparatedAccessManager_IncompatibleRoles.selector, holder, has, given
            )
        );
    }
}
