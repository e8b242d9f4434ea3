"""A network of stations as a table of arcs, and the shortest paths in it (docs/spec/05-points.md §5.6)."""

from __future__ import annotations

import csv
import hashlib
import heapq
import io
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Self

from ledger.canonical import canonical_json, parse_strict
from ledger.errors import InvalidNetwork, Json
from ledger.ids import Hash32
from ledger.quantification.distances import Position, great_circle_metres
from ledger.quantification.refusals import StationUnreachable, UnknownStation

FORMAT = 1
CSV_COLUMNS = ["origin", "destination", "metres"]
MAX_ARC_METRES = 40_075_017
"""The equator: no arc is longer. Far from where a sum of arcs could overflow."""
MAX_TABLE_BYTES = 1 << 26

_WHOLE = re.compile(r"0|[1-9][0-9]{0,8}", re.ASCII)


@dataclass(frozen=True, slots=True, order=True)
class Arc:
    """One way from a station to another, in whole metres; 0 between platforms of one station that have two names."""

    origin: str
    destination: str
    metres: int

    def __post_init__(self) -> None:
        for name in ("origin", "destination"):
            station = getattr(self, name)
            if not isinstance(station, str) or not station or station != station.strip() or not station.isprintable():
                raise InvalidNetwork(name, "be printable text without spaces at its ends", station)
        if self.origin == self.destination:
            raise InvalidNetwork("destination", "be another station than the origin", self.destination)
        if type(self.metres) is not int or not 0 <= self.metres <= MAX_ARC_METRES:
            raise InvalidNetwork("metres", f"be a whole number from 0 to {MAX_ARC_METRES}", self.metres)


@dataclass(frozen=True, slots=True)
class Network:
    """Arcs sorted by origin and destination, each pair once. An arc leads one way only. Raises `InvalidNetwork`."""

    arcs: tuple[Arc, ...]
    _onward: Mapping[str, list[tuple[str, int]]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.arcs:
            raise InvalidNetwork("arcs", "number at least 1", 0)
        for one, next_one in pairwise(self.arcs):
            pair, next_pair = (one.origin, one.destination), (next_one.origin, next_one.destination)
            if pair >= next_pair:
                raise InvalidNetwork("arcs", "be sorted by origin and destination, each pair once", [*pair, *next_pair])
        onward: dict[str, list[tuple[str, int]]] = {}
        for arc in self.arcs:
            onward.setdefault(arc.origin, []).append((arc.destination, arc.metres))
            onward.setdefault(arc.destination, [])
        object.__setattr__(self, "_onward", onward)

    @property
    def stations(self) -> frozenset[str]:
        """Every station that an arc begins or ends at."""
        return frozenset(self._onward)

    @property
    def hash(self) -> Hash32:
        """SHA-256 of `to_bytes`: what the record of a batch names."""
        return Hash32(hashlib.sha256(self.to_bytes()).digest())

    def metres(self, origin: str, destination: str) -> int:
        """Length of a shortest path, 0 from a station to itself; raises `UnknownStation`, `StationUnreachable`."""
        reached = self.metres_from(origin)
        if destination not in self._onward:
            raise UnknownStation(destination)
        if destination not in reached:
            raise StationUnreachable(origin, destination)
        return reached[destination]

    def metres_from(self, origin: str) -> dict[str, int]:
        """Lengths of shortest paths to every station that can be reached (Dijkstra); raises `UnknownStation`."""
        if origin not in self._onward:
            raise UnknownStation(origin)
        reached: dict[str, int] = {}
        waiting = [(0, origin)]
        while waiting:
            metres, station = heapq.heappop(waiting)
            if station in reached:
                continue
            reached[station] = metres
            for destination, further in self._onward[station]:
                if destination not in reached:
                    heapq.heappush(waiting, (metres + further, destination))
        return reached

    def to_bytes(self) -> bytes:
        """The table as RFC 8785 bytes: `{"arcs": [[origin, destination, metres], …], "format": 1}`."""
        arcs: list[Json] = [[arc.origin, arc.destination, arc.metres] for arc in self.arcs]
        return canonical_json({"format": FORMAT, "arcs": arcs})

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Reads what `to_bytes` wrote; `InvalidNetwork` or `InvalidJson` for anything else."""
        document = parse_strict(data, max_bytes=MAX_TABLE_BYTES)
        if not isinstance(document, dict) or set(document) != {"format", "arcs"} or document["format"] != FORMAT:
            raise InvalidNetwork("network", f"be an object of arcs and format {FORMAT}", document)
        rows = document["arcs"]
        if not isinstance(rows, list):
            raise InvalidNetwork("arcs", "be a list of [origin, destination, metres]", rows)
        network = cls(tuple(_arc(row) for row in rows))
        if network.to_bytes() != data:
            raise InvalidNetwork("network", "be in canonical form (RFC 8785), so that it has one hash", "other bytes")
        return network

    @classmethod
    def from_csv(cls, data: bytes) -> Self:
        """Reads a table with the header `origin,destination,metres` in UTF-8, in any order of rows."""
        try:
            rows = list(csv.reader(io.StringIO(data.decode(), newline=""), strict=True))
        except (UnicodeDecodeError, csv.Error) as error:
            raise InvalidNetwork("network", "be CSV in UTF-8", str(error)) from None
        if not rows or rows[0] != CSV_COLUMNS:
            raise InvalidNetwork("line 1", "be " + ",".join(CSV_COLUMNS), rows[0] if rows else None)
        return cls.of(_csv_arc(number, row) for number, row in enumerate(rows[1:], start=2))

    @classmethod
    def of(cls, arcs: Iterable[Arc]) -> Self:
        """A network of arcs in any order."""
        return cls(tuple(sorted(arcs)))


def network_between_neighbours(positions: Mapping[str, Position], neighbours: Iterable[tuple[str, str]]) -> Network:
    """A network whose arcs lead both ways between neighbouring stations, as long as the great circle between them.

    For operators who publish where stations are but not how long their tracks are: track is never shorter than the
    great circle, so distances, and the grams of them, are never too large. A pair may be given in either order, or in
    both. Raises `UnknownStation` for a neighbour without a position.
    """
    arcs: dict[tuple[str, str], Arc] = {}
    for one, other in neighbours:
        for station in (one, other):
            if station not in positions:
                raise UnknownStation(station)
        metres = great_circle_metres(positions[one], positions[other])
        arcs[one, other] = Arc(one, other, metres)
        arcs[other, one] = Arc(other, one, metres)
    return Network.of(arcs.values())


def _arc(row: Json) -> Arc:
    match row:
        case [str(origin), str(destination), int(metres)]:
            return Arc(origin, destination, metres)
        case _:
            raise InvalidNetwork("arcs", "be a list of [origin, destination, metres]", row)


def _csv_arc(number: int, row: list[str]) -> Arc:
    if len(row) != len(CSV_COLUMNS):
        raise InvalidNetwork(f"line {number}", "have three columns", row)
    origin, destination, metres = row
    if not _WHOLE.fullmatch(metres):
        raise InvalidNetwork(f"line {number}, metres", "be a whole number without sign or leading zeros", metres)
    try:
        return Arc(origin, destination, int(metres))
    except InvalidNetwork as error:
        raise InvalidNetwork(f"line {number}, {error.field}", error.rule, error.value) from None
