"""The site of an instance: every page of every area, and the files that pages load."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

from api.context import AnswerResponse, Context, conditions_of
from api.errors import RequestRefused
from api.web import citizen, console, explorer, supervision
from api.web.files import static_file
from api.web.frame.frame import Frame
from api.web.frame.kept import KeptRoute, KeptWay
from api.web.frame.kept_pages import KeptPages
from api.web.frame.pages import PageRoute


def pages(context: Context) -> Iterator[PageRoute]:
    """Every page, in the order in which its address is looked for."""
    for area in (citizen, explorer, supervision, console):
        yield from area.pages(context)


def frame_of(context: Context) -> Frame:
    """What stands around every page of an instance."""
    settings = context.settings
    return Frame(
        context.problems,
        following=context.following,
        stale_seconds=settings.stale_seconds,
        kept=KeptPages(settings.kept_page_bytes),
    )


def add_site(app: FastAPI, context: Context, frame: Frame) -> KeptWay:
    """Adds pages and files to the application: what people see and no program needs, so not in the machine
    description. Gives the short way to those pages that are kept.
    """
    routes = list(pages(context))
    for route in routes:
        _add(app, frame, context, route)

    async def file(request: Request) -> Response:
        path, conditions = str(request.path_params["path"]), conditions_of(request)
        try:
            return AnswerResponse(static_file(path, context.log_keys, conditions))
        except RequestRefused as error:
            return AnswerResponse(context.problems.answer(error, conditions.accept_language))

    app.add_api_route("/static/{path:path}", file, name="static", response_model=None, include_in_schema=False)
    return KeptWay(frame, context.readers, [route for route in routes if isinstance(route, KeptRoute)])


def _add(app: FastAPI, frame: Frame, context: Context, route: PageRoute) -> None:
    async def respond(request: Request) -> Response:
        return await route.respond(frame, context, request)

    app.add_api_route(
        route.address.pattern,
        respond,
        methods=list(route.methods),
        name=f"page {route.name}",
        response_model=None,
        include_in_schema=False,
    )
