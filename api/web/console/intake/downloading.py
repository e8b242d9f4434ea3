"""The file of refused rows, as it stands on the disk: to who may see the run, kept by nobody's cache."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from api.answers import Answer
from api.caching import CacheRule
from api.context import AnswerResponse, Context
from api.web.console.dispatch import ConsolePage, Visited
from api.web.console.intake.allowed import require_looking
from api.web.frame.frame import Frame

_PORTION: Final = 1 << 18


class RefusedFilePage(ConsolePage):
    """A download; `respond` never raises before it begins."""

    async def respond(self, frame: Frame, context: Context, request: Request) -> Response:
        """The file in portions, each read in a thread."""
        visited = self.visited(frame, context, request)
        found = await context.write(lambda: self._found(visited))
        if isinstance(found, Answer):
            return AnswerResponse(found)
        path, run = found
        response = StreamingResponse(_portions(path))
        response.raw_headers = [
            (b"content-type", b"text/csv; charset=utf-8"),
            (b"content-disposition", f'attachment; filename="{run}.refused.csv"'.encode()),
            (b"cache-control", CacheRule.NEVER.value),
            (b"content-length", b"%d" % path.stat().st_size),
        ]
        return response

    def _found(self, visited: Visited) -> tuple[Path, str] | Answer:
        try:
            arguments = visited.arguments()
            visit = visited.enter(arguments, None)
            if visit is None:
                return visited.without_session(None)
            port, run = self._console.intake, str(arguments["run"])
            require_looking(visit, port, port.run(run).purpose)
            return port.refused_file(run), run
        except Exception as error:  # noqa: BLE001 - the edge: unknown ones become an opaque page, logged with an id
            return visited.failed(error)


def _portions(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while portion := file.read(_PORTION):
            yield portion
