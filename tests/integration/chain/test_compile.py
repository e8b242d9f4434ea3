"""The real compiler."""

import json
import shutil
from pathlib import Path

import pytest

from chain.artifacts import SOURCES, artifacts
from chain.compile import CONTRACTS, compile_contracts
from ledger.errors import CompilationFailed


def test_the_abi_is_the_committed_one() -> None:
    for name, (_, contract) in SOURCES.items():
        committed = json.loads((CONTRACTS / "snapshots/abi" / f"{contract}.json").read_text())
        compiled = [json.dumps(entry, sort_keys=True) for entry in artifacts()[name].abi]
        assert sorted(compiled) == sorted(json.dumps(entry, sort_keys=True) for entry in committed)


def test_every_contract_fits_on_chain_and_has_its_code() -> None:
    for artifact in artifacts().values():
        assert 0 < len(artifact.runtime) <= 24_576
        assert artifact.is_code(artifact.runtime)
        assert not artifact.is_code(artifact.runtime[:-1] + b"\xff")
        assert not artifact.is_code(b"")


def test_an_error_in_a_source_is_shown(tmp_path: Path) -> None:
    folder = tmp_path / "contracts"
    for name in ("foundry.toml", "package-lock.json"):
        folder.mkdir(exist_ok=True)
        shutil.copy(CONTRACTS / name, folder / name)
    (folder / "node_modules").symlink_to(CONTRACTS / "node_modules")
    (folder / "tools").symlink_to(CONTRACTS / "tools")
    (folder / "src").mkdir()
    (folder / "src" / "A.sol").write_text("pragma solidity ^0.8.28; contract A { uint256 x = wrong; }")
    with pytest.raises(CompilationFailed, match="Undeclared identifier"):
        compile_contracts(folder, tmp_path / "cache")
