"""Every command once, on a real node, and what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from chain.keystores import write_keystore
from indexer.database import open_database
from scripts.cli import run, whole_program
from scripts.following import sole_follower
from tests.integration.scripts.conftest import LIGHT, PASSWORD, Cli
from tests.integration.scripts.story import LOT, begin, publish, register


def test_from_account_to_certificate(cli: Cli) -> None:
    confirmed = begin(cli)
    assert confirmed["issued_gco2e"] == "462000000"
    assert confirmed["kind"] == "issuance-confirmed"
    assert confirmed["state"] == "done"

    moved = cli.json("transfer", "--from", "ref:owner", "--to", "ref:buyer", "--quantity", "100.5", *LOT)
    assert moved["lot_id"] == confirmed["lot_id"]
    assert moved["quantity_gco2e"] == "100500000"
    cancelled = cli.json(
        *("cancel", "--account", "ref:buyer", "--quantity", "500 kg", "--lot", confirmed["lot_id"]),
        *("--purpose", "event-neutrality", "--field", "event=Marathon"),
    )
    assert cancelled["certificate_number"] == 1
    assert cancelled["quantity_gco2e"] == "500000"

    assert cli.json("index", "run")["log_size"] == 8
    certificate = cli.json("certificate", 1)
    assert certificate["check"]["holds"] is True
    assert certificate["quantity_tonnes"] == "0.5"
    values = {member["name"]: member.get("value") for member in certificate["record"]["fields"] if "name" in member}
    assert values["event"] == "Marathon"
    held = cli.json("account", "show", "ref:buyer")["holdings"]
    assert [holding["quantity_gco2e"] for holding in held] == ["100000000"]
    shown = cli("account", "show", "ref:buyer").out
    assert "100 t" in shown
    assert "active" in shown
    assert cli.json("lot", "show", confirmed["lot_id"])["cancelled"]["quantity_tonnes"] == "0.5"
    assert len(cli.json("lot", "list", "--activity", "SH-PV-1")["items"]) == 1
    assert cli.json("operation", "status", cancelled["operation_id"])["certificate_number"] == 1


def test_reading_and_listing(cli: Cli) -> None:
    begin(cli)
    cli("index", "run")

    assert cli.json("methodology", "show", "SH-PV@1")["code"] == "SH-PV"
    assert cli.json("methodology", "show", "SH-PV")["version"] == 1
    assert [item["code"] for item in cli.json("methodology", "list", "--class", "I")["items"]] == ["SH-PV"]
    assert cli.json("methodology", "list", "--class", "II")["items"] == []
    assert cli.json("activity", "show", "SH-PV-1")["status"] == "active"
    assert [item["code"] for item in cli.json("activity", "list", "--status", "active")["items"]] == ["SH-PV-1"]
    for words in (("methodology", "list"), ("activity", "list"), ("lot", "list"), ("activity", "show", "SH-PV-1")):
        assert "as of block" in cli(*words).out


def test_a_quantification_is_published_and_shown(cli: Cli) -> None:
    formula = {
        "format": 1,
        "formula": "metered-energy",
        "parameters": {"grams_per_kwh": "420"},
        "rounding": "half-up",
        "ranges": {"energy_wh": [1, 1_000_000]},
    }
    file = cli.home / "quantification.json"
    words = (
        *("methodology", "publish", "SH-EV", "--kind", "scenario", "--class", "II"),
        *("--document-hash", "0x" + "d0" * 32),
        *("--effective-first-day", "2024-01-01", "--effective-last-day", "2099-12-31", "--quantification", file),
    )
    file.write_text(json.dumps({**formula, "parameters": {"grams_per_kwh": 420}}))
    refused = cli.json(*words, code=2)
    assert refused["code"] == "invalid-quantification"
    assert "quantification.parameters.grams_per_kwh must be a positive decimal string" in json.dumps(refused)

    file.write_text(json.dumps(formula, indent=2))
    cli.json(*words)
    assert cli.json("index", "run")["log_size"] == 1
    assert cli.json("methodology", "show", "SH-EV@1")["quantification"] == formula
    assert "parameters grams per kwh  420" in cli("methodology", "show", "SH-EV").out


def test_steps_of_accounts_activities_lots_and_methodologies(cli: Cli) -> None:
    begin(cli)
    for words in (
        ("account", "freeze", "ref:buyer"),
        ("unfreeze", "account", "ref:buyer"),
        ("freeze", "account", "ref:buyer"),
        ("account", "unfreeze", "ref:buyer"),
        ("account", "close", "ref:buyer"),
        ("freeze", "lot", *LOT),
        ("unfreeze", "lot", *LOT),
        ("activity", "suspend", "SH-PV-1"),
        ("activity", "resume", "SH-PV-1"),
        ("activity", "close", "SH-PV-1"),
        ("methodology", "withdraw", "SH-PV@1"),
    ):
        assert cli.json(*words, "--field", "reason=a test")["state"] == "done"
    publish(cli, "SH-OTHER")


def test_correction_and_rejection(cli: Cli) -> None:
    begin(cli)
    corrected = cli.json("correct", "--quantity", "2.5t", *LOT)
    assert (corrected["taken_back_gco2e"], corrected["shortfall_gco2e"]) == ("2500000", "0")
    later = ("--first-day", "2026-01-01", "--last-day", "2026-01-31")
    proposed = cli.json("issue", "propose", "SH-PV-1", *later, "--quantity", "1")
    assert cli.json("issue", "reject", proposed["operation_id"])["kind"] == "issuance-rejected"
    register(cli, "SH-PV-2", facility="meter 2")
    assert cli.json("activity", "withdraw", "SH-PV-2")["state"] == "done"


def test_a_holder_signs_for_itself(cli: Cli, tmp_path: Path) -> None:
    begin(cli)
    key = tmp_path / "holder.json"
    password = tmp_path / "holder.password"
    password.touch(0o600)
    password.write_text(PASSWORD)
    address = write_keystore(key, b"\x07" * 32, PASSWORD, work=LIGHT).hex0x
    cli("account", "open", address, "--kind", "personal", "--identity", "somebody")
    cli("transfer", "--from", "ref:owner", "--to", address, "--quantity", "10", *LOT)

    own = ("--holder-keystore", key, "--holder-password-file", password)
    moved = cli.json("transfer", "--from", address, "--to", "ref:buyer", "--quantity", "4", *LOT, *own)
    assert moved["from_account"] == address
    field = (
        "--field",
        "organisation=me",
        "--field",
        "period_first_day=2025-01-01",
        "--field",
        "period_last_day=2025-12-31",
    )
    cancel = ("cancel", "--account", address, "--quantity", "6", "--purpose", "voluntary-offset", *field, *LOT)
    assert cli.json(*cancel, *own)["certificate_number"] == 1
    problem = cli.json("transfer", "--from", "ref:owner", "--to", address, "--quantity", "1", *LOT, *own, code=3)
    assert problem["code"] == "wrong-key-file"


def test_the_same_operation_id_again(cli: Cli) -> None:
    begin(cli)
    identifier = "0x" + "ab" * 32
    move = ("transfer", "--from", "ref:owner", "--to", "ref:buyer", *LOT, "--operation-id", identifier)

    first = cli.json(*move, "--quantity", "1")
    again = cli.json(*move, "--quantity", "1")
    assert (again["leaf_index"], again["block_number"]) == (first["leaf_index"], first["block_number"])
    assert cli.json(*move, "--quantity", "2", code=1)["code"] == "operation-conflict"


def test_the_key_file_as_an_option(cli: Cli, tmp_path: Path) -> None:
    begin(cli)
    elsewhere = (cli.home / "keys" / "regulator.json").rename(tmp_path / "elsewhere.json")
    password = cli.env.pop("TANPUHUI_PASSWORD_FILE_REGULATOR")

    assert cli.json("freeze", "lot", *LOT, code=3)["code"] == "signer-not-configured"
    frozen = cli.json("freeze", "lot", *LOT, "--keystore", elsewhere, "--password-file", password)
    assert frozen["state"] == "done"


def test_records_from_files(cli: Cli, tmp_path: Path) -> None:
    begin(cli)
    record = tmp_path / "record.json"
    record.write_text(
        json.dumps({"organisation": "file", "period_first_day": "2025-01-01", "period_last_day": "2025-12-31"})
    )
    given = ("cancel", "--account", "ref:owner", "--quantity", "1", "--purpose", "voluntary-offset", *LOT)
    cli(*given, "--record", record, "--field", "organisation=option")
    cli("index", "run")

    members = cli.json("certificate", 1)["record"]["fields"]
    assert next(member["value"] for member in members if member.get("name") == "organisation") == "option"


def test_index_commands(cli: Cli) -> None:
    begin(cli)
    behind = cli.json("index", "status")
    assert behind["caught_up"] is False
    ran = cli.json("index", "run")
    assert cli.json("index", "status")["caught_up"] is True
    rebuilt = cli.json("index", "rebuild")
    assert (rebuilt["log_size"], rebuilt["log_root"]) == (ran["log_size"], ran["log_root"])


def test_one_follower_at_a_time(cli: Cli) -> None:
    cli("index", "run")
    with sole_follower(open_database(f"sqlite:///{cli.home / 'tanpuhui.db'}")) as alone:
        assert alone
        assert cli.json("index", "run", code=3)["code"] == "already-followed"
        assert cli.json("index", "rebuild", code=3)["code"] == "already-followed"
    cli("index", "rebuild")


def test_api_keys(cli: Cli) -> None:
    made = cli.json("api-key", "create", "a district", "--scope", "transfers:write")
    assert made["secret"].startswith("tph_")
    listed = cli("api-key", "list")
    assert made["secret"] not in listed.out
    assert made["key_id"] in listed.out
    assert cli.json("api-key", "revoke", made["key_id"])["revoked"] is True
    assert cli.json("api-key", "list")["items"][0]["revoked_at"]
    assert cli.json("api-key", "revoke", made["key_id"], code=4)["code"] == "not-found"
    assert cli.json("api-key", "create", "x", "--scope", "everything", code=2)["errors"][0]["field"] == "scope"


def test_keys(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.commands.keys.KEY_WORK", LIGHT)
    password = tmp_path / "deployer.password"
    password.touch(0o600)
    password.write_text("secret")
    made = cli.json("key", "create", "deployer", "--password-file", password)
    assert (Path(made["keystore"]).stat().st_mode & 0o777) == 0o600
    again = cli.json("key", "create", "deployer", "--password-file", password, code=3)
    assert "is not overwritten" in again["detail"]
    assert cli.json("key", "create", "somebody", "--password-file", password, code=2)["errors"][0]["field"] == "owner"


def test_deploy(cli: Cli, tmp_path: Path) -> None:
    assert cli.json("deploy", "--check")["state"] == "verified"
    cli.env["TANPUHUI_DEPLOYMENT"] = str(tmp_path / "second.json")
    deployer = cli.home / "keys" / "deployer.json"
    write_keystore(deployer, b"\x55" * 32, PASSWORD, work=LIGHT)
    cli.env["TANPUHUI_PASSWORD_DEPLOYER"] = PASSWORD
    made = cli.json("deploy")
    assert made["state"] == "deployed"
    assert cli.json("deploy")["state"] == "already deployed"
    assert cli.json("deploy", "--check")["reduction_ledger"] == made["reduction_ledger"]


def test_operations_of_a_killed_process_are_finished(cli: Cli) -> None:
    begin(cli)
    assert cli.json("operation", "resume")["items"] == []


def test_every_command_helps_with_an_example() -> None:
    for words in _commands():
        assert run([*words, "--help"]) == 0


def _commands() -> list[list[str]]:
    return [
        [name, *inner]
        for name, command in whole_program().commands.items()
        for inner in ([[word] for word in command.commands] if hasattr(command, "commands") else [[]])
    ]
