"""What the routes of one instance share."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from time import monotonic
from typing import TypeVar

from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse

from api.answers import Answer
from api.auth import KeyBook, KeyScope
from api.chain_port import ChainPort
from api.errors import BodyTooLarge, BodyTooSlow, FollowerFailing
from api.events_port import EventsPort
from api.intake_port import IntakePort
from api.log_keys import LogKeys
from api.mirror_watch import MirrorWatch
from api.operations_port import OperationsPort
from api.personal import PersonRoute, TokenDesk, bearer_of
from api.problems import Problems
from api.reading import Conditions, ReadRoute
from api.repository.snapshots import Readers
from api.routes.health import READY
from api.settings import ApiSettings
from api.spools import Spools
from api.streams import Stream, StreamRoute
from api.writing import Writer, WriteRequest, WriteRoute
from indexer.api_keys import ApiKey
from ledger.limits import caller_of_address

T = TypeVar("T")

Following = Callable[[], FollowerFailing | None]
"""What ails the follower of this process, if it has one and it fails."""

_OK = 200
TO_NOBODY = Answer(400, (), b"")
"""To a client that went away while it sent its body: nothing began, nobody hears of it."""


def no_follower() -> FollowerFailing | None:
    """Nobody follows here: an instance that only serves what another process indexes."""
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Made once per instance by `api.app.create_app`."""

    settings: ApiSettings
    readers: Readers
    problems: Problems
    threads: ThreadPoolExecutor
    writing_threads: ThreadPoolExecutor
    export_threads: ThreadPoolExecutor
    drawing_thread: ThreadPoolExecutor
    """One, so that however many PDFs are asked for, reads have their threads and the other processors."""
    writer: Writer
    following: Following
    token_desk: TokenDesk
    keys: KeyBook
    operations: OperationsPort | None = None
    chain: ChainPort | None = None
    intake: IntakePort | None = None
    log_keys: LogKeys | None = None
    events: EventsPort | None = None
    spools: Spools = field(default_factory=Spools)
    watch: MirrorWatch | None = None
    clock: Callable[[], float] = monotonic
    """Measures how long sessions last and how often somebody asks."""

    async def read(self, route: ReadRoute, path: Mapping[str, str], query: bytes, conditions: Conditions) -> Answer:
        """The answer of a reading route; point reads on SQLite in the event loop, all others in a thread."""
        if route.point and self.readers.in_loop:
            answer = route.answer(self.readers, self.problems, path, query, conditions)
        else:
            work = partial(route.answer, self.readers, self.problems, path, query, conditions)
            answer = await asyncio.get_running_loop().run_in_executor(self._threads_of(route), work)
        if route is READY and answer.status == _OK and (failing := self.following()) is not None:
            return self.problems.answer(failing, conditions.accept_language)
        return answer

    async def read_personal(self, route: PersonRoute, asked: Request) -> Answer:
        """The answer to a person who shows a lookup token, in a thread: files and the vault are read."""
        path = {name: str(value) for name, value in asked.path_params.items()}
        token = bearer_of(dict(asked.scope["headers"]).get(b"authorization"))
        find = partial(self.token_desk.person, token, caller_of(asked))
        given = (path, asked.scope["query_string"], conditions_of(asked))
        work = partial(route.answer, find, self.readers, self.problems, given)
        return await asyncio.get_running_loop().run_in_executor(self._threads_of(route.route), work)

    def _threads_of(self, route: ReadRoute) -> ThreadPoolExecutor:
        return self.drawing_thread if route.draws else self.threads

    def close(self) -> None:
        """Ends the threads and closes the database."""
        self.threads.shutdown()
        self.writing_threads.shutdown()
        self.export_threads.shutdown()
        self.drawing_thread.shutdown()
        self.readers.close()

    async def operate(self, route: WriteRoute, asked: Request) -> Answer:
        """The answer of a writing route. No thread is held while the body or the operation is waited for."""
        admitted = await self.admit(asked, route.scope)
        if isinstance(admitted, Answer):
            return admitted
        request, key = admitted
        begun = await self.write(lambda: self.writer.begin(route, request, key))
        if isinstance(begun, Answer):
            return begun
        end = asyncio.wrap_future(begun.end)
        end.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # looked at, whoever still waits
        await asyncio.wait([end], timeout=self.writer.seconds_to_wait(request))
        return await self.write(lambda: self.writer.finish(begun, request))

    async def send_transaction(self, asked: Request) -> Answer:
        """The answer of the route that takes a holder's signed transaction."""
        admitted = await self.admit(asked, KeyScope.TRANSACTIONS_SEND)
        if isinstance(admitted, Answer):
            return admitted
        return await self.write(lambda: self.writer.send_transaction(admitted[0]))

    async def status(self, asked: Request) -> Answer:
        """The answer of the status route."""
        request = _request_of(asked)
        return await self.write(lambda: self.writer.status(request))

    async def admit(self, asked: Request, scope: KeyScope) -> "tuple[WriteRequest, ApiKey] | Answer":
        """The request with its body, of which nothing is read before the caller's key is known to allow it."""
        request = _request_of(asked)
        key = await self.write(lambda: self.writer.admit(request, scope))
        if isinstance(key, Answer):
            # What comes of the body now is not the next request.
            return key._replace(headers=(*key.headers, (b"connection", b"close")))
        try:
            body = await body_of(asked, self.settings.most_body_bytes, self.settings.body_seconds)
        except (BodyTooLarge, BodyTooSlow) as error:
            return self.problems.answer(error, request.headers.get(b"accept-language"))
        except ClientDisconnect:
            return TO_NOBODY
        return request._replace(body=body), key

    async def write(self, work: Callable[[], T]) -> T:
        """Runs what an operator asked for in a thread of its own kind, so that no write holds up a read."""
        return await asyncio.get_running_loop().run_in_executor(self.writing_threads, work)

    async def stream(self, route: StreamRoute, query: bytes, conditions: Conditions) -> Response:
        """The answer of a route that sends while it reads, in threads of its own kind: at most so many at a time."""
        begun = await self.export(lambda: route.begin(self.readers, self.events, self.problems, query, conditions))
        return AnswerResponse(begun) if isinstance(begun, Answer) else self.sent(begun)

    def sent(self, stream: Stream) -> Response:
        """A response whose pieces are made by the threads of exports, one after the other."""
        pieces = stream.pieces

        async def content() -> AsyncIterator[bytes]:
            while (piece := await self.export(lambda: next(pieces, None))) is not None:
                yield piece

        response = StreamingResponse(content())
        response.raw_headers = list(stream.headers)
        return response

    async def export(self, work: Callable[[], T]) -> T:
        """Runs one step of an export."""
        return await asyncio.get_running_loop().run_in_executor(self.export_threads, work)

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Runs blocking work in one of the reader threads."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)


class AnswerResponse(Response):
    """An `Answer` as Starlette sends it: the same bytes and headers, nothing added."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(content=answer.body, status_code=answer.status)
        self.raw_headers = list(answer.headers)
        if answer.status not in (204, 304):
            self.raw_headers.append((b"content-length", b"%d" % len(answer.body)))


def conditions_of(request: Request) -> Conditions:
    """The request headers that an answer depends on."""
    headers = dict(request.scope["headers"])
    return Conditions(headers.get(b"if-none-match"), headers.get(b"accept-language"), headers.get(b"accept"))


def caller_of(request: Request) -> str:
    """Whom the limits of addresses count a request for."""
    return caller_of_address(request.client.host if request.client else "")


def _request_of(asked: Request) -> WriteRequest:
    """What HTTP carried, but for the body."""
    path = {name: str(value) for name, value in asked.path_params.items()}
    return WriteRequest(path, asked.scope["query_string"], dict(asked.scope["headers"]), b"")


async def body_of(asked: Request, most_bytes: int, most_seconds: int) -> bytes:
    """The whole body; `BodyTooLarge` as soon as more than `most_bytes` came, `BodyTooSlow` after `most_seconds`."""
    body = bytearray()
    try:
        async with asyncio.timeout(most_seconds):
            async for part in asked.stream():
                body += part
                if len(body) > most_bytes:
                    raise BodyTooLarge(most_bytes)
    except TimeoutError:
        raise BodyTooSlow(most_seconds) from None
    return bytes(body)


def headers_of(request: Request) -> Mapping[bytes, bytes]:
    """The headers by name. A cookie header that comes in parts (HTTP/2) is one."""
    found: dict[bytes, bytes] = {}
    for name, value in request.scope["headers"]:
        found[name] = found[name] + b"; " + value if name == b"cookie" and name in found else value
    return found
