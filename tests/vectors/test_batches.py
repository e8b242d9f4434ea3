"""Entries, sum trees and proofs against the shared vectors, which are made without `ledger`: slow, fast, JavaScript.

contracts/test/types/BatchVectors.t.sol reads the same file.
"""

import json
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ledger import encoding
from ledger.bulk import entries as bulk
from ledger.bulk.columns import Hashes, Strings
from ledger.bulk.sum_tree import batch_tree
from ledger.canonical import parse_strict
from ledger.entries import OPERATION_KINDS, Entry
from ledger.errors import Json, ProofError
from ledger.ids import Hash32
from ledger.sum_tree import sum_root, verify_entry
from ledger.vocabulary import BatchKind
from tests.vectors.generate_batches import VECTORS, render

Case = Mapping[str, Any]
CASES: dict[str, list[Case]] = json.loads(VECTORS.read_text(encoding="utf-8"))
ROOT = Path(__file__).resolve().parents[2]


def raw(text: str) -> bytes:
    return bytes.fromhex(text.removeprefix("0x"))


def column(texts: list[str]) -> Hashes:
    return np.frombuffer(b"".join(map(raw, texts)), np.uint8).reshape(-1, 32)


def numbered(case: Case) -> str:
    return f"{case['kind']}-{len(case['grams'])}"


def test_the_file_is_what_the_generator_writes() -> None:
    assert VECTORS.read_text(encoding="utf-8") == render()


@pytest.mark.parametrize("case", CASES["account_tag"])
def test_account_tag(case: Case) -> None:
    assert encoding.account_tag(person_key=raw(case["person_key"])) == raw(case["expected"])
    assert bulk.account_tags(column([case["person_key"]])).tobytes() == raw(case["expected"])


@pytest.mark.parametrize("case", CASES["entry_salts"])
def test_entry_salts(case: Case) -> None:
    key, entry_id = raw(case["salt_key"]), case["entry_id"]
    assert b"".join(encoding.entry_salts(salt_key=key, entry_id=raw(entry_id))) == raw(case["expected"])
    assert bulk.entry_salts(salt_key=key, entry_ids=column([entry_id])).tobytes() == raw(case["expected"])


@pytest.mark.parametrize("case", CASES["batch_context_hash"])
def test_batch_context_hash(case: Case) -> None:
    made = encoding.batch_context_hash(plan_hash=raw(case["plan_hash"]), number=int(case["number"]))
    assert made == raw(case["expected"])


@pytest.mark.parametrize("case", CASES["snapshot_context_hash"])
def test_snapshot_context_hash(case: Case) -> None:
    made = encoding.snapshot_context_hash(reduction_class=int(case["class"]), after_batch=int(case["after_batch"]))
    assert made == raw(case["expected"])


@pytest.mark.parametrize("case", CASES["key_mark"])
def test_key_mark(case: Case) -> None:
    assert encoding.key_mark(key=raw(case["key"])) == raw(case["expected"])


@pytest.mark.parametrize("case", CASES["batch_salt_key"])
def test_batch_salt_key(case: Case) -> None:
    made = encoding.batch_salt_key(salt_key=raw(case["salt_key"]), context_hash=raw(case["context_hash"]))
    assert made == raw(case["expected"])


@pytest.mark.parametrize("case", CASES["batch"], ids=numbered)
def test_batch_slow(case: Case) -> None:
    kind = BatchKind.from_number(int(case["kind"]))
    assert OPERATION_KINDS[kind] == int(case["operation_kind"])
    entries = [
        Entry.salted(
            salt_key=raw(case["salt_key"]),
            kind=kind,
            grams=int(grams),
            entry_id=Hash32(raw(entry_id)),
            account_tag=Hash32(raw(tag)),
            details=as_object(parse_strict(details.encode())),
        )
        for grams, entry_id, tag, details in zip(
            case["grams"], case["entry_ids"], case["account_tags"], case["details"], strict=True
        )
    ]
    assert [entry.fields_root.hex0x for entry in entries] == case["fields_roots"]
    assert [entry.leaf.hex0x for entry in entries] == case["leaves"]
    total, root = sum_root([(entry.grams, entry.leaf) for entry in entries])
    assert (str(total), "0x" + root.hex()) == (case["expected_total"], case["expected"])


def as_object(value: Json) -> dict[str, Json]:
    assert isinstance(value, dict)
    return value


@pytest.mark.parametrize("case", CASES["batch"], ids=numbered)
def test_batch_fast(case: Case) -> None:
    tree = batch_tree(
        kind=BatchKind.from_number(int(case["kind"])),
        grams=np.array(list(map(int, case["grams"])), np.uint64),
        entry_ids=column(case["entry_ids"]),
        account_tags=column(case["account_tags"]),
        details=Strings.from_list([text.encode() for text in case["details"]]),
        salt_key=raw(case["salt_key"]),
    )
    assert (str(tree.total), tree.root.hex0x) == (case["expected_total"], case["expected"])


def verify(case: Case) -> int:
    grams, hashes = map(int, case["proof_grams"]), map(raw, case["proof_hashes"])
    return verify_entry(
        kind=int(case["kind"]),
        grams=int(case["grams"]),
        entry_id=raw(case["entry_id"]),
        fields_root=raw(case["fields_root"]),
        index=int(case["index"]),
        size=int(case["size"]),
        proof=list(zip(grams, hashes, strict=True)),
        total=int(case["total"]),
        root=raw(case["root"]),
    )


def test_entry_proofs() -> None:
    for case in CASES["entry_proof"]:
        assert verify(case) == int(case["expected_offset"])


@pytest.mark.parametrize("case", CASES["entry_proof_refused"], ids=lambda case: case["why"])
def test_entry_proof_refused(case: Case) -> None:
    with pytest.raises(ProofError):
        verify(case)


def test_javascript_agrees() -> None:
    """tests/vectors/batches.mjs has no line in common with the Python it agrees with."""
    command = [ROOT / "tools/node", Path(__file__).with_name("batches.mjs"), VECTORS]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {name: len(cases) for name, cases in CASES.items()}


def test_javascript_can_disagree(tmp_path: Path) -> None:
    """One gram more in one batch, and the check names the case."""
    spoiled = json.loads(VECTORS.read_text(encoding="utf-8"))
    spoiled["batch"][3]["grams"][1] = str(int(spoiled["batch"][3]["grams"][1]) + 1)
    path = tmp_path / "spoiled.json"
    path.write_text(json.dumps(spoiled), encoding="utf-8")
    command = [ROOT / "tools/node", Path(__file__).with_name("batches.mjs"), path]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("batch[3]:")
