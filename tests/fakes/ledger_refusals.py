"""One move for each way that the rules refuse: what was done before, the move, and the refusal it must meet.

Each case changes one thing of a move that is allowed, so that no other check can catch it. Some cases break two rules:
they hold the order of the checks.
"""

from collections.abc import Callable
from dataclasses import dataclass

from ledger import encoding, refusals
from ledger.ids import ZERO_ADDRESS, ZERO_HASH, IdentityCommitment, LotId, RecordHash
from ledger.refusals import ContractRefusal
from ledger.units import MAX_CIVIL_DAY, MAX_GRAMS
from ledger.vocabulary import (
    AccountKind,
    AccountStatus,
    ActivityKind,
    ActivityStatus,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    MethodologyStatus,
    ProposalStatus,
    ReductionClass,
)
from tests.fakes.ledger_world import (
    BEHAVIOUR,
    BUYER,
    COMMITMENTS,
    FACILITY,
    HOLDER,
    OPERATOR,
    PERIOD,
    PROJECT,
    PROJECT_METHODOLOGY,
    SCENARIO,
    SCENARIO_METHODOLOGY,
    STRANGER,
    TODAY,
    UNKNOWN_LOT,
    UNKNOWN_PROPOSAL,
    Move,
    World,
    some_hash,
)
from tests.fakes.point_refusals import POINT_CASES

Case = Callable[[World], tuple[Move, ContractRefusal]]
"""Does in a standard world what has to be there before, and gives the move and what it must meet."""

CASES: dict[str, Case] = {}

UNKNOWN_ACTIVITY = encoding.activity_id(code="NOTHING")
UNKNOWN_METHODOLOGY = encoding.methodology_id(code="NOTHING", version=1)
NO_COMMITMENT = IdentityCommitment(bytes(32))
NO_RECORD = RecordHash(bytes(32))


def case(function: Case) -> Case:
    """Adds a case under its function's name."""
    CASES[function.__name__] = function
    return function


@dataclass(frozen=True, slots=True)
class Change:
    """A move of the standard world with one thing changed, and the refusal it must meet."""

    function: str
    refusal: ContractRefusal
    arguments: dict[str, object]

    def __call__(self, world: World) -> tuple[Move, ContractRefusal]:
        return world.move(self.function, **self.arguments), self.refusal


def change(function: str, refusal: ContractRefusal, **arguments: object) -> None:
    """Adds a case that needs nothing but the standard world."""
    numbers = sum(name.startswith(type(refusal).__name__) for name in CASES)
    CASES[f"{type(refusal).__name__}_{numbers}"] = Change(function, refusal, arguments)


# Accounts

FRESH_COMMITMENT = IdentityCommitment(some_hash("stranger"))
FRESH = {"account": STRANGER, "identity_commitment": FRESH_COMMITMENT}

change("open_account", refusals.AccountRegistry_ZeroAccount(), **{**FRESH, "account": ZERO_ADDRESS})
change("open_account", refusals.AccountRegistry_AlreadyOpened(HOLDER, AccountStatus.ACTIVE))
change("open_account", refusals.AccountRegistry_KindMissing(STRANGER), **FRESH, kind=AccountKind.NONE)
change("open_account", refusals.AccountRegistry_CustodyMissing(STRANGER), **FRESH, custody=Custody.NONE)
change(
    "open_account",
    refusals.AccountRegistry_CommitmentMissing(STRANGER),
    account=STRANGER,
    identity_commitment=NO_COMMITMENT,
)
change("open_account", refusals.AccountRegistry_CommitmentInUse(COMMITMENTS["holder"], HOLDER), account=STRANGER)
change(
    "open_account",
    refusals.AccountRegistry_NotCustodyAddress(STRANGER, encoding.custody_address(FRESH_COMMITMENT)),
    **FRESH,
    custody=Custody.PLATFORM,
)
change(
    "unfreeze_account",
    refusals.AccountRegistry_WrongStatus(HOLDER, AccountStatus.ACTIVE, AccountStatus.FROZEN),
)
change(
    "close_account",
    refusals.AccountRegistry_WrongStatus(STRANGER, AccountStatus.UNKNOWN, AccountStatus.ACTIVE),
    account=STRANGER,
)


@case
def an_account_that_holds_is_not_closed(world: World) -> tuple[Move, ContractRefusal]:
    world.issue(700)
    return world.move("close_account", account=OPERATOR), refusals.AccountRegistry_StillHolding(OPERATOR, 700)


# Methodologies

NEXT = {"version": 2}

change("publish_methodology", refusals.MethodologyRegistry_CodeMalformed("P V"), code="P V", version=1)
change("publish_methodology", refusals.MethodologyRegistry_CodeMalformed(""), code="", version=1)
change("publish_methodology", refusals.MethodologyRegistry_VersionNotNext("PV", 1, 2))
change("publish_methodology", refusals.MethodologyRegistry_VersionNotNext("PV", 3, 2), version=3)
change("publish_methodology", refusals.MethodologyRegistry_KindMissing("PV"), **NEXT, kind=MethodologyKind.NONE)
change(
    "publish_methodology",
    refusals.MethodologyRegistry_ClassMissing("PV"),
    **NEXT,
    reduction_class=ReductionClass.NONE,
)
change(
    "publish_methodology",
    refusals.MethodologyRegistry_PeriodEmpty(TODAY, TODAY - 1),
    **NEXT,
    effective_first_day=TODAY,
    effective_last_day=TODAY - 1,
)
change("publish_methodology", refusals.MethodologyRegistry_DocumentMissing("PV"), **NEXT, document_hash=ZERO_HASH)
change(
    "withdraw_methodology",
    refusals.MethodologyRegistry_WrongStatus(
        UNKNOWN_METHODOLOGY, MethodologyStatus.UNKNOWN, MethodologyStatus.PUBLISHED
    ),
    methodology_id=UNKNOWN_METHODOLOGY,
)

# Registration

NEW = {"code": "PV-2", "facility_id": some_hash("another facility")}
NEW_ID = encoding.activity_id(code="PV-2")

change("register_activity", refusals.ActivityRegistry_CodeMalformed("x" * 65), **{**NEW, "code": "x" * 65})
change("register_activity", refusals.ActivityRegistry_AlreadyRegistered(PROJECT), facility_id=some_hash("new"))
change("register_activity", refusals.ActivityRegistry_KindMissing("PV-2"), **NEW, kind=ActivityKind.NONE)
change(
    "register_activity",
    refusals.MethodologyRegistry_WrongStatus(
        UNKNOWN_METHODOLOGY, MethodologyStatus.UNKNOWN, MethodologyStatus.PUBLISHED
    ),
    **NEW,
    methodology_id=UNKNOWN_METHODOLOGY,
)
change(
    "register_activity",
    refusals.ActivityRegistry_MethodologyKindMismatch(NEW_ID, SCENARIO_METHODOLOGY),
    **NEW,
    methodology_id=SCENARIO_METHODOLOGY,
)
change(
    "register_activity",
    refusals.ActivityRegistry_MethodologyKindMismatch(NEW_ID, PROJECT_METHODOLOGY),
    **NEW,
    kind=ActivityKind.BEHAVIOUR_SCENARIO,
)
change(
    "register_activity",
    refusals.AccountRegistry_NotActive(STRANGER, AccountStatus.UNKNOWN),
    **NEW,
    operator_account=STRANGER,
)
change(
    "register_activity",
    refusals.ActivityRegistry_CreditingPeriodEmpty(TODAY, TODAY - 1),
    **NEW,
    crediting_first_day=TODAY,
    crediting_last_day=TODAY - 1,
)
change(
    "register_activity",
    refusals.ActivityRegistry_DayTooFar(MAX_CIVIL_DAY + 1, MAX_CIVIL_DAY),
    **NEW,
    crediting_last_day=MAX_CIVIL_DAY + 1,
)
change(
    "register_activity",
    refusals.ActivityRegistry_CapTooLarge(NEW_ID, MAX_GRAMS + 1, MAX_GRAMS),
    **NEW,
    cap_grams=MAX_GRAMS + 1,
)
change(
    "publish_methodology",
    refusals.MethodologyRegistry_DayTooFar(MAX_CIVIL_DAY + 1, MAX_CIVIL_DAY),
    **NEXT,
    effective_last_day=MAX_CIVIL_DAY + 1,
)
change(
    "register_activity",
    refusals.ActivityRegistry_FacilityMissing(NEW_ID),
    **{**NEW, "facility_id": ZERO_HASH},
)
change("register_activity", refusals.ActivityRegistry_PledgeMissing(NEW_ID), **NEW, pledge_hash=ZERO_HASH)
change("register_activity", refusals.ActivityRegistry_FacilityTaken(FACILITY, PROJECT), code="PV-2")
change("register_activity", refusals.ActivityRegistry_CapMissing(NEW_ID), **NEW, cap_grams=0)
change(
    "resume_activity",
    refusals.ActivityRegistry_WrongStatus(PROJECT, ActivityStatus.ACTIVE, ActivityStatus.SUSPENDED),
)
change(
    "suspend_activity",
    refusals.ActivityRegistry_WrongStatus(UNKNOWN_ACTIVITY, ActivityStatus.UNKNOWN, ActivityStatus.ACTIVE),
    activity_id=UNKNOWN_ACTIVITY,
)
for ending in ("close_activity", "withdraw_activity"):
    change(
        ending,
        refusals.ActivityRegistry_NotActive(UNKNOWN_ACTIVITY, ActivityStatus.UNKNOWN),
        activity_id=UNKNOWN_ACTIVITY,
    )


@case
def a_scenario_holds_its_facility_too(world: World) -> tuple[Move, ContractRefusal]:
    facility = some_hash("ferry")
    scenario = {"kind": ActivityKind.REDUCTION_SCENARIO, "methodology_id": SCENARIO_METHODOLOGY}
    world.do("register_activity", code="FERRY-1", facility_id=facility, **scenario)
    move = world.move("register_activity", code="FERRY-2", facility_id=facility, **scenario)
    live = encoding.activity_id(code="FERRY-1")
    return move, refusals.ActivityRegistry_FacilityTaken(facility, live)


@case
def an_activity_in_deficit_cannot_end(world: World) -> tuple[Move, ContractRefusal]:
    lot = world.issue(1000)
    world.do("transfer_for", lot_id=lot, grams=600)
    world.do("correct", lot_id=lot, grams=700)
    return world.move("close_activity"), refusals.ActivityRegistry_DeficitOutstanding(PROJECT, 300)


# Issuance

change(
    "propose_issuance",
    refusals.ActivityRegistry_NeverIssues(BEHAVIOUR),
    activity_id=BEHAVIOUR,
    grams=0,
)
change(
    "propose_issuance",
    refusals.ActivityRegistry_NotActive(UNKNOWN_ACTIVITY, ActivityStatus.UNKNOWN),
    activity_id=UNKNOWN_ACTIVITY,
    grams=0,
)
change("propose_issuance", refusals.ActivityRegistry_ZeroQuantity(PROJECT), grams=0, first_day=9, last_day=8)
change("propose_issuance", refusals.ActivityRegistry_PeriodEmpty(9, 8), first_day=9, last_day=8)
change(
    "propose_issuance",
    refusals.ActivityRegistry_OutsideCreditingPeriod(TODAY - 501, TODAY - 400, TODAY - 500, TODAY + 500),
    first_day=TODAY - 501,
    last_day=TODAY - 400,
)
change(
    "propose_issuance",
    refusals.ActivityRegistry_OutsideCreditingPeriod(TODAY - 1, TODAY + 501, TODAY - 500, TODAY + 500),
    first_day=TODAY - 1,
    last_day=TODAY + 501,
)
change(
    "propose_issuance",
    refusals.ActivityRegistry_PeriodNotEnded(TODAY, TODAY),
    first_day=TODAY,
    last_day=TODAY,
)
change("propose_issuance", refusals.ActivityRegistry_CapExceeded(PROJECT, 10_000, 0, 10_001), grams=10_001)
change(
    "propose_issuance",
    refusals.ActivityRegistry_CapExceeded(PROJECT, 10_000, 0, 2**128 - 1),
    grams=2**128 - 1,
)
for deciding in ("confirm_issuance", "reject_issuance"):
    for proposal in (ZERO_HASH, UNKNOWN_PROPOSAL):
        change(
            deciding,
            refusals.ReductionLedger_ProposalWrongStatus(proposal, ProposalStatus.UNKNOWN, ProposalStatus.PROPOSED),
            proposal_id=proposal,
        )


def overlapping(first_day: int, last_day: int) -> Case:
    """A period that shares days with `PERIOD`."""

    def make(world: World) -> tuple[Move, ContractRefusal]:
        world.issue()
        refusal = refusals.ActivityRegistry_PeriodOverlap(PROJECT, first_day, last_day)
        return world.move("propose_issuance", first_day=first_day, last_day=last_day), refusal

    return make


for name, days in {
    "same": PERIOD,
    "inside": (PERIOD[0] + 1, PERIOD[1] - 1),
    "around": (PERIOD[0] - 1, PERIOD[1] + 1),
    "first_day": (PERIOD[0] - 300 + 270, PERIOD[0]),
    "last_day": (PERIOD[1], PERIOD[1] + 300),
}.items():
    CASES[f"overlap_{name}"] = overlapping(*days)


@case
def a_facility_is_not_credited_twice_under_another_activity(world: World) -> tuple[Move, ContractRefusal]:
    world.issue()
    world.do("close_activity")
    world.do("register_activity", code="PV-2")
    refusal = refusals.ActivityRegistry_PeriodOverlap(NEW_ID, *PERIOD)
    return world.move("propose_issuance", activity_id=NEW_ID), refusal


@case
def a_suspended_activity_does_not_issue(world: World) -> tuple[Move, ContractRefusal]:
    world.do("suspend_activity")
    return world.move("propose_issuance"), refusals.ActivityRegistry_NotActive(PROJECT, ActivityStatus.SUSPENDED)


@case
def every_rule_holds_again_when_confirmed(world: World) -> tuple[Move, ContractRefusal]:
    proposed = world.do("propose_issuance")
    world.do("withdraw_activity")
    refusal = refusals.ActivityRegistry_NotActive(PROJECT, ActivityStatus.WITHDRAWN)
    return world.move("confirm_issuance", proposal_id=proposed.operation_id), refusal


@case
def two_proposals_for_one_period_cannot_both_be_confirmed(world: World) -> tuple[Move, ContractRefusal]:
    other = world.do("propose_issuance")
    world.issue()
    refusal = refusals.ActivityRegistry_PeriodOverlap(PROJECT, *PERIOD)
    return world.move("confirm_issuance", proposal_id=other.operation_id), refusal


@case
def two_proposals_within_the_cap_can_exceed_it_together(world: World) -> tuple[Move, ContractRefusal]:
    other = world.do("propose_issuance", grams=6000, first_day=TODAY - 9, last_day=TODAY - 1)
    world.issue(6000)
    refusal = refusals.ActivityRegistry_CapExceeded(PROJECT, 10_000, 6000, 6000)
    return world.move("confirm_issuance", proposal_id=other.operation_id), refusal


@case
def a_withdrawn_methodology_does_not_issue(world: World) -> tuple[Move, ContractRefusal]:
    world.do("withdraw_methodology")
    refusal = refusals.MethodologyRegistry_WrongStatus(
        PROJECT_METHODOLOGY, MethodologyStatus.WITHDRAWN, MethodologyStatus.PUBLISHED
    )
    return world.move("propose_issuance"), refusal


def not_effective(first_day: int, last_day: int) -> Case:
    """A version that is in force only from `first_day` to `last_day`, which today is not in."""

    def make(world: World) -> tuple[Move, ContractRefusal]:
        days = {"effective_first_day": first_day, "effective_last_day": last_day}
        world.do("publish_methodology", version=2, **days)
        version = encoding.methodology_id(code="PV", version=2)
        world.do("register_activity", **NEW, methodology_id=version)
        refusal = refusals.MethodologyRegistry_NotEffective(version, TODAY, first_day, last_day)
        return world.move("propose_issuance", activity_id=NEW_ID), refusal

    return make


CASES["methodology_not_yet_effective"] = not_effective(TODAY + 1, TODAY + 1)
CASES["methodology_no_longer_effective"] = not_effective(TODAY - 1, TODAY - 1)


@case
def a_frozen_operator_is_not_credited(world: World) -> tuple[Move, ContractRefusal]:
    world.do("freeze_account", account=OPERATOR)
    return world.move("propose_issuance"), refusals.AccountRegistry_NotActive(OPERATOR, AccountStatus.FROZEN)


@case
def a_proposal_is_decided_once(world: World) -> tuple[Move, ContractRefusal]:
    proposed = world.do("propose_issuance")
    world.do("reject_issuance", proposal_id=proposed.operation_id)
    refusal = refusals.ReductionLedger_ProposalWrongStatus(
        proposed.operation_id, ProposalStatus.REJECTED, ProposalStatus.PROPOSED
    )
    return world.move("confirm_issuance", proposal_id=proposed.operation_id), refusal


@case
def serial_numbers_end_below_2_to_63(world: World) -> tuple[Move, ContractRefusal]:
    scenario = {"kind": ActivityKind.REDUCTION_SCENARIO, "methodology_id": SCENARIO_METHODOLOGY}
    for number in (1, 2):
        world.do("register_activity", code=f"BIG-{number}", facility_id=ZERO_HASH, cap_grams=MAX_GRAMS, **scenario)
    world.issue(MAX_GRAMS - 5, activity_id=encoding.activity_id(code="BIG-1"))
    proposed = world.do("propose_issuance", activity_id=encoding.activity_id(code="BIG-2"), grams=6)
    refusal = refusals.ReductionLedger_SerialsExhausted(MAX_GRAMS - 4, 6)
    return world.move("confirm_issuance", proposal_id=proposed.operation_id), refusal


# Movement


def with_lot(function: str, refusal: Callable[[LotId], ContractRefusal], **arguments: object) -> Case:
    """A move with a lot of class I and 1,000 g that the operator holds."""

    def make(world: World) -> tuple[Move, ContractRefusal]:
        lot = world.issue()
        return world.move(function, **{"lot_id": lot, **arguments}), refusal(lot)

    return make


for function in ("transfer_for", "cancel_for"):
    account = "from_account" if function == "transfer_for" else "account"
    CASES[f"{function}_nothing"] = with_lot(function, lambda _: refusals.ReductionLedger_ZeroQuantity(), grams=0)
    CASES[f"{function}_of_unknown_lot"] = with_lot(
        function, lambda _: refusals.ReductionLedger_UnknownLot(UNKNOWN_LOT), lot_id=UNKNOWN_LOT
    )
    CASES[f"{function}_more_than_held"] = with_lot(
        function, lambda lot: refusals.ReductionLedger_InsufficientBalance(OPERATOR, lot, 1000, 1001), grams=1001
    )
    CASES[f"{function}_out_of_custody"] = with_lot(
        function, lambda _: refusals.ReductionLedger_NotInPlatformCustody(HOLDER), **{account: HOLDER}, grams=0
    )
    CASES[f"{function}_unknown_account"] = with_lot(
        function,
        lambda _: refusals.AccountRegistry_NotActive(STRANGER, AccountStatus.UNKNOWN),
        **{account: STRANGER},
        grams=0,
    )
for function in ("transfer", "cancel"):
    CASES[f"{function}_by_stranger"] = with_lot(
        function, lambda _: refusals.AccountRegistry_NotActive(STRANGER, AccountStatus.UNKNOWN), sender=STRANGER
    )
    CASES[f"{function}_by_holder_of_nothing"] = with_lot(
        function, lambda lot: refusals.ReductionLedger_InsufficientBalance(HOLDER, lot, 0, 100)
    )
CASES["transfer_to_oneself"] = with_lot(
    "transfer_for", lambda _: refusals.ReductionLedger_SelfTransfer(OPERATOR), to=OPERATOR, lot_id=UNKNOWN_LOT
)
CASES["transfer_to_nobody"] = with_lot(
    "transfer_for",
    lambda _: refusals.AccountRegistry_NotActive(ZERO_ADDRESS, AccountStatus.UNKNOWN),
    to=ZERO_ADDRESS,
)
CASES["cancel_without_purpose"] = with_lot(
    "cancel_for",
    lambda _: refusals.ReductionLedger_PurposeMissing(),
    purpose=CancellationPurpose.NONE,
    lot_id=UNKNOWN_LOT,
)
CASES["correct_nothing"] = with_lot(
    "correct", lambda _: refusals.ReductionLedger_ZeroQuantity(), grams=0, lot_id=UNKNOWN_LOT
)
CASES["correct_more_than_issued"] = with_lot(
    "correct", lambda lot: refusals.ReductionLedger_CorrectionExceedsLot(lot, 1000, 1001), grams=1001
)
CASES["unfreeze_a_free_lot"] = with_lot("unfreeze_lot", refusals.ReductionLedger_LotNotFrozen)
for function in ("correct", "freeze_lot", "unfreeze_lot"):
    CASES[f"{function}_of_unknown_lot"] = with_lot(
        function, lambda _: refusals.ReductionLedger_UnknownLot(UNKNOWN_LOT), lot_id=UNKNOWN_LOT
    )


@case
def class_ii_never_serves_compliance(world: World) -> tuple[Move, ContractRefusal]:
    lot = world.issue(activity_id=SCENARIO)
    purpose = CancellationPurpose.ETS_COMPLIANCE
    refusal = refusals.ReductionLedger_PurposeNotAllowed(lot, ReductionClass.II, purpose)
    return world.move("cancel_for", lot_id=lot, purpose=purpose, grams=5000), refusal


@case
def a_receiver_is_active(world: World) -> tuple[Move, ContractRefusal]:
    lot = world.issue()
    world.do("freeze_account", account=BUYER)
    refusal = refusals.AccountRegistry_NotActive(BUYER, AccountStatus.FROZEN)
    return world.move("transfer_for", lot_id=lot, grams=5000), refusal


def with_frozen_lot(function: str) -> Case:
    """A move with a lot that the regulator froze."""

    def make(world: World) -> tuple[Move, ContractRefusal]:
        lot = world.issue()
        world.do("freeze_lot", lot_id=lot)
        return world.move(function, lot_id=lot), refusals.ReductionLedger_LotFrozen(lot)

    return make


for function in ("transfer_for", "cancel_for", "freeze_lot"):
    CASES[f"{function}_of_a_frozen_lot"] = with_frozen_lot(function)


# Exactly once


@case
def an_id_is_not_used_for_other_content(world: World) -> tuple[Move, ContractRefusal]:
    applied = world.do("freeze_account")
    move = world.move("unfreeze_account", operation_id=applied.operation_id)
    return move, conflict(world, move)


@case
def an_id_is_not_used_by_another_ledger(world: World) -> tuple[Move, ContractRefusal]:
    lot = world.issue()
    applied = world.do("freeze_account")
    move = world.move("freeze_lot", lot_id=lot, operation_id=applied.operation_id)
    return move, conflict(world, move)


@case
def an_id_is_not_used_with_another_record(world: World) -> tuple[Move, ContractRefusal]:
    world.do("freeze_account")
    move = world.moves[-1].changed(record_hash=RecordHash(some_hash("another record")))
    return move, conflict(world, move)


def conflict(world: World, move: Move) -> ContractRefusal:
    """The digests are the model's own: the contracts have others, over calldata."""
    state = world.model.state()
    recorded = state.operations[move.operation_id]
    assert recorded is not None
    return refusals.TransparencyLog_OperationConflict(move.operation_id, recorded, world.digest_of(move))


def zero_id(function: str, **arguments: object) -> Case:
    """An operation with id zero, which is refused after every other check."""
    return lambda world: (
        world.move(function, operation_id=ZERO_HASH, **arguments),
        refusals.TransparencyLog_ZeroOperationId(),
    )


CASES["zero_id"] = zero_id("freeze_account")
CASES["zero_id_and_record"] = zero_id("freeze_account", record_hash=NO_RECORD)


@case
def an_operation_has_a_record(world: World) -> tuple[Move, ContractRefusal]:
    move = world.move("freeze_account", record_hash=NO_RECORD)
    return move, refusals.TransparencyLog_ZeroRecordHash(move.operation_id)


@case
def a_rule_is_checked_before_id_and_record(world: World) -> tuple[Move, ContractRefusal]:
    move = world.move("unfreeze_account", record_hash=NO_RECORD, operation_id=ZERO_HASH)
    return move, refusals.AccountRegistry_WrongStatus(HOLDER, AccountStatus.ACTIVE, AccountStatus.FROZEN)


CASES |= POINT_CASES
