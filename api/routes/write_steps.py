"""How the operators' routes are written down: what is made anew, and steps of what exists."""

from dataclasses import replace
from typing import NamedTuple

from api.auth import KeyScope
from api.parameters import Parameter
from api.schemas.writes import RecordedBody
from api.writing import Compose, WriteRoute
from ledger.vocabulary import Role


class Authority(NamedTuple):
    """What the key needs, and whose key signs."""

    scope: KeyScope
    role: Role


def new(path: str, compose: Compose, body: type[RecordedBody], summary: str, authority: Authority) -> WriteRoute:
    """A route whose operation is wholly described by its body."""
    return WriteRoute(
        path=path,
        name=compose.__name__,
        summary=summary,
        tag=path.split("/")[2],
        scope=authority.scope,
        role=authority.role,
        body=body,
        compose=compose,
    )


def step(path: str, compose: Compose, parameter: Parameter, summary: str, authority: Authority) -> WriteRoute:
    """A step of something that exists, named in the path."""
    return replace(new(path, compose, RecordedBody, summary, authority), parameters=(parameter,))
