"""A world whose batches have files: points by the kilometre, behaviour, instructions, a snapshot; and its operator."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from indexer.batch_files import BatchColumns, read_batch, write_batch
from indexer.batch_store import FolderStore
from indexer.batch_worker import BatchWorker
from indexer.database import Database
from indexer.entry_index import EntryIndex
from indexer.follower import Follower
from indexer.records import RecordStore
from indexer.tree_cache import TreeCache
from ledger import encoding
from ledger.batches import BatchCommitment
from ledger.bulk.columns import Strings
from ledger.canonical import canonical_json
from ledger.ids import ZERO_HASH, OperationId
from ledger.quantification import Formula, Quantification, Range, Rounding
from ledger.records import DerivedSalts, Record, build_record
from ledger.vocabulary import ActivityKind, BatchKind, MethodologyKind, OperationKind, ReductionClass
from tests.fakes.event_logs import CONTRACTS
from tests.fakes.ledger_world import PERIOD, World, some_hash
from tests.fakes.told_moves import chain_of
from tests.unit.indexer.audit.parts import open_mirror
from tests.unit.indexer.batches import SALT_KEY, tags

DAY = PERIOD[0]
NOON = DAY * 86_400 + 4 * 3600
"""Noon of `DAY` in Shanghai."""
TRIPS = encoding.activity_id(code="TRIPS-1")
STEPS = encoding.activity_id(code="STEPS-1")
PER_KILOMETRE = Quantification(
    formula=Formula.PER_DISTANCE,
    factor="150.5",
    rounding=Rounding.HALF_UP,
    ranges=(Range("distance_m", 1, 50_000),),
)
Entries = list[tuple[int, int]]
"""Persons, and metres that they went, or grams."""


def some_batch(kind: BatchKind, entries: Entries, first: int = 0) -> BatchColumns:
    """A batch of class II; of a feed the numbers are metres, else grams."""
    ids = [sha256(f"{kind} {first + number}".encode()).digest() for number in range(len(entries))]
    if kind is BatchKind.SNAPSHOT:
        ids = [tags(person).tobytes() for person, _ in entries]
    ordered = sorted(zip(ids, entries, strict=True))
    details: list[bytes] = [
        canonical_json({"distance_m": number, "ended_at": NOON + 600, "started_at": NOON})
        if kind.is_of_feed
        else b'{"reference":"%d"}' % person
        for _, (person, number) in ordered
    ]
    numbers = [number for _, (_, number) in ordered]
    grams = [PER_KILOMETRE.grams({"distance_m": one}) for one in numbers] if kind.is_of_feed else numbers
    return BatchColumns(
        kind=kind,
        reduction_class=ReductionClass.II,
        salt_key=SALT_KEY,
        entry_ids=np.frombuffer(b"".join(entry_id for entry_id, _ in ordered), np.uint8).reshape(-1, 32),
        grams=np.array(grams, np.uint64),
        account_tags=tags(*(person for _, (person, _) in ordered)),
        details=Strings.from_list(details),
    )


@dataclass
class PointsWorld:
    """Moves whose batches have files in `store`, and the records that somebody kept."""

    folder: Path
    quantified: bool = True
    world: World = field(default_factory=lambda: World(contracts=CONTRACTS))
    records: list[Record] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.store = FolderStore(self.folder / "store")
        self.world.standard()
        self._publish()
        loose = {"facility_id": ZERO_HASH, "pledge_hash": ZERO_HASH, "cap_grams": 10**9}
        methodology = {"methodology_id": encoding.methodology_id(code="TRIPS", version=1)}
        kinds = {"TRIPS-1": ActivityKind.REDUCTION_SCENARIO, "STEPS-1": ActivityKind.BEHAVIOUR_SCENARIO}
        for code, kind in kinds.items():
            self.world.do("register_activity", code=code, kind=kind, **methodology, **loose)
        self.world.do("admit_provider")
        self.world.do("open_campaign")

    def _publish(self) -> None:
        words = {"kind": MethodologyKind.SCENARIO, "reduction_class": ReductionClass.II}
        move = self.world.move("publish_methodology", code="TRIPS", **words)
        fields: dict[str, Any] = {
            "rules": "rules",
            "code": "TRIPS",
            "version": "1",
            "methodology_kind": "scenario",
            "class": "II",
            "effective_first_day": "2023-01-01",
            "effective_last_day": "2030-01-01",
            "document_hash": some_hash("document").hex0x,
        }
        if self.quantified:
            fields["quantification"] = PER_KILOMETRE.to_json()
        record = self.record(OperationKind.METHODOLOGY_PUBLISHED, move.operation_id, fields)
        self.world.make(move.changed(record_hash=record.hash))

    def record(self, kind: OperationKind, operation_id: OperationId, fields: dict[str, Any]) -> Record:
        """A record that is kept."""
        record = build_record(kind, operation_id, fields, DerivedSalts(SALT_KEY))
        self.records.append(record)
        return record

    def put(self, batch: BatchColumns) -> BatchCommitment:
        """Keeps a batch's file."""
        made, tree = self.folder / "made", batch.tree()
        write_batch(made, batch)
        file_hash = self.store.put(made)
        return BatchCommitment(root=tree.root, total=tree.total, entry_count=tree.size, file_hash=file_hash)

    def earn(self, batch: BatchColumns, **changed: Any) -> int:
        """Anchors a batch of a feed; its number."""
        behaviour = batch.kind is BatchKind.BEHAVIOUR
        commitment = self.put(batch)
        values: dict[str, Any] = {
            "activity_id": STEPS if behaviour else TRIPS,
            "first_day": DAY,
            "last_day": DAY,
            "root": commitment.root,
            "total": commitment.total,
            "entry_count": commitment.entry_count,
            "file_hash": commitment.file_hash,
        }
        self.world.make(self.world.feed("record_behaviour" if behaviour else "earn_points", **values | changed))
        return self.world.model.batch_count

    def take(self, function: str, batch: BatchColumns, **changed: Any) -> int:
        """Anchors a batch of instructions, or a snapshot."""
        self.world.do(function, commitment=self.put(batch), **changed)
        return self.world.model.batch_count

    def whole_life(self) -> PointsWorld:
        """Every kind of batch, and what persons are left with stated right."""
        self.earn(some_batch(BatchKind.EARN, [(1, 20_000), (2, 4_000), (3, 100)]))  # 3010, 602, 15 g
        self.earn(some_batch(BatchKind.BEHAVIOUR, [(1, 700), (9, 800)]))
        self.take("redeem_points", some_batch(BatchKind.REDEEM, [(1, 1_000)]))
        self.take("donate_points", some_batch(BatchKind.DONATE, [(2, 100), (3, 15)]))
        self.take("cancel_points", some_batch(BatchKind.CANCEL, [(1, 10), (2, 20)]))
        number = self.take("correct_points", some_batch(BatchKind.CORRECT, [(1, 50)]), batch_number=1, grams=80)
        self.earn(some_batch(BatchKind.EARN, [(2, 1_000), (4, 2_000)], first=50))  # of which 30 g are withheld
        left = some_batch(BatchKind.SNAPSHOT, [(1, 1_950), (2, 482)])
        self.take("take_snapshot", left, after_batch=number)
        return self

    def operator(self) -> Database:
        """What the operator has of it: mirror, records, and files looked at."""
        chain = chain_of(self.world)
        database = open_mirror(self.folder, "operator")
        Follower(chain, chain.deployment, database).catch_up()
        RecordStore(database).save(self.records)
        index = EntryIndex(self.folder / "index", self.store)
        BatchWorker(database, self.store, index, TreeCache(self.folder / "trees", self.store)).catch_up()
        return database

    def path(self, number: int) -> Path:
        """The file of a batch."""
        batch = self.world.model.batch(number)
        assert batch is not None
        name = batch.commitment.file_hash.hex()
        return self.folder / "store" / name[:2] / f"{name}.parquet"

    def overwrite(self, number: int, **changed: Any) -> None:
        """Puts another file where the batch's was."""
        path = self.path(number)
        columns = replace(read_batch(path), **changed)
        path.unlink()
        write_batch(path, columns)
