"""One follower at a time, on either database."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import URL

from indexer.database import Database, open_database
from scripts.following import sole_follower


def hold_twice(first: Database, second: Database) -> None:
    with sole_follower(first) as alone:
        assert alone
        with sole_follower(second) as other:
            assert not other
    with sole_follower(second) as alone:
        assert alone


def test_sqlite(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'index.db'}"
    first, second = open_database(url), open_database(url)
    hold_twice(first, second)
    first.close()
    second.close()


def test_postgresql(postgres_database: URL) -> None:
    first, second = open_database(postgres_database), open_database(postgres_database)
    hold_twice(first, second)
    first.close()
    second.close()
