"""Rules of docs/spec/05-points.md §5.6 as one byte a row."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ledger.errors import NotQuantified
from ledger.quantification.refusals import (
    InputMissing,
    InputOutOfRange,
    NothingReduced,
    QuantityTooLarge,
    ReadingAboveNameplate,
    StationUnreachable,
    UnknownStation,
)

Mask = NDArray[np.bool_]
Rules = NDArray[np.uint8]

_REFUSALS: tuple[type[NotQuantified], ...] = (
    InputMissing,
    InputOutOfRange,
    ReadingAboveNameplate,
    NothingReduced,
    QuantityTooLarge,
    UnknownStation,
    StationUnreachable,
)

RULES: tuple[str, ...] = ("", *(refusal.code for refusal in _REFUSALS))
"""Names of the numbers; 0 is a row that breaks none."""


def rule_number(refusal: type[NotQuantified]) -> int:
    """The number of a rule, by the class of its refusal."""
    return 1 + _REFUSALS.index(refusal)


def refuse(rules: Rules, broken: Mask, refusal: type[NotQuantified]) -> None:
    """Marks the rows that break this rule, but for those that broke an earlier one."""
    rules[broken & (rules == 0)] = rule_number(refusal)
