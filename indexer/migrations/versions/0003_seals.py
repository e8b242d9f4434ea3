"""Each row of a kept table is sealed (docs/spec/09-audit.md §9.4); those that are there are sealed as they are."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from indexer import row_seals

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLES = ("outbox", "records", "api_keys", "incidents", "batch_files", "mirror_generation", "checkpoints")
_ROWS_AT_ONCE = 1_000
_OLD = "unsealed"


def upgrade() -> None:
    """Adds the column and fills it."""
    connection = op.get_bind()
    for name in TABLES:
        table = sa.Table(name, sa.MetaData(), autoload_with=connection)
        if connection.dialect.name == "sqlite":
            _remake(connection, table)
        else:
            _fill(connection, table)


def downgrade() -> None:
    """Drops the column."""
    for name in TABLES:
        op.drop_column(name, row_seals.SEAL)


def _remake(connection: sa.Connection, table: sa.Table) -> None:
    """SQLite adds no column that must have a value to a table with rows, so the table is made anew."""
    statements = sa.text("SELECT sql FROM sqlite_master WHERE tbl_name = :table AND type = :type AND sql IS NOT NULL")
    (made,) = connection.scalars(statements, {"table": table.name, "type": "table"})
    indexes = connection.scalars(statements, {"table": table.name, "type": "index"}).all()
    op.rename_table(table.name, _OLD)
    for index in table.indexes:
        op.drop_index(str(index.name), _OLD)
    sealed = made.replace("CONSTRAINT pk_", "seal BLOB NOT NULL, CONSTRAINT pk_", 1)
    connection.exec_driver_sql(sealed)
    for rows in _parts(connection, _OLD):
        row_seals.add(connection, table, rows)
    op.drop_table(_OLD)
    for index in indexes:
        connection.exec_driver_sql(index)


def _fill(connection: sa.Connection, table: sa.Table) -> None:
    op.add_column(table.name, sa.Column(row_seals.SEAL, sa.LargeBinary))
    keys = list(table.primary_key.columns)
    fill = sa.table(table.name, *(sa.column(key.name) for key in keys), sa.column(row_seals.SEAL))
    here = sa.and_(*(fill.c[key.name] == sa.bindparam(f"the_{key.name}") for key in keys))
    statement = sa.update(fill).where(here).values({row_seals.SEAL: sa.bindparam("made")})
    for rows in _parts(connection, table.name):
        connection.execute(
            statement,
            [
                {"made": row_seals.seal_of(table, row), **{f"the_{key.name}": row[key.name] for key in keys}}
                for row in rows
            ],
        )
    op.alter_column(table.name, row_seals.SEAL, nullable=False)


def _parts(connection: sa.Connection, name: str) -> Iterator[list[dict[str, Any]]]:
    rows = connection.execute(sa.text(f"SELECT * FROM {name}"), execution_options={"yield_per": _ROWS_AT_ONCE})  # noqa: S608
    for part in rows.mappings().partitions():
        yield [dict(row) for row in part]
