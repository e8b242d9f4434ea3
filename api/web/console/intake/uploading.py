"""The page of uploads, whose form brings a file: who may is known before a byte of it is read.

In this order: the file's size as the request says it; where the form was (`check_origin`); the session; of the form's
fields, which come before the file, the session's secret, then what is to be done with the file and whether the session
may ask for that. Then the file goes to the disk, as it comes. A session that ends meanwhile ends the upload.
"""

from __future__ import annotations

import asyncio
from dataclasses import replace
from pathlib import Path
from time import monotonic
from typing import Final

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response

from api.answers import Answer
from api.context import TO_NOBODY, AnswerResponse, Context
from api.intake_port import Upload
from api.web.console.console import Console
from api.web.console.dispatch import ConsolePage, Visited
from api.web.console.intake.allowed import require, require_uploading
from api.web.console.intake.arriving import MOST_FIELD_BYTES, Arriving
from api.web.console.intake.errors import TooManyUploads, UploadTooLarge, UploadTooSlow
from api.web.console.intake.purposes import purpose_of
from api.web.console.routes import ConsoleRoute
from api.web.console.visits import SeeOther, Visit
from api.web.errors import SessionEnded
from api.web.forms import CSRF, Form
from api.web.frame.frame import Frame
from ledger.errors import InvalidInput

MOST_AT_A_TIME: Final = 4
SLOWEST_BYTES: Final = 65_536
"""What has to come in `TANPUHUI_UPLOAD_SECONDS` for an upload to go on."""

_PORTION: Final = 1 << 20
"""Bytes that are written at a time."""

_SEEN_SECONDS: Final = 30.0
_NOT_READ: Final = (b"connection", b"close")
"""What still comes of the body is not the next request."""


class UploadPage(ConsolePage):
    """The list of files and the form that uploads one. `respond` never raises."""

    receiving = 0
    """Uploads on their way, of this page: the event loop alone counts."""

    async def respond(self, frame: Frame, context: Context, request: Request) -> Response:
        """A form is read here, in portions that are written in a thread; everything else as for every page."""
        if request.method != "POST":
            return await super().respond(frame, context, request)
        visited = self.visited(frame, context, request)
        if self.receiving >= MOST_AT_A_TIME:
            return await _refused(context, visited, TooManyUploads())
        self.receiving += 1
        try:
            return await _Receiving(self._console, self._route_of_session(), context, request, visited).respond()
        finally:
            self.receiving -= 1

    def _route_of_session(self) -> ConsoleRoute:
        assert isinstance(self._route, ConsoleRoute)  # noqa: S101 - as this page is made
        return self._route


async def _refused(context: Context, visited: Visited, error: Exception) -> Response:
    return AnswerResponse(_closing(await context.write(lambda: visited.failed(error))))


class _Receiving:
    """One upload."""

    def __init__(
        self, console: Console, route: ConsoleRoute, context: Context, request: Request, visited: Visited
    ) -> None:
        self._console = console
        self._route = route
        self._context = context
        self._request = request
        self._visited = visited
        self._visit: Visit | None = None
        self._arriving: Arriving | None = None
        self._seen = monotonic()

    async def respond(self) -> Response:
        """The response; the file is gone unless it became a run."""
        try:
            answer = await self._context.write(self._admit)
            if answer is None:
                await self._receive()
                answer = await self._context.write(self._finish)
        except ClientDisconnect:
            answer = TO_NOBODY
        except Exception as error:  # noqa: BLE001 - the edge: unknown ones become an opaque page, logged with an id
            refused = error
            answer = _closing(await self._context.write(lambda: self._again(refused)))
        finally:
            await self._context.write(self._drop)
        return AnswerResponse(answer)

    def _admit(self) -> Answer | None:
        """Whether to read at all: None, or the answer to who may not."""
        settings = self._context.settings
        length = self._request.headers.get("content-length", "")
        if length.isdigit() and int(length) > settings.most_upload_bytes + MOST_FIELD_BYTES:
            self._visit = self._visited.enter(self._visited.arguments(), Form())
            raise UploadTooLarge(settings.most_upload_bytes)
        self._visited.check_origin()
        self._visit = self._visited.enter(self._visited.arguments(), Form())
        if self._visit is None:
            return _closing(self._visited.without_session(Form()))
        require_uploading(self._visit, self._console.intake.mappings())
        content_type = dict(self._request.scope["headers"]).get(b"content-type")
        self._arriving = Arriving(content_type, settings.most_upload_bytes, self._begin)
        return None

    def _begin(self, form: Form) -> Path:
        """The fields have come and the file begins: where it goes, if this session may."""
        visit, arriving = self._entered()
        self._visit = visit = replace(visit, form=form)
        visit.session.check_form(form.text(CSRF))
        purpose = purpose_of(form)
        require(visit, self._console.intake, purpose)
        if not arriving.file_name:
            raise InvalidInput("file", "be chosen", "")
        return self._console.intake.incoming()

    async def _receive(self) -> None:
        """Reads the body as long as it comes fast enough."""
        seconds = self._context.settings.upload_seconds
        waiting = bytearray()
        stream = self._request.stream()
        since, come = monotonic(), 0
        while True:
            try:
                async with asyncio.timeout(seconds):
                    part = await anext(stream, None)
            except TimeoutError:
                raise UploadTooSlow(seconds) from None
            if part is None:
                break
            waiting += part
            come += len(part)
            if monotonic() - since > seconds:
                if come < SLOWEST_BYTES:
                    raise UploadTooSlow(seconds)
                since, come = monotonic(), 0
            if len(waiting) >= _PORTION or not self._begun:
                await self._take(bytes(waiting))
                waiting.clear()
        await self._take(bytes(waiting))

    @property
    def _begun(self) -> bool:
        """Whether the fields have passed: until then each part is looked at when it comes."""
        return self._arriving is not None and self._arriving.path is not None

    async def _take(self, data: bytes) -> None:
        _, arriving = self._entered()
        await self._context.write(lambda: arriving.take(data))
        if monotonic() - self._seen > _SEEN_SECONDS:
            self._seen = monotonic()
            await self._context.write(self._check_session)

    def _check_session(self) -> None:
        """Whoever uploads is at work, so that the session goes on; one that was ended does not."""
        visit, _ = self._entered()
        if self._console.session(visit.session_id) is None:
            raise SessionEnded

    def _finish(self) -> Answer:
        """The file is whole: it becomes a run, and its page follows."""
        visit, arriving = self._entered()
        arriving.end()
        self._check_session()
        path = arriving.path
        if path is None:
            raise InvalidInput("file", "be chosen", "")
        upload = Upload(
            path=path, file_name=arriving.file_name, bytes=arriving.bytes, sha256=arriving.sha256, by=_name(visit)
        )
        run = self._console.intake.begin(upload, purpose_of(visit.form))
        return self._visited.told(SeeOther(visit.link(f"{self._route.path}/{run}")), visit)

    def _again(self, error: Exception) -> Answer:
        """The page with what is wrong at its head, filled in as it was; the error alone to who is not logged in."""
        if self._visit is None or isinstance(error, SessionEnded):
            return self._visited.failed(error)
        said = self._visited.say(error)
        visit = self._visit if self._arriving is None else replace(self._visit, form=self._arriving.form)
        try:
            page = self._route.show(visit)
        except Exception:  # noqa: BLE001 - what was wrong first is said
            return self._visited.failed(error)
        if isinstance(page, SeeOther):
            return self._visited.failed(error)
        return self._visited.drawn(page._replace(status=said.status), said, visit.form.without_secrets())

    def _drop(self) -> None:
        if self._arriving is not None:
            self._arriving.close()
            if self._arriving.path is not None:
                self._arriving.path.unlink(missing_ok=True)

    def _entered(self) -> tuple[Visit, Arriving]:
        assert self._visit is not None  # noqa: S101 - `_admit` came first
        assert self._arriving is not None  # noqa: S101
        return self._visit, self._arriving


def _name(visit: Visit) -> str:
    return visit.actor.name or visit.actor.identity


def _closing(answer: Answer) -> Answer:
    return answer._replace(headers=(*answer.headers, _NOT_READ))
