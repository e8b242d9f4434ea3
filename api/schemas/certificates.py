"""Certificates of cancellation."""

from typing import Annotated, Any

import orjson
from pydantic import Field

from api.repository.certificates import CertificateRow, CertificateSummaryRow
from api.repository.lots import LotRow
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
    Model,
    PurposeWord,
    Quantity,
    Serial,
    Time,
    hex0x,
    label,
    quantity,
)
from api.schemas.lots import ActivityRef, lot_document
from api.schemas.operations import Links, links
from api.schemas.records import PublicRecord
from ledger.units import format_tonnes
from ledger.vocabulary import CancellationPurpose, ReductionClass


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


class CertificateLot(Model):
    """Whose reductions were cancelled. None of it ever changes."""

    lot_id: Hash
    reduction_class: ClassWord
    first_day: Day
    """First day of the monitoring period."""
    last_day: Day
    activity: ActivityRef
    methodology: MethodologyRef


class CertificateAnswer(Answered, Quantity):
    """A certificate with the public part of its record and what is needed to check it against the log."""

    number: Annotated[int, Field(ge=1, examples=[1])]
    account: Account
    """That held and cancelled."""
    purpose: PurposeWord
    lot: CertificateLot
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
    """Contract that appended the leaf."""
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


def certificate_summary(row: CertificateSummaryRow) -> dict[str, Any]:
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


def certificate_lot(row: LotRow) -> dict[str, Any]:
    """What a certificate says of its lot."""
    lot = lot_document(row)
    return {name: lot[name] for name in CertificateLot.model_fields}


def certificate_document(row: CertificateRow, lot: orjson.Fragment, log_size: int) -> dict[str, Any]:
    """A certificate as JSON, whole. The most asked answer: written out, since each call of a helper shows in its
    cost.
    """
    return {
        "number": row.number,
        "account": "0x" + row.account.hex(),
        "purpose": _PURPOSES[row.purpose],
        "quantity_gco2e": str(row.grams),
        "quantity_tonnes": format_tonnes(row.grams),
        "lot": lot,
        "first_serial": str(row.first_serial),
        "last_serial": str(row.first_serial + row.grams - 1),
        "operation_id": "0x" + row.operation_id.hex(),
        "time": rfc3339(row.timestamp),
        "timestamp": row.timestamp,
        "subject": "0x" + row.subject.hex(),
        "ledger": "0x" + row.ledger.hex(),
        "record_hash": "0x" + row.record_hash.hex(),
        "record": None if row.public_record is None else orjson.Fragment(row.public_record),
        "leaf_index": row.leaf_index,
        "leaf_hash": "0x" + row.leaf_hash.hex(),
        "block_number": row.block_number,
        "transaction_hash": "0x" + row.transaction_hash.hex(),
        "links": links(row.leaf_index, log_size),
    }


_PURPOSES = {int(purpose): purpose.label for purpose in CancellationPurpose}
