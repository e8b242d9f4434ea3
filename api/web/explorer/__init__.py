"""Pages for auditors: the ledger, row by row, with its proofs."""

from api.context import Context
from api.web.explorer import batches, lots, serials
from api.web.frame.pages import PageRoute


def pages(context: Context) -> tuple[PageRoute, ...]:
    """All of them."""
    del context
    return (*lots.PAGES, *batches.PAGES, *serials.PAGES)
