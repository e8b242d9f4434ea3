"""A whole table as a file: every row of its filters, as of one block (docs/spec/10-pages.md §10.3).

It is read in one snapshot, into a file of its own, before the first byte is sent: so it is of one block, holds no
snapshot while a slow reader takes it, and is either whole or a page that says why not.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final, NamedTuple

from api.answers import Headers
from api.caching import CacheRule
from api.errors import TableTooLong
from api.parameters import Arguments, choice_parameter
from api.reading import Document, ListRoute
from api.repository.snapshots import AsOf, Snapshot
from api.spools import Spool
from api.streams import Stream
from api.web.frame.sheets import SHEETS, Field, Sheet

FORMAT: Final = choice_parameter("format", tuple(SHEETS), "The whole table as a file instead of a page.", optional=True)

MOST_ROWS: Final[Mapping[str, int]] = {"csv": 1_000_000, "xlsx": 200_000}
"""Rows of a file by its form: XLSX takes ten times as long to write, and a sheet holds 1,048,576."""
_ROWS_A_READ: Final = 1_000


class WholeTable(NamedTuple):
    """All rows of a list: `arguments` are its filters, `path` those of them that stand in its path, as text. `name` is
    what a file of it is called.
    """

    rows: ListRoute
    fields: tuple[Field, ...]
    arguments: Arguments
    path: Mapping[str, str]
    name: str

    def documents(self, snapshot: Snapshot) -> Iterator[list[Document]]:
        """Page after page, to the last."""
        cursor: str | None = None
        while True:
            page = {**self.arguments, "limit": _ROWS_A_READ, "cursor": cursor}
            documents, cursor = self.rows.page(snapshot, page, self.path)
            yield documents
            if cursor is None:
                return


def download(snapshot: Snapshot, table: WholeTable, form: str, spool: Spool) -> Stream:
    """The file of a table; `TableTooLong` where it has more rows than a file of this form."""
    kind = SHEETS[form]
    with kind(spool.file, table.fields, snapshot.as_of) as sheet:
        _write_all(sheet, table.documents(snapshot), MOST_ROWS[form])
    length = spool.file.seek(0, 2)
    file_name = f"{table.name}-{snapshot.as_of.block_number}.{form}"
    return Stream(_headers(kind.CONTENT_TYPE, file_name, length, snapshot.as_of), spool.pieces())


def _write_all(sheet: Sheet, pages: Iterator[list[Document]], most: int) -> None:
    written = 0
    for documents in pages:
        written += len(documents)
        if written > most:
            raise TableTooLong(most)
        sheet.write(documents)


def _headers(content_type: str, file_name: str, length: int, as_of: AsOf) -> Headers:
    cache = CacheRule.NEVER if as_of.halted else CacheRule.REVALIDATED
    return (
        (b"content-type", content_type.encode()),
        (b"content-disposition", f'attachment; filename="{file_name}"'.encode()),
        (b"content-length", b"%d" % length),
        (b"cache-control", cache.value),
        (b"tanpuhui-as-of", as_of.header),
    )
