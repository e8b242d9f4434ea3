"""The supervision board (监督看板): how much took each step, where, what for; what is unusual; who owes what.

Every figure leads to the rows that add up to it, and these to operations and their proofs. All of it is made of sums
that are kept until the log grows (`api.repository.movements`).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

from api import unusual as rule
from api.parameters import Arguments
from api.repository import movements
from api.repository.districts import districts
from api.repository.movements import Step, Sum
from api.repository.snapshots import Snapshot
from api.schemas.supervision import UNSPECIFIED
from api.web.frame.asked import Asked
from api.web.frame.charts import Category, Period, StackedBars, categories, stacked_bars
from api.web.frame.pages import Page, PageRoute
from api.web.frame.words import word
from api.web.supervision.tables import DEFICITS, TABLES, UNUSUAL, days_of, movements_link
from ledger.vocabulary import CancellationPurpose, ReductionClass

MOST_MONTHS: Final = 24
MOST_DISTRICTS: Final = 20
_SHOWN: Final = 8
CLASSES: Final = (ReductionClass.I, ReductionClass.II)
PURPOSES: Final = tuple(CancellationPurpose.from_label(label) for label in CancellationPurpose.labels())
BY_DISTRICT: Final = (Step.CONFIRMED, Step.EARNED, Step.CANCELLED, Step.TAKEN_BACK)


class Figure(NamedTuple):
    """A quantity, how many rows add up to it, and where they are."""

    grams: int
    rows: int
    href: str


class StepLine(NamedTuple):
    """A step with its figures: of each class, and together."""

    step: Step
    figures: Sequence[Figure]


class DistrictLine(NamedTuple):
    """A district, None where none is named, with the figures of some steps."""

    district: str | None
    figures: Sequence[Figure]


def read_board(snapshot: Snapshot, _: Arguments, asked: Asked) -> Page:
    """The whole board."""
    sums = movements.sums(snapshot)
    named = districts(snapshot)
    months = months_of(sums)
    lines = district_lines(sums, named, asked)
    return Page(
        "supervision/board.html",
        {
            "steps": step_lines(sums, asked),
            "classes": CLASSES,
            "issued": class_chart("issued", Step.CONFIRMED, sums, months, asked),
            "earned": class_chart("earned", Step.EARNED, sums, months, asked),
            "cancelled": purpose_chart(sums, months, asked),
            "months_cut": len({one.month for one in sums}) > len(months),
            "by_purpose": by_purpose(sums, asked),
            "districts": lines[:MOST_DISTRICTS],
            "districts_cut": len(lines) > MOST_DISTRICTS,
            "district_steps": BY_DISTRICT,
            "unusual": UNUSUAL.beginning(snapshot, asked, _SHOWN),
            "deficits": DEFICITS.beginning(snapshot, asked, _SHOWN),
            "rule": {"times": rule.TIMES, "earlier": rule.EARLIER, "floor": rule.FLOOR_GRAMS},
            "taken_back": movements_link(asked, Step.TAKEN_BACK),
        },
    )


def step_lines(sums: Sequence[Sum], asked: Asked) -> list[StepLine]:
    """Every step, also those that nothing has taken."""
    grams: Counter[tuple[Step, int]] = Counter()
    rows: Counter[tuple[Step, int]] = Counter()
    for one in sums:
        grams[one.step, one.reduction_class] += one.grams
        rows[one.step, one.reduction_class] += one.rows
    lines = []
    for step in Step:
        figures = [
            Figure(grams[step, int(one)], rows[step, int(one)], movements_link(asked, step, reduction_class=one.label))
            for one in CLASSES
        ]
        together = Figure(
            sum(one.grams for one in figures), sum(one.rows for one in figures), movements_link(asked, step)
        )
        lines.append(StepLine(step, [*figures, together]))
    return lines


def months_of(sums: Sequence[Sum]) -> list[str]:
    """Every month from the first to the last of which there is something, the newest `MOST_MONTHS` of them."""
    found = sorted({one.month for one in sums})
    if not found:
        return []
    year, month = map(int, found[0].split("-"))
    months = [found[0]]
    while months[-1] != found[-1]:
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
        months.append(f"{year:04d}-{month:02d}")
    return months[-MOST_MONTHS:]


def class_chart(name: str, step: Step, sums: Sequence[Sum], months: Sequence[str], asked: Asked) -> StackedBars:
    """A step by month and class."""
    grams: Counter[tuple[str, int]] = Counter()
    for one in sums:
        if one.step is step:
            grams[one.month, one.reduction_class] += one.grams
    periods = [
        Period(
            month,
            tuple(grams[month, int(one)] for one in CLASSES),
            movements_link(asked, step, **days_of(month)._asdict()),
        )
        for month in months
    ]
    return stacked_bars(name, [word(one, asked.language) for one in CLASSES], periods)


def purpose_chart(sums: Sequence[Sum], months: Sequence[str], asked: Asked) -> StackedBars:
    """Cancellations of lots by month and purpose."""
    grams: Counter[tuple[str, int | None]] = Counter()
    for one in sums:
        if one.step is Step.CANCELLED:
            grams[one.month, one.purpose] += one.grams
    periods = [
        Period(
            month,
            tuple(grams[month, int(one)] for one in PURPOSES),
            movements_link(asked, Step.CANCELLED, **days_of(month)._asdict()),
        )
        for month in months
    ]
    return stacked_bars("cancelled", [word(one, asked.language) for one in PURPOSES], periods)


def by_purpose(sums: Sequence[Sum], asked: Asked) -> tuple[Category, ...]:
    """What was cancelled: lots by purpose, donated points, and points by persons of their own will."""
    of_lots: Counter[int | None] = Counter()
    of_points: Counter[Step] = Counter()
    for one in sums:
        if one.step is Step.CANCELLED:
            of_lots[one.purpose] += one.grams
        of_points[one.step] += one.grams
    rows: list[tuple[str, int, str | None]] = [
        (word(one, asked.language), of_lots[int(one)], movements_link(asked, Step.CANCELLED, purpose=one.label))
        for one in PURPOSES
    ]
    rows += [
        (word(step.value, asked.language, "Step"), of_points[step], movements_link(asked, step))
        for step in (Step.CAMPAIGN_CANCELLED, Step.PERSONAL_CANCELLED)
    ]
    return categories(rows)


def district_lines(sums: Sequence[Sum], named: Mapping[bytes, str], asked: Asked) -> list[DistrictLine]:
    """By district, the one with most first, what no district is named for last."""
    grams: Counter[tuple[str | None, Step]] = Counter()
    rows: Counter[tuple[str | None, Step]] = Counter()
    for one in sums:
        district = None if one.activity_id is None else named.get(one.activity_id)
        grams[district, one.step] += one.grams
        rows[district, one.step] += one.rows
    known = {district for district, step in grams if step in BY_DISTRICT}
    weight: dict[str | None, int] = {one: sum(grams[one, step] for step in BY_DISTRICT) for one in known}
    lines = []
    for district in sorted(known, key=lambda one: (one is None, -weight[one], one or "")):
        link: dict[str, Any] = {"district": district or UNSPECIFIED}
        figures = [
            Figure(grams[district, step], rows[district, step], movements_link(asked, step, **link))
            for step in BY_DISTRICT
        ]
        lines.append(DistrictLine(district, figures))
    return lines


PAGES: Final[tuple[PageRoute, ...]] = (
    PageRoute("/supervision", read_board, name="supervision", section="supervision"),
    *TABLES,
)
