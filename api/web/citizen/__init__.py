"""Pages for the public."""

from api.context import Context
from api.web.citizen import certificates, home, points, registry
from api.web.frame.pages import PageRoute


def pages(context: Context) -> tuple[PageRoute, ...]:
    """All of them."""
    return (*home.pages(context), *certificates.pages(context), *registry.pages(context), *points.pages(context))
