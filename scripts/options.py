"""Options that several commands share, and how their texts are read."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated, Final

import typer

from ledger.canonical import parse_strict
from ledger.errors import InvalidIdentifier, InvalidInput, InvalidQuantity, InvalidRecord, Json
from ledger.ids import LotId, OperationId
from ledger.units import civil_day_from_text, grams_from_decimal_string, grams_from_kilograms, grams_from_tonnes
from scripts.context import new_operation_id
from scripts.names import Names

_QUANTITY: Final = re.compile(r"(?P<number>[0-9.]+) ?(?P<unit>t|kg|g)?")
_FIELD: Final = re.compile(r"(?P<name>[a-z][a-z0-9_]*)=(?P<value>.*)", re.DOTALL)

RECORD_PANEL: Final = "The record (what stands behind the operation)"

CertificateNumber = Annotated[int, typer.Argument(min=1, metavar="NUMBER", help="As `tanpuhui cancel` printed it.")]

OperationIdOption = Annotated[
    str | None,
    typer.Option(
        "--operation-id",
        metavar="0x…",
        help="Id of the operation, 32 bytes. Random if not given, and printed. The same id with the same content is "
        "done once, however often it is sent.",
        rich_help_panel=RECORD_PANEL,
    ),
]
RecordOption = Annotated[
    Path | None,
    typer.Option(
        "--record", metavar="FILE.json", help="Fields of the record, a JSON object.", rich_help_panel=RECORD_PANEL
    ),
]
FieldOption = Annotated[
    list[str] | None,
    typer.Option(
        "--field",
        metavar="NAME=VALUE",
        help="One field of the record; may be given again. Wins over --record.",
        rich_help_panel=RECORD_PANEL,
    ),
]
AccountArgument = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Address, or ref:NAME.")]
QuantityOption = Annotated[
    str, typer.Option("--quantity", metavar="N[t|kg|g]", help="Quantity of CO2e, in tonnes without a unit. Exact.")
]
LotOption = Annotated[
    str | None, typer.Option("--lot", metavar="0x…", help="Id of the lot; or name --activity and its period.")
]
ActivityOption = Annotated[str | None, typer.Option("--activity", metavar="CODE", help="Code or id of the activity.")]
FirstDayOption = Annotated[
    str | None, typer.Option("--first-day", metavar="YYYY-MM-DD", help="First day of the monitoring period.")
]
LastDayOption = Annotated[
    str | None, typer.Option("--last-day", metavar="YYYY-MM-DD", help="Last day of the monitoring period.")
]
LimitOption = Annotated[int, typer.Option("--limit", min=1, max=10_000, help="Most rows to show.")]


def quantity(text: str, field: str = "quantity") -> int:
    """Grams from "462", "462 t", "462000kg" or "462000000g"; `InvalidQuantity` otherwise."""
    parts = _QUANTITY.fullmatch(text)
    if parts is None:
        raise InvalidQuantity(field, "be a number of tonnes, or a number with t, kg or g: 462, 0.5t, 500kg", text)
    number, unit = parts["number"], parts["unit"] or "t"
    read = {"t": grams_from_tonnes, "kg": grams_from_kilograms, "g": grams_from_decimal_string}[unit]
    if unit == "g" and "." in number:
        raise InvalidQuantity(field, "be whole grams: the ledger books nothing smaller than 1 g", text)
    try:
        return read(number, field)
    except InvalidQuantity as error:
        raise InvalidQuantity(field, error.rule, text) from None


def operation_id(text: str | None) -> OperationId:
    """The given id, or a random one."""
    return new_operation_id() if text is None else OperationId.from_hex(text, "operation_id")


def record_fields(record: Path | None, fields: list[str] | None) -> dict[str, Json]:
    """The caller's fields of the record; `InvalidRecord` for a file or field that cannot be read."""
    read: dict[str, Json] = {}
    if record is not None:
        try:
            document = parse_strict(record.read_bytes())
        except OSError as error:
            raise InvalidRecord("record", f"be a file that can be read ({error.strerror})", str(record)) from None
        if not isinstance(document, dict):
            raise InvalidRecord("record", "be a JSON object of fields", type(document).__name__)
        read |= document
    for text in fields or []:
        parts = _FIELD.fullmatch(text)
        if parts is None:
            raise InvalidRecord("field", "be NAME=VALUE, the name in lower case with underscores", text)
        read[parts["name"]] = parts["value"]
    return read


def lot(names: Names, lot_id: str | None, activity: str | None, first_day: str | None, last_day: str | None) -> LotId:
    """The lot by its id, or by activity and monitoring period."""
    if lot_id is not None:
        return LotId.from_hex(lot_id, "lot")
    if activity is None or first_day is None or last_day is None:
        raise InvalidIdentifier("lot", "be given as --lot, or as --activity, --first-day and --last-day", "")
    return names.lot(
        activity_id=names.activity(activity),
        first_day=civil_day_from_text(first_day, "first_day"),
        last_day=civil_day_from_text(last_day, "last_day"),
        shown=activity,
    )


def read_document(path: Path, field: str) -> bytes:
    """The bytes of a document that is to be hashed."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise InvalidInput(field, f"be a file that can be read ({error.strerror})", str(path)) from None
