"""The parts of an audit, in the order in which they run. A new part is a line here, and a row of §9.2's table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from indexer.audit.batch_files import audit_batch_files
from indexer.audit.callers import audit_callers
from indexer.audit.certificates import audit_certificates
from indexer.audit.checkpoints import audit_checkpoints
from indexer.audit.context import AuditContext
from indexer.audit.contract_state import compare_state
from indexer.audit.findings import Finding
from indexer.audit.kept_rows import check_seals
from indexer.audit.outbox import audit_outbox
from indexer.audit.records import audit_records
from indexer.audit.rules import audit_rules
from indexer.audit.tables import compare_tables

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

    @property
    def lasts(self) -> bool:
        """Whether what it found at a block is so for ever: a database or a store may be changed at any moment, so that
        an audit that goes on looks at them again.
        """
        return not self.needs_database and not self.needs_store


PARTS: tuple[Part, ...] = (
    Part(name="tables", run=compare_tables, needs_database=True),
    Part(name="seals", run=check_seals, needs_database=True),
    Part(name="rules", run=audit_rules),
    Part(name="callers", run=audit_callers),
    Part(name="records", run=audit_records, needs_database=True),
    Part(name="outbox", run=audit_outbox, needs_database=True),
    Part(name="batch-files", run=audit_batch_files, needs_store=True),
    Part(name="certificates", run=audit_certificates, needs_database=True),
    Part(name="checkpoints", run=audit_checkpoints, needs_database=True),
    Part(name="contracts", run=compare_state),
)
"""All of them. `contracts` comes last: where the node has pruned the audited block's state, it moves the replica on."""
