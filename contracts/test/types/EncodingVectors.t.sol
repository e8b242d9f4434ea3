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
import {Rfc6962} from "../helpers/Rfc6962.sol";

/// @notice Holds the Solidity half of the encodings to the vectors that the Python half is held to.
/// @dev One test for each list of `tests/vectors/encodings.json`; `test_NoListIsLeftOut` says so when one is added.
contract EncodingVectorsTest is Base {
    string private json;

    /// @dev Path of the case that is being read.
    string private path;

    function setUp() external {
        json = vm.readFile("../tests/vectors/encodings.json");
    }

    function test_NoListIsLeftOut() external view {
        assertEq(vm.parseJsonKeys(json, "$").length, 31);
    }

    function test_RecordField() external {
        for (uint256 i = 0; _has("record_field", i); ++i) {
            bytes memory value = _bytes("canonical_value");
            _expect(Encodings.recordField(_string("name"), bytes16(_bytes("salt")), value));
        }
    }

    function test_RecordHash() external {
        for (uint256 i = 0; _has("record_hash", i); ++i) {
            bytes32[] memory commitments = vm.parseJsonBytes32Array(json, _at("commitments"));
            _expect(Encodings.recordHash(uint16(_uint("kind")), commitments));
        }
    }

    function test_EntryLeaf() external {
        for (uint256 i = 0; _has("entry_leaf", i); ++i) {
            uint8 kind = uint8(_uint("kind"));
            _expect(Encodings.entryLeaf(kind, uint64(_uint("grams")), _bytes32("entry_id"), _bytes32("fields_root")));
        }
    }

    function test_EntryNode() external {
        for (uint256 i = 0; _has("entry_node", i); ++i) {
            (uint64 sum, bytes32 node) = _entryNode();
            _expect(node);
            assertEq(sum, _uint("expected_grams"));
        }
    }

    function test_EntryNode_Refused() external {
        for (uint256 i = 0; _has("entry_node_refused", i); ++i) {
            vm.expectRevert(abi.encodeWithSignature("Panic(uint256)", 0x11));
            this.entryNode();
        }
    }

    function test_EntryRoot() external {
        for (uint256 i = 0; _has("entry_root", i); ++i) {
            bytes32[] memory hashes = vm.parseJsonBytes32Array(json, _at("leaf_hashes"));
            uint256[] memory grams = vm.parseJsonUintArray(json, _at("leaf_grams"));
            (uint64 sum, bytes32 root) = _entryRoot(grams, hashes, 0, hashes.length);
            _expect(root);
            assertEq(sum, _uint("expected_grams"));
        }
    }

    function test_LogLeaf() external {
        for (uint256 i = 0; _has("log_leaf", i); ++i) {
            ITransparencyLog.Entry memory entry = ITransparencyLog.Entry({
                operationId: OperationId.wrap(_bytes32("operation_id")),
                digest: 0,
                kind: uint16(_uint("kind")),
                subject: _bytes32("subject"),
                from: _address("from_account"),
                to: _address("to_account"),
                grams: uint128(_uint("grams")),
                recordHash: _bytes32("record_hash")
            });
            uint64 timestamp = uint64(_uint("timestamp"));
            _expect(Encodings.logLeaf(uint64(_uint("chain_id")), _address("ledger"), entry, timestamp));
        }
    }

    function test_LogNode() external {
        for (uint256 i = 0; _has("log_node", i); ++i) {
            _expect(Encodings.logNode(_bytes32("left"), _bytes32("right")));
        }
    }

    function test_LogRoot() external {
        for (uint256 i = 0; _has("log_root", i); ++i) {
            _expect(Rfc6962.root(vm.parseJsonBytes32Array(json, _at("leaf_hashes"))));
        }
    }

    function test_CheckpointBody() external {
        for (uint256 i = 0; _has("checkpoint_body", i); ++i) {
            bytes memory body = Reference.checkpointBody(_string("origin"), uint64(_uint("size")), _bytes32("root"));
            assertEq(string(body), _string("expected"));
        }
    }

    function test_EntryId() external {
        for (uint256 i = 0; _has("entry_id", i); ++i) {
            _expect(Reference.entryId(_bytes("feed_key"), _string("source_id"), _string("source_record_id")));
        }
    }

    function test_LotId() external {
        for (uint256 i = 0; _has("lot_id", i); ++i) {
            LotId id = Encodings.lotId(
                uint64(_uint("chain_id")),
                _address("ledger"),
                ActivityId.wrap(_bytes32("activity_id")),
                MethodologyId.wrap(_bytes32("methodology_id")),
                ReductionClass(_uint("reduction_class")),
                CivilDay.wrap(uint32(_uint("first_day"))),
                CivilDay.wrap(uint32(_uint("last_day")))
            );
            _expect(bytes32(LotId.unwrap(id)));
        }
    }

    function test_MethodologyId() external {
        for (uint256 i = 0; _has("methodology_id", i); ++i) {
            assertTrue(Encodings.isCode(_string("code")));
            _expect(MethodologyId.unwrap(Encodings.methodologyId(_string("code"), uint32(_uint("version")))));
        }
    }

    function test_ActivityId() external {
        for (uint256 i = 0; _has("activity_id", i); ++i) {
            assertTrue(Encodings.isCode(_string("code")));
            _expect(ActivityId.unwrap(Encodings.activityId(_string("code"))));
        }
    }

    function test_ClaimId() external {
        for (uint256 i = 0; _has("claim_id", i); ++i) {
            ActivityId activity = ActivityId.wrap(_bytes32("activity_id"));
            _expect(ClaimId.unwrap(Encodings.claimId(activity, _bytes32("facility_id"))));
        }
    }

    function test_DebtorId() external {
        for (uint256 i = 0; _has("debtor_id", i); ++i) {
            ActivityId activity = ActivityId.wrap(_bytes32("activity_id"));
            ReductionClass class = ReductionClass(uint8(_uint("class")));
            _expect(DebtorId.unwrap(Encodings.debtorId(activity, _bytes32("facility_id"), class)));
        }
    }

    function test_Code_Refused() external {
        for (uint256 i = 0; _has("code_refused", i); ++i) {
            assertFalse(Encodings.isCode(_string("code")));
        }
    }

    function test_CertificateSubject() external {
        for (uint256 i = 0; _has("certificate_subject", i); ++i) {
            CancellationPurpose purpose = CancellationPurpose(_uint("purpose"));
            LotId lot = LotId.wrap(uint256(_bytes32("lot_id")));
            uint64 number = uint64(_uint("certificate_number"));
            _expect(Encodings.certificateSubject(number, lot, purpose, uint128(_uint("first_serial"))));
        }
    }

    function test_BatchSubject() external {
        for (uint256 i = 0; _has("batch_subject", i); ++i) {
            IPointLedger.Batch memory batch = _batch();
            batch.withheldGrams = uint64(_uint("withheld_grams"));
            batch.firstCertificate = uint64(_uint("first_certificate"));
            batch.commitment.entryCount = uint64(_uint("entry_count"));
            _expect(Encodings.batchSubject(uint64(_uint("batch_number")), batch));
        }
    }

    /// @dev The digest in the ledger's own domain is in PointLedgerFeed.t.sol: here its domain cannot be chosen.
    function test_FeedHeaderDigest() external {
        for (uint256 i = 0; _has("feed_header_digest", i); ++i) {
            IPointLedger.FeedHeader memory header = IPointLedger.FeedHeader({
                kind: BatchKind(_uint("kind")),
                activityId: ActivityId.wrap(_bytes32("activity_id")),
                methodologyId: MethodologyId.wrap(_bytes32("methodology_id")),
                class: ReductionClass(_uint("reduction_class")),
                sequence: uint64(_uint("sequence")),
                firstDay: CivilDay.wrap(uint32(_uint("first_day"))),
                lastDay: CivilDay.wrap(uint32(_uint("last_day"))),
                root: _bytes32("root"),
                total: uint64(_uint("total")),
                entryCount: uint64(_uint("entry_count")),
                fileHash: _bytes32("file_hash")
            });
            assertEq(Encodings.feedHeaderHash(header), _bytes32("struct_hash"));
            bytes32 domain = Reference.pointLedgerDomain(_uint("chain_id"), _address("ledger"));
            _expect(keccak256(bytes.concat(hex"1901", domain, Encodings.feedHeaderHash(header))));
        }
    }

    function test_BuyBackLotId() external {
        for (uint256 i = 0; _has("buy_back_lot_id", i); ++i) {
            OperationId operation = OperationId.wrap(_bytes32("operation_id"));
            ReductionClass class = ReductionClass(_uint("reduction_class"));
            LotId lot = Encodings.buyBackLotId(uint64(_uint("chain_id")), _address("ledger"), operation, class);
            _expect(bytes32(LotId.unwrap(lot)));
        }
    }

    function test_BuyBackOperationId() external {
        for (uint256 i = 0; _has("buy_back_operation_id", i); ++i) {
            OperationId redeemId = OperationId.wrap(_bytes32("redeem_id"));
            _expect(OperationId.unwrap(Encodings.buyBackOperationId(redeemId)));
        }
    }

    function test_CampaignId() external {
        for (uint256 i = 0; _has("campaign_id", i); ++i) {
            _expect(CampaignId.unwrap(Encodings.campaignId(_string("code"))));
        }
    }

    function test_CampaignCancellationSubject() external {
        for (uint256 i = 0; _has("campaign_cancellation_subject", i); ++i) {
            CampaignId campaign = CampaignId.wrap(_bytes32("campaign_id"));
            ReductionClass class = ReductionClass(_uint("reduction_class"));
            CancellationPurpose purpose = CancellationPurpose(_uint("purpose"));
            uint64 number = uint64(_uint("certificate_number"));
            _expect(Encodings.campaignCancellationSubject(number, campaign, class, purpose));
        }
    }

    function test_BatchOperationId() external {
        for (uint256 i = 0; _has("batch_operation_id", i); ++i) {
            uint64 chainId = uint64(_uint("chain_id"));
            uint64 sequence = uint64(_uint("sequence"));
            _expect(OperationId.unwrap(Reference.batchOperationId(chainId, _address("ledger"), sequence, _batch())));
        }
    }

    function test_IdentityCommitment() external {
        for (uint256 i = 0; _has("identity_commitment", i); ++i) {
            _expect(Reference.identityCommitment(bytes16(_bytes("salt")), bytes(_string("identity"))));
        }
    }

    function test_RowOperationId() external {
        for (uint256 i = 0; _has("row_operation_id", i); ++i) {
            uint64 line = uint64(_uint("line"));
            bytes32 fileHash = _bytes32("file_hash");
            _expect(OperationId.unwrap(Reference.importLineOperationId(fileHash, line, uint16(_uint("step")))));
        }
    }

    function test_NamedRowOperationId() external {
        for (uint256 i = 0; _has("named_row_operation_id", i); ++i) {
            string memory rowId = _string("row_id");
            uint16 step = uint16(_uint("step"));
            _expect(OperationId.unwrap(Reference.importRowOperationId(_string("namespace"), rowId, step)));
        }
    }

    function test_RequestOperationId() external {
        for (uint256 i = 0; _has("request_operation_id", i); ++i) {
            string memory idempotencyKey = _string("idempotency_key");
            _expect(OperationId.unwrap(Reference.requestOperationId(_string("api_key_id"), idempotencyKey)));
        }
    }

    function test_CustodyAddress() external {
        for (uint256 i = 0; _has("custody_address", i); ++i) {
            assertEq(Encodings.custodyAddress(_bytes32("identity_commitment")), _address("expected"));
        }
    }

    function test_DerivedSalt() external {
        for (uint256 i = 0; _has("derived_salt", i); ++i) {
            bytes16 salt = Reference.derivedSalt(_bytes("salt_key"), _bytes32("operation_id"), _string("name"));
            assertEq(bytes.concat(salt), _bytes("expected"));
        }
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    /// @dev What the cases of batch subjects and batch operation ids have in common.
    function _batch() private view returns (IPointLedger.Batch memory batch) {
        batch.kind = BatchKind(_uint("kind"));
        batch.class = ReductionClass(_uint("reduction_class"));
        batch.party = _bytes32("party");
        batch.commitment.root = _bytes32("root");
        batch.commitment.total = uint64(_uint("total"));
        batch.commitment.fileHash = _bytes32("file_hash");
    }

    /// @dev Called from outside so that it can revert.
    function entryNode() external view returns (uint64 sum) {
        (sum,) = _entryNode();
    }

    function _entryNode() private view returns (uint64 sum, bytes32 node) {
        return Encodings.entryNode(
            uint64(_uint("left_grams")), _bytes32("left_hash"), uint64(_uint("right_grams")), _bytes32("right_hash")
        );
    }

    function _entryRoot(uint256[] memory grams, bytes32[] memory hashes, uint256 start, uint256 end)
        private
        pure
        returns (uint64, bytes32)
    {
        if (end - start == 1) return (uint64(grams[start]), hashes[start]);
        uint256 split = 1;
        while (split * 2 < end - start) split *= 2;
        (uint64 leftSum, bytes32 left) = _entryRoot(grams, hashes, start, start + split);
        (uint64 rightSum, bytes32 right) = _entryRoot(grams, hashes, start + split, end);
        return Encodings.entryNode(leftSum, left, rightSum, right);
    }

    /// @dev Goes to case `i` of a list, and says whether there is one. A list is never empty.
    function _has(string memory list, uint256 i) private returns (bool found) {
        path = string.concat("$.", list, "[", vm.toString(i), "]");
        found = vm.keyExistsJson(json, path);
        assertTrue(found || i > 0, list);
    }

    function _at(string memory key) private view returns (string memory) {
        return string.concat(path, ".", key);
    }

    function _expect(bytes32 given) private view {
        assertEq(given, _bytes32("expected"), path);
    }

    function _uint(string memory key) private view returns (uint256) {
        return vm.parseJsonUint(json, _at(key));
    }

    function _bytes(string memory key) private view returns (bytes memory) {
        return vm.parseJsonBytes(json, _at(key));
    }

    function _bytes32(string memory key) private view returns (bytes32) {
        return vm.parseJsonBytes32(json, _at(key));
    }

    function _address(string memory key) private view returns (address) {
        return vm.parseJsonAddress(json, _at(key));
    }

    function _string(string memory key) private view returns (string memory) {
        return vm.parseJsonString(json, _at(key));
    }
}
