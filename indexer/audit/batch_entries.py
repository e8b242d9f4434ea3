"""What must hold of the entries of one batch file, whatever other batches hold (docs/spec/05-points.md §5.3, §5.6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from indexer.batch_files import BatchColumns
from ledger.bulk.details import NumberColumns, malformed_references, number_columns
from ledger.bulk.quantification import quantify
from ledger.bulk.rules import RULES
from ledger.errors import InvalidDay
from ledger.quantification import Quantification
from ledger.units import SECONDS_PER_DAY, SHANGHAI_OFFSET_SECONDS, date_of_civil_day
from ledger.vocabulary import BatchKind

MOST_NAMED: Final = 100
"""Entries of one batch that are named for one reason; one finding more says how many there are in all."""

_TIMES: Final = ("started_at", "ended_at")
"""The day of an entry is that of the first of these that it has."""

Rows = NDArray[np.int64]


class EntryFinding(NamedTuple):
    """A difference in one entry; `row` counts from 0, None where all of them together are meant."""

    row: int | None
    column: str
    expected: object
    found: object


def check_entries(
    batch: BatchColumns, *, days: tuple[int, int] | None, quantification: Quantification | None
) -> Iterator[EntryFinding]:
    """Details of each entry, and of a feed's batch its day and its grams; of a snapshot whose balance it is.

    `days` are the header's, of a feed's batch; grams are not recomputed without a quantification.
    """
    if batch.kind.is_of_feed:
        yield from _check_feed(batch, days, quantification)
        return
    wrong = malformed_references(batch.details)
    yield from named(wrong, "details", lambda _: '{"reference": text} in RFC 8785 form', _text(batch))
    if batch.kind is BatchKind.SNAPSHOT:
        tags, ids = batch.account_tags, batch.entry_ids
        others = np.flatnonzero((ids != tags).any(axis=1))
        yield from named(others, "entry_id", lambda row: tags[row].tobytes(), lambda row: ids[row].tobytes())


def named(
    rows: Rows, column: str, expected: Callable[[int], object], found: Callable[[int], object]
) -> Iterator[EntryFinding]:
    """A finding for each of the rows, as far as they are named."""
    for row in rows[:MOST_NAMED].tolist():
        yield EntryFinding(row, column, expected(row), found(row))
    if len(rows) > MOST_NAMED:
        yield EntryFinding(None, column, f"as in {MOST_NAMED} entries named before", f"{len(rows)} entries differ")


def _check_feed(
    batch: BatchColumns, days: tuple[int, int] | None, quantification: Quantification | None
) -> Iterator[EntryFinding]:
    names = frozenset(_TIMES) | (frozenset() if quantification is None else quantification.inputs)
    if quantification is None:
        return  # what names the details may have is the quantification's word
    details = number_columns(batch.details, names)
    rule = f"an object of whole numbers named {', '.join(sorted(names))}, in RFC 8785 form"
    yield from named(details.malformed, "details", lambda _: rule, _text(batch))
    good = np.ones(len(batch.grams), np.bool_)
    good[details.malformed] = False
    yield from _check_days(details, days, good)
    yield from _check_grams(batch, details, quantification, good)


def _check_days(
    details: NumberColumns, days: tuple[int, int] | None, good: NDArray[np.bool_]
) -> Iterator[EntryFinding]:
    if days is None:
        return
    day = np.zeros(len(good), np.int64)
    has = np.zeros(len(good), np.bool_)
    for name in reversed(_TIMES):
        if name in details.values:
            there = ~details.missing[name]
            day[there] = (details.values[name][there] + SHANGHAI_OFFSET_SECONDS) // SECONDS_PER_DAY
            has |= there
    first, last = days
    outside = np.flatnonzero(good & has & ((day < first) | (day > last)))
    expected = f"a day from {_day(first)} to {_day(last)}"
    yield from named(outside, "details", lambda _: expected, lambda row: _day(int(day[row])))


def _check_grams(
    batch: BatchColumns, details: NumberColumns, quantification: Quantification, good: NDArray[np.bool_]
) -> Iterator[EntryFinding]:
    values = {name: column for name, column in details.values.items() if name not in _TIMES}
    missing = {name: details.missing[name] for name in values}
    quantified = quantify(values, quantification, rows=len(good), missing=missing)
    wrong = np.flatnonzero(good & ((quantified.rule != 0) | (quantified.grams != batch.grams)))

    def expected(row: int) -> object:
        rule = int(quantified.rule[row])
        return f"refused: {RULES[rule]}" if rule else int(quantified.grams[row])

    yield from named(wrong, "grams", expected, lambda row: int(batch.grams[row]))


def _text(batch: BatchColumns) -> Callable[[int], Any]:
    offsets, data = batch.details.offsets, batch.details.data
    return lambda row: data[offsets[row] : offsets[row + 1]].tobytes().decode("utf-8", "replace")


def _day(day: int) -> str:
    try:
        return date_of_civil_day(day).isoformat()
    except InvalidDay:
        return f"day {day}"
