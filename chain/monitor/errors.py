"""Errors of a monitor; they hang in the tree of `ledger.errors`."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import Unavailable


@dataclass(unsafe_hash=True)
class MonitorStateUnusable(Unavailable):
    """What a monitor kept is damaged, is another log's, or is used by another process."""

    folder: str
    reason: str

    def explain(self) -> str:
        return (
            f"The monitor's state in {self.folder} cannot be used: {self.reason}. Restore it from a copy, or begin in "
            "a new folder and keep this one: if the chain was rewritten, nothing else says what it was before."
        )
