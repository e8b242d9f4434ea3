"""Batches that are anchored, what became of their files, and what was found in them."""

from __future__ import annotations

from typing import Final

from api.parameters import number_parameter
from api.reading import unfiltered
from api.repository import batch_incidents
from api.routes import points
from api.web.console.routes import ConsoleRoute
from api.web.console.visits import Page, Visit
from indexer.schema import IncidentKind

BATCHES: Final = "/console/batches"
PAGE_ROWS: Final = 50
INCIDENTS: Final = 20

_BEFORE: Final = number_parameter("before", "Batches before this one.", least=1)
_INCIDENTS_BEFORE: Final = number_parameter("incidents_before", "What was found before this.", least=1)


def show_batches(visit: Visit) -> Page:
    """Newest first, by the reading function of the API; and the newest of what was found in them."""
    before, incidents_before = visit.arguments["before"], visit.arguments["incidents_before"]
    with visit.snapshot() as snapshot:
        after = None if before is None else (before,)
        found = points.read_batches(
            snapshot, {**unfiltered(points.ROUTES, "/v1/batches"), "order": "newest-first"}, PAGE_ROWS + 1, after
        )
        known = batch_incidents.of_batches(snapshot, limit=INCIDENTS + 1, before=incidents_before)
        standing = batch_incidents.count_open_of_batches(snapshot)
    rows = [document for _, document in found[:PAGE_ROWS]]
    values = {
        "rows": rows,
        "more": rows[-1]["batch_number"] if len(found) > PAGE_ROWS else None,
        "incidents": known[:INCIDENTS],
        "incidents_more": known[INCIDENTS - 1].incident_id if len(known) > INCIDENTS else None,
        "standing": standing,
        "incident_kinds": {kind: kind.name.lower() for kind in IncidentKind},
    }
    return Page("console/batches.html", values)


PAGES: Final = (ConsoleRoute(BATCHES, "batches", show_batches, parameters=(_BEFORE, _INCIDENTS_BEFORE), menu=True),)
