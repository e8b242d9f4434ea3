"""`--since`: whether an audit may go on from a checkpoint instead of from nothing (§9.5)."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from chain.deployment import Deployment
from chain.views import ContractViews
from indexer import mirror
from indexer.database import Database
from indexer.errors import BrokenLog, NothingToContinue
from indexer.tiles import SqlNodes
from ledger.checkpoints import Checkpoint
from ledger.errors import InvalidInput, InvalidNote, Json
from ledger.log_tree import root_at
from ledger.notes import Note, VerifierKey, check_log_key


def read_checkpoint(path: Path, log_key: VerifierKey, deployment: Deployment) -> Checkpoint:
    """The checkpoint in a file: of this deployment, and signed by the log's key.

    Raises `InvalidKey` for a key that is not the log's, `InvalidNote` for a file that it did not sign.
    """
    check_log_key(log_key, deployment.origin)
    try:
        data = path.read_bytes()
    except OSError as error:
        raise InvalidInput("since", f"be a checkpoint file that can be read ({error.strerror})", str(path)) from None
    note = Note.parse(data)
    if log_key not in note.verify([log_key]):
        raise InvalidNote("checkpoint", f"be signed by {log_key.name}", str(path))
    checkpoint = Checkpoint.of_note(note)
    if checkpoint.origin != deployment.origin:
        raise InvalidNote("checkpoint", f"be of the log {deployment.origin}", checkpoint.origin)
    return checkpoint


def check_continues(
    checkpoint: Checkpoint,
    result: Mapping[str, Json] | None,
    job: Mapping[str, Json],
    *,
    views: ContractViews,
    replica: Database,
    work: Path,
) -> int:
    """The leaf from which on an audit may go on: the checkpoint's size.

    Raises `NothingToContinue` unless the whole audit before found nothing in the same database and store and reached
    the checkpoint, and `BrokenLog` where the checkpoint is not what the kept mirror, or the contract, has.
    """
    if result is None:
        raise NothingToContinue(str(work), "none was finished here")
    for what in ("deployment", "database", "store"):
        if result[what] != job[what]:
            raise NothingToContinue(str(work), f"its {what} was {result[what] or 'none'}")
    if result["findings"]:
        raise NothingToContinue(str(work), f"it found {result['findings']} differences")
    with replica.read() as connection:
        cursor = mirror.read_cursor(connection)
        reached = min(int(str(result["log_size"])), 0 if cursor is None else cursor.log_size)
        if checkpoint.size > reached:
            raise NothingToContinue(str(work), f"it ended at {reached} leaves, the checkpoint is of {checkpoint.size}")
        kept = root_at(checkpoint.size, SqlNodes(connection))
    block = 0 if cursor is None else cursor.block_number
    if views.log_size() < checkpoint.size:
        raise BrokenLog(block, f"the contract's log is shorter than the checkpoint's {checkpoint.size} leaves")
    for whose, root in (("the kept mirror's", kept), ("the contract's", bytes(views.log_root_at(checkpoint.size)))):
        if root != checkpoint.root:
            raise BrokenLog(block, f"the checkpoint's root of {checkpoint.size} leaves is not {whose}")
    return checkpoint.size
