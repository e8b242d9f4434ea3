"""Real feeds through the mappings in docs/examples/feeds: the check figures are hit, or differ by what is told here."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from ledger.quantification import Quantification
from scripts.points.run_folder import PreparedBatch
from tests.conftest import ROOT
from tests.unit.scripts.points import Prepared, quantification

FEEDS = ROOT / "docs" / "examples" / "feeds"


@pytest.fixture
def checks(shared: Path) -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads((shared / "data" / "checks_dev.json").read_bytes())
    return loaded


@pytest.fixture
def home(tmp_path: Path) -> Prepared:
    return Prepared(tmp_path)


def _one(home: Prepared, feed: str, files: list[Path], by: Quantification) -> PreparedBatch:
    (header,) = home.earn(FEEDS / f"{feed}.toml", files, by)
    return header


def _details(home: Prepared, header: PreparedBatch) -> list[dict[str, int]]:
    return [json.loads(text) for text in home.batch(header).details.to_list()]


def test_mobike(home: Prepared, shared: Path, checks: dict[str, Any]) -> None:
    """1,000 g a km make a gram a metre. The check adds unrounded metres, we whole ones: half a metre a trip at most."""
    file = shared / "data" / "trips" / "mobike_shanghai_2016-08_first1000.csv"
    header = _one(home, "mobike-shanghai", [file], quantification("per-distance", "1000"))
    known = checks["mobike_shanghai"]
    assert header.rows == known["rows"]
    standing = header.refused.get("nothing-reduced", 0)
    assert header.entry_count == known["rows"] - standing
    assert abs(header.total - known["great_circle_km"] * 1000) <= known["rows"] / 2
    assert len({bytes(tag) for tag in home.batch(header).account_tags}) <= known["users"]
    assert max(row["duration_s"] for row in _details(home, header)) <= known["longest_minutes"] * 60


def test_mobike_beyond_the_range(home: Prepared, shared: Path) -> None:
    file = shared / "data" / "trips" / "mobike_shanghai_2016-08_first1000.csv"
    ranges = {"distance_m": [100, 10_000], "duration_s": [60, 7200]}
    header = _one(home, "mobike-shanghai", [file], quantification("per-distance", "150.5", ranges))
    assert header.refused["input-out-of-range"] == header.rows - header.entry_count > 0
    assert any("duration_s is 90660, but only 60 to 7200" in line for line in home.refused())


def test_shenzhen(home: Prepared, shared: Path, checks: dict[str, Any]) -> None:
    file = shared / "data" / "trips" / "shenzhen_card_2018-09-01_37000.csv.gz"
    header = _one(home, "shenzhen-metro", [file], quantification("per-trip", "541.9"))
    known = checks["shenzhen_37000"]
    paired = known["metro_trips_paired"]
    assert (header.entry_count, header.rows) == (paired, paired)
    assert header.total == 542 * paired
    assert header.left_out == known["by_type"]["巴士"]
    assert header.refused == {
        "tap-without-entry": known["by_type"]["地铁出站"] - paired,
        "tap-without-exit": known["by_type"]["地铁入站"] - paired,
    }
    assert (header.first_day, header.last_day) == (17775, 17775)


def test_shenzhen_same_station(home: Prepared, shared: Path, checks: dict[str, Any]) -> None:
    """Whoever leaves where they entered has made no trip."""
    text = (FEEDS / "shenzhen-metro.toml").read_text(encoding="utf-8")
    file = shared / "data" / "trips" / "shenzhen_card_2018-09-01_37000.csv.gz"
    changed = home.mapping(
        text + '\n[[refuse]]\nrule = "same-station"\nmessage = "No trip."\n'
        'when = { "in.station" = { same_as = "out.station" } }\n'
    )
    (header,) = home.earn(changed, [file], quantification("per-trip", "541.9"))
    known = checks["shenzhen_37000"]
    assert header.refused["same-station"] == 2 * known["paired_same_station"]  # both taps are written
    assert header.entry_count == known["metro_trips_paired"] - known["paired_same_station"]


def test_singapore(home: Prepared, shared: Path, checks: dict[str, Any]) -> None:
    """Whole metres of each trip, so at most half a metre a trip from the publisher's."""
    days = sorted(checks["singapore_bike"])
    files = [shared / "data" / "trips" / f"singapore_bike_{day}.tsv.gz" for day in days]
    header = _one(home, "singapore-bike", files, quantification("per-distance", "1000"))
    known = checks["singapore_bike"].values()
    rows = sum(day["rows"] for day in known)
    refused = Counter(header.refused)
    assert header.rows == rows == 188_769
    assert header.entry_count == rows - sum(refused.values())
    assert abs(header.total - sum(day["metres"] for day in known)) <= rows / 2
    assert refused["nothing-reduced"] >= sum(day["zero_distance"] for day in known)


def test_boulder_to_the_gram(home: Prepared, shared: Path, checks: dict[str, Any]) -> None:
    file = shared / "data" / "ev" / "boulder_2018-2020.csv.gz"
    header = _one(home, "boulder-charging", [file], quantification("metered-energy", "420"))
    known = checks["boulder_2018_2020"]
    assert header.total == known["recomputed_g_at_0_42_half_up"]
    assert sum(row["energy_wh"] for row in _details(home, header)) == known["Wh"] - _lost(home)
    assert header.entry_count == known["rows"] - sum(header.refused.values())


def _lost(home: Prepared) -> int:
    """Watt-hours of refused sessions: 1 Wh makes 0.42 g, which is rounded to nothing."""
    return sum("nothing-reduced" in line and "energy_wh 1)" in line for line in home.refused())


def test_workplace(home: Prepared, shared: Path, checks: dict[str, Any]) -> None:
    file = shared / "data" / "ev" / "workplace_3395.csv"
    header = _one(home, "workplace-charging", [file], quantification("metered-energy", "1000"))
    known = checks["ev_workplace"]
    assert header.rows == known["rows"]
    assert header.total == known["Wh"]
    assert len({bytes(tag) for tag in home.batch(header).account_tags}) <= known["users"]
    assert 2014 <= 1970 + header.first_day // 365 <= 2015
