"""Tables: a list of the API as a page, with the API's own filters and cursors, and as a file.

A `TableRoute` says which members of the list's documents are columns. What it shows is what the API answers: there is
no second way to read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from starlette.requests import Request
from starlette.responses import Response

from api.answers import Answer
from api.context import AnswerResponse, Context, caller_of, conditions_of
from api.errors import DownloadsBusy
from api.pagination import DEFAULT_LIMIT
from api.parameters import Arguments, Parameter, civil_day
from api.reading import Conditions, Document, ListRoute
from api.repository.snapshots import AsOf, Snapshot
from api.spools import Spool
from api.streams import Stream
from api.web.frame.asked import Asked
from api.web.frame.columns import KINDS, Column
from api.web.frame.downloads import FORMAT, WholeTable, download
from api.web.frame.frame import Frame
from api.web.frame.pages import Page, PageRoute
from api.web.frame.sheets import SHEETS, fields


class Filter(NamedTuple):
    """A field of the form above a table, for the list's parameter of this name. `choices`: the labels, if it is one of
    few words, of the `vocabulary` of this name.
    """

    name: str
    label: str
    choices: tuple[str, ...] = ()
    vocabulary: str = ""


class Cell(NamedTuple):
    """A value as the template draws it."""

    kind: str
    value: Any
    href: str | None
    vocabulary: str


class Table(NamedTuple):
    """What `templates/frame/table_parts.html` draws. `next_url` is None on the last page; `whole_url` leads to the
    whole list where this is the beginning of one; `downloads` are (form, address).
    """

    columns: tuple[Column, ...]
    rows: list[list[Cell]]
    next_url: str | None
    first_url: str | None
    whole_url: str | None
    downloads: tuple[tuple[str, str], ...]
    caption: str
    empty: str


class TableRoute(PageRoute):
    """A page that shows one list, and with `?format=` all of it as a file. `heading`, `lead`, `empty` are texts of
    `locales`.
    """

    def __init__(
        self,
        path: str,
        rows: ListRoute,
        columns: Sequence[Column],
        *,
        name: str,
        section: str,
        heading: str,
        lead: str,
        empty: str,
        filters: Sequence[Filter] = (),
        template: str = "frame/table.html",
        more: Callable[[Snapshot, Arguments, Asked], Mapping[str, Any]] | None = None,
        parameters: Sequence[Parameter] = (),
    ) -> None:
        """`more` reads what the template needs besides. Path parameters are the list's; `parameters` are those of the
        page alone, which the list is not asked with.
        """
        super().__init__(
            path, self._table_page, name=name, section=section, parameters=(*rows.parameters, FORMAT, *parameters)
        )
        self.rows = rows
        self.columns = tuple(columns)
        self.filters = tuple(filters)
        self.heading = heading
        self.lead = lead
        self.empty = empty
        self._template = template
        self._more = more
        self._fields = fields(self.columns)
        for column in self.columns:
            if column.kind not in KINDS:
                raise ValueError(f"{name}: column {column.name} is of no known kind, {column.kind}")
            if (column.kind == "word") != bool(column.vocabulary):
                raise ValueError(f"{name}: column {column.name} needs a vocabulary if it is a word, and else none")
        known = {one.name for one in rows.parameters}
        if unknown := [one.name for one in self.filters if one.name not in known]:
            raise ValueError(f"{name}: the list has no parameter {', '.join(unknown)}")

    def input_type(self, name: str) -> str:
        """What a field of the form asks for: browsers help with days."""
        return "date" if any(one.name == name and one.parse is civil_day for one in self.rows.parameters) else "text"

    def beginning(self, snapshot: Snapshot, asked: Asked, limit: int = 10, **given: Any) -> Table:
        """The first rows with these filters (path parameters included), for another page; it links to the whole."""
        arguments = {one.name: one.default for one in self.rows.parameters} | given | {"limit": limit, "cursor": None}
        path = {one.name: _text(arguments[one.name]) for one in self.rows.parameters if one.place == "path"}
        documents, following = self.rows.page(snapshot, arguments, path)
        query = {name: _text(value) for name, value in given.items() if name not in path and value is not None}
        whole = asked.link(self.path.format_map(path), **query)
        return self._table(documents, asked, whole_url=whole if following else None)

    async def respond(self, frame: Frame, context: Context, request: Request) -> Response:
        """The page; or the file, made and sent by the threads of exports."""
        path = {name: str(value) for name, value in request.path_params.items()}
        given = (path, request.scope["query_string"], conditions_of(request))
        if FORMAT.name not in self.address.asked(*given).query:
            return await super().respond(frame, context, request)
        try:
            spool = context.spools.open(caller_of(request))
        except DownloadsBusy as error:
            return AnswerResponse(frame.error(error, self.address.asked(*given), None, self.section))
        made = await context.export(lambda: self.file(frame, context, spool, *given))
        return AnswerResponse(made) if isinstance(made, Answer) else context.sent(made)

    def file(  # noqa: PLR0917 - a request in parts
        self,
        frame: Frame,
        context: Context,
        spool: Spool,
        path: Mapping[str, str],
        query: bytes,
        conditions: Conditions,
    ) -> Stream | Answer:
        """The whole list as a file, or the page that says why not; never raises."""
        asked = self.address.asked(path, query, conditions)
        as_of: AsOf | None = None
        try:
            arguments = self.address.arguments(path, query)
            form, listed = arguments[FORMAT.name], self._listed(arguments)
            with context.readers.snapshot() as snapshot:
                as_of = snapshot.as_of
                table = WholeTable(self.rows, self._fields, listed, self._path(arguments), self.name)
                return download(snapshot, table, form, spool)
        except Exception as error:  # noqa: BLE001 - the edge, as in `PageRoute.answer`
            spool.close()
            return frame.error(error, asked, as_of, self.section)

    def _listed(self, arguments: Arguments) -> Arguments:
        """What the list is asked with."""
        return {one.name: arguments[one.name] for one in self.rows.parameters}

    def _path(self, arguments: Arguments) -> dict[str, str]:
        return {one.name: _text(arguments[one.name]) for one in self.rows.parameters if one.place == "path"}

    def _table_page(self, snapshot: Snapshot, arguments: Arguments, asked: Asked) -> Page:
        documents, following = self.rows.page(snapshot, self._listed(arguments), self._path(arguments))
        first = asked.here(cursor=None) if arguments["cursor"] is not None else None
        table = self._table(
            documents,
            asked,
            next_url=None if following is None else asked.here(cursor=following),
            first_url=first,
            downloads=tuple((form, asked.here(cursor=None, limit=None, format=form)) for form in SHEETS),
        )
        more = {} if self._more is None else self._more(snapshot, arguments, asked)
        given = {one.name: asked.query.get(one.name, "") for one in self.filters}
        return Page(self._template, {"route": self, "table": table, "given": given, "arguments": arguments, **more})

    def _table(
        self,
        documents: list[Document],
        asked: Asked,
        *,
        next_url: str | None = None,
        first_url: str | None = None,
        whole_url: str | None = None,
        downloads: tuple[tuple[str, str], ...] = (),
    ) -> Table:
        rows = [[self._cell(column, document, asked) for column in self.columns] for document in documents]
        caption, empty = asked.words[self.heading], asked.words[self.empty]
        return Table(self.columns, rows, next_url, first_url, whole_url, downloads, caption, empty)

    @staticmethod
    def _cell(column: Column, document: Document, asked: Asked) -> Cell:
        path = None if column.link is None else column.link(document)
        return Cell(column.kind, column.of(document), None if path is None else asked.link(path), column.vocabulary)


def _text(value: Any) -> str:
    """A parsed argument as it stands in an address."""
    for name in ("hex0x", "label"):
        if hasattr(value, name):
            return str(getattr(value, name))
    return str(value)


__all__ = ["DEFAULT_LIMIT", "KINDS", "Cell", "Column", "Filter", "Table", "TableRoute"]
