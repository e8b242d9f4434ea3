"""Pages for the public."""

from api.context import Context
from api.web.citizen import about, certificates, home, points, registry
from api.web.frame.pages import PageRoute


def pages(context: Context) -> tuple[PageRoute, ...]:
    """All of them."""
    areas = (home, certificates, registry, points, about)
    return tuple(page for area in areas for page in area.pages(context))
