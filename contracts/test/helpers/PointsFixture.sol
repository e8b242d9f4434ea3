// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IActivityRegistry} from "../../src/interfaces/IActivityRegistry.sol";
import {IPointLedger} from "../../src/interfaces/IPointLedger.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {
    ActivityId,
    ActivityKind,
    BatchKind,
    CampaignId,
    Custody,
    MethodologyId,
    MethodologyKind,
    OperationId,
    ReductionClass
} from "../../src/types/Types.sol";
import {Fixture} from "./Fixture.sol";

/// @notice Scenarios of both classes with a feed signer, a behaviour scenario, two malls and a campaign, and one short
/// call for each batch. Roots and file hashes are made up: the contracts never see an entry.
abstract contract PointsFixture is Fixture {
    uint256 internal constant FEED_KEY = uint256(keccak256("feed key"));
    uint64 internal constant TONNE = 1_000_000;
    uint32 internal constant YESTERDAY = TODAY - 1;

    ReductionClass internal constant I = ReductionClass.I;
    ReductionClass internal constant II = ReductionClass.II;

    MethodologyId internal bus;
    ActivityId internal busRides;
    ActivityId internal metroRides;
    ActivityId internal walking;
    CampaignId internal marathon;
    address internal mall = account("mall");
    address internal secondMall = account("second mall");

    uint256 private _batches;

    function setUp() public virtual override {
        super.setUp();
        bus = publish("SH-BUS", 1, MethodologyKind.Scenario, I);
        busRides = register(feedOf("BUS", bus));
        metroRides = register(feedOf("METRO", metro));
        IActivityRegistry.Registration memory registration = feedOf("WALK", metro);
        registration.kind = ActivityKind.BehaviourScenario;
        registration.capGrams = 0;
        walking = register(registration);
        open(mall, Custody.Holder);
        open(secondMall, Custody.Holder);
        admit(mall);
        admit(secondMall);
        marathon = openCampaign("MARATHON");
    }

    // --------------------------------------------------------------------------------------------------------- values

    function feedOf(string memory code, MethodologyId methodology)
        internal
        view
        returns (IActivityRegistry.Registration memory registration)
    {
        registration = scenarioOf(code);
        registration.methodologyId = methodology;
        registration.feedSigner = vm.addr(FEED_KEY);
    }

    /// @notice A commitment that was not made before; as many entries as grams, but no more than a batch holds.
    function batchOf(uint64 total) internal returns (IPointLedger.BatchCommitment memory) {
        uint64 count = total < 2 ** 24 ? total : 2 ** 24;
        bytes32 seed = keccak256(abi.encode("batch", ++_batches));
        return IPointLedger.BatchCommitment(seed, total, count, keccak256(abi.encode("file", seed)));
    }

    function nothing() internal pure returns (IPointLedger.BatchCommitment memory commitment) {}

    /// @notice The next header of an activity, over yesterday.
    function headerOf(ActivityId activity, uint64 total) internal returns (IPointLedger.FeedHeader memory) {
        IActivityRegistry.Activity memory stored = activities.activityOf(activity);
        IPointLedger.BatchCommitment memory batch = batchOf(total);
        bool isBehaviour = stored.registration.kind == ActivityKind.BehaviourScenario;
        return IPointLedger.FeedHeader({
            kind: isBehaviour ? BatchKind.Behaviour : BatchKind.Earn,
            activityId: activity,
            methodologyId: stored.registration.methodologyId,
            class: stored.class,
            sequence: points.nextSequence(activity),
            firstDay: day(today() - 1),
            lastDay: day(today() - 1),
            root: batch.root,
            total: batch.total,
            entryCount: batch.entryCount,
            fileHash: batch.fileHash
        });
    }

    function signed(IPointLedger.FeedHeader memory header) internal view returns (bytes memory) {
        return signatureOf(FEED_KEY, points.hashFeedHeader(header));
    }

    function signatureOf(uint256 key, bytes32 digest) internal pure returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return bytes.concat(r, s, bytes1(v));
    }

    // ----------------------------------------------------------------------------------------------------- operations

    function admit(address provider) internal {
        vm.prank(exchange);
        providers.admit(op(), provider, admissionOf("mall"), RECORD);
    }

    function openCampaign(string memory code) internal returns (CampaignId) {
        vm.prank(exchange);
        campaigns.open(op(), campaignFor(code), RECORD);
        return Encodings.campaignId(code);
    }

    function send(IPointLedger.FeedHeader memory header, bytes memory signature) internal {
        OperationId operationId = op();
        vm.prank(platform);
        if (header.kind == BatchKind.Behaviour) points.recordBehaviour(operationId, header, signature, RECORD);
        else points.earn(operationId, header, signature, RECORD);
    }

    /// @notice Anchors the activity's next feed batch.
    function feed(ActivityId activity, uint64 total) internal returns (uint64 batchNumber) {
        IPointLedger.FeedHeader memory header = headerOf(activity, total);
        send(header, signed(header));
        return points.batchCount();
    }

    function redeem(ReductionClass class, address provider, uint64 total) internal {
        IPointLedger.BatchCommitment memory batch = batchOf(total);
        vm.prank(platform);
        points.redeem(op(), class, provider, batch, RECORD);
    }

    function donate(ReductionClass class, CampaignId campaign, uint64 total) internal {
        IPointLedger.BatchCommitment memory batch = batchOf(total);
        vm.prank(platform);
        points.donate(op(), class, campaign, batch, RECORD);
    }

    function cancelPoints(ReductionClass class, uint64 total) internal {
        IPointLedger.BatchCommitment memory batch = batchOf(total);
        vm.prank(platform);
        points.cancel(op(), class, batch, RECORD);
    }

    function correctBatch(uint64 batchNumber, uint64 grams, IPointLedger.BatchCommitment memory taken) internal {
        vm.prank(regulator);
        points.correct(op(), batchNumber, grams, taken, RECORD);
    }

    function takeSnapshot(ReductionClass class, uint64 afterBatch, uint64 total) internal {
        IPointLedger.BatchCommitment memory batch = batchOf(total);
        vm.prank(platform);
        points.takeSnapshot(op(), class, afterBatch, batch, RECORD);
    }

    function cancelCampaign(CampaignId campaign, ReductionClass class) internal {
        vm.prank(platform);
        points.cancelCampaign(op(), campaign, class, RECORD);
    }

    // ---------------------------------------------------------------------------------------------------------- facts

    function personal(ReductionClass class) internal view returns (uint128) {
        return points.totalsOf(class).personal;
    }

    /// @notice Every total of a class, and that they add up.
    function assertTotals(ReductionClass class, IPointLedger.PointTotals memory expected) internal view {
        IPointLedger.PointTotals memory totals = points.totalsOf(class);
        assertEq(abi.encode(totals), abi.encode(expected));
        uint256 inPools = totals.pooledByProviders + totals.pooledByCampaigns;
        uint256 gone = totals.boughtBack + totals.cancelled + totals.takenBack;
        assertEq(totals.issued, totals.personal + inPools + gone, "issued = where the points are");
    }

    function assertBatch(uint64 number, IPointLedger.Batch memory expected) internal view {
        assertEq(abi.encode(points.batchOf(number)), abi.encode(expected));
    }
}
