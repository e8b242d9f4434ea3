"""chain/error_signatures.py, made from the ABIs that contracts/snapshots holds."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from chain.artifacts import SOURCES

HEAD = '''"""Every error that a deployed contract can declare, out of the compiled ABIs.

Made by `python -m tools.generated`; not edited by hand. tests/unit/chain/test_reverts.py demands a refusal for each.
"""

ERROR_SIGNATURES = (
'''


def error_signatures(abis: Path) -> str:
    """The module's text, from the folder of ABIs by contract name."""
    found = {
        signature(entry)
        for _, contract in SOURCES.values()
        for entry in json.loads((abis / f"{contract}.json").read_text(encoding="utf-8"))
        if entry["type"] == "error"
    }
    return HEAD + "".join(f'    "{one}",\n' for one in sorted(found)) + ")\n"


def signature(entry: Mapping[str, Any]) -> str:
    """`name(type,…)`, tuples spelt out."""
    return f"{entry['name']}({','.join(map(type_of, entry['inputs']))})"


def type_of(parameter: Mapping[str, Any]) -> str:
    """The canonical type of a parameter."""
    written: str = parameter["type"]
    if not written.startswith("tuple"):
        return written
    return f"({','.join(map(type_of, parameter['components']))}){written.removeprefix('tuple')}"
