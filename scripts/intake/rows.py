"""Rows of uploaded files as pages show them: the first ones, and those that were refused with their rules."""

from __future__ import annotations

import csv
from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Final

from api.intake_port import RefusedPage, RefusedRow
from ledger.errors import Json
from scripts.importing.records import FileFormat
from scripts.importing.refused import COLUMNS as IMPORT_COLUMNS
from scripts.importing.refused import format_of
from scripts.importing.sources import Source
from scripts.points.refused import COLUMNS as POINT_COLUMNS

FIRST_ROWS: Final = 10
_MOST_COLUMNS: Final = 40
_MOST_CELL: Final = 120
_REFUSED: Final = "refused_"


def preview(path: Path, file_format: FileFormat) -> dict[str, Json]:
    """The columns and first rows of a file, short; `MalformedFile` for what is none."""
    source = Source(path, format_of(path, file_format))
    columns = source.columns()[:_MOST_COLUMNS]
    rows: list[Json] = [list(map(_short, row.cells[:_MOST_COLUMNS])) for row in islice(source.rows(), FIRST_ROWS)]
    return {"columns": list(map(_short, columns)), "rows": rows}


def refused_page(path: Path, start: int, limit: int, file_format: FileFormat) -> RefusedPage:
    """Some rows of a file of refused rows, of points or of operations."""
    with path.open(encoding=file_format.encoding, newline="") as file:
        reader = csv.reader(
            file,
            delimiter=file_format.delimiter,
            quotechar=file_format.quote or None,
            quoting=csv.QUOTE_MINIMAL if file_format.quote else csv.QUOTE_NONE,
        )
        header = next(reader)
        ours = set(IMPORT_COLUMNS) | set(POINT_COLUMNS)
        own = [place for place, name in enumerate(header) if name not in ours]
        found = [_row(header, cells, own) for cells in islice(reader, start, start + limit + 1)]
    columns = tuple(_short(header[place]) for place in own)
    return RefusedPage(columns=columns, rows=tuple(found[:limit]), start=start, more=len(found) > limit)


def _row(header: Sequence[str], cells: Sequence[str], own: Sequence[int]) -> RefusedRow:
    said: Mapping[str, str] = dict(zip(header, cells, strict=False))
    line = said.get(_REFUSED + "line", "")
    # Of operations the rule is a sentence and the code its stable name; of points the rule is the stable name.
    return RefusedRow(
        line=int(line) if line.isdecimal() else 0,
        rule=said.get(_REFUSED + "code") or said.get(_REFUSED + "rule", ""),
        field=said.get(_REFUSED + "field", ""),
        message=said.get(_REFUSED + "message", ""),
        cells=tuple(_short(cells[place]) if place < len(cells) else "" for place in own),
    )


def _short(cell: str) -> str:
    return cell if len(cell) <= _MOST_CELL else cell[: _MOST_CELL - 1] + "…"
