"""Great-circle distances in whole metres, exactly rounded, so that whoever recomputes one gets the same metre.

A distance that is not zero never lies exactly half way between two metres: the angle (k + 1/2) / 6,371,000 is
algebraic, so its cosine is transcendental (Lindemann), while sines and cosines of millionths of a degree are
algebraic. So every distance rounds one way, whatever the tie rule, once it is computed finely enough.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal, localcontext

from ledger.quantification.refusals import InputOutOfRange

EARTH_RADIUS_M = 6_371_000
MICRODEGREES = 1_000_000
HALF_TURN = 180 * MICRODEGREES
QUARTER_TURN = 90 * MICRODEGREES
FULL_TURN = 360 * MICRODEGREES

RELATIVE_ERROR = 1e-13
"""Bound of the relative error of the distance in float64.

In units of 2**-53, a rounding: angles come from exact differences of whole numbers and cosines of latitudes from sines
of exact complements, so no digits cancel; an angle in radians errs by 2, its sine by 10 (libraries err by at most 4
units in the last place, 8 of ours), the haversine by 44, its root by 23, and the arc sine makes that at most 2.4 times
as much while the haversine is at most `FURTHEST_HAVERSINE`: under 70 in all, 8e-15, a tenth of this bound.
"""
FURTHEST_HAVERSINE = 0.9
"""Beyond it (143 degrees apart) the arc sine makes errors large: those distances are computed in decimals."""

RADIANS = math.pi / HALF_TURN
"""Of a microdegree."""

_FIRST_DIGITS = 60


@dataclass(frozen=True, slots=True)
class Position:
    """A point on the sphere in millionths of a degree, east and north positive. Raises `InputOutOfRange`."""

    longitude_microdegrees: int
    latitude_microdegrees: int

    def __post_init__(self) -> None:
        for name, limit in (("longitude_microdegrees", HALF_TURN), ("latitude_microdegrees", QUARTER_TURN)):
            value: int = getattr(self, name)
            if not -limit <= value <= limit:
                raise InputOutOfRange(name, value, -limit, limit)


def great_circle_metres(start: Position, end: Position) -> int:
    """Whole metres between two points along the great circle on a sphere of radius 6,371,000 m, exactly rounded."""
    angles = _angles(start, end)
    northward, eastward, one_cosine, other_cosine = (math.sin(angle * RADIANS) for angle in angles)
    haversine = northward * northward + one_cosine * other_cosine * (eastward * eastward)
    if haversine <= FURTHEST_HAVERSINE:
        metres = 2 * EARTH_RADIUS_M * math.asin(math.sqrt(haversine))
        if abs(metres - math.floor(metres) - 0.5) > metres * RELATIVE_ERROR:
            return math.floor(metres + 0.5)
    return metres_in_decimals(start, end)


def metres_in_decimals(start: Position, end: Position) -> int:
    """What `great_circle_metres` gives, the slow way: with as many digits as rounding needs."""
    angles = [Decimal(angle) for angle in _angles(start, end)]
    digits = _FIRST_DIGITS
    while True:
        with localcontext(prec=digits):
            metres = _metres(angles)
            whole = int(metres)
            # At the antipode half of the digits are lost, elsewhere fewer.
            if abs(metres - whole - Decimal("0.5")) > Decimal(10) ** (10 - digits // 2):
                return whole + (metres - whole > Decimal("0.5"))
        digits *= 2


def _angles(start: Position, end: Position) -> tuple[float, float, int, int]:
    """Half differences of latitude and longitude, and complements of both latitudes, all exact, in microdegrees."""
    eastward = abs(end.longitude_microdegrees - start.longitude_microdegrees)
    return (
        abs(end.latitude_microdegrees - start.latitude_microdegrees) / 2,
        min(eastward, FULL_TURN - eastward) / 2,
        QUARTER_TURN - abs(start.latitude_microdegrees),
        QUARTER_TURN - abs(end.latitude_microdegrees),
    )


def _metres(angles: list[Decimal]) -> Decimal:
    """2 R times the arc tangent of sqrt(h / (1 - h)), which keeps its digits everywhere."""
    turn = _pi()
    northward, eastward, one_cosine, other_cosine = (_sine(angle * turn / HALF_TURN) for angle in angles)
    haversine = min(northward * northward + one_cosine * other_cosine * eastward * eastward, Decimal(1))
    if haversine <= Decimal("0.5"):
        return 2 * EARTH_RADIUS_M * _arc_tangent((haversine / (1 - haversine)).sqrt())
    return 2 * EARTH_RADIUS_M * (turn / 2 - _arc_tangent(((1 - haversine) / haversine).sqrt()))


def _pi() -> Decimal:
    """Machin: 4 (4 arctan 1/5 - arctan 1/239)."""
    return 4 * (4 * _arc_tangent(Decimal(1) / 5) - _arc_tangent(Decimal(1) / 239))


def _sine(angle: Decimal) -> Decimal:
    """By its series; `angle` from 0 to a quarter turn in radians."""
    term, total, number = angle, angle, 1
    while total + term != total or number == 1:
        number += 2
        term = -term * angle * angle / (number * (number - 1))
        total += term
    return total


def _arc_tangent(ratio: Decimal) -> Decimal:
    """By its series after the angle is halved three times; `ratio` from 0 to 1."""
    for _ in range(3):
        ratio /= 1 + (1 + ratio * ratio).sqrt()
    power, total, number = ratio, ratio, 1
    while total + power / number != total or number == 1:
        number += 2
        power = -power * ratio * ratio
        total += power / number
    return 8 * total
