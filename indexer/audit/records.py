"""The part `records`: every stored record, by itself and against the operation that carries its hash (§9.2).

A record that no leaf carries was saved for an operation that was never applied: it is counted, and is no finding as
long as it hashes to its key. An operation without a record here is none either: other bodies keep their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, Row, select

from indexer import schema
from indexer.audit.context import AuditContext
from indexer.audit.findings import Finding
from indexer.audit.leaf_facts import Facts, facts_of_leaves
from indexer.records import public_fields
from ledger.canonical import parse_strict
from ledger.errors import InvalidInput
from ledger.records import Disclosure, Record, check_fields
from ledger.vocabulary import OperationKind

PART: Final = "records"
_TABLE: Final = "records"
_AT_ONCE: Final = 500

Stored = Mapping[str, Any]

Difference = tuple[str, object, object]
"""Column, expected, found."""


def audit_records(context: AuditContext) -> Iterator[Finding]:
    """Records of the operations, of a continued audit of those that came since; then every record of none."""
    assert context.audited is not None  # noqa: S101 - the part is left out without a database
    hashes: set[bytes] = set()
    with context.replica.read() as replica:
        for first in range(context.since_leaf or 0, context.at.log_size, _AT_ONCE):
            yield from _audit_leaves(context, context.audited, replica, first, hashes)
            context.told("records of operations", first, context.at.log_size)
    yield from _audit_others(context, context.audited, hashes)


def _audit_leaves(
    context: AuditContext, audited: Connection, replica: Connection, first: int, hashes: set[bytes]
) -> Iterator[Finding]:
    """The next operations, and their records as far as they are here."""
    operations = schema.operations
    here = operations.c.leaf_index.between(first, first + _AT_ONCE - 1)
    leaves = list(replica.execute(select(operations).where(here).order_by(operations.c.leaf_index)))
    facts = facts_of_leaves(replica, leaves)
    wanted = {bytes(leaf.record_hash) for leaf in leaves}
    question = select(schema.records).where(schema.records.c.record_hash.in_(wanted))
    stored = {bytes(row["record_hash"]): row for row in audited.execute(question).mappings()}
    read: dict[bytes, Record | None] = {}
    for record_hash, row in stored.items():
        findings, read[record_hash] = check_stored({**row})
        yield from findings
    for leaf in leaves:
        record = read.get(bytes(leaf.record_hash))
        if record is not None:
            yield from _agreement(leaf, record, facts[leaf.leaf_index])
    hashes |= wanted
    context.cover("records", len(stored))
    context.cover("operations without a record here", sum(bytes(leaf.record_hash) not in stored for leaf in leaves))


def _audit_others(context: AuditContext, audited: Connection, hashes: set[bytes]) -> Iterator[Finding]:
    """Records that none of these operations carries."""
    operations = schema.operations
    with context.replica.read() as replica:
        stored = audited.execute(select(schema.records), execution_options={"yield_per": _AT_ONCE})
        for part in stored.mappings().partitions():
            rows = {bytes(row["record_hash"]): row for row in part if bytes(row["record_hash"]) not in hashes}
            earlier: set[bytes] = set()
            if context.since_leaf:
                question = select(operations.c.record_hash).where(operations.c.leaf_index < context.since_leaf)
                earlier = {bytes(one) for one in replica.scalars(question.where(operations.c.record_hash.in_(rows)))}
            for record_hash, row in rows.items():
                yield from check_stored({**row})[0]
                context.cover("records of no operation", record_hash not in earlier)
            context.cover("records", len(rows))


def check_stored(row: Stored) -> tuple[list[Finding], Record | None]:
    """What is wrong with a row by itself, and the record that its document is; None where it is no record.

    The document hashes to the key, in the bytes that were hashed and with every field that its kind must have; `kind`
    is its kind; `public` shows no more of it than anyone may see.
    """
    key = bytes(row["record_hash"])
    record, unreadable = _read(Record.from_bytes, row["document"])
    if record is not None and record.hash == key and _usually_shown(record) == row["public"]:
        return _findings(key, _wrong_document(record, row)), record
    shown, undisclosed = _read(lambda data: Disclosure.from_json(parse_strict(data)), row["public"])
    hashes = (None if record is None else record.hash, None if shown is None else shown.hash)
    found: list[Difference] = list(_wrong_hashes(key, *hashes))
    if record is None:
        found.append(("document", "a record that can be read", unreadable))
    else:
        found += _wrong_document(record, row)
    if shown is None:
        found.append(("public", "a disclosure of the record", undisclosed))
    else:
        found += _wrong_disclosure(shown, record, row["public"])
    return _findings(key, found), record


def _findings(key: bytes, differences: Iterable[Difference]) -> list[Finding]:
    return [Finding.of(PART, _TABLE, key, column, expected=one, found=other) for column, one, other in differences]


def _usually_shown(record: Record) -> str:
    """What is public of it unless somebody decided otherwise."""
    return record.disclose(public_fields(record)).to_bytes().decode()


_Read = TypeVar("_Read")


def _read(reader: Callable[[bytes], _Read], text: str) -> tuple[_Read | None, str]:
    """What a stored text says, or why it cannot be read."""
    try:
        return reader(text.encode()), ""
    except (InvalidInput, UnicodeEncodeError) as error:
        return None, str(error)


def _wrong_hashes(key: bytes, document: bytes | None, public: bytes | None) -> Iterator[Difference]:
    """Document, what is shown of it, and key are of one record; the one of three that differs is named."""
    if document == public != key and document is not None:
        yield "record_hash", document, key
        return
    for column, value in (("document", document), ("public", public)):
        if value not in {None, key}:
            yield column, f"of the record 0x{key.hex()}", value


def _wrong_document(record: Record, row: Stored) -> Iterator[Difference]:
    if record.to_bytes().decode() != row["document"]:
        yield "document", "the record in RFC 8785 form", row["document"]
    if row["kind"] != int(record.kind):
        yield "kind", int(record.kind), row["kind"]
    try:
        check_fields(record.kind, record.values)
    except InvalidInput as error:
        yield f"document.{error.field}", error.rule, error.value


def _wrong_disclosure(shown: Disclosure, record: Record | None, public: str) -> Iterator[Difference]:
    if record is not None and shown.hash == record.hash:
        allowed = set(public_fields(record))
        if more := sorted({field.name for field in shown.fields} - allowed):
            yield "public", f"nothing shown but {', '.join(sorted(allowed))}", ", ".join(more)
    if shown.to_bytes().decode() != public:
        yield "public", "the disclosure in RFC 8785 form", public


def _agreement(leaf: Row[Any], record: Record, facts: Facts) -> Iterator[Finding]:
    """Whether the record tells of the operation that carries its hash."""
    key = bytes(leaf.record_hash)
    kind = OperationKind.from_number(leaf.kind)
    if kind is OperationKind.POINTS_BOUGHT_BACK:  # carries the redemption's, whose own leaf says the rest
        kind = OperationKind.POINTS_REDEEMED
    if record.kind is not kind:
        yield Finding.of(PART, _TABLE, key, "kind", expected=kind, found=record.kind)
        return
    for name, value in record.values.items():
        if name in facts and value != facts[name]:
            yield Finding.of(PART, _TABLE, key, f"document.{name}", expected=facts[name], found=value)
