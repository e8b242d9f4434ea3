"""Operations: the leaves of the log, with the transactions that made them."""

from typing import NamedTuple

from api.repository.filters import where
from api.repository.snapshots import Snapshot

_COLUMNS = """
SELECT leaf_index, operation_id, kind, ledger, subject, from_account, to_account, quantity_gco2e, record_hash,
       timestamp, leaf_hash,
       block_number, transaction_hash
FROM operations
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
    row = snapshot.one(_COLUMNS + "WHERE operation_id = ?", bytes(operation_id))
    return None if row is None else OperationRow._make(row)


def by_leaf(snapshot: Snapshot, leaf_index: int) -> OperationRow | None:
    """The operation at this place of the log."""
    row = snapshot.one(_COLUMNS + "WHERE leaf_index = ?", leaf_index)
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


def page(
    snapshot: Snapshot,
    *,
    kind: int | None = None,
    subject: bytes | None = None,
    account: bytes | None = None,
    newest_first: bool,
    after: int | None,
    limit: int,
) -> list[OperationRow]:
    """Operations in the order of the log or against it, after a leaf index.

    `account` finds what it gave, what it received, and what its own leaf subject is about (opened, frozen, closed):
    three index ranges of at most `limit` rows each, merged, so that an account with a million operations costs no
    more than one with ten. Where account or subject is given its index is taken and not that of the kinds, of which
    there are few: `+kind` says so.
    """
    order = "DESC" if newest_first else "ASC"
    shared: dict[str, object] = {"leaf_index < ?" if newest_first else "leaf_index > ?": after}
    if kind is not None:
        shared["kind = ?" if account is None and subject is None else "+kind = ?"] = int(kind)
    if subject is not None:
        shared["subject = ?"] = bytes(subject)
    parts: list[str] = []
    values: list[object] = []
    if account is None:
        clause, values = where(shared)
        rows = snapshot.all(f"{_COLUMNS} {clause} ORDER BY leaf_index {order} LIMIT ?", *values, limit)
        return [OperationRow._make(row) for row in rows]
    for condition, value in (
        ("from_account = ?", bytes(account)),
        ("to_account = ?", bytes(account)),
        ("subject = ?", bytes(12) + bytes(account)),
    ):
        clause, given = where({**shared, condition: value})
        one_range = f"{_COLUMNS} {clause} ORDER BY leaf_index {order} LIMIT ?"
        parts.append(f"SELECT * FROM ({one_range}) AS part{len(parts)}")  # noqa: S608 - constants of ours
        values += [*given, limit]
    statement = f"{' UNION '.join(parts)} ORDER BY leaf_index {order} LIMIT ?"
    return [OperationRow._make(row) for row in snapshot.all(statement, *values, limit)]
