"""A whole audit: as of which block, what it goes on from, what it leaves alone, and what it says in the end."""

import json
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, text, update

from indexer import schema
from indexer.audit.context import AuditContext
from indexer.audit.findings import Finding, FindingSink, read_findings
from indexer.audit.parts import PARTS as ALL_PARTS
from indexer.audit.parts import Part
from indexer.audit.progress import FINDINGS
from indexer.audit.replay import open_replica, replay
from indexer.audit.report import Report, render
from indexer.audit.run import AuditJob, run_audit
from indexer.audit.since import read_checkpoint
from indexer.database import Database, open_database
from indexer.errors import BlockNotReached, DatabaseUnusable, NothingToContinue, WorkFolderBusy
from indexer.follower import Follower
from ledger.checkpoints import Checkpoint
from ledger.errors import InvalidInput, InvalidKey, InvalidNote, NodeUnreachable
from ledger.ids import Hash32
from ledger.notes import KeyType, SignerKey
from tests.fakes.event_chain import EventChain
from tests.unit.indexer.audit.system import changed, full_chain, keep_rows, log_key, signed_checkpoint

PARTS = ("tables", "seals")
"""Those that ask no contract: the chain in memory has none."""


@pytest.fixture
def full() -> EventChain:
    return full_chain()


@pytest.fixture
def audited(database: Database, full: EventChain) -> Database:
    Follower(full, full.deployment, database).catch_up()
    keep_rows(database, full)
    return database


@pytest.fixture
def read_only(audited: Database) -> Iterator[Database]:
    opened = open_database(audited.engine.url, read_only=True)
    yield opened
    opened.close()


def nobody(_what: str, _done: int, _total: int | None) -> None:
    """Hears nothing."""


class Audits:
    """Audits of one chain in one work folder."""

    def __init__(self, chain: EventChain, folder: Path) -> None:
        self.chain = chain
        self.work = folder / "work"

    def __call__(self, database: Database | None = None, **options: Any) -> Report:
        job = {"rpc": self.chain, "deployment": self.chain.deployment, "work": self.work, "report": self.work}
        return run_audit(AuditJob(**{**job, "database": database, "parts": PARTS, **options}), nobody)

    def found(self) -> list[tuple[str, str, str]]:
        return [(one.table, one.key, one.column) for one in read_findings(self.work / FINDINGS)]


@pytest.fixture
def audits(full: EventChain, tmp_path: Path) -> Audits:
    return Audits(full, tmp_path)


def test_a_clean_system_passes(audits: Audits, read_only: Database) -> None:
    report = audits(read_only)
    assert (report.verdict, report.exit_code, report.finding_count) == ("nothing-found", 0, 0)
    assert set(report.parts) == set(PARTS)
    assert report.covered["kept rows"] > 10
    by_table = {table.name: report.covered[f"kept rows of {table.name}"] for table in schema.KEPT}
    assert sum(by_table.values()) == report.covered["kept rows"]
    assert f"kept rows of outbox {by_table['outbox']}; " in render(report)
    assert report.as_of["block_number"] == audits.chain.head.number
    assert not report.whole


def test_nothing_is_written_to_the_audited_database(audits: Audits, audited: Database) -> None:
    path = Path(str(audited.engine.url.database))
    audited.close()
    before = sha256(path.read_bytes()).digest()
    read_only = open_database(audited.engine.url, read_only=True)
    audits(read_only)
    for statement in ("DELETE FROM postings", "PRAGMA user_version = 7", "CREATE TABLE more (x INTEGER)"):
        with pytest.raises(Exception, match="readonly"), read_only.engine.begin() as connection:
            connection.execute(text(statement))
    read_only.close()
    assert sha256(path.read_bytes()).digest() == before


def test_a_database_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with pytest.raises(Exception, match="cannot be used"):
        open_database(f"sqlite:///{tmp_path / 'none.db'}", read_only=True)
    assert list(tmp_path.iterdir()) == []


def test_findings_stand_in_the_report_and_in_the_file(audits: Audits, audited: Database, read_only: Database) -> None:
    with changed(audited, schema.activities.c.code, "<script>alert(1)</script>") as change:
        report = audits(read_only)
    assert report.exit_code == 1
    assert audits.found() == [("activities", "0x" + change.key[0].hex(), "code")]
    document = json.loads((audits.work / "report.json").read_text())
    assert (document["verdict"], document["finding_count"]) == ("found", 1)
    assert document["findings"][0]["found"] == "<script>alert(1)</script>"
    page = (audits.work / "report.html").read_text()
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script" not in page
    assert "核查报告" in page
    assert "Audit report" in page


def test_a_mirror_is_compared_as_of_its_own_block(audits: Audits, read_only: Database) -> None:
    stood_at = audits.chain.head.number
    for _ in range(120):
        audits.chain.mine(0)
    audits.chain.mine(5)
    report = audits(read_only)
    assert report.verdict == "nothing-found"
    assert report.as_of["block_number"] == stood_at
    assert report.facts == ("The audited mirror stands 121 blocks behind the node's head.",)


def test_a_replica_that_is_ahead_is_taken_back(tmp_path: Path, full: EventChain) -> None:
    work = tmp_path / "work"
    work.mkdir()
    replica = open_replica(work)
    ahead = replay(full, full.deployment, replica, full.head.number)
    back = replay(full, full.deployment, replica, 5)
    assert (back.block_number, back.log_root) == (5, full.root_at(back.log_size))
    assert back.log_size < ahead.log_size
    assert replay(full, full.deployment, replica, full.head.number) == ahead
    with pytest.raises(BlockNotReached):
        replay(full, full.deployment, replica, full.deployment.first_block - 2)
    replica.close()


def test_another_number_in_the_cursor_is_named(audits: Audits, audited: Database, read_only: Database) -> None:
    for value in (3, 2**40):
        with changed(audited, schema.cursor.c.block_number, value):
            assert audits(read_only).as_of["block_number"] == audits.chain.head.number
            assert audits.found() == [("cursor", "1", "block_number")]


def test_another_hash_in_the_cursor_is_named(audits: Audits, audited: Database, read_only: Database) -> None:
    with changed(audited, schema.cursor.c.block_hash):
        audits(read_only)
    assert audits.found() == [("cursor", "1", "block_hash")]


def test_another_block_than_the_databases_is_refused(audits: Audits, read_only: Database) -> None:
    with pytest.raises(InvalidInput, match="the block that the audited database stands at"):
        audits(read_only, block=2)


def test_a_block_beyond_the_head_is_not_reached(audits: Audits) -> None:
    with pytest.raises(BlockNotReached):
        audits(None, block=audits.chain.head.number + 1)


def test_parts_without_their_subject_are_left_out_and_said(audits: Audits) -> None:
    report = audits(None)
    assert [(one.part, one.reason) for one in report.left_out] == [
        ("tables", "no database was given"),
        ("seals", "no database was given"),
    ]
    assert not report.whole


def test_an_unknown_part_is_refused(audits: Audits) -> None:
    with pytest.raises(InvalidInput, match="part"):
        audits(None, parts=("table",))


def test_one_audit_at_a_time_works_in_a_folder(audits: Audits, read_only: Database) -> None:
    tried: list[bool] = []

    def try_again(method: str, _params: Sequence[Any], result: Any) -> Any:
        if method == "eth_getLogs" and not tried:
            tried.append(True)
            with pytest.raises(WorkFolderBusy):
                audits(read_only)
        return result

    audits.chain.tamper.append(try_again)
    audits(read_only)
    assert tried == [True]


def test_an_interrupted_audit_goes_on_where_it_was(audits: Audits, full: EventChain) -> None:
    broken = True

    def end_early(method: str, _params: Sequence[Any], result: Any) -> Any:
        if broken and method == "eth_blockNumber" and full.calls.count("eth_blockNumber") > 1:
            raise NodeUnreachable("memory:")
        return result

    full.tamper.append(end_early)
    with pytest.raises(NodeUnreachable):
        audits(None)
    broken = False
    block = full.head.number
    full.mine(10)
    report = audits(None)
    assert report.facts == ("What an earlier run of this audit had replayed was not replayed again.",)
    assert report.as_of["block_number"] == block  # not the head that the node has by now


def test_what_was_replayed_is_not_read_again(audits: Audits, full: EventChain) -> None:
    audits(None, block=full.head.number)
    full.calls.clear()
    audits(None, block=full.head.number)
    assert "eth_getLogs" not in full.calls


def test_findings_that_the_report_does_not_have_are_made_again(
    audits: Audits, audited: Database, read_only: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of the chain alone is done for good; not where its findings were written to another folder."""

    def found_one(_context: AuditContext) -> Iterator[Finding]:
        yield Finding.missing("rules", "a table", 1)

    lasting = Part(name="rules", run=found_one)
    monkeypatch.setattr("indexer.audit.run.PARTS", (lasting,))
    assert audits(read_only, parts=("rules",)).finding_count == 1
    assert audits(read_only, parts=("rules",)).finding_count == 1
    elsewhere = audits(read_only, parts=("rules",), report=tmp_path / "elsewhere")
    assert (elsewhere.finding_count, elsewhere.exit_code) == (1, 1)


def _as_a_view(connection: sqlite3.Connection) -> None:
    """Shows an audit, which asks for nothing to be written, the truth, and everybody else ten times as much."""
    connection.execute("PRAGMA legacy_alter_table = ON")
    connection.execute("ALTER TABLE certificates RENAME TO kept_certificates")
    columns = ", ".join(column.name for column in schema.certificates.columns)
    forged = columns.replace("quantity_gco2e", "10 * quantity_gco2e")
    asked = "(SELECT query_only FROM pragma_query_only)"
    connection.execute(
        f"CREATE VIEW certificates AS SELECT {columns} FROM kept_certificates WHERE {asked} = 1 "  # noqa: S608
        f"UNION ALL SELECT {forged} FROM kept_certificates WHERE {asked} = 0"
    )


def _with_an_empty_index(connection: sqlite3.Connection) -> None:
    name = "ix_certificates_account"
    (said,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    connection.execute(f"DROP INDEX {name}")
    connection.execute(f"{said} WHERE number < 0")
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (said, name))
    connection.execute("PRAGMA writable_schema = RESET")


def _with_a_trigger(connection: sqlite3.Connection) -> None:
    connection.execute("CREATE TRIGGER later AFTER UPDATE ON cursor BEGIN UPDATE api_keys SET revoked_at = NULL; END")


def _with_numbers_for_bytes(connection: sqlite3.Connection) -> None:
    """A number in a column of bytes, which a driver would take for the length of so many zero bytes."""
    name = "certificates"
    (said,) = connection.execute("SELECT sql FROM sqlite_master WHERE name = ?", (name,)).fetchone()
    loose = said.replace("STRICT", "").replace(" CHECK (length(account) = 20)", " CHECK (1)")
    connection.execute("PRAGMA writable_schema = ON")
    connection.execute("UPDATE sqlite_master SET sql = ? WHERE name = ?", (loose, name))
    connection.execute("PRAGMA writable_schema = RESET")
    connection.execute("UPDATE certificates SET account = 1000000000000000")


@pytest.mark.parametrize(
    ("change", "key"),
    [
        (_as_a_view, "view certificates"),
        (_with_an_empty_index, "integrity_check"),
        (_with_a_trigger, "trigger later"),
        (_with_numbers_for_bytes, "table certificates"),
    ],
)
def test_a_database_that_answers_others_otherwise_is_found(
    audits: Audits, audited: Database, read_only: Database, change: Callable[[sqlite3.Connection], None], key: str
) -> None:
    with closing(sqlite3.connect(str(audited.engine.url.database), isolation_level=None)) as connection:
        change(connection)
    report = audits(read_only)
    assert (report.exit_code, report.complete) == (1, True)
    assert ("database", key) in {(table, found) for table, found, _ in audits.found()}


def test_a_database_is_looked_at_again(audits: Audits, audited: Database, read_only: Database) -> None:
    """Also where the same audit had looked at it before: it may have been changed since."""
    assert audits(read_only).exit_code == 0
    with changed(audited, schema.api_keys.c.name):
        report = audits(read_only)
    assert [finding.column for finding in report.findings] == ["name"]
    assert audits(read_only).exit_code == 0
    assert audits.found() == []


def test_a_chain_that_contradicts_itself_is_a_finding(audits: Audits, read_only: Database) -> None:
    def forge(method: str, params: Sequence[Any], result: Any) -> Any:
        return "0x" + "00" * 32 if method == "eth_call" and len(params[0]["data"]) > 10 else result

    audits.chain.tamper.append(forge)
    report = audits(read_only)
    assert (report.verdict, report.exit_code) == ("found-incomplete", 1)
    assert [(one.part, one.table) for one in report.findings] == [("replay", "chain")]


def test_a_log_that_the_node_leaves_out_is_found(audits: Audits, read_only: Database) -> None:
    def leave_out(method: str, _params: Sequence[Any], result: Any) -> Any:
        return result[:-2] if method == "eth_getLogs" and len(result) > 20 else result

    audits.chain.tamper.append(leave_out)
    report = audits(read_only)
    assert report.verdict == "found-incomplete"
    assert "receipt" in str(report.findings[0].found)


# ---------------------------------------------------------------------------------------------------------------- since


def whole(
    audits: Audits,
    database: Database | None,
    monkeypatch: pytest.MonkeyPatch,
    names: tuple[str, ...] = PARTS,
    **options: Any,
) -> Report:
    """An audit of all the parts that there are, which are those that the chain in memory can answer."""
    monkeypatch.setattr("indexer.audit.run.PARTS", tuple(part for part in ALL_PARTS if part.name in names))
    return audits(database, parts=(), **options)


def checkpoint(chain: EventChain, size: int) -> Checkpoint:
    return Checkpoint.of_note(signed_checkpoint(chain, size))


def test_since_a_checkpoint_only_newer_leaves_are_compared(
    audits: Audits, audited: Database, read_only: Database, full: EventChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(NothingToContinue, match="none was finished"):
        whole(audits, read_only, monkeypatch, since=checkpoint(full, 3))
    first = whole(audits, read_only, monkeypatch)
    assert first.whole
    signed = checkpoint(full, int(str(first.as_of["log_size"])))
    full.mine(40)
    Follower(full, full.deployment, audited).catch_up()
    full.calls.clear()
    report = whole(audits, read_only, monkeypatch, since=signed)
    assert report.verdict == "nothing-found"
    assert report.as_of["log_size"] == signed.size + 40
    assert report.covered["rows"] < first.covered["rows"]
    assert full.calls.count("eth_getBlockReceipts") == 1
    newest = schema.operations.c.leaf_index == signed.size + 39
    for here, found in ((newest, 1), (schema.operations.c.leaf_index == 0, 0)):
        move = update(schema.operations).where(here)
        with audited.write() as connection:
            connection.execute(move.values(timestamp=schema.operations.c.timestamp + 1))
        assert whole(audits, read_only, monkeypatch, since=signed).finding_count == found
        with audited.write() as connection:
            connection.execute(move.values(timestamp=schema.operations.c.timestamp - 1))


def test_since_an_audit_that_found_more_checkpoints_is_a_finding(
    audits: Audits, audited: Database, read_only: Database, full: EventChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A whole row that goes leaves no broken seal: what was signed once is counted."""
    names = ("seals", "checkpoints")
    first = whole(audits, read_only, monkeypatch, names)
    signed = checkpoint(full, int(str(first.as_of["log_size"])))
    assert whole(audits, read_only, monkeypatch, names, since=signed).verdict == "nothing-found"
    with audited.write() as connection:
        connection.execute(delete(schema.checkpoints))
    for _ in range(2):  # what found something is not what the next one goes on from
        whole(audits, read_only, monkeypatch, names, since=signed)
        assert audits.found() == [("checkpoints", "null", "*")]


def test_since_needs_a_clean_audit_of_the_same(
    audits: Audits, audited: Database, read_only: Database, full: EventChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    with changed(audited, schema.activities.c.code):
        report = whole(audits, read_only, monkeypatch)
    assert report.exit_code == 1
    with pytest.raises(NothingToContinue, match="1 differences"):
        whole(audits, read_only, monkeypatch, since=checkpoint(full, 3))
    whole(audits, read_only, monkeypatch)
    with pytest.raises(NothingToContinue, match="database"):
        whole(audits, None, monkeypatch, since=checkpoint(full, 3))


def test_a_checkpoint_of_another_root_is_a_finding(
    audits: Audits, read_only: Database, full: EventChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole(audits, read_only, monkeypatch)
    other = Checkpoint(full.deployment.origin, 3, Hash32(b"\x01" * 32))
    report = whole(audits, read_only, monkeypatch, since=other)
    assert report.verdict == "found-incomplete"
    assert "root of 3 leaves is not the kept mirror's" in str(report.findings[0].found)


def test_a_checkpoint_file_is_verified(full: EventChain, tmp_path: Path) -> None:
    path, key = tmp_path / "checkpoint.txt", log_key(full)
    path.write_text(str(signed_checkpoint(full, 3)))
    assert read_checkpoint(path, key.verifier, full.deployment).size == 3
    stranger = SignerKey(full.deployment.origin, KeyType.LOG, b"\x02" * 32)
    with pytest.raises(InvalidNote, match="signed"):
        read_checkpoint(path, stranger.verifier, full.deployment)
    with pytest.raises(InvalidKey):
        read_checkpoint(path, SignerKey("another.example", KeyType.LOG, b"\x01" * 32).verifier, full.deployment)
    with pytest.raises(InvalidKey):
        read_checkpoint(path, SignerKey(key.name, KeyType.WITNESS, b"\x01" * 32).verifier, full.deployment)
    with pytest.raises(InvalidInput, match="read"):
        read_checkpoint(tmp_path / "none", key.verifier, full.deployment)


# ------------------------------------------------------------------------------------------------------------ findings


def test_a_line_that_was_cut_off_is_no_finding(tmp_path: Path) -> None:
    path = tmp_path / FINDINGS
    one = Finding.missing("tables", "lots", b"\x01")
    with FindingSink(path) as sink:
        sink.add(one)
        sink.add(Finding.surplus("seals", "lots", 2))
    path.write_text(path.read_text() + '{"part": "tab')
    with FindingSink(path, {"tables"}) as sink:
        assert list(read_findings(path)) == [one]
        assert sink.counts == {"tables": 1}


def test_the_page_says_what_a_finding_is(audits: Audits, audited: Database, read_only: Database) -> None:
    with changed(audited, schema.blocks.c.timestamp):
        report = audits(read_only)
    assert render(report).count("<td>timestamp</td>") == 1


def test_a_database_that_breaks_meanwhile_ends_the_audit(audits: Audits, audited: Database) -> None:
    path = Path(str(audited.engine.url.database))
    audited.close()
    read_only = open_database(audited.engine.url, read_only=True)
    whole_file = path.read_bytes()
    path.write_bytes(whole_file[: len(whole_file) // 2])
    with pytest.raises(DatabaseUnusable, match="malformed"):
        audits(read_only)
    read_only.close()


def test_a_shorter_log_than_the_checkpoints_is_a_finding(
    audits: Audits, read_only: Database, full: EventChain, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole(audits, read_only, monkeypatch)
    signed = checkpoint(full, 400)
    full.fork(6)
    report = whole(audits, read_only, monkeypatch, since=signed)
    assert "shorter than the checkpoint's 400 leaves" in str(report.findings[0].found)
