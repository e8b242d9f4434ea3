"""What was found by an id, a hash, an address, a number or a code."""

from typing import Annotated, Any
from urllib.parse import quote

from pydantic import Field

from api.repository.search import LOOKED_FOR, Match
from api.schemas.common import Answered, Model, hex0x

_ROUTES = {
    "operation": "/v1/log/leaves/{}",
    "block": "/v1/blocks/{}",
    "lot": "/v1/lots/{}",
    "activity": "/v1/activities/{}",
    "methodology": "/v1/methodologies/{}",
    "campaign": "/v1/campaigns/{}",
    "batch": "/v1/batches/{}",
    "account": "/v1/accounts/{}",
    "contract": "/v1/deployment",
    "certificate": "/v1/certificates/{}",
    "checkpoint": "/v1/log/checkpoints/{}",
}
"""Where the API has more of each kind."""

_KINDS = "|".join(_ROUTES)
_NAMES = "|".join(sorted({name for names in LOOKED_FOR.values() for name in names}))


class SearchMatch(Model):
    """One thing."""

    kind: Annotated[str, Field(pattern=f"^({_KINDS})$", examples=["operation"])]
    matched: Annotated[str, Field(pattern=f"^({_NAMES})$", examples=["record-hash"])]
    """By which of its names it was found."""
    key: Annotated[str, Field(examples=["41"])]
    """What it is known by: a number, a code, an id; of an operation its leaf index."""
    link: Annotated[str, Field(examples=["/v1/log/leaves/41"])]
    """Where the API has more of it."""


class SearchAnswer(Answered):
    """Everything that was found."""

    asked: str
    looked_for: list[str]
    """What this could have been."""
    items: list[SearchMatch]


def match_document(match: Match) -> dict[str, Any]:
    """A match as JSON."""
    key = hex0x(match.key) if isinstance(match.key, bytes) else str(match.key)
    link = _ROUTES[match.kind].format(quote(key, safe=""))
    return {"kind": match.kind, "matched": match.by, "key": key, "link": link}
