"""Part `tables`: every row and every column of the mirror, the audited one against the replica (§9.2).

Both are read in the order of the primary key, a stretch at a time, and merged: memory does not grow with the tables.
Stretches that are equal, which in a clean mirror are all of them, are compared as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

from sqlalchemy import Connection, Select, Table, Text, select

from indexer import schema
from indexer.audit.context import AuditContext
from indexer.audit.database_shape import compare_shape
from indexer.audit.findings import Finding

NAME: Final = "tables"
_ROWS_AT_ONCE: Final = 2_000

_Row = tuple[Any, ...]


def compare_tables(context: AuditContext) -> Iterator[Finding]:
    """The database itself, then every table; with `since_leaf`, of those that only grow what came since."""
    yield from compare_shape(context)
    for table in schema.MIRROR:
        yield from compare_table(context, table)


def compare_table(context: AuditContext, table: Table) -> Iterator[Finding]:
    """One table."""
    assert context.audited is not None  # noqa: S101 - the part needs a database
    question = _in_order(table, context.since_leaf)
    with context.replica.read() as connection:
        expected = _stretches(connection, question)
        found = _stretches(context.audited, question)
        left: list[_Row] = []
        right: list[_Row] = []
        compared = 0
        while True:
            left = left or next(expected, [])
            right = right or next(found, [])
            if not left and not right:
                break
            compared += max(len(left), len(right))
            if left == right:
                left, right = [], []
            else:
                findings, left, right = _merged(table, left, right)
                yield from findings
            context.told(f"table {table.name}", compared, None)
        context.cover("rows", compared)


def _merged(table: Table, left: list[_Row], right: list[_Row]) -> tuple[list[Finding], list[_Row], list[_Row]]:
    """What two stretches differ in, as far as both reach, and what is left of either.

    Where one side has come to its end, everything on the other is missing or surplus.
    """
    findings: list[Finding] = []
    keys = _key_places(table)
    i = j = 0
    while i < len(left) and j < len(right):
        expected, found = left[i], right[j]
        key, other = _key(expected, keys), _key(found, keys)
        if key <= other:
            i += 1
        if other <= key:
            j += 1
        if key < other:
            findings.append(Finding.missing(NAME, table.name, key))
        elif other < key:
            findings.append(Finding.surplus(NAME, table.name, other))
        elif expected != found:
            findings += _changed(table, key, expected, found)
    if not right:
        findings += [Finding.missing(NAME, table.name, _key(row, keys)) for row in left]
        return findings, [], []
    if not left:
        findings += [Finding.surplus(NAME, table.name, _key(row, keys)) for row in right]
        return findings, [], []
    return findings, left[i:], right[j:]


def _changed(table: Table, key: _Row, expected: _Row, found: _Row) -> Iterator[Finding]:
    for column, ours, theirs in zip(table.columns, expected, found, strict=True):
        if ours != theirs:
            yield Finding.of(NAME, table.name, key, column.name, expected=ours, found=theirs)


def _key_places(table: Table) -> list[int]:
    names = [column.name for column in table.columns]
    return [names.index(column.name) for column in table.primary_key.columns]


def _key(row: _Row, places: Sequence[int]) -> _Row:
    return tuple(row[place] for place in places)


def _in_order(table: Table, since_leaf: int | None) -> Select[Any]:
    question = select(table)
    if since_leaf is not None and "leaf_index" in table.c:
        question = question.where(table.c.leaf_index >= since_leaf)
    return question


def _stretches(connection: Connection, question: Select[Any]) -> Iterator[list[_Row]]:
    """The rows in the order of the primary key, as both databases and Python sort it."""
    table = question.get_final_froms()[0]
    assert isinstance(table, Table)  # noqa: S101 - as `_in_order` made it
    order = [
        # SQLite and Python compare texts by their bytes; PostgreSQL by its locale unless it is told.
        column.collate("C") if isinstance(column.type, Text) and connection.dialect.name == "postgresql" else column
        for column in table.primary_key.columns
    ]
    ordered = question.order_by(*order).execution_options(yield_per=_ROWS_AT_ONCE)
    with connection.execute(ordered) as rows:
        for part in rows.partitions():
            yield [tuple(row) for row in part]
