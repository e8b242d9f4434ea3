// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IActivityRegistry} from "../../src/interfaces/IActivityRegistry.sol";
import {IOperationLedger} from "../../src/interfaces/IOperationLedger.sol";
import {IPointLedger} from "../../src/interfaces/IPointLedger.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {ActivityId, BatchKind, OperationId, OperationKind, ReductionClass} from "../../src/types/Types.sol";
import {PointsFixture} from "../helpers/PointsFixture.sol";
import {Reference} from "../helpers/Reference.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

contract PointLedgerFeedTest is PointsFixture {
    uint64 private constant LARGEST = uint64(type(int64).max);
    /// @dev Order of secp256k1: r, n - s is the other signature of the same message.
    uint256 private constant ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141;

    // ----------------------------------------------------------------------------------------------------- well formed

    function test_Earn_RevertWhen_WrongKind() external {
        BatchKind[7] memory kinds = [
            BatchKind.None,
            BatchKind.Redeem,
            BatchKind.Donate,
            BatchKind.Cancel,
            BatchKind.Correct,
            BatchKind.Behaviour,
            BatchKind.Snapshot
        ];
        for (uint256 i = 0; i < kinds.length; ++i) {
            IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
            header.kind = kinds[i];
            _expectNoEarn(
                header,
                signed(header),
                abi.encodeWithSelector(IPointLedger.PointLedger_WrongKind.selector, kinds[i], BatchKind.Earn)
            );
        }
    }

    /// @dev The cheat: a behaviour batch, signed as such by its operator, sent as grams.
    function test_Earn_RevertWhen_ABehaviourHeaderIsUsed() external {
        IPointLedger.FeedHeader memory header = headerOf(walking, 10);
        bytes memory signature = signed(header);
        _expectNoEarn(
            header,
            signature,
            abi.encodeWithSelector(IPointLedger.PointLedger_WrongKind.selector, BatchKind.Behaviour, BatchKind.Earn)
        );
        header.kind = BatchKind.Earn;
        _expectNoEarn(
            header,
            signed(header),
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_NeverIssues.selector, walking)
        );
    }

    function test_Earn_RevertWhen_TheRegistryRefuses() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        header.lastDay = day(TODAY);
        _expectNoEarn(
            header,
            signed(header),
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_PeriodNotEnded.selector, TODAY, TODAY)
        );
        issue(busRides, YESTERDAY, YESTERDAY, 1);
        header.lastDay = header.firstDay;
        _expectNoEarn(
            header,
            signed(header),
            abi.encodeWithSelector(
                IActivityRegistry.ActivityRegistry_PeriodOverlap.selector, busRides, YESTERDAY, YESTERDAY
            )
        );
    }

    function test_Earn_RevertWhen_CapExceeded() external {
        feed(busRides, uint64(CAP) - 10);
        IPointLedger.FeedHeader memory header = headerOf(busRides, 11);
        _expectNoEarn(
            header,
            signed(header),
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_CapExceeded.selector, busRides, CAP, CAP - 10, 11)
        );
        feed(busRides, 10);
    }

    function test_Earn_RevertWhen_RootMissing() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        header.root = 0;
        _expectNoEarn(header, signed(header), abi.encodeWithSelector(IPointLedger.PointLedger_RootMissing.selector));
    }

    /// @dev The cheat: one tree, signed again for the next sequence, for another activity, or sent as a redemption first.
    function test_Earn_RevertWhen_RootAlreadyAnchored() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 700);
        send(header, signed(header));
        header.sequence = 2;
        header.fileHash = keccak256("another file");
        _expectNoEarn(header, signed(header), _rootAlreadyAnchored(header.root, 1));
        header.activityId = register(feedOf("BUS-2", bus));
        header.sequence = 1;
        _expectNoEarn(header, signed(header), _rootAlreadyAnchored(header.root, 1));
        redeem(I, mall, 10);
        header.root = points.batchOf(2).commitment.root;
        _expectNoEarn(header, signed(header), _rootAlreadyAnchored(header.root, 2));
        assertEq(points.batchOfRoot(header.root), 2);
        assertEq(personal(I), 690);
    }

    function test_RecordBehaviour_RevertWhen_RootAlreadyAnchored() external {
        IPointLedger.FeedHeader memory header = headerOf(walking, 700);
        send(header, signed(header));
        header.sequence = 2;
        _expectNoBehaviour(header, signed(header), _rootAlreadyAnchored(header.root, 1));
    }

    function test_Earn_RevertWhen_FileHashMissing() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        header.fileHash = 0;
        _expectNoEarn(header, signed(header), abi.encodeWithSelector(IPointLedger.PointLedger_FileHashMissing.selector));
    }

    function test_Earn_RevertWhen_EntryCountOutOfRange() external {
        _expectCountRefused(10, 0, 10);
        _expectCountRefused(10, 11, 10);
        _expectCountRefused(2 ** 24 + 5, 2 ** 24 + 1, 2 ** 24);
        IPointLedger.FeedHeader memory header = headerOf(busRides, 2 ** 24 + 5);
        header.entryCount = 2 ** 24;
        send(header, signed(header));
    }

    function test_Earn_RevertWhen_TotalIsZero() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 0);
        _expectNoEarn(
            header,
            signed(header),
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_ZeroQuantity.selector, busRides)
        );
    }

    function test_Earn_RevertWhen_MethodologyMismatch() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        header.methodologyId = metro;
        _expectNoEarn(
            header,
            signed(header),
            abi.encodeWithSelector(IPointLedger.PointLedger_MethodologyMismatch.selector, busRides, metro, bus)
        );
    }

    /// @dev The cheat: class II data under a class I header.
    function test_Earn_RevertWhen_ClassMismatch() external {
        ReductionClass[2] memory classes = [ReductionClass.None, I];
        for (uint256 i = 0; i < classes.length; ++i) {
            IPointLedger.FeedHeader memory header = headerOf(metroRides, 10);
            header.class = classes[i];
            _expectNoEarn(
                header,
                signed(header),
                abi.encodeWithSelector(IPointLedger.PointLedger_ClassMismatch.selector, metroRides, classes[i], II)
            );
        }
    }

    // ---------------------------------------------------------------------------------------- sequence and signature

    function test_Earn_RevertWhen_SequenceNotNext() external {
        _expectSequenceRefused(0, 1);
        _expectSequenceRefused(2, 1);
        feed(busRides, 10);
        _expectSequenceRefused(1, 2);
        _expectSequenceRefused(3, 2);
        assertEq(points.nextSequence(busRides), 2);
        assertEq(points.nextSequence(metroRides), 1);
    }

    /// @dev The cheat: the very same header and signature under another operation id.
    function test_Earn_RevertWhen_Replayed() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        bytes memory signature = signed(header);
        send(header, signature);
        _expectNoEarn(header, signature, _sequenceNotNext(1, 2));
        // And with the sequence it would need, the signature is no longer of this header.
        header.sequence = 2;
        _expectWrongSigner(header, signature);
    }

    function test_Earn_RevertWhen_SignatureMalformed() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(FEED_KEY, points.hashFeedHeader(header));
        bytes1 other = v == 27 ? bytes1(uint8(28)) : bytes1(uint8(27));
        bytes[6] memory signatures = [
            bytes(""),
            bytes.concat(r, s),
            bytes.concat(r, s, bytes1(v), bytes1(0)),
            bytes.concat(r, bytes32(ORDER - uint256(s)), other),
            bytes.concat(r, s, bytes1(0)),
            new bytes(65)
        ];
        bytes memory reason = abi.encodeWithSelector(IPointLedger.PointLedger_SignatureMalformed.selector, busRides);
        for (uint256 i = 0; i < signatures.length; ++i) {
            _expectNoEarn(header, signatures[i], reason);
        }
        send(header, bytes.concat(r, s, bytes1(v)));
    }

    function test_Earn_RevertWhen_AnotherOperatorSigned() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        uint256 otherKey = uint256(keccak256("another feed key"));
        bytes memory signature = signatureOf(otherKey, points.hashFeedHeader(header));
        _expectNoEarn(
            header,
            signature,
            abi.encodeWithSelector(
                IPointLedger.PointLedger_WrongSigner.selector, busRides, vm.addr(otherKey), vm.addr(FEED_KEY)
            )
        );
    }

    function test_Earn_RevertWhen_SignedForAnotherActivity() external {
        ActivityId other = register(feedOf("BUS-2", bus));
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        bytes memory signature = signed(header);
        header.activityId = other;
        _expectWrongSigner(header, signature);
    }

    function test_Earn_RevertWhen_SignedForAnotherChain() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        _expectWrongSigner(header, _signedIn(header, block.chainid + 1, address(points)));
        // On a fork of this chain with an id of its own, a signature for this chain is worth nothing.
        bytes memory signature = signed(header);
        vm.chainId(block.chainid + 1);
        _expectWrongSigner(header, signature);
    }

    function test_Earn_RevertWhen_SignedForAnotherContract() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        _expectWrongSigner(header, _signedIn(header, block.chainid, address(ledger)));
    }

    function test_Earn_RevertWhen_SignedAsAnotherKind() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        header.kind = BatchKind.Behaviour;
        bytes memory signature = signed(header);
        header.kind = BatchKind.Earn;
        _expectWrongSigner(header, signature);
    }

    /// @dev One change each, of what no other check looks at.
    function test_Earn_RevertWhen_ChangedAfterSigning() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        header.entryCount = 5;
        bytes memory signature = signed(header);
        for (uint256 change = 0; change < 7; ++change) {
            IPointLedger.FeedHeader memory changed = abi.decode(abi.encode(header), (IPointLedger.FeedHeader));
            if (change == 0) changed.total += 1;
            if (change == 1) changed.total -= 1;
            if (change == 2) changed.entryCount += 1;
            if (change == 3) changed.root = keccak256("another root");
            if (change == 4) changed.fileHash = keccak256("another file");
            if (change == 5) changed.firstDay = day(YESTERDAY - 1);
            if (change == 6) (changed.firstDay, changed.lastDay) = (day(YESTERDAY - 1), day(YESTERDAY - 1));
            _expectWrongSigner(changed, signature);
        }
        send(header, signature);
    }

    // ---------------------------------------------------------------------------------------------------------- effect

    function test_Earn() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 1000);
        bytes memory signature = signed(header);
        OperationId operationId = op();
        vm.expectEmit(address(points));
        emit IPointLedger.PointsEarned(1, operationId, busRides, header, 0, 1000);
        IPointLedger.Batch memory batch = _batchOfHeader(header);
        batch.personalClassI = 1000;
        _expectLeaf(operationId, OperationKind.POINTS_EARNED, 1, batch, 1000);
        vm.prank(platform);
        points.earn(operationId, header, signature, RECORD);

        assertBatch(1, batch);
        assertEq(points.batchCount(), 1);
        assertEq(points.nextSequence(busRides), 2);
        assertTotals(I, IPointLedger.PointTotals(1000, 1000, 0, 0, 0, 0, 0));
        assertTotals(II, IPointLedger.PointTotals(0, 0, 0, 0, 0, 0, 0));
        assertTrue(activities.isEarned(busRides, day(YESTERDAY)));
        assertEq(activities.activityOf(busRides).issuedGrams, 1000);
    }

    function test_Earn_BothClassesApart() external {
        feed(busRides, 1000);
        feed(metroRides, 300);
        feed(busRides, 1);
        assertEq(personal(I), 1001);
        assertEq(personal(II), 300);
        IPointLedger.Batch memory batch = points.batchOf(3);
        assertEq(batch.personalClassI, 1001);
        assertEq(batch.personalClassII, 300);
        assertEq(points.batchOf(2).personalClassI, 1000);
        assertEq(uint8(points.batchOf(4).kind), uint8(BatchKind.None));
    }

    function test_Earn_WithholdsForTheDeficit() external {
        uint64 wrong = feed(busRides, 1000);
        correctBatch(wrong, 700, nothing());
        assertEq(deficitGrams(busRides), 700);

        IPointLedger.FeedHeader memory header = headerOf(busRides, 400);
        bytes memory signature = signed(header);
        OperationId operationId = op();
        IPointLedger.Batch memory batch = _batchOfHeader(header);
        batch.withheldGrams = 400;
        batch.personalClassI = 1000;
        vm.expectEmit(address(points));
        emit IPointLedger.PointsEarned(3, operationId, busRides, header, 400, 1000);
        _expectLeaf(operationId, OperationKind.POINTS_EARNED, 3, batch, 400);
        vm.prank(platform);
        points.earn(operationId, header, signature, RECORD);
        assertBatch(3, batch);

        uint64 next = feed(busRides, 500);
        assertEq(points.batchOf(next).withheldGrams, 300);
        assertEq(deficitGrams(busRides), 0);
        assertTotals(I, IPointLedger.PointTotals(1900, 1200, 0, 0, 0, 0, 700));
    }

    /// @dev No one activity can bring it so far, but nine can.
    function test_Earn_RevertWhen_TheClassIsFull() external {
        IActivityRegistry.Registration memory registration = feedOf("HUGE", bus);
        registration.capGrams = LARGEST;
        ActivityId huge = register(registration);
        feed(huge, LARGEST - 5);
        feed(busRides, 5);
        IPointLedger.FeedHeader memory header = headerOf(busRides, 1);
        _expectNoEarn(
            header,
            signed(header),
            abi.encodeWithSelector(IPointLedger.PointLedger_QuantityTooLarge.selector, uint256(LARGEST) + 1, LARGEST)
        );
        feed(metroRides, 1);
    }

    function test_Earn_RefusedLeavesNothing() external {
        uint64 wrong = feed(busRides, 100);
        correctBatch(wrong, 60, nothing());
        IPointLedger.FeedHeader memory header = headerOf(busRides, 50);
        header.firstDay = day(YESTERDAY - 1);
        bytes memory signature = signed(header);
        header.fileHash = keccak256("another file");
        _expectWrongSigner(header, signature);
        assertFalse(activities.isEarned(busRides, day(YESTERDAY - 1)));
        assertEq(activities.activityOf(busRides).issuedGrams, 100);
        assertEq(deficitGrams(busRides), 60);
        assertEq(points.nextSequence(busRides), 2);
        assertEq(points.batchCount(), 2);
    }

    function test_Earn_Repeated() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 1000);
        bytes memory signature = signed(header);
        OperationId operationId = op();
        vm.prank(platform);
        points.earn(operationId, header, signature, RECORD);
        vm.expectEmit(address(points));
        emit IOperationLedger.OperationRepeated(operationId);
        vm.prank(platform);
        points.earn(operationId, header, signature, RECORD);
        assertEq(points.batchCount(), 1);
        assertEq(personal(I), 1000);
    }

    function testFuzz_Earn(uint64[8] memory totals, uint8 which) external {
        uint256[3] memory sums;
        for (uint256 i = 0; i < totals.length; ++i) {
            totals[i] = uint64(bound(totals[i], 1, CAP / 8));
            bool first = (which >> i) & 1 == 0;
            feed(first ? busRides : metroRides, totals[i]);
            sums[first ? 1 : 2] += totals[i];
        }
        assertEq(personal(I), sums[1]);
        assertEq(personal(II), sums[2]);
        assertEq(points.batchCount(), 8);
    }

    // ------------------------------------------------------------------------------------------------------- behaviour

    function test_Behaviour_RevertWhen_WrongKind() external {
        IPointLedger.FeedHeader memory header = headerOf(walking, 10);
        header.kind = BatchKind.Earn;
        _expectNoBehaviour(
            header,
            signed(header),
            abi.encodeWithSelector(IPointLedger.PointLedger_WrongKind.selector, BatchKind.Earn, BatchKind.Behaviour)
        );
    }

    function test_Behaviour_RevertWhen_NotBehaviour() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        header.kind = BatchKind.Behaviour;
        _expectNoBehaviour(
            header,
            signed(header),
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_NotBehaviour.selector, busRides)
        );
    }

    function test_Behaviour_RevertWhen_TheHeaderIsRefused() external {
        IPointLedger.FeedHeader memory header = headerOf(walking, 10);
        header.sequence = 2;
        bytes memory reason = abi.encodeWithSelector(IPointLedger.PointLedger_SequenceNotNext.selector, walking, 2, 1);
        _expectNoBehaviour(header, signed(header), reason);
        header.sequence = 1;
        header.entryCount = 11;
        reason = abi.encodeWithSelector(IPointLedger.PointLedger_EntryCountOutOfRange.selector, 11, 10, 10);
        _expectNoBehaviour(header, signed(header), reason);
        header.entryCount = 10;
        header.total = 0;
        reason = abi.encodeWithSelector(IPointLedger.PointLedger_ZeroQuantity.selector);
        _expectNoBehaviour(header, signed(header), reason);
        header.total = LARGEST + 1;
        reason =
            abi.encodeWithSelector(IPointLedger.PointLedger_QuantityTooLarge.selector, uint256(LARGEST) + 1, LARGEST);
        _expectNoBehaviour(header, signed(header), reason);
        header.total = 10;
        bytes memory signature = signed(header);
        header.total = 11;
        _expectNoBehaviour(header, signature, _wrongSigner(header, signature));
    }

    function test_Behaviour_RevertWhen_TheValueIsFull() external {
        feed(walking, LARGEST - 1);
        IPointLedger.FeedHeader memory header = headerOf(walking, 2);
        _expectNoBehaviour(
            header,
            signed(header),
            abi.encodeWithSelector(IPointLedger.PointLedger_QuantityTooLarge.selector, uint256(LARGEST) + 1, LARGEST)
        );
        feed(walking, 1);
    }

    function test_Behaviour() external {
        feed(busRides, 7);
        IPointLedger.FeedHeader memory header = headerOf(walking, 1000);
        bytes memory signature = signed(header);
        OperationId operationId = op();
        vm.expectEmit(address(points));
        emit IPointLedger.BehaviourRecorded(2, operationId, walking, header);
        IPointLedger.Batch memory batch = _batchOfHeader(header);
        batch.personalClassI = 7;
        _expectLeaf(operationId, OperationKind.BEHAVIOUR_RECORDED, 2, batch, 0);
        vm.prank(platform);
        points.recordBehaviour(operationId, header, signature, RECORD);
        assertBatch(2, batch);
        assertEq(points.behaviourValueOf(walking), 1000);
        assertEq(points.behaviourValueOf(busRides), 0);
        assertEq(points.nextSequence(walking), 2);
    }

    /// @dev M19: behaviour value is never grams.
    function testFuzz_Behaviour_ChangesNoGram(uint64 first, uint64 second) external {
        feed(metroRides, 500);
        redeem(II, mall, 100);
        bytes memory before = _allGrams();
        first = uint64(bound(first, 1, LARGEST / 2));
        second = uint64(bound(second, 1, LARGEST / 2));
        feed(walking, first);
        feed(walking, second);
        assertEq(points.behaviourValueOf(walking), uint256(first) + second);
        assertEq(_allGrams(), before);
    }

    // --------------------------------------------------------------------------------------------------------- EIP-712

    function test_HashFeedHeader_IsEip712() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        bytes32 domain = Reference.pointLedgerDomain(block.chainid, address(points));
        bytes32 digest = keccak256(bytes.concat(hex"1901", domain, Encodings.feedHeaderHash(header)));
        assertEq(points.hashFeedHeader(header), digest);
    }

    function test_Eip712Domain() external view {
        (
            bytes1 fields,
            string memory name,
            string memory version,
            uint256 chainId,
            address verifyingContract,
            bytes32 salt,
            uint256[] memory extensions
        ) = points.eip712Domain();
        assertEq(uint8(fields), 0x0f);
        assertEq(name, "Tanpuhui PointLedger");
        assertEq(version, "1");
        assertEq(chainId, block.chainid);
        assertEq(verifyingContract, address(points));
        assertEq(salt, bytes32(0));
        assertEq(extensions.length, 0);
    }

    // --------------------------------------------------------------------------------------------------------- helpers

    function _batchOfHeader(IPointLedger.FeedHeader memory header)
        private
        pure
        returns (IPointLedger.Batch memory batch)
    {
        batch.kind = header.kind;
        batch.class = header.class;
        batch.party = ActivityId.unwrap(header.activityId);
        batch.commitment = IPointLedger.BatchCommitment(header.root, header.total, header.entryCount, header.fileHash);
    }

    function _allGrams() private view returns (bytes memory) {
        bytes memory inPoints = abi.encode(points.totalsOf(I), points.totalsOf(II), points.poolOf(mall, II));
        return bytes.concat(inPoints, abi.encode(ledger.totalsOf(I), ledger.totalsOf(II), ledger.nextSerial()));
    }

    function _signedIn(IPointLedger.FeedHeader memory header, uint256 chainId, address verifyingContract)
        private
        pure
        returns (bytes memory)
    {
        bytes32 domain = Reference.pointLedgerDomain(chainId, verifyingContract);
        return signatureOf(FEED_KEY, keccak256(bytes.concat(hex"1901", domain, Encodings.feedHeaderHash(header))));
    }

    function _rootAlreadyAnchored(bytes32 root, uint64 batchNumber) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IPointLedger.PointLedger_RootAlreadyAnchored.selector, root, batchNumber);
    }

    function _expectNoEarn(IPointLedger.FeedHeader memory header, bytes memory signature, bytes memory reason) private {
        OperationId operationId = op();
        vm.expectRevert(reason);
        vm.prank(platform);
        points.earn(operationId, header, signature, RECORD);
    }

    function _expectNoBehaviour(IPointLedger.FeedHeader memory header, bytes memory signature, bytes memory reason)
        private
    {
        OperationId operationId = op();
        vm.expectRevert(reason);
        vm.prank(platform);
        points.recordBehaviour(operationId, header, signature, RECORD);
    }

    function _expectWrongSigner(IPointLedger.FeedHeader memory header, bytes memory signature) private {
        _expectNoEarn(header, signature, _wrongSigner(header, signature));
    }

    function _expectSequenceRefused(uint64 sequence, uint64 expected) private {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 10);
        header.sequence = sequence;
        _expectNoEarn(header, signed(header), _sequenceNotNext(sequence, expected));
    }

    function _expectCountRefused(uint64 total, uint64 count, uint64 largest) private {
        IPointLedger.FeedHeader memory header = headerOf(busRides, total);
        header.entryCount = count;
        _expectNoEarn(
            header,
            signed(header),
            abi.encodeWithSelector(IPointLedger.PointLedger_EntryCountOutOfRange.selector, count, total, largest)
        );
    }

    function _expectLeaf(
        OperationId operationId,
        uint16 kind,
        uint64 number,
        IPointLedger.Batch memory batch,
        uint128 grams
    ) private {
        bytes32 subject = Encodings.batchSubject(number, batch);
        expectLeaf(address(points), operationId, kind, subject, address(0), address(0), grams);
    }

    function _wrongSigner(IPointLedger.FeedHeader memory header, bytes memory signature)
        private
        view
        returns (bytes memory)
    {
        address recovered = ECDSA.recover(points.hashFeedHeader(header), signature);
        assertTrue(recovered != vm.addr(FEED_KEY));
        return abi.encodeWithSelector(
            IPointLedger.PointLedger_WrongSigner.selector, header.activityId, recovered, vm.addr(FEED_KEY)
        );
    }

    function _sequenceNotNext(uint64 sequence, uint64 expected) private view returns (bytes memory) {
        return abi.encodeWithSelector(IPointLedger.PointLedger_SequenceNotNext.selector, busRides, sequence, expected);
    }
}
