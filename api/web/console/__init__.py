"""Pages of the operators' console: who is logged in, as which body they act, and what they do (docs/spec/10-pages.md).

`visits`: what a page of the console is asked and answers. `routes.ConsoleRoute`: a page with its form. `acting`: an
operation from a confirmed form to the outbox or to a wallet. `actors`: who a session is; `chain_port`: what the console
asks of the chain. `console`: all of it in one instance.
"""

from api.context import Context
from api.web.frame.pages import PageRoute


def pages(context: Context) -> tuple[PageRoute, ...]:
    """All of them."""
    del context
    return ()
