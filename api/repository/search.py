"""What somebody may have of the ledger, by itself: an id, a hash, an address, a number, a code."""

from collections.abc import Iterator
from typing import NamedTuple

from api.repository.snapshots import Snapshot

MOST_OPERATIONS = 20
"""Of one transaction, or of one record."""

_OPERATION_HASHES = {
    "operation-id": "operation_id",
    "record-hash": "record_hash",
    "leaf-hash": "leaf_hash",
    "transaction-hash": "transaction_hash",
}
_IDS = {
    ("block", "block-hash"): "SELECT number FROM blocks WHERE hash = ?",
    ("lot", "lot-id"): "SELECT lot_id FROM lots WHERE lot_id = ?",
    ("activity", "activity-id"): "SELECT code FROM activities WHERE activity_id = ?",
    ("methodology", "methodology-id"): "SELECT methodology_id FROM methodologies WHERE methodology_id = ?",
    ("campaign", "campaign-id"): "SELECT code FROM campaigns WHERE campaign_id = ?",
    ("batch", "file-hash"): "SELECT batch_number FROM batches WHERE file_hash = ?",
}
_ADDRESSES = {
    ("account", "account-address"): "SELECT account FROM accounts WHERE account = ?",
    ("contract", "contract-address"): "SELECT name FROM bound_contracts WHERE address = ?",
}
_CODES = {
    ("activity", "activity-code"): "SELECT code FROM activities WHERE code = ?",
    (
        "methodology",
        "methodology-code",
    ): "SELECT methodology_id FROM methodologies WHERE code = ? ORDER BY version DESC LIMIT 1",
    ("campaign", "campaign-code"): "SELECT code FROM campaigns WHERE code = ?",
}
_NUMBERS = {
    ("certificate", "certificate-number"): """
        SELECT number FROM certificates WHERE number = ?
        UNION ALL SELECT certificate_number FROM campaign_cancellations WHERE certificate_number = ?""",
    ("batch", "batch-number"): "SELECT batch_number FROM batches WHERE batch_number = ?",
    ("operation", "leaf-index"): "SELECT leaf_index FROM operations WHERE leaf_index = ?",
    ("block", "block-number"): "SELECT number FROM blocks WHERE number = ?",
    ("checkpoint", "checkpoint-size"): "SELECT size FROM checkpoints WHERE size = ? AND published_at IS NOT NULL",
}
_CERTIFICATE_OF_POINTS = """
SELECT first_certificate + entry_count FROM batches WHERE first_certificate <= ?
ORDER BY first_certificate DESC LIMIT 1
"""
_LOT_OF_SERIAL = """
SELECT lot_id, first_serial + issued_gco2e FROM lots WHERE first_serial <= ? ORDER BY first_serial DESC LIMIT 1
"""


class Match(NamedTuple):
    """`kind`: what it is; `by`: by which of its names it was found; `key`: what its page is known by."""

    kind: str
    by: str
    key: bytes | str | int


def by_hash(snapshot: Snapshot, given: bytes) -> Iterator[Match]:
    """What has these 32 bytes as id or hash."""
    for by, column in _OPERATION_HASHES.items():
        statement = f"SELECT leaf_index FROM operations WHERE {column} = ? ORDER BY leaf_index LIMIT ?"  # noqa: S608
        yield from (Match("operation", by, row[0]) for row in snapshot.all(statement, given, MOST_OPERATIONS))
    yield from _found(snapshot, _IDS, given)


def by_address(snapshot: Snapshot, given: bytes) -> Iterator[Match]:
    """What stands at these 20 bytes."""
    yield from _found(snapshot, _ADDRESSES, given)


def by_code(snapshot: Snapshot, given: str) -> Iterator[Match]:
    """What is registered under this public code."""
    yield from _found(snapshot, _CODES, given)


def by_number(snapshot: Snapshot, given: int) -> Iterator[Match]:
    """What has this number."""
    for (kind, by), statement in _NUMBERS.items():
        rows = snapshot.all(statement, *(given,) * statement.count("?"))
        yield from (Match(kind, by, row[0]) for row in rows)
    if (row := snapshot.one(_CERTIFICATE_OF_POINTS, given)) is not None and given < row[0]:
        yield Match("certificate", "certificate-number", given)
    if (row := snapshot.one(_LOT_OF_SERIAL, given)) is not None and given < row[1]:
        yield Match("lot", "serial-number", row[0])


def _found(snapshot: Snapshot, questions: dict[tuple[str, str], str], given: bytes | str) -> Iterator[Match]:
    for (kind, by), statement in questions.items():
        yield from (Match(kind, by, row[0]) for row in snapshot.all(statement, given))


LOOKED_FOR = {
    "hash": (*_OPERATION_HASHES, *(by for _, by in _IDS)),
    "address": tuple(by for _, by in _ADDRESSES),
    "code": tuple(by for _, by in _CODES),
    "number": (*(by for _, by in _NUMBERS), "serial-number"),
}
"""What is looked for where something reads as a hash, an address, a code, a number."""
