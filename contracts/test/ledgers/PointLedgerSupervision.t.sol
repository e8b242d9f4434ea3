// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IActivityRegistry} from "../../src/interfaces/IActivityRegistry.sol";
import {IPointLedger} from "../../src/interfaces/IPointLedger.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {
    ActivityId,
    BatchKind,
    CampaignId,
    CancellationPurpose,
    MethodologyId,
    OperationId,
    OperationKind,
    ReductionClass
} from "../../src/types/Types.sol";
import {PointsFixture} from "../helpers/PointsFixture.sol";

contract PointLedgerSupervisionTest is PointsFixture {
    uint64 private earned;

    function setUp() public override {
        super.setUp();
        earned = feed(busRides, 1000);
    }

    // -------------------------------------------------------------------------------------------------------- correct

    function test_Correct_RevertWhen_ZeroQuantity() external {
        _expectNoCorrection(
            earned, 0, nothing(), abi.encodeWithSelector(IPointLedger.PointLedger_ZeroQuantity.selector)
        );
    }

    function test_Correct_RevertWhen_UnknownBatch() external {
        _expectNoCorrection(0, 1, nothing(), _unknownBatch(0));
        _expectNoCorrection(2, 1, nothing(), _unknownBatch(2));
    }

    function test_Correct_RevertWhen_NotEarned() external {
        redeem(I, mall, 10);
        donate(I, marathon, 10);
        cancelPoints(I, 10);
        correctBatch(earned, 10, nothing());
        feed(walking, 10);
        takeSnapshot(I, 1, 1000);
        for (uint64 number = 2; number <= 7; ++number) {
            BatchKind kind = points.batchOf(number).kind;
            assertEq(uint8(kind), number);
            _expectNoCorrection(
                number, 1, nothing(), abi.encodeWithSelector(IPointLedger.PointLedger_NotEarned.selector, number, kind)
            );
        }
    }

    /// @dev The cheat: correct beyond the batch.
    function test_Correct_RevertWhen_CorrectionExceedsBatch() external {
        feed(busRides, 1000);
        _expectNoCorrection(earned, 1001, nothing(), _exceedsBatch(1000, 1001));
        correctBatch(earned, 600, nothing());
        _expectNoCorrection(earned, 401, nothing(), _exceedsBatch(400, 401));
        correctBatch(earned, 400, nothing());
        _expectNoCorrection(earned, 1, nothing(), _exceedsBatch(0, 1));
        assertEq(points.batchOf(earned).correctedGrams, 1000);
    }

    function test_Correct_RevertWhen_TakenExceedsCorrection() external {
        _expectNoCorrection(
            earned,
            300,
            batchOf(301),
            abi.encodeWithSelector(IPointLedger.PointLedger_TakenExceedsCorrection.selector, 300, 301)
        );
    }

    function test_Correct_RevertWhen_ExceedsPersonal() external {
        feed(metroRides, 5000);
        redeem(I, mall, 900);
        _expectNoCorrection(
            earned,
            300,
            batchOf(101),
            abi.encodeWithSelector(IPointLedger.PointLedger_ExceedsPersonal.selector, I, 100, 101)
        );
        correctBatch(earned, 300, batchOf(100));
    }

    function test_Correct_RevertWhen_CommitmentIncomplete() external {
        IPointLedger.BatchCommitment memory batch = batchOf(300);
        batch.root = 0;
        _expectNoCorrection(earned, 300, batch, abi.encodeWithSelector(IPointLedger.PointLedger_RootMissing.selector));
        batch = batchOf(300);
        batch.total = 0;
        _expectNoCorrection(earned, 300, batch, abi.encodeWithSelector(IPointLedger.PointLedger_ZeroQuantity.selector));
        batch = nothing();
        batch.entryCount = 1;
        _expectNoCorrection(earned, 300, batch, abi.encodeWithSelector(IPointLedger.PointLedger_RootMissing.selector));
    }

    function test_Correct_RevertWhen_RootAlreadyAnchored() external {
        IPointLedger.BatchCommitment memory batch = batchOf(100);
        correctBatch(earned, 100, batch);
        _expectNoCorrection(
            earned,
            100,
            batch,
            abi.encodeWithSelector(IPointLedger.PointLedger_RootAlreadyAnchored.selector, batch.root, 2)
        );
        correctBatch(earned, 10, nothing());
        correctBatch(earned, 10, nothing());
        assertEq(points.batchOfRoot(0), 0);
    }

    function test_Correct_WhenAllIsTaken() external {
        _checkCorrect(300, batchOf(300));
        assertEq(deficitGrams(busRides), 0);
        assertTotals(I, IPointLedger.PointTotals(1000, 700, 0, 0, 0, 0, 300));
    }

    function test_Correct_WhenAPartIsTaken() external {
        redeem(I, mall, 800);
        _checkCorrect(300, batchOf(200));
        assertEq(deficitGrams(busRides), 100);
        assertTotals(I, IPointLedger.PointTotals(1000, 0, 800, 0, 0, 0, 200));
    }

    function test_Correct_WhenNothingIsTaken() external {
        _checkCorrect(300, nothing());
        assertEq(deficitGrams(busRides), 300);
        assertTotals(I, IPointLedger.PointTotals(1000, 1000, 0, 0, 0, 0, 0));
    }

    function test_Correct_WhenTheBatchHadFilledADeficit() external {
        correctBatch(earned, 300, nothing());
        uint64 next = feed(busRides, 400);
        assertEq(points.batchOf(next).withheldGrams, 300);
        // All of the next batch was wrong too: what it filled is owed again.
        correctBatch(next, 400, batchOf(100));
        assertEq(deficitGrams(busRides), 300);
        assertTotals(I, IPointLedger.PointTotals(1400, 1000, 0, 0, 0, 0, 400));
    }

    /// @dev The cheat: fill what is owed in class I, which serves ETS compliance, with class II.
    function test_Correct_WhenTheFacilityGoesOnInTheOtherClass() external {
        bytes32 facility = keccak256("line 1");
        ActivityId first = _atFacility("LINE-1", bus, facility);
        uint64 wrong = feed(first, 500);
        redeem(I, mall, 1500);
        vm.prank(regulator);
        activities.close(op(), first, RECORD);
        correctBatch(wrong, 500, nothing());

        ActivityId second = _atFacility("LINE-1B", metro, facility);
        assertTrue(activities.isEarned(second, day(YESTERDAY)));
        assertEq(points.batchOf(feed(second, 800)).withheldGrams, 0);
        assertEq(personal(II), 800);
        assertEq(deficitGrams(second), 0);
        assertEq(deficitGrams(first), 500);
        // Nor does it keep an activity of class II from ending.
        vm.prank(regulator);
        activities.close(op(), second, RECORD);

        ActivityId third = _atFacility("LINE-1C", bus, facility);
        assertEq(points.batchOf(feed(third, 800)).withheldGrams, 500);
        assertEq(deficitGrams(first), 0);
        assertTotals(I, IPointLedger.PointTotals(2300, 300, 1500, 0, 0, 0, 500));
    }

    function _atFacility(string memory code, MethodologyId methodology, bytes32 facility) private returns (ActivityId) {
        IActivityRegistry.Registration memory registration = feedOf(code, methodology);
        registration.facilityId = facility;
        return register(registration);
    }

    function test_Correct_WhenTheActivityHasEnded() external {
        vm.prank(regulator);
        activities.close(op(), busRides, RECORD);
        _checkCorrect(300, batchOf(100));
        assertEq(deficitGrams(busRides), 200);
    }

    // ------------------------------------------------------------------------------------------------------- snapshot

    function test_Snapshot_RevertWhen_ClassMissing() external {
        _expectNoSnapshot(
            ReductionClass.None,
            earned,
            batchOf(1000),
            abi.encodeWithSelector(IPointLedger.PointLedger_ClassMissing.selector)
        );
    }

    function test_Snapshot_RevertWhen_NotWellFormed() external {
        IPointLedger.BatchCommitment memory batch = batchOf(1000);
        batch.entryCount = 1001;
        _expectNoSnapshot(
            I,
            earned,
            batch,
            abi.encodeWithSelector(IPointLedger.PointLedger_EntryCountOutOfRange.selector, 1001, 1000, 1000)
        );
    }

    function test_Snapshot_RevertWhen_UnknownBatch() external {
        _expectNoSnapshot(I, 0, batchOf(1000), _unknownBatch(0));
        _expectNoSnapshot(I, 2, batchOf(1000), _unknownBatch(2));
    }

    /// @dev The cheat: a snapshot one gram off.
    function test_Snapshot_RevertWhen_TotalMismatch() external {
        feed(metroRides, 300);
        redeem(I, mall, 10);
        _expectMismatch(I, 3, 990, 989);
        _expectMismatch(I, 3, 990, 991);
        _expectMismatch(I, 3, 990, 1000);
        _expectMismatch(I, 2, 1000, 990);
        _expectMismatch(I, 3, 990, 300);
        _expectMismatch(II, 1, 0, 300);
        takeSnapshot(I, 3, 990);
        takeSnapshot(I, 2, 1000);
        takeSnapshot(II, 3, 300);
    }

    function test_Snapshot_WhenItIsOfAnEarlierTime() external {
        feed(busRides, 10);
        takeSnapshot(I, 2, 1010);
        takeSnapshot(I, 1, 1000);
        assertEq(points.latestSnapshot(I), 3);
        takeSnapshot(I, 2, 1010);
        assertEq(points.latestSnapshot(I), 5);
    }

    function test_Snapshot_WhenTheRootIsRepeated() external {
        IPointLedger.BatchCommitment memory batch = batchOf(1000);
        vm.startPrank(platform);
        points.takeSnapshot(op(), I, 1, batch, RECORD);
        points.takeSnapshot(op(), I, 1, batch, RECORD);
        vm.stopPrank();
        assertEq(points.latestSnapshot(I), 3);
        assertEq(points.batchOfRoot(batch.root), 0);
    }

    function test_Snapshot() external {
        redeem(I, mall, 10);
        feed(walking, 55);
        IPointLedger.BatchCommitment memory commitment = batchOf(990);
        bytes memory before = abi.encode(points.totalsOf(I), points.totalsOf(II));
        OperationId operationId = op();
        vm.expectEmit(address(points));
        emit IPointLedger.SnapshotTaken(4, operationId, 3, I, commitment);
        IPointLedger.Batch memory batch = _batch(BatchKind.Snapshot, 3, commitment);
        batch.personalClassI = 990;
        bytes32 subject = Encodings.batchSubject(4, batch);
        expectLeaf(
            address(points), operationId, OperationKind.POINTS_SNAPSHOT_TAKEN, subject, address(0), address(0), 990
        );
        vm.prank(platform);
        points.takeSnapshot(operationId, I, 3, commitment, RECORD);
        assertBatch(4, batch);
        assertEq(points.latestSnapshot(I), 4);
        assertEq(points.latestSnapshot(II), 0);
        assertEq(abi.encode(points.totalsOf(I), points.totalsOf(II)), before);
    }

    // ------------------------------------------------------------------------------------------------ cancel campaign

    function test_CancelCampaign_RevertWhen_PoolEmpty() external {
        _expectNoCampaignCancellation(Encodings.campaignId("UNKNOWN"), I);
        _expectNoCampaignCancellation(marathon, I);
        donate(I, marathon, 10);
        _expectNoCampaignCancellation(marathon, II);
        _expectNoCampaignCancellation(marathon, ReductionClass.None);
        cancelCampaign(marathon, I);
        _expectNoCampaignCancellation(marathon, I);
    }

    function test_CancelCampaign_WhenClosedAndOver() external {
        donate(I, marathon, 10);
        vm.prank(exchange);
        campaigns.close(op(), marathon, RECORD);
        warpToDay(TODAY + 100);
        cancelCampaign(marathon, I);
        assertEq(points.campaignPoolOf(marathon, I), 0);
    }

    function test_CancelCampaign() external {
        feed(metroRides, 300);
        CampaignId other = openCampaign("EXPO");
        donate(I, marathon, 10);
        donate(I, marathon, 20);
        donate(II, marathon, 40);
        donate(I, other, 80);
        cancelPoints(II, 2);
        OperationId operationId = op();
        uint64 batchCount = points.batchCount();
        CancellationPurpose purpose = CancellationPurpose.EventNeutrality;
        vm.expectEmit(address(points));
        emit IPointLedger.CampaignPoolCancelled(marathon, operationId, 3, I, purpose, 30);
        bytes32 subject = Encodings.campaignCancellationSubject(3, marathon, I, purpose);
        uint16 kind = OperationKind.CAMPAIGN_CANCELLED;
        expectLeaf(address(points), operationId, kind, subject, address(0), address(0), 30);
        vm.prank(platform);
        points.cancelCampaign(operationId, marathon, I, RECORD);
        assertEq(ledger.certificateCount(), 3);
        assertEq(points.batchCount(), batchCount);
        assertEq(points.campaignPoolOf(marathon, I), 0);
        assertEq(points.campaignPoolOf(marathon, II), 40);
        assertEq(points.campaignPoolOf(other, I), 80);
        assertTotals(I, IPointLedger.PointTotals(1000, 890, 0, 80, 0, 30, 0));
        assertTotals(II, IPointLedger.PointTotals(300, 258, 0, 40, 0, 2, 0));
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    /// @dev Everything a correction of `earned` says, besides what the test looks at.
    function _checkCorrect(uint64 grams, IPointLedger.BatchCommitment memory taken) private {
        OperationId operationId = op();
        uint64 number = points.batchCount() + 1;
        uint128 left = personal(I) - taken.total;
        vm.expectEmit(address(points));
        emit IPointLedger.PointsCorrected(number, operationId, earned, I, grams, taken, left);
        IPointLedger.Batch memory batch = _batch(BatchKind.Correct, earned, taken);
        batch.personalClassI = uint64(left);
        bytes32 subject = Encodings.batchSubject(number, batch);
        uint16 kind = OperationKind.POINTS_CORRECTED;
        expectLeaf(address(points), operationId, kind, subject, address(0), address(0), grams);
        vm.prank(regulator);
        points.correct(operationId, earned, grams, taken, RECORD);
        assertBatch(number, batch);
        assertEq(points.batchOf(earned).correctedGrams, grams);
        assertEq(activities.activityOf(busRides).correctedGrams, grams);
    }

    function _batch(BatchKind kind, uint64 about, IPointLedger.BatchCommitment memory commitment)
        private
        pure
        returns (IPointLedger.Batch memory batch)
    {
        batch.kind = kind;
        batch.class = I;
        batch.party = bytes32(uint256(about));
        batch.commitment = commitment;
    }

    function _expectNoCorrection(
        uint64 number,
        uint64 grams,
        IPointLedger.BatchCommitment memory taken,
        bytes memory reason
    ) private {
        OperationId operationId = op();
        vm.expectRevert(reason);
        vm.prank(regulator);
        points.correct(operationId, number, grams, taken, RECORD);
    }

    function _expectNoSnapshot(
        ReductionClass class,
        uint64 afterBatch,
        IPointLedger.BatchCommitment memory batch,
        bytes memory reason
    ) private {
        OperationId operationId = op();
        vm.expectRevert(reason);
        vm.prank(platform);
        points.takeSnapshot(operationId, class, afterBatch, batch, RECORD);
    }

    function _expectMismatch(ReductionClass class, uint64 afterBatch, uint64 has, uint64 total) private {
        _expectNoSnapshot(
            class,
            afterBatch,
            batchOf(total),
            abi.encodeWithSelector(IPointLedger.PointLedger_TotalMismatch.selector, class, afterBatch, has, total)
        );
    }

    function _expectNoCampaignCancellation(CampaignId campaign, ReductionClass class) private {
        OperationId operationId = op();
        vm.expectRevert(abi.encodeWithSelector(IPointLedger.PointLedger_CampaignPoolEmpty.selector, campaign, class));
        vm.prank(platform);
        points.cancelCampaign(operationId, campaign, class, RECORD);
    }

    function _unknownBatch(uint64 number) private view returns (bytes memory) {
        return abi.encodeWithSelector(IPointLedger.PointLedger_UnknownBatch.selector, number, points.batchCount());
    }

    function _exceedsBatch(uint64 left, uint64 grams) private view returns (bytes memory) {
        return abi.encodeWithSelector(IPointLedger.PointLedger_CorrectionExceedsBatch.selector, earned, left, grams);
    }
}
