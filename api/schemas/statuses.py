"""Where an operation stands."""

from typing import Annotated, Any, Literal

from pydantic import Field

from api.schemas.common import (
    Account,
    AsOf,
    Hash,
    Index,
    Model,
    OperationKindWord,
    certificate_path,
    hex0x,
    optional_hex0x,
)
from api.schemas.problems import ProblemRefusal
from chain.operations import OperationState, OperationStatus


class SentLinks(Model):
    """Where the operation will be found once it is in the log."""

    operation: str


class StatusLinks(Model):
    """Where to go on."""

    status: str
    operation: str
    certificate: str | None
    """Of a cancellation, once the index has it."""


class StatusAnswer(Model):
    """An operation as its submitter sees it (docs/spec/02-states.md §2.7)."""

    operation_id: Hash
    state: Literal["saved", "sent", "done", "refused"]
    kind: OperationKindWord
    sender: Account
    contract: Annotated[str, Field(examples=["reduction_ledger"])]
    record_hash: Hash
    transaction_hash: Hash | None
    block_number: Index | None
    refusal: ProblemRefusal | None
    """Why the contract refused it: nothing was changed."""
    leaf_index: Index | None
    """Its place in the log, once it is known to be there. An answer 201 always has it."""
    certificate_number: Annotated[int, Field(ge=1)] | None
    """Of a cancellation, once the index has it. Until then the answer has `Retry-After`: ask `links.status` again."""
    links: StatusLinks
    as_of: AsOf | None
    """The last block that the index holds; None while it is empty."""


class SentAnswer(Model):
    """A holder's transaction that the node took."""

    operation_id: Hash
    transaction_hash: Hash
    links: SentLinks
    as_of: AsOf | None


def status_path(operation_id: bytes) -> str:
    """Where the status of an operation is."""
    return operation_path(operation_id) + "/status"


def operation_path(operation_id: bytes) -> str:
    """Where an operation is, once it is in the log."""
    return f"/v1/operations/0x{operation_id.hex()}"


def status_links(operation_id: bytes, certificate: int | None = None) -> dict[str, str | None]:
    """Where to go on."""
    return {
        "status": status_path(operation_id),
        "operation": operation_path(operation_id),
        "certificate": certificate_path(certificate),
    }


def status_document(status: OperationStatus) -> dict[str, Any]:
    """A status as JSON, without what only the index knows."""
    refusal = None
    if status.state is OperationState.REFUSED:
        refusal = {"name": status.error_code, "arguments": dict(status.error_arguments or {})}
    return {
        "operation_id": hex0x(status.operation_id),
        "state": status.state.value,
        "kind": status.kind.label,
        "sender": hex0x(status.sender),
        "contract": status.contract.value,
        "record_hash": hex0x(status.record_hash),
        "transaction_hash": optional_hex0x(status.transaction_hash),
        "block_number": status.block_number,
        "refusal": refusal,
        "leaf_index": status.leaf_index,
        "certificate_number": None,
        "links": status_links(status.operation_id),
    }
