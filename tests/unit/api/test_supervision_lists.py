"""Figures of the supervision board are the sums of their rows, over random lives (10-pages §10.11)."""

import sqlite3
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import make_url

from api import unusual as unusual_module
from api.repository import activities, deficits, movements
from api.repository.movements import Among, Step
from api.schemas.supervision import UNSPECIFIED
from api.unusual import FLOOR_GRAMS, History, What, median
from indexer.database import open_database
from indexer.schema import Book, PointBook
from ledger.canonical import canonical_json
from ledger.errors import Json
from ledger.units import civil_day_of_timestamp, date_of_civil_day
from tests.unit.api.client import Client
from tests.unit.api.lives import made_life, reading, serving
from tests.unit.api.test_indexes import Explaining

SEEDS = (1, 5, 7)
DISTRICTS = ("浦东新区", "黄浦区", "Jing'an & <Co>")


def name_districts(url: str, places: dict[bytes, str]) -> None:
    """Makes the registrations of some activities name a district, for all to see."""
    connection = sqlite3.connect(str(make_url(url).database))
    for activity_id, district in places.items():
        record_hash = connection.execute(
            "SELECT o.record_hash FROM activities a JOIN operations o ON o.leaf_index = a.registered_leaf_index "
            "WHERE a.activity_id = ?",
            (activity_id,),
        ).fetchone()[0]
        fields: list[Json] = [{"name": "district", "salt": "0x" + "00" * 16, "value": district}]
        public = canonical_json({"fields": fields, "format": 1, "kind": "activity-registered"}).decode()
        columns = [row[1] for row in connection.execute("PRAGMA table_info(records)")]
        values = {"record_hash": record_hash, "kind": 32, "document": public, "public": public, "saved_at": 1}
        given = [values.get(name, b"\x00" * 32) for name in columns]
        connection.execute(f"INSERT INTO records VALUES ({', '.join('?' * len(columns))})", given)  # noqa: S608 - ours
    connection.commit()
    connection.close()


@pytest.fixture(scope="module", params=SEEDS)
def url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> str:
    made = made_life(tmp_path_factory.mktemp("life"), request.param, 400, points=0.5)
    with reading(made) as snapshot:
        known = sorted(activities.codes(snapshot))
    name_districts(made, {one: DISTRICTS[at % 3] for at, one in enumerate(known[::2])})
    return made


@pytest.fixture(scope="module")
def client(url: str) -> Iterator[Client]:
    with serving(url) as application:
        yield Client(application)


def items(client: Client, target: str) -> list[dict[str, Any]]:
    """All of a list, page by page."""
    found: list[dict[str, Any]] = []
    following: str | None = target
    while following:
        answer = client.get(following).json
        found += answer["items"]
        following = answer["next"]
    return found


def total(rows: list[dict[str, Any]]) -> int:
    return sum(int(row["quantity_gco2e"]) for row in rows)


def test_what_the_steps_came_to_is_what_the_books_hold(url: str) -> None:
    """The other side of the double entry, which none of the sources of the sums reads."""
    with reading(url) as snapshot:
        came: Counter[Step] = Counter()
        for one in movements.sums(snapshot):
            came[one.step] += one.grams
        books: dict[int, int] = dict(
            snapshot.all("SELECT book, CAST(SUM(quantity_gco2e) AS BIGINT) FROM balances GROUP BY book")
        )
        points: dict[int, int] = dict(
            snapshot.all("SELECT book, CAST(SUM(quantity_gco2e) AS BIGINT) FROM point_balances GROUP BY book")
        )
        moved = snapshot.one("SELECT SUM(quantity_gco2e) FROM postings WHERE debit_book = 2 AND credit_book = 2")
        proposed = snapshot.one("SELECT SUM(quantity_gco2e) FROM proposals")
    assert came[Step.CONFIRMED] == books.get(Book.ISSUED, 0)
    assert came[Step.BOUGHT_BACK] == books.get(Book.BOUGHT_BACK, 0) == points.get(PointBook.BOUGHT_BACK, 0)
    assert came[Step.CANCELLED] == books.get(Book.CANCELLED, 0)
    assert came[Step.TAKEN_BACK] == books.get(Book.TAKEN_BACK, 0)
    assert came[Step.EARNED] == points.get(PointBook.ISSUED, 0)
    cancelled = came[Step.CAMPAIGN_CANCELLED] + came[Step.PERSONAL_CANCELLED]
    assert cancelled == points.get(PointBook.CANCELLED, 0)
    assert came[Step.POINTS_TAKEN_BACK] == points.get(PointBook.TAKEN_BACK, 0)
    pooled = points.get(PointBook.PROVIDER_POOL, 0) + points.get(PointBook.BOUGHT_BACK, 0)
    assert came[Step.REDEEMED] == pooled
    assert came[Step.DONATED] == points.get(PointBook.CAMPAIGN_POOL, 0) + came[Step.CAMPAIGN_CANCELLED]
    assert moved is not None
    assert came[Step.TRANSFERRED] == moved[0]
    assert proposed is not None
    assert came[Step.PROPOSED] == proposed[0]


def filter_of(by: str, value: str | None, client: Client) -> str | None:
    """The filter of the rows behind a sum; None where no filter says it."""
    if by == "month":
        assert value is not None
        return f"first_day={value}-01&last_day={value}-{28 if value.endswith('02') else 30}"
    if by == "district":
        return f"district={quote(value or UNSPECIFIED, safe='')}"
    if by == "activity" and value is None:
        return "without_activity=yes"
    if value is None:
        return None
    return {"reduction_class": "reduction_class", "purpose": "purpose", "activity": "activity_code"}[by] + f"={value}"


@pytest.mark.parametrize("by", ["month", "reduction_class", "district", "purpose", "activity"])
def test_every_sum_is_the_sum_of_its_rows(client: Client, by: str) -> None:
    sums = items(client, f"/v1/supervision/sums?by={by}&limit=7")
    assert len({(one["value"], one["step"]) for one in sums}) == len(sums)
    for one in sums:
        asked = filter_of(by, one["value"], client)
        if asked is None:
            continue
        rows = items(client, f"/v1/supervision/movements?step={one['step']}&limit=200&{asked}")
        if by == "purpose":
            assert all(row["purpose"] == one["value"] for row in rows)
        assert (total(rows), len(rows)) == (int(one["quantity_gco2e"]), one["rows"]), one


@pytest.mark.parametrize("by", ["reduction_class", "district", "purpose", "activity"])
def test_whatever_is_counted_apart_the_whole_is_the_same(client: Client, by: str) -> None:
    def whole(by: str) -> Counter[str]:
        found: Counter[str] = Counter()
        for one in items(client, f"/v1/supervision/sums?by={by}&limit=200"):
            found[one["step"]] += int(one["quantity_gco2e"])
        return found

    assert whole(by) == whole("month")
    assert whole("month")


def test_rows_come_newest_first_and_each_once(client: Client) -> None:
    for step in Step:
        rows = items(client, f"/v1/supervision/movements?step={step}&limit=3")
        leaves = [row["leaf_index"] for row in rows]
        assert leaves == sorted(set(leaves), reverse=True)
        assert rows == items(client, f"/v1/supervision/movements?step={step}&limit=200")


def test_sums_grow_by_what_came_since(tmp_path: Path) -> None:
    """What is kept and added to is what is read at once."""
    url = made_life(tmp_path, 3, 300, points=0.5)
    with reading(url) as snapshot:
        at_once = movements.sums(snapshot)
        whole = snapshot.as_of
        for size in (1, whole.log_size // 2, whole.log_size - 1):
            kept: dict[Any, Any] = {}
            for begin, end in ((0, size), (size, whole.log_size)):
                for month, first, last in movements._months(snapshot, begin):
                    leaves = (first, min(last, end))
                    for step, sources in movements._SOURCES.items():
                        for source in sources:
                            movements._add(snapshot, (step, month), source, leaves, kept)
                    if last >= end:
                        break
            assert {key: both for key, both in kept.items() if both != (0, 0)} == {
                tuple(one)[:5]: (one.grams, one.rows) for one in at_once
            }


def test_a_day_is_found_by_its_leaves(url: str) -> None:
    with reading(url) as snapshot:
        times = [row[0] for row in snapshot.all("SELECT timestamp FROM operations ORDER BY leaf_index")]
        for at in range(0, len(times), 37):
            moment = times[at]
            assert movements.leaf_at(snapshot, moment) == times.index(moment)
            assert movements.leaf_at(snapshot, moment + 1) == sum(one <= moment for one in times)
        assert movements.leaf_at(snapshot, 0) == 0
        assert movements.leaf_at(snapshot, times[-1] + 1) == len(times)


def test_a_day_is_both_its_first_and_its_last_second_in_shanghai(client: Client) -> None:
    rows = items(client, "/v1/supervision/movements?step=transferred&limit=200")
    day = civil_day_of_timestamp(int(datetime.fromisoformat(rows[0]["time"]).timestamp()))
    of_day = [
        row for row in rows if civil_day_of_timestamp(int(datetime.fromisoformat(row["time"]).timestamp())) == day
    ]
    date = date_of_civil_day(day).isoformat()
    target = "/v1/supervision/movements?step=transferred&limit=200"
    assert items(client, f"{target}&first_day={date}&last_day={date}") == of_day
    after = date_of_civil_day(day + 1).isoformat()
    assert items(client, f"{target}&first_day={after}") == []


def test_deficits_are_the_balances_of_the_debtors_and_begin_with_a_correction(client: Client, url: str) -> None:
    found = items(client, "/v1/supervision/deficits?limit=1")
    with reading(url) as snapshot:
        owed = snapshot.all("SELECT owner, quantity_gco2e FROM balances WHERE book = 6 ORDER BY owner")
        for one, (owner, grams) in zip(found, owed, strict=True):
            assert one["debtor_id"] == "0x" + owner.hex()
            assert one["owed"]["quantity_gco2e"] == str(grams)
            assert one["activity_codes"]
            kind = snapshot.one("SELECT kind FROM operations WHERE leaf_index = ?", one["leaf_index"])
            assert kind is not None
            assert kind[0] in {53, 84}
            changes = snapshot.all(
                "SELECT leaf_index, CASE WHEN credit_book = 6 THEN quantity_gco2e ELSE -quantity_gco2e END "
                "FROM postings WHERE (credit_book = 6 AND credit_owner = ?) OR (debit_book = 6 AND debit_owner = ?)",
                owner,
                owner,
            )
            assert sum(amount for _, amount in changes) == grams
            assert deficits.since(changes) == one["leaf_index"]


def test_a_deficit_is_counted_from_when_it_last_rose_from_nothing() -> None:
    assert deficits.since([(3, 10)]) == 3
    assert deficits.since([(9, 5), (3, 10), (7, -10)]) == 9
    assert deficits.since([(3, 10), (7, -9), (9, 5)]) == 3


def test_a_period_is_unusual_above_three_times_the_median_of_three_earlier_ones_and_the_floor() -> None:
    history = History([Fraction(one) for one in (10**7, 2 * 10**7, 9 * 10**7)])
    assert history.unusual(Fraction(6 * 10**7), 6 * 10**7) is None
    assert history.unusual(Fraction(6 * 10**7 + 1), 6 * 10**7 + 1) == 2 * 10**7
    assert History(history.amounts[:2]).unusual(Fraction(10**12), 10**12) is None
    small = History([Fraction(1)] * 3)
    assert small.unusual(Fraction(FLOOR_GRAMS), FLOOR_GRAMS) is None
    assert small.unusual(Fraction(FLOOR_GRAMS + 1), FLOOR_GRAMS + 1) == 1
    assert median([Fraction(1), Fraction(2), Fraction(4), Fraction(9)]) == 3


def test_what_is_unusual_is_what_the_rule_says_of_all_lots(
    client: Client, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unusual_module, "FLOOR_GRAMS", 0)
    monkeypatch.setattr(unusual_module, "EARLIER", 1)
    with reading(url) as snapshot:
        found = {one.leaf_index for one in unusual_module.unusual(snapshot) if one.what is What.ISSUANCE}
        rows = snapshot.all(
            "SELECT activity_id, issued_leaf_index, issued_gco2e, last_day - first_day + 1 FROM lots "
            "WHERE proposal_id IS NOT NULL ORDER BY issued_leaf_index"
        )
    expected = set()
    for activity_id, leaf, grams, days in rows:
        before = sorted(Fraction(row[2], row[3]) for row in rows if row[0] == activity_id and row[1] < leaf)
        if before and Fraction(grams, days) > 3 * median(before):
            expected.add(leaf)
    assert found == expected


def test_nobody_is_found_by_what_there_is_not(client: Client) -> None:
    assert items(client, "/v1/supervision/movements?activity_code=NOBODY") == []
    assert items(client, f"/v1/supervision/movements?district={quote('nowhere')}") == []
    assert client.get("/v1/supervision/movements?step=melted").status == 422
    assert client.get("/v1/supervision/sums?by=colour").status == 422
    assert client.get(f"/v1/supervision/movements?district={'x' * 65}").status == 422


@pytest.mark.parametrize(
    ("step", "index"),
    [
        (Step.PROPOSED, "(proposed_leaf_index<?"),
        (Step.CONFIRMED, "(issued_leaf_index<?"),
        (Step.TRANSFERRED, "ix_operations_kind (kind=? AND leaf_index<?"),
        (Step.CANCELLED, "uq_certificates_leaf_index (leaf_index<?"),
        (Step.EARNED, "uq_batches_leaf_index (leaf_index<?"),
    ],
)
def test_a_page_of_rows_is_found_by_their_leaves(url: str, step: Step, index: str) -> None:
    database = open_database(url)
    database.close()
    explaining = Explaining(sqlite3.connect(str(make_url(url).database)))
    movements.page(explaining, step, Among(), before=100, limit=51)
    explaining.close()
    assert index in " ".join(explaining.plan), explaining.plan
