"""Indexes of made lives: random operations that the reference model allows, followed into SQLite."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.app import Application, create_app
from api.repository.snapshots import Snapshot, open_readers
from api.settings import ApiSettings
from indexer.database import open_database
from indexer.follower import Follower
from tests.fakes.event_chain import EventChain


def made_life(folder: Path, seed: int, operations: int = 260, *, points: float = 0.35) -> str:
    """The URL of an index of a random life."""
    chain = EventChain(seed, points=points)
    for _ in range(operations // 20):
        chain.mine(20)
    url = f"sqlite:///{folder / f'life-{seed}.db'}"
    database = open_database(url)
    database.migrate()
    Follower(chain, chain.deployment, database).catch_up()
    database.close()
    return url


@contextmanager
def reading(url: str) -> Iterator[Snapshot]:
    """A snapshot of an index."""
    readers = open_readers(url, cached_facts=64)
    try:
        with readers.snapshot() as snapshot:
            yield snapshot
    finally:
        readers.close()


@contextmanager
def serving(url: str) -> Iterator[Application]:
    """The whole application over an index."""
    application = create_app(ApiSettings(database_url=url, rate_limits=False))
    try:
        yield application
    finally:
        application.close()
