"""Certificates of cancellation."""

from typing import Annotated, Any

import orjson
from pydantic import Field

from api.repository.certificates import CertificateRow, CertificateSummaryRow, LeafRow
from api.repository.lots import LotRow
from api.repository.points import BatchRow, CampaignCancellationRow
from api.repository.snapshots import rfc3339
from api.schemas.common import (
    Account,
    Answered,
    ClassWord,
    Code,
    Day,
    Grams,
    Hash,
    Index,
    MethodologyRef,
    Model,
    PurposeWord,
    Quantity,
    Serial,
    Time,
    Tonnes,
    hex0x,
    label,
    optional_hex0x,
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
    activity_id: Hash | None
    """None where the lot was bought back from points, as everything else of its origin."""
    activity_code: Code | None
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
    first_day: Day | None
    """First day of the monitoring period."""
    last_day: Day | None
    activity: ActivityRef | None
    methodology: MethodologyRef | None
    redeem_operation_id: Hash | None
    """Of a lot that was bought back from points, and has none of the four before."""


CertificateKindWord = Annotated[str, Field(pattern="^(reductions|points|campaign)$", examples=["reductions"])]


class CertificateBatch(Model):
    """Where a person's cancellation of points stands: an entry of a cancel batch (docs/spec/05-points.md). Whose it is
    and how many grams it cancels, its holder proves with the entry's proof; this certificate does not say.
    """

    batch_number: Annotated[int, Field(ge=1)]
    entry_index: Index
    reduction_class: ClassWord
    root: Hash
    total: Grams
    """Grams that all entries of the batch cancel."""
    entry_count: Index
    file_hash: Hash


class CertificateCampaign(Model):
    """The campaign whose whole pool of a class was cancelled for it."""

    campaign_id: Hash
    code: Code
    reduction_class: ClassWord


class CertificateAnswer(Answered):
    """A certificate with the public part of its record and what is needed to check it against the log. Numbers are one
    sequence over reductions, points that persons cancel, and campaigns.
    """

    number: Annotated[int, Field(ge=1, examples=[1])]
    kind: CertificateKindWord
    account: Account | None
    """That held and cancelled; null where points were cancelled."""
    purpose: PurposeWord | None
    """Null where persons cancelled points of their own will."""
    quantity_gco2e: Grams | None
    """Whole grams; null where persons cancelled points."""
    quantity_tonnes: Tonnes | None
    lot: CertificateLot | None
    """Of cancelled reductions; so are the serial numbers."""
    first_serial: Serial | None
    """The cancelled serial numbers, one for each gram, run from here ..."""
    last_serial: Serial | None
    """... to here."""
    batch: CertificateBatch | None
    """Of points that persons cancelled."""
    campaign: CertificateCampaign | None
    """Of points that were cancelled for a campaign."""
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
        "activity_id": optional_hex0x(row.activity_id),
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
        "kind": "reductions",
        "account": "0x" + row.account.hex(),
        "purpose": _PURPOSES[row.purpose],
        "quantity_gco2e": str(row.grams),
        "quantity_tonnes": format_tonnes(row.grams),
        "lot": lot,
        "first_serial": str(row.first_serial),
        "last_serial": str(row.first_serial + row.grams - 1),
        "batch": None,
        "campaign": None,
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


def batch_certificate(number: int, batch: BatchRow, leaf: LeafRow, log_size: int) -> dict[str, Any]:
    """The certificate of an entry of a cancel batch: nothing of the person, not even how much."""
    assert batch.first_certificate is not None  # noqa: S101 - it is a cancel batch
    of_batch = {
        "batch_number": batch.batch_number,
        "entry_index": number - batch.first_certificate,
        "reduction_class": label(ReductionClass, batch.reduction_class),
        "root": optional_hex0x(batch.root),
        "total": str(batch.total),
        "entry_count": batch.entry_count,
        "file_hash": optional_hex0x(batch.file_hash),
    }
    return {**_of_points(number, "points"), "batch": of_batch, **_leaf(leaf, log_size)}


def campaign_certificate(row: CampaignCancellationRow, leaf: LeafRow, log_size: int) -> dict[str, Any]:
    """The certificate of a campaign's cancellation."""
    of_campaign = {
        "campaign_id": hex0x(row.campaign_id),
        "code": row.campaign_code,
        "reduction_class": label(ReductionClass, row.reduction_class),
    }
    return {
        **_of_points(row.certificate_number, "campaign"),
        "purpose": _PURPOSES[row.purpose],
        **quantity(row.grams),
        "campaign": of_campaign,
        **_leaf(leaf, log_size),
    }


_NONE_OF_POINTS = ("account", "purpose", "quantity_gco2e", "quantity_tonnes", "lot", "first_serial", "last_serial")


def _of_points(number: int, kind: str) -> dict[str, Any]:
    return {"number": number, "kind": kind, **dict.fromkeys((*_NONE_OF_POINTS, "batch", "campaign"))}


def _leaf(leaf: LeafRow, log_size: int) -> dict[str, Any]:
    return {
        "operation_id": hex0x(leaf.operation_id),
        "time": rfc3339(leaf.timestamp),
        "timestamp": leaf.timestamp,
        "subject": hex0x(leaf.subject),
        "ledger": hex0x(leaf.ledger),
        "record_hash": hex0x(leaf.record_hash),
        "record": None if leaf.public_record is None else orjson.Fragment(leaf.public_record),
        "leaf_index": leaf.leaf_index,
        "leaf_hash": hex0x(leaf.leaf_hash),
        "block_number": leaf.block_number,
        "transaction_hash": hex0x(leaf.transaction_hash),
        "links": links(leaf.leaf_index, log_size),
    }
