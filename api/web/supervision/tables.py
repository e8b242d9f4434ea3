"""The tables behind the board: sums, the movements that make them, what is unusual, who owes what.

Each is a list of the API, with its filters, and as a file.
"""

from __future__ import annotations

from calendar import monthrange
from typing import Final, NamedTuple
from urllib.parse import quote, urlencode

from api.reading import Document, ListRoute
from api.repository.movements import Step
from api.routes import supervision as api_supervision
from api.schemas.supervision import BY, UNSPECIFIED
from api.unusual import What
from api.web.frame.asked import Asked
from api.web.frame.tables import Cell, Column, Filter, TableRoute
from api.web.frame.words import word
from ledger.vocabulary import CancellationPurpose, ReductionClass

LISTS: Final = {route.path.rpartition("/")[2]: route for route in api_supervision.ROUTES}
MOVEMENTS_PATH: Final = "/supervision/movements"
_VOCABULARIES: Final = {"purpose": "CancellationPurpose", "reduction_class": "ReductionClass"}


class Days(NamedTuple):
    """The first and the last day of a month."""

    first_day: str
    last_day: str


def days_of(month: str) -> Days:
    """Of "2026-11"."""
    year, number = map(int, month.split("-"))
    return Days(f"{month}-01", f"{month}-{monthrange(year, number)[1]:02d}")


def movements_link(asked: Asked, step: Step | str, **given: str | None) -> str:
    """The page of the rows behind a figure."""
    return asked.link(MOVEMENTS_PATH, step=str(step), **given)


def behind(by: str, value: str | None) -> dict[str, str]:
    """The filters of the rows behind a sum by month, class, district, purpose or activity.

    Steps have a purpose in all of their rows, or in none.
    """
    if by == "month" and value is not None:
        return days_of(value)._asdict()
    if by == "district":
        return {"district": value or UNSPECIFIED}
    if by == "activity":
        return {"without_activity": "yes"} if value is None else {"activity_code": value}
    return {} if value is None else {by: value}


class SumsTable(TableRoute):
    """Sums by what the reader chose: each value is said in the reader's language, each quantity leads to its rows."""

    @staticmethod
    def _cell(column: Column, document: Document, asked: Asked) -> Cell:
        by = asked.query.get("by", BY[0])
        value = document["value"]
        if column.name == "value":
            return Cell("text", said(by, value, asked), None, "")
        plain = TableRoute._cell(column, document, asked)  # noqa: SLF001 - of its own parent
        if column.name in {"quantity_gco2e", "rows"}:
            return plain._replace(href=movements_link(asked, document["step"], **behind(by, value)))
        return plain


def said(by: str, value: str | None, asked: Asked) -> str:
    """A value that something was counted under, for people."""
    if value is None:
        return asked.words["supervision_district_none" if by == "district" else "supervision_none"]
    vocabulary = _VOCABULARIES.get(by)
    return value if vocabulary is None else word(value, asked.language, vocabulary)


def _of(name: str) -> ListRoute:
    return LISTS[name]


def _lot(document: Document) -> str | None:
    return None if document["lot_id"] is None else f"/explorer/lots/{document['lot_id']}"


def _batch(document: Document) -> str | None:
    return None if document["batch_number"] is None else f"/explorer/batches/{document['batch_number']}"


def _activity(document: Document) -> str | None:
    return None if document["activity_code"] is None else f"/activities/{quote(document['activity_code'], safe='')}"


def _operation(document: Document) -> str | None:
    return f"/explorer/operations/{document['operation_id']}"


def _rows_of_unusual(document: Document) -> str | None:
    """The lot of unusual issuance; the movements of an unusual month."""
    if document["month"] is None:
        return _lot(document)
    days = days_of(document["month"])
    step = Step.EARNED if document["what"] == What.EARNED else Step.CANCELLED
    query = {"step": step.value, "activity_code": document["activity_code"], **days._asdict()}
    return f"{MOVEMENTS_PATH}?{urlencode(query)}"


MOVEMENTS: Final = TableRoute(
    MOVEMENTS_PATH,
    _of("movements"),
    (
        Column("time", "supervision_time", "time"),
        Column("operation_id", "supervision_operation", "hash", link=_operation),
        Column("quantity_gco2e", "supervision_quantity", "grams"),
        Column("reduction_class", "supervision_class", "word", vocabulary="ReductionClass"),
        Column("activity_code", "supervision_activity", "code", link=_activity),
        Column("lot_id", "supervision_lot", "hash", link=_lot),
        Column("batch_number", "supervision_batch", "code", link=_batch),
        Column("certificate_number", "supervision_certificate", "certificate"),
        Column("purpose", "supervision_purpose", "word", vocabulary="CancellationPurpose"),
        Column("from_account", "supervision_from", "address"),
        Column("to_account", "supervision_to", "address"),
        Column("district", "supervision_district"),
        Column("step", "supervision_step", "word", vocabulary="Step"),
    ),
    name="supervision-movements",
    section="supervision",
    heading="supervision_movements",
    lead="supervision_movements_lead",
    empty="supervision_movements_empty",
    filters=(
        Filter("step", "supervision_step", tuple(Step), "Step"),
        Filter("reduction_class", "supervision_class", tuple(ReductionClass.labels()), "ReductionClass"),
        Filter("activity_code", "supervision_activity"),
        Filter("district", "supervision_district_filter"),
        Filter("purpose", "supervision_purpose", tuple(CancellationPurpose.labels()), "CancellationPurpose"),
        Filter("first_day", "supervision_first_day"),
        Filter("last_day", "supervision_last_day"),
    ),
    template="supervision/table.html",
)

SUMS: Final = SumsTable(
    "/supervision/sums",
    _of("sums"),
    (
        Column("value", "supervision_value"),
        Column("step", "supervision_step", "word", vocabulary="Step"),
        Column("quantity_gco2e", "supervision_quantity", "grams"),
        Column("rows", "supervision_rows", "number"),
    ),
    name="supervision-sums",
    section="supervision",
    heading="supervision_sums",
    lead="supervision_sums_lead",
    empty="supervision_sums_empty",
    filters=(
        Filter("by", "supervision_by", BY, "By"),
        Filter("step", "supervision_step", tuple(Step), "Step"),
    ),
    template="supervision/table.html",
)

UNUSUAL: Final = TableRoute(
    "/supervision/unusual",
    _of("unusual"),
    (
        Column("what", "supervision_what", "word", vocabulary="What"),
        Column("activity_code", "supervision_activity", "code", link=_activity),
        Column("district", "supervision_district"),
        Column("month", "supervision_month", "code"),
        Column("lot_id", "supervision_lot", "hash", link=_lot),
        Column("quantity.quantity_gco2e", "supervision_quantity", "grams", link=_rows_of_unusual),
        Column("amount.quantity_gco2e", "supervision_amount", "grams"),
        Column("usual.quantity_gco2e", "supervision_usual", "grams"),
        Column("times", "supervision_times", "code"),
        Column("earlier_periods", "supervision_earlier", "number"),
    ),
    name="supervision-unusual",
    section="supervision",
    heading="supervision_unusual",
    lead="supervision_unusual_lead",
    empty="supervision_unusual_empty",
    filters=(
        Filter("what", "supervision_what", tuple(What), "What"),
        Filter("activity_code", "supervision_activity"),
    ),
    template="supervision/table.html",
)

DEFICITS: Final = TableRoute(
    "/supervision/deficits",
    _of("deficits"),
    (
        Column("activity_codes", "supervision_activities", value=lambda one: ", ".join(one["activity_codes"])),
        Column("reduction_class", "supervision_class", "word", vocabulary="ReductionClass"),
        Column("owed.quantity_gco2e", "supervision_owed", "grams"),
        Column("filled.quantity_gco2e", "supervision_filled", "grams"),
        Column("since", "supervision_since", "time"),
        Column("operation_id", "supervision_correction", "hash", link=_operation),
        Column("debtor_id", "supervision_debtor", "hash"),
    ),
    name="supervision-deficits",
    section="supervision",
    heading="supervision_deficits",
    lead="supervision_deficits_lead",
    empty="supervision_deficits_empty",
    template="supervision/table.html",
)

TABLES: Final = (MOVEMENTS, SUMS, UNUSUAL, DEFICITS)
