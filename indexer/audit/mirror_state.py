"""The whole state of both ledgers out of a mirror, in the form of the reference model, to be held against it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, Row, select

from indexer import schema
from indexer.ledger_state import load_state
from indexer.schema import PointBook
from ledger.batches import NO_ENTRIES, BatchCommitment
from ledger.ids import ZERO_HASH, Address, CampaignId, Hash32, LotId, OperationId
from ledger.model import Batch, Campaign, CampaignCancellation, Certificate, ModelState, PointTotals, Provider
from ledger.vocabulary import (
    BatchKind,
    CampaignStatus,
    CancellationPurpose,
    ProviderMode,
    ProviderStatus,
    ReductionClass,
)

_TOTALS = {
    "issued_grams": PointBook.ISSUED,
    "personal_grams": PointBook.PERSONAL,
    "pooled_by_providers_grams": PointBook.PROVIDER_POOL,
    "pooled_by_campaigns_grams": PointBook.CAMPAIGN_POOL,
    "bought_back_grams": PointBook.BOUGHT_BACK,
    "cancelled_grams": PointBook.CANCELLED,
    "taken_back_grams": PointBook.TAKEN_BACK,
}


def mirrored_state(connection: Connection) -> ModelState:
    """Everything that the mirror knows of what `ModelState` holds; not in it: roles, digests, peaks of the log."""
    state = load_state(connection, {})
    points = {
        (PointBook(row.book), bytes(row.owner), ReductionClass.from_number(row.reduction_class)): row.quantity_gco2e
        for row in connection.execute(select(schema.point_balances))
    }
    return replace(
        state,
        certificates=_certificates(connection),
        providers=_providers(connection),
        campaigns=_campaigns(connection),
        batches=_batches(connection),
        point_totals=_point_totals(points),
        provider_pools={
            (Address(owner[12:]), one): grams
            for (book, owner, one), grams in points.items()
            if book is PointBook.PROVIDER_POOL
        },
        campaign_pools={
            (CampaignId(owner), one): grams
            for (book, owner, one), grams in points.items()
            if book is PointBook.CAMPAIGN_POOL
        },
        campaign_cancellations=_campaign_cancellations(connection),
    )


def _certificates(connection: Connection) -> dict[int, Certificate]:
    table, operations = schema.certificates, schema.operations
    question = select(table, operations.c.operation_id).join(operations, operations.c.leaf_index == table.c.leaf_index)
    return {
        row.number: Certificate(
            number=row.number,
            lot_id=LotId(row.lot_id),
            account=Address(row.account),
            purpose=CancellationPurpose.from_number(row.purpose),
            grams=row.quantity_gco2e,
            first_serial=row.first_serial,
            operation_id=OperationId(row.operation_id),
        )
        for row in connection.execute(question)
    }


def _providers(connection: Connection) -> dict[Address, Provider]:
    """With the documents of the latest admission."""
    admissions = {
        bytes(row.account): row
        for row in connection.execute(
            select(schema.provider_admissions).order_by(schema.provider_admissions.c.leaf_index)
        )
    }
    return {
        Address(row.account): Provider(
            mode=ProviderMode.from_number(admissions[bytes(row.account)].mode),
            application_hash=Hash32(admissions[bytes(row.account)].application_hash),
            evaluation_hash=Hash32(admissions[bytes(row.account)].evaluation_hash),
            agreement_hash=Hash32(admissions[bytes(row.account)].agreement_hash),
            status=ProviderStatus.from_number(row.status),
        )
        for row in connection.execute(select(schema.providers))
    }


def _campaigns(connection: Connection) -> dict[CampaignId, Campaign]:
    return {
        CampaignId(row.campaign_id): Campaign(
            code=row.code,
            beneficiary=Address(row.beneficiary),
            purpose=CancellationPurpose.from_number(row.purpose),
            last_day=row.last_day,
            document_hash=Hash32(row.document_hash),
            status=CampaignStatus.from_number(row.status),
        )
        for row in connection.execute(select(schema.campaigns))
    }


def _batches(connection: Connection) -> dict[int, Batch]:
    """With what persons had after each, which no event says of behaviour and snapshots: it is what it was before."""
    batches: dict[int, Batch] = {}
    corrected: dict[int, int] = {}
    personal = {ReductionClass.I: 0, ReductionClass.II: 0}
    for row in connection.execute(select(schema.batches).order_by(schema.batches.c.batch_number)):
        reduction_class = ReductionClass.from_number(row.reduction_class)
        if row.personal_after_gco2e is not None:
            personal[reduction_class] = row.personal_after_gco2e
        if row.corrected_batch is not None:
            corrected[row.corrected_batch] = corrected.get(row.corrected_batch, 0) + row.corrected_gco2e
        batches[row.batch_number] = _batch(row, reduction_class, personal)
    return {
        number: replace(batch, corrected_grams=corrected.get(number, 0)) if number in corrected else batch
        for number, batch in batches.items()
    }


def _batch(row: Row[Any], reduction_class: ReductionClass, personal: Mapping[ReductionClass, int]) -> Batch:
    commitment = NO_ENTRIES
    if row.root is not None:
        commitment = BatchCommitment(
            root=Hash32(row.root), total=row.total, entry_count=row.entry_count, file_hash=Hash32(row.file_hash)
        )
    return Batch(
        kind=BatchKind.from_number(row.kind),
        reduction_class=reduction_class,
        party=_party(row),
        commitment=commitment,
        first_day=row.first_day or 0,
        last_day=row.last_day or 0,
        withheld_grams=row.withheld_gco2e,
        first_certificate=row.first_certificate or 0,
        personal_class_i_grams=personal[ReductionClass.I],
        personal_class_ii_grams=personal[ReductionClass.II],
    )


def _party(row: Row[Any]) -> Hash32:
    """docs/spec/05-points.md §5.3."""
    if (number := row.corrected_batch or row.after_batch) is not None:
        return Hash32(number.to_bytes(32, "big"))
    return Hash32((row.activity_id or row.provider or row.campaign_id or ZERO_HASH).rjust(32, b"\x00"))


def _point_totals(points: Mapping[tuple[PointBook, bytes, ReductionClass], int]) -> dict[ReductionClass, PointTotals]:
    sums: dict[tuple[PointBook, ReductionClass], int] = {}
    for (book, _, one), grams in points.items():
        sums[book, one] = sums.get((book, one), 0) + grams
    return {
        one: PointTotals(**{name: sums.get((book, one), 0) for name, book in _TOTALS.items()})
        for one in (ReductionClass.I, ReductionClass.II)
        if any(key[1] is one for key in sums)
    }


def _campaign_cancellations(connection: Connection) -> dict[int, CampaignCancellation]:
    table, operations = schema.campaign_cancellations, schema.operations
    question = select(table, operations.c.operation_id).join(operations, operations.c.leaf_index == table.c.leaf_index)
    return {
        row.certificate_number: CampaignCancellation(
            number=row.certificate_number,
            campaign_id=CampaignId(row.campaign_id),
            reduction_class=ReductionClass.from_number(row.reduction_class),
            purpose=CancellationPurpose.from_number(row.purpose),
            grams=row.quantity_gco2e,
            operation_id=OperationId(row.operation_id),
        )
        for row in connection.execute(question)
    }
