"""The outbox keeps what it was given, knows a conflict, and never forgets how an operation ended."""

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from chain.operations import (
    Call,
    ContractName,
    DoneOperation,
    Operation,
    OperationState,
    RefusedOperation,
    SentTransaction,
)
from indexer.database import Database
from indexer.outbox import SqlOutbox
from indexer.records import RecordStore
from indexer.schema import outbox as table
from ledger.errors import NotFound, OperationConflict
from ledger.ids import Address, OperationId
from ledger.records import Record
from ledger.vocabulary import OperationKind

SENDER = Address(b"\x05" * 20)


def operation(number: int, *, calldata: bytes = b"\x01\x02", sender: Address = SENDER) -> Operation:
    record = Record.of(OperationKind.LOT_FROZEN, {"number": str(number)}, lambda _: bytes(16))
    call = Call(
        contract=ContractName.REDUCTION_LEDGER,
        function="freezeLot",
        kind=OperationKind.LOT_FROZEN,
        operation_id=OperationId(number.to_bytes(32, "big")),
        record_hash=record.hash,
        calldata=calldata,
    )
    return Operation(call=call, sender=sender, record=record)


def sent(one: Operation, nonce: int = 0) -> SentTransaction:
    return SentTransaction(
        operation_id=one.id, nonce=nonce, transaction_hash=bytes([nonce]) * 32, raw_transaction=b"\xf8"
    )


def test_saved_operations_come_back_in_order_with_their_records(database: Database) -> None:
    outbox = SqlOutbox(database)
    operations = [operation(number) for number in range(1, 1_201)]
    statuses = outbox.save(operations)
    assert [status.operation_id for status in statuses] == [one.id for one in operations]
    assert {status.state for status in statuses} == {OperationState.SAVED}
    assert outbox.unfinished(SENDER) == statuses
    assert outbox.unfinished(Address(b"\x06" * 20)) == []
    assert RecordStore(database).record(operations[7].call.record_hash) == operations[7].record
    assert outbox.status(operations[3].id) == statuses[3]
    assert outbox.status(OperationId(b"\x01" * 32)) is None


def test_saving_again_changes_nothing(database: Database) -> None:
    outbox = SqlOutbox(database)
    one = operation(1)
    outbox.save([one, one])
    outbox.mark_sent([sent(one)])
    (again,) = outbox.save([one])
    assert again.state is OperationState.SENT
    with database.read() as connection:
        assert connection.execute(select(func.count()).select_from(table)).scalar_one() == 1


@pytest.mark.parametrize(
    "other",
    [
        operation(1, calldata=b"\x03"),
        operation(1, sender=Address(b"\x06" * 20)),
        replace(operation(1), call=replace(operation(1).call, contract=ContractName.ACCOUNT_REGISTRY)),
    ],
    ids=["calldata", "sender", "contract"],
)
def test_other_content_under_a_known_id_conflicts_and_saves_nothing(database: Database, other: Operation) -> None:
    outbox = SqlOutbox(database)
    outbox.save([operation(1)])
    with pytest.raises(OperationConflict):
        outbox.save([operation(2), other])
    assert outbox.status(operation(2).id) is None
    with pytest.raises(OperationConflict):
        outbox.save([operation(3), replace(operation(3), sender=Address(b"\x07" * 20))])
    assert outbox.status(operation(3).id) is None


def test_an_operation_ends_once(database: Database) -> None:
    outbox = SqlOutbox(database)
    one, two, three = operation(1), operation(2), operation(3)
    outbox.save([one, two, three])
    outbox.mark_sent([sent(one, 4), sent(two, 5)])
    status = outbox.status(one.id)
    assert status is not None
    assert (status.state, status.nonce, status.raw_transaction) == (OperationState.SENT, 4, b"\xf8")
    done = DoneOperation(operation_id=one.id, transaction_hash=b"\x04" * 32, block_number=9)
    refused = RefusedOperation(
        operation_id=two.id, error_code="ReductionLedger_LotFrozen", error_arguments={"lot": "0x"}
    )
    outbox.mark_done([done])
    outbox.mark_done([done])
    outbox.mark_refused([refused])
    outbox.mark_sent([sent(one, 6)])
    ended, other = outbox.status(one.id), outbox.status(two.id)
    assert ended is not None
    assert other is not None
    assert (ended.state, ended.nonce, ended.block_number) == (OperationState.DONE, 4, 9)
    assert (other.state, other.error_code) == (OperationState.REFUSED, "ReductionLedger_LotFrozen")
    assert other.error_arguments == {"lot": "0x"}
    assert [status.operation_id for status in outbox.unfinished(SENDER)] == [three.id]
    with pytest.raises(OperationConflict):
        outbox.mark_refused([replace(refused, operation_id=one.id)])
    with pytest.raises(NotFound):
        outbox.mark_done([replace(done, operation_id=operation(9).id)])


def test_what_was_refused_is_not_sent_and_nothing_else_with_it(database: Database) -> None:
    """Another process of the body refused it between our look at it and our signature: the bytes must not go out."""
    outbox = SqlOutbox(database)
    one, two, three = operation(1), operation(2), operation(3)
    outbox.save([one, two, three])
    outbox.mark_sent([sent(three, 1)])
    outbox.mark_done(
        [DoneOperation(operation_id=three.id, transaction_hash=b"\x04" * 32, block_number=9, leaf_index=5)]
    )
    outbox.mark_refused([RefusedOperation(operation_id=two.id, error_code="X", error_arguments={})], unsent=True)
    with pytest.raises(OperationConflict):
        outbox.mark_sent([sent(one, 2), sent(two, 3)])
    states = [status and (status.state, status.nonce) for status in map(outbox.status, (one.id, two.id))]
    assert states == [(OperationState.SAVED, None), (OperationState.REFUSED, None)]
    outbox.mark_sent([sent(one, 2), sent(three, 3)])
    left = outbox.status(three.id)
    assert left is not None
    assert (left.state, left.nonce, left.leaf_index) == (OperationState.DONE, 1, 5)
    with pytest.raises(NotFound):
        outbox.mark_sent([sent(operation(9), 4)])


def test_a_refusal_before_signing_leaves_alone_what_another_sender_has_sent(database: Database) -> None:
    outbox = SqlOutbox(database)
    saved, under_way, ended = operation(1), operation(2), operation(3)
    outbox.save([saved, under_way, ended])
    outbox.mark_sent([sent(under_way, 4), sent(ended, 5)])
    outbox.mark_done([DoneOperation(operation_id=ended.id, transaction_hash=b"\x04" * 32, block_number=9)])
    refusals = [
        RefusedOperation(operation_id=one.id, error_code="ReductionLedger_LotFrozen", error_arguments={})
        for one in (saved, under_way, ended)
    ]
    outbox.mark_refused(refusals, unsent=True)
    states = [status and status.state for status in map(outbox.status, (saved.id, under_way.id, ended.id))]
    assert states == [OperationState.REFUSED, OperationState.SENT, OperationState.DONE]
    with pytest.raises(NotFound):
        outbox.mark_refused([replace(refusals[0], operation_id=operation(9).id)], unsent=True)
    with pytest.raises(OperationConflict):
        outbox.mark_refused([refusals[2]])
