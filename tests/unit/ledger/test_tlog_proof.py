"""Proof files are read in their one form (C2SP tlog-proof, without extra data)."""

import base64

import pytest

from ledger.errors import InvalidNote
from ledger.notes import KeyType, Note, SignerKey
from ledger.tlog_proof import TlogProof

KEY = SignerKey("example.com/log", KeyType.LOG, b"\x01" * 32)
TEXT = f"example.com/log\n9\n{base64.b64encode(bytes(32)).decode()}\n"
NOTE = Note(TEXT, (KEY.sign(TEXT),))
HASHES = (b"\x01" * 32, b"\x02" * 32)
WRITTEN = f"c2sp.org/tlog-proof@v1\nindex 7\n{'AQEB' * 10}AQE=\n{'AgIC' * 10}AgI=\n\n{NOTE}"


def test_what_is_written_is_read() -> None:
    assert str(TlogProof(7, HASHES, NOTE)) == WRITTEN
    assert TlogProof.parse(WRITTEN) == TlogProof(7, HASHES, NOTE)


def test_a_tree_of_one_leaf_has_no_hashes() -> None:
    proof = TlogProof(0, (), NOTE)
    assert TlogProof.parse(str(proof)) == proof


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("c2sp.org/tlog-proof@v1", "c2sp.org/tlog-proof@v2"),
        ("c2sp.org/tlog-proof@v1\n", ""),
        ("index 7", "extra AAAA\nindex 7"),
        ("index 7", "index 07"),
        ("index 7", "index -7"),
        ("index 7", "index ٧"),
        ("index 7", "index 7 "),
        ("index 7\n", ""),
        ("AQE=", "AQF="),
        ("AQE=", "AQE"),
        ("AQE=", "AQEB"),
        ("AQEB", "AQ-B"),
        ("AgI=\n\n", "AgI=\n"),
        ("AgI=\n\n", "AgI=\n\n\n"),
        ("— ", "- "),
    ],
)
def test_anything_else_is_refused(old: str, new: str) -> None:
    assert old in WRITTEN
    with pytest.raises(InvalidNote):
        TlogProof.parse(WRITTEN.replace(old, new, 1))


def test_a_path_has_a_limit() -> None:
    line = f"{'AQEB' * 10}AQE=\n"
    assert len(TlogProof.parse(WRITTEN.replace(line, line * 63)).path) == 64
    with pytest.raises(InvalidNote, match="at most 64 hashes"):
        TlogProof.parse(WRITTEN.replace(line, line * 64))
