// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    ActivityId,
    BatchKind,
    CampaignId,
    CancellationPurpose,
    CivilDay,
    MethodologyId,
    OperationId,
    ReductionClass
} from "../types/Types.sol";
import {IHoldings} from "./IAccountRegistry.sol";
import {IOperationLedger} from "./IOperationLedger.sol";

/// @title Points of persons, by batch (M16, M19, G4 to G6; docs/spec/05-points.md)
/// @notice One point is one gram of CO2e. Persons are not known here: the ledger holds totals per class and pools per
/// provider and campaign, and each batch commits to its entries with a sum tree. A batch holds one kind of entry and
/// one class; batches are numbered from 1 without gaps.
///
/// Per class, always: issued = personal + pooledByProviders + pooledByCampaigns + boughtBack + cancelled + takenBack.
interface IPointLedger is IOperationLedger, IHoldings {
    /// @param root root of the entries' sum tree
    /// @param total sum of the entries, in g CO2e (behaviour value in a behaviour batch); at least `entryCount`
    /// @param entryCount number of entries, 1 to 2^24
    /// @param fileHash SHA-256 of the batch file
    struct BatchCommitment {
        bytes32 root;
        uint64 total;
        uint64 entryCount;
        bytes32 fileHash;
    }

    /// @notice What an operator signs (EIP-712) for each batch of its data: order and types are hashed, never change.
    /// @param kind Earn or Behaviour
    /// @param sequence 1, 2, 3 and so on for each activity
    /// @param firstDay first civil day of the entries
    /// @param lastDay last civil day of the entries, over when the batch is anchored
    struct FeedHeader {
        BatchKind kind;
        ActivityId activityId;
        MethodologyId methodologyId;
        ReductionClass class;
        uint64 sequence;
        CivilDay firstDay;
        CivilDay lastDay;
        bytes32 root;
        uint64 total;
        uint64 entryCount;
        bytes32 fileHash;
    }

    /// @param party activity, provider, campaign or batch that the entries have to do with (docs/spec/05-points.md §5.3)
    /// @param withheldGrams of an earn batch: what filled a deficit, in g CO2e
    /// @param firstCertificate of a cancel batch: certificate number of its first entry
    /// @param correctedGrams of an earn batch: found over-credited so far, in g CO2e
    /// @param personalClassI points of class I that persons have after this batch, in g CO2e
    /// @param personalClassII points of class II that persons have after this batch, in g CO2e
    struct Batch {
        BatchKind kind;
        ReductionClass class;
        uint64 withheldGrams;
        uint64 firstCertificate;
        uint64 correctedGrams;
        bytes32 party;
        BatchCommitment commitment;
        uint64 personalClassI;
        uint64 personalClassII;
    }

    /// @notice All in g CO2e. `issued`, `boughtBack`, `cancelled` and `takenBack` never fall.
    struct PointTotals {
        uint128 issued;
        uint128 personal;
        uint128 pooledByProviders;
        uint128 pooledByCampaigns;
        uint128 boughtBack;
        uint128 cancelled;
        uint128 takenBack;
    }

    /// @param withheldGrams first grams of the batch, which filled a deficit and were credited to nobody, in g CO2e
    /// @param personalAfter points of the class that persons have after this batch, in g CO2e
    event PointsEarned(
        uint64 indexed batchNumber,
        OperationId indexed operationId,
        ActivityId indexed activityId,
        FeedHeader header,
        uint64 withheldGrams,
        uint128 personalAfter
    );
    /// @notice The header's total is behaviour value, never grams (M19).
    event BehaviourRecorded(
        uint64 indexed batchNumber, OperationId indexed operationId, ActivityId indexed activityId, FeedHeader header
    );
    /// @param boughtBackGrams what left the provider's pool as a lot of the reduction ledger, in g CO2e
    event PointsRedeemed(
        uint64 indexed batchNumber,
        OperationId indexed operationId,
        address indexed provider,
        ReductionClass class,
        BatchCommitment commitment,
        uint128 boughtBackGrams,
        uint128 personalAfter
    );
    event PointsDonated(
        uint64 indexed batchNumber,
        OperationId indexed operationId,
        CampaignId indexed campaignId,
        ReductionClass class,
        BatchCommitment commitment,
        uint128 personalAfter
    );
    /// @param firstCertificate certificate number of the first entry; entry i has this + i
    event PointsCancelled(
        uint64 indexed batchNumber,
        OperationId indexed operationId,
        ReductionClass class,
        BatchCommitment commitment,
        uint64 firstCertificate,
        uint128 personalAfter
    );
    /// @param grams found over-credited, in g CO2e; what the commitment's total leaves of it joined the deficit
    event PointsCorrected(
        uint64 indexed batchNumber,
        OperationId indexed operationId,
        uint64 indexed correctedBatch,
        ReductionClass class,
        uint64 grams,
        BatchCommitment commitment,
        uint128 personalAfter
    );
    event SnapshotTaken(
        uint64 indexed batchNumber,
        OperationId indexed operationId,
        uint64 indexed afterBatch,
        ReductionClass class,
        BatchCommitment commitment
    );
    /// @notice The whole pool of a campaign in one class was cancelled for it, under one certificate.
    event CampaignPoolCancelled(
        CampaignId indexed campaignId,
        OperationId indexed operationId,
        uint64 indexed certificateNumber,
        ReductionClass class,
        CancellationPurpose purpose,
        uint128 grams
    );

    /// @notice The header is for another kind of batch than this function anchors.
    error PointLedger_WrongKind(BatchKind kind, BatchKind expected);
    error PointLedger_MethodologyMismatch(
        ActivityId activityId, MethodologyId methodologyId, MethodologyId expectedMethodologyId
    );
    error PointLedger_ClassMismatch(ActivityId activityId, ReductionClass class, ReductionClass expected);
    error PointLedger_ClassMissing();
    /// @notice A header that was anchored already, or that comes before its turn.
    error PointLedger_SequenceNotNext(ActivityId activityId, uint64 sequence, uint64 expected);
    /// @notice No 65-byte ECDSA signature with a low s.
    error PointLedger_SignatureMalformed(ActivityId activityId);
    /// @notice Signed with another key than the activity's, or the signed header was another one: other contents, another
    /// chain or another contract.
    error PointLedger_WrongSigner(ActivityId activityId, address signer, address feedSigner);
    error PointLedger_RootMissing();
    /// @notice The same entries moved points before; a snapshot alone may repeat, since it moves none.
    error PointLedger_RootAlreadyAnchored(bytes32 root, uint64 batchNumber);
    error PointLedger_FileHashMissing();
    /// @notice 1 to 2^24 entries, each of at least one gram.
    error PointLedger_EntryCountOutOfRange(uint64 entryCount, uint64 total, uint64 largestCount);
    /// @notice No quantity and no sum reaches 2^63, so that every store and every language can hold it.
    error PointLedger_QuantityTooLarge(uint256 quantity, uint128 largest);
    /// @notice Persons have fewer points of this class than the batch takes.
    error PointLedger_ExceedsPersonal(ReductionClass class, uint128 personalGrams, uint64 grams);
    error PointLedger_ZeroQuantity();
    error PointLedger_UnknownBatch(uint64 batchNumber, uint64 batchCount);
    /// @notice Only what was earned can have been credited wrongly.
    error PointLedger_NotEarned(uint64 batchNumber, BatchKind kind);
    error PointLedger_CorrectionExceedsBatch(uint64 batchNumber, uint64 uncorrectedGrams, uint64 grams);
    /// @notice More is taken from persons than was over-credited.
    error PointLedger_TakenExceedsCorrection(uint64 grams, uint64 takenGrams);
    /// @notice The balances do not add up to what persons have.
    error PointLedger_TotalMismatch(ReductionClass class, uint64 afterBatch, uint128 personalGrams, uint64 totalGrams);
    error PointLedger_CampaignPoolEmpty(CampaignId campaignId, ReductionClass class);

    /// @notice Anchors points that persons earned, signed by the activity's feed signer. `restricted` to the platform.
    function earn(OperationId operationId, FeedHeader calldata header, bytes calldata signature, bytes32 recordHash)
        external;

    /// @notice Anchors behaviour value, signed by the activity's feed signer (M19). `restricted` to the platform.
    function recordBehaviour(
        OperationId operationId,
        FeedHeader calldata header,
        bytes calldata signature,
        bytes32 recordHash
    ) external;

    /// @notice Moves points of persons into a provider's pool; every full 1,000,000 there is bought back at once as a lot
    /// of the same class (G6). `restricted` to the platform.
    function redeem(
        OperationId operationId,
        ReductionClass class,
        address provider,
        BatchCommitment calldata commitment,
        bytes32 recordHash
    ) external;

    /// @notice Moves points of persons into a campaign's pool (G5.3). `restricted` to the platform.
    function donate(
        OperationId operationId,
        ReductionClass class,
        CampaignId campaignId,
        BatchCommitment calldata commitment,
        bytes32 recordHash
    ) external;

    /// @notice Cancels points of persons for ever and gives each entry a certificate number (G5.2). `restricted` to the
    /// platform.
    function cancel(
        OperationId operationId,
        ReductionClass class,
        BatchCommitment calldata commitment,
        bytes32 recordHash
    ) external;

    /// @notice Corrects an earn batch (M11): `commitment` takes points back from persons, the rest of `grams` joins the
    /// activity's deficit. `restricted` to the regulator.
    /// @param grams over-credited, in g CO2e
    /// @param commitment what is taken back; all zero when nothing is
    function correct(
        OperationId operationId,
        uint64 batchNumber,
        uint64 grams,
        BatchCommitment calldata commitment,
        bytes32 recordHash
    ) external;

    /// @notice Anchors all personal balances of a class as they were after a batch. `restricted` to the platform.
    function takeSnapshot(
        OperationId operationId,
        ReductionClass class,
        uint64 afterBatch,
        BatchCommitment calldata commitment,
        bytes32 recordHash
    ) external;

    /// @notice Cancels a campaign's whole pool of a class for it, under the next certificate number. `restricted` to the
    /// platform.
    function cancelCampaign(OperationId operationId, CampaignId campaignId, ReductionClass class, bytes32 recordHash)
        external;

    /// @notice The batch as stored; kind None if there is no such batch.
    function batchOf(uint64 batchNumber) external view returns (Batch memory);

    /// @notice Batches so far; their numbers are 1 to this, without gaps.
    function batchCount() external view returns (uint64);

    function totalsOf(ReductionClass class) external view returns (PointTotals memory);

    /// @notice Points of a class in a provider's pool, always less than 1,000,000, in g CO2e.
    function poolOf(address provider, ReductionClass class) external view returns (uint128);

    /// @notice Points of a class in a campaign's pool, in g CO2e.
    function campaignPoolOf(CampaignId campaignId, ReductionClass class) external view returns (uint128);

    /// @notice Behaviour value recorded for an activity so far; never grams (M19).
    function behaviourValueOf(ActivityId activityId) external view returns (uint128);

    /// @notice The sequence that the activity's next feed header must have.
    function nextSequence(ActivityId activityId) external view returns (uint64);

    /// @notice Number of the class's snapshot after the latest batch, of equals the one taken last; or zero.
    function latestSnapshot(ReductionClass class) external view returns (uint64);

    /// @notice Number of the batch that anchored these entries, or zero; snapshots are not counted.
    function batchOfRoot(bytes32 root) external view returns (uint64);

    /// @notice The digest that the feed signer signs (EIP-712), in the domain that ERC-5267 `eip712Domain()` tells.
    function hashFeedHeader(FeedHeader calldata header) external view returns (bytes32);
}
