"""`ledger.quantification.distances` and `.network` on columns.

Floats only propose a metre: where the error bound leaves a doubt, the row is computed anew in decimals, so that what
comes out does not depend on the machine or on numpy's version.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ledger.bulk.rules import Mask, Rules, refuse
from ledger.quantification.distances import (
    EARTH_RADIUS_M,
    FULL_TURN,
    FURTHEST_HAVERSINE,
    HALF_TURN,
    QUARTER_TURN,
    RADIANS,
    RELATIVE_ERROR,
    Position,
    metres_in_decimals,
)
from ledger.quantification.network import Network
from ledger.quantification.refusals import InputOutOfRange, StationUnreachable, UnknownStation

Column = NDArray[np.integer[Any]]
_UNREACHABLE = -1


class Distances(NamedTuple):
    """Whole metres of each row, 0 where it is refused, and the number of the rule it breaks."""

    metres: NDArray[np.int64]
    rule: Rules


def great_circle_metres(
    start_longitude: Column, start_latitude: Column, end_longitude: Column, end_latitude: Column
) -> Distances:
    """Exactly rounded whole metres between points in millionths of a degree.

    Rows with a coordinate off the sphere break the rule `input-out-of-range`. Raises `TypeError` for columns that are
    not of integers, `ValueError` for unequal lengths.
    """
    columns = (start_longitude, start_latitude, end_longitude, end_latitude)
    for column in columns:
        if not np.issubdtype(column.dtype, np.integer):
            raise TypeError(f"coordinates must be whole millionths of a degree, but are of {column.dtype}")
    if len({len(column) for column in columns}) != 1:
        raise ValueError("the columns of coordinates must be equally long")
    rules: Rules = np.zeros(len(start_longitude), np.uint8)
    points = []
    for column, limit in zip(columns, (HALF_TURN, QUARTER_TURN, HALF_TURN, QUARTER_TURN), strict=True):
        outside = (column < -limit) | (column > limit)
        refuse(rules, outside, InputOutOfRange)
        points.append(np.where(outside, 0, column).astype(np.int64))
    metres, doubtful = _proposed(*points)
    for row in np.flatnonzero(doubtful & (rules == 0)).tolist():
        x1, y1, x2, y2 = (int(column[row]) for column in points)
        metres[row] = metres_in_decimals(Position(x1, y1), Position(x2, y2))
    metres[rules != 0] = 0
    return Distances(metres, rules)


def _proposed(
    x1: NDArray[np.int64], y1: NDArray[np.int64], x2: NDArray[np.int64], y2: NDArray[np.int64]
) -> tuple[NDArray[np.int64], Mask]:
    """Metres in float64, and where they may be wrong by one; the same steps as the scalar's."""
    eastward = np.abs(x2 - x1)
    north_sine = np.sin(np.abs(y2 - y1) / 2 * RADIANS)
    east_sine = np.sin(np.minimum(eastward, FULL_TURN - eastward) / 2 * RADIANS)
    one_cosine = np.sin((QUARTER_TURN - np.abs(y1)) * RADIANS)
    other_cosine = np.sin((QUARTER_TURN - np.abs(y2)) * RADIANS)
    haversine = north_sine * north_sine + one_cosine * other_cosine * (east_sine * east_sine)
    far = haversine > FURTHEST_HAVERSINE
    metres = 2 * EARTH_RADIUS_M * np.arcsin(np.sqrt(np.where(far, 0, haversine)))
    near_half = np.abs(metres - np.floor(metres) - 0.5) <= metres * RELATIVE_ERROR
    return np.floor(metres + 0.5).astype(np.int64), far | near_half


def network_metres(network: Network, names: Sequence[str], origins: Column, destinations: Column) -> Distances:
    """Shortest paths between stations that are given as indices into `names`, as Arrow's dictionaries have them.

    Paths are searched from the known origins that occur, once each; memory follows the rows, however many names stand
    for no station. Unknown stations and pairs without a path break the rules
    `unknown-station` and `station-unreachable`. Raises `TypeError` for indices that are not integers, `ValueError` for
    unequal lengths and `IndexError` for indices beyond the names.
    """
    for indices in (origins, destinations):
        if not np.issubdtype(indices.dtype, np.integer):
            raise TypeError(f"stations must be indices into the names, but are of {indices.dtype}")
        if len(indices) and (indices.min() < 0 or indices.max() >= len(names)):
            raise IndexError("an index is beyond the names")
    if len(origins) != len(destinations):
        raise ValueError("origins and destinations must be equally long")
    stations = network.stations
    known = np.array([name in stations for name in names], np.bool_)
    rules: Rules = np.zeros(len(origins), np.uint8)
    if not len(origins):
        return Distances(np.zeros(0, np.int64), rules)
    refuse(rules, ~known[origins] | ~known[destinations], UnknownStation)
    metres = np.zeros(len(origins), np.int64)
    fine = np.flatnonzero(rules == 0)
    fine = fine[np.argsort(origins[fine], kind="stable")]
    for rows in np.split(fine, np.flatnonzero(np.diff(origins[fine])) + 1):
        if len(rows):  # of one origin
            reached = network.metres_from(names[origins[rows[0]]])
            ends, places = np.unique(destinations[rows], return_inverse=True)
            lengths = [reached.get(names[end], _UNREACHABLE) for end in ends.tolist()]
            metres[rows] = np.array(lengths, np.int64)[places]
    refuse(rules, metres == _UNREACHABLE, StationUnreachable)
    metres[rules != 0] = 0
    return Distances(metres, rules)
