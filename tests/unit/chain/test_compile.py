"""The compiler's settings and cache, without running it."""

import json
import tomllib
from pathlib import Path

import pytest

from chain import compile as compiling
from chain.compile import CONTRACTS, compile_contracts, standard_input
from ledger.errors import CompilationFailed


@pytest.fixture
def contracts(tmp_path: Path) -> Path:
    """A folder like contracts/, with one source and no packages."""
    folder = tmp_path / "contracts"
    (folder / "src").mkdir(parents=True)
    (folder / "tools").mkdir()
    (folder / "tools" / "solc").write_text("#!/bin/sh\nexit 1\n")
    (folder / "src" / "A.sol").write_text("contract A {}")
    (folder / "foundry.toml").write_text((CONTRACTS / "foundry.toml").read_text())
    (folder / "package-lock.json").write_text("{}")
    return folder


def test_the_settings_are_those_of_foundry() -> None:
    profile = tomllib.loads((CONTRACTS / "foundry.toml").read_text())["profile"]["default"]
    settings = standard_input()["settings"]
    assert settings["evmVersion"] == profile["evm_version"] == "london"
    assert settings["optimizer"] == {"enabled": True, "runs": profile["optimizer_runs"]}
    assert settings["metadata"] == {"bytecodeHash": "none", "appendCBOR": False}
    assert settings["viaIR"] is profile["via_ir"]
    assert settings["remappings"] == profile["remappings"]


def test_missing_packages_say_what_to_do(contracts: Path, tmp_path: Path) -> None:
    with pytest.raises(CompilationFailed, match="run `make setup`"):
        compile_contracts(contracts, tmp_path / "cache")


def test_what_was_compiled_is_not_compiled_again(
    contracts: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs: list[str] = []

    def compiler(folder: Path, request: dict[str, object]) -> dict[str, object]:
        runs.append(json.dumps(request))
        return {"src/A.sol": {}}

    monkeypatch.setattr(compiling, "_compile", compiler)
    for _ in range(2):
        assert compile_contracts(contracts, tmp_path / "cache") == {"src/A.sol": {}}
    assert len(runs) == 1
    for name, content in (
        ("src/A.sol", "contract A { }"),
        ("package-lock.json", '{"solc": "other"}'),
        ("tools/solc", "#!/bin/sh\n"),
        ("foundry.toml", (contracts / "foundry.toml").read_text().replace("= 200", "= 201")),
    ):
        (contracts / name).write_text(content)
        compile_contracts(contracts, tmp_path / "cache")
        compile_contracts(contracts, tmp_path / "cache")
    assert len(runs) == 5
