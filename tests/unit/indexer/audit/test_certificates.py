"""Every certificate is verified like anybody's; checkpoints are held to the chain and to the keys that are given."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Table, delete, update

from chain.rpc import Request
from indexer import checkpoints, schema
from indexer.audit.certificates import audit_certificates
from indexer.audit.chain_roots import ChainRoots
from indexer.audit.checkpoints import audit_checkpoints
from indexer.audit.context import AuditContext
from indexer.audit.findings import Finding
from indexer.database import Database, open_database
from indexer.follower import Follower
from indexer.records import RecordStore
from ledger.checkpoints import Checkpoint
from ledger.ids import Hash32
from ledger.notes import KeyType, Note, SignerKey, VerifierKey
from tests.fakes.event_chain import EventChain
from tests.fakes.told_moves import chain_of
from tests.unit.indexer.audit.full_life import full_life
from tests.unit.indexer.audit.parts import PartFunction, audit_of, open_mirror
from tests.unit.indexer.audit.points_world import PointsWorld
from tests.unit.indexer.audit.recorded_world import RecordedWorld

SIZES = (5, 20)
WITNESSES = [
    SignerKey(name, KeyType.WITNESS, bytes([seed]) * 32) for seed, name in ((2, "a.example"), (3, "b.example"))
]


@pytest.fixture(scope="module")
def world() -> RecordedWorld:
    made = RecordedWorld()
    full_life(made)
    return made


@pytest.fixture(scope="module")
def chain(world: RecordedWorld) -> EventChain:
    return chain_of(world)


def log_key(chain: EventChain) -> SignerKey:
    return SignerKey(chain.deployment.origin, KeyType.LOG, b"\x01" * 32)


def note_of(chain: EventChain, size: int, root: bytes | None = None, *, by: SignerKey | None = None) -> Note:
    made = Checkpoint(chain.deployment.origin, size, Hash32(root or chain.root_at(size)))
    witnesses = [witness.sign(made.text, timestamp=5) for witness in WITNESSES]
    return Note(made.text, ((by or log_key(chain)).sign(made.text), *witnesses))


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory, world: RecordedWorld, chain: EventChain) -> Path:
    folder = tmp_path_factory.mktemp("kept")
    database = open_mirror(folder, "operator")
    Follower(chain, chain.deployment, database).catch_up()
    RecordStore(database).save(world.records)
    for size in SIZES:
        with database.write() as connection:
            checkpoints.reserve(connection, note_of(chain, size))
            checkpoints.publish(connection, note_of(chain, size))
    database.close()
    with audit_of(chain, chain.deployment, folder):
        return folder


@pytest.fixture
def operator(tmp_path: Path, kept: Path) -> Iterator[Database]:
    shutil.copytree(kept, tmp_path, dirs_exist_ok=True)
    database = open_mirror(tmp_path, "operator")
    yield database
    database.close()


def findings(
    part: PartFunction, folder: Path, chain: EventChain, database: Database, keys: tuple[VerifierKey, ...] = ()
) -> tuple[list[Finding], AuditContext]:
    with audit_of(chain, chain.deployment, folder, database, keys=keys) as context:
        return list(part(context)), context


def certificates(folder: Path, chain: EventChain, database: Database) -> list[Finding]:
    return findings(audit_certificates, folder, chain, database)[0]


def test_clean_certificates_verify(tmp_path: Path, chain: EventChain, operator: Database) -> None:
    found, context = findings(audit_certificates, tmp_path, chain, operator)
    assert found == []
    assert context.covered["certificates verified"] == 3
    assert any("no store" in fact for fact in context.facts)


def test_a_persons_certificate_of_each_batch_is_verified_too(tmp_path: Path) -> None:
    world = PointsWorld(tmp_path).whole_life()
    chain, database = chain_of(world.world), world.operator()
    with audit_of(chain, chain.deployment, tmp_path, database, world.store) as context:
        assert list(audit_certificates(context)) == []
        assert context.covered["certificates verified"] == 1
    database.close()


def change(database: Database, table: Table, here: Any, **values: Any) -> None:
    with database.write() as connection:
        assert connection.execute(update(table).where(here).values(**values)).rowcount == 1


CHANGED: dict[str, tuple[Table, Any, dict[str, Any], str]] = {
    "serial": (schema.certificates, schema.certificates.c.number == 1, {"first_serial": 7777}, "step 7, subject"),
    "purpose": (schema.certificates, schema.certificates.c.number == 1, {"purpose": 2}, "step 7, subject"),
    "quantity": (schema.certificates, schema.certificates.c.number == 1, {"quantity_gco2e": 19}, "quantity_gco2e"),
    "account": (schema.certificates, schema.certificates.c.number == 1, {"account": bytes(20)}, "account"),
    "project": (schema.activities, schema.activities.c.code == "PV-1", {"code": "PV-9"}, "step 8, lot"),
    "leaf": (schema.operations, schema.operations.c.kind == 52, {"quantity_gco2e": 9}, "step 9, agreement"),
    "leaf's time": (schema.operations, schema.operations.c.kind == 52, {"timestamp": 9}, "step 12, inclusion"),
    "campaign": (schema.campaigns, schema.campaigns.c.code == "MARATHON", {"code": "PARTY"}, "step 7, subject"),
    "binding": (schema.chain_binding, schema.chain_binding.c.id == 1, {"chain_id": 5}, "step 4, deployment"),
    "log": (schema.log_tiles, schema.log_tiles.c.level == 0, {"nodes": bytes(32 * 200)}, "step 12, inclusion"),
    "root": (schema.cursor, schema.cursor.c.id == 1, {"log_root": bytes(32)}, "step 12, inclusion"),
}
"""Values of which a certificate is made, and where it shows that they are others."""


@pytest.mark.parametrize("value", CHANGED)
def test_a_value_that_a_certificate_is_made_of_is_found(
    tmp_path: Path, chain: EventChain, operator: Database, value: str
) -> None:
    table, here, values, shown = CHANGED[value]
    if table is schema.operations:
        here = here & (table.c.leaf_index == first_cancellation(operator))
    change(operator, table, here, **values)
    found = certificates(tmp_path, chain, operator)
    assert shown in {one.column for one in found}


def first_cancellation(database: Database) -> int:
    with database.read() as connection:
        row = connection.execute(schema.certificates.select().where(schema.certificates.c.number == 1)).one()
        return int(row.leaf_index)


def test_a_record_of_a_certificate_that_says_otherwise_is_found(
    tmp_path: Path, world: RecordedWorld, chain: EventChain, operator: Database
) -> None:
    record = next(one for one in world.records if one.kind.label == "reduction-cancelled")
    here = schema.records.c.record_hash == bytes(record.hash)
    other = record.disclose([*record.values]).to_bytes().decode().replace("nobody's", "somebody's")
    change(operator, schema.records, here, public=other)
    assert [one.column for one in certificates(tmp_path, chain, operator)] == ["step 5, record"]


def test_a_certificate_that_is_gone_is_found(tmp_path: Path, chain: EventChain, operator: Database) -> None:
    with operator.write() as connection:
        connection.execute(delete(schema.certificates).where(schema.certificates.c.number == 2))
    assert [(one.key, one.column) for one in certificates(tmp_path, chain, operator)] == [("2", "*")]


@pytest.mark.parametrize(
    "statement",
    ["UPDATE activities SET code = CAST(CAST(code AS BLOB) || x'ff' AS TEXT)", "DELETE FROM bound_contracts"],
)
def test_what_no_bundle_can_be_made_of_is_found_and_does_not_end_the_audit(
    tmp_path: Path, chain: EventChain, operator: Database, statement: str
) -> None:
    with operator.write() as connection:
        connection.exec_driver_sql(statement)
    read_only = open_database(operator.engine.url, read_only=True)
    found = certificates(tmp_path, chain, read_only)
    read_only.close()
    assert ("certificate", "*", "a bundle") in {(one.table, one.column, one.expected) for one in found}


def test_a_log_that_lost_a_tile_makes_no_bundles_and_says_so(
    tmp_path: Path, chain: EventChain, operator: Database
) -> None:
    with operator.write() as connection:
        connection.execute(delete(schema.log_tiles))
    found = certificates(tmp_path, chain, operator)
    assert {(one.column, one.expected) for one in found} == {("*", "a bundle")}


# Checkpoints


def keys_of(chain: EventChain) -> tuple[VerifierKey, ...]:
    return (log_key(chain).verifier, *(witness.verifier for witness in WITNESSES))


def test_clean_checkpoints_pass(tmp_path: Path, chain: EventChain, operator: Database) -> None:
    found, context = findings(audit_checkpoints, tmp_path, chain, operator, keys_of(chain))
    assert (found, context.facts, context.covered["checkpoints"]) == ([], [], 2)
    found, context = findings(audit_checkpoints, tmp_path, chain, operator)
    assert found == []
    assert context.facts == ["Signatures of checkpoints were not verified: the log's key was not given (--log-key)."]


def test_roots_of_many_sizes_are_asked_for_together(chain: EventChain) -> None:
    asked: list[int] = []

    class Counting(EventChain):
        def __init__(self) -> None:
            """Asks the other."""

        def call(self, method: str, params: Sequence[Any] = ()) -> Any:
            asked.append(1)
            return chain.call(method, params)

        def batch(self, requests: Iterable[Request]) -> list[Any]:
            given = list(requests)
            asked.append(len(given))
            return chain.batch(given)

    roots = ChainRoots(Counting(), chain.deployment)
    roots.learn([*SIZES, 2**40])
    assert asked == [1, 1, len(SIZES)], "the log's size, again for one beyond it, and all roots"
    assert [roots.root(size) for size in SIZES] == [Hash32(chain.root_at(size)) for size in SIZES]
    assert roots.root(2**40) is None


NOTES: dict[str, Callable[[EventChain], str]] = {
    "another root": lambda chain: str(note_of(chain, SIZES[0], bytes(32))),
    "another size": lambda chain: str(note_of(chain, SIZES[0] + 1, bytes(32))),
    "another key's": lambda chain: str(
        note_of(chain, SIZES[0], by=SignerKey(chain.deployment.origin, KeyType.LOG, b"\x09" * 32))
    ),
    "no log line": lambda chain: str(Note(note_of(chain, SIZES[0]).text, note_of(chain, SIZES[0]).lines[1:])),
    "lines out of order": lambda chain: str(
        Note(note_of(chain, SIZES[0]).text, tuple(note_of(chain, SIZES[0]).lines[place] for place in (0, 2, 1)))
    ),
    "a line that does not verify": lambda chain: str(
        Note(note_of(chain, SIZES[0]).text, note_of(chain, SIZES[1]).lines)
    ),
    "another log's": lambda chain: str(note_of(chain, SIZES[0])).replace("tanpuhui/31337/", "tanpuhui/31338/"),
    "no note": lambda _: "nothing",
}


@pytest.mark.parametrize("note", NOTES)
def test_another_note_is_found(tmp_path: Path, chain: EventChain, operator: Database, note: str) -> None:
    here = schema.checkpoints.c.size == SIZES[0]
    change(operator, schema.checkpoints, here, note=NOTES[note](chain))
    found, _ = findings(audit_checkpoints, tmp_path, chain, operator, keys_of(chain))
    assert {(one.table, one.key, one.column) for one in found} == {("checkpoints", str(SIZES[0]), "note")}


def test_another_root_is_found(tmp_path: Path, chain: EventChain, operator: Database) -> None:
    change(operator, schema.checkpoints, schema.checkpoints.c.size == SIZES[0], root=bytes(32))
    found, _ = findings(audit_checkpoints, tmp_path, chain, operator, keys_of(chain))
    assert [(one.key, one.column) for one in found] == [(str(SIZES[0]), "root")]


@pytest.mark.parametrize("size", [SIZES[0] + 1, 10**6])
def test_another_size_is_found(tmp_path: Path, chain: EventChain, operator: Database, size: int) -> None:
    change(operator, schema.checkpoints, schema.checkpoints.c.size == SIZES[0], size=size)
    found, _ = findings(audit_checkpoints, tmp_path, chain, operator, keys_of(chain))
    assert "size" in {one.column for one in found}
    assert {one.key for one in found} == {str(size)}


def test_a_checkpoint_of_a_log_that_was_rewritten_is_found(
    tmp_path: Path, world: RecordedWorld, operator: Database
) -> None:
    """The log's key signed another root at a size than the chain has: everything of the row fits, but the chain."""
    chain = chain_of(world)
    forged = note_of(chain, SIZES[0], b"\x05" * 32)
    here = schema.checkpoints.c.size == SIZES[0]
    change(operator, schema.checkpoints, here, note=str(forged), root=b"\x05" * 32)
    found, _ = findings(audit_checkpoints, tmp_path, chain, operator, keys_of(chain))
    assert {one.column for one in found} == {"note", "root"}
