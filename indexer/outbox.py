"""The outbox in SQL: operations of this node's bodies, saved before they are signed (docs/spec/02-states.md §2.7)."""

import json
import time
from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, select
from sqlalchemy.exc import IntegrityError

from chain.operations import (
    ContractName,
    DoneOperation,
    Operation,
    OperationState,
    OperationStatus,
    RefusedOperation,
    SentTransaction,
)
from indexer import row_seals
from indexer.database import Database
from indexer.records import save_records
from indexer.schema import outbox
from ledger.errors import NotFound, OperationConflict
from ledger.ids import Address, OperationId, RecordHash
from ledger.vocabulary import OperationKind

_UNFINISHED = (OperationState.SAVED.value, OperationState.SENT.value)
_UNSENT = (OperationState.SAVED.value,)
_LEFT_ALONE = {
    OperationState.SENT: (OperationState.SENT, OperationState.DONE),
    OperationState.DONE: (OperationState.DONE,),
    OperationState.REFUSED: (OperationState.REFUSED,),
}
"""By the state that something is to be moved to: the states that it may have after that, moved or not."""
_IDS_PER_QUESTION = 500
_OF_AN_END = (
    "nonce",
    "transaction_hash",
    "raw_transaction",
    "block_number",
    "leaf_index",
    "error_code",
    "error_arguments",
)


class SqlOutbox:
    """`chain.operations.Outbox` in SQL. Each method is one transaction, which is on the disk when it returns."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, operations: Sequence[Operation]) -> list[OperationStatus]:
        """Saves what is new, with its record, and returns the status of each, in order.

        Raises `OperationConflict` when an id is there, or comes twice, with other content (contract, calldata or
        sender); then nothing is saved.
        """
        try:
            return self._save(operations)
        except IntegrityError:
            # Somebody else saved one of the ids between our question and our insert: now it can be seen.
            return self._save(operations)

    def mark_sent(self, transactions: Iterable[SentTransaction]) -> None:
        """Signed bytes of operations that are about to be handed to the node, perhaps not for the first time.

        `OperationConflict` for one that was refused, by another process of the same body: then none is marked, so that
        none may be handed over.
        """
        self._finish(
            OperationState.SENT,
            {
                sent.operation_id: {
                    "nonce": sent.nonce,
                    "transaction_hash": sent.transaction_hash,
                    "raw_transaction": sent.raw_transaction,
                }
                for sent in transactions
            },
        )

    def mark_done(self, operations: Iterable[DoneOperation]) -> None:
        """Operations whose leaf is in the log."""
        self._finish(
            OperationState.DONE,
            {
                done.operation_id: {
                    "transaction_hash": done.transaction_hash,
                    "block_number": done.block_number,
                    "leaf_index": done.leaf_index,
                }
                for done in operations
            },
        )

    def mark_refused(self, operations: Iterable[RefusedOperation], *, unsent: bool = False) -> None:
        """Operations that a contract refused; `unsent` ones only where they are still saved and nothing was sent."""
        self._finish(
            OperationState.REFUSED,
            {
                refused.operation_id: {
                    "transaction_hash": refused.transaction_hash,
                    "block_number": refused.block_number,
                    "error_code": refused.error_code,
                    "error_arguments": json.dumps(dict(refused.error_arguments), ensure_ascii=False),
                }
                for refused in operations
            },
            unsent=unsent,
        )

    def take_up(self, operation_ids: Sequence[OperationId]) -> int:
        """Refused operations are saved again, as if never tried; how many they were. Others stay as they are.

        Only for operations whose id follows from their content (batches of points): a batch that was refused for what
        has changed since, such as a cap, could otherwise never be anchored. The contract decides anew, and takes an id
        once.
        """
        again = {"state": OperationState.SAVED.value, "changed_at": int(time.time()), **dict.fromkeys(_OF_AN_END)}
        refused = outbox.c.state == OperationState.REFUSED.value
        with self._database.write(durable=True) as connection:
            return sum(
                row_seals.change(connection, outbox, and_(outbox.c.operation_id == bytes(operation_id), refused), again)
                for operation_id in operation_ids
            )

    def status(self, operation_id: OperationId) -> OperationStatus | None:
        """Where an operation stands; None if it was never saved."""
        with self._database.read() as connection:
            return _statuses(connection, [operation_id]).get(operation_id)

    def statuses(self, operation_ids: Sequence[OperationId]) -> dict[bytes, OperationStatus]:
        """Where those of the operations stand that were ever saved, by id."""
        with self._database.read() as connection:
            return _statuses(connection, operation_ids)

    def unfinished(self, sender: Address) -> list[OperationStatus]:
        """All saved or sent operations of a sender, oldest first."""
        question = (
            select(outbox).where(outbox.c.sender == sender, outbox.c.state.in_(_UNFINISHED)).order_by(outbox.c.sequence)
        )
        with self._database.read() as connection:
            return [_status_of(row) for row in connection.execute(question)]

    def _save(self, operations: Sequence[Operation]) -> list[OperationStatus]:
        with self._database.write(durable=True) as connection:
            known = _statuses(connection, [operation.id for operation in operations])
            new: dict[bytes, Operation] = {}
            for operation in operations:
                saved = _saved(operation)
                if _content(known.setdefault(operation.id, saved)) != _content(saved):
                    raise OperationConflict(operation.id)
                if known[operation.id] is saved:
                    new[operation.id] = operation
            if new:
                now = int(time.time())
                row_seals.add(connection, outbox, [_row(operation, now) for operation in new.values()])
                save_records(connection, (operation.record for operation in new.values()))
        return [known[operation.id] for operation in operations]

    def _finish(
        self, state: OperationState, changes: dict[OperationId, dict[str, Any]], *, unsent: bool = False
    ) -> None:
        """Moves unfinished operations on. One that has ended so already, or is done and sent once more, stays as it is.

        `unsent`: moves saved ones only, and leaves all others as they are. Raises `NotFound` for an id that was never
        saved and, but for `unsent`, `OperationConflict` for one that ended in another way; then none is moved.
        """
        if not changes:
            return
        moved = {"state": state.value, "changed_at": int(time.time())}
        rows = {bytes(key): {**moved, **values} for key, values in changes.items()}
        with self._database.write(durable=True) as connection:
            held = _held(connection, list(rows), _UNSENT if unsent else _UNFINISHED)
            row_seals.change_each(connection, outbox, [(row, rows[bytes(key)]) for row, key in held])
            if len(held) == len(rows):
                return
            known = _statuses(connection, list(changes))
            for operation_id in changes:
                found = known.get(operation_id)
                if found is None:
                    raise NotFound("operation", operation_id)
                if not unsent and found.state not in _LEFT_ALONE[state]:
                    raise OperationConflict(operation_id)


def _held(connection: Connection, ids: Sequence[bytes], states: Sequence[str]) -> list[tuple[Any, ...]]:
    """Those of the operations that are in one of these states, to be changed; each with its id."""
    held: list[tuple[Any, ...]] = []
    for start in range(0, len(ids), _IDS_PER_QUESTION):
        part = outbox.c.operation_id.in_(ids[start : start + _IDS_PER_QUESTION])
        held += row_seals.hold(connection, outbox, and_(part, outbox.c.state.in_(states)), "operation_id")
    return held


def _row(operation: Operation, now: int) -> dict[str, Any]:
    call = operation.call
    return {
        "operation_id": bytes(call.operation_id),
        "state": OperationState.SAVED.value,
        "sender": bytes(operation.sender),
        "contract": call.contract.value,
        "kind": int(call.kind),
        "calldata": call.calldata,
        "record_hash": bytes(call.record_hash),
        "saved_at": now,
        "changed_at": now,
    }


def _saved(operation: Operation) -> OperationStatus:
    call = operation.call
    return OperationStatus(
        operation_id=call.operation_id,
        state=OperationState.SAVED,
        sender=operation.sender,
        contract=call.contract,
        kind=call.kind,
        calldata=call.calldata,
        record_hash=call.record_hash,
    )


def _content(status: OperationStatus) -> tuple[ContractName, bytes, Address]:
    return status.contract, status.calldata, status.sender


def _statuses(connection: Connection, operation_ids: Sequence[OperationId]) -> dict[bytes, OperationStatus]:
    found: dict[bytes, OperationStatus] = {}
    for start in range(0, len(operation_ids), _IDS_PER_QUESTION):
        part = [bytes(operation_id) for operation_id in operation_ids[start : start + _IDS_PER_QUESTION]]
        for row in connection.execute(select(outbox).where(outbox.c.operation_id.in_(part))):
            found[bytes(row.operation_id)] = _status_of(row)
    return found


def _status_of(row: Row[Any]) -> OperationStatus:
    return OperationStatus(
        operation_id=OperationId(row.operation_id),
        state=OperationState(row.state),
        sender=Address(row.sender),
        contract=ContractName(row.contract),
        kind=OperationKind.from_number(row.kind),
        calldata=bytes(row.calldata),
        record_hash=RecordHash(row.record_hash),
        nonce=row.nonce,
        transaction_hash=row.transaction_hash,
        raw_transaction=row.raw_transaction,
        block_number=row.block_number,
        leaf_index=row.leaf_index,
        error_code=row.error_code,
        error_arguments=None if row.error_arguments is None else json.loads(row.error_arguments),
    )
