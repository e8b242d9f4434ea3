"""`tanpuhui audit`"""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Final

import typer

from indexer.audit.progress import FINDINGS
from indexer.audit.report import Report
from indexer.audit.run import AuditJob, run_audit
from indexer.audit.since import read_checkpoint
from indexer.batch_store import BatchStore, open_batch_store
from indexer.database import Database, open_database
from ledger.checkpoints import Checkpoint
from ledger.errors import InvalidInput
from ledger.notes import VerifierKey, check_distinct
from scripts.command import command, commands
from scripts.context import Context
from scripts.interrupts import interruptible
from scripts.output import Facts, Listing, Output, ProgressWatcher, Result

app = commands()

_SHOWN: Final = 50
_COLUMNS: Final = ("part", "table", "key", "column", "expected", "found")


@command(app, "audit")
def audit(
    context: Context,
    *,
    store: Annotated[
        str | None,
        typer.Option(
            "--store",
            metavar="URL",
            help="Its batch files: a folder, or s3://BUCKET/PREFIX. [env: TANPUHUI_BATCH_STORE]",
        ),
    ] = None,
    block: Annotated[
        int | None,
        typer.Option(
            "--block", min=0, metavar="N", help="Audit as of this block; without, the database's, or the head."
        ),
    ] = None,
    since: Annotated[
        Path | None,
        typer.Option("--since", metavar="FILE", help="Go on from this checkpoint of the log; needs --log-key."),
    ] = None,
    log_key: Annotated[
        str | None,
        typer.Option("--log-key", metavar="KEY", help="The log's verifier key, by which its checkpoints are verified."),
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option("--witness", metavar="KEY", help="Verifier key of a witness; may be given again."),
    ] = None,
    part: Annotated[
        list[str] | None, typer.Option("--part", metavar="NAME", help="Run this part alone; may be given again.")
    ] = None,
    work: Annotated[
        Path | None,
        typer.Option("--work", metavar="DIR", help="The auditor's own folder. Default: `audit` in the home folder."),
    ] = None,
    report: Annotated[
        Path | None, typer.Option("--report", metavar="DIR", help="Where the report goes. Default: the work folder.")
    ] = None,
) -> Result:
    """Replays the chain from nothing and compares everything that is kept or shown with it (docs/spec/09-audit.md).

    Trusts one node and the deployment file, and nothing else. The database (--database) and the store are opened for
    reading only. Every row and every column of the mirror, the contracts' whole state, the seals of what the operator
    keeps, records, batch files, certificates and checkpoints are compared; each difference names table, key, column,
    what was expected and what was found. Interrupted, the same command goes on where it was.

    Writes `findings.ndjson` as it finds, and `report.json` and `report.html` at the end. Exits 0 if nothing was found,
    1 if something was, 3 if it could not run to its end (the node or the database is out of reach, …).

    **Examples**

        tanpuhui audit --deployment deployment.json --database postgresql://auditor@db/tanpuhui --store /srv/batches

        tanpuhui audit --since checkpoint.txt --log-key "$(cat log.pub)"
    """
    again = "the same command goes on where it was"
    with interruptible(again), ExitStack() as opened:
        folder = (work or context.settings.home / "audit").expanduser()
        database = _database(context, opened)
        job = AuditJob(
            rpc=context.rpc,
            deployment=context.deployment,
            work=folder,
            report=(report or folder).expanduser(),
            database=database,
            store=_store(context, store, folder, opened),
            block=block,
            since=_checkpoint(context, since, log_key),
            parts=tuple(part or ()),
            keys=_keys(log_key, witness or []),
        )
        found = run_audit(job, _Teller(context.output, opened))
    return _result(found, job.report)


def _database(context: Context, opened: ExitStack) -> Database | None:
    """The audited database: that which was named, or is in the home folder. With neither, none."""
    if not context.has_database and not context.settings.names_database:
        context.output.note("no database was named and none is in the home folder: the chain alone is audited")
        return None
    database = open_database(context.settings.database_url, read_only=True)
    opened.callback(database.close)
    return database


def _store(context: Context, named: str | None, work: Path, opened: ExitStack) -> BatchStore | None:
    """The audited batch store: that which was named, or is in the home folder. With neither, none.

    Copies of a bucket's files last as long as the audit: the next one asks the bucket itself again.
    """
    own = context.settings.home / "points" / "store"
    place = named or context.settings.batch_store or (str(own) if own.is_dir() else None)
    if place is None:
        return None
    if place.startswith("s3://"):
        work.mkdir(mode=0o700, parents=True, exist_ok=True)
        copies = opened.enter_context(TemporaryDirectory(prefix="batch-files-copies-", dir=work))
        return open_batch_store(place, copies=Path(copies))
    if not Path(place).is_dir():
        raise InvalidInput("store", "be a folder that is there, or s3://BUCKET/PREFIX", place)
    return open_batch_store(place)


def _keys(log_key: str | None, witnesses: list[str]) -> tuple[VerifierKey, ...]:
    """The keys that are pinned, each once."""
    keys = tuple(VerifierKey.parse(text) for text in [*([] if log_key is None else [log_key]), *witnesses])
    check_distinct(keys)
    return keys


def _checkpoint(context: Context, since: Path | None, log_key: str | None) -> Checkpoint | None:
    if since is None:
        return None
    if log_key is None:
        raise InvalidInput("log-key", "be given with --since: a checkpoint that nobody verified proves nothing", "")
    return read_checkpoint(since, VerifierKey.parse(log_key), context.deployment)


class _Teller:
    """Shows what the audit is at: one bar, which begins anew with each thing that is done."""

    def __init__(self, output: Output, opened: ExitStack) -> None:
        self._bar: ProgressWatcher = opened.enter_context(output.progress())
        self._what: str | None = None

    def __call__(self, what: str, done: int, total: int | None) -> None:
        if what != self._what:
            self._what = what
            self._bar.begin(what, total)
        self._bar.reach(done, total)


def _result(report: Report, folder: Path) -> Result:
    facts = {
        "verdict": report.verdict,
        "every part was run": report.whole,
        **report.as_of,
        "findings": report.finding_count,
        **{f"covered {what}": number for what, number in report.covered.items()},
        "report": str(folder / "report.html"),
    }
    rows = [[getattr(finding, name) for name in _COLUMNS] for finding in report.findings[:_SHOWN]]
    parts: list[Facts | Listing] = [Facts("Audit", facts)]
    if rows:
        parts.append(Listing("Findings", "findings", _COLUMNS, rows))
    notes = [*report.facts, *(f"{one.part} was left out: {one.reason}" for one in report.left_out)]
    if report.finding_count > len(rows):
        notes.append(f"{report.finding_count - len(rows)} more findings are in {folder / FINDINGS}")
    return Result(parts=parts, note="\n".join(notes), whole=report.document(), exit_code=report.exit_code)
