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
    reduction_class: ClassWord
    """Of its methodology version."""
    methodology: MethodologyRef
    operator_account: Account
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
    earned: Quantity
    """All that persons ever earned of it as points. Counts against the cap beside what was issued."""
    earned_corrected: Quantity
    """What of that was found over-credited."""
    behaviour_value: str
    """All behaviour value that it ever awarded: never grams, never points (M19)."""
    facility_deficit: Quantity
    """What its debtor owes: over-credited, not to be taken back, filled first by later issuance. The debtor is the
    facility in the activity's class, or the activity itself where it names none; every activity of that facility and
    class shows the same deficit, so that it is not to be added up over activities (`/v1/totals` has the sum over
    debtors)."""
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
    return {
        "activity_id": hex0x(row.activity_id),
        "code": row.code,
        "kind": label(ActivityKind, row.kind),
        "reduction_class": label(ReductionClass, row.reduction_class),
        "methodology": {
            "methodology_id": hex0x(row.methodology_id),
            "code": row.methodology_code,
            "version": row.methodology_version,
        },
        "operator_account": hex0x(row.operator_account),
        "feed_signer": optional_hex0x(row.feed_signer),
        "crediting_first_day": day(row.crediting_first_day),
        "crediting_last_day": day(row.crediting_last_day),
        "facility_id": optional_hex0x(row.facility_id),
        "pledge_hash": optional_hex0x(row.pledge_hash),
        "cap": quantity(row.cap_grams),
        "issued": quantity(row.issued_grams),
        "corrected": quantity(row.corrected_grams),
        "earned": quantity(row.earned_grams),
        "earned_corrected": quantity(row.earned_corrected_grams),
        "behaviour_value": str(row.behaviour_value),
        "facility_deficit": quantity(row.facility_deficit_grams),
        "status": label(ActivityStatus, row.status),
        "registered_leaf_index": row.registered_leaf_index,
        "status_leaf_index": row.status_leaf_index,
    }
