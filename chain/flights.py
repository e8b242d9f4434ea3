"""What one call of the submitter has in flight, and how it is waited for."""

import time
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass, replace
from typing import Any

from chain.hexes import from_quantity, to_quantity
from chain.leaves import TransparencyLogView, operation_digest
from chain.nonces import Flight, NonceLine
from chain.operations import DoneOperation, OperationState, OperationStatus, Outbox, RefusedOperation
from chain.reverts import refusal_of_mined
from chain.rpc import Rpc
from ledger.errors import KeyInUse, NodeUnreachable, NotMined, Refused
from ledger.ids import OperationId

_SUCCEEDED = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitterSettings:
    """How a submitter sends and waits.

    `gas_price` in wei. `confirmations`: blocks on top of the one that holds the leaf before it counts; 0 where blocks
    are final at once (QBFT). `window`: most operations in flight. `batch`: most that are saved, signed and sent
    together. Then seconds: between looks at the chain; without progress until the same bytes are sent again; without
    progress until `NotMined`; without an answer of the node until `NodeUnreachable`; until a transaction whose nonce is
    spent and that the node does not know counts as lost.
    """

    gas_price: int = 0
    confirmations: int = 0
    window: int = 2000
    batch: int = 400
    poll_seconds: float = 0.02
    resend_seconds: float = 10.0
    mining_seconds: float = 120.0
    patience_seconds: float = 30.0
    lost_seconds: float = 1.0


@dataclass(slots=True)
class _Slot:
    """One operation of a call, in the order in which it was given; `flight` is None once its status is final."""

    status: OperationStatus
    flight: Flight | None
    missing_since: float | None = None


@dataclass(slots=True)
class _Verdicts:
    """What one look at the chain decided."""

    done: list[tuple[_Slot, DoneOperation]]
    refused: list[tuple[_Slot, RefusedOperation]]
    stolen: list[Flight]


class Window:
    """The operations of one call, from admission until their status is final. Not shared by threads."""

    def __init__(self, log: TransparencyLogView, line: NonceLine, outbox: Outbox, settings: SubmitterSettings) -> None:
        self._log = log
        self._rpc = log.rpc
        self._line = line
        self._outbox = outbox
        self._settings = settings
        self._slots: deque[_Slot] = deque()
        self._deliveries: deque[Future[None]] = deque()
        self._seen_block = self._final_block()
        self._progressed = self._resent = time.monotonic()
        self._silent_since: float | None = None
        self.in_flight = 0

    def admit(self, fates: Sequence[OperationStatus | Flight], delivery: "Future[None] | None" = None) -> None:
        """Takes operations in: a status that is final, or a flight."""
        if not self.in_flight:
            self._progressed = self._resent = time.monotonic()
        for fate in fates:
            if isinstance(fate, Flight):
                self._slots.append(_Slot(fate.status, fate))
                self.in_flight += 1
            else:
                self._slots.append(_Slot(fate, None))
        if delivery is not None:
            self._deliveries.append(delivery)

    def finished(self) -> Iterator[OperationStatus]:
        """The statuses that are final and have nothing unfinished before them."""
        while self._slots and self._slots[0].flight is None:
            yield self._slots.popleft().status

    def turn(self, *, wait: bool) -> None:
        """Looks at the chain once; with `wait` pauses if nothing has moved.

        Raises `NotMined`, `NodeUnreachable` when patience is over, `KeyInUse`, and what the node refuses with.
        """
        try:
            self._collect_deliveries()
            if self._silent_since is not None:
                self._reconnect()
            moved = self._look()
        except NodeUnreachable as error:
            self._endure(error)
            return
        if moved:
            self._progressed = time.monotonic()
        elif wait:
            self._pause()

    def _collect_deliveries(self) -> None:
        while self._deliveries and self._deliveries[0].done():
            self._deliveries.popleft().result()

    def _endure(self, error: NodeUnreachable) -> None:
        now = time.monotonic()
        if self._silent_since is None:
            self._silent_since = now
        if now - self._silent_since > self._settings.patience_seconds:
            raise error
        time.sleep(self._settings.poll_seconds)

    def _reconnect(self) -> None:
        """The node is back, perhaps another one, perhaps without what it had not mined."""
        self._log.deployment.check(self._rpc)
        self._send_again()
        self._silent_since = None
        self._progressed = time.monotonic()

    def _pause(self) -> None:
        now = time.monotonic()
        if now - self._progressed > self._settings.mining_seconds:
            waiting = tuple(slot.status.operation_id for slot in self._slots if slot.flight is not None)
            raise NotMined(waiting, self._settings.mining_seconds)
        if now - max(self._progressed, self._resent) > self._settings.resend_seconds:
            try:
                self._send_again()
            except NodeUnreachable as error:
                self._endure(error)
        else:
            time.sleep(self._settings.poll_seconds)

    def _send_again(self) -> None:
        self._resent = time.monotonic()
        self._line.hand_over_again([slot.flight for slot in self._slots if slot.flight is not None])

    def _final_block(self) -> int:
        return from_quantity(self._rpc.call("eth_blockNumber"), "eth_blockNumber") - self._settings.confirmations

    def _look(self) -> bool:
        """Whether anything became final."""
        final = self._final_block()
        suspected = any(slot.missing_since is not None for slot in self._slots)
        if final <= self._seen_block and not suspected:
            return False
        leaves = {leaf.operation_id: leaf for leaf in self._log.leaves(self._seen_block + 1, final)}
        mined = self._line.mined(to_quantity(final))
        self._seen_block = max(final, self._seen_block)
        verdicts = _Verdicts([], [], [])
        mysteries = []
        for slot in self._slots:
            if slot.flight is None:
                continue
            leaf = leaves.get(slot.status.operation_id)
            # A leaf that another transaction appended may be a stranger's operation under our id: only our own receipt
            # says whether it was ours (docs/spec/01-concepts.md §1.5).
            if leaf is not None and leaf.transaction_hash == slot.flight.signed.hash:
                verdicts.done.append((slot, leaf))
            elif slot.flight.nonce < mined:
                mysteries.append((slot, slot.flight))
        if mysteries:
            self._examine(mysteries, verdicts)
        self._conclude(verdicts)
        return bool(verdicts.done or verdicts.refused)

    def _examine(self, mysteries: list[tuple[_Slot, Flight]], verdicts: _Verdicts) -> None:
        """Flights whose nonce is spent and whose leaf was not among the new ones."""
        receipts = self._rpc.batch(("eth_getTransactionReceipt", [_hex(flight)]) for _, flight in mysteries)
        repeated = []
        for (slot, flight), receipt in zip(mysteries, receipts, strict=True):
            if receipt is None:
                self._suspect(slot, flight, verdicts)
                continue
            slot.missing_since = None
            block_number, succeeded = receipt_outcome(receipt)
            if block_number > self._seen_block:
                continue  # nodes count a block's nonces before they show the block
            if succeeded:
                repeated.append((slot, done_by(flight, block_number)))
            else:
                verdicts.refused.append((slot, refused_by_chain(self._rpc, flight, receipt)))
        leaves = self._log.leaves_of([slot.status.operation_id for slot, _ in repeated], self._seen_block)
        verdicts.done += [(slot, leaves.get(slot.status.operation_id, done)) for slot, done in repeated]

    def _suspect(self, slot: _Slot, flight: Flight, verdicts: _Verdicts) -> None:
        """The nonce went to another transaction, unless the node only lags behind itself."""
        now = time.monotonic()
        if slot.missing_since is None:
            slot.missing_since = now
        if now - slot.missing_since <= self._settings.lost_seconds:
            return
        status = slot.status
        expected = operation_digest(self._log.deployment.address(status.contract), status.sender, status.calldata)
        if self._log.digests([status.operation_id]) == [expected]:
            leaves = self._log.leaves_of([status.operation_id], self._seen_block)
            verdicts.done += [(slot, leaf) for leaf in leaves.values()]
        else:
            verdicts.stolen.append(flight)

    def _conclude(self, verdicts: _Verdicts) -> None:
        if verdicts.done:
            self._outbox.mark_done([done for _, done in verdicts.done])
        if verdicts.refused:
            self._outbox.mark_refused([refused for _, refused in verdicts.refused])
        for slot, done in verdicts.done:
            slot.status = done_status(slot.status, done, slot.flight)
        for slot, refused in verdicts.refused:
            slot.status = refused_status(slot.status, refused, slot.flight)
        for slot, _ in (*verdicts.done, *verdicts.refused):
            slot.flight = None
            slot.missing_since = None
            self.in_flight -= 1
        if verdicts.stolen:
            raise KeyInUse(self._line.address, min(flight.nonce for flight in verdicts.stolen))


def done_status(status: OperationStatus, done: DoneOperation, flight: Flight | None = None) -> OperationStatus:
    """The status as the outbox has it after `mark_done`."""
    return replace(
        status,
        state=OperationState.DONE,
        nonce=status.nonce if flight is None else flight.nonce,
        raw_transaction=status.raw_transaction if flight is None else flight.signed.raw,
        transaction_hash=done.transaction_hash,
        block_number=done.block_number,
        leaf_index=done.leaf_index,
    )


def refused_status(status: OperationStatus, refused: RefusedOperation, flight: Flight | None = None) -> OperationStatus:
    """The status as the outbox has it after `mark_refused`."""
    return replace(
        status,
        state=OperationState.REFUSED,
        nonce=status.nonce if flight is None else flight.nonce,
        raw_transaction=status.raw_transaction if flight is None else flight.signed.raw,
        transaction_hash=refused.transaction_hash,
        block_number=refused.block_number,
        error_code=refused.error_code,
        error_arguments=refused.error_arguments,
    )


def refused_operation(
    operation_id: OperationId,
    refusal: Refused,
    *,
    transaction_hash: bytes | None = None,
    block_number: int | None = None,
) -> RefusedOperation:
    """A refusal as the outbox saves it."""
    return RefusedOperation(
        operation_id=operation_id,
        error_code=type(refusal).__name__,
        error_arguments=refusal.details(),
        transaction_hash=transaction_hash,
        block_number=block_number,
    )


def refused_by_chain(rpc: Rpc, flight: Flight, receipt: Mapping[str, Any]) -> RefusedOperation:
    """Why a transaction that was mined failed."""
    status, signed = flight.status, flight.signed
    return refused_operation(
        status.operation_id,
        refusal_of_mined(rpc, status.sender, signed.transaction, signed.hash, receipt),
        transaction_hash=signed.hash,
        block_number=receipt_outcome(receipt)[0],
    )


def receipt_outcome(receipt: Mapping[str, Any]) -> tuple[int, bool]:
    """Block number of a mined transaction, and whether it succeeded."""
    method = "eth_getTransactionReceipt"
    return from_quantity(receipt.get("blockNumber"), method), from_quantity(receipt.get("status"), method) == _SUCCEEDED


def done_by(flight: Flight, block_number: int) -> DoneOperation:
    """The operation as applied by its own transaction."""
    return DoneOperation(
        operation_id=flight.status.operation_id, transaction_hash=flight.signed.hash, block_number=block_number
    )


def _hex(flight: Flight) -> str:
    return "0x" + flight.signed.hash.hex()
