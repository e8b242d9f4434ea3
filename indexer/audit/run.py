"""One audit from its beginning to its report: replays, runs the parts, keeps how far it is (docs/spec/09-audit.md)."""

from __future__ import annotations

import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import Final

from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from chain.deployment import Deployment
from chain.rpc import Rpc
from chain.views import ContractViews
from indexer.audit.audited import FAR_BEHIND, claimed_block, snapshot
from indexer.audit.context import AuditContext, Told
from indexer.audit.database_shape import DATABASE
from indexer.audit.findings import WHOLE_ROW, Finding, FindingSink, read_findings
from indexer.audit.parts import PARTS, Part
from indexer.audit.progress import CHECKPOINTS, FINDINGS, DonePart, Progress, alone_in, begin_anew
from indexer.audit.replay import REPLICA, head_of, open_replica, replay
from indexer.audit.report import MOST_SHOWN, LeftOut, Report, write_report
from indexer.audit.since import check_continues
from indexer.batch_store import BatchStore
from indexer.database import Database
from indexer.errors import BindingMismatch, DatabaseUnusable
from indexer.mirror import Cursor
from ledger.checkpoints import Checkpoint
from ledger.errors import Inconsistent, InvalidInput, Json, first_line
from ledger.notes import VerifierKey

REPLAY: Final = "replay"
"""The part of a finding about the chain itself, which contradicts itself and cannot be replayed beyond it."""

_UNREADABLE: Final = (TypeError, ValueError, AttributeError, OverflowError, MemoryError)
"""What a part raises for values that no column of ours takes, in a database whose tables were made otherwise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditJob:
    """What is audited, and how. `database` is opened for reading only; `block` None is that of the audited mirror, or
    the node's head; `since` is a checkpoint whose signature was verified; `parts` are names, none for all;
    `keys` are of the log and of witnesses, by which checkpoints are verified.
    """

    rpc: Rpc
    deployment: Deployment
    work: Path
    report: Path
    database: Database | None = None
    store: BatchStore | None = None
    block: int | None = None
    since: Checkpoint | None = None
    parts: tuple[str, ...] = ()
    keys: tuple[VerifierKey, ...] = ()

    def document(self) -> dict[str, Json]:
        """What must be the same for an interrupted audit to go on."""
        return {
            "deployment": self.deployment.origin,
            "database": None if self.database is None else self.database.url,
            "store": None if self.store is None else self.store.url,
            "block": self.block,
            "since": None if self.since is None else [self.since.size, self.since.root.hex0x],
            "keys": [str(key) for key in self.keys],
        }

    def chosen(self) -> list[Part]:
        """The parts that were asked for, in their order; `InvalidInput` for a name that no part has."""
        names = [part.name for part in PARTS]
        for name in self.parts:
            if name not in names:
                raise InvalidInput("part", f"be one of {', '.join(names)}", name)
        return [part for part in PARTS if not self.parts or part.name in self.parts]


def run_audit(job: AuditJob, told: Told) -> Report:
    """Audits, goes on where the same audit was interrupted, and writes findings and report.

    Raises a member of `Unavailable` where it cannot run to its end (node, database, `StatePruned`, `BlockNotReached`,
    `NothingToContinue`), `BindingMismatch` where the work folder is another deployment's, `InvalidInput`.
    """
    chosen = job.chosen()
    try:
        if job.database is not None:
            job.database.check_schema()
        with alone_in(job.work), ExitStack() as opened:
            job.report.mkdir(parents=True, exist_ok=True)
            report = _Audit(job, chosen, told, opened).run()
    except DBAPIError as error:
        url = str(job.work / REPLICA) if job.database is None else job.database.url
        raise DatabaseUnusable(url, first_line(error.orig or error)) from None
    write_report(report, job.report)
    return report


class _Audit:
    def __init__(self, job: AuditJob, chosen: list[Part], told: Told, opened: ExitStack) -> None:
        self._job = job
        self._chosen = chosen
        self._told = told
        self._opened = opened
        self._left_out: list[LeftOut] = []
        self._facts: list[str] = []
        self._misshapen = False
        self._progress = self._begin()

    def _begin(self) -> Progress:
        """How far the same audit was when it was interrupted; a new one otherwise, which begins from nothing."""
        job, document = self._job, self._job.document()
        known = Progress.load(job.work)
        if known is not None and known.finished_at is None and known.job == document:
            if known.as_of:
                self._facts.append("What an earlier run of this audit had replayed was not replayed again.")
            return known
        if job.since is None:
            begin_anew(job.work, (part.name for part in PARTS))
        base = None if known is None or job.since is None else known.result
        return Progress(job=document, started_at=int(time.time()), base=base)

    def run(self) -> Report:
        job, progress = self._job, self._progress
        replica = open_replica(job.work)
        self._opened.callback(replica.close)
        compared_at = progress.as_of.get("block_hash")
        try:
            since_leaf = self._since_leaf(replica)
            at, audited = self._replay(replica)
        except BindingMismatch:
            raise
        except Inconsistent as error:
            with FindingSink(job.report / FINDINGS) as findings:
                findings.add(_of_the_chain(error))
            return self._report(findings, complete=False)
        progress.as_of = as_of(at)
        still_good = self._still_good() if compared_at == progress.as_of["block_hash"] else set()
        progress.done = {name: done for name, done in progress.done.items() if name in still_good}
        progress.save(job.work)
        context = AuditContext(
            rpc=job.rpc,
            deployment=job.deployment,
            replica=replica,
            at=at,
            audited=audited,
            store=job.store,
            work=job.work,
            since_leaf=since_leaf,
            keys=job.keys,
            checkpoints_before=self._checkpoints_before(),
            told=self._told,
        )
        with FindingSink(job.report / FINDINGS, progress.done) as findings:
            try:
                for part in self._chosen:
                    self._run_part(part, context, findings)
            except Inconsistent as error:
                findings.add(_of_the_chain(error))
                return self._report(findings, complete=False)
        if not job.parts:
            progress.finished_at = int(time.time())
            progress.save(job.work)
        return self._report(findings, complete=True)

    def _still_good(self) -> set[str]:
        """Parts that need not run again at the same block: what they found is all in the report's folder still."""
        kept = Counter(finding.part for finding in read_findings(self._job.report / FINDINGS))
        done = self._progress.done
        lasting = (part.name for part in self._chosen if part.lasts)
        return {name for name in lasting if name in done and done[name].findings == kept[name]}

    def _checkpoints_before(self) -> int:
        """How many there were in the audit that is continued; what is signed once stays for ever (§7.3)."""
        base = None if self._job.since is None else self._progress.base
        return 0 if base is None else int(str(base.get(CHECKPOINTS, 0)))

    def _since_leaf(self, replica: Database) -> int | None:
        job = self._job
        if job.since is None:
            return None
        return check_continues(
            job.since,
            self._progress.base,
            self._progress.job,
            views=ContractViews(job.rpc, job.deployment),
            replica=replica,
            work=job.work,
        )

    # --------------------------------------------------------------------------------------------------------- replay

    def _replay(self, replica: Database) -> tuple[Cursor, Connection | None]:
        """Brings the replica to the audited block; gives it and the audited database, in a state that stands there."""
        job, progress, started = self._job, self._progress, time.monotonic()
        audited = None
        if job.database is None:
            kept = progress.as_of.get("block_number")
            asked = kept if job.block is None else job.block
            block = asked if isinstance(asked, int) else head_of(job.rpc)
            progress.as_of = progress.as_of or {"block_number": block}
            progress.save(job.work)
        else:
            progress.save(job.work)
            with snapshot(job.database) as glance:
                self._bring(replica, self._claimed(glance))
            audited = self._opened.enter_context(snapshot(job.database))
            block = self._claimed(audited)  # it may have gone on meanwhile
        at = self._bring(replica, block)
        behind = head_of(job.rpc) - block
        if audited is not None and behind > FAR_BEHIND:
            self._facts.append(f"The audited mirror stands {behind} blocks behind the node's head.")
        progress.replay_seconds += time.monotonic() - started
        return at, audited

    def _bring(self, replica: Database, block: int) -> Cursor:
        def told(done: int, total: int) -> None:
            self._told("replaying blocks", done, total)

        return replay(self._job.rpc, self._job.deployment, replica, block, told)

    def _claimed(self, audited: Connection) -> int:
        job = self._job
        claimed = claimed_block(audited, job.rpc, first=job.deployment.first_block, head=head_of(job.rpc))
        if job.block is not None and job.block != claimed:
            rule = f"be {claimed}, the block that the audited database stands at, or be left out"
            raise InvalidInput("block", rule, job.block)
        return claimed

    # ---------------------------------------------------------------------------------------------------------- parts

    def _run_part(self, part: Part, context: AuditContext, findings: FindingSink) -> None:
        """One part, unless it is done, or there is nothing that it could look at."""
        lacking = [
            what
            for what, needed, there in (
                ("database", part.needs_database, context.audited is not None),
                ("batch store", part.needs_store, context.store is not None),
            )
            if needed and not there
        ]
        if lacking:
            self._left_out.append(LeftOut(part.name, f"no {' and no '.join(lacking)} was given"))
            return
        if part.name in self._progress.done:
            return
        own = replace(context, covered=Counter(), facts=[])
        started = time.monotonic()
        context.told(part.name, 0, None)
        try:
            for finding in part.run(own):
                self._misshapen |= finding.table == DATABASE
                findings.add(finding)
        except _UNREADABLE as error:
            if not self._misshapen:
                raise
            found = f"{type(error).__name__}: {first_line(error)}"
            findings.add(Finding.of(part.name, DATABASE, part.name, WHOLE_ROW, expected="values to read", found=found))
        self._progress.done[part.name] = DonePart(
            seconds=round(time.monotonic() - started, 3),
            findings=findings.counts[part.name],
            covered=dict(own.covered),
            facts=own.facts,
        )
        self._progress.save(self._job.work)

    def _report(self, findings: FindingSink, *, complete: bool) -> Report:
        job, progress = self._job, self._progress
        return Report(
            job=job.document(),
            node=job.rpc.url,
            started_at=progress.started_at,
            finished_at=int(time.time()),
            as_of=progress.as_of,
            replay_seconds=round(progress.replay_seconds, 3),
            parts=progress.done,
            left_out=tuple(self._left_out),
            not_asked_for=tuple(part.name for part in PARTS if part not in self._chosen),
            facts=(*self._facts, *(fact for done in progress.done.values() for fact in done.facts)),
            finding_count=findings.counts.total(),
            findings_by_part=dict(findings.counts),
            findings=tuple(islice(read_findings(job.report / FINDINGS), MOST_SHOWN)),
            complete=complete,
        )


def as_of(at: Cursor) -> dict[str, Json]:
    """The audited block, as the report has it."""
    return {
        "block_number": at.block_number,
        "block_hash": "0x" + bytes(at.block_hash).hex(),
        "block_timestamp": at.block_timestamp,
        "log_size": at.log_size,
        "log_root": "0x" + bytes(at.log_root).hex(),
    }


def _of_the_chain(error: Inconsistent) -> Finding:
    """The chain contradicts itself, or the node what it said before."""
    block = getattr(error, "block_number", None)
    return Finding.of(REPLAY, "chain", block, WHOLE_ROW, expected="no contradiction", found=error.explain())
