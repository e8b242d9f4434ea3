// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {
    ActivityId,
    ActivityKind,
    ActivityStatus,
    CivilDay,
    DebtorId,
    MethodologyId,
    OperationId,
    ReductionClass
} from "../types/Types.sol";
import {IOperationLedger} from "./IOperationLedger.sol";

/// @title Projects and scenarios, and what each may still issue (M9, M10, M11, M19)
/// @notice A registry validates, a ledger stores: this contract holds every rule that decides whether an activity may
/// issue (status, methodology, crediting period, monitoring periods, cap) and the deficit that later issuance fills.
interface IActivityRegistry is IOperationLedger {
    /// @param code the activity's public code, 1 to 64 bytes of printable ASCII without spaces
    /// @param methodologyId version that every issuance of this activity is bound to
    /// @param operatorAccount account that issuance goes to
    /// @param feedSigner address whose signature stands under the operator's data, or zero
    /// @param creditingFirstDay first day of the crediting period (计入期)
    /// @param creditingLastDay last day of the crediting period
    /// @param facilityId salted hash of the facility's identity; required for projects (M10)
    /// @param pledgeHash SHA-256 of the signed exclusivity pledge; required for projects (M10)
    /// @param capGrams most that may be issued over the whole crediting period, net of corrections, in g CO2e
    struct Registration {
        string code;
        ActivityKind kind;
        MethodologyId methodologyId;
        address operatorAccount;
        address feedSigner;
        CivilDay creditingFirstDay;
        CivilDay creditingLastDay;
        bytes32 facilityId;
        bytes32 pledgeHash;
        uint128 capGrams;
    }

    /// @param issuedGrams all that was ever confirmed or earned as points, in g CO2e
    /// @param correctedGrams all that was ever found over-credited, in g CO2e
    struct Activity {
        Registration registration;
        ActivityStatus status;
        ReductionClass class;
        uint128 issuedGrams;
        uint128 correctedGrams;
    }

    /// @notice What the ledger needs to know to book a confirmed issuance.
    /// @param withheldGrams part that fills the deficit of the activity's debtor and is not credited, in g CO2e
    struct IssuanceTerms {
        MethodologyId methodologyId;
        ReductionClass class;
        address operatorAccount;
        uint128 withheldGrams;
    }

    /// @notice What the points ledger needs to know to anchor a batch of an operator's data.
    /// @param feedSigner whose signature must stand under it
    /// @param withheldGrams part that fills the activity's deficit and is not credited, in g CO2e
    struct FeedTerms {
        MethodologyId methodologyId;
        ReductionClass class;
        address feedSigner;
        uint128 withheldGrams;
    }

    event ActivityRegistered(
        ActivityId indexed activityId, OperationId indexed operationId, Registration registration, ReductionClass class
    );
    event ActivitySuspended(ActivityId indexed activityId, OperationId indexed operationId);
    event ActivityResumed(ActivityId indexed activityId, OperationId indexed operationId);
    event ActivityClosed(ActivityId indexed activityId, OperationId indexed operationId);
    event ActivityWithdrawn(ActivityId indexed activityId, OperationId indexed operationId);

    error ActivityRegistry_CodeMalformed(string code);
    error ActivityRegistry_AlreadyRegistered(ActivityId activityId);
    error ActivityRegistry_KindMissing(string code);
    /// @notice A project needs a project methodology, a scenario a scenario methodology (M8).
    error ActivityRegistry_MethodologyKindMismatch(ActivityId activityId, MethodologyId methodologyId);
    error ActivityRegistry_CreditingPeriodEmpty(CivilDay firstDay, CivilDay lastDay);
    /// @notice Periods end by 9999-12-31, so that every reader can name their days.
    error ActivityRegistry_DayTooFar(CivilDay day, CivilDay latestDay);
    error ActivityRegistry_FacilityMissing(ActivityId activityId);
    error ActivityRegistry_PledgeMissing(ActivityId activityId);
    error ActivityRegistry_CapMissing(ActivityId activityId);
    /// @notice No quantity reaches 2^63 g, so that every store and every language can hold it.
    error ActivityRegistry_CapTooLarge(ActivityId activityId, uint128 capGrams, uint128 largestGrams);
    /// @notice The facility has a live registration already (M10).
    error ActivityRegistry_FacilityTaken(bytes32 facilityId, ActivityId liveActivityId);
    error ActivityRegistry_WrongStatus(ActivityId activityId, ActivityStatus status, ActivityStatus expected);
    error ActivityRegistry_NotActive(ActivityId activityId, ActivityStatus status);
    /// @notice While its debtor owes grams an activity cannot be ended, so that later issuance fills them.
    error ActivityRegistry_DeficitOutstanding(ActivityId activityId, uint128 deficitGrams);
    /// @notice Behaviour value is never grams (M19).
    error ActivityRegistry_NeverIssues(ActivityId activityId);
    error ActivityRegistry_ZeroQuantity(ActivityId activityId);
    error ActivityRegistry_PeriodEmpty(CivilDay firstDay, CivilDay lastDay);
    /// @notice The monitoring period must have ended before its reductions are credited.
    error ActivityRegistry_PeriodNotEnded(CivilDay lastDay, CivilDay today);
    error ActivityRegistry_OutsideCreditingPeriod(
        CivilDay firstDay, CivilDay lastDay, CivilDay creditingFirstDay, CivilDay creditingLastDay
    );
    /// @notice Some day of the monitoring period was credited before, to this activity or to one at its facility (M10).
    error ActivityRegistry_PeriodOverlap(ActivityId activityId, CivilDay firstDay, CivilDay lastDay);
    /// @notice Points were earned on some day of the monitoring period: a gram is a reduction or a point (M16).
    error ActivityRegistry_DayEarnedPoints(ActivityId activityId, CivilDay firstDay, CivilDay lastDay);
    /// @notice Nobody was registered to sign the activity's data.
    error ActivityRegistry_FeedSignerMissing(ActivityId activityId);
    /// @notice Only behaviour scenarios have behaviour value (M19).
    error ActivityRegistry_NotBehaviour(ActivityId activityId);
    error ActivityRegistry_CapExceeded(ActivityId activityId, uint128 capGrams, uint128 usedGrams, uint128 grams);
    error ActivityRegistry_CorrectionExceedsIssued(ActivityId activityId, uint128 netIssuedGrams, uint128 grams);

    /// @notice Registers an activity. `restricted` to the regulator (M9).
    function register(OperationId operationId, Registration calldata registration, bytes32 recordHash) external;

    /// @notice Active -> Suspended. `restricted` to the regulator.
    function suspend(OperationId operationId, ActivityId activityId, bytes32 recordHash) external;

    /// @notice Suspended -> Active. `restricted` to the regulator.
    function resume(OperationId operationId, ActivityId activityId, bytes32 recordHash) external;

    /// @notice Active or Suspended -> Closed; frees the facility. `restricted` to the regulator.
    function close(OperationId operationId, ActivityId activityId, bytes32 recordHash) external;

    /// @notice Active or Suspended -> Withdrawn; frees the facility. `restricted` to the regulator.
    function withdraw(OperationId operationId, ActivityId activityId, bytes32 recordHash) external;

    /// @notice Books an issuance against the activity's rules. `restricted` to the ledgers.
    function recordIssuance(ActivityId activityId, CivilDay firstDay, CivilDay lastDay, uint128 grams)
        external
        returns (IssuanceTerms memory terms);

    /// @notice Books a correction; `shortfallGrams` of it joins the debtor's deficit. `restricted` to the ledgers.
    function recordCorrection(ActivityId activityId, uint128 grams, uint128 shortfallGrams) external;

    /// @notice Reverts exactly as `recordIssuance` would now.
    function checkIssuance(ActivityId activityId, CivilDay firstDay, CivilDay lastDay, uint128 grams)
        external
        view
        returns (IssuanceTerms memory terms);

    /// @notice Books points that were earned from `firstDay` to `lastDay`. Several batches may share a day, but no day has
    /// both points and an issuance. `restricted` to the ledgers.
    function recordEarning(ActivityId activityId, CivilDay firstDay, CivilDay lastDay, uint128 grams)
        external
        returns (FeedTerms memory terms);

    /// @notice Reverts exactly as `recordEarning` would now.
    function checkEarning(ActivityId activityId, CivilDay firstDay, CivilDay lastDay, uint128 grams)
        external
        view
        returns (FeedTerms memory terms);

    /// @notice Reverts unless behaviour value of these days may be recorded for the activity; nothing is withheld.
    function checkBehaviour(ActivityId activityId, CivilDay firstDay, CivilDay lastDay)
        external
        view
        returns (FeedTerms memory terms);

    /// @notice The activity as stored; status Unknown if never registered.
    function activityOf(ActivityId activityId) external view returns (Activity memory);

    /// @notice Who owes what the activity was credited too much: its facility in the activity's class, or the activity
    /// itself where it names none, so that a facility registered anew owes still, and each class what it owes of that class.
    function debtorOf(ActivityId activityId) external view returns (DebtorId);

    /// @notice What corrections could not take back from a debtor's lots and its next issuance fills first, in g CO2e.
    function deficitOf(DebtorId debtor) external view returns (uint128);

    /// @notice The live activity registered for a facility, or zero.
    function liveActivityOf(bytes32 facilityId) external view returns (ActivityId);

    /// @notice Whether a day has been credited to the activity, or to another one at its facility, of whatever class.
    function isCredited(ActivityId activityId, CivilDay day) external view returns (bool);

    /// @notice Whether points were earned on a day, by the activity or by another one at its facility.
    function isEarned(ActivityId activityId, CivilDay day) external view returns (bool);
}
