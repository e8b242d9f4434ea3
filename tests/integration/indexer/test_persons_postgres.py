"""The vault on PostgreSQL: the same answers."""

import numpy as np
from sqlalchemy import URL

from indexer.persons import open_persons
from ledger.bulk.columns import Strings

KEY = bytes(range(32))


def _strings(count: int) -> Strings:
    return Strings.from_list([f"person {number}".encode() for number in range(count)])


def test_many_persons_twice(postgres_database: URL) -> None:
    vault = open_persons(postgres_database, KEY)
    tags = vault.tags(_strings(2_000))
    again = open_persons(postgres_database, KEY)
    assert np.array_equal(again.tags(_strings(2_500))[:2_000], tags)
    assert vault.known_tags(_strings(2_500))[1].all()
    vault.close()
    again.close()


def test_forgotten(postgres_database: URL) -> None:
    vault = open_persons(postgres_database, KEY)
    tags = vault.tags(_strings(10))
    token = vault.issue_token("person 3")
    assert vault.tag_of_token(token) == tags[3].tobytes()
    assert vault.forget(["person 3", "nobody"]) == 1
    assert vault.known_tags(_strings(10))[1].tolist() == [number != 3 for number in range(10)]
    with vault._database.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM lookup_tokens").scalar_one() == 0
        assert connection.exec_driver_sql(
            "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'persons'"
        ).scalar() in {0, None}
    vault.close()
