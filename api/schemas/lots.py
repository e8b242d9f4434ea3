"""Lots."""

from typing import Any

from api.repository.lots import LotRow
from api.schemas.common import (
    Account,
    ActivityKindWord,
    Answered,
    ClassWord,
    Code,
    Day,
    Hash,
    Index,
    LotStatusWord,
    MethodologyRef,
    Model,
    Quantity,
    Serial,
    hex0x,
    label,
    lot_status,
    optional_day,
    optional_hex0x,
    quantity,
)
from ledger.vocabulary import ActivityKind, ReductionClass


class ActivityRef(Model):
    """An activity by its names."""

    activity_id: Hash
    code: Code
    kind: ActivityKindWord


class Lot(Model):
    """What one confirmed issuance made, or what was bought back from points of a provider: then there is
    `redeem_operation_id`, and activity, methodology, days and proposal are null.
    issued = held + cancelled + taken_back.
    """

    lot_id: Hash
    activity: ActivityRef | None
    methodology: MethodologyRef | None
    reduction_class: ClassWord
    first_day: Day | None
    """First day of the monitoring period."""
    last_day: Day | None
    credited_account: Account
    proposal_id: Hash | None
    redeem_operation_id: Hash | None
    """The redemption of points that it was bought back in."""
    first_serial: Serial
    """The lot's serial numbers, one for each gram, run from here ..."""
    last_serial: Serial
    """... to here; cancellations take them from the front, take-backs from the back."""
    issued: Quantity
    held: Quantity
    cancelled: Quantity
    taken_back: Quantity
    withheld: Quantity
    """Part of `taken_back` that at issuance filled what the activity's facility owed (or the activity, where it names
    none), wherever in that facility it had arisen."""
    corrected: Quantity
    """Found over-credited, taken back or not."""
    status: LotStatusWord
    issued_leaf_index: Index
    status_leaf_index: Index


class LotAnswer(Answered, Lot):
    """One lot, as of a block."""


class LotsAnswer(Answered):
    """A page of lots, in the order in which they were confirmed."""

    items: list[Lot]
    next: str | None


def activity_ref(activity_id: bytes | None, code: str | None, kind: int | None) -> dict[str, Any] | None:
    """An activity by its names, or null."""
    if activity_id is None or kind is None:
        return None
    return {"activity_id": hex0x(activity_id), "code": code, "kind": label(ActivityKind, kind)}


def methodology_ref(methodology_id: bytes | None, code: str | None, version: int | None) -> dict[str, Any] | None:
    """A methodology version by its names, or null."""
    if methodology_id is None:
        return None
    return {"methodology_id": hex0x(methodology_id), "code": code, "version": version}


def lot_document(row: LotRow) -> dict[str, Any]:
    """A lot as JSON."""
    return {
        "lot_id": hex0x(row.lot_id),
        "activity": activity_ref(row.activity_id, row.activity_code, row.activity_kind),
        "methodology": methodology_ref(row.methodology_id, row.methodology_code, row.methodology_version),
        "reduction_class": label(ReductionClass, row.reduction_class),
        "first_day": optional_day(row.first_day),
        "last_day": optional_day(row.last_day),
        "credited_account": hex0x(row.credited_account),
        "proposal_id": optional_hex0x(row.proposal_id),
        "redeem_operation_id": optional_hex0x(row.redeem_operation_id),
        "first_serial": str(row.first_serial),
        "last_serial": str(row.first_serial + row.issued_grams - 1),
        "issued": quantity(row.issued_grams),
        "held": quantity(row.issued_grams - row.cancelled_grams - row.taken_back_grams),
        "cancelled": quantity(row.cancelled_grams),
        "taken_back": quantity(row.taken_back_grams),
        "withheld": quantity(row.withheld_grams),
        "corrected": quantity(row.corrected_grams),
        "status": lot_status(row.status),
        "issued_leaf_index": row.issued_leaf_index,
        "status_leaf_index": row.status_leaf_index,
    }
