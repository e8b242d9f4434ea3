"""The one way from the API's exports to the chain: the events of a range of blocks."""

from typing import NamedTuple, Protocol


class EventRow(NamedTuple):
    """An event as the chain has it. `arguments` by the names of `chain.events`, whole numbers as decimal strings."""

    block_number: int
    block_hash: bytes
    transaction_hash: bytes
    log_index: int
    contract: str
    event: str
    arguments: dict[str, object]


class EventsPort(Protocol):
    """Blocks; called from threads, never from the event loop."""

    def events(self, first_block: int, last_block: int) -> list[EventRow]:
        """The events of every contract of the deployment in these blocks, both inclusive, in the chain's order.

        Raises `Unavailable`, and a member of `Inconsistent` for an event that is not known.
        """
        ...
