"""`cli` runs commands in this process, with key files for every body, on the deployed contracts."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from chain.keystores import write_keystore
from ledger.vocabulary import Role
from scripts.cli import run
from tests.integration.conftest import BODIES, signer_of
from tests.integration.deployed import Deployed

PASSWORD = "a password for tests"
LIGHT = 2**4
ROOT = Path(__file__).resolve().parent.parent.parent.parent


@dataclass(frozen=True)
class Answer:
    """What a command said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one JSON document on standard output."""
        return json.loads(self.out)


@dataclass
class Cli:
    """Runs commands; `env` are the settings that they see."""

    home: Path
    env: dict[str, str]
    capture: pytest.CaptureFixture[str]
    monkeypatch: pytest.MonkeyPatch
    deployed: Deployed = field(repr=False)

    def __call__(self, *arguments: object, code: int = 0) -> Answer:
        """Runs one command in this process and demands its exit code."""
        texts = [str(argument) for argument in arguments]
        self.capture.readouterr()
        with self.monkeypatch.context() as patch:
            for name in list(os.environ):
                if name.startswith("TANPUHUI_"):
                    patch.delenv(name)
            for name, value in self.env.items():
                patch.setenv(name, value)
            found = run(texts)
        said = self.capture.readouterr()
        assert found == code, f"{' '.join(texts)} ended with {found}:\n{said.out}{said.err}"
        return Answer(found, said.out, said.err)

    def json(self, *arguments: object, code: int = 0) -> Any:
        """Runs one command with --json and gives the document."""
        document = self(*arguments, "--json", code=code).json
        check_plain(document)
        return document

    def start(self, *arguments: object) -> subprocess.Popen[str]:
        """Starts a command in a process of its own."""
        return start(self.env, *arguments)


PYTHONS_NOTATION = re.compile(r"^b['\"]|^\[?'|^\(|\bNone\b|object at 0x|<\w+\.|\w+\(\w+=")


def check_plain(value: Any, name: str = "") -> None:
    """No value in Python's notation, days as dates, quantities as decimal strings, and no number that is no integer."""
    match value:
        case dict():
            for key, member in value.items():
                check_plain(member, key)
        case list():
            for member in value:
                check_plain(member, name)
        case None:
            pass
        case _ if name.endswith(("_day", "today")):
            assert re.fullmatch(r"\d{4}-\d{2}-\d{2}", value), (name, value)
        case _ if name.endswith(("_gco2e", "grams")):
            assert re.fullmatch(r"\d+", value), (name, value)
        case str():
            assert not PYTHONS_NOTATION.search(value), (name, value)
        case _:
            assert isinstance(value, int), (name, value)


_PROGRAM = "from scripts.cli import main; main()"


def start(env: Mapping[str, str], *arguments: object) -> subprocess.Popen[str]:
    """`tanpuhui` in a process of its own."""
    plain = {name: value for name, value in os.environ.items() if not name.startswith("TANPUHUI_")}
    return subprocess.Popen(
        [sys.executable, "-c", _PROGRAM, *map(str, arguments)],
        cwd=ROOT,
        env={**plain, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


@pytest.fixture
def cli(deployed: Deployed, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Cli:
    """Commands with a home folder of their own; the keys are those of the `deployed` fixture."""
    monkeypatch.chdir(tmp_path)
    home = tmp_path / "home"
    keys = home / "keys"
    keys.mkdir(parents=True)
    password_file = tmp_path / "password"
    password_file.touch(0o600)
    password_file.write_text(PASSWORD + "\n")
    env = {"TANPUHUI_HOME": str(home), "TANPUHUI_RPC_URL": deployed.node.url, "TANPUHUI_DEPLOYMENT": str(deployed.path)}
    for role in BODIES:
        secret = (1000 + int(role)).to_bytes(32, "big")
        path = keys / f"{role.label}.json"
        assert write_keystore(path, secret, PASSWORD, work=LIGHT) == signer_of(role).address
        env[f"TANPUHUI_PASSWORD_FILE_{role.name}"] = str(password_file)
    return Cli(home=home, env=env, capture=capsys, monkeypatch=monkeypatch, deployed=deployed)


def without_key(cli: Cli, role: Role) -> None:
    """Takes a body's key away."""
    (cli.home / "keys" / f"{role.label}.json").unlink()
