"""`ledger.log_tree` against the public RFC 6962 vectors."""

import json
from base64 import b64decode
from pathlib import Path
from typing import Any

import pytest

from ledger.errors import ProofError
from ledger.log_tree import verify_consistency, verify_inclusion

INCLUSION, CONSISTENCY = 98, 98


def verify_inclusion_vector(vector: dict[str, Any]) -> None:
    verify_inclusion(
        leaf_hash=b64decode(vector["leafHash"]),
        index=vector["leafIdx"],
        size=vector["treeSize"],
        proof=[b64decode(text) for text in vector["proof"] or []],
        root=b64decode(vector["root"]),
    )


def verify_consistency_vector(vector: dict[str, Any]) -> None:
    verify_consistency(
        old_size=vector["size1"],
        old_root=b64decode(vector["root1"]),
        new_size=vector["size2"],
        new_root=b64decode(vector["root2"]),
        proof=[b64decode(text) for text in vector["proof"] or []],
    )


@pytest.mark.parametrize(
    ("family", "count", "verify"),
    [
        ("inclusion", INCLUSION, verify_inclusion_vector),
        ("consistency", CONSISTENCY, verify_consistency_vector),
    ],
)
def test_vectors(shared: Path, family: str, count: int, verify: Any) -> None:
    files = sorted((shared / "vectors" / "merkle-rfc6962" / family).rglob("*.json"))
    assert len(files) == count
    for file in files:
        vector = json.loads(file.read_text(encoding="utf-8"))
        try:
            verify(vector)
            refused = False
        except ProofError:
            refused = True
        assert refused == vector["wantErr"], f"{file}: {vector['desc']}"
