"""Records by hash: the off-chain documents, whole, and which of their fields anyone may see."""

import time
from collections.abc import Iterable, Mapping
from functools import lru_cache

from sqlalchemy import Column, Connection, select

from indexer import row_seals
from indexer.database import Database
from indexer.schema import records
from ledger.canonical import parse_strict
from ledger.errors import InvalidRecord, NotFound
from ledger.ids import RecordHash
from ledger.records import FIELD_NAMES, PUBLIC_FIELDS, PURPOSE_FIELDS, REQUIRED_FIELDS, Disclosure, Record
from ledger.vocabulary import OperationKind

_HASHES_PER_QUESTION = 500
_PUBLIC_BY_PURPOSE = {purpose.label: names for purpose, names in PURPOSE_FIELDS.items()}


def public_fields(record: Record) -> list[str]:
    """The fields that are public unless somebody decides otherwise: those that every record of the kind must have,
    those of `PUBLIC_FIELDS`, and of a cancellation those that its own purpose requires.

    Whatever else a body wrote into a record stays back.
    """
    public = public_names(record.kind, _purpose_of(record))
    return [member.name for member in record.fields if member.name in public]


class RecordStore:
    """The table `records`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def save(self, documents: Iterable[Record], disclosed: Mapping[RecordHash, Iterable[str]] | None = None) -> None:
        """Keeps records; those that are there already stay as they are.

        `disclosed` names the public fields of some records; of the others those that every record of the
        kind must have, and of a cancellation those that its own purpose requires. `InvalidRecord` for a
        name that the record does not have.
        """
        with self._database.write(durable=True) as connection:
            save_records(connection, documents, disclosed)

    def save_document(self, record_hash: RecordHash, document: bytes) -> None:
        """Keeps a document that came from outside; `InvalidRecord` unless it hashes to `record_hash`."""
        record = Record.from_bytes(document)
        if record.hash != record_hash:
            raise InvalidRecord("document", f"hash to {record_hash}", record.hash.hex0x)
        self.save([record])

    def record(self, record_hash: RecordHash) -> Record | None:
        """The whole record, hidden fields and salts included; None if it is not here."""
        document = self._text(records.c.document, record_hash)
        if document is None:
            return None
        found = Record.from_bytes(document.encode())
        _require_hash(found.hash, record_hash)
        return found

    def disclosure(self, record_hash: RecordHash) -> Disclosure | None:
        """What anyone may see of the record; None if it is not here."""
        document = self._text(records.c.public, record_hash)
        if document is None:
            return None
        shown = Disclosure.from_json(parse_strict(document.encode()))
        _require_hash(shown.hash, record_hash)
        return shown

    def disclose(self, record_hash: RecordHash, names: Iterable[str]) -> None:
        """Makes exactly these fields public. `NotFound`, or `InvalidRecord` for a name that is no field of it."""
        found = self.record(record_hash)
        if found is None:
            raise NotFound("record", record_hash)
        public = _public_document(found, names)
        with self._database.write(durable=True) as connection:
            row_seals.change(connection, records, records.c.record_hash == bytes(record_hash), {"public": public})

    def _text(self, column: Column[str], record_hash: RecordHash) -> str | None:
        with self._database.read() as connection:
            return connection.scalar(select(column).where(records.c.record_hash == bytes(record_hash)))


def save_records(
    connection: Connection,
    documents: Iterable[Record],
    disclosed: Mapping[RecordHash, Iterable[str]] | None = None,
) -> None:
    """Inserts the records that are not there yet. `RecordStore.save` on a connection."""
    new = {bytes(record.hash): record for record in documents}
    hashes = list(new)
    for start in range(0, len(hashes), _HASHES_PER_QUESTION):
        part = hashes[start : start + _HASHES_PER_QUESTION]
        for known in connection.scalars(select(records.c.record_hash).where(records.c.record_hash.in_(part))):
            del new[bytes(known)]
    if not new:
        return
    now = int(time.time())
    chosen = disclosed or {}
    rows = [
        {
            "record_hash": key,
            "kind": int(record.kind),
            "document": record.to_bytes().decode(),
            "public": _public_document(record, chosen.get(record.hash)),
            "saved_at": now,
        }
        for key, record in new.items()
    ]
    row_seals.add(connection, records, rows)


def _public_document(record: Record, names: Iterable[str] | None) -> str:
    shown = record.disclose(public_fields(record) if names is None else names)
    return shown.to_bytes().decode()


def _require_hash(computed: RecordHash, record_hash: RecordHash) -> None:
    if computed != record_hash:
        raise InvalidRecord("stored document", f"hash to {record_hash}", computed.hex0x)


@lru_cache(maxsize=256)
def public_names(kind: OperationKind, purpose: str) -> frozenset[str]:
    """The fields of a kind that are public unless somebody decides otherwise; `purpose` is that of a cancellation.

    `field_names` is public whatever anybody decides.
    """
    return frozenset(
        {FIELD_NAMES, *REQUIRED_FIELDS[kind], *PUBLIC_FIELDS.get(kind, ()), *_PUBLIC_BY_PURPOSE.get(purpose, ())}
    )


def _purpose_of(record: Record) -> str:
    """The purpose that the record of a cancellation names; empty for all others."""
    if record.kind is not OperationKind.REDUCTION_CANCELLED:
        return ""
    return next((str(member.value) for member in record.fields if member.name == "purpose"), "")
