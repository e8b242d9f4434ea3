// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {ICampaignRegistry} from "../../src/interfaces/ICampaignRegistry.sol";
import {IPointLedger} from "../../src/interfaces/IPointLedger.sol";
import {OperationId} from "../../src/types/Types.sol";
import {PointsFixture} from "../helpers/PointsFixture.sol";

/// @notice Gas of each batch of points as a transaction of its own. It does not depend on how many entries a batch has:
/// with a million of them, gas per entry is a millionth of this.
/// @dev Each batch follows another of its kind, as on any day but the first.
abstract contract PointsGasTest is PointsFixture {
    uint64 private constant ENTRIES = 1_000_000;

    string private _group;
    OperationId private id;

    constructor(string memory group) {
        _group = group;
    }

    function setUp() public virtual override {
        super.setUp();
        feed(busRides, 100 * ENTRIES);
        feed(walking, ENTRIES);
        redeem(I, mall, ENTRIES / 2);
        donate(I, marathon, ENTRIES);
        cancelPoints(I, ENTRIES);
        correctBatch(1, ENTRIES, batchOf(ENTRIES));
        takeSnapshot(I, 1, 100 * ENTRIES);
        id = op();
    }

    function test_Earn() external {
        IPointLedger.FeedHeader memory header = headerOf(busRides, 541 * ENTRIES);
        header.entryCount = ENTRIES;
        bytes memory signature = signed(header);
        vm.prank(platform);
        points.earn(id, header, signature, RECORD);
        _snapshot("earn");
    }

    function test_RecordBehaviour() external {
        IPointLedger.FeedHeader memory header = headerOf(walking, ENTRIES);
        bytes memory signature = signed(header);
        vm.prank(platform);
        points.recordBehaviour(id, header, signature, RECORD);
        _snapshot("record behaviour");
    }

    function test_Redeem() external {
        _redeem(ENTRIES / 4);
        _snapshot("redeem, nothing bought back");
    }

    function test_RedeemTonnes() external {
        _redeem(3 * ENTRIES);
        _snapshot("redeem, 3 tonnes bought back");
    }

    function test_Donate() external {
        IPointLedger.BatchCommitment memory batch = batchOf(ENTRIES);
        vm.prank(platform);
        points.donate(id, I, marathon, batch, RECORD);
        _snapshot("donate");
    }

    function test_Cancel() external {
        IPointLedger.BatchCommitment memory batch = batchOf(ENTRIES);
        vm.prank(platform);
        points.cancel(id, I, batch, RECORD);
        _snapshot("cancel");
    }

    function test_Correct() external {
        IPointLedger.BatchCommitment memory batch = batchOf(ENTRIES);
        vm.prank(regulator);
        points.correct(id, 1, 2 * ENTRIES, batch, RECORD);
        _snapshot("correct");
    }

    function test_TakeSnapshot() external {
        uint64 last = points.batchCount();
        IPointLedger.BatchCommitment memory batch = batchOf(uint64(personal(I)));
        vm.prank(platform);
        points.takeSnapshot(id, I, last, batch, RECORD);
        _snapshot("take snapshot");
    }

    function test_CancelCampaign() external {
        vm.prank(platform);
        points.cancelCampaign(id, marathon, I, RECORD);
        _snapshot("cancel campaign");
    }

    function test_AdmitProvider() external {
        vm.prank(exchange);
        providers.admit(id, buyer, admissionOf("new"), RECORD);
        _snapshot("admit provider");
    }

    function test_OpenCampaign() external {
        ICampaignRegistry.Campaign memory campaign = campaignFor("EXPO");
        vm.prank(exchange);
        campaigns.open(id, campaign, RECORD);
        _snapshot("open campaign");
    }

    function _redeem(uint64 total) private {
        IPointLedger.BatchCommitment memory batch = batchOf(total);
        vm.prank(platform);
        points.redeem(id, I, mall, batch, RECORD);
    }

    function _snapshot(string memory operation) private {
        vm.snapshotGasLastCall(_group, operation);
    }
}

/// @notice With a log of some leaves, where an append joins none or one.
contract SmallLogPointsGasTest is PointsGasTest("points-small-log") {}

/// @notice With a log of 65,535 leaves, where the next append joins sixteen.
contract FullLogPointsGasTest is PointsGasTest("points-log-of-65535-leaves") {
    function setUp() public override {
        super.setUp();
        fillLog(65_535);
    }
}
