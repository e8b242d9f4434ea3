"""Batches made up for tests: few entries, or many at once, of persons who are numbers."""

from hashlib import sha256

import numpy as np

from indexer.batch_files import BatchColumns
from ledger.bulk.columns import Hashes, Strings
from ledger.vocabulary import BatchKind, ReductionClass

SALT_KEY = bytes(range(32))


def tags(*persons: int) -> Hashes:
    """The account tags of these persons."""
    joined = b"".join(sha256(b"person" + person.to_bytes(8)).digest() for person in persons)
    return np.frombuffer(joined, np.uint8).reshape(-1, 32)


def make_batch(
    entries: list[tuple[int, int]],
    *,
    kind: BatchKind = BatchKind.EARN,
    reduction_class: ReductionClass = ReductionClass.I,
    first: int = 0,
    ids: list[bytes] | None = None,
) -> BatchColumns:
    """A batch of (person, grams); entry ids follow from numbers that begin at `first`, unless `ids` are given."""
    made = ids or [sha256(f"{kind} {first + number}".encode()).digest() for number in range(len(entries))]
    ordered = sorted(zip(made, entries, strict=True))
    return BatchColumns(
        kind=kind,
        reduction_class=reduction_class,
        salt_key=SALT_KEY,
        entry_ids=np.frombuffer(b"".join(entry_id for entry_id, _ in ordered), np.uint8).reshape(-1, 32),
        grams=np.array([grams for _, (_, grams) in ordered], np.uint64),
        account_tags=tags(*(person for _, (person, _) in ordered)),
        details=Strings.from_list([b'{"reference":"%d"}' % person for _, (person, _) in ordered]),
    )
