"""What was issued, bought back and cancelled, month by month: sums over facts that are only appended.

What holds up to the end of the log is kept, as long as the mirror's generation lasts, and only what came since is read
and added; asked again at the same end of the log, nothing is read at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from typing import NamedTuple

from api.repository.filters import raw
from api.repository.snapshots import Snapshot
from ledger.units import SHANGHAI_OFFSET_SECONDS, date_of_civil_day
from ledger.vocabulary import BatchKind

_DAY = f"(o.timestamp + {SHANGHAI_OFFSET_SECONDS}) / 86400"
_LOTS = f"""
SELECT {_DAY}, l.reduction_class, CASE WHEN l.redeem_operation_id IS NULL THEN 0 ELSE 1 END, 0,
       CAST(SUM(l.issued_gco2e) AS BIGINT), COUNT(*)
FROM lots l
JOIN operations o ON o.leaf_index = l.issued_leaf_index
WHERE {{condition}}
GROUP BY 1, 2, 3
"""  # noqa: S608 - a constant of ours
_CERTIFICATES = f"""
SELECT {_DAY}, l.reduction_class, 2, c.purpose, CAST(SUM(c.quantity_gco2e) AS BIGINT), COUNT(*)
FROM certificates c
JOIN lots l ON l.lot_id = c.lot_id
JOIN operations o ON o.leaf_index = c.leaf_index
WHERE {{condition}}
GROUP BY 1, 2, 4
"""  # noqa: S608 - a constant of ours
_BATCHES = f"""
SELECT {_DAY}, b.reduction_class, 10 + b.kind, 0, CAST(SUM(b.total) AS BIGINT), CAST(SUM(b.entry_count) AS BIGINT)
FROM batches b
JOIN operations o ON o.leaf_index = b.leaf_index
WHERE b.kind IN ({int(BatchKind.EARN)}, {int(BatchKind.CANCEL)}) AND {{condition}}
GROUP BY 1, 2, 3
"""  # noqa: S608 - a constant of ours
_CAMPAIGNS = f"""
SELECT {_DAY}, c.reduction_class, 3, c.purpose, CAST(SUM(c.quantity_gco2e) AS BIGINT), COUNT(*)
FROM campaign_cancellations c
JOIN operations o ON o.leaf_index = c.leaf_index
WHERE {{condition}}
GROUP BY 1, 2, 4
"""  # noqa: S608 - a constant of ours


class Step(StrEnum):
    """What happened to grams, or to points, of which each is one gram."""

    ISSUED = "issued"
    BOUGHT_BACK = "bought-back"
    """Lots made of points; issued before, as points."""
    CANCELLED = "cancelled"
    POINTS_ISSUED = "points-issued"
    POINTS_CANCELLED = "points-cancelled"
    """By persons, of their own will."""
    CAMPAIGN_CANCELLED = "campaign-cancelled"
    """Donated points, for a campaign."""


_STEPS = {
    0: Step.ISSUED,
    1: Step.BOUGHT_BACK,
    2: Step.CANCELLED,
    3: Step.CAMPAIGN_CANCELLED,
    10 + int(BatchKind.EARN): Step.POINTS_ISSUED,
    10 + int(BatchKind.CANCEL): Step.POINTS_CANCELLED,
}
_WHOLE = ("volumes", b"")
"""What is kept of the whole ledger; of an activity, its id stands in the place of nothing."""


class Volume(NamedTuple):
    """A sum. `purpose` is a number of `CancellationPurpose`, 0 where nothing was cancelled for one."""

    month: str
    """In Shanghai: "2026-11"."""
    reduction_class: int
    step: Step
    purpose: int
    grams: int
    pieces: int
    """Lots, certificates, or entries of persons."""


_Key = tuple[str, int, Step, int]
_Sums = Mapping[_Key, tuple[int, int]]


def volumes(snapshot: Snapshot) -> list[Volume]:
    """Of the whole ledger, by month."""
    size, sums = snapshot.facts.get(_WHOLE, snapshot.as_of) or (0, {})
    if size > snapshot.as_of.log_size:  # a snapshot from before what is kept
        size, sums = 0, {}
    if size < snapshot.as_of.log_size:
        since = (("l.issued_leaf_index", _LOTS), ("c.leaf_index", _CERTIFICATES), ("b.leaf_index", _BATCHES))
        added = [_read(snapshot, f"{leaf} >= ?", statement, size) for leaf, statement in since]
        added.append(_read(snapshot, "c.leaf_index >= ?", _CAMPAIGNS, size))
        sums = _joined(sums, added)
        snapshot.facts.put(_WHOLE, (snapshot.as_of.log_size, sums), snapshot.as_of)
    return _in_order(sums)


def volumes_of(snapshot: Snapshot, activity_id: bytes) -> list[Volume]:
    """Of one activity, by month: its lots, what was cancelled of them, and points that it gave."""
    key = ("volumes", raw(activity_id))
    size, sums = snapshot.facts.get(key, snapshot.as_of) or (-1, {})
    if size != snapshot.as_of.log_size:
        of_lots = [_read(snapshot, "l.activity_id = ?", one, raw(activity_id)) for one in (_LOTS, _CERTIFICATES)]
        sums = _joined({}, [*of_lots, _read(snapshot, "b.activity_id = ?", _BATCHES, raw(activity_id))])
        snapshot.facts.put(key, (snapshot.as_of.log_size, sums), snapshot.as_of)
    return _in_order(sums)


def _read(snapshot: Snapshot, condition: str, statement: str, value: object) -> _Sums:
    sums: dict[_Key, tuple[int, int]] = {}
    for day, reduction_class, step, purpose, grams, count in snapshot.all(statement.format(condition=condition), value):
        key = (date_of_civil_day(day).isoformat()[:7], reduction_class, _STEPS[step], purpose)
        before = sums.get(key, (0, 0))
        sums[key] = before[0] + grams, before[1] + count
    return sums


def _joined(begin: _Sums, added: Iterable[_Sums]) -> _Sums:
    """A new sum of all: what is kept is read by other threads meanwhile."""
    joined = dict(begin)
    for part in added:
        for key, (grams, count) in part.items():
            before = joined.get(key, (0, 0))
            joined[key] = before[0] + grams, before[1] + count
    return joined


def _in_order(sums: _Sums) -> list[Volume]:
    return [Volume(*key, *sums[key]) for key in sorted(sums)]
