"""The same life on a chain in memory gives the same bytes in both databases, through reorg, rebuild and outbox."""

import pytest
from sqlalchemy import inspect, text

from indexer import backfill
from indexer.api_keys import ApiKeyStore
from indexer.database import Database
from indexer.dump import dump
from indexer.errors import BrokenBooks
from indexer.follower import Follower
from indexer.outbox import SqlOutbox
from indexer.rebuild import rebuild
from indexer.status import status
from indexer.tiles import SqlNodes
from ledger.errors import NotFound, OperationConflict
from ledger.log_tree import consistency_path, consistency_proof, inclusion_path, inclusion_proof, read_path
from tests.fakes.event_chain import EventChain
from tests.unit.indexer.test_outbox import SENDER, operation, sent


def dumped(database: Database) -> list[str]:
    with database.read() as connection:
        return list(dump(connection))


def index_names(database: Database) -> set[str | None]:
    with database.read() as connection:
        return {index["name"] for index in inspect(connection).get_indexes("operations")}


def live(chain: EventChain, database: Database) -> None:
    """Blocks, a reorg, and blocks."""
    follower = Follower(chain, chain.deployment, database, operations_per_commit=20)
    for operations in (30, 0, 50, 5, 60):
        chain.mine(operations)
        follower.catch_up()
    chain.fork(3)
    for operations in (0, 70, 15):
        chain.mine(operations)
    follower.catch_up()


@pytest.mark.postgres
def test_both_databases_hold_the_same(sqlite: Database, postgresql: Database) -> None:
    live(EventChain(5), sqlite)
    live(EventChain(5), postgresql)
    assert dumped(sqlite) == dumped(postgresql)
    assert len(dumped(sqlite)) > 200


def test_rebuilt_is_the_same_byte_for_byte(database: Database) -> None:
    chain = EventChain(6)
    live(chain, database)
    before = dumped(database)
    key = ApiKeyStore(database).create("somebody", ["read"])
    rebuild(chain, chain.deployment, database)
    assert dumped(database) == before
    assert ApiKeyStore(database).list() == [key.key]
    assert status(database).reorgs == 1


def test_a_large_backfill_is_the_same(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = EventChain(7)
    live(chain, database)
    before = dumped(database)
    indexes = index_names(database)
    monkeypatch.setattr(backfill, "LARGE", 10)
    rebuild(chain, chain.deployment, database)
    assert index_names(database) == indexes
    assert dumped(database) == before


def test_proofs_from_stored_tiles(database: Database) -> None:
    chain = EventChain(8)
    chain.mine(300)
    Follower(chain, chain.deployment, database).catch_up()
    leaves = chain.head.leaf_hashes
    with database.read() as connection:
        nodes = SqlNodes(connection)
        for index in (0, 1, 255, 256, 299):
            assert read_path(inclusion_path(index, 300), nodes) == inclusion_proof(leaves, index)
        for old in (1, 128, 257, 300):
            assert read_path(consistency_path(old, 300), nodes) == consistency_proof(leaves, old)
        with pytest.raises(NotFound):
            nodes.node(0, 300)
        with pytest.raises(NotFound):
            nodes.node(0, 1_000)


def test_a_row_that_is_there_already_is_a_contradiction(database: Database) -> None:
    chain = EventChain(9)
    chain.mine(5)
    follower = Follower(chain, chain.deployment, database)
    follower.catch_up()
    chain.mine(3)
    with database.write() as connection:
        connection.execute(
            text(
                "INSERT INTO operations SELECT 5, :other, kind, ledger, subject, from_account, to_account, "
                "quantity_gco2e, record_hash, timestamp, leaf_hash, block_number, transaction_hash, 10000 "
                "FROM operations WHERE leaf_index = 4"
            ),
            {"other": bytes(32)},
        )
    before = dumped(database)
    with pytest.raises(BrokenBooks, match="refused the rows"):
        follower.catch_up()
    assert dumped(database) == before


def test_the_outbox_in_bulk(database: Database) -> None:
    database.migrate()
    outbox = SqlOutbox(database)
    operations = [operation(number) for number in range(1, 1_001)]
    outbox.save(operations)
    outbox.mark_sent([sent(one, nonce % 256) for nonce, one in enumerate(operations)])
    assert [one.operation_id for one in outbox.unfinished(SENDER)] == [one.id for one in operations]
    with pytest.raises(OperationConflict):
        outbox.save([operation(1, calldata=b"\x09")])
