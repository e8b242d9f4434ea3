"""What the mirror is held to: the newest audit's report, read strictly, and a node that may not answer."""

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import pytest

from api import audit_report
from api.audit_report import AuditReports, AuditSummary, UnreadableReportError
from api.chain_watch import TOTALS_SECONDS, ChainWatch
from chain.rpc import Request
from indexer.audit.findings import Finding
from indexer.audit.progress import DonePart
from indexer.audit.report import LeftOut, Report
from indexer.database import Database, open_database
from ledger.errors import Json, NodeUnreachable
from tests.fakes.fake_node import DEPLOYMENT
from tests.unit.api.sample import SampleLedger, make_sample
from tests.unit.api.test_certificate_pages import page
from tests.unit.api.test_explorer_pages import serving

SECRET = "postgresql://auditor:hunter2@db/tanpuhui"


def report_of(sample: SampleLedger, *findings: Finding, complete: bool = True, **other: Any) -> Report:
    as_of = {
        "block_number": 23,
        "block_hash": "0x" + "ab" * 32,
        "block_timestamp": 1_763_000_023,
        "log_size": 15,
        "log_root": "0x" + sample.rows["checkpoints"][0]["root"].hex(),
        **other,
    }
    return Report(
        job={"database": SECRET, "store": "/srv/secret"},
        node="http://node.internal:8545",
        started_at=1_763_000_000,
        finished_at=1_763_000_600,
        as_of=as_of,
        replay_seconds=1.5,
        parts={"tables": DonePart(seconds=2.5, findings=len(findings), covered={"rows of operations": 15}, facts=[])},
        left_out=(LeftOut("batch-files", "no batch store was given"),),
        not_asked_for=(),
        facts=(),
        finding_count=len(findings),
        findings_by_part={"tables": len(findings)} if findings else {},
        findings=findings,
        complete=complete,
    )


def save(report: Report, folder: Path) -> Path:
    """The file as an audit leaves it."""
    file = folder / "report.json"
    file.write_text(json.dumps(report.document(), ensure_ascii=False, indent=2), encoding="utf-8")
    return file


def test_an_audit_is_shown_with_its_parts_and_nothing_of_where_it_ran(tmp_path: Path) -> None:
    sample = make_sample()
    save(report_of(sample), tmp_path)
    with serving(tmp_path, sample=sample, audit_report=str(tmp_path / "report.json")) as client:
        found = page(client, "/explorer/status?lang=en")
        for said in ("nothing was found", "not every part was run", "a log of 15 leaves", "rows of operations 15"):
            assert said in found.text, said
        assert "batch-files left out: nothing to look at" in found.text
        assert "Operations since 11" in found.text
        for secret in ("hunter2", "node.internal", "/srv/secret"):
            assert secret not in found.reply.body.decode()


def test_findings_are_counted_and_placed_and_their_values_kept_back(tmp_path: Path) -> None:
    sample = make_sample()
    one = Finding.of("tables", "balances", b"key", "quantity_gco2e", expected="hidden-1", found="hidden-2")
    save(report_of(sample, one, one), tmp_path)
    with serving(tmp_path, sample=sample, audit_report=str(tmp_path / "report.json")) as client:
        found = page(client, "/explorer/status?lang=en")
        assert "The audit found 2 differences" in found.text
        assert "tables : balances · quantity_gco2e × 2" in found.text
        assert "hidden" not in found.text
        save(report_of(sample, one, complete=False), tmp_path)
        assert "The chain contradicts itself" in page(client, "/explorer/status?lang=en").text


@pytest.mark.parametrize("other", [{"log_root": "0x" + "00" * 32}, {"log_size": 10_000}])
def test_an_audit_of_another_log_is_said_to_be_one(tmp_path: Path, other: dict[str, Any]) -> None:
    sample = make_sample()
    save(report_of(sample, **other), tmp_path)
    with serving(tmp_path, sample=sample, audit_report=str(tmp_path / "report.json")) as client:
        assert "does not begin the log of this index" in page(client, "/explorer/status?lang=en").text


def changed(document: dict[str, Any], path: str, value: Any) -> bytes:
    *way, last = path.split(".")
    place = document
    for name in way:
        place = place[name]
    place[last] = value
    return json.dumps(document).encode()


@pytest.mark.parametrize(
    ("path", "value", "why"),
    [
        ("format", 2, "format must be 1"),
        ("format", True, "format must be 1"),
        ("verdict", "all good", "verdict must"),
        ("verdict", None, "verdict must"),
        ("whole", "yes", "whole must be true or false"),
        ("finished_at", "2026-02-30T00:00:00Z", "finished_at must be a time of the calendar"),
        ("finished_at", "9999-12-31T23:59:59Z", "finished_at must be a time between 1970 and 9999"),
        ("started_at", "0001-01-01T00:00:00Z", "started_at must be a time between 1970 and 9999"),
        ("finding_count", 1, "verdict must be that of the findings"),
        ("findings", [{"part": "tables"}], "verdict must be that of the findings"),
        (
            "parts",
            [{"part": "a", "findings": 1, "seconds": "1", "covered": {}}],
            "verdict must be that of the findings",
        ),
        ("finished_at", "yesterday", "finished_at must be text of its form"),
        ("as_of", [], "as_of must be an object"),
        ("as_of.log_root", "0x12", "log_root must be text of its form"),
        ("as_of.log_size", -1, "log_size must be a whole number"),
        ("as_of.log_size", "15", "log_size must be a whole number"),
        ("finding_count", True, "finding_count must be a whole number"),
        ("parts", {}, "parts must be a list"),
        ("parts", [1], "parts must be an object"),
        ("findings", [1], "findings must be an object"),
        ("left_out", [{"part": "\u202e"}], "part must be text of its form"),
    ],
)
def test_what_is_no_report_is_refused_whole(tmp_path: Path, path: str, value: Any, why: str) -> None:
    file = tmp_path / "report.json"
    file.write_bytes(changed(json.loads(json.dumps(report_of(make_sample()).document())), path, value))
    with pytest.raises(UnreadableReportError, match=why):
        AuditReports(file).newest()


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 1, "format": 1}', b"\xff", b"{" * 100])
def test_what_is_no_json_is_refused(tmp_path: Path, content: bytes) -> None:
    file = tmp_path / "report.json"
    file.write_bytes(content)
    reports = AuditReports(file)
    for _ in range(2):
        with pytest.raises(UnreadableReportError):
            reports.newest()
    with serving(tmp_path, audit_report=str(file)) as client:
        assert "The report cannot be read" in page(client, "/explorer/status?lang=en").text


def test_what_is_too_large_or_no_file_is_not_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "report.json"
    save(report_of(make_sample()), tmp_path)
    monkeypatch.setattr(audit_report, "MOST_BYTES", 100)
    with pytest.raises(UnreadableReportError, match="larger than 100 bytes"):
        AuditReports(file).newest()
    with pytest.raises(UnreadableReportError, match="no ordinary file"):
        AuditReports(tmp_path).newest()
    assert AuditReports(tmp_path / "none.json").newest() is None
    assert AuditReports(None).newest() is None


def test_a_report_is_read_again_only_when_it_is_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save(report_of(make_sample()), tmp_path)
    reports = AuditReports(tmp_path / "report.json")
    read: list[object] = []
    plain = audit_report.read_report

    def counted(document: Json) -> AuditSummary:
        read.append(document)
        return plain(document)

    monkeypatch.setattr(audit_report, "read_report", counted)
    first = reports.newest()
    assert reports.newest() is first
    assert len(read) == 1
    save(report_of(make_sample(), log_size=14), tmp_path)
    found = reports.newest()
    assert found is not None
    assert found.log_size == 14


class Node:
    """Answers the head, or nothing at all; anything else is refused as by a node that has pruned it."""

    def __init__(self) -> None:
        self.up = True
        self.asked: list[str] = []

    def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        self.asked.append(method)
        if not self.up or method not in {"eth_blockNumber", "eth_getBlockByNumber"}:
            raise NodeUnreachable("http://node", "refused")
        if method == "eth_blockNumber":
            return "0x1e"
        header = dict.fromkeys(
            ("hash", "parentHash", "receiptsRoot", "stateRoot", "transactionsRoot"), "0x" + "ab" * 32
        )
        return {**header, "number": "0x1e", "timestamp": "0x2", "logsBloom": "0x" + "00" * 256}

    def batch(self, requests: Iterable[Request]) -> list[Any]:
        return [self.call(*request) for request in requests]

    try_batch = batch
    try_call = call


@pytest.fixture
def indexed(tmp_path: Path) -> Database:
    database = open_database(f"sqlite:///{tmp_path / 'watched.db'}")
    database.migrate()
    make_sample().save(database)
    return database


def test_a_watch_says_what_it_saw_and_never_raises(indexed: Database) -> None:
    node, now = Node(), [0.0]
    watch = ChainWatch(node, DEPLOYMENT, indexed, clock=lambda: now[0], wall=lambda: 1_000)  # type: ignore[arg-type]
    assert watch.head() is None
    assert watch.totals() is None
    watch.look()
    head, totals = watch.head(), watch.totals()
    assert head is not None
    assert (head.block_number, head.timestamp, head.error, head.asked_at) == (30, 2, None, 1_000)
    assert totals is not None
    assert totals.error == "node-unreachable"  # the calls of contracts that this node refuses
    node.up = False
    watch.look()
    head = watch.head()
    assert head is not None
    assert (head.block_number, head.error) == (None, "node-unreachable")
    assert watch.totals() is totals
    indexed.close()


def test_totals_are_compared_at_most_once_a_minute(indexed: Database) -> None:
    node, now = Node(), [0.0]
    watch = ChainWatch(node, DEPLOYMENT, indexed, clock=lambda: now[0])  # type: ignore[arg-type]
    compared = []
    for moment in (0.0, 5.0, TOTALS_SECONDS - 1, TOTALS_SECONDS, TOTALS_SECONDS + 5):
        now[0] = moment
        before = watch.totals()
        watch.look()
        compared.append(watch.totals() is not before)
    assert compared == [True, False, False, True, False]
    indexed.close()
