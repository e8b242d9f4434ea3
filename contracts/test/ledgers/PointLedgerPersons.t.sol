// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccountRegistry} from "../../src/interfaces/IAccountRegistry.sol";
import {ICampaignRegistry} from "../../src/interfaces/ICampaignRegistry.sol";
import {IOperationLedger} from "../../src/interfaces/IOperationLedger.sol";
import {IPointLedger} from "../../src/interfaces/IPointLedger.sol";
import {IProviderRegistry} from "../../src/interfaces/IProviderRegistry.sol";
import {IReductionLedger} from "../../src/interfaces/IReductionLedger.sol";
import {ITransparencyLog} from "../../src/interfaces/ITransparencyLog.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {
    AccountStatus,
    ActivityId,
    BatchKind,
    CampaignId,
    CampaignStatus,
    CancellationPurpose,
    LotId,
    MethodologyId,
    OperationId,
    OperationKind,
    ProviderStatus,
    ReductionClass
} from "../../src/types/Types.sol";
import {Vm} from "../Base.sol";
import {PointsFixture} from "../helpers/PointsFixture.sol";
import {IERC1155} from "@openzeppelin/contracts/token/ERC1155/IERC1155.sol";

contract PointLedgerPersonsTest is PointsFixture {
    function setUp() public override {
        super.setUp();
        feed(busRides, 3 * TONNE);
        feed(metroRides, 2 * TONNE);
    }

    // ------------------------------------------------------------------------------------------------ whatever takes

    function test_Taking_RevertWhen_ClassMissing() external {
        bytes memory reason = abi.encodeWithSelector(IPointLedger.PointLedger_ClassMissing.selector);
        _expectNothingTaken(ReductionClass.None, batchOf(1), reason);
    }

    function test_Taking_RevertWhen_RootMissing() external {
        IPointLedger.BatchCommitment memory batch = batchOf(1);
        batch.root = 0;
        _expectNothingTaken(I, batch, abi.encodeWithSelector(IPointLedger.PointLedger_RootMissing.selector));
    }

    function test_Taking_RevertWhen_FileHashMissing() external {
        IPointLedger.BatchCommitment memory batch = batchOf(1);
        batch.fileHash = 0;
        _expectNothingTaken(I, batch, abi.encodeWithSelector(IPointLedger.PointLedger_FileHashMissing.selector));
    }

    /// @dev The cheat: one batch under two operation ids, or one that persons earned by.
    function test_Taking_RevertWhen_RootAlreadyAnchored() external {
        IPointLedger.BatchCommitment memory batch = batchOf(1);
        vm.prank(platform);
        points.redeem(op(), I, mall, batch, RECORD);
        _expectNothingTaken(I, batch, _rootAlreadyAnchored(batch.root, 3));
        batch.root = points.batchOf(1).commitment.root;
        _expectNothingTaken(I, batch, _rootAlreadyAnchored(batch.root, 1));
    }

    function _rootAlreadyAnchored(bytes32 root, uint64 batchNumber) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IPointLedger.PointLedger_RootAlreadyAnchored.selector, root, batchNumber);
    }

    function test_Taking_RevertWhen_ZeroQuantity() external {
        bytes memory reason = abi.encodeWithSelector(IPointLedger.PointLedger_ZeroQuantity.selector);
        _expectNothingTaken(I, batchOf(0), reason);
    }

    function test_Taking_RevertWhen_EntryCountOutOfRange() external {
        uint64[2] memory counts = [uint64(0), 6];
        for (uint256 i = 0; i < counts.length; ++i) {
            IPointLedger.BatchCommitment memory batch = batchOf(5);
            batch.entryCount = counts[i];
            _expectNothingTaken(
                I,
                batch,
                abi.encodeWithSelector(IPointLedger.PointLedger_EntryCountOutOfRange.selector, counts[i], 5, 5)
            );
        }
    }

    function test_Taking_RevertWhen_QuantityTooLarge() external {
        IPointLedger.BatchCommitment memory batch = batchOf(2 ** 63);
        _expectNothingTaken(
            I,
            batch,
            abi.encodeWithSelector(
                IPointLedger.PointLedger_QuantityTooLarge.selector, uint256(2 ** 63), uint256(2 ** 63 - 1)
            )
        );
    }

    /// @dev The cheat: one gram more than persons have of this class, though they have more of the other.
    function test_Taking_RevertWhen_ExceedsPersonal() external {
        _expectNothingTaken(II, batchOf(2 * TONNE + 1), _exceeds(II, 2 * TONNE, 2 * TONNE + 1));
        cancelPoints(II, 2 * TONNE);
        _expectNothingTaken(II, batchOf(1), _exceeds(II, 0, 1));
        _expectNothingTaken(I, batchOf(3 * TONNE + 1), _exceeds(I, 3 * TONNE, 3 * TONNE + 1));
        cancelPoints(I, 3 * TONNE);
    }

    // --------------------------------------------------------------------------------------------------------- redeem

    function test_Redeem_RevertWhen_ProviderNotActive() external {
        _expectNoRedeem(stranger, _providerNotActive(stranger, ProviderStatus.Unknown));
        vm.prank(exchange);
        providers.suspend(op(), mall, RECORD);
        _expectNoRedeem(mall, _providerNotActive(mall, ProviderStatus.Suspended));
        vm.prank(exchange);
        providers.close(op(), mall, RECORD);
        _expectNoRedeem(mall, _providerNotActive(mall, ProviderStatus.Closed));
    }

    function test_Redeem_RevertWhen_ProvidersAccountIsFrozen() external {
        freezeAccount(mall);
        _expectNoRedeem(
            mall,
            abi.encodeWithSelector(IAccountRegistry.AccountRegistry_NotActive.selector, mall, AccountStatus.Frozen)
        );
    }

    function test_Redeem_BelowATonne() external {
        IPointLedger.BatchCommitment memory batch = batchOf(TONNE - 1);
        OperationId operationId = op();
        vm.expectEmit(address(points));
        emit IPointLedger.PointsRedeemed(3, operationId, mall, I, batch, 0, 2 * TONNE + 1);
        _expectLeaf(operationId, OperationKind.POINTS_REDEEMED, _redeemed(mall, I, batch), mall);
        vm.prank(platform);
        points.redeem(operationId, I, mall, batch, RECORD);
        assertEq(points.poolOf(mall, I), TONNE - 1);
        assertEq(points.poolOf(mall, II), 0);
        assertEq(points.poolOf(secondMall, I), 0);
        assertTotals(I, IPointLedger.PointTotals(3 * TONNE, 2 * TONNE + 1, TONNE - 1, 0, 0, 0, 0));
        assertBatch(3, _redeemed(mall, I, batch));
        assertEq(ledger.nextSerial(), 1);
    }

    function test_Redeem_WholeTonnesAreBoughtBack() external {
        redeem(I, mall, TONNE - 1);
        IPointLedger.BatchCommitment memory batch = batchOf(2 * TONNE + 1);
        OperationId operationId = op();
        OperationId buyBackId = Encodings.buyBackOperationId(operationId);
        LotId lot = Encodings.buyBackLotId(uint64(block.chainid), address(ledger), buyBackId, I);

        vm.expectEmit(address(ledger));
        emit IERC1155.TransferSingle(address(points), address(0), mall, LotId.unwrap(lot), 3 * TONNE);
        vm.expectEmit(address(ledger));
        emit IReductionLedger.PointsBoughtBack(lot, mall, buyBackId, operationId, I, 1, 3 * TONNE);
        bytes32 subject = bytes32(LotId.unwrap(lot));
        expectLeaf(address(ledger), buyBackId, OperationKind.POINTS_BOUGHT_BACK, subject, address(0), mall, 3 * TONNE);
        vm.expectEmit(address(points));
        emit IPointLedger.PointsRedeemed(4, operationId, mall, I, batch, 3 * TONNE, 0);
        vm.prank(platform);
        points.redeem(operationId, I, mall, batch, RECORD);

        assertEq(points.poolOf(mall, I), 0);
        assertEq(held(mall, lot), 3 * TONNE);
        assertTotals(I, IPointLedger.PointTotals(3 * TONNE, 0, 0, 0, 3 * TONNE, 0, 0));
        assertEq(
            abi.encode(ledger.totalsOf(I)), abi.encode(IReductionLedger.ClassTotals(0, 3 * TONNE, 0, 0, 3 * TONNE))
        );
        assertEq(abi.encode(ledger.lotOf(lot)), abi.encode(_boughtBackLot(I, 1, 3 * TONNE)));
    }

    /// @dev `expectEmit` cannot tell one contract's leaf from the next in the same call; the log can.
    function test_Redeem_LeavesTheBuyBacksLeafFirst() external {
        IPointLedger.BatchCommitment memory batch = batchOf(TONNE + 5);
        OperationId operationId = op();
        uint64 size = log.size();
        vm.recordLogs();
        vm.prank(platform);
        points.redeem(operationId, I, mall, batch, RECORD);
        Vm.Log[] memory logs = vm.getRecordedLogs();
        assertEq(log.size(), size + 2);
        bytes32[5] memory topics = [
            IERC1155.TransferSingle.selector,
            IReductionLedger.PointsBoughtBack.selector,
            ITransparencyLog.LeafAppended.selector,
            IPointLedger.PointsRedeemed.selector,
            ITransparencyLog.LeafAppended.selector
        ];
        assertEq(logs.length, topics.length);
        for (uint256 i = 0; i < topics.length; ++i) {
            assertEq(logs[i].topics[0], topics[i]);
        }
        assertEq(logs[2].topics[2], OperationId.unwrap(Encodings.buyBackOperationId(operationId)));
        assertEq(logs[4].topics[2], OperationId.unwrap(operationId));
        assertEq(points.poolOf(mall, I), 5);
    }

    /// @dev The cheat: class II points that come back as class I.
    function test_Redeem_KeepsTheClass() external {
        redeem(I, mall, TONNE / 2);
        redeem(II, mall, TONNE / 2);
        assertEq(ledger.nextSerial(), 1);
        assertEq(points.poolOf(mall, I), TONNE / 2);
        OperationId operationId = op();
        IPointLedger.BatchCommitment memory batch = batchOf(TONNE / 2);
        vm.prank(platform);
        points.redeem(operationId, II, mall, batch, RECORD);
        LotId lot = Encodings.buyBackLotId(
            uint64(block.chainid), address(ledger), Encodings.buyBackOperationId(operationId), II
        );
        assertEq(uint8(ledger.lotOf(lot).class), uint8(II));
        assertEq(held(mall, lot), TONNE);
        assertEq(points.poolOf(mall, I), TONNE / 2);
        assertEq(points.poolOf(mall, II), 0);
        assertEq(ledger.totalsOf(I).boughtBackGrams, 0);
        operationId = op();
        vm.expectRevert(
            abi.encodeWithSelector(
                IReductionLedger.ReductionLedger_PurposeNotAllowed.selector, lot, II, CancellationPurpose.EtsCompliance
            )
        );
        vm.prank(mall);
        ledger.cancel(operationId, lot, 1, CancellationPurpose.EtsCompliance, RECORD);
    }

    /// @dev The circle closes: what comes back is a reduction like any other.
    function test_Redeem_TheLotIsTransferredAndCancelled() external {
        IPointLedger.BatchCommitment memory batch = batchOf(TONNE);
        OperationId operationId = op();
        vm.prank(platform);
        points.redeem(operationId, I, mall, batch, RECORD);
        LotId lot = Encodings.buyBackLotId(
            uint64(block.chainid), address(ledger), Encodings.buyBackOperationId(operationId), I
        );
        transfer(mall, buyer, lot, TONNE);
        cancel(buyer, lot, TONNE, CancellationPurpose.EtsCompliance);
        assertEq(abi.encode(ledger.totalsOf(I)), abi.encode(IReductionLedger.ClassTotals(0, 0, TONNE, 0, TONNE)));
    }

    function test_Redeem_RevertWhen_SerialsExhausted() external {
        // Slot 4 of the reduction ledger: next serial number (16 bytes), then the certificate count.
        uint128 last = uint128(uint64(type(int64).max));
        vm.store(address(ledger), bytes32(uint256(4)), bytes32(uint256(last - TONNE + 1)));
        assertEq(ledger.nextSerial(), last - TONNE + 1);
        IPointLedger.BatchCommitment memory batch = batchOf(TONNE);
        OperationId operationId = op();
        vm.expectRevert(
            abi.encodeWithSelector(IReductionLedger.ReductionLedger_SerialsExhausted.selector, last - TONNE + 1, TONNE)
        );
        vm.prank(platform);
        points.redeem(operationId, I, mall, batch, RECORD);
        assertEq(personal(I), 3 * TONNE);
        assertEq(points.poolOf(mall, I), 0);
    }

    function test_Redeem_RevertWhen_TheBuyBacksIdWasUsed() external {
        OperationId operationId = op();
        LotId lot = issue(register(projectOf("PV-1")), 19_500, 19_510, 10);
        OperationId taken = Encodings.buyBackOperationId(operationId);
        vm.prank(owner);
        ledger.transfer(taken, buyer, lot, 1, RECORD);
        IPointLedger.BatchCommitment memory batch = batchOf(TONNE);
        vm.expectPartialRevert(ITransparencyLog.TransparencyLog_OperationConflict.selector);
        vm.prank(platform);
        points.redeem(operationId, I, mall, batch, RECORD);
        assertEq(personal(I), 3 * TONNE);
    }

    function test_Redeem_Repeated() external {
        IPointLedger.BatchCommitment memory batch = batchOf(TONNE + 5);
        OperationId operationId = op();
        vm.prank(platform);
        points.redeem(operationId, I, mall, batch, RECORD);
        bytes memory before = abi.encode(points.totalsOf(I), ledger.totalsOf(I), log.size(), points.batchCount());
        vm.expectEmit(address(points));
        emit IOperationLedger.OperationRepeated(operationId);
        vm.prank(platform);
        points.redeem(operationId, I, mall, batch, RECORD);
        assertEq(abi.encode(points.totalsOf(I), ledger.totalsOf(I), log.size(), points.batchCount()), before);
    }

    function testFuzz_Redeem_BuysBackExactly(uint64[5] memory totals, uint8 which) external {
        uint256[3] memory redeemed;
        for (uint256 i = 0; i < totals.length; ++i) {
            ReductionClass class = (which >> i) & 1 == 0 ? I : II;
            totals[i] = uint64(bound(totals[i], 0, personal(class)));
            if (totals[i] == 0) continue;
            redeem(class, mall, totals[i]);
            redeemed[uint8(class)] += totals[i];
            assertEq(points.poolOf(mall, class), redeemed[uint8(class)] % TONNE);
        }
        for (uint8 class = 1; class <= 2; ++class) {
            uint256 whole = redeemed[class] - redeemed[class] % TONNE;
            assertEq(points.totalsOf(ReductionClass(class)).boughtBack, whole);
            assertEq(ledger.totalsOf(ReductionClass(class)).boughtBackGrams, whole);
            assertEq(ledger.totalsOf(ReductionClass(class)).heldGrams, whole);
        }
    }

    // --------------------------------------------------------------------------------------------------------- donate

    function test_Donate_RevertWhen_CampaignNotOpen() external {
        CampaignId unknown = Encodings.campaignId("UNKNOWN");
        _expectNoDonation(unknown, _notOpen(unknown, CampaignStatus.Unknown));
        vm.prank(exchange);
        campaigns.close(op(), marathon, RECORD);
        _expectNoDonation(marathon, _notOpen(marathon, CampaignStatus.Closed));
    }

    function test_Donate_RevertWhen_CampaignEnded() external {
        warpToDay(TODAY + 30);
        donate(I, marathon, 1);
        warpToDay(TODAY + 31);
        _expectNoDonation(
            marathon,
            abi.encodeWithSelector(ICampaignRegistry.CampaignRegistry_Ended.selector, marathon, TODAY + 30, TODAY + 31)
        );
    }

    function test_Donate() external {
        IPointLedger.BatchCommitment memory batch = batchOf(700);
        OperationId operationId = op();
        vm.expectEmit(address(points));
        emit IPointLedger.PointsDonated(3, operationId, marathon, II, batch, 2 * TONNE - 700);
        IPointLedger.Batch memory expected = _batch(BatchKind.Donate, II, CampaignId.unwrap(marathon), batch);
        _expectLeaf(operationId, OperationKind.POINTS_DONATED, expected, address(0));
        vm.prank(platform);
        points.donate(operationId, II, marathon, batch, RECORD);
        assertEq(points.campaignPoolOf(marathon, II), 700);
        assertEq(points.campaignPoolOf(marathon, I), 0);
        assertTotals(II, IPointLedger.PointTotals(2 * TONNE, 2 * TONNE - 700, 0, 700, 0, 0, 0));
        assertBatch(3, expected);
    }

    /// @dev Donated points are for the campaign: no amount of them is bought back.
    function test_Donate_IsNeverBoughtBack() external {
        donate(I, marathon, 2 * TONNE);
        assertEq(points.campaignPoolOf(marathon, I), 2 * TONNE);
        assertEq(ledger.nextSerial(), 1);
    }

    // --------------------------------------------------------------------------------------------------------- cancel

    function test_Cancel() external {
        IPointLedger.BatchCommitment memory batch = batchOf(500);
        batch.entryCount = 3;
        OperationId operationId = op();
        vm.expectEmit(address(points));
        emit IPointLedger.PointsCancelled(3, operationId, I, batch, 1, 3 * TONNE - 500);
        IPointLedger.Batch memory expected = _batch(BatchKind.Cancel, I, 0, batch);
        expected.firstCertificate = 1;
        _expectLeaf(operationId, OperationKind.POINTS_CANCELLED, expected, address(0));
        vm.prank(platform);
        points.cancel(operationId, I, batch, RECORD);
        assertTotals(I, IPointLedger.PointTotals(3 * TONNE, 3 * TONNE - 500, 0, 0, 0, 500, 0));
        assertBatch(3, expected);
        assertEq(ledger.certificateCount(), 3);
    }

    function test_Cancel_CertificatesAreOneSequenceOverBothLedgers() external {
        LotId lot = issue(register(projectOf("PV-1")), 19_500, 19_510, 10);
        cancel(owner, lot, 1, CancellationPurpose.VoluntaryOffset);
        cancelPoints(II, 5);
        assertEq(points.batchOf(3).firstCertificate, 2);
        vm.expectEmit(true, true, true, false, address(ledger));
        emit IReductionLedger.ReductionCancelled(
            lot, owner, 7, OperationId.wrap(0), CancellationPurpose.VoluntaryOffset, 0, 0
        );
        cancel(owner, lot, 1, CancellationPurpose.VoluntaryOffset);
        assertEq(ledger.certificateCount(), 7);
    }

    // ------------------------------------------------------------------------------------------------------- holdings

    function test_HeldGrams_StopsTheClosingOfAnAccount() external {
        redeem(I, mall, 7);
        redeem(II, mall, 5);
        assertEq(points.heldGrams(mall), 12);
        assertEq(points.heldGrams(owner), 0);
        OperationId operationId = op();
        vm.expectRevert(
            abi.encodeWithSelector(IAccountRegistry.AccountRegistry_StillHolding.selector, mall, uint256(12))
        );
        vm.prank(platform);
        accounts.close(operationId, mall, RECORD);
    }

    function test_AClosedProviderKeepsItsRemainder() external {
        redeem(I, mall, TONNE - 1);
        vm.prank(exchange);
        providers.close(op(), mall, RECORD);
        assertEq(points.poolOf(mall, I), TONNE - 1);
        admit(mall);
        redeem(I, mall, 1);
        assertEq(points.poolOf(mall, I), 0);
        assertEq(ledger.heldGrams(mall), TONNE);
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function _batch(BatchKind kind, ReductionClass class, bytes32 party, IPointLedger.BatchCommitment memory commitment)
        private
        view
        returns (IPointLedger.Batch memory batch)
    {
        uint64 left = class == I ? 3 * TONNE : 2 * TONNE;
        batch.kind = kind;
        batch.class = class;
        batch.party = party;
        batch.commitment = commitment;
        batch.personalClassI = class == I ? left - commitment.total : uint64(personal(I));
        batch.personalClassII = class == II ? left - commitment.total : uint64(personal(II));
    }

    function _redeemed(address provider, ReductionClass class, IPointLedger.BatchCommitment memory commitment)
        private
        view
        returns (IPointLedger.Batch memory)
    {
        return _batch(BatchKind.Redeem, class, Encodings.accountSubject(provider), commitment);
    }

    function _boughtBackLot(ReductionClass class, uint128 firstSerial, uint128 grams)
        private
        view
        returns (IReductionLedger.Lot memory)
    {
        return IReductionLedger.Lot({
            activityId: ActivityId.wrap(0),
            methodologyId: MethodologyId.wrap(0),
            class: class,
            frozen: false,
            firstDay: day(0),
            lastDay: day(0),
            creditedAccount: mall,
            firstSerial: firstSerial,
            issuedGrams: grams,
            cancelledGrams: 0,
            takenBackGrams: 0,
            correctedGrams: 0
        });
    }

    function _expectLeaf(OperationId operationId, uint16 kind, IPointLedger.Batch memory batch, address to) private {
        bytes32 subject = Encodings.batchSubject(points.batchCount() + 1, batch);
        expectLeaf(address(points), operationId, kind, subject, address(0), to, batch.commitment.total);
    }

    function _expectNothingTaken(ReductionClass class, IPointLedger.BatchCommitment memory batch, bytes memory reason)
        private
    {
        OperationId operationId = op();
        vm.startPrank(platform);
        vm.expectRevert(reason);
        points.redeem(operationId, class, mall, batch, RECORD);
        vm.expectRevert(reason);
        points.donate(operationId, class, marathon, batch, RECORD);
        vm.expectRevert(reason);
        points.cancel(operationId, class, batch, RECORD);
        vm.stopPrank();
    }

    function _expectNoRedeem(address provider, bytes memory reason) private {
        IPointLedger.BatchCommitment memory batch = batchOf(1);
        OperationId operationId = op();
        vm.expectRevert(reason);
        vm.prank(platform);
        points.redeem(operationId, I, provider, batch, RECORD);
    }

    function _expectNoDonation(CampaignId campaign, bytes memory reason) private {
        IPointLedger.BatchCommitment memory batch = batchOf(1);
        OperationId operationId = op();
        vm.expectRevert(reason);
        vm.prank(platform);
        points.donate(operationId, I, campaign, batch, RECORD);
    }

    function _exceeds(ReductionClass class, uint64 has, uint64 asked) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IPointLedger.PointLedger_ExceedsPersonal.selector, class, has, asked);
    }

    function _providerNotActive(address provider, ProviderStatus status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IProviderRegistry.ProviderRegistry_NotActive.selector, provider, status);
    }

    function _notOpen(CampaignId campaign, CampaignStatus status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(ICampaignRegistry.CampaignRegistry_NotOpen.selector, campaign, status);
    }
}
