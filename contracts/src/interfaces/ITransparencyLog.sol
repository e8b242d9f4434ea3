// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {OperationId} from "../types/Types.sol";

/// @title The one append-only log of every operation (docs/spec/01-concepts.md §1.2, 03-encodings.md §3.1)
/// @notice An RFC 6962 Merkle tree with SHA-256, kept as one stored node per leaf so that the root of every size the
/// log ever had can be read. Only the ledgers may append. It also holds the digest of every operation id, which makes
/// exactly-once hold across all ledgers and not only within one.
interface ITransparencyLog {
    /// @notice What a ledger says about an operation; the log adds chain id, ledger (the caller) and block time.
    /// @param operationId the operation, never zero
    /// @param digest the operation's content: `keccak256(abi.encode(ledger, sender, calldata))`
    /// @param kind a constant of `OperationKind`
    /// @param subject what the operation is about: see docs/spec/03-encodings.md, "subject by kind"
    /// @param from account that gives, or zero
    /// @param to account that receives, or zero
    /// @param grams quantity in g CO2e, or zero where the operation moves none
    /// @param recordHash hash of the off-chain record (docs/spec/03-encodings.md §3.1), never zero
    struct Entry {
        OperationId operationId;
        bytes32 digest;
        uint16 kind;
        bytes32 subject;
        address from;
        address to;
        uint128 grams;
        bytes32 recordHash;
    }

    /// @notice A leaf was appended at `index`; everything that was hashed into it can be read here.
    event LeafAppended(
        uint64 indexed index,
        OperationId indexed operationId,
        address indexed ledger,
        uint16 kind,
        bytes32 subject,
        address from,
        address to,
        uint128 grams,
        bytes32 recordHash,
        uint64 timestamp,
        bytes32 leafHash
    );

    /// @notice The zero operation id is refused: it could not be told from "no operation".
    error TransparencyLog_ZeroOperationId();

    /// @notice Each operation carries the hash of its record (docs/spec/01-concepts.md §1.2); zero is not a hash.
    error TransparencyLog_ZeroRecordHash(OperationId operationId);

    /// @notice The id was used for an operation with other content (or by another sender).
    error TransparencyLog_OperationConflict(OperationId operationId, bytes32 recordedDigest, bytes32 givenDigest);

    /// @notice A root was asked for at a size that the log has not reached.
    error TransparencyLog_SizeNotReached(uint64 askedSize, uint64 currentSize);

    /// @notice Appends a leaf. `restricted` to the ledgers.
    /// @return index position of the new leaf, counted from 0
    function append(Entry calldata entry) external returns (uint64 index);

    /// @notice Number of leaves.
    function size() external view returns (uint64);

    /// @notice RFC 6962 root of the whole log; of the empty log SHA-256 of the empty string.
    function root() external view returns (bytes32);

    /// @notice RFC 6962 root of the first `atSize` leaves.
    function rootAt(uint64 atSize) external view returns (bytes32);

    /// @notice Digest of the content that was applied under this id, or zero.
    function operationDigest(OperationId operationId) external view returns (bytes32);
}
