"""Operations and transfers."""

from api.pagination import Key
from api.parameters import Arguments, choice_parameter, id_parameter, word_parameter
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import operations
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
from ledger.errors import NotFound
from ledger.ids import Address, Hash32, LotId, OperationId
from ledger.vocabulary import OperationKind

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
    document["links"] = {
        **links(row.leaf_index, snapshot.as_of.log_size),
        "certificate": certificate_path(certificate),
    }
    return Found(document)


def read_operations(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Operations in the order of the log, or against it."""
    rows = operations.page(
        snapshot,
        kind=arguments["kind"],
        subject=arguments["subject"],
        account=arguments["account"],
        newest_first=arguments["order"] == "newest-first",
        after=None if after is None else int(after[0]),
        limit=limit,
    )
    return [((row.leaf_index,), operation_document(row)) for row in rows]


def read_transfers(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Transfers in the order of the log, or against it."""
    rows = operations.page(
        snapshot,
        kind=OperationKind.REDUCTION_TRANSFERRED,
        subject=arguments["lot_id"],
        account=arguments["account"],
        newest_first=arguments["order"] == "newest-first",
        after=None if after is None else int(after[0]),
        limit=limit,
    )
    return [((row.leaf_index,), transfer_document(row)) for row in rows]


ROUTES = (
    ListRoute(
        "/v1/operations",
        read_operations,
        key_types=(int,),
        summary="Operations, which are the leaves of the log",
        model=OperationsAnswer,
        tag="operations",
        parameters=(
            word_parameter("kind", OperationKind, "Only of this kind."),
            id_parameter(
                "account", Address, "Only where this account gave, received, or is the subject.", place="query"
            ),
            id_parameter("subject", Hash32, "Only about this subject: docs/spec/03-encodings.md §3.4.", place="query"),
            ORDER,
        ),
    ),
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
