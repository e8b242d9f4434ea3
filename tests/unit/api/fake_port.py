"""An operations port in memory: what would happen on chain is said beforehand."""

from collections.abc import Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field, replace

from api.operations_port import Sent, Trouble
from chain.operations import Operation, OperationState, OperationStatus
from ledger.errors import OperationConflict
from ledger.ids import Address, OperationId
from ledger.records import RandomSalts, Record, SaltSource
from ledger.refusals import ContractRefusal
from ledger.vocabulary import Role
from tests.unit.api.sample import address

SENDERS = {
    Role.PLATFORM: address(0xA1),
    Role.REGULATOR: address(0xA2),
    Role.TECHNICAL_CENTRE: address(0xA3),
    Role.EXCHANGE: address(0xA4),
}


@dataclass
class FakePort:
    """`outcome`: None is done at once, "pending" never ends, an error is what the contract refuses with."""

    senders: Mapping[Role, Address] = field(default_factory=lambda: dict(SENDERS))
    outcome: ContractRefusal | Exception | str | None = None
    salts: SaltSource = field(default_factory=RandomSalts)
    saved: dict[OperationId, tuple[Operation, OperationStatus]] = field(default_factory=dict)
    troubles: Mapping[Role, Trouble] = field(default_factory=dict)
    sent: list[bytes] = field(default_factory=list)
    leaf_index: int | None = 7
    blind: int = 0
    """How often `saved_record` does not see yet what is saved: two equal requests at the same moment."""

    def submit(self, operation: Operation) -> "Future[OperationStatus]":
        known = self.saved.get(operation.id)
        if known is not None and known[0].call != operation.call:
            raise OperationConflict(operation.id)
        future: Future[OperationStatus] = Future()
        status = self._status(operation)
        self.saved[operation.id] = (operation, status)
        if isinstance(self.outcome, Exception):
            future.set_exception(self.outcome)
        elif self.outcome is None:
            future.set_result(status)
        return future

    def _status(self, operation: Operation) -> OperationStatus:
        call = operation.call
        status = OperationStatus(
            operation_id=call.operation_id,
            state=OperationState.SAVED,
            sender=operation.sender,
            contract=call.contract,
            kind=call.kind,
            calldata=call.calldata,
            record_hash=call.record_hash,
        )
        if isinstance(self.outcome, ContractRefusal):
            return replace(
                status,
                state=OperationState.REFUSED,
                error_code=type(self.outcome).__name__,
                error_arguments=self.outcome.details(),
            )
        if self.outcome is None:
            return replace(
                status,
                state=OperationState.DONE,
                transaction_hash=b"\x77" * 32,
                block_number=40,
                leaf_index=self.leaf_index,
            )
        return status

    def status(self, operation_id: OperationId) -> OperationStatus | None:
        found = self.saved.get(operation_id)
        return None if found is None else found[1]

    def saved_record(self, operation_id: OperationId) -> Record | None:
        if self.blind:
            self.blind -= 1
            return None
        found = self.saved.get(operation_id)
        return None if found is None else found[0].record

    def send_raw(self, signed_transaction: bytes, record: Record | None) -> Sent:
        if isinstance(self.outcome, Exception):
            raise self.outcome
        self.sent.append(signed_transaction)
        return Sent(operation_id=OperationId(b"\x11" * 32), transaction_hash=b"\x22" * 32)

    def close(self) -> None:
        """Nothing to end."""
