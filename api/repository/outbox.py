"""Operations that this instance was asked for, as its outbox has them (docs/spec/02-states.md §2.7)."""

from typing import NamedTuple

from api.repository.filters import where
from api.repository.snapshots import Snapshot
from chain.operations import OperationState

LATELY = 10_000
"""How many of the newest operations are looked at where a number is said of all that ended."""

_COLUMNS = """
SELECT sequence, operation_id, state, sender, contract, kind, record_hash, transaction_hash, block_number, leaf_index,
       error_code, error_arguments, saved_at, changed_at
FROM outbox
"""
_UNFINISHED = "state IN ('saved', 'sent')"


class OutboxRow(NamedTuple):
    """One operation; times in seconds since 1970, `error_arguments` a JSON object."""

    sequence: int
    operation_id: bytes
    state: str
    sender: bytes
    contract: str
    kind: int
    record_hash: bytes
    transaction_hash: bytes | None
    block_number: int | None
    leaf_index: int | None
    error_code: str | None
    error_arguments: str | None
    saved_at: int
    changed_at: int


class Counts(NamedTuple):
    """Operations that are on their way, all of them; and those refused among the `LATELY` newest."""

    saved: int
    sent: int
    refused_lately: int


def by_id(snapshot: Snapshot, operation_id: bytes) -> OutboxRow | None:
    """The operation with this id."""
    row = snapshot.one(_COLUMNS + "WHERE operation_id = ?", bytes(operation_id))
    return None if row is None else OutboxRow._make(row)


def page(
    snapshot: Snapshot, *, state: OperationState | None, unfinished: bool, before: int | None, limit: int
) -> list[OutboxRow]:
    """Operations, those saved last first; before a sequence number."""
    clause, values = where({"state = ?": None if state is None else state.value, "sequence < ?": before})
    if unfinished:
        clause = f"{clause} AND {_UNFINISHED}" if clause else f"WHERE {_UNFINISHED}"
    rows = snapshot.all(f"{_COLUMNS} {clause} ORDER BY sequence DESC LIMIT ?", *values, limit)
    return [OutboxRow._make(row) for row in rows]


def counts(snapshot: Snapshot) -> Counts:
    """How the operations stand."""
    rows = snapshot.all(f"SELECT state, COUNT(*) FROM outbox WHERE {_UNFINISHED} GROUP BY state")  # noqa: S608 - ours
    by_state = {state: int(number) for state, number in rows}
    refused = snapshot.one(
        "SELECT COUNT(*) FROM (SELECT state FROM outbox ORDER BY sequence DESC LIMIT ?) AS newest WHERE state = ?",
        LATELY,
        OperationState.REFUSED.value,
    )
    return Counts(
        saved=by_state.get(OperationState.SAVED.value, 0),
        sent=by_state.get(OperationState.SENT.value, 0),
        refused_lately=0 if refused is None else int(refused[0]),
    )
