"""Part `seals`: every column of every row that the operator keeps, against the seal of the row (§9.4).

A finding shows seals and not values: among what is kept are salts and what they hide.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Table, select

from indexer import row_seals, schema
from indexer.audit.context import AuditContext
from indexer.audit.findings import Finding

NAME: Final = "seals"
_ROWS_AT_ONCE: Final = 1_000


def check_seals(context: AuditContext) -> Iterator[Finding]:
    """Every kept table."""
    for table in schema.KEPT:
        yield from check_table(context, table)


def check_table(context: AuditContext, table: Table) -> Iterator[Finding]:
    """One table. A row that was taken out has no seal: of those that the chain knows of, other parts tell."""
    assert context.audited is not None  # noqa: S101 - the part needs a database
    keys = [column.name for column in table.primary_key.columns]
    rows = context.audited.execute(select(table).execution_options(yield_per=_ROWS_AT_ONCE)).mappings()
    checked = 0
    for part in rows.partitions():
        for row in part:
            for broken in row_seals.broken_columns(table, dict(row)):
                key = tuple(row[name] for name in keys)
                yield Finding.of(
                    NAME, table.name, key, broken.column, expected=_seal(broken.computed), found=_seal(broken.sealed)
                )
        checked += len(part)
        context.told(f"seals of {table.name}", checked, None)
    context.cover("kept rows", checked)
    context.cover(f"kept rows of {table.name}", checked)


def _seal(seal: bytes | None) -> str:
    return "no seal" if seal is None else f"seal 0x{seal.hex()}"
