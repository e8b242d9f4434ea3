// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";

/// @notice Encodings of docs/spec/03-encodings.md that no contract needs but the shared vectors cover.
library Reference {
    /// @notice Body of a C2SP tlog-checkpoint.
    function checkpointBody(string memory origin, uint64 size, bytes32 root) internal pure returns (bytes memory) {
        return bytes.concat(
            bytes(origin), "\n", bytes(Strings.toString(size)), "\n", bytes(Base64.encode(bytes.concat(root))), "\n"
        );
    }

    /// @notice Id of an entry of a batch.
    function entryId(bytes memory feedKey, string memory sourceId, string memory sourceRecordId)
        internal
        pure
        returns (bytes32)
    {
        return hmac(
            feedKey,
            abi.encodePacked(
                uint16(bytes(sourceId).length), sourceId, uint16(bytes(sourceRecordId).length), sourceRecordId
            )
        );
    }

    /// @notice Salt of a record's field, derived from a key whose destruction unlinks the person.
    function derivedSalt(bytes memory saltKey, bytes32 operationId, string memory name)
        internal
        pure
        returns (bytes16)
    {
        return bytes16(hmac(saltKey, abi.encodePacked(operationId, name)));
    }

    /// @notice HMAC-SHA256 (RFC 2104).
    function hmac(bytes memory key, bytes memory message) internal pure returns (bytes32) {
        bytes memory inner = new bytes(64);
        bytes memory outer = new bytes(64);
        bytes memory padded = key.length > 64 ? bytes.concat(sha256(key)) : key;
        for (uint256 i = 0; i < 64; ++i) {
            bytes1 part = i < padded.length ? padded[i] : bytes1(0);
            inner[i] = part ^ 0x36;
            outer[i] = part ^ 0x5c;
        }
        return sha256(bytes.concat(outer, sha256(bytes.concat(inner, message))));
    }
}
