"""Totals per class."""

from collections.abc import Iterable
from typing import Annotated, Any

from pydantic import Field

from api.repository.totals import ClassTotals, Totals
from api.repository.volumes import Step, Volume
from api.schemas.common import Answered, ClassWord, Index, Model, PurposeWord, Quantity, label, quantity
from ledger.vocabulary import CancellationPurpose, ReductionClass

Month = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}$", examples=["2026-11"])]
StepWord = Annotated[str, Field(pattern="^(" + "|".join(Step) + ")$", examples=[Step.ISSUED.value])]


class Invariant(Model):
    """issued + bought_back = held + cancelled + taken_back; `held` is summed over balances, the others over lots."""

    statement: str
    left_gco2e: str
    right_gco2e: str
    holds: bool


class ClassTotalsModel(Model):
    """Sums over all lots of a class."""

    reduction_class: ClassWord
    lots: Index
    issued: Quantity
    bought_back: Quantity
    """What became lots out of points; it was issued there, as points."""
    held: Quantity
    cancelled: Quantity
    taken_back: Quantity
    invariant: Invariant


class TotalsAnswer(Answered):
    """Sums over the whole ledger."""

    classes: list[ClassTotalsModel]
    deficit: Quantity
    """Over-credited grams that are still owed, each once: by facilities, and by activities that name none."""
    certificates: Index


class VolumeModel(Quantity):
    """What a month saw of one step, in one class and for one purpose."""

    month: Month
    """In Shanghai."""
    reduction_class: ClassWord
    step: StepWord
    """issued, bought-back (lots made of points), cancelled: of reductions. points-issued, points-cancelled (by persons,
    of their own will), campaign-cancelled: of points, each of which is a gram."""
    purpose: PurposeWord | None
    """Of what was cancelled, but by persons."""
    count: Index
    """Lots, certificates, or entries of persons."""


class VolumesAnswer(Answered):
    """Sums by month, in the order of months."""

    items: list[VolumeModel]


def volumes_document(volumes: Iterable[Volume]) -> dict[str, Any]:
    """The sums by month as JSON."""
    return {"items": [_volume_document(one) for one in volumes]}


def _volume_document(one: Volume) -> dict[str, Any]:
    return {
        "month": one.month,
        "reduction_class": label(ReductionClass, one.reduction_class),
        "step": one.step.value,
        "purpose": label(CancellationPurpose, one.purpose) if one.purpose else None,
        **quantity(one.grams),
        "count": one.pieces,
    }


def totals_document(totals: Totals) -> dict[str, Any]:
    """The sums as JSON."""
    return {
        "classes": [_class_document(one) for one in totals.classes],
        "deficit": quantity(totals.deficit_grams),
        "certificates": totals.certificates,
    }


def _class_document(one: ClassTotals) -> dict[str, Any]:
    return {
        "reduction_class": label(ReductionClass, one.reduction_class),
        "lots": one.lots,
        "issued": quantity(one.issued_grams),
        "bought_back": quantity(one.bought_back_grams),
        "held": quantity(one.held_grams),
        "cancelled": quantity(one.cancelled_grams),
        "taken_back": quantity(one.taken_back_grams),
        "invariant": {
            "statement": "issued + bought_back = held + cancelled + taken_back",
            "left_gco2e": str(one.issued_grams + one.bought_back_grams),
            "right_gco2e": str(one.held_grams + one.cancelled_grams + one.taken_back_grams),
            "holds": one.invariant_holds,
        },
    }
