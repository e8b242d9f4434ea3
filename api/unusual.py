"""What is unusual against an activity's own history (docs/spec/10-pages.md §10.11). A sign to look, no verdict.

The rule, with its three numbers below: a period is unusual if it has more than `TIMES` the median of the activity's
earlier periods, there are at least `EARLIER` of these, and it has more than `FLOOR_GRAMS`. Periods are

- of issuance: each lot of the activity, by grams a day of its monitoring period, in the order of confirmation;
- of points earned, and of cancellation of its lots: each month in Shanghai in which there was any, by its grams.

All in whole grams and exact fractions of them.
"""

from __future__ import annotations

from bisect import insort
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from typing import Final, NamedTuple

from api.repository import issued_periods, movements
from api.repository.issued_periods import IssuedPeriod
from api.repository.movements import Step
from api.repository.snapshots import Snapshot

TIMES: Final = 3
EARLIER: Final = 3
FLOOR_GRAMS: Final = 10_000_000
"""10 t: below it a multiple of little says nothing."""


class What(StrEnum):
    """What there was more of than before."""

    ISSUANCE = "issuance"
    EARNED = "earned"
    CANCELLATION = "cancellation"


class Unusual(NamedTuple):
    """A period that is unusual, beside the median of those before it. Of issuance both are grams a day, and `lot_id`,
    `leaf_index` say which; of the others grams a month, and `month` says which.
    """

    what: What
    activity_id: bytes
    grams: int
    amount: Fraction
    median: Fraction
    earlier: int
    month: str | None = None
    lot_id: bytes | None = None
    leaf_index: int | None = None

    @property
    def times(self) -> Fraction:
        """How many times the median it is."""
        return self.amount / self.median


def median(values: Sequence[Fraction]) -> Fraction:
    """Of sorted values: the middle one, or half of the two in the middle together."""
    half, odd = divmod(len(values), 2)
    return values[half] if odd else (values[half - 1] + values[half]) / 2


@dataclass(slots=True)
class History:
    """The earlier periods of one activity, sorted."""

    amounts: list[Fraction] = field(default_factory=list)

    def unusual(self, amount: Fraction, grams: int) -> Fraction | None:
        """The median that this period is unusual against; None where it is not."""
        if len(self.amounts) < EARLIER or grams <= FLOOR_GRAMS:
            return None
        middle = median(self.amounts)
        return middle if amount > TIMES * middle else None


def unusual(snapshot: Snapshot) -> list[Unusual]:
    """Everything unusual: issuance by leaf, newest first, then what was earned and cancelled, newest month first."""
    found = list(_by_month(snapshot, Step.EARNED, What.EARNED))
    found += _by_month(snapshot, Step.CANCELLED, What.CANCELLATION)
    found.sort(key=lambda one: (one.month or "", one.grams), reverse=True)
    return [*reversed(_issuance(snapshot)), *found]


def _issuance(snapshot: Snapshot) -> list[Unusual]:
    """In the order of leaves. What was found is kept; only lots since are read, and compared with what was before."""
    nothing: tuple[int, dict[bytes, History], list[Unusual]] = (0, {}, [])
    size, histories, found = snapshot.facts.get("unusual", snapshot.as_of) or nothing
    if size > snapshot.as_of.log_size:
        size, histories, found = nothing
    if size < snapshot.as_of.log_size:
        histories, found = dict(histories), list(found)  # others read what is kept
        touched: set[bytes] = set()
        for one in issued_periods.since(snapshot, size):
            if one.activity_id not in touched:
                touched.add(one.activity_id)
                before = histories.get(one.activity_id, History())
                histories[one.activity_id] = History(list(before.amounts))
            found.extend(_of_period(one, histories[one.activity_id]))
        snapshot.facts.put("unusual", (snapshot.as_of.log_size, histories, found), snapshot.as_of)
    return found


def _of_period(one: IssuedPeriod, history: History) -> Iterator[Unusual]:
    amount = Fraction(one.grams, one.last_day - one.first_day + 1)
    middle = history.unusual(amount, one.grams)
    if middle is not None:
        yield Unusual(
            What.ISSUANCE, one.activity_id, one.grams, amount, middle, len(history.amounts), None, one.lot_id,
            one.leaf_index,
        )  # fmt: skip
    insort(history.amounts, amount)


def _by_month(snapshot: Snapshot, step: Step, what: What) -> Iterator[Unusual]:
    months: dict[tuple[bytes, str], int] = {}
    for one in movements.sums(snapshot):
        if one.step is step and one.activity_id is not None:
            key = (one.activity_id, one.month)
            months[key] = months.get(key, 0) + one.grams
    histories: dict[bytes, History] = {}
    for (activity_id, month), grams in sorted(months.items(), key=lambda item: item[0][1]):
        history = histories.setdefault(activity_id, History())
        amount = Fraction(grams)
        middle = history.unusual(amount, grams)
        if middle is not None:
            yield Unusual(what, activity_id, grams, amount, middle, len(history.amounts), month)
        insort(history.amounts, amount)
