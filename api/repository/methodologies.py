"""Methodology versions."""

from typing import NamedTuple

from api.repository.filters import number, where
from api.repository.snapshots import Snapshot

_COLUMNS = """
SELECT methodology_id, code, version, kind, reduction_class, effective_first_day, effective_last_day,
       document_hash, status,
       published_leaf_index, status_leaf_index
FROM methodologies
"""


class MethodologyRow(NamedTuple):
    """One published version. Days are civil days in Shanghai since 1970-01-01."""

    methodology_id: bytes
    code: str
    version: int
    kind: int
    reduction_class: int
    effective_first_day: int
    effective_last_day: int
    document_hash: bytes
    status: int
    published_leaf_index: int
    status_leaf_index: int


def by_id(snapshot: Snapshot, methodology_id: bytes) -> MethodologyRow | None:
    """The version with this id."""
    row = snapshot.one(_COLUMNS + "WHERE methodology_id = ?", bytes(methodology_id))
    return None if row is None else MethodologyRow._make(row)


def newest(snapshot: Snapshot, code: str) -> MethodologyRow | None:
    """The newest version of a code, withdrawn or not."""
    row = snapshot.one(_COLUMNS + "WHERE code = ? ORDER BY version DESC LIMIT 1", code)
    return None if row is None else MethodologyRow._make(row)


def by_version(snapshot: Snapshot, code: str, version: int) -> MethodologyRow | None:
    """One version of a code."""
    row = snapshot.one(_COLUMNS + "WHERE code = ? AND version = ?", code, version)
    return None if row is None else MethodologyRow._make(row)


def page(
    snapshot: Snapshot,
    *,
    code: str | None,
    kind: int | None,
    reduction_class: int | None,
    status: int | None,
    after: int,
    limit: int,
) -> list[MethodologyRow]:
    """Versions in the order in which they were published, after a leaf index."""
    clause, values = where(
        {
            "published_leaf_index > ?": after,
            "code = ?": code,
            "kind = ?": number(kind),
            "reduction_class = ?": number(reduction_class),
            "status = ?": number(status),
        }
    )
    rows = snapshot.all(f"{_COLUMNS} {clause} ORDER BY published_leaf_index LIMIT ?", *values, limit)
    return [MethodologyRow._make(row) for row in rows]
