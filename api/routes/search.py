"""One question for whatever somebody has of the ledger."""

import re
import unicodedata
from collections.abc import Iterator

from api.parameters import LARGEST_INTEGER, Arguments, Parameter
from api.reading import Found, ReadRoute
from api.repository import search
from api.repository.search import LOOKED_FOR, Match
from api.repository.snapshots import Snapshot
from api.schemas.search import SearchAnswer, match_document
from ledger.encoding import is_code
from ledger.errors import InvalidInput

LONGEST = 200
_HEX = re.compile(r"(?:0x)?([0-9a-f]{64}|[0-9a-f]{40})", re.ASCII)
_NUMBER = re.compile(r"(?:no\.?|#|№)?0*([0-9]{1,19})", re.ASCII | re.IGNORECASE)
_HASH_DIGITS = 64


def read_search(snapshot: Snapshot, arguments: Arguments) -> Found:
    """Everything that has what was asked as its id, hash, address, number or code, exactly."""
    asked: str = arguments["q"]
    readable = dict(readings(asked))
    matches = [match for reading, given in readable.items() for match in _matches(snapshot, reading, given)]
    looked_for = [name for reading in readable for name in LOOKED_FOR[reading]]
    return Found({"asked": asked, "looked_for": looked_for, "items": [match_document(one) for one in matches]})


def readings(text: str) -> Iterator[tuple[str, bytes | int | str]]:
    """What the text may be. Spaces, commas, full-width digits and capitals are as people copy them."""
    plain = unicodedata.normalize("NFKC", text).strip()
    joined = re.sub(r"[\s,]+", "", plain)
    if (digits := _HEX.fullmatch(joined.lower())) is not None:
        yield ("hash" if len(digits[1]) == _HASH_DIGITS else "address"), bytes.fromhex(digits[1])
    elif (number := _NUMBER.fullmatch(joined.replace("№", "#"))) is not None and int(number[1]) <= LARGEST_INTEGER:
        yield "number", int(number[1])
    if is_code(plain):
        yield "code", plain


def _matches(snapshot: Snapshot, reading: str, given: bytes | int | str) -> Iterator[Match]:
    match given:
        case int():
            return search.by_number(snapshot, given)
        case str():
            return search.by_code(snapshot, given)
        case _:
            return search.by_hash(snapshot, given) if reading == "hash" else search.by_address(snapshot, given)


def _asked(text: str, name: str) -> str:
    if not text.strip() or len(text) > LONGEST:
        raise InvalidInput(name, f"be 1 to {LONGEST} characters", text[:LONGEST])
    return text


ASKED = Parameter(
    "q",
    "query",
    "A hash, an id, an address, a number or a code, as it was copied.",
    _asked,
    {"type": "string", "minLength": 1, "maxLength": LONGEST},
    "SH-PV-0001",
    required=True,
)

ROUTES = (
    ReadRoute(
        "/v1/search",
        read_search,
        summary="What has this id, hash, address, number or code",
        description=(
            "Operations by id, record, leaf, transaction or place in the log (of one record or transaction the first "
            f"{search.MOST_OPERATIONS}); blocks, lots, activities, methodologies, campaigns, batches, accounts, "
            "contracts, certificates, checkpoints, and the lot that a serial number is of. Only exact matches: "
            "`looked_for` says what this could have been."
        ),
        model=SearchAnswer,
        tag="search",
        parameters=(ASKED,),
        point=False,
    ),
)
