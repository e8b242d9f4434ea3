// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPointLedger} from "../interfaces/IPointLedger.sol";
import {ITransparencyLog} from "../interfaces/ITransparencyLog.sol";
import {
    ActivityId,
    CampaignId,
    CancellationPurpose,
    CivilDay,
    ClaimId,
    DebtorId,
    LotId,
    MethodologyId,
    OperationId,
    ReductionClass
} from "./Types.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title Every string of bytes that gets hashed (docs/spec/03-encodings.md)
/// @notice The Solidity half of the encoding; `ledger/encoding.py` is the other and both are held to the same vectors.
/// What only computers off the chain need is in `test/helpers/Reference.sol`.
/// @dev Packing is injective here because each string begins with a tag of its own and each variable part is preceded
/// by its length. Nothing else in `src` may pack bytes for a hash.
library Encodings {
    using SafeCast for uint256;

    /// @notice Version of all the encodings below; it stands inside the hashed bytes.
    uint8 internal constant FORMAT = 1;

    /// @notice A code (of a methodology, of an activity) has at most this many bytes.
    uint256 internal constant MAX_CODE_LENGTH = 64;

    /// @notice A record has at most this many fields.
    uint256 internal constant MAX_RECORD_FIELDS = 256;

    /// @notice RFC 6962 root of a tree without leaves: SHA-256 of the empty string.
    bytes32 internal constant EMPTY_LOG_ROOT = 0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855;

    /// @notice EIP-712 type of a feed header.
    bytes32 internal constant FEED_HEADER_TYPE = keccak256(
        "FeedHeader(uint8 kind,bytes32 activityId,bytes32 methodologyId,uint8 class,uint64 sequence,uint32 firstDay,uint32 lastDay,bytes32 root,uint64 total,uint64 entryCount,bytes32 fileHash)"
    );

    bytes1 private constant TAG_LEAF = 0x00;
    bytes1 private constant TAG_NODE = 0x01;
    bytes1 private constant TAG_FIELD = 0x20;
    bytes1 private constant TAG_RECORD = 0x21;
    bytes1 private constant TAG_LOT = 0x30;
    bytes1 private constant TAG_METHODOLOGY = 0x31;
    bytes1 private constant TAG_ACTIVITY = 0x32;
    bytes1 private constant TAG_CERTIFICATE = 0x33;
    bytes1 private constant TAG_CUSTODY = 0x38;
    // 0x39 to 0x3b tag HMAC messages that no contract makes.
    bytes1 private constant TAG_BATCH = 0x3c;
    bytes1 private constant TAG_BUY_BACK_LOT = 0x3d;
    bytes1 private constant TAG_BUY_BACK = 0x3e;
    bytes1 private constant TAG_CAMPAIGN = 0x3f;
    bytes1 private constant TAG_CAMPAIGN_CANCELLATION = 0x40;
    bytes1 private constant TAG_CLAIM = 0x42;
    bytes1 private constant TAG_DEBTOR = 0x43;

    error Encodings_FieldCountOutOfRange(uint256 count);

    // ------------------------------------------------------------------------------------------- records and trees

    /// @notice Commitment to one field of a record.
    /// @param name the field's name in UTF-8
    /// @param salt makes the value unguessable while the field is hidden
    /// @param canonicalValue the value as RFC 8785 bytes
    function recordField(string memory name, bytes16 salt, bytes memory canonicalValue)
        internal
        pure
        returns (bytes32)
    {
        return sha256(abi.encodePacked(TAG_FIELD, bytes(name).length.toUint16(), name, salt, canonicalValue));
    }

    /// @notice Hash of a record whose fields are sorted by name; that they are sorted cannot be seen from here.
    function recordHash(uint16 kind, bytes32[] memory commitments) internal pure returns (bytes32) {
        uint256 count = commitments.length;
        if (count == 0 || count > MAX_RECORD_FIELDS) revert Encodings_FieldCountOutOfRange(count);
        return sha256(abi.encodePacked(TAG_RECORD, FORMAT, kind, count.toUint16(), commitments));
    }

    /// @notice Leaf of a batch's sum tree.
    function entryLeaf(uint8 kind, uint64 grams, bytes32 entryId, bytes32 fieldsRoot) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(TAG_LEAF, FORMAT, kind, grams, entryId, fieldsRoot));
    }

    /// @notice Inner node of a batch's sum tree. Both sums are hashed: with one total over two hashes, two readers
    /// could be shown different shares of it.
    /// @return sum checked sum of both children
    function entryNode(uint64 leftSum, bytes32 left, uint64 rightSum, bytes32 right)
        internal
        pure
        returns (uint64 sum, bytes32 node)
    {
        sum = leftSum + rightSum;
        node = sha256(abi.encodePacked(TAG_NODE, leftSum, left, rightSum, right));
    }

    /// @notice Leaf of the transparency log: 192 bytes under the hash.
    function logLeaf(uint64 chainId, address ledger, ITransparencyLog.Entry memory entry, uint64 timestamp)
        internal
        pure
        returns (bytes32)
    {
        // In two parts, because the stack does not reach twelve values; both are of fixed width.
        bytes memory head = abi.encodePacked(TAG_LEAF, FORMAT, chainId, ledger, entry.kind, entry.operationId);
        bytes memory body =
            abi.encodePacked(entry.subject, entry.from, entry.to, entry.grams, entry.recordHash, timestamp);
        return sha256(bytes.concat(head, body));
    }

    /// @notice Inner node of the transparency log (RFC 6962).
    function logNode(bytes32 left, bytes32 right) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(TAG_NODE, left, right));
    }

    // ------------------------------------------------------------------------------------------------- identifiers

    function lotId(
        uint64 chainId,
        address ledger,
        ActivityId activity,
        MethodologyId methodology,
        ReductionClass class,
        CivilDay firstDay,
        CivilDay lastDay
    ) internal pure returns (LotId) {
        bytes32 id = sha256(
            abi.encodePacked(TAG_LOT, FORMAT, chainId, ledger, activity, methodology, class, firstDay, lastDay)
        );
        return LotId.wrap(uint256(id));
    }

    function methodologyId(string memory code, uint32 version) internal pure returns (MethodologyId) {
        return MethodologyId.wrap(
            sha256(abi.encodePacked(TAG_METHODOLOGY, FORMAT, bytes(code).length.toUint16(), code, version))
        );
    }

    function activityId(string memory code) internal pure returns (ActivityId) {
        return ActivityId.wrap(sha256(abi.encodePacked(TAG_ACTIVITY, FORMAT, bytes(code).length.toUint16(), code)));
    }

    /// @notice The activity's facility under a tag of its own, or the activity itself where it names none.
    /// @dev A facility id is whatever was registered; untagged, one that equals an activity's id would share its days
    /// and its deficit.
    function claimId(ActivityId activity, bytes32 facilityId) internal pure returns (ClaimId) {
        if (facilityId == 0) return ClaimId.wrap(ActivityId.unwrap(activity));
        return ClaimId.wrap(sha256(abi.encodePacked(TAG_CLAIM, FORMAT, facilityId)));
    }

    /// @notice As `claimId`, but a facility owes each class apart: grams of one class never fill what the other lacks.
    function debtorId(ActivityId activity, bytes32 facilityId, ReductionClass class) internal pure returns (DebtorId) {
        if (facilityId == 0) return DebtorId.wrap(ActivityId.unwrap(activity));
        return DebtorId.wrap(sha256(abi.encodePacked(TAG_DEBTOR, FORMAT, facilityId, class)));
    }

    /// @notice Subject of a cancellation's leaf: what the chain itself decided about the certificate.
    function certificateSubject(uint64 certificateNumber, LotId lot, CancellationPurpose purpose, uint128 firstSerial)
        internal
        pure
        returns (bytes32)
    {
        return sha256(abi.encodePacked(TAG_CERTIFICATE, FORMAT, certificateNumber, lot, purpose, firstSerial));
    }

    /// @notice Address of an account in the platform's custody: a hash, so that nobody has a key to it.
    function custodyAddress(bytes32 commitment) internal pure returns (address) {
        return address(uint160(uint256(sha256(abi.encodePacked(TAG_CUSTODY, FORMAT, commitment)))));
    }

    /// @notice Subject of an account's leaves: the address, left-padded.
    function accountSubject(address account) internal pure returns (bytes32) {
        return bytes32(uint256(uint160(account)));
    }

    /// @notice Whether `code` is 1 to 64 bytes of printable ASCII without spaces.
    function isCode(string memory code) internal pure returns (bool) {
        bytes memory letters = bytes(code);
        if (letters.length == 0 || letters.length > MAX_CODE_LENGTH) return false;
        for (uint256 i = 0; i < letters.length; ++i) {
            if (letters[i] < 0x21 || letters[i] > 0x7e) return false;
        }
        return true;
    }

    // ------------------------------------------------------------------------------------------------------ points

    /// @notice Subject of the leaf of a points batch: what was committed to, and what the chain itself decided about it.
    function batchSubject(uint64 batchNumber, IPointLedger.Batch memory batch) internal pure returns (bytes32) {
        IPointLedger.BatchCommitment memory commitment = batch.commitment;
        // In two parts, because the stack does not reach all of it; both are of fixed width.
        bytes memory head =
            abi.encodePacked(TAG_BATCH, FORMAT, batchNumber, batch.kind, batch.class, batch.party, commitment.root);
        bytes memory body = abi.encodePacked(
            commitment.total, commitment.entryCount, commitment.fileHash, batch.withheldGrams, batch.firstCertificate
        );
        return sha256(bytes.concat(head, body));
    }

    /// @notice EIP-712 `hashStruct` of a feed header; the one hash here that is Keccak, because wallets sign it.
    /// @dev All members are of one word each, so that the struct's ABI encoding is its EIP-712 encoding.
    function feedHeaderHash(IPointLedger.FeedHeader memory header) internal pure returns (bytes32) {
        return keccak256(abi.encode(FEED_HEADER_TYPE, header));
    }

    /// @notice Lot that a buy-back makes.
    /// @param operation the buy-back's own operation
    function buyBackLotId(uint64 chainId, address ledger, OperationId operation, ReductionClass class)
        internal
        pure
        returns (LotId)
    {
        return
            LotId.wrap(uint256(sha256(abi.encodePacked(TAG_BUY_BACK_LOT, FORMAT, chainId, ledger, operation, class))));
    }

    /// @notice Operation id of the buy-back that a redemption sets off.
    function buyBackOperationId(OperationId redeemId) internal pure returns (OperationId) {
        return OperationId.wrap(sha256(abi.encodePacked(TAG_BUY_BACK, FORMAT, redeemId)));
    }

    function campaignId(string memory code) internal pure returns (CampaignId) {
        return CampaignId.wrap(sha256(abi.encodePacked(TAG_CAMPAIGN, FORMAT, bytes(code).length.toUint16(), code)));
    }

    /// @notice Subject of the leaf of a campaign's cancellation.
    function campaignCancellationSubject(
        uint64 certificateNumber,
        CampaignId campaign,
        ReductionClass class,
        CancellationPurpose purpose
    ) internal pure returns (bytes32) {
        return sha256(abi.encodePacked(TAG_CAMPAIGN_CANCELLATION, FORMAT, certificateNumber, campaign, class, purpose));
    }
}
