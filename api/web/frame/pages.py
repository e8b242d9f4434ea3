"""Pages: one function from a snapshot and parameters to a template and its values; the frame does the rest.

`PageRoute` reads the index, as of one block; `StillRoute` reads nothing of it. Both work without scripts, take
`?lang=`, refuse parameters that they do not know, and answer what goes wrong with a page in the reader's language.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import Response

from api.answers import Answer
from api.caching import CacheRule
from api.context import AnswerResponse, Context, conditions_of
from api.parameters import Arguments, Parameter, parse_query
from api.reading import Conditions
from api.repository.snapshots import AsOf, Readers, Snapshot
from api.web.frame.asked import LANG, Asked
from api.web.frame.frame import Frame


class Page(NamedTuple):
    """What is drawn. `kept` false: nobody may keep it (`no-store`)."""

    template: str
    values: Mapping[str, Any]
    status: int = 200
    kept: bool = True


class Redirect(NamedTuple):
    """Somewhere else on this server, with the reader's language already in it (`Asked.link`)."""

    location: str


class Address:
    """Path and parameters of a page: how they are read from a request."""

    def __init__(self, path: str, parameters: Sequence[Parameter]) -> None:
        self.pattern = path
        self.path = path.replace(":path}", "}")
        self._in_path = [one for one in parameters if one.place == "path"]
        self._in_query = {one.name: one for one in (*(one for one in parameters if one.place == "query"), LANG)}

    def asked(self, path: Mapping[str, str], query: bytes, conditions: Conditions) -> Asked:
        """Never refuses: what is wrong with the query, `arguments` says."""
        written = self.path.format_map({name: quote(text, safe="") for name, text in path.items()})
        try:
            texts = parse_query(query, self._in_query)
        except Exception:  # noqa: BLE001 - `arguments` raises the same
            texts = {}
        return Asked.of(written, texts, conditions)

    def arguments(self, path: Mapping[str, str], query: bytes) -> Arguments:
        """Every parameter by name; empty ones of forms count as absent. Raises `InvalidInput`, `RequestRefused`."""
        arguments: Arguments = {one.name: one.parse(path[one.name], one.name) for one in self._in_path}
        texts = parse_query(query, self._in_query)
        for name, one in self._in_query.items():
            arguments[name] = one.parse_given(texts.get(name) or None)
        del arguments[LANG.name]
        return arguments


class PageRoute:
    """A page of the index. `section` is the entry of the navigation that it belongs to; `name` is unique."""

    methods: tuple[str, ...] = ("GET",)

    def __init__(
        self,
        path: str,
        read: Callable[[Snapshot, Arguments, Asked], Page | Redirect],
        *,
        name: str,
        section: str,
        parameters: Sequence[Parameter] = (),
    ) -> None:
        self.read = read
        self.name = name
        self.section = section
        self.address = Address(path, parameters)

    @property
    def path(self) -> str:
        """As people write it: `/certificates/{number}`."""
        return self.address.path

    async def respond(self, frame: Frame, context: Context, request: Request) -> Response:
        """The response to a request, read and drawn in a thread."""
        path = {name: str(value) for name, value in request.path_params.items()}
        given = (path, request.scope["query_string"], conditions_of(request))
        return AnswerResponse(await context.in_thread(lambda: self.answer(frame, context.readers, *given)))

    def answer(
        self, frame: Frame, readers: Readers, path: Mapping[str, str], query: bytes, conditions: Conditions
    ) -> Answer:
        """The whole answer; never raises."""
        asked = self.address.asked(path, query, conditions)
        as_of: AsOf | None = None
        try:
            arguments = self.address.arguments(path, query)
            with readers.snapshot() as snapshot:
                as_of = snapshot.as_of
                made = self.read(snapshot, arguments, asked)
            return self._answer(frame, made, asked, as_of)
        except Exception as error:  # noqa: BLE001 - the edge: unknown ones become an opaque page, logged with an id
            return frame.error(error, asked, as_of, self.section)

    def _answer(self, frame: Frame, made: Page | Redirect, asked: Asked, as_of: AsOf | None) -> Answer:
        if isinstance(made, Redirect):
            return redirect(made)
        body = frame.draw(made.template, asked, as_of, self.section, made.values)
        return frame.answer(made.status, body, asked, as_of, kept=made.kept)


class StillRoute(PageRoute):
    """A page that says the same whatever the index holds."""

    def __init__(
        self,
        path: str,
        read: Callable[[Arguments, Asked], Page | Redirect],
        *,
        name: str,
        section: str,
        parameters: Sequence[Parameter] = (),
    ) -> None:
        super().__init__(
            path, lambda _, arguments, asked: read(arguments, asked), name=name, section=section, parameters=parameters
        )
        self._read_still = read

    def answer(
        self, frame: Frame, readers: Readers, path: Mapping[str, str], query: bytes, conditions: Conditions
    ) -> Answer:
        """The whole answer; never raises, and opens no snapshot."""
        asked = self.address.asked(path, query, conditions)
        try:
            return self._answer(frame, self._read_still(self.address.arguments(path, query), asked), asked, None)
        except Exception as error:  # noqa: BLE001 - as above
            return frame.error(error, asked, None, self.section)


def redirect(to: Redirect) -> Answer:
    """303 to another page."""
    return Answer(303, ((b"location", to.location.encode()), (b"cache-control", CacheRule.NEVER.value)), b"")
