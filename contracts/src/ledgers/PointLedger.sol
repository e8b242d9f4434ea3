// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IHoldings} from "../interfaces/IAccountRegistry.sol";
import {IActivityRegistry} from "../interfaces/IActivityRegistry.sol";
import {ICampaignRegistry} from "../interfaces/ICampaignRegistry.sol";
import {IPointLedger} from "../interfaces/IPointLedger.sol";
import {IProviderRegistry} from "../interfaces/IProviderRegistry.sol";
import {IReductionLedger} from "../interfaces/IReductionLedger.sol";
import {ITransparencyLog} from "../interfaces/ITransparencyLog.sol";
import {OperationLedger} from "../log/OperationLedger.sol";
import {Encodings} from "../types/Encodings.sol";
import {
    ActivityId,
    BatchKind,
    CampaignId,
    CancellationPurpose,
    MethodologyId,
    OperationId,
    OperationKind,
    ReductionClass
} from "../types/Types.sol";
import {Batches} from "./Batches.sol";
import {PointBooks} from "./PointBooks.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";

/// @title PointLedger
/// @dev Calls nothing but the project's own contracts, so nothing can call back in the middle of an operation. A feed
/// signer is a key: contracts as signers (ERC-1271) would be asked from here.
contract PointLedger is IPointLedger, OperationLedger, EIP712 {
    using Batches for BatchCommitment;
    using Batches for FeedHeader;
    using PointBooks for PointTotals;

    /// @dev G6: 1,000,000 points are 1 tCO2e.
    uint128 private constant TONNE = 1_000_000;

    IActivityRegistry private immutable _activityRegistry;
    IProviderRegistry private immutable _providerRegistry;
    ICampaignRegistry private immutable _campaignRegistry;
    IReductionLedger private immutable _reductionLedger;

    uint64 private _batchCount;
    mapping(uint64 batchNumber => Batch) private _batches;
    mapping(ReductionClass => PointTotals) private _totals;
    mapping(address provider => mapping(ReductionClass => uint128)) private _providerPools;
    mapping(CampaignId => mapping(ReductionClass => uint128)) private _campaignPools;
    mapping(ActivityId => uint64) private _lastSequence;
    mapping(ReductionClass => uint64) private _latestSnapshot;

    /// @dev One set of entries is credited, or taken, once: under another sequence, another activity or another operation
    /// id it would be the same points again. Snapshots move nothing and may repeat.
    mapping(bytes32 root => uint64 batchNumber) private _anchoredRoots;

    /// @dev Apart from every total of grams: nothing reads it but its view (M19).
    mapping(ActivityId => uint128) private _behaviourValue;

    constructor(
        address initialAuthority,
        ITransparencyLog log,
        IActivityRegistry activities,
        IProviderRegistry providers,
        ICampaignRegistry campaigns,
        IReductionLedger reductions
    ) OperationLedger(initialAuthority, log) EIP712("Tanpuhui PointLedger", "1") {
        _activityRegistry = activities;
        _providerRegistry = providers;
        _campaignRegistry = campaigns;
        _reductionLedger = reductions;
    }

    // --------------------------------------------------------------------------------------------------------- feeds

    /// @inheritdoc IPointLedger
    function earn(OperationId operationId, FeedHeader calldata header, bytes calldata signature, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        // Check: (the registry books what it lets through, and all of it is undone where the header is refused)
        _requireKind(header, BatchKind.Earn);
        IActivityRegistry.FeedTerms memory terms =
            _activityRegistry.recordEarning(header.activityId, header.firstDay, header.lastDay, header.total);
        _checkHeader(header, signature, terms);
        PointTotals storage totals = _totals[header.class];
        totals.requireRoom(header.total);

        // Effect:
        uint64 withheld = uint64(terms.withheldGrams);
        _lastSequence[header.activityId] = header.sequence;
        totals.earn(header.total, withheld);
        Batch memory batch = _batchOfFeed(header);
        batch.withheldGrams = withheld;
        uint64 number = _store(batch);
        emit PointsEarned(number, operationId, header.activityId, header, withheld, totals.personal);
        _appendBatch(operationId, OperationKind.POINTS_EARNED, number, batch, address(0), recordHash);
    }

    /// @inheritdoc IPointLedger
    function recordBehaviour(
        OperationId operationId,
        FeedHeader calldata header,
        bytes calldata signature,
        bytes32 recordHash
    ) external restricted once(operationId) {
        // Check:
        _requireKind(header, BatchKind.Behaviour);
        IActivityRegistry.FeedTerms memory terms =
            _activityRegistry.checkBehaviour(header.activityId, header.firstDay, header.lastDay);
        _checkHeader(header, signature, terms);
        uint128 valueAfter = _behaviourValue[header.activityId] + header.total;
        if (valueAfter > PointBooks.LARGEST) revert PointLedger_QuantityTooLarge(valueAfter, PointBooks.LARGEST);

        // Effect:
        _lastSequence[header.activityId] = header.sequence;
        _behaviourValue[header.activityId] = valueAfter;
        Batch memory batch = _batchOfFeed(header);
        uint64 number = _store(batch);
        emit BehaviourRecorded(number, operationId, header.activityId, header);
        bytes32 subject = Encodings.batchSubject(number, batch);
        // No grams: behaviour value never is.
        _append(operationId, OperationKind.BEHAVIOUR_RECORDED, subject, recordHash);
    }

    // -------------------------------------------------------------------------------------------------------- persons

    /// @inheritdoc IPointLedger
    function redeem(
        OperationId operationId,
        ReductionClass class,
        address provider,
        BatchCommitment calldata commitment,
        bytes32 recordHash
    ) external restricted once(operationId) {
        // Check:
        _checkTaking(class, commitment);
        _providerRegistry.requireActive(provider);

        // Effect:
        _totals[class].redeem(commitment.total);
        _providerPools[provider][class] += commitment.total;
        uint128 boughtBack = _buyBack(operationId, provider, class, recordHash);
        Batch memory batch = Batches.make(BatchKind.Redeem, class, Encodings.accountSubject(provider), commitment);
        uint64 number = _store(batch);
        _emitRedeemed(number, operationId, provider, batch, boughtBack);
        _appendBatch(operationId, OperationKind.POINTS_REDEEMED, number, batch, provider, recordHash);
    }

    /// @inheritdoc IPointLedger
    function donate(
        OperationId operationId,
        ReductionClass class,
        CampaignId campaignId,
        BatchCommitment calldata commitment,
        bytes32 recordHash
    ) external restricted once(operationId) {
        // Check:
        _checkTaking(class, commitment);
        _campaignRegistry.requireOpen(campaignId);

        // Effect:
        _totals[class].donate(commitment.total);
        _campaignPools[campaignId][class] += commitment.total;
        Batch memory batch = Batches.make(BatchKind.Donate, class, CampaignId.unwrap(campaignId), commitment);
        uint64 number = _store(batch);
        emit PointsDonated(number, operationId, campaignId, class, commitment, _totals[class].personal);
        _appendBatch(operationId, OperationKind.POINTS_DONATED, number, batch, address(0), recordHash);
    }

    /// @inheritdoc IPointLedger
    function cancel(
        OperationId operationId,
        ReductionClass class,
        BatchCommitment calldata commitment,
        bytes32 recordHash
    ) external restricted once(operationId) {
        // Check:
        _checkTaking(class, commitment);

        // Effect:
        _totals[class].cancel(commitment.total);
        Batch memory batch = Batches.make(BatchKind.Cancel, class, 0, commitment);
        batch.firstCertificate = _reductionLedger.takeCertificateNumbers(commitment.entryCount);
        uint64 number = _store(batch);
        emit PointsCancelled(number, operationId, class, commitment, batch.firstCertificate, _totals[class].personal);
        _appendBatch(operationId, OperationKind.POINTS_CANCELLED, number, batch, address(0), recordHash);
    }

    // ---------------------------------------------------------------------------------------------------- supervision

    /// @inheritdoc IPointLedger
    function correct(
        OperationId operationId,
        uint64 batchNumber,
        uint64 grams,
        BatchCommitment calldata commitment,
        bytes32 recordHash
    ) external restricted once(operationId) {
        // Check:
        Batch storage earned = _requireCorrectable(batchNumber, grams);
        ReductionClass class = earned.class;
        if (!commitment.isNothing()) _checkTaking(class, commitment);
        uint64 taken = commitment.total;
        if (taken > grams) revert PointLedger_TakenExceedsCorrection(grams, taken);

        // Effect:
        earned.correctedGrams += grams;
        _totals[class].takeBack(taken);
        _activityRegistry.recordCorrection(ActivityId.wrap(earned.party), grams, grams - taken);
        Batch memory batch = Batches.make(BatchKind.Correct, class, bytes32(uint256(batchNumber)), commitment);
        uint64 number = _store(batch);
        emit PointsCorrected(number, operationId, batchNumber, class, grams, commitment, _totals[class].personal);
        bytes32 subject = Encodings.batchSubject(number, batch);
        _append(operationId, OperationKind.POINTS_CORRECTED, subject, address(0), address(0), grams, recordHash);
    }

    /// @inheritdoc IPointLedger
    function takeSnapshot(
        OperationId operationId,
        ReductionClass class,
        uint64 afterBatch,
        BatchCommitment calldata commitment,
        bytes32 recordHash
    ) external restricted once(operationId) {
        // Check:
        _requireClass(class);
        commitment.requireWellFormed();
        Batch storage last = _requireBatch(afterBatch);
        uint64 personal = class == ReductionClass.I ? last.personalClassI : last.personalClassII;
        if (commitment.total != personal) {
            revert PointLedger_TotalMismatch(class, afterBatch, personal, commitment.total);
        }

        // Effect:
        Batch memory batch = Batches.make(BatchKind.Snapshot, class, bytes32(uint256(afterBatch)), commitment);
        uint64 number = _store(batch);
        uint64 latest = _latestSnapshot[class];
        // Of an earlier time it is no less true, but it is not the latest.
        if (latest == 0 || afterBatch >= uint256(_batches[latest].party)) _latestSnapshot[class] = number;
        emit SnapshotTaken(number, operationId, afterBatch, class, commitment);
        _appendBatch(operationId, OperationKind.POINTS_SNAPSHOT_TAKEN, number, batch, address(0), recordHash);
    }

    /// @inheritdoc IPointLedger
    function cancelCampaign(OperationId operationId, CampaignId campaignId, ReductionClass class, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        // Check: (only a campaign that was opened has a pool)
        uint128 grams = _campaignPools[campaignId][class];
        if (grams == 0) revert PointLedger_CampaignPoolEmpty(campaignId, class);

        // Effect:
        CancellationPurpose purpose = _campaignRegistry.campaignOf(campaignId).campaign.purpose;
        _campaignPools[campaignId][class] = 0;
        _totals[class].cancelDonated(grams);
        uint64 number = _reductionLedger.takeCertificateNumbers(1);
        emit CampaignPoolCancelled(campaignId, operationId, number, class, purpose, grams);
        bytes32 subject = Encodings.campaignCancellationSubject(number, campaignId, class, purpose);
        _append(operationId, OperationKind.CAMPAIGN_CANCELLED, subject, address(0), address(0), grams, recordHash);
    }

    // ---------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IPointLedger
    function batchOf(uint64 batchNumber) external view returns (Batch memory) {
        return _batches[batchNumber];
    }

    /// @inheritdoc IPointLedger
    function batchCount() external view returns (uint64) {
        return _batchCount;
    }

    /// @inheritdoc IPointLedger
    function totalsOf(ReductionClass class) external view returns (PointTotals memory) {
        return _totals[class];
    }

    /// @inheritdoc IPointLedger
    function poolOf(address provider, ReductionClass class) external view returns (uint128) {
        return _providerPools[provider][class];
    }

    /// @inheritdoc IHoldings
    function heldGrams(address account) external view returns (uint256) {
        mapping(ReductionClass => uint128) storage pools = _providerPools[account];
        return uint256(pools[ReductionClass.I]) + pools[ReductionClass.II];
    }

    /// @inheritdoc IPointLedger
    function campaignPoolOf(CampaignId campaignId, ReductionClass class) external view returns (uint128) {
        return _campaignPools[campaignId][class];
    }

    /// @inheritdoc IPointLedger
    function behaviourValueOf(ActivityId activityId) external view returns (uint128) {
        return _behaviourValue[activityId];
    }

    /// @inheritdoc IPointLedger
    function nextSequence(ActivityId activityId) external view returns (uint64) {
        return _lastSequence[activityId] + 1;
    }

    /// @inheritdoc IPointLedger
    function latestSnapshot(ReductionClass class) external view returns (uint64) {
        return _latestSnapshot[class];
    }

    /// @inheritdoc IPointLedger
    function batchOfRoot(bytes32 root) external view returns (uint64) {
        return _anchoredRoots[root];
    }

    /// @inheritdoc IPointLedger
    function hashFeedHeader(FeedHeader calldata header) external view returns (bytes32) {
        return _hashFeedHeader(header);
    }

    // ------------------------------------------------------------------------------------------------------ internals

    /// @dev Whole tonnes leave the pool as a lot of their class; the remainder stays (G6).
    function _buyBack(OperationId operationId, address provider, ReductionClass class, bytes32 recordHash)
        private
        returns (uint128 grams)
    {
        uint128 pooled = _providerPools[provider][class];
        grams = pooled - pooled % TONNE;
        if (grams == 0) return 0;
        _providerPools[provider][class] = pooled - grams;
        _totals[class].buyBack(grams);
        _reductionLedger.buyBack(operationId, provider, class, grams, recordHash);
    }

    /// @dev Numbers the batch and keeps with it what persons have now, for snapshots that name it later.
    function _store(Batch memory batch) private returns (uint64 number) {
        batch.personalClassI = uint64(_totals[ReductionClass.I].personal);
        batch.personalClassII = uint64(_totals[ReductionClass.II].personal);
        number = ++_batchCount;
        _batches[number] = batch;
        bytes32 root = batch.commitment.root;
        if (root != 0 && batch.kind != BatchKind.Snapshot) _anchoredRoots[root] = number;
    }

    /// @dev Leaf of a batch, with its total as grams. Persons are not known here, so that no account gives.
    function _appendBatch(
        OperationId operationId,
        uint16 kind,
        uint64 number,
        Batch memory batch,
        address to,
        bytes32 recordHash
    ) private {
        bytes32 subject = Encodings.batchSubject(number, batch);
        _append(operationId, kind, subject, address(0), to, batch.commitment.total, recordHash);
    }

    /// @dev Apart from `redeem` because the stack does not reach all of it at once.
    function _emitRedeemed(
        uint64 number,
        OperationId operationId,
        address provider,
        Batch memory batch,
        uint128 boughtBack
    ) private {
        uint128 personal = _totals[batch.class].personal;
        emit PointsRedeemed(number, operationId, provider, batch.class, batch.commitment, boughtBack, personal);
    }

    /// @dev The header says what the registry knows, comes in its turn, and is signed by the activity's feed signer.
    function _checkHeader(
        FeedHeader calldata header,
        bytes calldata signature,
        IActivityRegistry.FeedTerms memory terms
    ) private view {
        header.commitmentOf().requireWellFormed();
        ActivityId id = header.activityId;
        if (MethodologyId.unwrap(header.methodologyId) != MethodologyId.unwrap(terms.methodologyId)) {
            revert PointLedger_MethodologyMismatch(id, header.methodologyId, terms.methodologyId);
        }
        if (header.class != terms.class) revert PointLedger_ClassMismatch(id, header.class, terms.class);
        uint64 next = _lastSequence[id] + 1;
        if (header.sequence != next) revert PointLedger_SequenceNotNext(id, header.sequence, next);
        (address signer, ECDSA.RecoverError fault,) = ECDSA.tryRecover(_hashFeedHeader(header), signature);
        if (fault != ECDSA.RecoverError.NoError) revert PointLedger_SignatureMalformed(id);
        if (signer != terms.feedSigner) revert PointLedger_WrongSigner(id, signer, terms.feedSigner);
        _requireNewRoot(header.root);
    }

    /// @dev What every batch that takes points from persons must keep to.
    function _checkTaking(ReductionClass class, BatchCommitment calldata commitment) private view {
        _requireClass(class);
        commitment.requireWellFormed();
        _requireNewRoot(commitment.root);
        _totals[class].requirePersonal(class, commitment.total);
    }

    function _requireCorrectable(uint64 batchNumber, uint64 grams) private view returns (Batch storage earned) {
        if (grams == 0) revert PointLedger_ZeroQuantity();
        earned = _requireBatch(batchNumber);
        if (earned.kind != BatchKind.Earn) revert PointLedger_NotEarned(batchNumber, earned.kind);
        uint64 uncorrected = earned.commitment.total - earned.correctedGrams;
        if (grams > uncorrected) revert PointLedger_CorrectionExceedsBatch(batchNumber, uncorrected, grams);
    }

    function _requireBatch(uint64 batchNumber) private view returns (Batch storage batch) {
        batch = _batches[batchNumber];
        if (batch.kind == BatchKind.None) revert PointLedger_UnknownBatch(batchNumber, _batchCount);
    }

    function _requireNewRoot(bytes32 root) private view {
        uint64 number = _anchoredRoots[root];
        if (number != 0) revert PointLedger_RootAlreadyAnchored(root, number);
    }

    function _hashFeedHeader(FeedHeader calldata header) private view returns (bytes32) {
        return _hashTypedDataV4(Encodings.feedHeaderHash(header));
    }

    function _batchOfFeed(FeedHeader calldata header) private pure returns (Batch memory) {
        bytes32 party = ActivityId.unwrap(header.activityId);
        return Batches.make(header.kind, header.class, party, header.commitmentOf());
    }

    function _requireKind(FeedHeader calldata header, BatchKind expected) private pure {
        if (header.kind != expected) revert PointLedger_WrongKind(header.kind, expected);
    }

    function _requireClass(ReductionClass class) private pure {
        if (class == ReductionClass.None) revert PointLedger_ClassMissing();
    }
}
