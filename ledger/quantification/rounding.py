"""Rounding of exact ratios to whole numbers."""

from __future__ import annotations

from enum import StrEnum


class Rounding(StrEnum):
    """How a part of a whole is dropped or made one. The values are the words of the JSON."""

    HALF_UP = "half-up"
    """The nearest; of two equally near the one away from zero, as Chinese standards and invoices do (四舍五入)."""
    HALF_EVEN = "half-even"
    """The nearest; of two equally near the even one."""
    DOWN = "down"
    """Towards zero."""


def rounded_ratio(numerator: int, denominator: int, rounding: Rounding) -> int:
    """`numerator / denominator` as a whole number, exactly; `denominator` is positive. Mirrored below zero."""
    if numerator < 0:
        return -rounded_ratio(-numerator, denominator, rounding)
    whole, rest = divmod(numerator, denominator)
    match rounding:
        case Rounding.HALF_UP:
            return whole + (2 * rest >= denominator)
        case Rounding.HALF_EVEN:
            return whole + (2 * rest > denominator or (2 * rest == denominator and whole % 2 == 1))
        case Rounding.DOWN:
            return whole
