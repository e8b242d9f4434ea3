"""Compiles the contracts with the pinned compiler, once for each state of their sources.

py-solc-x drives `contracts/tools/solc`, the npm build of solc behind a small executable. The settings are those of
`contracts/foundry.toml`, so that forge and we make the same bytes. Output is kept under `build/contracts` by the hash
of everything that goes in: sources, settings, and the lock file that pins the compiler and OpenZeppelin.
"""

import hashlib
import json
import tempfile
import tomllib
from pathlib import Path
from typing import Any

import solcx
from solcx.exceptions import SolcError

from ledger.errors import CompilationFailed

_ROOT = Path(__file__).resolve().parent.parent
CONTRACTS = _ROOT / "contracts"
CACHE = _ROOT / "build" / "contracts"

_OUTPUT = ["abi", "evm.bytecode.object", "evm.deployedBytecode.object", "evm.deployedBytecode.immutableReferences"]


def compile_contracts(contracts: Path = CONTRACTS, cache: Path = CACHE) -> dict[str, Any]:
    """The compiler's output for everything under `contracts/src`: `{"src/…/X.sol": {"X": {"abi": …, "evm": …}}}`.

    Raises `CompilationFailed` if the npm packages are missing or the compiler refuses the sources.
    """
    request = standard_input(contracts)
    kept = cache / f"{_fingerprint(contracts, request)}.json"
    if kept.exists():
        output: dict[str, Any] = json.loads(kept.read_bytes())
        return output
    output = _compile(contracts, request)
    _keep(kept, output)
    return output


def standard_input(contracts: Path = CONTRACTS) -> dict[str, Any]:
    """The compiler's standard JSON input: our sources and the settings of foundry.toml."""
    profile = tomllib.loads((contracts / "foundry.toml").read_text(encoding="utf-8"))["profile"]["default"]
    sources = sorted((contracts / profile["src"]).rglob("*.sol"))
    return {
        "language": "Solidity",
        "sources": {
            path.relative_to(contracts).as_posix(): {"content": path.read_text(encoding="utf-8")} for path in sources
        },
        "settings": {
            "remappings": profile["remappings"],
            "evmVersion": profile["evm_version"],
            "optimizer": {"enabled": profile["optimizer"], "runs": profile["optimizer_runs"]},
            "viaIR": profile["via_ir"],
            "metadata": {"bytecodeHash": profile["bytecode_hash"], "appendCBOR": profile["cbor_metadata"]},
            "outputSelection": {path.relative_to(contracts).as_posix(): {"*": _OUTPUT} for path in sources},
        },
    }


def _fingerprint(contracts: Path, request: dict[str, Any]) -> str:
    digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode())
    for path in (contracts / "package-lock.json", *sorted((contracts / "tools").iterdir())):
        digest.update(b"\0" + path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:32]


def _compile(contracts: Path, request: dict[str, Any]) -> dict[str, Any]:
    if not (contracts / "node_modules" / "solc").is_dir() or not (contracts / "node_modules/@openzeppelin").is_dir():
        raise CompilationFailed("the compiler and libraries from npm are not installed; run `make setup`")
    try:
        output: dict[str, Any] = solcx.compile_standard(
            request,
            solc_binary=contracts / "tools" / "solc",
            base_path=contracts,
            allow_paths=contracts / "node_modules",
        )
    except SolcError as error:
        raise CompilationFailed(_messages(error)) from error
    return {name: output["contracts"][name] for name in request["sources"] if name in output["contracts"]}


def _messages(error: SolcError) -> str:
    try:
        found = json.loads(error.stdout_data or "")["errors"]
        return "\n".join(entry["formattedMessage"] for entry in found if entry["severity"] == "error")
    except (ValueError, KeyError):
        return str(error.stderr_data or error)


def _keep(path: Path, output: dict[str, Any]) -> None:
    """Whole or not at all: others may be compiling the same at the same time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False, encoding="utf-8") as file:
        json.dump(output, file)
    Path(file.name).replace(path)
