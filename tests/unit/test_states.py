"""The tables of docs/spec/02-states.md: every step from every state, allowed or refused as written there."""

from itertools import product

import pytest

from ledger import refusals
from ledger.ids import LotId
from ledger.refusals import ContractRefusal
from ledger.vocabulary import AccountStatus, ActivityStatus, MethodologyStatus, ProposalStatus
from tests.fakes.ledger_world import HOLDER, PROJECT, PROJECT_METHODOLOGY, Move, World, some_hash

# 2.1 Account

ACCOUNT_STEPS = {
    "open_account": {AccountStatus.UNKNOWN: AccountStatus.ACTIVE},
    "freeze_account": {AccountStatus.ACTIVE: AccountStatus.FROZEN},
    "unfreeze_account": {AccountStatus.FROZEN: AccountStatus.ACTIVE},
    "close_account": {AccountStatus.ACTIVE: AccountStatus.CLOSED},
}

ACCOUNT_WAYS: dict[AccountStatus, list[str]] = {
    AccountStatus.UNKNOWN: [],
    AccountStatus.ACTIVE: ["open_account"],
    AccountStatus.FROZEN: ["open_account", "freeze_account"],
    AccountStatus.CLOSED: ["open_account", "close_account"],
}


@pytest.mark.parametrize(("step", "status"), list(product(ACCOUNT_STEPS, ACCOUNT_WAYS)))
def test_account(step: str, status: AccountStatus) -> None:
    world = World()
    for way in ACCOUNT_WAYS[status]:
        world.do(way)
    allowed = ACCOUNT_STEPS[step]
    if status in allowed:
        world.do(step)
        assert world.model.account(HOLDER).status is allowed[status]
    elif step == "open_account":
        refused(world, world.move(step), refusals.AccountRegistry_AlreadyOpened(HOLDER, status))
    else:
        (expected,) = allowed
        refused(world, world.move(step), refusals.AccountRegistry_WrongStatus(HOLDER, status, expected))


# 2.2 Methodology version


@pytest.mark.parametrize("status", MethodologyStatus)
def test_methodology(status: MethodologyStatus) -> None:
    world = World()
    for way in ["publish_methodology", "withdraw_methodology"][: int(status)]:
        world.do(way)
    publish, withdraw = world.move("publish_methodology"), world.move("withdraw_methodology")
    if status is MethodologyStatus.UNKNOWN:
        publish.apply(world.model.fork())
    else:
        refused(world, publish, refusals.MethodologyRegistry_VersionNotNext("PV", 1, 2))
    if status is MethodologyStatus.PUBLISHED:
        withdraw.apply(world.model)
        methodology = world.model.methodology(PROJECT_METHODOLOGY)
        assert methodology is not None
        assert methodology.status is MethodologyStatus.WITHDRAWN
    else:
        refusal = refusals.MethodologyRegistry_WrongStatus(PROJECT_METHODOLOGY, status, MethodologyStatus.PUBLISHED)
        refused(world, withdraw, refusal)


# 2.3 Activity

ACTIVITY_STEPS = {
    "register_activity": {ActivityStatus.UNKNOWN: ActivityStatus.ACTIVE},
    "suspend_activity": {ActivityStatus.ACTIVE: ActivityStatus.SUSPENDED},
    "resume_activity": {ActivityStatus.SUSPENDED: ActivityStatus.ACTIVE},
    "close_activity": {
        ActivityStatus.ACTIVE: ActivityStatus.CLOSED,
        ActivityStatus.SUSPENDED: ActivityStatus.CLOSED,
    },
    "withdraw_activity": {
        ActivityStatus.ACTIVE: ActivityStatus.WITHDRAWN,
        ActivityStatus.SUSPENDED: ActivityStatus.WITHDRAWN,
    },
    "propose_issuance": {ActivityStatus.ACTIVE: ActivityStatus.ACTIVE},
}

ACTIVITY_WAYS: dict[ActivityStatus, list[str]] = {
    ActivityStatus.UNKNOWN: [],
    ActivityStatus.ACTIVE: ["register_activity"],
    ActivityStatus.SUSPENDED: ["register_activity", "suspend_activity"],
    ActivityStatus.CLOSED: ["register_activity", "close_activity"],
    ActivityStatus.WITHDRAWN: ["register_activity", "suspend_activity", "withdraw_activity"],
}


def activity_refusal(step: str, status: ActivityStatus) -> ContractRefusal:
    match step:
        case "register_activity":
            return refusals.ActivityRegistry_AlreadyRegistered(PROJECT)
        case "suspend_activity":
            return refusals.ActivityRegistry_WrongStatus(PROJECT, status, ActivityStatus.ACTIVE)
        case "resume_activity":
            return refusals.ActivityRegistry_WrongStatus(PROJECT, status, ActivityStatus.SUSPENDED)
        case _:
            return refusals.ActivityRegistry_NotActive(PROJECT, status)


@pytest.mark.parametrize(("step", "status"), list(product(ACTIVITY_STEPS, ACTIVITY_WAYS)))
def test_activity(step: str, status: ActivityStatus) -> None:
    world = World().prepared()
    for way in ACTIVITY_WAYS[status]:
        world.do(way)
    allowed = ACTIVITY_STEPS[step]
    if status not in allowed:
        refused(world, world.move(step), activity_refusal(step, status))
        return
    world.do(step)
    activity = world.model.activity(PROJECT)
    assert activity is not None
    assert activity.status is allowed[status]
    ended = activity.status in {ActivityStatus.CLOSED, ActivityStatus.WITHDRAWN}
    assert (world.model.live_activity(activity.registration.facility_id) is None) == ended


# 2.4 Issuance proposal

PROPOSAL_WAYS: dict[ProposalStatus, list[str]] = {
    ProposalStatus.UNKNOWN: [],
    ProposalStatus.PROPOSED: [],
    ProposalStatus.CONFIRMED: ["confirm_issuance"],
    ProposalStatus.REJECTED: ["reject_issuance"],
}
PROPOSAL_STEPS = {"confirm_issuance": ProposalStatus.CONFIRMED, "reject_issuance": ProposalStatus.REJECTED}


@pytest.mark.parametrize(("step", "status"), list(product(PROPOSAL_STEPS, PROPOSAL_WAYS)))
def test_proposal(step: str, status: ProposalStatus) -> None:
    world = World().standard()
    known = status is not ProposalStatus.UNKNOWN
    proposal_id = world.do("propose_issuance").operation_id if known else some_hash("no proposal")
    for way in PROPOSAL_WAYS[status]:
        world.do(way, proposal_id=proposal_id)
    move = world.move(step, proposal_id=proposal_id)
    if status is ProposalStatus.PROPOSED:
        move.apply(world.model)
        proposal = world.model.proposal(proposal_id)
        assert proposal is not None
        assert proposal.status is PROPOSAL_STEPS[step]
    else:
        expected = ProposalStatus.PROPOSED
        refused(world, move, refusals.ReductionLedger_ProposalWrongStatus(proposal_id, status, expected))


# 2.5 Lot

LOT_REFUSALS: dict[tuple[str, str], type[ContractRefusal]] = {
    ("freeze_lot", "unknown"): refusals.ReductionLedger_UnknownLot,
    ("unfreeze_lot", "unknown"): refusals.ReductionLedger_UnknownLot,
    ("freeze_lot", "frozen"): refusals.ReductionLedger_LotFrozen,
    ("unfreeze_lot", "free"): refusals.ReductionLedger_LotNotFrozen,
}


@pytest.mark.parametrize(
    ("step", "status"), list(product(("freeze_lot", "unfreeze_lot"), ("unknown", "free", "frozen")))
)
def test_lot(step: str, status: str) -> None:
    world = World().standard()
    lot_id = LotId(some_hash("no lot")) if status == "unknown" else world.issue()
    if status == "frozen":
        world.do("freeze_lot", lot_id=lot_id)
    move = world.move(step, lot_id=lot_id)
    if refusal := LOT_REFUSALS.get((step, status)):
        with pytest.raises(refusal):
            move.apply(world.model)
        return
    move.apply(world.model)
    lot = world.model.lot(lot_id)
    assert lot is not None
    assert lot.frozen == (step == "freeze_lot")


def refused(world: World, move: Move, expected: ContractRefusal) -> None:
    with pytest.raises(type(expected)) as caught:
        move.apply(world.model)
    assert caught.value == expected
