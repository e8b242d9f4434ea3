// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPointLedger} from "../../src/interfaces/IPointLedger.sol";
import {ITransparencyLog} from "../../src/interfaces/ITransparencyLog.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {
    ActivityId,
    BatchKind,
    CampaignId,
    CancellationPurpose,
    CivilDay,
    ClaimId,
    DebtorId,
    LotId,
    MethodologyId,
    OperationId,
    ReductionClass
} from "../../src/types/Types.sol";
import {Base} from "../Base.sol";
import {Reference} from "../helpers/Reference.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev `bytes.concat` of fixed-width parts is the second packing that each encoding is compared with.
contract EncodingsTest is Base {
    // ---------------------------------------------------------------------------------------------------- as the spec

    function testFuzz_RecordField(string memory name, bytes16 salt, bytes memory value) external pure {
        vm.assume(bytes(name).length <= type(uint16).max);
        bytes memory packed = bytes.concat(hex"20", _u16(bytes(name).length), bytes(name), salt, value);
        assertEq(Encodings.recordField(name, salt, value), sha256(packed));
    }

    function testFuzz_RecordHash(uint16 kind, bytes32[] memory commitments) external pure {
        vm.assume(commitments.length > 0 && commitments.length <= 256);
        bytes memory packed = bytes.concat(hex"2101", _u16(kind), _u16(commitments.length));
        for (uint256 i = 0; i < commitments.length; ++i) {
            packed = bytes.concat(packed, commitments[i]);
        }
        assertEq(Encodings.recordHash(kind, commitments), sha256(packed));
    }

    function testFuzz_EntryLeaf(uint8 kind, uint64 grams, bytes32 entryId, bytes32 fieldsRoot) external pure {
        bytes memory packed = bytes.concat(hex"0001", bytes1(kind), _u64(grams), entryId, fieldsRoot);
        assertEq(Encodings.entryLeaf(kind, grams, entryId, fieldsRoot), sha256(packed));
    }

    function testFuzz_EntryNode(uint64 leftSum, bytes32 left, uint64 rightSum, bytes32 right) external pure {
        vm.assume(uint256(leftSum) + rightSum <= type(uint64).max);
        (uint64 sum, bytes32 node) = Encodings.entryNode(leftSum, left, rightSum, right);
        assertEq(sum, uint256(leftSum) + rightSum);
        assertEq(node, sha256(bytes.concat(hex"01", _u64(leftSum), left, _u64(rightSum), right)));
    }

    function testFuzz_LogLeaf(uint64 chainId, address ledger, ITransparencyLog.Entry memory entry, uint64 timestamp)
        external
        pure
    {
        bytes memory packed = bytes.concat(
            bytes.concat(hex"0001", _u64(chainId), bytes20(ledger), _u16(entry.kind)),
            bytes.concat(OperationId.unwrap(entry.operationId), entry.subject),
            bytes.concat(bytes20(entry.from), bytes20(entry.to), bytes16(entry.grams)),
            bytes.concat(entry.recordHash, _u64(timestamp))
        );
        assertEq(packed.length, 192);
        assertEq(Encodings.logLeaf(chainId, ledger, entry, timestamp), sha256(packed));
    }

    function testFuzz_LogNode(bytes32 left, bytes32 right) external pure {
        assertEq(Encodings.logNode(left, right), sha256(bytes.concat(hex"01", left, right)));
    }

    function test_EmptyLogRoot() external pure {
        assertEq(Encodings.EMPTY_LOG_ROOT, sha256(""));
    }

    function testFuzz_LotId(
        uint64 chainId,
        address ledger,
        bytes32 activity,
        bytes32 methodology,
        uint8 class,
        uint32 first,
        uint32 last
    ) external pure {
        class = uint8(bound(class, 1, 2));
        LotId id = Encodings.lotId(
            chainId,
            ledger,
            ActivityId.wrap(activity),
            MethodologyId.wrap(methodology),
            ReductionClass(class),
            CivilDay.wrap(first),
            CivilDay.wrap(last)
        );
        bytes memory packed = bytes.concat(
            bytes.concat(hex"3001", _u64(chainId), bytes20(ledger), activity, methodology),
            bytes.concat(bytes1(class), bytes4(first), bytes4(last))
        );
        assertEq(LotId.unwrap(id), uint256(sha256(packed)));
    }

    function testFuzz_MethodologyId(string memory code, uint32 version) external pure {
        vm.assume(bytes(code).length <= type(uint16).max);
        bytes memory packed = bytes.concat(hex"3101", _u16(bytes(code).length), bytes(code), bytes4(version));
        assertEq(MethodologyId.unwrap(Encodings.methodologyId(code, version)), sha256(packed));
    }

    function testFuzz_ActivityId(string memory code) external pure {
        vm.assume(bytes(code).length <= type(uint16).max);
        bytes memory packed = bytes.concat(hex"3201", _u16(bytes(code).length), bytes(code));
        assertEq(ActivityId.unwrap(Encodings.activityId(code)), sha256(packed));
    }

    function testFuzz_ClaimId(bytes32 activity, bytes32 facilityId) external pure {
        vm.assume(facilityId != 0);
        ClaimId claim = Encodings.claimId(ActivityId.wrap(activity), facilityId);
        assertEq(ClaimId.unwrap(claim), sha256(bytes.concat(hex"4201", facilityId)));
        assertEq(ClaimId.unwrap(Encodings.claimId(ActivityId.wrap(activity), 0)), activity);
    }

    function testFuzz_DebtorId(bytes32 activity, bytes32 facilityId, bool second) external pure {
        vm.assume(facilityId != 0);
        ReductionClass class = second ? ReductionClass.II : ReductionClass.I;
        DebtorId debtor = Encodings.debtorId(ActivityId.wrap(activity), facilityId, class);
        assertEq(DebtorId.unwrap(debtor), sha256(bytes.concat(hex"4301", facilityId, bytes1(uint8(class)))));
        assertEq(DebtorId.unwrap(Encodings.debtorId(ActivityId.wrap(activity), 0, class)), activity);
    }

    function testFuzz_CertificateSubject(uint64 number, uint256 lot, uint8 purpose, uint128 firstSerial) external pure {
        purpose = uint8(bound(purpose, 1, 4));
        bytes memory packed = bytes.concat(hex"3301", _u64(number), bytes32(lot), bytes1(purpose), bytes16(firstSerial));
        bytes32 subject =
            Encodings.certificateSubject(number, LotId.wrap(lot), CancellationPurpose(purpose), firstSerial);
        assertEq(subject, sha256(packed));
    }

    function testFuzz_BatchSubject(
        uint64 number,
        uint8[2] memory kindAndClass,
        bytes32 party,
        IPointLedger.BatchCommitment memory commitment,
        uint64[2] memory decided
    ) external pure {
        IPointLedger.Batch memory batch = _batch(kindAndClass, party, commitment);
        (batch.withheldGrams, batch.firstCertificate) = (decided[0], decided[1]);
        bytes memory packed = bytes.concat(
            bytes.concat(hex"3c01", _u64(number), bytes1(uint8(batch.kind)), bytes1(uint8(batch.class)), party),
            bytes.concat(commitment.root, _u64(commitment.total), _u64(commitment.entryCount), commitment.fileHash),
            bytes.concat(_u64(decided[0]), _u64(decided[1]))
        );
        assertEq(Encodings.batchSubject(number, batch), sha256(packed));
    }

    function testFuzz_BatchOperationId(
        uint64[2] memory chainIdAndSequence,
        address ledger,
        uint8[2] memory kindAndClass,
        bytes32 party,
        IPointLedger.BatchCommitment memory commitment
    ) external pure {
        (uint64 chainId, uint64 sequence) = (chainIdAndSequence[0], chainIdAndSequence[1]);
        IPointLedger.Batch memory batch = _batch(kindAndClass, party, commitment);
        bytes memory packed = bytes.concat(
            bytes.concat(hex"4101", _u64(chainId), bytes20(ledger), bytes1(uint8(batch.kind))),
            bytes.concat(bytes1(uint8(batch.class)), party, _u64(sequence), commitment.root),
            bytes.concat(_u64(commitment.total), commitment.fileHash)
        );
        assertEq(OperationId.unwrap(Reference.batchOperationId(chainId, ledger, sequence, batch)), sha256(packed));
    }

    /// @dev EIP-712: the type's hash, then each member as a word.
    function testFuzz_FeedHeaderHash(
        uint8[2] memory kindAndClass,
        bytes32[2] memory ids,
        uint64 sequence,
        uint32[2] memory period,
        IPointLedger.BatchCommitment memory commitment
    ) external pure {
        IPointLedger.Batch memory batch = _batch(kindAndClass, 0, commitment);
        IPointLedger.FeedHeader memory header = IPointLedger.FeedHeader({
            kind: batch.kind,
            activityId: ActivityId.wrap(ids[0]),
            methodologyId: MethodologyId.wrap(ids[1]),
            class: batch.class,
            sequence: sequence,
            firstDay: CivilDay.wrap(period[0]),
            lastDay: CivilDay.wrap(period[1]),
            root: commitment.root,
            total: commitment.total,
            entryCount: commitment.entryCount,
            fileHash: commitment.fileHash
        });
        bytes memory packed = bytes.concat(
            bytes.concat(Encodings.FEED_HEADER_TYPE, bytes32(uint256(batch.kind)), ids[0], ids[1]),
            bytes.concat(bytes32(uint256(batch.class)), bytes32(uint256(sequence)), bytes32(uint256(period[0]))),
            bytes.concat(bytes32(uint256(period[1])), commitment.root, bytes32(uint256(commitment.total))),
            bytes.concat(bytes32(uint256(commitment.entryCount)), commitment.fileHash)
        );
        assertEq(Encodings.feedHeaderHash(header), keccak256(packed));
    }

    function testFuzz_BuyBack(uint64 chainId, address ledger, bytes32 operation, uint8 class) external pure {
        class = uint8(bound(class, 1, 2));
        OperationId id = Encodings.buyBackOperationId(OperationId.wrap(operation));
        assertEq(OperationId.unwrap(id), sha256(bytes.concat(hex"3e01", operation)));
        LotId lot = Encodings.buyBackLotId(chainId, ledger, OperationId.wrap(operation), ReductionClass(class));
        bytes memory packed = bytes.concat(hex"3d01", _u64(chainId), bytes20(ledger), operation, bytes1(class));
        assertEq(LotId.unwrap(lot), uint256(sha256(packed)));
    }

    function testFuzz_CampaignId(string memory code) external pure {
        vm.assume(bytes(code).length <= type(uint16).max);
        bytes memory packed = bytes.concat(hex"3f01", _u16(bytes(code).length), bytes(code));
        assertEq(CampaignId.unwrap(Encodings.campaignId(code)), sha256(packed));
    }

    function testFuzz_CampaignCancellationSubject(uint64 number, bytes32 campaign, uint8 class, uint8 purpose)
        external
        pure
    {
        class = uint8(bound(class, 1, 2));
        purpose = uint8(bound(purpose, 1, 4));
        bytes memory packed = bytes.concat(hex"4001", _u64(number), campaign, bytes1(class), bytes1(purpose));
        bytes32 subject = Encodings.campaignCancellationSubject(
            number, CampaignId.wrap(campaign), ReductionClass(class), CancellationPurpose(purpose)
        );
        assertEq(subject, sha256(packed));
    }

    function testFuzz_IdentityCommitment(bytes16 salt, bytes memory identity) external pure {
        vm.assume(identity.length <= type(uint16).max);
        bytes memory packed = bytes.concat(hex"3401", salt, _u16(identity.length), identity);
        assertEq(Reference.identityCommitment(salt, identity), sha256(packed));
    }

    function testFuzz_ImportLineOperationId(bytes32 fileHash, uint64 line, uint16 step) external pure {
        bytes memory packed = bytes.concat(hex"3501", fileHash, _u64(line), _u16(step));
        assertEq(OperationId.unwrap(Reference.importLineOperationId(fileHash, line, step)), sha256(packed));
    }

    function testFuzz_ImportRowOperationId(string memory namespace, string memory rowId, uint16 step) external pure {
        vm.assume(bytes(namespace).length <= type(uint16).max && bytes(rowId).length <= type(uint16).max);
        bytes memory packed = bytes.concat(
            bytes.concat(hex"3601", _u16(bytes(namespace).length), bytes(namespace)),
            bytes.concat(_u16(bytes(rowId).length), bytes(rowId), _u16(step))
        );
        assertEq(OperationId.unwrap(Reference.importRowOperationId(namespace, rowId, step)), sha256(packed));
    }

    function testFuzz_RequestOperationId(string memory keyId, string memory idempotencyKey) external pure {
        vm.assume(bytes(keyId).length <= type(uint16).max && bytes(idempotencyKey).length <= type(uint16).max);
        bytes memory packed = bytes.concat(
            bytes.concat(hex"3701", _u16(bytes(keyId).length), bytes(keyId)),
            bytes.concat(_u16(bytes(idempotencyKey).length), bytes(idempotencyKey))
        );
        assertEq(OperationId.unwrap(Reference.requestOperationId(keyId, idempotencyKey)), sha256(packed));
    }

    function testFuzz_CustodyAddress(bytes32 commitment) external pure {
        bytes32 hash = sha256(bytes.concat(hex"3801", commitment));
        assertEq(Encodings.custodyAddress(commitment), address(bytes20(hash << 96)));
    }

    function testFuzz_AccountSubject(address holder) external pure {
        assertEq(Encodings.accountSubject(holder), bytes32(bytes20(holder)) >> 96);
    }

    // -------------------------------------------------------------------------------------------------------- bounds

    function test_RecordHash_RevertWhen_FieldCountOutOfRange() external {
        vm.expectRevert(abi.encodeWithSelector(Encodings.Encodings_FieldCountOutOfRange.selector, 0));
        this.recordHash(new bytes32[](0));
        vm.expectRevert(abi.encodeWithSelector(Encodings.Encodings_FieldCountOutOfRange.selector, 257));
        this.recordHash(new bytes32[](257));
    }

    function test_RecordHash_WhenFieldCountAtTheEdge() external view {
        assertEq(this.recordHash(new bytes32[](1)), sha256(bytes.concat(hex"2101002a0001", new bytes(32))));
        assertEq(this.recordHash(new bytes32[](256)), sha256(bytes.concat(hex"2101002a0100", new bytes(256 * 32))));
    }

    function test_RevertWhen_VariablePartTooLong() external {
        string memory long = string(new bytes(65_536));
        bytes memory reason =
            abi.encodeWithSelector(SafeCast.SafeCastOverflowedUintDowncast.selector, uint8(16), 65_536);
        vm.expectRevert(reason);
        this.recordField(long);
        vm.expectRevert(reason);
        this.methodologyId(long);
        vm.expectRevert(reason);
        this.activityId(long);
        vm.expectRevert(reason);
        this.identityCommitment(long);
        vm.expectRevert(reason);
        this.importRowOperationId(long, "");
        vm.expectRevert(reason);
        this.importRowOperationId("", long);
        vm.expectRevert(reason);
        this.requestOperationId(long, "");
        vm.expectRevert(reason);
        this.requestOperationId("", long);
    }

    function test_EntryNode_RevertWhen_SumOverflows() external {
        vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
        this.entryNode(type(uint64).max, 1);
    }

    function test_EntryNode_WhenSumAtTheEdge() external view {
        assertEq(this.entryNode(type(uint64).max - 1, 1), type(uint64).max);
    }

    function test_EntryNode_WhenTheTotalIsSplitInAnotherWay() external pure {
        bytes32 left = sha256("left");
        bytes32 right = sha256("right");
        (uint64 honestSum, bytes32 honest) = Encodings.entryNode(60, left, 40, right);
        (uint64 forgedSum, bytes32 forged) = Encodings.entryNode(40, left, 60, right);
        assertEq(honestSum, forgedSum);
        assertTrue(honest != forged);
    }

    function test_IsCode() external pure {
        assertTrue(Encodings.isCode("a"));
        assertTrue(Encodings.isCode("SH-PV/2025_01~!"));
        assertTrue(Encodings.isCode("0123456789012345678901234567890123456789012345678901234567890123"));
        assertFalse(Encodings.isCode(""));
        assertFalse(Encodings.isCode("01234567890123456789012345678901234567890123456789012345678901234"));
    }

    function testFuzz_IsCode(bytes1 letter, uint8 position) external pure {
        bytes memory code = bytes("SH-PV-2025");
        code[position % code.length] = letter;
        assertEq(Encodings.isCode(string(code)), uint8(letter) > 0x20 && uint8(letter) < 0x7f);
    }

    function test_IsCode_WhenAtTheEdges() external pure {
        assertFalse(Encodings.isCode("\x20"));
        assertTrue(Encodings.isCode("\x21"));
        assertTrue(Encodings.isCode("\x7e"));
        assertFalse(Encodings.isCode("\x7f"));
    }

    // ------------------------------------------------------------------------- called from outside so that they can revert

    function recordField(string calldata name) external pure returns (bytes32) {
        return Encodings.recordField(name, 0, "");
    }

    function recordHash(bytes32[] calldata commitments) external pure returns (bytes32) {
        return Encodings.recordHash(42, commitments);
    }

    function entryNode(uint64 leftSum, uint64 rightSum) external pure returns (uint64 sum) {
        (sum,) = Encodings.entryNode(leftSum, 0, rightSum, 0);
    }

    function methodologyId(string calldata code) external pure returns (MethodologyId) {
        return Encodings.methodologyId(code, 1);
    }

    function activityId(string calldata code) external pure returns (ActivityId) {
        return Encodings.activityId(code);
    }

    function identityCommitment(string calldata identity) external pure returns (bytes32) {
        return Reference.identityCommitment(0, bytes(identity));
    }

    function importRowOperationId(string calldata namespace, string calldata rowId)
        external
        pure
        returns (OperationId)
    {
        return Reference.importRowOperationId(namespace, rowId, 0);
    }

    function requestOperationId(string calldata keyId, string calldata idempotencyKey)
        external
        pure
        returns (OperationId)
    {
        return Reference.requestOperationId(keyId, idempotencyKey);
    }

    function _u16(uint256 value) private pure returns (bytes2) {
        return bytes2(uint16(value));
    }

    function _batch(uint8[2] memory kindAndClass, bytes32 party, IPointLedger.BatchCommitment memory commitment)
        private
        pure
        returns (IPointLedger.Batch memory batch)
    {
        batch.kind = BatchKind(bound(kindAndClass[0], 1, 7));
        batch.class = ReductionClass(bound(kindAndClass[1], 1, 2));
        batch.party = party;
        batch.commitment = commitment;
    }

    function _u64(uint64 value) private pure returns (bytes8) {
        return bytes8(value);
    }
}
