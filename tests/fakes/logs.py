"""Logs as lists of leaf hashes, and the key that signs their checkpoints, honestly or not."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.checkpoints import Checkpoint
from ledger.ids import Hash32
from ledger.log_tree import LeafNodes, root
from ledger.notes import KeyType, Note, SignerKey, VerifierKey
from ledger.split_view import written_out_proof

ORIGIN = "tanpuhui/31337/" + "ab" * 32
WITNESS_NAME = "witness.example/one"


def leaf_hashes(count: int, *, forked_from: int | None = None) -> list[bytes]:
    """Leaves 0 to `count`; those from `forked_from` on are others than without it."""
    other = count if forked_from is None else forked_from
    return [hashlib.sha256(f"{number} {number >= other}".encode()).digest() for number in range(count)]


@dataclass(frozen=True)
class SigningLog:
    """Whoever holds a log's key."""

    key: SignerKey = field(default_factory=lambda: SignerKey(ORIGIN, KeyType.LOG, bytes(range(32))))

    @property
    def verifier(self) -> VerifierKey:
        return self.key.verifier

    def note(self, leaves: Sequence[bytes], *, origin: str | None = None) -> str:
        """A signed checkpoint of these leaves."""
        return self.sign(Checkpoint(origin or self.key.name, len(leaves), Hash32(root(leaves))))

    def sign(self, checkpoint: Checkpoint) -> str:
        return str(Note(checkpoint.text, (self.key.sign(checkpoint.text),)))


def proof_between(first_size: int, leaves: Sequence[bytes]) -> list[bytes]:
    """The consistency proof that evidence carries."""
    return written_out_proof(first_size, len(leaves), LeafNodes(leaves))
