"""One broken state for each check of `broken_invariants`, pinned to the sentence that must name it."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from ledger.ids import ActivityId
from ledger.model import Activity, Certificate, Lot, ModelState, Registration, broken_invariants
from ledger.vocabulary import CancellationPurpose, ReductionClass
from tests.fakes.ledger_world import BUYER, OPERATOR, PROJECT, SCENARIO, TODAY, UNKNOWN_LOT, World, some_hash


@pytest.fixture(scope="module")
def state() -> ModelState:
    """Two lots of one project and one of a scenario, some of each cancelled, corrected and owed."""
    world = World().standard()
    first = world.issue(1000)
    second = world.issue(500, first_day=TODAY - 10, last_day=TODAY - 1)
    third = world.issue(800, activity_id=SCENARIO)
    for lot, grams in ((first, 100), (first, 50), (third, 300)):
        world.do("cancel_for", lot_id=lot, grams=grams)
    world.do("transfer_for", lot_id=second, grams=400)
    world.do("correct", lot_id=second, grams=300)
    return world.model.state()


Break = Callable[[ModelState], ModelState]


def lot(number: int, **changed: object) -> Break:
    """Changes the lot that was issued as the `number`th."""

    def change(state: ModelState) -> ModelState:
        lot_id = list(state.lots)[number]
        broken: Lot = replace(state.lots[lot_id], **changed)  # type: ignore[arg-type]
        return replace(state, lots={**state.lots, lot_id: broken})

    return change


def certificate(of: int, **changed: object) -> Break:
    """Changes a certificate."""

    def change(state: ModelState) -> ModelState:
        broken: Certificate = replace(state.certificates[of], **changed)  # type: ignore[arg-type]
        return replace(state, certificates={**state.certificates, of: broken})

    return change


def project(**changed: object) -> Break:
    """Changes the project."""

    def change(state: ModelState) -> ModelState:
        broken: Activity = replace(state.activities[PROJECT], **changed)  # type: ignore[arg-type]
        return replace(state, activities={**state.activities, PROJECT: broken})

    return change


def lower_cap(state: ModelState) -> ModelState:
    registration: Registration = replace(state.activities[PROJECT].registration, cap_grams=1199)
    return project(registration=registration)(state)


def second_live_activity(state: ModelState) -> ModelState:
    copy = state.activities[PROJECT]
    return replace(state, activities={**state.activities, ActivityId(some_hash("copy")): copy})


def balance(change: int) -> Break:
    """Changes what the operator holds of the first lot."""

    def broken(state: ModelState) -> ModelState:
        key = OPERATOR, next(iter(state.lots))
        return replace(state, balances={**state.balances, key: state.balances[key] + change})

    return broken


BROKEN: list[tuple[Break, str]] = [
    (balance(1), r"1, 3: balances of lot 0x\w+ add up to 851 g"),
    (balance(-851), r"3: account 0x\w+ holds -1 g"),
    (lambda state: replace(state, balances={**state.balances, (BUYER, UNKNOWN_LOT): 1}), r"3: lot 0x\w+ is held but"),
    (lot(0, cancelled_grams=1001), r"2: lot 0x\w+ has more cancelled and taken back than issued"),
    (lot(1, first_serial=1002), "2: a lot begins with serial 1002 and not with 1001"),
    (lot(1, first_serial=1000), "2: a lot begins with serial 1000 and not with 1001"),
    (lot(1, first_day=TODAY - 340), r"7: lot 0x\w+ credits a day that was credited before"),
    (lot(1, last_day=TODAY), "7: the credited days are not those of the lots"),
    (lambda state: replace(state, credited_days={}), "7: the credited days are not those of the lots"),
    (lower_cap, r"7: activity 0x\w+ exceeds its cap"),
    (lambda state: replace(state, deficits={}), r"8: debtor 0x\w+ owes 0 g and not 200 g"),
    (lot(1, corrected_grams=301), r"8: debtor 0x\w+ owes 200 g and not 201 g"),
    (second_live_activity, "9: a facility has two live activities"),
    (lambda state: replace(state, certificate_count=2), "4: certificate 3 is not one of 1 to 2"),
    (certificate(1, number=9), "4: certificate 1 is not one of"),
    (
        certificate(3, purpose=CancellationPurpose.ETS_COMPLIANCE),
        "6: certificate 3 cancels class II for ets-compliance",
    ),
    (lot(0, reduction_class=ReductionClass.NONE), "6: certificate 1 cancels class none for"),
    (certificate(1, first_serial=0), r"2: certificates of lot 0x\w+ leave the serials"),
    (certificate(2, grams=51), r"2: certificates of lot 0x\w+ leave the serials"),
    (certificate(1, grams=101), r"2: certificates of lot 0x\w+ share serials"),
    (certificate(2, first_serial=100), r"2: certificates of lot 0x\w+ share serials"),
]


def test_the_unbroken_state_is_whole(state: ModelState) -> None:
    assert broken_invariants(state) == []
    assert broken_invariants(ModelState()) == []


@pytest.mark.parametrize(("broken", "message"), BROKEN)
def test_broken(state: ModelState, broken: Break, message: str) -> None:
    found = broken_invariants(broken(state))
    assert any(re.match(message, sentence) for sentence in found), found
