"""The migrated schema is the metadata's, and goes back to nothing."""

from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import LargeBinary, Table, Text, inspect, select, text
from sqlalchemy.exc import DBAPIError

from indexer import row_seals
from indexer.database import Database
from indexer.schema import KEPT, MIRROR, incidents, metadata

POSTGRESQL = """
    SELECT c.conrelid::regclass::text, c.conname, pg_get_constraintdef(c.oid) FROM pg_constraint c
    JOIN pg_namespace n ON n.oid = c.connamespace WHERE n.nspname = 'public'
    UNION ALL
    SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public'
    UNION ALL
    SELECT table_name, column_name, data_type || is_nullable || coalesce(column_default, '')
    FROM information_schema.columns WHERE table_schema = 'public'
"""
KEY_HASH = {"key_hash": bytes(32)}
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


def a_row(table: Table) -> dict[str, Any]:
    """A row with texts and numbers that are easily written otherwise, whatever the table."""
    special: dict[str, Any] = {
        "state": {"outbox": "sent", "batch_files": "checked"}.get(table.name),
        "kind": 1,
        "last_four": "abcd",
        "id": 1,
        "rule": None,
        "error_code": None,
        "ancestor_number": None,
        "ancestor_hash": None,
        "batch_number": 1 if table is not incidents else None,
        "halted_to": None,
        "resolved_at": None,
        "contract": "point_ledger",
    }
    row: dict[str, Any] = {}
    for column in table.columns:
        if column.name in special:
            row[column.name] = special[column.name]
        elif isinstance(column.type, LargeBinary):
            row[column.name] = bytes(
                range(16 if column.name == "generation" else 20 if column.name == "sender" else 32)
            )
        elif isinstance(column.type, Text):
            row[column.name] = 'a "text" \\n 中文 😀 %s ?\n'
        else:
            row[column.name] = 2**53 + 1
    del row[row_seals.SEAL]
    return row


def test_rows_that_were_there_before_are_sealed_as_they_would_be_written(database: Database) -> None:
    database.migrate()
    with database.write() as connection:
        for table in KEPT:
            row_seals.add(connection, table, [a_row(table)])
    before = rows_of(database)
    database.downgrade("0002")
    with database.read() as connection:
        for table in KEPT:
            assert "seal" not in {column["name"] for column in inspect(connection).get_columns(table.name)}
    database.migrate()
    assert rows_of(database) == before
    assert [len(rows) for rows in before] == [1] * len(KEPT)


def rows_of(database: Database) -> list[list[Any]]:
    with database.read() as connection:
        return [list(connection.execute(select(table)).all()) for table in KEPT]


def test_a_migration_that_fails_leaves_the_database_as_it_was(database: Database) -> None:
    database.migrate()
    database.downgrade("0002")
    with database.write() as connection:
        connection.execute(text("INSERT INTO api_keys VALUES ('one', 'a', :key_hash, 'abcd', '[]', 1, NULL)"), KEY_HASH)
        connection.execute(
            text("ALTER TABLE checkpoints ADD COLUMN seal INTEGER")
        )  # on which 0003 stumbles, at its end
    before = described(database)
    with pytest.raises(DBAPIError):
        database.migrate()
    assert described(database) == before
    assert database.schema_version() == "0002"


def test_every_table_is_either_mirrored_or_kept() -> None:
    assert set(MIRROR) | set(KEPT) == set(metadata.tables.values())
    assert not set(MIRROR) & set(KEPT)
