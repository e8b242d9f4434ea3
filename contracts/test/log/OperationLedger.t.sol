// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccountRegistry} from "../../src/interfaces/IAccountRegistry.sol";
import {IOperationLedger} from "../../src/interfaces/IOperationLedger.sol";
import {ITransparencyLog} from "../../src/interfaces/ITransparencyLog.sol";
import {
    AccountKind,
    AccountStatus,
    ActivityId,
    CancellationPurpose,
    Custody,
    LotId,
    MethodologyKind,
    OperationId,
    ReductionClass
} from "../../src/types/Types.sol";
import {Fixture} from "../helpers/Fixture.sol";

contract OperationLedgerTest is Fixture {
    OperationId private id;
    LotId private lot;

    function setUp() public override {
        super.setUp();
        lot = issue(register(projectOf("PV-1")), 19_500, 19_510, 1000);
        id = op();
    }

    function test_TransparencyLog() external view {
        assertEq(address(accounts.transparencyLog()), address(log));
        assertEq(address(methodologies.transparencyLog()), address(log));
        assertEq(address(activities.transparencyLog()), address(log));
        assertEq(address(ledger.transparencyLog()), address(log));
    }

    function test_Once_WhenNew() external {
        uint64 size = log.size();
        bytes memory call = _transferCall(id, 100);
        _send(owner, call);
        assertEq(held(buyer, lot), 100);
        assertEq(log.size(), size + 1);
        assertEq(log.operationDigest(id), keccak256(abi.encode(address(ledger), owner, call)));
    }

    function test_Once_WhenRepeated() external {
        _send(owner, _transferCall(id, 100));
        uint64 size = log.size();
        bytes32 root = log.root();
        vm.expectEmit(address(ledger));
        emit IOperationLedger.OperationRepeated(id);
        _send(owner, _transferCall(id, 100));
        assertEq(held(buyer, lot), 100);
        assertEq(log.size(), size);
        assertEq(log.root(), root);
    }

    function test_Once_WhenRepeatedAndNoLongerPossible() external {
        _send(owner, _transferCall(id, 1000));
        freezeAccount(buyer);
        freezeLot(lot);
        vm.expectEmit(address(ledger));
        emit IOperationLedger.OperationRepeated(id);
        _send(owner, _transferCall(id, 1000));
        assertEq(held(buyer, lot), 1000);
    }

    /// @dev Each of the 21 operations, in an order in which each is possible, and each sent twice.
    function test_Once_EveryOperation() external {
        address holder = account("new");
        ActivityId pv = register(projectOf("PV-2"));
        ActivityId pv3 = register(projectOf("PV-3"));
        OperationId rejected = propose(pv, 19_700, 19_701, 5);
        OperationId confirmed = op();
        transfer(owner, kept, lot, 100);
        CancellationPurpose purpose = CancellationPurpose.VoluntaryOffset;

        bytes memory opening = abi.encodeCall(
            accounts.open, (op(), holder, AccountKind.Personal, Custody.Holder, keccak256("new"), RECORD)
        );
        _twice(platform, address(accounts), opening);
        _twice(regulator, address(accounts), abi.encodeCall(accounts.freeze, (op(), holder, RECORD)));
        _twice(regulator, address(accounts), abi.encodeCall(accounts.unfreeze, (op(), holder, RECORD)));
        _twice(platform, address(accounts), abi.encodeCall(accounts.close, (op(), holder, RECORD)));

        bytes memory publishing = abi.encodeCall(
            methodologies.publish, (op(), publicationOf("NEW", 1, MethodologyKind.Project, ReductionClass.I), RECORD)
        );
        _twice(regulator, address(methodologies), publishing);
        _twice(regulator, address(methodologies), abi.encodeCall(methodologies.withdraw, (op(), metro, RECORD)));

        _twice(regulator, address(activities), abi.encodeCall(activities.register, (op(), projectOf("PV-4"), RECORD)));
        _twice(regulator, address(activities), abi.encodeCall(activities.suspend, (op(), pv, RECORD)));
        _twice(regulator, address(activities), abi.encodeCall(activities.resume, (op(), pv, RECORD)));
        _twice(regulator, address(activities), abi.encodeCall(activities.withdraw, (op(), pv3, RECORD)));

        bytes memory proposing =
            abi.encodeCall(ledger.proposeIssuance, (confirmed, pv, day(19_600), day(19_601), 70, RECORD));
        _twice(centre, address(ledger), proposing);
        _twice(regulator, address(ledger), abi.encodeCall(ledger.confirmIssuance, (op(), confirmed, RECORD)));
        _twice(regulator, address(ledger), abi.encodeCall(ledger.rejectIssuance, (op(), rejected, RECORD)));
        _twice(regulator, address(activities), abi.encodeCall(activities.close, (op(), pv, RECORD)));

        _twice(owner, address(ledger), abi.encodeCall(ledger.transfer, (op(), buyer, lot, 10, RECORD)));
        _twice(platform, address(ledger), abi.encodeCall(ledger.transferFor, (op(), kept, buyer, lot, 10, RECORD)));
        _twice(owner, address(ledger), abi.encodeCall(ledger.cancel, (op(), lot, 10, purpose, RECORD)));
        _twice(platform, address(ledger), abi.encodeCall(ledger.cancelFor, (op(), kept, lot, 10, purpose, RECORD)));
        _twice(regulator, address(ledger), abi.encodeCall(ledger.correct, (op(), lot, 10, RECORD)));
        _twice(regulator, address(ledger), abi.encodeCall(ledger.freezeLot, (op(), lot, RECORD)));
        _twice(regulator, address(ledger), abi.encodeCall(ledger.unfreezeLot, (op(), lot, RECORD)));
    }

    function test_Once_RevertWhen_ContentDiffers() external {
        _send(owner, _transferCall(id, 100));
        _expectConflict(address(ledger), owner, _transferCall(id, 100), _transferCall(id, 101), owner);
        _send(owner, _transferCall(id, 101));
    }

    function test_Once_RevertWhen_SenderDiffers() external {
        _send(owner, _transferCall(id, 100));
        _expectConflict(address(ledger), owner, _transferCall(id, 100), _transferCall(id, 100), buyer);
        _send(buyer, _transferCall(id, 100));
    }

    function test_Once_RevertWhen_LedgerDiffers() external {
        vm.prank(regulator);
        accounts.freeze(id, buyer, RECORD);
        bytes memory before = abi.encodeCall(accounts.freeze, (id, buyer, RECORD));
        bytes memory given = abi.encodeCall(ledger.freezeLot, (id, lot, RECORD));
        _expectConflict(address(accounts), regulator, before, given, regulator);
        _send(regulator, given);
    }

    function test_Once_RevertWhen_FunctionDiffers() external {
        vm.prank(regulator);
        ledger.freezeLot(id, lot, RECORD);
        bytes memory before = abi.encodeCall(ledger.freezeLot, (id, lot, RECORD));
        bytes memory given = abi.encodeCall(ledger.unfreezeLot, (id, lot, RECORD));
        _expectConflict(address(ledger), regulator, before, given, regulator);
        _send(regulator, given);
    }

    function test_Once_WhenRefusedBefore() external {
        freezeAccount(buyer);
        vm.expectRevert(
            abi.encodeWithSelector(IAccountRegistry.AccountRegistry_NotActive.selector, buyer, AccountStatus.Frozen)
        );
        vm.prank(owner);
        ledger.transfer(id, buyer, lot, 100, RECORD);
        assertEq(log.operationDigest(id), bytes32(0));

        vm.prank(regulator);
        accounts.unfreeze(op(), buyer, RECORD);
        _send(owner, _transferCall(id, 100));
        assertEq(held(buyer, lot), 100);
    }

    function test_Once_RevertWhen_IdZero() external {
        vm.expectRevert(ITransparencyLog.TransparencyLog_ZeroOperationId.selector);
        vm.prank(owner);
        ledger.transfer(OperationId.wrap(0), buyer, lot, 100, RECORD);
    }

    function test_Once_RevertWhen_RecordHashZero() external {
        vm.expectRevert(abi.encodeWithSelector(ITransparencyLog.TransparencyLog_ZeroRecordHash.selector, id));
        vm.prank(owner);
        ledger.transfer(id, buyer, lot, 100, 0);
    }

    function test_Multicall() external {
        uint64 size = log.size();
        bytes[] memory calls = new bytes[](2);
        calls[0] = _transferCall(id, 100);
        calls[1] = _transferCall(op(), 20);
        vm.prank(owner);
        ledger.multicall(calls);
        assertEq(held(buyer, lot), 120);
        assertEq(log.size(), size + 2);
        // As if sent alone: the inner call is the content and the outer caller the sender.
        assertEq(log.operationDigest(id), keccak256(abi.encode(address(ledger), owner, calls[0])));
    }

    function test_Multicall_WhenAppliedOutsideBefore() external {
        _send(owner, _transferCall(id, 100));
        bytes[] memory calls = new bytes[](2);
        calls[0] = _transferCall(id, 100);
        calls[1] = _transferCall(op(), 20);
        vm.expectEmit(address(ledger));
        emit IOperationLedger.OperationRepeated(id);
        vm.prank(owner);
        ledger.multicall(calls);
        assertEq(held(buyer, lot), 120);
    }

    function test_Multicall_WhenRepeatedOutsideAfter() external {
        bytes[] memory calls = new bytes[](1);
        calls[0] = _transferCall(id, 100);
        vm.prank(owner);
        ledger.multicall(calls);
        vm.expectEmit(address(ledger));
        emit IOperationLedger.OperationRepeated(id);
        _send(owner, _transferCall(id, 100));
        assertEq(held(buyer, lot), 100);
    }

    function test_Multicall_WhenTheSameTwice() external {
        uint64 size = log.size();
        bytes[] memory calls = new bytes[](2);
        calls[0] = _transferCall(id, 100);
        calls[1] = _transferCall(id, 100);
        vm.prank(owner);
        ledger.multicall(calls);
        assertEq(held(buyer, lot), 100);
        assertEq(log.size(), size + 1);
    }

    function test_Multicall_RevertWhen_OneIdWithTwoContents() external {
        bytes[] memory calls = new bytes[](2);
        calls[0] = _transferCall(id, 100);
        calls[1] = _transferCall(id, 101);
        _expectConflict(address(ledger), owner, calls[0], calls[1], owner);
        vm.prank(owner);
        ledger.multicall(calls);
        assertEq(held(buyer, lot), 0);
    }

    function test_Multicall_RevertWhen_OneIsRefused() external {
        uint64 size = log.size();
        bytes[] memory calls = new bytes[](2);
        calls[0] = _transferCall(id, 100);
        calls[1] = abi.encodeCall(ledger.transfer, (op(), stranger, lot, 1, RECORD));
        vm.expectRevert(
            abi.encodeWithSelector(IAccountRegistry.AccountRegistry_NotActive.selector, stranger, AccountStatus.Unknown)
        );
        vm.prank(owner);
        ledger.multicall(calls);
        assertEq(held(buyer, lot), 0);
        assertEq(log.size(), size);
        assertEq(log.operationDigest(id), bytes32(0));
    }

    function test_Multicall_OfARegistry() external {
        bytes[] memory calls = new bytes[](2);
        for (uint256 i = 0; i < 2; ++i) {
            address holder = account(i == 0 ? "a" : "b");
            calls[i] = abi.encodeCall(
                accounts.open, (op(), holder, AccountKind.Personal, Custody.Holder, keccak256(abi.encode(i)), RECORD)
            );
        }
        vm.prank(platform);
        accounts.multicall(calls);
        accounts.requireActive(account("a"));
        accounts.requireActive(account("b"));
    }

    /// @dev The first time it leaves one leaf, the second time none. Its id is its first argument.
    function _twice(address sender, address target, bytes memory data) private {
        uint64 size = log.size();
        vm.prank(sender);
        (bool done,) = target.call(data);
        assertTrue(done);
        assertEq(log.size(), size + 1);

        bytes32 operationId;
        for (uint256 i = 0; i < 32; ++i) {
            operationId |= bytes32(data[4 + i]) >> (8 * i);
        }
        vm.expectEmit(target);
        emit IOperationLedger.OperationRepeated(OperationId.wrap(operationId));
        vm.prank(sender);
        (done,) = target.call(data);
        assertTrue(done);
        assertEq(log.size(), size + 1);
    }

    function _transferCall(OperationId operationId, uint128 grams) private view returns (bytes memory) {
        return abi.encodeCall(ledger.transfer, (operationId, buyer, lot, grams, RECORD));
    }

    function _send(address sender, bytes memory data) private {
        vm.prank(sender);
        (bool done,) = address(ledger).call(data);
        assertTrue(done);
    }

    function _expectConflict(
        address recordedLedger,
        address recordedSender,
        bytes memory recorded,
        bytes memory given,
        address sender
    ) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                ITransparencyLog.TransparencyLog_OperationConflict.selector,
                id,
                keccak256(abi.encode(recordedLedger, recordedSender, recorded)),
                keccak256(abi.encode(address(ledger), sender, given))
            )
        );
    }
}
