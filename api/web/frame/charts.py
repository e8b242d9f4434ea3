"""Charts drawn by the server: whole grams in, places on the page out; `templates/charts.html` draws them.

Heights are whole pixels of a plot of fixed height, widths are shares of its width, so that text keeps its size on every
screen. A chart shows; the numbers themselves stand beside it in a table, exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Final, NamedTuple

from api.web.frame.values import tonnes

HEIGHT: Final = 220
"""Pixels of a plot."""
MOST_SERIES: Final = 6
"""As many as `static/charts.css` tells apart, by colour and by pattern."""
_MOST_TICKS: Final = 5
_MOST_LABELS: Final = 12
_MOST_LABELS_NARROW: Final = 4
_LEAST_SHARE: Final = 200
"""A bar by category is never shorter than one part in so many, unless it stands for nothing."""
_SHARE_OF_BAR: Final = 70
"""Of a hundred parts of a period's width; the rest is between bars."""
_WIDEST_BAR: Final = 12
"""Of a hundred parts of the plot's width."""


class Period(NamedTuple):
    """A month, a day: what was done in it, in grams for each series, and the page of the rows behind it."""

    label: str
    grams: tuple[int, ...]
    href: str | None = None


class Tick(NamedTuple):
    """A line across the plot, `y` pixels from its top, and what it stands for, in tonnes."""

    y: int
    label: str


class Piece(NamedTuple):
    """A part of a bar, of one series."""

    series: int
    y: int
    height: int
    grams: int


class Bar(NamedTuple):
    """A period's bar; `left`, `width`, `middle`, `begin`, `whole` are per cent of the plot's width as text.

    `begin` and `whole` are the period's own share of the width, all of which may be touched. `label_class` is "" where
    the label always stands, "wide" where only wide screens have room for it, None where it does not stand.
    """

    period: Period
    left: str
    width: str
    middle: str
    begin: str
    whole: str
    pieces: tuple[Piece, ...]
    total: int
    label_class: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class StackedBars:
    """Quantities over time, one bar a period, one piece a series, the first at the bottom."""

    name: str
    """Unique on its page."""
    series: tuple[str, ...]
    bars: tuple[Bar, ...]
    ticks: tuple[Tick, ...]
    height: int = HEIGHT

    @property
    def axis_width(self) -> int:
        """Pixels that the labels of the ticks need."""
        return 12 + 8 * max(len(tick.label) for tick in self.ticks)

    @property
    def totals(self) -> tuple[int, ...]:
        """Grams of each series over all periods."""
        return tuple(sum(bar.period.grams[at] for bar in self.bars) for at in range(len(self.series)))

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to see."""
        return not any(self.totals)


def stacked_bars(name: str, series: Sequence[str], periods: Sequence[Period]) -> StackedBars:
    """The chart; `ValueError` for negative or fractional quantities, and for more series than can be told apart."""
    if not 0 < len(series) <= MOST_SERIES:
        raise ValueError(f"a chart has 1 to {MOST_SERIES} series, not {len(series)}")
    for period in periods:
        _require_grams(period.grams)
        if len(period.grams) != len(series):
            raise ValueError(f"{period.label} has {len(period.grams)} quantities for {len(series)} series")
    top, ticks = _axis(max((sum(period.grams) for period in periods), default=0))
    bars = tuple(_bar(period, at, len(periods), top) for at, period in enumerate(periods))
    return StackedBars(name=name, series=tuple(series), bars=bars, ticks=ticks)


class Category(NamedTuple):
    """A line of a chart by category; `share` is its per cent of the largest, as text; what is not nothing is seen."""

    label: str
    grams: int
    href: str | None
    share: str


def categories(rows: Sequence[tuple[str, int, str | None]]) -> tuple[Category, ...]:
    """Horizontal bars, in the order given: label, grams, and the page of the rows behind it."""
    _require_grams(grams for _, grams, _ in rows)
    most = max((grams for _, grams, _ in rows), default=0)
    least = -(-most // _LEAST_SHARE)
    return tuple(
        Category(label, grams, href, _percent(max(grams, least) if grams else 0, most or 1))
        for label, grams, href in rows
    )


def sparkline(values: Sequence[int], *, width: int = 96, height: int = 24) -> str:
    """Points of a line as SVG writes them, from left to right; nothing for fewer than two values."""
    _require_grams(values)
    if len(values) < 2:
        return ""
    most = max(values) or 1
    inside = height - 4
    return " ".join(
        f"{2 + at * (width - 4) // (len(values) - 1)},{2 + inside - value * inside // most}"
        for at, value in enumerate(values)
    )


def _require_grams(quantities: object) -> None:
    for grams in quantities:  # type: ignore[attr-defined]  # any iterable of what callers say are grams
        if isinstance(grams, bool) or not isinstance(grams, int) or grams < 0:
            raise ValueError(f"{grams!r} is no quantity that a chart shows: whole grams, none below zero")


def _axis(most: int) -> tuple[int, tuple[Tick, ...]]:
    """The quantity at the plot's top and the ticks up to it: whole multiples of 1, 2 or 5 times a power of ten."""
    step = _step(most)
    steps = max(1, -(-most // step))
    top = step * steps
    return top, tuple(Tick(HEIGHT - HEIGHT * at // steps, tonnes(step * at)) for at in range(steps + 1))


def _step(most: int) -> int:
    step = 1
    while True:
        for factor in (1, 2, 5):
            if step * factor * _MOST_TICKS >= most:
                return step * factor
        step *= 10


def _bar(period: Period, at: int, periods: int, top: int) -> Bar:
    parts = periods * 200
    half = min(_SHARE_OF_BAR, periods * _WIDEST_BAR)
    ends = [0, *accumulate(period.grams)]
    pieces = tuple(
        piece for series, (begin, end) in enumerate(pairwise(ends)) if (piece := _piece(series, begin, end, top)).grams
    )
    return Bar(
        period=period,
        left=_percent(at * 200 + 100 - half, parts),
        width=_percent(2 * half, parts),
        middle=_percent(at * 200 + 100, parts),
        begin=_percent(at, periods),
        whole=_percent(1, periods),
        pieces=pieces,
        total=ends[-1],
        label_class=_label_class(at, periods),
    )


def _piece(series: int, begin: int, end: int, top: int) -> Piece:
    """From one quantity to another; what is not nothing is seen, as a pixel at least."""
    low, high = HEIGHT * begin // top, HEIGHT * end // top
    height = max(high - low, 1)
    return Piece(series, HEIGHT - low - height, height, end - begin)


def _label_class(at: int, periods: int) -> str | None:
    """Counted from the last period, which always has its label."""
    back = periods - 1 - at
    if back % -(-periods // _MOST_LABELS_NARROW) == 0:
        return ""
    return "wide" if back % -(-periods // _MOST_LABELS) == 0 else None


def _percent(part: int, whole: int) -> str:
    """A share as SVG writes it, to a thousandth of a per cent, in whole numbers throughout: "12.5%"."""
    thousandths = part * 100_000 // whole
    return f"{thousandths // 1000}.{thousandths % 1000:03d}".rstrip("0").rstrip(".") + "%"
