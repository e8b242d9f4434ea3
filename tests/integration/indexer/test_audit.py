"""Audits where it takes more than memory: PostgreSQL, and contracts on a node."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Column, text, update
from sqlalchemy.exc import DBAPIError

from chain.rpc import Request, Rpc, RpcAnswer, RpcError
from indexer import schema
from indexer.audit.context import AuditContext
from indexer.audit.contract_state import compare_state
from indexer.audit.findings import Finding
from indexer.audit.kept_rows import check_seals, check_table
from indexer.audit.replay import head_of, open_replica, replay
from indexer.audit.tables import compare_table, compare_tables
from indexer.database import Database, open_database
from indexer.errors import StatePruned
from tests.integration.deployed import Deployed
from tests.integration.indexer.test_real_chain import RealLife
from tests.unit.indexer.audit.system import AuditedSystem, changed

SOME = (
    schema.bound_contracts.c.name,
    schema.bound_contracts.c.address,
    schema.cursor.c.log_root,
    schema.operations.c.from_account,
    schema.log_tiles.c.nodes,
    schema.methodologies.c.code,
    schema.lots.c.first_serial,
    schema.balances.c.quantity_gco2e,
    schema.postings.c.position,
    schema.batches.c.personal_after_gco2e,
    schema.point_balances.c.owner,
    schema.outbox.c.calldata,
    schema.outbox.c.sequence,
    schema.records.c.document,
    schema.api_keys.c.key_id,
    schema.incidents.c.detail,
    schema.checkpoints.c.note,
    schema.mirror_generation.c.generation,
    schema.batch_files.c.seal,
)


def test_postgresql_is_compared_as_sqlite_is(postgresql: Database, tmp_path: Path) -> None:
    system = AuditedSystem.build(postgresql, tmp_path)
    with system.context() as context:
        assert [*compare_tables(context), *check_seals(context)] == []
    for column in SOME:
        with changed(postgresql, column):
            found = looked_at(system, column)
        assert {one.table for one in found} == {column.table.name}, column
        in_mirror = column.table in schema.MIRROR
        assert {one.column for one in found} == {"*" if in_mirror and column.primary_key else column.name}, column
        assert looked_at(system, column) == [], column


def looked_at(system: AuditedSystem, column: Column[Any]) -> list[Finding]:
    table = schema.metadata.tables[column.table.name]
    with system.context() as context:
        return list((check_table if table in schema.KEPT else compare_table)(context, table))


def test_nothing_can_be_written_to_a_postgresql_that_is_read_only(postgresql: Database) -> None:
    postgresql.migrate()
    read_only = open_database(postgresql.engine.url, read_only=True)
    try:
        with pytest.raises(DBAPIError, match="read-only transaction"), read_only.engine.begin() as connection:
            connection.execute(text("DELETE FROM postings"))
        with pytest.raises(DBAPIError, match="read-only transaction"), read_only.write() as connection:
            connection.execute(text("DELETE FROM postings"))
    finally:
        read_only.close()


# ------------------------------------------------------------------------------------------------------- the contracts


@pytest.fixture
def lived(deployed: Deployed) -> Deployed:
    """Contracts on which much has happened."""
    RealLife(deployed, seed=21).live(160)
    return deployed


class Asked:
    """The contracts, asked through `rpc` what a replica expects of them."""

    def __init__(self, deployed: Deployed, folder: Path, rpc: Rpc) -> None:
        self.replica = open_replica(folder)
        at = replay(deployed.rpc, deployed.deployment, self.replica, head_of(deployed.rpc))
        self.context = AuditContext(
            rpc=rpc,
            deployment=deployed.deployment,
            replica=self.replica,
            at=at,
            audited=None,
            store=None,
            work=folder,
        )

    def found(self) -> list[Finding]:
        return list(compare_state(self.context))


@pytest.fixture
def asked(lived: Deployed, tmp_path: Path) -> Iterator[Asked]:
    asking = Asked(lived, tmp_path, lived.rpc)
    yield asking
    asking.replica.close()


def test_contracts_say_what_their_events_said(asked: Asked) -> None:
    assert asked.found() == []
    for what in ("accounts", "lots", "proposals", "balances", "operation digests"):
        assert asked.context.covered[f"{what} asked of the contracts"] > 0


EXPECTED = (
    (schema.accounts.c.status, "account_registry", "status"),
    (schema.methodologies.c.document_hash, "methodology_registry", "document_hash"),
    (schema.activities.c.cap_gco2e, "activity_registry", "cap_grams"),
    (schema.proposals.c.quantity_gco2e, "reduction_ledger", "grams"),
    (schema.lots.c.first_serial, "reduction_ledger", "first_serial"),
    (schema.operations.c.operation_id, "transparency_log", "operationDigest"),
)


@pytest.mark.parametrize(("column", "contract", "field"), EXPECTED, ids=str)
def test_what_a_contract_has_otherwise_is_named(asked: Asked, column: Column[Any], contract: str, field: str) -> None:
    with changed(asked.replica, column) as change:
        found = asked.found()
    key = change.after if column is schema.operations.c.operation_id else change.key[0]
    assert (f"contract {contract}", "0x" + key.hex(), field) in {(one.table, one.key, one.column) for one in found}


def test_a_balance_and_all_totals_of_it_are_named(asked: Asked) -> None:
    held = schema.balances.c.book == int(schema.Book.HELD)
    with asked.replica.write() as connection:
        connection.execute(
            update(schema.balances).where(held).values(quantity_gco2e=schema.balances.c.quantity_gco2e + 1)
        )
    assert {one.column for one in asked.found()} == {"balanceOf", "totalsOf.held_grams"}


class PruningNode:
    """A node that keeps the state of the last blocks only."""

    def __init__(self, rpc: Rpc, kept: int) -> None:
        self._rpc = rpc
        self.kept = kept

    @property
    def url(self) -> str:
        return self._rpc.url

    def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        return self.try_call(method, params).unwrap()

    def batch(self, requests: Iterable[Request]) -> list[Any]:
        return [answer.unwrap() for answer in self.try_batch(requests)]

    def try_call(self, method: str, params: Sequence[Any] = ()) -> RpcAnswer:
        if method == "eth_call" and params[1] != "latest":
            head = int(self._rpc.call("eth_blockNumber"), 16)
            if int(params[1], 16) <= head - self.kept:
                return RpcAnswer(method, error=RpcError(-32000, "World state unavailable"))
        return self._rpc.try_call(method, params)

    def try_batch(self, requests: Iterable[Request]) -> list[RpcAnswer]:
        return [self.try_call(method, params) for method, params in requests]


def test_pruned_state_is_compared_at_the_head_and_said(lived: Deployed, tmp_path: Path) -> None:
    asking = Asked(lived, tmp_path, PruningNode(lived.rpc, kept=2))
    lived.node.mine(5)
    assert asking.found() == []
    block = asking.context.block
    (fact,) = asking.context.facts
    assert fact.startswith(
        f"The node has pruned the contracts' state of block {block}; it was compared at block {block + 5}"
    )
    asking.replica.close()


def test_state_that_is_pruned_meanwhile_ends_the_audit(lived: Deployed, tmp_path: Path) -> None:
    node = PruningNode(lived.rpc, kept=2)
    asking = Asked(lived, tmp_path, node)
    comparing = compare_state(asking.context)

    def prune(_what: str, _done: int, _total: int | None) -> None:
        node.kept = 0

    object.__setattr__(asking.context, "told", prune)
    with pytest.raises(StatePruned):
        list(comparing)
    asking.replica.close()
