"""Sends what an import asks for by the bodies' submitters, and says how outbox and log stand to it already."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain

from chain.leaves import NO_DIGEST, TransparencyLogView, operation_digest
from chain.operations import Operation, OperationState, OperationStatus
from chain.reverts import refusal_of_status
from indexer import ledger_state
from ledger.errors import OperationConflict, TanpuhuiError
from ledger.ids import Hash32, OperationId
from ledger.refusals import TransparencyLog_OperationConflict
from ledger.vocabulary import Role
from scripts.operating import OperatingContext


class BodiesSender:
    """`scripts.importing.runner.Sender` by the bodies' submitters, the outbox and the index."""

    def __init__(self, context: OperatingContext) -> None:
        self._context = context
        self.ended = 0
        """Operations that came to an end by this run."""
        self._log = TransparencyLogView(context.rpc, context.deployment)

    def send(self, role: Role, operations: Iterable[Operation]) -> Iterator[OperationStatus]:
        """Each operation's end, in order; one whose id was saved with other content counts as refused."""
        source, waiting = iter(operations), deque[Operation]()
        with self._context.submission(role) as submitter:
            while True:
                again = list(waiting)
                try:
                    for status in submitter.submit_many(chain(again, _noted(source, waiting))):
                        waiting.popleft()
                        self.ended += 1
                        yield status
                    return
                except OperationConflict as error:
                    conflict = next(operation for operation in waiting if operation.id == error.operation_id)
                    waiting.remove(conflict)
                    yield _conflicting(conflict)

    def standing(self, operations: Sequence[Operation]) -> dict[OperationId, TanpuhuiError | None]:
        """How those stand whose id was used before: None for the same content, else why it cannot be applied.

        The outbox knows what it saved, whether that was applied or refused. What only the log has is compared by the
        digest of its content, which the chain keeps; the index was brought up to the chain before the import began.
        """
        ids = [operation.id for operation in operations]
        saved = self._context.outbox.statuses(ids)
        with self._context.database.read() as connection:
            leaves = ledger_state.applied(connection, ids)
        standing: dict[OperationId, TanpuhuiError | None] = {}
        logged: list[Operation] = []
        for operation in operations:
            status = saved.get(operation.id)
            if status is not None and not _is_of(status, operation):
                standing[operation.id] = OperationConflict(operation.id)
            elif status is not None and status.state is OperationState.REFUSED:
                standing[operation.id] = refusal_of_status(status)
            elif status is not None and status.state is OperationState.DONE:
                standing[operation.id] = None
            elif operation.id in leaves:
                logged.append(operation)
        return {**standing, **self._compared(logged)}

    def _compared(self, operations: Sequence[Operation]) -> dict[OperationId, TanpuhuiError | None]:
        recorded = self._log.digests(operation.id for operation in operations) if operations else []
        standing: dict[OperationId, TanpuhuiError | None] = {}
        for operation, digest in zip(operations, recorded, strict=True):
            given = self._digest(operation)
            if digest == NO_DIGEST:  # the node is behind the index: the submitter asks again
                continue
            conflict = TransparencyLog_OperationConflict(operation.id, digest, given)
            standing[operation.id] = None if digest == given else conflict
        return standing

    def _digest(self, operation: Operation) -> Hash32:
        ledger = self._context.deployment.address(operation.call.contract)
        return operation_digest(ledger, operation.sender, operation.call.calldata)


def _is_of(status: OperationStatus, operation: Operation) -> bool:
    """Whether the outbox has just this operation under its id."""
    call = operation.call
    given = (call.contract, call.calldata, operation.sender)
    return (status.contract, status.calldata, status.sender) == given


def _noted(source: Iterator[Operation], waiting: deque[Operation]) -> Iterator[Operation]:
    """The operations, each noted as waiting when it is taken."""
    for operation in source:
        waiting.append(operation)
        yield operation


def _conflicting(operation: Operation) -> OperationStatus:
    call = operation.call
    return OperationStatus(
        operation_id=operation.id,
        state=OperationState.REFUSED,
        sender=operation.sender,
        contract=call.contract,
        kind=call.kind,
        calldata=call.calldata,
        record_hash=call.record_hash,
        error_code=OperationConflict.__name__,
        error_arguments={},
    )
