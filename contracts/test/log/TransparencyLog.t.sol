// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Roles} from "../../src/access/Roles.sol";
import {SeparatedAccessManager} from "../../src/access/SeparatedAccessManager.sol";
import {ITransparencyLog} from "../../src/interfaces/ITransparencyLog.sol";
import {TransparencyLog} from "../../src/log/TransparencyLog.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {OperationId} from "../../src/types/Types.sol";
import {Base} from "../Base.sol";
import {Rfc6962} from "../helpers/Rfc6962.sol";

contract TransparencyLogTest is Base {
    uint64 private constant NOW = 1_751_299_200;

    TransparencyLog private log;
    address private first = account("first ledger");
    address private second = account("second ledger");
    bytes32[] private leaves;

    function setUp() external {
        vm.warp(NOW);
        SeparatedAccessManager manager = new SeparatedAccessManager(address(this));
        log = new TransparencyLog(address(manager));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = ITransparencyLog.append.selector;
        manager.setTargetFunctionRole(address(log), selectors, Roles.LEDGER);
        manager.grantRole(Roles.LEDGER, first, 0);
        manager.grantRole(Roles.LEDGER, second, 0);
    }

    function test_Append_RevertWhen_OperationIdZero() external {
        ITransparencyLog.Entry memory entry = _entry(0);
        entry.operationId = OperationId.wrap(0);
        vm.expectRevert(ITransparencyLog.TransparencyLog_ZeroOperationId.selector);
        vm.prank(first);
        log.append(entry);
    }

    function test_Append_RevertWhen_RecordHashZero() external {
        ITransparencyLog.Entry memory entry = _entry(0);
        entry.recordHash = 0;
        vm.expectRevert(
            abi.encodeWithSelector(ITransparencyLog.TransparencyLog_ZeroRecordHash.selector, entry.operationId)
        );
        vm.prank(first);
        log.append(entry);
    }

    function test_Append_RevertWhen_OperationIdUsed() external {
        _append(first, _entry(0));
        ITransparencyLog.Entry memory entry = _entry(0);
        bytes32 recorded = entry.digest;
        for (uint256 i = 0; i < 2; ++i) {
            // The same digest is no excuse either: a ledger that appends again has not asked before.
            if (i == 1) entry.digest = keccak256("other content");
            vm.expectRevert(
                abi.encodeWithSelector(
                    ITransparencyLog.TransparencyLog_OperationConflict.selector,
                    entry.operationId,
                    recorded,
                    entry.digest
                )
            );
            vm.prank(second);
            log.append(entry);
        }
        assertEq(log.size(), 1);
    }

    function test_Append() external {
        ITransparencyLog.Entry memory entry = _entry(0);
        bytes32 leaf = _leafHash(first, entry);
        vm.expectEmit(address(log));
        emit ITransparencyLog.LeafAppended(
            0,
            entry.operationId,
            first,
            entry.kind,
            entry.subject,
            entry.from,
            entry.to,
            entry.grams,
            entry.recordHash,
            NOW,
            leaf
        );
        vm.prank(first);
        assertEq(log.append(entry), 0);
        assertEq(log.size(), 1);
        assertEq(log.root(), leaf);
        assertEq(log.operationDigest(entry.operationId), entry.digest);

        vm.prank(second);
        assertEq(log.append(_entry(1)), 1);
        assertEq(log.size(), 2);
    }

    function test_Append_BindsChainLedgerAndTime() external {
        uint256 before = vm.snapshotState();
        bytes32 leaf = _append(first, _entry(0));
        vm.revertToState(before);
        assertTrue(_append(second, _entry(0)) != leaf);
        vm.revertToState(before);
        vm.warp(NOW + 1);
        assertTrue(_append(first, _entry(0)) != leaf);
        vm.revertToState(before);
        vm.chainId(7);
        assertTrue(_append(first, _entry(0)) != leaf);
    }

    function test_OperationDigest_WhenUnused() external view {
        assertEq(log.operationDigest(OperationId.wrap(keccak256("unused"))), bytes32(0));
    }

    function test_Root_WhenEmpty() external view {
        assertEq(log.size(), 0);
        assertEq(log.root(), Encodings.EMPTY_LOG_ROOT);
        assertEq(log.rootAt(0), Encodings.EMPTY_LOG_ROOT);
    }

    function test_RootAt_RevertWhen_SizeNotReached() external {
        vm.expectRevert(abi.encodeWithSelector(ITransparencyLog.TransparencyLog_SizeNotReached.selector, 1, 0));
        log.rootAt(1);
        _append(first, _entry(0));
        vm.expectRevert(
            abi.encodeWithSelector(ITransparencyLog.TransparencyLog_SizeNotReached.selector, type(uint64).max, 1)
        );
        log.rootAt(type(uint64).max);
    }

    /// @dev Each root when it is the newest, and all of them again when the log has grown to full size.
    function test_RootAt_EverySizeUpTo130() external {
        bytes32[] memory roots = new bytes32[](131);
        roots[0] = log.root();
        for (uint256 size = 1; size <= 130; ++size) {
            leaves.push(_append(first, _entry(size)));
            roots[size] = Rfc6962.root(leaves);
            assertEq(log.root(), roots[size], "newest root");
            assertEq(log.rootAt(uint64(size - 1)), roots[size - 1], "root before");
        }
        for (uint256 size = 0; size <= 130; ++size) {
            assertEq(log.rootAt(uint64(size)), roots[size], "old root");
        }
    }

    function testFuzz_RootAt(uint8 size, uint8 atSize, bytes32 seed) external {
        size = uint8(bound(size, 1, 64));
        atSize = uint8(bound(atSize, 0, size));
        for (uint256 i = 0; i < size; ++i) {
            leaves.push(_append(i % 3 == 0 ? second : first, _entry(uint256(keccak256(abi.encode(seed, i))))));
        }
        assertEq(log.root(), Rfc6962.root(leaves));
        assertEq(log.rootAt(atSize), Rfc6962.root(leaves, atSize));
    }

    function _entry(uint256 seed) private pure returns (ITransparencyLog.Entry memory) {
        return ITransparencyLog.Entry({
            operationId: OperationId.wrap(keccak256(abi.encode("operation", seed))),
            digest: keccak256(abi.encode("digest", seed)),
            kind: uint16(seed),
            subject: keccak256(abi.encode("subject", seed)),
            from: address(uint160(seed)),
            to: address(uint160(seed) + 1),
            grams: uint128(seed),
            recordHash: keccak256(abi.encode("record", seed))
        });
    }

    function _append(address ledger, ITransparencyLog.Entry memory entry) private returns (bytes32 leaf) {
        leaf = _leafHash(ledger, entry);
        vm.prank(ledger);
        log.append(entry);
    }

    /// @dev Packed a second time, without the library that the log uses.
    function _leafHash(address ledger, ITransparencyLog.Entry memory entry) private view returns (bytes32) {
        return sha256(
            bytes.concat(
                bytes.concat(hex"0001", bytes8(uint64(block.chainid)), bytes20(ledger), bytes2(entry.kind)),
                bytes.concat(OperationId.unwrap(entry.operationId), entry.subject),
                bytes.concat(bytes20(entry.from), bytes20(entry.to), bytes16(entry.grams)),
                bytes.concat(entry.recordHash, bytes8(uint64(block.timestamp)))
            )
        );
    }
}
