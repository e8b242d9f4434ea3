"""`ledger.canonical` against the public RFC 8785 vectors."""

from pathlib import Path

import pytest

from ledger.canonical import canonical_json, parse_strict

NAMES = ["arrays", "french", "structures", "unicode", "values", "weird"]


@pytest.mark.parametrize("name", NAMES)
def test_vector(shared: Path, name: str) -> None:
    folder = shared / "vectors" / "jcs-rfc8785"
    value = parse_strict((folder / "input" / f"{name}.json").read_bytes(), allow_floats=True)
    canonical = canonical_json(value, allow_floats=True)
    assert canonical == (folder / "output" / f"{name}.json").read_bytes()
    assert canonical == bytes.fromhex((folder / "outhex" / f"{name}.txt").read_text(encoding="ascii"))
    assert canonical_json(parse_strict(canonical, allow_floats=True), allow_floats=True) == canonical


def test_every_vector_is_read(shared: Path) -> None:
    assert sorted(path.stem for path in (shared / "vectors" / "jcs-rfc8785" / "input").iterdir()) == NAMES
