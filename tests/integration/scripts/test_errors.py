"""What goes wrong is said in one line, with the right exit code, and leaves nothing half done."""

from __future__ import annotations

from pathlib import Path

import pytest

from chain.keystores import write_keystore
from chain.node import AnvilNode
from chain.views import ContractViews
from tests.integration.scripts.conftest import LIGHT, PASSWORD, Cli
from tests.integration.scripts.story import LOT, PERIOD, begin, issue, publish, register

UNKNOWN_LOT = "0x" + "11" * 32
STRANGER = "0x" + "22" * 20


def log_size(cli: Cli) -> int:
    return ContractViews(cli.deployed.rpc, cli.deployed.deployment).log_size()


def cancel(
    lot: tuple[str, ...] = LOT, quantity: str = "1", account: str = "ref:owner", purpose: str = "ets-compliance"
) -> list[str]:
    return ["cancel", "--account", account, "--quantity", quantity, "--purpose", purpose, *lot]


FOR_2025 = ("--field", "compliance_year=2025")


def move(receiver: str, quantity: str = "1") -> list[str]:
    return ["transfer", "--from", "ref:owner", "--to", receiver, "--quantity", quantity, *LOT]


def propose(code: str, first: str, last: str, quantity: str = "1") -> list[str]:
    return ["issue", "propose", code, "--first-day", first, "--last-day", last, "--quantity", quantity]


REFUSALS: list[tuple[list[str], int, str]] = [
    # what the contracts refuse
    (move("ref:nobody"), 1, "account-registry-not-active"),
    (move(STRANGER), 1, "account-registry-not-active"),
    (move("ref:owner"), 1, "reduction-ledger-self-transfer"),
    (move("ref:buyer", "463"), 1, "reduction-ledger-insufficient-balance"),
    ([*cancel(("--lot", UNKNOWN_LOT)), *FOR_2025], 1, "reduction-ledger-unknown-lot"),
    ([*cancel(quantity="462.000001"), *FOR_2025], 1, "reduction-ledger-insufficient-balance"),
    (propose("SH-PV-1", "2025-12-31", "2025-12-31"), 1, "activity-registry-period-overlap"),
    (propose("SH-PV-1", "2026-01-01", "2026-01-31", "539"), 1, "activity-registry-cap-exceeded"),
    (propose("SH-PV-1", "2024-12-31", "2025-01-01"), 1, "activity-registry-outside-crediting-period"),
    (propose("NOBODY", "2025-01-01", "2025-12-31"), 1, "activity-registry-not-active"),
    (["issue", "confirm", "0x" + "33" * 32], 1, "reduction-ledger-proposal-wrong-status"),
    (["account", "open", "ref:owner"], 1, "account-registry-already-opened"),
    (["account", "close", "ref:owner"], 1, "account-registry-still-holding"),
    (["account", "unfreeze", "ref:owner"], 1, "account-registry-wrong-status"),
    # what a value must be
    (cancel(), 2, "missing-field"),
    ([*cancel(quantity="0"), *FOR_2025], 2, "invalid-quantity"),
    ([*cancel(quantity="-1"), *FOR_2025], 2, "invalid-quantity"),
    ([*cancel(quantity="0.0000001"), *FOR_2025], 2, "invalid-quantity"),
    ([*cancel(quantity="1e3"), *FOR_2025], 2, "invalid-quantity"),
    ([*cancel(quantity="0.5g"), *FOR_2025], 2, "invalid-quantity"),
    ([*cancel(purpose="fun"), *FOR_2025], 2, "unknown-word"),
    ([*cancel(("--lot", "0x12")), *FOR_2025], 2, "invalid-identifier"),
    ([*cancel(()), *FOR_2025], 2, "invalid-identifier"),
    ([*cancel(account="owner"), *FOR_2025], 2, "invalid-identifier"),
    ([*cancel(), "--field", "Compliance Year=2025"], 2, "invalid-record"),
    ([*cancel(), "--record", "/nowhere.json"], 2, "invalid-record"),
    (propose("SH-PV-1", "2025-02-30", "2025-03-01"), 2, "invalid-day"),
    (["transfer", "--from", "ref:owner"], 2, "misused"),
    (["certificate", "0"], 2, "misused"),
    # what is not there
    ([*cancel(("--activity", "NOBODY", *PERIOD)), *FOR_2025], 4, "not-found"),
]


def test_refusals(cli: Cli) -> None:
    begin(cli)
    size = log_size(cli)
    for words, exit_code, problem in REFUSALS:
        document = cli.json(*words, code=exit_code)
        assert (document["code"], document["exit_code"]) == (problem, exit_code), words
        said = cli(*words, code=exit_code)
        assert said.out == ""
        assert said.err.splitlines()[-1] == f"error: {document['detail']}"
        assert "Traceback" not in said.err
        assert log_size(cli) == size, words


def test_class_two_does_not_serve_compliance(cli: Cli) -> None:
    cli("account", "open", "ref:owner")
    publish(cli, reduction_class="II")
    register(cli)
    issue(cli)

    document = cli.json(*cancel(), *FOR_2025, code=1)
    assert document["code"] == "reduction-ledger-purpose-not-allowed"
    assert document["refusal"]["arguments"]["reduction_class"] == "II"
    assert "use a class I lot" in document["detail"]


def test_frozen_and_closed(cli: Cli) -> None:
    begin(cli)
    cli("freeze", "lot", *LOT)
    assert cli.json(*cancel(), *FOR_2025, code=1)["code"] == "reduction-ledger-lot-frozen"
    cli("unfreeze", "lot", *LOT)
    cli("account", "freeze", "ref:owner")
    assert cli.json(*cancel(), *FOR_2025, code=1)["code"] == "account-registry-not-active"
    cli("account", "close", "ref:buyer")
    assert cli.json("account", "freeze", "ref:buyer", code=1)["code"] == "account-registry-wrong-status"


def test_another_bodys_key(cli: Cli) -> None:
    begin(cli)
    keys = cli.home / "keys"
    (keys / "regulator.json").write_bytes((keys / "platform.json").read_bytes())

    assert cli.json("freeze", "lot", *LOT, code=5)["code"] == "access-managed-unauthorized"


def test_proposing_and_confirming_with_one_key(cli: Cli) -> None:
    begin(cli)
    keys = cli.home / "keys"
    later = ("--first-day", "2026-01-01", "--last-day", "2026-01-31")
    proposed = cli.json("issue", "propose", "SH-PV-1", *later, "--quantity", "1")
    (keys / "regulator.json").write_bytes((keys / "technical-centre.json").read_bytes())

    assert cli.json("issue", "confirm", proposed["operation_id"], code=5)["code"] == "access-managed-unauthorized"


# Keys, nodes, deployments


def test_key_files(cli: Cli, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.password"
    wrong.touch(0o600)
    wrong.write_text("not it")
    freeze = ("account", "freeze", "ref:owner")
    cli.env["TANPUHUI_PASSWORD_FILE_REGULATOR"] = str(wrong)
    document = cli.json(*freeze, code=3)
    assert document["code"] == "wrong-key-file"
    assert "the password is wrong" in document["detail"]

    cli.env["TANPUHUI_PASSWORD_FILE_REGULATOR"] = str(tmp_path / "none")
    assert cli.json(*freeze, code=3)["code"] == "password-file-unusable"
    del cli.env["TANPUHUI_PASSWORD_FILE_REGULATOR"]
    assert "TANPUHUI_PASSWORD_FILE_REGULATOR" in cli.json(*freeze, code=3)["detail"]
    (cli.home / "keys" / "regulator.json").unlink()
    document = cli.json(*freeze, code=3)
    assert document["code"] == "signer-not-configured"
    assert "TANPUHUI_KEYSTORE_REGULATOR" in document["detail"]
    (cli.home / "keys" / "regulator.json").write_text("{}")
    cli.env["TANPUHUI_PASSWORD_REGULATOR"] = PASSWORD
    assert cli.json(*freeze, code=3)["code"] == "wrong-key-file"


def test_unreachable_node(cli: Cli) -> None:
    cli.env["TANPUHUI_RPC_URL"] = "http://127.0.0.1:9"
    document = cli.json("account", "freeze", "ref:owner", code=3)
    assert document["code"] == "node-unreachable"
    assert "TANPUHUI_RPC_URL" in document["detail"]
    assert cli.json("deploy", "--check", code=3)["code"] == "node-unreachable"
    assert cli.json("index", "status", code=3)["caught_up"] is False


def test_wrong_chain_and_nothing_deployed_there(cli: Cli) -> None:
    with AnvilNode(chain_id=31_338) as other:
        cli.env["TANPUHUI_RPC_URL"] = other.url
        assert cli.json("account", "freeze", "ref:owner", code=3)["code"] == "wrong-chain"
    with AnvilNode() as empty:
        cli.env["TANPUHUI_RPC_URL"] = empty.url
        assert cli.json("account", "freeze", "ref:owner", code=3)["code"] in {"wrong-genesis", "not-deployed"}


def test_no_deployment_file(cli: Cli, tmp_path: Path) -> None:
    cli.env["TANPUHUI_DEPLOYMENT"] = str(tmp_path / "none.json")
    document = cli.json("account", "freeze", "ref:owner", code=3)
    assert document["code"] == "deployment-file-missing"
    assert "TANPUHUI_DEPLOYMENT" in document["detail"]
    (tmp_path / "none.json").write_text("{")
    assert cli.json("account", "freeze", "ref:owner", code=2)["code"] == "invalid-input"


def test_empty_index_and_unknown_things(cli: Cli) -> None:
    assert cli.json("lot", "list", code=3)["code"] == "index-not-built"
    cli("index", "run")
    assert cli.json("certificate", "1", code=4)["code"] == "not-found"
    assert cli.json("account", "show", STRANGER, code=4)["code"] == "not-found"
    assert cli.json("activity", "show", "NOBODY", code=4)["code"] == "not-found"
    assert cli.json("methodology", "show", "NOBODY@1", code=4)["code"] == "not-found"
    assert cli.json("operation", "status", "0x" + "44" * 32, code=4)["code"] == "not-found"


def test_databases_that_cannot_be_used(cli: Cli) -> None:
    assert cli.json("index", "run", "--database", "oracle://x", code=2)["errors"][0]["field"] == "database_url"
    url = "postgresql://user:hunter2@127.0.0.1:9/none"
    document = cli("index", "run", "--database", url, "--json", code=3)
    assert document.json["code"] == "database-unusable"
    assert "hunter2" not in document.out + document.err


def test_deploying_with_one_key_for_two_bodies(cli: Cli, tmp_path: Path) -> None:
    cli.env["TANPUHUI_DEPLOYMENT"] = str(tmp_path / "second.json")
    write_keystore(cli.home / "keys" / "deployer.json", b"\x56" * 32, PASSWORD, work=LIGHT)
    cli.env["TANPUHUI_PASSWORD_DEPLOYER"] = PASSWORD
    same = cli.deployed.holders
    address = next(iter(same.values())).hex0x

    document = cli.json("deploy", "--regulator", address, "--technical-centre", address, code=2)
    assert document["errors"][0]["field"] in {"regulator", "technical-centre"}
    assert not (tmp_path / "second.json").exists()


def test_a_fault_of_the_program_is_one_line(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise ZeroDivisionError("unforeseen")

    monkeypatch.setattr("scripts.commands.index.index_status", fail)
    document = cli.json("index", "status", code=70)
    assert document["code"] == "program-fault"
    said = cli("index", "status", code=70)
    assert said.err.startswith("error: This program failed with ZeroDivisionError")
    assert len(said.err.splitlines()) == 1
