"""Pages that are kept and given again, never stale (docs/spec/10-pages.md §10.15).

Two questions decide, and no time: was anything written to the index since the page was last found true
(`Snapshot.version`)? Then nothing has to be read. If something was: is everything that the page was made of the same
(`Sketch.basis`)? Then only the line is new that says as of which block it speaks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from api.answers import Answer
from api.context import AnswerResponse, Context, conditions_of
from api.errors import IndexEmpty
from api.parameters import Arguments, Parameter
from api.reading import Conditions
from api.repository.snapshots import AsOf, IndexUnavailable, Readers, Snapshot, Version
from api.web.frame.asked import Asked
from api.web.frame.frame import Frame, Stale
from api.web.frame.kept_pages import Key
from api.web.frame.pages import Page, PageRoute, Redirect, redirect
from ledger.errors import TanpuhuiError

_OK = 200


class Sketch(NamedTuple):
    """What a page will be made of, and how: equal bases make equal pages, but for the as-of line. `page` is called
    while the snapshot is open, if at all; what it says must follow from basis, address and language, and its template
    gets no `as_of`.
    """

    basis: bytes
    page: Callable[[], Page]


class _Found(NamedTuple):
    """What may be kept. `page` has its gap open; None where it is the one that is kept already."""

    key: Key
    version: Version | None
    basis: bytes | None
    stale: Stale | None
    page: bytes | None

    def keep(self, frame: Frame) -> None:
        if self.page is None:
            frame.kept.confirm(self.key, self.version)
        else:
            frame.kept.put(self.key, self.version, self.basis, self.stale, self.page)


class KeptRoute(PageRoute):
    """A page that follows from the index, its address and the language alone, and is kept while they are the same.

    `point`: made of a few rows by key, so that it is made in the event loop where a point read may run there.
    """

    def __init__(
        self,
        path: str,
        read: Callable[[Snapshot, Arguments, Asked], Page | Redirect | Sketch],
        *,
        name: str,
        section: str,
        parameters: Sequence[Parameter] = (),
        point: bool = False,
    ) -> None:
        super().__init__(path, self._unread, name=name, section=section, parameters=parameters)
        self._read = read
        self.point = point

    async def respond(self, frame: Frame, context: Context, request: Request) -> Response:
        """As `PageRoute.respond`; in the event loop what is made of a few rows or needs no reading at all."""
        path = {name: str(value) for name, value in request.path_params.items()}
        given = (path, request.scope["query_string"], conditions_of(request))
        readers = context.readers
        if not readers.in_loop:
            return AnswerResponse(await context.in_thread(lambda: self.answer(frame, readers, *given)))
        if (again := self.at_once(frame, readers, *given)) is not None:
            return AnswerResponse(again)
        before = _version_of(readers)
        answer, found = await context.in_thread(lambda: self._make(frame, readers, *given))
        await asyncio.sleep(0)  # so that the next snapshot of the loop begins after the one of the thread
        if found is not None and before is not None and before == _version_of(readers):
            # Nothing was written from before the thread looked until after it had: it saw what the loop sees.
            found._replace(version=before).keep(frame)
        return AnswerResponse(answer)

    def answer(
        self, frame: Frame, readers: Readers, path: Mapping[str, str], query: bytes, conditions: Conditions
    ) -> Answer:
        """The whole answer; never raises."""
        answer, found = self._make(frame, readers, path, query, conditions)
        if found is not None:
            found.keep(frame)
        return answer

    def at_once(
        self, frame: Frame, readers: Readers, path: Mapping[str, str], query: bytes, conditions: Conditions
    ) -> Answer | None:
        """In the event loop: the answer if it is a matter of microseconds, else None."""
        if self.point:
            return self.answer(frame, readers, path, query, conditions)
        asked = self.address.asked(path, query, conditions)
        key = self._key(asked)
        if (kept := frame.kept.get(key)) is None:
            return None
        try:
            self.address.arguments(path, query)
            with readers.snapshot() as snapshot:
                if kept.version != snapshot.version or kept.stale != frame.stale(snapshot.as_of):
                    return None
                return _filled(frame, kept.page, asked, snapshot.as_of)
        except TanpuhuiError:
            return None  # who makes the page says it

    def _key(self, asked: Asked) -> Key:
        return Key(f"{self.name} {asked.language}", asked.here() if asked.query else f"{asked.path} {asked.chosen}")

    def _make(
        self, frame: Frame, readers: Readers, path: Mapping[str, str], query: bytes, conditions: Conditions
    ) -> tuple[Answer, _Found | None]:
        """The answer, and what of it may be kept."""
        asked = self.address.asked(path, query, conditions)
        key = self._key(asked)
        kept = frame.kept.get(key)
        as_of: AsOf | None = None
        try:
            arguments = self.address.arguments(path, query)
            with readers.snapshot() as snapshot:
                as_of, version = snapshot.as_of, snapshot.version
                stale = frame.stale(as_of)
                if kept is not None and kept.stale != stale:
                    kept = None
                if kept is not None and version is not None and kept.version == version:
                    return _filled(frame, kept.page, asked, as_of), None
                made = self._read(snapshot, arguments, asked)
                basis = None
                if isinstance(made, Sketch):
                    basis = sha256(as_of.generation + made.basis).digest()
                    if kept is not None and kept.basis == basis:
                        return _filled(frame, kept.page, asked, as_of), _Found(key, version, basis, stale, None)
                    made = made.page()
            if isinstance(made, Redirect):
                return redirect(made), None
            values = made.values if basis is not None else {"as_of": as_of, **made.values}
            page = frame.draw_open(made.template, asked, stale, self.section, values)
            answer = frame.answer(made.status, frame.fill(page, asked, as_of), asked, as_of, kept=made.kept)
            keep = made.kept and made.status == _OK and not as_of.halted
            return answer, _Found(key, version, basis, stale, page) if keep else None
        except Exception as error:  # noqa: BLE001 - the edge, as in `PageRoute.answer`
            return frame.error(error, asked, as_of, self.section), None

    @staticmethod
    def _unread(snapshot: Snapshot, arguments: Arguments, asked: Asked) -> Page:
        raise NotImplementedError("a kept page is read by itself")


class KeptWay:
    """The way to kept pages without FastAPI: those without parameters in the path, or with one that ends it."""

    def __init__(self, frame: Frame, readers: Readers, routes: Sequence[KeptRoute]) -> None:
        self._frame = frame
        self._readers = readers
        self._whole = {route.path: route for route in routes if "{" not in route.path}
        self._by_folder = {
            route.path[: route.path.index("{")]: (route, route.path[route.path.index("{") + 1 : -1])
            for route in routes
            if route.address.pattern.count("{") == 1 and route.address.pattern == route.path and route.path[-1] == "}"
        }

    def answer(self, path: str, query: bytes, conditions: Conditions) -> Answer | None:
        """The answer, or none where FastAPI has to find the route."""
        if (route := self._whole.get(path)) is not None:
            return route.at_once(self._frame, self._readers, {}, query, conditions)
        folder, _, last = path.rpartition("/")
        if last and (found := self._by_folder.get(folder + "/")) is not None:
            return found[0].at_once(self._frame, self._readers, {found[1]: last}, query, conditions)
        return None


def _filled(frame: Frame, page: bytes, asked: Asked, as_of: AsOf) -> Answer:
    return frame.answer(_OK, frame.fill(page, asked, as_of), asked, as_of)


def _version_of(readers: Readers) -> Version | None:
    try:
        with readers.snapshot() as snapshot:
            return snapshot.version
    except (IndexEmpty, IndexUnavailable):
        return None
