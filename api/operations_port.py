"""The one way from the API to the chain: submit an operation, ask where it stands, hand over a signed transaction."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Protocol

from chain.operations import Operation, OperationStatus
from ledger.errors import TanpuhuiError
from ledger.ids import Address, OperationId
from ledger.records import Record, SaltSource
from ledger.vocabulary import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A holder's own transaction that the node took. `operation_id` as its calldata names it."""

    operation_id: OperationId
    transaction_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """Why a body's operations wait now: what failed, how often in a row, and in how many seconds it is tried again."""

    error: TanpuhuiError | None
    failures: int
    again_seconds: float


class OperationsPort(Protocol):
    """All methods block and are called from threads, never from the event loop."""

    @property
    def senders(self) -> Mapping[Role, Address]:
        """The bodies that this instance signs for."""
        ...

    @property
    def troubles(self) -> Mapping[Role, Trouble]:
        """The bodies whose operations could not be sent on when it was last tried."""
        ...

    @property
    def salts(self) -> SaltSource:
        """Where the salts of new records come from."""
        ...

    def submit(self, operation: Operation) -> "Future[OperationStatus]":
        """Saves the operation before it returns; the future is its end: done, or the refusal raised.

        Raises `OperationConflict` when the id was saved with other content. A saved operation is sent in the
        background, also by the next start of this process; unavailable nodes are tried again.
        """
        ...

    def status(self, operation_id: OperationId) -> OperationStatus | None:
        """Where an operation of this instance stands."""
        ...

    def saved_record(self, operation_id: OperationId) -> Record | None:
        """The record that the operation was saved with."""
        ...

    def send_raw(self, signed_transaction: bytes, record: Record | None) -> Sent:
        """Hands a holder's transaction to the node and then keeps its record, if it is given.

        Raises `InvalidInput` where it is no call of ours or the record does not say what the call says, the refusal
        where the ledger refuses it, and `Unavailable`.
        """
        ...

    def close(self) -> None:
        """Ends background work; what is saved is sent after the next start."""
        ...
