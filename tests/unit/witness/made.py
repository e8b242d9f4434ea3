"""A witness in a folder, and what a log sends it."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path

from ledger.log_tree import consistency_proof
from ledger.notes import KeyType, SignerKey
from tests.fakes.logs import WITNESS_NAME, SigningLog
from witness.service import Witness
from witness.state import StateFolder

LOG = SigningLog()
SIGNER = SignerKey(WITNESS_NAME, KeyType.WITNESS, bytes(range(1, 33)))


def begun(folder: Path, *, now: float = 1_700_000_000.0, signer: SignerKey = SIGNER) -> Witness:
    """A witness of `LOG` that has cosigned nothing."""
    StateFolder(folder, signer.verifier).begin(LOG.key.name)
    return opened(folder, now=now, signer=signer)


def opened(folder: Path, *, now: float = 1_700_000_000.0, signer: SignerKey = SIGNER) -> Witness:
    """The witness whose state is in the folder."""
    return Witness(signer, [LOG.verifier], StateFolder(folder, signer.verifier), clock=lambda: now)


def body(old_size: int, proof: Sequence[bytes], note: str) -> bytes:
    """As tlog-witness has it."""
    lines = [f"old {old_size}", *(base64.b64encode(member).decode() for member in proof)]
    return "".join(f"{line}\n" for line in lines).encode() + b"\n" + note.encode()


def request(old_size: int, leaves: Sequence[bytes], log: SigningLog = LOG) -> bytes:
    """An honest request, of the tree over `leaves`."""
    proof = consistency_proof(leaves, old_size) if old_size else []
    return body(old_size, proof, log.note(leaves))
