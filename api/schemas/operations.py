"""Operations and transfers."""

from typing import Annotated, Any

from pydantic import Field

from api.repository.operations import OperationRow
from api.repository.snapshots import rfc3339
from api.schemas.common import (
    Account,
    Answered,
    Hash,
    Index,
    Model,
    OperationKindWord,
    Quantity,
    Time,
    hex0x,
    label,
    optional_hex0x,
    quantity,
)
from api.schemas.postings import Posting
from api.schemas.records import PublicRecord
from ledger.vocabulary import OperationKind


class Operation(Quantity):
    """One supervised step, which is one leaf of the log."""

    leaf_index: Index
    operation_id: Hash
    kind: OperationKindWord
    ledger: Account
    """Contract that appended the leaf."""
    subject: Hash
    """What the operation is about, by kind: docs/spec/03-encodings.md §3.4."""
    from_account: Account | None
    to_account: Account | None
    record_hash: Hash
    timestamp: Index
    """Of the block, seconds since 1970-01-01T00:00:00Z, as it is hashed into the leaf."""
    time: Time
    leaf_hash: Hash
    block_number: Index
    transaction_hash: Hash


class Links(Model):
    """Where to go on."""

    leaf: str
    inclusion_proof: str


class OperationLinks(Links):
    """Where to go on from an operation."""

    certificate: str | None
    """Of a cancellation."""


class OperationAnswer(Answered, Operation):
    """One operation with the public part of its record."""

    record: PublicRecord | None
    """None where the document is not kept here (it was submitted elsewhere)."""
    certificate_number: Annotated[int, Field(ge=1)] | None
    """Of a cancellation."""
    postings: list[Posting]
    """What moved, in double entry; none where nothing did."""
    links: OperationLinks


class OperationsAnswer(Answered):
    """A page of operations, in the order of the log."""

    items: list[Operation]
    next: str | None


class Transfer(Quantity):
    """Grams of a lot that went from one account to another."""

    leaf_index: Index
    operation_id: Hash
    lot_id: Hash
    from_account: Account
    to_account: Account
    time: Time
    block_number: Index


class TransfersAnswer(Answered):
    """A page of transfers, in the order of the log."""

    items: list[Transfer]
    next: str | None


def operation_document(row: OperationRow) -> dict[str, Any]:
    """An operation as JSON."""
    return {
        "leaf_index": row.leaf_index,
        "operation_id": hex0x(row.operation_id),
        "kind": label(OperationKind, row.kind),
        "ledger": hex0x(row.ledger),
        "subject": hex0x(row.subject),
        "from_account": optional_hex0x(row.from_account),
        "to_account": optional_hex0x(row.to_account),
        **quantity(row.grams),
        "record_hash": hex0x(row.record_hash),
        "timestamp": row.timestamp,
        "time": rfc3339(row.timestamp),
        "leaf_hash": hex0x(row.leaf_hash),
        "block_number": row.block_number,
        "transaction_hash": hex0x(row.transaction_hash),
    }


def links(leaf_index: int, tree_size: int) -> dict[str, str]:
    """Where the leaf and its proof are."""
    return {
        "leaf": f"/v1/log/leaves/{leaf_index}",
        "inclusion_proof": f"/v1/log/proof/inclusion?leaf_index={leaf_index}&tree_size={tree_size}",
    }


def transfer_document(row: OperationRow) -> dict[str, Any]:
    """A transfer as JSON; the subject of its leaf is the lot."""
    return {
        "leaf_index": row.leaf_index,
        "operation_id": hex0x(row.operation_id),
        "lot_id": hex0x(row.subject),
        "from_account": optional_hex0x(row.from_account),
        "to_account": optional_hex0x(row.to_account),
        **quantity(row.grams),
        "time": rfc3339(row.timestamp),
        "block_number": row.block_number,
    }
