"""The console's first page: who is logged in, as which body, what they may do, and what waits for them."""

from __future__ import annotations

from typing import Any, Final

from api.auth import ROLE_OF_SCOPE, KeyScope
from api.errors import IndexEmpty
from api.repository import issuances, outbox
from api.repository.snapshots import IndexUnavailable
from api.web.console.login import choose_body, log_out
from api.web.console.operations import ShownTrouble
from api.web.console.routes import ConsoleRoute
from api.web.console.visits import HOME, Page, Visit
from ledger.vocabulary import ProposalStatus, Role


def show_dashboard(visit: Visit) -> Page:
    """Everything is read now: nothing of it is remembered from the login."""
    actor = visit.actor
    scopes = [
        scope for scope in KeyScope if scope in actor.scopes and ROLE_OF_SCOPE.get(scope) is actor.acting_as is not None
    ]
    values: dict[str, Any] = {
        "standings_now": visit.standings(),
        "scopes": scopes,
        "proposals": None,
        "counts": None,
        "signings": [one for one in visit.console.signings.of(actor.identity) if one.transaction_hash is None],
        "troubles": ShownTrouble.all(visit),
        "node_answers": _node_answers(visit),
        "following": visit.console.following(),
    }
    try:
        with visit.snapshot() as snapshot:
            if actor.acting_as in (Role.REGULATOR, Role.TECHNICAL_CENTRE):
                values["proposals"] = issuances.waiting(snapshot, int(ProposalStatus.PROPOSED))
            if not actor.has_wallet:
                values["counts"] = outbox.counts(snapshot)
    except (IndexEmpty, IndexUnavailable):
        pass  # the page says that there is no index
    return Page("console/dashboard.html", values)


def _node_answers(visit: Visit) -> bool:
    """Whether the node answered when the roles were last asked for; where nobody's were, it was not asked."""
    return all(one.held is not None for one in visit.standings() if one.address is not None)


PAGES: Final = (
    ConsoleRoute(HOME, "home", show_dashboard, menu=True),
    ConsoleRoute("/console/body", "body", show_dashboard, choose_body),
    ConsoleRoute("/console/logout", "logout", show_dashboard, log_out),
)
