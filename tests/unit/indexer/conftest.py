"""An empty database in a file, and a chain in memory."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from indexer.database import Database, open_database
from tests.fakes.event_chain import EventChain


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(f"sqlite:///{tmp_path / 'index.db'}")
    opened.migrate()
    yield opened
    opened.close()


@pytest.fixture
def chain() -> EventChain:
    """Some life already happened on it."""
    made = EventChain(7)
    for operations in (12, 0, 30, 1, 40, 25):
        made.mine(operations)
    return made
