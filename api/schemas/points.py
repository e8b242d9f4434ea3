"""Points of persons as anyone may see them: by batch, provider, campaign and class, never by person."""

from typing import Annotated, Any

from pydantic import Field

from api.repository.points import BatchRow, CampaignCancellationRow, CampaignRow, ProviderRow
from api.repository.snapshots import rfc3339
from api.schemas.common import (
    Account,
    Answered,
    BatchKindWord,
    CampaignStatusWord,
    ClassWord,
    Code,
    Day,
    Hash,
    Index,
    Model,
    ProviderModeWord,
    ProviderStatusWord,
    PurposeWord,
    Quantity,
    Time,
    day,
    hex0x,
    label,
    optional_day,
    optional_hex0x,
    quantity,
)
from api.schemas.totals import Invariant
from indexer.schema import BatchFileState, PointBook
from ledger.vocabulary import (
    BatchKind,
    CampaignStatus,
    CancellationPurpose,
    ProviderMode,
    ProviderStatus,
    ReductionClass,
)

BatchNumber = Annotated[int, Field(ge=1, examples=[7])]
FileStateWord = Annotated[
    str, Field(pattern="^(none|" + "|".join(BatchFileState) + ")$", examples=[BatchFileState.CHECKED.value])
]
CLASSES = (ReductionClass.I, ReductionClass.II)


class BatchFile(Model):
    """Whether this instance has the entries of the batch and has checked them. The chain only has their hash."""

    state: FileStateWord
    """none: the batch has no entries; waiting: not here or not looked at yet; checked: they are what the chain says;
    wrong: they are not."""
    rule: str | None
    """Of a wrong file: what it breaks; of one that is waited for: why."""
    duplicates: Index | None
    """Entries that an earlier batch had."""
    overdrawn_persons: Index | None
    """Persons left with less than nothing by it; null where that is not known, or the batch takes nothing."""


class Batch(Model):
    """Entries of one kind and one class, under one root. Which of the parties is given follows from the kind."""

    batch_number: BatchNumber
    kind: BatchKindWord
    reduction_class: ClassWord
    total: str
    """Of the entries: grams of CO2e, one a point; in a behaviour batch behaviour value, which is never grams."""
    entry_count: Index
    root: Hash | None
    """Of the sum tree; null where a correction took nothing from persons."""
    file_hash: Hash | None
    activity_id: Hash | None
    activity_code: Code | None
    methodology_id: Hash | None
    sequence: Annotated[int, Field(ge=1)] | None
    """Of the operator's batches for the activity."""
    first_day: Day | None
    last_day: Day | None
    provider: Account | None
    bought_back: Quantity | None
    """What left the provider's pool as a lot, in the same transaction."""
    campaign_id: Hash | None
    campaign_code: Code | None
    corrected_batch: BatchNumber | None
    corrected: Quantity | None
    """Found over-credited, taken from persons or not."""
    after_batch: BatchNumber | None
    """Of a snapshot: the batch after which it was taken."""
    withheld: Quantity
    """First grams of an earn batch, which filled a deficit and were credited to nobody."""
    first_certificate: Annotated[int, Field(ge=1)] | None
    """Of a cancel batch: number of its first entry; entry i, counted from 0, has this + i."""
    personal_after: Quantity | None
    """What persons then had of the class."""
    file: BatchFile
    operation_id: Hash
    leaf_index: Index
    subject: Hash
    """Of the leaf: commits to all of this (docs/spec/05-points.md §5.3)."""
    time: Time


class BatchAnswer(Answered, Batch):
    """One batch, as of a block."""


class BatchesAnswer(Answered):
    """A page of batches, by number."""

    items: list[Batch]
    next: str | None


class ClassPool(Model):
    """What stands for one class."""

    reduction_class: ClassWord
    pooled: Quantity
    """There now."""
    gone: Quantity
    """Bought back (of a provider) or cancelled (for a campaign) so far."""


class Provider(Model):
    """A mall provider (G7). Full tonnes of its pool are bought back at once; `pooled` is what is left."""

    account: Account
    status: ProviderStatusWord
    mode: ProviderModeWord
    application_hash: Hash
    """SHA-256 of documents that stay with the exchange."""
    evaluation_hash: Hash
    agreement_hash: Hash
    pools: list[ClassPool]
    admitted_leaf_index: Index
    status_leaf_index: Index


class ProviderAnswer(Answered, Provider):
    """One provider, as of a block."""


class ProvidersAnswer(Answered):
    """A page of providers, in the order in which they were first admitted."""

    items: list[Provider]
    next: str | None


class CampaignCancellation(Quantity):
    """The campaign's whole pool of a class, cancelled for it under one certificate."""

    certificate_number: Annotated[int, Field(ge=1)]
    reduction_class: ClassWord
    purpose: PurposeWord
    operation_id: Hash
    leaf_index: Index
    time: Time


class Campaign(Model):
    """An event or enterprise that persons donate to (G5.3)."""

    campaign_id: Hash
    code: Code
    beneficiary: Account
    purpose: PurposeWord
    last_day: Day
    """It takes donations until this day is over."""
    document_hash: Hash
    status: CampaignStatusWord
    pools: list[ClassPool]
    opened_leaf_index: Index
    status_leaf_index: Index


class CampaignAnswer(Answered, Campaign):
    """One campaign, as of a block. The points of a donation went into its first cancellation after it."""

    cancellations: list[CampaignCancellation]


class CampaignsAnswer(Answered):
    """A page of campaigns, in the order in which they were opened."""

    items: list[Campaign]
    next: str | None


class ClassPoints(Model):
    """Points of one class."""

    reduction_class: ClassWord
    issued: Quantity
    personal: Quantity
    provider_pools: Quantity
    campaign_pools: Quantity
    bought_back: Quantity
    cancelled: Quantity
    taken_back: Quantity
    invariant: Invariant


class PointTotalsAnswer(Answered):
    """Points per class, with the invariant that they obey."""

    classes: list[ClassPoints]


def batch_document(row: BatchRow) -> dict[str, Any]:
    """A batch as JSON."""
    return {
        "batch_number": row.batch_number,
        "kind": label(BatchKind, row.kind),
        "reduction_class": label(ReductionClass, row.reduction_class),
        "total": str(row.total),
        "entry_count": row.entry_count,
        "root": optional_hex0x(row.root),
        "file_hash": optional_hex0x(row.file_hash),
        "activity_id": optional_hex0x(row.activity_id),
        "activity_code": row.activity_code,
        "methodology_id": optional_hex0x(row.methodology_id),
        "sequence": row.sequence,
        "first_day": optional_day(row.first_day),
        "last_day": optional_day(row.last_day),
        "provider": optional_hex0x(row.provider),
        "bought_back": optional_quantity(row.bought_back_grams),
        "campaign_id": optional_hex0x(row.campaign_id),
        "campaign_code": row.campaign_code,
        "corrected_batch": row.corrected_batch,
        "corrected": optional_quantity(row.corrected_grams),
        "after_batch": row.after_batch,
        "withheld": quantity(row.withheld_grams),
        "first_certificate": row.first_certificate,
        "personal_after": optional_quantity(row.personal_after_grams),
        "file": _file_document(row),
        "operation_id": hex0x(row.operation_id),
        "leaf_index": row.leaf_index,
        "subject": hex0x(row.subject),
        "time": rfc3339(row.timestamp),
    }


def optional_quantity(grams: int | None) -> dict[str, str] | None:
    """A quantity as JSON, or null."""
    return None if grams is None else quantity(grams)


def _file_document(row: BatchRow) -> dict[str, Any]:
    waiting = "none" if row.file_hash is None else BatchFileState.WAITING.value
    return {
        "state": row.file_state or waiting,
        "rule": row.file_rule,
        "duplicates": row.duplicates,
        "overdrawn_persons": row.overdrawn,
    }


Books = dict[tuple[PointBook, int], int]


def provider_document(row: ProviderRow, books: Books) -> dict[str, Any]:
    """A provider as JSON."""
    return {
        "account": hex0x(row.account),
        "status": label(ProviderStatus, row.status),
        "mode": label(ProviderMode, row.mode),
        "application_hash": hex0x(row.application_hash),
        "evaluation_hash": hex0x(row.evaluation_hash),
        "agreement_hash": hex0x(row.agreement_hash),
        "pools": _pools(books, PointBook.PROVIDER_POOL, PointBook.BOUGHT_BACK),
        "admitted_leaf_index": row.admitted_leaf_index,
        "status_leaf_index": row.status_leaf_index,
    }


def campaign_document(row: CampaignRow, books: Books) -> dict[str, Any]:
    """A campaign as JSON."""
    return {
        "campaign_id": hex0x(row.campaign_id),
        "code": row.code,
        "beneficiary": hex0x(row.beneficiary),
        "purpose": label(CancellationPurpose, row.purpose),
        "last_day": day(row.last_day),
        "document_hash": hex0x(row.document_hash),
        "status": label(CampaignStatus, row.status),
        "pools": _pools(books, PointBook.CAMPAIGN_POOL, PointBook.CANCELLED),
        "opened_leaf_index": row.opened_leaf_index,
        "status_leaf_index": row.status_leaf_index,
    }


def cancellation_document(row: CampaignCancellationRow) -> dict[str, Any]:
    """A campaign's cancellation as JSON."""
    return {
        "certificate_number": row.certificate_number,
        "reduction_class": label(ReductionClass, row.reduction_class),
        "purpose": label(CancellationPurpose, row.purpose),
        **quantity(row.grams),
        "operation_id": hex0x(row.operation_id),
        "leaf_index": row.leaf_index,
        "time": rfc3339(row.timestamp),
    }


def _pools(books: Books, pooled: PointBook, gone: PointBook) -> list[dict[str, Any]]:
    return [
        {
            "reduction_class": one.label,
            "pooled": quantity(books.get((pooled, int(one)), 0)),
            "gone": quantity(books.get((gone, int(one)), 0)),
        }
        for one in CLASSES
    ]


def totals_document(books: Books) -> dict[str, Any]:
    """Points per class as JSON."""
    return {"classes": [_class_document(one, books) for one in CLASSES]}


_NAMES = {
    PointBook.PERSONAL: "personal",
    PointBook.PROVIDER_POOL: "provider_pools",
    PointBook.CAMPAIGN_POOL: "campaign_pools",
    PointBook.BOUGHT_BACK: "bought_back",
    PointBook.CANCELLED: "cancelled",
    PointBook.TAKEN_BACK: "taken_back",
}


def _class_document(one: ReductionClass, books: Books) -> dict[str, Any]:
    issued = books.get((PointBook.ISSUED, int(one)), 0)
    parts = {name: books.get((book, int(one)), 0) for book, name in _NAMES.items()}
    together = sum(parts.values())
    return {
        "reduction_class": one.label,
        "issued": quantity(issued),
        **{name: quantity(grams) for name, grams in parts.items()},
        "invariant": {
            "statement": "issued = " + " + ".join(parts),
            "left_gco2e": str(issued),
            "right_gco2e": str(together),
            "holds": issued == together,
        },
    }
