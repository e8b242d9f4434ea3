"""The ABI of the deployed contracts, as committed."""

import json
from functools import cache
from typing import Any

from chain.artifacts import SOURCES
from chain.operations import ContractName
from tests.conftest import ROOT
from tools.error_signatures import signature


@cache
def abi(contract: ContractName) -> list[dict[str, Any]]:
    """contracts/snapshots/abi, which `make check` holds to the sources."""
    path = ROOT / "contracts/snapshots/abi" / f"{SOURCES[contract][1]}.json"
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    return found


def entries(contract: ContractName, kind: str) -> dict[str, dict[str, Any]]:
    """The functions, errors or events of a contract by their canonical signature."""
    return {signature(entry): entry for entry in abi(contract) if entry["type"] == kind}
