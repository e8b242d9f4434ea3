"""Reading routes whose answer is sent while it is made: exports and proofs in bulk."""

from collections.abc import Callable, Iterator
from itertools import chain
from typing import NamedTuple

from api.answers import Answer, Headers
from api.caching import CacheRule
from api.events_port import EventsPort
from api.parameters import Arguments, Parameter, parse_query
from api.problems import Problems
from api.reading import Conditions
from api.repository.snapshots import AsOf, Readers, Snapshot


class Prepared(NamedTuple):
    """What a request asks for, once it is known to be possible. `parts` makes it, step by step."""

    content_type: str
    file_name: str
    as_of: AsOf
    next_link: str | None
    parts: Callable[[Readers, EventsPort | None], Iterator[bytes]]


class Stream(NamedTuple):
    """An answer whose body comes piece by piece. What goes wrong after the first piece breaks the connection."""

    headers: Headers
    pieces: Iterator[bytes]


class StreamRoute:
    """A GET route that answers with a `Stream`."""

    def __init__(
        self,
        path: str,
        name: str,
        prepare: Callable[[Snapshot, Arguments], Prepared],
        *,
        summary: str,
        description: str,
        tag: str,
        content_types: tuple[str, ...],
        parameters: tuple[Parameter, ...],
        needs_node: bool = False,
    ) -> None:
        self.path = path
        self.name = name
        self.prepare = prepare
        self.summary = summary
        self.description = description
        self.tag = tag
        self.content_types = content_types
        self.parameters = parameters
        self.needs_node = needs_node
        self._in_query = {one.name: one for one in parameters}

    def begin(
        self, readers: Readers, events: EventsPort | None, problems: Problems, query: bytes, conditions: Conditions
    ) -> Stream | Answer:
        """The answer with its first piece, or the problem; never raises."""
        try:
            texts = parse_query(query, self._in_query)
            arguments = {name: one.parse_given(texts.get(name)) for name, one in self._in_query.items()}
            with readers.snapshot() as snapshot:
                prepared = self.prepare(snapshot, arguments)
            pieces = prepared.parts(readers, events)
            first = next(pieces, b"")
        except Exception as error:  # noqa: BLE001 - the edge, as in `ReadRoute.answer`
            return problems.answer(error, conditions.accept_language)
        return Stream(_headers(prepared), chain([first], pieces))


def _headers(prepared: Prepared) -> Headers:
    cache = CacheRule.NEVER if prepared.as_of.halted else CacheRule.REVALIDATED
    headers: Headers = (
        (b"content-type", prepared.content_type.encode()),
        (b"content-disposition", f'attachment; filename="{prepared.file_name}"'.encode()),
        (b"cache-control", cache.value),
        (b"tanpuhui-as-of", prepared.as_of.header),
    )
    if prepared.next_link is not None:
        headers = (*headers, (b"link", f'<{prepared.next_link}>; rel="next"'.encode()))
    return headers
