"""The outbox is held to itself and to the chain: every column of a row that was changed is named."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, update

from chain import calls
from chain.operations import DoneOperation, Operation, OperationState, RefusedOperation, SentTransaction
from chain.signers import LocalSigner
from chain.transactions import Transaction
from indexer import schema
from indexer.audit.context import AuditContext
from indexer.audit.findings import Finding
from indexer.audit.outbox import audit_outbox
from indexer.database import Database
from indexer.outbox import SqlOutbox
from ledger.ids import OperationId
from ledger.vocabulary import Role
from tests.fakes.event_chain import EventChain
from tests.fakes.event_logs import ADDRESSES, CHAIN_ID
from tests.fakes.ledger_world import KEYS, Move
from tests.fakes.told_moves import chain_of
from tests.unit.indexer.audit.full_life import full_life
from tests.unit.indexer.audit.parts import audit_of, open_mirror
from tests.unit.indexer.audit.recorded_world import RecordedWorld, record_of

PLATFORM = LocalSigner(b"\x07" * 32)


def signed(operation: Operation, nonce: int) -> SentTransaction:
    to = ADDRESSES[operation.call.contract]
    transaction = Transaction(
        chain_id=CHAIN_ID, nonce=nonce, gas_price=0, gas=100_000, to=to, data=operation.call.calldata
    )
    made = PLATFORM.sign_transaction(transaction)
    return SentTransaction(operation_id=operation.id, nonce=nonce, transaction_hash=made.hash, raw_transaction=made.raw)


def operation_of(world: RecordedWorld, move: Move) -> Operation:
    arguments = {name: value for name, value in move.arguments.items() if name != "sender"}
    record = next(one for one in world.records if one.hash == move.arguments["record_hash"])
    return Operation(call=getattr(calls, move.function)(**arguments), sender=PLATFORM.address, record=record)


@pytest.fixture(scope="module")
def world() -> RecordedWorld:
    made = RecordedWorld(keys={**KEYS, Role.PLATFORM: PLATFORM.address})
    full_life(made)
    return made


@pytest.fixture(scope="module")
def chain(world: RecordedWorld) -> EventChain:
    return chain_of(world)


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, world: RecordedWorld, chain: EventChain) -> Path:
    """The platform's operations, done; and one each that is saved, sent and refused."""
    folder = tmp_path_factory.mktemp("kept")
    database = open_mirror(folder, "operator")
    outbox = SqlOutbox(database)
    moves = [move for move in world.moves if move.arguments["sender"] == PLATFORM.address]
    operations = [operation_of(world, move) for move in moves]
    never = []
    for number in range(3):
        move = world.move("freeze_lot", operation_id=OperationId(bytes(31) + bytes([9 + number])))
        record = record_of(move)
        world.records.append(record)
        never.append(operation_of(world, move.changed(record_hash=record.hash)))
    outbox.save([*operations, *never])
    sent = [signed(one, nonce) for nonce, one in enumerate([*operations, *never[1:]])]
    outbox.mark_sent(sent)
    with audit_of(chain, chain.deployment, folder) as context, context.replica.read() as connection:
        leaves = {bytes(row.operation_id): row for row in connection.execute(select(schema.operations))}
    outbox.mark_done(
        DoneOperation(
            operation_id=one.id,
            transaction_hash=bytes(leaves[one.id].transaction_hash),
            block_number=leaves[one.id].block_number,
            leaf_index=leaves[one.id].leaf_index,
        )
        for one in operations
    )
    arguments = {"lotId": "0x" + "00" * 32}
    refused = RefusedOperation(
        operation_id=never[2].id, error_code="ReductionLedger_UnknownLot", error_arguments=arguments
    )
    outbox.mark_refused([refused])
    database.close()
    return folder


@pytest.fixture
def operator(tmp_path: Path, kept: Path) -> Iterator[Database]:
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    database = open_mirror(tmp_path, "operator")
    yield database
    database.close()


def findings(folder: Path, chain: EventChain, database: Database) -> tuple[list[Finding], AuditContext]:
    with audit_of(chain, chain.deployment, folder, database) as context:
        return list(audit_outbox(context)), context


def test_a_clean_outbox_passes(tmp_path: Path, chain: EventChain, operator: Database) -> None:
    found, context = findings(tmp_path, chain, operator)
    assert found == []
    assert context.covered["operations submitted"] > 15
    assert context.facts == []


OTHER: dict[str, Any] = {
    "operation_id": b"\x01" * 32,
    "sender": b"\x02" * 20,
    "contract": "campaign_registry",
    "kind": 2,
    "calldata": b"\x03" * 200,
    "record_hash": b"\x04" * 32,
    "nonce": 999,
    "transaction_hash": b"\x05" * 32,
    "raw_transaction": b"\xf8\x00",
    "block_number": 777,
    "leaf_index": 777,
}


def change(database: Database, was: OperationState, **values: Any) -> int:
    """Changes the last row in a state; its sequence."""
    table = schema.outbox
    with database.write() as connection:
        newest = select(table.c.sequence).where(table.c.state == was.value).order_by(table.c.sequence.desc())
        sequence: int = connection.scalars(newest.limit(1)).one()
        connection.execute(update(table).where(table.c.sequence == sequence).values(**values))
    return sequence


@pytest.mark.parametrize("column", OTHER)
def test_each_column_of_what_is_done_is_found(
    tmp_path: Path, chain: EventChain, operator: Database, column: str
) -> None:
    sequence = change(operator, OperationState.DONE, **{column: OTHER[column]})
    found, _ = findings(tmp_path, chain, operator)
    of_row = {one.column for one in found if one.table == "outbox"}
    assert column in of_row
    assert {one.key for one in found if one.table == "outbox"} == {str(sequence)}


@pytest.mark.parametrize("column", ["operation_id", "sender", "calldata", "nonce", "transaction_hash", "leaf_index"])
def test_columns_of_what_is_sent_are_found(tmp_path: Path, chain: EventChain, operator: Database, column: str) -> None:
    change(operator, OperationState.SENT, **{column: OTHER[column]})
    found, _ = findings(tmp_path, chain, operator)
    assert column in {one.column for one in found}


@pytest.mark.parametrize(
    ("values", "columns"),
    [
        ({"error_code": "NotARefusal"}, {"error_code"}),
        ({"error_arguments": "[]"}, {"error_arguments"}),
        ({"error_arguments": "no JSON"}, {"error_arguments"}),
        ({"error_arguments": None}, {"error_arguments"}),
        ({"leaf_index": 4}, {"leaf_index"}),
    ],
)
def test_columns_of_what_was_refused_are_found(
    tmp_path: Path, chain: EventChain, operator: Database, values: dict[str, Any], columns: set[str]
) -> None:
    change(operator, OperationState.REFUSED, **values)
    found, _ = findings(tmp_path, chain, operator)
    assert {one.column for one in found} == columns


def test_what_is_said_to_be_done_and_is_in_no_leaf_is_found(
    tmp_path: Path, chain: EventChain, operator: Database
) -> None:
    change(operator, OperationState.SENT, state="done", block_number=3)
    found, _ = findings(tmp_path, chain, operator)
    assert [one.column for one in found] == ["state"]


def test_what_is_said_to_be_refused_and_was_applied_is_found(
    tmp_path: Path, chain: EventChain, operator: Database
) -> None:
    change(operator, OperationState.DONE, state="refused", error_code="AccountRegistry_NotActive", error_arguments="{}")
    found, _ = findings(tmp_path, chain, operator)
    assert {one.column for one in found} == {"state", "leaf_index"}


def test_what_was_applied_and_is_not_marked_yet_is_said(tmp_path: Path, chain: EventChain, operator: Database) -> None:
    """The submitter may be about to: that is no difference."""
    raw = select(schema.outbox.c.raw_transaction).where(schema.outbox.c.state == "done")
    with operator.read() as connection:
        assert connection.execute(raw).first() is not None
    sequence = change(operator, OperationState.DONE, state="saved", block_number=None, leaf_index=None)
    found, context = findings(tmp_path, chain, operator)
    assert (found, sequence > 0) == ([], True)
    assert context.facts == ["1 operations of the outbox are in the log and not marked as done yet."]


def test_a_record_that_was_saved_with_its_operation_and_is_gone_is_found(
    tmp_path: Path, chain: EventChain, operator: Database, world: RecordedWorld
) -> None:
    gone = next(record for record in world.records if record.kind.label == "account-opened")
    with operator.write() as connection:
        connection.execute(delete(schema.records).where(schema.records.c.record_hash == bytes(gone.hash)))
    found, _ = findings(tmp_path, chain, operator)
    assert [(one.table, one.key, one.column) for one in found] == [("records", gone.hash.hex0x, "*")]
