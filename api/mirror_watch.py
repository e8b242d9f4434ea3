"""What the mirror is held to while it serves: the node's head, and the totals of the contracts.

A page that shows it asks nobody: it takes what was seen last, with the time when it was. Who looks, and how often, is
whoever made the watch (`scripts.watching`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class HeadSeen:
    """The node's last block, or the code of the error with which it was not seen; times in seconds since 1970."""

    asked_at: int
    block_number: int | None = None
    timestamp: int | None = None
    error: str | None = None


@dataclass(frozen=True, slots=True)
class Drift:
    """A total that the contract says otherwise than the mirror."""

    contract: str
    key: str
    total: str
    mirror: str
    chain: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TotalsSeen:
    """All totals of the contracts beside the mirror's, as of one block; `error` is why they could not be compared."""

    asked_at: int
    block_number: int | None = None
    differing: tuple[Drift, ...] = ()
    error: str | None = None


class MirrorWatch(Protocol):
    """What was seen last; None where nothing was yet. Neither waits for anything."""

    def head(self) -> HeadSeen | None:
        """The node's head."""
        ...

    def totals(self) -> TotalsSeen | None:
        """The contracts' totals."""
        ...
