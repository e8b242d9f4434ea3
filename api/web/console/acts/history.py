"""Whether an issuance is like those that its activity had before (docs/spec/10-pages.md §10.13).

Only rates are compared, grams per day of the monitoring period, for periods are of any length. It is a mark for people
who look, never a rule: the contract knows nothing of it. Exact: a rate is a fraction of whole numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from api.repository.outlook import Issued

HIGHEST_TIMES: Final = Fraction(3, 2)
LOWEST_TIMES: Final = Fraction(1, 2)


class Mark(StrEnum):
    """How it compares."""

    FIRST = "first"
    USUAL = "usual"
    HIGH = "high"
    """More than half as much again per day as ever before."""
    LOW = "low"
    """Less than half per day of what it ever was before."""


class Compared(NamedTuple):
    """`times`: against the highest rate before, in tenths rounded down; None where there was none."""

    mark: Mark
    times: str | None


def rate(issued: Issued) -> Fraction:
    """Grams per day."""
    return Fraction(issued.grams, issued.last_day - issued.first_day + 1)


def compare(proposed: Issued, before: Sequence[Issued]) -> Compared:
    """A proposed issuance against those that were confirmed."""
    if not before:
        return Compared(Mark.FIRST, None)
    rates = [rate(one) for one in before]
    highest, lowest, now = max(rates), min(rates), rate(proposed)
    tenths = int(now / highest * 10)
    times = f"{tenths // 10}.{tenths % 10}"
    if now > highest * HIGHEST_TIMES:
        return Compared(Mark.HIGH, times)
    return Compared(Mark.LOW if now < lowest * LOWEST_TIMES else Mark.USUAL, times)
