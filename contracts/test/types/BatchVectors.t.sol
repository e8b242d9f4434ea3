// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

import {Encodings} from "../../src/types/Encodings.sol";
import {Base} from "../Base.sol";
import {Reference} from "../helpers/Reference.sol";
import {SumTree} from "../helpers/SumTree.sol";

/// @notice Holds entries, sum trees and entry proofs in Solidity to the vectors that Python and JavaScript are held to.
/// @dev One test for each list of `tests/vectors/batches.json`; `test_NoListIsLeftOut` says so when one is added.
contract BatchVectorsTest is Base {
    string private json;

    /// @dev Path of the case that is being read.
    string private path;

    function setUp() external {
        json = vm.readFile("../tests/vectors/batches.json");
    }

    function test_NoListIsLeftOut() external view {
        assertEq(vm.parseJsonKeys(json, "$").length, 9);
    }

    function test_AccountTag() external {
        for (uint256 i = 0; _has("account_tag", i); ++i) {
            _expect(Reference.hmac(_bytes("person_key"), hex"3901"));
        }
    }

    function test_BatchContextHash() external {
        for (uint256 i = 0; _has("batch_context_hash", i); ++i) {
            _expect(sha256(abi.encodePacked(hex"4601", _bytes32("plan_hash"), uint64(_uint("number")))));
        }
    }

    function test_SnapshotContextHash() external {
        for (uint256 i = 0; _has("snapshot_context_hash", i); ++i) {
            _expect(sha256(abi.encodePacked(hex"4401", uint8(_uint("class")), uint64(_uint("after_batch")))));
        }
    }

    function test_KeyMark() external {
        for (uint256 i = 0; _has("key_mark", i); ++i) {
            _expect(Reference.hmac(_bytes("key"), hex"4501"));
        }
    }

    function test_EntrySalts() external {
        for (uint256 i = 0; _has("entry_salts", i); ++i) {
            _expect(Reference.hmac(_bytes("salt_key"), bytes.concat(hex"3a01", _bytes32("entry_id"))));
        }
    }

    function test_BatchSaltKey() external {
        for (uint256 i = 0; _has("batch_salt_key", i); ++i) {
            _expect(Reference.hmac(_bytes("salt_key"), bytes.concat(hex"3b01", _bytes32("context_hash"))));
        }
    }

    function test_Batch() external {
        for (uint256 i = 0; _has("batch", i); ++i) {
            SumTree.Node[] memory leaves = _leaves(_hashes("entry_ids"), _hashes("fields_roots"));
            SumTree.Node memory root = SumTree.root(leaves);
            _expect(root.hash);
            assertEq(root.grams, _uint("expected_total"));
        }
    }

    function test_EntryProof() external {
        for (uint256 i = 0; _has("entry_proof", i); ++i) {
            assertEq(this.verify(), _uint("expected_offset"), path);
        }
    }

    function test_EntryProof_Refused() external {
        for (uint256 i = 0; _has("entry_proof_refused", i); ++i) {
            try this.verify() {
                revert(vm.parseJsonString(json, _at("why")));
            } catch (bytes memory reason) {
                assertTrue(_isRefusal(bytes4(reason)), path);
            }
        }
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    /// @dev Called from outside so that it can revert.
    function verify() external view returns (uint64) {
        SumTree.Entry memory entry = SumTree.Entry({
            kind: uint8(_uint("kind")),
            grams: uint64(_uint("grams")),
            entryId: _bytes32("entry_id"),
            fieldsRoot: _bytes32("fields_root"),
            index: _uint("index"),
            size: _uint("size")
        });
        uint256[] memory grams = vm.parseJsonUintArray(json, _at("proof_grams"));
        bytes32[] memory hashes = _hashes("proof_hashes");
        SumTree.Node[] memory siblings = new SumTree.Node[](grams.length);
        for (uint256 i = 0; i < grams.length; ++i) {
            siblings[i] = SumTree.Node(uint64(grams[i]), hashes[i]);
        }
        return SumTree.verify(entry, siblings, uint64(_uint("total")), _bytes32("root"));
    }

    /// @dev Whether a revert is one of the verifier's own or the checked addition's.
    function _isRefusal(bytes4 selector) private pure returns (bool) {
        return selector == SumTree.SumTree_NotInBatch.selector || selector == SumTree.SumTree_TooFewGrams.selector
            || selector == SumTree.SumTree_WrongLength.selector || selector == SumTree.SumTree_RootMismatch.selector
            || selector == SumTree.SumTree_TotalMismatch.selector || selector == bytes4(keccak256("Panic(uint256)"));
    }

    function _leaves(bytes32[] memory entryIds, bytes32[] memory roots) private view returns (SumTree.Node[] memory) {
        uint256[] memory grams = vm.parseJsonUintArray(json, _at("grams"));
        bytes32[] memory expected = _hashes("leaves");
        bytes32[] memory tags = _hashes("account_tags");
        SumTree.Node[] memory leaves = new SumTree.Node[](grams.length);
        for (uint256 i = 0; i < grams.length; ++i) {
            assertEq(_fieldsRoot(entryIds[i], tags[i], i), roots[i], path);
            bytes32 leaf = Encodings.entryLeaf(uint8(_uint("kind")), uint64(grams[i]), entryIds[i], roots[i]);
            assertEq(leaf, expected[i], path);
            leaves[i] = SumTree.Node(uint64(grams[i]), leaf);
        }
        return leaves;
    }

    function _fieldsRoot(bytes32 entryId, bytes32 tag, uint256 index) private view returns (bytes32) {
        bytes32 salts = Reference.hmac(_bytes("salt_key"), bytes.concat(hex"3a01", entryId));
        bytes memory account = bytes(string.concat('"', Strings.toHexString(uint256(tag), 32), '"'));
        string memory details = vm.parseJsonStringArray(json, _at("details"))[index];
        bytes32[] memory commitments = new bytes32[](2);
        commitments[0] = Encodings.recordField("account", bytes16(salts), account);
        commitments[1] = Encodings.recordField("details", bytes16(salts << 128), bytes(details));
        return Encodings.recordHash(uint16(_uint("operation_kind")), commitments);
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

    function _hashes(string memory key) private view returns (bytes32[] memory) {
        return vm.parseJsonBytes32Array(json, _at(key));
    }
}
