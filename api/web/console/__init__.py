"""Pages of the operators' console: who is logged in, as which body they act, and what they do (docs/spec/10-pages.md).

`visits`: what a page of the console is asked and answers. `routes.ConsoleRoute`: a page with its form, and how one is
written. `acting`: an operation from a confirmed form to the outbox or to a wallet. `actors`: who a session is.
`console`: all of it in one instance. `dispatch`: from a request to a page.
"""

from api.context import Context
from api.web.console import dashboard, login, operations, sign_pages
from api.web.console.acts import pages as act_pages
from api.web.console.acts import queue
from api.web.console.console import Console
from api.web.console.dispatch import ConsolePage
from api.web.console.intake import batches
from api.web.console.intake import pages as intake_pages
from api.web.console.routes import ConsoleRoute, OpenRoute
from api.web.frame.pages import PageRoute

ROUTES: tuple[ConsoleRoute, ...] = (
    *dashboard.PAGES,
    *act_pages.PAGES,
    *queue.PAGES,
    *operations.PAGES,
    *sign_pages.PAGES,
    *intake_pages.PAGES,
    *batches.PAGES,
)
"""Every page behind the login; the menu has those that say so, in this order."""


def pages(context: Context) -> tuple[PageRoute, ...]:
    """All of them."""
    console = Console(
        settings=context.settings,
        readers=context.readers,
        problems=context.problems,
        keys=context.keys,
        operations=context.operations,
        chain=context.chain,
        following=context.following,
        intake=context.intake,
        clock=context.clock,
    )
    menu = [route for route in ROUTES if route.menu]
    routes: tuple[ConsoleRoute | OpenRoute, ...] = (*login.OPEN_PAGES, *ROUTES)
    return tuple(intake_pages.SERVED_BY.get(route.name, ConsolePage)(route, console, menu) for route in routes)
