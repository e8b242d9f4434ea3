"""Operations: the leaves of the log, with the transactions that made them."""

from typing import NamedTuple

from api.repository.certificates import first_from
from api.repository.snapshots import Snapshot

_COLUMNS = """
SELECT o.leaf_index, o.operation_id, o.kind, o.ledger, o.subject, o.from_account, o.to_account, o.quantity_gco2e,
       o.record_hash, o.timestamp, o.leaf_hash, o.block_number, o.transaction_hash
FROM operations o
"""


class OperationRow(NamedTuple):
    """One operation; everything that is hashed into its leaf, and where it is on chain."""

    leaf_index: int
    operation_id: bytes
    kind: int
    ledger: bytes
    subject: bytes
    from_account: bytes | None
    to_account: bytes | None
    grams: int
    record_hash: bytes
    timestamp: int
    leaf_hash: bytes
    block_number: int
    transaction_hash: bytes


def by_id(snapshot: Snapshot, operation_id: bytes) -> OperationRow | None:
    """The operation with this id."""
    row = snapshot.one(_COLUMNS + "WHERE o.operation_id = ?", bytes(operation_id))
    return None if row is None else OperationRow._make(row)


def by_leaf(snapshot: Snapshot, leaf_index: int) -> OperationRow | None:
    """The operation at this place of the log."""
    row = snapshot.one(_COLUMNS + "WHERE o.leaf_index = ?", leaf_index)
    return None if row is None else OperationRow._make(row)


def outcome_of(snapshot: Snapshot, operation_id: bytes) -> tuple[int, int | None] | None:
    """Place of an operation in the log, and the certificate that it made, if it is indexed.

    A cancellation of a lot and one of a campaign's pool are certificates of one numbering.
    """
    row = snapshot.one(
        "SELECT o.leaf_index, COALESCE(c.number, p.certificate_number) FROM operations o "
        "LEFT JOIN certificates c ON c.leaf_index = o.leaf_index "
        "LEFT JOIN campaign_cancellations p ON p.leaf_index = o.leaf_index "
        "WHERE o.operation_id = ?",
        bytes(operation_id),
    )
    return None if row is None else (int(row[0]), row[1])


class Wanted(NamedTuple):
    """Which operations; all that is given holds together. Leaves from `first_leaf` on and below `end_leaf`."""

    kind: int | None = None
    subject: bytes | None = None
    account: bytes | None = None
    lot_id: bytes | None = None
    activity_id: bytes | None = None
    first_leaf: int = 0
    end_leaf: int | None = None


def page(
    snapshot: Snapshot, wanted: Wanted, *, newest_first: bool, after: int | None, limit: int
) -> list[OperationRow]:
    """Operations in the order of the log or against it, after a leaf index.

    `account` finds what it gave, what it received, and what its own leaf subject is about (opened, frozen, closed):
    three index ranges of at most `limit` rows each, merged, so that an account with a million operations costs no
    more than one with ten. So does a lot: its proposal, its own subject, and its certificates. Of an activity the
    leaves of all its lots from the page's beginning on are looked through. Where one of these is given its index is
    taken and not that of the kinds, of which there are few: `+o.kind` says so.
    """
    order = "DESC" if newest_first else "ASC"
    begin, end = wanted.first_leaf, wanted.end_leaf
    if after is not None and newest_first:
        end = after if end is None else min(end, after)
    elif after is not None:
        begin = max(begin, after + 1)
    ranges = _ranges(wanted)
    of_kind: list[_Condition] = []
    if wanted.kind is not None:
        of_kind.append(("o.kind = ?" if ranges is None else "+o.kind = ?", (int(wanted.kind),)))
    if ranges is None:
        clause, values = _where([*_between("o.leaf_index", begin, end), *of_kind])
        rows = snapshot.all(f"{_COLUMNS} {clause} ORDER BY o.leaf_index {order} LIMIT ?", *values, limit)
        return [OperationRow._make(row) for row in rows]
    parts: list[str] = []
    values = []
    for table, conditions in ranges:
        key, first, last = _key_of(snapshot, table, begin, end)
        clause, given = _where([*conditions, *_between(key, first, last), *of_kind])
        one_range = f"SELECT o.leaf_index FROM {table} {clause} ORDER BY {key} {order} LIMIT ?"  # noqa: S608
        parts.append(f"SELECT leaf_index FROM ({one_range}) AS part{len(parts)}")  # noqa: S608 - constants of ours
        values += [*given, limit]
    leaves = " UNION ".join(parts)
    statement = f"{_COLUMNS} WHERE o.leaf_index IN ({leaves}) ORDER BY o.leaf_index {order} LIMIT ?"
    return [OperationRow._make(row) for row in snapshot.all(statement, *values, limit)]


_Condition = tuple[str, tuple[object, ...]]
_Range = tuple[str, list[_Condition]]
"""A table expression in which the operations are `o`, and conditions."""

_LEAVES = "operations o"
_OF_CERTIFICATES = "certificates c JOIN operations o ON o.leaf_index = c.leaf_index"
_OF_BATCHES = "batches b JOIN operations o ON o.leaf_index = b.leaf_index"
_LOTS = "SELECT lot_id FROM lots WHERE activity_id = ?"
_BATCHES = "SELECT batch_number FROM batches WHERE activity_id = ?"
_PROPOSALS = "SELECT proposal_id FROM proposals WHERE activity_id = ?"


def _ranges(wanted: Wanted) -> list[_Range] | None:
    """Where to look for what is asked most narrowly, with the rest as conditions; None: through the log."""
    kept: list[_Condition] = []
    if wanted.subject is not None:
        kept.append(("o.subject = ?", (bytes(wanted.subject),)))
    if wanted.account is not None and (wanted.lot_id is not None or wanted.activity_id is not None):
        account = bytes(wanted.account)
        kept.append(("(o.from_account = ? OR o.to_account = ? OR o.subject = ?)", (account, account, _padded(account))))
    if wanted.lot_id is not None:
        lot = bytes(wanted.lot_id)
        if wanted.activity_id is not None:
            kept.append((f"? IN ({_LOTS})", (lot, bytes(wanted.activity_id))))
        proposal = "o.operation_id = (SELECT proposal_id FROM lots WHERE lot_id = ?)"
        return _with(
            kept,
            (_LEAVES, proposal, 1),
            (_LEAVES, "o.subject = ?", 1),
            (_OF_CERTIFICATES, "c.lot_id = ?", 1),
            given=lot,
        )
    if wanted.activity_id is not None:
        activity = bytes(wanted.activity_id)
        return _with(
            kept,
            (_LEAVES, "o.subject = ?", 1),
            (_LEAVES, f"o.subject IN ({_LOTS} UNION ALL {_PROPOSALS})", 2),
            (_OF_CERTIFICATES, f"c.lot_id IN ({_LOTS})", 1),
            (_OF_BATCHES, "b.activity_id = ?", 1),
            (_OF_BATCHES, f"b.corrected_batch IN ({_BATCHES})", 1),
            given=activity,
        )
    if wanted.account is not None:
        account = bytes(wanted.account)
        return [
            (_LEAVES, [("o.from_account = ?", (account,)), *kept]),
            (_LEAVES, [("o.to_account = ?", (account,)), *kept]),
            (_LEAVES, [("o.subject = ?", (_padded(account),)), *kept]),
        ]
    return [(_LEAVES, kept)] if kept else None


def _key_of(snapshot: Snapshot, table: str, begin: int, end: int | None) -> tuple[str, int, int | None]:
    """The column by which a range is in order, and the bounds in it: certificates are found by lot in the order of
    their numbers, which rise with the log.
    """
    if table != _OF_CERTIFICATES:
        return "o.leaf_index", begin, end
    first = first_from(snapshot, begin) if begin else 0
    return "c.number", first, None if end is None else first_from(snapshot, end)


def _between(column: str, begin: int, end: int | None) -> list[_Condition]:
    """From `begin` on and below `end`, where there is something to bound."""
    bounds: list[_Condition] = [(f"{column} >= ?", (begin,))] if begin else []
    return bounds if end is None else [*bounds, (f"{column} < ?", (end,))]


def _with(kept: list[_Condition], *ranges: tuple[str, str, int], given: bytes) -> list[_Range]:
    """Ranges of (table, condition, how often `given` stands in it), each with what is asked besides."""
    return [(table, [(condition, (given,) * times), *kept]) for table, condition, times in ranges]


def _padded(account: bytes) -> bytes:
    """An account as the subject of its own leaves."""
    return bytes(12) + account


def _where(conditions: list[_Condition]) -> tuple[str, list[object]]:
    if not conditions:
        return "", []
    texts = " AND ".join(condition for condition, _ in conditions)
    return f"WHERE {texts}", [value for _, values in conditions for value in values]
