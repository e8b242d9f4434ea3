"""Logs that cannot be read."""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import Inconsistent


@dataclass(unsafe_hash=True)
class UnreadableLog(Inconsistent):
    """A log that cannot be read. `block_number` and `log_index` are as the node wrote them."""

    address: str
    topic: str
    block_number: object
    log_index: object
    reason: str

    def explain(self) -> str:
        where = f"log {self.log_index} of block {self.block_number} at {self.address} with topic {self.topic}"
        return f"Cannot read {where}: {self.reason}; the contracts may be newer than this program."


class ForeignLog(UnreadableLog):
    """The node gave a log of a contract that was not asked for."""


class UnknownEvent(UnreadableLog):
    """The contract is known to emit no such event."""


class UndecodableEvent(UnreadableLog):
    """The data is not the canonical encoding of the event."""
