"""A person's pages: who asks is known by a session that began with a lookup token, and by nothing in an address.

A session holds the token's hash and is good as long as the token is: who is forgotten, or whose token is gone, is
nobody here from that moment. Nothing that is answered may be kept by anyone.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from time import monotonic
from typing import Any, Final, NamedTuple

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.answers import Answer, Headers
from api.caching import CacheRule
from api.context import TO_NOBODY, AnswerResponse, Context, body_of, caller_of, conditions_of, headers_of
from api.errors import BodyTooLarge, BodyTooSlow
from api.parameters import Arguments, Parameter
from api.personal import Person, TokenDesk
from api.repository.snapshots import AsOf, Snapshot
from api.web.files import page_security
from api.web.forms import CSRF, MOST_FORM_BYTES, Form, read_form
from api.web.frame.asked import Asked
from api.web.frame.frame import Frame
from api.web.frame.pages import Page, PageRoute, Redirect, redirect
from api.web.sessions import Session, SessionCookie, SessionStore, check_origin

COOKIE: Final = "tanpuhui-points"
HOME: Final = "/points"
SECTION: Final = "points"
_SECURITY: Final = page_security(referrer="same-origin")


class Desk:
    """What all pages of persons share in one instance."""

    def __init__(self, context: Context, clock: Callable[[], float] = monotonic) -> None:
        settings = context.settings
        self.tokens: TokenDesk = context.token_desk
        self.public_url = settings.public_url
        self.idle_minutes = settings.session_idle_seconds // 60
        self.cookie = SessionCookie.of(COOKIE, settings.public_url)
        self.sessions: SessionStore[bytes] = SessionStore(
            idle_seconds=settings.session_idle_seconds, absolute_seconds=settings.session_seconds, clock=clock
        )
        """With the hash of the token that each began with."""


class Download(NamedTuple):
    """A file for the person."""

    name: str
    content_type: bytes
    body: bytes


class Moved(NamedTuple):
    """Another page, after something was done; with what the browser is told of its cookie."""

    location: str
    headers: Headers = ()


class Visit(NamedTuple):
    """A request of a person. `form` is None where nothing was sent."""

    desk: Desk
    person: Person
    session_id: str
    snapshot: Snapshot
    arguments: Arguments
    asked: Asked
    form: Form | None


class Stranger(NamedTuple):
    """A request of somebody without a session. `session_id`: what the browser brought, of whatever session."""

    desk: Desk
    session_id: str | None
    arguments: Arguments
    asked: Asked
    form: Form | None
    caller: str


class Refused(NamedTuple):
    """A page that says no, and the headers that go with that."""

    page: Page
    headers: Headers


Made = Page | Redirect | Moved | Download | Refused


class _Sent(NamedTuple):
    """A request as it came: path parameters, language and address, and the body of a form."""

    request: Request
    path: Mapping[str, str]
    asked: Asked
    body: bytes | None


class PersonPage(PageRoute):
    """A page of a person. `read` makes it, of a form too; `welcome` is for whoever has no session, and without it they
    are led to the page where one begins.
    """

    methods = ("GET", "POST")

    def __init__(
        self,
        desk: Desk,
        path: str,
        read: Callable[[Visit], Made],
        *,
        name: str,
        welcome: Callable[[Stranger], Made] | None = None,
        parameters: Sequence[Parameter] = (),
        draws: bool = False,
    ) -> None:
        super().__init__(path, lambda *_: Page("", {}), name=name, section=SECTION, parameters=parameters)
        self._desk = desk
        self._read_person = read
        self._welcome = welcome
        self._draws = draws

    async def respond(self, frame: Frame, context: Context, request: Request) -> Response:
        """The response to a request. The body is read here, everything else in a thread."""
        path = {name: str(value) for name, value in request.path_params.items()}
        asked = self.address.asked(path, request.scope["query_string"], conditions_of(request))
        body: bytes | None = None
        try:
            if request.method == "POST":
                body = await body_of(request, MOST_FORM_BYTES, context.settings.body_seconds)
        except ClientDisconnect:
            return AnswerResponse(TO_NOBODY)
        except (BodyTooLarge, BodyTooSlow) as error:
            return AnswerResponse(_unkept(frame.error(error, asked, None, SECTION)))
        threads = context.drawing_thread if self._draws else context.threads
        work = asyncio.get_running_loop().run_in_executor(
            threads, lambda: self._answer_person(frame, context, _Sent(request, path, asked, body))
        )
        return AnswerResponse(await work)

    def _answer_person(self, frame: Frame, context: Context, sent: _Sent) -> Answer:
        """The whole answer; never raises."""
        request, path, asked, body = sent
        as_of: AsOf | None = None
        try:
            headers = headers_of(request)
            arguments = self.address.arguments(path, request.scope["query_string"])
            form = None
            if body is not None:
                check_origin(headers, self._desk.public_url)
                form = read_form(headers.get(b"content-type"), body)
            session_id = self._desk.cookie.given(headers.get(b"cookie"))
            session = self._desk.sessions.find(session_id)
            person = None if session is None else self._desk.tokens.again(session.payload)
            if session is None or session_id is None or person is None:
                self._desk.sessions.end(session_id)
                stranger = Stranger(self._desk, session_id, arguments, asked, form, caller_of(request))
                return self._tell(frame, self._received(stranger), asked, None, None)
            if form is not None and self._welcome is None:
                session.check_form(form.text(CSRF))
            with context.readers.snapshot() as snapshot:
                as_of = snapshot.as_of
                visit = Visit(self._desk, person, session_id, snapshot, arguments, asked, form)
                made = self._again(visit, request) if form is not None and self._welcome else self._read_person(visit)
            return self._tell(frame, made, asked, as_of, session)
        except Exception as error:  # noqa: BLE001 - the edge: unknown ones become an opaque page, logged with an id
            return _unkept(frame.error(error, asked, as_of, SECTION))

    def _received(self, stranger: Stranger) -> Made:
        if self._welcome is not None:
            return self._welcome(stranger)
        return Redirect(stranger.asked.link(HOME, said="ended" if stranger.form is not None else None))

    def _again(self, visit: Visit, request: Request) -> Made:
        """Somebody with a session shows another token."""
        assert self._welcome is not None  # noqa: S101 - asked before
        stranger = Stranger(visit.desk, visit.session_id, visit.arguments, visit.asked, visit.form, caller_of(request))
        return self._welcome(stranger)

    def _tell(
        self, frame: Frame, made: Made, asked: Asked, as_of: AsOf | None, session: Session[bytes] | None
    ) -> Answer:
        match made:
            case Redirect():
                return redirect(made)
            case Moved():
                told: Headers = ((b"location", made.location.encode()), (b"cache-control", CacheRule.NEVER.value))
                return Answer(303, (*told, *made.headers), b"")
            case Download():
                return _file(made)
            case _:
                page, headers = made if isinstance(made, Refused) else (made, ())
                values = {**page.values, CSRF: "" if session is None else session.csrf}
                body = frame.draw(page.template, asked, as_of, self.section, values)
                return frame.answer(page.status, body, asked, as_of, kept=False, headers=headers, security=_SECURITY)


def _file(made: Download) -> Answer:
    headers: Headers = (
        (b"content-type", made.content_type),
        (b"content-disposition", f'attachment; filename="{made.name}"'.encode("ascii")),
        (b"cache-control", CacheRule.NEVER.value),
        *_SECURITY,
    )
    return Answer(200, headers, made.body)


def _unkept(answer: Answer) -> Answer:
    """An error's page: no-store, whatever it says."""
    others: Any = tuple(header for header in answer.headers if header[0] != b"cache-control")
    return answer._replace(headers=(*others, (b"cache-control", CacheRule.NEVER.value)))
