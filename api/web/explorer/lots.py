"""Lots, and the life of one: what it is, where every gram of it went, and the rows and proofs behind that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import quote

from api.lot_life import Fate
from api.parameters import Arguments, id_parameter
from api.reading import Document, ListRoute
from api.repository import lots, operations
from api.repository.lots import LotRow
from api.repository.operations import OperationRow
from api.repository.snapshots import Snapshot
from api.routes import lots as api_lots
from api.schemas.lots import lot_document
from api.web.explorer.flow_drawing import draw
from api.web.explorer.lot_flow import OTHERS, LotFlow, lot_flow, read_life
from api.web.frame.asked import Asked
from api.web.frame.pages import Page, PageRoute
from api.web.frame.tables import Column, Filter, TableRoute
from ledger.errors import NotFound
from ledger.ids import LotId, OperationId
from ledger.vocabulary import CancellationPurpose, ReductionClass

LISTS: Final = {route.path: route for route in api_lots.ROUTES if isinstance(route, ListRoute)}
STATUSES: Final = ("free", "frozen")


def lot_path(lot_id: str) -> str:
    """The page of a lot."""
    return f"/explorer/lots/{lot_id}"


def operation_path(operation_id: str | None) -> str | None:
    """The page of an operation, if there is one."""
    return None if operation_id is None else f"/explorer/operations/{operation_id}"


def proof_path(leaf_index: int, size: int) -> str:
    """Where the proof of a leaf in the log is served."""
    return f"/v1/log/proof/inclusion?leaf_index={leaf_index}&tree_size={size}"


def _activity(document: Document) -> str | None:
    activity = document["activity"]
    return None if activity is None else f"/activities/{quote(activity['code'], safe='')}"


LOTS = TableRoute(
    "/explorer/lots",
    LISTS["/v1/lots"],
    (
        Column("lot_id", "flow_lot", "hash", link=lambda one: lot_path(one["lot_id"])),
        Column("activity.code", "flow_activity", "code", link=_activity),
        Column("reduction_class", "flow_class", "word", vocabulary="ReductionClass"),
        Column("first_day", "flow_first_day", "day"),
        Column("last_day", "flow_last_day", "day"),
        Column("issued.quantity_gco2e", "flow_issued", "grams"),
        Column("held.quantity_gco2e", "flow_held", "grams"),
        Column("cancelled.quantity_gco2e", "flow_cancelled", "grams"),
        Column("taken_back.quantity_gco2e", "flow_taken_back", "grams"),
        Column("status", "flow_status", "word", vocabulary="LotStatus"),
        Column("credited_account", "flow_credited", "address"),
    ),
    name="lots",
    section="explorer",
    heading="flow_lots",
    lead="flow_lots_lead",
    empty="flow_lots_empty",
    template="explorer/table.html",
    filters=(
        Filter("activity_code", "flow_activity_code"),
        Filter("reduction_class", "flow_class", tuple(ReductionClass.labels()), "ReductionClass"),
        Filter("status", "flow_status", STATUSES, "LotStatus"),
        Filter("credited_account", "flow_credited"),
    ),
)


def _lot_of(_: Snapshot, arguments: Arguments, __: Asked) -> Mapping[str, Any]:
    return {"lot_id": arguments["lot_id"].hex0x}


ENDS = TableRoute(
    "/explorer/lots/{lot_id}/ends",
    LISTS["/v1/lots/{lot_id}/ends"],
    (
        Column("fate", "flow_fate", "word", vocabulary="Fate"),
        Column("certificate_number", "flow_certificate_number", "certificate"),
        Column("quantity_gco2e", "flow_quantity", "grams"),
        Column("purpose", "flow_purpose", "word", vocabulary="CancellationPurpose"),
        Column("account", "flow_account", "address"),
        Column("account_status", "flow_account_status", "word", vocabulary="AccountStatus"),
        Column("first_serial", "flow_first_serial", "code", link=lambda one: _serial_path(one["first_serial"])),
        Column("last_serial", "flow_last_serial", "code", link=lambda one: _serial_path(one["last_serial"])),
        Column("time", "flow_time", "time"),
        Column("operation_id", "flow_operation", "hash", link=lambda one: operation_path(one["operation_id"])),
    ),
    name="lot-ends",
    section="explorer",
    heading="flow_ends",
    lead="flow_ends_lead",
    empty="flow_ends_empty",
    filters=(
        Filter("fate", "flow_fate", tuple(Fate), "Fate"),
        Filter("purpose", "flow_purpose", tuple(CancellationPurpose.labels()), "CancellationPurpose"),
    ),
    template="explorer/lot_ends.html",
    more=_lot_of,
)


def _serial_path(serial: str | None) -> str | None:
    return None if serial is None else f"/explorer/serials/{serial}"


def read_lot(snapshot: Snapshot, arguments: Arguments, asked: Asked) -> Page:
    """A lot with its flow, and the beginning of the table that says the same."""
    row = lots.by_id(snapshot, arguments["lot_id"])
    if row is None:
        raise NotFound("lot", str(arguments["lot_id"]))
    flow = lot_flow(read_life(snapshot, row))
    confirmed = operations.by_leaf(snapshot, row.issued_leaf_index)
    origin = row.proposal_id or row.redeem_operation_id
    before = None if origin is None else operations.by_id(snapshot, OperationId(origin))
    return Page(
        "explorer/lot.html",
        {
            "lot": lot_document(row),
            "flow": flow,
            "adds_up": _adds_up(row, flow, confirmed),
            "drawing": draw(flow),
            "said": _said(flow),
            "steps": [(name, one) for name, one in zip(_step_names(row), (before, confirmed), strict=True) if one],
            "proof_path": lambda one: proof_path(one.leaf_index, snapshot.as_of.log_size),
            "ends": ENDS.beginning(snapshot, asked, 12, lot_id=LotId(row.lot_id)),
            "others": OTHERS,
            "purposes": {int(one): one for one in CancellationPurpose},
        },
    )


def _adds_up(row: LotRow, flow: LotFlow, confirmed: OperationRow | None) -> bool:
    """Whether the figures of the lot are those of the leaf that issued it, of its certificates, holders and take-backs,
    which other tables have.
    """
    found = dict.fromkeys(Fate, 0)
    for end in flow.ends:
        found[end.fate] += end.grams
    held = row.issued_grams - row.cancelled_grams - row.taken_back_grams
    of_rows = (found[Fate.CANCELLED], found[Fate.HELD], found[Fate.TAKEN_BACK] + found[Fate.WITHHELD])
    of_lot = (row.cancelled_grams, held, row.taken_back_grams)
    return of_rows == of_lot and confirmed is not None and confirmed.grams == row.issued_grams


def _step_names(row: LotRow) -> tuple[str, str]:
    return ("flow_proposed", "flow_confirmed") if row.proposal_id else ("flow_redeemed", "flow_bought_back")


def _said(flow: LotFlow) -> Mapping[str, int]:
    """The figures of the flow in one sentence, for who does not see it."""
    return {
        "issued": flow.lot.issued_grams,
        "cancelled": flow.lot.cancelled_grams,
        "certificates": sum(end.count for end in flow.ends if end.fate is Fate.CANCELLED),
        "held": sum(end.grams for end in flow.ends if end.fate is Fate.HELD),
        "holders": sum(end.count for end in flow.ends if end.fate is Fate.HELD),
        "taken_back": flow.lot.taken_back_grams,
    }


PAGES: Final[tuple[PageRoute, ...]] = (
    LOTS,
    PageRoute(
        "/explorer/lots/{lot_id}",
        read_lot,
        name="lot",
        section="explorer",
        parameters=(id_parameter("lot_id", LotId, "Id of the lot."),),
    ),
    ENDS,
)

__all__ = ["ENDS", "LOTS", "PAGES", "OperationRow", "lot_path", "operation_path", "proof_path"]
