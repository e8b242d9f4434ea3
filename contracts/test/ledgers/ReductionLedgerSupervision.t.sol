// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IActivityRegistry} from "../../src/interfaces/IActivityRegistry.sol";
import {IReductionLedger} from "../../src/interfaces/IReductionLedger.sol";
import {
    ActivityId,
    CancellationPurpose,
    LotId,
    OperationId,
    OperationKind,
    ReductionClass
} from "../../src/types/Types.sol";
import {Fixture} from "../helpers/Fixture.sol";

contract ReductionLedgerSupervisionTest is Fixture {
    LotId private constant UNKNOWN = LotId.wrap(12_345);

    ActivityId private project;
    LotId private lot;

    function setUp() public override {
        super.setUp();
        project = register(projectOf("PV-1"));
        lot = issue(project, 19_500, 19_510, 1000);
    }

    // -------------------------------------------------------------------------------------------------------- correct

    function test_Correct_RevertWhen_ZeroQuantity() external {
        vm.expectRevert(IReductionLedger.ReductionLedger_ZeroQuantity.selector);
        correct(lot, 0);
    }

    function test_Correct_RevertWhen_UnknownLot() external {
        vm.expectRevert(abi.encodeWithSelector(IReductionLedger.ReductionLedger_UnknownLot.selector, UNKNOWN));
        correct(UNKNOWN, 1);
    }

    function test_Correct_RevertWhen_CorrectionExceedsLot() external {
        // The activity has issued more in other lots; that does not count.
        issue(project, 19_600, 19_610, 1000);
        _expectExceeds(1000, 1001);
        correct(lot, 1001);
        correct(lot, 600);
        _expectExceeds(400, 401);
        correct(lot, 401);
        correct(lot, 400);
        _expectExceeds(0, 1);
        correct(lot, 1);
    }

    function test_Correct_WhenAllIsHeld() external {
        _checkCorrect(lot, 300, 300, 0);
        _checkHeld(owner, 700);
    }

    function test_Correct_WhenAPartIsHeld() external {
        transfer(owner, buyer, lot, 800);
        _checkCorrect(lot, 300, 200, 100);
        _checkHeld(owner, 0);
        _checkHeld(buyer, 800);
    }

    function test_Correct_WhenNothingOfTheLotIsHeld() external {
        LotId other = issue(project, 19_600, 19_610, 500);
        transfer(owner, buyer, lot, 1000);
        _checkCorrect(lot, 300, 0, 300);
        assertEq(held(owner, other), 500);
        _checkHeld(buyer, 1000);
    }

    function test_Correct_WhenTheAccountIsFrozen() external {
        freezeAccount(owner);
        _checkCorrect(lot, 300, 300, 0);
    }

    function test_Correct_WhenTheAccountIsClosed() external {
        transfer(owner, buyer, lot, 1000);
        closeAccount(owner);
        _checkCorrect(lot, 300, 0, 300);
    }

    function test_Correct_WhenTheLotIsFrozen() external {
        freezeLot(lot);
        _checkCorrect(lot, 300, 300, 0);
    }

    function test_Correct_WhenTheActivityIsClosed() external {
        vm.prank(regulator);
        activities.close(op(), project, RECORD);
        _checkCorrect(lot, 300, 300, 0);
    }

    function test_Correct_WhenTheFacilityIsRegisteredAnew() external {
        transfer(owner, buyer, lot, 1000);
        vm.prank(regulator);
        activities.close(op(), project, RECORD);
        IActivityRegistry.Registration memory registration = projectOf("PV-NEXT");
        registration.facilityId = projectOf("PV-1").facilityId;
        ActivityId successor = register(registration);
        correct(lot, 300);
        assertEq(deficitGrams(successor), 300);
        LotId next = issue(successor, 19_600, 19_610, 400);
        assertEq(held(owner, next), 100);
        assertEq(deficitGrams(project), 0);
    }

    function test_Correct_WhenTheLotHadFilledADeficit() external {
        transfer(owner, buyer, lot, 1000);
        correct(lot, 300);
        LotId next = issue(project, 19_600, 19_610, 400);
        assertEq(held(owner, next), 100);
        // All of the next lot was wrong too: what it filled is owed again.
        _checkCorrect(next, 400, 100, 300);
        assertEq(deficitGrams(project), 300);
        assertEq(ledger.lotOf(next).takenBackGrams, 400);
    }

    function test_Correct_NeverTouchesTheCancelled() external {
        cancel(owner, lot, 900, CancellationPurpose.EventNeutrality);
        _checkCorrect(lot, 1000, 100, 900);
        IReductionLedger.Lot memory stored = ledger.lotOf(lot);
        assertEq(stored.cancelledGrams, 900);
        assertEq(stored.takenBackGrams, 100);
        assertEq(stored.issuedGrams, 1000);
        assertEq(ledger.totalsOf(ReductionClass.I).cancelledGrams, 900);
    }

    // --------------------------------------------------------------------------------------------------------- freeze

    function test_FreezeLot_RevertWhen_UnknownLot() external {
        vm.expectRevert(abi.encodeWithSelector(IReductionLedger.ReductionLedger_UnknownLot.selector, UNKNOWN));
        freezeLot(UNKNOWN);
    }

    function test_FreezeLot_RevertWhen_LotFrozen() external {
        freezeLot(lot);
        vm.expectRevert(abi.encodeWithSelector(IReductionLedger.ReductionLedger_LotFrozen.selector, lot));
        freezeLot(lot);
    }

    function test_FreezeLot() external {
        OperationId operationId = op();
        vm.expectEmit(address(ledger));
        emit IReductionLedger.LotFrozen(lot, operationId);
        expectLeaf(address(ledger), operationId, OperationKind.LOT_FROZEN, bytes32(LotId.unwrap(lot)));
        vm.prank(regulator);
        ledger.freezeLot(operationId, lot, RECORD);
        assertTrue(ledger.lotOf(lot).frozen);
    }

    function test_UnfreezeLot_RevertWhen_UnknownLot() external {
        vm.expectRevert(abi.encodeWithSelector(IReductionLedger.ReductionLedger_UnknownLot.selector, UNKNOWN));
        _unfreeze(UNKNOWN);
    }

    function test_UnfreezeLot_RevertWhen_LotNotFrozen() external {
        vm.expectRevert(abi.encodeWithSelector(IReductionLedger.ReductionLedger_LotNotFrozen.selector, lot));
        _unfreeze(lot);
    }

    function test_UnfreezeLot() external {
        freezeLot(lot);
        OperationId operationId = op();
        vm.expectEmit(address(ledger));
        emit IReductionLedger.LotUnfrozen(lot, operationId);
        expectLeaf(address(ledger), operationId, OperationKind.LOT_UNFROZEN, bytes32(LotId.unwrap(lot)));
        vm.prank(regulator);
        ledger.unfreezeLot(operationId, lot, RECORD);
        assertFalse(ledger.lotOf(lot).frozen);
        transfer(owner, buyer, lot, 1);
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function _unfreeze(LotId which) private {
        vm.prank(regulator);
        ledger.unfreezeLot(op(), which, RECORD);
    }

    function _checkCorrect(LotId which, uint128 grams, uint128 taken, uint128 shortfall) private {
        IReductionLedger.Lot memory lotBefore = ledger.lotOf(which);
        IReductionLedger.ClassTotals memory totals = ledger.totalsOf(ReductionClass.I);
        IActivityRegistry.Activity memory activity = activities.activityOf(project);
        uint128 deficitBefore = deficitGrams(project);
        uint256 heldBefore = ledger.heldGrams(owner);
        OperationId operationId = op();
        vm.expectEmit(address(ledger));
        emit IReductionLedger.ReductionCorrected(which, owner, operationId, grams, taken, shortfall);
        expectLeaf(
            address(ledger),
            operationId,
            OperationKind.REDUCTION_CORRECTED,
            bytes32(LotId.unwrap(which)),
            owner,
            address(0),
            grams
        );
        vm.prank(regulator);
        ledger.correct(operationId, which, grams, RECORD);

        lotBefore.correctedGrams += grams;
        lotBefore.takenBackGrams += taken;
        assertEq(abi.encode(ledger.lotOf(which)), abi.encode(lotBefore));
        totals.heldGrams -= taken;
        totals.takenBackGrams += taken;
        assertEq(abi.encode(ledger.totalsOf(ReductionClass.I)), abi.encode(totals));
        activity.correctedGrams += grams;
        assertEq(abi.encode(activities.activityOf(project)), abi.encode(activity));
        assertEq(deficitGrams(project), deficitBefore + shortfall);
        assertEq(ledger.heldGrams(owner), heldBefore - taken);
    }

    function _checkHeld(address holder, uint256 grams) private view {
        assertEq(held(holder, lot), grams);
        assertEq(ledger.heldGrams(holder), grams);
    }

    function _expectExceeds(uint128 uncorrected, uint128 grams) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IReductionLedger.ReductionLedger_CorrectionExceedsLot.selector, lot, uncorrected, grams
            )
        );
    }
}
