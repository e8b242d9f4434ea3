"""Evidence of split views: each way in which two notes prove nothing is pinned to the step that says so."""

import hashlib
import json
from collections.abc import Callable
from typing import Any

import pytest

from ledger.canonical import canonical_json
from ledger.errors import InvalidKey, NotEvidence
from ledger.ids import Hash32
from ledger.log_tree import consistency_proof, root
from ledger.notes import KeyType, Note, SignerKey
from ledger.split_view import MAX_BYTES, Evidence, evidence_of, verify_evidence
from tests.fakes.logs import ORIGIN, WITNESS_NAME, SigningLog, leaf_hashes, proof_between

LOG = SigningLog()
OTHER_KEY = SigningLog(SignerKey(ORIGIN, KeyType.LOG, bytes(32)))
OTHER_LOG = SigningLog(SignerKey("tanpuhui/1/" + "cd" * 32, KeyType.LOG, bytes(range(32))))
HONEST = leaf_hashes(11)
FORKED = leaf_hashes(11, forked_from=4)
RANDOM = hashlib.sha256(b"random").digest()


def evidence(first: str, second: str, proof: list[bytes]) -> bytes:
    return Evidence(first, second, tuple(Hash32(member) for member in proof)).to_bytes()


def good(first_size: int = 6) -> bytes:
    """The log was `HONEST` to one and `FORKED` to another."""
    return evidence(LOG.note(HONEST[:first_size]), LOG.note(FORKED), proof_between(first_size, FORKED))


def changed(**members: Any) -> bytes:
    return canonical_json(json.loads(good()) | members)


@pytest.mark.parametrize("first_size", [5, 6, 7, 8, 9, 10])
def test_two_logs_of_one_key_are_evidence_also_where_rfc_9162_leaves_the_first_hash_out(first_size: int) -> None:
    found = verify_evidence(good(first_size), LOG.verifier)
    assert (found.first_size, found.first_root) == (first_size, root(HONEST[:first_size]))
    assert (found.second_size, found.second_root) == (11, root(FORKED))
    assert found.other_root == root(FORKED[:first_size])
    assert (found.origin, found.key) == (ORIGIN, LOG.verifier)


def test_one_size_with_two_roots_is_evidence_without_a_proof() -> None:
    found = verify_evidence(evidence(LOG.note(HONEST), LOG.note(FORKED), []), LOG.verifier)
    assert (found.first_size, found.second_size) == (11, 11)
    assert found.other_root == root(FORKED)


def test_evidence_is_made_from_notes_in_either_order_and_reads_back() -> None:
    notes = LOG.note(FORKED), LOG.note(HONEST[:8])
    made, found = evidence_of(*notes, LOG.verifier, proof_between(8, FORKED))
    assert (made.first, made.second) == notes[::-1]
    assert Evidence.from_bytes(made.to_bytes()) == made
    assert verify_evidence(made.to_bytes(), LOG.verifier) == found


def test_lines_of_others_do_not_matter() -> None:
    witness = SignerKey(WITNESS_NAME, KeyType.WITNESS, bytes(32))
    note = Note.parse(LOG.note(FORKED))
    cosigned = str(Note(note.text, (*note.lines, witness.sign(note.text, timestamp=5))))
    assert verify_evidence(evidence(LOG.note(HONEST), cosigned, []), LOG.verifier).first_size == 11


def unsigned(note: str, line: str) -> str:
    return note.partition("\n\n")[0] + f"\n\n{line}\n"


def damaged(note: str) -> str:
    """With a signature of another note under the same key id."""
    other = Note.parse(LOG.note(HONEST[:3])).lines
    return str(Note(Note.parse(note).text, other))


NO_EVIDENCE: list[tuple[Callable[[], bytes], str, str]] = [
    (lambda: b" " * (MAX_BYTES + 1), "size", "at most 262144 are read"),
    (lambda: b"{", "json", "be JSON"),
    (lambda: json.dumps(json.loads(good())).encode(), "json", "be written as RFC 8785 has it"),
    (lambda: good()[:-1] + b',"format":1}', "json", "name each member of an object once"),
    (lambda: changed(proof=[[["0x" + "00" * 32]]]), "json", "be nested at most 2 deep"),
    (lambda: b"[]", "form", "exactly the members"),
    (lambda: changed(more=1), "form", "exactly the members"),
    (lambda: changed(format=2), "form", "format 1"),
    (lambda: changed(format=True), "form", "format 1"),
    (lambda: changed(type="tanpuhui-certificate"), "form", "type tanpuhui-split-view"),
    (lambda: changed(first=None), "form", "no notes"),
    (lambda: changed(second=[]), "form", "no notes"),
    (lambda: changed(proof="0x"), "form", "no list"),
    (lambda: changed(proof=["0x" + "AB" * 32]), "form", "lower-case"),
    (lambda: changed(proof=["0x" + "ab" * 31]), "form", "lower-case"),
    (lambda: changed(proof=[1]), "form", "lower-case"),
    (lambda: changed(first="no note"), "first note", "an empty line, and signature lines"),
    (lambda: changed(second="text\n\n— a YWJjZGU=\n"), "second note", "three lines"),
    (lambda: changed(first=damaged(LOG.note(HONEST[:6]))), "first note", "be signed by"),
    (lambda: changed(second=damaged(LOG.note(FORKED))), "second note", "be signed by"),
    (lambda: changed(first=OTHER_KEY.note(HONEST[:6])), "first note", "no line of the key"),
    (lambda: changed(second=OTHER_KEY.note(FORKED)), "second note", "no line of the key"),
    (lambda: changed(first=OTHER_LOG.note(HONEST[:6])), "first note", f"its origin is {OTHER_LOG.key.name}"),
    (lambda: changed(second=LOG.note(FORKED, origin=OTHER_LOG.key.name)), "second note", "its origin is"),
    (lambda: changed(first=LOG.note(FORKED), second=LOG.note(HONEST[:6])), "sizes", "11 and 6 do not rise"),
    (lambda: evidence(LOG.note([]), LOG.note(FORKED), []), "sizes", "0 and 11 do not rise from at least 1"),
    (lambda: changed(first=LOG.note(FORKED), proof=[]), "roots", "both checkpoints are of one log"),
    (lambda: changed(first=LOG.note(FORKED[:6])), "roots", "both checkpoints are of one log"),
    (lambda: changed(first=LOG.note(HONEST), second=LOG.note(FORKED)), "proof", "one size need no proof"),
    (lambda: changed(proof=[]), "proof", "0 hashes are too few for sizes 6 and 11"),
    (lambda: changed(proof=json.loads(good())["proof"] + ["0x" + "00" * 32]), "proof", "too many"),
    (lambda: changed(proof=json.loads(good())["proof"][:-1]), "proof", "too few"),
    (lambda: changed(proof=["0x" + RANDOM.hex(), *json.loads(good())["proof"][1:]]), "proof", "does not lead"),
    (lambda: changed(proof=json.loads(good())["proof"][::-1]), "proof", "does not lead to the root of the second"),
    (lambda: changed(second=LOG.note(HONEST)), "proof", "does not lead to the root of the second"),
    (
        # The proof as RFC 9162 has it, where the first size is a power of two: its first hash is not written out.
        lambda: evidence(LOG.note(HONEST[:8]), LOG.note(FORKED), consistency_proof(FORKED, 8)),
        *("proof", "0 hashes are too few" if not consistency_proof(FORKED, 8) else "too few"),
    ),
]


@pytest.mark.parametrize(("make", "step", "reason"), NO_EVIDENCE)
def test_anything_else_is_none(make: Callable[[], bytes], step: str, reason: str) -> None:
    with pytest.raises(NotEvidence) as caught:
        verify_evidence(make(), LOG.verifier)
    assert caught.value.step == step
    assert reason in caught.value.reason


def test_a_key_of_a_witness_pins_no_log() -> None:
    with pytest.raises(InvalidKey, match="not of a witness"):
        verify_evidence(good(), SignerKey(ORIGIN, KeyType.WITNESS, bytes(range(32))).verifier)
    with pytest.raises(InvalidKey, match="not of a witness"):
        evidence_of("", "", SignerKey(ORIGIN, KeyType.WITNESS, bytes(range(32))).verifier)


def test_makers_refuse_what_proves_nothing() -> None:
    with pytest.raises(NotEvidence, match="both checkpoints are of one log"):
        evidence_of(LOG.note(HONEST), LOG.note(HONEST), LOG.verifier)
