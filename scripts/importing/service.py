"""`tanpuhui import` from a file to the ledger: puts reader, model, sender and report together."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Final

from chain.composer import Composer
from indexer import ledger_state
from indexer.database import Database
from ledger.ids import ActivityId, Address, Hash32, MethodologyId
from ledger.model import LedgerModel
from ledger.vocabulary import ReductionClass
from scripts.errors import Interrupted
from scripts.importing.actions import Step
from scripts.importing.check import ModelCheck, model_of
from scripts.importing.errors import RowsInvalid
from scripts.importing.mapping import load_mapping
from scripts.importing.refused import RefusedFile, format_of
from scripts.importing.rows import CorrectionUse, RowKey, RowPlan, RowReader, RowRefusal
from scripts.importing.runner import BATCH, Tally, Watcher, apply_rows, check_rows
from scripts.importing.sender import BodiesSender
from scripts.importing.sources import Source
from scripts.names import ActivityTerms
from scripts.operating import OperatingContext

MOST_SHOWN: Final = 100
"""Refused rows that are told with the outcome; all are in the file."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportJob:
    """What is to be imported, and how. `refused` is where refused rows are written to.

    `left_out`: rows that are not applied whatever the ledger would say to them now, for whoever wants it to be applied
    was told that they are refused.
    """

    file: Path
    mapping: Path
    refused: Path
    row_wise: bool = False
    unchecked: bool = False
    dry_run: bool = False
    constants: Mapping[str, str] = field(default_factory=dict)
    tables: Mapping[str, Path] = field(default_factory=dict)
    left_out: Container[RowKey] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of a file. `refused_file` holds the refused rows, if there are any, `shown` are the first of them."""

    job: ImportJob
    mapping: str
    file_sha256: Hash32
    tally: Tally
    corrections: Sequence[CorrectionUse]
    refused_file: Path
    shown: Sequence[RowRefusal]


def run_import(
    context: OperatingContext,
    job: ImportJob,
    watcher: Watcher,
    on_refused: Callable[[RowRefusal], None] = lambda _: None,
) -> Outcome:
    """Imports a file.

    Raises `InvalidMapping`, `MalformedFile`, `RowsInvalid` (in each case nothing was applied) and whatever the chain
    raises. Rows that are refused row by row are counted, written to `job.refused` and handed to `on_refused`.
    """
    mapping = load_mapping(job.mapping, job.constants)
    source = Source(job.file, format_of(job.file, mapping.file))
    roles = list(dict.fromkeys(template.action.role for template in mapping.operations))
    context.deployment  # noqa: B018 - before the database, which is not made for a deployment that is not there
    composer = context.composer(*roles)
    watcher.begin("reading", None)
    # What is wrong with the file as a whole is found before all else.
    for number, _ in enumerate(source.rows(needed=mapping.columns), 1):
        if number % BATCH == 0:
            watcher.advance(BATCH)
    reader = RowReader(mapping, source, context.names_with, IndexDirectory(context.database), job.tables)
    context.resume(roles)
    context.bring_up()
    with RefusedFile(job.refused, source) as refused:
        run = _Import(
            context,
            job,
            reader=reader,
            composer=composer,
            watcher=watcher,
            refused=refused,
            on_refused=on_refused,
        )
        try:
            tally = run.row_wise() if job.row_wise else run.whole()
        except KeyboardInterrupt:
            raise Interrupted(how_to_go_on(run.ended)) from None
    context.bring_up()
    return Outcome(
        job=job,
        mapping=mapping.name,
        file_sha256=Hash32(source.sha256),
        tally=tally,
        corrections=reader.corrections,
        refused_file=refused.path,
        shown=run.shown,
    )


def how_to_go_on(ended: int) -> str:
    """What Ctrl-C leaves of an import of which so many operations have ended."""
    if not ended:
        return (
            "no operation had ended, what may be on its way is saved, and the same command goes on where this stopped"
        )
    return (
        f"{ended} operations were sent and have ended, and what else may be on its way is saved; the same command goes "
        "on where this stopped, and nothing is done twice"
    )


class _Import:
    """One import, once everything is opened and the index stands at the chain's head."""

    def __init__(
        self,
        context: OperatingContext,
        job: ImportJob,
        *,
        reader: RowReader,
        composer: Composer,
        watcher: Watcher,
        refused: RefusedFile,
        on_refused: Callable[[RowRefusal], None],
    ) -> None:
        self._context = context
        self._job = job
        self._reader = reader
        self._composer = composer
        self._watcher = watcher
        self._refused = refused
        self._on_refused = on_refused
        self._sender = BodiesSender(context)
        self._left = 0  # operations of checked rows that are not applied yet
        self.shown: list[RowRefusal] = []

    @property
    def ended(self) -> int:
        """Operations that this run has sent and seen the end of."""
        return self._sender.ended

    def whole(self) -> Tally:
        """Checks every row, then sends all of them; `RowsInvalid` if one is refused, and none was sent."""
        tally = self._tally_of(self._checked())
        if tally.refused:
            counted = f"{tally.refused} of {tally.rows} rows"
            rule = "hold only rows that the ledger takes"
            raise RowsInvalid(
                str(self._job.file),
                rule,
                counted,
                report=str(self._refused.path),
                rows=tally.rows,
                refused=tally.refused,
                first=said_of(self.shown),
            )
        if self._job.dry_run or not self._left:
            return tally
        return self._apply(self._reader.rows())

    def row_wise(self) -> Tally:
        """Sends the rows that can be read (and, unless unchecked, that the model lets pass)."""
        rows = self._reader.rows() if self._job.unchecked else self._checked()
        return self._tally_of(rows) if self._job.dry_run else self._apply(rows)

    def _checked(self) -> Iterator[RowPlan | RowRefusal]:
        rows, left_out = self._reader.rows(), self._job.left_out
        check = ModelCheck(self._model)
        return check_rows(rows, self._composer, check, self._sender, self._watcher, left_out=left_out)

    @cached_property
    def _model(self) -> LedgerModel:
        return model_of(self._context.rpc, self._context.deployment, self._context.database)

    def _apply(self, rows: Iterator[RowPlan | RowRefusal]) -> Tally:
        return apply_rows(rows, self._composer, self._sender, self._watcher, self._refuse)

    def _tally_of(self, rows: Iterator[RowPlan | RowRefusal]) -> Tally:
        """What would become of the rows."""
        tally = Tally()
        for row in rows:
            tally.rows += 1
            if isinstance(row, RowRefusal):
                tally.refused += 1
                self._refuse(row)
            else:
                tally.idle += not row.steps
                tally.repeated += len(row.done)
                tally.repeated_grams += sum(map(self._grams_of, row.done))
                for step in row.steps:
                    tally.ask(step, self._grams_of(step))
                self._left += len(row.steps) - len(row.done)
        if not self._left:  # whatever the rows ask for was applied before: there is nothing to read them again for
            tally.applied = tally.rows - tally.refused - tally.idle
        return tally

    def _grams_of(self, step: Step) -> int:
        """What an operation is about. A decision about a proposal names no quantity: it is the proposal's."""
        if "proposal_id" not in step.arguments:
            return int(step.arguments.get("grams", 0))
        proposal = self._model.proposal(step.arguments["proposal_id"])
        return 0 if proposal is None else proposal.grams

    def _refuse(self, row: RowRefusal) -> None:
        self._refused.add(row)
        self._on_refused(row)
        if len(self.shown) < MOST_SHOWN:
            self.shown.append(row)


def said_of(rows: Sequence[RowRefusal]) -> tuple[tuple[int, str, str, str, str], ...]:
    """Refused rows in the columns `REFUSAL_COLUMNS`."""
    return tuple((row.line, row.by, row.field, row.code, row.message) for row in rows)


class IndexDirectory:
    """`scripts.names.Directory` by questions to the index, each asked once."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._accounts: dict[Address, bool] = {}

    def account_exists(self, account: Address) -> bool:
        """Whether the account was ever opened."""
        if account not in self._accounts:
            with self._database.read() as connection:
                self._accounts[account] = ledger_state.account_exists(connection, account)
        return self._accounts[account]

    def methodology_class(self, methodology_id: MethodologyId) -> ReductionClass | None:
        """The class of a published version; None if there is none."""
        with self._database.read() as connection:
            return ledger_state.methodology_class(connection, methodology_id)

    def activity_terms(self, activity_id: ActivityId) -> ActivityTerms | None:
        """The terms of a registered activity; None if there is none."""
        with self._database.read() as connection:
            found = ledger_state.activity_terms(connection, activity_id)
        return None if found is None else ActivityTerms(*found)
