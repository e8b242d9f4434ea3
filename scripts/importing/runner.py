"""Runs an import: all or nothing, or row by row.

All or nothing: every row is read, made into operations and tried on the reference model of the rules, from the first to
the last, before the first is sent. Row by row: what can be read is sent, and the contracts decide; a row whose
operation is refused gets no further operation. Either way the operations have ids of the file, so that a second run, or
one after a kill, finds what the first has done and does the rest.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Final, Protocol, TypeVar

from chain.composer import Composer
from chain.operations import Operation, OperationState, OperationStatus
from chain.reverts import refusal_of_status
from ledger.errors import InvalidInput, OperationConflict, TanpuhuiError
from ledger.ids import OperationId
from ledger.vocabulary import Role
from scripts.importing.actions import Step
from scripts.importing.rows import RowKey, RowPlan, RowRefusal
from scripts.importing.waves import waves

WINDOW_ROWS: Final = 10_000
"""Rows that are put into waves together; what bounds the memory of an import."""

BATCH: Final = 500
"""Operations, or rows while they are checked, that are made and asked about at a time."""

_Draft = tuple[Step, Operation | TanpuhuiError]
"""A step and its operation, or why it cannot be made."""

Standing = Mapping[OperationId, TanpuhuiError | None]
"""What `Sender.standing` answers."""

_Taken = TypeVar("_Taken")


class Sender(Protocol):
    """Sends the operations of one body and says what became of each."""

    def send(self, role: Role, operations: Iterable[Operation]) -> Iterator[OperationStatus]:
        """Each operation's end, done or refused. Takes operations as there is room for them."""
        ...

    def standing(self, operations: Sequence[Operation]) -> dict[OperationId, TanpuhuiError | None]:
        """How those stand whose id was used before: None where this very content was applied, so that there is nothing
        left to do; else why it would be refused, with other content under the id as the first reason.
        """
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


@dataclass(slots=True)
class Asked:
    """Operations of one action, and the grams that they are about together."""

    count: int = 0
    grams: int = 0


@dataclass(slots=True, kw_only=True)
class Tally:
    """What became of a file. `repeated`: operations that had been applied before this run. `asked`: by action, what the
    rows that pass ask for, as far as it was counted when they were checked, and `repeated_grams` those of it that
    were applied before.
    """

    rows: int = 0
    applied: int = 0
    refused: int = 0
    idle: int = 0
    operations: int = 0
    repeated: int = 0
    repeated_grams: int = 0
    operations_by_action: dict[str, int] = field(default_factory=dict)
    asked: dict[str, Asked] = field(default_factory=dict)

    def ask(self, step: Step, grams: int) -> None:
        """Counts an operation that a row asks for, and the grams that it moves, makes or takes back."""
        asked = self.asked.setdefault(step.action.label, Asked())
        asked.count += 1
        asked.grams += grams


def check_rows(
    rows: Iterable[RowPlan | RowRefusal],
    composer: Composer,
    check: RowCheck,
    sender: Sender,
    watcher: Watcher,
    *,
    left_out: Container[RowKey] = frozenset(),
) -> Iterator[RowPlan | RowRefusal]:
    """Every row as it would end: the plan, or why it would be refused. Sends nothing. Rows that are `left_out` are
    refused whatever the ledger would say to them now; what other rows rely on is done all the same.
    """
    watcher.begin("checking", None)
    for window in _windows(rows, BATCH):
        drafts = {row.key: _drafts(row.steps, composer) for row in window if isinstance(row, RowPlan)}
        made = [draft for row in drafts.values() for _, draft in row if isinstance(draft, Operation)]
        standing = sender.standing(made)
        for row in window:
            if isinstance(row, RowPlan):
                row = _checked(row, drafts[row.key], check, standing, left_out=row.key in left_out)  # noqa: PLW2901
            yield row
        watcher.advance(len(window))


def _drafts(steps: Iterable[Step], composer: Composer) -> list[_Draft]:
    drafts: list[_Draft] = []
    for step in steps:
        try:
            drafts.append((step, step.compose(composer)))
        except TanpuhuiError as error:
            drafts.append((step, error))
    return drafts


def _checked(
    row: RowPlan, drafts: Sequence[_Draft], check: RowCheck, standing: Standing, *, left_out: bool
) -> RowPlan | RowRefusal:
    kept: list[Step] = []
    for draft in drafts:
        if draft[0].ensure:
            if refusal := _tried(row, [draft], check, standing, kept):
                return refusal
            if draft[0].operation_id not in standing:
                kept.append(draft[0])
    if left_out:
        return RowRefusal.of(row, _was_refused(), "check", kept=tuple(kept))
    done = tuple(step for step in row.steps if step.operation_id in standing)
    rest = [draft for draft in drafts if not draft[0].ensure]
    return _tried(row, rest, check, standing, kept) or replace(row, done=done)


def _was_refused() -> InvalidInput:
    rule = "have passed the check whose outcome was confirmed; upload the refused rows again, in a file of their own"
    return InvalidInput("row", rule, "refused by it")


def _tried(
    row: RowPlan, drafts: Sequence[_Draft], check: RowCheck, standing: Standing, kept: Sequence[Step]
) -> RowRefusal | None:
    """Why the drafts would be refused, if they would; all of them that are new, or none, are in the copy afterwards."""
    new: list[tuple[Step, Operation]] = []
    for step, draft in drafts:
        if isinstance(draft, TanpuhuiError):
            return RowRefusal.of(row, draft, "file", kept=tuple(kept))
        if draft.id not in standing:
            new.append((step, draft))
        elif (error := standing[draft.id]) is not None:
            return RowRefusal.of(row, error, _by(error), kept=tuple(kept))
    refused = check.try_row(new) if new else None
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
    for window in _windows(rows, WINDOW_ROWS):
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
        for status in self._sender.send(role, self._new(wanted.values())):
            self._note(wanted[status.operation_id], status)

    def _new(self, steps: Iterable[Step]) -> Iterator[Operation]:
        """What is still to be sent, made while others are on their way; what cannot be made or sent refuses its row."""
        for batch in _windows(steps, BATCH):
            drafts = _drafts(batch, self._composer)
            standing = self._sender.standing([draft for _, draft in drafts if isinstance(draft, Operation)])
            for step, draft in drafts:
                if isinstance(draft, TanpuhuiError):
                    self._refuse(step.row, draft, "file")
                elif draft.id not in standing:
                    yield draft
                elif (error := standing[draft.id]) is not None:
                    self._refuse(step.row, error, _by(error))
                else:
                    self._tally.repeated += 1

    def _note(self, step: Step, status: OperationStatus) -> None:
        if status.state is OperationState.REFUSED:
            error = refusal_of(status)
            self._refuse(step.row, error, _by(error))
        else:
            self._tally.operations += 1
            by_action = self._tally.operations_by_action
            by_action[step.action.label] = by_action.get(step.action.label, 0) + 1

    def _refuse(self, row: RowKey, error: TanpuhuiError, by: str) -> None:
        if row not in self._refused:
            self._refused[row] = RowRefusal.of(self._plans[row], error, by)


def refusal_of(status: OperationStatus) -> TanpuhuiError:
    """The error that a refused operation ended with."""
    if status.error_code == OperationConflict.__name__:
        return OperationConflict(status.operation_id)
    return refusal_of_status(status)


def _by(error: TanpuhuiError) -> str:
    """Who refuses with this error what was sent, or would be."""
    return "outbox" if isinstance(error, OperationConflict) else "contract"


def _windows(rows: Iterable[_Taken], size: int) -> Iterator[list[_Taken]]:
    rest = iter(rows)
    while window := list(islice(rest, size)):
        yield window
