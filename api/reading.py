"""Reading routes: one function from parameters to bytes, whichever way the request came in.

`ReadRoute.answer` is all that happens between a request and its bytes. The FastAPI route calls it, and so does the
short way of `api.hot`; neither adds anything of its own.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

from pydantic import BaseModel

from api.answers import JSON_TYPE, Answer, Headers, encode_json
from api.caching import CacheRule, matches, strong_etag
from api.pagination import DEFAULT_LIMIT, LARGEST_LIMIT, Key, decode_cursor, encode_cursor
from api.parameters import Arguments, Parameter, number_parameter, parse_query, plain_text
from api.problems import Problems
from api.repository.snapshots import AsOf, Readers, Snapshot

Document = dict[str, Any]
Keyed = tuple[Key, Document]

_CONTENT_TYPE = (b"content-type", JSON_TYPE)


class Conditions(NamedTuple):
    """The request headers that an answer depends on."""

    if_none_match: bytes | None = None
    accept_language: bytes | None = None
    accept: bytes | None = None


class Found(NamedTuple):
    """What a route read: a document, how long it may be kept, and where the list goes on."""

    document: Document
    cache: CacheRule = CacheRule.REVALIDATED
    next_link: str | None = None


class ReadRoute:
    """A GET route.

    `read` turns a snapshot and the parsed parameters into a document; it raises members of the error tree. `point`: a
    few rows by key, cheap enough for the event loop on SQLite. `draws`: takes so long that it has a thread apart.
    `model` describes the answer in OpenAPI; tests hold every answer against it. `pattern` is the path as the router
    matches it, where `{code:path}` may hold slashes; `path` is as people write it.
    """

    def __init__(
        self,
        path: str,
        read: Callable[[Snapshot, Arguments], Found],
        *,
        summary: str,
        model: type[BaseModel],
        tag: str,
        parameters: tuple[Parameter, ...] = (),
        description: str = "",
        point: bool = True,
        may_be_missing: bool = False,
        draws: bool = False,
    ) -> None:
        self.pattern = path
        self.path = path.replace(":path}", "}")
        self.read = read
        self.summary = summary
        self.description = description
        self.model = model
        self.tag = tag
        self.parameters = parameters
        self.point = point
        self.may_be_missing = may_be_missing
        self.draws = draws
        self._in_path = [one for one in parameters if one.place == "path"]
        self._in_query = {one.name: one for one in parameters if one.place == "query"}

    @property
    def read_name(self) -> str:
        """Name of the reading function, which is the operation's id in OpenAPI."""
        return self.read.__name__

    def answer(
        self, readers: Readers, problems: Problems, path: Mapping[str, str], query: bytes, conditions: Conditions
    ) -> Answer:
        """The whole answer; never raises."""
        as_of: AsOf | None = None
        try:
            arguments, texts = self._parse(path, query)
            with readers.snapshot() as snapshot:
                as_of = snapshot.as_of
                return self._reply(snapshot, arguments, path, texts, conditions.if_none_match)
        except Exception as error:  # noqa: BLE001 - the edge: unknown ones become opaque 500s, logged with an id
            return self._problem(problems, error, conditions, as_of)

    def _reply(
        self,
        snapshot: Snapshot,
        arguments: Arguments,
        path: Mapping[str, str],
        texts: Mapping[str, str],
        if_none_match: bytes | None,
    ) -> Answer:
        """What is found, as JSON with the as-of block in it."""
        return _answer(self._find(snapshot, arguments, path, texts), snapshot.as_of, if_none_match)

    def _find(
        self, snapshot: Snapshot, arguments: Arguments, path: Mapping[str, str], texts: Mapping[str, str]
    ) -> Found:
        return self.read(snapshot, arguments)

    def _parse(self, path: Mapping[str, str], query: bytes) -> tuple[Arguments, dict[str, str]]:
        arguments: Arguments = {}
        for one in self._in_path:
            arguments[one.name] = one.parse(path[one.name], one.name)
        if not query and not self._in_query:
            return arguments, {}
        texts = parse_query(query, self._in_query)
        for name, one in self._in_query.items():
            text = texts.get(name)
            arguments[name] = one.parse_given(None) if text is None else one.parse(text, name)
        return arguments, texts

    @staticmethod
    def _problem(problems: Problems, error: Exception, conditions: Conditions, as_of: AsOf | None) -> Answer:
        answer = problems.answer(
            error, conditions.accept_language, None if as_of is None else {"as_of": as_of.document}
        )
        if as_of is None:
            return answer
        return Answer(answer.status, (*answer.headers, (b"tanpuhui-as-of", as_of.header)), answer.body)


class ListRoute(ReadRoute):
    """A GET route that answers with a list in pages.

    `read_rows` gets the filters, how many rows to read and the sort key after which to begin, and gives documents
    with their keys. The cursor is bound to the path and the filters.
    """

    def __init__(
        self,
        path: str,
        read_rows: Callable[[Snapshot, Arguments, int, Key | None], list[Keyed]],
        *,
        key_types: tuple[type, ...],
        summary: str,
        model: type[BaseModel],
        tag: str,
        parameters: tuple[Parameter, ...] = (),
        description: str = "",
        may_be_missing: bool = False,
    ) -> None:
        super().__init__(
            path,
            self._unread,
            summary=summary,
            model=model,
            tag=tag,
            parameters=(*parameters, *PAGE_PARAMETERS),
            description=description,
            point=False,
            may_be_missing=may_be_missing,
        )
        self._read_rows = read_rows
        self._key_types = key_types

    @property
    def read_name(self) -> str:
        """Name of the reading function, which is the operation's id in OpenAPI."""
        return self._read_rows.__name__

    @staticmethod
    def _unread(snapshot: Snapshot, arguments: Arguments) -> Found:
        raise NotImplementedError("a list is read by pages")

    def _find(
        self, snapshot: Snapshot, arguments: Arguments, path: Mapping[str, str], texts: Mapping[str, str]
    ) -> Found:
        listing = self.listing(path)
        documents, cursor = self.page(snapshot, arguments, path)
        link = None if cursor is None else f"{listing}?{urlencode({**texts, 'cursor': cursor})}"
        return Found({"items": documents, "next": link}, next_link=link)

    def listing(self, path: Mapping[str, str]) -> str:
        """The address of the whole list."""
        return self.path.format_map({name: quote(text, safe="") for name, text in path.items()})

    def page(
        self, snapshot: Snapshot, arguments: Arguments, path: Mapping[str, str]
    ) -> tuple[list[Document], str | None]:
        """The documents of one page, as `limit` and `cursor` among the arguments ask, and the cursor of the next."""
        listing = self.listing(path)
        limit, cursor = arguments["limit"], arguments["cursor"]
        wanted = {name: value for name, value in arguments.items() if name not in {"limit", "cursor"}}
        filters = [(name, value) for name, value in wanted.items() if value is not None]
        after = None if cursor is None else decode_cursor(cursor, listing, filters, self._key_types)
        rows = self._read_rows(snapshot, wanted, limit + 1, after)
        following = None
        if len(rows) > limit:
            rows = rows[:limit]
            following = encode_cursor(listing, filters, rows[-1][0])
        return [document for _, document in rows], following


PAGE_PARAMETERS = (
    number_parameter(
        "limit", f"Most rows of a page, up to {LARGEST_LIMIT}.", least=1, most=LARGEST_LIMIT, default=DEFAULT_LIMIT
    ),
    Parameter(
        "cursor",
        "query",
        "Where the page begins: taken from `next` of the page before, never made by hand.",
        plain_text,
        {"type": "string", "maxLength": 512},
        None,
    ),
)


def _answer(found: Found, as_of: AsOf, if_none_match: bytes | None) -> Answer:
    document = found.document
    document["as_of"] = as_of.document
    body = encode_json(document)
    etag = strong_etag(as_of.mark, body)
    cache = CacheRule.NEVER if as_of.halted else found.cache
    if if_none_match is not None and matches(if_none_match, etag):
        return Answer(304, ((b"etag", etag), (b"cache-control", cache.value), (b"tanpuhui-as-of", as_of.header)), b"")
    headers: Headers = (
        _CONTENT_TYPE,
        (b"etag", etag),
        (b"cache-control", cache.value),
        (b"tanpuhui-as-of", as_of.header),
    )
    if found.next_link is not None:
        headers = (*headers, (b"link", f'<{found.next_link}>; rel="next"'.encode()))
    return Answer(200, headers, body)


def unfiltered(routes: Iterable[ReadRoute], path: str) -> Arguments:
    """The arguments of a list that is asked for everything, for callers that are no request: whatever filters the list
    has, or gets, are its own business. `StopIteration` for a path that none of the routes has.
    """
    route = next(one for one in routes if one.path == path)
    return {one.name: one.default for one in route.parameters if one.place == "query" and one not in PAGE_PARAMETERS}
