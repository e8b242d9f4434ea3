"""Three witnesses of the demo's log: elsewhere three bodies' own, here threads with a key and a folder each."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Final

from api.log_keys import LogKeys
from indexer.witness_client import Witness as Asked
from ledger.errors import ProofError
from ledger.key_files import write_signer_key
from ledger.notes import KeyType, SignerKey, VerifierKey
from ledger.verifier import Level, Trust, verify
from scripts.listening import listen
from witness.app import create_app
from witness.server import WitnessServer
from witness.service import Witness
from witness.state import StateFolder

NAMES: Final = ("witness.example/bureau", "witness.example/university", "witness.example/exchange")


def start_witnesses(stack: ExitStack, folder: Path, log_key: VerifierKey) -> list[Asked]:
    """Starts them on ports of this machine, until the stack ends; gives them as a publisher asks them."""
    return [_start(stack, folder / str(number), name, log_key) for number, name in enumerate(NAMES, 1)]


def verify_witnessed(bundle: bytes, keys: LogKeys) -> int:
    """Checks a bundle as a stranger does who pins these keys and nothing else: how many steps passed.

    `ProofError` if it is refused.
    """
    trust = Trust(origin=keys.log_key.name, log_key=keys.log_key, witnesses=keys.witnesses, quorum=keys.quorum)
    verdict = verify(bundle, trust, level=Level.WITNESSED)
    if verdict.failed is not None:
        raise ProofError(str(verdict.failed), verdict.reason)
    return len(verdict.passed)


def _start(stack: ExitStack, folder: Path, name: str, log_key: VerifierKey) -> Asked:
    key = SignerKey.generate(name, KeyType.WITNESS)
    states = StateFolder(folder / "state", key.verifier)
    states.begin(log_key.name)
    write_signer_key(folder / "key", key)
    stack.enter_context(states.held())
    listening = stack.enter_context(listen("127.0.0.1", 0))
    stack.enter_context(WitnessServer(create_app(Witness(key, [log_key], states)), listening))
    return Asked(f"http://127.0.0.1:{listening.getsockname()[1]}", key.verifier)
