"""Totals per class."""

from api.parameters import Arguments
from api.reading import Found, ReadRoute
from api.repository.snapshots import Snapshot
from api.repository.totals import totals
from api.schemas.totals import TotalsAnswer, totals_document


def read_totals(snapshot: Snapshot, _: Arguments) -> Found:
    """Sums over the whole ledger, with the invariant they obey."""
    return Found(totals_document(totals(snapshot)))


ROUTES = (
    ReadRoute(
        "/v1/totals",
        read_totals,
        summary="Totals per class, with the invariant shown",
        description="issued + bought back = held + cancelled + taken back, each side summed from tables of its own.",
        model=TotalsAnswer,
        tag="totals",
        point=False,
    ),
)
