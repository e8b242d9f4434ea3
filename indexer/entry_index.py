"""Where entries and persons' points are found without reading batch files: derived, memory-mapped, rebuilt at any time.

Three sets of sorted runs (`indexer.sorted_runs`) in one folder:

- **entries**: the first 8 bytes of every entry id that was ever prepared -> batch and row. A hit counts only if the
  batch file has the whole id there.
- **accounts**: the first 16 bytes of every account tag -> batch and row. Tags come from random keys, so 128 bits tell
  all persons apart; nobody outside can choose them.
- **balances** of a class: account tag -> grams, signed. Rows of one person are added up when runs are merged, so their
  number follows the persons, not their entries.

`manifest.json` says which run files count and is renamed into place last; files that it does not name are leftovers of
a crash and are removed by the next writer. Earned points count when their batch is anchored, spent ones from the moment
their batch is prepared, so that nobody can spend twice what is on its way.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
import json
import shutil
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Concatenate, Final, NamedTuple, ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from indexer.batch_files import BatchColumns, read_batch, read_ids
from indexer.batch_store import BatchStore
from indexer.errors import AnchoredOtherwise, BrokenEntryIndex, EntriesCounted, EntryIndexBusy
from indexer.sorted_runs import Run, RunFiles, Words, due, hashes_of, sorted_rows, words_of
from ledger.bulk.columns import Hashes
from ledger.errors import NotFound
from ledger.files import sync_folder, write_whole
from ledger.ids import Hash32
from ledger.locks import sole_holder
from ledger.vocabulary import BatchKind, ReductionClass

PREPARED: Final = "prepared"
ANCHORED: Final = "anchored"
WITHDRAWN: Final = "withdrawn"

Whole = NDArray[np.int64]

_P = ParamSpec("_P")
_T = TypeVar("_T")

_FORMAT: Final = 1
_ATTEMPTS: Final = 5
_MANIFEST: Final = "manifest.json"
_LOCK: Final = "lock"
_REBUILDING: Final = "rebuilding"
_ROW_BITS: Final = 24  # a batch has at most 2**24 entries
_ENTRIES: Final = "entries"
_ACCOUNTS: Final = "accounts"
_BALANCES: Final = "balances-"
_COLUMNS: Final = {_ENTRIES: 2, _ACCOUNTS: 3, _BALANCES: 5}


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedBatch:
    """A batch that the index knows. `number` is the chain's, 0 until it is anchored."""

    file_hash: Hash32
    kind: BatchKind
    reduction_class: ReductionClass
    state: str = PREPARED
    number: int = 0
    withheld: int = 0


@dataclass(frozen=True, slots=True)
class Found:
    """Where entry ids are: number of the batch in the index (-1: nowhere) and row in it."""

    batch: Whole
    row: Whole


class EntryPlace(NamedTuple):
    """Where an entry is."""

    batch: IndexedBatch
    row: int


@dataclass(frozen=True, slots=True)
class _Manifest:
    """What counts. `pending` balances run of a batch: by the batch's number in `batches`."""

    batches: tuple[IndexedBatch, ...] = ()
    runs: Mapping[str, tuple[Run, ...]] = field(default_factory=dict)
    pending: Mapping[int, Run] = field(default_factory=dict)
    next_file: int = 1

    def names(self) -> set[str]:
        return {run.name for run in itertools.chain(*self.runs.values(), self.pending.values())}


def _steady(question: Callable[Concatenate[EntryIndex, _P], _T]) -> Callable[Concatenate[EntryIndex, _P], _T]:
    """Asks by the newest manifest, and again if a writer merged runs away in between, or put other files there."""

    @functools.wraps(question)
    def asked(index: EntryIndex, /, *args: _P.args, **kwargs: _P.kwargs) -> _T:
        missing = ""
        for attempt in range(_ATTEMPTS):
            index.refresh()
            try:
                return question(index, *args, **kwargs)
            except FileNotFoundError as error:
                missing = str(error.filename)
            except ValueError as error:
                if attempt > 0:
                    raise BrokenEntryIndex(str(index.folder), str(error)) from None
        raise BrokenEntryIndex(str(index.folder), f"{missing} is missing")

    return asked


class EntryIndex:
    """The index in a folder. Any number may read; one process at a time may write (`writing`)."""

    def __init__(self, folder: Path, store: BatchStore) -> None:
        """`BrokenEntryIndex` if what is there cannot be read."""
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        self.folder = folder
        self._store = store
        self._files = {name: RunFiles(folder, columns) for name, columns in _COLUMNS.items()}
        self._seen: tuple[int, int, int] | None = None
        self._manifest = _Manifest()
        self._by_hash: dict[bytes, int] = {}
        self._writer: int | None = None
        self.refresh()

    def refresh(self) -> None:
        """Reads the manifest again if another process has written it."""
        path = self.folder / _MANIFEST
        try:
            found = path.stat()
            seen = (found.st_ino, found.st_mtime_ns, found.st_size)
            if seen == self._seen:
                return
            manifest = _manifest_from_json(path.read_bytes())
        except FileNotFoundError:
            manifest, seen = _Manifest(), (0, 0, 0)
        except (ValueError, KeyError, TypeError, LookupError) as error:
            raise BrokenEntryIndex(str(self.folder), f"its manifest cannot be read ({error})") from None
        self._seen, self._manifest = seen, manifest
        self._by_hash = {bytes(batch.file_hash): place for place, batch in enumerate(manifest.batches)}

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Keeps other writers out; `EntryIndexBusy` if one is at work, another thread of this process too.

        May be entered again by the thread that is in it.
        """
        if self._writer == threading.get_ident():
            yield
            return
        with sole_holder(self.folder / _LOCK) as alone:
            if not alone:
                raise EntryIndexBusy(str(self.folder))
            self._writer = threading.get_ident()
            try:
                self.refresh()
                self._remove_leftovers()
                yield
            finally:
                self._writer = None

    # Batches

    @property
    def batches(self) -> Sequence[IndexedBatch]:
        """Every batch that was ever added, in that order."""
        return self._manifest.batches

    def place_of(self, file_hash: bytes) -> int | None:
        """The number that the index gave a batch, None if it does not know it."""
        return self._by_hash.get(bytes(file_hash))

    def add(self, batch: BatchColumns, file_hash: bytes) -> int:
        """Adds a prepared batch and gives its number in the index; a withdrawn one is prepared again.

        Adding a batch that is there changes nothing. A snapshot's entries are balances, not events: they are left out.
        `EntriesCounted` for a withdrawn batch whose entries were prepared in another one since.
        """
        with self.writing():
            known = self.place_of(file_hash)
            if known is not None:
                if self.batches[known].state == WITHDRAWN:
                    self._check_single(known)
                    self._set_state(known, replace(self.batches[known], state=PREPARED))
                return known
            place = len(self.batches)
            added = IndexedBatch(file_hash=Hash32(file_hash), kind=batch.kind, reduction_class=batch.reduction_class)
            change = _Change(self._manifest, self._files)
            if batch.kind != BatchKind.SNAPSHOT:
                change.add_run(_ENTRIES, _entry_rows(batch, place))
                change.add_run(_ACCOUNTS, _account_rows(batch, place))
            if batch.kind.is_spending:
                change.add_pending(place, _balance_rows(batch.account_tags, batch.grams, sign=-1))
            self._save(change.manifest(batches=(*self.batches, added)))
            return place

    def settle(
        self,
        file_hash: bytes,
        *,
        number: int,
        withheld: int,
        doubled: bool = False,
        columns: BatchColumns | None = None,
    ) -> None:
        """`anchor`, whatever was said before: where the chain took blocks back meanwhile, an older anchoring counts no
        more.
        """
        with self.writing():
            self.take_back(file_hash, unless=(number, withheld))
            self.anchor(file_hash, number=number, withheld=withheld, doubled=doubled, columns=columns)

    def anchor(
        self,
        file_hash: bytes,
        *,
        number: int,
        withheld: int = 0,
        doubled: bool = False,
        columns: BatchColumns | None = None,
    ) -> None:
        """The chain has taken the batch as `number`; of an earn batch `withheld` grams filled the deficit (§5.2).

        `NotFound` for a batch that was never added. Doing it again changes nothing, with other values it is
        `AnchoredOtherwise`: `take_back` it first. `EntriesCounted` for a withdrawn batch whose entries were prepared in
        another one since, unless `doubled`: what the chain has counts, and whoever asks for that reports it. Who has
        read the batch file gives its `columns`.
        """
        with self.writing():
            place = self._place(file_hash)
            batch = self.batches[place]
            if batch.state == ANCHORED:
                if (batch.number, batch.withheld) != (number, withheld):
                    known, given = (batch.number, batch.withheld), (number, withheld)
                    raise AnchoredOtherwise(batch.file_hash, *known, *given)
                return
            if batch.state == WITHDRAWN and not doubled:
                self._check_single(place)
            anchored = replace(batch, state=ANCHORED, number=number, withheld=withheld)
            change = _Change(self._manifest, self._files)
            if batch.kind == BatchKind.EARN:
                columns = columns or read_batch(self._store.local(file_hash))
                credited = credited_grams(columns.grams, withheld)
                change.add_run(_balances_of(batch), _balance_rows(columns.account_tags, credited, sign=1))
            elif batch.kind.is_spending:
                change.settle(place, _balances_of(batch))
            batches = (*self.batches[:place], anchored, *self.batches[place + 1 :])
            self._save(change.manifest(batches=batches))

    def withdraw(self, file_hash: bytes) -> None:
        """The batch will never be anchored: its entries and what they spend count no more.

        `NotFound` for a batch that was never added or is anchored.
        """
        with self.writing():
            place = self._place(file_hash)
            if self.batches[place].state == ANCHORED:
                raise NotFound("prepared batch that is not anchored", bytes(file_hash))
            self._set_state(place, replace(self.batches[place], state=WITHDRAWN))

    def take_back(self, file_hash: bytes, *, unless: tuple[int, int] | None = None) -> None:
        """The chain took back the block that held the batch: it is prepared again, and probably on its way.

        What it earned counts no more; what it spends stays off until it is withdrawn. Nothing happens unless it is
        anchored, nor if it is with the number and withheld grams `unless`.
        """
        with self.writing():
            place = self.place_of(file_hash)
            if place is None or self.batches[place].state != ANCHORED:
                return
            batch = self.batches[place]
            if (batch.number, batch.withheld) == unless:
                return
            change = _Change(self._manifest, self._files)
            if batch.kind == BatchKind.EARN or batch.kind.is_spending:
                columns = read_batch(self._store.local(file_hash))
                earned = batch.kind == BatchKind.EARN
                grams = credited_grams(columns.grams, batch.withheld) if earned else columns.grams
                undone = _balance_rows(columns.account_tags, grams, sign=-1 if earned else 1)
                change.add_run(_balances_of(batch), undone)
                if not earned:
                    change.add_pending(place, _balance_rows(columns.account_tags, columns.grams, sign=-1))
            prepared = replace(batch, state=PREPARED, number=0, withheld=0)
            self._save(change.manifest(batches=(*self.batches[:place], prepared, *self.batches[place + 1 :])))

    def rebuild(self, batches: Iterable[IndexedBatch]) -> None:
        """Builds the index anew from batch files, in the order in which they were anchored and prepared.

        It is built aside and takes the old one's place at once: a part of it must never look like a whole one, by which
        records would be prepared twice. File names go on from the old ones, which readers may still have open.
        """
        with self.writing():
            aside = self.folder / _REBUILDING
            anew = EntryIndex(aside, self._store)
            anew._save(_Manifest(next_file=self._next_file()))
            for batch in batches:
                anew._add_again(batch)
            for name in anew._manifest.names():
                if (aside / name).exists():  # a run without rows has no file
                    (aside / name).rename(self.folder / name)
            sync_folder(self.folder)
            self._save(anew._manifest)

    # Questions

    @_steady
    def find(self, entry_ids: Hashes, *, besides: bytes | None = None) -> Found:
        """Where these entries are, in batches that are prepared or anchored, but for the file hash `besides`."""
        return self._find(entry_ids, self._without(besides, self._live()))

    @_steady
    def find_anchored(self, entry_ids: Hashes, *, besides: bytes) -> Found:
        """Where these entries are in anchored batches, but for that with the file hash `besides`."""
        counted = np.array([batch.state == ANCHORED for batch in self.batches], np.bool_)
        return self._find(entry_ids, self._without(besides, counted))

    def _without(self, file_hash: bytes | None, counted: NDArray[np.bool_]) -> NDArray[np.bool_]:
        place = None if file_hash is None else self.place_of(file_hash)
        if place is not None:
            counted[place] = False
        return counted

    def _find(self, entry_ids: Hashes, counted: NDArray[np.bool_]) -> Found:
        found = Found(np.full(len(entry_ids), -1, np.int64), np.zeros(len(entry_ids), np.int64))
        matches = self._files[_ENTRIES].find(self._runs(_ENTRIES), words_of(entry_ids)[0])
        batch, row = _unplaced(matches.rows[1])
        live = counted[batch] if len(batch) else np.zeros(0, np.bool_)
        keys, batch, row = matches.keys[live], batch[live], row[live]
        for number in np.unique(batch):
            here = batch == number
            ids = read_ids(self._store.local(self.batches[int(number)].file_hash))
            same = (ids[row[here]] == entry_ids[keys[here]]).all(axis=1)
            places = keys[here][same]
            found.batch[places] = number
            found.row[places] = row[here][same]
        return found

    @_steady
    def entries_of(self, account_tag: bytes) -> list[EntryPlace]:
        """Every entry of a person in batches that are prepared or anchored, in the order in which those were added."""
        words = words_of(np.frombuffer(bytes(account_tag), np.uint8).reshape(1, 32))
        rows = self._files[_ACCOUNTS].find(self._runs(_ACCOUNTS), words[0]).rows
        batch, row = _unplaced(rows[2][rows[1] == words[1]])
        places = sorted(zip(batch.tolist(), row.tolist(), strict=True))
        return [EntryPlace(self.batches[b], r) for b, r in places if self.batches[b].state != WITHDRAWN]

    @_steady
    def candidates(self, entry_id: bytes) -> list[EntryPlace]:
        """Where an entry may be in anchored batches: by the first bytes of its id, so that no batch file is read."""
        words = words_of(np.frombuffer(bytes(entry_id), np.uint8).reshape(1, 32))
        rows = self._files[_ENTRIES].find(self._runs(_ENTRIES), words[0]).rows
        batch, row = _unplaced(rows[1])
        places = [EntryPlace(self.batches[b], r) for b, r in zip(batch.tolist(), row.tolist(), strict=True)]
        return [place for place in places if place.batch.state == ANCHORED]

    @_steady
    def balances(self, account_tags: Hashes, reduction_class: ReductionClass, *, pending: bool = True) -> Whole:
        """Points of these persons in a class, in grams, less what prepared batches spend unless `pending` is false."""
        words = words_of(account_tags)
        totals = np.zeros(len(account_tags), np.int64)
        runs = list(self._runs(_BALANCES + reduction_class.label))
        if pending:
            runs += [
                run
                for place, run in self._manifest.pending.items()
                if self.batches[place].reduction_class == reduction_class and self.batches[place].state == PREPARED
            ]
        # A column may name a person several times; each place gets the whole balance.
        matches = self._files[_BALANCES].find(runs, words[0])
        same = (matches.rows[1:4] == words[1:][:, matches.keys]).all(axis=0)
        np.add.at(totals, matches.keys[same], matches.rows[4][same].view(np.int64))
        return totals

    @_steady
    def balances_of_class(self, reduction_class: ReductionClass) -> tuple[Hashes, Whole]:
        """Everyone with anchored points in a class, ascending by tag, and how many: what a snapshot states."""
        runs = [self._files[_BALANCES].open(run) for run in self._runs(_BALANCES + reduction_class.label)]
        if not runs:
            return np.zeros((0, 32), np.uint8), np.zeros(0, np.int64)
        rows = _added_up(sorted_rows(list(np.concatenate(runs, axis=1))))
        grams = rows[4].view(np.int64)
        return hashes_of(rows[:4])[grams != 0], grams[grams != 0]

    # Within

    def _add_again(self, batch: IndexedBatch) -> None:
        """A batch as another index knew it."""
        self.add(read_batch(self._store.local(batch.file_hash)), batch.file_hash)
        if batch.state == ANCHORED:
            self.anchor(batch.file_hash, number=batch.number, withheld=batch.withheld)
        elif batch.state == WITHDRAWN:
            self.withdraw(batch.file_hash)

    def _next_file(self) -> int:
        """A number above those of all files, also where a manifest that named them is gone."""
        numbers = (int(path.stem) for path in self.folder.glob("*.run") if path.stem.isdecimal())
        return max(self._manifest.next_file, 1 + max(numbers, default=0))

    def _check_single(self, place: int) -> None:
        """`EntriesCounted` if entries of the batch are in one that is prepared or anchored, but for itself."""
        file_hash = self.batches[place].file_hash
        found = self.find(read_ids(self._store.local(file_hash)), besides=file_hash).batch
        if (found >= 0).any():
            other = self.batches[int(found[found >= 0][0])].file_hash
            raise EntriesCounted(file_hash, int((found >= 0).sum()), other)

    def _place(self, file_hash: bytes) -> int:
        place = self.place_of(file_hash)
        if place is None:
            raise NotFound("prepared batch", bytes(file_hash))
        return place

    def _runs(self, name: str) -> Sequence[Run]:
        return self._manifest.runs.get(name, ())

    def _live(self) -> NDArray[np.bool_]:
        return np.array([batch.state != WITHDRAWN for batch in self.batches], np.bool_)

    def _set_state(self, place: int, batch: IndexedBatch) -> None:
        batches = (*self.batches[:place], batch, *self.batches[place + 1 :])
        self._save(replace(self._manifest, batches=batches))

    def _save(self, manifest: _Manifest) -> None:
        """The one moment at which a change happens."""
        write_whole(self.folder / _MANIFEST, _manifest_to_json(manifest))
        self.refresh()
        self._remove_leftovers()

    def _remove_leftovers(self) -> None:
        names = self._manifest.names()
        for path in self.folder.glob("*.run"):
            if path.name not in names:
                path.unlink()
        if (self.folder / _REBUILDING).is_dir():
            shutil.rmtree(self.folder / _REBUILDING)


class _Change:
    """New run files that do not count yet."""

    def __init__(self, before: _Manifest, files: Mapping[str, RunFiles]) -> None:
        self._before = before
        self._files = files
        self._runs = {name: list(runs) for name, runs in before.runs.items()}
        self._pending = dict(before.pending)
        self._next = before.next_file

    def add_run(self, name: str, rows: Words) -> None:
        self._append(name, self._of(name).write(self._name(), rows))

    def add_pending(self, place: int, rows: Words) -> None:
        self._pending[place] = self._of(_BALANCES).write(self._name(), rows)

    def settle(self, place: int, name: str) -> None:
        """What was pending counts for good."""
        self._append(name, self._pending.pop(place))

    def manifest(self, *, batches: tuple[IndexedBatch, ...]) -> _Manifest:
        runs = {name: tuple(runs) for name, runs in self._runs.items()}
        return _Manifest(batches=batches, runs=runs, pending=self._pending, next_file=self._next)

    def _append(self, name: str, run: Run) -> None:
        runs = self._runs.setdefault(name, [])
        runs.append(run)
        while merging := due(runs):
            combine = _added_up if name.startswith(_BALANCES) else None
            made = self._of(name).merge(self._name(), merging, combine)
            runs[:] = [run for run in runs if run not in merging] + [made]

    def _of(self, name: str) -> RunFiles:
        return self._files[_BALANCES if name.startswith(_BALANCES) else name]

    def _name(self) -> str:
        self._next += 1
        return f"{self._next - 1:08d}.run"


def credited_grams(grams: NDArray[np.uint64], withheld: int) -> NDArray[np.uint64]:
    """What each entry of an earn batch credits when its first `withheld` grams are taken back (§5.2)."""
    ends = np.cumsum(grams, dtype=np.uint64)
    starts = np.maximum(ends - grams, np.uint64(withheld))
    return np.where(ends > starts, ends - starts, 0).astype(np.uint64)


def _balances_of(batch: IndexedBatch) -> str:
    return _BALANCES + batch.reduction_class.label


def _entry_rows(batch: BatchColumns, place: int) -> Words:
    prefixes = words_of(batch.entry_ids)[0]  # ascending, as the ids are
    return np.stack([prefixes, _places(place, len(prefixes))])


def _account_rows(batch: BatchColumns, place: int) -> Words:
    words = words_of(batch.account_tags)
    return sorted_rows([words[0], words[1], _places(place, words.shape[1])])


def _balance_rows(account_tags: Hashes, grams: NDArray[np.uint64], *, sign: int) -> Words:
    words = words_of(account_tags)
    signed = (grams.astype(np.int64) * sign).view(np.uint64)
    return _added_up(sorted_rows([*words, signed]))


def _added_up(rows: Words) -> Words:
    """One row for each tag, from rows sorted by its first word; grams are added up."""
    if rows.shape[1] == 0:
        return rows
    first, following = rows[0, :-1], rows[0, 1:]
    if ((first == following) & (rows[1:4, :-1] != rows[1:4, 1:]).any(axis=0)).any():
        # Two tags that begin with the same eight bytes: rows of one must stand together.
        rows = rows[:, np.lexsort(rows[3::-1])]
    new = np.ones(rows.shape[1], np.bool_)
    new[1:] = (rows[:4, 1:] != rows[:4, :-1]).any(axis=0)
    starts = np.flatnonzero(new)
    sums = np.add.reduceat(rows[4].view(np.int64), starts)
    return np.concatenate([rows[:4, starts], sums.view(np.uint64)[np.newaxis]])


def _places(place: int, count: int) -> Words:
    return np.arange(count, dtype=np.uint64) + np.uint64(place << _ROW_BITS)


def _unplaced(places: Words) -> tuple[Whole, Whole]:
    row = (places & np.uint64((1 << _ROW_BITS) - 1)).astype(np.int64)
    return (places >> np.uint64(_ROW_BITS)).astype(np.int64), row


def _manifest_to_json(manifest: _Manifest) -> bytes:
    document = {
        "format": _FORMAT,
        "batches": [
            {
                **asdict(batch),
                "file_hash": batch.file_hash.hex0x,
                "kind": batch.kind.label,
                "reduction_class": batch.reduction_class.label,
            }
            for batch in manifest.batches
        ],
        "runs": manifest.runs,
        "pending": manifest.pending,
        "next_file": manifest.next_file,
    }
    return json.dumps(document, separators=(",", ":")).encode()


def _manifest_from_json(content: bytes) -> _Manifest:
    document = json.loads(content)
    if document["format"] != _FORMAT:
        raise ValueError(f"format {document['format']}")
    batches = tuple(
        IndexedBatch(
            file_hash=Hash32.from_hex(batch["file_hash"]),
            kind=BatchKind.from_label(batch["kind"]),
            reduction_class=ReductionClass.from_label(batch["reduction_class"]),
            state=batch["state"],
            number=batch["number"],
            withheld=batch["withheld"],
        )
        for batch in document["batches"]
    )
    runs = {name: tuple(Run(*run) for run in runs) for name, runs in document["runs"].items()}
    pending = {int(place): Run(*run) for place, run in document["pending"].items()}
    return _Manifest(batches=batches, runs=runs, pending=pending, next_file=document["next_file"])
