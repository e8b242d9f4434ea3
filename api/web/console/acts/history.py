"""Whether an issuance is like those that its activity had before: the rule of `api.unusual`, applied to a proposal.

It is a mark for people who look, never a rule of the ledger: the contract knows nothing of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from fractions import Fraction
from typing import NamedTuple

from api.repository.outlook import Issued
from api.unusual import EARLIER, History, median


class Mark(StrEnum):
    """How it compares."""

    FIRST = "first"
    FEW = "few"
    """There were too few before it to say anything."""
    USUAL = "usual"
    HIGH = "high"
    """Unusual, as the supervision board marks what was confirmed."""


class Compared(NamedTuple):
    """`times`: what it is of the median before, in tenths rounded down; None where there was none."""

    mark: Mark
    times: str | None


def rate(issued: Issued) -> Fraction:
    """Grams per day of the monitoring period."""
    return Fraction(issued.grams, issued.last_day - issued.first_day + 1)


def compare(proposed: Issued, before: Sequence[Issued]) -> Compared:
    """A proposed issuance against those that were confirmed."""
    if not before:
        return Compared(Mark.FIRST, None)
    rates, now = sorted(map(rate, before)), rate(proposed)
    tenths = int(now / median(rates) * 10)
    times = f"{tenths // 10}.{tenths % 10}"
    if History(rates).unusual(now, proposed.grams) is not None:
        return Compared(Mark.HIGH, times)
    return Compared(Mark.USUAL if len(rates) >= EARLIER else Mark.FEW, times)
