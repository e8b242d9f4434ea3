"""Sets of whole civil days, as the contracts keep them: one bit a day, 256 days a word (ADR 0002)."""

from __future__ import annotations


class CreditedDays:
    """The days of one activity that have been credited."""

    __slots__ = ("_bits",)

    def __init__(self, bits: int = 0) -> None:
        self._bits = bits

    @property
    def bits(self) -> int:
        """The set as an integer: bit n is day n."""
        return self._bits

    def overlaps(self, first_day: int, last_day: int) -> bool:
        """Whether any day of the period, both ends inclusive, is in the set."""
        return bool(self._bits & _mask(first_day, last_day))

    def add(self, first_day: int, last_day: int) -> None:
        """Adds every day of the period, both ends inclusive."""
        self._bits |= _mask(first_day, last_day)

    def __contains__(self, day: int) -> bool:
        return bool(self._bits >> day & 1)

    def __len__(self) -> int:
        return self._bits.bit_count()


def _mask(first_day: int, last_day: int) -> int:
    return ((1 << (last_day - first_day + 1)) - 1) << first_day
