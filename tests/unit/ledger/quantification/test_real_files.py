"""Real trips, charges and plants against what others computed from them; skipped where the public files are absent.

`checks_dev.json` beside the files holds figures that were recomputed from them with the standard library alone.
"""

from __future__ import annotations

import ast
import csv
import gzip
import io
import json
import math
from collections import Counter
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ledger.bulk.distances import great_circle_metres as bulk_great_circle_metres
from ledger.bulk.distances import network_metres
from ledger.bulk.quantification import quantify
from ledger.bulk.rules import RULES
from ledger.errors import NotQuantified
from ledger.quantification import Formula, Quantification, Range, Rounding
from ledger.quantification.distances import EARTH_RADIUS_M, Position, great_circle_metres
from ledger.quantification.network import Network, network_between_neighbours
from ledger.quantification.readings import whole_units
from ledger.quantification.refusals import InputOutOfRange, NothingReduced, ReadingAboveNameplate

CHARGING = Quantification(formula=Formula.METERED_ENERGY, factor="420", rounding=Rounding.HALF_UP)
BIKE = Quantification(
    formula=Formula.PER_DISTANCE,
    factor="150.5",
    rounding=Rounding.HALF_UP,
    ranges=(Range("distance_m", 1, 50_000), Range("duration_s", 30, 86_400)),
)
# One project has at most 1 MW (沪环气候〔2024〕45号), as `factors.json` beside the files quotes it.
SOLAR = Quantification(
    formula=Formula.METERED_ENERGY,
    factor="420",
    rounding=Rounding.HALF_UP,
    ranges=(Range("nameplate_w", 1, 1_000_000),),
)


@pytest.fixture(scope="module")
def data(shared: Path) -> Path:
    folder = shared / "data"
    if not folder.is_dir():
        pytest.skip("the public input data is not on this machine (../shared/data)")
    return folder


@pytest.fixture(scope="module")
def checks(data: Path) -> Any:
    return json.loads((data / "checks_dev.json").read_bytes())


def rows_of(path: Path) -> list[dict[str, str]]:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    return list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))


# Charging


def test_boulder_is_the_publishers_own_grams_to_a_gram_a_session(data: Path, checks: Any) -> None:
    rows = rows_of(data / "ev" / "boulder_2018-2020.csv.gz")
    check = checks["boulder_2018_2020"]
    assert len(rows) == check["rows"] == 22_768
    energy = np.array([whole_units(row["Energy__kWh_"], decimals=3, field="energy") for row in rows])
    published = np.array([whole_units(row["GHG_Savings__kg_"], decimals=3, field="savings") for row in rows])
    assert energy.sum() == check["Wh"] == 176_838_338
    assert published.sum() == check["published_g"] == 74_272_090

    found = quantify({"energy_wh": energy}, CHARGING)
    assert int(found.grams.sum()) == check["recomputed_g_at_0_42_half_up"] == 74_272_264
    # 1,940 sessions of nothing, and eight of 1 Wh, which are 0.42 g and so round to none.
    assert Counter(RULES[rule] for rule in found.rule) == {"": 20_820, "nothing-reduced": 1_948}
    assert Counter(energy[found.rule != 0].tolist()) == {0: check["zero_energy"], 1: 8}
    assert check["zero_energy"] == 1_940
    difference = found.grams.astype(np.int64) - published
    assert np.abs(difference).max() == 1
    assert difference.sum() == 174

    one_by_one = [CHARGING.grams({"energy_wh": int(one)}) for one in energy[found.rule == 0]]
    assert one_by_one == found.grams[found.rule == 0].tolist()
    with pytest.raises(NothingReduced) as refused:
        CHARGING.grams({"energy_wh": 0})
    assert refused.value == NothingReduced((("energy_wh", 0),))


def test_every_gram_between_boulders_two_totals_is_explained(data: Path) -> None:
    """The publisher multiplied the energy before it was rounded to watt-hours: its grams are those of an energy that
    lies within half a watt-hour of the printed one.
    """
    for row in rows_of(data / "ev" / "boulder_2018-2020.csv.gz"):
        energy = Fraction(row["Energy__kWh_"]) * 1000
        published = Fraction(row["GHG_Savings__kg_"]) * 1000
        least, most = (Fraction(42, 100) * (energy + half) for half in (Fraction(-1, 2), Fraction(1, 2)))
        assert least - Fraction(1, 2) <= published <= most + Fraction(1, 2)


def test_workplace_charging_is_read_to_the_watt_hour(data: Path, checks: Any) -> None:
    rows = rows_of(data / "ev" / "workplace_3395.csv")
    energy = [whole_units(row["kwhTotal"], decimals=3, field="kwhTotal") for row in rows]
    assert (len(energy), sum(energy)) == (checks["ev_workplace"]["rows"], checks["ev_workplace"]["Wh"])
    assert sum(energy) == 19_723_690
    found = quantify({"energy_wh": np.array(energy)}, CHARGING)
    assert [RULES[rule] for rule in found.rule] == ["" if one else "nothing-reduced" for one in energy]


# Bikes


def float_haversine(start: Position, end: Position) -> float:
    """As everybody writes it: metres in floats."""
    x1, y1, x2, y2 = (
        math.radians(microdegrees / 1e6)
        for point in (start, end)
        for microdegrees in (point.longitude_microdegrees, point.latitude_microdegrees)
    )
    haversine = math.sin((y2 - y1) / 2) ** 2 + math.cos(y1) * math.cos(y2) * math.sin((x2 - x1) / 2) ** 2
    return 2 * EARTH_RADIUS_M * math.asin(math.sqrt(haversine))


def test_mobike_differs_from_floats_by_rounding_to_metres_alone(data: Path, checks: Any) -> None:
    rows = rows_of(data / "trips" / "mobike_shanghai_2016-08_first1000.csv")
    trips = [
        tuple(
            Position(*(whole_units(row[f"{end}_location_{axis}"], decimals=6, field=axis) for axis in "xy"))
            for end in ("start", "end")
        )
        for row in rows
    ]
    floats = [float_haversine(start, end) for start, end in trips]
    metres = [great_circle_metres(start, end) for start, end in trips]
    assert round(sum(floats) / 1000, 3) == checks["mobike_shanghai"]["great_circle_km"] == 1_406.630
    # Each trip is its float to the nearest metre; so the 34 m between the totals are what that rounding added.
    assert metres == [math.floor(one + 0.5) for one in floats]
    assert sum(metres) == 1_406_664
    assert round(math.fsum(whole - one for whole, one in zip(metres, floats, strict=True))) == 34

    places = np.array([[(one.longitude_microdegrees, one.latitude_microdegrees) for one in trip] for trip in trips])
    assert bulk_great_circle_metres(*places.reshape(-1, 4).T).metres.tolist() == metres


@pytest.mark.parametrize("day", ["20170911", "20170912", "20170913", "20170914", "20170915"])
def test_singapore_in_whole_metres(data: Path, checks: Any, day: str) -> None:
    """A given distance: the total of whole metres differs from the printed one by the fractions that were rounded."""
    lines = gzip.decompress((data / "trips" / f"singapore_bike_{day}.tsv.gz").read_bytes()).decode().splitlines()
    texts = [line.split("\t")[8] for line in lines]
    check = checks["singapore_bike"][day]
    metres = np.array([whole_units(text, decimals=0, field="distance") for text in texts])
    micrometres = np.array([whole_units(text, decimals=6, field="distance") for text in texts])
    assert (len(texts), round(int(micrometres.sum()) / 10**6, 3)) == (check["rows"], check["metres"])
    rounded_off = micrometres - 10**6 * metres
    assert (rounded_off >= -500_000).all()
    assert (rounded_off < 500_000).all()

    unlimited = Quantification(formula=Formula.PER_DISTANCE, factor="150.5", rounding=Rounding.HALF_UP)
    found = quantify({"distance_m": metres}, unlimited)
    assert {RULES[rule] for rule in found.rule} == {"", "nothing-reduced"}
    assert (micrometres[found.rule != 0] == 0).sum() == check["zero_distance"]
    # Up to 3 m make less than half a gram at 150.5 g/km.
    assert ((metres <= 3) == (found.rule != 0)).all()


def test_a_bike_ride_of_1500_km_is_refused() -> None:
    with pytest.raises(InputOutOfRange) as refused:
        BIKE.grams({"distance_m": 1_500_000, "duration_s": 3_600})
    assert refused.value == InputOutOfRange("distance_m", 1_500_000, 1, 50_000)
    assert BIKE.grams({"distance_m": 1_500, "duration_s": 600}) == 226


# Plants


def test_plants_above_one_megawatt_are_refused(data: Path, checks: Any) -> None:
    plants = {row["Station_ID"]: int(row["Capacity"]) * 1000 for row in rows_of(data / "pv" / "metadata.csv")}
    assert len(plants) == 10
    for name, nameplate in plants.items():
        with pytest.raises(InputOutOfRange) as refused:
            SOLAR.grams({"energy_wh": 1_000, "nameplate_w": nameplate})
        assert refused.value == InputOutOfRange("nameplate_w", nameplate, 1, 1_000_000), name
    assert all(plants[name] == 1000 * check["capacity_kW"] for name, check in checks["pv"].items() if "station" in name)


def test_the_one_reading_above_nameplate_is_refused(data: Path, checks: Any) -> None:
    """Station 05 prints 35.118 MW once; its nameplate is 35 MW. Quarters of an hour, scaled down by nothing."""
    unlimited = Quantification(formula=Formula.METERED_ENERGY, factor="420", rounding=Rounding.HALF_UP)
    rows = rows_of(data / "pv" / "station05.csv.gz")
    energy = np.array([whole_units(row["power"], decimals=6, field="power") // 4 for row in rows])
    columns = {
        "energy_wh": energy,
        "nameplate_w": np.full(len(rows), 35_000_000),
        "duration_s": np.full(len(rows), 900),
    }
    found = quantify(columns, unlimited)
    assert (
        Counter(RULES[rule] for rule in found.rule)["reading-above-nameplate"]
        == checks["pv"]["station05"]["above_capacity"]
    )
    with pytest.raises(ReadingAboveNameplate) as refused:
        unlimited.grams({"energy_wh": int(energy.max()), "nameplate_w": 35_000_000, "duration_s": 900})
    assert refused.value == ReadingAboveNameplate(8_779_532, 35_000_000, 900)
    # Each reading loses less than a watt-hour where it is made whole.
    kilowatt_hours = checks["pv"]["station05"]["kWh"]
    assert kilowatt_hours * 1000 - len(rows) < int(energy.sum()) <= kilowatt_hours * 1000


# Metro


@pytest.fixture(scope="module")
def shanghai(data: Path) -> tuple[dict[str, Position], Network]:
    """The published stations with their neighbours; the table prints minutes but no lengths."""
    rows = rows_of(data / "shanghai_metro" / "stationInfo.csv")
    names = {row["stationID"]: row["name"].strip() for row in rows}
    positions = {
        row["name"].strip(): Position(*(whole_units(row[axis], decimals=6, field=axis) for axis in ("lon", "lat")))
        for row in rows
    }
    pairs = [
        (names[row["stationID"]], names[str(neighbour)])
        for row in rows
        for neighbour in ast.literal_eval(row["neighbour"])
    ]
    return positions, network_between_neighbours(positions, pairs)


def test_shanghais_network_joins_all_its_stations(shanghai: tuple[dict[str, Position], Network]) -> None:
    positions, network = shanghai
    assert len(network.stations) == len(positions) == 302
    assert len(network.arcs) == 696
    assert len(network.metres_from("Xujiahui")) == 302
    assert Network.from_bytes(network.to_bytes()).hash == network.hash


def test_a_path_is_never_shorter_than_the_great_circle(shanghai: tuple[dict[str, Position], Network]) -> None:
    """Up to what rounding of its arcs takes: half a metre each, and no path has a hundred."""
    positions, network = shanghai
    names = sorted(positions)
    origins, destinations = (index.ravel() for index in np.indices((len(names), len(names))))
    found = network_metres(network, names, origins, destinations)
    assert not found.rule.any()
    places = np.array(
        [(positions[name].longitude_microdegrees, positions[name].latitude_microdegrees) for name in names]
    )
    straight = bulk_great_circle_metres(*places[origins].T, *places[destinations].T)
    assert (found.metres >= straight.metres - 50).all()
    assert (found.metres == found.metres.reshape(len(names), -1).T.ravel()).all()
    with pytest.raises(NotQuantified):
        network.metres("Xujiahui", "Nowhere")
