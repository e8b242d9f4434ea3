"""What every part of an audit is given."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import Connection

from chain.deployment import Deployment
from chain.rpc import Rpc
from indexer.batch_store import BatchStore
from indexer.database import Database
from indexer.mirror import Cursor
from ledger.notes import VerifierKey

Told = Callable[[str, int, int | None], None]
"""Hears what is being done, how much of it is done, and how much there is (None: not known)."""


def _nobody(_what: str, _done: int, _total: int | None) -> None:
    """Hears nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditContext:
    """One audit as of one block. Nothing of `audited` and `store` is believed, and nothing is written to them.

    `replica` is the auditor's own mirror, replayed from the chain to exactly `at` (its cursor): the truth. `audited` is
    one snapshot of the audited database, the same for every part, whose mirror claims to stand at that block too; None
    where no database is audited. `store` is the audited batch store, or None. `work` is the auditor's own folder, in
    which a part may keep what it needs to go on (in files that begin with the part's name). `since_leaf`: leaves below
    it were audited before (`--since`); None where everything is. `keys` are those of the log and of witnesses that the
    auditor pins. `checkpoints_before`: how many the audit that is continued found; 0 where none is. All parts run in
    one thread.
    """

    rpc: Rpc
    deployment: Deployment
    replica: Database
    at: Cursor
    audited: Connection | None
    store: BatchStore | None
    work: Path
    since_leaf: int | None = None
    keys: tuple[VerifierKey, ...] = ()
    checkpoints_before: int = 0
    told: Told = _nobody
    covered: Counter[str] = field(default_factory=Counter)
    facts: list[str] = field(default_factory=list)

    @property
    def block(self) -> int:
        """The block that is audited."""
        return self.at.block_number

    def cover(self, what: str, number: int = 1) -> None:
        """So many more of `what` (`rows`, `leaves`, `entries`, `records`, `certificates`, ...) were looked at."""
        self.covered[what] += number

    def state(self, fact: str) -> None:
        """Something that whoever reads the report should know and that is no finding; one sentence in English."""
        if fact not in self.facts:
            self.facts.append(fact)
