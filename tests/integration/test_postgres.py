"""The PostgreSQL that other integration tests stand on."""

from sqlalchemy import URL, create_engine, text


def test_each_test_gets_an_empty_database_of_its_own(postgres_database: URL) -> None:
    engine = create_engine(postgres_database)
    with engine.begin() as connection:
        tables = connection.scalars(text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        connection.execute(text("CREATE TABLE lot (grams BIGINT)"))
    engine.dispose()
    assert tables == []
    assert postgres_database.database != "postgres"
