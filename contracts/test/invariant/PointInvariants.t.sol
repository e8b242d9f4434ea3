// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IActivityRegistry} from "../../src/interfaces/IActivityRegistry.sol";
import {IPointLedger} from "../../src/interfaces/IPointLedger.sol";
import {IReductionLedger} from "../../src/interfaces/IReductionLedger.sol";
import {PointLedger} from "../../src/ledgers/PointLedger.sol";
import {ReductionLedger} from "../../src/ledgers/ReductionLedger.sol";
import {ActivityRegistry} from "../../src/registries/ActivityRegistry.sol";
import {ActivityId, CampaignId, DebtorId, ReductionClass} from "../../src/types/Types.sol";
import {Base} from "../Base.sol";
import {PointHandler} from "./PointHandler.sol";

/// @notice The lines of docs/spec/05-points.md §5.2 (quoted), after every step of random runs of the handler.
contract PointInvariantsTest is Base {
    uint128 private constant TONNE = 1_000_000;

    PointHandler private handler;
    bytes4[] private selectors;
    PointLedger private points;
    ReductionLedger private ledger;
    ActivityRegistry private activities;

    function setUp() external {
        handler = new PointHandler();
        handler.setUp();
        (points, ledger, activities) = handler.contracts();
        selectors = [
            PointHandler.earn.selector,
            PointHandler.earn.selector,
            PointHandler.earn.selector,
            PointHandler.cheatWithAHeader.selector,
            PointHandler.recordBehaviour.selector,
            PointHandler.redeem.selector,
            PointHandler.redeem.selector,
            PointHandler.donate.selector,
            PointHandler.cancelPoints.selector,
            PointHandler.cancelCampaign.selector,
            PointHandler.correctBatch.selector,
            PointHandler.takeSnapshot.selector,
            PointHandler.issueLot.selector,
            PointHandler.correctLot.selector,
            PointHandler.cancelLot.selector,
            PointHandler.stepProvider.selector,
            PointHandler.closeCampaign.selector,
            PointHandler.repeat.selector,
            PointHandler.passDays.selector
        ];
        targetContract(address(handler));
        targetSelectors(address(handler), selectors);
    }

    /// @dev "issued = personal + provider pools + campaign pools + bought back + cancelled + taken back; personal = earned
    /// - redeemed - donated - cancelled - corrected", each of them as the events add up, and never negative.
    function invariant_ClassTotals() external view {
        for (uint8 class = 1; class <= 2; ++class) {
            IPointLedger.PointTotals memory totals = points.totalsOf(ReductionClass(class));
            PointHandler.Ghost memory sums = handler.ghost(ReductionClass(class));
            uint256 inPools = totals.pooledByProviders + totals.pooledByCampaigns;
            uint256 gone = totals.boughtBack + totals.cancelled + totals.takenBack;
            assertEq(totals.issued, totals.personal + inPools + gone, "issued = where the points are");
            uint256 credited = sums.earned - sums.withheld;
            uint256 given = sums.redeemed + sums.donated + sums.cancelled + sums.corrected;
            assertEq(totals.issued, sums.earned, "issued");
            assertEq(totals.personal, credited - given, "personal");
            assertEq(totals.takenBack, sums.withheld + sums.corrected, "taken back");
            assertEq(totals.cancelled, sums.cancelled + sums.donationsCancelled, "cancelled");
            assertEq(totals.boughtBack, sums.boughtBack, "bought back");
        }
        assertFalse(handler.wrongPersonalTotal());
        assertFalse(handler.somethingFell());
    }

    /// @dev "Grams of a class leave a pool only as a lot of that class or cancelled." Buy-back is exact.
    function invariant_ProviderPools() external view {
        for (uint8 number = 1; number <= 2; ++number) {
            ReductionClass class = ReductionClass(number);
            uint256 sum = 0;
            for (uint256 i = 0; i < 2; ++i) {
                address mall = handler.malls(i);
                uint256 redeemed = handler.redeemedAt(mall, class);
                assertEq(points.poolOf(mall, class), redeemed % TONNE, "pool = what is left of whole tonnes");
                sum += redeemed % TONNE;
            }
            assertEq(points.totalsOf(class).pooledByProviders, sum, "pooled by providers");
            assertEq(points.totalsOf(class).boughtBack, ledger.totalsOf(class).boughtBackGrams, "bought back in both");
        }
        for (uint256 i = 0; i < 2; ++i) {
            address mall = handler.malls(i);
            uint256 pooled = points.poolOf(mall, ReductionClass.I) + points.poolOf(mall, ReductionClass.II);
            assertEq(points.heldGrams(mall), pooled);
        }
        assertFalse(handler.classMixed());
    }

    function invariant_CampaignPools() external view {
        (, uint256 campaignCount,) = handler.counts();
        for (uint8 number = 1; number <= 2; ++number) {
            ReductionClass class = ReductionClass(number);
            uint256 sum = 0;
            for (uint256 i = 0; i < campaignCount; ++i) {
                CampaignId campaign = handler.allCampaigns(i);
                assertEq(points.campaignPoolOf(campaign, class), handler.donatedTo(campaign, class), "campaign pool");
                sum += points.campaignPoolOf(campaign, class);
            }
            assertEq(points.totalsOf(class).pooledByCampaigns, sum, "pooled by campaigns");
        }
    }

    /// @dev "issued(both) = held + in points + cancelled(both) + taken back(both)."
    function invariant_BothLedgers() external view {
        (,, uint256 lotCount) = handler.counts();
        for (uint8 number = 1; number <= 2; ++number) {
            ReductionClass class = ReductionClass(number);
            IPointLedger.PointTotals memory inPoints = points.totalsOf(class);
            IReductionLedger.ClassTotals memory inLots = ledger.totalsOf(class);
            uint256 stillPoints = inPoints.personal + inPoints.pooledByProviders + inPoints.pooledByCampaigns;
            uint256 cancelled = inPoints.cancelled + inLots.cancelledGrams;
            uint256 takenBack = inPoints.takenBack + inLots.takenBackGrams;
            assertEq(
                inPoints.issued + inLots.issuedGrams,
                inLots.heldGrams + stillPoints + cancelled + takenBack,
                "issued by both = where it is"
            );
            PointHandler.Ghost memory sums = handler.ghost(class);
            assertEq(inLots.issuedGrams, sums.issued, "issued as lots");
            assertEq(inLots.cancelledGrams, sums.lotsCancelled, "cancelled of lots");
            assertEq(inLots.takenBackGrams, sums.issuedWithheld + sums.lotsTakenBack, "taken back of lots");
            uint256 ofClass = 0;
            for (uint256 i = 0; i < lotCount; ++i) {
                IReductionLedger.Lot memory lot = ledger.lotOf(handler.lots(i));
                if (lot.class == class) ofClass += lot.issuedGrams;
            }
            assertEq(ofClass, sums.issued + sums.boughtBack, "lots of the class");
        }
    }

    /// @dev "A day of a facility is credited by issuance or by earn batches, never both." The cap is shared; the deficit
    /// too.
    function invariant_Activities() external view {
        assertFalse(handler.dayCreditedBothWays());
        (uint256 feedCount,,) = handler.counts();
        for (uint256 i = 0; i < feedCount; ++i) {
            ActivityId id = handler.feeds(i);
            IActivityRegistry.Activity memory stored = activities.activityOf(id);
            assertEq(stored.issuedGrams, handler.credited(id), "credited");
            assertEq(stored.correctedGrams, handler.corrected(id), "corrected");
            assertLe(stored.issuedGrams - stored.correctedGrams, stored.registration.capGrams, "cap");
            DebtorId debtor = activities.debtorOf(id);
            assertEq(activities.deficitOf(debtor), handler.owed(debtor), "deficit");
        }
    }

    /// @dev Certificate numbers are 1 to n without gaps over both ledgers, batch numbers 1 to n.
    function invariant_Numbers() external view {
        assertFalse(handler.certificateSkipped());
        assertEq(ledger.certificateCount(), handler.certificates());
        assertFalse(handler.batchNumberSkipped());
        assertEq(points.batchCount(), handler.batches());
    }

    /// @dev "snapshot: accepted only if T is the personal total of the class after the batch it names".
    function invariant_Snapshots() external view {
        assertFalse(handler.snapshotLied());
        uint64 count = points.batchCount();
        if (count == 0) return;
        assertEq(points.batchOf(count).personalClassI, handler.personalAfter(count, ReductionClass.I));
        assertEq(points.batchOf(count).personalClassII, handler.personalAfter(count, ReductionClass.II));
    }

    /// @dev "behaviour value of the activity + T; nothing else".
    function invariant_Behaviour() external view {
        assertFalse(handler.behaviourMovedGrams());
        assertEq(points.behaviourValueOf(handler.walkingId()), handler.behaviourValue());
    }

    function invariant_NoCheatPasses() external view {
        assertFalse(handler.cheatPassed());
        assertFalse(handler.repetitionChangedSomething());
    }

    /// @dev The runs above say something only if the handler really gets there.
    function test_Handler_ReachesEveryOutcome() external {
        for (uint256 i = 0; i < 1500; ++i) {
            bytes32 seed = keccak256(abi.encode(i));
            bytes4 selector = selectors[i % selectors.length];
            bytes memory arguments = abi.encode(seed, keccak256(abi.encode(seed)), uint256(seed) >> 16);
            // Their last argument is one bit; others take any number there.
            if (selector == PointHandler.recordBehaviour.selector) arguments = abi.encode(seed, uint256(seed) >> 255);
            if (selector == PointHandler.cancelLot.selector) {
                arguments = abi.encode(seed, keccak256(abi.encode(seed)), uint256(seed) >> 255);
            }
            (bool done,) = address(handler).call(bytes.concat(selector, arguments));
            assertTrue(done);
        }
        bytes32[15] memory outcomes = [
            bytes32("earn"),
            "behaviour",
            "redeem",
            "buy back",
            "donate",
            "cancel",
            "cancel campaign",
            "correct",
            "snapshot",
            "issue",
            "correct lot",
            "cancel lot",
            "provider",
            "close campaign",
            "repeat"
        ];
        for (uint256 i = 0; i < outcomes.length; ++i) {
            assertGe(handler.times(outcomes[i]), 3, string(bytes.concat(outcomes[i])));
        }
    }
}
