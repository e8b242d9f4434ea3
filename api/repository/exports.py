"""Rows that are exported: leaves, batches, postings of both books. Only what is appended and never changed."""

from typing import Any

from api.export_formats import Row
from api.repository.snapshots import Snapshot
from api.schemas.common import label, optional_day
from api.schemas.postings import book_label
from indexer.schema import Book, PointBook
from ledger.encoding import FORMAT
from ledger.vocabulary import BatchKind, OperationKind, ReductionClass

_LEAVES = """
SELECT leaf_index, leaf_hash, ledger, kind, operation_id, subject, from_account, to_account, quantity_gco2e,
       record_hash, timestamp, block_number, transaction_hash, log_index
FROM operations WHERE leaf_index BETWEEN ? AND ? ORDER BY leaf_index
"""
_BATCHES = """
SELECT batch_number, leaf_index, kind, reduction_class, activity_id, provider, campaign_id, corrected_batch,
       after_batch, root, total, entry_count, file_hash, withheld_gco2e, first_certificate, corrected_gco2e,
       bought_back_gco2e, personal_after_gco2e, methodology_id, sequence, first_day, last_day
FROM batches WHERE batch_number BETWEEN ? AND ? ORDER BY batch_number
"""
_POSTINGS = """
SELECT leaf_index, position, lot_id, debit_book, debit_owner, credit_book, credit_owner, quantity_gco2e
FROM postings WHERE leaf_index BETWEEN ? AND ? ORDER BY leaf_index, position
"""
_POINT_POSTINGS = """
SELECT leaf_index, position, reduction_class, debit_book, debit_owner, credit_book, credit_owner, quantity_gco2e
FROM point_postings WHERE leaf_index BETWEEN ? AND ? ORDER BY leaf_index, position
"""
_BLOCKS = "SELECT number, hash FROM blocks WHERE number BETWEEN ? AND ?"
_FIRST_BLOCK = "SELECT first_block FROM chain_binding WHERE id = 1"
_LAST_BATCH = "SELECT MAX(batch_number) FROM batches"
REDUCTIONS, POINTS = "reductions", "points"


def leaves(snapshot: Snapshot, first: int, last: int) -> list[Row]:
    """Leaves with everything that is hashed into them, and where their events are."""
    chain_id = snapshot.chain_id
    return [
        (index, leaf_hash, FORMAT, chain_id, ledger, label(OperationKind, kind), kind, *rest)
        for index, leaf_hash, ledger, kind, *rest in snapshot.all(_LEAVES, first, last)
    ]


def batches(snapshot: Snapshot, first: int, last: int) -> list[Row]:
    """Batches of points as the chain has them."""
    return [
        (number, leaf, label(BatchKind, kind), label(ReductionClass, of), *rest, optional_day(begin), optional_day(end))
        for number, leaf, kind, of, *rest, begin, end in snapshot.all(_BATCHES, first, last)
    ]


def postings(snapshot: Snapshot, first: int, last: int) -> list[Row]:
    """Double entries of reductions and of points, by leaf; of one leaf those of reductions first."""
    rows: list[tuple[Any, ...]] = []
    for leaf, position, lot, debit, giver, credit, receiver, grams in snapshot.all(_POSTINGS, first, last):
        books = (book_label(Book, debit), giver, book_label(Book, credit), receiver)
        rows.append((leaf, REDUCTIONS, position, lot, None, *books, grams))
    for leaf, position, of, debit, giver, credit, receiver, grams in snapshot.all(_POINT_POSTINGS, first, last):
        books = (book_label(PointBook, debit), giver, book_label(PointBook, credit), receiver)
        rows.append((leaf, POINTS, position, None, label(ReductionClass, of), *books, grams))
    return sorted(rows, key=lambda row: (row[0], row[1] != REDUCTIONS, row[2]))


def blocks(snapshot: Snapshot, first: int, last: int) -> dict[int, bytes]:
    """Hashes of the blocks that hold events of ours."""
    return {number: bytes(block_hash) for number, block_hash in snapshot.all(_BLOCKS, first, last)}


def first_block(snapshot: Snapshot) -> int:
    """The first block that may hold an event of ours."""
    row = snapshot.one(_FIRST_BLOCK)
    assert row is not None  # noqa: S101 - a snapshot has a cursor, and a cursor a binding
    return int(row[0])


def last_batch(snapshot: Snapshot) -> int:
    """Number of the last batch; 0 without any."""
    row = snapshot.one(_LAST_BATCH)
    return 0 if row is None or row[0] is None else int(row[0])
