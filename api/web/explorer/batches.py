"""Batches of points: what the chain holds of them, what they made, and how an entry of one is proved.

Nothing is read for each entry: a batch of a million opens as fast as one of ten. What the entries are, and whose, is
not public.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple
from urllib.parse import quote

from api.parameters import Arguments, number_parameter
from api.reading import Document, ListRoute
from api.repository import activities, lots, operations, points
from api.repository.points import BatchRow
from api.repository.snapshots import Snapshot
from api.routes import points as api_points
from api.schemas.common import hex0x, optional_hex0x
from api.schemas.points import batch_document
from api.web.explorer.lots import operation_path, proof_path
from api.web.frame.asked import Asked
from api.web.frame.pages import Page, PageRoute
from api.web.frame.tables import Column, Filter, TableRoute
from ledger.errors import NotFound
from ledger.vocabulary import BatchKind, ReductionClass

_LISTS: Final = {route.path: route for route in api_points.ROUTES if isinstance(route, ListRoute)}
_DRAWN_LEVELS: Final = 4


class Level(NamedTuple):
    """A level of the figure of a sum tree: the node on the way and the one beside it, of which the proof tells."""

    y: int
    on_x: int
    beside_x: int
    parent_x: int


class TreeFigure(NamedTuple):
    """How an entry leads to the root. `levels` of the whole tree, of which only the last few are drawn."""

    depth: int
    levels: Sequence[Level]
    root_x: int
    height: int


def depth_of(entries: int) -> int:
    """Levels between entries and root: the most siblings that a path can have."""
    return max(0, entries - 1).bit_length()


def tree_figure(entries: int) -> TreeFigure:
    """The figure for so many entries: at most `_DRAWN_LEVELS` levels, from the root down, the rest is said in words."""
    depth = depth_of(entries)
    drawn = min(depth, _DRAWN_LEVELS)
    levels: list[Level] = []
    x, half = 320, 140
    for level in range(drawn):
        parent, on, beside = x, x + (half if level % 2 else -half), x - (half if level % 2 else -half)
        levels.append(Level(60 + 70 * (level + 1), on, beside, parent))
        x, half = on, half * 3 // 5
    return TreeFigure(depth, levels, 320, 60 + 70 * (drawn + 1))


def _grams(document: Document) -> str | None:
    return None if document["kind"] == BatchKind.BEHAVIOUR.label else document["total"]


def _behaviour(document: Document) -> str | None:
    return document["total"] if document["kind"] == BatchKind.BEHAVIOUR.label else None


def _state(document: Document) -> str | None:
    state = document["file"]["state"]
    return None if state == "none" else state


def _activity(document: Document) -> str | None:
    return None if document["activity_code"] is None else f"/activities/{quote(document['activity_code'], safe='')}"


def _campaign(document: Document) -> str | None:
    return None if document["campaign_code"] is None else f"/campaigns/{quote(document['campaign_code'], safe='')}"


BATCHES: Final = TableRoute(
    "/explorer/batches",
    _LISTS["/v1/batches"],
    (
        Column("batch_number", "batches_number", "code", link=lambda one: f"/explorer/batches/{one['batch_number']}"),
        Column("kind", "batches_kind", "word", vocabulary="BatchKind"),
        Column("reduction_class", "batches_class", "word", vocabulary="ReductionClass"),
        Column("total", "batches_total", "grams", value=_grams),
        Column("behaviour_value", "batches_behaviour", "code", value=_behaviour),
        Column("entry_count", "batches_entries", "number"),
        Column("activity_code", "batches_activity", "code", link=_activity),
        Column("provider", "batches_provider", "address"),
        Column("campaign_code", "batches_campaign", "code", link=_campaign),
        Column("first_day", "batches_first_day", "day"),
        Column("last_day", "batches_last_day", "day"),
        Column("file.state", "batches_file", "word", value=_state, vocabulary="BatchFileState"),
        Column("time", "batches_time", "time"),
        Column("operation_id", "batches_operation", "hash", link=lambda one: operation_path(one["operation_id"])),
    ),
    name="batches",
    section="explorer",
    heading="batches_heading",
    lead="batches_lead",
    empty="batches_empty",
    template="explorer/table.html",
    filters=(
        Filter("kind", "batches_kind", tuple(BatchKind.labels()), "BatchKind"),
        Filter("reduction_class", "batches_class", tuple(ReductionClass.labels()), "ReductionClass"),
        Filter("activity_code", "batches_activity"),
        Filter("provider", "batches_provider"),
        Filter("campaign_code", "batches_campaign"),
        Filter("day", "batches_day"),
    ),
)


def read_batch(snapshot: Snapshot, arguments: Arguments, _: Asked) -> Page:
    """A batch and what it made."""
    row = points.batch(snapshot, arguments["number"])
    if row is None:
        raise NotFound("batch", arguments["number"])
    activity = None if row.activity_id is None else activities.by_id(snapshot, row.activity_id)
    return Page(
        "explorer/batch.html",
        {
            "batch": batch_document(row),
            "is_grams": row.kind != BatchKind.BEHAVIOUR,
            "signer": None if activity is None else optional_hex0x(activity.feed_signer),
            "methodology": None if activity is None else (activity.methodology_code, activity.methodology_version),
            "made": _made(snapshot, row),
            "operation": operations.by_leaf(snapshot, row.leaf_index),
            "tree": tree_figure(row.entry_count) if row.entry_count else None,
            "last_certificate": None if row.first_certificate is None else row.first_certificate + row.entry_count - 1,
            "proof_path": lambda one: proof_path(one.leaf_index, snapshot.as_of.log_size),
            "latest": points.latest_number(snapshot),
        },
    )


def _made(snapshot: Snapshot, row: BatchRow) -> dict[str, Any]:
    """What came of the batch, where it is not in the batch itself."""
    lot = lots.by_redemption(snapshot, row.operation_id) if row.kind == BatchKind.REDEEM else None
    cancelled = points.cancellation_after(snapshot, row) if row.kind == BatchKind.DONATE else None
    return {
        "lot": None if lot is None else (hex0x(lot.lot_id), lot.issued_grams),
        "cancellation": cancelled,
        "corrections": points.corrections_of(snapshot, row.batch_number) if row.kind == BatchKind.EARN else [],
    }


PAGES: Final[tuple[PageRoute, ...]] = (
    BATCHES,
    PageRoute(
        "/explorer/batches/{number}",
        read_batch,
        name="batch",
        section="explorer",
        parameters=(number_parameter("number", "Given by the chain.", place="path", least=1, example=1),),
    ),
)
