"""An application over the sample ledger, asked without a network."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from api.app import Application, create_app
from api.auth import KeyScope
from api.settings import ApiSettings
from indexer.api_keys import ApiKeyStore, NewApiKey
from indexer.database import Database, open_database
from indexer.schema import IncidentKind
from tests.unit.api.browsers import PUBLIC_URL, Browser
from tests.unit.api.client import Client
from tests.unit.api.fake_chain import FakeChain
from tests.unit.api.fake_intake import FakeIntake
from tests.unit.api.fake_port import FakePort
from tests.unit.api.sample import SampleLedger, make_sample


@pytest.fixture(scope="session")
def sample() -> SampleLedger:
    """What the index holds."""
    return make_sample()


@pytest.fixture(scope="session")
def database_url(tmp_path_factory: pytest.TempPathFactory, sample: SampleLedger) -> str:
    """An SQLite index with the sample in it; only read."""
    url = f"sqlite:///{tmp_path_factory.mktemp('index') / 'index.db'}"
    database = open_database(url)
    database.migrate()
    sample.save(database)
    database.close()
    return url


@pytest.fixture(scope="session")
def settings(database_url: str) -> ApiSettings:
    """Without rate limits; tests of limits set their own."""
    return ApiSettings(database_url=database_url, public_url="https://ledger.example", rate_limits=False)


@pytest.fixture(scope="session")
def application(settings: ApiSettings) -> Iterator[Application]:
    """The whole application, edge included."""
    made = create_app(settings)
    yield made
    made.close()


@pytest.fixture(scope="session")
def client(application: Application) -> Client:
    """Asks the application."""
    return Client(application)


@pytest.fixture
def empty_client(tmp_path: Path) -> Iterator[Client]:
    """Asks an instance whose index is migrated but holds no block."""
    url = f"sqlite:///{tmp_path / 'empty.db'}"
    database = open_database(url)
    database.migrate()
    database.close()
    yield from _client_of(url)


@pytest.fixture
def halted_client(tmp_path: Path) -> Iterator[Client]:
    """Asks an instance whose index has stopped: one halt is open, another was resolved."""
    url = f"sqlite:///{tmp_path / 'halted.db'}"
    database = open_database(url)
    database.migrate()
    halted = make_sample()
    for number, resolved_at in ((1, 5), (2, None)):
        halted.add(
            "incidents",
            incident_id=number,
            kind=int(IncidentKind.HALT),
            detected_at=1,
            block_number=2,
            block_hash=bytes(32),
            halted_to=9,
            code="broken-log",
            detail="made",
            resolved_at=resolved_at,
        )
    halted.save(database)
    database.close()
    yield from _client_of(url)


@pytest.fixture
def missing_client(tmp_path: Path) -> Iterator[Client]:
    """Asks an instance whose index is not there."""
    yield from _client_of(f"sqlite:///{tmp_path / 'missing.db'}")


def _client_of(url: str) -> Iterator[Client]:
    application = create_app(ApiSettings(database_url=url, rate_limits=False))
    yield Client(application)
    application.close()


@dataclass
class ConsoleOffice:
    """An instance with a console: its application, ports, keys of people, and a clock that stands until it is moved."""

    client: Client
    port: FakePort
    chain: FakeChain
    intake: FakeIntake
    database: Database
    keys: dict[str, NewApiKey]
    sample: SampleLedger
    now: list[float]

    def browser(self, who: str | None = None) -> Browser:
        """A browser, of somebody who is logged in if `who` names their key."""
        made = Browser(self.client)
        if who is not None:
            made.log_in(self.keys[who].secret)
        return made


KEYS = {
    "regulator": (
        *(KeyScope.METHODOLOGIES_WRITE, KeyScope.ACTIVITIES_WRITE, KeyScope.ISSUANCES_CONFIRM),
        *(KeyScope.FREEZES_WRITE, KeyScope.CORRECTIONS_WRITE),
    ),
    "centre": (KeyScope.ISSUANCES_PROPOSE,),
    "platform": (KeyScope.ACCOUNTS_OPEN, KeyScope.TRANSFERS_WRITE, KeyScope.CANCELLATIONS_WRITE, KeyScope.POINTS_WRITE),
    "exchange": (KeyScope.PROVIDERS_WRITE, KeyScope.CAMPAIGNS_WRITE),
    "two bodies": (KeyScope.FREEZES_WRITE, KeyScope.TRANSFERS_WRITE),
    "old": tuple(KeyScope),
    "revoked": (KeyScope.FREEZES_WRITE,),
}


@pytest.fixture(scope="session")
def console_of_all(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ConsoleOffice]:
    """One application for all tests: making one takes a second."""
    url = f"sqlite:///{tmp_path_factory.mktemp('console') / 'index.db'}"
    database = open_database(url)
    database.migrate()
    made = make_sample()
    made.save(database)
    store = ApiKeyStore(database)
    keys = {name: store.create(name, [str(scope) for scope in scopes]) for name, scopes in KEYS.items()}
    store.revoke(keys["revoked"].key.key_id)
    port, chain, now = FakePort(), FakeChain(), [1_000.0]
    intake = FakeIntake(tmp_path_factory.mktemp("intake"))
    application = create_app(
        ApiSettings(database_url=url, public_url=PUBLIC_URL, rate_limits=False),
        database=database,
        operations=port,
        chain=chain,
        intake=intake,
        clock=lambda: now[0],
    )
    yield ConsoleOffice(Client(application), port, chain, intake, database, keys, made, now)
    application.close()
    database.close()


@pytest.fixture
def console(console_of_all: ConsoleOffice) -> ConsoleOffice:
    """Signs for the platform, the regulator and the technical centre; its ports begin anew in each test."""
    vars(console_of_all.port).update(vars(FakePort()))
    vars(console_of_all.chain).update(vars(FakeChain()))
    vars(console_of_all.intake).update(vars(FakeIntake(console_of_all.intake.folder)))
    return console_of_all
