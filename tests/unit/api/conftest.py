"""An application over the sample ledger, asked without a network."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from api.app import Application, create_app
from api.settings import ApiSettings
from indexer.database import open_database
from indexer.schema import IncidentKind
from tests.unit.api.client import Client
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
