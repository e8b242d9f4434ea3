"""What was found in anchored batches: wrong files, entries that count twice, persons who spent too much."""

from collections.abc import Sequence
from typing import NamedTuple

from api.repository.snapshots import Snapshot
from indexer.schema import IncidentKind

_OF_BATCHES = "SELECT incident_id, kind, batch_number, detected_at, code, detail, resolved_at FROM incidents"


class BatchIncident(NamedTuple):
    """One of them. `detail` is for the operator, `resolved_at` None while it stands."""

    incident_id: int
    kind: IncidentKind
    batch_number: int
    detected_at: int
    code: str
    detail: str
    resolved_at: int | None


def of_batches(snapshot: Snapshot, *, limit: int, before: int | None = None) -> list[BatchIncident]:
    """Newest first; with `before` those that were detected earlier than that one."""
    clause = "batch_number IS NOT NULL" if before is None else "batch_number IS NOT NULL AND incident_id < ?"
    given: Sequence[int] = [] if before is None else [before]
    rows = snapshot.all(f"{_OF_BATCHES} WHERE {clause} ORDER BY incident_id DESC LIMIT ?", *given, limit)
    return [BatchIncident(row[0], IncidentKind(row[1]), *row[2:]) for row in rows]


def count_open_of_batches(snapshot: Snapshot) -> int:
    """How many stand."""
    [found] = snapshot.all("SELECT COUNT(*) FROM incidents WHERE batch_number IS NOT NULL AND resolved_at IS NULL")
    return int(found[0])
