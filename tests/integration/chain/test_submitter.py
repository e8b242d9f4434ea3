"""The submitter on a real node."""

from collections.abc import Iterator

import pytest

from chain.operations import OperationState
from ledger import refusals
from ledger.vocabulary import Role
from tests.integration.chain.bodies import Bodies, bodies_of
from tests.integration.deployed import Deployed


@pytest.fixture
def bodies(deployed: Deployed) -> Iterator[Bodies]:
    with bodies_of(deployed) as made:
        yield made


def test_an_issuance_by_two_bodies_then_transfer_and_cancellation(bodies: Bodies) -> None:
    account, lot_id = bodies.issued(462_000_000)
    other = bodies.custody_account()
    bodies.submit(bodies.transfer(account, other, lot_id, 2_000_000))
    status = bodies.submit(bodies.cancellation(other, lot_id, 1_500_000))
    assert status.state is OperationState.DONE
    assert status.block_number is not None


def test_a_refusal_costs_no_transaction(bodies: Bodies) -> None:
    account = bodies.custody_account()
    again = bodies.opening(account=account)
    sender = again.sender.hex0x
    before = bodies.deployed.rpc.call("eth_getTransactionCount", [sender, "latest"])
    with pytest.raises(refusals.AccountRegistry_AlreadyOpened):
        bodies.submit(again)
    assert bodies.deployed.rpc.call("eth_getTransactionCount", [sender, "pending"]) == before
    assert bodies.outbox.statuses[again.id].state is OperationState.REFUSED


def test_many_at_a_time(bodies: Bodies) -> None:
    operations = [bodies.opening() for _ in range(600)]
    statuses = list(bodies.by(Role.PLATFORM).submit_many(operations))
    assert [status.operation_id for status in statuses] == [operation.id for operation in operations]
    assert {status.state for status in statuses} == {OperationState.DONE}
