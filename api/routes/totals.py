"""Totals per class, and how they came about."""

from api.parameters import Arguments, id_parameter
from api.reading import Found, ReadRoute
from api.repository.snapshots import Snapshot
from api.repository.totals import totals
from api.repository.volumes import volumes, volumes_of
from api.schemas.totals import TotalsAnswer, VolumesAnswer, totals_document, volumes_document
from ledger.ids import ActivityId


def read_totals(snapshot: Snapshot, _: Arguments) -> Found:
    """Sums over the whole ledger, with the invariant they obey."""
    return Found(totals_document(totals(snapshot)))


def read_volumes(snapshot: Snapshot, arguments: Arguments) -> Found:
    """What was issued, bought back and cancelled, by month."""
    activity_id = arguments["activity_id"]
    return Found(volumes_document(volumes(snapshot) if activity_id is None else volumes_of(snapshot, activity_id)))


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
    ReadRoute(
        "/v1/volumes",
        read_volumes,
        summary="What was issued, bought back and cancelled, by month",
        description="By month in Shanghai, class, step and purpose; only what there was of. The months of a step add "
        "up to what `/v1/totals` and `/v1/points/totals` say of it. Of one activity: its lots, what was cancelled of "
        "them, and points that were earned from it; what became of those points nobody knows by activity.",
        model=VolumesAnswer,
        tag="totals",
        parameters=(id_parameter("activity_id", ActivityId, "Only of this activity.", place="query"),),
        point=False,
    ),
)
