"""Prepares batches: files through a mapping into batch files in the store, and unsigned headers in the run's folder.

A portion of the input is `batch_size` rows, whatever becomes of them, and makes one batch. So a run that was killed
cuts the same portions when it is started again, and what is prepared already is passed over. For each portion, in this
order: persons are saved, the batch file is put in the store, the header is written, the index learns the entries, and
the header gets its name. Whatever the index knows has a header, and no other run can take the same entries.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from indexer.batch_files import BatchColumns, read_batch, strings_of, write_batch
from indexer.batch_store import BatchStore
from indexer.entry_index import WITHDRAWN, EntryIndex
from indexer.persons import Persons
from ledger.bulk.columns import Hashes
from ledger.bulk.entries import ascending_order, entry_ids
from ledger.encoding import batch_context_hash, batch_salt_key, key_mark
from ledger.errors import InvalidInput, Json
from ledger.ids import Hash32
from ledger.quantification.document import Quantification
from ledger.sum_tree import MAX_ENTRIES
from scripts.importing.sources import Source
from scripts.points.candidates import Candidates, candidates, check_inputs
from scripts.points.errors import BatchWithdrawn
from scripts.points.mapping import FeedMapping, OverNetwork
from scripts.points.refused import LINE, count_rules, taps_of, write_refused
from scripts.points.rows import Block, portions, read_blocks
from scripts.points.run_folder import FORMAT, PreparedBatch, RunFolder, Terms

BATCH_SIZE: Final = 1_000_000


Told = Callable[[int], None]
"""Hears how many rows of a run's files were read so far."""


def heard_by_nobody(_: int) -> None:
    """Hears nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PrepareKeys:
    """Secrets of 32 bytes each: the feed's or the instructions' for entry ids, and the operator's for salts."""

    entry_key: bytes = field(repr=False)
    salt_key: bytes = field(repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """Where a run finds and leaves things."""

    run: RunFolder
    store: BatchStore
    index: EntryIndex
    persons: Persons


@dataclass(frozen=True, slots=True)
class _Accepted:
    """The entries of a portion in the order of their ids: places among the candidates, and columns."""

    places: NDArray[np.int64]
    entry_ids: Hashes
    account_tags: Hashes


def prepare(
    *,
    mapping: FeedMapping,
    files: Sequence[Path],
    terms: Terms,
    quantification: Quantification | None,
    keys: PrepareKeys,
    places: Places,
    batch_size: int = BATCH_SIZE,
    told: Told = heard_by_nobody,
) -> list[PreparedBatch]:
    """Prepares every batch of the files, or what is left of them, and gives all headers. `told` hears how many rows
    were read.

    Raises `InvalidMapping` for inputs that the methodology does not take, `RunMismatch` for a folder of another run,
    `RunAbandoned` for one that was given up, `BatchWithdrawn` for one that holds a withdrawn batch, `MalformedFile` for
    a file that is wrong as a whole, `EntryIndexBusy` while another run is at work.
    """
    _check(mapping, terms, quantification, batch_size)
    places.run.check_wanted()
    terms = _as_planned(terms, places.run)
    sources = [Source(path, mapping.file) for path in files]
    plan = _plan(mapping, sources, terms=terms, quantification=quantification, keys=keys, batch_size=batch_size)
    places.run.begin(plan, mapping.content)
    with places.index.writing():
        if places.run.done is None:
            blocks = read_blocks(sources, mapping, places.run.path)
            names = [path.name for path in files]
            work = _Run(
                mapping=mapping, terms=terms, quantification=quantification, keys=keys, places=places, files=names
            )
            work.go(portions(_counted(blocks, told), batch_size))
        else:
            for header in places.run.headers():
                _index(places, header)
    return places.run.headers()


class _Run:
    """One run on its way."""

    def __init__(
        self,
        *,
        mapping: FeedMapping,
        terms: Terms,
        quantification: Quantification | None,
        keys: PrepareKeys,
        places: Places,
        files: Sequence[str],
    ) -> None:
        self._mapping = mapping
        self._terms = terms
        self._quantification = quantification
        self._keys = keys
        self._places = places
        self._files = files
        self._plan_hash = places.run.plan_hash

    def go(self, blocks: Iterator[Block]) -> None:
        for number, block in enumerate(blocks, start=1):
            header = self._places.run.header(number)
            if header is not None:
                _index(self._places, header)
            elif not self._was_indexed(number):
                self._prepare(number, block)
        self._finish()

    def _was_indexed(self, number: int) -> bool:
        """Whether the run was killed after the index had learnt the batch: then it stands as it is."""
        intended = self._places.run.intended(number)
        if intended is None or not _is_indexed(self._places, intended):
            return False
        self._places.run.confirm(number)
        return True

    def _prepare(self, number: int, block: Block) -> None:
        drafted = candidates(block.rows, self._mapping, self._quantification, self._terms.creditable)
        accepted = self._accepted(drafted)
        batch = self._batch(number, drafted, accepted) if len(accepted.places) else None
        refused = [*block.refused, *drafted.verdicts.refused(block.rows)]
        part = self._places.run.refused_part(number)
        # What a killed attempt left: of instructions, rows that were beyond what was held then may pass now.
        part.unlink(missing_ok=True)
        if refused:
            write_refused(part, refused, self._mapping.columns, self._files)
        header = self._header(number, block, batch, days=_days(drafted, accepted), refused=count_rules(refused))
        self._places.run.intend(header)
        if batch is not None and header.file_hash is not None:
            self._places.index.add(batch, header.file_hash)
        self._places.run.confirm(number)

    # Entries

    def _accepted(self, drafted: Candidates) -> _Accepted:
        """The candidates that become entries; the others get their verdict."""
        rows = np.flatnonzero(drafted.verdicts.passed)
        ids = entry_ids(
            feed_key=self._keys.entry_key,
            source_id=self._mapping.name,
            record_ids=strings_of(drafted.record_ids.take(pa.array(rows))),
        )
        order = ascending_order(ids)
        rows, ids = rows[order], ids[order]
        self._refuse_repeated(drafted, rows, ids)
        self._refuse_known(drafted, rows, ids)
        kept = drafted.verdicts.passed[rows]
        rows, ids = rows[kept], ids[kept]
        references = strings_of(drafted.references.take(pa.array(rows)))
        if self._terms.kind.is_of_feed:
            return _Accepted(rows, ids, self._places.persons.tags(references))
        tags, known = self._places.persons.known_tags(references)
        unknown = np.zeros(drafted.rows.num_rows, np.bool_)
        unknown[rows[~known]] = True
        drafted.verdicts.refuse(unknown, "account-unknown", "No points were ever earned under this reference.")
        self._refuse_more_than_held(drafted, rows[known], tags[known])
        kept = drafted.verdicts.passed[rows]
        return _Accepted(rows[kept], ids[kept], tags[kept])

    def _refuse_repeated(self, drafted: Candidates, rows: NDArray[np.int64], ids: Hashes) -> None:
        """Of rows of this portion with one id the first stands: sorting kept their order."""
        again = np.zeros(len(rows), np.bool_)
        again[1:] = (ids[1:] == ids[:-1]).all(axis=1)
        if not again.any():
            return
        firsts = np.maximum.accumulate(np.where(again, 0, np.arange(len(rows))))
        first_of = dict(zip(rows[again].tolist(), rows[firsts[again]].tolist(), strict=True))
        lines = taps_of(drafted.rows)[0].column(LINE)
        broken = np.zeros(drafted.rows.num_rows, np.bool_)
        broken[rows[again]] = True
        drafted.verdicts.refuse(
            broken, "duplicate-entry", lambda row: f"The same record stands in line {lines[first_of[row]].as_py()}."
        )

    def _refuse_known(self, drafted: Candidates, rows: NDArray[np.int64], ids: Hashes) -> None:
        found = self._places.index.find(ids)
        hit = found.batch >= 0
        if not hit.any():
            return
        batch_of = dict(zip(rows[hit].tolist(), found.batch[hit].tolist(), strict=True))
        broken = np.zeros(drafted.rows.num_rows, np.bool_)
        broken[rows[hit]] = True
        batches = self._places.index.batches

        def explain(row: int) -> str:
            batch = batches[batch_of[row]]
            return f"The same record was {batch.state} before, in the batch with file hash {batch.file_hash.hex0x}."

        drafted.verdicts.refuse(broken, "duplicate-entry", explain)

    def _refuse_more_than_held(self, drafted: Candidates, rows: NDArray[np.int64], tags: Hashes) -> None:
        """In the order of the input: a row that is beyond what is left is refused, a smaller one after it may pass."""
        order = np.argsort(rows, kind="stable")
        rows, tags = rows[order], tags[order]
        held = self._places.index.balances(tags, self._terms.reduction_class)
        wanted = drafted.grams[rows].astype(np.int64)
        _, person = np.unique(np.ascontiguousarray(tags).view("V32").ravel(), return_inverse=True)
        # In floating point nothing is decided: whoever may ask for too much is reckoned in whole grams below.
        asked = np.bincount(person, weights=wanted.astype(np.float64))[person] if len(rows) else wanted
        doubtful = np.flatnonzero(asked >= held.astype(np.float64) * (1 - 2**-20) - 1)
        left: dict[int, int] = {}
        short: dict[int, int] = {}
        for place in doubtful.tolist():
            whose, grams = int(person[place]), int(wanted[place])
            rest = left.setdefault(whose, int(held[place]))
            if grams > rest:
                short[int(rows[place])] = rest
            else:
                left[whose] = rest - grams
        broken = np.zeros(drafted.rows.num_rows, np.bool_)
        broken[list(short)] = True
        drafted.verdicts.refuse(
            broken, "more-than-held", lambda row: f"{int(drafted.grams[row])} g are asked for, {short[row]} g are left."
        )

    # Batch

    def _batch(self, number: int, drafted: Candidates, accepted: _Accepted) -> BatchColumns:
        context = batch_context_hash(plan_hash=self._plan_hash, number=number)
        return BatchColumns(
            kind=self._terms.kind,
            reduction_class=self._terms.reduction_class,
            salt_key=bytes(batch_salt_key(salt_key=self._keys.salt_key, context_hash=context)),
            entry_ids=accepted.entry_ids,
            grams=np.ascontiguousarray(drafted.grams[accepted.places]),
            account_tags=accepted.account_tags,
            details=strings_of(drafted.details.take(pa.array(accepted.places))),
        )

    def _header(
        self,
        number: int,
        block: Block,
        batch: BatchColumns | None,
        *,
        days: tuple[int, int],
        refused: dict[str, int],
    ) -> PreparedBatch:
        root, total, file_hash = self._put(batch)
        return PreparedBatch(
            number=number,
            kind=self._terms.kind,
            reduction_class=self._terms.reduction_class,
            party=self._terms.party,
            methodology_id=self._terms.methodology_id,
            first_day=days[0],
            last_day=days[1],
            root=root,
            total=total,
            entry_count=0 if batch is None else len(batch.grams),
            file_hash=file_hash,
            rows=block.rows.num_rows,
            left_out=block.left_out,
            refused=refused,
        )

    def _put(self, batch: BatchColumns | None) -> tuple[Hash32 | None, int, Hash32 | None]:
        if batch is None:
            return None, 0, None
        tree = batch.tree()
        making = self._places.run.path / "making.parquet"
        write_batch(making, batch)
        file_hash = self._places.store.put(making)
        making.unlink()
        return tree.root, tree.total, file_hash

    def _finish(self) -> None:
        headers = self._places.run.headers()
        refused: Counter[str] = Counter()
        for header in headers:
            refused.update(header.refused)
        self._places.run.finish(
            {
                "format": FORMAT,
                "batches": sum(header.file_hash is not None for header in headers),
                "entries": sum(header.entry_count for header in headers),
                "total": str(sum(header.total for header in headers)),
                "rows": sum(header.rows for header in headers),
                "left_out": sum(header.left_out for header in headers),
                "refused": dict(sorted(refused.items())),
            }
        )


def _counted(blocks: Iterator[Block], told: Told) -> Iterator[Block]:
    rows = 0
    for block in blocks:
        rows += block.rows.num_rows + block.left_out + sum(len(part.rules) for part in block.refused)
        told(rows)
        yield block


def _days(drafted: Candidates, accepted: _Accepted) -> tuple[int, int]:
    """First and last civil day of the entries, 0 where there are none or they have no day."""
    if drafted.days is None or len(accepted.places) == 0:
        return 0, 0
    days = drafted.days[accepted.places]
    return int(days.min()), int(days.max())


def _check(mapping: FeedMapping, terms: Terms, quantification: Quantification | None, batch_size: int) -> None:
    if mapping.kind != terms.kind:
        raise InvalidInput("feed.kind", f"be {terms.kind.label}, as what is prepared", mapping.kind.label)
    if not 1 <= batch_size <= MAX_ENTRIES:
        raise InvalidInput("batch_size", f"be from 1 to {MAX_ENTRIES}", batch_size)
    if terms.kind.is_of_feed:
        if quantification is None or terms.methodology_id is None:
            raise InvalidInput("methodology", "be one with a quantification", None)
        if terms.creditable is None:
            raise InvalidInput("creditable", "be the days of the activity's crediting period that are over", None)
        check_inputs(mapping, quantification)


def _as_planned(terms: Terms, run: RunFolder) -> Terms:
    """A run that goes on the next day refuses the same rows: the days that were over are those of its plan."""
    ended = run.planned_ended_day
    if terms.creditable is None or ended is None:
        return terms
    return replace(terms, creditable=replace(terms.creditable, ended=ended))


def _plan(
    mapping: FeedMapping,
    sources: Sequence[Source],
    *,
    terms: Terms,
    quantification: Quantification | None,
    keys: PrepareKeys,
    batch_size: int,
) -> dict[str, Json]:
    """What decides the bytes of every batch, as far as it is no secret; of the keys it has a mark only."""
    networks = [given.network.hash.hex0x for given in mapping.inputs.values() if isinstance(given, OverNetwork)]
    return {
        "format": FORMAT,
        "source": mapping.name,
        "mapping": "0x" + hashlib.sha256(mapping.content).hexdigest(),
        "networks": list(networks),
        "files": [
            {"name": source.path.name, "bytes": source.path.stat().st_size, "sha256": "0x" + source.sha256.hex()}
            for source in sources
        ],
        "kind": terms.kind.label,
        "class": terms.reduction_class.label,
        "party": terms.party.hex0x,
        "methodology_id": terms.methodology_id.hex0x if terms.methodology_id else None,
        "creditable": terms.creditable.to_json() if terms.creditable else None,
        "quantification": quantification.to_json() if quantification else None,
        "batch_size": batch_size,
        "keys": [key_mark(key=key).hex0x for key in (keys.entry_key, keys.salt_key)],
    }


def _index(places: Places, header: PreparedBatch) -> None:
    """The index has every prepared batch, unless it was built anew from those of the chain."""
    if header.file_hash is not None and not _is_indexed(places, header):
        places.index.add(read_batch(places.store.local(header.file_hash)), header.file_hash)


def _is_indexed(places: Places, header: PreparedBatch) -> bool:
    """Whether the index has the batch. `BatchWithdrawn` if it was withdrawn: others may have its records now."""
    place = None if header.file_hash is None else places.index.place_of(header.file_hash)
    if place is None:
        return False
    batch = places.index.batches[place]
    if batch.state == WITHDRAWN:
        raise BatchWithdrawn(str(places.run.path), header.number, batch.file_hash)
    return True
