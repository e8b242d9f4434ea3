"""Totals per class."""

from typing import Any

from api.repository.totals import ClassTotals, Totals
from api.schemas.common import Answered, ClassWord, Index, Model, Quantity, label, quantity
from ledger.vocabulary import ReductionClass


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
