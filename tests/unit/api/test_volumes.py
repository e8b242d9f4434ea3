# ruff: noqa: S608 - statements of ours over a sample
"""Volumes by month add up to the totals, whatever was kept of them before."""

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from api.app import create_app
from api.repository import points, totals
from api.repository.snapshots import open_readers
from api.repository.volumes import Step, Volume, volumes, volumes_of
from api.settings import ApiSettings
from indexer.database import Database, open_database
from indexer.schema import PointBook
from tests.unit.api.client import Client
from tests.unit.api.sample import make_sample

# The sample is made at 2025-11-13 10:13 in Shanghai.
MONTH = "2025-11"
SOLAR = "SELECT activity_id FROM activities WHERE code = 'SH-PV-0001'"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    found = open_database(f"sqlite:///{tmp_path / 'index.db'}")
    found.migrate()
    make_sample().save(found)
    yield found
    found.close()


def url_of(database: Database) -> str:
    return str(database.engine.url)


def run(database: Database, *statements: str) -> None:
    with database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))


def by_step(found: list[Volume]) -> dict[Step, int]:
    sums: Counter[Step] = Counter()
    for one in found:
        sums[one.step] += one.grams
    return dict(sums)


def test_months_add_up_to_the_totals(client: Client) -> None:
    items = client.get("/v1/volumes").json["items"]
    assert {one["month"] for one in items} == {MONTH}
    found = {(one["step"], one["reduction_class"], one["purpose"]): one for one in items}
    one, two = client.get("/v1/totals").json["classes"]
    assert found["issued", "I", None]["quantity_gco2e"] == one["issued"]["quantity_gco2e"] == "562500000"
    assert found["issued", "II", None]["quantity_gco2e"] == two["issued"]["quantity_gco2e"] == "7000001"
    cancelled = found["cancelled", "I", "event-neutrality"]
    assert (cancelled["quantity_gco2e"], cancelled["count"]) == (one["cancelled"]["quantity_gco2e"], 3)
    points_one = client.get("/v1/points/totals").json["classes"][0]
    assert found["points-issued", "I", None]["quantity_gco2e"] == points_one["issued"]["quantity_gco2e"]
    persons, campaign = found["points-cancelled", "I", None], found["campaign-cancelled", "I", "event-neutrality"]
    assert (persons["count"], persons["quantity_gco2e"], campaign["quantity_gco2e"]) == (2, "100", "200")
    assert points_one["cancelled"]["quantity_gco2e"] == "300"


def test_of_one_activity(client: Client) -> None:
    solar, heat = client.get("/v1/activities").json["items"]
    for one, grams in ((solar, "562500000"), (heat, "7000001")):
        items = client.get(f"/v1/volumes?activity_id={one['activity_id']}").json["items"]
        (issued,) = (volume for volume in items if volume["step"] == "issued")
        assert issued["quantity_gco2e"] == grams
        assert ({volume["step"] for volume in items} == {"issued"}) == (one is heat)
    assert client.get("/v1/volumes?activity_id=0x" + "1a" * 32).json["items"] == []


def test_months_are_shanghais(database: Database) -> None:
    """A second before midnight there is still the month before, eight hours earlier in UTC."""
    end_of_october = 1_761_926_400  # 2025-11-01T00:00:00+08:00
    run(database, f"UPDATE operations SET timestamp = {end_of_october - 1} WHERE kind = 49")
    readers = open_readers(url_of(database), cached_facts=16)
    with readers.snapshot() as snapshot:
        assert {one.month for one in volumes(snapshot) if one.step is Step.ISSUED} == {"2025-10"}
    readers.close()
    run(database, f"UPDATE operations SET timestamp = {end_of_october} WHERE kind = 49")
    readers = open_readers(url_of(database), cached_facts=16)
    with readers.snapshot() as snapshot:
        assert {one.month for one in volumes(snapshot) if one.step is Step.ISSUED} == {"2025-11"}
    readers.close()


def test_only_what_came_since_is_read_and_nothing_is_read_twice(database: Database) -> None:
    readers = open_readers(url_of(database), cached_facts=16)
    with readers.snapshot() as snapshot:
        whole = volumes(snapshot)
        size = snapshot.as_of.log_size
    readers.close()
    # As if the last five leaves had not been there when it was first asked.
    fresh = open_readers(url_of(database), cached_facts=16)
    run(
        database,
        *(
            f"CREATE TABLE late_{table} AS SELECT * FROM {table} WHERE leaf_index >= {size - 5}"
            for table in ("batches", "campaign_cancellations")
        ),
        *(f"DELETE FROM {table} WHERE leaf_index >= {size - 5}" for table in ("batches", "campaign_cancellations")),
        f"UPDATE cursor SET log_size = {size - 5}",
    )
    with fresh.snapshot() as snapshot:
        assert by_step(volumes(snapshot)) != by_step(whole)
    run(
        database,
        *(f"INSERT INTO {table} SELECT * FROM late_{table}" for table in ("batches", "campaign_cancellations")),
        f"UPDATE cursor SET log_size = {size}",
        # Nobody would notice: what is before the old end of the log is not read again.
        "UPDATE certificates SET quantity_gco2e = quantity_gco2e + 7",
    )
    with fresh.snapshot() as snapshot:
        assert volumes(snapshot) == whole
        assert volumes(snapshot) == whole
    fresh.close()


def test_a_snapshot_from_before_what_is_kept_is_read_whole(database: Database) -> None:
    readers = open_readers(url_of(database), cached_facts=16)
    with readers.snapshot() as snapshot:
        whole = volumes(snapshot)
        kept = snapshot.facts.get(("volumes", b""), snapshot.as_of)
        snapshot.facts.put(("volumes", b""), (snapshot.as_of.log_size + 1, {}), snapshot.as_of)
        assert volumes(snapshot) == whole
        assert kept is not None
    readers.close()


def test_what_is_kept_is_of_one_mirror(database: Database) -> None:
    """A rollback begins another generation: what was summed before it is gone, at the same size of the log too."""
    readers = open_readers(url_of(database), cached_facts=16)
    with readers.snapshot() as snapshot:
        before = by_step(volumes(snapshot))
        held = totals.totals(snapshot).classes[0].held_grams
        pooled = points.totals(snapshot)[PointBook.PERSONAL, 1]
    run(
        database,
        "UPDATE certificates SET quantity_gco2e = quantity_gco2e + 7 WHERE number = 1",
        "UPDATE balances SET quantity_gco2e = quantity_gco2e + 7 WHERE book = 2",
        "UPDATE point_balances SET quantity_gco2e = quantity_gco2e + 7 WHERE book = 2",
        "UPDATE mirror_generation SET generation = x'" + "cd" * 16 + "'",
    )
    with readers.snapshot() as snapshot:
        assert by_step(volumes(snapshot))[Step.CANCELLED] == before[Step.CANCELLED] + 7
        assert totals.totals(snapshot).classes[0].held_grams > held
        assert points.totals(snapshot)[PointBook.PERSONAL, 1] == pooled + 7
    readers.close()


def test_totals_are_read_again_when_the_log_has_grown(database: Database) -> None:
    readers = open_readers(url_of(database), cached_facts=16)
    with readers.snapshot() as snapshot:
        held = totals.totals(snapshot).classes[0].held_grams
        of_activity = volumes_of(snapshot, snapshot.all(SOLAR)[0][0])
    run(
        database,
        "UPDATE balances SET quantity_gco2e = quantity_gco2e + 7 WHERE book = 2",
        "UPDATE certificates SET quantity_gco2e = quantity_gco2e + 7",
        "UPDATE cursor SET log_size = log_size + 1",
    )
    with readers.snapshot() as snapshot:
        assert totals.totals(snapshot).classes[0].held_grams > held
        assert volumes_of(snapshot, snapshot.all(SOLAR)[0][0]) != of_activity
    readers.close()


def test_an_empty_ledger_has_none(empty_client: Client, database: Database) -> None:
    assert empty_client.get("/v1/volumes").status == 503
    run(database, *(f"DELETE FROM {one}" for one in ("certificates", "batches", "campaign_cancellations", "lots")))
    application = create_app(ApiSettings(database_url=url_of(database), rate_limits=False))
    assert Client(application).get("/v1/volumes").json["items"] == []
    application.close()
