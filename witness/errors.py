"""Errors of a witness; they hang in the tree of `ledger.errors`.

::

    Unavailable
    ├── StateInUse               another process works on the state folder
    ├── StateMissing             a log that the witness is to serve has no state, and starting at 0 is not done silently
    ├── StatePresent             `witness init` of a log that has a state
    └── StateDamaged             a state is not what this witness wrote
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import Unavailable


@dataclass(unsafe_hash=True)
class StateInUse(Unavailable):
    """Another process works on the state folder."""

    folder: str

    def explain(self) -> str:
        return f"Another process uses the state folder {self.folder}; end it first, two would cosign two logs."


@dataclass(unsafe_hash=True)
class StateMissing(Unavailable):
    """Nothing says what was cosigned of a log."""

    origin: str
    path: str

    def explain(self) -> str:
        return (
            f"There is no state {self.path} of the log {self.origin}. If this witness never cosigned it, run "
            "`tanpuhui witness init` once; if it did, restore the file: a witness that begins anew may cosign a fork."
        )


@dataclass(unsafe_hash=True)
class StatePresent(Unavailable):
    """The log has a state already."""

    origin: str
    path: str

    def explain(self) -> str:
        return f"The log {self.origin} has its state in {self.path} already, and it is not overwritten."


@dataclass(unsafe_hash=True)
class StateDamaged(Unavailable):
    """A state is not what this witness wrote."""

    path: str
    reason: str

    def explain(self) -> str:
        return (
            f"The state {self.path} cannot be used: {self.reason}. Restore it from the newest copy; a witness that "
            "begins at an older state may cosign a fork, so that one with a new key and name is better than that."
        )
