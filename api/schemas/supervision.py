"""What the supervision board shows, and the rows behind it."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field

from api.repository.deficits import DeficitRow
from api.repository.movements import MovementRow, Step
from api.repository.snapshots import rfc3339
from api.schemas.common import (
    Account,
    Answered,
    ClassWord,
    Code,
    Hash,
    Index,
    Model,
    PurposeWord,
    Quantity,
    Time,
    hex0x,
    label,
    optional_hex0x,
    quantity,
)
from api.schemas.totals import Month
from api.unusual import Unusual, What
from ledger.vocabulary import CancellationPurpose, ReductionClass

StepWord = Annotated[str, Field(pattern="^(" + "|".join(Step) + ")$", examples=[Step.CONFIRMED.value])]
BY = ("month", "reduction_class", "district", "purpose", "activity")
UNSPECIFIED = "-"
"""In the place of a district: what belongs to no activity whose registration names one."""


class Movement(Quantity):
    """Grams of one operation that took a step."""

    step: StepWord
    leaf_index: Index
    operation_id: Hash
    time: Time
    reduction_class: ClassWord
    activity_code: Code | None
    district: str | None
    """That the activity's registration names for all to see."""
    purpose: PurposeWord | None
    from_account: Account | None
    to_account: Account | None
    lot_id: Hash | None
    batch_number: Annotated[int, Field(ge=1)] | None
    certificate_number: Annotated[int, Field(ge=1)] | None


class MovementsAnswer(Answered):
    """A page of movements, newest first."""

    items: list[Movement]
    next: str | None


class StepSum(Quantity):
    """What a step came to, of all that is alike in what was asked."""

    value: str | None
    """Month in Shanghai, class, district, purpose or code of the activity; null where there is none."""
    step: StepWord
    rows: Index
    """Movements that add up to it."""


class SumsAnswer(Answered):
    """A page of sums, by value and step."""

    items: list[StepSum]
    next: str | None


class UnusualModel(Model):
    """A period with far more than an activity's earlier periods had. A sign to look, no verdict."""

    what: Annotated[str, Field(pattern="^(" + "|".join(What) + ")$", examples=[What.ISSUANCE.value])]
    activity_code: Code
    district: str | None
    lot_id: Hash | None
    """Of issuance: the lot."""
    month: Month | None
    """Of points earned and of cancellation: the month in Shanghai."""
    quantity: Quantity
    amount: Quantity
    """What is compared: of issuance grams a day, of the others the month's; rounded down to the gram."""
    usual: Quantity
    """Median of the earlier periods, rounded down to the gram."""
    times: Annotated[str, Field(pattern=r"^[0-9]+\.[0-9]$", examples=["3.4"])]
    """Amount by usual, rounded down to a tenth."""
    earlier_periods: Index


class UnusualAnswer(Answered):
    """A page of what is unusual."""

    items: list[UnusualModel]
    next: str | None


class Deficit(Model):
    """What a facility owes in a class, or an activity that names no facility."""

    debtor_id: Hash
    activity_codes: list[Code]
    """Of the debtor; any of them fills the deficit when it issues or earns."""
    reduction_class: ClassWord | None
    owed: Quantity
    filled: Quantity
    """So far, of this and of earlier deficits."""
    since: Time
    """It has owed something without a break since this correction."""
    operation_id: Hash
    leaf_index: Index


class DeficitsAnswer(Answered):
    """A page of debtors that owe something, by id."""

    items: list[Deficit]
    next: str | None


Codes = Mapping[bytes, str]
Districts = Mapping[bytes, str]


def movement_document(step: Step, row: MovementRow, districts: Districts) -> dict[str, Any]:
    """A movement as JSON."""
    return {
        "step": step.value,
        "leaf_index": row.leaf_index,
        "operation_id": hex0x(row.operation_id),
        "time": rfc3339(row.timestamp),
        "reduction_class": label(ReductionClass, row.reduction_class),
        "activity_code": row.activity_code,
        "district": districts.get(row.activity_id or b""),
        "purpose": None if row.purpose is None else label(CancellationPurpose, row.purpose),
        **quantity(row.grams),
        "from_account": optional_hex0x(row.from_account),
        "to_account": optional_hex0x(row.to_account),
        "lot_id": optional_hex0x(row.lot_id),
        "batch_number": row.batch_number,
        "certificate_number": row.certificate,
    }


def sum_document(value: str | None, step: Step, grams: int, rows: int) -> dict[str, Any]:
    """A sum as JSON."""
    return {"value": value, "step": step.value, "rows": rows, **quantity(grams)}


def unusual_document(one: Unusual, codes: Codes, districts: Districts) -> dict[str, Any]:
    """What is unusual as JSON."""
    tenths = one.amount * 10 // one.median
    return {
        "what": one.what.value,
        "activity_code": codes[one.activity_id],
        "district": districts.get(one.activity_id),
        "lot_id": optional_hex0x(one.lot_id),
        "month": one.month,
        "quantity": quantity(one.grams),
        "amount": quantity(int(one.amount)),
        "usual": quantity(int(one.median)),
        "times": f"{tenths // 10}.{tenths % 10}",
        "earlier_periods": one.earlier,
    }


def deficit_document(row: DeficitRow) -> dict[str, Any]:
    """A deficit as JSON."""
    classes = {one.reduction_class for one in row.activities}
    return {
        "debtor_id": hex0x(row.debtor_id),
        "activity_codes": [one.code for one in row.activities],
        "reduction_class": label(ReductionClass, classes.pop()) if len(classes) == 1 else None,
        "owed": quantity(row.grams),
        "filled": quantity(row.filled_grams),
        "since": rfc3339(row.timestamp),
        "operation_id": hex0x(row.operation_id),
        "leaf_index": row.leaf_index,
    }
