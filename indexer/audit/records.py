"""The part `records`: every stored record, by itself and against the operation that carries its hash (§9.2).

A record that no leaf carries was saved for an operation that was never applied: it is counted, and is no finding as
long as it hashes to its key. An operation without a record here is none either: other bodies keep their own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

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
    key, found = bytes(row["record_hash"]), []

    def differs(column: str, expected: object, value: object) -> None:
        found.append(Finding.of(PART, _TABLE, key, column, expected=expected, found=value))

    try:
        record = Record.from_bytes(row["document"].encode())
    except (InvalidInput, UnicodeEncodeError) as error:
        differs("document", "a record that can be read", str(error))
        return found, None
    if record.hash != key:
        differs("document", f"a record that hashes to 0x{key.hex()}", record.hash)
    elif record.to_bytes().decode() != row["document"]:
        differs("document", "the record in RFC 8785 form", row["document"])
    if row["kind"] != int(record.kind):
        differs("kind", int(record.kind), row["kind"])
    try:
        check_fields(record.kind, record.values)
    except InvalidInput as error:
        differs(f"document.{error.field}", error.rule, error.value)
    for expected, value in _wrong_disclosure(record, row["public"]):
        differs("public", expected, value)
    return found, record


def _wrong_disclosure(record: Record, public: str) -> Iterator[tuple[object, object]]:
    """What is wrong with what is shown of a record: expected, found."""
    allowed = public_fields(record)
    if record.disclose(allowed).to_bytes().decode() == public:
        return
    try:
        shown = Disclosure.from_json(parse_strict(public.encode()))
    except (InvalidInput, UnicodeEncodeError) as error:
        yield "a disclosure of the record", str(error)
        return
    if shown.kind is not record.kind or shown.record_hash() != record.hash:
        yield f"a disclosure of the record {record.hash.hex0x}", shown.record_hash()
    if more := sorted({field.name for field in shown.fields} - set(allowed)):
        yield f"nothing shown but {', '.join(sorted(allowed))}", ", ".join(more)
    if shown.to_bytes().decode() != public:
        yield "the disclosure in RFC 8785 form", public


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
