"""Cuts a process off at one of its steps: what it does to the outside from there on does not happen."""

from collections.abc import Callable, Iterator
from threading import RLock
from typing import Any


class Killed(BaseException):
    """The process is gone."""


class Power:
    """Counts steps by name; at step `cut_at` it goes off, before that step takes effect or after it."""

    def __init__(self, cut_at: int | None = None, *, after: bool = False) -> None:
        self.steps: list[str] = []
        self._cut_at = cut_at
        self._after = after
        self._off = False
        self._lock = RLock()

    def step(self, name: str, action: Callable[[], Any]) -> Any:
        with self._lock:
            if self._off:
                raise Killed
            place = len(self.steps)
            self.steps.append(name)
            self._off = place == self._cut_at
            if self._off and not self._after:
                raise Killed
            result = action()
            if self._off:
                raise Killed
            return result


class Powered:
    """Anything (a node, an outbox) whose methods are steps of a process."""

    def __init__(self, inner: Any, power: Power) -> None:
        self._inner = inner
        self._power = power

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._inner, name)
        if not callable(found):
            return found

        def run(*arguments: Any, **named: Any) -> Any:
            given = [list(argument) if isinstance(argument, Iterator) else argument for argument in arguments]
            return self._power.step(name, lambda: found(*given, **named))

        return run
