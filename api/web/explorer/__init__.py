"""Pages for auditors: the ledger, row by row, with its proofs."""

from api.context import Context
from api.web.explorer import account, batches, block, checkpoint, exports, home, lots, operation, serials, status
from api.web.explorer.lists import TABLES
from api.web.frame.pages import PageRoute


def pages(context: Context) -> tuple[PageRoute, ...]:
    """All of them."""
    return (
        *home.pages(),
        *TABLES,
        *operation.pages(context),
        *lots.PAGES,
        *batches.PAGES,
        *serials.PAGES,
        *account.pages(),
        *block.pages(),
        *checkpoint.pages(context),
        *status.pages(context),
        *exports.pages(context),
    )
