"""Certificates of cancellation."""

from typing import Annotated, Any

from pydantic import Field

from api.repository.certificates import CertificateRow
from api.repository.records import disclose
from api.repository.snapshots import rfc3339
from api.schemas.common import (
    Account,
    Answered,
    ClassWord,
    Code,
    Day,
    Hash,
    Index,
    MethodologyRef,
    PurposeWord,
    Quantity,
    Serial,
    Time,
    day,
    hex0x,
    label,
    quantity,
)
from api.schemas.lots import ActivityRef
from api.schemas.operations import Links, links
from api.schemas.records import PublicRecord
from ledger.vocabulary import ActivityKind, CancellationPurpose, ReductionClass


class Certificate(Quantity):
    """Grams of a lot that were cancelled for good."""

    number: Annotated[int, Field(ge=1, examples=[1])]
    """Given by the chain, in order, without gaps."""
    account: Account
    """That held and cancelled."""
    purpose: PurposeWord
    lot_id: Hash
    activity_id: Hash
    activity_code: Code
    reduction_class: ClassWord
    first_serial: Serial
    last_serial: Serial
    operation_id: Hash
    leaf_index: Index
    time: Time


class CertificateAnswer(Answered, Quantity):
    """A certificate with the public part of its record and what is needed to check it against the log."""

    number: Annotated[int, Field(ge=1, examples=[1])]
    account: Account
    purpose: PurposeWord
    lot_id: Hash
    reduction_class: ClassWord
    first_day: Day
    """First day of the lot's monitoring period."""
    last_day: Day
    activity: ActivityRef
    methodology: MethodologyRef
    first_serial: Serial
    """The cancelled serial numbers, one for each gram, run from here ..."""
    last_serial: Serial
    """... to here."""
    operation_id: Hash
    time: Time
    timestamp: Index
    """Of the block, seconds since 1970-01-01T00:00:00Z, as it is hashed into the leaf."""
    subject: Hash
    """Of the leaf: commits to number, lot, purpose and first serial (docs/spec/03-encodings.md §3.2)."""
    ledger: Account
    record_hash: Hash
    record: PublicRecord | None
    """None where the document is not kept here (it was submitted elsewhere)."""
    leaf_index: Index
    leaf_hash: Hash
    block_number: Index
    transaction_hash: Hash
    links: Links


class CertificatesAnswer(Answered):
    """A page of certificates, by number."""

    items: list[Certificate]
    next: str | None


def certificate_summary(row: CertificateRow) -> dict[str, Any]:
    """A certificate as JSON, in a list."""
    return {
        "number": row.number,
        "account": hex0x(row.account),
        "purpose": label(CancellationPurpose, row.purpose),
        **quantity(row.grams),
        "lot_id": hex0x(row.lot_id),
        "activity_id": hex0x(row.activity_id),
        "activity_code": row.activity_code,
        "reduction_class": label(ReductionClass, row.reduction_class),
        "first_serial": str(row.first_serial),
        "last_serial": str(row.first_serial + row.grams - 1),
        "operation_id": hex0x(row.operation_id),
        "leaf_index": row.leaf_index,
        "time": rfc3339(row.timestamp),
    }


def certificate_document(row: CertificateRow, log_size: int) -> dict[str, Any]:
    """A certificate as JSON, whole."""
    record = None
    if row.document is not None and row.disclosed is not None:
        record = disclose(row.document, row.disclosed)
    return {
        "number": row.number,
        "account": hex0x(row.account),
        "purpose": label(CancellationPurpose, row.purpose),
        **quantity(row.grams),
        "lot_id": hex0x(row.lot_id),
        "reduction_class": label(ReductionClass, row.reduction_class),
        "first_day": day(row.first_day),
        "last_day": day(row.last_day),
        "activity": {
            "activity_id": hex0x(row.activity_id),
            "code": row.activity_code,
            "kind": label(ActivityKind, row.activity_kind),
        },
        "methodology": {
            "methodology_id": hex0x(row.methodology_id),
            "code": row.methodology_code,
            "version": row.methodology_version,
        },
        "first_serial": str(row.first_serial),
        "last_serial": str(row.first_serial + row.grams - 1),
        "operation_id": hex0x(row.operation_id),
        "time": rfc3339(row.timestamp),
        "timestamp": row.timestamp,
        "subject": hex0x(row.subject),
        "ledger": hex0x(row.ledger),
        "record_hash": hex0x(row.record_hash),
        "record": record,
        "leaf_index": row.leaf_index,
        "leaf_hash": hex0x(row.leaf_hash),
        "block_number": row.block_number,
        "transaction_hash": hex0x(row.transaction_hash),
        "links": links(row.leaf_index, log_size),
    }
