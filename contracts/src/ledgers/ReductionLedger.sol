// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccountRegistry, IHoldings} from "../interfaces/IAccountRegistry.sol";
import {IActivityRegistry} from "../interfaces/IActivityRegistry.sol";
import {IReductionLedger} from "../interfaces/IReductionLedger.sol";
import {ITransparencyLog} from "../interfaces/ITransparencyLog.sol";
import {OperationLedger} from "../log/OperationLedger.sol";
import {Encodings} from "../types/Encodings.sol";
import {Purposes} from "../types/Purposes.sol";
import {
    ActivityId,
    CancellationPurpose,
    CivilDay,
    Custody,
    LotId,
    OperationId,
    OperationKind,
    ProposalStatus,
    ReductionClass
} from "../types/Types.sol";
import {ERC1155} from "@openzeppelin/contracts/token/ERC1155/ERC1155.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title ReductionLedger
/// @dev Balances move only through ERC1155's internal `_update`, which asks no receiver whether it accepts. So nothing
/// outside the project's own contracts is ever called, and nothing can call back in the middle of an operation.
contract ReductionLedger is IReductionLedger, OperationLedger, ERC1155 {
    using SafeCast for uint256;

    /// @dev Serial numbers, and with them every total of grams, stay within a signed 64-bit integer.
    uint128 private constant LAST_SERIAL = uint128(uint64(type(int64).max));

    IAccountRegistry private immutable _accountRegistry;
    IActivityRegistry private immutable _activityRegistry;

    uint128 private _nextSerial = 1;
    uint64 private _certificateCount;

    mapping(OperationId => Proposal) private _proposals;
    mapping(LotId => Lot) private _lots;
    mapping(ReductionClass => ClassTotals) private _totals;
    mapping(address account => uint256) private _heldGrams;

    constructor(address initialAuthority, ITransparencyLog log, IAccountRegistry accounts, IActivityRegistry activities)
        OperationLedger(initialAuthority, log)
        ERC1155("")
    {
        _accountRegistry = accounts;
        _activityRegistry = activities;
    }

    // ------------------------------------------------------------------------------------------------------ issuance

    /// @inheritdoc IReductionLedger
    function proposeIssuance(
        OperationId operationId,
        ActivityId activityId,
        CivilDay firstDay,
        CivilDay lastDay,
        uint128 grams,
        bytes32 recordHash
    ) external restricted once(operationId) {
        // Check:
        _activityRegistry.checkIssuance(activityId, firstDay, lastDay, grams);

        // Effect:
        _proposals[operationId] = Proposal(activityId, firstDay, lastDay, grams, msg.sender, ProposalStatus.Proposed);
        emit IssuanceProposed(operationId, activityId, msg.sender, firstDay, lastDay, grams);
        bytes32 subject = ActivityId.unwrap(activityId);
        _append(operationId, OperationKind.ISSUANCE_PROPOSED, subject, address(0), address(0), grams, recordHash);
    }

    /// @inheritdoc IReductionLedger
    function confirmIssuance(OperationId operationId, OperationId proposalId, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        // Check:
        Proposal memory proposal = _requireProposed(proposalId);
        if (proposal.proposer == msg.sender) {
            revert ReductionLedger_SameProposerAndConfirmer(proposalId, msg.sender);
        }
        uint128 firstSerial = _requireSerials(proposal.grams);

        // Effect:
        _proposals[proposalId].status = ProposalStatus.Confirmed;
        (LotId lotId, Lot memory lot) = _issue(proposal, firstSerial);
        _emitIssuanceConfirmed(lotId, operationId, proposalId, lot);
        bytes32 subject = _subjectOf(lotId);
        address to = lot.creditedAccount;
        _append(operationId, OperationKind.ISSUANCE_CONFIRMED, subject, address(0), to, proposal.grams, recordHash);
    }

    /// @inheritdoc IReductionLedger
    function rejectIssuance(OperationId operationId, OperationId proposalId, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        // Check:
        _requireProposed(proposalId);

        // Effect:
        _proposals[proposalId].status = ProposalStatus.Rejected;
        emit IssuanceRejected(operationId, proposalId);
        _append(operationId, OperationKind.ISSUANCE_REJECTED, OperationId.unwrap(proposalId), recordHash);
    }

    // ------------------------------------------------------------------------------------------------------ movement

    /// @inheritdoc IReductionLedger
    function transfer(OperationId operationId, address to, LotId lotId, uint128 grams, bytes32 recordHash)
        external
        once(operationId)
    {
        _transfer(operationId, msg.sender, to, lotId, grams, recordHash);
    }

    /// @inheritdoc IReductionLedger
    function transferFor(
        OperationId operationId,
        address from,
        address to,
        LotId lotId,
        uint128 grams,
        bytes32 recordHash
    ) external restricted once(operationId) {
        _requirePlatformCustody(from);
        _transfer(operationId, from, to, lotId, grams, recordHash);
    }

    /// @inheritdoc IReductionLedger
    function cancel(
        OperationId operationId,
        LotId lotId,
        uint128 grams,
        CancellationPurpose purpose,
        bytes32 recordHash
    ) external once(operationId) {
        _cancel(operationId, msg.sender, lotId, grams, purpose, recordHash);
    }

    /// @inheritdoc IReductionLedger
    function cancelFor(
        OperationId operationId,
        address account,
        LotId lotId,
        uint128 grams,
        CancellationPurpose purpose,
        bytes32 recordHash
    ) external restricted once(operationId) {
        _requirePlatformCustody(account);
        _cancel(operationId, account, lotId, grams, purpose, recordHash);
    }

    // -------------------------------------------------------------------------------------------------------- points

    /// @inheritdoc IReductionLedger
    /// @dev Not `once`: a repeat would answer without a lot. The log refuses an id that was used.
    function buyBack(OperationId redeemId, address provider, ReductionClass class, uint128 grams, bytes32 recordHash)
        external
        restricted
        returns (LotId lotId)
    {
        // Check:
        if (grams == 0) revert ReductionLedger_ZeroQuantity();
        _accountRegistry.requireActive(provider);
        uint128 firstSerial = _requireSerials(grams);

        // Effect:
        OperationId buyBackId = Encodings.buyBackOperationId(redeemId);
        lotId = Encodings.buyBackLotId(block.chainid.toUint64(), address(this), buyBackId, class);
        Lot storage lot = _lots[lotId];
        lot.class = class;
        lot.creditedAccount = provider;
        lot.firstSerial = firstSerial;
        lot.issuedGrams = grams;
        _nextSerial = firstSerial + grams;
        _totals[class].boughtBackGrams += grams;
        _totals[class].heldGrams += grams;
        _move(address(0), provider, lotId, grams);
        emit PointsBoughtBack(lotId, provider, buyBackId, redeemId, class, firstSerial, grams);
        _append(buyBackId, OperationKind.POINTS_BOUGHT_BACK, _subjectOf(lotId), address(0), provider, grams, recordHash);
    }

    /// @inheritdoc IReductionLedger
    function takeCertificateNumbers(uint64 count) external restricted returns (uint64 first) {
        first = _certificateCount + 1;
        _certificateCount += count;
    }

    // --------------------------------------------------------------------------------------------------- supervision

    /// @inheritdoc IReductionLedger
    function correct(OperationId operationId, LotId lotId, uint128 grams, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        // Check:
        if (grams == 0) revert ReductionLedger_ZeroQuantity();
        Lot storage lot = _requireLot(lotId);
        if (ActivityId.unwrap(lot.activityId) == 0) revert ReductionLedger_LotBoughtBack(lotId);
        uint128 uncorrected = lot.issuedGrams - lot.correctedGrams;
        if (grams > uncorrected) revert ReductionLedger_CorrectionExceedsLot(lotId, uncorrected, grams);

        // Effect:
        address account = lot.creditedAccount;
        uint128 taken = uint128(Math.min(grams, balanceOf(account, LotId.unwrap(lotId))));
        lot.correctedGrams += grams;
        lot.takenBackGrams += taken;
        ClassTotals storage totals = _totals[lot.class];
        totals.heldGrams -= taken;
        totals.takenBackGrams += taken;
        _move(account, address(0), lotId, taken);
        _activityRegistry.recordCorrection(lot.activityId, grams, grams - taken);
        emit ReductionCorrected(lotId, account, operationId, grams, taken, grams - taken);
        _append(
            operationId, OperationKind.REDUCTION_CORRECTED, _subjectOf(lotId), account, address(0), grams, recordHash
        );
    }

    /// @inheritdoc IReductionLedger
    function freezeLot(OperationId operationId, LotId lotId, bytes32 recordHash) external restricted once(operationId) {
        // Check:
        Lot storage lot = _requireFreeLot(lotId);

        // Effect:
        lot.frozen = true;
        emit LotFrozen(lotId, operationId);
        _append(operationId, OperationKind.LOT_FROZEN, _subjectOf(lotId), recordHash);
    }

    /// @inheritdoc IReductionLedger
    function unfreezeLot(OperationId operationId, LotId lotId, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        // Check:
        Lot storage lot = _requireLot(lotId);
        if (!lot.frozen) revert ReductionLedger_LotNotFrozen(lotId);

        // Effect:
        lot.frozen = false;
        emit LotUnfrozen(lotId, operationId);
        _append(operationId, OperationKind.LOT_UNFROZEN, _subjectOf(lotId), recordHash);
    }

    // -------------------------------------------------------------------------------------------------------- closed

    /// @dev Closed, see `ReductionLedger_UseOperations`.
    function safeTransferFrom(address, address, uint256, uint256, bytes memory) public pure override {
        revert ReductionLedger_UseOperations();
    }

    /// @dev Closed, see `ReductionLedger_UseOperations`.
    function safeBatchTransferFrom(address, address, uint256[] memory, uint256[] memory, bytes memory)
        public
        pure
        override
    {
        revert ReductionLedger_UseOperations();
    }

    /// @dev Closed: an approval could be used for nothing.
    function setApprovalForAll(address, bool) public pure override {
        revert ReductionLedger_UseOperations();
    }

    // --------------------------------------------------------------------------------------------------------- views

    /// @inheritdoc IReductionLedger
    function proposalOf(OperationId proposalId) external view returns (Proposal memory) {
        return _proposals[proposalId];
    }

    /// @inheritdoc IReductionLedger
    function lotOf(LotId lotId) external view returns (Lot memory) {
        return _lots[lotId];
    }

    /// @inheritdoc IReductionLedger
    function totalsOf(ReductionClass class) external view returns (ClassTotals memory) {
        return _totals[class];
    }

    /// @inheritdoc IHoldings
    function heldGrams(address account) external view returns (uint256) {
        return _heldGrams[account];
    }

    /// @inheritdoc IReductionLedger
    function certificateCount() external view returns (uint64) {
        return _certificateCount;
    }

    /// @inheritdoc IReductionLedger
    function nextSerial() external view returns (uint128) {
        return _nextSerial;
    }

    // ------------------------------------------------------------------------------------------------------ internals

    /// @dev Books the proposal with the registry, whose rules decide, and credits what its deficit leaves.
    function _issue(Proposal memory proposal, uint128 firstSerial) private returns (LotId lotId, Lot memory lot) {
        uint128 grams = proposal.grams;
        IActivityRegistry.IssuanceTerms memory terms =
            _activityRegistry.recordIssuance(proposal.activityId, proposal.firstDay, proposal.lastDay, grams);
        uint128 withheld = terms.withheldGrams;
        lot = Lot({
            activityId: proposal.activityId,
            methodologyId: terms.methodologyId,
            class: terms.class,
            frozen: false,
            firstDay: proposal.firstDay,
            lastDay: proposal.lastDay,
            creditedAccount: terms.operatorAccount,
            firstSerial: firstSerial,
            issuedGrams: grams,
            cancelledGrams: 0,
            takenBackGrams: withheld,
            correctedGrams: 0
        });
        lotId = _lotId(lot);
        _lots[lotId] = lot;
        _nextSerial = firstSerial + grams;
        ClassTotals storage totals = _totals[terms.class];
        totals.issuedGrams += grams;
        totals.heldGrams += grams - withheld;
        totals.takenBackGrams += withheld;
        _move(address(0), terms.operatorAccount, lotId, grams - withheld);
    }

    function _transfer(
        OperationId operationId,
        address from,
        address to,
        LotId lotId,
        uint128 grams,
        bytes32 recordHash
    ) private {
        // Check:
        if (grams == 0) revert ReductionLedger_ZeroQuantity();
        if (from == to) revert ReductionLedger_SelfTransfer(from);
        _requireFreeLot(lotId);
        _accountRegistry.requireActive(from);
        _accountRegistry.requireActive(to);
        _requireBalance(from, lotId, grams);

        // Effect:
        _move(from, to, lotId, grams);
        emit ReductionTransferred(lotId, from, to, operationId, grams);
        _append(operationId, OperationKind.REDUCTION_TRANSFERRED, _subjectOf(lotId), from, to, grams, recordHash);
    }

    function _cancel(
        OperationId operationId,
        address account,
        LotId lotId,
        uint128 grams,
        CancellationPurpose purpose,
        bytes32 recordHash
    ) private {
        // Check:
        if (grams == 0) revert ReductionLedger_ZeroQuantity();
        if (purpose == CancellationPurpose.None) revert ReductionLedger_PurposeMissing();
        Lot storage lot = _requireFreeLot(lotId);
        if (!Purposes.isAllowed(lot.class, purpose)) {
            revert ReductionLedger_PurposeNotAllowed(lotId, lot.class, purpose);
        }
        _accountRegistry.requireActive(account);
        _requireBalance(account, lotId, grams);

        // Effect:
        uint64 number = ++_certificateCount;
        uint128 firstSerial = lot.firstSerial + lot.cancelledGrams;
        lot.cancelledGrams += grams;
        ClassTotals storage totals = _totals[lot.class];
        totals.heldGrams -= grams;
        totals.cancelledGrams += grams;
        _move(account, address(0), lotId, grams);
        emit ReductionCancelled(lotId, account, number, operationId, purpose, grams, firstSerial);
        bytes32 subject = Encodings.certificateSubject(number, lotId, purpose, firstSerial);
        _append(operationId, OperationKind.REDUCTION_CANCELLED, subject, account, address(0), grams, recordHash);
    }

    /// @dev Zero stands for "out of nothing" as giver and for "out of circulation" as receiver.
    function _move(address from, address to, LotId lotId, uint128 grams) private {
        if (from != address(0)) _heldGrams[from] -= grams;
        if (to != address(0)) _heldGrams[to] += grams;
        uint256[] memory ids = new uint256[](1);
        uint256[] memory values = new uint256[](1);
        ids[0] = LotId.unwrap(lotId);
        values[0] = grams;
        _update(from, to, ids, values);
    }

    /// @dev Apart from `confirmIssuance` because the stack does not reach all of it at once. A new lot has taken back
    /// exactly what was withheld.
    function _emitIssuanceConfirmed(LotId lotId, OperationId operationId, OperationId proposalId, Lot memory lot)
        private
    {
        emit IssuanceConfirmed(
            lotId,
            operationId,
            proposalId,
            lot.activityId,
            lot.methodologyId,
            lot.class,
            lot.firstDay,
            lot.lastDay,
            lot.creditedAccount,
            lot.firstSerial,
            lot.issuedGrams,
            lot.takenBackGrams
        );
    }

    function _requireProposed(OperationId proposalId) private view returns (Proposal memory proposal) {
        proposal = _proposals[proposalId];
        if (proposal.status != ProposalStatus.Proposed) {
            revert ReductionLedger_ProposalWrongStatus(proposalId, proposal.status, ProposalStatus.Proposed);
        }
    }

    function _requireSerials(uint128 grams) private view returns (uint128 firstSerial) {
        firstSerial = _nextSerial;
        if (grams > LAST_SERIAL - firstSerial) revert ReductionLedger_SerialsExhausted(firstSerial, grams);
    }

    function _requireLot(LotId lotId) private view returns (Lot storage lot) {
        lot = _lots[lotId];
        if (lot.class == ReductionClass.None) revert ReductionLedger_UnknownLot(lotId);
    }

    function _requireFreeLot(LotId lotId) private view returns (Lot storage lot) {
        lot = _requireLot(lotId);
        if (lot.frozen) revert ReductionLedger_LotFrozen(lotId);
    }

    function _requireBalance(address account, LotId lotId, uint128 grams) private view {
        uint256 held = balanceOf(account, LotId.unwrap(lotId));
        if (held < grams) revert ReductionLedger_InsufficientBalance(account, lotId, held, grams);
    }

    /// @dev An account that cannot act at all is told so; only then does it matter who may act for it.
    function _requirePlatformCustody(address account) private view {
        _accountRegistry.requireActive(account);
        if (_accountRegistry.accountOf(account).custody != Custody.Platform) {
            revert ReductionLedger_NotInPlatformCustody(account);
        }
    }

    function _lotId(Lot memory lot) private view returns (LotId) {
        return Encodings.lotId(
            block.chainid.toUint64(),
            address(this),
            lot.activityId,
            lot.methodologyId,
            lot.class,
            lot.firstDay,
            lot.lastDay
        );
    }

    function _subjectOf(LotId lotId) private pure returns (bytes32) {
        return bytes32(LotId.unwrap(lotId));
    }
}
