"""What can be taken away, with its range now and the command that takes it."""

from __future__ import annotations

from functools import partial
from typing import Final, NamedTuple

from api.context import Context
from api.exports import FORMATS
from api.parameters import Arguments
from api.repository.snapshots import Snapshot
from api.routes.exports import EXPORTS, MOST_PROOFS
from api.web.explorer.lists import SECTION
from api.web.frame.asked import Asked
from api.web.frame.pages import Page, PageRoute

_ROWS_OF_EVENTS: Final = "events"


class ExportShown(NamedTuple):
    """One export. `first` to `last` is what there is now, none where `last` is below; `most` of it a request."""

    name: str
    unit: str
    first: int
    last: int
    most: int
    columns: tuple[str, ...]
    here: bool
    """Whether this instance can give it: events need a node."""


def pages(context: Context) -> tuple[PageRoute, ...]:
    """The page."""
    return (PageRoute("/explorer/exports", partial(_exports, context), name="explorer-exports", section=SECTION),)


def _exports(context: Context, snapshot: Snapshot, _: Arguments, __: Asked) -> Page:
    shown = []
    for one in EXPORTS:
        first, last = one.bounds(snapshot)
        here = one.name != _ROWS_OF_EVENTS or context.events is not None
        columns = tuple(column.name for column in one.columns)
        shown.append(ExportShown(one.name, one.unit, first, last, one.most, columns, here))
    values = {
        "exports": shown,
        "formats": FORMATS,
        "most_proofs": MOST_PROOFS,
        "public_url": context.settings.public_url,
    }
    return Page("explorer/exports.html", values)
