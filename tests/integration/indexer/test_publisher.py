"""Publishing from a chain in memory, with witnesses on local ports: what is signed, asked, kept and refused."""

import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from indexer import checkpoints, schema
from indexer.database import Database
from indexer.errors import (
    BindingMismatch,
    CheckpointConflict,
    CheckpointOvertaken,
    CheckpointUnfinished,
    NodeBehindIndex,
)
from indexer.follower import Follower
from indexer.publisher import Outcome, Publisher
from indexer.schema import log_tiles
from ledger.checkpoints import Checkpoint
from ledger.errors import InvalidKey
from ledger.ids import Hash32
from ledger.log_tree import root
from ledger.notes import KeyType, Note, SignerKey
from tests.fakes.event_chain import EventChain
from tests.fakes.witness_server import FakeWitness


@pytest.fixture
def chain() -> EventChain:
    made = EventChain(7)
    for operations in (12, 0, 30):
        made.mine(operations)
    return made


@pytest.fixture
def migrated(database: Database) -> Database:
    database.migrate()
    return database


@pytest.fixture
def witnesses() -> Iterator[list[FakeWitness]]:
    with ExitStack() as stack:
        yield [stack.enter_context(FakeWitness(number, f"witness.example/{number}")) for number in (3, 2)]


def log_key(chain: EventChain) -> SignerKey:
    return SignerKey(chain.deployment.origin, KeyType.LOG, b"\x01" * 32)


def publisher(chain: EventChain, database: Database, *given: FakeWitness, **options: Any) -> Publisher:
    told = [one.witness for one in given]
    return Publisher(
        rpc=chain, deployment=chain.deployment, database=database, key=log_key(chain), witnesses=told, **options
    )


def follow(chain: EventChain, database: Database) -> None:
    Follower(chain, chain.deployment, database).catch_up()


def published(made: Publisher) -> Outcome:
    outcome = made.publish()
    made.close()
    assert outcome is not None
    return outcome


def test_the_contracts_root_is_signed_and_cosigned(
    migrated: Database, chain: EventChain, witnesses: list[FakeWitness]
) -> None:
    follow(chain, migrated)
    outcome = published(publisher(chain, migrated, *witnesses))
    assert outcome.new
    assert outcome.cosigned == ("witness.example/2", "witness.example/3")
    assert outcome.missing == {}
    note = outcome.checkpoint.signed
    leaves = chain.head.leaf_hashes
    assert Checkpoint.of_note(note) == Checkpoint(chain.deployment.origin, len(leaves), Hash32(root(leaves)))
    keys = [log_key(chain).verifier, *(one.key.verifier for one in witnesses)]
    assert set(note.verify(keys)) == set(keys)
    assert [line.name for line in note.lines] == [chain.deployment.origin, *outcome.cosigned]


def test_each_continues_the_one_before(migrated: Database, chain: EventChain, witnesses: list[FakeWitness]) -> None:
    made = publisher(chain, migrated, *witnesses)
    for operations in (0, 1, 5, 30):
        chain.mine(operations)
        follow(chain, migrated)
        outcome = made.publish()
        assert outcome is not None
        assert outcome.missing == {}
    made.close()
    assert [len(one.asked) for one in witnesses] == [4, 4]  # each asked from the size it has, at the first try


def test_an_unchanged_log_is_not_signed_again(
    migrated: Database, chain: EventChain, witnesses: list[FakeWitness]
) -> None:
    follow(chain, migrated)
    first = published(publisher(chain, migrated, *witnesses))
    again = published(publisher(chain, migrated, *witnesses))
    assert not again.new
    assert again.checkpoint == first.checkpoint
    assert again.cosigned == first.cosigned
    assert len(witnesses[0].asked) == 1


def test_an_empty_log_is_not_signed(migrated: Database) -> None:
    chain = EventChain(7)
    assert publisher(chain, migrated).publish() is None
    follow(chain, migrated)
    assert publisher(chain, migrated).publish() is None


def test_a_witness_that_knows_an_older_size_is_asked_again_from_there(
    migrated: Database, chain: EventChain, witnesses: list[FakeWitness]
) -> None:
    follow(chain, migrated)
    published(publisher(chain, migrated, witnesses[0]))
    chain.mine(4)
    follow(chain, migrated)
    published(publisher(chain, migrated, witnesses[1]))
    chain.mine(4)
    follow(chain, migrated)
    outcome = published(publisher(chain, migrated, *witnesses))
    assert outcome.missing == {}
    assert len(witnesses[0].asked) == 3  # with size 0, and then with what it said


def test_a_witness_that_does_not_answer_is_left_out(
    migrated: Database, chain: EventChain, witnesses: list[FakeWitness]
) -> None:
    follow(chain, migrated)
    slow, good = witnesses

    def sleep(_: bytes) -> tuple[int, bytes]:
        time.sleep(3.0)
        return 500, b""

    slow.misbehave = sleep
    began = time.monotonic()
    outcome = published(publisher(chain, migrated, slow, good, timeout_seconds=0.4))
    assert time.monotonic() - began < 2.5
    assert outcome.cosigned == (good.name,)
    assert set(outcome.missing) == {slow.name}


def _signed_by(seed: int, text: str | None = None) -> Any:
    def answer(body: bytes) -> tuple[int, bytes]:
        note = Note.parse(body.partition(b"\n\n")[2])
        key = SignerKey("witness.example/3", KeyType.WITNESS, bytes([seed]) * 32)
        return 200, f"{key.sign(text or note.text, timestamp=1)}\n".encode()

    return answer


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (lambda _: (500, b"out of order\nmore"), "HTTP status 500: out of order"),
        (lambda _: (200, b""), "do not end in a line feed"),
        (lambda _: (200, b"\xff\n"), "not UTF-8"),
        (lambda _: (200, b"hello\n"), "em dash"),
        (lambda _: (200, b"x" * 70_000), "longer than 65536"),
        (lambda _: (409, b"x\n"), "409 and no size: x"),
        (lambda _: (409, b"9999\n"), "it has cosigned size 9999, above"),
        (lambda _: (409, b"0\n"), "another root at size 0"),
        (_signed_by(9), "no line of its answer is of its key"),
        (_signed_by(3, "something else\n"), "be signed by witness.example/3"),
    ],
)
def test_nothing_that_a_witness_says_is_believed_but_its_signature(
    migrated: Database, chain: EventChain, witnesses: list[FakeWitness], answer: Any, why: str
) -> None:
    follow(chain, migrated)
    bad, good = witnesses
    bad.misbehave = answer
    outcome = published(publisher(chain, migrated, bad, good))
    assert outcome.cosigned == (good.name,)
    assert why in outcome.missing[bad.name]
    assert len(outcome.checkpoint.signed.lines) == 2


def test_a_witness_of_another_root_at_this_size_is_said(
    migrated: Database, chain: EventChain, witnesses: list[FakeWitness]
) -> None:
    follow(chain, migrated)
    size = len(chain.head.leaf_hashes)
    witnesses[0].kept = Checkpoint(chain.deployment.origin, size, Hash32(bytes(32)))
    outcome = published(publisher(chain, migrated, witnesses[0]))
    assert f"another root at size {size}" in outcome.missing[witnesses[0].name]


# Crashes


class Killed(BaseException):
    """The process ends."""


def crash_before_publishing(chain: EventChain, database: Database, witness: FakeWitness) -> None:
    """Ends after the witness has answered and before anything is published."""
    made = publisher(chain, database, witness)
    ask = made._ask

    def ask_and_die(note: Note) -> Any:
        ask(note)
        raise Killed

    made._ask = ask_and_die  # type: ignore[method-assign]
    with pytest.raises(Killed):
        made.publish()
    made.close()


def test_a_crash_after_signing_is_finished_with_the_same_text(
    migrated: Database, chain: EventChain, witnesses: list[FakeWitness]
) -> None:
    follow(chain, migrated)
    witness = witnesses[0]
    crash_before_publishing(chain, migrated, witness)
    with migrated.read() as connection:
        assert checkpoints.newest(connection) is None
    chain.mine(3)
    follow(chain, migrated)
    outcome = published(publisher(chain, migrated, witness))
    assert outcome.checkpoint.size == len(chain.head.leaf_hashes)
    with migrated.read() as connection:
        first = checkpoints.of_leaf(connection, 0)
    assert first is not None
    texts = {Note.parse(body.partition(b"\n\n")[2]).text for body in witness.asked}
    assert texts == {first.signed.text, outcome.checkpoint.signed.text}
    assert len(first.signed.lines) == 2  # cosigned, though the witness had answered a process that is no more


def test_a_crash_never_leads_to_another_checkpoint_of_the_size(
    migrated: Database, chain: EventChain, witnesses: list[FakeWitness]
) -> None:
    """The chain takes back what was signed, and grows to the same size: the key does not sign it."""
    follow(chain, migrated)
    crash_before_publishing(chain, migrated, witnesses[0])
    asked = len(witnesses[0].asked)
    chain.fork(1)
    chain.mine(30)
    follow(chain, migrated)
    with pytest.raises(CheckpointConflict, match="the index has root"):
        publisher(chain, migrated, *witnesses).publish()
    chain.mine(5)
    follow(chain, migrated)
    with pytest.raises(CheckpointConflict, match="the contract has root"):
        publisher(chain, migrated, *witnesses).publish()
    assert len(witnesses[0].asked) == asked
    with migrated.read() as connection:
        assert checkpoints.newest(connection) is None


def test_publishers_of_one_database_come_one_after_the_other(migrated: Database, chain: EventChain) -> None:
    """Two processes publish while a third follows: what is published rises, and no one of them sees a contradiction."""
    ended = threading.Event()
    failed: list[Exception] = []

    def go_on() -> None:
        made = publisher(chain, migrated)
        while not ended.is_set():
            try:
                made.publish()
            except (CheckpointUnfinished, CheckpointOvertaken):
                continue
            except Exception as error:  # noqa: BLE001 - whatever it is, it is a failure here
                failed.append(error)
                return

    threads = [threading.Thread(target=go_on) for _ in range(2)]
    for thread in threads:
        thread.start()
    for _ in range(15):
        chain.mine(1)
        follow(chain, migrated)
    ended.set()
    for thread in threads:
        thread.join()
    published(publisher(chain, migrated))
    assert failed == []
    with migrated.read() as connection:
        rows = connection.execute(select(schema.checkpoints).order_by(schema.checkpoints.c.size)).all()
    assert rows[-1].size == len(chain.head.leaf_hashes)
    times = [row.published_at for row in rows]
    assert None not in times
    assert times == sorted(times)


# Refusals


def test_a_published_checkpoint_that_the_chain_took_back_is_an_alarm(migrated: Database, chain: EventChain) -> None:
    follow(chain, migrated)
    published(publisher(chain, migrated))
    chain.fork(1)
    chain.mine(2)
    follow(chain, migrated)
    with pytest.raises(CheckpointConflict, match="the key has signed size 42, and the index holds 14 leaves"):
        publisher(chain, migrated).publish()


def test_an_index_that_differs_from_the_contract_is_not_signed(migrated: Database, chain: EventChain) -> None:
    follow(chain, migrated)
    chain.fork(1)
    chain.mine(30)
    with pytest.raises(CheckpointConflict, match="the contract has root"):
        publisher(chain, migrated).publish()


def test_a_node_that_is_behind_the_index_is_waited_for(migrated: Database, chain: EventChain) -> None:
    follow(chain, migrated)
    chain.fork(1)
    with pytest.raises(NodeBehindIndex, match="The log has 12 leaves at the node's block 3, and 42"):
        publisher(chain, migrated).publish()


def test_an_index_that_is_behind_the_node_is_signed_as_far_as_it_is(migrated: Database, chain: EventChain) -> None:
    follow(chain, migrated)
    chain.mine(5)
    assert published(publisher(chain, migrated)).checkpoint.size == 42


def test_a_damaged_tree_is_not_signed(migrated: Database, chain: EventChain) -> None:
    follow(chain, migrated)
    with migrated.write() as connection:
        nodes = bytes(connection.execute(select(log_tiles.c.nodes).where(log_tiles.c.level == 0)).scalar_one())
        connection.execute(update(log_tiles).values(nodes=nodes[32:] + nodes[:32]).where(log_tiles.c.level == 0))
    with pytest.raises(CheckpointConflict, match="the stored tree has root"):
        publisher(chain, migrated).publish()


def test_a_database_of_another_deployment_is_refused(migrated: Database, chain: EventChain) -> None:
    follow(chain, migrated)
    other = replace(chain.deployment, first_block=2)
    made = Publisher(rpc=chain, deployment=other, database=migrated, key=log_key(chain))
    with pytest.raises(BindingMismatch):
        made.publish()


def test_keys_that_cannot_sign_this_log(migrated: Database, chain: EventChain, witnesses: list[FakeWitness]) -> None:
    def make(key: SignerKey, *told: FakeWitness) -> None:
        given = [one.witness for one in told]
        Publisher(rpc=chain, deployment=chain.deployment, database=migrated, key=key, witnesses=given)

    with pytest.raises(InvalidKey, match="have the origin tanpuhui/31337/"):
        make(SignerKey("other", KeyType.LOG, b"\x01" * 32))
    with pytest.raises(InvalidKey, match="not of a witness"):
        make(SignerKey(chain.deployment.origin, KeyType.WITNESS, b"\x01" * 32))
    with pytest.raises(InvalidKey, match="each given once"):
        make(log_key(chain), witnesses[0], witnesses[0])
    with FakeWitness(8, witnesses[0].name) as other, pytest.raises(InvalidKey, match="names of their own"):
        make(log_key(chain), witnesses[0], other)
