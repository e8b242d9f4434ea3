"""The first page: what the ledger holds now, what came of it over time, and the way to everything else.

All of it is sums that are kept until the log grows (`api.repository.totals`, `volumes`): asked again, nothing is read.
"""

from __future__ import annotations

from calendar import monthrange
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Final, NamedTuple

from api.context import Context
from api.parameters import Arguments
from api.repository import points
from api.repository.snapshots import Snapshot
from api.repository.totals import totals
from api.repository.volumes import Step, Volume, volumes
from api.web.frame.asked import Asked
from api.web.frame.charts import Category, Period, StackedBars, categories, stacked_bars
from api.web.frame.kept import KeptRoute
from api.web.frame.pages import Page, PageRoute
from api.web.frame.words import word
from indexer.schema import PointBook
from ledger.vocabulary import BatchKind, CancellationPurpose, OperationKind, ReductionClass

MOST_MONTHS: Final = 36
"""Of a chart; what was before them is in the sums."""
PURPOSES: Final = tuple(one for one in CancellationPurpose if one is not CancellationPurpose.NONE)
_CLASSES: Final = (ReductionClass.I, ReductionClass.II)
_IN_POINTS: Final = (PointBook.PERSONAL, PointBook.PROVIDER_POOL, PointBook.CAMPAIGN_POOL)
_CANCELLED: Final = frozenset({Step.CANCELLED, Step.CAMPAIGN_CANCELLED, Step.POINTS_CANCELLED})


class Holding(NamedTuple):
    """Of one class, or of both together, in grams; `reduction_class` is None then."""

    reduction_class: ReductionClass | None
    issued: int
    held: int
    in_points: int
    cancelled: int
    taken_back: int

    @property
    def adds_up(self) -> bool:
        """Every gram that was ever issued is somewhere (docs/spec/01-concepts.md §1.4, 05-points.md §5.2)."""
        return self.issued == self.held + self.in_points + self.cancelled + self.taken_back


def pages(context: Context) -> tuple[PageRoute, ...]:
    """The first page."""
    del context
    return (KeptRoute("/", _home, name="home", section="home"),)


def _home(snapshot: Snapshot, _: Arguments, asked: Asked) -> Page:
    of_lots = totals(snapshot)
    holdings = holdings_of(snapshot)
    found = volumes(snapshot)
    months = months_of(found)
    return Page(
        "citizen/home.html",
        {
            "holdings": holdings,
            "certificates": of_lots.certificates,
            "adds_up": all(one.adds_up for one in holdings),
            "by_purpose": _by_purpose(found, asked),
            "issued": issued_chart(found, months, asked),
            "cancelled": cancelled_chart(found, months, asked),
            "cut": len(months) == MOST_MONTHS,
        },
    )


def holdings_of(snapshot: Snapshot) -> list[Holding]:
    """Where every gram is, by class and together. What became lots out of points was issued as points, and is counted
    where it is now.
    """
    books = points.totals(snapshot)
    by_class = {one.reduction_class: one for one in totals(snapshot).classes}
    found = []
    for one in _CLASSES:
        of_lots = by_class[int(one)]
        found.append(
            Holding(
                one,
                issued=of_lots.issued_grams + books.get((PointBook.ISSUED, int(one)), 0),
                held=of_lots.held_grams,
                in_points=sum(books.get((book, int(one)), 0) for book in _IN_POINTS),
                cancelled=of_lots.cancelled_grams + books.get((PointBook.CANCELLED, int(one)), 0),
                taken_back=of_lots.taken_back_grams + books.get((PointBook.TAKEN_BACK, int(one)), 0),
            )
        )
    together = Holding(
        None,
        issued=sum(one.issued for one in found),
        held=sum(one.held for one in found),
        in_points=sum(one.in_points for one in found),
        cancelled=sum(one.cancelled for one in found),
        taken_back=sum(one.taken_back for one in found),
    )
    return [*found, together]


def _by_purpose(found: Iterable[Volume], asked: Asked) -> tuple[Category, ...]:
    sums: Counter[int] = Counter()
    for one in found:
        if one.step in _CANCELLED:
            sums[one.purpose] += one.grams
    rows: list[tuple[str, int, str | None]] = [
        (word(one, asked.language), sums[int(one)], asked.link("/certificates", purpose=one.label)) for one in PURPOSES
    ]
    by_persons = asked.link("/explorer/batches", kind=BatchKind.CANCEL.label)
    return categories([*rows, (asked.words["home_by_persons"], sums[0], by_persons)])


def months_of(found: Sequence[Volume]) -> list[str]:
    """Every month from the first to the last of which there is something, the newest `MOST_MONTHS` of them."""
    if not found:
        return []
    begin, end = (
        int(month[:4]) * 12 + int(month[5:]) - 1
        for month in (min(one.month for one in found), max(one.month for one in found))
    )
    return [f"{month // 12:04d}-{month % 12 + 1:02d}" for month in range(max(begin, end - MOST_MONTHS + 1), end + 1)]


def issued_chart(
    found: Iterable[Volume], months: Sequence[str], asked: Asked, *, activity_id: str | None = None
) -> StackedBars:
    """What was issued, by class: as lots, and as points; of an activity, or of all."""
    columns = {(int(one), step): at for at, (step, one) in enumerate(_ISSUED_SERIES)}
    text = {step: asked.words[f"home_series_{step.value}"] for step, _ in _ISSUED_SERIES}
    names = [text[step].format(one=word(one, asked.language)) for step, one in _ISSUED_SERIES]
    sums: dict[str, list[int]] = {month: [0] * len(names) for month in months}
    for one in found:
        at = columns.get((one.reduction_class, one.step))
        if at is not None and one.month in sums:
            sums[one.month][at] += one.grams
    periods = []
    for month in months:
        # Lots and points are confirmed by operations of two kinds: the bar leads to those of which there are some.
        kind = OperationKind.ISSUANCE_CONFIRMED if any(sums[month][: len(_CLASSES)]) else OperationKind.POINTS_EARNED
        rows = asked.link("/explorer/operations", kind=kind.label, activity_id=activity_id, **days_of(month))
        periods.append(Period(month, tuple(sums[month]), rows))
    return _drawn("issued", names, periods)


_ISSUED_SERIES: Final = tuple((step, one) for step in (Step.ISSUED, Step.POINTS_ISSUED) for one in _CLASSES)


def cancelled_chart(
    found: Iterable[Volume], months: Sequence[str], asked: Asked, *, activity_id: str | None = None
) -> StackedBars:
    """What was cancelled, by purpose; of an activity, what was cancelled of its lots."""
    names = [*(word(one, asked.language) for one in PURPOSES), asked.words["home_by_persons"]]
    sums: dict[str, list[int]] = {month: [0] * len(names) for month in months}
    for one in found:
        if one.step in _CANCELLED and one.month in sums:
            sums[one.month][one.purpose - 1] += one.grams  # persons have no purpose, and the last place
    periods = [
        Period(month, tuple(sums[month]), asked.link("/certificates", activity_id=activity_id, **days_of(month)))
        for month in months
    ]
    return _drawn("cancelled", names, periods)


def _drawn(name: str, names: Sequence[str], periods: Sequence[Period]) -> StackedBars:
    """Without the series of which there is nothing, or with the first of them where there is nothing at all."""
    there = [at for at in range(len(names)) if any(one.grams[at] for one in periods)] or [0]
    kept = [one._replace(grams=tuple(one.grams[at] for at in there)) for one in periods]
    return stacked_bars(name, [names[at] for at in there], kept)


def days_of(month: str) -> dict[str, str]:
    """First and last day of a month, as filters of lists."""
    last = monthrange(int(month[:4]), int(month[5:]))[1]
    return {"first_day": f"{month}-01", "last_day": f"{month}-{last:02d}"}
