"""The rules of a witness (docs/spec/07-log.md §7.5), without HTTP. May be shared by threads."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from itertools import islice
from threading import Lock
from typing import Final

from ledger.errors import InvalidKey, InvalidNote, NotEvidence, ProofError
from ledger.ids import Hash32
from ledger.log_tree import verify_consistency
from ledger.notes import (
    Note,
    SignatureLine,
    SignerKey,
    VerifierKey,
    check_distinct,
    check_log_key,
    check_witness_keys,
)
from ledger.split_view import Evidence, evidence_of
from witness.evidence import EvidenceFolder
from witness.messages import Answer, Submission
from witness.state import Cosigned, StateFolder, origin_hash

log: Final = logging.getLogger("tanpuhui.witness")


class Witness:
    """Cosigns the checkpoints of `logs`. Whoever makes one holds the state folder (`StateFolder.held`).

    Raises `InvalidKey` for keys that do not go together, `StateMissing` or `StateDamaged` for a log without a state.
    """

    def __init__(
        self,
        signer: SignerKey,
        logs: Iterable[VerifierKey],
        states: StateFolder,
        *,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.key = signer.verifier
        keys = check_logs(self.key, logs)
        self.proven = EvidenceFolder.proven(states.folder)
        self.unproven = EvidenceFolder.unproven(states.folder)
        self._logs = {
            key.name: _Log(key, signer, states, proven=self.proven, unproven=self.unproven, clock=clock) for key in keys
        }
        self._origins = {origin_hash(origin): origin for origin in self._logs}

    @property
    def cosigned(self) -> Mapping[str, Cosigned]:
        """The newest checkpoint of each log, by origin."""
        return {origin: one.cosigned for origin, one in self._logs.items()}

    def cosigned_of(self, origin_hash: str) -> Cosigned | None:
        """The newest checkpoint of a log, by the hash of its origin; None for one that this witness does not serve."""
        origin = self._origins.get(origin_hash)
        return None if origin is None else self._logs[origin].cosigned

    def add_checkpoint(self, body: bytes) -> Answer:
        """Answers one request of tlog-witness."""
        try:
            submission = Submission.parse(body)
        except InvalidNote as error:
            return Answer(400, error.explain() + "\n")
        known = self._logs.get(submission.checkpoint.origin)
        if known is None:
            return Answer(404, "This witness does not serve a log of this origin.\n")
        try:
            if known.key not in submission.note.verify([known.key]):
                return Answer(403, "The checkpoint carries no line of the log's key.\n")
        except InvalidNote as error:
            return Answer(403, error.explain() + "\n")
        return known.add(submission)


def check_logs(own: VerifierKey, logs: Iterable[VerifierKey]) -> list[VerifierKey]:
    """The logs' keys; `InvalidKey` unless each is a log's and of an origin of its own, and `own` is a witness's."""
    keys = list(logs)
    for key in keys:
        check_log_key(key)
    check_distinct(keys)
    check_witness_keys([own], *keys)
    if len({key.name for key in keys}) != len(keys):
        raise InvalidKey("log keys", "be of different origins", ", ".join(key.name for key in keys))
    return keys


class _Log:
    """One log, whose requests are taken one after the other."""

    def __init__(
        self,
        key: VerifierKey,
        signer: SignerKey,
        states: StateFolder,
        *,
        proven: EvidenceFolder,
        unproven: EvidenceFolder,
        clock: Callable[[], float],
    ) -> None:
        self.key = key
        self.cosigned = states.load(key.name)
        self._signer = signer
        self._states = states
        self._proven = proven
        self._unproven = unproven
        self._clock = clock
        self._lock = Lock()

    def add(self, submission: Submission) -> Answer:
        """Answers a request whose checkpoint the log's key signed."""
        with self._lock:
            return self._add(submission, self.cosigned)

    def _add(self, submission: Submission, kept: Cosigned) -> Answer:
        given = submission.checkpoint
        forked = given.size == kept.size and given.root != kept.root
        if forked:
            self._keep(kept, submission)
        if submission.old_size > given.size:
            return Answer(400, "The old size is above the size of the checkpoint.\n")
        if submission.old_size != kept.size:
            return Answer.conflict(kept.size)
        if forked and given.size == 0:
            return Answer(409, "The empty log has one root, SHA-256 of nothing, and this is another.\n")
        if forked:
            return Answer(409, "Another root of this size was cosigned before.\n")
        try:
            _check_continues(kept, submission)
        except ProofError as error:
            self._keep(kept, submission)
            return Answer(422, error.explain() + "\n")
        return Answer(200, f"{self._cosign(submission, kept)}\n")

    def _cosign(self, submission: Submission, kept: Cosigned) -> SignatureLine:
        """On disk before it is given away. A clock that was set back does not make an earlier cosignature."""
        given = submission.checkpoint
        timestamp = max(int(self._clock()), kept.timestamp)
        line = self._signer.sign(given.text, timestamp=timestamp)
        if given.size > kept.size or kept.note is None:
            note = Note(given.text, (*self._own_lines(submission.note), line))
            newer = Cosigned(given.size, given.root, note, timestamp)
            self._states.store(given.origin, newer)
            self.cosigned = newer
        return line

    def _own_lines(self, note: Note) -> tuple[SignatureLine, ...]:
        """The first line of the log's key, which was verified; none in what was kept while the log had another key."""
        own = (line for line in note.lines if (line.name, line.key_id) == (self.key.name, self.key.key_id))
        return tuple(islice(own, 1))

    def _keep(self, kept: Cosigned, submission: Submission) -> None:
        """Keeps what the log's key signed, as evidence where it is evidence."""
        if kept.note is None:
            return
        first, second = (str(Note(note.text, self._own_lines(note))) for note in (kept.note, submission.note))
        proof = () if submission.checkpoint.size == kept.size else submission.proof
        try:
            evidence, _ = evidence_of(first, second, self.key, proof)
        except NotEvidence as error:
            proof_given = tuple(Hash32(member) for member in proof)
            name = self._unproven.keep(Evidence(first, second, proof_given))
            log.warning("%s does not continue, not proven (%s): kept as %s", self.key.name, error.reason, name)
            return
        log.error("%s showed two logs: evidence %s", self.key.name, self._proven.keep(evidence))


def _check_continues(kept: Cosigned, submission: Submission) -> None:
    """Raises `ProofError` unless the proof leads from what is kept, whose size is the old size, to the checkpoint."""
    given = submission.checkpoint
    if kept.size == 0:
        # Every log continues the empty one, and the proof of that is empty.
        if submission.proof:
            raise ProofError("consistency", "a proof from the empty log has no hashes")
        return
    verify_consistency(
        old_size=kept.size,
        old_root=kept.root,
        new_size=given.size,
        new_root=given.root,
        proof=submission.proof,
    )
