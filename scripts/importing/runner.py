"""Runs an import: all or nothing, or row by row.

All or nothing: every row is read, made into operations and tried on the reference model of the rules, from the first to
the last, before the first is sent. Row by row: what can be read is sent, and the contracts decide; a row whose
operation is refused gets no further operation. Either way the operations have ids of the file, so that a second run, or
one after a kill, finds what the first has done and does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Final, Protocol

from chain.composer import Composer
from chain.operations import Operation, OperationState, OperationStatus
from ledger.errors import OperationConflict, TanpuhuiError, UnknownRefusal
from ledger.ids import OperationId
from ledger.refusals import REFUSALS, refusal_from_details
from ledger.vocabulary import Role
from scripts.importing.actions import Step
from scripts.importing.rows import RowKey, RowPlan, RowRefusal
from scripts.importing.waves import waves

WINDOW_ROWS: Final = 10_000
"""Rows that are put into waves together; what bounds the memory of an import."""


class Sender(Protocol):
    """Sends the operations of one body and says what became of each."""

    def send(self, role: Role, operations: Iterable[Operation]) -> Iterator[OperationStatus]:
        """Each operation's end, done or refused. Takes operations as there is room for them."""
        ...

    def applied(self, operation_ids: Sequence[OperationId]) -> set[OperationId]:
        """Those of the ids that have a leaf in the log already."""
        ...


class RowCheck(Protocol):
    """The rules, tried on a copy of the ledger's state."""

    def try_row(self, row: Sequence[tuple[Step, Operation]]) -> TanpuhuiError | None:
        """Applies the row to the copy; if one of its operations is refused, none is applied and the reason is given."""
        ...


class Watcher(Protocol):
    """Is told how far an import is."""

    def begin(self, what: str, total: int | None) -> None:
        """A new stage begins."""
        ...

    def advance(self, rows: int) -> None:
        """So many more rows are through."""
        ...


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of a file. `repeated`: operations that had been applied before this run."""

    rows: int = 0
    applied: int = 0
    refused: int = 0
    idle: int = 0
    operations: int = 0
    repeated: int = 0
    operations_by_action: dict[str, int] = field(default_factory=dict)


def check_rows(
    rows: Iterable[RowPlan | RowRefusal], composer: Composer, check: RowCheck, sender: Sender, watcher: Watcher
) -> Iterator[RowPlan | RowRefusal]:
    """Every row as it would end: the plan, or why it would be refused. Sends nothing."""
    watcher.begin("checking", None)
    for window in _windows(rows):
        done = sender.applied([step.operation_id for row in window if isinstance(row, RowPlan) for step in row.steps])
        for row in window:
            yield row if isinstance(row, RowRefusal) else _checked(row, composer, check, done)
        watcher.advance(len(window))


def _checked(row: RowPlan, composer: Composer, check: RowCheck, done: set[OperationId]) -> RowPlan | RowRefusal:
    left = [step for step in row.steps if step.operation_id not in done]
    kept: list[Step] = []
    for step in left:
        if step.ensure:
            if refusal := _tried(row, [step], composer, check, kept):
                return refusal
            kept.append(step)
    rest = [step for step in left if not step.ensure]
    return _tried(row, rest, composer, check, kept) or row


def _tried(
    row: RowPlan, steps: Sequence[Step], composer: Composer, check: RowCheck, kept: Sequence[Step]
) -> RowRefusal | None:
    """Why the steps would be refused, if they would; all of them or none are in the copy afterwards."""
    try:
        composed = [(step, step.compose(composer)) for step in steps]
    except TanpuhuiError as error:
        return RowRefusal.of(row, error, "file", kept=tuple(kept))
    refused = check.try_row(composed)
    return None if refused is None else RowRefusal.of(row, refused, "check", kept=tuple(kept))


def apply_rows(
    rows: Iterable[RowPlan | RowRefusal],
    composer: Composer,
    sender: Sender,
    watcher: Watcher,
    on_refused: Callable[[RowRefusal], None],
) -> Tally:
    """Sends what the rows ask for and tallies what became of them; refused rows are handed on in the file's order."""
    tally = Tally()
    watcher.begin("applying", None)
    for window in _windows(rows):
        _apply_window(window, composer, sender, tally, on_refused)
        watcher.advance(len(window))
    return tally


def _apply_window(
    window: Sequence[RowPlan | RowRefusal],
    composer: Composer,
    sender: Sender,
    tally: Tally,
    on_refused: Callable[[RowRefusal], None],
) -> None:
    plans = [row if isinstance(row, RowPlan) else RowPlan(row.line, row.cells, row.kept, row.part) for row in window]
    refused = {row.key: row for row in window if isinstance(row, RowRefusal)}
    run = _Run(composer, sender, {plan.key: plan for plan in plans}, refused, tally)
    for wave in waves(plans):
        for role, steps in wave.items():
            run.send(role, steps)
    tally.rows += len(window)
    tally.refused += len(refused)
    tally.idle += sum(not plan.steps and plan.key not in refused for plan in plans)
    tally.applied = tally.rows - tally.refused - tally.idle
    for key in sorted(refused):
        on_refused(refused[key])


class _Run:
    """One window on its way."""

    def __init__(
        self,
        composer: Composer,
        sender: Sender,
        plans: dict[RowKey, RowPlan],
        refused: dict[RowKey, RowRefusal],
        tally: Tally,
    ) -> None:
        self._composer = composer
        self._sender = sender
        self._plans = plans
        self._refused = refused
        self._tally = tally

    def send(self, role: Role, steps: Sequence[Step]) -> None:
        """Sends those steps whose rows are still good, and those that other rows rely on."""
        wanted = {step.operation_id: step for step in steps if step.ensure or step.row not in self._refused}
        before = self._sender.applied(list(wanted))
        self._tally.repeated += len(before)
        for status in self._sender.send(role, self._composed(wanted.values())):
            self._note(wanted[status.operation_id], status, new=status.operation_id not in before)

    def _composed(self, steps: Iterable[Step]) -> Iterator[Operation]:
        """The operations, made while others are on their way; a record that cannot be made refuses the row."""
        for step in steps:
            try:
                yield step.compose(self._composer)
            except TanpuhuiError as error:
                self._refuse(step.row, error, "file")

    def _note(self, step: Step, status: OperationStatus, *, new: bool) -> None:
        if status.state is OperationState.REFUSED:
            error = refusal_of(status)
            self._refuse(step.row, error, "outbox" if isinstance(error, OperationConflict) else "contract")
        elif new:
            self._tally.operations += 1
            by_action = self._tally.operations_by_action
            by_action[step.action.label] = by_action.get(step.action.label, 0) + 1

    def _refuse(self, row: RowKey, error: TanpuhuiError, by: str) -> None:
        if row not in self._refused:
            self._refused[row] = RowRefusal.of(self._plans[row], error, by)


def refusal_of(status: OperationStatus) -> TanpuhuiError:
    """The error that a refused operation ended with."""
    code = status.error_code or ""
    if code in REFUSALS:
        return refusal_from_details(code, status.error_arguments or {})
    if code == OperationConflict.__name__:
        return OperationConflict(status.operation_id)
    return UnknownRefusal(b"", code)


def _windows(rows: Iterable[RowPlan | RowRefusal]) -> Iterator[list[RowPlan | RowRefusal]]:
    rest = iter(rows)
    while window := list(islice(rest, WINDOW_ROWS)):
        yield window
