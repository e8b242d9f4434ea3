// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccountRegistry} from "../../src/interfaces/IAccountRegistry.sol";
import {IReductionLedger} from "../../src/interfaces/IReductionLedger.sol";
import {
    AccountStatus,
    CancellationPurpose,
    LotId,
    OperationId,
    OperationKind,
    ReductionClass
} from "../../src/types/Types.sol";
import {Fixture} from "../helpers/Fixture.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

contract ReductionLedgerMovementTest is Fixture {
    LotId private constant UNKNOWN = LotId.wrap(12_345);

    LotId private lot;
    LotId private classTwo;
    address private closed;

    /// @dev How a movement is asked for, so that one test covers both ways.
    enum Way {
        OwnKey,
        Platform
    }

    function setUp() public override {
        super.setUp();
        lot = issue(register(projectOf("PV-1")), 19_500, 19_510, 1000);
        classTwo = issue(register(scenarioOf("METRO-1")), 19_500, 19_510, 1000);
        transfer(owner, kept, lot, 400);
        transfer(owner, kept, classTwo, 400);
        closed = openKept("closed");
        closeAccount(closed);
    }

    // ------------------------------------------------------------------------------------------------------- transfer

    function test_Transfer_RevertWhen_ZeroQuantity() external {
        for (uint8 way = 0; way < 2; ++way) {
            vm.expectRevert(IReductionLedger.ReductionLedger_ZeroQuantity.selector);
            _transfer(Way(way), buyer, lot, 0);
        }
    }

    function test_Transfer_RevertWhen_SelfTransfer() external {
        for (uint8 way = 0; way < 2; ++way) {
            address from = _holder(Way(way));
            vm.expectRevert(abi.encodeWithSelector(IReductionLedger.ReductionLedger_SelfTransfer.selector, from));
            _transfer(Way(way), from, lot, 1);
        }
    }

    function test_Transfer_RevertWhen_UnknownLot() external {
        for (uint8 way = 0; way < 2; ++way) {
            vm.expectRevert(abi.encodeWithSelector(IReductionLedger.ReductionLedger_UnknownLot.selector, UNKNOWN));
            _transfer(Way(way), buyer, UNKNOWN, 1);
        }
    }

    function test_Transfer_RevertWhen_LotFrozen() external {
        freezeLot(lot);
        for (uint8 way = 0; way < 2; ++way) {
            vm.expectRevert(abi.encodeWithSelector(IReductionLedger.ReductionLedger_LotFrozen.selector, lot));
            _transfer(Way(way), buyer, lot, 1);
        }
    }

    function test_Transfer_RevertWhen_ReceiverNotActive() external {
        freezeAccount(buyer);
        for (uint8 way = 0; way < 2; ++way) {
            _expectNotActive(stranger, AccountStatus.Unknown);
            _transfer(Way(way), stranger, lot, 1);
            _expectNotActive(address(0), AccountStatus.Unknown);
            _transfer(Way(way), address(0), lot, 1);
            _expectNotActive(buyer, AccountStatus.Frozen);
            _transfer(Way(way), buyer, lot, 1);
            _expectNotActive(closed, AccountStatus.Closed);
            _transfer(Way(way), closed, lot, 1);
        }
    }

    function test_Transfer_RevertWhen_GiverNotActive() external {
        _expectNotActive(stranger, AccountStatus.Unknown);
        transfer(stranger, buyer, lot, 1);
        freezeAccount(owner);
        _expectNotActive(owner, AccountStatus.Frozen);
        transfer(owner, buyer, lot, 1);
        _expectNotActive(closed, AccountStatus.Closed);
        transfer(closed, buyer, lot, 1);
    }

    function test_Transfer_RevertWhen_InsufficientBalance() external {
        _expectInsufficient(owner, lot, 600, 601);
        _transfer(Way.OwnKey, buyer, lot, 601);
        _expectInsufficient(kept, lot, 400, 401);
        _transfer(Way.Platform, buyer, lot, 401);
        _expectInsufficient(buyer, lot, 0, 1);
        transfer(buyer, owner, lot, 1);
    }

    function test_Transfer() external {
        _checkTransfer(Way.OwnKey);
    }

    function test_TransferFor() external {
        _checkTransfer(Way.Platform);
    }

    function test_Transfer_WhenEverything() external {
        _transfer(Way.OwnKey, buyer, lot, 600);
        assertEq(held(owner, lot), 0);
        assertEq(ledger.heldGrams(owner), 600);
        assertEq(held(buyer, lot), 600);
    }

    // -------------------------------------------------------------------------------------------------------- custody

    function test_For_RevertWhen_NotInPlatformCustody() external {
        bytes memory reason =
            abi.encodeWithSelector(IReductionLedger.ReductionLedger_NotInPlatformCustody.selector, owner);
        vm.expectRevert(reason);
        vm.prank(platform);
        ledger.transferFor(op(), owner, buyer, lot, 1, RECORD);
        vm.expectRevert(reason);
        vm.prank(platform);
        ledger.cancelFor(op(), owner, lot, 1, CancellationPurpose.VoluntaryOffset, RECORD);
    }

    function test_For_RevertWhen_AccountNotActive() external {
        freezeAccount(kept);
        address[3] memory holders = [stranger, kept, closed];
        AccountStatus[3] memory statuses = [AccountStatus.Unknown, AccountStatus.Frozen, AccountStatus.Closed];
        for (uint256 i = 0; i < 3; ++i) {
            _expectNotActive(holders[i], statuses[i]);
            vm.prank(platform);
            ledger.transferFor(op(), holders[i], buyer, lot, 1, RECORD);
            _expectNotActive(holders[i], statuses[i]);
            vm.prank(platform);
            ledger.cancelFor(op(), holders[i], lot, 1, CancellationPurpose.VoluntaryOffset, RECORD);
        }
    }

    // --------------------------------------------------------------------------------------------------------- cancel

    function test_Cancel_RevertWhen_ZeroQuantity() external {
        for (uint8 way = 0; way < 2; ++way) {
            vm.expectRevert(IReductionLedger.ReductionLedger_ZeroQuantity.selector);
            _cancel(Way(way), lot, 0, CancellationPurpose.VoluntaryOffset);
        }
    }

    function test_Cancel_RevertWhen_PurposeMissing() external {
        for (uint8 way = 0; way < 2; ++way) {
            vm.expectRevert(IReductionLedger.ReductionLedger_PurposeMissing.selector);
            _cancel(Way(way), lot, 1, CancellationPurpose.None);
        }
    }

    function test_Cancel_RevertWhen_UnknownLot() external {
        for (uint8 way = 0; way < 2; ++way) {
            vm.expectRevert(abi.encodeWithSelector(IReductionLedger.ReductionLedger_UnknownLot.selector, UNKNOWN));
            _cancel(Way(way), UNKNOWN, 1, CancellationPurpose.VoluntaryOffset);
        }
    }

    function test_Cancel_RevertWhen_LotFrozen() external {
        freezeLot(lot);
        for (uint8 way = 0; way < 2; ++way) {
            vm.expectRevert(abi.encodeWithSelector(IReductionLedger.ReductionLedger_LotFrozen.selector, lot));
            _cancel(Way(way), lot, 1, CancellationPurpose.VoluntaryOffset);
        }
    }

    function test_Cancel_RevertWhen_PurposeNotAllowed() external {
        for (uint8 way = 0; way < 2; ++way) {
            vm.expectRevert(
                abi.encodeWithSelector(
                    IReductionLedger.ReductionLedger_PurposeNotAllowed.selector,
                    classTwo,
                    ReductionClass.II,
                    CancellationPurpose.EtsCompliance
                )
            );
            _cancel(Way(way), classTwo, 1, CancellationPurpose.EtsCompliance);
        }
    }

    function test_Cancel_ForEveryAllowedPurpose() external {
        for (uint8 purpose = 1; purpose < 5; ++purpose) {
            _cancel(Way.OwnKey, lot, 1, CancellationPurpose(purpose));
            if (CancellationPurpose(purpose) == CancellationPurpose.EtsCompliance) continue;
            _cancel(Way.Platform, classTwo, 1, CancellationPurpose(purpose));
        }
        assertEq(ledger.certificateCount(), 7);
        assertEq(ledger.totalsOf(ReductionClass.I).cancelledGrams, 4);
        assertEq(ledger.totalsOf(ReductionClass.II).cancelledGrams, 3);
    }

    function test_Cancel_RevertWhen_AccountNotActive() external {
        _expectNotActive(stranger, AccountStatus.Unknown);
        cancel(stranger, lot, 1, CancellationPurpose.VoluntaryOffset);
        freezeAccount(owner);
        _expectNotActive(owner, AccountStatus.Frozen);
        cancel(owner, lot, 1, CancellationPurpose.VoluntaryOffset);
        _expectNotActive(closed, AccountStatus.Closed);
        cancel(closed, lot, 1, CancellationPurpose.VoluntaryOffset);
    }

    function test_Cancel_RevertWhen_InsufficientBalance() external {
        _expectInsufficient(owner, lot, 600, 601);
        _cancel(Way.OwnKey, lot, 601, CancellationPurpose.VoluntaryOffset);
        _expectInsufficient(kept, lot, 400, 401);
        _cancel(Way.Platform, lot, 401, CancellationPurpose.VoluntaryOffset);
        _cancel(Way.OwnKey, lot, 600, CancellationPurpose.VoluntaryOffset);
        _expectInsufficient(owner, lot, 0, 1);
        _cancel(Way.OwnKey, lot, 1, CancellationPurpose.VoluntaryOffset);
    }

    function test_Cancel() external {
        _checkCancel(Way.OwnKey, 600, 1, 1);
        assertEq(ledger.heldGrams(owner), 1200 - 250);
    }

    function test_CancelFor() external {
        _checkCancel(Way.Platform, 400, 1, 1);
        assertEq(ledger.heldGrams(kept), 800 - 250);
    }

    function test_Cancel_TakesTheNextSerialsOfTheLot() external {
        _checkCancel(Way.OwnKey, 600, 1, 1);
        _checkCancel(Way.Platform, 400, 2, 251);
        // Another lot has serials of its own, but certificates are numbered through.
        _expectCancelled(owner, classTwo, 3, 5, 1001);
        _checkCancel(Way.OwnKey, 350, 4, 501);
        assertEq(ledger.lotOf(lot).cancelledGrams, 750);
        assertEq(ledger.certificateCount(), 4);
    }

    /// @dev Cancellations take serials from the front of the lot, take-backs from its back.
    function test_Cancel_AfterACorrection() external {
        correct(lot, 300);
        _expectCancelled(owner, lot, 1, 200, 1);
        correct(lot, 100);
        _expectCancelled(kept, lot, 2, 400, 201);
        assertEq(ledger.lotOf(lot).cancelledGrams + ledger.lotOf(lot).takenBackGrams, 1000);
    }

    function test_Cancel_WhenRefused_GivesNoNumber() external {
        _cancel(Way.OwnKey, lot, 1, CancellationPurpose.VoluntaryOffset);
        vm.expectRevert(IReductionLedger.ReductionLedger_ZeroQuantity.selector);
        _cancel(Way.OwnKey, lot, 0, CancellationPurpose.VoluntaryOffset);
        _expectCancelled(owner, lot, 2, 5, 2);
    }

    // ------------------------------------------------------------------------------------------------ ERC-1155 closed

    function test_Erc1155_RevertWhen_MovedOrApproved() external {
        uint256[] memory ids = new uint256[](1);
        uint256[] memory values = new uint256[](1);
        ids[0] = LotId.unwrap(lot);
        values[0] = 1;
        vm.startPrank(owner);
        vm.expectRevert(IReductionLedger.ReductionLedger_UseOperations.selector);
        ledger.safeTransferFrom(owner, buyer, ids[0], 1, "");
        vm.expectRevert(IReductionLedger.ReductionLedger_UseOperations.selector);
        ledger.safeBatchTransferFrom(owner, buyer, ids, values, "");
        vm.expectRevert(IReductionLedger.ReductionLedger_UseOperations.selector);
        ledger.setApprovalForAll(buyer, true);
    }

    function test_Erc1155_AnswersBalancesAndInterfaces() external {
        address[] memory holders = new address[](2);
        uint256[] memory ids = new uint256[](2);
        (holders[0], holders[1]) = (owner, kept);
        (ids[0], ids[1]) = (LotId.unwrap(lot), LotId.unwrap(classTwo));
        uint256[] memory balances = ledger.balanceOfBatch(holders, ids);
        assertEq(balances[0], 600);
        assertEq(balances[1], 400);
        assertFalse(ledger.isApprovedForAll(owner, buyer));
        assertTrue(ledger.supportsInterface(type(IERC1155).interfaceId));
        vm.expectEmit(address(ledger));
        emit IERC1155.TransferSingle(owner, owner, buyer, LotId.unwrap(lot), 5);
        transfer(owner, buyer, lot, 5);
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function _holder(Way way) private view returns (address) {
        return way == Way.OwnKey ? owner : kept;
    }

    function _transfer(Way way, address to, LotId of_, uint128 grams) private {
        OperationId operationId = op();
        if (way == Way.OwnKey) {
            vm.prank(owner);
            ledger.transfer(operationId, to, of_, grams, RECORD);
        } else {
            vm.prank(platform);
            ledger.transferFor(operationId, kept, to, of_, grams, RECORD);
        }
    }

    function _cancel(Way way, LotId of_, uint128 grams, CancellationPurpose purpose) private {
        _cancelAs(op(), way, of_, grams, purpose);
    }

    function _cancelAs(OperationId operationId, Way way, LotId of_, uint128 grams, CancellationPurpose purpose)
        private
    {
        if (way == Way.OwnKey) {
            vm.prank(owner);
            ledger.cancel(operationId, of_, grams, purpose, RECORD);
        } else {
            vm.prank(platform);
            ledger.cancelFor(operationId, kept, of_, grams, purpose, RECORD);
        }
    }

    function _checkTransfer(Way way) private {
        address from = _holder(way);
        uint256 before = held(from, lot);
        uint256 allBefore = ledger.heldGrams(from);
        bytes memory totals = abi.encode(ledger.totalsOf(ReductionClass.I), ledger.lotOf(lot));
        OperationId operationId = op();
        vm.expectEmit(address(ledger));
        emit IReductionLedger.ReductionTransferred(lot, from, buyer, operationId, 250);
        expectLeaf(
            address(ledger),
            operationId,
            OperationKind.REDUCTION_TRANSFERRED,
            bytes32(LotId.unwrap(lot)),
            from,
            buyer,
            250
        );
        if (way == Way.OwnKey) {
            vm.prank(owner);
            ledger.transfer(operationId, buyer, lot, 250, RECORD);
        } else {
            vm.prank(platform);
            ledger.transferFor(operationId, kept, buyer, lot, 250, RECORD);
        }
        assertEq(held(from, lot), before - 250);
        assertEq(held(buyer, lot), 250);
        assertEq(ledger.heldGrams(from), allBefore - 250);
        assertEq(ledger.heldGrams(buyer), 250);
        assertEq(abi.encode(ledger.totalsOf(ReductionClass.I), ledger.lotOf(lot)), totals);
    }

    /// @dev Cancels 250 g of the lot, of which the holder has `before`.
    function _checkCancel(Way way, uint256 before, uint64 number, uint128 firstSerial) private {
        address from = _holder(way);
        IReductionLedger.ClassTotals memory totals = ledger.totalsOf(ReductionClass.I);
        OperationId operationId = op();
        bytes32 subject = sha256(
            bytes.concat(hex"3301", bytes8(number), bytes32(LotId.unwrap(lot)), bytes1(uint8(2)), bytes16(firstSerial))
        );
        vm.expectEmit(address(ledger));
        emit IReductionLedger.ReductionCancelled(
            lot, from, number, operationId, CancellationPurpose.EventNeutrality, 250, firstSerial
        );
        expectLeaf(address(ledger), operationId, OperationKind.REDUCTION_CANCELLED, subject, from, address(0), 250);
        _cancelAs(operationId, way, lot, 250, CancellationPurpose.EventNeutrality);

        assertEq(held(from, lot), before - 250);
        totals.heldGrams -= 250;
        totals.cancelledGrams += 250;
        assertEq(abi.encode(ledger.totalsOf(ReductionClass.I)), abi.encode(totals));
        assertEq(ledger.certificateCount(), number);
    }

    function _expectCancelled(address from, LotId of_, uint64 number, uint128 grams, uint128 firstSerial) private {
        OperationId operationId = op();
        vm.expectEmit(address(ledger));
        emit IReductionLedger.ReductionCancelled(
            of_, from, number, operationId, CancellationPurpose.VoluntaryOffset, grams, firstSerial
        );
        if (from == kept) {
            vm.prank(platform);
            ledger.cancelFor(operationId, kept, of_, grams, CancellationPurpose.VoluntaryOffset, RECORD);
        } else {
            vm.prank(from);
            ledger.cancel(operationId, of_, grams, CancellationPurpose.VoluntaryOffset, RECORD);
        }
    }

    function _expectNotActive(address holder, AccountStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(IAccountRegistry.AccountRegistry_NotActive.selector, holder, status));
    }

    function _expectInsufficient(address holder, LotId of_, uint256 has, uint128 grams) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IReductionLedger.ReductionLedger_InsufficientBalance.selector, holder, of_, has, grams
            )
        );
    }
}
