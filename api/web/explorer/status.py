"""How the mirror stands: against the node, the contracts, the newest audit, and itself."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from pathlib import Path
from time import time
from typing import Any

from api.audit_report import AuditReports, AuditSummary, UnreadableReportError
from api.context import Context
from api.mirror_watch import HeadSeen
from api.parameters import Arguments
from api.repository import incidents, log
from api.repository.deployment import binding, open_halt
from api.repository.snapshots import Snapshot
from api.web.explorer.lists import INCIDENTS, SECTION
from api.web.frame.asked import Asked
from api.web.frame.pages import Page, PageRoute
from indexer.database import SCHEMA_VERSION
from indexer.schema import BatchFileState

_ROWS = 10


def pages(context: Context) -> tuple[PageRoute, ...]:
    """The page."""
    path = context.settings.audit_report
    reports = AuditReports(Path(path) if path else None)
    return (PageRoute("/explorer/status", partial(_status, context, reports), name="explorer-status", section=SECTION),)


def _status(context: Context, reports: AuditReports, snapshot: Snapshot, _: Arguments, asked: Asked) -> Page:
    watch = context.watch
    head = None if watch is None else watch.head()
    files = incidents.batch_file_counts(snapshot)
    bound = binding(snapshot)
    return Page(
        "explorer/status.html",
        {
            "now": int(time()),
            "watched": watch is not None,
            "head": head,
            "lag": _lag(snapshot, head),
            "totals": None if watch is None else watch.totals(),
            "failing": context.following(),
            "halt": open_halt(snapshot),
            "incidents": INCIDENTS.beginning(snapshot, asked, _ROWS),
            **_audit(snapshot, reports),
            "files": [(state.value, files.get(state.value, 0)) for state in BatchFileState],
            "bound": bound,
            "log_root": "0x" + snapshot.as_of.log_root.hex(),
            "versions": {"tanpuhui": version("tanpuhui"), "schema": SCHEMA_VERSION, "database": _backend(context)},
        },
        # What the node says changes without a new block.
        kept=False,
    )


def _lag(snapshot: Snapshot, head: HeadSeen | None) -> int | None:
    """Blocks that the node has and the index has not; the head that was seen may be older than the index."""
    if head is None or head.block_number is None:
        return None
    return max(0, head.block_number - snapshot.as_of.block_number)


def _audit(snapshot: Snapshot, reports: AuditReports) -> dict[str, Any]:
    """The newest report, whether it is one, and whether it is of the log that this index has."""
    try:
        found = reports.newest()
    except UnreadableReportError as error:
        return {"audit": None, "audit_unreadable": error.why, "audit_of_this_log": None}
    return {
        "audit": found,
        "audit_unreadable": None,
        "audit_of_this_log": None if found is None else _same(snapshot, found),
    }


def _same(snapshot: Snapshot, found: AuditSummary) -> bool:
    """Whether the log that was audited begins the log of this index."""
    if found.log_size > snapshot.as_of.log_size:
        return False
    try:
        return log.root_of(snapshot, found.log_size) == found.log_root
    except LookupError:
        return False


def _backend(context: Context) -> str:
    return "PostgreSQL" if context.settings.database_url.startswith("postgres") else "SQLite"
