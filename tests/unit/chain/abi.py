"""The ABI of the deployed contracts, as committed."""

import json
from functools import cache
from typing import Any

from chain.artifacts import SOURCES
from chain.operations import ContractName
from tests.conftest import ROOT


@cache
def abi(contract: ContractName) -> list[dict[str, Any]]:
    """contracts/snapshots/abi, which `make check` holds to the sources."""
    path = ROOT / "contracts/snapshots/abi" / f"{SOURCES[contract][1]}.json"
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def entries(contract: ContractName, kind: str) -> dict[str, dict[str, Any]]:
    """The functions, errors or events of a contract by their canonical signature."""
    return {signature(entry): entry for entry in abi(contract) if entry["type"] == kind}


def signature(entry: dict[str, Any]) -> str:
    """`name(type,…)`, tuples spelt out."""
    return f"{entry['name']}({','.join(map(type_of, entry['inputs']))})"


def type_of(parameter: dict[str, Any]) -> str:
    """The canonical type of a parameter."""
    written: str = parameter["type"]
    if not written.startswith("tuple"):
        return written
    return f"({','.join(map(type_of, parameter['components']))}){written.removeprefix('tuple')}"
