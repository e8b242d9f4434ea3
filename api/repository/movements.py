"""What was done with grams, step by step: the rows behind every figure of the supervision board, and their sums.

Rows and sums are read from the same sources, so that a sum is the sum of its rows. What they say is only appended to:
sums up to the end of the log are kept as long as the mirror's generation lasts, and only what came since is read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import NamedTuple

from api.repository.snapshots import Snapshot
from indexer.schema import Book
from ledger.units import (
    SECONDS_PER_DAY,
    SHANGHAI_OFFSET_SECONDS,
    civil_day,
    civil_day_of_timestamp,
    date_of_civil_day,
)
from ledger.vocabulary import BatchKind, OperationKind

_NO_BYTES = "CAST(NULL AS BLOB)"
_NO_NUMBER = "CAST(NULL AS BIGINT)"
"""Typed, for PostgreSQL."""


class Step(StrEnum):
    """What is done with grams, in the order of their life. A point is a gram."""

    PROPOSED = "proposed"
    CONFIRMED = "confirmed"
    EARNED = "earned"
    """As points of persons."""
    REDEEMED = "redeemed"
    DONATED = "donated"
    BOUGHT_BACK = "bought-back"
    """Points that became a lot."""
    TRANSFERRED = "transferred"
    CANCELLED = "cancelled"
    """Of lots."""
    CAMPAIGN_CANCELLED = "campaign-cancelled"
    """Donated points, for their campaign."""
    PERSONAL_CANCELLED = "personal-cancelled"
    """Points, by persons of their own will."""
    TAKEN_BACK = "taken-back"
    """Of lots, by corrections, and what filled a deficit when it was issued."""
    POINTS_TAKEN_BACK = "points-taken-back"
    """The same of points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Source:
    """A statement's parts: where rows of a step are, and the columns by which all are alike. SQL of ours throughout."""

    rows: str
    in_order: str | None = None
    """`rows` written so that SQLite goes through them by leaf: it cannot know that a page is soon full."""
    leaf: str
    grams: str
    reduction_class: str
    activity_id: str = _NO_BYTES
    purpose: str = _NO_NUMBER
    certificate: str = _NO_NUMBER
    lot_id: str = _NO_BYTES
    batch: str = _NO_NUMBER
    condition: str = "1 = 1"


def _of_lot(rows: str, leaf: str, grams: str, **given: str) -> _Source:
    return _Source(
        rows=rows, leaf=leaf, grams=grams, reduction_class="l.reduction_class", activity_id="l.activity_id",
        lot_id="l.lot_id", **given,
    )  # fmt: skip


def _issued(*, bought_back: bool) -> _Source:
    # As a value, or SQLite would go through the index of redemptions, in which nearly all lots are one and the same.
    condition = f"CASE WHEN l.redeem_operation_id IS NULL THEN 0 ELSE 1 END = {int(bought_back)}"
    return _of_lot("lots l", "l.issued_leaf_index", "l.issued_gco2e", condition=condition)


def _of_batch(kind: BatchKind, grams: str = "b.total", condition: str = "1 = 1") -> _Source:
    return _Source(
        rows="batches b",
        leaf="b.leaf_index",
        grams=grams,
        reduction_class="b.reduction_class",
        activity_id="b.activity_id",
        batch="b.batch_number",
        condition=f"+b.kind = {int(kind)} AND {condition}",
    )


_SOURCES: Mapping[Step, Sequence[_Source]] = {
    Step.PROPOSED: (
        _Source(
            rows="proposals p JOIN activities a ON a.activity_id = p.activity_id",
            leaf="p.proposed_leaf_index",
            grams="p.quantity_gco2e",
            reduction_class="a.reduction_class",
            activity_id="p.activity_id",
        ),
    ),
    Step.CONFIRMED: (_issued(bought_back=False),),
    Step.EARNED: (_of_batch(BatchKind.EARN),),
    Step.REDEEMED: (_of_batch(BatchKind.REDEEM),),
    Step.DONATED: (_of_batch(BatchKind.DONATE),),
    Step.BOUGHT_BACK: (_issued(bought_back=True),),
    Step.TRANSFERRED: (
        _of_lot(
            "operations t JOIN lots l ON l.lot_id = t.subject",
            "t.leaf_index",
            "t.quantity_gco2e",
            in_order="operations t CROSS JOIN lots l",
            condition=f"l.lot_id = t.subject AND t.kind = {int(OperationKind.REDUCTION_TRANSFERRED)}",
        ),
    ),
    Step.CANCELLED: (
        _of_lot(
            "certificates c JOIN lots l ON l.lot_id = c.lot_id",
            "c.leaf_index",
            "c.quantity_gco2e",
            purpose="c.purpose",
            certificate="c.number",
        ),
    ),
    Step.CAMPAIGN_CANCELLED: (
        _Source(
            rows="campaign_cancellations g",
            leaf="g.leaf_index",
            grams="g.quantity_gco2e",
            reduction_class="g.reduction_class",
            purpose="g.purpose",
            certificate="g.certificate_number",
        ),
    ),
    Step.PERSONAL_CANCELLED: (_of_batch(BatchKind.CANCEL),),
    Step.TAKEN_BACK: (
        _of_lot("lots l", "l.issued_leaf_index", "l.withheld_gco2e", condition="l.withheld_gco2e > 0"),
        _of_lot(
            "operations t JOIN postings p ON p.leaf_index = t.leaf_index JOIN lots l ON l.lot_id = p.lot_id",
            "t.leaf_index",
            "p.quantity_gco2e",
            condition=f"t.kind = {int(OperationKind.REDUCTION_CORRECTED)} AND p.credit_book = {int(Book.TAKEN_BACK)}",
        ),
    ),
    Step.POINTS_TAKEN_BACK: (
        _of_batch(BatchKind.EARN, "b.withheld_gco2e", "b.withheld_gco2e > 0"),
        _Source(
            rows="batches b JOIN batches e ON e.batch_number = b.corrected_batch",
            leaf="b.leaf_index",
            grams="b.total",
            reduction_class="b.reduction_class",
            activity_id="e.activity_id",
            batch="b.batch_number",
            condition=f"b.kind = {int(BatchKind.CORRECT)} AND b.total > 0",
        ),
    ),
}


class MovementRow(NamedTuple):
    """Grams of one operation that took a step; the giver and receiver are those of its leaf."""

    leaf_index: int
    reduction_class: int
    activity_id: bytes | None
    purpose: int | None
    grams: int
    certificate: int | None
    lot_id: bytes | None
    batch_number: int | None
    operation_id: bytes
    timestamp: int
    from_account: bytes | None
    to_account: bytes | None
    activity_code: str | None


class Sum(NamedTuple):
    """Grams and rows of a step, alike in all that is asked for. `month` in Shanghai: "2026-11"."""

    step: Step
    month: str
    reduction_class: int
    activity_id: bytes | None
    purpose: int | None
    grams: int
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Among:
    """Which rows. Days are civil days in Shanghai, both ends included. `activities`: only of these; `but_not`: of any
    other, or of none.
    """

    reduction_class: int | None = None
    activity_id: bytes | None = None
    without_activity: bool = False
    purpose: int | None = None
    first_day: int | None = None
    last_day: int | None = None
    activities: frozenset[bytes] | None = None
    but_not: frozenset[bytes] | None = None

    def conditions(self, snapshot: Snapshot, source: _Source) -> tuple[list[str], list[object]]:
        """As SQL and its values. Days are a range of leaves, which every source has an index of."""
        begin = None if self.first_day is None else leaf_at(snapshot, _beginning(self.first_day))
        end = None if self.last_day is None else leaf_at(snapshot, _beginning(self.last_day + 1))
        given: list[tuple[str, object]] = [
            (f"{source.reduction_class} = ?", self.reduction_class),
            (f"{source.activity_id} = ?", self.activity_id),
            (f"{source.purpose} = ?", self.purpose),
            (f"{source.leaf} >= ?", begin),
            (f"{source.leaf} < ?", end),
        ]
        clauses = [clause for clause, value in given if value is not None]
        values = [value for _, value in given if value is not None]
        if self.without_activity:
            clauses.append(f"{source.activity_id} IS NULL")
        if self.activities is not None:
            clauses.append(f"{source.activity_id} IN ({_marks(self.activities)})")
            values += sorted(self.activities)
        if self.but_not:
            name = source.activity_id
            clauses.append(f"({name} IS NULL OR {name} NOT IN ({_marks(self.but_not)}))")
            values += sorted(self.but_not)
        return clauses, values


def _beginning(day: int) -> int:
    """The first second of a civil day in Shanghai."""
    return day * SECONDS_PER_DAY - SHANGHAI_OFFSET_SECONDS


def leaf_at(snapshot: Snapshot, timestamp: int) -> int:
    """The first leaf that is not older than this moment; the size of the log where all are. Leaves have the times of
    their blocks, which never go back.
    """
    begin, end = 0, snapshot.as_of.log_size
    while begin < end:
        middle = (begin + end) // 2
        if _time_of(snapshot, middle) < timestamp:
            begin = middle + 1
        else:
            end = middle
    return begin


def _time_of(snapshot: Snapshot, leaf_index: int) -> int:
    row = snapshot.one("SELECT timestamp FROM operations WHERE leaf_index = ?", leaf_index)
    if row is None:
        raise LookupError(f"leaf {leaf_index} is not there")
    return int(row[0])


def _marks(values: frozenset[bytes]) -> str:
    return ", ".join("?" * len(values)) or "NULL"


def page(snapshot: Snapshot, step: Step, among: Among, *, before: int | None, limit: int) -> list[MovementRow]:
    """Rows of a step, newest first, before a leaf index."""
    parts: list[str] = []
    values: list[object] = []
    for source in _SOURCES[step]:
        clauses, given = among.conditions(snapshot, source)
        if before is not None:
            clauses, given = [*clauses, f"{source.leaf} < ?"], [*given, before]
        rows = source.rows if among.activity_id or among.activities or not source.in_order else source.in_order
        statement = f"""
            SELECT {source.leaf} AS leaf_index, {source.reduction_class} AS reduction_class,
                   {source.activity_id} AS activity_id, {source.purpose} AS purpose, {source.grams} AS grams,
                   {source.certificate} AS certificate, {source.lot_id} AS lot_id, {source.batch} AS batch_number,
                   o.operation_id, o.timestamp, o.from_account, o.to_account
            FROM {rows} JOIN operations o ON o.leaf_index = {source.leaf}
            WHERE {" AND ".join([source.condition, *clauses])} ORDER BY {source.leaf} DESC LIMIT ?
        """  # noqa: S608 - constants of ours
        parts.append(f"SELECT * FROM ({statement}) AS part{len(parts)}")  # noqa: S608 - as above
        values += [*given, limit]
    whole = (
        f"SELECT m.*, a.code FROM ({' UNION ALL '.join(parts)}) AS m "  # noqa: S608 - as above
        "LEFT JOIN activities a ON a.activity_id = m.activity_id ORDER BY m.leaf_index DESC LIMIT ?"
    )
    return [MovementRow._make(row) for row in snapshot.all(whole, *values, limit)]


_Key = tuple[Step, str, int, bytes | None, int | None]
_Kept = tuple[int, dict[_Key, tuple[int, int]]]


def sums(snapshot: Snapshot) -> list[Sum]:
    """All sums, by step, month, class, activity and purpose, in this order."""
    nothing: _Kept = (0, {})
    size, kept = snapshot.facts.get("movements", snapshot.as_of) or nothing
    if size > snapshot.as_of.log_size:  # a snapshot from before what is kept
        size, kept = nothing
    if size < snapshot.as_of.log_size:
        kept = dict(kept)  # what is kept is read by other threads meanwhile
        for month, begin, end in _months(snapshot, size):
            for step, sources in _SOURCES.items():
                for source in sources:
                    _add(snapshot, (step, month), source, (begin, end), kept)
        snapshot.facts.put("movements", (snapshot.as_of.log_size, kept), snapshot.as_of)
    return [Sum(*key, *both) for key, both in sorted(kept.items(), key=lambda item: _order(item[0]))]


def _order(key: _Key) -> tuple[object, ...]:
    step, month, reduction_class, activity_id, purpose = key
    return list(Step).index(step), month, reduction_class, activity_id or b"", purpose or 0


def _months(snapshot: Snapshot, since: int) -> Iterator[tuple[str, int, int]]:
    """Months in Shanghai since a leaf that there is, each with its first leaf and the one after its last."""
    begin = since
    while begin < snapshot.as_of.log_size:
        first = date_of_civil_day(civil_day_of_timestamp(_time_of(snapshot, begin))).replace(day=1)
        following = (first + timedelta(days=31)).replace(day=1)
        end = leaf_at(snapshot, _beginning(civil_day(following)))
        yield first.isoformat()[:7], begin, end
        begin = end


def _add(
    snapshot: Snapshot,
    key: tuple[Step, str],
    source: _Source,
    leaves: tuple[int, int],
    kept: dict[_Key, tuple[int, int]],
) -> None:
    statement = f"""
        SELECT {source.reduction_class}, {source.activity_id}, {source.purpose},
               CAST(SUM({source.grams}) AS BIGINT), COUNT(*)
        FROM {source.rows} WHERE {source.condition} AND {source.leaf} >= ? AND {source.leaf} < ? GROUP BY 1, 2, 3
    """  # noqa: S608 - constants of ours
    for reduction_class, activity_id, purpose, grams, rows in snapshot.all(statement, *leaves):
        alike = (*key, reduction_class, None if activity_id is None else bytes(activity_id), purpose)
        before = kept.get(alike, (0, 0))
        kept[alike] = before[0] + grams, before[1] + rows
