"""The rules of a witness: what it cosigns, every way in which it refuses, and what it keeps then."""

import base64
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from ledger import files
from ledger.checkpoints import Checkpoint
from ledger.errors import InvalidKey
from ledger.ids import Hash32
from ledger.log_tree import consistency_proof, root
from ledger.notes import KeyType, Note, SignerKey, parse_signature_line
from ledger.split_view import Evidence, verify_evidence
from tests.fakes.logs import ORIGIN, SigningLog, leaf_hashes
from tests.unit.witness.made import LOG, SIGNER, begun, body, opened, request
from witness.errors import StateDamaged, StateInUse, StateMissing, StatePresent
from witness.evidence import EvidenceFolder
from witness.messages import SIZE
from witness.service import Witness
from witness.state import StateFolder

LEAVES = leaf_hashes(40)
FORKED = leaf_hashes(40, forked_from=3)
NOW = 1_700_000_000


@pytest.fixture
def witness(tmp_path: Path) -> Witness:
    """It has cosigned six leaves."""
    made = begun(tmp_path)
    assert made.add_checkpoint(request(0, LEAVES[:6])).status == 200
    return made


def size_of(witness: Witness) -> int:
    return witness.cosigned[ORIGIN].size


def test_a_log_that_grows_is_cosigned_at_every_step(tmp_path: Path) -> None:
    witness, old = begun(tmp_path), 0
    for size in (1, 2, 4, 5, 8, 9, 31, 32, 40):
        answer = witness.add_checkpoint(request(old, LEAVES[:size]))
        assert (answer.status, size_of(witness)) == (200, size)
        line = parse_signature_line(answer.body.removesuffix("\n"))
        note = Note(Note.parse(LOG.note(LEAVES[:size])).text, (line,))
        assert note.verify([SIGNER.verifier]) == {SIGNER.verifier: NOW}
        old = size


def test_the_same_checkpoint_is_cosigned_again_and_not_written_again(witness: Witness, tmp_path: Path) -> None:
    path = StateFolder(tmp_path, SIGNER.verifier).path(ORIGIN)
    written = path.read_bytes()
    again = opened(tmp_path, now=NOW + 5)
    assert again.add_checkpoint(request(6, LEAVES[:6])).status == 200
    assert (size_of(again), path.read_bytes()) == (6, written)


def test_the_empty_log_may_be_cosigned(tmp_path: Path) -> None:
    witness = begun(tmp_path)
    assert witness.add_checkpoint(request(0, [])).status == 200
    assert witness.add_checkpoint(request(0, LEAVES[:3])).status == 200


OTHER_LOG = SigningLog(SignerKey("tanpuhui/1/" + "cd" * 32, KeyType.LOG, bytes(32)))
OTHER_KEY = SigningLog(SignerKey(ORIGIN, KeyType.LOG, bytes(32)))
ONE = b"\n".join([b"", base64.b64encode(bytes(32))])


def with_a_line_of(note: str, other: str) -> str:
    """The text of one note under the line of another: a signature that does not verify."""
    return str(Note(Note.parse(note).text, Note.parse(other).lines))


REFUSED: list[tuple[str, Callable[[], bytes], int, str]] = [
    ("empty", lambda: b"", 400, "be `old` and a size"),
    ("no old line", lambda: b"\n\n" + LOG.note(LEAVES).encode(), 400, "be `old` and a size"),
    ("leading zero", lambda: b"old 06\n\n" + LOG.note(LEAVES).encode(), 400, "be `old` and a size"),
    ("sign", lambda: b"old +6\n\n" + LOG.note(LEAVES).encode(), 400, "be `old` and a size"),
    ("huge", lambda: b"old 9223372036854775808\n\n" + LOG.note(LEAVES).encode(), 400, "be `old` and a size"),
    ("more on the line", lambda: b"old 6 \n\n" + LOG.note(LEAVES).encode(), 400, "be `old` and a size"),
    ("carriage returns", lambda: request(6, LEAVES).replace(b"\n", b"\r\n"), 400, "be `old` and a size"),
    ("no empty line", lambda: request(6, LEAVES).replace(b"\n\n", b"\n", 1), 400, "in base64"),
    ("64 hashes", lambda: b"old 6" + ONE * 64 + b"\n\n" + LOG.note(LEAVES).encode(), 400, "at most 63 lines"),
    ("short hash", lambda: b"old 6\nAAAA\n\n" + LOG.note(LEAVES).encode(), 400, "one hash in base64"),
    ("spare bits", lambda: request(6, LEAVES).replace(b"=\n", b"B\n", 1), 400, "one hash in base64"),
    ("not a note", lambda: b"old 6\n\nhello\n", 400, "an empty line, and signature lines"),
    ("not a checkpoint", lambda: body(6, [], f"{ORIGIN}\n6\n\n— a YWJjZGU=\n"), 400, "checkpoint must"),
    ("extension line", lambda: body(6, [], LOG.note(LEAVES).replace("\n\n", "\nmore\n\n")), 400, "three lines"),
    ("unknown origin", lambda: request(6, LEAVES, OTHER_LOG), 404, "does not serve"),
    ("another key", lambda: request(6, LEAVES, OTHER_KEY), 403, "no line of the log's key"),
    (
        *("bad signature", lambda: body(6, [], with_a_line_of(LOG.note(LEAVES), LOG.note(FORKED))), 403),
        "be signed by",
    ),
    ("old above", lambda: body(7, [], LOG.note(LEAVES[:6])), 400, "above the size"),
    ("not what is kept", lambda: request(5, LEAVES), 409, "6\n"),
    ("from nothing", lambda: request(0, LEAVES), 409, "6\n"),
    ("another root", lambda: body(6, [], LOG.note(FORKED[:6])), 409, "Another root of this size"),
    ("proof of the other tree", lambda: request(6, FORKED), 422, "the old root is"),
    ("no proof", lambda: body(6, [], LOG.note(LEAVES)), 422, "0 hashes are too few"),
    ("proof of another size", lambda: body(6, consistency_proof(LEAVES, 7), LOG.note(LEAVES)), 422, "too many"),
    ("proof of nothing new", lambda: body(6, [bytes(32)], LOG.note(LEAVES[:6])), 422, "equal sizes need no proof"),
]


@pytest.mark.parametrize(("make", "status", "said"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_anything_else_is_refused_and_changes_nothing(
    witness: Witness, make: Callable[[], bytes], status: int, said: str
) -> None:
    answer = witness.add_checkpoint(make())
    assert answer.status == status
    assert said in answer.body
    assert (answer.content_type == SIZE) == (answer.body == "6\n")
    assert size_of(witness) == 6


def test_a_proof_from_nothing_has_no_hashes(tmp_path: Path) -> None:
    answer = begun(tmp_path).add_checkpoint(body(0, [bytes(32)], LOG.note(LEAVES)))
    assert (answer.status, "no hashes" in answer.body) == (422, True)


def test_of_the_empty_log_there_is_one_root(tmp_path: Path) -> None:
    answer = begun(tmp_path).add_checkpoint(body(0, [], LOG.sign(Checkpoint(ORIGIN, 0, Hash32(bytes(32))))))
    assert (answer.status, answer.body) == (
        409,
        "The empty log has one root, SHA-256 of nothing, and this is another.\n",
    )


def test_the_witness_does_not_take_its_own_line_for_the_logs(witness: Witness) -> None:
    text = Note.parse(LOG.note(LEAVES)).text
    own = str(Note(text, (SIGNER.sign(text, timestamp=NOW),)))
    assert witness.add_checkpoint(body(6, consistency_proof(LEAVES, 6), own)).status == 403


# Evidence


@pytest.mark.parametrize(("old_size", "status"), [(6, 409), (0, 409), (3, 409), (7, 400)])
def test_two_roots_of_one_size_are_kept_whatever_old_size_is_claimed(
    witness: Witness, old_size: int, status: int
) -> None:
    assert witness.add_checkpoint(body(old_size, [], LOG.note(FORKED[:6]))).status == status
    [name] = witness.proven.hashes()
    found = verify_evidence(witness.proven.read(name) or b"", LOG.verifier)
    assert {found.first_root, found.other_root} == {root(LEAVES[:6]), root(FORKED[:6])}


def test_a_fork_that_grew_convicts_by_its_own_proof(witness: Witness) -> None:
    assert witness.add_checkpoint(request(6, FORKED)).status == 422
    [name] = witness.proven.hashes()
    found = verify_evidence(witness.proven.read(name) or b"", LOG.verifier)
    assert (found.first_size, found.second_size, found.other_root) == (6, 40, root(FORKED[:6]))
    assert witness.unproven.hashes() == []


def test_what_no_proof_reaches_convicts_nobody_and_is_kept_apart(tmp_path: Path) -> None:
    """Of eight leaves RFC 9162 leaves out the hash that would prove it."""
    witness = begun(tmp_path)
    witness.add_checkpoint(request(0, LEAVES[:8]))
    assert witness.add_checkpoint(request(8, FORKED)).status == 422
    assert witness.add_checkpoint(body(8, [bytes(32)], LOG.note(LEAVES))).status == 422
    assert (len(witness.proven.hashes()), len(witness.unproven.hashes())) == (0, 2)


def test_the_same_evidence_is_kept_once(witness: Witness) -> None:
    for _ in range(3):
        witness.add_checkpoint(request(6, FORKED))
    assert len(witness.proven.hashes()) == 1


def test_only_the_newest_of_what_convicts_nobody_is_kept(witness: Witness, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(witness.unproven, "_most", 2)
    for number in range(4):
        witness.add_checkpoint(body(6, [bytes([number]) * 32] * 3, LOG.note(LEAVES)))
    kept = [witness.unproven.read(name) or b"" for name in witness.unproven.hashes()]
    assert ["03" * 32 in content.decode() for content in kept] == [False, True]


def test_logs_keep_at_the_same_time(tmp_path: Path) -> None:
    """Each log of a witness takes its requests in turn, but all keep what they find in the same folders."""
    folder = EvidenceFolder(tmp_path, most=2, replaces_oldest=True)

    def keep(number: int) -> int:
        folder.keep(Evidence(str(number), ""))
        return len(folder.hashes())

    with ThreadPoolExecutor(8) as pool:
        assert max(pool.map(keep, range(200))) <= 2


# State


def test_a_witness_that_starts_again_goes_on(witness: Witness, tmp_path: Path) -> None:
    again = opened(tmp_path)
    assert again.cosigned == witness.cosigned
    assert again.add_checkpoint(request(0, FORKED[:3])).body == "6\n"
    assert again.add_checkpoint(request(6, LEAVES)).status == 200


def test_stopped_before_it_wrote_it_has_cosigned_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    witness = begun(tmp_path)

    def stop(*_: object, **__: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("witness.state.write_whole", stop)
    with pytest.raises(OSError, match="no space"):
        witness.add_checkpoint(request(0, LEAVES))
    assert size_of(witness) == 0
    monkeypatch.undo()
    assert opened(tmp_path).cosigned[ORIGIN].size == 0


def test_stopped_after_it_wrote_it_never_cosigns_a_smaller_tree(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer was lost: the log asks again from what it knows, is told the size, and gets its line."""
    witness = begun(tmp_path)
    whole = files.write_whole

    def stop(path: Path, content: bytes) -> None:
        whole(path, content)
        raise KeyboardInterrupt

    monkeypatch.setattr("witness.state.write_whole", stop)
    with pytest.raises(KeyboardInterrupt):
        witness.add_checkpoint(request(0, LEAVES[:9]))
    monkeypatch.undo()
    again = opened(tmp_path)
    assert again.add_checkpoint(request(0, LEAVES[:9])).body == "9\n"
    assert again.add_checkpoint(request(0, LEAVES[:5])).body == "9\n"
    assert again.add_checkpoint(request(9, LEAVES[:9])).status == 200


def test_requests_of_one_log_are_taken_one_after_the_other(tmp_path: Path) -> None:
    """Whatever the order, nobody gets a cosignature for a tree smaller than one that was cosigned before."""
    witness = begun(tmp_path)
    witness.add_checkpoint(request(0, LEAVES[:1]))
    bodies = [request(1, LEAVES[:size]) for size in range(2, 40)]
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(witness.add_checkpoint, bodies))
    assert sorted(answer.status for answer in answers) == [200] + [409] * 37
    won = next(size for size, answer in enumerate(answers, 2) if answer.status == 200)
    assert size_of(witness) == opened(tmp_path).cosigned[ORIGIN].size == won


def test_a_clock_that_was_set_back_makes_no_earlier_cosignature(witness: Witness, tmp_path: Path) -> None:
    again = opened(tmp_path, now=5.0)
    answer = again.add_checkpoint(request(6, LEAVES))
    line = parse_signature_line(answer.body.removesuffix("\n"))
    assert int.from_bytes(line.signature[:8], "big") == NOW


def test_a_log_without_a_state_is_not_begun_silently(tmp_path: Path) -> None:
    with pytest.raises(StateMissing, match="witness init"):
        opened(tmp_path)


def test_a_state_is_begun_once(witness: Witness, tmp_path: Path) -> None:
    with pytest.raises(StatePresent):
        StateFolder(tmp_path, SIGNER.verifier).begin(ORIGIN)


def damaged_size(content: bytes) -> bytes:
    return content.replace(b"\\n6\\n", b"\\n5\\n")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (lambda content: b"", "JSON"),
        (lambda content: content[:-20], "JSON"),
        (damaged_size, "be signed by"),
        (lambda content: content.replace(b'"format":1', b'"format":2'), "format must be 1"),
        (lambda content: content.replace(b'"format"', b'"formats"'), "state must have"),
        (lambda content: content.replace(b'"origin":"t', b'"origin":"T'), "origin must be"),
        (lambda content: content.replace(b'"note":"t', b'"note":"T'), "origin must be"),
    ],
)
def test_a_damaged_state_is_not_used(
    witness: Witness, tmp_path: Path, damage: Callable[[bytes], bytes], reason: str
) -> None:
    path = StateFolder(tmp_path, SIGNER.verifier).path(ORIGIN)
    content = path.read_bytes()
    assert damage(content) != content
    path.write_bytes(damage(content))
    with pytest.raises(StateDamaged, match=reason):
        opened(tmp_path)


def test_a_state_without_the_own_line_is_not_used(witness: Witness, tmp_path: Path) -> None:
    states = StateFolder(tmp_path, SIGNER.verifier)
    kept = witness.cosigned[ORIGIN]
    assert kept.note is not None
    line = str(kept.note.lines[1])
    path = states.path(ORIGIN)
    path.write_text(path.read_text().replace(line + "\\n", ""))
    with pytest.raises(StateDamaged, match="be cosigned by"):
        opened(tmp_path)


def test_a_state_belongs_to_one_witness(witness: Witness, tmp_path: Path) -> None:
    with pytest.raises(StateDamaged, match="witness must be"):
        opened(tmp_path, signer=SignerKey(SIGNER.name, KeyType.WITNESS, bytes(32)))


def test_two_processes_do_not_share_a_state(tmp_path: Path) -> None:
    states = StateFolder(tmp_path, SIGNER.verifier)
    with states.held(), pytest.raises(StateInUse), states.held():
        pass
    with states.held():
        pass


def test_keys_that_do_not_go_together_are_refused(tmp_path: Path) -> None:
    states = StateFolder(tmp_path, SIGNER.verifier)
    with pytest.raises(InvalidKey, match="not of a witness"):
        Witness(SIGNER, [SIGNER.verifier], states)
    with pytest.raises(InvalidKey, match="not of a log"):
        Witness(LOG.key, [LOG.verifier], states)
    with pytest.raises(InvalidKey, match="of different signers"):
        Witness(SIGNER, [LOG.verifier, LOG.verifier], states)
    with pytest.raises(InvalidKey, match="of different origins"):
        Witness(SIGNER, [LOG.verifier, OTHER_KEY.verifier], states)


def test_a_log_with_a_new_key_may_not_fork_either(witness: Witness, tmp_path: Path) -> None:
    """What was kept carries no line of the new key: it convicts nobody, and is answered and kept all the same."""
    renewed = SigningLog(SignerKey(ORIGIN, KeyType.LOG, bytes([7] * 32)))
    again = Witness(SIGNER, [renewed.verifier], StateFolder(tmp_path, SIGNER.verifier))
    assert again.add_checkpoint(request(6, FORKED[:6], renewed)).status == 409
    assert again.add_checkpoint(request(6, FORKED[:9], renewed)).status == 422
    assert (len(again.proven.hashes()), len(again.unproven.hashes())) == (0, 2)
    assert again.add_checkpoint(request(6, LEAVES[:9], renewed)).status == 200
