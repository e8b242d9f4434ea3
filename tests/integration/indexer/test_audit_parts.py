"""Parts of an audit on contracts: what they did is what the rules allow, and their certificates verify."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from indexer.audit.batch_files import audit_batch_files
from indexer.audit.callers import audit_callers
from indexer.audit.certificates import audit_certificates
from indexer.audit.checkpoints import audit_checkpoints
from indexer.audit.context import AuditContext
from indexer.audit.outbox import audit_outbox
from indexer.audit.records import audit_records
from indexer.audit.rules import audit_rules
from indexer.batch_store import FolderStore
from indexer.database import Database
from indexer.follower import Follower
from indexer.outbox import SqlOutbox
from indexer.records import RecordStore
from tests.fakes.told_moves import chain_of
from tests.integration.deployed import Deployed
from tests.integration.indexer.test_real_chain import RealLife
from tests.unit.indexer.audit.full_life import full_life
from tests.unit.indexer.audit.parts import audit_of, open_mirror
from tests.unit.indexer.audit.recorded_world import RecordedWorld
from tests.unit.indexer.audit.test_outbox import operation_of


@pytest.fixture
def lived(deployed: Deployed) -> Deployed:
    """Contracts on which much has happened."""
    RealLife(deployed, seed=23).live(200)
    return deployed


@pytest.fixture
def operator(tmp_path: Path) -> Iterator[Database]:
    database = open_mirror(tmp_path, "operator")
    yield database
    database.close()


@pytest.fixture
def context(lived: Deployed, tmp_path: Path, operator: Database) -> Iterator[AuditContext]:
    with audit_of(lived.rpc, lived.deployment, tmp_path, operator) as context:
        yield context


def test_the_rules_allow_what_the_contracts_did(context: AuditContext) -> None:
    assert list(audit_rules(context)) == []
    assert context.covered["operations replayed"] == 200


def test_proposals_and_confirmations_are_those_of_different_keys(context: AuditContext) -> None:
    assert list(audit_callers(context)) == []
    assert context.facts == []
    assert context.covered["callers looked at"] > 10


def test_certificates_of_contracts_verify(lived: Deployed, context: AuditContext, tmp_path: Path) -> None:
    with audit_of(lived.rpc, lived.deployment, tmp_path, context.replica) as of_itself:
        assert list(audit_certificates(of_itself)) == []
        assert of_itself.covered["certificates verified"] > 0
        numbers = of_itself.covered["certificates verified"]
    with context.replica.write() as connection:
        connection.execute(text("UPDATE certificates SET first_serial = first_serial + 100000 WHERE number = 1"))
    with audit_of(lived.rpc, lived.deployment, tmp_path, context.replica) as of_itself:
        assert [(one.key, one.column) for one in audit_certificates(of_itself)] == [("1", "step 7, subject")]
        assert of_itself.covered["certificates verified"] == numbers


def test_parts_read_postgresql_as_they_read_sqlite(postgresql: Database, tmp_path: Path) -> None:
    world = RecordedWorld()
    full_life(world)
    chain = chain_of(world)
    Follower(chain, chain.deployment, postgresql).catch_up()
    RecordStore(postgresql).save(world.records)
    SqlOutbox(postgresql).save([operation_of(world, move) for move in world.moves if move.function == "open_account"])
    (tmp_path / "store").mkdir()
    store = FolderStore(tmp_path / "store")
    with audit_of(chain, chain.deployment, tmp_path, postgresql, store) as context:
        for part in (audit_records, audit_certificates, audit_outbox, audit_checkpoints):
            assert list(part(context)) == [], part
        files = {(one.column, one.found) for one in audit_batch_files(context)}
        assert files == {("*", "no file")}  # nobody made any
        for what in ("records", "certificates verified", "operations submitted", "batch files"):
            assert context.covered[what] > 0, what
