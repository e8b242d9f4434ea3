"""The parts of an audit, in the order in which they run. A new part is a line here, and a row of §9.2's table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from indexer.audit.context import AuditContext
from indexer.audit.findings import Finding

PartFunction = Callable[[AuditContext], Iterator[Finding]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """`name` is the `part` of its findings and the word of `--part`; `run` looks, and gives findings as it makes them.

    A part that needs the audited database (`context.audited`) or store (`context.store`) is left out, and the report
    says so, where there is none.
    """

    name: str
    run: PartFunction
    needs_database: bool = False
    needs_store: bool = False


PARTS: tuple[Part, ...] = ()
"""All of them."""
