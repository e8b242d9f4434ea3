"""The vault: a reference always has the same tag, nothing of it is stored, and forgetting leaves nothing behind."""

import contextlib
import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, inspect

from indexer import persons
from indexer.database import open_database
from indexer.errors import DatabaseUnusable, InvalidDatabaseUrl, WrongVaultKey
from indexer.persons import Persons, open_persons
from ledger.bulk.columns import Hashes, Strings
from ledger.encoding import account_tag, keyed_hash
from ledger.errors import NotFound, OutOfRange
from ledger.ids import Hash32

KEY = bytes(range(32))


def _strings(*references: str) -> Strings:
    return Strings.from_list([reference.encode() for reference in references])


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'persons.db'}"


@pytest.fixture
def vault(url: str) -> Persons:
    return open_persons(url, KEY)


def test_the_same_reference_has_the_same_tag(vault: Persons, url: str) -> None:
    tags = vault.tags(_strings("a", "b", "a", "c"))
    assert (tags[0] == tags[2]).all()
    assert len({bytes(tag) for tag in tags}) == 3
    again = open_persons(url, KEY)
    assert np.array_equal(again.tags(_strings("c", "b", "new", "a"))[[3, 1, 0]], tags[[0, 1, 3]])
    assert again.tag_of("a") == tags[0].tobytes()
    assert np.array_equal(vault.tags(_strings("new")), again.tags(_strings("new")))


def test_many_at_once(vault: Persons, url: str) -> None:
    references = [f"person {number % 3_000}" for number in range(10_000)]
    tags = vault.tags(_strings(*references))
    assert np.array_equal(tags[:3_000], tags[3_000:6_000])
    assert len(np.unique(tags, axis=0)) == 3_000
    assert np.array_equal(open_persons(url, KEY).tags(_strings(*references)), tags)


def test_two_processes_at_once_agree(vault: Persons, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another process adds the same persons after this one has looked."""
    other = open_persons(url, KEY)
    asked = persons._asked
    started: list[bool] = []
    raced: list[Hashes] = []

    def ask_then_race(*args: object) -> object:
        found = asked(*args)  # type: ignore[arg-type]
        if not started:
            started.append(True)
            raced.append(other.tags(_strings("a", "b")))
        return found

    monkeypatch.setattr(persons, "_asked", ask_then_race)
    assert np.array_equal(vault.tags(_strings("a", "b")), raced[0])


def test_the_tag_follows_from_the_key_that_is_destroyed(vault: Persons) -> None:
    vault.tags(_strings("a"))
    with vault._database.read() as connection:
        row = connection.exec_driver_sql("SELECT * FROM persons").one()
    assert row.reference_hash == keyed_hash(key=KEY, message=b"a")
    assert row.account_tag == account_tag(person_key=row.person_key)


def test_another_vault_key_is_refused(vault: Persons, url: str) -> None:
    """Else everyone would be a new person, and have nothing."""
    tags = vault.tags(_strings("a"))
    with pytest.raises(WrongVaultKey, match="another vault key"):
        open_persons(url, bytes(32))
    with pytest.raises(OutOfRange):
        open_persons(url, b"short")
    assert np.array_equal(open_persons(url, KEY).tags(_strings("a")), tags)


def test_a_mirror_is_no_vault(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'index.db'}"
    mirror = open_database(url)
    mirror.migrate()
    with pytest.raises(InvalidDatabaseUrl, match="not the mirror's"):
        open_persons(url, KEY)
    with mirror.read() as connection:
        assert not inspect(connection).has_table("persons")
    mirror.close()


def test_asking_adds_nobody(vault: Persons) -> None:
    (tag,) = vault.tags(_strings("a"))
    tags, known = vault.known_tags(_strings("x", "a", "x"))
    assert known.tolist() == [False, True, False]
    assert np.array_equal(tags[1], tag)
    assert not tags[0].any()
    with pytest.raises(NotFound):
        vault.tag_of("x")


def test_hashes_that_begin_alike_are_told_apart() -> None:
    begin = b"12345678"
    hashes = np.frombuffer(b"".join(begin + bytes([n]) * 24 for n in (1, 3, 5)), np.uint8).reshape(3, 32)
    known = persons._Known()
    known.add(hashes[::-1], hashes[::-1])
    places = known.find(hashes)
    assert (places >= 0).all()
    assert np.array_equal(known.tags[places], hashes)
    assert known.find(np.frombuffer(begin + b"\x04" * 24, np.uint8).reshape(1, 32)).tolist() == [-1]


def test_tokens_are_kept_as_their_hash(vault: Persons, tmp_path: Path) -> None:
    vault.tags(_strings("a", "b"))
    token = vault.issue_token("a")
    assert vault.tag_of_token(token) == vault.tag_of("a")
    assert vault.issue_token("a") != token
    vault.close()
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert token not in stored
    assert hashlib.sha256(token).digest() in stored
    with pytest.raises(NotFound):
        vault.issue_token("x")
    with pytest.raises(NotFound):
        vault.tag_of_token(bytes(32))


def test_forgetting_leaves_no_byte_behind(vault: Persons, tmp_path: Path) -> None:
    tags = vault.tags(_strings("forget me", "keep me"))
    token = vault.issue_token("forget me")
    with vault._database.read() as connection:
        question = "SELECT person_key FROM persons WHERE account_tag = ?"
        key = connection.exec_driver_sql(question, (tags[0].tobytes(),)).scalar_one()
    secrets = [key, tags[0].tobytes(), bytes(keyed_hash(key=KEY, message=b"forget me")), hashlib.sha256(token).digest()]
    assert vault.forget(["forget me", "never seen"]) == 1
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert not [secret for secret in secrets if secret in stored]
    with pytest.raises(NotFound):
        vault.tag_of_token(token)
    assert vault.tag_of("keep me") == tags[1].tobytes()
    assert vault.tags(_strings("forget me")).tobytes() != tags[0].tobytes()


def test_who_shows_a_token_is_forgotten_by_tag_and_leaves_no_byte_behind(vault: Persons, tmp_path: Path) -> None:
    tags = vault.tags(_strings("forget me", "keep me"))
    tokens = [vault.issue_token("forget me") for _ in range(2)]
    kept = vault.issue_token("keep me")
    assert vault.forget_tag(vault.tag_of_token(tokens[0]))
    stored = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    secrets = [tags[0].tobytes(), bytes(keyed_hash(key=KEY, message=b"forget me"))]
    assert not [one for one in (*secrets, *(hashlib.sha256(token).digest() for token in tokens)) if one in stored]
    for token in tokens:
        with pytest.raises(NotFound):
            vault.tag_of_token(token)
    assert vault.tag_of_token(kept) == tags[1].tobytes()
    assert not vault.forget_tag(Hash32(tags[0].tobytes()))
    assert not vault.known_tags(_strings("forget me"))[1].any()


def test_forgetting_says_when_the_journal_is_read(vault: Persons, url: str) -> None:
    vault.tags(_strings("a", "b"))
    other = open_persons(url, KEY)
    with other._database.read() as reading:
        reading.exec_driver_sql("SELECT * FROM persons").all()
        with vault._database.write() as connection:
            connection.exec_driver_sql("PRAGMA busy_timeout = 10")
        with pytest.raises(DatabaseUnusable, match="still in its journal"):
            vault.forget(["a"])
    assert vault.forget(["a"]) == 0


def test_never_the_reference_and_only_for_the_owner(vault: Persons, tmp_path: Path) -> None:
    vault.tags(_strings("310101199001011234"))
    vault.close()
    for path in tmp_path.iterdir():
        assert b"310101199001011234" not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(NotFound) as raised:
        open_persons(f"sqlite:///{tmp_path / 'persons.db'}", KEY).tag_of("310101")
    assert "310101" not in str(raised.value)


def test_no_tag_of_a_forgotten_person_in_memory(vault: Persons) -> None:
    """The process that forgets must not go on with what it kept."""
    vault.tags(_strings("a"))
    vault.forget(["a"])
    assert not vault.known_tags(_strings("a"))[1].any()
    assert Hash32(vault.tags(_strings("a"))[0].tobytes()) == vault.tag_of("a")


@pytest.mark.parametrize("others", [0, 600])
def test_no_process_goes_on_with_a_forgotten_person(vault: Persons, url: str, others: int) -> None:
    """However many persons are asked for at once, and though one came for one who went."""
    references = ["a", *(f"person {number}" for number in range(others))]
    before = vault.tags(_strings(*references))
    other = open_persons(url, KEY)
    other.forget(["a"])
    other.tags(_strings("new"))
    assert vault.known_tags(_strings(*references))[1].tolist() == [False] + [True] * others
    after = vault.tags(_strings(*references))
    assert (after[0] != before[0]).any()
    assert np.array_equal(after[1:], before[1:])
    assert np.array_equal(other.tags(_strings("a")), after[:1])


def test_who_is_forgotten_while_others_are_added_is_no_more(
    vault: Persons, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = vault.tags(_strings("a"))
    other = open_persons(url, KEY)
    create = vault._create

    def forget_first(hashes: Hashes) -> None:
        monkeypatch.setattr(vault, "_create", create)
        other.forget(["a"])
        create(hashes)

    monkeypatch.setattr(vault, "_create", forget_first)
    after = vault.tags(_strings("a", "b"))
    assert (after[0] != before[0]).any()
    assert np.array_equal(other.tags(_strings("a", "b")), after)


def test_no_token_outlives_a_person_forgotten_meanwhile(
    vault: Persons, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    vault.tags(_strings("a"))
    other = open_persons(url, KEY)
    read = vault._database.read

    @contextlib.contextmanager
    def read_and_forget() -> Iterator[Connection]:
        with read() as connection:
            yield connection
        other.forget(["a"])

    with monkeypatch.context() as patch:
        patch.setattr(vault._database, "read", read_and_forget)
        vault.issue_token("a")
    other.forget(["a"])
    with read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM lookup_tokens").scalar_one() == 0
