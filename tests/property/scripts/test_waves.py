"""Sending in waves, whichever body's transactions come first within one, ends as applying row after row does."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from chain.operations import Operation
from ledger.model import LedgerModel
from ledger.vocabulary import Role
from scripts.importing.actions import Step
from scripts.importing.check import ModelCheck
from scripts.importing.rows import RowPlan
from scripts.importing.waves import waves
from tests.unit.scripts.importing import CONTRACTS, ISSUANCE, ISSUED, NOW, Ledger, write

MAPPING = """
[mapping]
name = "any"

[[operation]]
do = "freeze-account"
when = { what = { equals = "freeze" } }
account = "ref:{one}"

[[operation]]
do = "unfreeze-account"
when = { what = { equals = "unfreeze" } }
account = "ref:{one}"

[[operation]]
do = "freeze-lot"
when = { what = { equals = "freeze lot" } }
activity = "PV-1"
first_day = "2021-01-01"
last_day = "2021-12-31"

[[operation]]
do = "unfreeze-lot"
when = { what = { equals = "unfreeze lot" } }
activity = "PV-1"
first_day = "2021-01-01"
last_day = "2021-12-31"

[[operation]]
do = "correct"
when = { what = { equals = "correct" } }
activity = "PV-1"
first_day = "2021-01-01"
last_day = "2021-12-31"
quantity = "{tonnes}"

[[operation]]
do = "transfer"
when = { what = { one_of = ["move", "move and cancel"] } }
from = "ref:{one}"
to = "ref:{other}"
activity = "PV-1"
first_day = "2021-01-01"
last_day = "2021-12-31"
quantity = "{tonnes}"

[[operation]]
do = "cancel"
when = { what = { one_of = ["cancel", "move and cancel"] } }
account = "ref:{other}"
activity = "PV-1"
first_day = "2021-01-01"
last_day = "2021-12-31"
quantity = "{tonnes}"
purpose = "ets-compliance"
record = { compliance_year = "2025" }
"""

ACCOUNTS = ("alpha", "beta", "c1")
WORDS = ("freeze", "unfreeze", "freeze lot", "unfreeze lot", "correct", "move", "move", "cancel", "move and cancel")
Rows = list[tuple[str, str, str, int]]

any_rows: st.SearchStrategy[Rows] = st.lists(
    st.tuples(
        st.sampled_from(WORDS),
        st.sampled_from(ACCOUNTS),
        st.sampled_from(ACCOUNTS),
        st.sampled_from([1, 100, 250, 400]),
    ),
    max_size=12,
)


@cache
def _begun() -> Ledger:
    """400 t of PV-1 with alpha, and three open accounts."""
    ledger = Ledger()
    with TemporaryDirectory() as folder:
        path = Path(folder)
        accounts = (
            '[mapping]\nname = "a"\n[[operation]]\ndo = "open-account"\naccount = "ref:{n}"\nkind = "institution"\n'
        )
        ledger.whole(write(path, "issuance.toml", ISSUANCE), write(path, "issued.csv", ISSUED))
        ledger.whole(write(path, "accounts.toml", accounts), write(path, "accounts.csv", "n\nc1\n"))
    return ledger


def _plans(ledger: Ledger, rows: Rows) -> list[RowPlan]:
    with TemporaryDirectory() as folder:
        path = Path(folder)
        text = "\n".join(["what,one,other,tonnes", *(",".join(map(str, row)) for row in rows)])
        reader = ledger.reader(write(path, "map.toml", MAPPING), write(path, "data.csv", text))
        return [row for row in reader.rows() if isinstance(row, RowPlan)]


class Applied:
    """A ledger that steps are applied to; a row whose step is refused gets no further one."""

    def __init__(self, ledger: Ledger) -> None:
        self.model = LedgerModel.load(CONTRACTS, ledger.model.state(), NOW)
        self.refused: dict[tuple[int, int], str] = {}
        self._composer = ledger.composer
        self._check = ModelCheck(self.model)

    def send(self, steps: Sequence[Step]) -> None:
        """All at once: what becomes of one is not known when the next is sent."""
        for step in [step for step in steps if step.row not in self.refused]:
            error = self._check.try_row([(step, self._operation(step))])
            if error is not None:
                self.refused[step.row] = error.code

    def outcome(self) -> object:
        """Everything but what follows from the order on the chain: certificate numbers and the log."""
        state = self.model.state()
        plain = dataclasses.replace(state, certificates={}, log_peaks=())
        return plain, self.refused

    def _operation(self, step: Step) -> Operation:
        return step.compose(self._composer)


@settings(max_examples=150, deadline=None)
@given(any_rows, st.permutations([Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.PLATFORM]), st.booleans())
def test_waves_end_as_rows_do(rows: Rows, order: list[Role], alternate: bool) -> None:
    ledger = _begun()
    plans = _plans(ledger, rows)
    one_by_one, in_waves = Applied(ledger), Applied(ledger)

    for plan in plans:
        for step in plan.steps:
            one_by_one.send([step])
    for number, wave in enumerate(waves(plans)):
        first = order[::-1] if alternate and number % 2 else order
        for role in first:
            in_waves.send(wave.get(role, []))

    assert in_waves.outcome() == one_by_one.outcome()


@given(any_rows)
def test_every_step_is_in_one_wave(rows: Rows) -> None:
    plans = _plans(_begun(), rows)

    sent = [step.operation_id for wave in waves(plans) for steps in wave.values() for step in steps]
    assert sorted(sent) == sorted(step.operation_id for plan in plans for step in plan.steps)
