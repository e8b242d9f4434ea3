"""`tanpuhui audit` on a system that was made by commands: clean, and tampered with."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from chain.deployment import Deployment
from chain.rpc import RpcClient
from chain.views import ContractViews
from ledger.checkpoints import Checkpoint
from ledger.notes import KeyType, Note, SignerKey
from tests.integration.scripts.conftest import Cli
from tests.integration.scripts.story import LOT, begin
from tests.integration.scripts.test_points import Points, points

__all__ = ["points"]
EVENT = ("--field", "event=a marathon")


@pytest.fixture
def lived(points: Points) -> Cli:
    """Reductions and points, indexed and checked."""
    cli = points.cli
    begin(cli)
    cli.json("transfer", "--from", "ref:owner", "--to", "ref:buyer", "--quantity", "100", *LOT)
    cli.json("cancel", "--account", "ref:buyer", "--quantity", "1.5", "--purpose", "event-neutrality", *EVENT, *LOT)
    points.earn()
    points.admit()
    asked = points.instructions("redeem", ("0", 700_000), ("1", 400_000))
    cli.json("points", "redeem", asked, "--provider", "ref:mall", "--class", "I", "--yes")
    cli.json("points", "snapshot", "--class", "I")
    cli.json("api-key", "create", "a reader", "--scope", "transfers:write")
    cli.json("index", "run")
    return cli


def checkpoint(cli: Cli, folder: Path) -> tuple[Path, SignerKey]:
    """The log's word on all that it has."""
    deployment = Deployment.load(cli.deployed.path)
    views = ContractViews(RpcClient(cli.deployed.node.url), deployment)
    key = SignerKey(deployment.origin, KeyType.LOG, b"\x01" * 32)
    made = Checkpoint(deployment.origin, views.log_size(), views.log_root())
    path = folder / "checkpoint.txt"
    path.write_text(str(Note(made.text, (key.sign(made.text),))))
    return path, key


def test_a_clean_system_passes_and_a_changed_one_does_not(lived: Cli, tmp_path: Path) -> None:
    cli, work = lived, tmp_path / "work"
    found = cli.json("audit", "--work", work)
    assert (found["verdict"], found["whole"], found["findings"]) == ("nothing-found", True, [])
    assert found["as_of"]["log_size"] == found["covered"]["operation digests asked of the contracts"]
    assert (work / "report.html").read_text(encoding="utf-8").startswith("<!doctype html>")

    path, key = checkpoint(cli, tmp_path)
    cli.json("account", "open", "ref:another")
    cli.json("index", "run")
    since = cli.json("audit", "--work", work, "--since", path, "--log-key", str(key.verifier))
    assert since["findings"] == []
    assert since["as_of"]["log_size"] == found["as_of"]["log_size"] + 1
    assert since["covered"]["operation digests asked of the contracts"] == 1

    with sqlite3.connect(cli.home / "tanpuhui.db") as database:
        database.execute("UPDATE certificates SET quantity_gco2e = quantity_gco2e + 1")
        database.execute("UPDATE api_keys SET name = 'a writer'")
    database.close()
    said = cli.json("audit", "--work", work, "--report", tmp_path / "report", code=1)
    named = {(one["part"], one["table"], one["column"]) for one in said["findings"]}
    assert {("tables", "certificates", "quantity_gco2e"), ("seals", "api_keys", "name")} <= named
    lines = (tmp_path / "report" / "findings.ndjson").read_text(encoding="utf-8").splitlines()
    assert [json.loads(line) for line in lines] == said["findings"]


def test_what_cannot_be_audited_is_said(cli: Cli, tmp_path: Path) -> None:
    assert cli.json("audit", "--part", "table", code=2)["code"] == "invalid-input"
    nowhere = f"sqlite:///{tmp_path / 'none.db'}"
    assert cli.json("audit", "--database", nowhere, code=3)["code"] == "database-unusable"
    assert not (tmp_path / "none.db").exists()
    assert cli.json("audit", "--block", 10**6, code=3)["code"] == "block-not-reached"
    path, key = checkpoint(cli, tmp_path)
    assert cli.json("audit", "--since", path, code=2)["errors"][0]["field"] == "log-key"
    told = cli.json("audit", "--since", path, "--log-key", str(key.verifier), code=3)
    assert told["code"] == "nothing-to-continue"
    assert cli.json("audit", "--rpc", "http://127.0.0.1:9", code=3)["code"] == "node-unreachable"


def test_without_a_database_the_chain_alone_is_audited(cli: Cli) -> None:
    cli.json("account", "open", "ref:somebody")
    (cli.home / "tanpuhui.db").rename(cli.home / "moved.db")
    told = cli("audit")
    assert "the chain alone is audited" in told.err
    assert "tables was left out: no database was given" in told.out
