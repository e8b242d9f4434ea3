"""Activities."""

from typing import Any

from api.repository.activities import ActivityRow
from api.schemas.common import (
    Account,
    ActivityKindWord,
    ActivityStatusWord,
    Answered,
    ClassWord,
    Code,
    Day,
    Hash,
    Index,
    MethodologyRef,
    Model,
    Quantity,
    day,
    hex0x,
    label,
    optional_hex0x,
    quantity,
)
from ledger.vocabulary import ActivityKind, ActivityStatus, ReductionClass


class Activity(Model):
    """A project, a reduction scenario or a behaviour scenario."""

    activity_id: Hash
    code: Code
    kind: ActivityKindWord
    reduction_class: ClassWord | None
    """None for a behaviour scenario that is bound to no class."""
    methodology: MethodologyRef | None
    operator_account: Account | None
    feed_signer: Account | None
    """Address whose signature stands under the operator's data."""
    crediting_first_day: Day
    crediting_last_day: Day
    facility_id: Hash | None
    """Salted hash of the facility's identity."""
    pledge_hash: Hash | None
    """SHA-256 of the signed exclusivity pledge."""
    cap: Quantity
    """Most that may be issued over the crediting period, net of corrections."""
    issued: Quantity
    """All that was ever confirmed."""
    corrected: Quantity
    """All that was ever found over-credited."""
    deficit: Quantity
    """Part of it that could not be taken back and that later issuance fills first."""
    status: ActivityStatusWord
    registered_leaf_index: Index
    status_leaf_index: Index


class ActivityAnswer(Answered, Activity):
    """One activity, as of a block."""


class ActivitiesAnswer(Answered):
    """A page of activities, in the order in which they were registered."""

    items: list[Activity]
    next: str | None


def activity_document(row: ActivityRow) -> dict[str, Any]:
    """An activity as JSON."""
    methodology = None
    if row.methodology_id is not None:
        methodology = {
            "methodology_id": hex0x(row.methodology_id),
            "code": row.methodology_code,
            "version": row.methodology_version,
        }
    return {
        "activity_id": hex0x(row.activity_id),
        "code": row.code,
        "kind": label(ActivityKind, row.kind),
        "reduction_class": label(ReductionClass, row.reduction_class) if row.reduction_class else None,
        "methodology": methodology,
        "operator_account": optional_hex0x(row.operator_account),
        "feed_signer": optional_hex0x(row.feed_signer),
        "crediting_first_day": day(row.crediting_first_day),
        "crediting_last_day": day(row.crediting_last_day),
        "facility_id": optional_hex0x(row.facility_id),
        "pledge_hash": optional_hex0x(row.pledge_hash),
        "cap": quantity(row.cap_grams),
        "issued": quantity(row.issued_grams),
        "corrected": quantity(row.corrected_grams),
        "deficit": quantity(row.deficit_grams),
        "status": label(ActivityStatus, row.status),
        "registered_leaf_index": row.registered_leaf_index,
        "status_leaf_index": row.status_leaf_index,
    }
