"""What the routes of one instance share."""

import asyncio
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import Response

from api.answers import Answer
from api.problems import Problems
from api.reading import Conditions, ReadRoute
from api.repository.snapshots import Readers
from api.settings import ApiSettings
from api.writing import Writer, WriteRequest, WriteRoute

T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Made once per instance by `api.app.create_app`."""

    settings: ApiSettings
    readers: Readers
    problems: Problems
    threads: ThreadPoolExecutor
    writing_threads: ThreadPoolExecutor
    writer: Writer

    async def read(self, route: ReadRoute, path: Mapping[str, str], query: bytes, conditions: Conditions) -> Answer:
        """The answer of a reading route; point reads on SQLite in the event loop, all others in a thread."""
        if route.point and self.readers.in_loop:
            return route.answer(self.readers, self.problems, path, query, conditions)
        return await self.in_thread(lambda: route.answer(self.readers, self.problems, path, query, conditions))

    def close(self) -> None:
        """Ends the threads and closes the database."""
        self.threads.shutdown()
        self.writing_threads.shutdown()
        self.readers.close()

    async def operate(self, route: WriteRoute, request: WriteRequest) -> Answer:
        """The answer of a writing route. No thread is held while the operation is waited for."""
        begun = await self.write(lambda: self.writer.begin(route, request))
        if isinstance(begun, Answer):
            return begun
        end = asyncio.wrap_future(begun.end)
        end.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # looked at, whoever still waits
        await asyncio.wait([end], timeout=self.writer.seconds_to_wait(request))
        return await self.write(lambda: self.writer.finish(begun, request))

    async def write(self, work: Callable[[], T]) -> T:
        """Runs what an operator asked for in a thread of its own kind, so that no write holds up a read."""
        return await asyncio.get_running_loop().run_in_executor(self.writing_threads, work)

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
    return Conditions(headers.get(b"if-none-match"), headers.get(b"accept-language"))


async def write_request(request: Request) -> WriteRequest:
    """What HTTP carried, as the writer takes it."""
    path = {name: str(value) for name, value in request.path_params.items()}
    return WriteRequest(path, dict(request.scope["headers"]), await request.body())
