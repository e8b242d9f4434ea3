"""Puts steps into waves: within a wave each body sends all of its steps, in the order of the file, without waiting.

Bodies send with keys of their own, and nothing orders the transactions of two keys but waiting for the first. So a step
comes in a later wave than any earlier step of another body that touches the same thing, and than every earlier step of
its own row. What touches nothing in common may be sent together, in any order, without a different outcome.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field

from ledger.vocabulary import Role
from scripts.importing.actions import Step
from scripts.importing.rows import RowPlan

Wave = dict[Role, list[Step]]
"""What each body sends, in order."""


@dataclass(slots=True)
class _Users:
    """The last wave in which each body read and wrote one thing."""

    read: dict[Role, int] = field(default_factory=dict)
    written: dict[Role, int] = field(default_factory=dict)


def waves(rows: Iterable[RowPlan]) -> list[Wave]:
    """The steps of the rows, in waves that are to be sent one after the other."""
    made: list[Wave] = []
    users: dict[Hashable, _Users] = {}
    floor = 0
    for row in rows:
        after = floor
        for step in row.steps:
            number = len(made) if step.touches.everything else _earliest(step, users, after)
            if step.touches.everything:
                floor = number + 1
            _note(step, users, number)
            while len(made) <= number:
                made.append({})
            made[number].setdefault(step.action.role, []).append(step)
            after = max(number + 1, floor)
    return made


def _earliest(step: Step, users: dict[Hashable, _Users], after: int) -> int:
    role = step.action.role
    number = after
    for key in step.touches.reads:
        if key in users:
            number = max(number, _past(users[key].written, role))
    for key in step.touches.writes:
        if key in users:
            number = max(number, _past(users[key].written, role), _past(users[key].read, role))
    return number


def _past(waves_by_role: dict[Role, int], role: Role) -> int:
    """The first wave that is late enough: one's own transactions keep their order within a wave."""
    return max((wave if by is role else wave + 1 for by, wave in waves_by_role.items()), default=0)


def _note(step: Step, users: dict[Hashable, _Users], number: int) -> None:
    role = step.action.role
    for key in step.touches.reads:
        read = users.setdefault(key, _Users()).read
        read[role] = max(read.get(role, 0), number)
    for key in step.touches.writes:
        written = users.setdefault(key, _Users()).written
        written[role] = max(written.get(role, 0), number)
