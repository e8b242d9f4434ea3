"""One contradiction for each check of the follower, and the error that must name it. Nothing of it is committed."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import sha3

from chain.events import (
    SIGNATURES,
    ForeignLog,
    IssuanceConfirmed,
    LeafAppended,
    MethodologyPublished,
    ReductionCancelled,
    ReductionTransferred,
    Signature,
    TransferSingle,
    UndecodableEvent,
    UnknownEvent,
)
from chain.hexes import to_data
from chain.operations import ContractName
from indexer.database import Database
from indexer.dump import dump
from indexer.errors import BrokenBooks, BrokenChain, BrokenLog, UnpairedEvent
from indexer.follower import _ROOT_AT, Follower
from indexer.status import status
from ledger.errors import Inconsistent
from tests.fakes.event_chain import EventChain
from tests.fakes.event_logs import Log

Change = Callable[[list[Log]], list[Log]]
"""The logs of one answer, changed."""


def topic(contract: ContractName, event: type[Any]) -> str:
    return Signature.parse(SIGNATURES[contract][event]).topic


LEAF = topic(ContractName.TRANSPARENCY_LOG, LeafAppended)
MOVED = topic(ContractName.REDUCTION_LEDGER, TransferSingle)
TRANSFERRED = topic(ContractName.REDUCTION_LEDGER, ReductionTransferred)
CANCELLED = topic(ContractName.REDUCTION_LEDGER, ReductionCancelled)
CONFIRMED = topic(ContractName.REDUCTION_LEDGER, IssuanceConfirmed)
PUBLISHED = topic(ContractName.METHODOLOGY_REGISTRY, MethodologyPublished)


def last(logs: Sequence[Log], wanted: str) -> Log:
    return [log for log in logs if log["topics"][0] == wanted][-1]


def word(log: Log, position: int, value: int) -> None:
    """Sets a word of the data."""
    digits = log["data"][2:]
    log["data"] = "0x" + digits[: position * 64] + f"{value:064x}" + digits[(position + 1) * 64 :]


def drop(wanted: str) -> Change:
    return lambda logs: [log for log in logs if log is not last(logs, wanted)]


def edit(wanted: str, change: Callable[[Log], None]) -> Change:
    def changed(logs: list[Log]) -> list[Log]:
        change(last(logs, wanted))
        return logs

    return changed


def other_class(log: Log) -> None:
    """The third word of a confirmation: class I becomes II, and II becomes I."""
    word(log, 2, 3 - int(log["data"][2 + 2 * 64 : 2 + 3 * 64], 16))


def rename_block(log: Log) -> None:
    log["blockHash"] = "0x" + "ab" * 32


def repeat_index(log: Log) -> None:
    log["logIndex"] = "0x0"


def remove(log: Log) -> None:
    log["removed"] = True


def foreign(log: Log) -> None:
    log["address"] = "0x" + "ee" * 20


def unknown_topic(log: Log) -> None:
    log["topics"][0] = "0x" + sha3.keccak_256(b"Approval()").hexdigest()


def other_transaction(log: Log) -> None:
    log["transactionHash"] = "0x" + "cd" * 32


def one_topic_less(log: Log) -> None:
    log["topics"].pop()


def no_topics(log: Log) -> None:
    log["topics"] = []


def drop_last_operation(logs: list[Log]) -> list[Log]:
    """Leaf and event of the last operation, as a node that lost a receipt would."""
    leaf = last(logs, LEAF)
    gone = [log for log in logs if log["transactionHash"] == leaf["transactionHash"]]
    return [log for log in logs if log not in gone]


def reverse(logs: list[Log]) -> list[Log]:
    return logs[::-1]


CASES = [
    ("another block hash", edit(LEAF, rename_block), BrokenChain, "another block hash"),
    ("removed", edit(LEAF, remove), BrokenChain, "another block hash"),
    ("log index twice", edit(LEAF, repeat_index), BrokenChain, "comes after log"),
    ("logs out of order", reverse, BrokenChain, "comes after log"),
    ("leaf lost", drop(LEAF), UnpairedEvent, "no leaf"),
    ("event lost", drop(TRANSFERRED), UnpairedEvent, "no event of a ledger"),
    ("movement lost", drop(MOVED), UnpairedEvent, "ERC-1155"),
    ("last operation lost", drop_last_operation, BrokenLog, "not those of the contract"),
    ("leaf in another transaction", edit(LEAF, other_transaction), UnpairedEvent, "in its transaction"),
    ("leaf's grams", edit(LEAF, lambda log: word(log, 4, 5)), BrokenLog, "does not hash"),
    ("leaf's record", edit(LEAF, lambda log: word(log, 5, 5)), BrokenLog, "does not hash"),
    ("leaf's hash", edit(LEAF, lambda log: word(log, 7, 5)), BrokenLog, "does not hash"),
    ("leaf's time", edit(LEAF, lambda log: word(log, 6, 5)), BrokenLog, "another time"),
    ("event's grams", edit(TRANSFERRED, lambda log: word(log, 1, 5)), UnpairedEvent, "do not say the same"),
    ("event's operation", edit(TRANSFERRED, lambda log: word(log, 0, 5)), UnpairedEvent, "do not say the same"),
    ("movement's grams", edit(MOVED, lambda log: word(log, 1, 5)), UnpairedEvent, "ERC-1155"),
    ("movement's lot", edit(MOVED, lambda log: word(log, 0, 5)), UnpairedEvent, "ERC-1155"),
    ("certificate's serial", edit(CANCELLED, lambda log: word(log, 3, 5)), UnpairedEvent, "do not say the same"),
    ("lot's class", edit(CONFIRMED, other_class), UnpairedEvent, "another id"),
    ("lot's first day", edit(CONFIRMED, lambda log: word(log, 3, 5)), UnpairedEvent, "another id"),
    ("methodology's version", edit(PUBLISHED, lambda log: word(log, 1, 77)), UnpairedEvent, "another id"),
    ("contract not ours", edit(LEAF, foreign), ForeignLog, "none of this deployment"),
    ("event not known", edit(LEAF, unknown_topic), UnknownEvent, "not known to emit"),
    ("no topics", edit(LEAF, no_topics), UnknownEvent, "not known to emit"),
    ("padding", edit(LEAF, lambda log: word(log, 0, 1 << 200)), UndecodableEvent, "padding"),
    ("too large", edit(LEAF, lambda log: word(log, 4, 1 << 63)), UndecodableEvent, "2\\*\\*63"),
    ("purpose not a word", edit(CANCELLED, lambda log: word(log, 1, 9)), UndecodableEvent, "not a valid"),
    ("topic missing", edit(LEAF, one_topic_less), UndecodableEvent, "topics"),
]


@pytest.mark.parametrize(("change", "error", "says"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_contradiction_halts(
    database: Database, chain: EventChain, change: Change, error: type[Inconsistent], says: str
) -> None:
    follower = Follower(chain, chain.deployment, database)
    stopped = follower.catch_up()
    with database.read() as connection:
        before = list(dump(connection))
    while not {MOVED, LEAF, TRANSFERRED, CANCELLED} <= {log["topics"][0] for log in chain.mine(60).logs}:
        pass

    def tamper(method: str, params: Sequence[Any], result: Any) -> Any:
        return change(result) if method == "eth_getLogs" and result else result

    chain.tamper.append(tamper)
    with pytest.raises(error, match=says):
        follower.catch_up()
    with database.read() as connection:
        assert list(dump(connection)) == before
    halted = status(database).halted_reason
    assert halted

    # The same again is the same incident; and once the node tells the truth, the follower goes on.
    with pytest.raises(error):
        follower.catch_up()
    chain.tamper.clear()
    assert follower.catch_up().block_number == chain.head.number > stopped.block_number
    assert status(database).halted_reason is None


def test_a_leaf_that_is_not_next(database: Database, chain: EventChain) -> None:
    follower = Follower(chain, chain.deployment, database)
    follower.catch_up()
    first = next(log for block in chain.blocks for log in block.logs if log["topics"][0] == LEAF)
    chain.mine(logs=[[log for log in chain.blocks[2].logs if log["transactionHash"] == first["transactionHash"]]])
    with pytest.raises(BrokenLog, match="leaf 0 comes where leaf"):
        follower.catch_up()


def test_headers_that_do_not_follow_each_other(database: Database, chain: EventChain) -> None:
    def tamper(method: str, params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getBlockByNumber" and params[0] == "0x4":
            result["parentHash"] = "0x" + "ab" * 32
        return result

    chain.tamper.append(tamper)
    with pytest.raises(BrokenChain, match="parent"):
        Follower(chain, chain.deployment, database).catch_up()
    assert status(database).log_size == 0


def test_a_root_that_seems_wrong_while_the_node_mines_is_asked_for_again(database: Database, chain: EventChain) -> None:
    answers = iter(["0x" + "ab" * 32])

    def tamper(method: str, params: Sequence[Any], result: Any) -> Any:
        about_root = method == "eth_call" and params[0]["data"].startswith(to_data(_ROOT_AT))
        return next(answers, result) if about_root else result

    chain.tamper.append(tamper)
    assert Follower(chain, chain.deployment, database).catch_up().block_number == chain.head.number
    assert next(answers, None) is None
    assert status(database).halted_reason is None


def test_a_root_that_is_not_the_contracts(database: Database, chain: EventChain) -> None:
    def tamper(method: str, params: Sequence[Any], result: Any) -> Any:
        return "0x" + "ab" * 32 if method == "eth_call" else result

    chain.tamper.append(tamper)
    with pytest.raises(BrokenLog, match="not those of the contract"):
        Follower(chain, chain.deployment, database).catch_up()


def test_books_that_would_fall_below_zero(database: Database, chain: EventChain) -> None:
    """Everything else is right; only the mirror lost a balance."""
    follower = Follower(chain, chain.deployment, database)
    follower.catch_up()
    with database.write() as connection:
        connection.exec_driver_sql("DELETE FROM balances WHERE book = 2")
    while TRANSFERRED not in {log["topics"][0] for log in chain.mine(20).logs}:
        pass
    with pytest.raises(BrokenBooks, match="below zero"):
        follower.catch_up()
