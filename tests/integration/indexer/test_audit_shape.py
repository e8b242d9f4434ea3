"""The audit of a PostgreSQL database: whether its tables are tables."""

import pytest
from sqlalchemy import URL, text

from indexer.audit.database_shape import postgresql_shape
from indexer.database import open_database


@pytest.mark.parametrize(
    "statements",
    [
        ("CREATE RULE hidden AS ON UPDATE TO certificates DO INSTEAD NOTHING",),
        ("ALTER TABLE certificates ENABLE ROW LEVEL SECURITY",),
        ("ALTER TABLE certificates RENAME TO kept", "CREATE VIEW certificates AS SELECT * FROM kept"),
        ("DROP TABLE certificates",),
    ],
)
def test_what_is_no_ordinary_table_is_found(postgres_database: URL, statements: tuple[str, ...]) -> None:
    database = open_database(postgres_database)
    database.migrate()
    with database.read() as connection:
        assert list(postgresql_shape(connection)) == []
    with database.write() as connection:
        for statement in statements:
            connection.execute(text(statement))
    with database.read() as connection:
        assert {finding.key for finding in postgresql_shape(connection)} == {"table certificates"}
    database.close()
