"""Who is asking: API keys as `Authorization: Bearer`, kept as SHA-256, with scopes (`indexer.api_keys`).

What is looked up is the key's hash, so that the time of a look-up says nothing of the key; the comparison after it is
constant in time as well.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from enum import StrEnum
from threading import Lock
from typing import Protocol

from api.errors import CredentialsInvalid, CredentialsMissing, ScopeMissing
from indexer.api_keys import ApiKey, ApiKeyStore, hash_of
from indexer.database import Database, open_database
from ledger.errors import InvalidInput, Unauthorised, UnknownWord
from ledger.vocabulary import Role

_SCHEME = re.compile(rb"bearer(?: |$)", re.IGNORECASE)
_BEARER = re.compile(rb"bearer +([!-~]{16,256})", re.IGNORECASE)
_REMEMBERED_SECONDS = 60.0
_MOST_REMEMBERED = 10_000


class KeyScope(StrEnum):
    """What a key may be allowed to do. Any key may read the status of operations."""

    ACCOUNTS_OPEN = "accounts:open"
    ACCOUNTS_CLOSE = "accounts:close"
    METHODOLOGIES_WRITE = "methodologies:write"
    ACTIVITIES_WRITE = "activities:write"
    ISSUANCES_PROPOSE = "issuances:propose"
    ISSUANCES_CONFIRM = "issuances:confirm"
    TRANSFERS_WRITE = "transfers:write"
    CANCELLATIONS_WRITE = "cancellations:write"
    FREEZES_WRITE = "freezes:write"
    CORRECTIONS_WRITE = "corrections:write"
    PROVIDERS_WRITE = "providers:write"
    CAMPAIGNS_WRITE = "campaigns:write"
    POINTS_WRITE = "points:write"
    TRANSACTIONS_SEND = "transactions:send"


ROLE_OF_SCOPE: Mapping[KeyScope, Role] = {
    KeyScope.ACCOUNTS_OPEN: Role.PLATFORM,
    KeyScope.ACCOUNTS_CLOSE: Role.PLATFORM,
    KeyScope.METHODOLOGIES_WRITE: Role.REGULATOR,
    KeyScope.ACTIVITIES_WRITE: Role.REGULATOR,
    KeyScope.ISSUANCES_PROPOSE: Role.TECHNICAL_CENTRE,
    KeyScope.ISSUANCES_CONFIRM: Role.REGULATOR,
    KeyScope.TRANSFERS_WRITE: Role.PLATFORM,
    KeyScope.CANCELLATIONS_WRITE: Role.PLATFORM,
    KeyScope.FREEZES_WRITE: Role.REGULATOR,
    KeyScope.CORRECTIONS_WRITE: Role.REGULATOR,
    KeyScope.PROVIDERS_WRITE: Role.EXCHANGE,
    KeyScope.CAMPAIGNS_WRITE: Role.EXCHANGE,
    KeyScope.POINTS_WRITE: Role.PLATFORM,
}
"""Whose step each scope allows; `transactions:send` is no body's."""

FOUR_EYES = frozenset({KeyScope.ISSUANCES_PROPOSE, KeyScope.ISSUANCES_CONFIRM})
"""Scopes that no key may have together: who proposes an issuance and who confirms it are two people."""


def check_scopes(scopes: Iterable[str]) -> None:
    """`UnknownWord` for a scope there is not; `InvalidInput` for scopes that must be two people's."""
    given = frozenset(scopes)
    words = [member.value for member in KeyScope]
    for scope in sorted(given):
        if scope not in words:
            raise UnknownWord("scope", "be one of " + ", ".join(words), scope)
    if given >= FOUR_EYES:
        both = " and ".join(sorted(FOUR_EYES))
        raise InvalidInput("scope", f"not be both {both}: two people decide, each with a key of their own", both)


class KeyVerifier(Protocol):
    """`indexer.api_keys.ApiKeyStore`, as far as it is needed here."""

    def verify(self, secret: str) -> ApiKey:
        """The key; `Unauthorised` if it is unknown or revoked."""
        ...


class KeyBook(KeyVerifier, Protocol):
    """The same for those who prove a key once and come again."""

    def find(self, key_id: str) -> ApiKey:
        """The key with this id; `Unauthorised` if it was revoked since it was proved."""
        ...


class LazyKeys:
    """The keys of a database that is opened when the first key has to be checked."""

    def __init__(self, database_url: str, database: Database | None) -> None:
        self._database_url = database_url
        self._database = database
        self._lock = Lock()

    def verify(self, secret: str) -> ApiKey:
        """The key; `Unauthorised` if it is unknown or revoked."""
        return self._store().verify(secret)

    def find(self, key_id: str) -> ApiKey:
        """The key with this id, for somebody who has proved it; `Unauthorised` if it was revoked since."""
        return self._store().find(key_id)

    def _store(self) -> ApiKeyStore:
        with self._lock:
            if self._database is None:
                self._database = open_database(self._database_url)
        return ApiKeyStore(self._database)


class Authenticator:
    """Finds callers. Remembers for a minute which keys were valid, for the rate limiter only: nothing is allowed by
    memory.
    """

    def __init__(self, keys: KeyVerifier, clock: Callable[[], float]) -> None:
        self._keys = keys
        self._clock = clock
        self._seen: OrderedDict[bytes, tuple[str, float]] = OrderedDict()
        self._lock = Lock()

    def authenticate(self, authorization: bytes | None) -> ApiKey:
        """The caller's key; asks the database, so not for the event loop. Raises `CredentialsMissing`,
        `CredentialsInvalid`.
        """
        if not authorization or not _SCHEME.match(authorization):
            raise CredentialsMissing
        secret = _secret_in(authorization)
        if secret is None:
            raise CredentialsInvalid
        try:
            key = self._keys.verify(secret)
        except Unauthorised:
            raise CredentialsInvalid from None
        self._remember(hash_of(secret), key.key_id)
        return key

    def authorise(self, authorization: bytes | None, scope: KeyScope) -> ApiKey:
        """The caller's key; also raises `ScopeMissing`."""
        key = self.authenticate(authorization)
        if scope not in key.scopes:
            raise ScopeMissing(str(scope))
        return key

    def recently_valid(self, authorization: bytes) -> str | None:
        """The id of a key that was valid within the last minute."""
        secret = _secret_in(authorization)
        if secret is None:
            return None
        with self._lock:
            found = self._seen.get(hash_of(secret))
        return found[0] if found is not None and self._clock() - found[1] < _REMEMBERED_SECONDS else None

    def _remember(self, key_hash: bytes, key_id: str) -> None:
        with self._lock:
            self._seen[key_hash] = (key_id, self._clock())
            self._seen.move_to_end(key_hash)
            if len(self._seen) > _MOST_REMEMBERED:
                self._seen.popitem(last=False)


def _secret_in(authorization: bytes | None) -> str | None:
    found = _BEARER.fullmatch(authorization) if authorization else None
    return None if found is None else found[1].decode("ascii")
