"""Methodology versions."""

from typing import Annotated, Any

from pydantic import Field, WithJsonSchema

from api.repository.methodologies import MethodologyRow
from api.schemas.common import (
    QUANTIFICATION_EXAMPLE,
    Answered,
    ClassWord,
    Code,
    Day,
    Hash,
    Index,
    MethodologyKindWord,
    MethodologyStatusWord,
    Model,
    day,
    hex0x,
    label,
)
from ledger.vocabulary import MethodologyKind, MethodologyStatus, ReductionClass

QuantificationOut = Annotated[Any, WithJsonSchema({"type": "object", "examples": [QUANTIFICATION_EXAMPLE]})]


class Methodology(Model):
    """One published version. A version is never edited."""

    methodology_id: Hash
    code: Code
    version: Annotated[int, Field(ge=1, examples=[1])]
    kind: MethodologyKindWord
    reduction_class: ClassWord
    effective_first_day: Day
    effective_last_day: Day
    document_hash: Hash
    """SHA-256 of the published text."""
    status: MethodologyStatusWord
    published_leaf_index: Index
    status_leaf_index: Index


class MethodologyAnswer(Answered, Methodology):
    """One version, as of a block."""

    quantification: QuantificationOut | None
    """How grams are made of measurements (docs/spec/05-points.md §5.6), as the record of the publication says; null
    where the version has none and where the record is not kept here.
    """


class MethodologiesAnswer(Answered):
    """A page of versions, in the order in which they were published."""

    items: list[Methodology]
    next: str | None


def methodology_document(row: MethodologyRow) -> dict[str, Any]:
    """A version as JSON."""
    return {
        "methodology_id": hex0x(row.methodology_id),
        "code": row.code,
        "version": row.version,
        "kind": label(MethodologyKind, row.kind),
        "reduction_class": label(ReductionClass, row.reduction_class),
        "effective_first_day": day(row.effective_first_day),
        "effective_last_day": day(row.effective_last_day),
        "document_hash": hex0x(row.document_hash),
        "status": label(MethodologyStatus, row.status),
        "published_leaf_index": row.published_leaf_index,
        "status_leaf_index": row.status_leaf_index,
    }
