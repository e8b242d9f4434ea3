"""Activities: projects and scenarios, with their totals."""

from typing import NamedTuple

from api.repository.filters import contains, number, raw, where
from api.repository.snapshots import Snapshot
from indexer.schema import Book
from ledger.vocabulary import BatchKind

# Sums are cast because PostgreSQL sums BIGINT into NUMERIC; they stay below 2**63 (docs/spec/03-encodings.md §3.3).
_COLUMNS = f"""
SELECT a.activity_id, a.code, a.kind, a.reduction_class, a.methodology_id, m.code, m.version,
       a.operator_account, a.feed_signer,
       a.crediting_first_day, a.crediting_last_day, a.facility_id, a.pledge_hash, a.cap_gco2e, a.status,
       a.registered_leaf_index, a.status_leaf_index,
       (SELECT CAST(COALESCE(SUM(l.issued_gco2e), 0) AS BIGINT) FROM lots l WHERE l.activity_id = a.activity_id),
       (SELECT CAST(COALESCE(SUM(l.corrected_gco2e), 0) AS BIGINT) FROM lots l WHERE l.activity_id = a.activity_id),
       (SELECT CAST(COALESCE(SUM(p.total), 0) AS BIGINT) FROM batches p
        WHERE p.activity_id = a.activity_id AND p.kind = {int(BatchKind.EARN)}),
       (SELECT CAST(COALESCE(SUM(p.corrected_gco2e), 0) AS BIGINT) FROM batches p
        JOIN batches e ON e.batch_number = p.corrected_batch WHERE e.activity_id = a.activity_id),
       (SELECT CAST(COALESCE(SUM(p.total), 0) AS BIGINT) FROM batches p
        WHERE p.activity_id = a.activity_id AND p.kind = {int(BatchKind.BEHAVIOUR)}),
       (SELECT CAST(COALESCE(SUM(b.quantity_gco2e), 0) AS BIGINT) FROM balances b
        WHERE b.book = {int(Book.DEFICIT)} AND b.owner = a.debtor_id)
FROM activities a
JOIN methodologies m ON m.methodology_id = a.methodology_id
"""  # noqa: S608 - a constant of ours


class ActivityRow(NamedTuple):
    """One activity; quantities in grams, days in civil days in Shanghai since 1970-01-01."""

    activity_id: bytes
    code: str
    kind: int
    reduction_class: int
    methodology_id: bytes
    methodology_code: str
    methodology_version: int
    operator_account: bytes
    feed_signer: bytes | None
    crediting_first_day: int
    crediting_last_day: int
    facility_id: bytes | None
    pledge_hash: bytes | None
    cap_grams: int
    status: int
    registered_leaf_index: int
    status_leaf_index: int
    issued_grams: int
    corrected_grams: int
    earned_grams: int
    """As points; counts against the cap as what was issued does."""
    earned_corrected_grams: int
    behaviour_value: int
    facility_deficit_grams: int


def by_id(snapshot: Snapshot, activity_id: bytes) -> ActivityRow | None:
    """The activity with this id."""
    row = snapshot.one(_COLUMNS + "WHERE a.activity_id = ?", bytes(activity_id))
    return None if row is None else ActivityRow._make(row)


def by_code(snapshot: Snapshot, code: str) -> ActivityRow | None:
    """The activity with this code."""
    row = snapshot.one(_COLUMNS + "WHERE a.code = ?", code)
    return None if row is None else ActivityRow._make(row)


def codes(snapshot: Snapshot) -> dict[bytes, str]:
    """Code by id, of all activities."""
    return {bytes(one): str(code) for one, code in snapshot.all("SELECT activity_id, code FROM activities")}


def page(
    snapshot: Snapshot,
    *,
    kind: int | None,
    reduction_class: int | None,
    status: int | None,
    methodology_id: bytes | None,
    operator_account: bytes | None,
    code_contains: str | None,
    after: int,
    limit: int,
) -> list[ActivityRow]:
    """Activities in the order in which they were registered, after a leaf index. Capitals do not matter in codes."""
    clause, values = where(
        {
            "a.registered_leaf_index > ?": after,
            "a.kind = ?": number(kind),
            "a.reduction_class = ?": number(reduction_class),
            "a.status = ?": number(status),
            "a.methodology_id = ?": raw(methodology_id),
            "a.operator_account = ?": raw(operator_account),
            "LOWER(a.code) LIKE ? ESCAPE '!'": contains(code_contains),
        }
    )
    rows = snapshot.all(f"{_COLUMNS} {clause} ORDER BY a.registered_leaf_index LIMIT ?", *values, limit)
    return [ActivityRow._make(row) for row in rows]
