// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice RFC 6962 §2.1 as it is written there, over all leaves at once. Slow, and that is the point: it shares no idea
/// with the log that it checks.
library Rfc6962 {
    function root(bytes32[] memory leaves) internal pure returns (bytes32) {
        return root(leaves, leaves.length);
    }

    /// @notice Root of the first `size` leaves.
    function root(bytes32[] memory leaves, uint256 size) internal pure returns (bytes32) {
        if (size == 0) return sha256("");
        return _subtree(leaves, 0, size);
    }

    function _subtree(bytes32[] memory leaves, uint256 start, uint256 end) private pure returns (bytes32) {
        if (end - start == 1) return leaves[start];
        uint256 split = 1;
        while (split * 2 < end - start) split *= 2;
        bytes32 left = _subtree(leaves, start, start + split);
        bytes32 right = _subtree(leaves, start + split, end);
        return sha256(bytes.concat(hex"01", left, right));
    }
}
