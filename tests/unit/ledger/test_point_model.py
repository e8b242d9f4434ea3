"""Points in the reference model: what each operation does, its leaves, and that broken books are seen."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ledger import encoding
from ledger.batches import NO_ENTRIES
from ledger.ids import ZERO_ADDRESS, ZERO_HASH, Hash32, LotId
from ledger.model import ModelState, PointTotals, broken_invariants
from ledger.vocabulary import BatchKind, CancellationPurpose, ReductionClass
from tests.fakes.ledger_world import (
    BEHAVIOUR,
    BIKES,
    BUYER,
    CAMPAIGN,
    CONTRACTS,
    PROJECT,
    TODAY,
    World,
    commitment,
)

I, II = ReductionClass.I, ReductionClass.II  # noqa: E741 - the classes are called so


@pytest.fixture
def world() -> World:
    return World().standard().with_points()


def totals(world: World, reduction_class: ReductionClass = II) -> PointTotals:
    assert broken_invariants(world.model.state()) == []
    return world.model.point_totals(reduction_class)


def test_full_tonnes_of_a_pool_are_bought_back_whoever_filled_it(world: World) -> None:
    """G6: 999,999 stay; one more makes a lot of exactly a tonne; the remainder is kept."""
    world.earn(4_000_000)
    filled = world.do("redeem_points", commitment=commitment(999_999))
    assert filled.set_off is None
    assert world.model.pool(BUYER, II) == 999_999
    one_more = world.do("redeem_points", commitment=commitment(1))
    assert one_more.set_off is not None
    assert world.model.pool(BUYER, II) == 0
    many = world.do("redeem_points", commitment=commitment(2_000_007))
    assert many.set_off is not None
    assert world.model.pool(BUYER, II) == 7
    lots = world.model.state().lots
    assert [lots[LotId(leaf.set_off.subject)].issued_grams for leaf in (one_more, many) if leaf.set_off] == [
        1_000_000,
        2_000_000,
    ]
    assert totals(world) == PointTotals(
        issued_grams=4_001_000,
        personal_grams=1_000_993,
        pooled_by_providers_grams=7,
        bought_back_grams=3_000_000,
    )
    assert world.model.totals(II).bought_back_grams == world.model.held_grams(BUYER) == 3_000_000


def test_classes_never_meet(world: World) -> None:
    world.earn(900, activity_id=PROJECT)
    world.earn(1_500_000)
    world.do("redeem_points", commitment=commitment(999_500))
    world.do("redeem_points", reduction_class=I, commitment=commitment(600))
    assert (world.model.pool(BUYER, I), world.model.pool(BUYER, II)) == (600, 999_500)
    assert not world.model.state().lots
    world.do("redeem_points", commitment=commitment(500))
    (lot,) = world.model.state().lots.values()
    assert lot.reduction_class is II
    assert totals(world, I).personal_grams == 300


def test_the_first_points_fill_the_deficit(world: World) -> None:
    world.do("correct_points", grams=400, commitment=commitment(100))
    assert world.model.deficit_grams(world.model.debtor(BIKES)) == 300
    assert totals(world).personal_grams == 900
    world.earn(250)
    assert totals(world).personal_grams == 900
    world.earn(250)
    assert world.model.deficit_grams(world.model.debtor(BIKES)) == 0
    assert totals(world) == PointTotals(issued_grams=1500, personal_grams=1100, taken_back_grams=400)
    assert [batch.withheld_grams for batch in world.model.state().batches.values()] == [0, 0, 250, 50]


def test_points_fill_the_deficit_of_a_lot_and_the_other_way(world: World) -> None:
    lot = world.issue(1000)
    world.do("transfer_for", lot_id=lot, grams=900)
    world.do("correct", lot_id=lot, grams=500)
    world.earn(300, activity_id=PROJECT, first_day=TODAY - 9, last_day=TODAY - 9)
    assert world.model.deficit_grams(world.model.debtor(PROJECT)) == 100
    assert totals(world, I).personal_grams == 0
    world.do("correct_points", batch_number=world.model.batch_count, grams=40)
    issued = world.issue(200, first_day=TODAY - 5, last_day=TODAY - 5)
    taken = world.model.state().lots[issued].taken_back_grams
    assert taken == 140
    assert broken_invariants(world.model.state()) == []


def test_each_entry_that_is_cancelled_has_a_certificate(world: World) -> None:
    world.do("cancel_points", commitment=commitment(90, entry_count=7))
    world.do("donate_points")
    world.do("cancel_campaign")
    world.do("cancel_points", commitment=commitment(9, entry_count=2))
    assert world.model.certificate_count == 10
    firsts = [one.first_certificate for one in world.model.state().batches.values() if one.kind is BatchKind.CANCEL]
    assert firsts == [1, 9]
    assert set(world.model.state().campaign_cancellations) == {8}
    assert totals(world).cancelled_grams == 299


def test_a_closed_campaign_s_pool_is_still_cancelled_for_it(world: World) -> None:
    world.do("donate_points")
    world.do("close_campaign")
    assert world.do("cancel_campaign").grams == 200
    assert world.model.campaign_pool(CAMPAIGN, II) == 0


def test_a_closed_provider_is_admitted_again_to_its_pool(world: World) -> None:
    world.do("redeem_points")
    world.do("close_provider")
    world.do("admit_provider")
    world.do("redeem_points")
    assert world.model.pool(BUYER, II) == 600


def test_a_snapshot_may_name_any_batch(world: World) -> None:
    world.do("redeem_points")
    world.do("take_snapshot", after_batch=1, commitment=commitment(1000))
    world.do("take_snapshot", after_batch=2, commitment=commitment(700))
    assert world.model.latest_snapshot(II) == 4
    assert world.model.latest_snapshot(I) == 0
    assert totals(world).personal_grams == 700


def test_behaviour_value_is_no_grams(world: World) -> None:
    """M19."""
    before = totals(world)
    world.make(world.feed("record_behaviour", total=40))
    world.make(world.feed("record_behaviour", total=2, entry_count=2))
    assert world.model.behaviour_value(BEHAVIOUR) == 42
    assert totals(world) == before
    activity = world.model.activity(BEHAVIOUR)
    assert activity is not None
    assert activity.issued_grams == 0
    assert not world.model.is_earned(BEHAVIOUR, TODAY - 350)


def test_leaves(world: World) -> None:
    """docs/spec/05-points.md §5.4."""
    earned = world.make(world.feed(total=2_000_000, first_day=TODAY - 3, last_day=TODAY - 2))
    behaviour = world.make(world.feed("record_behaviour", total=40))
    redeemed = world.do("redeem_points", commitment=commitment(1_500_000))
    donated = world.do("donate_points")
    cancelled = world.do("cancel_points", commitment=commitment(90, entry_count=7))
    corrected = world.do("correct_points", grams=50, commitment=commitment(20))
    after = world.model.point_totals(II).personal_grams
    snapshot = world.do("take_snapshot", after_batch=world.model.batch_count, commitment=commitment(after))
    campaign = world.do("cancel_campaign")
    assert redeemed.set_off is not None
    buy_back = encoding.buy_back_operation_id(redeem_id=redeemed.operation_id)
    lot = encoding.buy_back_lot_id(
        chain_id=CONTRACTS.chain_id, ledger=CONTRACTS.reduction_ledger, operation_id=buy_back, reduction_class=II
    )
    certificate = encoding.campaign_cancellation_subject(
        certificate_number=8,
        campaign_id=CAMPAIGN,
        reduction_class=II,
        purpose=CancellationPurpose.EVENT_NEUTRALITY,
    )
    state = world.model.state()

    def subject(number: int) -> Hash32:
        batch = state.batches[number]
        return encoding.batch_subject(
            batch_number=number,
            kind=batch.kind,
            reduction_class=II,
            party=batch.party,
            root=batch.commitment.root,
            total=batch.commitment.total,
            entry_count=batch.commitment.entry_count,
            file_hash=batch.commitment.file_hash,
            withheld_grams=batch.withheld_grams,
            first_certificate=batch.first_certificate,
        )

    expected = [
        (earned, 80, subject(2), ZERO_ADDRESS, 2_000_000),
        (behaviour, 85, subject(3), ZERO_ADDRESS, 0),
        (redeemed.set_off, 56, lot, BUYER, 1_000_000),
        (redeemed, 81, subject(4), BUYER, 1_500_000),
        (donated, 82, subject(5), ZERO_ADDRESS, 200),
        (cancelled, 83, subject(6), ZERO_ADDRESS, 90),
        (corrected, 84, subject(7), ZERO_ADDRESS, 50),
        (snapshot, 86, subject(8), ZERO_ADDRESS, after),
        (campaign, 87, certificate, ZERO_ADDRESS, 200),
    ]
    for leaf, kind, its_subject, to_account, grams in expected:
        assert (leaf.kind, leaf.subject, leaf.from_account, leaf.to_account, leaf.grams) == (
            *(kind, its_subject, ZERO_ADDRESS, to_account, grams),
        )
        on_reductions = kind == 56
        assert leaf.ledger == (CONTRACTS.reduction_ledger if on_reductions else CONTRACTS.point_ledger)
    assert redeemed.set_off.index + 1 == redeemed.index
    assert redeemed.set_off.operation_id == buy_back
    assert redeemed.set_off.record_hash == redeemed.record_hash


def test_parties(world: World) -> None:
    world.do("redeem_points")
    world.do("donate_points")
    world.do("cancel_points")
    world.do("correct_points", batch_number=1)
    world.do("take_snapshot", after_batch=1, commitment=commitment(1000))
    parties = [batch.party for batch in world.model.state().batches.values()]
    number = Hash32(bytes(31) + b"\x01")
    assert parties == [BIKES, BUYER.padded, CAMPAIGN, ZERO_HASH, number, number]


# Broken books


def changed_batch(number: int, **changes: Any) -> Callable[[ModelState], ModelState]:
    return lambda state: replace(state, batches={**state.batches, number: replace(state.batches[number], **changes)})


def changed_totals(**changes: int) -> Callable[[ModelState], ModelState]:
    def change(state: ModelState) -> ModelState:
        told = state.point_totals[II]
        added = {name: getattr(told, name) + grams for name, grams in changes.items()}
        return replace(state, point_totals={**state.point_totals, II: replace(told, **added)})

    return change


def without_last_batch(state: ModelState) -> ModelState:
    return replace(state, batches={key: one for key, one in state.batches.items() if key != 2})


def with_another_pool(state: ModelState) -> ModelState:
    return replace(state, provider_pools={(BUYER, II): 301})


def with_a_tonne_in_a_pool(state: ModelState) -> ModelState:
    pools = {(BUYER, II): 1_000_300, (ZERO_ADDRESS, II): -1_000_000}
    return replace(state, provider_pools=pools)


def credited_both_ways(state: ModelState) -> ModelState:
    return replace(state, credited_days=dict(state.earned_days))


def without_earned_days(state: ModelState) -> ModelState:
    return replace(state, earned_days={})


def activity_forgets(state: ModelState) -> ModelState:
    bikes = replace(state.activities[BIKES], issued_grams=0)
    return replace(state, activities={**state.activities, BIKES: bikes})


def root_twice(state: ModelState) -> ModelState:
    first, second = state.batches[2], state.batches[3]
    again = replace(second, commitment=replace(second.commitment, root=first.commitment.root))
    return replace(state, batches={**state.batches, 3: again})


def certificate_twice(state: ModelState) -> ModelState:
    (cancellation,) = state.campaign_cancellations.values()
    return replace(state, campaign_cancellations={1: replace(cancellation, number=1)})


@pytest.mark.parametrize(
    ("spoil", "number"),
    [
        (changed_totals(issued_grams=1), "13"),
        (changed_totals(personal_grams=1, cancelled_grams=-1), "14"),
        (with_another_pool, "15"),
        (with_a_tonne_in_a_pool, "15"),
        (without_last_batch, "16"),
        (changed_batch(1, personal_class_ii_grams=999), "16"),
        (changed_batch(1, corrected_grams=1001), "16"),
        (changed_batch(5, commitment=commitment(701)), "17"),
        (credited_both_ways, "18"),
        (without_earned_days, "18"),
        (activity_forgets, "19"),
        (certificate_twice, "4"),
        (root_twice, "20"),
        (changed_batch(4, first_certificate=50), "4"),
        (changed_batch(1, withheld_grams=1), "8"),
    ],
)
def test_broken_books_are_seen(world: World, spoil: Callable[[ModelState], ModelState], number: str) -> None:
    world.do("redeem_points")
    world.do("donate_points")
    world.do("cancel_points")
    world.do("take_snapshot", after_batch=2, commitment=commitment(700))
    world.do("cancel_campaign")
    assert broken_invariants(world.model.state()) == []
    broken = broken_invariants(spoil(world.model.state()))
    assert number in {sentence.partition(":")[0] for sentence in broken}, broken


def test_a_correction_that_takes_nothing(world: World) -> None:
    world.do("correct_points", grams=1000, commitment=NO_ENTRIES)
    assert totals(world).personal_grams == 1000
    assert world.model.state().batches[1].corrected_grams == 1000
