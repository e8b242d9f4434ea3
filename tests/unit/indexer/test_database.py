"""Which URLs are opened, and that a password is never shown."""

import logging
import stat
from pathlib import Path

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError, OperationalError

from indexer import migration
from indexer.database import SCHEMA_VERSION, Database, open_database
from indexer.errors import DatabaseUnusable, InvalidDatabaseUrl

SECRET = "hunter2"


@pytest.mark.parametrize(
    "url",
    ["", "::", f"mysql://user:{SECRET}@host/name", "sqlite://", "sqlite:///:memory:", "sqlite:////no/such/folder/x"],
)
def test_urls_that_are_not_ours(url: str) -> None:
    with pytest.raises(InvalidDatabaseUrl) as caught:
        open_database(url)
    assert SECRET not in repr(caught.value) + str(caught.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "index.db"
    path.write_bytes(b"something else" * 100)
    with pytest.raises(DatabaseUnusable, match="not a database"):
        open_database(f"sqlite:///{path}")


def test_the_schema_is_checked(tmp_path: Path) -> None:
    opened = open_database(f"sqlite:///{tmp_path / 'index.db'}")
    with pytest.raises(DatabaseUnusable, match="version none"):
        opened.check_schema()
    opened.migrate()
    opened.migrate()
    opened.check_schema()
    opened.close()


def test_sqlite_is_tuned_for_one_writer_and_many_readers(database: Database) -> None:
    with database.read() as connection:
        found = {
            name: connection.execute(text(f"PRAGMA {name}")).scalar_one()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "foreign_keys": 1, "synchronous": 1, "busy_timeout": 30_000}


def test_a_durable_write_waits_for_the_disk(database: Database) -> None:
    with database.write(durable=True) as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 2
    with database.write() as connection:
        assert connection.execute(text("PRAGMA synchronous")).scalar_one() == 1


def test_what_ends_a_durable_write_is_what_is_raised(database: Database) -> None:
    """Ctrl-C within a statement closes the connection before the end of the block sees it."""

    def interrupted() -> None:
        with database.write(durable=True) as connection:
            connection.invalidate()
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()


def test_a_failed_write_leaves_nothing(database: Database) -> None:
    insert = text("INSERT INTO records VALUES (:key, 1, '{}', '[]', 0, x'')")
    with pytest.raises(IntegrityError), database.write() as connection:
        connection.execute(insert, [{"key": bytes(32)}, {"key": bytes(31)}])
    with database.read() as connection:
        assert connection.execute(text("SELECT count(*) FROM records")).scalar_one() == 0


def test_a_reader_sees_one_state(database: Database) -> None:
    insert = text("INSERT INTO records VALUES (:key, 1, '{}', '[]', 0, x'')")
    count = text("SELECT count(*) FROM records")
    with database.read() as reader:
        assert reader.execute(count).scalar_one() == 0
        with database.write() as writer:
            writer.execute(insert, {"key": bytes(32)})
        assert reader.execute(count).scalar_one() == 0


def test_wrong_types_are_refused(database: Database) -> None:
    with pytest.raises((IntegrityError, OperationalError)), database.write() as connection:
        connection.execute(text("INSERT INTO records VALUES (:key, 'one', '{}', '[]', 0, x'')"), {"key": bytes(32)})


def test_a_new_database_is_its_owners_alone(tmp_path: Path) -> None:
    database = open_database(f"sqlite:///{tmp_path / 'new.db'}")
    database.migrate()
    modes = {path.name: stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()}
    database.close()
    assert set(modes.values()) == {0o600}, modes


def test_the_schema_version_is_that_of_the_newest_migration() -> None:
    assert migration.newest() == SCHEMA_VERSION


def test_a_failing_insert_shows_no_value(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The mirror's database holds salts and what they hide."""
    opened = open_database(f"sqlite:///{tmp_path / 'index.db'}")
    caplog.set_level(logging.INFO, "sqlalchemy.engine")
    with opened.write() as connection:
        connection.execute(text("CREATE TABLE hidden (name TEXT PRIMARY KEY, salt BLOB)"))
    row = {"name": SECRET, "salt": SECRET.encode()}
    with pytest.raises(IntegrityError) as caught, opened.write() as connection:
        connection.execute(text("INSERT INTO hidden VALUES (:name, :salt)"), [row, row])
    assert SECRET not in str(caught.value) + repr(caught.value) + caplog.text
    assert "INSERT INTO hidden" in caplog.text
    opened.close()
