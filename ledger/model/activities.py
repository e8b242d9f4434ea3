"""Activities of the model, check by check as ActivityRegistry has them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ledger import encoding, refusals
from ledger.batches import FeedHeader
from ledger.ids import ZERO_HASH, ActivityId, Address, ClaimId, DebtorId, Hash32, MethodologyId, OperationId, RecordHash
from ledger.model.accounts import Accounts
from ledger.model.methodologies import Methodologies
from ledger.model.operations import operation
from ledger.model.state import Activity, Leaf, Registration
from ledger.periods import Days, contains, period
from ledger.units import MAX_CIVIL_DAY, MAX_GRAMS
from ledger.vocabulary import ActivityKind, ActivityStatus, MethodologyKind, OperationKind, ReductionClass, Role


@dataclass(frozen=True, slots=True, kw_only=True)
class IssuanceTerms:
    """IActivityRegistry.IssuanceTerms."""

    methodology_id: MethodologyId
    reduction_class: ReductionClass
    operator_account: Address
    withheld_grams: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedTerms:
    """IActivityRegistry.FeedTerms."""

    methodology_id: MethodologyId
    reduction_class: ReductionClass
    feed_signer: Address
    withheld_grams: int


class Activities(Accounts, Methodologies):
    """ActivityRegistry."""

    def activity(self, activity_id: ActivityId) -> Activity | None:
        """The activity as stored, or None if it was never registered."""
        return self._books.activities.get(activity_id)

    def live_activity(self, facility_id: Hash32) -> ActivityId | None:
        """The live activity registered for a facility."""
        return self._books.live_activity.get(facility_id)

    def is_credited(self, activity_id: ActivityId, day: int) -> bool:
        """Whether a day of the activity, or of its facility, has been credited."""
        return contains(self._credited_days(activity_id), day)

    def is_earned(self, activity_id: ActivityId, day: int) -> bool:
        """Whether points were earned on a day of the activity, or of its facility."""
        return contains(self._earned_days(activity_id), day)

    def claim(self, activity_id: ActivityId) -> ClaimId:
        """What the activity's days are credited to (M10)."""
        activity = self.activity(activity_id)
        facility_id = ZERO_HASH if activity is None else activity.registration.facility_id
        return encoding.claim_id(activity_id=activity_id, facility_id=facility_id)

    def debtor(self, activity_id: ActivityId) -> DebtorId:
        """Who owes what the activity was credited too much: its facility, in its class, where it names one."""
        activity = self.activity(activity_id)
        if activity is None:
            return DebtorId(activity_id)
        return encoding.debtor_id(
            activity_id=activity_id,
            facility_id=activity.registration.facility_id,
            reduction_class=activity.reduction_class,
        )

    def deficit_grams(self, debtor: DebtorId) -> int:
        """What a debtor owes: its next issuance fills it first."""
        return self._books.deficits.get(debtor) or 0

    @operation(Role.REGULATOR)
    def register_activity(
        self,
        *,
        sender: Address,
        operation_id: OperationId,
        code: str,
        kind: ActivityKind,
        methodology_id: MethodologyId,
        operator_account: Address,
        feed_signer: Address,
        crediting_first_day: int,
        crediting_last_day: int,
        facility_id: Hash32,
        pledge_hash: Hash32,
        cap_grams: int,
        record_hash: RecordHash,
    ) -> Leaf:
        """Unknown -> Active."""
        registration = Registration(
            code=code,
            kind=kind,
            methodology_id=methodology_id,
            operator_account=operator_account,
            feed_signer=feed_signer,
            crediting_first_day=crediting_first_day,
            crediting_last_day=crediting_last_day,
            facility_id=facility_id,
            pledge_hash=pledge_hash,
            cap_grams=cap_grams,
        )
        activity_id, reduction_class = self._check_registration(registration)
        leaf = self._append_activity(OperationKind.ACTIVITY_REGISTERED, operation_id, activity_id, record_hash)
        self._books.activities[activity_id] = Activity(registration=registration, reduction_class=reduction_class)
        if not facility_id.is_zero:
            self._books.live_activity[facility_id] = activity_id
        return leaf

    @operation(Role.REGULATOR)
    def suspend_activity(
        self, *, sender: Address, operation_id: OperationId, activity_id: ActivityId, record_hash: RecordHash
    ) -> Leaf:
        """Active -> Suspended."""
        activity = self._require_activity_status(activity_id, ActivityStatus.ACTIVE)
        leaf = self._append_activity(OperationKind.ACTIVITY_SUSPENDED, operation_id, activity_id, record_hash)
        self._books.activities[activity_id] = replace(activity, status=ActivityStatus.SUSPENDED)
        return leaf

    @operation(Role.REGULATOR)
    def resume_activity(
        self, *, sender: Address, operation_id: OperationId, activity_id: ActivityId, record_hash: RecordHash
    ) -> Leaf:
        """Suspended -> Active."""
        activity = self._require_activity_status(activity_id, ActivityStatus.SUSPENDED)
        leaf = self._append_activity(OperationKind.ACTIVITY_RESUMED, operation_id, activity_id, record_hash)
        self._books.activities[activity_id] = replace(activity, status=ActivityStatus.ACTIVE)
        return leaf

    @operation(Role.REGULATOR)
    def close_activity(
        self, *, sender: Address, operation_id: OperationId, activity_id: ActivityId, record_hash: RecordHash
    ) -> Leaf:
        """Active or Suspended -> Closed; frees the facility."""
        activity = self._require_ending(activity_id)
        leaf = self._append_activity(OperationKind.ACTIVITY_CLOSED, operation_id, activity_id, record_hash)
        self._end(activity_id, replace(activity, status=ActivityStatus.CLOSED))
        return leaf

    @operation(Role.REGULATOR)
    def withdraw_activity(
        self, *, sender: Address, operation_id: OperationId, activity_id: ActivityId, record_hash: RecordHash
    ) -> Leaf:
        """Active or Suspended -> Withdrawn; frees the facility."""
        activity = self._require_ending(activity_id)
        leaf = self._append_activity(OperationKind.ACTIVITY_WITHDRAWN, operation_id, activity_id, record_hash)
        self._end(activity_id, replace(activity, status=ActivityStatus.WITHDRAWN))
        return leaf

    def _check_registration(self, registration: Registration) -> tuple[ActivityId, ReductionClass]:
        code = registration.code
        if not encoding.is_code(code):
            raise refusals.ActivityRegistry_CodeMalformed(code)
        activity_id = encoding.activity_id(code=code)
        if self.activity(activity_id) is not None:
            raise refusals.ActivityRegistry_AlreadyRegistered(activity_id)
        if registration.kind is ActivityKind.NONE:
            raise refusals.ActivityRegistry_KindMissing(code)
        methodology = self._require_published(registration.methodology_id)
        for_projects = methodology.kind is MethodologyKind.PROJECT
        if for_projects != (registration.kind is ActivityKind.PROJECT):
            raise refusals.ActivityRegistry_MethodologyKindMismatch(activity_id, registration.methodology_id)
        self._require_active(registration.operator_account)
        first, last = registration.crediting_first_day, registration.crediting_last_day
        if first > last:
            raise refusals.ActivityRegistry_CreditingPeriodEmpty(first, last)
        if last > MAX_CIVIL_DAY:
            raise refusals.ActivityRegistry_DayTooFar(last, MAX_CIVIL_DAY)
        self._check_exclusivity(activity_id, registration)
        if registration.cap_grams == 0 and registration.kind is not ActivityKind.BEHAVIOUR_SCENARIO:
            raise refusals.ActivityRegistry_CapMissing(activity_id)
        if registration.cap_grams > MAX_GRAMS:
            raise refusals.ActivityRegistry_CapTooLarge(activity_id, registration.cap_grams, MAX_GRAMS)
        return activity_id, methodology.reduction_class

    def _check_exclusivity(self, activity_id: ActivityId, registration: Registration) -> None:
        if registration.kind is ActivityKind.PROJECT:
            if registration.facility_id.is_zero:
                raise refusals.ActivityRegistry_FacilityMissing(activity_id)
            if registration.pledge_hash.is_zero:
                raise refusals.ActivityRegistry_PledgeMissing(activity_id)
        if live := self.live_activity(registration.facility_id):
            raise refusals.ActivityRegistry_FacilityTaken(registration.facility_id, live)

    def _check_issuance(self, activity_id: ActivityId, first_day: int, last_day: int, grams: int) -> IssuanceTerms:
        activity = self._check_reduction(activity_id, first_day, last_day, grams)
        if self._earned_days(activity_id) & period(first_day, last_day):
            raise refusals.ActivityRegistry_DayEarnedPoints(activity_id, first_day, last_day)
        registration = activity.registration
        return IssuanceTerms(
            methodology_id=registration.methodology_id,
            reduction_class=activity.reduction_class,
            operator_account=registration.operator_account,
            withheld_grams=min(grams, self.deficit_grams(self.debtor(activity_id))),
        )

    def _check_earning(self, activity_id: ActivityId, first_day: int, last_day: int, grams: int) -> FeedTerms:
        activity = self._check_reduction(activity_id, first_day, last_day, grams)
        withheld = min(grams, self.deficit_grams(self.debtor(activity_id)))
        return self._feed_terms(activity_id, activity, withheld)

    def _check_behaviour(self, activity_id: ActivityId, first_day: int, last_day: int) -> FeedTerms:
        activity = self._require_active_activity(activity_id)
        if activity.registration.kind is not ActivityKind.BEHAVIOUR_SCENARIO:
            raise refusals.ActivityRegistry_NotBehaviour(activity_id)
        self._check_period(activity.registration, first_day, last_day)
        self._check_parties(activity.registration)
        return self._feed_terms(activity_id, activity, 0)

    def _check_reduction(self, activity_id: ActivityId, first_day: int, last_day: int, grams: int) -> Activity:
        """What an issuance and points that are earned must both keep to."""
        known = self.activity(activity_id)
        if known is not None and known.registration.kind is ActivityKind.BEHAVIOUR_SCENARIO:
            raise refusals.ActivityRegistry_NeverIssues(activity_id)
        activity = self._require_active_activity(activity_id)
        if grams == 0:
            raise refusals.ActivityRegistry_ZeroQuantity(activity_id)
        registration = activity.registration
        self._check_period(registration, first_day, last_day)
        if self._credited_days(activity_id) & period(first_day, last_day):
            raise refusals.ActivityRegistry_PeriodOverlap(activity_id, first_day, last_day)
        self._check_parties(registration)
        used = activity.issued_grams - activity.corrected_grams
        if grams > registration.cap_grams - used:
            raise refusals.ActivityRegistry_CapExceeded(activity_id, registration.cap_grams, used, grams)
        return activity

    def _check_parties(self, registration: Registration) -> None:
        self._require_effective(registration.methodology_id, self.today)
        self._require_active(registration.operator_account)

    def _feed_terms(self, activity_id: ActivityId, activity: Activity, withheld_grams: int) -> FeedTerms:
        if activity.registration.feed_signer.is_zero:
            raise refusals.ActivityRegistry_FeedSignerMissing(activity_id)
        return FeedTerms(
            methodology_id=activity.registration.methodology_id,
            reduction_class=activity.reduction_class,
            feed_signer=activity.registration.feed_signer,
            withheld_grams=withheld_grams,
        )

    def _check_period(self, registration: Registration, first_day: int, last_day: int) -> None:
        if first_day > last_day:
            raise refusals.ActivityRegistry_PeriodEmpty(first_day, last_day)
        crediting_first, crediting_last = registration.crediting_first_day, registration.crediting_last_day
        if first_day < crediting_first or last_day > crediting_last:
            raise refusals.ActivityRegistry_OutsideCreditingPeriod(first_day, last_day, crediting_first, crediting_last)
        if last_day >= self.today:
            raise refusals.ActivityRegistry_PeriodNotEnded(last_day, self.today)

    def _record_issuance(
        self, activity_id: ActivityId, first_day: int, last_day: int, grams: int, withheld_grams: int
    ) -> None:
        activity = self._books.activities[activity_id]
        credited = self._credited_days(activity_id) | period(first_day, last_day)
        debtor = self.debtor(activity_id)
        self._books.credited_days[self.claim(activity_id)] = credited
        self._books.deficits[debtor] = self.deficit_grams(debtor) - withheld_grams
        self._books.activities[activity_id] = replace(activity, issued_grams=activity.issued_grams + grams)

    def _record_earning(self, header: FeedHeader, withheld_grams: int) -> None:
        activity = self._books.activities[header.activity_id]
        debtor = self.debtor(header.activity_id)
        days = self._earned_days(header.activity_id) | period(header.first_day, header.last_day)
        self._books.earned_days[self.claim(header.activity_id)] = days
        self._books.deficits[debtor] = self.deficit_grams(debtor) - withheld_grams
        issued = activity.issued_grams + header.total
        self._books.activities[header.activity_id] = replace(activity, issued_grams=issued)

    def _record_correction(self, activity_id: ActivityId, grams: int, shortfall_grams: int) -> None:
        activity = self._books.activities[activity_id]
        debtor = self.debtor(activity_id)
        self._books.deficits[debtor] = self.deficit_grams(debtor) + shortfall_grams
        self._books.activities[activity_id] = replace(activity, corrected_grams=activity.corrected_grams + grams)

    def _credited_days(self, activity_id: ActivityId) -> Days:
        return self._books.credited_days.get(self.claim(activity_id)) or 0

    def _earned_days(self, activity_id: ActivityId) -> Days:
        return self._books.earned_days.get(self.claim(activity_id)) or 0

    def _require_active_activity(self, activity_id: ActivityId) -> Activity:
        activity = self.activity(activity_id)
        if activity is None or activity.status is not ActivityStatus.ACTIVE:
            status = activity.status if activity else ActivityStatus.UNKNOWN
            raise refusals.ActivityRegistry_NotActive(activity_id, status)
        return activity

    def _append_activity(
        self, kind: OperationKind, operation_id: OperationId, activity_id: ActivityId, record_hash: RecordHash
    ) -> Leaf:
        return self._append(
            ledger=self.contracts.activity_registry,
            kind=kind,
            operation_id=operation_id,
            subject=activity_id,
            record_hash=record_hash,
        )

    def _require_activity_status(self, activity_id: ActivityId, expected: ActivityStatus) -> Activity:
        activity = self.activity(activity_id)
        status = activity.status if activity else ActivityStatus.UNKNOWN
        if activity is None or status is not expected:
            raise refusals.ActivityRegistry_WrongStatus(activity_id, status, expected)
        return activity

    def _require_ending(self, activity_id: ActivityId) -> Activity:
        activity = self.activity(activity_id)
        status = activity.status if activity else ActivityStatus.UNKNOWN
        if activity is None or status not in {ActivityStatus.ACTIVE, ActivityStatus.SUSPENDED}:
            raise refusals.ActivityRegistry_NotActive(activity_id, status)
        deficit_grams = self.deficit_grams(self.debtor(activity_id))
        if deficit_grams:
            raise refusals.ActivityRegistry_DeficitOutstanding(activity_id, deficit_grams)
        return activity

    def _end(self, activity_id: ActivityId, ended: Activity) -> None:
        self._books.activities[activity_id] = ended
        self._books.live_activity[ended.registration.facility_id] = None
