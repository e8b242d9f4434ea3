"""Operations as the submitter sees them, and the port behind which they are saved.

An operation is saved before it is signed and before it is sent, under an id its maker chose (01-concepts §1.5). The
chain applies an id once; the outbox lets a submitter that was killed find out what it had begun.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Protocol

from ledger.ids import Address, OperationId, RecordHash
from ledger.records import Record
from ledger.vocabulary import OperationKind


class ContractName(StrEnum):
    """The contracts of one deployment, by the name they have in the deployment file."""

    ACCESS_MANAGER = "access_manager"
    TRANSPARENCY_LOG = "transparency_log"
    ACCOUNT_REGISTRY = "account_registry"
    METHODOLOGY_REGISTRY = "methodology_registry"
    ACTIVITY_REGISTRY = "activity_registry"
    REDUCTION_LEDGER = "reduction_ledger"
    PROVIDER_REGISTRY = "provider_registry"
    CAMPAIGN_REGISTRY = "campaign_registry"
    POINT_LEDGER = "point_ledger"


class OperationState(StrEnum):
    """docs/spec/02-states.md §2.7."""

    SAVED = "saved"
    SENT = "sent"
    DONE = "done"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One call of one ledger function, ready to be signed."""

    contract: ContractName
    function: str
    kind: OperationKind
    operation_id: OperationId
    record_hash: RecordHash
    calldata: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """A call, who sends it, and the record whose hash it carries."""

    call: Call
    sender: Address
    record: Record

    @property
    def id(self) -> OperationId:
        return self.call.operation_id


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationStatus:
    """Where an operation stands.

    `error_code` is the name of the refusal (`ledger.refusals`) and `error_arguments` its JSON-safe arguments.
    """

    operation_id: OperationId
    state: OperationState
    sender: Address
    contract: ContractName
    kind: OperationKind
    calldata: bytes
    record_hash: RecordHash
    nonce: int | None = None
    transaction_hash: bytes | None = None
    raw_transaction: bytes | None = None
    block_number: int | None = None
    leaf_index: int | None = None
    error_code: str | None = None
    error_arguments: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTransaction:
    operation_id: OperationId
    nonce: int
    transaction_hash: bytes
    raw_transaction: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class DoneOperation:
    """The operation's leaf is in the log, by the named transaction (which may be an earlier try). `leaf_index` is None
    where its event was not seen.
    """

    operation_id: OperationId
    transaction_hash: bytes
    block_number: int
    leaf_index: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RefusedOperation:
    operation_id: OperationId
    error_code: str
    error_arguments: Mapping[str, Any]
    transaction_hash: bytes | None = None
    block_number: int | None = None


class Outbox(Protocol):
    """Where operations are saved. Each method is one transaction; all take batches."""

    def save(self, operations: Sequence[Operation]) -> list[OperationStatus]:
        """Save what is new, with its record, and return the status of each, in order.

        Raises `OperationConflict` when an id is there with other content (contract, calldata or sender).
        """
        ...

    def mark_sent(self, transactions: Iterable[SentTransaction]) -> None:
        """Signed bytes that are about to be handed to the node.

        Raises `OperationConflict` for an operation that was refused, and then marks none: what the node would take now
        could be done, and the outbox would still say refused. One that is done stays as it is: the log takes an id
        once, so that its bytes have no effect.
        """
        ...

    def mark_done(self, operations: Iterable[DoneOperation]) -> None: ...

    def mark_refused(self, operations: Iterable[RefusedOperation], *, unsent: bool = False) -> None:
        """`unsent`: the refusal was found before anything was signed, and holds only for what is still saved. What
        another sender of the same id has sent or ended meanwhile stays as it is.
        """
        ...

    def status(self, operation_id: OperationId) -> OperationStatus | None: ...

    def unfinished(self, sender: Address) -> list[OperationStatus]:
        """All saved or sent operations of a sender, oldest first."""
        ...
