// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ITransparencyLog} from "../interfaces/ITransparencyLog.sol";
import {Encodings} from "../types/Encodings.sol";
import {OperationId} from "../types/Types.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title TransparencyLog
/// @notice Keeps one node per leaf, in the shape of a Fenwick tree: with leaves counted from 1, node n is the hash of
/// the largest complete subtree that ends at leaf n. It spans as many leaves as the lowest set bit of n says.
///
///     span 8                               8
///     span 4               4
///     span 2       2               6
///     span 1   1       3       5       7
///     leaf     1   2   3   4   5   6   7   8
///
/// An append writes one node and hashes once for each zero at the end of n in binary, on average once. The root of any
/// size m is folded from the nodes m, m without its lowest bit, and so on: these are the complete subtrees of the RFC
/// 6962 tree over m leaves, from right to left. Nodes are never written again, so no old root can change.
contract TransparencyLog is ITransparencyLog, AccessManaged {
    using SafeCast for uint256;

    /// @dev Shares its slot with AccessManaged's authority.
    uint64 private _size;

    mapping(uint64 n => bytes32) private _nodes;
    mapping(OperationId => bytes32) private _operationDigests;

    constructor(address initialAuthority) AccessManaged(initialAuthority) {}

    /// @inheritdoc ITransparencyLog
    function append(Entry calldata entry) external restricted returns (uint64 index) {
        // Check:
        if (OperationId.unwrap(entry.operationId) == 0) revert TransparencyLog_ZeroOperationId();
        if (entry.recordHash == 0) revert TransparencyLog_ZeroRecordHash(entry.operationId);
        bytes32 recorded = _operationDigests[entry.operationId];
        if (recorded != 0) revert TransparencyLog_OperationConflict(entry.operationId, recorded, entry.digest);

        // Effect:
        index = _size;
        uint64 timestamp = uint64(block.timestamp);
        bytes32 leaf = Encodings.logLeaf(block.chainid.toUint64(), msg.sender, entry, timestamp);
        _operationDigests[entry.operationId] = entry.digest;
        _size = index + 1;
        _nodes[index + 1] = _complete(index + 1, leaf);
        _emitLeafAppended(index, entry, timestamp, leaf);
    }

    /// @inheritdoc ITransparencyLog
    function size() external view returns (uint64) {
        return _size;
    }

    /// @inheritdoc ITransparencyLog
    function root() external view returns (bytes32) {
        return _rootAt(_size);
    }

    /// @inheritdoc ITransparencyLog
    function rootAt(uint64 atSize) external view returns (bytes32) {
        if (atSize > _size) revert TransparencyLog_SizeNotReached(atSize, _size);
        return _rootAt(atSize);
    }

    /// @inheritdoc ITransparencyLog
    function operationDigest(OperationId operationId) external view returns (bytes32) {
        return _operationDigests[operationId];
    }

    /// @dev Hash of the largest complete subtree that ends at leaf n: each zero at the end of n joins the subtree that
    /// is complete so far with its left neighbour of the same span.
    function _complete(uint64 n, bytes32 leaf) private view returns (bytes32 node) {
        node = leaf;
        for (uint64 span = 1; n & span == 0; span <<= 1) {
            node = Encodings.logNode(_nodes[n - span], node);
        }
    }

    function _rootAt(uint64 n) private view returns (bytes32 node) {
        if (n == 0) return Encodings.EMPTY_LOG_ROOT;
        node = _nodes[n];
        for (n &= n - 1; n != 0; n &= n - 1) {
            node = Encodings.logNode(_nodes[n], node);
        }
    }

    /// @dev Apart from `append` because the stack does not reach all of it at once.
    function _emitLeafAppended(uint64 index, Entry calldata entry, uint64 timestamp, bytes32 leaf) private {
        emit LeafAppended(
            index,
            entry.operationId,
            msg.sender,
            entry.kind,
            entry.subject,
            entry.from,
            entry.to,
            entry.grams,
            entry.recordHash,
            timestamp,
            leaf
        );
    }
}
