"""The model: every refusal once, exactly once, nothing half-done, leaves, copies."""

from itertools import product

import pytest

from ledger import encoding, refusals
from ledger.ids import ZERO_ADDRESS, LotId, OperationId
from ledger.model import ClassTotals, LedgerModel, broken_invariants
from ledger.refusals import REFUSALS, ContractRefusal
from ledger.vocabulary import (
    CancellationPurpose,
    OperationKind,
    ProposalStatus,
    ReductionClass,
    Role,
)
from tests.fakes.ledger_refusals import CASES
from tests.fakes.ledger_world import (
    BUYER,
    CONTRACTS,
    DEFAULTS,
    HOLDER,
    KEYS,
    NOW,
    OPERATOR,
    PERIOD,
    PROJECT,
    PROJECT_METHODOLOGY,
    SCENARIO,
    SENDERS,
    STRANGER,
    TODAY,
    World,
)

IN_OTHER_TESTS = {"AccessManagedUnauthorized", "ReductionLedger_SameProposerAndConfirmer"}
MET_BY_NO_OPERATION = {
    "AccountRegistry_SourceKnown",
    "ActivityRegistry_CorrectionExceedsIssued",
    "AccessManagerUnauthorizedAccount",
    "ReductionLedger_UseOperations",
    "SeparatedAccessManager_ExecuteClosed",
    "SeparatedAccessManager_IncompatibleRoles",
    "TransparencyLog_SizeNotReached",
}
"""Refusals that no operation can meet: of the wiring, of reads, and of closed doors."""


@pytest.fixture
def world() -> World:
    return World().standard()


@pytest.mark.parametrize("name", CASES)
def test_refused(world: World, name: str) -> None:
    move, expected = CASES[name](world)
    before = world.model.state()
    with pytest.raises(type(expected)) as caught:
        move.apply(world.model)
    assert caught.value == expected
    assert world.model.state() == before


def test_every_refusal_has_a_case() -> None:
    met = {type(CASES[name](World().standard())[1]).__name__ for name in CASES}
    assert met | IN_OTHER_TESTS | MET_BY_NO_OPERATION == set(REFUSALS)


RESTRICTED = {name: sender for name, sender in SENDERS.items() if isinstance(sender, Role)}


@pytest.mark.parametrize(("function", "role"), list(product(RESTRICTED, KEYS)))
def test_only_the_body_may(world: World, function: str, role: Role) -> None:
    """Docs/spec/01-concepts.md §1.1: the right role is asked for other things, another role gets no further."""
    move = world.move(function, sender=KEYS[role])
    if role is RESTRICTED[function]:
        try:
            move.apply(world.model)
        except ContractRefusal as refusal:
            assert not isinstance(refusal, refusals.AccessManagedUnauthorized)  # noqa: PT017
    else:
        with pytest.raises(refusals.AccessManagedUnauthorized) as caught:
            move.apply(world.model)
        assert caught.value.caller == KEYS[role]


def test_every_operation_is_in_the_world() -> None:
    assert set(DEFAULTS) == set(SENDERS)
    # Transfer and cancel are each by the holder and by the platform; a buy-back is set off by a redemption.
    assert len(SENDERS) == len(OperationKind) + 2 - 1


# Exactly once


def test_a_repeated_operation_changes_nothing(world: World) -> None:
    lot = world.issue()
    world.do("cancel_for", lot_id=lot)
    before = world.model.state()
    for move in world.moves:
        assert move.apply(world.model) is None
    assert world.model.state() == before
    assert world.model.was_applied(world.moves[0].operation_id)
    assert not world.model.was_applied(OperationId(b"\x09" * 32))


def test_a_repeated_operation_still_needs_the_role(world: World) -> None:
    world.do("freeze_account")
    world.model.revoke_role(sender=KEYS[Role.ADMINISTRATOR], account=KEYS[Role.REGULATOR], role=Role.REGULATOR)
    with pytest.raises(refusals.AccessManagedUnauthorized):
        world.moves[-1].apply(world.model)


def test_an_id_of_unknown_content_counts_as_repeated(world: World) -> None:
    move = world.move("freeze_account")
    state = world.model.state()
    known = {**state.operations, move.operation_id: None}
    model = LedgerModel.load(CONTRACTS, type(state)(accounts=state.accounts, operations=known, roles=state.roles), NOW)
    assert move.apply(model) is None
    assert model.log_size == 0


# Two bodies


def test_the_proposing_key_never_confirms_whatever_roles_it_has_had(world: World) -> None:
    """M11: the key that proposed changes its role in between."""
    proposed = world.do("propose_issuance")
    administrator, centre = KEYS[Role.ADMINISTRATOR], KEYS[Role.TECHNICAL_CENTRE]
    with pytest.raises(refusals.SeparatedAccessManager_IncompatibleRoles) as caught:
        world.model.grant_role(sender=administrator, account=centre, role=Role.REGULATOR)
    assert (caught.value.held, caught.value.given) == (Role.TECHNICAL_CENTRE, Role.REGULATOR)
    world.model.revoke_role(sender=administrator, account=centre, role=Role.TECHNICAL_CENTRE)
    world.model.grant_role(sender=administrator, account=centre, role=Role.REGULATOR)
    move = world.move("confirm_issuance", sender=centre, proposal_id=proposed.operation_id)
    with pytest.raises(refusals.ReductionLedger_SameProposerAndConfirmer) as refused:
        move.apply(world.model)
    assert refused.value.key == centre
    with pytest.raises(refusals.SeparatedAccessManager_IncompatibleRoles):
        world.model.grant_role(sender=administrator, account=centre, role=Role.TECHNICAL_CENTRE)


def test_only_the_administrator_changes_roles(world: World) -> None:
    for change in (world.model.grant_role, world.model.revoke_role):
        with pytest.raises(refusals.AccessManagerUnauthorizedAccount) as caught:
            change(sender=KEYS[Role.REGULATOR], account=STRANGER, role=Role.PLATFORM)
        assert caught.value == refusals.AccessManagerUnauthorizedAccount(KEYS[Role.REGULATOR], 0)


def test_a_model_is_not_made_with_roles_that_exclude_each_other() -> None:
    with pytest.raises(refusals.SeparatedAccessManager_IncompatibleRoles):
        LedgerModel(CONTRACTS, {STRANGER: [Role.REGULATOR, Role.TECHNICAL_CENTRE]}, NOW)


# What operations do


def test_a_whole_life_of_a_gram(world: World) -> None:
    lot_id = world.issue(1000)
    lot = world.model.lot(lot_id)
    assert lot is not None
    assert (lot.first_serial, lot.issued_grams, lot.credited_account) == (1, 1000, OPERATOR)
    world.do("transfer_for", lot_id=lot_id, to=HOLDER, grams=300)
    world.do("transfer", lot_id=lot_id, grams=100)
    world.do("cancel", lot_id=lot_id, grams=50, purpose=CancellationPurpose.ETS_COMPLIANCE)
    world.do("cancel_for", lot_id=lot_id, grams=700, purpose=CancellationPurpose.EVENT_NEUTRALITY)
    balances = [world.model.balance(account, lot_id) for account in (OPERATOR, HOLDER, BUYER)]
    assert balances == [0, 150, 100]
    assert [world.model.held_grams(account) for account in (OPERATOR, HOLDER, BUYER)] == balances
    certificates = [world.model.certificate(number) for number in (1, 2)]
    assert [(one.first_serial, one.grams) for one in certificates if one] == [(1, 50), (51, 700)]
    assert world.model.certificate(3) is None
    assert world.model.certificate_count == 2
    assert world.model.next_serial == 1001
    assert world.model.totals(ReductionClass.I) == ClassTotals(issued_grams=1000, held_grams=250, cancelled_grams=750)
    assert world.model.totals(ReductionClass.II) == ClassTotals()
    assert broken_invariants(world.model.state()) == []


def test_a_facility_registered_anew_owes_what_is_found_wrong_later(world: World) -> None:
    first = world.issue(1000)
    world.do("transfer_for", lot_id=first, grams=1000)
    world.do("close_activity")
    world.do("register_activity", code="PV-NEXT")
    successor = encoding.activity_id(code="PV-NEXT")
    world.do("correct", lot_id=first, grams=300)
    assert world.model.deficit_grams(world.model.debtor(successor)) == 300
    second = world.issue(400, activity_id=successor, first_day=TODAY - 20, last_day=TODAY - 11)
    assert world.model.balance(OPERATOR, second) == 100
    assert world.model.deficit_grams(world.model.debtor(PROJECT)) == 0
    assert broken_invariants(world.model.state()) == []


def test_a_facility_with_the_id_of_an_activity_shares_neither_days_nor_deficit(world: World) -> None:
    world.do("register_activity", code="PV-TWIN", facility_id=SCENARIO)
    twin = encoding.activity_id(code="PV-TWIN")
    owing = world.issue(400, activity_id=twin)
    world.do("transfer_for", lot_id=owing, grams=400)
    world.do("correct", lot_id=owing, grams=300)
    lot = world.issue(400, activity_id=SCENARIO)
    assert world.model.balance(OPERATOR, lot) == 400
    assert [world.model.deficit_grams(world.model.debtor(activity)) for activity in (twin, SCENARIO)] == [300, 0]
    assert broken_invariants(world.model.state()) == []


def test_a_correction_takes_back_what_is_left_and_later_issuance_fills_the_rest(world: World) -> None:
    first = world.issue(1000)
    world.do("transfer_for", lot_id=first, grams=900)
    world.do("freeze_account", account=OPERATOR)
    world.do("correct", lot_id=first, grams=600)
    activity = world.model.activity(PROJECT)
    assert activity is not None
    assert (activity.corrected_grams, world.model.deficit_grams(world.model.debtor(PROJECT))) == (600, 500)
    assert world.model.balance(OPERATOR, first) == 0
    world.do("unfreeze_account", account=OPERATOR)
    second = world.issue(400, first_day=TODAY - 20, last_day=TODAY - 11)
    third = world.issue(300, first_day=TODAY - 10, last_day=TODAY - 1)
    assert [world.model.balance(OPERATOR, lot) for lot in (second, third)] == [0, 200]
    lots = [world.model.lot(lot) for lot in (first, second, third)]
    assert [(lot.issued_grams, lot.taken_back_grams) for lot in lots if lot] == [(1000, 100), (400, 400), (300, 100)]
    assert world.model.deficit_grams(world.model.debtor(PROJECT)) == 0
    assert world.model.totals(ReductionClass.I) == ClassTotals(issued_grams=1700, held_grams=1100, taken_back_grams=600)
    assert broken_invariants(world.model.state()) == []


def test_a_frozen_lot_can_be_corrected(world: World) -> None:
    lot = world.issue(1000)
    world.do("freeze_lot", lot_id=lot)
    world.do("correct", lot_id=lot, grams=1000)
    assert world.model.held_grams(OPERATOR) == 0
    with pytest.raises(refusals.ReductionLedger_CorrectionExceedsLot):
        world.move("correct", lot_id=lot, grams=1).apply(world.model)


def test_a_correction_makes_room_under_the_cap(world: World) -> None:
    lot = world.issue(10_000)
    days = {"first_day": TODAY - 9, "last_day": TODAY - 1}
    with pytest.raises(refusals.ActivityRegistry_CapExceeded):
        world.move("propose_issuance", grams=1, **days).apply(world.model)
    world.do("correct", lot_id=lot, grams=4000)
    world.issue(4000, **days)


def test_a_facility_is_free_again_after_its_activity_ended(world: World) -> None:
    world.issue()
    assert world.model.is_credited(PROJECT, PERIOD[0])
    assert not world.model.is_credited(PROJECT, PERIOD[0] - 1)
    world.do("withdraw_activity")
    world.do("register_activity", code="PV-2")
    other = encoding.activity_id(code="PV-2")
    registered = world.model.activity(other)
    assert registered is not None
    assert world.model.live_activity(registered.registration.facility_id) == other
    assert world.model.is_credited(other, PERIOD[1])


def test_a_revision_leaves_what_the_old_version_issued(world: World) -> None:
    """M8."""
    lot_id = world.issue()
    before = world.model.lot(lot_id)
    world.do("publish_methodology", version=2, reduction_class=ReductionClass.II)
    world.do("withdraw_methodology")
    assert world.model.lot(lot_id) == before
    assert world.model.methodology(PROJECT_METHODOLOGY) != world.model.methodology(
        encoding.methodology_id(code="PV", version=2)
    )
    world.do("cancel_for", lot_id=lot_id, purpose=CancellationPurpose.ETS_COMPLIANCE)


def test_the_last_serial_can_be_used(world: World) -> None:
    scenario = {key: value for key, value in world.moves[7].arguments.items() if key not in {"operation_id", "sender"}}
    world.do("register_activity", **scenario | {"code": "BIG-1", "cap_grams": 2**63 - 1})
    world.issue(2**63 - 2, activity_id=encoding.activity_id(code="BIG-1"))
    assert world.model.next_serial == 2**63 - 1


# Leaves: docs/spec/03-encodings.md §3.4

LEDGERS = {
    range(1, 16): CONTRACTS.account_registry,
    range(16, 32): CONTRACTS.methodology_registry,
    range(32, 48): CONTRACTS.activity_registry,
    range(48, 64): CONTRACTS.reduction_ledger,
    range(64, 72): CONTRACTS.provider_registry,
    range(72, 80): CONTRACTS.campaign_registry,
    range(80, 88): CONTRACTS.point_ledger,
}


def test_leaves(world: World) -> None:
    proposed = world.do("propose_issuance", grams=500)
    rejected = world.do("reject_issuance", proposal_id=proposed.operation_id)
    proposed = world.do("propose_issuance", grams=500)
    confirmed = world.do("confirm_issuance", proposal_id=proposed.operation_id)
    lot = LotId(confirmed.subject)
    transferred = world.do("transfer_for", lot_id=lot)
    cancelled = world.do("cancel_for", lot_id=lot, grams=7)
    corrected = world.do("correct", lot_id=lot, grams=9)
    frozen = world.do("freeze_lot", lot_id=lot)
    account = world.do("freeze_account")
    methodology = world.do("withdraw_methodology")
    activity = world.do("close_activity")
    certificate = encoding.certificate_subject(
        certificate_number=1, lot_id=lot, purpose=CancellationPurpose.VOLUNTARY_OFFSET, first_serial=1
    )
    none = ZERO_ADDRESS
    expected = {
        proposed: (48, PROJECT, none, none, 500),
        confirmed: (49, lot, none, OPERATOR, 500),
        rejected: (50, world.moves[-11].operation_id, none, none, 0),
        transferred: (51, lot, OPERATOR, BUYER, 100),
        cancelled: (52, certificate, OPERATOR, none, 7),
        corrected: (53, lot, OPERATOR, none, 9),
        frozen: (54, lot, none, none, 0),
        account: (2, HOLDER.padded, none, none, 0),
        methodology: (17, PROJECT_METHODOLOGY, none, none, 0),
        activity: (35, PROJECT, none, none, 0),
    }
    for leaf, (kind, subject, source, target, grams) in expected.items():
        assert (leaf.kind, leaf.subject, leaf.from_account, leaf.to_account, leaf.grams) == (
            *(kind, subject, source, target, grams),
        )
        assert leaf.timestamp == NOW
        assert leaf.ledger == next(ledger for kinds, ledger in LEDGERS.items() if leaf.kind in kinds)


def test_each_operation_has_one_leaf_at_the_next_place(world: World) -> None:
    size = world.model.log_size
    assert size == len(world.moves)
    root = world.model.log_root()
    assert world.do("freeze_account").index == size
    assert world.model.log_size == size + 1
    assert world.model.log_root() != root


# Copies


def test_a_fork_does_not_touch_what_it_was_made_from(world: World) -> None:
    lot = world.issue()
    before, root = world.model.state(), world.model.log_root()
    trial = world.model.fork()
    world.move("cancel_for", lot_id=lot).apply(trial)
    further = trial.fork()
    world.move("cancel_for", lot_id=lot).apply(further)
    assert (world.model.certificate_count, trial.certificate_count, further.certificate_count) == (0, 1, 2)
    assert world.model.state() == before
    assert world.model.log_root() == root
    trial.merge(further)
    world.model.merge(trial)
    assert world.model.state() == further.state()
    assert world.model.log_root() == further.log_root()
    assert world.model.balance(OPERATOR, lot) == 800
    assert world.model.totals(ReductionClass.I).cancelled_grams == 200


def test_a_fork_that_is_dropped_leaves_nothing(world: World) -> None:
    trial = world.model.fork()
    world.move("freeze_account").apply(trial)
    world.do("freeze_account")


def test_a_loaded_model_goes_on(world: World) -> None:
    lot = world.issue()
    world.do("cancel_for", lot_id=lot)
    world.do("suspend_activity")
    loaded = LedgerModel.load(CONTRACTS, world.model.state(), NOW)
    assert loaded.state() == world.model.state()
    moves = [
        world.move("cancel_for", lot_id=lot),
        world.move("publish_methodology", version=2),
        world.move("resume_activity"),
        world.move("propose_issuance", first_day=TODAY - 9, last_day=TODAY - 1),
        world.move("transfer_for", lot_id=lot),
    ]
    for move in moves:
        assert move.apply(loaded) == move.apply(world.model)
    assert loaded.state() == world.model.state()
    assert [loaded.totals(cls) for cls in ReductionClass] == [world.model.totals(cls) for cls in ReductionClass]
    assert loaded.held_grams(OPERATOR) == world.model.held_grams(OPERATOR)
    for model in (loaded, world.model):
        with pytest.raises(refusals.AccountRegistry_CommitmentInUse):
            world.move("open_account", account=STRANGER).apply(model)
        with pytest.raises(refusals.ActivityRegistry_FacilityTaken):
            world.move("register_activity", code="PV-2").apply(model)


def test_nothing_is_known_of_what_never_was() -> None:
    model = World().model
    assert model.methodology(PROJECT_METHODOLOGY) is None
    assert model.activity(PROJECT) is None
    assert model.proposal(OperationId(b"\x01" * 32)) is None
    assert model.lot(LotId(b"\x01" * 32)) is None
    assert model.account(HOLDER).status.label == "unknown"
    assert model.held_grams(HOLDER) == 0
    assert model.log_root() == encoding.EMPTY_ROOT


def test_proposals_are_kept(world: World) -> None:
    proposed = world.do("propose_issuance")
    world.do("confirm_issuance", proposal_id=proposed.operation_id)
    proposal = world.model.proposal(proposed.operation_id)
    assert proposal is not None
    assert (proposal.status, proposal.proposer) == (ProposalStatus.CONFIRMED, KEYS[Role.TECHNICAL_CENTRE])
