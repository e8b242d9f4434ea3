"""Lots."""

from api.pagination import Key
from api.parameters import Arguments, choice_parameter, id_parameter, word_parameter
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import lots
from api.repository.snapshots import Snapshot
from api.schemas.lots import LotAnswer, LotsAnswer, lot_document
from indexer.schema import LotStatus
from ledger.errors import NotFound
from ledger.ids import ActivityId, Address, LotId
from ledger.vocabulary import ReductionClass


def read_lot(snapshot: Snapshot, arguments: Arguments) -> Found:
    """A lot by id."""
    found = lots.by_id(snapshot, arguments["lot_id"])
    if found is None:
        raise NotFound("lot", str(arguments["lot_id"]))
    return Found(lot_document(found))


def read_lots(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Lots in the order in which they were confirmed."""
    status = arguments.pop("status")
    rows = lots.page(
        snapshot,
        **arguments,
        status=None if status is None else LotStatus[status.upper()],
        after=-1 if after is None else int(after[0]),
        limit=limit,
    )
    return [((row.issued_leaf_index,), lot_document(row)) for row in rows]


ROUTES = (
    ListRoute(
        "/v1/lots",
        read_lots,
        key_types=(int,),
        summary="Lots",
        model=LotsAnswer,
        tag="lots",
        parameters=(
            id_parameter("activity_id", ActivityId, "Only of this activity.", place="query"),
            word_parameter("reduction_class", ReductionClass, "Only of this class."),
            choice_parameter("status", ("free", "frozen"), "Only in this status.", optional=True),
            id_parameter("credited_account", Address, "Only credited to this account.", place="query"),
        ),
    ),
    ReadRoute(
        "/v1/lots/{lot_id}",
        read_lot,
        summary="A lot with its serial numbers and quantities",
        model=LotAnswer,
        tag="lots",
        parameters=(id_parameter("lot_id", LotId, "Id of the lot, which as an integer is its ERC-1155 id."),),
        may_be_missing=True,
    ),
)
