"""The contracts on anvil: what they emit is what the follower understands, and what the model expects."""

from random import Random

import pytest

from chain import calls
from indexer.audit.contract_totals import reconcile
from indexer.database import Database
from indexer.dump import dump
from indexer.follower import Follower
from indexer.ledger_state import contracts_of, load_state
from indexer.rebuild import rebuild
from indexer.status import status
from ledger.model import LedgerModel
from tests.fakes.ledger_life import LedgerLife, Step, new_model
from tests.fakes.sealed_chain import SealedChain
from tests.integration.deployed import Deployed
from tests.property.indexer.test_model import without_what_the_mirror_leaves_out

GAS = 5_000_000


class RealLife:
    """A made life, each step of which is sent to the contracts."""

    def __init__(self, deployed: Deployed, seed: int) -> None:
        self.deployed = deployed
        deployment = deployed.deployment
        contracts = contracts_of(deployment)
        latest = deployed.rpc.call("eth_getBlockByNumber", ["latest", False])
        self.model: LedgerModel = new_model(contracts, deployed.holders, int(latest["timestamp"], 16))
        self._life = LedgerLife(self.model, Random(seed), deployed.holders)  # noqa: S311 - the same life every time
        deployed.rpc.call("anvil_autoImpersonateAccount", [True])

    def live(self, operations: int) -> int:
        """Sends operations; gives the number of the block that holds the first."""
        sent = [self._send(step) for step in self._life.steps(operations)]
        self.deployed.node.mine()
        receipts = self.deployed.rpc.batch([("eth_getTransactionReceipt", [transaction]) for transaction in sent])
        assert {receipt["status"] for receipt in receipts} == {"0x1"}
        return min(int(receipt["blockNumber"], 16) for receipt in receipts)

    def _send(self, step: Step) -> str:
        call = getattr(calls, step.function)(**step.arguments)
        to = self.deployed.deployment.address(call.contract).hex0x
        transaction = {"from": step.sender.hex0x, "to": to, "data": "0x" + call.calldata.hex()}
        sent: str = self.deployed.rpc.call("eth_sendTransaction", [transaction | {"gas": hex(GAS), "gasPrice": "0x0"}])
        return sent


def dumped(database: Database) -> list[str]:
    with database.read() as connection:
        return list(dump(connection))


def test_the_mirror_of_the_contracts_is_the_model(deployed: Deployed, database: Database) -> None:
    life = RealLife(deployed, seed=11)
    follower = Follower(deployed.rpc, deployed.deployment, database)
    for operations in (40, 80, 1, 120):
        life.live(operations)
        follower.catch_up()
    cursor = follower.catch_up()
    state = life.model.state()
    with database.read() as connection:
        mirrored = load_state(connection, {})
    assert without_what_the_mirror_leaves_out(mirrored) == without_what_the_mirror_leaves_out(state)
    assert cursor.log_size == 241
    assert status(database, deployed.rpc).caught_up
    assert reconcile(database, deployed.rpc, deployed.deployment) == []
    before = dumped(database)
    rebuild(deployed.rpc, deployed.deployment, database)
    assert dumped(database) == before


@pytest.mark.parametrize("sealed", [False, True])
def test_logs_and_headers_are_held_to_the_receipts(deployed: Deployed, sqlite: Database, sealed: bool) -> None:
    """Of anvil's own blocks, and of the same blocks sealed as QBFT seals them."""
    RealLife(deployed, seed=14).live(60)
    node = SealedChain(deployed.rpc, round=1) if sealed else deployed.rpc
    cursor = Follower(node, deployed.deployment, sqlite, verify_receipts=True).catch_up()
    assert cursor.log_size == 60
    assert reconcile(sqlite, node, deployed.deployment) == []


def test_reconciliation_names_what_differs(deployed: Deployed, sqlite: Database) -> None:
    life = RealLife(deployed, seed=12)
    life.live(150)
    Follower(deployed.rpc, deployed.deployment, sqlite).catch_up()
    with sqlite.write() as connection:
        connection.exec_driver_sql("UPDATE balances SET quantity_gco2e = quantity_gco2e + 1 WHERE book = 3")
        connection.exec_driver_sql("DELETE FROM certificates WHERE number = 1")
    columns = {found.column for found in reconcile(sqlite, deployed.rpc, deployed.deployment)}
    assert columns == {"certificateCount", "totalsOf.cancelled_grams"}


@pytest.mark.parametrize("undone", [1, 5])
def test_a_reorg_is_rolled_back_and_replayed(deployed: Deployed, database: Database, undone: int) -> None:
    life = RealLife(deployed, seed=13)
    follower = Follower(deployed.rpc, deployed.deployment, database)
    begun = [life.live(20) for _ in range(6)]
    head = follower.catch_up().block_number
    deployed.rpc.call("anvil_reorg", [head - begun[-undone] + 1, []])
    deployed.node.mine()
    cursor = follower.catch_up()
    assert status(database, deployed.rpc).reorgs == 1
    after = dumped(database)
    assert 0 < cursor.log_size < 120
    rebuild(deployed.rpc, deployed.deployment, database)
    assert dumped(database) == after


def test_the_head_may_move_back(deployed: Deployed, database: Database) -> None:
    life = RealLife(deployed, seed=14)
    follower = Follower(deployed.rpc, deployed.deployment, database)
    life.live(30)
    stopped = follower.catch_up()
    snapshot = deployed.node.snapshot()
    life.live(30)
    ahead = follower.catch_up()
    deployed.node.revert(snapshot)
    # A node behind what is known says nothing about it; only another block in the same place does.
    assert follower.catch_up() == ahead
    assert status(database, deployed.rpc).reorgs == 0
    for _ in range(ahead.block_number - stopped.block_number):
        deployed.node.mine()
    assert follower.catch_up().log_size == stopped.log_size
    assert status(database, deployed.rpc).reorgs == 1
    after = dumped(database)
    rebuild(deployed.rpc, deployed.deployment, database)
    assert dumped(database) == after
