"""What became of operations that were begun before: asked of the chain, before anything is sent again."""

from collections.abc import Sequence
from dataclasses import replace

from chain.flights import done_status, receipt_outcome, refused_by_chain, refused_operation, refused_status
from chain.hexes import from_quantity, to_data, to_quantity
from chain.leaves import NO_DIGEST, TransparencyLogView, operation_digest
from chain.nonces import Flight, NonceLine
from chain.operations import DoneOperation, OperationState, OperationStatus, Outbox, RefusedOperation
from ledger.ids import Hash32
from ledger.refusals import TransparencyLog_OperationConflict

Fate = OperationStatus | Flight
"""A final status, a transaction that may still be mined, or a saved operation that has none and is to be launched."""


class Recovery:
    """Looks into the log and at receipts, and marks what turns out to be final."""

    def __init__(self, log: TransparencyLogView, line: NonceLine, outbox: Outbox, confirmations: int) -> None:
        self._log = log
        self._rpc = log.rpc
        self._line = line
        self._outbox = outbox
        self._confirmations = confirmations

    def fates(self, statuses: Sequence[OperationStatus]) -> list[Fate]:
        """The fate of each unfinished operation, in order."""
        final = from_quantity(self._rpc.call("eth_blockNumber"), "eth_blockNumber") - self._confirmations
        if final < 0:
            return [self._waiting(status, mined=0) for status in statuses]
        block = to_quantity(final)
        digests = self._log.digests((status.operation_id for status in statuses), block)
        mined = self._line.mined(block)
        failed = self._failed(statuses, digests, final)
        done = self._done(statuses, digests, final)
        fates: list[Fate] = []
        for status, digest in zip(statuses, digests, strict=True):
            if status.operation_id in done:
                fates.append(done_status(status, done[status.operation_id]))
            elif digest not in (NO_DIGEST, self._expected(status)):
                refusal = TransparencyLog_OperationConflict(status.operation_id, digest, self._expected(status))
                fates.append(self._refuse(status, refused_operation(status.operation_id, refusal)))
            elif status.operation_id in failed:
                fates.append(self._refuse(status, failed[status.operation_id]))
            else:
                fates.append(self._waiting(status, mined))
        self._outbox.mark_done(list(done.values()))
        return fates

    def _expected(self, status: OperationStatus) -> Hash32:
        return operation_digest(self._log.deployment.address(status.contract), status.sender, status.calldata)

    def _done(
        self, statuses: Sequence[OperationStatus], digests: Sequence[Hash32], final: int
    ) -> dict[bytes, DoneOperation]:
        applied = [
            status
            for status, digest in zip(statuses, digests, strict=True)
            if digest != NO_DIGEST and digest == self._expected(status)
        ]
        # A node may show the state of a block before its events: what has no event yet is waited for.
        return self._log.leaves_of([status.operation_id for status in applied], final)

    def _failed(
        self, statuses: Sequence[OperationStatus], digests: Sequence[Hash32], final: int
    ) -> dict[bytes, RefusedOperation]:
        """Those whose transaction was mined without an effect."""
        asked = [
            self._line.in_flight(status)
            for status, digest in zip(statuses, digests, strict=True)
            if digest == NO_DIGEST and status.state is OperationState.SENT
        ]
        receipts = self._rpc.batch(("eth_getTransactionReceipt", [to_data(flight.signed.hash)]) for flight in asked)
        failed: dict[bytes, RefusedOperation] = {}
        for flight, receipt in zip(asked, receipts, strict=True):
            block_number, succeeded = (final, True) if receipt is None else receipt_outcome(receipt)
            if block_number <= final and not succeeded:
                failed[flight.status.operation_id] = refused_by_chain(self._rpc, flight, receipt)
        return failed

    def _waiting(self, status: OperationStatus, mined: int) -> Fate:
        """A transaction whose nonce went to another one can never be mined: the operation needs a new one."""
        if status.state is OperationState.SENT:
            flight = self._line.in_flight(status)
            if flight.nonce >= mined:
                return flight
        return replace(status, state=OperationState.SAVED)

    def _refuse(self, status: OperationStatus, refused: RefusedOperation) -> OperationStatus:
        self._outbox.mark_refused([refused])
        return refused_status(status, refused)
