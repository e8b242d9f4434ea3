// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IActivityRegistry} from "../../src/interfaces/IActivityRegistry.sol";
import {IReductionLedger} from "../../src/interfaces/IReductionLedger.sol";
import {ReductionLedger} from "../../src/ledgers/ReductionLedger.sol";
import {TransparencyLog} from "../../src/log/TransparencyLog.sol";
import {AccountRegistry} from "../../src/registries/AccountRegistry.sol";
import {ActivityRegistry} from "../../src/registries/ActivityRegistry.sol";
import {
    AccountStatus,
    ActivityId,
    ActivityStatus,
    CancellationPurpose,
    LotId,
    ReductionClass
} from "../../src/types/Types.sol";
import {Base} from "../Base.sol";
import {Handler} from "./Handler.sol";

/// @notice The invariants of docs/spec/01-concepts.md §1.4 (numbers below), after every step of random runs of the
/// handler.
contract ReductionInvariantsTest is Base {
    Handler private handler;
    bytes4[] private selectors;
    ReductionLedger private ledger;
    AccountRegistry private accounts;
    ActivityRegistry private activities;
    TransparencyLog private log;

    address[] private actors;
    uint256 private actorCount;
    uint256 private activityCount;
    uint256 private lotCount;
    uint256 private facilityCount;
    uint256 private sizeCount;

    function setUp() external {
        handler = new Handler();
        handler.setUp();
        (ledger, accounts, activities, log) = handler.contracts();
        selectors = [
            Handler.proposeIssuance.selector,
            Handler.proposeIssuance.selector,
            Handler.confirmIssuance.selector,
            Handler.confirmIssuance.selector,
            Handler.confirmOwnProposal.selector,
            Handler.rejectIssuance.selector,
            Handler.transfer.selector,
            Handler.transfer.selector,
            Handler.cancel.selector,
            Handler.cancelAllForCompliance.selector,
            Handler.correct.selector,
            Handler.freezeOrUnfreezeLot.selector,
            Handler.freezeOrUnfreezeAccount.selector,
            Handler.closeAccount.selector,
            Handler.suspendOrResume.selector,
            Handler.endAndRegisterAgain.selector,
            Handler.assignRole.selector,
            Handler.repeat.selector,
            Handler.passDays.selector
        ];
        targetContract(address(handler));
        targetSelectors(address(handler), selectors);
    }

    /// @dev 1. "issued = held + locked + in points + cancelled + taken back", per class; held as the sum of balances.
    function invariant_ClassTotals() external {
        _count();
        for (uint8 class = 1; class <= 2; ++class) {
            IReductionLedger.ClassTotals memory totals = ledger.totalsOf(ReductionClass(class));
            IReductionLedger.ClassTotals memory sums = _sumsOf(ReductionClass(class));
            assertEq(abi.encode(totals), abi.encode(sums));
            assertEq(
                totals.issuedGrams,
                totals.heldGrams + totals.cancelledGrams + totals.takenBackGrams,
                "issued = held + cancelled + taken back"
            );
            assertEq(totals.issuedGrams, handler.issuedGrams(ReductionClass(class)), "issued = sum of confirmations");
        }
    }

    /// @dev 2. "per lot cancelled <= issued and serial ranges disjoint"; 3. held per lot = sum of balances.
    function invariant_Lots() external {
        _count();
        uint256 nextSerial = 1;
        for (uint256 i = 0; i < lotCount; ++i) {
            IReductionLedger.Lot memory lot = ledger.lotOf(handler.lots(i));
            assertLe(lot.cancelledGrams + lot.takenBackGrams, lot.issuedGrams, "cancelled + taken back <= issued");
            assertLe(lot.correctedGrams, lot.issuedGrams, "corrected <= issued");
            assertEq(
                _sumOfBalances(handler.lots(i)),
                lot.issuedGrams - lot.cancelledGrams - lot.takenBackGrams,
                "held = issued - cancelled - taken back"
            );
            // In the order of issuance each lot begins where the one before ended: so no two share a serial.
            assertEq(lot.firstSerial, nextSerial, "first serial");
            nextSerial += lot.issuedGrams;
        }
        assertEq(ledger.nextSerial(), nextSerial, "next serial");
    }

    /// @dev 3. Held per account = the sum over lots; an account that is closed holds nothing.
    function invariant_Accounts() external {
        _count();
        for (uint256 i = 0; i < actorCount; ++i) {
            address actor = handler.actors(i);
            uint256 sum = 0;
            for (uint256 j = 0; j < lotCount; ++j) {
                sum += ledger.balanceOf(actor, LotId.unwrap(handler.lots(j)));
            }
            assertEq(ledger.heldGrams(actor), sum, "held per account");
            if (accounts.accountOf(actor).status == AccountStatus.Closed) assertEq(sum, 0, "closed holds nothing");
        }
        assertFalse(handler.movedThoughStopped());
    }

    /// @dev 4. Certificate numbers 1 to n without gaps; 2. their serials disjoint; 6. "class I out of class II never".
    function invariant_Certificates() external {
        _count();
        Handler.Certificate[] memory given = handler.certificates();
        assertEq(ledger.certificateCount(), given.length, "certificate count");
        uint256[] memory ends = new uint256[](lotCount);
        for (uint256 i = 0; i < given.length; ++i) {
            assertEq(given[i].number, i + 1, "certificate number");
            IReductionLedger.Lot memory lot = ledger.lotOf(given[i].lot);
            if (lot.class == ReductionClass.II) {
                assertTrue(given[i].purpose != CancellationPurpose.EtsCompliance, "class II for compliance");
            }
            // Each takes the serials right behind those before it, so the lot's ranges neither meet nor leave a gap.
            uint256 at = _indexOf(given[i].lot);
            if (ends[at] == 0) ends[at] = lot.firstSerial;
            assertEq(given[i].firstSerial, ends[at], "certificate's first serial");
            ends[at] += given[i].grams;
            assertLe(ends[at], lot.firstSerial + lot.cancelledGrams, "certificates within the cancelled");
        }
        for (uint256 i = 0; i < lotCount; ++i) {
            IReductionLedger.Lot memory lot = ledger.lotOf(handler.lots(i));
            uint256 end = ends[i] == 0 ? lot.firstSerial : ends[i];
            assertEq(end, lot.firstSerial + lot.cancelledGrams, "every cancelled gram has a certificate");
        }
    }

    /// @dev 7. Per activity: issued - corrected <= cap, what circulates = issued - cancelled - taken back; 8. per facility:
    /// deficit = shortfalls - withheld = corrected - taken back.
    function invariant_Activities() external {
        _count();
        for (uint256 i = 0; i < activityCount; ++i) {
            ActivityId id = handler.activityIds(i);
            IActivityRegistry.Activity memory activity = activities.activityOf(id);
            assertLe(
                activity.issuedGrams - activity.correctedGrams, activity.registration.capGrams, "net issued <= cap"
            );
            _checkLotsOf(id, activity);
            _checkDeficit(activity, id);
        }
        assertFalse(handler.dayCreditedTwice());
    }

    /// @dev 9. At most one live activity per facility, and it is the one the registry names.
    function invariant_Facilities() external {
        _count();
        for (uint256 f = 0; f < facilityCount; ++f) {
            bytes32 facility = handler.facilities(f);
            ActivityId named = activities.liveActivityOf(facility);
            uint256 live = 0;
            for (uint256 i = 0; i < activityCount; ++i) {
                IActivityRegistry.Activity memory activity = activities.activityOf(handler.activityIds(i));
                if (activity.registration.facilityId != facility) continue;
                if (activity.status != ActivityStatus.Active && activity.status != ActivityStatus.Suspended) continue;
                ++live;
                assertEq(ActivityId.unwrap(named), ActivityId.unwrap(handler.activityIds(i)), "live activity");
            }
            assertLe(live, 1, "live activities of a facility");
            if (live == 0) assertEq(ActivityId.unwrap(named), bytes32(0), "no live activity");
        }
    }

    /// @dev 5. "cancelled never falls"; 10. an operation has exactly one leaf and changes nothing when repeated; 12. no
    /// issuance was proposed and confirmed by one key.
    function invariant_Operations() external view {
        assertFalse(handler.somethingFell());
        assertFalse(handler.appliedTwice());
        assertFalse(handler.repetitionChangedSomething());
        assertFalse(handler.confirmedByProposer());
        assertEq(log.size(), handler.leaves(), "one leaf per operation");
    }

    /// @dev 11. "log size never falls and each old root stays provable".
    function invariant_Roots() external {
        _count();
        for (uint256 i = 0; i < sizeCount; ++i) {
            uint64 size = handler.knownSizes(i);
            assertEq(log.rootAt(size), handler.rootOfSize(size), "old root");
        }
    }

    /// @dev The runs above say something only if the handler really gets there.
    function test_Handler_ReachesEveryOutcome() external {
        for (uint256 i = 0; i < 1200; ++i) {
            bytes32 seed = keccak256(abi.encode(i));
            bytes memory arguments = abi.encode(seed, keccak256(abi.encode(seed)), uint256(seed) >> 16, seed << 8, i);
            // The flag of `repeat` and `assignRole` is one bit; others take any number there.
            bytes4 selector = selectors[i % selectors.length];
            if (selector == Handler.repeat.selector || selector == Handler.assignRole.selector) {
                arguments = abi.encode(seed, uint256(seed) >> 255);
            }
            (bool done,) = address(handler).call(bytes.concat(selector, arguments));
            assertTrue(done);
        }
        bytes32[13] memory outcomes = [
            bytes32("propose"),
            "confirm",
            "reject",
            "transfer",
            "cancel",
            "correct",
            "freeze lot",
            "freeze account",
            "close account",
            "suspend",
            "end",
            "register",
            "repeat"
        ];
        for (uint256 i = 0; i < outcomes.length; ++i) {
            assertGe(handler.times(outcomes[i]), 3, string(bytes.concat(outcomes[i])));
        }
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function _count() private {
        (actorCount, activityCount, lotCount, facilityCount, sizeCount) = handler.counts();
    }

    function _sumsOf(ReductionClass class) private view returns (IReductionLedger.ClassTotals memory sums) {
        for (uint256 i = 0; i < lotCount; ++i) {
            IReductionLedger.Lot memory lot = ledger.lotOf(handler.lots(i));
            if (lot.class != class) continue;
            sums.issuedGrams += lot.issuedGrams;
            sums.heldGrams += uint128(_sumOfBalances(handler.lots(i)));
            sums.cancelledGrams += lot.cancelledGrams;
            sums.takenBackGrams += lot.takenBackGrams;
        }
    }

    function _sumOfBalances(LotId lot) private view returns (uint256 sum) {
        for (uint256 i = 0; i < actorCount; ++i) {
            sum += ledger.balanceOf(handler.actors(i), LotId.unwrap(lot));
        }
    }

    function _checkLotsOf(ActivityId id, IActivityRegistry.Activity memory activity) private view {
        uint256 issued = 0;
        uint256 corrected = 0;
        for (uint256 i = 0; i < lotCount; ++i) {
            IReductionLedger.Lot memory lot = ledger.lotOf(handler.lots(i));
            if (ActivityId.unwrap(lot.activityId) != ActivityId.unwrap(id)) continue;
            issued += lot.issuedGrams;
            corrected += lot.correctedGrams;
        }
        assertEq(activity.issuedGrams, issued, "issued = sum over lots");
        assertEq(activity.correctedGrams, corrected, "corrected = sum over lots");
    }

    /// @dev Summed over the activities that share the facility: what one of them owes, the next one fills.
    function _checkDeficit(IActivityRegistry.Activity memory activity, ActivityId id) private view {
        bytes32 facility = activity.registration.facilityId;
        uint256 owed = 0;
        uint256 filled = 0;
        uint256 corrected = 0;
        uint256 takenBack = 0;
        for (uint256 i = 0; i < activityCount; ++i) {
            ActivityId other = handler.activityIds(i);
            bool same = ActivityId.unwrap(other) == ActivityId.unwrap(id);
            if (!same && (facility == 0 || activities.activityOf(other).registration.facilityId != facility)) continue;
            owed += handler.shortfallGrams(other);
            filled += handler.withheldGrams(other);
            corrected += activities.activityOf(other).correctedGrams;
            takenBack += _takenBackOf(other);
        }
        uint128 deficit = activities.deficitOf(activities.debtorOf(id));
        assertEq(deficit, owed - filled, "deficit = shortfalls - withheld");
        // What is in circulation or cancelled, less what is still owed, is what was issued and never found wrong.
        assertEq(deficit, corrected - takenBack, "deficit = corrected - taken back");
    }

    function _takenBackOf(ActivityId id) private view returns (uint256 grams) {
        for (uint256 i = 0; i < lotCount; ++i) {
            IReductionLedger.Lot memory lot = ledger.lotOf(handler.lots(i));
            if (ActivityId.unwrap(lot.activityId) == ActivityId.unwrap(id)) grams += lot.takenBackGrams;
        }
    }

    function _indexOf(LotId lot) private view returns (uint256 i) {
        while (LotId.unwrap(handler.lots(i)) != LotId.unwrap(lot)) ++i;
    }
}
