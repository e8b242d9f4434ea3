"""Bundles made from SQL verify by the public verifier; once a checkpoint covers them, they are the same for ever."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import text, update

from chain.operations import ContractName
from indexer import checkpoints, schema
from indexer.certificate_bundles import MOST_AT_ONCE, Contradiction, Draft, draft, drafts
from indexer.database import Database
from indexer.follower import Follower
from indexer.questions import ConnectionQuestions
from indexer.tiles import SqlNodes
from ledger.bundle import BoughtBackLot, Bundle
from ledger.checkpoints import Checkpoint
from ledger.errors import NotFound
from ledger.ids import Address, Hash32
from ledger.log_tree import root
from ledger.notes import KeyType, Note, SignerKey
from ledger.verifier import Level, Trust, Verdict, verify
from tests.fakes.event_chain import EventChain
from tests.unit.api.sample import SampleLedger, make_sample


@dataclass
class Asked:
    """Counts the statements."""

    questions: ConnectionQuestions
    statements: list[str] = field(default_factory=list)

    def all(self, statement: str, *arguments: object) -> list[tuple[Any, ...]]:
        self.statements.append(statement)
        return self.questions.all(statement, *arguments)


@contextmanager
def asking(database: Database) -> Iterator[tuple[Asked, SqlNodes]]:
    with database.read() as connection:
        yield Asked(ConnectionQuestions(connection)), SqlNodes(connection)


def every(database: Database, numbers: Any, *, whole: bool = False) -> list[Draft]:
    with asking(database) as (questions, nodes):
        return list(drafts(questions, nodes, numbers, whole=whole))


def one(database: Database, number: int) -> Draft:
    with asking(database) as (questions, nodes):
        return draft(questions, nodes, number)


def read(data: bytes) -> Bundle:
    return Bundle.from_bytes(data)


class Node:
    """A node that has the log of these leaves."""

    def __init__(self, bundle: Bundle, leaf_hashes: list[bytes]) -> None:
        self.chain_id = bundle.deployment.chain_id
        self.genesis_hash = bundle.deployment.genesis_hash
        self.leaf_hashes = leaf_hashes

    def root_at(self, log: Address, size: int) -> Hash32 | None:
        return Hash32(root(self.leaf_hashes[:size])) if size <= len(self.leaf_hashes) else None


def at_node(data: bytes, leaf_hashes: list[bytes]) -> Verdict:
    bundle = read(data)
    trust = Trust(origin=bundle.deployment.origin)
    return verify(data, trust, level=Level.NODE, node=Node(bundle, leaf_hashes))


def origin_of(database: Database) -> str:
    return read(one(database, 1).to_bytes()).deployment.origin


def publish(database: Database, key: SignerKey, leaf_hashes: list[bytes], *, published: bool = True) -> str:
    """Signs the log of these leaves."""
    body = Checkpoint(key.name, len(leaf_hashes), Hash32(root(leaf_hashes)))
    note = Note(body.text, (key.sign(body.text),))
    with database.write() as connection:
        checkpoints.reserve(connection, note)
        if published:
            checkpoints.publish(connection, note)
    return str(note)


@pytest.fixture
def sample() -> SampleLedger:
    """Without checkpoints."""
    made = make_sample()
    del made.rows["checkpoints"]
    return made


@pytest.fixture
def saved(database: Database, sample: SampleLedger) -> Database:
    sample.save(database)
    return database


def test_every_certificate_of_a_whole_life_verifies(database: Database) -> None:
    chain = EventChain(7, points=0.6)
    follower = Follower(chain, chain.deployment, database)
    seen: set[str] = set()
    while not {"reductions", "campaign", "points", "bought back"} <= seen:
        chain.mine(60)
        follower.catch_up()
        leaf_hashes = list(chain.head.leaf_hashes)
        for found in every(database, range(1, 2_000)):
            seen.add(found.kind)
            if not found.personal:
                data = found.to_bytes()
                assert at_node(data, leaf_hashes).failed is None, at_node(data, leaf_hashes)
                bundle = read(data)
                assert bundle.deployment.reduction_ledger == chain.deployment.address(ContractName.REDUCTION_LEDGER)
                if isinstance(getattr(bundle.certificate, "lot", None), BoughtBackLot):
                    seen.add("bought back")


def test_records_are_as_anyone_may_see_them_or_whole(saved: Database, sample: SampleLedger) -> None:
    (public,), (whole,) = every(saved, [1]), every(saved, [1], whole=True)
    for found in (public, whole):
        assert at_node(found.to_bytes(), sample.leaf_hashes).verified
    shown, all_of_it = (read(found.to_bytes()).record for found in (public, whole))
    assert shown is not None
    assert all_of_it is not None
    assert "beneficiary" not in shown.values
    assert all_of_it.values["beneficiary"] == "kept back"
    assert read(one(saved, 2).to_bytes()).record is None  # submitted elsewhere
    assert at_node(one(saved, 2).to_bytes(), sample.leaf_hashes).verified


def test_the_checkpoint_of_a_leaf_is_the_earliest_published_one(saved: Database, sample: SampleLedger) -> None:
    key = SignerKey.generate(origin_of(saved), KeyType.LOG)
    leaf, size = sample.rows["certificates"][0]["leaf_index"], sample.log.size
    unsigned = one(saved, 1)
    assert (unsigned.signed, read(unsigned.to_bytes()).proof.checkpoint.count("\n")) == (False, 3)  # type: ignore[union-attr]
    publish(saved, key, sample.leaf_hashes[:leaf])  # does not cover it
    publish(saved, key, sample.leaf_hashes[: leaf + 1], published=False)
    assert one(saved, 1) == unsigned
    note = publish(saved, key, sample.leaf_hashes[: leaf + 1])
    signed = one(saved, 1)
    data = signed.to_bytes()
    assert signed.signed
    assert read(data).proof.checkpoint == note  # type: ignore[union-attr]
    verdict = verify(data, Trust(origin=key.name, log_key=key.verifier))
    assert (verdict.verified, verdict.level) == (True, Level.LOG)
    publish(saved, key, sample.leaf_hashes[:size])
    assert one(saved, 1).to_bytes() == data


def test_it_is_the_same_bytes_when_the_log_has_grown(database: Database) -> None:
    chain = EventChain(7)
    follower = Follower(chain, chain.deployment, database)
    while not every(database, [1]) if follower.catch_up().log_size else True:
        chain.mine(20)
    key = SignerKey.generate(origin_of(database), KeyType.LOG)
    publish(database, key, list(chain.head.leaf_hashes))
    before = one(database, 1).to_bytes()
    for _ in range(3):
        chain.mine(40)
        follower.catch_up()
        publish(database, key, list(chain.head.leaf_hashes))
        assert one(database, 1).to_bytes() == before
    assert verify(before, Trust(origin=key.name, log_key=key.verifier)).verified


def test_a_checkpoint_that_the_mirror_has_not_reached_does_not_count(saved: Database, sample: SampleLedger) -> None:
    key = SignerKey.generate(origin_of(saved), KeyType.LOG)
    publish(saved, key, [*sample.leaf_hashes, bytes(32)])
    assert not one(saved, 1).signed


def test_many_cost_as_few_statements_as_one(saved: Database) -> None:
    with asking(saved) as (questions, nodes):
        list(drafts(questions, nodes, [1]))
        single = len(questions.statements)
    with asking(saved) as (questions, nodes):
        found = list(drafts(questions, nodes, range(1, MOST_AT_ONCE + 1)))
        assert len(questions.statements) == single
    assert [member.number for member in found] == [1, 2, 3, 4, 5, 6]
    assert [member.kind for member in found] == ["reductions"] * 3 + ["points"] * 2 + ["campaign"]
    assert found[0] == one(saved, 1)
    assert [member.number for member in every(saved, [6, 1, 4])] == [6, 1, 4]
    assert len(every(saved, list(range(1, 7)) * 200)) == 1_200


@pytest.mark.parametrize("number", [7, 99, 2**62])
def test_a_number_that_was_never_given(saved: Database, number: int) -> None:
    with pytest.raises(NotFound, match=f"certificate {number}"):
        one(saved, number)


def test_what_the_mirror_says_beside_the_leaf_is_held_to_it(saved: Database) -> None:
    with saved.write() as connection:
        connection.execute(
            update(schema.certificates).values(quantity_gco2e=5).where(schema.certificates.c.number == 1)
        )
        connection.execute(text("UPDATE campaign_cancellations SET quantity_gco2e = 7"))
    assert one(saved, 1).contradictions == (Contradiction("certificates", "quantity_gco2e", "5", "1000000"),)
    assert one(saved, 6).contradictions == (Contradiction("campaign_cancellations", "quantity_gco2e", "7", "200"),)
    assert one(saved, 3).contradictions == ()


@pytest.mark.parametrize(
    ("statement", "step"),
    [
        ("UPDATE operations SET quantity_gco2e = quantity_gco2e + 1", "agreement"),
        ("UPDATE operations SET timestamp = timestamp + 1", "inclusion"),
        ("UPDATE certificates SET first_serial = first_serial + 1000", "subject"),
        ("UPDATE certificates SET purpose = 3", "subject"),
        ("UPDATE lots SET reduction_class = 3 - reduction_class", "lot"),
        ("UPDATE activities SET code = code || 'X'", "lot"),
        ("UPDATE records SET public = replace(public, 'Half', 'Full')", "record"),
        ("UPDATE log_tiles SET nodes = randomblob(length(nodes))", "inclusion"),
        ("UPDATE bound_contracts SET address = randomblob(20) WHERE name = 'reduction_ledger'", "leaf"),
    ],
)
def test_a_changed_value_does_not_verify(saved: Database, sample: SampleLedger, statement: str, step: str) -> None:
    with saved.write() as connection:
        connection.execute(text(statement))
    failed = at_node(one(saved, 1).to_bytes(), sample.leaf_hashes).failed
    assert failed is not None
    assert failed.name == step
