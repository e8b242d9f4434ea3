"""How each methodology version reckons grams: the `quantification` of its record, which the chain's leaf binds."""

from __future__ import annotations

from sqlalchemy import select

from indexer import schema
from indexer.audit.context import AuditContext
from ledger.errors import InvalidInput
from ledger.quantification import Quantification
from ledger.records import Record


class Quantifications:
    """Of the methodologies of the replica, out of the audited records, each believed only if it hashes to its leaf."""

    def __init__(self, context: AuditContext) -> None:
        self._context = context
        self._known: dict[bytes, Quantification | None] = {}

    def of(self, methodology_id: bytes) -> Quantification | None:
        """None where the record is not there, is another than the published one, or holds none that can be read."""
        if methodology_id not in self._known:
            self._known[methodology_id] = self._read(methodology_id)
        return self._known[methodology_id]

    def _read(self, methodology_id: bytes) -> Quantification | None:
        if self._context.audited is None:
            self._context.state("Grams of entries were not recomputed: quantifications stand in the records.")
            return None
        methodologies, operations = schema.methodologies.c, schema.operations.c
        with self._context.replica.read() as connection:
            record_hash = connection.scalar(
                select(operations.record_hash)
                .join(schema.methodologies, methodologies.published_leaf_index == operations.leaf_index)
                .where(methodologies.methodology_id == methodology_id)
            )
        document = self._context.audited.scalar(
            select(schema.records.c.document).where(schema.records.c.record_hash == record_hash)
        )
        if document is None:
            return None
        try:
            record = Record.from_bytes(document.encode())
            return Quantification.from_json(record.values["quantification"]) if record.hash == record_hash else None
        except (InvalidInput, KeyError, UnicodeEncodeError):
            return None
