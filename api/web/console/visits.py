"""What a page of the console is asked, and what it may answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, NamedTuple
from urllib.parse import unquote, urlsplit

from api.answers import Headers
from api.auth import KeyScope
from api.repository.snapshots import AsOf, Snapshot
from api.web.console import actors
from api.web.console.actors import Actor, BodyStanding
from api.web.forms import Form
from api.web.frame.asked import Asked
from api.web.frame.pages import Page
from api.web.sessions import Session
from ledger.ids import Address

if TYPE_CHECKING:
    from api.web.console.console import Console

HOME: Final = "/console"
LOGIN: Final = "/console/login"
_MOST_PATH: Final = 2_048


class SeeOther(NamedTuple):
    """What follows a form that was taken: the page that says what became of it. `location` is a local path, with the
    reader's language (`Visit.link`); `headers`: the cookie, where the session is another one after it.
    """

    location: str
    headers: Headers = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """One request of somebody who is logged in. `arguments`: parameters of path and query, parsed. `form`: what was
    sent, or kept over a login; empty on a page that nobody has filled in yet. `read_as_of`: the blocks as of which this
    request has read, so that its page speaks of none that came after what it shows.
    """

    console: Console
    session: Session[Actor]
    session_id: str
    asked: Asked
    arguments: Mapping[str, Any]
    form: Form
    read_as_of: list[AsOf] = field(default_factory=list)

    @property
    def actor(self) -> Actor:
        """Who is logged in, and as which body they act."""
        return self.session.payload

    @property
    def language(self) -> str:
        """The reader's."""
        return self.asked.language

    @property
    def link(self) -> Callable[..., str]:
        """A page of ours in this reader's language: `visit.link("/console/operations", state="refused")`."""
        return self.asked.link

    def require(self, scope: KeyScope) -> Address:
        """The address that signs this session's step of the scope, or the error that says why there is none. Asks the
        key store's and the chain's present state.
        """
        return actors.require(self.actor, scope, self.console.senders, self.console.chain)

    def standings(self) -> tuple[BodyStanding, ...]:
        """The bodies that this session may choose, with what the chain says of each."""
        return actors.standings(self.actor, self.console.senders, self.console.chain)

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """The index as of one block; raises `IndexEmpty` and `IndexUnavailable`."""
        with self.console.readers.snapshot() as snapshot:
            self.read_as_of.append(snapshot.as_of)
            yield snapshot


def local_path(text: str | None) -> str:
    """A path of the console that somebody may be sent to after a login; its first page for everything else."""
    if not text or len(text) > _MOST_PATH or not text.isascii() or not text.isprintable() or "\\" in text:
        return HOME
    try:
        parts = urlsplit(text)
    except ValueError:
        return HOME
    path = unquote(parts.path)
    if parts.scheme or parts.netloc or ".." in path or "//" in path or "\\" in path or not path.isprintable():
        return HOME
    within = path == HOME or path.startswith(HOME + "/")
    return text if within and not path.startswith((LOGIN, "/console/logout")) else HOME


__all__ = ["HOME", "LOGIN", "Page", "SeeOther", "Visit", "local_path"]
