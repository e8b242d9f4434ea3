"""Part `tables`, before any row: whether what is read is what everybody else who asks the database reads (§9.2).

A view in a table's place may answer an audit otherwise than the API, a trigger or a rule may put back what was taken
out, and an index that does not hold what its table holds hides rows from whoever looks them up by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from sqlalchemy import Connection, text

from indexer import schema
from indexer.audit.context import AuditContext
from indexer.audit.findings import WHOLE_ROW, Finding

DATABASE: Final = "database"
"""What stands in the place of a table's name in findings about the database itself."""

_PART: Final = "tables"
_MOST_NAMED: Final = 100
_OBJECTS: Final = text(
    "SELECT type, name, tbl_name, sql FROM sqlite_master WHERE name NOT LIKE 'sqlite\\_stat%' ESCAPE '\\'"
)
_CHECKED_ELSEWHERE: Final = "CHECK constraint failed"
"""A value that no row may have is another than the chain's, or than was sealed: the rows' own findings name it."""

_POSTGRESQL: Final = text(
    """
    SELECT c.relname, c.relkind = 'r', c.relrowsecurity, c.relhasrules,
           EXISTS (SELECT 1 FROM pg_trigger t WHERE t.tgrelid = c.oid AND NOT t.tgisinternal),
           EXISTS (SELECT 1 FROM pg_index i WHERE i.indrelid = c.oid AND NOT i.indisvalid)
    FROM pg_class c WHERE c.oid = to_regclass(:name)
    """
)


def compare_shape(context: AuditContext) -> Iterator[Finding]:
    """Tables, indexes, views and triggers of the audited database against those that this program makes."""
    assert context.audited is not None  # noqa: S101 - the part needs a database
    if context.audited.dialect.name == "sqlite":
        with context.replica.read() as replica:
            yield from _compared(_objects(replica), _objects(context.audited))
        yield from _whole(context.audited)
    else:
        yield from postgresql_shape(context.audited)


def _compared(expected: dict[str, str], found: dict[str, str]) -> Iterator[Finding]:
    for name in sorted({*expected, *found}):
        if name not in found:
            yield Finding.missing(_PART, DATABASE, name)
        elif name not in expected:
            yield Finding.of(_PART, DATABASE, name, WHOLE_ROW, expected="nothing of that name", found=found[name])
        elif expected[name] != found[name]:
            yield Finding.of(_PART, DATABASE, name, "sql", expected=expected[name], found=found[name])


def _objects(connection: Connection) -> dict[str, str]:
    """Definitions by `TYPE NAME`, without what differs between versions of SQLite."""
    return {
        f"{kind} {name}": re.sub(r'[\s"]+', " ", f"{of}: {sql or 'made by SQLite'}")
        for kind, name, of, sql in connection.execute(_OBJECTS)
    }


def _whole(audited: Connection) -> Iterator[Finding]:
    """Whether each index holds what its table holds, and each value is of its column's type."""
    for said in audited.scalars(text(f"PRAGMA integrity_check({_MOST_NAMED})")).all():
        if said != "ok" and not str(said).startswith(_CHECKED_ELSEWHERE):
            yield Finding.of(_PART, DATABASE, "integrity_check", WHOLE_ROW, expected="ok", found=said)


def postgresql_shape(audited: Connection) -> Iterator[Finding]:
    """Tables of ours that are none, or that may show one reader something else than another."""
    for table in (*schema.MIRROR, *schema.KEPT):
        found = audited.execute(_POSTGRESQL, {"name": table.name}).first()
        if found is None:
            yield Finding.missing(_PART, DATABASE, f"table {table.name}")
            continue
        _, ordinary, secured, ruled, triggered, broken = found
        wrong = (
            (not ordinary, "no ordinary table"),
            (secured, "row security"),
            (ruled, "rules"),
            (triggered, "triggers"),
            (broken, "an index that is not valid"),
        )
        for is_so, what in wrong:
            if is_so:
                expected = "an ordinary table, with no row security, rules or triggers of its own"
                yield Finding.of(_PART, DATABASE, f"table {table.name}", WHOLE_ROW, expected=expected, found=what)
