"""What an act will do, in tonnes and in words, before it is done: said of the index as of one block.

The contract decides, and is asked beside this (`preview`). What stands here is what a person has to know to want it:
what moves from where to where, what is left, what nobody can undo. Also what is nothing is said to be nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

from api.parameters import Arguments
from api.repository import activities, lots, outlook
from api.repository.accounts import account as account_row
from api.repository.activities import ActivityRow
from api.repository.lots import LotRow
from api.repository.snapshots import Snapshot
from api.repository.totals import ClassTotals, Totals
from api.web.frame.values import day, grams_text, short, tonnes
from api.web.frame.words import word
from api.web.texts import visible
from chain.operations import Operation
from ledger.ids import Address, FixedBytes
from ledger.vocabulary import AccountStatus, ReductionClass, Word


class Statement(NamedTuple):
    """A sentence: a text of `locales` and what is filled in. `tone`: "plain", "warning" or "bad"."""

    text: str
    values: Mapping[str, Any]
    tone: str = "plain"


class Change(NamedTuple):
    """A quantity before and after, in grams; None where there is none that could be."""

    text: str
    values: Mapping[str, Any]
    before: int | None
    after: int | None


class Again(NamedTuple):
    """What has to be typed again before something final is done: a quantity ("tonnes", in grams), a public code
    ("code"), or the last six digits of an id ("ending").
    """

    kind: str
    expected: str


class Outlook(NamedTuple):
    """All that is said of an act."""

    statements: tuple[Statement, ...] = ()
    changes: tuple[Change, ...] = ()
    again: Again | None = None


@dataclass(frozen=True, slots=True)
class Meant:
    """What somebody wants done: ids of the path, the body, and the operation made of them."""

    arguments: Arguments
    body: Any
    operation: Operation


Look = Callable[[Snapshot, Meant], Outlook]


def told(words: Mapping[str, str], language: str, text: str, values: Mapping[str, Any]) -> str:
    """A text with its values as people read them: names decide (`…grams` are tonnes, `…_day` civil days)."""
    return words[text].format(**{name: shown(name, value, language) for name, value in values.items()})


def shown(name: str, value: Any, language: str) -> str:
    """One value of a sentence."""
    match value:
        case Word():
            return word(value, language)
        case FixedBytes():
            return short(value.hex0x)
        case int() if name.endswith("exact_grams"):
            return grams_text(value)
        case int() if name.endswith("grams"):
            return tonnes(value)
        case int() if name.endswith("day"):
            return day(value)
        case int():
            return f"{value:,}"
        case _:
            return visible(str(value))


# ----------------------------------------------------------------------------------- what several acts have in common


def unknown(kind: str, value: object) -> Outlook:
    """The index knows nothing of what the act is about."""
    return Outlook((Statement(f"acts_look_unknown_{kind}", {"id": value}, "bad"),))


def ending(value: FixedBytes) -> Again:
    """The last six digits of an id, typed again."""
    return Again("ending", value.hex()[-6:])


def class_totals(sums: Totals, reduction_class: int) -> ClassTotals:
    """The sums of a class."""
    return next(one for one in sums.classes if one.reduction_class == int(reduction_class))


def less(before: int, grams: int) -> int | None:
    """What is left; None where there is not that much."""
    return before - grams if before >= grams else None


def not_active(snapshot: Snapshot, name: str, address: Address) -> tuple[Statement, ...]:
    """What is wrong with an account that has to be active."""
    row = account_row(snapshot, address)
    status = AccountStatus.UNKNOWN if row is None else AccountStatus.from_number(row.status)
    if status is AccountStatus.ACTIVE:
        return ()
    return (Statement("acts_look_account_status", {"account": address, "status": status}, "bad"),)


def held_change(snapshot: Snapshot, address: Address, text: str, by_grams: int) -> Change:
    """All that an account holds, before and after."""
    before = outlook.held(snapshot, address).grams
    return Change(text, {"account": address}, before, less(before, -by_grams))


def cap_left(activity: ActivityRow) -> int:
    """What may still be issued: what was found wrong does not count against the cap (§1.4, 7)."""
    used = activity.issued_grams + activity.earned_grams
    return activity.cap_grams - used + activity.corrected_grams + activity.earned_corrected_grams


def activity_of(snapshot: Snapshot, activity_id: bytes) -> ActivityRow | None:
    """The activity, by its id."""
    return activities.by_id(snapshot, activity_id)


def lot_of(snapshot: Snapshot, lot_id: bytes) -> LotRow | None:
    """The lot, by its id."""
    return lots.by_id(snapshot, lot_id)


def held_of_lot(lot: LotRow) -> int:
    """What all accounts together hold of a lot."""
    return lot.issued_grams - lot.cancelled_grams - lot.taken_back_grams


def class_of(row: LotRow | ActivityRow) -> ReductionClass:
    """As a word."""
    return ReductionClass.from_number(row.reduction_class)
