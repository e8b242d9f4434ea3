"""The transparency log and its proofs."""

from api.caching import CacheRule
from api.parameters import Arguments, id_parameter, number_parameter
from api.reading import Found, ReadRoute
from api.repository import log, operations
from api.repository.snapshots import Snapshot
from api.schemas.common import hex0x, label, optional_hex0x, quantity
from api.schemas.log import ConsistencyProofAnswer, InclusionProofAnswer, LeafAnswer, LogAnswer
from ledger.encoding import FORMAT
from ledger.errors import InvalidInput, NotFound, OutOfRange
from ledger.ids import OperationId
from ledger.vocabulary import OperationKind


def read_log(snapshot: Snapshot, _: Arguments) -> Found:
    """Size and root of the log."""
    size = snapshot.as_of.log_size
    links = {
        "leaf": "/v1/log/leaves/{index}",
        "inclusion_proof": f"/v1/log/proof/inclusion?leaf_index={{leaf_index}}&tree_size={size}",
        "consistency_proof": f"/v1/log/proof/consistency?first={{first}}&second={size}",
        "checkpoint": "/checkpoint",
        "checkpoints": "/v1/log/checkpoints",
        "tlog_proof": "/v1/log/proof/tlog?leaf_index={leaf_index}",
    }
    return Found({"size": size, "root": hex0x(snapshot.as_of.log_root), "chain_id": snapshot.chain_id, "links": links})


def read_leaf(snapshot: Snapshot, arguments: Arguments) -> Found:
    """Everything that is hashed into a leaf."""
    row = operations.by_leaf(snapshot, arguments["leaf_index"])
    if row is None:
        raise NotFound("leaf", arguments["leaf_index"])
    document = {
        "leaf_index": row.leaf_index,
        "leaf_hash": hex0x(row.leaf_hash),
        "format": FORMAT,
        "chain_id": snapshot.chain_id,
        "ledger": hex0x(row.ledger),
        "kind": label(OperationKind, row.kind),
        "kind_number": row.kind,
        "operation_id": hex0x(row.operation_id),
        "subject": hex0x(row.subject),
        "from_account": optional_hex0x(row.from_account),
        "to_account": optional_hex0x(row.to_account),
        **quantity(row.grams),
        "record_hash": hex0x(row.record_hash),
        "timestamp": row.timestamp,
    }
    return Found(document, CacheRule.REVALIDATED)


def read_inclusion_proof(snapshot: Snapshot, arguments: Arguments) -> Found:
    """That a leaf is in the log of `tree_size`, by default of now."""
    index = leaf_index_of(snapshot, arguments["leaf_index"], arguments["operation_id"])
    size = snapshot.as_of.log_size
    tree_size: int = size if arguments["tree_size"] is None else arguments["tree_size"]
    if tree_size > size:
        raise OutOfRange("tree_size", f"be at most the log's size, {size}", tree_size)
    if index >= tree_size:
        if arguments["tree_size"] is None:
            raise NotFound("leaf", index)
        raise OutOfRange("tree_size", f"be more than the leaf's index, {index}", tree_size)
    leaf_hash, path = log.inclusion_proof(snapshot, index, tree_size)
    document = {
        "leaf_index": index,
        "leaf_hash": "0x" + leaf_hash.hex(),
        "tree_size": tree_size,
        "root": "0x" + log.root_of(snapshot, tree_size).hex(),
        "path": ["0x" + member.hex() for member in path],
    }
    return Found(document, CacheRule.REVALIDATED)


def read_consistency_proof(snapshot: Snapshot, arguments: Arguments) -> Found:
    """That the log at `first` leaves is the start of the log at `second`."""
    first, second = arguments["first"], arguments["second"]
    size = snapshot.as_of.log_size
    if second > size:
        raise OutOfRange("second", f"be at most the log's size, {size}", second)
    if first > second:
        raise OutOfRange("first", f"be at most second, {second}", first)
    document = {
        "first": first,
        "first_root": hex0x(log.root_of(snapshot, first)),
        "second": second,
        "second_root": hex0x(log.root_of(snapshot, second)),
        "path": [hex0x(member) for member in log.consistency_proof(snapshot, first, second)],
    }
    return Found(document, CacheRule.REVALIDATED)


def leaf_index_of(snapshot: Snapshot, leaf_index: int | None, operation_id: OperationId | None) -> int:
    """The leaf that is asked for by one of the two; `InvalidInput` unless exactly one is given."""
    if (leaf_index is None) == (operation_id is None):
        raise InvalidInput("leaf_index", "be given, or operation_id instead of it, and not both", leaf_index)
    if operation_id is None:
        assert leaf_index is not None  # noqa: S101 - one of the two is given
        return leaf_index
    found = log.leaf_index_of(snapshot, operation_id)
    if found is None:
        raise NotFound("operation", operation_id.hex0x)
    return found


INCLUSION_PROOF = ReadRoute(
    "/v1/log/proof/inclusion",
    read_inclusion_proof,
    summary="Proof that a leaf is in the log",
    description="Give `leaf_index` or `operation_id`. Checked as RFC 9162 §2.1.3.2 says, with SHA-256.",
    model=InclusionProofAnswer,
    tag="log",
    parameters=(
        number_parameter(
            "leaf_index", "Place of the leaf, counted from 0. This or `operation_id` must be given, not both."
        ),
        id_parameter(
            "operation_id", OperationId, "The operation whose leaf it is, instead of `leaf_index`.", place="query"
        ),
        number_parameter("tree_size", "Size of the log to prove for; by default its size now.", least=1),
    ),
    may_be_missing=True,
)

ROUTES = (
    ReadRoute("/v1/log", read_log, summary="Size and root of the log", model=LogAnswer, tag="log"),
    ReadRoute(
        "/v1/log/leaves/{leaf_index}",
        read_leaf,
        summary="A leaf: every value that is hashed into it",
        model=LeafAnswer,
        tag="log",
        parameters=(number_parameter("leaf_index", "Counted from 0.", place="path"),),
        may_be_missing=True,
    ),
    INCLUSION_PROOF,
    ReadRoute(
        "/v1/log/proof/consistency",
        read_consistency_proof,
        summary="Proof that the log at one size begins the log at another",
        description="Checked as RFC 9162 §2.1.4.2 says, with SHA-256.",
        model=ConsistencyProofAnswer,
        tag="log",
        parameters=(
            number_parameter("first", "The older size.", least=1, required=True),
            number_parameter("second", "The newer size.", least=1, required=True),
        ),
    ),
)
