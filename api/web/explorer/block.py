"""One block that holds events of the ledger, with its operations."""

from __future__ import annotations

from api.parameters import Arguments
from api.repository import blocks
from api.repository.snapshots import Snapshot
from api.routes.blocks import BLOCK
from api.schemas.blocks import block_document
from api.web.explorer.lists import OPERATIONS, SECTION
from api.web.frame.asked import Asked
from api.web.frame.pages import Page, PageRoute

_ROWS = 50


def pages() -> tuple[PageRoute, ...]:
    """The page of a block."""
    return (PageRoute("/explorer/blocks/{block}", _block, name="explorer-block", section=SECTION, parameters=(BLOCK,)),)


def _block(snapshot: Snapshot, arguments: Arguments, asked: Asked) -> Page:
    given = arguments["block"]
    by_number = isinstance(given, int)
    row = blocks.by_number(snapshot, given) if by_number else blocks.by_hash(snapshot, given)
    if row is None:
        indexed = by_number and given <= snapshot.as_of.block_number
        what = "block_without_events" if indexed else "block_beyond" if by_number else "block"
        near = _neighbours(snapshot, given) if indexed else (None, None)
        return Page("explorer/missing.html", {"what": what, "given": str(given), "near": near, "size": 0}, 404)
    last = None if row.first_leaf is None else row.first_leaf + row.operations - 1
    shown = None
    if row.first_leaf is not None:
        shown = OPERATIONS.beginning(snapshot, asked, _ROWS, first_leaf=row.first_leaf, last_leaf=last)
    values = {"block": block_document(row), "last_leaf": last, "operations": shown}
    return Page("explorer/block.html", {**values, "near": _neighbours(snapshot, row.number)})


def _neighbours(snapshot: Snapshot, number: int) -> tuple[int | None, int | None]:
    """The blocks with events before and after."""
    before = blocks.page(snapshot, newest_first=True, after=number, limit=1)
    after = blocks.page(snapshot, newest_first=False, after=number, limit=1)
    return (before[0].number if before else None, after[0].number if after else None)
