"""What one person has: balances, entries and proofs, found by the person's reference or lookup token."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from indexer.batch_files import read_batch, read_entry
from indexer.entry_index import ANCHORED, EntryPlace
from ledger.canonical import parse_strict
from ledger.entries import ACCOUNT, DETAILS, Entry, EntryProof
from ledger.errors import InvalidInput, Json, NotFound
from ledger.ids import Hash32
from ledger.sum_tree import credited_grams
from ledger.vocabulary import BatchKind, ReductionClass
from scripts.points.home import PointsHome

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class FoundEntry:
    """An entry of a person and where it is. `credited` is None unless the batch is one of earned points."""

    place: EntryPlace
    entry_id: Hash32
    grams: int
    details: bytes


def tag_of(home: PointsHome, reference: str | None, token: Path | None) -> Hash32:
    """Whose account tag it is; exactly one of the two must be given."""
    if (reference is None) == (token is None):
        raise InvalidInput("person", "be named, by REFERENCE (the operator) or --token FILE (the person)", reference)
    if reference is not None:
        return home.persons.tag_of(reference)
    assert token is not None  # noqa: S101 - one of the two
    return home.persons.tag_of_token(read_token(token))


def read_token(path: Path) -> bytes:
    """The lookup token in a file, 64 hexadecimal digits."""
    try:
        text = path.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise InvalidInput("token", f"be a file that can be read ({type(error).__name__})", str(path)) from None
    if len(text) != 2 * _TOKEN_BYTES or not set(text) <= set("0123456789abcdef"):
        raise InvalidInput("token", f"hold {2 * _TOKEN_BYTES} hexadecimal digits", f"what stands in {path}")
    return bytes.fromhex(text)


def balance_of(home: PointsHome, tag: Hash32, reduction_class: ReductionClass) -> tuple[int, int]:
    """Anchored points of a class in grams, and what of them may be spent: prepared spending is off."""
    tags = np.frombuffer(bytes(tag), np.uint8).reshape(1, 32)
    anchored = int(home.index.balances(tags, reduction_class, pending=False)[0])
    return anchored, int(home.index.balances(tags, reduction_class)[0])


def entries_of(home: PointsHome, tag: Hash32) -> list[FoundEntry]:
    """Every entry of a person that is prepared or anchored, oldest batch first."""
    found = []
    for place in home.index.entries_of(tag):
        row = read_entry(home.store.local(place.batch.file_hash), place.row)
        found.append(FoundEntry(place, row.entry_id, row.grams, row.details))
    return found


def choose(entries: list[FoundEntry], *, entry: str | None, batch: int | None) -> FoundEntry:
    """The anchored entry that is meant; `InvalidInput` if that is not one."""
    anchored = [found for found in entries if found.place.batch.state == ANCHORED]
    if entry is not None:
        wanted = Hash32.from_hex(entry, "entry")
        anchored = [found for found in anchored if found.entry_id == wanted]
    if batch is not None:
        anchored = [found for found in anchored if found.place.batch.number == batch]
    if not anchored:
        raise NotFound("anchored entry", "of this person")
    if len(anchored) > 1:
        ids = ", ".join(found.entry_id.hex0x for found in anchored[:5])
        raise InvalidInput("entry", f"be named by --entry: there are {len(anchored)} ({ids} …)", batch)
    return anchored[0]


def prove(home: PointsHome, found: FoundEntry, *, shown: tuple[str, ...] = (ACCOUNT, DETAILS)) -> EntryProof:
    """The entry with its path to root and total of its batch, checked before it is given."""
    batch = found.place.batch
    columns = read_batch(home.store.local(batch.file_hash))
    tree = columns.tree()
    details = parse_strict(found.details)
    assert isinstance(details, dict)  # noqa: S101 - what batch files hold
    entry = Entry.salted(
        kind=columns.kind,
        grams=found.grams,
        entry_id=found.entry_id,
        account_tag=Hash32(columns.account_tags[found.place.row].tobytes()),
        details=details,
        salt_key=columns.salt_key,
    )
    proof = EntryProof(
        entry=entry.disclose(shown),
        index=found.place.row,
        size=tree.size,
        total=tree.total,
        root=tree.root,
        path=tuple(tree.proof(found.place.row)),
    )
    proof.verify()
    return proof


def credited(home: PointsHome, found: FoundEntry, proof: EntryProof) -> Json:
    """Points that an entry of an earn batch credited, once its batch's deficit was filled; None for other kinds."""
    if found.place.batch.kind is not BatchKind.EARN:
        return None
    return str(credited_grams(offset=proof.verify(), grams=found.grams, withheld=found.place.batch.withheld))
