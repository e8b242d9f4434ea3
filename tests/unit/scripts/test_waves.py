"""What may be sent together, and that sending in waves ends as sending row by row does."""

from pathlib import Path

import pytest

from ledger.vocabulary import Role
from scripts.importing.actions import ACTIONS
from scripts.importing.check import APPLY
from scripts.importing.rows import RowPlan
from scripts.importing.waves import waves
from tests.unit.scripts.importing import ISSUANCE, ISSUED, RETIRED, RETIREMENT, Ledger, write


def plans(ledger: Ledger, folder: Path, mapping: str, data: str) -> list[RowPlan]:
    reader = ledger.reader(write(folder, "map.toml", mapping), write(folder, "data.csv", data))
    return [row for row in reader.rows() if isinstance(row, RowPlan)]


def shown(ledger: Ledger, folder: Path, mapping: str, data: str) -> list[dict[str, list[str]]]:
    return [
        {role.label: [f"{step.row[0]}:{step.action.label}" for step in steps] for role, steps in wave.items()}
        for wave in waves(plans(ledger, folder, mapping, data))
    ]


def test_every_action_can_be_tried_on_the_model() -> None:
    assert set(APPLY) == set(ACTIONS)


def test_steps_of_a_row_and_of_an_activity_keep_their_order(tmp_path: Path) -> None:
    assert shown(Ledger(), tmp_path, ISSUANCE, ISSUED) == [
        {"platform": ["2:open-account", "4:open-account"]},
        {"regulator": ["2:publish-methodology", "4:register-activity"]},
        {"regulator": ["2:register-activity"], "technical-centre": ["4:propose"]},
        {"technical-centre": ["2:propose"], "regulator": ["4:confirm"]},
        {"regulator": ["2:confirm"], "technical-centre": ["5:propose"]},
        {"technical-centre": ["3:propose"], "regulator": ["5:confirm"]},
        {"regulator": ["3:confirm"]},
    ]


def test_movements_of_different_holders_go_together(tmp_path: Path) -> None:
    ledger = Ledger()
    ledger.whole(write(tmp_path, "issuance.toml", ISSUANCE), write(tmp_path, "issued.csv", ISSUED))

    assert shown(ledger, tmp_path, RETIREMENT, RETIRED) == [
        {"platform": ["2:open-account", "3:open-account", "5:transfer"]},
        {"platform": ["2:transfer", "3:transfer", "5:cancel"]},
        {"platform": ["2:cancel", "3:cancel", "4:transfer"]},
        {"platform": ["4:cancel"]},
    ]


CHAIN = """
[mapping]
name = "chain"
[[operation]]
do = "freeze-account"
when = { what = { equals = "freeze" } }
account = "ref:{who}"
[[operation]]
do = "suspend-activity"
when = { what = { equals = "suspend" } }
activity = "PV-1"
[[operation]]
do = "transfer"
when = { what = { equals = "move" } }
from = "ref:{who}"
to = "ref:{whom}"
lot = "0x1111111111111111111111111111111111111111111111111111111111111111"
quantity = "1"
[[operation]]
do = "withdraw-methodology"
when = { what = { equals = "withdraw" } }
methodology = "PV@1"
[[operation]]
do = "propose"
when = { what = { equals = "propose" } }
activity = "PV-1"
first_day = "2025-01-01"
last_day = "2025-01-31"
quantity = "1"
"""


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        # nothing in common
        (["freeze,a,", "move,b,c"], [{"regulator": ["2:freeze-account"], "platform": ["3:transfer"]}]),
        # the giver is frozen first
        (["freeze,a,", "move,a,b"], [{"regulator": ["2:freeze-account"]}, {"platform": ["3:transfer"]}]),
        # the receiver gives on: one body's own order is enough
        (["move,a,b", "move,b,c"], [{"platform": ["2:transfer", "3:transfer"]}]),
        # frozen after it gave
        (["move,a,b", "freeze,b,"], [{"platform": ["2:transfer"]}, {"regulator": ["3:freeze-account"]}]),
        # an issuance reads the operator's account and the methodology
        (["propose,,", "freeze,a,"], [{"technical-centre": ["2:propose"]}, {"regulator": ["3:freeze-account"]}]),
        (["freeze,a,", "propose,,"], [{"regulator": ["2:freeze-account"]}, {"technical-centre": ["3:propose"]}]),
        (["propose,,", "withdraw,,"], [{"technical-centre": ["2:propose"]}, {"regulator": ["3:withdraw-methodology"]}]),
        # nothing passes what may touch everything
        (
            ["move,a,b", "suspend,,", "move,c,d"],
            [{"platform": ["2:transfer"]}, {"regulator": ["3:suspend-activity"]}, {"platform": ["4:transfer"]}],
        ),
    ],
)
def test_order_is_kept_where_it_matters(tmp_path: Path, rows: list[str], expected: list[dict[str, list[str]]]) -> None:
    assert shown(Ledger(), tmp_path, CHAIN, "\n".join(["what,who,whom", *rows])) == expected


def test_bodies_are_those_of_the_role_table(tmp_path: Path) -> None:
    for wave in waves(plans(Ledger(), tmp_path, ISSUANCE, ISSUED)):
        for role, steps in wave.items():
            assert role in {Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.PLATFORM}
            assert {step.action.role for step in steps} == {role}
