"""The mappings of the benchmarks on the public files themselves, without a chain; skipped where those are absent."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from scripts.importing.rows import RowPlan, RowRefusal
from tests.unit.scripts.importing import Ledger

MAPPINGS = Path(__file__).resolve().parent.parent.parent.parent / "benchmarks" / "mappings"
TABLE = "issuance_2023-12-27.csv"


@dataclass(frozen=True, kw_only=True)
class Case:
    """A mapping, a file, and what comes of it."""

    mapping: str
    file: str = TABLE
    constants: Mapping[str, str] = field(default_factory=dict)
    rows: int
    refused: int = 0
    steps: Mapping[str, int]


CASES = (
    Case(
        mapping="arb_issuance",
        rows=1797,
        refused=45,
        steps={
            "open-account": 589,
            "publish-methodology": 8,
            "register-activity": 610,
            "propose": 1752,
            "confirm": 1752,
            "transfer": 719,
        },
    ),
    Case(
        mapping="arb_retirements",
        file="retired_CP1_2013-2014.csv",
        constants={"compliance_year": "2014"},
        rows=437,
        steps={"open-account": 103, "transfer": 437, "cancel": 437},
    ),
    Case(
        mapping="arb_retirements",
        file="retired_CP3_2018-2020.csv",
        constants={"compliance_year": "2020"},
        rows=995,
        steps={"open-account": 171, "transfer": 995, "cancel": 995},
    ),
    Case(mapping="arb_other_retirements", rows=749, steps={"cancel": 749}),
    Case(mapping="arb_invalidations", rows=1797, steps={"correct": 5}),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.mapping}-{case.file[:13]}")
def test_california(shared: Path, case: Case) -> None:
    path = shared / "data" / "arb" / case.file
    reader = Ledger().reader(MAPPINGS / f"{case.mapping}.toml", path, **case.constants)
    found = list(reader.rows())

    assert len(found) == case.rows
    assert sum(isinstance(row, RowRefusal) for row in found) == case.refused
    planned = Counter(step.action.label for row in found if isinstance(row, RowPlan) for step in row.steps)
    assert planned == case.steps
    assert [use.given for use in reader.corrections] == (["CAFR00029-C"] if "CP3" in case.file else [])
