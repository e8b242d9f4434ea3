"""Any single value that is changed, in any column of any table, is found, and table, key and column are named.

The tables and columns are the schema's own: what is added to it is tried here without anybody thinking of it.
"""

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Column, PrimaryKeyConstraint, Table, UniqueConstraint, delete, func, insert, select

from indexer import row_seals, schema
from indexer.audit.findings import WHOLE_ROW, Finding, json_of, key_of
from indexer.audit.kept_rows import check_table
from indexer.audit.tables import compare_table
from indexer.database import open_database
from tests.unit.indexer.audit.system import AuditedSystem, another, changed, unguarded

TABLES = list(schema.metadata.tables.values())
COLUMNS = [column for table in TABLES for column in table.columns]


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AuditedSystem]:
    folder = tmp_path_factory.mktemp("audited")
    database = open_database(f"sqlite:///{folder / 'index.db'}")
    yield AuditedSystem.build(database, folder)
    database.close()


def looked_at(system: AuditedSystem, table: Table) -> list[Finding]:
    """What the part that looks after the table finds in it."""
    with system.context() as context:
        return list((check_table if table in schema.KEPT else compare_table)(context, table))


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_clean_table_passes(system: AuditedSystem, table: Table) -> None:
    assert looked_at(system, table) == []


def test_the_system_has_a_value_in_every_column(system: AuditedSystem) -> None:
    with system.database.read() as connection:
        empty = [str(column) for column in COLUMNS if not connection.scalar(select(func.count(column)))]
    assert empty == []


@pytest.mark.parametrize("column", COLUMNS, ids=str)
def test_a_changed_value_is_found_and_named(system: AuditedSystem, column: Column[Any]) -> None:
    table = column.table
    assert isinstance(table, Table)
    with changed(system.database, column) as change:
        found = looked_at(system, table)
    if table in schema.KEPT:
        assert [(one.table, one.key, one.column) for one in found] == [
            (table.name, key_of(change.key_now), column.name)
        ]
    elif column.primary_key:  # then it is another row
        assert sorted((one.table, one.key, one.column, one.found) for one in found) == sorted(
            [
                (table.name, key_of(change.key), WHOLE_ROW, "no row"),
                (table.name, key_of(change.key_now), WHOLE_ROW, "a row"),
            ]
        )
    else:
        assert found == [
            Finding.of("tables", table.name, change.key, column.name, expected=change.before, found=change.after)
        ]
    assert looked_at(system, table) == []


NULLABLE = [column for column in COLUMNS if column.nullable]


@pytest.mark.parametrize("column", NULLABLE, ids=str)
def test_a_value_that_was_taken_out_is_found_and_named(system: AuditedSystem, column: Column[Any]) -> None:
    table = column.table
    assert isinstance(table, Table)
    keys = list(table.primary_key.columns)
    with unguarded(system.database) as connection:
        row = connection.execute(select(*keys, column).where(column.is_not(None)).limit(1)).one()
        here = [key == value for key, value in zip(keys, row, strict=False)]
        connection.execute(table.update().where(*here).values({column: None}))
    found = looked_at(system, table)
    with unguarded(system.database) as connection:
        connection.execute(table.update().where(*here).values({column: row[-1]}))
    assert [(one.key, one.column) for one in found] == [(key_of(tuple(row[:-1])), column.name)]
    assert looked_at(system, table) == []


@pytest.mark.parametrize("table", schema.MIRROR, ids=lambda table: table.name)
def test_a_row_too_few_or_too_many_is_found_and_named(system: AuditedSystem, table: Table) -> None:
    keys = list(table.primary_key.columns)
    with system.database.read() as connection:
        rows = connection.execute(select(table).order_by(*keys)).all()
    first, key = rows[0], tuple(getattr(rows[0], one.name) for one in keys)
    here = [one == value for one, value in zip(keys, key, strict=True)]
    with unguarded(system.database) as connection:
        connection.execute(delete(table).where(*here))
    assert looked_at(system, table) == [Finding.missing("tables", table.name, key)]
    with unguarded(system.database) as connection:
        connection.execute(insert(table).values(tuple(first)))
    assert looked_at(system, table) == []

    last = rows[-1]._asdict()
    last |= {column.name: another(last[column.name]) for column in _unique(table) if last[column.name] is not None}
    with unguarded(system.database) as connection:
        _raise_to_free(connection, table, last)
        connection.execute(insert(table).values(last))
    surplus = tuple(last[one.name] for one in keys)
    found = looked_at(system, table)
    here = [one == value for one, value in zip(keys, surplus, strict=True)]
    with unguarded(system.database) as connection:
        connection.execute(delete(table).where(*here))
    assert found == [Finding.surplus("tables", table.name, surplus)]


def _unique(table: Table) -> list[Column[Any]]:
    """Columns in which two rows may not have the same value."""
    constraints = (one for one in table.constraints if isinstance(one, UniqueConstraint | PrimaryKeyConstraint))
    unique = [*(index.columns for index in table.indexes if index.unique), *(one.columns for one in constraints)]
    return list({column.name: column for columns in unique for column in columns}.values())


def _raise_to_free(connection: Any, table: Table, row: dict[str, Any]) -> None:
    """Numbers that no other row has."""
    for column in _unique(table):
        if isinstance(row[column.name], int):
            row[column.name] = connection.execute(select(func.max(column))).scalar_one() + 1


def test_what_is_shown_is_short_and_exact() -> None:
    long = b"\x01" * 300
    assert json_of(2**63) == "9223372036854775808"
    assert json_of(b"\x01") == "0x01"
    assert json_of(None) is None
    assert json_of(long) != json_of(long[:-1] + b"\x02")
    assert len(str(json_of(long))) < 256
    assert json_of("a\udcff") == "a\\udcff"


def test_only_seals_of_what_is_kept_are_shown(system: AuditedSystem) -> None:
    with changed(system.database, schema.records.c.document) as change:
        (found,) = looked_at(system, schema.records)
    assert change.after not in str(found)
    assert len(row_seals.seal_of(schema.records, {"record_hash": bytes(32)})) == 48
