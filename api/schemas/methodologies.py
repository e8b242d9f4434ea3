"""Methodology versions."""

from typing import Annotated, Any

from pydantic import Field

from api.repository.methodologies import MethodologyRow
from api.schemas.common import (
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
