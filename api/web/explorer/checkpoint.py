"""Published checkpoints: who signed them, that each continues the one before, and what it newly covers."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

from api.context import Context
from api.errors import LogNotAsPublished
from api.log_keys import LogKeys
from api.parameters import Arguments, number_parameter
from api.repository import checkpoints, log
from api.repository.checkpoints import CheckpointRow
from api.repository.snapshots import Snapshot
from api.web.certificate_check import MirrorView
from api.web.explorer.lists import CHECKPOINT_COLUMNS, CHECKPOINT_LIST, OPERATIONS, SECTION
from api.web.explorer.signatures import is_as_signed, lines_of, standings
from api.web.frame.asked import Asked
from api.web.frame.pages import Page, PageRoute
from api.web.frame.tables import TableRoute
from ledger.errors import TanpuhuiError
from ledger.log_tree import verify_consistency

LOOKED_AT: Final = 200
"""Newest checkpoints in which a witness's last cosignature is looked for."""

_ROWS: Final = 20
_SIZE: Final = number_parameter("size", "Leaves that it covers.", place="path", least=1)


def pages(context: Context) -> tuple[PageRoute, ...]:
    """The list with the witnesses, and one checkpoint."""
    keys = context.log_keys
    return (
        TableRoute(
            "/explorer/checkpoints",
            CHECKPOINT_LIST,
            CHECKPOINT_COLUMNS,
            name="explorer-checkpoints",
            section=SECTION,
            heading="explorer_checkpoints",
            lead="explorer_checkpoints_lead",
            empty="explorer_checkpoints_empty",
            template="explorer/checkpoints.html",
            more=partial(_witnesses, keys),
        ),
        PageRoute(
            "/explorer/checkpoints/{size}",
            partial(_checkpoint, keys, context.settings.public_url),
            name="explorer-checkpoint",
            section=SECTION,
            parameters=(_SIZE,),
        ),
    )


def _witnesses(keys: LogKeys | None, snapshot: Snapshot, _: Arguments, __: Asked) -> Mapping[str, Any]:
    rows = checkpoints.page(snapshot, before=None, limit=LOOKED_AT)
    return {
        "witnesses": standings(rows, keys),
        "looked_at": len(rows),
        "quorum": 0 if keys is None else keys.quorum,
        "log_key": None if keys is None else str(keys.log_key),
    }


def _checkpoint(keys: LogKeys | None, public_url: str, snapshot: Snapshot, arguments: Arguments, asked: Asked) -> Page:
    size: int = arguments["size"]
    row = checkpoints.at_size(snapshot, size)
    if row is None:
        return Page("explorer/missing.html", {"what": "checkpoint", "given": str(size), "size": 0}, 404)
    before = checkpoints.newest_below(snapshot, size)
    after = checkpoints.of_leaf(snapshot, size)
    first = 0 if before is None else before.size
    shown = lines_of(row, keys)
    origin = MirrorView(snapshot).origin
    unsigned = {one.size for one in (before, row, after) if one is not None and not is_as_signed(one, origin, keys)}
    return Page(
        "explorer/checkpoint.html",
        {
            "checkpoint": row,
            "root": "0x" + row.root.hex(),
            "before": before,
            "after": after,
            "signatures": shown,
            "cosigned": sum(one.role == "witness" and one.verified is True for one in shown),
            "quorum": 0 if keys is None else keys.quorum,
            "as_signed": size not in unsigned,
            "indexed": _is_indexed(snapshot, row),
            "public_url": public_url,
            "growth_after": None if after is None else _growth(snapshot, row, after, unsigned),
            "since_before": None if before is None else _growth(snapshot, before, row, unsigned),
            "first_leaf": first,
            "operations": OPERATIONS.beginning(snapshot, asked, _ROWS, first_leaf=first, last_leaf=size - 1),
        },
    )


def _is_indexed(snapshot: Snapshot, row: CheckpointRow) -> bool:
    """Whether the index holds the log of this size with this root."""
    try:
        return row.size <= snapshot.as_of.log_size and log.root_of(snapshot, row.size) == row.root
    except LookupError:
        return False


def _growth(snapshot: Snapshot, old: CheckpointRow, new: CheckpointRow, unsigned: set[int]) -> dict[str, Any]:
    """The consistency proof from one to the next, checked between the two roots that were signed; `unsigned` are the
    sizes of those whose row does not say what was signed.
    """
    if unsigned & {old.size, new.size}:
        return {"path": [], "failed": LogNotAsPublished.code}
    try:
        path = log.consistency_proof(snapshot, old.size, new.size)
        verify_consistency(old_size=old.size, old_root=old.root, new_size=new.size, new_root=new.root, proof=path)
    except (TanpuhuiError, LookupError) as error:
        failed = error.code if isinstance(error, TanpuhuiError) else "log-tiles-missing"
        return {"path": [], "failed": failed}
    return {"path": ["0x" + member.hex() for member in path], "failed": None}
