"""A place to prepare batches in: a store, an index, a vault and keys that are the same in every test."""

from collections.abc import Sequence
from pathlib import Path

from indexer.batch_files import BatchColumns, read_batch
from indexer.batch_store import FolderStore
from indexer.entry_index import EntryIndex
from indexer.persons import open_persons
from ledger.errors import Json
from ledger.ids import Hash32, MethodologyId
from ledger.quantification import Quantification
from ledger.units import MAX_CIVIL_DAY
from ledger.vocabulary import BatchKind, ReductionClass
from scripts.points.mapping import load_feed_mapping
from scripts.points.prepare import Places, PrepareKeys, prepare
from scripts.points.run_folder import CreditableDays, PreparedBatch, RunFolder, Terms

KEYS = PrepareKeys(entry_key=bytes([1]) * 32, salt_key=bytes([2]) * 32)
ACTIVITY = Hash32(bytes([3]) * 32)
METHODOLOGY = MethodologyId(bytes([4]) * 32)
EVERY_DAY = CreditableDays(first=0, last=MAX_CIVIL_DAY, ended=MAX_CIVIL_DAY)
PROVIDER = Hash32(bytes([5]) * 32)


def quantification(formula: str, factor: str, ranges: dict[str, list[int]] | None = None) -> Quantification:
    """A quantification, rounded half up."""
    parameter = {"per-trip": "grams_per_trip", "per-distance": "grams_per_km", "metered-energy": "grams_per_kwh"}[
        formula
    ]
    limits: dict[str, Json] = {name: list(bounds) for name, bounds in (ranges or {}).items()}
    parameters: dict[str, Json] = {parameter: factor}
    return Quantification.from_json(
        {"format": 1, "formula": formula, "parameters": parameters, "rounding": "half-up", "ranges": limits}
    )


class Prepared:
    """A home for runs."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = FolderStore(folder / "store")
        self.index = EntryIndex(folder / "index", self.store)
        self.persons = open_persons(f"sqlite:///{folder / 'persons.db'}", bytes([9]) * 32)

    def places(self, run: str = "run") -> Places:
        return Places(run=RunFolder(self.folder / run), store=self.store, index=self.index, persons=self.persons)

    def mapping(self, text: str) -> Path:
        path = self.folder / "mapping.toml"
        path.write_text(text, encoding="utf-8")
        return path

    def file(self, text: str, name: str = "feed.csv") -> Path:
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def earn(
        self,
        mapping: Path,
        files: Sequence[Path],
        by: Quantification,
        *,
        run: str = "run",
        batch_size: int = 1_000_000,
        party: Hash32 = ACTIVITY,
        kind: BatchKind = BatchKind.EARN,
        creditable: CreditableDays | None = EVERY_DAY,
    ) -> list[PreparedBatch]:
        terms = Terms(
            kind=kind,
            reduction_class=ReductionClass.I,
            party=party,
            methodology_id=METHODOLOGY,
            creditable=creditable,
        )
        return prepare(
            mapping=load_feed_mapping(mapping),
            files=files,
            terms=terms,
            quantification=by,
            keys=KEYS,
            places=self.places(run),
            batch_size=batch_size,
        )

    def instruct(
        self,
        mapping: Path,
        files: Sequence[Path],
        kind: BatchKind = BatchKind.REDEEM,
        *,
        run: str = "redeem",
        batch_size: int = 1_000_000,
        reduction_class: ReductionClass = ReductionClass.I,
    ) -> list[PreparedBatch]:
        return prepare(
            mapping=load_feed_mapping(mapping),
            files=files,
            terms=Terms(kind=kind, reduction_class=reduction_class, party=PROVIDER),
            quantification=None,
            keys=KEYS,
            places=self.places(run),
            batch_size=batch_size,
        )

    def batch(self, header: PreparedBatch) -> BatchColumns:
        assert header.file_hash is not None
        return read_batch(self.store.local(header.file_hash))

    def refused(self, run: str = "run") -> list[str]:
        """Line, rule and message of each refused row."""
        path = RunFolder(self.folder / run).refused_path
        return path.read_text(encoding="utf-8").splitlines()[1:] if path.exists() else []
