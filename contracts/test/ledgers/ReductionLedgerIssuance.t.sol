// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Roles} from "../../src/access/Roles.sol";
import {IAccountRegistry} from "../../src/interfaces/IAccountRegistry.sol";
import {IActivityRegistry} from "../../src/interfaces/IActivityRegistry.sol";
import {IReductionLedger} from "../../src/interfaces/IReductionLedger.sol";
import {
    AccountStatus,
    ActivityId,
    ActivityStatus,
    LotId,
    MethodologyId,
    OperationId,
    OperationKind,
    ProposalStatus,
    ReductionClass
} from "../../src/types/Types.sol";
import {Fixture} from "../helpers/Fixture.sol";

contract ReductionLedgerIssuanceTest is Fixture {
    uint128 private constant LAST_SERIAL = 2 ** 63 - 1;

    ActivityId private project;
    OperationId private proposal;

    function setUp() public override {
        super.setUp();
        project = register(projectOf("PV-1"));
        proposal = propose(project, 19_500, 19_510, 1000);
    }

    // -------------------------------------------------------------------------------------------------------- propose

    function test_Propose_RevertWhen_RulesRefuse() external {
        vm.expectRevert(
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_CapExceeded.selector, project, CAP, 0, CAP + 1)
        );
        propose(project, 19_600, 19_601, CAP + 1);
        suspend(project);
        vm.expectRevert(_notActive());
        propose(project, 19_600, 19_601, 1);
    }

    function test_Propose() external {
        OperationId operationId = op();
        vm.expectEmit(address(ledger));
        emit IReductionLedger.IssuanceProposed(operationId, project, centre, day(19_600), day(19_601), 77);
        expectLeaf(
            address(ledger),
            operationId,
            OperationKind.ISSUANCE_PROPOSED,
            ActivityId.unwrap(project),
            address(0),
            address(0),
            77
        );
        vm.prank(centre);
        ledger.proposeIssuance(operationId, project, day(19_600), day(19_601), 77, RECORD);

        IReductionLedger.Proposal memory expected =
            IReductionLedger.Proposal(project, day(19_600), day(19_601), 77, centre, ProposalStatus.Proposed);
        assertEq(abi.encode(ledger.proposalOf(operationId)), abi.encode(expected));
        assertEq(ledger.nextSerial(), 1);
        assertFalse(activities.isCredited(project, day(19_600)));
        assertEq(activities.activityOf(project).issuedGrams, 0);
    }

    // -------------------------------------------------------------------------------------------------------- confirm

    function test_Confirm_RevertWhen_ProposalWrongStatus() external {
        OperationId unknown = op();
        _expectWrongStatus(unknown, ProposalStatus.Unknown);
        confirm(unknown);
        confirm(proposal);
        _expectWrongStatus(proposal, ProposalStatus.Confirmed);
        confirm(proposal);
        OperationId rejected = propose(project, 19_600, 19_601, 5);
        _reject(rejected);
        _expectWrongStatus(rejected, ProposalStatus.Rejected);
        confirm(rejected);
    }

    function test_Confirm_RevertWhen_ProposerBecameRegulator() external {
        vm.startPrank(admin);
        manager.revokeRole(Roles.TECHNICAL_CENTRE, centre);
        manager.grantRole(Roles.REGULATOR, centre, 0);
        vm.stopPrank();
        _expectSameKey();
        vm.prank(centre);
        ledger.confirmIssuance(op(), proposal, RECORD);

        // The other body still can.
        confirm(proposal);
    }

    function test_Confirm_RevertWhen_ProposerBecameRegulator_InMulticall() external {
        vm.startPrank(admin);
        manager.revokeRole(Roles.TECHNICAL_CENTRE, centre);
        manager.grantRole(Roles.REGULATOR, centre, 0);
        vm.stopPrank();
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(ledger.confirmIssuance, (op(), proposal, RECORD));
        _expectSameKey();
        vm.prank(centre);
        ledger.multicall(calls);
    }

    /// @dev Even where the role table itself is wrong and gives both steps to one body.
    function test_Confirm_RevertWhen_OneRoleMayDoBoth() external {
        vm.startPrank(admin);
        allow(address(ledger), IReductionLedger.confirmIssuance.selector, Roles.TECHNICAL_CENTRE);
        vm.stopPrank();
        _expectSameKey();
        vm.prank(centre);
        ledger.confirmIssuance(op(), proposal, RECORD);
    }

    function test_Confirm_RevertWhen_SerialsExhausted() external {
        IActivityRegistry.Registration memory registration = projectOf("PV-BIG");
        registration.capGrams = LAST_SERIAL;
        ActivityId big = register(registration);
        OperationId tooMany = propose(big, 19_500, 19_501, LAST_SERIAL);
        vm.expectRevert(
            abi.encodeWithSelector(IReductionLedger.ReductionLedger_SerialsExhausted.selector, 1, LAST_SERIAL)
        );
        confirm(tooMany);

        issue(big, 19_500, 19_501, LAST_SERIAL - 1);
        assertEq(ledger.nextSerial(), LAST_SERIAL);
        OperationId oneMore = propose(big, 19_600, 19_601, 1);
        vm.expectRevert(
            abi.encodeWithSelector(IReductionLedger.ReductionLedger_SerialsExhausted.selector, LAST_SERIAL, 1)
        );
        confirm(oneMore);
    }

    function test_Confirm_RevertWhen_RulesRefuseNow() external {
        OperationId overlapping = propose(project, 19_505, 19_520, 1000);
        confirm(proposal);
        vm.expectRevert(
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_PeriodOverlap.selector, project, 19_505, 19_520)
        );
        confirm(overlapping);

        OperationId another = propose(project, 19_600, 19_601, 1);
        freezeAccount(owner);
        vm.expectRevert(
            abi.encodeWithSelector(IAccountRegistry.AccountRegistry_NotActive.selector, owner, AccountStatus.Frozen)
        );
        confirm(another);
        suspend(project);
        vm.expectRevert(_notActive());
        confirm(another);
        assertEq(uint8(ledger.proposalOf(another).status), uint8(ProposalStatus.Proposed));
    }

    function test_Confirm_RevertWhen_CapIsUsedUpByAnother() external {
        OperationId first = propose(project, 19_600, 19_601, CAP);
        confirm(proposal);
        vm.expectRevert(
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_CapExceeded.selector, project, CAP, 1000, CAP)
        );
        confirm(first);
    }

    function test_Confirm() external {
        OperationId operationId = op();
        LotId lot = lotOf(project, 19_500, 19_510);
        vm.expectEmit(address(ledger));
        emit IReductionLedger.IssuanceConfirmed(
            lot, operationId, proposal, project, solar, ReductionClass.I, day(19_500), day(19_510), owner, 1, 1000, 0
        );
        expectLeaf(
            address(ledger),
            operationId,
            OperationKind.ISSUANCE_CONFIRMED,
            bytes32(LotId.unwrap(lot)),
            address(0),
            owner,
            1000
        );
        vm.prank(regulator);
        ledger.confirmIssuance(operationId, proposal, RECORD);

        assertEq(uint8(ledger.proposalOf(proposal).status), uint8(ProposalStatus.Confirmed));
        _checkLot(lot, 19_500, 19_510, 1, 1000, 0);
        assertEq(held(owner, lot), 1000);
        assertEq(ledger.heldGrams(owner), 1000);
        assertEq(ledger.nextSerial(), 1001);
        _checkTotals(ReductionClass.I, 1000, 1000, 0);
        _checkTotals(ReductionClass.II, 0, 0, 0);
        assertEq(activities.activityOf(project).issuedGrams, 1000);
        assertTrue(activities.isCredited(project, day(19_505)));
    }

    function test_Confirm_GivesTheNextSerials() external {
        confirm(proposal);
        LotId second = issue(register(scenarioOf("METRO-1")), 19_500, 19_510, 50);
        assertEq(ledger.lotOf(second).firstSerial, 1001);
        LotId third = issue(project, 19_511, 19_511, 1);
        assertEq(ledger.lotOf(third).firstSerial, 1051);
        assertEq(ledger.nextSerial(), 1052);
        assertEq(ledger.heldGrams(owner), 1051);
        _checkTotals(ReductionClass.I, 1001, 1001, 0);
        _checkTotals(ReductionClass.II, 50, 50, 0);
    }

    function test_Confirm_WhenTheActivityOwesGrams() external {
        confirm(proposal);
        LotId wrong = lotOf(project, 19_500, 19_510);
        transfer(owner, buyer, wrong, 1000);
        correct(wrong, 300);

        OperationId operationId = op();
        OperationId next = propose(project, 19_600, 19_601, 500);
        LotId lot = lotOf(project, 19_600, 19_601);
        vm.expectEmit(address(ledger));
        emit IReductionLedger.IssuanceConfirmed(
            lot, operationId, next, project, solar, ReductionClass.I, day(19_600), day(19_601), owner, 1001, 500, 300
        );
        vm.prank(regulator);
        ledger.confirmIssuance(operationId, next, RECORD);
        _checkLot(lot, 19_600, 19_601, 1001, 500, 300);
        assertEq(held(owner, lot), 200);
        assertEq(deficitGrams(project), 0);
        // What was withheld has serials too.
        assertEq(ledger.nextSerial(), 1501);
        _checkTotals(ReductionClass.I, 1500, 1200, 300);
    }

    function test_Confirm_WhenTheActivityOwesMoreThanIsIssued() external {
        confirm(proposal);
        LotId wrong = lotOf(project, 19_500, 19_510);
        transfer(owner, buyer, wrong, 1000);
        correct(wrong, 300);
        LotId lot = issue(project, 19_600, 19_601, 120);
        _checkLot(lot, 19_600, 19_601, 1001, 120, 120);
        assertEq(held(owner, lot), 0);
        assertEq(deficitGrams(project), 180);
        _checkTotals(ReductionClass.I, 1120, 1000, 120);
    }

    // --------------------------------------------------------------------------------------------------------- reject

    function test_Reject_RevertWhen_ProposalWrongStatus() external {
        OperationId unknown = op();
        _expectWrongStatus(unknown, ProposalStatus.Unknown);
        _reject(unknown);
        _reject(proposal);
        _expectWrongStatus(proposal, ProposalStatus.Rejected);
        _reject(proposal);
        OperationId confirmed = propose(project, 19_600, 19_601, 5);
        confirm(confirmed);
        _expectWrongStatus(confirmed, ProposalStatus.Confirmed);
        _reject(confirmed);
    }

    function test_Reject() external {
        OperationId operationId = op();
        vm.expectEmit(address(ledger));
        emit IReductionLedger.IssuanceRejected(operationId, proposal);
        expectLeaf(address(ledger), operationId, OperationKind.ISSUANCE_REJECTED, OperationId.unwrap(proposal));
        vm.prank(regulator);
        ledger.rejectIssuance(operationId, proposal, RECORD);
        assertEq(uint8(ledger.proposalOf(proposal).status), uint8(ProposalStatus.Rejected));
        assertEq(ledger.nextSerial(), 1);
        issue(project, 19_500, 19_510, 900);
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function _reject(OperationId proposalId) private {
        vm.prank(regulator);
        ledger.rejectIssuance(op(), proposalId, RECORD);
    }

    function _checkLot(LotId lot, uint32 first, uint32 last, uint128 firstSerial, uint128 issued, uint128 takenBack)
        private
        view
    {
        IReductionLedger.Lot memory expected = IReductionLedger.Lot({
            activityId: project,
            methodologyId: solar,
            class: ReductionClass.I,
            frozen: false,
            firstDay: day(first),
            lastDay: day(last),
            creditedAccount: owner,
            firstSerial: firstSerial,
            issuedGrams: issued,
            cancelledGrams: 0,
            takenBackGrams: takenBack,
            correctedGrams: 0
        });
        assertEq(abi.encode(ledger.lotOf(lot)), abi.encode(expected));
    }

    function _checkTotals(ReductionClass class, uint128 issued, uint128 heldNow, uint128 takenBack) private view {
        IReductionLedger.ClassTotals memory expected = IReductionLedger.ClassTotals(issued, heldNow, 0, takenBack, 0);
        assertEq(abi.encode(ledger.totalsOf(class)), abi.encode(expected));
    }

    function _expectWrongStatus(OperationId proposalId, ProposalStatus status) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IReductionLedger.ReductionLedger_ProposalWrongStatus.selector,
                proposalId,
                status,
                ProposalStatus.Proposed
            )
        );
    }

    function _expectSameKey() private {
        vm.expectRevert(
            abi.encodeWithSelector(IReductionLedger.ReductionLedger_SameProposerAndConfirmer.selector, proposal, centre)
        );
    }

    function _notActive() private view returns (bytes memory) {
        return abi.encodeWithSelector(
            IActivityRegistry.ActivityRegistry_NotActive.selector, project, ActivityStatus.Suspended
        );
    }
}
