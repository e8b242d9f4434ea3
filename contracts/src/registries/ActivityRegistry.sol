// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccountRegistry} from "../interfaces/IAccountRegistry.sol";
import {IActivityRegistry} from "../interfaces/IActivityRegistry.sol";
import {IMethodologyRegistry} from "../interfaces/IMethodologyRegistry.sol";
import {ITransparencyLog} from "../interfaces/ITransparencyLog.sol";
import {OperationLedger} from "../log/OperationLedger.sol";
import {CivilDays} from "../types/CivilDays.sol";
import {DayBitmap} from "../types/DayBitmap.sol";
import {Encodings} from "../types/Encodings.sol";
import {
    ActivityId,
    ActivityKind,
    ActivityStatus,
    CivilDay,
    ClaimId,
    DebtorId,
    MethodologyKind,
    MethodologyStatus,
    OperationId,
    OperationKind,
    ReductionClass
} from "../types/Types.sol";

/// @title ActivityRegistry
contract ActivityRegistry is IActivityRegistry, OperationLedger {
    using CivilDays for CivilDay;
    using DayBitmap for DayBitmap.Days;

    /// @dev Bounds every quantity that is proposed or issued, since none may exceed its activity's cap.
    uint128 private constant LARGEST_CAP = uint128(uint64(type(int64).max));

    IAccountRegistry private immutable _accountRegistry;
    IMethodologyRegistry private immutable _methodologyRegistry;

    mapping(ActivityId => Activity) private _activities;
    mapping(bytes32 facilityId => ActivityId) private _liveActivity;

    /// @dev Kept per facility where there is one, so that a facility which is registered anew (as another activity)
    /// cannot be credited twice for the same day (M10).
    mapping(ClaimId => DayBitmap.Days) private _credited;

    /// @dev Days on which points were earned; kept as the credited days are, with which they share no day (M16).
    mapping(ClaimId => DayBitmap.Days) private _earned;

    /// @dev Kept per facility and class, so that grams found wrong after an activity has ended are still filled by
    /// whatever the facility is credited next of that class. In g CO2e.
    mapping(DebtorId => uint128) private _deficitGrams;

    constructor(
        address initialAuthority,
        ITransparencyLog log,
        IAccountRegistry accounts,
        IMethodologyRegistry methodologies
    ) OperationLedger(initialAuthority, log) {
        _accountRegistry = accounts;
        _methodologyRegistry = methodologies;
    }

    /// @inheritdoc IActivityRegistry
    function register(OperationId operationId, Registration calldata registration, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        // Check:
        ActivityId id = Encodings.activityId(registration.code);
        ReductionClass class = _checkRegistration(id, registration);

        // Effect:
        Activity storage activity = _activities[id];
        activity.registration = registration;
        activity.status = ActivityStatus.Active;
        activity.class = class;
        if (registration.facilityId != 0) _liveActivity[registration.facilityId] = id;
        emit ActivityRegistered(id, operationId, registration, class);
        _append(operationId, OperationKind.ACTIVITY_REGISTERED, ActivityId.unwrap(id), recordHash);
    }

    /// @inheritdoc IActivityRegistry
    function suspend(OperationId operationId, ActivityId activityId, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        _step(activityId, ActivityStatus.Active, ActivityStatus.Suspended);
        emit ActivitySuspended(activityId, operationId);
        _append(operationId, OperationKind.ACTIVITY_SUSPENDED, ActivityId.unwrap(activityId), recordHash);
    }

    /// @inheritdoc IActivityRegistry
    function resume(OperationId operationId, ActivityId activityId, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        _step(activityId, ActivityStatus.Suspended, ActivityStatus.Active);
        emit ActivityResumed(activityId, operationId);
        _append(operationId, OperationKind.ACTIVITY_RESUMED, ActivityId.unwrap(activityId), recordHash);
    }

    /// @inheritdoc IActivityRegistry
    function close(OperationId operationId, ActivityId activityId, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        _end(activityId, ActivityStatus.Closed);
        emit ActivityClosed(activityId, operationId);
        _append(operationId, OperationKind.ACTIVITY_CLOSED, ActivityId.unwrap(activityId), recordHash);
    }

    /// @inheritdoc IActivityRegistry
    function withdraw(OperationId operationId, ActivityId activityId, bytes32 recordHash)
        external
        restricted
        once(operationId)
    {
        _end(activityId, ActivityStatus.Withdrawn);
        emit ActivityWithdrawn(activityId, operationId);
        _append(operationId, OperationKind.ACTIVITY_WITHDRAWN, ActivityId.unwrap(activityId), recordHash);
    }

    /// @inheritdoc IActivityRegistry
    function recordIssuance(ActivityId activityId, CivilDay firstDay, CivilDay lastDay, uint128 grams)
        external
        restricted
        returns (IssuanceTerms memory terms)
    {
        // Check:
        terms = _checkIssuance(activityId, firstDay, lastDay, grams);

        // Effect:
        Activity storage activity = _activities[activityId];
        _credited[_claimOf(activityId)].add(firstDay, lastDay);
        _deficitGrams[_debtorOf(activityId)] -= terms.withheldGrams;
        activity.issuedGrams += grams;
    }

    /// @inheritdoc IActivityRegistry
    function recordEarning(ActivityId activityId, CivilDay firstDay, CivilDay lastDay, uint128 grams)
        external
        restricted
        returns (FeedTerms memory terms)
    {
        // Check:
        terms = _checkEarning(activityId, firstDay, lastDay, grams);

        // Effect:
        _earned[_claimOf(activityId)].add(firstDay, lastDay);
        _deficitGrams[_debtorOf(activityId)] -= terms.withheldGrams;
        _activities[activityId].issuedGrams += grams;
    }

    /// @inheritdoc IActivityRegistry
    function recordCorrection(ActivityId activityId, uint128 grams, uint128 shortfallGrams) external restricted {
        // Check:
        Activity storage activity = _activities[activityId];
        uint128 net = activity.issuedGrams - activity.correctedGrams;
        if (grams > net) revert ActivityRegistry_CorrectionExceedsIssued(activityId, net, grams);

        // Effect:
        activity.correctedGrams += grams;
        _deficitGrams[_debtorOf(activityId)] += shortfallGrams;
    }

    /// @inheritdoc IActivityRegistry
    function checkIssuance(ActivityId activityId, CivilDay firstDay, CivilDay lastDay, uint128 grams)
        external
        view
        returns (IssuanceTerms memory terms)
    {
        return _checkIssuance(activityId, firstDay, lastDay, grams);
    }

    /// @inheritdoc IActivityRegistry
    function checkEarning(ActivityId activityId, CivilDay firstDay, CivilDay lastDay, uint128 grams)
        external
        view
        returns (FeedTerms memory terms)
    {
        return _checkEarning(activityId, firstDay, lastDay, grams);
    }

    /// @inheritdoc IActivityRegistry
    function checkBehaviour(ActivityId activityId, CivilDay firstDay, CivilDay lastDay)
        external
        view
        returns (FeedTerms memory terms)
    {
        // An activity that was never registered has no kind either: it is told so first.
        Activity storage activity = _requireActive(activityId);
        if (activity.registration.kind != ActivityKind.BehaviourScenario) {
            revert ActivityRegistry_NotBehaviour(activityId);
        }
        _checkPeriod(activity.registration, firstDay, lastDay);
        _checkParties(activity.registration);
        return _feedTerms(activityId, 0);
    }

    /// @inheritdoc IActivityRegistry
    function activityOf(ActivityId activityId) external view returns (Activity memory) {
        return _activities[activityId];
    }

    /// @inheritdoc IActivityRegistry
    function debtorOf(ActivityId activityId) external view returns (DebtorId) {
        return _debtorOf(activityId);
    }

    /// @inheritdoc IActivityRegistry
    function deficitOf(DebtorId debtor) external view returns (uint128) {
        return _deficitGrams[debtor];
    }

    /// @inheritdoc IActivityRegistry
    function liveActivityOf(bytes32 facilityId) external view returns (ActivityId) {
        return _liveActivity[facilityId];
    }

    /// @inheritdoc IActivityRegistry
    function isCredited(ActivityId activityId, CivilDay day) external view returns (bool) {
        return _credited[_claimOf(activityId)].contains(day);
    }

    /// @inheritdoc IActivityRegistry
    function isEarned(ActivityId activityId, CivilDay day) external view returns (bool) {
        return _earned[_claimOf(activityId)].contains(day);
    }

    function _step(ActivityId activityId, ActivityStatus expected, ActivityStatus next) private {
        // Check:
        ActivityStatus status = _activities[activityId].status;
        if (status != expected) revert ActivityRegistry_WrongStatus(activityId, status, expected);

        // Effect:
        _activities[activityId].status = next;
    }

    function _end(ActivityId activityId, ActivityStatus next) private {
        // Check:
        Activity storage activity = _activities[activityId];
        ActivityStatus status = activity.status;
        if (status != ActivityStatus.Active && status != ActivityStatus.Suspended) {
            revert ActivityRegistry_NotActive(activityId, status);
        }
        uint128 deficit = _deficitGrams[_debtorOf(activityId)];
        if (deficit != 0) revert ActivityRegistry_DeficitOutstanding(activityId, deficit);

        // Effect:
        activity.status = next;
        // Without a facility this clears the entry of facility zero, which is never set.
        _liveActivity[activity.registration.facilityId] = ActivityId.wrap(0);
    }

    function _checkRegistration(ActivityId id, Registration calldata registration)
        private
        view
        returns (ReductionClass class)
    {
        string calldata code = registration.code;
        if (!Encodings.isCode(code)) revert ActivityRegistry_CodeMalformed(code);
        if (_activities[id].status != ActivityStatus.Unknown) revert ActivityRegistry_AlreadyRegistered(id);
        if (registration.kind == ActivityKind.None) revert ActivityRegistry_KindMissing(code);
        class = _checkMethodology(id, registration);
        _accountRegistry.requireActive(registration.operatorAccount);
        CivilDay first = registration.creditingFirstDay;
        CivilDay last = registration.creditingLastDay;
        if (CivilDays.isEmpty(first, last)) revert ActivityRegistry_CreditingPeriodEmpty(first, last);
        if (CivilDays.isEmpty(last, CivilDays.LATEST)) revert ActivityRegistry_DayTooFar(last, CivilDays.LATEST);
        _checkExclusivity(id, registration);
        // A behaviour scenario never issues (M19), so it needs no cap.
        if (registration.capGrams == 0 && registration.kind != ActivityKind.BehaviourScenario) {
            revert ActivityRegistry_CapMissing(id);
        }
        if (registration.capGrams > LARGEST_CAP) {
            revert ActivityRegistry_CapTooLarge(id, registration.capGrams, LARGEST_CAP);
        }
    }

    function _checkMethodology(ActivityId id, Registration calldata registration)
        private
        view
        returns (ReductionClass class)
    {
        IMethodologyRegistry.Methodology memory methodology =
            _methodologyRegistry.methodologyOf(registration.methodologyId);
        if (methodology.status != MethodologyStatus.Published) {
            revert IMethodologyRegistry.MethodologyRegistry_WrongStatus(
                registration.methodologyId, methodology.status, MethodologyStatus.Published
            );
        }
        bool forProjects = methodology.publication.kind == MethodologyKind.Project;
        if (forProjects != (registration.kind == ActivityKind.Project)) {
            revert ActivityRegistry_MethodologyKindMismatch(id, registration.methodologyId);
        }
        return methodology.publication.class;
    }

    /// @dev M10. A scenario needs neither facility nor pledge; if it names a facility, that is held to one claim too.
    function _checkExclusivity(ActivityId id, Registration calldata registration) private view {
        if (registration.kind == ActivityKind.Project) {
            if (registration.facilityId == 0) revert ActivityRegistry_FacilityMissing(id);
            if (registration.pledgeHash == 0) revert ActivityRegistry_PledgeMissing(id);
        }
        ActivityId live = _liveActivity[registration.facilityId];
        if (ActivityId.unwrap(live) != 0) revert ActivityRegistry_FacilityTaken(registration.facilityId, live);
    }

    function _checkIssuance(ActivityId activityId, CivilDay firstDay, CivilDay lastDay, uint128 grams)
        private
        view
        returns (IssuanceTerms memory terms)
    {
        _checkReduction(activityId, firstDay, lastDay, grams);
        if (_earned[_claimOf(activityId)].meets(firstDay, lastDay)) {
            revert ActivityRegistry_DayEarnedPoints(activityId, firstDay, lastDay);
        }

        Activity storage activity = _activities[activityId];
        uint128 deficit = _deficitGrams[_debtorOf(activityId)];
        return IssuanceTerms({
            methodologyId: activity.registration.methodologyId,
            class: activity.class,
            operatorAccount: activity.registration.operatorAccount,
            withheldGrams: grams < deficit ? grams : deficit
        });
    }

    function _checkEarning(ActivityId activityId, CivilDay firstDay, CivilDay lastDay, uint128 grams)
        private
        view
        returns (FeedTerms memory terms)
    {
        _checkReduction(activityId, firstDay, lastDay, grams);
        uint128 deficit = _deficitGrams[_debtorOf(activityId)];
        return _feedTerms(activityId, grams < deficit ? grams : deficit);
    }

    /// @dev What an issuance and points that are earned must both keep to.
    function _checkReduction(ActivityId activityId, CivilDay firstDay, CivilDay lastDay, uint128 grams) private view {
        Registration storage registration = _activities[activityId].registration;
        // First what will never change, then what the activity is, then what was asked for.
        if (registration.kind == ActivityKind.BehaviourScenario) revert ActivityRegistry_NeverIssues(activityId);
        Activity storage activity = _requireActive(activityId);
        if (grams == 0) revert ActivityRegistry_ZeroQuantity(activityId);
        _checkPeriod(registration, firstDay, lastDay);
        if (_credited[_claimOf(activityId)].meets(firstDay, lastDay)) {
            revert ActivityRegistry_PeriodOverlap(activityId, firstDay, lastDay);
        }
        _checkParties(registration);
        _checkCap(activityId, activity, grams);
    }

    function _requireActive(ActivityId activityId) private view returns (Activity storage activity) {
        activity = _activities[activityId];
        if (activity.status != ActivityStatus.Active) revert ActivityRegistry_NotActive(activityId, activity.status);
    }

    function _checkPeriod(Registration storage registration, CivilDay firstDay, CivilDay lastDay) private view {
        if (CivilDays.isEmpty(firstDay, lastDay)) revert ActivityRegistry_PeriodEmpty(firstDay, lastDay);
        CivilDay creditingFirst = registration.creditingFirstDay;
        CivilDay creditingLast = registration.creditingLastDay;
        if (!firstDay.isWithin(creditingFirst, creditingLast) || !lastDay.isWithin(creditingFirst, creditingLast)) {
            revert ActivityRegistry_OutsideCreditingPeriod(firstDay, lastDay, creditingFirst, creditingLast);
        }
        CivilDay today = CivilDays.today();
        if (CivilDay.unwrap(lastDay) >= CivilDay.unwrap(today)) {
            revert ActivityRegistry_PeriodNotEnded(lastDay, today);
        }
    }

    /// @dev The methodology version is in effect today and the operator can take part.
    function _checkParties(Registration storage registration) private view {
        _methodologyRegistry.requireEffective(registration.methodologyId, CivilDays.today());
        _accountRegistry.requireActive(registration.operatorAccount);
    }

    function _feedTerms(ActivityId activityId, uint128 withheldGrams) private view returns (FeedTerms memory terms) {
        Activity storage activity = _activities[activityId];
        address feedSigner = activity.registration.feedSigner;
        if (feedSigner == address(0)) revert ActivityRegistry_FeedSignerMissing(activityId);
        return FeedTerms({
            methodologyId: activity.registration.methodologyId,
            class: activity.class,
            feedSigner: feedSigner,
            withheldGrams: withheldGrams
        });
    }

    function _checkCap(ActivityId activityId, Activity storage activity, uint128 grams) private view {
        uint128 cap = activity.registration.capGrams;
        uint128 used = activity.issuedGrams - activity.correctedGrams;
        // `used` never exceeds `cap`, so what is left cannot wrap and a huge quantity cannot overflow a sum.
        if (grams > cap - used) revert ActivityRegistry_CapExceeded(activityId, cap, used, grams);
    }

    function _claimOf(ActivityId activityId) private view returns (ClaimId) {
        return Encodings.claimId(activityId, _activities[activityId].registration.facilityId);
    }

    function _debtorOf(ActivityId activityId) private view returns (DebtorId) {
        Activity storage activity = _activities[activityId];
        return Encodings.debtorId(activityId, activity.registration.facilityId, activity.class);
    }
}
