"""Both databases, each new and empty."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.database import Database, open_database


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'index.db'}")
    yield opened
    opened.close()


@pytest.fixture
def postgresql(request: pytest.FixtureRequest) -> Iterator[Database]:
    opened = open_database(request.getfixturevalue("postgres_database"))
    yield opened
    opened.close()


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest) -> Database:
    """SQLite, then PostgreSQL. Nothing is in it, not even tables."""
    opened: Database = request.getfixturevalue(request.param)
    return opened
