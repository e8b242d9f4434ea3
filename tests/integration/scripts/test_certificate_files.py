"""`tanpuhui certificate export` and `redact`: what is written verifies on a node, and shows what it was told to."""

from __future__ import annotations

import json
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

from indexer.database import open_database
from tests.integration.scripts.conftest import Cli
from tests.integration.scripts.story import begin


def cancel(cli: Cli) -> None:
    """Certificate 1, whose record says for whom."""
    begin(cli)
    cli(
        *("cancel", "--account", "ref:owner", "--quantity", "1.5", "--activity", "SH-PV-1"),
        *("--first-day", "2025-01-01", "--last-day", "2025-12-31", "--purpose", "event-neutrality"),
        *("--field", "event=Marathon", "--field", "beneficiary=Organiser Ltd"),
    )
    cli("index", "run")


def verified(cli: Cli, file: Path) -> Any:
    """What `tanpuhui verify` finds with the node."""
    return cli.json(
        "verify", file, "--rpc", cli.env["TANPUHUI_RPC_URL"], "--deployment", cli.env["TANPUHUI_DEPLOYMENT"]
    )


def shown(file: Path) -> set[str]:
    document = json.loads(file.read_bytes())
    return {member["name"] for member in document["record"]["fields"] if "name" in member}


def test_export_and_redact(cli: Cli, tmp_path: Path) -> None:
    cancel(cli)
    public, whole, narrow = (tmp_path / name for name in ("public.json", "whole.json", "narrow.json"))
    said = cli.json("certificate", "export", 1, "--output", public)
    assert (said["number"], said["kind"], said["quantity_gco2e"]) == (1, "reductions", "1500000")
    cli("certificate", "export", 1, "--disclose", "beneficiary", "--output", whole)
    assert shown(whole) - shown(public) == {"beneficiary"}
    assert "event" in shown(public)

    elsewhere = {
        **cli.env,
        "TANPUHUI_RPC_URL": "http://127.0.0.1:9",
        "TANPUHUI_DATABASE_URL": "sqlite:////nowhere/x.db",
    }
    offline = Cli(cli.home, elsewhere, cli.capture, cli.monkeypatch, cli.deployed)
    offline("certificate", "redact", whole, "--hide", "beneficiary,event,project", "--output", narrow)
    assert shown(narrow) == shown(public) - {"event"}
    assert json.loads(narrow.read_bytes())["certificate"]["lot"] is None
    for file in (public, whole, narrow):
        facts = verified(cli, file)
        assert facts["verified"] is True, facts
        assert file.stat().st_mode & 0o777 == 0o600

    assert cli.json("certificate", 1)["check"]["holds"] is True
    assert cli.json("certificate", "show", 1) == cli.json("certificate", 1)


def test_export_as_pdf_with_the_same_bundle(cli: Cli, tmp_path: Path) -> None:
    cancel(cli)
    pdf, bundle = tmp_path / "one.pdf", tmp_path / "one.json"
    cli.env["TANPUHUI_PUBLIC_URL"] = "https://ledger.example"
    options = ("--disclose", "beneficiary", "--hide", "project")
    cli("certificate", "export", 1, *options, "--pdf", "--output", pdf)
    cli("certificate", "export", 1, *options, "--output", bundle)
    reader = PdfReader(BytesIO(pdf.read_bytes()))
    assert reader.attachments["certificate-1.json"] == [bundle.read_bytes()]
    assert "Organiser Ltd" in reader.pages[0].extract_text().replace("\x00", "")
    assert verified(cli, pdf)["verified"] is True


@pytest.mark.parametrize(
    ("words", "field"),
    [
        (("--disclose", "nothing"), "disclose"),
        (("--hide", "nothing"), "hide"),
        (("--hide", "field_names"), "hide"),
    ],
)
def test_names_that_the_record_does_not_have(cli: Cli, tmp_path: Path, words: tuple[str, str], field: str) -> None:
    cancel(cli)
    refused = cli.json("certificate", "export", 1, *words, "--output", tmp_path / "x.json", code=2)
    assert refused["errors"][0]["field"] == field
    assert not (tmp_path / "x.json").exists()


def test_what_cannot_be_exported_or_redacted(cli: Cli, tmp_path: Path) -> None:
    cancel(cli)
    file = tmp_path / "one.json"
    assert cli.json("certificate", "export", 2, "--output", file, code=4)["code"] == "not-found"
    cli("certificate", "export", 1, "--output", file)
    again = cli.json("certificate", "export", 1, "--output", file, code=2)  # it is not written over
    assert again["errors"][0]["field"] == "output"
    changed = tmp_path / "changed.json"
    changed.write_bytes(file.read_bytes() + b"\n")
    assert cli.json("certificate", "redact", changed, "--hide", "event", "--output", tmp_path / "y.json", code=2)
    assert cli.json("certificate", "redact", tmp_path / "none", "--hide", "event", "--output", file, code=2)
    database = open_database(f"sqlite:///{cli.home / 'tanpuhui.db'}")
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE operations SET timestamp = timestamp + 1")
    database.close()
    refused = cli.json("certificate", "export", 1, "--output", tmp_path / "z.json", code=6)
    assert "inclusion" in refused["detail"]
    assert not (tmp_path / "z.json").exists()
