// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Encodings} from "../../src/types/Encodings.sol";

/// @notice The sum tree over the entries of a batch (docs/spec/05-points.md §5.3), as RFC 9162 §2.1 shapes it. No contract
/// needs it: batches are committed by total and root.
library SumTree {
    uint256 internal constant MAX_ENTRIES = 2 ** 24;

    struct Node {
        uint64 grams;
        bytes32 hash;
    }

    struct Entry {
        uint8 kind;
        uint64 grams;
        bytes32 entryId;
        bytes32 fieldsRoot;
        uint256 index;
        uint256 size;
    }

    error SumTree_NotInBatch(uint256 index, uint256 size);
    error SumTree_TooFewGrams(uint256 grams, uint256 entries);
    error SumTree_WrongLength(uint256 given);
    error SumTree_RootMismatch(bytes32 computed, bytes32 given);
    error SumTree_TotalMismatch(uint64 computed, uint64 given);

    /// @notice Total and root over leaves (grams, hash), of which there is at least one.
    function root(Node[] memory leaves) internal pure returns (Node memory) {
        return _subtree(leaves, 0, leaves.length);
    }

    /// @notice Checks that an entry is in the batch of `total` and `expected`; gives the grams before it.
    /// @param path The entry's siblings with their sums, lowest first.
    function verify(Entry memory entry, Node[] memory path, uint64 total, bytes32 expected)
        internal
        pure
        returns (uint64 offset)
    {
        if (entry.index >= entry.size || entry.size > MAX_ENTRIES) {
            revert SumTree_NotInBatch(entry.index, entry.size);
        }
        if (entry.grams == 0 || entry.grams >= 2 ** 63) revert SumTree_TooFewGrams(entry.grams, 1);
        uint256 used;
        Node memory computed;
        (computed, offset, used) = _climb(entry, path, entry.index, entry.size);
        if (used != path.length) revert SumTree_WrongLength(path.length);
        if (computed.hash != expected) revert SumTree_RootMismatch(computed.hash, expected);
        if (computed.grams != total) revert SumTree_TotalMismatch(computed.grams, total);
    }

    /// @dev The subtree of `size` leaves of which leaf `index` is the entry; `used` siblings went into it.
    function _climb(Entry memory entry, Node[] memory path, uint256 index, uint256 size)
        private
        pure
        returns (Node memory node, uint64 offset, uint256 used)
    {
        if (size == 1) {
            bytes32 leaf = Encodings.entryLeaf(entry.kind, entry.grams, entry.entryId, entry.fieldsRoot);
            return (Node(entry.grams, leaf), 0, 0);
        }
        uint256 split = _split(size);
        if (index < split) {
            (node, offset, used) = _climb(entry, path, index, split);
            node = _parent(node, _sibling(path, used, size - split));
        } else {
            (node, offset, used) = _climb(entry, path, index - split, size - split);
            Node memory left = _sibling(path, used, split);
            node = _parent(left, node);
            offset += left.grams;
        }
        ++used;
    }

    function _sibling(Node[] memory path, uint256 place, uint256 entries) private pure returns (Node memory) {
        if (place >= path.length) revert SumTree_WrongLength(path.length);
        if (path[place].grams < entries) revert SumTree_TooFewGrams(path[place].grams, entries);
        return path[place];
    }

    function _subtree(Node[] memory leaves, uint256 start, uint256 end) private pure returns (Node memory) {
        if (end - start == 1) return leaves[start];
        uint256 split = _split(end - start);
        return _parent(_subtree(leaves, start, start + split), _subtree(leaves, start + split, end));
    }

    function _parent(Node memory left, Node memory right) private pure returns (Node memory) {
        (uint64 sum, bytes32 hash) = Encodings.entryNode(left.grams, left.hash, right.grams, right.hash);
        return Node(sum, hash);
    }

    function _split(uint256 length) private pure returns (uint256 split) {
        split = 1;
        while (split * 2 < length) split *= 2;
    }
}
