"""From a request to a page of the console: the session, the form, whether it may be, and the page's own functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import Any, Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.answers import Answer, Headers
from api.auth import ROLE_OF_SCOPE
from api.caching import CacheRule
from api.context import TO_NOBODY, AnswerResponse, Context, body_of, conditions_of, headers_of
from api.errors import BodyTooLarge, BodyTooSlow, IndexEmpty
from api.parameters import Parameter, plain_text
from api.problems import Said
from api.repository.snapshots import AsOf, IndexUnavailable
from api.web.console import actors
from api.web.console.actors import Actor
from api.web.console.console import Console
from api.web.console.routes import ConsoleRoute, OpenRoute, Stranger
from api.web.console.visits import LOGIN, Page, SeeOther, Visit, local_path
from api.web.errors import ActNotAllowed, AnotherBodyActs, ConsoleNotServed, FormMalformed, SessionEnded
from api.web.files import page_security
from api.web.forms import CSRF, FORM_ID, MOST_FORM_BYTES, Form, new_form_id, read_form
from api.web.frame.asked import Asked
from api.web.frame.frame import Frame
from api.web.frame.pages import PageRoute
from api.web.sessions import Session, check_origin

SECTION: Final = "console"
_SECURITY: Final = page_security(referrer="same-origin")
_NO_FORM: Final = Form()


def _always(name: str) -> Parameter:
    return Parameter(name, "query", "", plain_text, {}, None)


_ALWAYS: Final = (_always("kept"), _always("refresh"))
"""What every page may be asked besides its own: the form that was kept over a login; that it reloads itself, so that
nobody stays logged in by it.
"""


class ConsolePage(PageRoute):
    """A route of the console as the site serves it."""

    methods = ("GET", "POST")

    def __init__(self, route: ConsoleRoute | OpenRoute, console: Console, menu: Sequence[ConsoleRoute]) -> None:
        super().__init__(
            route.path,
            lambda *_: Page("", {}),
            name=f"console {route.name}",
            section=SECTION,
            parameters=(*route.parameters, *_ALWAYS),
        )
        self._route = route
        self._console = console
        self._menu = menu

    async def respond(self, frame: Frame, context: Context, request: Request) -> Response:
        """The response to a request. The body is read here, everything else is done in a thread."""
        visited = self.visited(frame, context, request)
        try:
            body = None
            if request.method == "POST":
                body = await body_of(request, MOST_FORM_BYTES, context.settings.body_seconds)
        except ClientDisconnect:
            return AnswerResponse(TO_NOBODY)
        except (BodyTooLarge, BodyTooSlow) as error:
            refused = error
            return AnswerResponse(await context.write(lambda: visited.failed(refused)))
        return AnswerResponse(await context.write(lambda: visited.answer(body)))

    def visited(self, frame: Frame, context: Context, request: Request) -> Visited:
        """The request on its way, for pages that take or give something else than forms and pages."""
        asked = self.address.asked(
            {name: str(value) for name, value in request.path_params.items()},
            request.scope["query_string"],
            conditions_of(request),
        )
        return Visited(
            self,
            asked,
            route=self._route,
            console=self._console,
            menu=self._menu,
            frame=frame,
            context=context,
            request=request,
        )


class Visited:
    """One request on its way through the console. Its methods block: threads call them."""

    def __init__(
        self,
        page: ConsolePage,
        asked: Asked,
        *,
        route: ConsoleRoute | OpenRoute,
        console: Console,
        menu: Sequence[ConsoleRoute],
        frame: Frame,
        context: Context,
        request: Request,
    ) -> None:
        self._page = page
        self._route = route
        self._console = console
        self._menu = menu
        self._frame = frame
        self._context = context
        self._request = request
        self._asked = asked
        self._headers = headers_of(request)
        self._session_id = console.cookie.given(self._headers.get(b"cookie"))
        self._session: Session[Actor] | None = None
        self._read_as_of: list[AsOf] = []

    def answer(self, body: bytes | None) -> Answer:
        """The whole answer; never raises."""
        try:
            arguments = self.arguments()
            form = None if body is None else self._form(body)
            if isinstance(self._route, OpenRoute):
                return self._open(self._route, arguments, form)
            return self._closed(self._route, arguments, form)
        except Exception as error:  # noqa: BLE001 - the edge: unknown ones become an opaque page, logged with an id
            return self.failed(error)

    def arguments(self) -> dict[str, Any]:
        """What stands in path and query, parsed; raises `InvalidInput`, `RequestRefused`."""
        path = {name: str(value) for name, value in self._request.path_params.items()}
        return self._page.address.arguments(path, self._request.scope["query_string"])

    def check_origin(self) -> None:
        """`RequestFromElsewhere` unless the browser says that a form was on a page of ours."""
        check_origin(self._headers, self._console.settings.public_url)

    def enter(self, arguments: Mapping[str, Any], form: Form | None) -> Visit | None:
        """The visit of the session that the browser has, None where there is none. A form's secret is not looked at."""
        refreshes = form is None and arguments["refresh"] is not None
        self._session = self._console.session(self._session_id, use=not refreshes)
        if self._session is None or self._session_id is None:
            return None
        return Visit(
            console=self._console,
            session=self._session,
            session_id=self._session_id,
            asked=self._asked,
            arguments=arguments,
            form=self._console.kept_forms.take(arguments["kept"]) if form is None else form,
            read_as_of=self._read_as_of,
        )

    def failed(self, error: Exception) -> Answer:
        """A page of the error alone, for somebody who is logged in as one of theirs."""
        said = self.say(error)
        if self._session is None:
            with suppress(Exception):  # what went wrong first is what the page is about
                self._session = self._console.session(self._session_id, use=False)
        return self.drawn(Page("console/problem.html", {}, said.status), said)

    def _form(self, body: bytes) -> Form:
        self.check_origin()
        return read_form(self._headers.get(b"content-type"), body)

    # --------------------------------------------------------------------------------- pages of a session

    def _closed(self, route: ConsoleRoute, arguments: dict[str, Any], form: Form | None) -> Answer:
        visit = self.enter(arguments, form)
        if visit is None:
            return self.without_session(form)
        if form is not None:
            visit.session.check_form(form.text(CSRF))
            return self._acted(route, visit)
        _check_shown(route, visit.actor)
        return self.told(route.show(visit), visit)

    def _acted(self, route: ConsoleRoute, visit: Visit) -> Answer:
        """What comes of a form; one that is refused is shown again as it was filled in."""
        if route.act is None:
            raise FormMalformed("be sent to a page that has a form")
        if route.scope is not None:
            visit.require(route.scope)
        try:
            done = route.act(visit)
        except Exception as error:  # noqa: BLE001 - as in `answer`
            said = self.say(error)
            again = route.show(visit)
            if isinstance(again, SeeOther):
                return self.failed(error)
            return self.drawn(again._replace(status=said.status), said, visit.form)
        return self.told(done, visit)

    def told(self, made: Page | SeeOther, visit: Visit) -> Answer:
        """What a page's own function answered."""
        return see_other(made) if isinstance(made, SeeOther) else self.drawn(made, None, visit.form)

    def without_session(self, form: Form | None) -> Answer:
        """To the login, and back from there: with what was typed, if it was typed on a page of ours."""
        if form is None:
            return see_other(SeeOther(self._asked.link(LOGIN, next=local_path(self._asked.here()))))
        kept = form.without_secrets()
        back = self._asked.link(self._asked.path, kept=self._console.kept_forms.keep(kept))
        said = self.say(SessionEnded())
        values = {
            "login": self._asked.link(LOGIN, next=back),
            "typed_before": [(name, text) for name, texts in kept.values.items() for text in texts if text],
        }
        return self.drawn(Page("console/ended.html", values, said.status), said)

    # ------------------------------------------------------------------------------- pages before a session

    def _open(self, route: OpenRoute, arguments: dict[str, Any], form: Form | None) -> Answer:
        client = self._request.client
        stranger = Stranger(
            console=self._console,
            asked=self._asked,
            arguments=arguments,
            form=form or _NO_FORM,
            session_id=self._session_id,
            host=client.host if client else "",
        )
        if form is None:
            return self.drawn(route.show(stranger), None)
        if route.act is None:
            raise FormMalformed("be sent to a page that has a form")
        try:
            done = route.act(stranger)
        except Exception as error:  # noqa: BLE001 - as in `answer`
            said = self.say(error)
            shown = replace(stranger, form=form.without_secrets())
            return self.drawn(route.show(shown)._replace(status=said.status), said, shown.form)
        return see_other(done) if isinstance(done, SeeOther) else self.drawn(done, None, stranger.form)

    # -------------------------------------------------------------------------------------------- drawing

    def say(self, error: Exception) -> Said:
        """The error in the reader's language; an unknown one is logged and stays opaque."""
        return self._context.problems.said(error, self._asked.language)

    def drawn(self, page: Page, problem: Said | None, form: Form = _NO_FORM) -> Answer:
        """A page of the console, with `problem` at its head."""
        actor = None if self._session is None else self._session.payload
        standings = self._standings(actor)
        values = {
            "actor": actor,
            "standings": standings,
            "acting": next((one for one in standings if actor and one.role is actor.acting_as), None),
            CSRF: "" if self._session is None else self._session.csrf,
            FORM_ID: next(iter(form.all(FORM_ID)), "") or new_form_id(),
            "typed": form,
            "problem": problem,
            "console_menu": [] if actor is None else [one for one in self._menu if _may_be_shown(one, actor)],
        }
        as_of = self._as_of()
        body = self._frame.draw(page.template, self._asked, as_of, SECTION, {**values, **page.values})
        headers = () if problem is None else problem.headers
        return self._frame.answer(
            page.status, body, self._asked, as_of, kept=False, headers=headers, security=_SECURITY
        )

    def _standings(self, actor: Actor | None) -> tuple[actors.BodyStanding, ...]:
        if actor is None:
            return ()
        try:
            return actors.standings(actor, self._console.senders, self._console.chain)
        except ConsoleNotServed:
            return ()

    def _as_of(self) -> AsOf | None:
        """The block that the page speaks of: the earliest that it was read as of; the present one if it read none."""
        if self._read_as_of:
            return min(self._read_as_of, key=lambda one: one.block_number)
        try:
            with self._console.readers.snapshot() as snapshot:
                return snapshot.as_of
        except (IndexEmpty, IndexUnavailable):
            return None


def _check_shown(route: ConsoleRoute, actor: Actor) -> None:
    """Whether the session may look at the page of a step; whether the chain lets it act, the page itself says."""
    if route.scope is None:
        return
    role = ROLE_OF_SCOPE[route.scope]
    if actor.acting_as is not role:
        raise AnotherBodyActs(role)
    if route.scope not in actor.scopes:
        raise ActNotAllowed(route.scope.value)


def _may_be_shown(route: ConsoleRoute, actor: Actor) -> bool:
    try:
        _check_shown(route, actor)
    except (AnotherBodyActs, ActNotAllowed):
        return False
    return True


def see_other(to: SeeOther) -> Answer:
    """The way to another page of ours (303)."""
    told: Headers = ((b"location", to.location.encode()), (b"cache-control", CacheRule.NEVER.value))
    return Answer(303, (*told, *to.headers), b"")
