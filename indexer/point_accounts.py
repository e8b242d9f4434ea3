"""What the ledger can tell a person who shows a lookup token: balance, entries, and the proof of each.

Nothing here says who the person is; the vault leads from the token to the account tag, and a forgotten person has no
token any more. Which batches count, and what the chain says of them, is the mirror's: whoever asks brings it along.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from threading import Lock
from typing import NamedTuple

import numpy as np

from indexer.batch_files import BatchRow, find_row, read_entry, read_salt_key
from indexer.batch_store import BatchStore
from indexer.entry_index import ANCHORED, EntryIndex, EntryPlace
from indexer.persons import Persons
from indexer.tree_cache import TreeCache
from ledger.bulk.columns import Hashes
from ledger.bulk.sum_tree import SumTree
from ledger.entries import DisclosedEntry, Entry, EntryProof
from ledger.errors import InvalidInput, NotFound, ProofMismatch
from ledger.ids import Hash32
from ledger.sum_tree import credited_grams
from ledger.vocabulary import BatchKind, ReductionClass


class BatchHeader(NamedTuple):
    """What the chain says of a batch."""

    file_hash: Hash32
    kind: BatchKind
    reduction_class: ReductionClass
    root: Hash32
    total: int
    entry_count: int
    withheld: int


class Amount(NamedTuple):
    """Of one entry, in points: what it is made out for, and what it put into the account or took out of it."""

    grams: int
    credited: int


@dataclass(frozen=True, slots=True)
class PointAccounts:
    """The vault, the entry index, the batch files and their trees, together. Threads may share it: the index, which
    reads its manifest anew in between, is asked by one at a time. Whoever writes to the index has another `EntryIndex`.
    """

    persons: Persons
    index: EntryIndex
    store: BatchStore
    trees: TreeCache
    _asking: Lock = field(default_factory=Lock, repr=False, compare=False)

    def tag_of_token(self, token: bytes) -> Hash32:
        """Whose token it is; `NotFound` if it is nobody's."""
        return self.persons.tag_of_token(token)

    def tag_of_token_hash(self, token_hash: bytes) -> Hash32:
        """The same by the token's SHA-256."""
        return self.persons.tag_of_token_hash(token_hash)

    def forget(self, tag: Hash32) -> bool:
        """Forgets whose tag it is (`Persons.forget_tag`): entries and proofs stay, and are nobody's."""
        return self.persons.forget_tag(tag)

    def places(self, tag: Hash32) -> list[EntryPlace]:
        """A person's entries in anchored batches, in the order of the chain."""
        with self._asking:
            found = self.index.entries_of(tag)
        places = [place for place in found if place.batch.state == ANCHORED]
        return sorted(places, key=lambda place: (place.batch.number, place.row))

    def balance(self, tag: Hash32, reduction_class: ReductionClass) -> tuple[int, int]:
        """Points of a class: all, and those that are not on their way to be spent."""
        tags: Hashes = np.frombuffer(bytes(tag), np.uint8).reshape(1, 32)
        with self._asking:
            every = self.index.balances(tags, reduction_class, pending=False)
            free = self.index.balances(tags, reduction_class)
        return int(every[0]), int(free[0])

    def place_of(self, tag: Hash32, entry_id: bytes) -> tuple[EntryPlace, BatchRow]:
        """A person's own entry; `NotFound` also for another's."""
        with self._asking:
            places = self.index.candidates(entry_id)
        for place in places:
            row = self.row(place)
            if row.entry_id == entry_id and row.account_tag == tag:
                return place, row
        raise NotFound("entry", Hash32(entry_id).hex0x)

    def row(self, place: EntryPlace) -> BatchRow:
        """An entry as its batch file has it."""
        return read_entry(self.store.local(place.batch.file_hash), place.row)

    def amount(self, header: BatchHeader, row: int) -> Amount:
        """What an entry moved; behaviour value is not points, and moves none."""
        tree = self._tree(header)
        offset = tree.offset(row)
        after = tree.offset(row + 1) if row + 1 < tree.size else tree.total
        grams = after - offset
        match header.kind:
            case BatchKind.EARN:
                return Amount(grams, credited_grams(offset=offset, grams=grams, withheld=header.withheld))
            case BatchKind.BEHAVIOUR | BatchKind.SNAPSHOT:
                return Amount(grams, 0)
            case _:
                return Amount(grams, -grams)

    def snapshot_row(self, header: BatchHeader, tag: Hash32) -> int | None:
        """A person's row in a snapshot, whose entry ids are the tags; None for nobody's."""
        return find_row(self.store.local(header.file_hash), bytes(tag))

    def proof(self, header: BatchHeader, row: int, entry: BatchRow | None = None) -> EntryProof:
        """The proof of an entry, with both fields open. It was verified, whatever state the files are in.

        Raises `ProofMismatch` where the batch file is not that of the header any more.
        """
        path = self.store.local(header.file_hash)
        found = entry or read_entry(path, row)
        disclosed = _opened(header.kind, found, read_salt_key(path))
        for last in (False, True):
            proof = EntryProof(
                entry=disclosed,
                index=row,
                size=header.entry_count,
                total=header.total,
                root=header.root,
                path=tuple(self._tree(header).proof(row)),
            )
            try:
                proof.verify_in(kind=header.kind, size=header.entry_count, total=header.total, root=header.root)
            except ProofMismatch:
                if last:
                    raise
                self.trees.forget(header.file_hash)  # made again from the batch file
            else:
                return proof
        raise AssertionError("unreachable")

    def _tree(self, header: BatchHeader) -> SumTree:
        return self.trees.tree(
            header.file_hash,
            kind=header.kind,
            reduction_class=header.reduction_class,
            root=header.root,
            total=header.total,
            entry_count=header.entry_count,
        )


def _opened(kind: BatchKind, row: BatchRow, salt_key: bytes) -> DisclosedEntry:
    try:
        entry = Entry.salted(
            salt_key=salt_key,
            kind=kind,
            grams=row.grams,
            entry_id=row.entry_id,
            account_tag=row.account_tag,
            details=json.loads(row.details),
        )
    except (ValueError, InvalidInput) as error:
        # Not the caller's mistake: what was anchored is not what §5.3 says of details, and cannot be shown as an entry.
        raise LookupError(f"entry {row.entry_id.hex0x} has details that no {kind.label} entry has") from error
    return entry.disclose(("account", "details"))
