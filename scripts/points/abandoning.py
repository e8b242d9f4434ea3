"""Gives a run up: what is not anchored of it never will be, and its records may be prepared again in another run.

The mark in the run's folder comes first: from then on nobody signs or anchors it. Then the index of entries lets go of
its batches, and their sequences become free. Killed anywhere and started again, it does the rest.
"""

from __future__ import annotations

from dataclasses import dataclass

from chain.feeds import batch_operation_id, feed_operation_id
from chain.leaves import NO_DIGEST, TransparencyLogView
from chain.operations import OperationState
from indexer.entry_index import ANCHORED, WITHDRAWN
from ledger.errors import NotFound
from ledger.ids import OperationId
from ledger.vocabulary import BatchKind
from scripts.operating import OperatingContext
from scripts.points.anchoring import Correction, commitment_of
from scripts.points.errors import BatchOnItsWay
from scripts.points.home import PointsHome
from scripts.points.run_folder import PreparedBatch, RunFolder
from scripts.points.sequences import Sequences
from scripts.points.signing import read_signed

_ON_ITS_WAY = (OperationState.SAVED, OperationState.SENT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned:
    """What became of a run's batches: those that will never be anchored, and those that are."""

    withdrawn: list[PreparedBatch]
    anchored: list[PreparedBatch]


def abandon(context: OperatingContext, home: PointsHome, run: RunFolder) -> Abandoned:
    """Gives the run up, but for the batches that are anchored.

    Raises `NotFound` for no run, `BatchOnItsWay` while one of its batches may still be anchored, `EntryIndexBusy` while
    a run is prepared, `RunBusy` while this one is signed or anchored. Again changes nothing.
    """
    if not run.exists:
        raise NotFound("run", str(run.path))
    with run.alone(), home.index.writing():
        batches = _batches(run)
        anchored = [batch for batch in batches if _is_anchored(context, home, run, batch)]
        withdrawn = [batch for batch in batches if batch not in anchored]
        run.keep_abandoned([batch.number for batch in withdrawn])
        sequences = Sequences(home.register())
        for batch in withdrawn:
            assert batch.file_hash is not None  # noqa: S101 - as `_batches` has them
            place = home.index.place_of(batch.file_hash)
            if place is not None and home.index.batches[place].state != WITHDRAWN:
                home.index.withdraw(batch.file_hash)
            if batch.activity_id is not None:
                sequences.release(batch.activity_id, batch.file_hash)
    return Abandoned(withdrawn=withdrawn, anchored=anchored)


def _batches(run: RunFolder) -> list[PreparedBatch]:
    """Those with entries, the one too that a killed run may have left in the index without its header's name."""
    batches = run.headers()
    unconfirmed = run.intended(1 + max((batch.number for batch in batches), default=0))
    return [batch for batch in (*batches, unconfirmed) if batch is not None and batch.file_hash is not None]


def _is_anchored(context: OperatingContext, home: PointsHome, run: RunFolder, batch: PreparedBatch) -> bool:
    """Whether the log has the batch; `BatchOnItsWay` if it may come to have it."""
    assert batch.file_hash is not None  # noqa: S101 - as `_batches` has them
    place = home.index.place_of(batch.file_hash)
    if place is not None and home.index.batches[place].state == ANCHORED:
        return True
    operation_id = _operation_id(context, run, batch)
    if operation_id is None:
        return False
    [digest] = TransparencyLogView(context.rpc, context.deployment).digests([operation_id])
    if digest != NO_DIGEST:
        return True
    status = context.outbox.status(operation_id)
    if status is not None and status.state in _ON_ITS_WAY:
        raise BatchOnItsWay(str(run.path), batch.number, operation_id)
    return False


def _operation_id(context: OperatingContext, run: RunFolder, batch: PreparedBatch) -> OperationId | None:
    """Under which the batch is anchored; None for a header that nobody signed."""
    if batch.kind.is_of_feed:
        signed = read_signed(run, batch)
        return None if signed is None else feed_operation_id(signed.header, context.deployment)
    if batch.kind is BatchKind.CORRECT:
        said = run.correction()
        return None if said is None else Correction.from_json(said).operation_id
    return batch_operation_id(
        kind=batch.kind,
        reduction_class=batch.reduction_class,
        party=batch.party,
        commitment=commitment_of(batch),
        deployment=context.deployment,
    )
