"""Publishes checkpoints of the log: contract and mirror agree, the key signs, witnesses cosign, all is kept.

docs/spec/07-log.md §7.3. What is signed is kept on disk before anybody is asked to cosign it, so that a crash in
between is finished with the same text, and never with another root at the same size.
"""

import queue
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection

from chain.deployment import Deployment
from chain.hexes import from_quantity
from chain.rpc import Rpc
from chain.views import ContractViews
from indexer import checkpoints, mirror
from indexer.binding import check_binding
from indexer.checkpoints import StoredCheckpoint
from indexer.database import Database
from indexer.errors import CheckpointConflict, NodeBehindIndex, WitnessFailed
from indexer.tiles import SqlNodes
from indexer.witness_client import Witness, WitnessClient
from ledger.checkpoints import Checkpoint
from ledger.errors import ProofError, TanpuhuiError
from ledger.ids import Hash32
from ledger.log_tree import consistency_path, read_path, root_at, verify_consistency
from ledger.notes import Note, SignatureLine, SignerKey, check_log_key, check_witness_keys

DEFAULT_TIMEOUT_SECONDS = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one call of `Publisher.publish` came to.

    `new` says whether it was published now. `cosigned` names the witnesses whose lines it has; `missing` says of the
    others why not. Of a checkpoint that was there before, nobody was asked.
    """

    checkpoint: StoredCheckpoint
    new: bool
    cosigned: tuple[str, ...]
    missing: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the key would sign next: the log as the contract and the mirror have it; of a crash what it signed."""

    checkpoint: Checkpoint
    before: StoredCheckpoint | None


class Publisher:
    """Publishes what the log's key signs, for one deployment and one database. One thread at a time."""

    def __init__(
        self,
        *,
        rpc: Rpc,
        deployment: Deployment,
        database: Database,
        key: SignerKey,
        witnesses: Sequence[Witness] = (),
        timeout_seconds: float = DEFAULT_TIMEOUT_SECONDS,
    ) -> None:
        """`timeout_seconds` is what all witnesses together have. `InvalidKey` for a key of another deployment, and for
        a witness or a name given twice.
        """
        check_log_key(key.verifier, deployment.origin)
        check_witness_keys((witness.key for witness in witnesses), key.verifier)
        self._rpc = rpc
        self._deployment = deployment
        self._database = database
        self._key = key
        self._timeout_seconds = timeout_seconds
        self._clients = [WitnessClient(witness, timeout_seconds=timeout_seconds) for witness in witnesses]

    def close(self) -> None:
        """Ends connections to witnesses."""
        for client in self._clients:
            client.close()

    def publish(self) -> Outcome | None:
        """Publishes the log as it is now; finishes first what a crash left. None while the log is empty.

        Raises `NodeBehindIndex`, and `CheckpointConflict` where contract, mirror and what was signed before do not
        make one log: then nothing is signed.
        """
        with self._database.read() as connection:
            check_binding(connection, self._deployment)
            wanted = self._wanted(connection)
        if wanted is None:
            return None
        if wanted.before is not None and wanted.before.published_at is None:
            self._finish(wanted.before)
            return self.publish()
        if wanted.before is not None and wanted.before.size == wanted.checkpoint.size:
            return self._unchanged(wanted.before)
        text = wanted.checkpoint.text
        with self._database.write(durable=True) as connection:
            reserved = checkpoints.reserve(connection, Note(text, (self._key.sign(text),)))
        if reserved.published_at is not None:  # another process was faster
            return self._unchanged(reserved)
        return self._finish(reserved)

    def _unchanged(self, published: StoredCheckpoint) -> Outcome:
        return Outcome(checkpoint=published, new=False, cosigned=self._cosigners(published), missing={})

    def _wanted(self, connection: Connection) -> _Wanted | None:
        """Checks that mirror, contract and everything signed before are one log."""
        cursor = mirror.read_cursor(connection)
        if cursor is None or cursor.log_size == 0:
            return None
        before = checkpoints.last_signed(connection)
        known = {cursor.log_size: Hash32(cursor.log_root)}
        if before is not None:
            if before.size > cursor.log_size:
                reason = f"the key has signed size {before.size}, and the index holds {cursor.log_size} leaves"
                raise CheckpointConflict(cursor.log_size, reason)
            if known.setdefault(before.size, before.root) != before.root:
                raise _conflict(before.size, "the index", known[before.size], before.root)
        self._compare_with_contract(known)
        self._compare_with_tiles(connection, known)
        origin = self._deployment.origin
        return _Wanted(Checkpoint(origin, cursor.log_size, Hash32(cursor.log_root)), before)

    def _compare_with_contract(self, known: Mapping[int, Hash32]) -> None:
        block = from_quantity(self._rpc.call("eth_blockNumber"), "eth_blockNumber")
        views = ContractViews(self._rpc, self._deployment, block)
        size = views.log_size()
        if size < max(known):
            raise NodeBehindIndex(size, block, max(known))
        for (at, expected), found in zip(known.items(), views.log_roots_at(known), strict=True):
            if found != expected:
                raise _conflict(at, "the contract", found, expected)

    @staticmethod
    def _compare_with_tiles(connection: Connection, known: Mapping[int, Hash32]) -> None:
        """The tree that is served leads to these roots, and the older begins the newer."""
        nodes = SqlNodes(connection)
        for size, expected in known.items():
            found = Hash32(root_at(size, nodes))
            if found != expected:
                raise _conflict(size, "the stored tree", found, expected)
        old, new = min(known), max(known)
        proof = [] if old == new else read_path(consistency_path(old, new), nodes)
        try:
            verify_consistency(old_size=old, old_root=known[old], new_size=new, new_root=known[new], proof=proof)
        except ProofError as error:
            raise CheckpointConflict(new, f"it does not continue size {old}: {error.reason}") from None

    def _finish(self, reserved: StoredCheckpoint) -> Outcome:
        """Asks the witnesses, and publishes with the lines that came in time."""
        note = reserved.signed
        lines, missing = self._ask(note)
        cosignatures = tuple(lines[name] for name in sorted(lines))
        with self._database.write(durable=True) as connection:
            published = checkpoints.publish(connection, Note(note.text, (*note.lines, *cosignatures)))
        return Outcome(checkpoint=published, new=True, cosigned=tuple(sorted(lines)), missing=missing)

    def _ask(self, note: Note) -> tuple[dict[str, SignatureLine], dict[str, str]]:
        """Every witness at once, in threads that nobody waits for beyond the time given."""
        answers: queue.SimpleQueue[tuple[str, SignatureLine | str]] = queue.SimpleQueue()
        with self._database.read() as connection:
            last = checkpoints.newest(connection)
        for client in self._clients:
            known_size = 0 if last is None or client.witness.name not in self._cosigners(last) else last.size
            work = (client, note, known_size, answers)
            threading.Thread(target=self._ask_one, args=work, name="tanpuhui-witness", daemon=True).start()
        lines: dict[str, SignatureLine] = {}
        missing = {
            client.witness.name: f"it did not answer within {self._timeout_seconds:g} s" for client in self._clients
        }
        deadline = time.monotonic() + self._timeout_seconds
        for _ in self._clients:
            try:
                name, answer = answers.get(timeout=max(0.0, deadline - time.monotonic()))
            except queue.Empty:
                break
            if isinstance(answer, SignatureLine):
                lines[name] = answer
                del missing[name]
            else:
                missing[name] = answer
        return lines, missing

    def _ask_one(
        self,
        client: WitnessClient,
        note: Note,
        known_size: int,
        answers: queue.SimpleQueue[tuple[str, SignatureLine | str]],
    ) -> None:
        size = Checkpoint.of_note(note).size
        try:
            line = client.cosign(note, lambda old: self._proof(old, size), known_size=known_size)
            answers.put((client.witness.name, line))
        except WitnessFailed as error:
            answers.put((client.witness.name, error.reason))
        except TanpuhuiError as error:
            answers.put((client.witness.name, error.explain()))
        except Exception as error:  # noqa: BLE001 - one witness must not hold up the others, whatever it does
            answers.put((client.witness.name, f"asking it failed with {type(error).__name__}"))

    def _proof(self, old: int, new: int) -> list[bytes]:
        """The consistency proof; empty from 0 and from the size itself."""
        if old in (0, new):
            return []
        with self._database.read() as connection:
            return read_path(consistency_path(old, new), SqlNodes(connection))

    def _cosigners(self, stored: StoredCheckpoint) -> tuple[str, ...]:
        """The configured witnesses whose lines it has."""
        signed = stored.signed.verify([client.witness.key for client in self._clients])
        return tuple(sorted(key.name for key in signed))


def _conflict(size: int, whose: str, found: Hash32, expected: Hash32) -> CheckpointConflict:
    return CheckpointConflict(size, f"{whose} has root {found.hex0x} at this size, and {expected.hex0x} is known")
