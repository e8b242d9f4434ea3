"""Reading routes of one person, who shows a lookup token: `Authorization: Bearer` and 64 hexadecimal digits.

The token never stands in a URL, where it would be logged. Missing, malformed, unknown and forgotten tokens get the same
answer, by the same work. Who shows wrong ones again and again waits, whether the next is right or not. Nothing that is
answered may be kept by anybody in between (`no-store`).
"""

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from hashlib import sha256
from threading import Lock
from typing import Any, Final

from api.answers import Answer
from api.errors import LookupTokenInvalid, PointsNotServed, RateExceeded
from api.files import FileRoute
from api.problems import Problems
from api.reading import Conditions, ListRoute, ReadRoute
from api.repository.snapshots import Readers
from indexer.point_accounts import PointAccounts
from ledger.errors import NotFound
from ledger.ids import Hash32
from ledger.limits import TokenBuckets

_BEARER = re.compile(rb"bearer +([!-~]+)", re.IGNORECASE)
_TOKEN = re.compile(r"(?:0x)?([0-9a-f]{64})", re.IGNORECASE)

WRONG_TOKENS: Final = 10
"""That one address may show at once ..."""
SECONDS_PER_WRONG_TOKEN: Final = 60
"""... and how long it waits for each one more."""


@dataclass(frozen=True, slots=True)
class Person:
    """Whose token was shown, and where that person's points are found."""

    tag: Hash32
    accounts: PointAccounts
    token_hash: bytes
    """SHA-256 of the token: by it, and not by the token, a session goes on as long as the token is good."""


class TokenDesk:
    """Where lookup tokens are shown, by programs and on pages alike.

    An address that showed too many wrong ones is not told whether the next one is right. With 256 random bits nobody
    guesses one; but nobody shall try at our cost, and a token of which somebody has a part must stay one.
    """

    def __init__(self, accounts: PointAccounts | None, wrong: TokenBuckets | None) -> None:
        """`wrong` counts wrong tokens by address; without it nobody waits (a proxy in front has limits of its own)."""
        self.accounts = accounts
        self._wrong = wrong
        self._lock = Lock()

    def person(self, token: str | None, caller: str) -> Person:
        """Whose token it is. Raises `LookupTokenInvalid`, `PointsNotServed`, `RateExceeded`; asks the vault, so not for
        the event loop. Whatever is given, a hash of it is looked for.
        """
        if self.accounts is None:
            raise PointsNotServed
        if token is None:
            raise LookupTokenInvalid
        with self._lock:
            grant = None if self._wrong is None else self._wrong.look(caller)
        if grant is not None and not grant.allowed:
            raise RateExceeded(grant.wait_seconds)
        token_hash = sha256(_bytes_of(token)).digest()
        try:
            return Person(self.accounts.tag_of_token_hash(token_hash), self.accounts, token_hash)
        except NotFound:
            if self._wrong is not None:
                with self._lock:
                    self._wrong.take(caller)
            raise LookupTokenInvalid from None

    def again(self, token_hash: bytes) -> Person | None:
        """The person who has shown this token before; None where it is good no more."""
        if self.accounts is None:
            return None
        try:
            return Person(self.accounts.tag_of_token_hash(token_hash), self.accounts, token_hash)
        except NotFound:
            return None


def bearer_of(authorization: bytes | None) -> str | None:
    """The token in an `Authorization` header, whatever it may be; None where there is no header."""
    if not authorization:
        return None
    found = _BEARER.fullmatch(authorization)
    return (authorization if found is None else found[1]).decode("latin-1")


def _bytes_of(token: str) -> bytes:
    """The bytes that were given out; of what is no token, 32 bytes that never were."""
    found = _TOKEN.fullmatch(token)
    return sha256(b"no token" + token.encode()).digest() if found is None else bytes.fromhex(found[1])


@dataclass(frozen=True, slots=True)
class PersonRoute:
    """A reading route whose reading function takes the person first."""

    route: ReadRoute
    read: Callable[..., Any]

    def answer(
        self,
        find: Callable[[], Person],
        readers: Readers,
        problems: Problems,
        asked: tuple[Mapping[str, str], bytes, Conditions],
    ) -> Answer:
        """The whole answer; never raises. `find` says who asks; `asked`: path parameters, query and conditions."""
        path, query, conditions = asked
        try:
            person = find()
        except Exception as error:  # noqa: BLE001 - the edge, as in `ReadRoute.answer`
            return problems.answer(error, conditions.accept_language)
        bound: Any = copy.copy(self.route)
        setattr(bound, _reader_of(self.route), partial(self.read, person))
        made: Answer = bound.answer(readers, problems, path, query, Conditions(None, conditions.accept_language))
        return made._replace(headers=tuple(map(_unkept, made.headers)))


def _reader_of(route: ReadRoute) -> str:
    """The member of a route that reads."""
    match route:
        case ListRoute():
            return "_read_rows"
        case FileRoute():
            return "read_file"
        case _:
            return "read"


def _unkept(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    return (b"cache-control", b"no-store") if header[0] == b"cache-control" else header
