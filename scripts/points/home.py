"""Where the operator's side of points lives: `HOME/points`, with store, index, vault, keys and runs.

Keys are 32 random bytes each, made when they are first needed. Whoever loses `salt.key` or a feed key can no longer
prepare the same batch again; whoever loses `vault.key` no longer finds anybody; nothing that is anchored breaks.
"""

from __future__ import annotations

import contextlib
import re
from functools import cached_property
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from indexer.batch_store import BatchStore, open_batch_store
from indexer.batch_worker import BatchWorker
from indexer.database import Database
from indexer.entry_index import EntryIndex
from indexer.persons import Persons, open_persons
from indexer.point_accounts import PointAccounts
from indexer.tree_cache import TreeCache
from ledger.errors import InvalidInput
from ledger.vocabulary import BatchKind
from scripts.keys import private_folder, secret_in
from scripts.points.prepare import Places, PrepareKeys
from scripts.points.run_folder import RunFolder
from scripts.settings import Settings

_FILE_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class PointsHome:
    """The parts, opened when they are first needed and closed at the end. A context manager."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._open = contextlib.ExitStack()
        self.folder = settings.home / "points"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._open.close()

    @property
    def exists(self) -> bool:
        """Whether anything of points was ever done here."""
        return self.folder.is_dir()

    @cached_property
    def store(self) -> BatchStore:
        """The batch files."""
        place = self._settings.batch_store or str(self._private("store"))
        return open_batch_store(place, copies=self._private("copies") if place.startswith("s3://") else None)

    @cached_property
    def index(self) -> EntryIndex:
        """Entries and balances by tag."""
        return EntryIndex(self._private("index"), self.store)

    @cached_property
    def trees(self) -> TreeCache:
        """The nodes of batches' sum trees, for proofs."""
        return TreeCache(self._private("trees"), self.store)

    def accounts(self) -> PointAccounts:
        """What persons with a lookup token are told from."""
        return PointAccounts(self.persons, self.index, self.store, self.trees)

    def worker(self, database: Database) -> BatchWorker:
        """Looks after files of anchored batches; with an entry index of its own, because it writes to it."""
        return BatchWorker(database, self.store, EntryIndex(self._private("index"), self.store), self.trees)

    @cached_property
    def persons(self) -> Persons:
        """The vault."""
        url = self._settings.persons_url
        if url is None:
            vault = self._private() / "persons.db"
            vault.touch(mode=0o600)
            url = f"sqlite:///{vault}"
        persons = open_persons(url, self._key("vault"))
        self._open.callback(persons.close)
        return persons

    def prepare_keys(self, kind: BatchKind, source: str) -> PrepareKeys:
        """The keys that entries of a feed, or of instructions, are prepared with."""
        if kind.is_spending:
            return PrepareKeys(entry_key=self._key("instructions"), salt_key=self._key("salt"))
        if _FILE_NAME.fullmatch(source) is None:
            raise InvalidInput("feed.name", "be 1 to 64 letters, digits, dots, dashes and underscores", source)
        return PrepareKeys(entry_key=self._key(f"feed-{source}"), salt_key=self._key("salt"))

    def salt_key(self) -> bytes:
        """The key that salt keys of batches are derived from."""
        return self._key("salt")

    def run(self, name: str | Path) -> RunFolder:
        """A run by its path, or by its name under `runs/`."""
        path = Path(name)
        if path.parent == Path() and not path.is_dir():
            path = self.runs() / path
        return RunFolder(path)

    def runs(self) -> Path:
        """The folder of runs that are named by a name alone."""
        return self._private("runs")

    def places(self, run: RunFolder) -> Places:
        """Where a run finds and leaves things."""
        return Places(run=run, store=self.store, index=self.index, persons=self.persons)

    def register(self) -> Path:
        """The folder in which feed sequences are taken."""
        return self._private("sequences")

    def _key(self, name: str) -> bytes:
        return secret_in(self._private("keys") / f"{name}.key")

    def _private(self, name: str = "") -> Path:
        path = self.folder / name if name else self.folder
        private_folder(path)
        return path
