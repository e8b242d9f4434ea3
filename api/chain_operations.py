"""The operations port over the real submitters and the outbox.

An operation is saved in the caller's thread and submitted in another; what the node does not take now stays saved and
is finished by `Submitter.resume`, which runs once at the start and again after every failure. A submitter does one of
the two at a time: while it resumes, new operations wait in the outbox.
"""

import logging
import threading
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field

from api.operations_port import Sent, Trouble
from chain.deployment import Deployment
from chain.facts import check_record
from chain.operations import Operation, OperationState, OperationStatus
from chain.raw import read_raw, send_raw
from chain.reverts import refusal_of_status
from chain.rpc import Rpc
from chain.submitter import Submitter
from indexer.outbox import SqlOutbox
from indexer.records import RecordStore
from ledger.errors import OperationConflict, Refused, RefusedMeanwhile, SignerNotConfigured, TanpuhuiError
from ledger.ids import Address, OperationId
from ledger.records import Record, SaltSource
from ledger.vocabulary import Role

log = logging.getLogger("tanpuhui.api")

_FIRST_PAUSE_SECONDS = 1.0
_LONGEST_PAUSE_SECONDS = 30.0


@dataclass(kw_only=True)
class _Body:
    """One body's submitter: many submissions at a time, or one resumption."""

    role: Role
    submitter: Submitter
    turn: threading.Condition = field(default_factory=threading.Condition)
    submitting: int = 0
    resuming: bool = False
    unfinished: threading.Event = field(default_factory=threading.Event)
    failed: tuple[Exception, int, float] | None = None
    """What failed last, how often in a row, and when it is tried again (monotonic)."""

    def trouble(self) -> Trouble | None:
        """What `failed` says now."""
        failed = self.failed
        if failed is None:
            return None
        error, failures, again_at = failed
        known = error if isinstance(error, TanpuhuiError) else None
        return Trouble(error=known, failures=failures, again_seconds=max(0.0, again_at - time.monotonic()))

    @contextmanager
    def submission(self) -> Iterator[None]:
        """Together with others of its kind."""
        with self.turn:
            self.turn.wait_for(lambda: not self.resuming)
            self.submitting += 1
        try:
            yield
        finally:
            with self.turn:
                self.submitting -= 1
                self.turn.notify_all()

    @contextmanager
    def resumption(self) -> Iterator[None]:
        """Alone."""
        with self.turn:
            self.resuming = True
            self.turn.wait_for(lambda: self.submitting == 0)
        try:
            yield
        finally:
            with self.turn:
                self.resuming = False
                self.turn.notify_all()


class ChainOperations:
    """`api.operations_port.OperationsPort` for the bodies whose submitters it is given. The submitters stay their
    maker's to close.
    """

    def __init__(
        self,
        *,
        rpc: Rpc,
        deployment: Deployment,
        submitters: Mapping[Role, Submitter],
        outbox: SqlOutbox,
        records: RecordStore,
        salts: SaltSource,
        submissions: int = 64,
    ) -> None:
        """`submissions`: most operations that wait for their block at a time; more wait in line, saved."""
        self.salts = salts
        self._rpc = rpc
        self._deployment = deployment
        self._outbox = outbox
        self._records = records
        self._bodies = {
            submitter.address: _Body(role=role, submitter=submitter) for role, submitter in submitters.items()
        }
        self._senders = {role: submitter.address for role, submitter in submitters.items()}
        self._threads = ThreadPoolExecutor(submissions, thread_name_prefix="tanpuhui-submit")
        self._waiting: dict[OperationId, list[Future[OperationStatus]]] = {}
        self._waiting_lock = threading.Lock()
        self._closing = threading.Event()
        self._resumers = [
            threading.Thread(target=self._resume, args=(body,), name=f"tanpuhui-resume-{body.role.label}", daemon=True)
            for body in self._bodies.values()
        ]
        for body, resumer in zip(self._bodies.values(), self._resumers, strict=True):
            body.unfinished.set()
            resumer.start()

    @property
    def senders(self) -> Mapping[Role, Address]:
        """The bodies that this instance signs for."""
        return self._senders

    @property
    def troubles(self) -> Mapping[Role, Trouble]:
        """What the last resumption of each body failed with, where it did."""
        found = {body.role: body.trouble() for body in self._bodies.values()}
        return {role: trouble for role, trouble in found.items() if trouble is not None}

    def submit(self, operation: Operation) -> "Future[OperationStatus]":
        """Saves the operation before it returns; the future is its end. See `OperationsPort.submit`."""
        [status] = self._outbox.save([operation])
        future: Future[OperationStatus] = Future()
        if not self._settle(future, status):
            with self._waiting_lock:
                others = self._waiting.setdefault(operation.id, [])
                others.append(future)
            if len(others) == 1:
                self._threads.submit(self._submit, operation)
        return future

    @contextmanager
    def submission(self, role: Role) -> Iterator[Submitter]:
        """A body's submitter, for whoever sends many operations in this process: nothing is resumed meanwhile."""
        if role not in self._senders:
            raise SignerNotConfigured(role)
        body = self._bodies[self._senders[role]]
        with body.submission():
            yield body.submitter

    def status(self, operation_id: OperationId) -> OperationStatus | None:
        """Where an operation of this instance stands."""
        return self._outbox.status(operation_id)

    def saved_record(self, operation_id: OperationId) -> Record | None:
        """The record that the operation was saved with."""
        status = self._outbox.status(operation_id)
        return None if status is None else self._records.record(status.record_hash)

    def send_raw(self, signed_transaction: bytes, record: Record | None) -> Sent:
        """Looks at a holder's transaction, hands it to the node, and keeps its record. See the port."""
        if record is not None:
            asked = read_raw(signed_transaction, self._deployment)
            check_record(record, asked.call, asked.sender)
        sent = send_raw(self._rpc, self._deployment, signed_transaction)
        if record is not None:
            self._records.save([record])
        return Sent(operation_id=sent.operation_id, transaction_hash=sent.transaction_hash)

    def close(self) -> None:
        """Ends background work as soon as what is in flight allows; what is saved is finished after the next start."""
        self._closing.set()
        for body in self._bodies.values():
            body.unfinished.set()
        self._threads.shutdown(wait=False, cancel_futures=True)
        with self._waiting_lock:
            waiting, self._waiting = self._waiting, {}
        for future in (one for futures in waiting.values() for one in futures):
            future.cancel()

    def _submit(self, operation: Operation) -> None:
        body = self._bodies[operation.sender]
        try:
            with body.submission():
                status = body.submitter.submit(operation)
        except (Refused, OperationConflict) as error:
            self._finish(operation.id, error)
        except RefusedMeanwhile as error:
            self._finish(operation.id, self._outbox.status(operation.id) or error)
        except TanpuhuiError as error:
            log.warning("operation %s waits to be resumed: %s", operation.id.hex0x, error.explain())
            body.unfinished.set()
        except Exception:
            log.exception("operation %s waits to be resumed", operation.id.hex0x)
            body.unfinished.set()
        else:
            self._finish(operation.id, status)

    def _resume(self, body: _Body) -> None:
        """Finishes what is unfinished whenever there is something, with a growing pause after each failure."""
        pause, failures = _FIRST_PAUSE_SECONDS, 0
        while not self._closing.is_set():
            body.unfinished.wait()
            if self._closing.is_set():
                return
            body.unfinished.clear()
            try:
                with body.resumption():
                    finished = body.submitter.resume()
            except Exception as error:  # noqa: BLE001 - whatever it is, it is tried again
                log.warning("the %s's operations wait: %s", body.role.label, error)
                body.unfinished.set()
                failures += 1
                body.failed = (error, failures, time.monotonic() + pause)
                self._closing.wait(pause)
                pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
                continue
            pause, failures, body.failed = _FIRST_PAUSE_SECONDS, 0, None
            for status in finished:
                self._finish(status.operation_id, status)

    def _finish(self, operation_id: OperationId, end: OperationStatus | Exception) -> None:
        with self._waiting_lock:
            futures = self._waiting.pop(operation_id, [])
        for future in futures:
            if isinstance(end, Exception):
                future.set_exception(end)
            else:
                self._settle(future, end)

    @staticmethod
    def _settle(future: "Future[OperationStatus]", status: OperationStatus) -> bool:
        """Ends the future if the operation has ended."""
        if status.state is OperationState.DONE:
            future.set_result(status)
        elif status.state is OperationState.REFUSED:
            future.set_exception(refusal_of_status(status))
        return future.done()
