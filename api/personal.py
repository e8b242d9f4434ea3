"""Reading routes of one person, who shows a lookup token: `Authorization: Bearer` and 64 hexadecimal digits.

The token never stands in a URL, where it would be logged. Missing, malformed, unknown and forgotten tokens get the same
answer. Nothing that is answered may be kept by anybody in between (`no-store`).
"""

import copy
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from api.answers import Answer
from api.errors import LookupTokenInvalid, PointsNotServed
from api.files import FileRoute
from api.problems import Problems
from api.reading import Conditions, ListRoute, ReadRoute
from api.repository.snapshots import Readers
from indexer.point_accounts import PointAccounts
from ledger.errors import NotFound
from ledger.ids import Hash32

_TOKEN = re.compile(rb"bearer +(?:0x)?([0-9a-f]{64})", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Person:
    """Whose token was shown, and where that person's points are found."""

    tag: Hash32
    accounts: PointAccounts


@dataclass(frozen=True, slots=True)
class PersonRoute:
    """A reading route whose reading function takes the person first."""

    route: ReadRoute
    read: Callable[..., Any]

    def answer(
        self,
        accounts: PointAccounts | None,
        readers: Readers,
        problems: Problems,
        authorization: bytes | None,
        asked: tuple[Mapping[str, str], bytes, Conditions],
    ) -> Answer:
        """The whole answer; never raises. `asked`: path parameters, query and conditions."""
        path, query, conditions = asked
        try:
            person = person_of(accounts, authorization)
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


def person_of(accounts: PointAccounts | None, authorization: bytes | None) -> Person:
    """Whose token it is. Raises `LookupTokenInvalid`, `PointsNotServed`; asks the vault, so not for the event loop."""
    if accounts is None:
        raise PointsNotServed
    found = _TOKEN.fullmatch(authorization or b"")
    if found is None:
        raise LookupTokenInvalid
    try:
        tag = accounts.tag_of_token(bytes.fromhex(found[1].decode("ascii")))
    except NotFound:
        raise LookupTokenInvalid from None
    return Person(tag, accounts)


def _unkept(header: tuple[bytes, bytes]) -> tuple[bytes, bytes]:
    return (b"cache-control", b"no-store") if header[0] == b"cache-control" else header
