"""What happened to the follower, and what was found in batches: never what stands in it for the operator alone."""

from typing import NamedTuple

from api.repository.filters import where
from api.repository.snapshots import Snapshot

_COLUMNS = """
SELECT incident_id, kind, detected_at, block_number, block_hash, halted_to, batch_number, ancestor_number,
       ancestor_hash, code, resolved_at
FROM incidents
"""
_FILES = "SELECT state, COUNT(*) FROM batch_files GROUP BY state"


class IncidentRow(NamedTuple):
    """One of them; times in seconds since 1970 by the clock of whoever indexed."""

    incident_id: int
    kind: int
    detected_at: int
    block_number: int
    block_hash: bytes
    halted_to: int | None
    batch_number: int | None
    ancestor_number: int | None
    ancestor_hash: bytes | None
    code: str
    resolved_at: int | None


def page(snapshot: Snapshot, *, before: int | None, limit: int) -> list[IncidentRow]:
    """Newest first, those below an id."""
    clause, values = where({"incident_id < ?": before})
    rows = snapshot.all(f"{_COLUMNS} {clause} ORDER BY incident_id DESC LIMIT ?", *values, limit)
    return [IncidentRow._make(row) for row in rows]


def batch_file_counts(snapshot: Snapshot) -> dict[str, int]:
    """Of how many anchored batches the file is in each state (`indexer.schema.BatchFileState`)."""
    return dict(snapshot.all(_FILES))
