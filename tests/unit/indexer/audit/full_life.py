"""A life in which everything happens."""

from __future__ import annotations

from ledger import encoding
from ledger.batches import NO_ENTRIES
from ledger.ids import ZERO_HASH, IdentityCommitment
from ledger.vocabulary import ActivityKind, CancellationPurpose, ReductionClass
from tests.fakes.event_logs import CONTRACTS
from tests.fakes.ledger_moves import begin
from tests.fakes.ledger_world import (
    BIKES,
    OTHER_HOLDER,
    SCENARIO_METHODOLOGY,
    TODAY,
    World,
    commitment,
    some_address,
    some_hash,
)

LATECOMER, IDENTITY = some_address("latecomer"), IdentityCommitment(some_hash("commitment of the latecomer"))
BIKES_AGAIN = {
    "kind": ActivityKind.REDUCTION_SCENARIO,
    "methodology_id": SCENARIO_METHODOLOGY,
    "facility_id": ZERO_HASH,
    "pledge_hash": ZERO_HASH,
}


def full_life(world: World | None = None) -> World:
    """Every operation that there is, at least once."""
    world = world or World(contracts=CONTRACTS)
    begin(world)
    lot = next(iter(world.model.state().lots))
    world.do("transfer", lot_id=lot, to=OTHER_HOLDER, grams=10)
    world.do("cancel", lot_id=lot, grams=20)
    world.do("cancel_for", lot_id=lot, grams=30, purpose=CancellationPurpose.EVENT_NEUTRALITY)
    world.do("correct", lot_id=lot, grams=2500)
    world.do("freeze_lot", lot_id=lot)
    world.do("unfreeze_lot", lot_id=lot)
    world.issue(700, first_day=TODAY - 20, last_day=TODAY - 15)
    world.do("propose_issuance", first_day=TODAY - 14, last_day=TODAY - 12, grams=5)
    world.do("reject_issuance", proposal_id=world.moves[-1].operation_id)
    world.do("redeem_points", commitment=commitment(1_200_000))
    world.do("donate_points")
    world.do("cancel_points", commitment=commitment(100, 2))
    world.do("take_snapshot", after_batch=6, commitment=commitment(personal(world)))
    world.do("correct_points", batch_number=1, grams=50, commitment=commitment(20))
    world.do("correct_points", batch_number=1, grams=30, commitment=NO_ENTRIES)
    world.earn(500)
    world.make(world.feed("record_behaviour"))
    world.do("cancel_campaign")
    world.do("close_campaign")
    world.do("suspend_provider")
    world.do("resume_provider")
    world.do("close_provider")
    world.do("freeze_account")
    world.do("unfreeze_account")
    world.do("open_account", account=LATECOMER, identity_commitment=IDENTITY)
    world.do("close_account", account=LATECOMER)
    world.do("suspend_activity", activity_id=BIKES)
    world.do("resume_activity", activity_id=BIKES)
    world.do("register_activity", code="BIKE-2", **BIKES_AGAIN)
    world.do("close_activity", activity_id=encoding.activity_id(code="BIKE-2"))
    world.do("register_activity", code="BIKE-3", **BIKES_AGAIN)
    world.do("withdraw_activity", activity_id=encoding.activity_id(code="BIKE-3"))
    world.do("publish_methodology", version=2)
    world.do("withdraw_methodology", methodology_id=encoding.methodology_id(code="PV", version=2))
    return world


def personal(world: World) -> int:
    return world.model.point_totals(ReductionClass.II).personal_grams
