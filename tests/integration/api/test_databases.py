"""PostgreSQL answers as SQLite does; and what a snapshot sees while the index moves."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import URL, text, update

from api.app import Application, create_app
from api.auth import KeyScope
from api.repository.movements import Step
from api.repository.snapshots import Readers, open_readers
from api.schemas.supervision import BY
from api.settings import ApiSettings
from indexer.api_keys import ApiKeyStore
from indexer.database import Database, open_database
from indexer.schema import cursor
from tests.unit.api.client import Client
from tests.unit.api.fake_port import FakePort
from tests.unit.api.sample import hash32, make_sample
from tests.unit.api.test_reading import EXAMPLES, LOT, SOLAR
from tests.unit.api.test_writing import TRANSFER

MORE = [
    "/v1/operations?account=0x0000000000000000000000000000000000000001&order=newest-first&limit=2",
    f"/v1/operations?lot_id={LOT}&order=newest-first&limit=3",
    f"/v1/operations?lot_id={LOT}&activity_id={SOLAR}&kind=reduction-cancelled&first_leaf=3&last_leaf=16",
    f"/v1/operations?activity_id={SOLAR}&first_day=2025-11-13&last_day=2025-11-13",
    f"/v1/operations?activity_id={SOLAR}&account=0x0000000000000000000000000000000000000001",
    "/v1/accounts?kind=institution&status=active&order=newest-first&limit=2",
    "/v1/accounts/0x0000000000000000000000000000000000000001/postings?order=newest-first",
    "/v1/blocks?order=newest-first&limit=2",
    "/v1/search?q=15",
    f"/v1/search?q={LOT}",
    "/v1/search?q=0x0000000000000000000000000000000000000001",
    "/v1/search?q=SHCER-PV-001",
    "/explorer",
    "/explorer/operations/9",
    "/explorer/operations/15",
    "/explorer/operations/22",
    "/explorer/accounts/0x0000000000000000000000000000000000000001",
    "/explorer/blocks/13",
    "/explorer/checkpoints/15",
    "/explorer/exports",
    "/v1/certificates?limit=1",
    "/v1/certificates/2",
    "/v1/certificates/99",
    "/v1/certificates/x",
    "/v1/certificates/1/bundle",
    "/v1/certificates/2/bundle?hide=project",
    "/v1/certificates/4/bundle",
    "/v1/certificates/6/bundle",
    "/v1/certificates/1/certificate.pdf",
    "/certificates/1?lang=en",
    "/certificates/6",
    "/certificates/99",
    f"/v1/log/proof/inclusion?operation_id={hash32(3).hex0x}",
    "/v1/lots?status=free&reduction_class=II",
    *(f"/v1/supervision/movements?step={step}&limit=2" for step in Step),
    *(f"/v1/supervision/movements?step={step}&district=-&first_day=2025-01-01&last_day=2026-12-31" for step in Step),
    *(f"/v1/supervision/movements?step={step}&reduction_class=I&activity_code=SH-PV-0001" for step in Step),
    *(f"/v1/supervision/movements?step={step}&without_activity=yes&purpose=event-neutrality" for step in Step),
    *(f"/v1/supervision/sums?by={by}" for by in BY),
    f"/v1/lots/{LOT}/ends?fate=held",
    f"/v1/lots/{LOT}/ends?purpose=event-neutrality",
    "/v1/batches?day=2026-01-01&activity_code=SH-PV-0001",
    "/v1/lots?activity_code=SH-PV-0001",
    f"/explorer/lots/{LOT}",
    "/explorer/lots",
    "/explorer/batches/1",
    "/explorer/serials/1",
    "/explorer/serials",
    "/supervision",
    "/supervision/unusual",
    "/checkpoint",
    "/tile/0/000.p/15",
    "/tile/entries/000.p/15",
    "/v1/log/proof/tlog?leaf_index=3",
    "/v1/log/proofs/inclusion",
    "/v1/exports/leaves",
    "/v1/exports/batches",
    "/v1/exports/postings",
]


def full(url: str) -> Database:
    database = open_database(url)
    database.migrate()
    make_sample().save(database)
    return database


@pytest.fixture
def postgres(postgres_database: URL) -> Iterator[tuple[str, Database]]:
    url = postgres_database.render_as_string(hide_password=False)
    database = full(url)
    yield url, database
    database.close()


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[tuple[str, Database]]:
    url = f"sqlite:///{tmp_path / 'index.db'}"
    database = full(url)
    yield url, database
    database.close()


def application_of(url: str) -> Application:
    return create_app(ApiSettings(database_url=url, rate_limits=False))


def test_postgresql_answers_as_sqlite_does(postgres: tuple[str, Database], sqlite: tuple[str, Database]) -> None:
    made = [application_of(url) for url in (postgres[0], sqlite[0])]
    clients = [Client(application) for application in made]
    for target in [*EXAMPLES, *MORE]:
        one, other = (client.get(target) for client in clients)
        if target == "/v1/health/ready":
            continue  # says how long ago the last block was
        assert (one.status, one.body, sorted(one.headers)) == (other.status, other.body, sorted(other.headers)), target
    for application in made:
        application.close()


def test_postgresql_takes_writes(postgres: tuple[str, Database]) -> None:
    secret = ApiKeyStore(postgres[1]).create("test", [str(KeyScope.TRANSFERS_WRITE)]).secret
    application = create_app(ApiSettings(database_url=postgres[0]), database=postgres[1], operations=FakePort())
    client = Client(application)
    headers = {"authorization": f"Bearer {secret}", "idempotency_key": "k"}
    assert client.post("/v1/transfers", TRANSFER, **headers).status == 201
    application.close()


def test_a_broken_connection_is_opened_again(postgres: tuple[str, Database]) -> None:
    application = application_of(postgres[0])
    client = Client(application)
    assert client.get("/v1/log").status == 200
    open_now = application.context.readers._connections  # type: ignore[attr-defined]  # of PostgresReaders
    with postgres[1].read() as other:
        for one in open_now:
            other.execute(text("SELECT pg_terminate_backend(:pid)"), {"pid": one.connection.info.backend_pid})
    statuses = [client.get("/v1/log").status for _ in range(10)]
    assert statuses[-1] == 200
    assert set(statuses) <= {200, 503}
    application.close()


def move(database: Database, number: int) -> None:
    """What the follower does, as far as readers see it."""
    with database.write() as connection:
        connection.execute(update(cursor).values(block_number=number, block_hash=bytes(hash32(number))))


@pytest.mark.parametrize("which", ["sqlite", "postgres"])
def test_a_snapshot_is_of_one_block(which: str, request: pytest.FixtureRequest) -> None:
    url, database = request.getfixturevalue(which)
    readers: Readers = open_readers(url, cached_facts=100)
    for number in (900, 901):
        with readers.snapshot() as snapshot:
            before = snapshot.as_of
            move(database, number)
            assert snapshot.as_of is before
            assert snapshot.one("SELECT block_number FROM cursor") == (before.block_number,)
        with readers.snapshot() as snapshot:
            assert snapshot.as_of.block_number == number
    readers.close()


def test_a_turn_of_the_event_loop_shares_a_snapshot_and_the_next_has_its_own(sqlite: tuple[str, Database]) -> None:
    url, database = sqlite
    readers: Readers = open_readers(url, cached_facts=100)

    def seen() -> int:
        with readers.snapshot() as snapshot:
            return snapshot.as_of.block_number

    async def turns() -> list[int]:
        first = seen()
        move(database, 900)
        found = [seen() - first]
        await asyncio.sleep(0)
        return [*found, seen()]

    assert asyncio.run(turns()) == [0, 900]
    move(database, 901)
    assert asyncio.run(turns()) == [0, 900]
    assert seen() == 900
    move(database, 902)
    assert seen() == 902
    readers.close()


def test_a_turn_that_was_never_ended_is_not_joined(sqlite: tuple[str, Database]) -> None:
    url, database = sqlite
    readers: Readers = open_readers(url, cached_facts=100)

    async def begin() -> int:
        with readers.snapshot() as snapshot:
            return snapshot.as_of.block_number

    loop = asyncio.new_event_loop()
    coroutine = begin()
    asyncio._set_running_loop(loop)
    with pytest.raises(StopIteration):
        coroutine.send(None)
    asyncio._set_running_loop(None)
    loop.close()
    move(database, 900)
    assert asyncio.run(begin()) == 900
    readers.close()
