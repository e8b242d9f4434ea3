"""The operators' console: what bodies do, behind a session."""

from api.context import Context
from api.web.frame.pages import PageRoute


def pages(context: Context) -> tuple[PageRoute, ...]:
    """All of them."""
    del context
    return ()
