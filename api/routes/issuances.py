"""Proposed issuances."""

from api.pagination import Key
from api.parameters import Arguments, id_parameter, word_parameter
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import issuances
from api.repository.snapshots import Snapshot
from api.schemas.issuances import IssuanceAnswer, IssuancesAnswer, issuance_document
from ledger.errors import NotFound
from ledger.ids import ActivityId, OperationId
from ledger.vocabulary import ProposalStatus


def read_issuance(snapshot: Snapshot, arguments: Arguments) -> Found:
    """A proposal by the id of the operation that made it."""
    found = issuances.by_id(snapshot, arguments["proposal_id"])
    if found is None:
        raise NotFound("proposal", str(arguments["proposal_id"]))
    return Found(issuance_document(found))


def read_issuances(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Proposals in the order in which they were made."""
    rows = issuances.page(snapshot, **arguments, after=-1 if after is None else int(after[0]), limit=limit)
    return [((row.proposed_leaf_index,), issuance_document(row)) for row in rows]


ROUTES = (
    ListRoute(
        "/v1/issuances",
        read_issuances,
        key_types=(int,),
        summary="Proposed issuances",
        model=IssuancesAnswer,
        tag="issuances",
        parameters=(
            word_parameter("status", ProposalStatus, "Only in this status."),
            id_parameter("activity_id", ActivityId, "Only of this activity.", place="query"),
        ),
    ),
    ReadRoute(
        "/v1/issuances/{proposal_id}",
        read_issuance,
        summary="A proposed issuance and what became of it",
        model=IssuanceAnswer,
        tag="issuances",
        parameters=(id_parameter("proposal_id", OperationId, "Id of the operation that proposed it."),),
        may_be_missing=True,
    ),
)
