// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPointLedger} from "../../src/interfaces/IPointLedger.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {OperationId} from "../../src/types/Types.sol";
import {Base64} from "@openzeppelin/contracts/utils/Base64.sol";
import {Strings} from "@openzeppelin/contracts/utils/Strings.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @notice Encodings of docs/spec/03-encodings.md that no contract needs but the shared vectors cover.
library Reference {
    using SafeCast for uint256;

    uint8 private constant FORMAT = Encodings.FORMAT;
    bytes1 private constant TAG_IDENTITY = 0x34;
    bytes1 private constant TAG_IMPORT_LINE = 0x35;
    bytes1 private constant TAG_IMPORT_ROW = 0x36;
    bytes1 private constant TAG_REQUEST = 0x37;
    bytes1 private constant TAG_BATCH_OPERATION = 0x41;

    /// @notice Commitment to who stands behind an account.
    function identityCommitment(bytes16 salt, bytes memory identity) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(TAG_IDENTITY, FORMAT, salt, identity.length.toUint16(), identity));
    }

    /// @notice Operation id of an imported row that has none: from the file's hash and the line, counted from 1.
    function importLineOperationId(bytes32 fileHash, uint64 line, uint16 step) internal pure returns (OperationId) {
        return OperationId.wrap(sha256(abi.encodePacked(TAG_IMPORT_LINE, FORMAT, fileHash, line, step)));
    }

    /// @notice Operation id of an imported row that has an id of its own.
    function importRowOperationId(string memory namespace, string memory rowId, uint16 step)
        internal
        pure
        returns (OperationId)
    {
        uint16 namespaceLength = bytes(namespace).length.toUint16();
        uint16 rowIdLength = bytes(rowId).length.toUint16();
        return OperationId.wrap(
            sha256(abi.encodePacked(TAG_IMPORT_ROW, FORMAT, namespaceLength, namespace, rowIdLength, rowId, step))
        );
    }

    /// @notice Operation id of an API request.
    function requestOperationId(string memory apiKeyId, string memory idempotencyKey)
        internal
        pure
        returns (OperationId)
    {
        uint16 apiKeyIdLength = bytes(apiKeyId).length.toUint16();
        uint16 idempotencyKeyLength = bytes(idempotencyKey).length.toUint16();
        return OperationId.wrap(
            sha256(
                abi.encodePacked(TAG_REQUEST, FORMAT, apiKeyIdLength, apiKeyId, idempotencyKeyLength, idempotencyKey)
            )
        );
    }

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

    /// @notice Operation id of an anchored batch: the same batch has the same id whoever prepares it again.
    /// @param sequence of a feed header, else zero
    function batchOperationId(uint64 chainId, address ledger, uint64 sequence, IPointLedger.Batch memory batch)
        internal
        pure
        returns (OperationId)
    {
        IPointLedger.BatchCommitment memory commitment = batch.commitment;
        bytes memory head =
            abi.encodePacked(TAG_BATCH_OPERATION, FORMAT, chainId, ledger, batch.kind, batch.class, batch.party);
        bytes memory body = abi.encodePacked(sequence, commitment.root, commitment.total, commitment.fileHash);
        return OperationId.wrap(sha256(bytes.concat(head, body)));
    }

    /// @notice EIP-712 domain separator of a points ledger.
    function pointLedgerDomain(uint256 chainId, address ledger) internal pure returns (bytes32) {
        bytes32 domainType =
            keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        return keccak256(abi.encode(domainType, keccak256("Tanpuhui PointLedger"), keccak256("1"), chainId, ledger));
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
