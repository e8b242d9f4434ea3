"""The vault of persons (docs/spec/05-points.md §5.8): reference hash -> person key and account tag, and lookup tokens.

It is a database of its own, apart from the mirror, and the only place where a reference leads to a tag. References
themselves are never stored, only their HMAC under the vault key. Forgetting a person destroys the row: the tag stays in
batches and proofs, and nothing says any more whose it is. That holds for this database; copies of it must go as well.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import (
    URL,
    BigInteger,
    Column,
    ColumnElement,
    Connection,
    Index,
    LargeBinary,
    MetaData,
    SmallInteger,
    Table,
    delete,
    insert,
    inspect,
    select,
    text,
    update,
)

from indexer.database import Database, open_database
from indexer.errors import DatabaseUnusable, InvalidDatabaseUrl, WrongVaultKey
from indexer.sorted_runs import words_of
from ledger.bulk.columns import Hashes, Strings, take_hashes
from ledger.bulk.entries import account_tags
from ledger.bulk.hashing import keyed_hashes
from ledger.encoding import keyed_hash
from ledger.errors import NotFound, OutOfRange
from ledger.ids import Hash32

_KEY_BYTES: Final = 32
_ASKED_AT_A_TIME: Final = 500
_CHECKED: Final = b"tanpuhui vault"

_METADATA: Final = MetaData()
_PERSONS: Final = Table(
    "persons",
    _METADATA,
    Column("reference_hash", LargeBinary(32), primary_key=True),
    Column("person_key", LargeBinary(32), nullable=False),
    Column("account_tag", LargeBinary(32), nullable=False),
    sqlite_with_rowid=False,
)
_TOKENS: Final = Table(
    "lookup_tokens",
    _METADATA,
    Column("token_hash", LargeBinary(32), primary_key=True),
    Column("account_tag", LargeBinary(32), nullable=False),
    Index("lookup_tokens_account_tag", "account_tag"),
    sqlite_with_rowid=False,
)
# One row. `key_check` tells whether a vault key is the one that references were hashed with, and not which it is;
# `generation` rises whenever persons are forgotten, so that no process goes on with what it kept in memory.
_VAULT: Final = Table(
    "vault",
    _METADATA,
    Column("id", SmallInteger, primary_key=True, autoincrement=False),
    Column("key_check", LargeBinary(32), nullable=False),
    Column("generation", BigInteger, nullable=False),
)


@dataclass(slots=True)
class _Known:
    """Persons in memory, ascending by the first eight bytes of their reference hash."""

    hashes: Hashes = field(default_factory=lambda: np.zeros((0, 32), np.uint8))
    tags: Hashes = field(default_factory=lambda: np.zeros((0, 32), np.uint8))
    generation: int = 0
    prefixes: NDArray[np.uint64] = field(default_factory=lambda: np.zeros(0, np.uint64))

    def find(self, wanted: Hashes) -> NDArray[np.int64]:
        """The place of each, -1 for those that are not there."""
        prefixes = words_of(wanted)[0]
        order = np.argsort(prefixes, kind="stable")
        places = np.full(len(wanted), -1, np.int64)
        places[order] = np.searchsorted(self.prefixes, prefixes[order])
        inside = places < len(self.hashes)
        same = np.zeros(len(wanted), np.bool_)
        same[inside] = (self.hashes[places[inside]] == wanted[inside]).all(axis=1)
        alike = np.zeros(len(wanted), np.bool_)
        alike[inside] = self.prefixes[places[inside]] == prefixes[inside]
        for place in np.flatnonzero(alike & ~same).tolist():
            self._find_slowly(wanted, places, place, same)
        places[~same] = -1
        return places

    def add(self, hashes: Hashes, tags: Hashes) -> None:
        prefixes = np.concatenate([self.prefixes, words_of(hashes)[0]])
        order = np.argsort(prefixes, kind="stable")
        self.prefixes = prefixes[order]
        self.hashes = take_hashes(np.concatenate([self.hashes, hashes]), order)
        self.tags = take_hashes(np.concatenate([self.tags, tags]), order)

    def _find_slowly(self, wanted: Hashes, places: NDArray[np.int64], place: int, same: NDArray[np.bool_]) -> None:
        """Looks on among hashes that begin with the same eight bytes, which hardly ever are several."""
        at = int(places[place])
        prefix = self.prefixes[at]
        while at < len(self.prefixes) and self.prefixes[at] == prefix:
            if (self.hashes[at] == wanted[place]).all():
                places[place], same[place] = at, True
                return
            at += 1


class Persons:
    """The vault. Finding many persons at once keeps those found in memory, 72 bytes each, until `close`."""

    def __init__(self, database: Database, vault_key: bytes) -> None:
        """`OutOfRange` for a vault key that is not 32 bytes, `WrongVaultKey` for another than the vault's.

        `InvalidDatabaseUrl` for a mirror's database.
        """
        if len(vault_key) != _KEY_BYTES:
            raise OutOfRange("vault_key", f"be {_KEY_BYTES} bytes", len(vault_key))
        self._database = database
        self._key = vault_key
        self._known = _Known()
        with database.write(durable=True) as connection:
            if inspect(connection).has_table("chain_binding"):
                rule = "name a database of the vault's own, not the mirror's"
                raise InvalidDatabaseUrl("persons_url", rule, database.url)
            _METADATA.create_all(connection)
            self._check_key(connection)

    def tags(self, references: Strings) -> Hashes:
        """The tag of each reference; persons who are not there yet get a key of their own, saved when this returns."""
        wanted, inverse = self._unique(references)
        while ((found := self._found(wanted)) < 0).any():
            # Again, as long as another process forgets persons in between.
            self._create(wanted[found < 0])
        return take_hashes(take_hashes(self._known.tags, found), inverse)

    def known_tags(self, references: Strings) -> tuple[Hashes, NDArray[np.bool_]]:
        """The tag of each reference and whether there is such a person; nobody is added. Unknown ones have zeros."""
        wanted, inverse = self._unique(references)
        found = self._found(wanted)
        tags = np.zeros((len(wanted), 32), np.uint8)
        tags[found >= 0] = self._known.tags[found[found >= 0]]
        return tags[inverse], (found >= 0)[inverse]

    def tag_of(self, reference: str) -> Hash32:
        """One person's tag; `NotFound` without showing the reference."""
        question = select(_PERSONS.c.account_tag).where(_PERSONS.c.reference_hash == self._hash(reference))
        with self._database.read() as connection:
            found = connection.execute(question).scalar_one_or_none()
        if found is None:
            raise NotFound("person", "of this reference")
        return Hash32(found)

    def forget(self, references: Sequence[str]) -> int:
        """Destroys the keys and lookup tokens of these persons; how many of them were there.

        SQLite overwrites what it deletes and empties its journal; PostgreSQL writes the tables anew. `DatabaseUnusable`
        if somebody reads the journal meanwhile: forget again, also persons who are gone already.
        """
        return self._forget([_PERSONS.c.reference_hash == self._hash(reference) for reference in references])

    def forget_tag(self, account_tag: Hash32) -> bool:
        """The same for the person whose tag it is, who has shown it by a lookup token; whether there was one."""
        return self._forget([_PERSONS.c.account_tag == bytes(account_tag)]) > 0

    def issue_token(self, reference: str) -> bytes:
        """A new lookup token of a person, 32 bytes that are not kept; `NotFound` for an unknown reference."""
        token = secrets.token_bytes(_KEY_BYTES)
        question = select(_PERSONS.c.account_tag).where(_PERSONS.c.reference_hash == self._hash(reference))
        with self._database.write(durable=True) as connection:
            # Locked: who forgets the person meanwhile must find this token too.
            tag = connection.execute(question.with_for_update(read=True)).scalar_one_or_none()
            if tag is None:
                raise NotFound("person", "of this reference")
            row = {"token_hash": hashlib.sha256(token).digest(), "account_tag": tag}
            connection.execute(insert(_TOKENS).values(row))
        return token

    def tag_of_token(self, token: bytes) -> Hash32:
        """Whose token it is; `NotFound` if it was never issued, or its person is forgotten."""
        return self.tag_of_token_hash(hashlib.sha256(token).digest())

    def tag_of_token_hash(self, token_hash: bytes) -> Hash32:
        """The same by the token's SHA-256, for whoever has seen the token and has not kept it."""
        # Looking up a hash tells by its time at most how a hash begins, not the token.
        question = select(_TOKENS.c.account_tag).where(_TOKENS.c.token_hash == token_hash)
        with self._database.read() as connection:
            found = connection.execute(question).scalar_one_or_none()
        if found is None:
            raise NotFound("lookup token", "like this")
        return Hash32(found)

    def close(self) -> None:
        """Ends the connections and forgets what was kept in memory."""
        self._known = _Known()
        self._database.close()

    # Within

    def _check_key(self, connection: Connection) -> None:
        """Holds the key to the vault's; the first that a vault is opened with is its key."""
        given = bytes(keyed_hash(key=self._key, message=_CHECKED))
        connection.execute(
            text("INSERT INTO vault (id, key_check, generation) VALUES (1, :given, 1) ON CONFLICT DO NOTHING"),
            {"given": given},
        )
        known = connection.execute(select(_VAULT.c.key_check)).scalar_one()
        if not hmac.compare_digest(bytes(known), given):
            raise WrongVaultKey(self._database.url)

    def _keep_to(self, connection: Connection) -> None:
        """Lets go of what is in memory if somebody was forgotten since."""
        generation = connection.execute(select(_VAULT.c.generation)).scalar_one()
        if generation != self._known.generation:
            self._known = _Known(generation=generation)

    def _hash(self, reference: str) -> bytes:
        return bytes(keyed_hash(key=self._key, message=reference.encode()))

    def _unique(self, references: Strings) -> tuple[Hashes, NDArray[np.int64]]:
        """The different reference hashes, ascending, and which of them each reference has."""
        hashes = keyed_hashes(self._key, references)
        words = words_of(hashes)
        order = np.argsort(words[0], kind="stable")
        ordered = take_hashes(hashes, order)
        if len(ordered) and _alike(words[:, order]):
            order = np.lexsort(words[::-1])
            ordered = take_hashes(hashes, order)
        new = np.ones(len(ordered), np.bool_)
        new[1:] = (ordered[1:] != ordered[:-1]).any(axis=1)
        inverse = np.empty(len(ordered), np.int64)
        inverse[order] = np.cumsum(new) - 1
        return ordered[new], inverse

    def _found(self, wanted: Hashes) -> NDArray[np.int64]:
        """Places among those in memory, which are read from the database as far as they are missing."""
        with self._database.read() as connection:
            self._keep_to(connection)
            found = self._known.find(wanted)
            if (found >= 0).all():
                return found
            if len(wanted) <= _ASKED_AT_A_TIME:
                rows = _asked(connection, wanted[found < 0])
            elif _count(connection) == len(self._known.hashes):
                return found
            else:
                self._known = _Known(generation=self._known.generation)
                rows = _columns(connection.execute(select(_PERSONS.c.reference_hash, _PERSONS.c.account_tag)))
        self._known.add(*rows)
        return self._known.find(wanted)

    def _create(self, hashes: Hashes) -> None:
        """Adds persons. Another process may have added some of them since: theirs stand."""
        keys = np.frombuffer(secrets.token_bytes(_KEY_BYTES * len(hashes)), np.uint8).reshape(-1, _KEY_BYTES)
        tags = account_tags(keys)
        with self._database.write(durable=True) as connection:
            added = _insert(connection, self._database, hashes, keys, tags)
            rows = (hashes, tags) if added == len(hashes) else _asked(connection, hashes)
        self._known.add(*rows)

    def _forget(self, persons: Sequence[ColumnElement[bool]]) -> int:
        """How many of these persons were there."""
        with self._database.write(durable=True) as connection:
            if self._database.is_sqlite:
                connection.exec_driver_sql("PRAGMA secure_delete = ON")
            connection.execute(update(_VAULT).values(generation=_VAULT.c.generation + 1))
            count = sum(_forget_one(connection, person) for person in persons)
        self._known = _Known()
        self._overwrite()
        return count

    def _overwrite(self) -> None:
        with self._database.engine.connect() as raw:
            connection = raw.execution_options(isolation_level="AUTOCOMMIT")
            if self._database.is_sqlite:
                busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").one()[0]
                if busy:
                    reason = (
                        "another process reads it, so what was deleted is still in its journal; end it and forget again"
                    )
                    raise DatabaseUnusable(self._database.url, reason)
            else:
                connection.execute(text("VACUUM (FULL) persons"))
                connection.execute(text("VACUUM (FULL) lookup_tokens"))


def open_persons(url: str | URL, vault_key: bytes) -> Persons:
    """The vault at a database URL of its own; never the mirror's. Errors as `open_database`."""
    return Persons(open_database(url), vault_key)


def _forget_one(connection: Connection, person: ColumnElement[bool]) -> int:
    gone = delete(_PERSONS).where(person).returning(_PERSONS.c.account_tag)
    tag = connection.execute(gone).scalar_one_or_none()
    if tag is None:
        return 0
    connection.execute(delete(_TOKENS).where(_TOKENS.c.account_tag == tag))
    return 1


def _alike(words: NDArray[np.uint64]) -> bool:
    """Whether different hashes, sorted by their first eight bytes, have those in common."""
    same_begin = words[0, 1:] == words[0, :-1]
    return bool((same_begin & (words[1:, 1:] != words[1:, :-1]).any(axis=0)).any())


def _count(connection: Connection) -> int:
    # The primary key of every row is read, which for millions takes a fraction of a second.
    return int(connection.exec_driver_sql("SELECT count(*) FROM persons").scalar_one())


def _insert(connection: Connection, database: Database, *columns: Hashes) -> int:
    """Adds those that are not there yet; how many they were."""
    rows = zip(*map(_pieces, columns), strict=True)
    raw: Any = connection.connection.driver_connection
    if database.is_sqlite:
        return int(raw.executemany("INSERT OR IGNORE INTO persons VALUES (?, ?, ?)", rows).rowcount)
    with raw.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE incoming (LIKE persons) ON COMMIT DROP")
        with cursor.copy("COPY incoming FROM STDIN (FORMAT BINARY)") as copy:
            copy.set_types(["bytea"] * 3)
            for row in rows:
                copy.write_row(row)
        added = cursor.execute("INSERT INTO persons SELECT * FROM incoming ON CONFLICT DO NOTHING").rowcount
        cursor.execute("DROP TABLE incoming")
    return int(added)


def _asked(connection: Connection, wanted: Hashes) -> tuple[Hashes, Hashes]:
    """Those of the wanted persons that the database has."""
    found: list[Any] = []
    for begin in range(0, len(wanted), _ASKED_AT_A_TIME):
        part = list(_pieces(wanted[begin : begin + _ASKED_AT_A_TIME]))
        question = select(_PERSONS.c.reference_hash, _PERSONS.c.account_tag)
        found += connection.execute(question.where(_PERSONS.c.reference_hash.in_(part))).all()
    return _columns(found)


def _columns(rows: Any) -> tuple[Hashes, Hashes]:
    hashes, tags = bytearray(), bytearray()
    for reference_hash, tag in rows:
        hashes += reference_hash
        tags += tag
    return tuple(np.frombuffer(bytes(part), np.uint8).reshape(-1, 32) for part in (hashes, tags))  # type: ignore[return-value]


def _pieces(hashes: Hashes) -> Iterator[bytes]:
    data = hashes.tobytes()
    return (data[begin : begin + 32] for begin in range(0, len(data), 32))
