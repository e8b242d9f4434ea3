"""What the supervision board shows, and the rows behind each of its figures."""

from collections.abc import Mapping
from typing import Any

from api.pagination import Key
from api.parameters import (
    Arguments,
    Parameter,
    choice_parameter,
    code_filter,
    day_parameter,
    word_parameter,
)
from api.reading import Keyed, ListRoute
from api.repository import activities, deficits, movements
from api.repository.districts import districts
from api.repository.movements import Among, Step, Sum
from api.repository.snapshots import Snapshot
from api.schemas.common import label
from api.schemas.supervision import (
    BY,
    UNSPECIFIED,
    DeficitsAnswer,
    MovementsAnswer,
    SumsAnswer,
    UnusualAnswer,
    deficit_document,
    movement_document,
    sum_document,
    unusual_document,
)
from api.unusual import What, unusual
from ledger.errors import InvalidInput
from ledger.vocabulary import CancellationPurpose, ReductionClass

_STEPS = tuple(Step)
_CONFIRMED_FIRST = (Step.CONFIRMED, *(one for one in _STEPS if one is not Step.CONFIRMED))
_LONGEST_DISTRICT = 64


def read_movements(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Grams that took a step, newest first."""
    named = districts(snapshot)
    among = _among(snapshot, arguments, named)
    if among is None:
        return []
    step = Step(arguments["step"])
    rows = movements.page(snapshot, step, among, before=None if after is None else int(after[0]), limit=limit)
    return [((row.leaf_index,), movement_document(step, row, named)) for row in rows]


def _among(snapshot: Snapshot, arguments: Arguments, named: Mapping[bytes, str]) -> Among | None:
    """Which rows were asked for; None where there can be none."""
    code, district = arguments["activity_code"], arguments["district"]
    activity = None if code is None else activities.by_code(snapshot, code)
    if code is not None and activity is None:
        return None
    of_district = frozenset(one for one, name in named.items() if name == district)
    purpose: CancellationPurpose | None = arguments["purpose"]
    reduction_class: ReductionClass | None = arguments["reduction_class"]
    return Among(
        reduction_class=None if reduction_class is None else int(reduction_class),
        activity_id=None if activity is None else activity.activity_id,
        without_activity=arguments["without_activity"] is not None,
        purpose=None if purpose is None else int(purpose),
        first_day=arguments["first_day"],
        last_day=arguments["last_day"],
        activities=of_district if district not in {None, UNSPECIFIED} else None,
        but_not=frozenset(named) if district == UNSPECIFIED else None,
    )


def read_sums(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """What each step came to, by what was asked."""
    wanted = None if arguments["step"] is None else Step(arguments["step"])
    value_of = _value_of(snapshot, arguments["by"])
    totals: dict[tuple[str, int], tuple[int, int]] = {}
    for one in movements.sums(snapshot):
        if wanted in {None, one.step}:
            key = value_of(one) or "", _STEPS.index(one.step)
            grams, rows = totals.get(key, (0, 0))
            totals[key] = grams + one.grams, rows + one.rows
    begin = ("", -1) if after is None else (str(after[0]), int(after[1]))
    keys = sorted(key for key in totals if key > begin)[:limit]
    return [((value, at), sum_document(value or None, _STEPS[at], *totals[value, at])) for value, at in keys]


def _value_of(snapshot: Snapshot, by: str) -> Any:
    """What a sum is counted under."""
    if by == "month":
        return lambda one: one.month
    if by == "reduction_class":
        return lambda one: label(ReductionClass, one.reduction_class)
    if by == "purpose":
        return lambda one: None if one.purpose is None else label(CancellationPurpose, one.purpose)
    named: Mapping[bytes, str] = districts(snapshot) if by == "district" else activities.codes(snapshot)

    def value(one: Sum) -> str | None:
        return None if one.activity_id is None else named.get(one.activity_id)

    return value


def read_unusual(snapshot: Snapshot, arguments: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """What is unusual against an activity's own history."""
    codes, named = activities.codes(snapshot), districts(snapshot)
    wanted, code = arguments["what"], arguments["activity_code"]
    found = [
        one for one in unusual(snapshot) if wanted in {None, one.what.value} and code in {None, codes[one.activity_id]}
    ]
    begin = 0 if after is None else int(after[0])
    rows = list(enumerate(found, 1))[max(0, begin) : max(0, begin) + limit]
    return [((at,), unusual_document(one, codes, named)) for at, one in rows]


def read_deficits(snapshot: Snapshot, _: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """Who owes what, since when."""
    begin = b"" if after is None else _bytes(str(after[0]))
    rows = deficits.page(snapshot, after=begin, limit=limit)
    return [((row.debtor_id.hex(),), deficit_document(row)) for row in rows]


def _bytes(text: str) -> bytes:
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise InvalidInput("cursor", "be a cursor that this list returned", text[:80]) from None


def _district(text: str, name: str) -> str:
    if len(text) > _LONGEST_DISTRICT:
        raise InvalidInput(name, f"have at most {_LONGEST_DISTRICT} characters", text[:80])
    return text


_ACTIVITY = code_filter("activity_code", "Only of the activity with this code.", "SH-PV-0001")

ROUTES = (
    ListRoute(
        "/v1/supervision/movements",
        read_movements,
        key_types=(int,),
        summary="Grams that took a step, newest first",
        description="The rows behind every figure of the supervision board and of `/v1/supervision/sums`.",
        model=MovementsAnswer,
        tag="supervision",
        parameters=(
            choice_parameter("step", _CONFIRMED_FIRST, "What was done with them."),
            word_parameter("reduction_class", ReductionClass, "Only of this class."),
            _ACTIVITY,
            choice_parameter(
                "without_activity",
                ("yes",),
                "Only what belongs to no activity: lots bought back from points, and what became of them.",
                optional=True,
            ),
            Parameter(
                "district",
                "query",
                "Only of activities whose registration names this district for all to see; - for all that belongs to "
                "no such activity.",
                _district,
                {"type": "string", "maxLength": _LONGEST_DISTRICT},
                "浦东新区",
            ),
            word_parameter("purpose", CancellationPurpose, "Only cancelled for this purpose."),
            day_parameter("first_day", "Only done on this day in Shanghai or later."),
            day_parameter("last_day", "Only done on this day in Shanghai or before."),
        ),
    ),
    ListRoute(
        "/v1/supervision/sums",
        read_sums,
        key_types=(str, int),
        summary="What each step came to",
        model=SumsAnswer,
        tag="supervision",
        parameters=(
            choice_parameter("by", BY, "What is counted apart."),
            choice_parameter("step", _STEPS, "Only this step.", optional=True),
        ),
    ),
    ListRoute(
        "/v1/supervision/unusual",
        read_unusual,
        key_types=(int,),
        summary="Issuance and cancellation that are unusual for the activity",
        description="More than three times the median of the activity's earlier periods, of which there are at least "
        "three, and more than 10 t: docs/spec/10-pages.md §10.11. A sign to look, no verdict.",
        model=UnusualAnswer,
        tag="supervision",
        parameters=(choice_parameter("what", tuple(What), "Only of this.", optional=True), _ACTIVITY),
    ),
    ListRoute(
        "/v1/supervision/deficits",
        read_deficits,
        key_types=(str,),
        summary="Who owes a deficit, how much, since when",
        model=DeficitsAnswer,
        tag="supervision",
    ),
)
