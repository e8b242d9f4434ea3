"""The migrated schema is the metadata's, and goes back to nothing."""

from typing import Any

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect, select, text

from indexer.api_keys import ApiKeyStore
from indexer.database import Database
from indexer.schema import KEPT, MIRROR, api_keys, metadata

POSTGRESQL = """
    SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
    JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = 'public'
    UNION ALL
    SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT table_name, column_name, data_type || is_nullable || coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public'
"""
SQLITE = "SELECT tbl_name, name, sql FROM sqlite_master"


def described(database: Database) -> list[Any]:
    """Every table, column, key, check and index, in the database's own words."""
    question = text(SQLITE if database.is_sqlite else POSTGRESQL)
    with database.read() as connection:
        rows = [tuple(" ".join(str(value).split()) for value in row) for row in connection.execute(question)]
    return sorted(row for row in rows if row[0] != "alembic_version")


def test_migrations_make_what_the_metadata_says(database: Database) -> None:
    database.migrate()
    migrated = described(database)
    with database.read() as connection:
        assert compare_metadata(MigrationContext.configure(connection), metadata) == []
    database.downgrade()
    with database.write() as connection:
        metadata.create_all(connection)
    assert migrated == described(database)


def test_downgrade_leaves_nothing(database: Database) -> None:
    database.migrate()
    database.check_schema()
    database.downgrade()
    with database.read() as connection:
        assert set(inspect(connection).get_table_names()) <= {"alembic_version"}
    database.migrate()
    database.check_schema()


def test_rows_that_were_there_before_are_sealed(database: Database) -> None:
    database.migrate()
    for name in ("one", "two"):
        ApiKeyStore(database).create(name, ["read"])
    with database.read() as connection:
        before = connection.execute(select(api_keys)).all()
    database.downgrade("0001")
    with database.read() as connection:
        assert "seal" not in {column["name"] for column in inspect(connection).get_columns("api_keys")}
    database.migrate()
    with database.read() as connection:
        assert connection.execute(select(api_keys)).all() == before


def test_every_table_is_either_mirrored_or_kept() -> None:
    assert set(MIRROR) | set(KEPT) == set(metadata.tables.values())
    assert not set(MIRROR) & set(KEPT)
