// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccountRegistry} from "../../src/interfaces/IAccountRegistry.sol";
import {IActivityRegistry} from "../../src/interfaces/IActivityRegistry.sol";
import {IMethodologyRegistry} from "../../src/interfaces/IMethodologyRegistry.sol";
import {Encodings} from "../../src/types/Encodings.sol";
import {
    AccountStatus,
    ActivityId,
    ActivityKind,
    ActivityStatus,
    MethodologyId,
    MethodologyStatus
} from "../../src/types/Types.sol";
import {PointsFixture} from "../helpers/PointsFixture.sol";

/// @notice What the activity registry decides about points: PointLedger asks it, and nobody else may.
contract ActivityRegistryFeedTest is PointsFixture {
    ActivityId private unknown = ActivityId.wrap(keccak256("unknown"));

    // -------------------------------------------------------------------------------------------------------- earning

    function test_Earning_RevertWhen_NeverIssues() external {
        _expectNoEarning(
            walking,
            19_500,
            19_501,
            1,
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_NeverIssues.selector, walking)
        );
    }

    function test_Earning_RevertWhen_NotActive() external {
        _expectNoEarning(unknown, 19_500, 19_501, 1, _notActive(unknown, ActivityStatus.Unknown));
        suspend(busRides);
        _expectNoEarning(busRides, 19_500, 19_501, 1, _notActive(busRides, ActivityStatus.Suspended));
        _close(busRides);
        _expectNoEarning(busRides, 19_500, 19_501, 1, _notActive(busRides, ActivityStatus.Closed));
    }

    function test_Earning_RevertWhen_ZeroQuantity() external {
        _expectNoEarning(
            busRides,
            19_500,
            19_501,
            0,
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_ZeroQuantity.selector, busRides)
        );
    }

    function test_Earning_RevertWhen_PeriodEmpty() external {
        _expectNoEarning(busRides, 19_501, 19_500, 1, _periodEmpty());
    }

    function test_Earning_RevertWhen_OutsideCreditingPeriod() external {
        _expectNoEarning(busRides, CREDITING_FIRST - 1, CREDITING_FIRST, 1, _outside());
    }

    function test_Earning_RevertWhen_PeriodNotEnded() external {
        _expectNoEarning(busRides, TODAY - 1, TODAY, 1, _notEnded());
        _earn(busRides, TODAY - 1, TODAY - 1, 1);
    }

    function test_Earning_RevertWhen_DayWasIssued() external {
        issue(busRides, 19_500, 19_600, 10);
        uint32[2][3] memory periods = [[uint32(19_600), 19_601], [uint32(19_499), 19_500], [uint32(19_550), 19_550]];
        for (uint256 i = 0; i < periods.length; ++i) {
            _expectNoEarning(
                busRides, periods[i][0], periods[i][1], 1, _overlap(busRides, periods[i][0], periods[i][1])
            );
        }
        _earn(busRides, 19_601, 19_601, 1);
        assertFalse(activities.isEarned(busRides, day(19_600)));
    }

    function test_Earning_RevertWhen_FacilityWasIssuedAsAnotherActivity() external {
        (ActivityId first, ActivityId next) = _reregister();
        issue(first, 19_500, 19_600, 10);
        _close(first);
        _register(next);
        _expectNoEarning(next, 19_600, 19_600, 1, _overlap(next, 19_600, 19_600));
    }

    function test_Earning_WhenTheDayEarnedBefore() external {
        _earn(busRides, 19_500, 19_500, 1);
        _earn(busRides, 19_500, 19_501, 2);
        assertEq(activities.activityOf(busRides).issuedGrams, 3);
        assertTrue(activities.isEarned(busRides, day(19_500)));
        assertTrue(activities.isEarned(busRides, day(19_501)));
        assertFalse(activities.isEarned(busRides, day(19_502)));
        assertFalse(activities.isEarned(metroRides, day(19_500)));
        assertFalse(activities.isCredited(busRides, day(19_500)));
    }

    function test_Earning_RevertWhen_MethodologyWithdrawn() external {
        vm.prank(regulator);
        methodologies.withdraw(op(), bus, RECORD);
        _expectNoEarning(busRides, 19_500, 19_501, 1, _withdrawn(bus));
    }

    function test_Earning_RevertWhen_OperatorNotActive() external {
        freezeAccount(owner);
        _expectNoEarning(busRides, 19_500, 19_501, 1, _frozen(owner));
    }

    function test_Earning_RevertWhen_FeedSignerMissing() external {
        IActivityRegistry.Registration memory registration = feedOf("UNSIGNED", bus);
        registration.feedSigner = address(0);
        ActivityId id = register(registration);
        _expectNoEarning(id, 19_500, 19_501, 1, _signerMissing(id));
    }

    function test_Earning_RevertWhen_CapExceeded() external {
        issue(busRides, 19_500, 19_500, CAP - 100);
        _earn(busRides, 19_501, 19_501, 60);
        _expectNoEarning(busRides, 19_502, 19_502, 41, _capExceeded(CAP - 40, 41));
        _expectNoEarning(busRides, 19_502, 19_502, type(uint128).max, _capExceeded(CAP - 40, type(uint128).max));
        _earn(busRides, 19_502, 19_502, 40);
    }

    function test_Earning_FillsTheDeficitFirst() external {
        _earn(busRides, 19_500, 19_500, 100);
        vm.prank(address(points));
        activities.recordCorrection(busRides, 70, 70);
        assertEq(_earn(busRides, 19_500, 19_500, 30).withheldGrams, 30);
        assertEq(deficitGrams(busRides), 40);
        assertEq(activities.checkEarning(busRides, day(19_500), day(19_500), 60).withheldGrams, 40);
        assertEq(_earn(busRides, 19_500, 19_500, 60).withheldGrams, 40);
        assertEq(_earn(busRides, 19_500, 19_500, 60).withheldGrams, 0);
        assertEq(activities.activityOf(busRides).issuedGrams, 250);
    }

    function test_Earning_Terms() external {
        IActivityRegistry.FeedTerms memory terms = _earn(metroRides, 19_500, 19_501, 5);
        IActivityRegistry.FeedTerms memory expected = IActivityRegistry.FeedTerms(metro, II, vm.addr(FEED_KEY), 0);
        assertEq(abi.encode(terms), abi.encode(expected));
        assertEq(activities.activityOf(metroRides).issuedGrams, 5);
    }

    // ------------------------------------------------------------------------------------------------------- issuance

    function test_Issuance_RevertWhen_DayEarnedPoints() external {
        _earn(busRides, 19_500, 19_510, 1);
        uint32[2][3] memory periods = [[uint32(19_510), 19_511], [uint32(19_400), 19_500], [uint32(19_505), 19_505]];
        for (uint256 i = 0; i < periods.length; ++i) {
            _expectDayEarned(busRides, periods[i][0], periods[i][1]);
        }
        issue(busRides, 19_511, 19_511, 1);
    }

    function test_Issuance_RevertWhen_FacilityEarnedAsAnotherActivity() external {
        (ActivityId first, ActivityId next) = _reregister();
        _earn(first, 19_500, 19_510, 1);
        _close(first);
        _register(next);
        assertTrue(activities.isEarned(next, day(19_510)));
        _expectDayEarned(next, 19_510, 19_511);
    }

    function test_Issuance_RevertWhen_PointsLeftTooLittleOfTheCap() external {
        _earn(busRides, 19_500, 19_500, CAP - 10);
        vm.expectRevert(_capExceeded(CAP - 10, 11));
        activities.checkIssuance(busRides, day(19_501), day(19_501), 11);
        activities.checkIssuance(busRides, day(19_501), day(19_501), 10);
    }

    /// @dev "A day of a facility is credited by issuance or by earn batches, never both."
    function testFuzz_NoDayIsCreditedBothWays(uint32[4] memory days_, bool issuedFirst) external {
        for (uint256 i = 0; i < 4; ++i) {
            days_[i] = uint32(bound(days_[i], 19_500, 19_520));
        }
        (uint32 issuedFrom, uint32 issuedTo) = _ordered(days_[0], days_[1]);
        (uint32 earnedFrom, uint32 earnedTo) = _ordered(days_[2], days_[3]);
        if (issuedFirst) _tryIssuance(issuedFrom, issuedTo);
        _tryEarning(earnedFrom, earnedTo);
        if (!issuedFirst) _tryIssuance(issuedFrom, issuedTo);
        uint256 credited = 0;
        for (uint32 d = 19_500; d <= 19_520; ++d) {
            assertFalse(activities.isCredited(busRides, day(d)) && activities.isEarned(busRides, day(d)));
            if (activities.isCredited(busRides, day(d)) || activities.isEarned(busRides, day(d))) ++credited;
        }
        bool apart = issuedTo < earnedFrom || earnedTo < issuedFrom;
        assertEq(activities.activityOf(busRides).issuedGrams, apart ? 2 : 1);
        assertGe(credited, 1, "one of them was let through");
    }

    // ------------------------------------------------------------------------------------------------------ behaviour

    function test_Behaviour_RevertWhen_NotActive() external {
        _expectNoBehaviour(unknown, 19_500, 19_501, _notActive(unknown, ActivityStatus.Unknown));
        suspend(walking);
        _expectNoBehaviour(walking, 19_500, 19_501, _notActive(walking, ActivityStatus.Suspended));
    }

    function test_Behaviour_RevertWhen_NotBehaviour() external {
        _expectNoBehaviour(
            metroRides,
            19_500,
            19_501,
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_NotBehaviour.selector, metroRides)
        );
    }

    function test_Behaviour_RevertWhen_PeriodIsRefused() external {
        _expectNoBehaviour(walking, 19_501, 19_500, _periodEmpty());
        _expectNoBehaviour(walking, CREDITING_FIRST - 1, CREDITING_FIRST, _outside());
        _expectNoBehaviour(walking, TODAY - 1, TODAY, _notEnded());
    }

    function test_Behaviour_RevertWhen_MethodologyWithdrawn() external {
        vm.prank(regulator);
        methodologies.withdraw(op(), metro, RECORD);
        _expectNoBehaviour(walking, 19_500, 19_501, _withdrawn(metro));
    }

    function test_Behaviour_RevertWhen_OperatorNotActive() external {
        freezeAccount(owner);
        _expectNoBehaviour(walking, 19_500, 19_501, _frozen(owner));
    }

    function test_Behaviour_RevertWhen_FeedSignerMissing() external {
        IActivityRegistry.Registration memory registration = feedOf("UNSIGNED", metro);
        registration.kind = ActivityKind.BehaviourScenario;
        registration.feedSigner = address(0);
        ActivityId id = register(registration);
        _expectNoBehaviour(id, 19_500, 19_501, _signerMissing(id));
    }

    function test_Behaviour_Terms() external view {
        IActivityRegistry.FeedTerms memory terms = activities.checkBehaviour(walking, day(19_500), day(19_501));
        IActivityRegistry.FeedTerms memory expected = IActivityRegistry.FeedTerms(metro, II, vm.addr(FEED_KEY), 0);
        assertEq(abi.encode(terms), abi.encode(expected));
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function _earn(ActivityId activity, uint32 first, uint32 last, uint128 grams)
        private
        returns (IActivityRegistry.FeedTerms memory)
    {
        vm.prank(address(points));
        return activities.recordEarning(activity, day(first), day(last), grams);
    }

    function _tryEarning(uint32 first, uint32 last) private {
        vm.prank(address(points));
        try activities.recordEarning(busRides, day(first), day(last), 1) {} catch {}
    }

    function _tryIssuance(uint32 first, uint32 last) private {
        vm.prank(address(ledger));
        try activities.recordIssuance(busRides, day(first), day(last), 1) {} catch {}
    }

    /// @dev An activity at a facility, and the id of the one that will be registered there when it has ended.
    function _reregister() private returns (ActivityId first, ActivityId next) {
        IActivityRegistry.Registration memory registration = feedOf("DEPOT-1", bus);
        registration.facilityId = keccak256("depot");
        return (register(registration), Encodings.activityId("DEPOT-2"));
    }

    function _register(ActivityId expected) private {
        IActivityRegistry.Registration memory registration = feedOf("DEPOT-2", bus);
        registration.facilityId = keccak256("depot");
        assertEq(ActivityId.unwrap(register(registration)), ActivityId.unwrap(expected));
    }

    function _close(ActivityId activity) private {
        vm.prank(regulator);
        activities.close(op(), activity, RECORD);
    }

    function _ordered(uint32 one, uint32 other) private pure returns (uint32, uint32) {
        return one <= other ? (one, other) : (other, one);
    }

    function _expectNoEarning(ActivityId activity, uint32 first, uint32 last, uint128 grams, bytes memory reason)
        private
    {
        vm.expectRevert(reason);
        activities.checkEarning(activity, day(first), day(last), grams);
        vm.expectRevert(reason);
        vm.prank(address(points));
        activities.recordEarning(activity, day(first), day(last), grams);
    }

    function _expectNoBehaviour(ActivityId activity, uint32 first, uint32 last, bytes memory reason) private {
        vm.expectRevert(reason);
        activities.checkBehaviour(activity, day(first), day(last));
    }

    function _expectDayEarned(ActivityId activity, uint32 first, uint32 last) private {
        bytes memory reason =
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_DayEarnedPoints.selector, activity, first, last);
        vm.expectRevert(reason);
        activities.checkIssuance(activity, day(first), day(last), 1);
        vm.expectRevert(reason);
        vm.prank(address(ledger));
        activities.recordIssuance(activity, day(first), day(last), 1);
    }

    function _notActive(ActivityId activity, ActivityStatus status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_NotActive.selector, activity, status);
    }

    function _overlap(ActivityId activity, uint32 first, uint32 last) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_PeriodOverlap.selector, activity, first, last);
    }

    function _capExceeded(uint128 used, uint128 grams) private view returns (bytes memory) {
        return
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_CapExceeded.selector, busRides, CAP, used, grams);
    }

    function _periodEmpty() private pure returns (bytes memory) {
        return abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_PeriodEmpty.selector, 19_501, 19_500);
    }

    function _outside() private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            IActivityRegistry.ActivityRegistry_OutsideCreditingPeriod.selector,
            CREDITING_FIRST - 1,
            CREDITING_FIRST,
            CREDITING_FIRST,
            CREDITING_LAST
        );
    }

    function _notEnded() private pure returns (bytes memory) {
        return abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_PeriodNotEnded.selector, TODAY, TODAY);
    }

    function _withdrawn(MethodologyId methodology) private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            IMethodologyRegistry.MethodologyRegistry_WrongStatus.selector,
            methodology,
            MethodologyStatus.Withdrawn,
            MethodologyStatus.Published
        );
    }

    function _frozen(address holder) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccountRegistry.AccountRegistry_NotActive.selector, holder, AccountStatus.Frozen);
    }

    function _signerMissing(ActivityId activity) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_FeedSignerMissing.selector, activity);
    }
}
