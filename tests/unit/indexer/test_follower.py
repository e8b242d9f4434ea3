"""Binding, catching up, following, rebuilding, status, and what happens to indexes in between."""

import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect, select, update

from chain.functions import keccak256
from chain.hexes import to_data
from chain.operations import ContractName
from chain.rpc import RpcError
from indexer import backfill, incidents
from indexer.backfill import deferred_indexes, restore_indexes
from indexer.database import Database, open_database
from indexer.dump import digest, dump
from indexer.errors import BindingMismatch, BrokenBooks, BrokenChain
from indexer.follower import Follower
from indexer.rebuild import rebuild
from indexer.schema import mirror_generation, operations
from indexer.status import status
from ledger.errors import NodeUnreachable, NotDeployed, RpcFailure, WrongChain
from ledger.ids import Address, Hash32
from tests.fakes.event_chain import EventChain


def indexes(database: Database) -> set[str | None]:
    with database.read() as connection:
        found = inspect(connection)
        return {index["name"] for table in ("operations", "certificates") for index in found.get_indexes(table)}


def mirror_digest(database: Database) -> str:
    with database.read() as connection:
        return digest(connection)


def generation_of(database: Database) -> bytes:
    with database.read() as connection:
        return bytes(connection.execute(select(mirror_generation.c.generation)).scalar_one())


def test_a_database_belongs_to_one_deployment(database: Database, chain: EventChain) -> None:
    Follower(chain, chain.deployment, database).catch_up()
    deployment = chain.deployment
    other_code = dict(deployment.contracts)
    log = ContractName.TRANSPARENCY_LOG
    other_code[log] = replace(other_code[log], code_hash=Hash32(bytes(32)))
    other_address = dict(deployment.contracts)
    other_address[log] = replace(other_address[log], address=Address(bytes(20)))
    for other in (
        replace(deployment, chain_id=1),
        replace(deployment, genesis_hash=Hash32(bytes(32))),
        replace(deployment, first_block=2),
        replace(deployment, contracts=other_code),
        replace(deployment, contracts=other_address),
    ):
        with pytest.raises(BindingMismatch):
            Follower(chain, other, database).catch_up()


def test_an_unbound_database_is_not_bound_to_a_wrong_node(database: Database, chain: EventChain) -> None:
    with pytest.raises(WrongChain):
        Follower(chain, replace(chain.deployment, chain_id=1), database).catch_up()
    contracts = {
        name: replace(contract, code_hash=Hash32(bytes(32))) for name, contract in chain.deployment.contracts.items()
    }
    with pytest.raises(NotDeployed):
        Follower(chain, replace(chain.deployment, contracts=contracts), database).catch_up()
    assert not status(database).bound


def test_progress_and_status(database: Database, chain: EventChain) -> None:
    assert status(database, chain).lag_blocks is None
    for _ in range(60):
        chain.mine(1)
    seen: list[tuple[int, int]] = []
    follower = Follower(chain, chain.deployment, database, operations_per_commit=10)
    cursor = follower.catch_up(lambda done, head: seen.append((done, head)))
    head = chain.head.number
    assert [done for done, _ in seen] == sorted({done for done, _ in seen})
    assert seen[-1] == (head, head)
    assert len(seen) > 1
    now = status(database, chain)
    assert (now.lag_blocks, now.lag_seconds, now.log_size, now.reorgs) == (0, 0, cursor.log_size, 0)
    assert now.caught_up
    behind = chain.mine(3)
    now = status(database, chain)
    assert (now.lag_blocks, now.lag_seconds) == (1, behind.timestamp - cursor.block_timestamp)
    assert not now.caught_up
    assert status(database).head_block is None


@pytest.mark.parametrize(("per_commit", "per_range"), [(1, 1), (3, 7), (10_000, 2_000)])
def test_the_size_of_ranges_makes_no_difference(
    database: Database, chain: EventChain, tmp_path: Path, per_commit: int, per_range: int
) -> None:
    Follower(chain, chain.deployment, database).catch_up()
    other = open_database(f"sqlite:///{tmp_path / 'other.db'}")
    Follower(chain, chain.deployment, other, operations_per_commit=per_commit, logs_per_range=per_range).catch_up()
    assert mirror_digest(database) == mirror_digest(other)
    other.close()


def test_a_range_that_the_node_refuses_is_halved(database: Database, chain: EventChain) -> None:
    def tamper(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getLogs" and int(params[0]["toBlock"], 16) - int(params[0]["fromBlock"], 16) >= 2:
            return RpcError(-32005, "query returned more than 10000 results")
        return result

    chain.tamper.append(tamper)
    assert Follower(chain, chain.deployment, database).catch_up().block_number == chain.head.number


def test_a_block_that_the_node_refuses_is_said(database: Database, chain: EventChain) -> None:
    def tamper(method: str, params: Sequence[Any], result: Any) -> Any:
        return RpcError(-32005, "no") if method == "eth_getLogs" else result

    chain.tamper.append(tamper)
    with pytest.raises(RpcFailure):
        Follower(chain, chain.deployment, database).catch_up()
    assert status(database).halted_reason is None


def test_following_waits_for_a_node_that_does_not_answer(database: Database, chain: EventChain) -> None:
    failures = iter(range(3))
    stop = threading.Event()

    def tamper(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_blockNumber" and next(failures, None) is not None:
            raise NodeUnreachable(chain.url)
        if method == "eth_blockNumber":
            stop.set()
        return result

    chain.tamper.append(tamper)
    Follower(chain, chain.deployment, database).follow(stop, poll_seconds=0.001)
    assert status(database, chain).caught_up


def test_a_rebuilt_mirror_is_the_same(database: Database, chain: EventChain) -> None:
    follower = Follower(chain, chain.deployment, database)
    follower.catch_up()
    before = mirror_digest(database)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE balances SET quantity_gco2e = quantity_gco2e + 1")
    assert mirror_digest(database) != before
    rebuild(chain, chain.deployment, database)
    assert mirror_digest(database) == before
    chain.mine(5)
    assert follower.catch_up().block_number == chain.head.number


def test_a_follower_goes_on_after_somebody_else_emptied_the_mirror(database: Database, chain: EventChain) -> None:
    follower = Follower(chain, chain.deployment, database)
    follower.catch_up()
    before = mirror_digest(database)
    rebuild(chain, chain.deployment, database)
    follower.catch_up()
    assert mirror_digest(database) == before


def test_a_wrong_node_empties_nothing(database: Database, chain: EventChain) -> None:
    Follower(chain, chain.deployment, database).catch_up()
    before = mirror_digest(database)
    with pytest.raises(WrongChain):
        rebuild(chain, replace(chain.deployment, chain_id=1), database)
    assert mirror_digest(database) == before


def test_indexes_are_back_after_a_large_backfill(
    database: Database, chain: EventChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = indexes(database)
    assert len(before) == 13
    monkeypatch.setattr(backfill, "LARGE", 10)
    during: list[int] = []
    Follower(chain, chain.deployment, database).catch_up(lambda *_: during.append(len(indexes(database))))
    assert during == [0]
    assert indexes(database) == before


def test_indexes_are_made_by_the_next_follower_after_a_kill(database: Database, chain: EventChain) -> None:
    before = indexes(database)
    backfill_now = deferred_indexes(database, large=True)
    backfill_now.__enter__()
    assert indexes(database) == set()
    restore_indexes(database)
    assert indexes(database) == before


def test_a_dump_has_a_line_for_every_row(database: Database) -> None:
    chain = EventChain(3)
    chain.mine(40)
    Follower(chain, chain.deployment, database).catch_up()
    with database.read() as connection:
        lines = list(dump(connection))
    assert sum(line.startswith("operations ") for line in lines) == 40
    assert len(lines) == len(set(lines))


def test_rows_that_contradict_an_index_halt_the_follower_also_at_restart(
    database: Database, chain: EventChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backfill, "LARGE", 10)

    def spoil(*_: int) -> None:
        with database.write() as connection:
            connection.exec_driver_sql(
                "UPDATE operations SET operation_id = (SELECT MIN(operation_id) FROM operations)"
            )

    with pytest.raises(BrokenBooks):
        Follower(chain, chain.deployment, database).catch_up(spoil)
    reason = status(database).halted_reason
    assert reason is not None
    assert "operation_id" in reason
    with database.write() as connection:
        incidents.resolve_all_halts(connection)
    with pytest.raises(BrokenBooks):
        Follower(chain, chain.deployment, database).catch_up()
    assert status(database).halted_reason == reason


def test_a_halt_is_past_once_the_follower_has_passed_the_blocks_that_halted_it(
    database: Database, chain: EventChain
) -> None:
    """Small commits: the first ones lie before the contradiction and say nothing about it."""
    follower = Follower(chain, chain.deployment, database, operations_per_commit=1, logs_per_range=1)
    stopped = follower.catch_up()
    for _ in range(6):
        chain.mine(1)
    lies = chain.head.number

    def tamper(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getBlockByNumber" and int(params[0], 16) == lies and result:
            result["parentHash"] = "0x" + "ab" * 32
        return result

    chain.tamper.append(tamper)
    with pytest.raises(BrokenChain):
        Follower(chain, chain.deployment, database).catch_up()
    assert follower._cursor() == stopped
    chain.tamper.clear()
    seen: list[tuple[int, bool]] = []
    follower.catch_up(lambda done, _: seen.append((done, status(database).halted_reason is not None)))
    assert seen[-1] == (lies, False)
    assert [halted for _, halted in seen[:-1]] == [True] * 5


def test_a_halt_without_new_blocks_is_past_when_what_halted_it_is_gone(database: Database, chain: EventChain) -> None:
    """The rows contradict an index, until somebody takes the contradiction away: nothing new has to be mined for it."""
    follower = Follower(chain, chain.deployment, database)
    stopped = follower.catch_up()
    with database.write() as connection:
        whole = connection.scalar(select(operations.c.operation_id).where(operations.c.leaf_index == 1))
        connection.exec_driver_sql("DROP INDEX uq_operations_operation_id")
        connection.exec_driver_sql("UPDATE operations SET operation_id = zeroblob(32) WHERE leaf_index < 2")
    for _ in range(2):
        with pytest.raises(BrokenBooks):
            Follower(chain, chain.deployment, database).catch_up()
        assert status(database).halted_reason is not None
    with database.write() as connection:
        connection.execute(update(operations).where(operations.c.leaf_index == 1).values(operation_id=whole))
    assert Follower(chain, chain.deployment, database).catch_up().block_number == stopped.block_number
    assert status(database).halted_reason is None


def test_a_rebuild_resolves_every_halt_and_begins_a_generation(database: Database, chain: EventChain) -> None:
    follower = Follower(chain, chain.deployment, database)
    cursor = follower.catch_up()
    before = generation_of(database)
    with database.write() as connection:
        incidents.add_halt(connection, cursor, cursor.block_number + 1_000, "broken-log", "made")
    assert follower.catch_up() == cursor
    assert status(database).halted_reason is not None
    rebuild(chain, chain.deployment, database)
    assert status(database).halted_reason is None
    assert generation_of(database) != before


def test_a_node_that_does_not_answer_the_size_vouches_for_nothing(database: Database, chain: EventChain) -> None:
    size = to_data(keccak256(b"size()")[:4])

    def tamper(method: str, params: Sequence[Any], result: Any) -> Any:
        return RpcError(-32000, "no") if method == "eth_call" and params[0]["data"] == size else result

    chain.tamper.append(tamper)
    with pytest.raises(RpcFailure):
        Follower(chain, chain.deployment, database).catch_up()
    assert status(database).log_size == 0
