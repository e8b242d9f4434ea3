// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccountRegistry} from "../../src/interfaces/IAccountRegistry.sol";
import {IReductionLedger} from "../../src/interfaces/IReductionLedger.sol";
import {ITransparencyLog} from "../../src/interfaces/ITransparencyLog.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {AccountStatus, CancellationPurpose, LotId, OperationId, ReductionClass} from "../../src/types/Types.sol";
import {Fixture} from "../helpers/Fixture.sol";

/// @notice What the reduction ledger does for the points ledger, which alone asks for it.
contract ReductionLedgerPointsTest is Fixture {
    OperationId private constant REDEEM = OperationId.wrap(keccak256("redeem"));

    function test_BuyBack_RevertWhen_ZeroQuantity() external {
        vm.expectRevert(IReductionLedger.ReductionLedger_ZeroQuantity.selector);
        _buyBack(owner, 0);
    }

    function test_BuyBack_RevertWhen_AccountNotActive() external {
        freezeAccount(owner);
        vm.expectRevert(
            abi.encodeWithSelector(IAccountRegistry.AccountRegistry_NotActive.selector, owner, AccountStatus.Frozen)
        );
        _buyBack(owner, 1_000_000);
    }

    function test_BuyBack_RevertWhen_BoughtBackBefore() external {
        _buyBack(owner, 1_000_000);
        vm.expectPartialRevert(ITransparencyLog.TransparencyLog_OperationConflict.selector);
        _buyBack(owner, 1_000_000);
        vm.expectPartialRevert(ITransparencyLog.TransparencyLog_OperationConflict.selector);
        _buyBack(buyer, 2_000_000);
        assertEq(ledger.totalsOf(ReductionClass.I).heldGrams, 1_000_000);
    }

    function test_BuyBack_TakesTheNextSerials() external {
        LotId issued = issue(register(projectOf("PV-1")), 19_500, 19_510, 462);
        LotId bought = _buyBack(owner, 3_000_000);
        assertEq(ledger.lotOf(issued).firstSerial, 1);
        assertEq(ledger.lotOf(bought).firstSerial, 463);
        assertEq(ledger.nextSerial(), 3_000_463);
        assertEq(ledger.heldGrams(owner), 3_000_462);
        IReductionLedger.ClassTotals memory expected = IReductionLedger.ClassTotals(462, 3_000_462, 0, 0, 3_000_000);
        assertEq(abi.encode(ledger.totalsOf(ReductionClass.I)), abi.encode(expected));
    }

    function test_Correct_RevertWhen_LotBoughtBack() external {
        LotId lot = _buyBack(owner, 1_000_000);
        vm.expectRevert(abi.encodeWithSelector(IReductionLedger.ReductionLedger_LotBoughtBack.selector, lot));
        correct(lot, 1);
    }

    function test_ALotBoughtBackIsHeldLikeAnyOther() external {
        LotId lot = _buyBack(owner, 1_000_000);
        transfer(owner, kept, lot, 400_000);
        vm.prank(platform);
        ledger.cancelFor(op(), kept, lot, 400_000, CancellationPurpose.EtsCompliance, RECORD);
        freezeLot(lot);
        OperationId operationId = op();
        vm.expectRevert(abi.encodeWithSelector(IReductionLedger.ReductionLedger_LotFrozen.selector, lot));
        vm.prank(owner);
        ledger.transfer(operationId, buyer, lot, 1, RECORD);
        assertEq(held(owner, lot), 600_000);
        assertEq(ledger.lotOf(lot).cancelledGrams, 400_000);
    }

    function test_TakeCertificateNumbers() external {
        assertEq(_take(3), 1);
        assertEq(_take(1), 4);
        LotId lot = _buyBack(owner, 1_000_000);
        cancel(owner, lot, 1, CancellationPurpose.EventNeutrality);
        assertEq(_take(2), 6);
        assertEq(ledger.certificateCount(), 7);
    }

    function _buyBack(address provider, uint128 grams) private returns (LotId lot) {
        vm.prank(address(points));
        ledger.buyBack(REDEEM, provider, ReductionClass.I, grams, RECORD);
        // Last: hashing is a call, and would be taken for the call that a refusal is expected of.
        lot = Encodings.buyBackLotId(
            uint64(block.chainid), address(ledger), Encodings.buyBackOperationId(REDEEM), ReductionClass.I
        );
    }

    function _take(uint64 count) private returns (uint64) {
        vm.prank(address(points));
        return ledger.takeCertificateNumbers(count);
    }
}
