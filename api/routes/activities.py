"""Activities."""

from api.pagination import Key
from api.parameters import Arguments, Parameter, code, id_or_code, id_parameter, word_parameter
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import activities
from api.repository.snapshots import Snapshot
from api.schemas.activities import ActivitiesAnswer, ActivityAnswer, activity_document
from ledger.errors import NotFound
from ledger.ids import ActivityId, Address, MethodologyId
from ledger.vocabulary import ActivityKind, ActivityStatus, ReductionClass


def read_activity(snapshot: Snapshot, arguments: Arguments) -> Found:
    """An activity by id or code."""
    asked = arguments["activity"]
    found = activities.by_code(snapshot, asked) if isinstance(asked, str) else activities.by_id(snapshot, asked)
    if found is None:
        raise NotFound("activity", str(asked))
    return Found(activity_document(found))


def read_activities(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Activities in the order in which they were registered."""
    rows = activities.page(snapshot, **arguments, after=-1 if after is None else int(after[0]), limit=limit)
    return [((row.registered_leaf_index,), activity_document(row)) for row in rows]


ROUTES = (
    ListRoute(
        "/v1/activities",
        read_activities,
        key_types=(int,),
        summary="Projects and scenarios",
        model=ActivitiesAnswer,
        tag="activities",
        parameters=(
            word_parameter("kind", ActivityKind, "Only of this kind."),
            word_parameter("reduction_class", ReductionClass, "Only of this class."),
            word_parameter("status", ActivityStatus, "Only in this status."),
            id_parameter("methodology_id", MethodologyId, "Only under this methodology version.", place="query"),
            id_parameter("operator_account", Address, "Only of this operator.", place="query"),
            Parameter(
                "code_contains",
                "query",
                "Only with these characters somewhere in the code, in capitals or not.",
                code,
                {"type": "string", "pattern": "^[!-~]{1,64}$"},
                "PV",
            ),
        ),
    ),
    ReadRoute(
        "/v1/activities/{activity:path}",
        read_activity,
        summary="A project or scenario with its totals",
        model=ActivityAnswer,
        tag="activities",
        parameters=(
            Parameter(
                "activity",
                "path",
                "Id (0x and 64 hexadecimal digits), or the public code, percent-encoded.",
                id_or_code(ActivityId),
                {"type": "string"},
                "SH-PV-0001",
            ),
        ),
        may_be_missing=True,
    ),
)
