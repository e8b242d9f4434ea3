"""The supervision board: what is unusual, and where it stands."""

from api.context import Context
from api.web.frame.pages import PageRoute
from api.web.supervision.board import PAGES


def pages(context: Context) -> tuple[PageRoute, ...]:
    """All of them."""
    del context
    return PAGES
