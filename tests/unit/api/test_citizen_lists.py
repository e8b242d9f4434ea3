"""What citizens search for: certificates by purpose, activity and day, activities by their code."""

from collections.abc import Iterator

import pytest
from sqlalchemy import text

from api.app import create_app
from api.repository.log import first_leaf_of_day
from api.repository.snapshots import open_readers
from api.settings import ApiSettings
from indexer.database import open_database
from ledger.units import civil_day_from_text
from tests.unit.api.client import Client
from tests.unit.api.sample import make_sample

MIDNIGHT = 1_763_049_600
"""2025-11-14 in Shanghai."""


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Certificates 1 to 6: two of the 13th, the third a second before midnight, the others of the 14th."""
    made = f"sqlite:///{tmp_path_factory.mktemp('days') / 'index.db'}"
    database = open_database(made)
    database.migrate()
    make_sample(6).save(database)
    with database.write() as connection:
        third, fourth = connection.execute(text("SELECT leaf_index FROM certificates WHERE number IN (3, 4)")).all()
        for condition, timestamp in (("<", MIDNIGHT - 9), ("=", MIDNIGHT - 1), (">", MIDNIGHT)):
            statement = f"UPDATE operations SET timestamp = {timestamp} WHERE leaf_index {condition} {third[0]}"  # noqa: S608
            connection.execute(text(statement))
        assert fourth[0] == third[0] + 1
        connection.execute(text("UPDATE certificates SET purpose = 4 WHERE number IN (2, 5)"))
    database.close()
    return made


@pytest.fixture(scope="module")
def asking(url: str) -> Iterator[Client]:
    application = create_app(ApiSettings(database_url=url, rate_limits=False))
    yield Client(application)
    application.close()


def numbers(client: Client, query: str) -> list[int]:
    return [one["number"] for one in client.get(f"/v1/certificates?{query}").json["items"]]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("purpose=ets-compliance", [2, 5]),
        ("purpose=ets-compliance&order=newest-first", [5, 2]),
        ("purpose=voluntary-offset", []),
        ("first_day=2025-11-14", [4, 5, 6]),
        ("last_day=2025-11-13", [1, 2, 3]),
        ("first_day=2025-11-13&last_day=2025-11-13", [1, 2, 3]),
        ("first_day=2025-11-14&last_day=2025-11-14&order=newest-first", [6, 5, 4]),
        ("first_day=2025-11-15", []),
        ("last_day=2025-11-12", []),
        ("first_day=2025-11-14&last_day=2025-11-13", []),
        ("first_day=2025-11-14&purpose=ets-compliance", [5]),
        ("last_day=9999-12-30", [1, 2, 3, 4, 5, 6]),
        ("first_day=1970-01-01", [1, 2, 3, 4, 5, 6]),
    ],
)
def test_certificates_by_purpose_and_day(asking: Client, query: str, found: list[int]) -> None:
    assert numbers(asking, query) == found


def test_pages_of_a_range_of_days_join(asking: Client) -> None:
    for order in ("oldest-first", "newest-first"):
        target: str | None = f"/v1/certificates?first_day=2025-11-13&last_day=2025-11-13&order={order}&limit=2"
        found: list[int] = []
        while target:
            page = asking.get(target).json
            found += [one["number"] for one in page["items"]]
            target = page["next"]
        assert found == sorted([1, 2, 3], reverse=order == "newest-first")


def test_certificates_of_an_activity(asking: Client) -> None:
    solar, heat = asking.get("/v1/activities").json["items"]
    assert numbers(asking, f"activity_id={solar['activity_id']}&order=newest-first") == [6, 5, 4, 3, 2, 1]
    assert numbers(asking, f"activity_id={heat['activity_id']}") == []


@pytest.mark.parametrize(
    "query",
    [
        "purpose=fun",
        "purpose=none",
        "first_day=2025-02-30",
        "first_day=14.11.2025",
        "last_day=9999-12-31",
        "last_day=10000-01-01",
        "activity_id=SH-PV-0001",
    ],
)
def test_what_is_no_purpose_day_or_id_is_refused(asking: Client, query: str) -> None:
    reply = asking.get(f"/v1/certificates?{query}")
    assert reply.status == 422
    assert reply.json["errors"][0]["field"] == query.partition("=")[0]


def test_the_first_leaf_of_a_day_is_that_of_a_search_through_all(url: str) -> None:
    readers = open_readers(url, cached_facts=16)
    with readers.snapshot() as snapshot:
        times = [row[0] for row in snapshot.all("SELECT timestamp FROM operations ORDER BY leaf_index")]
        for day in ("2025-11-12", "2025-11-13", "2025-11-14", "2025-11-15"):
            number = civil_day_from_text(day)
            begin = number * 86_400 - 8 * 3_600
            expected = next((leaf for leaf, time in enumerate(times) if time >= begin), len(times))
            assert first_leaf_of_day(snapshot, number) == expected, day
    readers.close()


@pytest.mark.parametrize(
    ("written", "codes"),
    [
        ("pv", ["SH-PV-0001"]),
        ("SH-", ["SH-PV-0001", "SH-HEAT/0002"]),
        ("heat/", ["SH-HEAT/0002"]),
        ("%25", []),
        ("_", []),
        ("!", []),
        ("0002", ["SH-HEAT/0002"]),
    ],
)
def test_activities_by_a_part_of_their_code(asking: Client, written: str, codes: list[str]) -> None:
    items = asking.get(f"/v1/activities?code_contains={written}").json["items"]
    assert [one["code"] for one in items] == codes


def test_a_part_of_a_code_that_none_can_have_is_refused(asking: Client) -> None:
    for written in ("%E5%85%89", "x" * 65, "a%20b"):
        assert asking.get(f"/v1/activities?code_contains={written}").status == 422
