"""A small but complete system to be audited: a chain in memory with something of everything, its mirror, a replica, and
rows in every table that the operator keeps. And a hand that changes single values behind everybody's back.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import Column, Table, and_, select, text, update

from chain.operations import Call, ContractName, DoneOperation, Operation, RefusedOperation, SentTransaction
from indexer import checkpoints, incidents, row_seals, schema
from indexer.api_keys import ApiKeyStore
from indexer.audit.context import AuditContext
from indexer.audit.replay import open_replica, replay
from indexer.database import Database
from indexer.follower import Follower
from indexer.mirror import Cursor
from indexer.outbox import SqlOutbox
from indexer.schema import IncidentKind
from ledger.checkpoints import Checkpoint
from ledger.ids import Address, Hash32, OperationId
from ledger.notes import KeyType, Note, SignerKey
from ledger.records import Record
from ledger.vocabulary import OperationKind
from tests.fakes.event_chain import EventChain

SENDER = Address(b"\x05" * 20)
BLOCKS = 12


def full_chain() -> EventChain:
    """A chain on which everything happened that makes a row in some table of the mirror, and a value in each column."""
    return copy.deepcopy(_full_chain())


@cache
def _full_chain() -> EventChain:
    chain = EventChain(3, points=0.5)
    for _ in range(BLOCKS):
        chain.mine(40)
    return chain


def operation(number: int) -> Operation:
    """One that was never on the chain."""
    record = Record.of(OperationKind.LOT_FROZEN, {"number": str(number)}, lambda _: bytes(16))
    call = Call(
        contract=ContractName.REDUCTION_LEDGER,
        function="freezeLot",
        kind=OperationKind.LOT_FROZEN,
        operation_id=OperationId(number.to_bytes(32, "big")),
        record_hash=record.hash,
        calldata=b"\x01\x02",
    )
    return Operation(call=call, sender=SENDER, record=record)


def keep_rows(database: Database, chain: EventChain) -> None:
    """Rows in every kept table, with a value in every column."""
    outbox, operations = SqlOutbox(database), [operation(number) for number in (1, 2, 3)]
    done, refused, _ = (one.id for one in operations)
    outbox.save(operations)
    outbox.mark_sent(
        [SentTransaction(operation_id=done, nonce=4, transaction_hash=b"\x07" * 32, raw_transaction=b"\xf8")]
    )
    outbox.mark_done([DoneOperation(operation_id=done, transaction_hash=b"\x07" * 32, block_number=2, leaf_index=1)])
    outbox.mark_refused(
        [
            RefusedOperation(
                operation_id=refused,
                transaction_hash=None,
                block_number=None,
                error_code="ReductionLedger_LotFrozen",
                error_arguments={"lotId": "0x00"},
            )
        ]
    )
    keys = ApiKeyStore(database)
    keys.revoke(keys.create("a reader", ["read"]).key.key_id)
    keys.create("a writer", ["read", "submit"])
    stands = Cursor(5, b"\x09" * 32, 1, 7, b"\x0a" * 32)
    batch = {"batch_number": 1, "subject": b"\x01" * 32, "file_hash": b"\x02" * 32, "changed_at": 5}
    found = {"state": "checked", "rule": None, "detail": None, "duplicates": 0, "overdrawn": 0}
    wrong = {"state": "wrong", "rule": "root", "detail": "another root", "duplicates": None, "overdrawn": None}
    with database.write() as connection:
        incidents.add_reorg(connection, stands, stands._replace(block_number=4, block_hash=b"\x08" * 32))
        incidents.add_halt(connection, stands, 9, "broken-log", "leaves are missing")
        incidents.add_batch(connection, IncidentKind.WRONG_BATCH, 1, "root", "another root")
        incidents.resolve_batch(connection, 1)
        row_seals.add(connection, schema.batch_files, [{**batch, **found}, {**batch, **wrong, "batch_number": 2}])
        checkpoint = signed_checkpoint(chain, 3)
        checkpoints.reserve(connection, checkpoint)
        checkpoints.publish(connection, checkpoint)


def log_key(chain: EventChain) -> SignerKey:
    """The key of the log."""
    return SignerKey(chain.deployment.origin, KeyType.LOG, b"\x01" * 32)


def signed_checkpoint(chain: EventChain, size: int, root: Hash32 | None = None) -> Note:
    """The log's word on its first `size` leaves; or on another root."""
    made = Checkpoint(chain.deployment.origin, size, root or Hash32(chain.root_at(size)))
    return Note(made.text, (log_key(chain).sign(made.text),))


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditedSystem:
    """The chain, the audited database, and the auditor's replica, which all stand at the same block."""

    chain: EventChain
    database: Database
    replica: Database
    at: Cursor
    work: Path

    @classmethod
    def build(cls, database: Database, work: Path, chain: EventChain | None = None) -> AuditedSystem:
        """Indexes the chain twice and keeps rows. The database is migrated first."""
        chain = chain or full_chain()
        database.migrate()
        cursor = Follower(chain, chain.deployment, database).catch_up()
        keep_rows(database, chain)
        replica = open_replica(work)
        at = replay(chain, chain.deployment, replica, cursor.block_number)
        return cls(chain=chain, database=database, replica=replica, at=at, work=work)

    @contextlib.contextmanager
    def context(self, since_leaf: int | None = None) -> Iterator[AuditContext]:
        """What a part is given, the database as it is now."""
        with self.database.read() as audited:
            yield AuditContext(
                rpc=self.chain,
                deployment=self.chain.deployment,
                replica=self.replica,
                at=self.at,
                audited=audited,
                store=None,
                work=self.work,
                since_leaf=since_leaf,
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """One value that was changed: the row's key as it should be, and as it is now."""

    key: tuple[Any, ...]
    key_now: tuple[Any, ...]
    before: Any
    after: Any


@contextlib.contextmanager
def changed(database: Database, column: Column[Any], value: Any = None) -> Iterator[Changed]:
    """Changes one value of a column, past every check of the database, and puts it back at the end.

    Of the rows that have a value the last in the column's order, so that one more is no other row's value. Without
    `value` another of the same type.
    """
    table = column.table
    assert isinstance(table, Table)
    keys = list(table.primary_key.columns)
    with database.read() as connection:
        here = select(*keys, column).where(column.is_not(None)).order_by(column.desc()).limit(1)
        *key, before = (bytes(one) if isinstance(one, memoryview) else one for one in connection.execute(here).one())
    after = another(before) if value is None else value
    key_now = tuple(after if one is column else old for one, old in zip(keys, key, strict=True))
    _set(database, column, tuple(key), after)
    try:
        yield Changed(key=tuple(key), key_now=key_now, before=before, after=after)
    finally:
        _set(database, column, key_now, before)


def another(value: Any) -> Any:
    """Another value of the same type, of the same length where it is bytes."""
    match value:
        case int():
            return value + 1
        case bytes():
            return value[:-1] + bytes([value[-1] ^ 0x80])
        case str():
            return value + "~"
        case _:
            raise TypeError(type(value))


def _set(database: Database, column: Column[Any], key: tuple[Any, ...], value: Any) -> None:
    table = column.table
    assert isinstance(table, Table)
    here = and_(*(one == old for one, old in zip(table.primary_key.columns, key, strict=True)))
    with unguarded(database) as connection:
        assert connection.execute(update(table).where(here).values({column: value})).rowcount == 1


@contextlib.contextmanager
def unguarded(database: Database) -> Iterator[Any]:
    """A transaction in which neither checks nor references hold, as in a hand that edits the file."""
    sqlite = ("PRAGMA ignore_check_constraints = {}", "PRAGMA foreign_keys = {}")
    with database.engine.connect() as connection:
        raw = connection.connection.cursor()
        if database.is_sqlite:
            raw.execute(sqlite[0].format("ON"))
            raw.execute(sqlite[1].format("OFF"))
        else:
            connection.execute(text("SET session_replication_role = replica"))
            connection.commit()
        with connection.begin():
            yield connection
        if database.is_sqlite:
            raw.execute(sqlite[0].format("OFF"))
            raw.execute(sqlite[1].format("ON"))
        else:
            connection.execute(text("SET session_replication_role = DEFAULT"))
            connection.commit()
        raw.close()
