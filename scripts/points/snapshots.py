"""Balance snapshots: every person's points of a class after the last batch, from the batch files, held to the chain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from chain.views import Batch, ContractViews
from indexer.batch_files import BatchColumns, strings_of, write_batch
from indexer.entry_index import ANCHORED, EntryIndex
from ledger.canonical import canonical_json
from ledger.encoding import batch_salt_key, snapshot_context_hash
from ledger.errors import InvalidInput, Json
from ledger.ids import Hash32
from ledger.sum_tree import MAX_ENTRIES
from ledger.vocabulary import BatchKind, ReductionClass
from scripts.points.errors import BalancesDiffer
from scripts.points.home import PointsHome
from scripts.points.run_folder import PreparedBatch, RunFolder


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A prepared snapshot."""

    run: RunFolder
    after_batch: int
    persons: int
    grams: int


def prepare_snapshot(home: PointsHome, views: ContractViews, reduction_class: ReductionClass) -> Snapshot:
    """Prepares the snapshot of a class after the chain's last batch.

    `BalancesDiffer` if the batch files give another total than the chain, by as little as a gram, and says where.
    """
    after = views.batch_count()
    if not after:
        raise InvalidInput("batches", "number at least 1: nothing was anchored yet", after)
    tags, grams = home.index.balances_of_class(reduction_class)
    batch = views.batch_of(after)
    expected = batch.personal_grams(reduction_class)
    total = int(grams.sum())
    if total != expected or (len(grams) and int(grams.min()) < 0):
        where = _where(home.index, views.batches_of(range(1, after + 1)), reduction_class)
        raise BalancesDiffer(reduction_class.label, after, total, expected, where)
    if not len(grams):
        raise InvalidInput("class", "have points in the hands of persons", reduction_class.label)
    if len(grams) > MAX_ENTRIES:
        raise InvalidInput("persons", f"number at most {MAX_ENTRIES} in one snapshot", len(grams))
    run = home.run(f"snapshot-{reduction_class.label}-{after}")
    details = canonical_json({"reference": f"balance after batch {after}"}).decode()
    context = snapshot_context_hash(reduction_class=reduction_class, after_batch=after)
    columns = BatchColumns(
        kind=BatchKind.SNAPSHOT,
        reduction_class=reduction_class,
        salt_key=bytes(batch_salt_key(salt_key=home.salt_key(), context_hash=context)),
        entry_ids=np.ascontiguousarray(tags),
        grams=grams.astype(np.uint64),
        account_tags=np.ascontiguousarray(tags),
        details=strings_of(pa.array([details] * len(grams), pa.large_string())),
    )
    _keep(home, run, columns, after)
    return Snapshot(run, after, len(grams), total)


def _keep(home: PointsHome, run: RunFolder, columns: BatchColumns, after: int) -> None:
    """Puts file and header where `points anchor` finds them; the same when it is done again."""
    plan: dict[str, Json] = {
        "format": 1,
        "kind": BatchKind.SNAPSHOT.label,
        "class": columns.reduction_class.label,
        "after_batch": after,
    }
    run.begin(plan, b"")
    if run.done is not None:
        return
    tree = columns.tree()
    making = run.path / "making.parquet"
    write_batch(making, columns)
    file_hash = home.store.put(making)
    making.unlink()
    run.intend(
        PreparedBatch(
            number=1,
            kind=BatchKind.SNAPSHOT,
            reduction_class=columns.reduction_class,
            party=Hash32(after.to_bytes(32, "big")),
            methodology_id=None,
            first_day=0,
            last_day=0,
            root=tree.root,
            total=tree.total,
            entry_count=len(columns.grams),
            file_hash=file_hash,
            rows=len(columns.grams),
            left_out=0,
            refused={},
        )
    )
    run.confirm(1)
    run.finish({"format": 1, "batches": 1, "entries": len(columns.grams), "total": str(tree.total)})


def _where(index: EntryIndex, batches: Sequence[Batch], reduction_class: ReductionClass) -> str:
    """The first batch on which index and chain do not agree."""
    anchored = {batch.number: batch for batch in index.batches if batch.state == ANCHORED}
    for number, batch in enumerate(batches, start=1):
        moves = batch.kind is BatchKind.EARN or batch.kind.is_spending
        if batch.reduction_class is not reduction_class or not moves or not batch.commitment.entry_count:
            continue
        name = (
            f"batch {number} ({batch.kind.label}, {batch.commitment.total} g, file {batch.commitment.file_hash.hex0x})"
        )
        known = anchored.pop(number, None)
        if known is None or known.file_hash != batch.commitment.file_hash:
            return f"{name} is on chain, but the index of entries does not count it; run `tanpuhui points status`"
        if known.withheld != batch.withheld_grams:
            return f"{name} withheld {batch.withheld_grams} g, but the index of entries says {known.withheld} g"
    for number, known in anchored.items():
        if number > len(batches) and known.reduction_class is reduction_class:
            return f"the index of entries counts batch {number}, which is not on chain"
    return "every batch is counted as the chain has it, so a balance of the index is wrong: build the index anew"
