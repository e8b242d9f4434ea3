"""API keys: made once, shown once, kept as a hash.

A key is 256 random bits, so that its plain SHA-256 cannot be searched and needs no slow password hash.
"""

import hmac
import json
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

from sqlalchemy import Row, and_, select

from indexer import row_seals
from indexer.database import Database
from indexer.schema import api_keys
from ledger.errors import InvalidInput, NotFound, Unauthorised

PREFIX = "tph_"
"""Every key begins so, that it can be recognised where it should not be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    """What is known of a key. Times in seconds since 1970."""

    key_id: str
    name: str
    scopes: frozenset[str]
    last_four: str
    created_at: int
    revoked_at: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewApiKey:
    """A key that was just made; `secret` is never seen again."""

    key: ApiKey
    secret: str = field(repr=False)


class ApiKeyStore:
    """The table `api_keys`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def create(self, name: str, scopes: Iterable[str]) -> NewApiKey:
        """Makes a key. `name` says for people whose it is."""
        wanted = frozenset(scopes)
        if not name.strip():
            raise InvalidInput("name", "say whose key it is", name)
        if not wanted:
            raise InvalidInput("scopes", "name at least one scope", sorted(wanted))
        secret = PREFIX + secrets.token_urlsafe(32)
        key = ApiKey(
            key_id=secrets.token_hex(8),
            name=name,
            scopes=wanted,
            last_four=secret[-4:],
            created_at=int(time.time()),
            revoked_at=None,
        )
        row = {
            "key_id": key.key_id,
            "name": key.name,
            "key_hash": hash_of(secret),
            "last_four": key.last_four,
            "scopes": json.dumps(sorted(wanted)),
            "created_at": key.created_at,
        }
        with self._database.write(durable=True) as connection:
            row_seals.add(connection, api_keys, [row])
        return NewApiKey(key=key, secret=secret)

    def verify(self, secret: str, scope: str | None = None) -> ApiKey:
        """The key; `Unauthorised` if it is unknown, revoked, or lacks `scope`."""
        wanted = hash_of(secret)
        with self._database.read() as connection:
            row = connection.execute(select(api_keys).where(api_keys.c.key_hash == wanted)).one_or_none()
        if row is None or not hmac.compare_digest(bytes(row.key_hash), wanted) or row.revoked_at is not None:
            raise Unauthorised("a valid API key")
        key = _key_of(row)
        if scope is not None and scope not in key.scopes:
            raise Unauthorised(f"the scope {scope}")
        return key

    def find(self, key_id: str) -> ApiKey:
        """The key with this id; `Unauthorised` if there is none, or it was revoked since somebody proved it."""
        with self._database.read() as connection:
            row = connection.execute(select(api_keys).where(api_keys.c.key_id == key_id)).one_or_none()
        if row is None or row.revoked_at is not None:
            raise Unauthorised("a valid API key")
        return _key_of(row)

    def revoke(self, key_id: str) -> None:
        """Ends a key, for ever; `NotFound` if there is none that is valid."""
        valid = and_(api_keys.c.key_id == key_id, api_keys.c.revoked_at.is_(None))
        with self._database.write(durable=True) as connection:
            if row_seals.change(connection, api_keys, valid, {"revoked_at": int(time.time())}) != 1:
                raise NotFound("API key", key_id)

    def list(self) -> list[ApiKey]:
        """Every key ever made, oldest first."""
        question = select(api_keys).order_by(api_keys.c.created_at, api_keys.c.key_id)
        with self._database.read() as connection:
            return [_key_of(row) for row in connection.execute(question)]


def hash_of(secret: str) -> bytes:
    """What is kept of a key: its SHA-256."""
    return sha256(secret.encode()).digest()


def _key_of(row: Row[Any]) -> ApiKey:
    return ApiKey(
        key_id=row.key_id,
        name=row.name,
        scopes=frozenset(json.loads(row.scopes)),
        last_four=row.last_four,
        created_at=row.created_at,
        revoked_at=row.revoked_at,
    )
