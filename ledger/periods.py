"""Sets of whole civil days as bits of an integer: bit n is day n (ADR 0002)."""

from __future__ import annotations

Days = int
"""A set of civil days."""


def period(first_day: int, last_day: int) -> Days:
    """The days from `first_day` to `last_day`, both ends inclusive; none if the period is empty."""
    return ((1 << max(last_day - first_day + 1, 0)) - 1) << first_day


def contains(days: Days, day: int) -> bool:
    """Whether `day` is in the set."""
    return bool(days >> day & 1)
