"""What a node says of logs is held to the receipts, and those to the headers, where it is asked for."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from chain.rpc import RpcError
from indexer.audit.replay import open_replica, replay
from indexer.database import Database
from indexer.errors import BrokenChain
from indexer.follower import Follower
from tests.fakes.event_chain import EventChain, Tamper

Change = Callable[[Any], Any]


def of(wanted: str, change: Change) -> Tamper:
    """Changes every answer to a method that holds anything."""

    def tamper(method: str, params: Sequence[Any], result: Any) -> Any:
        return change(result) if method == wanted and result else result

    return tamper


def verifying(chain: EventChain, database: Database) -> Follower:
    return Follower(chain, chain.deployment, database, verify_receipts=True)


def test_a_true_node_is_believed(chain: EventChain, database: Database) -> None:
    assert verifying(chain, database).catch_up().block_number == chain.head.number
    assert "eth_getBlockReceipts" in chain.calls


def test_nothing_is_asked_where_it_is_not_wanted(chain: EventChain, database: Database) -> None:
    Follower(chain, chain.deployment, database).catch_up()
    assert "eth_getBlockReceipts" not in chain.calls


def test_a_node_without_block_receipts_is_asked_for_each(chain: EventChain, database: Database) -> None:
    chain.tamper.append(lambda method, _, true: RpcError(-32601, "no") if method == "eth_getBlockReceipts" else true)
    assert verifying(chain, database).catch_up().block_number == chain.head.number
    assert "eth_getTransactionReceipt" in chain.calls


def without_last(logs: list[Any]) -> list[Any]:
    return logs[:-1]


def changed_data(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*logs[:-1], logs[-1] | {"data": "0x" + "00" * (len(logs[-1]["data"]) // 2 - 1)}]


def changed_transaction(logs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [*logs[:-1], logs[-1] | {"transactionHash": "0x" + "77" * 32}]


@pytest.mark.parametrize("change", [without_last, changed_data, changed_transaction])
def test_logs_that_are_not_those_of_the_receipts(chain: EventChain, database: Database, change: Change) -> None:
    chain.tamper.append(of("eth_getLogs", change))
    with pytest.raises(BrokenChain, match="leaves out a log that its receipts hold, adds one or changes one"):
        verifying(chain, database).catch_up()


def with_last_receipt(**changes: Any) -> Change:
    return lambda receipts: [*receipts[:-1], receipts[-1] | changes]


@pytest.mark.parametrize(
    "change",
    [
        with_last_receipt(status="0x0"),
        with_last_receipt(cumulativeGasUsed="0x1"),
        with_last_receipt(logs=[]),
        with_last_receipt(type="0x2"),
        lambda receipts: receipts[::-1],
        lambda receipts: receipts * 2,
    ],
)
def test_receipts_that_are_not_those_of_the_header(chain: EventChain, database: Database, change: Change) -> None:
    chain.tamper.append(of("eth_getBlockReceipts", change))
    with pytest.raises(BrokenChain, match="its receipts make the root"):
        verifying(chain, database).catch_up()


def test_a_log_that_is_left_out_everywhere(chain: EventChain, database: Database) -> None:
    """Receipts and logs agree with each other, and not with the header."""
    chain.tamper += [
        of("eth_getLogs", without_last),
        of(
            "eth_getBlockReceipts",
            lambda receipts: [*receipts[:-1], receipts[-1] | {"logs": receipts[-1]["logs"][:-1]}],
        ),
    ]
    with pytest.raises(BrokenChain, match="its receipts make the root"):
        verifying(chain, database).catch_up()


@pytest.mark.parametrize("name", ["receiptsRoot", "stateRoot", "timestamp", "gasUsed"])
def test_a_header_that_is_not_that_of_its_hash(chain: EventChain, database: Database, name: str) -> None:
    """A root that was made to fit false receipts is one of these."""
    chain.tamper.append(
        of(
            "eth_getBlockByNumber",
            lambda block: block | {name: block[name][:-1] + ("9" if block[name][-1] == "8" else "8")},
        )
    )
    with pytest.raises(BrokenChain, match="its header does not make its hash"):
        verifying(chain, database).catch_up()


@pytest.mark.parametrize(
    ("method", "said"),
    [("eth_getBlockReceipts", "no receipts of the block by its hash"), ("eth_getLogs", "a block hash that none")],
)
def test_answers_of_another_block_are_asked_for_again(
    chain: EventChain, database: Database, method: str, said: str
) -> None:
    """The chain may have taken back a block in between; where it stays so, it is broken."""
    left = [1]

    def once(found: list[Any]) -> list[Any]:
        return [each | {"blockHash": "0x" + "55" * 32} for each in found] if left and left.pop() else found

    chain.tamper.append(of(method, once))
    assert verifying(chain, database).catch_up().block_number == chain.head.number
    assert not left
    left[:] = [1] * 1000
    chain.mine(3)
    with pytest.raises(BrokenChain, match=said):
        verifying(chain, database).catch_up()


def test_an_audit_believes_no_node(chain: EventChain, database: Database, tmp_path: Path) -> None:
    """An administrative event has no leaf, so that nothing but the receipts can say that it is left out."""
    chain.tamper.append(of("eth_getLogs", lambda logs: [log for log in logs if log["blockNumber"] != "0x1"]))
    Follower(chain, chain.deployment, database).catch_up()
    replica = open_replica(tmp_path)
    with pytest.raises(BrokenChain, match="leaves out a log"):
        replay(chain, chain.deployment, replica, chain.head.number)
    replica.close()
