"""An outbox in memory, with the rules of `chain.operations.Outbox`."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from threading import RLock

from chain.operations import (
    DoneOperation,
    Operation,
    OperationState,
    OperationStatus,
    RefusedOperation,
    SentTransaction,
)
from ledger.errors import OperationConflict
from ledger.ids import Address, OperationId, RecordHash
from ledger.records import Record

_UNFINISHED = (OperationState.SAVED, OperationState.SENT)


class MemoryOutbox:
    """`statuses` and `records` are what a test looks at."""

    def __init__(self) -> None:
        self.statuses: dict[OperationId, OperationStatus] = {}
        self.records: dict[RecordHash, Record] = {}
        self._lock = RLock()

    def save(self, operations: Sequence[Operation]) -> list[OperationStatus]:
        with self._lock:
            statuses = [self.statuses.get(operation.id, _saved(operation)) for operation in operations]
            for status, operation in zip(statuses, operations, strict=True):
                if (status.contract, status.calldata, status.sender) != (
                    operation.call.contract,
                    operation.call.calldata,
                    operation.sender,
                ):
                    raise OperationConflict(operation.id)
            for status, operation in zip(statuses, operations, strict=True):
                self.statuses.setdefault(operation.id, status)
                self.records[operation.call.record_hash] = operation.record
            return statuses

    def mark_sent(self, transactions: Iterable[SentTransaction]) -> None:
        all_of_them = list(transactions)
        for sent in all_of_them:
            if self.statuses[sent.operation_id].state is OperationState.REFUSED:
                raise OperationConflict(sent.operation_id)
        for sent in all_of_them:
            self._move(
                sent.operation_id,
                state=OperationState.SENT,
                nonce=sent.nonce,
                transaction_hash=sent.transaction_hash,
                raw_transaction=sent.raw_transaction,
            )

    def mark_done(self, operations: Iterable[DoneOperation]) -> None:
        for done in operations:
            self._move(
                done.operation_id,
                state=OperationState.DONE,
                transaction_hash=done.transaction_hash,
                block_number=done.block_number,
                leaf_index=done.leaf_index,
            )

    def mark_refused(self, operations: Iterable[RefusedOperation], *, unsent: bool = False) -> None:
        for refused in operations:
            if unsent and self.statuses[refused.operation_id].state is not OperationState.SAVED:
                continue
            self._move(
                refused.operation_id,
                state=OperationState.REFUSED,
                transaction_hash=refused.transaction_hash,
                block_number=refused.block_number,
                error_code=refused.error_code,
                error_arguments=refused.error_arguments,
            )

    def status(self, operation_id: OperationId) -> OperationStatus | None:
        return self.statuses.get(operation_id)

    def unfinished(self, sender: Address) -> list[OperationStatus]:
        with self._lock:
            return [
                status for status in self.statuses.values() if status.sender == sender and status.state in _UNFINISHED
            ]

    def _move(self, operation_id: OperationId, state: OperationState, **values: object) -> None:
        with self._lock:
            before = self.statuses[operation_id]
            if before.state in _UNFINISHED:
                self.statuses[operation_id] = replace(before, state=state, **values)  # type: ignore[arg-type]
            elif before.state is not state and (before.state, state) != (OperationState.DONE, OperationState.SENT):
                raise OperationConflict(operation_id)


def _saved(operation: Operation) -> OperationStatus:
    return OperationStatus(
        operation_id=operation.id,
        state=OperationState.SAVED,
        sender=operation.sender,
        contract=operation.call.contract,
        kind=operation.call.kind,
        calldata=operation.call.calldata,
        record_hash=operation.call.record_hash,
    )
