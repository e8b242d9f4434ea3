"""A home folder: what a command that fails leaves there, who may look into it, and keys without a password."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest

from ledger.vocabulary import Role
from tests.integration.scripts.conftest import LIGHT, Cli, without_key
from tests.integration.scripts.story import begin


@pytest.fixture
def new_home(cli: Cli, tmp_path: Path) -> Path:
    """A home folder that is not there yet; the keys are named by settings."""
    for role in (Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.PLATFORM):
        cli.env[f"TANPUHUI_KEYSTORE_{role.name}"] = str(cli.home / "keys" / f"{role.label}.json")
    home = tmp_path / "new"
    cli.env["TANPUHUI_HOME"] = str(home)
    return home


FAILING: list[tuple[tuple[str, ...], int]] = [
    (("account", "open", "ref:owner", "--kind", "nobody"), 2),
    (("account", "open", "0x12"), 2),
    (("account", "show", "ref:owner"), 2),
    (("lot", "list"), 3),
    (("certificate", "1"), 3),
    (("operation", "status", "0x" + "11" * 32), 3),
    (("operation", "resume"), 0),
    (("transfer", "--from", "ref:a", "--to", "ref:b", "--quantity", "0.5g", "--lot", "0x" + "11" * 32), 2),
    (("api-key", "create", "x", "--scope", "everything"), 2),
    (("api-key", "create", "x", "--scope", "issuances:propose", "--scope", "issuances:confirm"), 2),
    (("api-key", "revoke", "nothing"), 4),
    (("index", "run", "--deployment", "/nowhere.json"), 3),
    (("index", "rebuild", "--rpc", "http://127.0.0.1:9"), 3),
    (("serve", "--port", "0", "--deployment", "/nowhere.json"), 3),
    (("import", "/nowhere.csv", "--mapping", "/nowhere.toml"), 2),
    (("index", "status"), 0),
]


@pytest.mark.parametrize(
    ("words", "code"), FAILING, ids=lambda value: "-".join(value[:2]) if isinstance(value, tuple) else ""
)
def test_what_fails_leaves_nothing_in_a_new_home(cli: Cli, new_home: Path, words: tuple[str, ...], code: int) -> None:
    cli(*words, code=code)
    assert not new_home.exists()


def test_a_command_without_a_key_leaves_nothing_in_a_new_home(cli: Cli, new_home: Path) -> None:
    del cli.env["TANPUHUI_KEYSTORE_PLATFORM"]
    assert cli.json("account", "open", "ref:owner", code=3)["code"] == "signer-not-configured"
    assert not new_home.exists()


def test_the_first_operation_makes_the_home_and_only_its_owner_looks_into_it(cli: Cli, new_home: Path) -> None:
    opened = cli.json("account", "open", "ref:owner")
    assert new_home.stat().st_mode & 0o777 == 0o700
    for name in ("salt.key", "tanpuhui.db"):
        assert (new_home / name).stat().st_mode & 0o777 == 0o600
    again = cli.json("account", "open", "ref:owner", code=1)
    assert again["refusal"]["arguments"]["account"] == opened["account"]


def test_keys_are_their_owners_alone(cli: Cli, new_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.commands.keys.KEY_WORK", LIGHT)
    password = tmp_path / "password"
    cli("key", "create", "regulator", "--password-file", password)
    assert new_home.stat().st_mode & 0o777 == 0o700
    assert (new_home / "keys").stat().st_mode & 0o777 == 0o700
    assert (new_home / "keys" / "regulator.json").stat().st_mode & 0o777 == 0o600


def test_two_commands_that_begin_a_home_do_not_use_two_salt_keys(
    cli: Cli, new_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def made_meanwhile(path: Path, text: str) -> None:
        path.write_text("ab" * 32)

    monkeypatch.setattr("scripts.keys._create", made_meanwhile)
    problem = cli.json("account", "open", "ref:owner", code=3)
    assert problem["code"] == "wrong-key-file"
    assert "run this command again" in problem["detail"]
    assert not (new_home / "tanpuhui.db").exists()


def test_serving_without_the_password_of_a_key(cli: Cli) -> None:
    begin(cli)
    del cli.env["TANPUHUI_PASSWORD_FILE_REGULATOR"]
    without_key(cli, Role.PLATFORM)
    process = cli.start("serve", "--port", "0")
    try:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            said.append(line)
            if "serving http" in line:
                break
    finally:
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert "; signs for technical-centre, exchange; people act at " in said[-1]
    (warning,) = [line for line in said if "warning" in line]
    assert "does not sign for the regulator" in warning
    assert "set TANPUHUI_PASSWORD_FILE_REGULATOR" in warning
    assert process.returncode == 0
