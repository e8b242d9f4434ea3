"""The fast twins agree with the plain ones, row by row: grams, metres, and which rule is broken."""

import tracemalloc
from fractions import Fraction
from typing import Any

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from ledger.bulk.distances import great_circle_metres as bulk_great_circle_metres
from ledger.bulk.distances import network_metres
from ledger.bulk.quantification import quantify
from ledger.bulk.rules import RULES
from ledger.errors import InvalidInput, NotQuantified
from ledger.quantification import Formula, Quantification, Range, Rounding
from ledger.quantification.distances import (
    EARTH_RADIUS_M,
    HALF_TURN,
    QUARTER_TURN,
    Position,
    great_circle_metres,
    metres_in_decimals,
)
from ledger.quantification.document import MAX_INPUT, TERMS
from ledger.quantification.network import Arc, Network
from ledger.quantification.rounding import rounded_ratio
from tests.unit.ledger.quantification.test_distances import NEAR_HALF

# Grams


def factors() -> st.SearchStrategy[str]:
    whole = st.one_of(st.integers(0, 999), st.integers(0, 10**12 - 1))
    fraction = st.one_of(
        st.just(""), st.sampled_from(["5", "25", "75"]), st.from_regex(r"[0-9]{0,11}[1-9]", fullmatch=True)
    )
    text = st.builds(lambda one, other: f"{one}.{other}" if other else str(one), whole, fraction)
    return text.filter(lambda factor: factor != "0")


def inputs() -> st.SearchStrategy[int]:
    edges = st.sampled_from([0, 1, 499, 500, 501, 1_500, 2**31, 2**52, MAX_INPUT])
    return st.one_of(edges, st.integers(0, 5_000), st.integers(-3, 2**63 - 1))


@st.composite
def quantifications(draw: st.DrawFn) -> Quantification:
    formula = draw(st.sampled_from(Formula))
    terms = TERMS[formula]
    names = sorted(terms.others | ({terms.measured} if terms.measured else set()))
    ranges = []
    for name in names:
        if draw(st.booleans()):
            least, most = sorted((draw(st.integers(0, MAX_INPUT)), draw(st.integers(0, MAX_INPUT))))
            ranges.append(Range(name, draw(st.sampled_from([0, least])), draw(st.sampled_from([most, MAX_INPUT]))))
    return Quantification(
        formula=formula, factor=draw(factors()), rounding=draw(st.sampled_from(Rounding)), ranges=tuple(ranges)
    )


@st.composite
def tables(draw: st.DrawFn) -> tuple[Quantification, dict[str, list[int | None]], int]:
    """A quantification, columns of some of its inputs (None where one is missing), and the number of rows."""
    quantification = draw(quantifications())
    rows = draw(st.integers(0, 6))
    names = draw(st.lists(st.sampled_from(sorted(quantification.inputs)), unique=True))
    cell = st.one_of(inputs(), inputs(), inputs(), st.none())
    return quantification, {name: draw(st.lists(cell, min_size=rows, max_size=rows)) for name in names}, rows


def one_by_one(quantification: Quantification, row: dict[str, int | None]) -> tuple[int, str]:
    try:
        return quantification.grams(row), ""
    except NotQuantified as refusal:
        return 0, refusal.code


@given(tables())
def test_columns_and_rows_agree(table: tuple[Quantification, dict[str, list[int | None]], int]) -> None:
    quantification, columns, rows = table
    found = quantify(
        {name: np.array([cell or 0 for cell in cells], np.int64) for name, cells in columns.items()},
        quantification,
        rows=rows,
        missing={name: np.array([cell is None for cell in cells], np.bool_) for name, cells in columns.items()},
    )
    assert found.grams.dtype == np.uint64
    assert found.rule.dtype == np.uint8
    for row in range(rows):
        expected = one_by_one(quantification, {name: cells[row] for name, cells in columns.items()})
        assert (int(found.grams[row]), RULES[found.rule[row]]) == expected


@given(st.integers(0, 10**30), st.integers(1, 10**20), st.sampled_from(Rounding))
def test_rounding_is_what_its_name_says(numerator: int, denominator: int, rounding: Rounding) -> None:
    ratio = Fraction(numerator, denominator)
    found = rounded_ratio(numerator, denominator, rounding)
    assert abs(found - ratio) <= (Fraction(1, 2) if rounding is not Rounding.DOWN else 1)
    assert rounded_ratio(-numerator, denominator, rounding) == -found
    if rounding is Rounding.DOWN:
        assert found <= ratio < found + 1
    elif ratio - int(ratio) == Fraction(1, 2):
        assert found > ratio if rounding is Rounding.HALF_UP else found % 2 == 0
    assert rounding is not Rounding.HALF_EVEN or found == round(ratio)


@pytest.mark.parametrize("rounding", Rounding)
def test_every_tie_of_half_a_gram(rounding: Rounding) -> None:
    quantification = Quantification(formula=Formula.METERED_ENERGY, factor="1", rounding=rounding)
    watt_hours = np.arange(0, 20_001)
    found = quantify({"energy_wh": watt_hours}, quantification)
    for energy, grams, rule in zip(watt_hours.tolist(), found.grams.tolist(), found.rule.tolist(), strict=True):
        assert (grams, RULES[rule]) == one_by_one(quantification, {"energy_wh": energy})


@pytest.mark.parametrize(
    ("factor", "edge"),
    [
        ("4096000", 2**51),
        ("649657000", (2**63 - 1) // 649_657),
        ("3.3", (2**63 - 1) // 33 * 10),
        ("0.000000000007", (2**63 - 1) // 7),
        ("999999999999.999999999999", 9_223),
    ],
)
def test_columns_and_rows_agree_where_products_leave_63_bits(factor: str, edge: int) -> None:
    quantification = Quantification(formula=Formula.METERED_ENERGY, factor=factor, rounding=Rounding.HALF_UP)
    limit = (2**63 - 1) // quantification.grams_per_measured.numerator
    values = sorted(
        {
            min(max(place + step, 0), MAX_INPUT)
            for place in (edge, limit, 2 * limit, 3 * limit, MAX_INPUT)
            for step in range(-2, 3)
        }
    )
    found = quantify({"energy_wh": np.array(values)}, quantification)
    for value, grams, rule in zip(values, found.grams.tolist(), found.rule.tolist(), strict=True):
        assert (grams, RULES[rule]) == one_by_one(quantification, {"energy_wh": value})


def test_the_nameplate_binds_only_rows_that_have_it() -> None:
    """Exactly at it, above it, and above it with power or duration missing, whatever stands in their place."""
    quantification = Quantification(formula=Formula.METERED_ENERGY, factor="420", rounding=Rounding.HALF_UP)
    found = quantify(
        {
            "energy_wh": np.array([1_000, 1_001, 1_001, 1_001]),
            "nameplate_w": np.array([1_000, 1_000, -1, 1_000]),
            "duration_s": np.array([3_600, 3_600, 3_600, 2**62]),
        },
        quantification,
        missing={
            "nameplate_w": np.array([False, False, True, False]),
            "duration_s": np.array([False, False, False, True]),
        },
    )
    assert [RULES[rule] for rule in found.rule] == ["", "reading-above-nameplate", "", ""]
    assert found.grams.tolist() == [420, 0, 420, 420]


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int32, np.uint32, np.int64, np.uint64])
def test_columns_may_be_of_any_integer_type(kind: type[np.integer[Any]]) -> None:
    quantification = Quantification(formula=Formula.PER_DISTANCE, factor="1000", rounding=Rounding.DOWN)
    values = [0, 1, np.iinfo(kind).max, np.iinfo(kind).min]
    found = quantify({"distance_m": np.array(values, kind)}, quantification)
    for value, grams, rule in zip(map(int, values), found.grams.tolist(), found.rule.tolist(), strict=True):
        assert (grams, RULES[rule]) == one_by_one(quantification, {"distance_m": value})


def test_columns_of_anything_else_are_a_mistake_of_the_caller() -> None:
    quantification = Quantification(formula=Formula.PER_DISTANCE, factor="1", rounding=Rounding.DOWN)
    for column in (np.array([1.0]), np.array([True]), np.array(["1"]), np.array([[1]]), np.array([1], object)):
        with pytest.raises(TypeError, match="distance_m must be"):
            quantify({"distance_m": column}, quantification)
    with pytest.raises(TypeError, match="mask"):
        quantify({"distance_m": np.array([1])}, quantification, missing={"distance_m": np.array([0])})
    for counts in ({"rows": 2}, {"missing": {"distance_m": np.array([True, False])}}):
        with pytest.raises(ValueError, match="equally long"):
            quantify({"distance_m": np.array([1])}, quantification, **counts)
    with pytest.raises(ValueError, match="rows be given"):
        quantify({}, quantification)
    for wrong in ({"energy_wh": np.array([1])}, {"distance_m": np.array([1]), "nameplate_w": np.array([1])}):
        with pytest.raises(InvalidInput, match="be among"):
            quantify(wrong, quantification)


# Distances

longitudes = st.one_of(st.integers(-HALF_TURN, HALF_TURN), st.sampled_from([0, HALF_TURN, -HALF_TURN]))
latitudes = st.one_of(st.integers(-QUARTER_TURN, QUARTER_TURN), st.sampled_from([0, QUARTER_TURN, -QUARTER_TURN]))
positions = st.builds(Position, longitudes, latitudes)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Position, Position]:
    """Two points anywhere, near to each other, or nearly opposite."""
    start = draw(positions)
    which, east, north = draw(st.integers(0, 2)), draw(st.integers(-2_000, 2_000)), draw(st.integers(-2_000, 2_000))
    if which == 0:
        return start, draw(positions)
    longitude, latitude = start.longitude_microdegrees + east, start.latitude_microdegrees + north
    if which == 2:
        longitude, latitude = longitude + HALF_TURN, -latitude
    assume(abs(latitude) <= QUARTER_TURN)
    return start, Position((longitude + HALF_TURN) % (2 * HALF_TURN) - HALF_TURN, latitude)


def bulk_metres(members: list[tuple[Position, Position]]) -> list[int]:
    columns = [
        np.array([getattr(pair[end], name) for pair in members])
        for end in (0, 1)
        for name in ("longitude_microdegrees", "latitude_microdegrees")
    ]
    found = bulk_great_circle_metres(*columns)
    assert not found.rule.any()
    return [int(metres) for metres in found.metres]


@given(st.lists(pairs(), min_size=1, max_size=5))
def test_three_ways_to_a_distance_agree(members: list[tuple[Position, Position]]) -> None:
    expected = [metres_in_decimals(*pair) for pair in members]
    assert [great_circle_metres(*pair) for pair in members] == expected
    assert bulk_metres(members) == expected


def test_near_half_a_metre_the_columns_ask_the_decimals(monkeypatch: pytest.MonkeyPatch) -> None:
    members = [(start, end) for start, end, _ in NEAR_HALF]
    assert bulk_metres(members) == [metres for _, _, metres in NEAR_HALF]
    monkeypatch.setattr("ledger.bulk.distances.metres_in_decimals", lambda *_: -1)
    assert bulk_metres([(Position(0, 0), Position(1, 1)), *members]) == [0, -1, -1, -1, -1]


@given(pairs())
def test_another_formula_lies_within_half_a_metre(pair: tuple[Position, Position]) -> None:
    assert abs(great_circle_metres(*pair) - chord_metres(*pair)) <= 0.5 + 1e-6


def chord_metres(start: Position, end: Position) -> float:
    """In float64, another way: the angle between two vectors, by its tangent."""
    one, other = (unit_vector(position) for position in (start, end))
    cross = np.cross(one, other)
    return float(EARTH_RADIUS_M * np.arctan2(np.sqrt(cross @ cross), one @ other))


def unit_vector(position: Position) -> np.ndarray[Any, np.dtype[np.float64]]:
    east = np.radians(position.longitude_microdegrees / 1e6)
    north = np.radians(position.latitude_microdegrees / 1e6)
    return np.array([np.cos(north) * np.cos(east), np.cos(north) * np.sin(east), np.sin(north)])


def test_points_off_the_sphere_are_refused_by_rule() -> None:
    zero = np.zeros(5, np.int64)
    longitude = np.array([0, HALF_TURN + 1, -HALF_TURN - 1, 0, 2**62])
    latitude = np.array([0, 0, 0, QUARTER_TURN + 1, -(2**62)])
    for columns in ((longitude, latitude, zero, zero), (zero, zero, longitude, latitude)):
        found = bulk_great_circle_metres(*columns)
        assert [RULES[rule] for rule in found.rule] == ["", *["input-out-of-range"] * 4]
        assert not found.metres.any()
    with pytest.raises(TypeError, match="millionths"):
        bulk_great_circle_metres(np.zeros(5), zero, zero, zero)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="equally long"):
        bulk_great_circle_metres(zero[:1], zero, zero, zero)


# Networks

STATIONS = ("a", "b", "c", "d", "e")
arcs = st.dictionaries(
    st.tuples(st.sampled_from(STATIONS), st.sampled_from(STATIONS)).filter(lambda pair: pair[0] != pair[1]),
    st.integers(0, 9),
    min_size=1,
)


@given(arcs)
def test_paths_are_the_shortest(lengths: dict[tuple[str, str], int]) -> None:
    """Against Floyd and Warshall's table, and columns against rows."""
    network = Network.of(Arc(*pair, metres) for pair, metres in lengths.items())
    shortest = {(one, one): 0 for one in STATIONS} | lengths
    for over in STATIONS:
        for one in STATIONS:
            for other in STATIONS:
                if (one, over) in shortest and (over, other) in shortest:
                    through = shortest[one, over] + shortest[over, other]
                    shortest[one, other] = min(shortest.get((one, other), through), through)
    names = [*STATIONS, "nowhere"]
    origins, destinations = (index.ravel() for index in np.indices((len(names), len(names))))
    found = network_metres(network, names, origins, destinations)
    for origin, destination, metres, rule in zip(origins, destinations, found.metres, found.rule, strict=True):
        one, other = names[origin], names[destination]
        try:
            expected = network.metres(one, other), ""
            assert expected[0] == shortest[one, other]
        except NotQuantified as refusal:
            expected = 0, refusal.code
            assert not {one, other} <= network.stations or (one, other) not in shortest
        assert (int(metres), RULES[rule]) == expected


def test_memory_follows_the_rows_and_not_the_names() -> None:
    """Every row with two new names that are no stations, which a table of all pairs would make 25 million places of."""
    network = Network.of([Arc("a", "b", 7), Arc("b", "c", 5)])
    names = ["a", "c", *(f"garbage {number}" for number in range(5_000))]
    origins = np.array([0, *range(2, 5_002), 0])
    destinations = np.array([1, *range(5_001, 1, -1), 0])
    tracemalloc.start()
    try:
        found = network_metres(network, names, origins, destinations)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert (found.metres[[0, -1]].tolist(), found.metres.sum()) == ([12, 0], 12)
    assert {RULES[rule] for rule in found.rule[1:-1]} == {"unknown-station"}
    assert peak < 10 << 20


def test_stations_that_are_no_indices_are_a_mistake_of_the_caller() -> None:
    network = Network.of([Arc("a", "b", 1)])
    zero = np.zeros(1, np.int32)
    assert network_metres(network, [], zero[:0], zero[:0]).metres.tolist() == []
    with pytest.raises(TypeError, match="indices"):
        network_metres(network, ["a"], np.zeros(1), zero)  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="equally long"):
        network_metres(network, ["a"], zero[:0], zero)
    for beyond in (1, -1):
        with pytest.raises(IndexError):
            network_metres(network, ["a"], zero, np.array([beyond]))
