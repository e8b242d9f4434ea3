"""What an act of an operator would meet: holdings, claims on days, what waits, what an activity issued before."""

from typing import NamedTuple

from api.repository.filters import raw
from api.repository.snapshots import Snapshot
from indexer.schema import Book
from ledger.vocabulary import ActivityStatus, BatchKind, ProposalStatus

_HELD = f"""
SELECT CAST(COALESCE(SUM(quantity_gco2e), 0) AS BIGINT), COUNT(*) FROM balances
WHERE book = {int(Book.HELD)} AND owner = ?
"""  # noqa: S608 - a constant of ours
_BALANCE = f"""
SELECT quantity_gco2e FROM balances WHERE book = {int(Book.HELD)} AND owner = ? AND lot_id = ?
"""  # noqa: S608 - as above
_OF_CLAIM = "(a.activity_id = ? OR a.facility_id = ?)"
_LOT_OVERLAPS = f"""
SELECT l.lot_id, a.code, l.first_day, l.last_day, l.issued_gco2e
FROM activities a JOIN lots l ON l.activity_id = a.activity_id
WHERE {_OF_CLAIM} AND l.first_day <= ? AND l.last_day >= ? ORDER BY l.first_day LIMIT ?
"""  # noqa: S608 - as above
_EARN_OVERLAPS = f"""
SELECT b.root, a.code, b.first_day, b.last_day, b.total
FROM activities a JOIN batches b ON b.activity_id = a.activity_id
WHERE {_OF_CLAIM} AND b.kind = {int(BatchKind.EARN)} AND b.first_day <= ? AND b.last_day >= ?
ORDER BY b.first_day LIMIT ?
"""  # noqa: S608 - as above
_PROPOSAL_OVERLAPS = f"""
SELECT p.proposal_id, a.code, p.first_day, p.last_day, p.quantity_gco2e
FROM activities a JOIN proposals p ON p.activity_id = a.activity_id
WHERE {_OF_CLAIM} AND p.status = {int(ProposalStatus.PROPOSED)} AND p.first_day <= ? AND p.last_day >= ?
ORDER BY p.first_day LIMIT ?
"""  # noqa: S608 - as above
_WAITING = f"""
SELECT COUNT(*), CAST(COALESCE(SUM(quantity_gco2e), 0) AS BIGINT) FROM proposals
WHERE activity_id = ? AND status = {int(ProposalStatus.PROPOSED)}
"""  # noqa: S608 - as above
_ISSUED = """
SELECT first_day, last_day, issued_gco2e FROM lots WHERE activity_id = ? ORDER BY issued_leaf_index DESC
"""
_LIVE = f"({int(ActivityStatus.ACTIVE)}, {int(ActivityStatus.SUSPENDED)})"
_LIVE_AT = f"SELECT activity_id, code FROM activities WHERE facility_id = ? AND status IN {_LIVE}"  # noqa: S608 - as above
_UNDER = f"""
SELECT COUNT(*), COALESCE(SUM(CASE WHEN status IN {_LIVE} THEN 1 ELSE 0 END), 0)
FROM activities WHERE methodology_id = ?
"""  # noqa: S608 - as above
_MOST = 20


class Held(NamedTuple):
    """What an account holds of all lots."""

    grams: int
    lots: int


class Overlap(NamedTuple):
    """Something that claims days of a period already: an issued lot, a batch of points, or a proposal that waits."""

    kind: str
    id: bytes
    activity_code: str
    first_day: int
    last_day: int
    grams: int


class Waiting(NamedTuple):
    """Proposals of an activity that nobody has decided."""

    proposals: int
    grams: int


class Issued(NamedTuple):
    """A confirmed issuance: days, both ends inclusive, and grams."""

    first_day: int
    last_day: int
    grams: int


class Live(NamedTuple):
    """The registration that has a facility now."""

    activity_id: bytes
    code: str


def held(snapshot: Snapshot, account: bytes) -> Held:
    """What the account holds, over all lots."""
    row = snapshot.one(_HELD, bytes(account))
    return Held(0, 0) if row is None else Held._make(row)


def balance(snapshot: Snapshot, account: bytes, lot_id: bytes) -> int:
    """What the account holds of a lot, in grams."""
    row = snapshot.one(_BALANCE, bytes(account), bytes(lot_id))
    return 0 if row is None else int(row[0])


def overlaps(
    snapshot: Snapshot, activity_id: bytes, facility_id: bytes | None, first_day: int, last_day: int
) -> list[Overlap]:
    """What claims days between the two already, for the same activity or the same facility."""
    given = (bytes(activity_id), raw(facility_id), last_day, first_day, _MOST)
    questions = (("lot", _LOT_OVERLAPS), ("batch", _EARN_OVERLAPS), ("proposal", _PROPOSAL_OVERLAPS))
    return [Overlap(kind, *row) for kind, question in questions for row in snapshot.all(question, *given)]


def waiting(snapshot: Snapshot, activity_id: bytes) -> Waiting:
    """The activity's proposals that nobody has decided."""
    row = snapshot.one(_WAITING, bytes(activity_id))
    return Waiting(0, 0) if row is None else Waiting._make(row)


def issued(snapshot: Snapshot, activity_id: bytes) -> list[Issued]:
    """All that the activity issued before, newest first."""
    return [Issued._make(row) for row in snapshot.all(_ISSUED, bytes(activity_id))]


def live_at(snapshot: Snapshot, facility_id: bytes) -> Live | None:
    """Which activity has the facility now (M10)."""
    row = snapshot.one(_LIVE_AT, bytes(facility_id))
    return None if row is None else Live._make(row)


def activities_under(snapshot: Snapshot, methodology_id: bytes) -> tuple[int, int]:
    """How many activities were ever registered under a version, and how many of them have not ended."""
    row = snapshot.one(_UNDER, bytes(methodology_id))
    return (0, 0) if row is None else (int(row[0]), int(row[1]))
