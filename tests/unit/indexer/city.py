"""A chain with a scenario that earns points, an index that follows it, and a worker behind that."""

from pathlib import Path

from sqlalchemy import Row, select

from chain.events import BatchCommitment
from indexer import schema
from indexer.batch_files import BatchColumns, write_batch
from indexer.batch_store import FolderStore
from indexer.batch_worker import BatchWorker
from indexer.database import Database
from indexer.entry_index import EntryIndex
from indexer.follower import Follower
from indexer.tree_cache import TreeCache
from ledger.ids import ActivityId
from ledger.vocabulary import ActivityKind, BatchKind, ReductionClass
from tests.fakes.event_chain import EventChain
from tests.fakes.points_life import PointsLife
from tests.unit.indexer.batches import make_batch, tags

DAY = 19_500
CLASSES = (ReductionClass.I, ReductionClass.II)


class City:
    """A chain with a scenario that earns points, an index that follows it, and a worker behind that."""

    def __init__(self, folder: Path, database: Database) -> None:
        self.folder = folder
        self.database = database
        self.chain = EventChain(5)
        while not self.scenarios():
            self.chain.mine(20)
        self.activity = self.scenarios()[0]
        self.reduction_class = self.chain.head.state.activities[self.activity].reduction_class
        self.store = FolderStore(folder / "store")
        self.index = EntryIndex(folder / "index", self.store)
        self.trees = TreeCache(folder / "trees", self.store)
        self.follower = Follower(self.chain, self.chain.deployment, database)
        self.worker = BatchWorker(database, self.store, self.index, self.trees)

    def scenarios(self) -> list[ActivityId]:
        activities = self.chain.head.state.activities.items()
        return [key for key, one in activities if one.registration.kind is ActivityKind.REDUCTION_SCENARIO]

    def batch(self, entries: list[tuple[int, int]], kind: BatchKind = BatchKind.EARN, first: int = 0) -> BatchColumns:
        return make_batch(entries, kind=kind, reduction_class=self.reduction_class, first=first)

    def commitment(self, batch: BatchColumns, *, kept: bool = True) -> BatchCommitment:
        """What the chain holds of a batch whose file is in the store, or not yet."""
        made, tree = self.folder / "made", batch.tree()
        write_batch(made, batch)
        file_hash = self.store.put(made)
        if not kept:
            self.store.local(file_hash).rename(self.folder / "away")
        return BatchCommitment(bytes(tree.root), tree.total, tree.size, bytes(file_hash))

    def bring_back(self, commitment: BatchCommitment) -> None:
        assert bytes(self.store.put(self.folder / "away")) == commitment.file_hash

    def earn(self, points: PointsLife, commitment: BatchCommitment) -> int:
        return points.earn(self.activity, commitment, DAY, DAY)

    def mine(self, *acts: object) -> None:
        for act in acts:
            self.chain.mine_points(act)  # type: ignore[arg-type]

    def catch_up(self) -> int:
        self.follower.catch_up()
        return self.worker.catch_up()

    def files(self) -> list[Row]:  # type: ignore[type-arg]
        table = schema.batch_files
        with self.database.read() as connection:
            return list(connection.execute(select(table).order_by(table.c.batch_number)))

    def states(self) -> list[tuple[str, str | None]]:
        return [(row.state, row.rule) for row in self.files()]

    def incidents(self) -> list[tuple[int, int, bool]]:
        table = schema.incidents
        with self.database.read() as connection:
            rows = connection.execute(select(table).where(table.c.batch_number.is_not(None)))
            return [(row.kind, row.batch_number, row.resolved_at is not None) for row in rows]

    def points(self, *persons: int) -> list[int]:
        found = self.index.balances(tags(*persons), self.reduction_class, pending=False)
        return [int(grams) for grams in found]
