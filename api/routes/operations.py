"""Operations and transfers."""

from api.pagination import Key
from api.parameters import (
    LARGEST_INTEGER,
    Arguments,
    choice_parameter,
    day_parameter,
    id_parameter,
    number_parameter,
    word_parameter,
)
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import operations, postings
from api.repository.log import first_leaf_of_day
from api.repository.records import public_record
from api.repository.snapshots import Snapshot
from api.schemas.common import certificate_path
from api.schemas.operations import (
    OperationAnswer,
    OperationsAnswer,
    TransfersAnswer,
    links,
    operation_document,
    transfer_document,
)
from api.schemas.postings import posting_document
from ledger.errors import NotFound
from ledger.ids import ActivityId, Address, Hash32, LotId, OperationId
from ledger.vocabulary import OperationKind

_LAST_LEAF = LARGEST_INTEGER - 1

ORDER = choice_parameter("order", ("oldest-first", "newest-first"), "Order of the log, or against it.")


def read_operation(snapshot: Snapshot, arguments: Arguments) -> Found:
    """An operation by id, with the public part of its record."""
    row = operations.by_id(snapshot, arguments["operation_id"])
    if row is None:
        raise NotFound("operation", str(arguments["operation_id"]))
    document = operation_document(row)
    document["record"] = public_record(snapshot, row.record_hash)
    outcome = operations.outcome_of(snapshot, row.operation_id)
    certificate = None if outcome is None else outcome[1]
    document["certificate_number"] = certificate
    document["postings"] = [posting_document(one) for one in postings.of_operation(snapshot, row.leaf_index)]
    document["links"] = {
        **links(row.leaf_index, snapshot.as_of.log_size),
        "certificate": certificate_path(certificate),
    }
    return Found(document)


def read_operations(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Operations in the order of the log, or against it."""
    begin, end = _leaves(snapshot, arguments)
    wanted = operations.Wanted(
        kind=arguments["kind"],
        subject=arguments["subject"],
        account=arguments["account"],
        lot_id=arguments["lot_id"],
        activity_id=arguments["activity_id"],
        first_leaf=begin,
        end_leaf=end,
    )
    rows = operations.page(
        snapshot,
        wanted,
        newest_first=arguments["order"] == "newest-first",
        after=None if after is None else int(after[0]),
        limit=limit,
    )
    return [((row.leaf_index,), operation_document(row)) for row in rows]


def _leaves(snapshot: Snapshot, arguments: Arguments) -> tuple[int, int | None]:
    """The first leaf that may be meant, and the first behind those that may be: by leaves and by days."""
    begin: int = arguments["first_leaf"] or 0
    ends: list[int] = [] if arguments["last_leaf"] is None else [arguments["last_leaf"] + 1]
    if (first_day := arguments["first_day"]) is not None:
        begin = max(begin, first_leaf_of_day(snapshot, first_day))
    if (last_day := arguments["last_day"]) is not None:
        ends.append(first_leaf_of_day(snapshot, last_day + 1))
    return begin, min(ends, default=None)


def read_transfers(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Transfers in the order of the log, or against it."""
    kind = OperationKind.REDUCTION_TRANSFERRED
    rows = operations.page(
        snapshot,
        operations.Wanted(kind=kind, subject=arguments["lot_id"], account=arguments["account"]),
        newest_first=arguments["order"] == "newest-first",
        after=None if after is None else int(after[0]),
        limit=limit,
    )
    return [((row.leaf_index,), transfer_document(row)) for row in rows]


OPERATIONS = ListRoute(
    "/v1/operations",
    read_operations,
    key_types=(int,),
    summary="Operations, which are the leaves of the log",
    model=OperationsAnswer,
    tag="operations",
    parameters=(
        word_parameter("kind", OperationKind, "Only of this kind."),
        id_parameter("account", Address, "Only where this account gave, received, or is the subject.", place="query"),
        id_parameter("subject", Hash32, "Only about this subject: docs/spec/03-encodings.md §3.4.", place="query"),
        id_parameter(
            "lot_id",
            LotId,
            "Only of this lot: its proposal, what moved or froze it, its certificates.",
            place="query",
        ),
        id_parameter(
            "activity_id", ActivityId, "Only of this activity: its own, its lots' and its batches'.", place="query"
        ),
        day_parameter("first_day", "Only of this day in Shanghai or later."),
        day_parameter("last_day", "Only of this day in Shanghai or earlier."),
        number_parameter("first_leaf", "Only from this leaf on.", most=_LAST_LEAF),
        number_parameter("last_leaf", "Only up to this leaf.", most=_LAST_LEAF),
        ORDER,
    ),
)

ROUTES = (
    OPERATIONS,
    ReadRoute(
        "/v1/operations/{operation_id}",
        read_operation,
        summary="An operation with the public part of its record",
        model=OperationAnswer,
        tag="operations",
        parameters=(id_parameter("operation_id", OperationId, "Id of the operation."),),
        may_be_missing=True,
    ),
    ListRoute(
        "/v1/transfers",
        read_transfers,
        key_types=(int,),
        summary="Transfers between accounts",
        model=TransfersAnswer,
        tag="transfers",
        parameters=(
            id_parameter("account", Address, "Only where this account gave or received.", place="query"),
            id_parameter("lot_id", LotId, "Only of this lot.", place="query"),
            ORDER,
        ),
    ),
)
