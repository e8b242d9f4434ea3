"""Puts an instance together: readers, routes, edge. `create_app(settings)` is all that a server needs."""

from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from importlib.metadata import version
from time import monotonic
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException

from api import openapi, pages
from api.answers import JSON_TYPE, Answer, encode_json
from api.auth import Authenticator, LazyKeys
from api.caching import CacheRule
from api.certificate_files import PdfMaker
from api.chain_port import ChainPort
from api.context import AnswerResponse, Context, Following, conditions_of, no_follower
from api.edge import Edge, Refuse
from api.errors import LogKeysNotConfigured, MethodNotAllowed, RequestRefused, RouteUnknown
from api.events_port import EventsPort
from api.files import FileRoute
from api.hot import ShortWay
from api.intake_port import IntakePort
from api.log_keys import LogKeys
from api.mirror_watch import MirrorWatch
from api.operations_port import OperationsPort
from api.parameters import parse_query
from api.personal import SECONDS_PER_WRONG_TOKEN, WRONG_TOKENS, PersonRoute, TokenDesk
from api.problems import Problems
from api.reading import ListRoute, ReadRoute
from api.repository.snapshots import open_readers
from api.routes import (
    accounts,
    activities,
    blocks,
    certificate_files,
    certificates,
    checkpoints,
    exports,
    health,
    issuances,
    log,
    lots,
    methodologies,
    operations,
    personal,
    points,
    search,
    supervision,
    totals,
)
from api.routes.writes import ROUTES as WRITE_ROUTES
from api.schemas.statuses import SentAnswer, StatusAnswer
from api.settings import ApiSettings
from api.spools import Spools
from api.streams import StreamRoute
from api.web.frame.frame import Frame
from api.web.frame.kept import KeptWay
from api.web.frame.refusals import Refusals
from api.web.site import add_site, frame_of
from api.writing import Writer, WriteRoute
from indexer.database import Database
from indexer.point_accounts import PointAccounts
from ledger.bundle.schema import bundle_schema
from ledger.errors import InvalidInput
from ledger.limits import TokenBuckets

READ_ROUTES: tuple[ReadRoute, ...] = (
    *certificates.ROUTES,
    *accounts.ROUTES,
    *methodologies.ROUTES,
    *activities.ROUTES,
    *issuances.ROUTES,
    *lots.ROUTES,
    *operations.ROUTES,
    *blocks.ROUTES,
    *log.ROUTES,
    *checkpoints.ROUTES,
    *totals.ROUTES,
    *points.ROUTES,
    *search.ROUTES,
    *supervision.ROUTES,
    *health.ROUTES,
)

FILE_ROUTES: tuple[FileRoute, ...] = (*checkpoints.FILE_ROUTES, *certificate_files.ROUTES)

UPLOAD_PATHS = frozenset({"/console/uploads"})
"""Where a body may be larger than `most_body_bytes`."""

VERSION = version("tanpuhui")


class Application(Edge):
    """An ASGI application: the edge, with what stands behind it at hand."""

    def __init__(
        self, fastapi: FastAPI, context: Context, authenticator: Authenticator, refuse: Refuse, pages: KeptWay
    ) -> None:
        settings, readers = context.settings, context.readers
        super().__init__(
            fastapi,
            settings=settings,
            refuse=refuse,
            short_way=ShortWay(readers, context.problems, pages) if settings.hot_paths and readers.in_loop else None,
            buckets={
                "address": TokenBuckets(
                    capacity=settings.public_requests,
                    per_second=settings.public_requests_per_second,
                    clock=context.clock,
                ),
                "key": TokenBuckets(
                    capacity=settings.key_requests, per_second=settings.key_requests_per_second, clock=context.clock
                ),
            },
            known_key=authenticator.recently_valid,
            uploads=UPLOAD_PATHS,
        )
        self.fastapi = fastapi
        self.context = context

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        return self.fastapi.openapi()

    def close(self) -> None:
        """Ends the reader threads and closes the index; the server's shutdown does the same."""
        self.context.close()


def create_app(
    settings: ApiSettings,
    *,
    database: Database | None = None,
    operations: OperationsPort | None = None,
    chain: ChainPort | None = None,
    intake: IntakePort | None = None,
    following: Following = no_follower,
    point_accounts: PointAccounts | None = None,
    log_keys: LogKeys | None = None,
    events: EventsPort | None = None,
    watch: MirrorWatch | None = None,
    clock: Callable[[], float] = monotonic,
) -> Application:
    """The application of one instance.

    Without `operations` it only reads, and then the index is opened at the first request, so that it may start before
    the indexer. `chain` is what the console asks of the chain; without it, nobody acts there. `intake` takes the
    console's files; without it, none are taken. `database` is where API keys are; without it, it is opened when the
    first key has to be checked. All stay their maker's to close. `following` says what ails the follower beside it,
    where there is one. `point_accounts` is where persons' entries are; without it, persons are not served. `log_keys`
    is what it says of the log's keys, and checks the signatures of its own certificates with. `events` is where the
    chain's events are exported from; without it, they are not. `watch` is what holds the mirror to a node; without it,
    nobody does. `clock` measures rates and sessions, in seconds.
    """
    problems = Problems(settings.public_url)
    readers = open_readers(settings.database_url, cached_facts=settings.cached_facts)
    keys = LazyKeys(settings.database_url, database)
    authenticator = Authenticator(keys, clock)
    context = Context(
        settings=settings,
        readers=readers,
        problems=problems,
        threads=ThreadPoolExecutor(settings.reader_threads, thread_name_prefix="tanpuhui-read"),
        writing_threads=ThreadPoolExecutor(settings.writer_threads, thread_name_prefix="tanpuhui-write"),
        export_threads=ThreadPoolExecutor(settings.export_threads, thread_name_prefix="tanpuhui-export"),
        drawing_thread=ThreadPoolExecutor(1, thread_name_prefix="tanpuhui-draw"),
        writer=Writer(
            operations=operations,
            authenticator=authenticator,
            readers=readers,
            problems=problems,
            usual_wait_seconds=settings.usual_wait_seconds,
            longest_wait_seconds=settings.longest_wait_seconds,
        ),
        following=following,
        token_desk=_token_desk(settings, point_accounts),
        keys=keys,
        operations=operations,
        chain=chain,
        intake=intake,
        log_keys=log_keys,
        events=events,
        watch=watch,
        spools=Spools() if settings.rate_limits else Spools(of_one=None),
        clock=clock,
    )
    frame = frame_of(context)
    refuse = Refusals(problems, frame)
    fastapi, kept_pages = _fastapi(context, frame, refuse)
    return Application(fastapi, context, authenticator, refuse, kept_pages)


def _token_desk(settings: ApiSettings, accounts: PointAccounts | None) -> TokenDesk:
    if not settings.rate_limits:
        return TokenDesk(accounts, None)
    wrong = TokenBuckets(capacity=WRONG_TOKENS, per_second=1 / SECONDS_PER_WRONG_TOKEN, clock=monotonic)
    return TokenDesk(accounts, wrong)


def _fastapi(context: Context, frame: Frame, refuse: Refuse) -> tuple[FastAPI, KeptWay]:
    app = FastAPI(
        title="Tanpuhui Ledger",
        version=VERSION,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=_lifespan(context),
    )
    settings = context.settings
    maker = PdfMaker(settings.public_url, settings.pdf_fonts or None, context.log_keys)
    for route in (*READ_ROUTES, *FILE_ROUTES, certificate_files.pdf_route(maker)):
        _add_read_route(app, context, route)
    for stream_route in exports.ROUTES:
        _add_stream_route(app, context, stream_route)
    own_pdf = certificate_files.personal_pdf_route(maker)
    for person_route in (*personal.ROUTES, *certificate_files.PERSON_ROUTES, own_pdf):
        _add_person_route(app, context, person_route)
    for write_route in WRITE_ROUTES:
        _add_write_route(app, context, write_route)
    _add_operator_routes(app, context)
    _add_pages(app, context)
    kept_pages = add_site(app, context, frame)
    app.openapi = cache(lambda: openapi.build(app, version=VERSION))  # type: ignore[method-assign]  # FastAPI's way
    _add_error_handlers(app, refuse)
    return app, kept_pages


def _lifespan(context: Context) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        context.close()

    return lifespan


def _add_read_route(app: FastAPI, context: Context, route: ReadRoute) -> None:
    async def answer(request: Request) -> Response:
        path = {name: str(value) for name, value in request.path_params.items()}
        query = request.scope["query_string"]
        return AnswerResponse(await context.read(route, path, query, conditions_of(request)))

    if isinstance(route, FileRoute):
        responses = openapi.file_responses(route)
    else:
        responses = openapi.read_responses(route, listed=isinstance(route, ListRoute))
    extra = {"parameters": [one.openapi() for one in route.parameters] + openapi.CONDITION_PARAMETERS}
    _add_get(app, route, answer, responses=responses, extra=extra)


def _add_get(
    app: FastAPI,
    route: ReadRoute,
    answer: Callable[[Request], Awaitable[Response]],
    *,
    responses: dict[int | str, dict[str, Any]],
    extra: dict[str, Any],
) -> None:
    """A public or a personal route of reading, of a document or of a file."""
    app.add_api_route(
        route.pattern,
        answer,
        methods=["GET"],
        name=route.read_name,
        operation_id=route.read_name,
        summary=route.summary,
        description=route.description or None,
        tags=[route.tag],
        response_model=None if isinstance(route, FileRoute) else route.model,
        response_class=Response if isinstance(route, FileRoute) else JSONResponse,
        responses=responses,
        openapi_extra=extra,
    )


def _add_stream_route(app: FastAPI, context: Context, route: StreamRoute) -> None:
    async def answer(request: Request) -> Response:
        return await context.stream(route, request.scope["query_string"], conditions_of(request))

    app.add_api_route(
        route.path,
        answer,
        methods=["GET"],
        name=route.name,
        operation_id=route.name,
        summary=route.summary,
        description=route.description,
        tags=[route.tag],
        response_model=None,
        response_class=Response,
        responses=openapi.stream_responses(route),
        openapi_extra=openapi.stream_extra(route),
    )


def _add_person_route(app: FastAPI, context: Context, person_route: PersonRoute) -> None:
    async def answer(request: Request) -> Response:
        return AnswerResponse(await context.read_personal(person_route, request))

    route = person_route.route
    _add_get(app, route, answer, responses=openapi.person_responses(route), extra=openapi.person_extra(route))


def _add_write_route(app: FastAPI, context: Context, route: WriteRoute) -> None:
    async def answer(request: Request) -> Response:
        return AnswerResponse(await context.operate(route, request))

    app.add_api_route(
        route.path,
        answer,
        methods=["POST"],
        name=route.name,
        operation_id=route.name,
        summary=route.summary,
        description=openapi.write_description(route),
        tags=[route.tag],
        status_code=201,
        response_model=StatusAnswer,
        response_class=JSONResponse,
        responses=openapi.write_responses(),
        openapi_extra=openapi.write_extra(route),
    )


def _add_operator_routes(app: FastAPI, context: Context) -> None:
    async def send_transaction(request: Request) -> Response:
        return AnswerResponse(await context.send_transaction(request))

    async def read_operation_status(request: Request) -> Response:
        return AnswerResponse(await context.status(request))

    app.add_api_route(
        "/v1/transactions",
        send_transaction,
        methods=["POST"],
        operation_id="send_transaction",
        summary="Send a transaction that a holder has signed",
        description=openapi.TRANSACTION_DESCRIPTION,
        tags=["transactions"],
        status_code=202,
        response_model=SentAnswer,
        response_class=JSONResponse,
        responses=openapi.transaction_responses(),
        openapi_extra=openapi.transaction_extra(),
    )
    app.add_api_route(
        "/v1/operations/{operation_id}/status",
        read_operation_status,
        methods=["GET"],
        operation_id="read_operation_status",
        summary="Where an operation of this instance stands",
        description="With any API key. What was submitted elsewhere is found at /v1/operations once it is in the log.",
        tags=["operations"],
        response_model=StatusAnswer,
        response_class=JSONResponse,
        responses=openapi.status_responses(),
        openapi_extra=openapi.status_extra(),
    )


def _add_pages(app: FastAPI, context: Context) -> None:
    def page(path: str, summary: str, make: Callable[[Request], Answer], *, listed: bool = True) -> None:
        async def answer(request: Request) -> Response:
            try:
                parse_query(request.scope["query_string"], {})
                return AnswerResponse(make(request))
            except (RequestRefused, InvalidInput) as error:
                return AnswerResponse(context.problems.answer(error, conditions_of(request).accept_language))

        app.add_api_route(
            path,
            answer,
            methods=["GET"],
            summary=summary,
            tags=["about"],
            name=summary,
            response_model=None,
            responses=openapi.page_responses(path),
            openapi_extra={"parameters": openapi.page_parameters(path)},
            include_in_schema=listed,
        )

    def static(make: Callable[[], bytes], content_type: bytes) -> Callable[[Request], Answer]:
        made = cache(make)
        return lambda request: pages.static_answer(made(), content_type, conditions_of(request))

    page(
        "/docs",
        "All routes on one page",
        static(lambda: pages.docs_page(app.openapi()), b"text/html; charset=utf-8"),
        listed=False,
    )
    page("/docs.css", "Style of the page", static(lambda: pages.DOCS_STYLE, b"text/css; charset=utf-8"), listed=False)
    page("/openapi.json", "This document", static(lambda: encode_json(app.openapi()), JSON_TYPE), listed=False)
    page(
        "/schema/certificate-bundle-1.json",
        "JSON Schema of certificate bundles",
        static(lambda: encode_json(bundle_schema()), b"application/schema+json"),
        listed=False,
    )
    page("/v1/log/keys", "The log's keys as this instance says them: a trust file", lambda _: _log_keys(context))
    page("/v1/health/live", "Whether the process answers", lambda _: pages.live_answer())
    page(
        "/problems/{code}",
        "What a type of problem means",
        lambda request: pages.problem_page(str(request.path_params["code"]), conditions_of(request)),
    )


def _log_keys(context: Context) -> Answer:
    if context.log_keys is None:
        raise LogKeysNotConfigured
    headers = ((b"content-type", JSON_TYPE), (b"cache-control", CacheRule.REVALIDATED.value))
    return Answer(200, headers, encode_json(context.log_keys.document()))


def _add_error_handlers(app: FastAPI, refuse: Refuse) -> None:
    async def refused(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else 500
        known = {404: RouteUnknown, 405: MethodNotAllowed}.get(status)
        answer = refuse(known() if known else error, request.scope, conditions_of(request))
        allow = (error.headers or {}).get("Allow") if isinstance(error, HTTPException) else None
        if allow:
            answer = Answer(answer.status, (*answer.headers, (b"allow", allow.encode())), answer.body)
        return AnswerResponse(answer)

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(Exception, refused)
