"""`tanpuhui witness …`, but for serving."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest

from ledger.key_files import read_signer_key
from ledger.notes import KeyType, VerifierKey
from ledger.split_view import evidence_of
from scripts.cli import run
from tests.fakes.logs import SigningLog, leaf_hashes
from tests.unit.scripts.test_program import imported_by

LOG = SigningLog()
NAME = "witness.example/one"


@pytest.fixture
def key(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    path = tmp_path / "witness" / "key"
    assert run(["witness", "key", "--name", NAME, "--key", str(path), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert VerifierKey.parse(shown["verifier_key"]) == read_signer_key(path, KeyType.WITNESS).verifier
    return path


def init(key: Path, state: Path, log: str = str(LOG.verifier)) -> int:
    return run(["witness", "init", "--log", log, "--state", str(state), "--key", str(key)])


def test_a_key_is_its_owners_alone_and_is_not_overwritten(key: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert run(["witness", "key", "--name", NAME, "--key", str(key)]) == 3
    assert "it is not overwritten" in capsys.readouterr().err


def test_a_log_is_begun_once(key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert init(key, tmp_path / "state") == 0
    assert init(key, tmp_path / "state") == 3
    assert "it is not overwritten" in capsys.readouterr().err


def test_a_witness_does_not_begin_a_log_by_itself(
    key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(["witness", "run", "--log", str(LOG.verifier), "--state", str(tmp_path / "state"), "--key", str(key)])
    assert code == 3
    assert "tanpuhui witness init" in capsys.readouterr().err


def test_a_key_that_others_may_read_is_not_used(key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key.chmod(0o640)
    assert init(key, tmp_path / "state") == 3
    assert "chmod 600" in capsys.readouterr().err


@pytest.mark.parametrize("address", ["7380", "127.0.0.1:", "127.0.0.1:x", "127.0.0.1:65536"])
def test_an_address_has_a_port(key: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], address: str) -> None:
    state = tmp_path / "state"
    assert init(key, state) == 0
    common = ["--log", str(LOG.verifier), "--state", str(state), "--key", str(key)]
    assert run(["witness", "run", *common, "--listen", address]) == 2
    assert "such as 127.0.0.1:7380" in capsys.readouterr().err


@pytest.fixture
def evidence(tmp_path: Path) -> Path:
    made, _ = evidence_of(LOG.note(leaf_hashes(5)), LOG.note(leaf_hashes(5, forked_from=2)), LOG.verifier)
    path = tmp_path / "evidence.json"
    path.write_bytes(made.to_bytes())
    return path


def verified(capsys: pytest.CaptureFixture[str], file: Path, key: object = LOG.verifier) -> tuple[int, Any]:
    capsys.readouterr()
    code = run(["witness", "verify-evidence", str(file), "--log-key", str(key), "--json"])
    return code, json.loads(capsys.readouterr().out)


def test_evidence_verifies_alone(evidence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, said = verified(capsys, evidence)
    assert (code, said["evidence"], said["first_size"], said["second_size"]) == (0, True, 5, 5)
    assert run(["witness", "verify-evidence", str(evidence), "--log-key", str(LOG.verifier)]) == 0
    assert "Evidence of a split view" in capsys.readouterr().out


def test_what_is_no_evidence_is_told_with_its_step(evidence: Path, capsys: pytest.CaptureFixture[str]) -> None:
    evidence.write_bytes(evidence.read_bytes().replace(b"tanpuhui-split-view", b"tanpuhui-certificate"))
    code, said = verified(capsys, evidence)
    assert (code, said["evidence"], said["step"]) == (1, False, "form")


def test_a_file_of_any_size_is_read_no_further_than_evidence_goes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(1 << 33)
    code, said = verified(capsys, large)
    assert (code, said["step"]) == (1, "size")


def test_what_could_not_be_checked_exits_2(evidence: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert verified(capsys, tmp_path / "missing")[0] == 2
    assert verified(capsys, tmp_path)[0] == 2
    assert verified(capsys, evidence, "no key")[0] == 2


def test_verifying_loads_no_database_and_no_server(evidence: Path) -> None:
    loaded = imported_by("witness", "verify-evidence", str(evidence), "--log-key", str(LOG.verifier))
    assert not loaded & {"fastapi", "alembic", "eth_account", "numpy", "pyarrow"}
