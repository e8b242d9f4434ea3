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
    DebtorId,
    MethodologyId,
    MethodologyKind,
    MethodologyStatus,
    OperationId,
    OperationKind,
    ReductionClass
} from "../../src/types/Types.sol";
import {Fixture} from "../helpers/Fixture.sol";

contract ActivityRegistryTest is Fixture {
    ActivityId private project;
    ActivityId private scenario;
    ActivityId private behaviour;

    /// @dev Of code "NEW". Made once: hashing is a call, and would be taken for the call that a refusal is expected of.
    ActivityId private fresh;

    function setUp() public override {
        super.setUp();
        project = register(projectOf("PV-1"));
        scenario = register(scenarioOf("METRO-1"));
        IActivityRegistry.Registration memory registration = scenarioOf("CUP-1");
        registration.kind = ActivityKind.BehaviourScenario;
        registration.capGrams = 0;
        behaviour = register(registration);
        fresh = Encodings.activityId("NEW");
    }

    // ------------------------------------------------------------------------------------------------------- register

    function test_Register_RevertWhen_CodeMalformed() external {
        string[3] memory codes = ["", "PV 1", unicode"光伏"];
        for (uint256 i = 0; i < codes.length; ++i) {
            _expectRefused(
                projectOf(codes[i]),
                abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_CodeMalformed.selector, codes[i])
            );
        }
    }

    function test_Register_RevertWhen_AlreadyRegistered() external {
        bytes memory reason =
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_AlreadyRegistered.selector, project);
        _expectRefused(projectOf("PV-1"), reason);
        _end(project, ActivityStatus.Closed);
        _expectRefused(projectOf("PV-1"), reason);
    }

    function test_Register_RevertWhen_KindMissing() external {
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.kind = ActivityKind.None;
        _expectRefused(
            registration, abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_KindMissing.selector, "NEW")
        );
    }

    function test_Register_RevertWhen_MethodologyNotPublished() external {
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.methodologyId = MethodologyId.wrap(keccak256("unknown"));
        _expectRefused(registration, _wrongStatus(registration.methodologyId, MethodologyStatus.Unknown));
        vm.prank(regulator);
        methodologies.withdraw(op(), solar, RECORD);
        _expectRefused(projectOf("NEW"), _wrongStatus(solar, MethodologyStatus.Withdrawn));
    }

    function test_Register_RevertWhen_MethodologyKindMismatch() external {
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.methodologyId = metro;
        _expectRefused(registration, _mismatch(metro));
        registration = scenarioOf("NEW");
        registration.methodologyId = solar;
        _expectRefused(registration, _mismatch(solar));
        registration.kind = ActivityKind.BehaviourScenario;
        _expectRefused(registration, _mismatch(solar));
    }

    function test_Register_RevertWhen_OperatorNotActive() external {
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.operatorAccount = stranger;
        _expectRefused(
            registration,
            abi.encodeWithSelector(IAccountRegistry.AccountRegistry_NotActive.selector, stranger, AccountStatus.Unknown)
        );
    }

    function test_Register_RevertWhen_CreditingPeriodEmpty() external {
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.creditingFirstDay = day(19_001);
        registration.creditingLastDay = day(19_000);
        _expectRefused(
            registration,
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_CreditingPeriodEmpty.selector, 19_001, 19_000)
        );
    }

    function test_Register_RevertWhen_DayTooFar() external {
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.creditingLastDay = day(2_932_897);
        _expectRefused(
            registration,
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_DayTooFar.selector, 2_932_897, 2_932_896)
        );
        registration.creditingLastDay = day(2_932_896);
        register(registration);
    }

    function test_Register_RevertWhen_CapTooLarge() external {
        uint128 largest = 2 ** 63 - 1;
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.capGrams = largest + 1;
        _expectRefused(
            registration,
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_CapTooLarge.selector, fresh, largest + 1, largest)
        );
        registration.capGrams = largest;
        register(registration);
    }

    function test_Register_RevertWhen_FacilityMissing() external {
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.facilityId = 0;
        _expectRefused(
            registration, abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_FacilityMissing.selector, fresh)
        );
    }

    function test_Register_RevertWhen_PledgeMissing() external {
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.pledgeHash = 0;
        _expectRefused(
            registration, abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_PledgeMissing.selector, fresh)
        );
    }

    function test_Register_RevertWhen_FacilityTaken() external {
        bytes32 facility = projectOf("PV-1").facilityId;
        bytes memory reason =
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_FacilityTaken.selector, facility, project);
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.facilityId = facility;
        _expectRefused(registration, reason);
        registration = scenarioOf("NEW");
        registration.facilityId = facility;
        _expectRefused(registration, reason);
        suspend(project);
        _expectRefused(registration, reason);
    }

    function test_Register_RevertWhen_CapMissing() external {
        bytes memory reason = abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_CapMissing.selector, fresh);
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.capGrams = 0;
        _expectRefused(registration, reason);
        registration = scenarioOf("NEW");
        registration.capGrams = 0;
        _expectRefused(registration, reason);
    }

    function test_Register_WhenBehaviourScenarioWithoutCap() external view {
        assertEq(uint8(activities.activityOf(behaviour).status), uint8(ActivityStatus.Active));
    }

    function test_Register_WhenScenariosWithoutFacility() external {
        register(scenarioOf("METRO-2"));
        register(scenarioOf("METRO-3"));
        assertEq(ActivityId.unwrap(activities.liveActivityOf(0)), bytes32(0));
    }

    function test_Register() external {
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.feedSigner = account("feed");
        OperationId operationId = op();
        vm.expectEmit(address(activities));
        emit IActivityRegistry.ActivityRegistered(fresh, operationId, registration, ReductionClass.I);
        expectLeaf(address(activities), operationId, OperationKind.ACTIVITY_REGISTERED, ActivityId.unwrap(fresh));
        vm.prank(regulator);
        activities.register(operationId, registration, RECORD);

        IActivityRegistry.Activity memory stored = activities.activityOf(fresh);
        assertEq(abi.encode(stored.registration), abi.encode(registration));
        assertEq(uint8(stored.status), uint8(ActivityStatus.Active));
        assertEq(uint8(stored.class), uint8(ReductionClass.I));
        assertEq(stored.issuedGrams + stored.correctedGrams + deficitGrams(fresh), 0);
        assertEq(ActivityId.unwrap(activities.liveActivityOf(registration.facilityId)), ActivityId.unwrap(fresh));
        assertEq(uint8(activities.activityOf(scenario).class), uint8(ReductionClass.II));
    }

    // --------------------------------------------------------------------------------------------------------- states

    /// @dev docs/spec/02-states.md §2.3: from each status each step, allowed exactly where the table has a line.
    function test_Steps_AsTheTable() external {
        for (uint8 status = 0; status < 5; ++status) {
            ActivityStatus from = ActivityStatus(status);
            bool live = from == ActivityStatus.Active || from == ActivityStatus.Suspended;
            _checkStep(
                from, this.suspendStep, ActivityStatus.Suspended, from == ActivityStatus.Active, ActivityStatus.Active
            );
            _checkStep(
                from, this.resumeStep, ActivityStatus.Active, from == ActivityStatus.Suspended, ActivityStatus.Suspended
            );
            _checkStep(from, this.closeStep, ActivityStatus.Closed, live, ActivityStatus.Unknown);
            _checkStep(from, this.withdrawStep, ActivityStatus.Withdrawn, live, ActivityStatus.Unknown);
        }
    }

    function test_Suspend() external {
        OperationId operationId = op();
        vm.expectEmit(address(activities));
        emit IActivityRegistry.ActivitySuspended(project, operationId);
        expectLeaf(address(activities), operationId, OperationKind.ACTIVITY_SUSPENDED, ActivityId.unwrap(project));
        vm.prank(regulator);
        activities.suspend(operationId, project, RECORD);
    }

    function test_Resume() external {
        suspend(project);
        OperationId operationId = op();
        vm.expectEmit(address(activities));
        emit IActivityRegistry.ActivityResumed(project, operationId);
        expectLeaf(address(activities), operationId, OperationKind.ACTIVITY_RESUMED, ActivityId.unwrap(project));
        vm.prank(regulator);
        activities.resume(operationId, project, RECORD);
    }

    function test_Close() external {
        OperationId operationId = op();
        vm.expectEmit(address(activities));
        emit IActivityRegistry.ActivityClosed(project, operationId);
        expectLeaf(address(activities), operationId, OperationKind.ACTIVITY_CLOSED, ActivityId.unwrap(project));
        vm.prank(regulator);
        activities.close(operationId, project, RECORD);
    }

    function test_Withdraw() external {
        OperationId operationId = op();
        vm.expectEmit(address(activities));
        emit IActivityRegistry.ActivityWithdrawn(project, operationId);
        expectLeaf(address(activities), operationId, OperationKind.ACTIVITY_WITHDRAWN, ActivityId.unwrap(project));
        vm.prank(regulator);
        activities.withdraw(operationId, project, RECORD);
    }

    function test_End_FreesTheFacility() external {
        bytes32 facility = projectOf("PV-1").facilityId;
        IActivityRegistry.Registration memory next = projectOf("NEW");
        next.facilityId = facility;
        _end(project, ActivityStatus.Withdrawn);
        assertEq(ActivityId.unwrap(activities.liveActivityOf(facility)), bytes32(0));
        register(next);
        assertEq(ActivityId.unwrap(activities.liveActivityOf(facility)), ActivityId.unwrap(fresh));
    }

    function test_End_WhenWithoutFacility() external {
        _end(scenario, ActivityStatus.Closed);
        bytes32 facility = projectOf("PV-1").facilityId;
        assertEq(ActivityId.unwrap(activities.liveActivityOf(facility)), ActivityId.unwrap(project));
    }

    function test_End_RevertWhen_DeficitOutstanding() external {
        _record(project, 19_500, 19_501, 100);
        vm.prank(address(ledger));
        activities.recordCorrection(project, 40, 30);
        bytes memory reason =
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_DeficitOutstanding.selector, project, 30);
        vm.expectRevert(reason);
        this.closeStep(project);
        vm.expectRevert(reason);
        this.withdrawStep(project);

        _record(project, 19_502, 19_503, 30);
        this.closeStep(project);
    }

    // ------------------------------------------------------------------------------------------------------- issuance

    function test_Issuance_RevertWhen_NeverIssues() external {
        bytes memory reason = abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_NeverIssues.selector, behaviour);
        _expectNoIssuance(behaviour, 19_500, 19_501, 1, reason);
        suspend(behaviour);
        _expectNoIssuance(behaviour, 19_500, 19_501, 1, reason);
    }

    function test_Issuance_RevertWhen_NotActive() external {
        _expectNoIssuance(fresh, 19_500, 19_501, 1, _notActive(fresh, ActivityStatus.Unknown));
        suspend(project);
        _expectNoIssuance(project, 19_500, 19_501, 1, _notActive(project, ActivityStatus.Suspended));
        _end(project, ActivityStatus.Closed);
        _expectNoIssuance(project, 19_500, 19_501, 1, _notActive(project, ActivityStatus.Closed));
        _end(scenario, ActivityStatus.Withdrawn);
        _expectNoIssuance(scenario, 19_500, 19_501, 1, _notActive(scenario, ActivityStatus.Withdrawn));
    }

    function test_Issuance_RevertWhen_ZeroQuantity() external {
        _expectNoIssuance(
            project,
            19_500,
            19_501,
            0,
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_ZeroQuantity.selector, project)
        );
    }

    function test_Issuance_RevertWhen_PeriodEmpty() external {
        _expectNoIssuance(
            project,
            19_501,
            19_500,
            1,
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_PeriodEmpty.selector, 19_501, 19_500)
        );
    }

    function test_Issuance_RevertWhen_OutsideCreditingPeriod() external {
        uint32[2][3] memory periods = [
            [CREDITING_FIRST - 1, CREDITING_FIRST], [CREDITING_LAST, CREDITING_LAST + 1], [uint32(0), type(uint32).max]
        ];
        for (uint256 i = 0; i < periods.length; ++i) {
            bytes memory reason = abi.encodeWithSelector(
                IActivityRegistry.ActivityRegistry_OutsideCreditingPeriod.selector,
                periods[i][0],
                periods[i][1],
                CREDITING_FIRST,
                CREDITING_LAST
            );
            _expectNoIssuance(project, periods[i][0], periods[i][1], 1, reason);
        }
    }

    function test_Issuance_RevertWhen_PeriodNotEnded() external {
        bytes memory reason =
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_PeriodNotEnded.selector, TODAY, TODAY);
        _expectNoIssuance(project, TODAY - 1, TODAY, 1, reason);
        reason = abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_PeriodNotEnded.selector, TODAY + 1, TODAY);
        _expectNoIssuance(project, TODAY - 1, TODAY + 1, 1, reason);
    }

    function test_Issuance_WhenPeriodEndedYesterday() external {
        _record(project, TODAY - 1, TODAY - 1, 1);
        assertTrue(activities.isCredited(project, day(TODAY - 1)));
    }

    function test_Issuance_WhenPeriodIsTheWholeCreditingPeriod() external {
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.creditingFirstDay = day(TODAY - 400);
        registration.creditingLastDay = day(TODAY - 1);
        register(registration);
        _record(fresh, TODAY - 400, TODAY - 1, 1);
    }

    function test_Issuance_RevertWhen_PeriodOverlap() external {
        _record(project, 19_500, 19_600, 10);
        uint32[2][5] memory periods = [
            [uint32(19_500), 19_600],
            [uint32(19_400), 19_500],
            [uint32(19_600), 19_700],
            [uint32(19_550), 19_550],
            [uint32(19_400), 19_700]
        ];
        for (uint256 i = 0; i < periods.length; ++i) {
            _expectOverlap(project, periods[i][0], periods[i][1]);
        }
        _record(project, 19_400, 19_499, 10);
        _record(project, 19_601, 19_700, 10);
    }

    function test_Issuance_WhenAnotherActivityHasTheSameDays() external {
        _record(project, 19_500, 19_600, 10);
        _record(scenario, 19_500, 19_600, 10);
    }

    function test_Issuance_RevertWhen_FacilityWasCreditedAsAnotherActivity() external {
        _record(project, 19_500, 19_600, 10);
        _end(project, ActivityStatus.Closed);
        IActivityRegistry.Registration memory next = projectOf("NEW");
        next.facilityId = projectOf("PV-1").facilityId;
        register(next);
        assertTrue(activities.isCredited(fresh, day(19_600)));
        _expectOverlap(fresh, 19_600, 19_650);
        _record(fresh, 19_601, 19_650, 10);
    }

    /// @dev A facility id is whatever was registered. One that equals the id of an activity without facility shares
    /// neither its days nor its deficit.
    function test_Issuance_WhenAFacilityHasTheIdOfAnActivity() external {
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.facilityId = ActivityId.unwrap(scenario);
        register(registration);
        assertTrue(DebtorId.unwrap(activities.debtorOf(fresh)) != DebtorId.unwrap(activities.debtorOf(scenario)));

        _record(scenario, 19_500, 19_600, 10);
        assertFalse(activities.isCredited(fresh, day(19_500)));
        _record(fresh, 19_500, 19_600, 10);

        vm.prank(address(ledger));
        activities.recordCorrection(fresh, 10, 10);
        assertEq(deficitGrams(fresh), 10);
        assertEq(deficitGrams(scenario), 0);
        assertEq(_record(scenario, 19_601, 19_610, 10).withheldGrams, 0);
    }

    function test_DebtorOf() external {
        assertEq(DebtorId.unwrap(activities.debtorOf(scenario)), ActivityId.unwrap(scenario));
        bytes32 debtor = DebtorId.unwrap(
            Encodings.debtorId(project, projectOf("PV-1").facilityId, activities.activityOf(project).class)
        );
        assertEq(DebtorId.unwrap(activities.debtorOf(project)), debtor);

        _end(project, ActivityStatus.Closed);
        IActivityRegistry.Registration memory next = projectOf("NEW");
        next.facilityId = projectOf("PV-1").facilityId;
        register(next);
        assertEq(DebtorId.unwrap(activities.debtorOf(fresh)), debtor);
    }

    function test_Issuance_RevertWhen_MethodologyWithdrawn() external {
        vm.prank(regulator);
        methodologies.withdraw(op(), solar, RECORD);
        _expectNoIssuance(project, 19_500, 19_501, 1, _wrongStatus(solar, MethodologyStatus.Withdrawn));
    }

    function test_Issuance_RevertWhen_MethodologyNotEffectiveToday() external {
        IMethodologyRegistry.Publication memory publication =
            publicationOf("LATER", 1, MethodologyKind.Project, ReductionClass.I);
        publication.effectiveFirstDay = day(TODAY + 5);
        publication.effectiveLastDay = day(TODAY + 6);
        vm.prank(regulator);
        methodologies.publish(op(), publication, RECORD);
        IActivityRegistry.Registration memory registration = projectOf("NEW");
        registration.methodologyId = Encodings.methodologyId("LATER", 1);
        register(registration);

        _expectNotEffective(registration.methodologyId, TODAY + 4);
        warpToDay(TODAY + 5);
        _record(fresh, 19_500, 19_501, 1);
        warpToDay(TODAY + 6);
        _record(fresh, 19_502, 19_503, 1);
        _expectNotEffective(registration.methodologyId, TODAY + 7);
    }

    function test_Issuance_RevertWhen_OperatorNotActive() external {
        freezeAccount(owner);
        bytes memory reason =
            abi.encodeWithSelector(IAccountRegistry.AccountRegistry_NotActive.selector, owner, AccountStatus.Frozen);
        _expectNoIssuance(project, 19_500, 19_501, 1, reason);
    }

    function test_Issuance_RevertWhen_CapExceeded() external {
        _expectCapExceeded(CAP + 1, 0);
        _expectCapExceeded(type(uint128).max, 0);
        _record(project, 19_500, 19_501, CAP - 10);
        _expectCapExceeded(11, CAP - 10);
        _expectCapExceeded(type(uint128).max, CAP - 10);
        _record(project, 19_502, 19_503, 10);
        _expectCapExceeded(1, CAP);

        // What was found over-credited makes room again.
        vm.prank(address(ledger));
        activities.recordCorrection(project, 4, 0);
        _expectCapExceeded(5, CAP - 4);
        _record(project, 19_504, 19_505, 4);
    }

    function test_Issuance_Terms() external {
        IActivityRegistry.IssuanceTerms memory terms = activities.checkIssuance(scenario, day(19_500), day(19_501), 100);
        assertEq(MethodologyId.unwrap(terms.methodologyId), MethodologyId.unwrap(metro));
        assertEq(uint8(terms.class), uint8(ReductionClass.II));
        assertEq(terms.operatorAccount, owner);
        assertEq(terms.withheldGrams, 0);
        assertEq(abi.encode(terms), abi.encode(_record(scenario, 19_500, 19_501, 100)));

        IActivityRegistry.Activity memory stored = activities.activityOf(scenario);
        assertEq(stored.issuedGrams, 100);
        assertTrue(activities.isCredited(scenario, day(19_500)));
        assertTrue(activities.isCredited(scenario, day(19_501)));
        assertFalse(activities.isCredited(scenario, day(19_499)));
        assertFalse(activities.isCredited(scenario, day(19_502)));
    }

    function test_Issuance_FillsTheDeficitFirst() external {
        _record(project, 19_500, 19_501, 100);
        vm.prank(address(ledger));
        activities.recordCorrection(project, 90, 70);
        assertEq(activities.checkIssuance(project, day(19_502), day(19_502), 71).withheldGrams, 70);
        assertEq(activities.checkIssuance(project, day(19_502), day(19_502), 70).withheldGrams, 70);

        assertEq(_record(project, 19_502, 19_502, 30).withheldGrams, 30);
        assertEq(deficitGrams(project), 40);
        assertEq(_record(project, 19_503, 19_503, 60).withheldGrams, 40);
        assertEq(deficitGrams(project), 0);
        assertEq(_record(project, 19_504, 19_504, 60).withheldGrams, 0);
        assertEq(activities.activityOf(project).issuedGrams, 250);
    }

    // ----------------------------------------------------------------------------------------------------- correction

    function test_RecordCorrection_RevertWhen_CorrectionExceedsIssued() external {
        _expectCorrectionExceeds(fresh, 0, 1);
        _record(project, 19_500, 19_501, 100);
        _expectCorrectionExceeds(project, 100, 101);
        vm.prank(address(ledger));
        activities.recordCorrection(project, 60, 0);
        _expectCorrectionExceeds(project, 40, 41);
    }

    function test_RecordCorrection_InEveryStatus() external {
        _record(project, 19_500, 19_501, 100);
        vm.prank(address(ledger));
        activities.recordCorrection(project, 30, 0);
        _end(project, ActivityStatus.Closed);
        vm.prank(address(ledger));
        activities.recordCorrection(project, 70, 20);
        IActivityRegistry.Activity memory stored = activities.activityOf(project);
        assertEq(stored.issuedGrams, 100);
        assertEq(stored.correctedGrams, 100);
        assertEq(deficitGrams(project), 20);
    }

    // -------------------------------------------------------------------------------------------------------- helpers

    function suspendStep(ActivityId activity) external {
        suspend(activity);
    }

    function resumeStep(ActivityId activity) external {
        vm.prank(regulator);
        activities.resume(op(), activity, RECORD);
    }

    function closeStep(ActivityId activity) external {
        _end(activity, ActivityStatus.Closed);
    }

    function withdrawStep(ActivityId activity) external {
        _end(activity, ActivityStatus.Withdrawn);
    }

    /// @param expected status that a refusal names, Unknown where it names none
    function _checkStep(
        ActivityStatus from,
        function(ActivityId) external step,
        ActivityStatus to,
        bool allowed,
        ActivityStatus expected
    ) private {
        uint256 before = vm.snapshotState();
        if (from != ActivityStatus.Unknown) register(projectOf("NEW"));
        if (from == ActivityStatus.Suspended) suspend(fresh);
        if (from == ActivityStatus.Closed || from == ActivityStatus.Withdrawn) _end(fresh, from);

        if (allowed) {
            step(fresh);
            assertEq(uint8(activities.activityOf(fresh).status), uint8(to));
        } else {
            vm.expectRevert(
                expected == ActivityStatus.Unknown
                    ? _notActive(fresh, from)
                    : abi.encodeWithSelector(
                        IActivityRegistry.ActivityRegistry_WrongStatus.selector, fresh, from, expected
                    )
            );
            step(fresh);
        }
        vm.revertToState(before);
    }

    function _end(ActivityId activity, ActivityStatus as_) private {
        OperationId operationId = op();
        vm.prank(regulator);
        if (as_ == ActivityStatus.Closed) activities.close(operationId, activity, RECORD);
        else activities.withdraw(operationId, activity, RECORD);
    }

    function _record(ActivityId activity, uint32 first, uint32 last, uint128 grams)
        private
        returns (IActivityRegistry.IssuanceTerms memory)
    {
        vm.prank(address(ledger));
        return activities.recordIssuance(activity, day(first), day(last), grams);
    }

    function _expectRefused(IActivityRegistry.Registration memory registration, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(regulator);
        activities.register(op(), registration, RECORD);
    }

    /// @dev Asking and booking must refuse alike.
    function _expectNoIssuance(ActivityId activity, uint32 first, uint32 last, uint128 grams, bytes memory reason)
        private
    {
        vm.expectRevert(reason);
        activities.checkIssuance(activity, day(first), day(last), grams);
        vm.expectRevert(reason);
        vm.prank(address(ledger));
        activities.recordIssuance(activity, day(first), day(last), grams);
    }

    function _expectNotEffective(MethodologyId methodology, uint32 on) private {
        warpToDay(on);
        bytes memory reason = abi.encodeWithSelector(
            IMethodologyRegistry.MethodologyRegistry_NotEffective.selector, methodology, on, TODAY + 5, TODAY + 6
        );
        _expectNoIssuance(fresh, 19_600, 19_601, 1, reason);
    }

    function _expectOverlap(ActivityId activity, uint32 first, uint32 last) private {
        bytes memory reason =
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_PeriodOverlap.selector, activity, first, last);
        _expectNoIssuance(activity, first, last, 1, reason);
    }

    function _expectCapExceeded(uint128 grams, uint128 used) private {
        bytes memory reason =
            abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_CapExceeded.selector, project, CAP, used, grams);
        _expectNoIssuance(project, 19_900, 19_901, grams, reason);
    }

    function _expectCorrectionExceeds(ActivityId activity, uint128 net, uint128 grams) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                IActivityRegistry.ActivityRegistry_CorrectionExceedsIssued.selector, activity, net, grams
            )
        );
        vm.prank(address(ledger));
        activities.recordCorrection(activity, grams, 0);
    }

    function _wrongStatus(MethodologyId methodology, MethodologyStatus status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(
            IMethodologyRegistry.MethodologyRegistry_WrongStatus.selector,
            methodology,
            status,
            MethodologyStatus.Published
        );
    }

    function _mismatch(MethodologyId methodology) private view returns (bytes memory) {
        return
            abi.encodeWithSelector(
                IActivityRegistry.ActivityRegistry_MethodologyKindMismatch.selector, fresh, methodology
            );
    }

    function _notActive(ActivityId activity, ActivityStatus status) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IActivityRegistry.ActivityRegistry_NotActive.selector, activity, status);
    }
}
