"""The bodies whose keys this process has, as the API's way to the chain (`api.operations_port.OperationsPort`)."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Final

from api.operations_port import Sent
from chain.facts import check_record
from chain.operations import Operation, OperationStatus
from chain.raw import read_raw, send_raw
from chain.submitter import Submitter
from indexer.records import RecordStore
from ledger.errors import KeyInUse, Unavailable
from ledger.ids import Address, OperationId
from ledger.records import Record, SaltSource
from ledger.vocabulary import Role
from scripts.context import Context

_THREADS: Final = 16
_RETRY_SECONDS: Final = 5.0


class BodiesPort:
    """Saves operations at once and sends them in the background; a node that does not answer is tried again."""

    def __init__(self, context: Context, roles: Sequence[Role]) -> None:
        """Opens the key of every body; raises as `Context.signer`. What earlier runs left is resumed."""
        self._rpc = context.rpc
        self._deployment = context.deployment
        self._outbox = context.outbox
        self._records = RecordStore(context.database)
        self._salts = context.salts
        self._senders = {role: context.signer(role).address for role in roles}
        self._submitters: dict[Address, Submitter] = {
            self._senders[role]: context.submitter(context.signer(role)) for role in roles
        }
        self._closing = threading.Event()
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="tanpuhui-submit")
        for submitter in self._submitters.values():
            self._threads.submit(self._resume, submitter)

    @property
    def senders(self) -> Mapping[Role, Address]:
        """The bodies that this instance signs for."""
        return self._senders

    @property
    def salts(self) -> SaltSource:
        """Where the salts of new records come from."""
        return self._salts

    def submit(self, operation: Operation) -> Future[OperationStatus]:
        """Saves the operation (`OperationConflict` if its id has other content); the future is its end."""
        self._outbox.save([operation])
        return self._threads.submit(self._finish, self._submitters[operation.sender], operation)

    def status(self, operation_id: OperationId) -> OperationStatus | None:
        """Where an operation of this instance stands."""
        return self._outbox.status(operation_id)

    def saved_record(self, operation_id: OperationId) -> Record | None:
        """The record that the operation was saved with."""
        status = self._outbox.status(operation_id)
        return None if status is None else self._records.record(status.record_hash)

    def send_raw(self, signed_transaction: bytes, record: Record | None) -> Sent:
        """Hands a holder's transaction to the node and keeps its record.

        Raises `InvalidInput` where it is no call of ours or the record is another's, the refusal, and `Unavailable`.
        """
        if record is not None:
            asked = read_raw(signed_transaction, self._deployment)
            check_record(record, asked.call, asked.sender)
        sent = send_raw(self._rpc, self._deployment, signed_transaction)
        if record is not None:
            self._records.save([record])
        return Sent(operation_id=sent.operation_id, transaction_hash=sent.transaction_hash)

    def close(self) -> None:
        """Ends background work; what is saved is sent after the next start."""
        self._closing.set()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _finish(self, submitter: Submitter, operation: Operation) -> OperationStatus:
        while True:
            try:
                return submitter.submit(operation)
            except KeyInUse:
                raise
            except Unavailable:
                if self._closing.wait(_RETRY_SECONDS):
                    raise

    def _resume(self, submitter: Submitter) -> None:
        while True:
            try:
                submitter.resume()
            except KeyInUse:
                raise
            except Unavailable:
                if self._closing.wait(_RETRY_SECONDS):
                    return
            else:
                return
