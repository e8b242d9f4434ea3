"""`Quantification.grams` on columns, in whole numbers only; none that a machine word cannot hold goes through one.

Rows whose products fit in 63 bits, which are all that a real feed has, are multiplied as int64; the others one by one
as Python's integers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ledger.bulk.rules import Mask, Rules, refuse
from ledger.quantification.document import SECONDS_PER_HOUR, TERMS, Quantification
from ledger.quantification.refusals import (
    InputMissing,
    InputOutOfRange,
    NothingReduced,
    QuantityTooLarge,
    ReadingAboveNameplate,
)
from ledger.quantification.rounding import Rounding, rounded_ratio
from ledger.units import MAX_GRAMS

Column = NDArray[np.integer[Any]]
Whole = NDArray[np.int64]

_MAX_INT64 = 2**63 - 1
_NOTHING_MISSING: Mapping[str, Mask] = {}


class Quantified(NamedTuple):
    """Grams of each row, 0 where it is refused, and the number of the rule it breaks (`ledger.bulk.rules.RULES`)."""

    grams: NDArray[np.uint64]
    rule: Rules


def quantify(
    columns: Mapping[str, Column],
    quantification: Quantification,
    *,
    rows: int | None = None,
    missing: Mapping[str, Mask] = _NOTHING_MISSING,
) -> Quantified:
    """Grams and broken rules of all rows, as `quantification.grams` finds them one by one.

    `columns`: whole numbers by the inputs' names, of any integer type; `missing`: which of them were not measured;
    `rows`: how many rows there are, needed where there are no columns. Raises `InvalidInput` for names that the
    formula does not know, `TypeError` for columns that are not of integers, `ValueError` for unequal lengths.
    """
    quantification.check_names(columns)
    quantification.check_names(missing)
    count = _row_count(columns, missing, rows)
    rules: Rules = np.zeros(count, np.uint8)
    for name in sorted(quantification.required):
        refuse(rules, _absent(name, columns, missing, count), InputMissing)
    inputs = {
        name: _checked(name, columns[name], _absent(name, columns, missing, count), quantification, rules)
        for name in sorted(columns)
    }
    _refuse_above_nameplate(inputs, missing, rules)
    grams = _grams(quantification, inputs, rules)
    refuse(rules, grams == 0, NothingReduced)
    grams[rules != 0] = 0
    return Quantified(grams.astype(np.uint64), rules)


def _row_count(columns: Mapping[str, Column], missing: Mapping[str, Mask], rows: int | None) -> int:
    for name, column in columns.items():
        if column.ndim != 1 or not np.issubdtype(column.dtype, np.integer):
            raise TypeError(f"column {name} must be one-dimensional and of integers, but is of {column.dtype}")
    for name, mask in missing.items():
        if mask.dtype != np.bool_:
            raise TypeError(f"the mask of {name} must be of booleans, but is of {mask.dtype}")
    counts = {len(column) for column in (*columns.values(), *missing.values())} | ({rows} - {None})
    if len(counts) != 1:
        raise ValueError(f"columns must be equally long, or rows be given; the lengths are {sorted(map(str, counts))}")
    return int(counts.pop() or 0)


def _absent(name: str, columns: Mapping[str, Column], missing: Mapping[str, Mask], count: int) -> Mask:
    if name not in columns:
        return np.ones(count, np.bool_)
    return missing[name] if name in missing else np.zeros(count, np.bool_)


def _checked(name: str, column: Column, absent: Mask, quantification: Quantification, rules: Rules) -> Whole:
    """The column as int64, 0 where the value is missing or out of range."""
    least, most = quantification.limits(name)
    outside = (column < least) | (column > most)
    refuse(rules, outside & ~absent, InputOutOfRange)
    return np.where(outside | absent, 0, column).astype(np.int64)


def _refuse_above_nameplate(inputs: Mapping[str, Whole], missing: Mapping[str, Mask], rules: Rules) -> None:
    """Only rows that have all three inputs, and break no rule so far, can break this one."""
    names = ("energy_wh", "nameplate_w", "duration_s")
    if any(name not in inputs for name in names):
        return
    energy, nameplate, duration = (inputs[name] for name in names)
    asked = rules == 0
    for name in names:
        if name in missing:
            asked &= ~missing[name]
    fits = asked & (energy <= _MAX_INT64 // SECONDS_PER_HOUR) & (nameplate <= _MAX_INT64 // np.maximum(duration, 1))
    above = np.zeros(len(rules), np.bool_)
    above[fits] = energy[fits] * SECONDS_PER_HOUR > nameplate[fits] * duration[fits]
    for row in np.flatnonzero(asked & ~fits).tolist():
        above[row] = int(energy[row]) * SECONDS_PER_HOUR > int(nameplate[row]) * int(duration[row])
    refuse(rules, above, ReadingAboveNameplate)


def _grams(quantification: Quantification, inputs: Mapping[str, Whole], rules: Rules) -> Whole:
    """Grams of every row that breaks no rule so far; marks those that are too large."""
    measured = TERMS[quantification.formula].measured
    numerator, denominator = quantification.grams_per_measured.as_integer_ratio()
    if measured is None:
        return np.full(len(rules), rounded_ratio(numerator, denominator, quantification.rounding), np.int64)
    counted = inputs.get(measured, np.zeros(len(rules), np.int64))
    largest = _MAX_INT64 // numerator
    fits = counted <= largest
    grams = np.zeros(len(rules), np.int64)
    if largest > 0:
        grams = _rounded(np.where(fits, counted, 0) * numerator, denominator, quantification.rounding)
    too_large = np.zeros(len(rules), np.bool_)
    for row in np.flatnonzero(~fits & (rules == 0)).tolist():
        exact = rounded_ratio(int(counted[row]) * numerator, denominator, quantification.rounding)
        too_large[row] = exact > MAX_GRAMS
        grams[row] = min(exact, MAX_GRAMS)
    refuse(rules, too_large, QuantityTooLarge)
    return grams


def _rounded(numerators: Whole, denominator: int, rounding: Rounding) -> Whole:
    """`rounded_ratio` of numerators that are not negative. Rests are compared by subtraction: doubled they overflow."""
    whole, rest = np.divmod(numerators, denominator)
    if rounding is Rounding.DOWN:
        return whole
    to_next = denominator - rest
    up = rest > to_next
    tied = rest == to_next
    up |= tied if rounding is Rounding.HALF_UP else tied & (whole % 2 == 1)
    return np.add(whole, up, dtype=np.int64)
