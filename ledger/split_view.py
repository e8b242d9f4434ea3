"""Evidence of a split view (docs/spec/07-log.md §7.6): two checkpoints of one key that cannot be of one log.

It verifies alone: whoever pins the log's key needs nothing but these bytes, and no word of whoever found it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from ledger.canonical import canonical_json, parse_canonical
from ledger.checkpoints import Checkpoint
from ledger.errors import InvalidInput, InvalidJson, Json, NotEvidence, ProofError
from ledger.ids import Hash32
from ledger.log_tree import NodeSource, consistency_path, implied_roots, peaks, read_path
from ledger.notes import Note, VerifierKey, check_log_key

FORMAT: Final = 1
TYPE: Final = "tanpuhui-split-view"
MAX_BYTES: Final = 262_144
_MAX_DEPTH: Final = 2
_MEMBERS: Final = {"format", "type", "first", "second", "proof"}
_HASH: Final = re.compile(r"0x[0-9a-f]{64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Two signed notes and the consistency proof of the second one's tree. Nothing is verified yet."""

    first: str
    second: str
    proof: tuple[Hash32, ...] = ()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Reads evidence strictly; `NotEvidence` at step `size`, `json` or `form`."""
        if len(data) > MAX_BYTES:
            raise NotEvidence("size", f"it has {len(data)} bytes, and at most {MAX_BYTES} are read")
        try:
            value = parse_canonical(data, max_bytes=MAX_BYTES, max_depth=_MAX_DEPTH)
        except InvalidJson as error:
            raise NotEvidence("json", error.explain().rstrip(".")) from None
        return cls._of(value)

    @classmethod
    def _of(cls, value: Json) -> Self:
        if not isinstance(value, dict) or set(value) != _MEMBERS:
            raise NotEvidence("form", f"it is no object with exactly the members {', '.join(sorted(_MEMBERS))}")
        first, second, proof = value["first"], value["second"], value["proof"]
        # `true` equals 1 in Python and is no format.
        if type(value["format"]) is not int or value["format"] != FORMAT or value["type"] != TYPE:
            raise NotEvidence("form", f"it is not of type {TYPE} and format {FORMAT}")
        if not isinstance(first, str) or not isinstance(second, str) or not isinstance(proof, list):
            raise NotEvidence("form", "first and second are no notes, or proof is no list")
        hashes = [member for member in proof if isinstance(member, str) and _HASH.fullmatch(member)]
        if len(hashes) != len(proof):
            raise NotEvidence("form", "proof holds something else than 0x and 64 lower-case hexadecimal digits")
        return cls(first, second, tuple(Hash32.from_hex(member) for member in hashes))

    def to_bytes(self) -> bytes:
        """RFC 8785 bytes, as `from_bytes` reads them."""
        proof: list[Json] = [member.hex0x for member in self.proof]
        return canonical_json(
            {"format": FORMAT, "type": TYPE, "first": self.first, "second": self.second, "proof": proof}
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SplitView:
    """What evidence proves: the key signed `first_root` at `first_size`, and a log that had `other_root` there."""

    key: VerifierKey
    origin: str
    first_size: int
    first_root: Hash32
    second_size: int
    second_root: Hash32
    other_root: Hash32


def verify_evidence(data: bytes, log_key: VerifierKey) -> SplitView:
    """Whether `data` proves that the holder of `log_key` showed two logs.

    Raises `NotEvidence`, whose step names what fails, and `InvalidKey` for a key that is no log's, before anything.
    """
    check_log_key(log_key)
    return _verify(Evidence.from_bytes(data), log_key)


def evidence_of(
    first_note: str, second_note: str, log_key: VerifierKey, proof: Sequence[bytes] = ()
) -> tuple[Evidence, SplitView]:
    """Evidence from two notes, given in either order where their sizes differ, and what it proves.

    `proof`: the consistency proof of the larger one's tree, its first hash written out (`written_out_proof`). Raises
    `NotEvidence` where they prove nothing.
    """
    check_log_key(log_key)
    sizes = [_signed(step, note, log_key).size for step, note in (("first", first_note), ("second", second_note))]
    notes = (first_note, second_note) if sizes[0] <= sizes[1] else (second_note, first_note)
    evidence = Evidence(*notes, tuple(Hash32(member) for member in proof))
    return evidence, _verify(evidence, log_key)


def written_out_proof(first_size: int, second_size: int, nodes: NodeSource) -> list[bytes]:
    """The consistency proof between two sizes of a tree, 0 < first < second, always with its first hash."""
    path = consistency_path(first_size, second_size)
    if first_size & (first_size - 1) == 0:
        path.insert(0, peaks(0, first_size))
    return read_path(path, nodes)


def _verify(evidence: Evidence, log_key: VerifierKey) -> SplitView:
    first = _signed("first", evidence.first, log_key)
    second = _signed("second", evidence.second, log_key)
    if not 1 <= first.size <= second.size:
        raise NotEvidence("sizes", f"sizes {first.size} and {second.size} do not rise from at least 1")
    other_root = _other_root(evidence, first, second)
    if other_root == first.root:
        raise NotEvidence("roots", "both checkpoints are of one log")
    return SplitView(
        key=log_key,
        origin=first.origin,
        first_size=first.size,
        first_root=first.root,
        second_size=second.size,
        second_root=second.root,
        other_root=other_root,
    )


def _other_root(evidence: Evidence, first: Checkpoint, second: Checkpoint) -> Hash32:
    """The root that the second checkpoint's log had at the first one's size."""
    if first.size == second.size:
        if evidence.proof:
            raise NotEvidence("proof", "two checkpoints of one size need no proof, but one was given")
        return second.root
    try:
        other_root, led_to = implied_roots(first.size, second.size, evidence.proof)
    except ProofError as error:
        raise NotEvidence("proof", error.reason) from None
    if led_to != second.root:
        raise NotEvidence("proof", "it does not lead to the root of the second checkpoint")
    return Hash32(other_root)


def _signed(step: str, note: str, log_key: VerifierKey) -> Checkpoint:
    """The checkpoint of a note that the log's key signed."""
    try:
        parsed = Note.parse(note)
        checkpoint = Checkpoint.of_note(parsed)
        signed = log_key in parsed.verify([log_key])
    except InvalidInput as error:
        raise NotEvidence(f"{step} note", error.explain().rstrip(".")) from None
    if checkpoint.origin != log_key.name:
        raise NotEvidence(f"{step} note", f"its origin is {checkpoint.origin}, but the key is of {log_key.name}")
    if not signed:
        raise NotEvidence(f"{step} note", f"it carries no line of the key of {log_key.name}")
    return checkpoint
