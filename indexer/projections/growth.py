"""What was applied and is not stored yet, and what the handlers of the contracts need to apply more."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple, Protocol

from sqlalchemy import Column, Connection, Table

from indexer import schema
from indexer.books import Posting
from indexer.errors import BrokenBooks
from indexer.mirror import EarnedBatch, LotState
from indexer.point_books import PointPosting
from ledger.units import GRAMS_PER_TONNE
from ledger.vocabulary import OperationKind


class Pending:
    """Rows that wait to be stored."""

    def __init__(self, things: Iterable[Table], facts: Iterable[Table]) -> None:
        tables = tuple(things)
        self.blocks: list[tuple[int, bytes, bytes, int]] = []
        self.operations: list[tuple[Any, ...]] = []
        self.leaf_hashes: list[bytes] = []
        self.things: dict[Table, dict[bytes, dict[str, Any]]] = {table: {} for table in tables}
        """New rows by table and id, as column values."""
        self.statuses: dict[Table, dict[bytes, tuple[int, int]]] = {table: {} for table in tables}
        """New status and its leaf, of things that were stored before."""
        self.changed_lots: set[bytes] = set()
        self.facts: dict[Table, list[tuple[Any, ...]]] = {table: [] for table in facts}
        """New rows of tables that are only appended to, members in the order of the columns."""
        self.postings: list[Posting] = []
        self.point_postings: list[PointPosting] = []
        self.personal_after: dict[int, int] = {}
        """By class, what the last event says that persons then had, in points."""


class Stored(Protocol):
    """What is stored already, as the readers of the same names in `indexer.mirror` give it."""

    def read_lot(self, lot_id: bytes) -> LotState | None: ...

    def read_debtor(self, activity_id: bytes) -> bytes | None: ...

    def read_earned_batch(self, batch_number: int) -> EarnedBatch | None: ...

    def read_batch_count(self) -> int: ...

    def read_provider_pool(self, account: bytes, reduction_class: int) -> int: ...

    def is_provider(self, account: bytes) -> bool: ...


class BuyBack(NamedTuple):
    """Points of a provider's pool that became a lot, in the redemption that is told next; g CO2e."""

    provider: bytes
    reduction_class: int
    grams: int


class Growth:
    """What the handlers write to and look things up in."""

    def __init__(self, pending: Pending, stored: Stored) -> None:
        self.pending = pending
        self.lots: dict[bytes, LotState] = {}
        """Lots as they stand now; all those that changed since the last `store`, and others for speed."""
        self.earned_batches: dict[int, EarnedBatch] = {}
        """Earn batches as they stand now: those that came or were corrected since this began."""
        self._batch_count: int | None = None
        self._buy_backs: dict[bytes, BuyBack] = {}
        """By the redemption that is still to be told."""
        self._provider_pools: dict[tuple[bytes, int], int] = {}
        """Pools as they stand now, by account and class: those that points came into since this began."""
        self._stored = stored

    def add_thing(self, table: Table, identifier: bytes, row: dict[str, Any], leaf: int) -> None:
        """A new row of a table of things with a status, which it has by this leaf."""
        self.pending.things[table][identifier] = row | {"status_leaf_index": leaf}

    def set_status(self, table: Table, identifier: bytes, status: int, leaf: int) -> None:
        """Gives a thing another status."""
        new = self.pending.things[table].get(identifier)
        if new is not None:
            new.update(status=status, status_leaf_index=leaf)
        else:
            self.pending.statuses[table][identifier] = (status, leaf)

    def lot(self, lot_id: bytes, leaf: int) -> LotState:
        """A lot as it stands; `BrokenBooks` if there is none."""
        lot = self.lots.get(lot_id)
        if lot is None:
            lot = self._stored.read_lot(lot_id)
            if lot is None:
                raise self.broken(f"leaf {leaf} is about lot {lot_id.hex()}, which was never issued")
            self.lots[lot_id] = lot
        return lot

    def change_lot(self, lot_id: bytes, lot: LotState) -> None:
        """Puts a lot's totals; `BrokenBooks` if more left it than it had."""
        if lot.cancelled + lot.taken_back > lot.issued or lot.corrected > lot.issued:
            raise self.broken(f"lot {lot_id.hex()} has more cancelled, taken back or corrected than was issued")
        self.lots[lot_id] = lot
        self.pending.changed_lots.add(lot_id)

    def debtor(self, activity_id: bytes, leaf: int) -> bytes:
        """Who owes an activity's deficit; `BrokenBooks` if there is no such activity."""
        new = self.pending.things[schema.activities].get(activity_id)
        debtor = self._stored.read_debtor(activity_id) if new is None else new["debtor_id"]
        if debtor is None:
            raise self.broken(f"leaf {leaf} is about activity {activity_id.hex()}, which was never registered")
        return bytes(debtor)

    def is_provider(self, account: bytes) -> bool:
        """Whether the account was admitted before."""
        return account in self.pending.things[schema.providers] or self._stored.is_provider(account)

    def number_batch(self, batch_number: int) -> None:
        """Takes the next number of a batch; `BrokenBooks` if it is another."""
        if self._batch_count is None:
            self._batch_count = self._stored.read_batch_count()
        self._batch_count += 1
        if batch_number != self._batch_count:
            raise self.broken(f"batch {batch_number} comes where batch {self._batch_count} is due")

    def begin_redemption(self, redeem_id: bytes, buy_back: BuyBack) -> None:
        """A lot was made of the pool that this redemption fills."""
        self._buy_backs[redeem_id] = buy_back

    def redeem(self, redeem_id: bytes, buy_back: BuyBack, grams: int) -> None:
        """`grams` come into a provider's pool and `buy_back`, as the redemption says it, leaves it.

        `BrokenBooks` unless it is what its lot says, nothing without a lot, and no full tonne stays in the pool (G6).
        """
        provider, reduction_class, left = buy_back
        told = self._buy_backs.pop(redeem_id, BuyBack(provider, reduction_class, 0))
        if told != buy_back:
            raise self.broken(
                f"the redemption {redeem_id.hex()} says that {left} g of provider {provider.hex()} were bought back in "
                f"class {reduction_class}, its lot {told.grams} g of {told.provider.hex()} in class "
                f"{told.reduction_class}"
            )
        key = (provider, reduction_class)
        if key not in self._provider_pools:
            self._provider_pools[key] = self._stored.read_provider_pool(provider, reduction_class)
        pool = self._provider_pools[key] + grams - left
        if not 0 <= pool < GRAMS_PER_TONNE:
            raise self.broken(f"the redemption {redeem_id.hex()} leaves {pool} g in the pool of {provider.hex()}")
        self._provider_pools[key] = pool

    def end_redemptions(self) -> None:
        """`BrokenBooks` if points were bought back in a redemption that was not told."""
        for redeem_id, buy_back in self._buy_backs.items():
            raise self.broken(f"{buy_back.grams} g were bought back in redemption {redeem_id.hex()}, which is missing")

    def earned_batch(self, batch_number: int, leaf: int) -> EarnedBatch:
        """An earn batch as it stands; `BrokenBooks` if there is none."""
        batch = self.earned_batches.get(batch_number) or self._stored.read_earned_batch(batch_number)
        if batch is None:
            raise self.broken(f"leaf {leaf} corrects batch {batch_number}, which earned nothing")
        return batch

    def broken(self, reason: str) -> BrokenBooks:
        """The error of an operation, in the block applied last, that contradicts what was booked before."""
        return BrokenBooks(self.pending.blocks[-1][0], reason)


Handler = Callable[[Growth, int, Any], None]
"""Applies an event: what grows, the index of its leaf, the event."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractProjection:
    """What one contract's events become, and what `indexer.rollback` has to take back.

    An event without handler gives a status to the thing that its first field names.
    """

    things: Mapping[Table, Column[int]]
    """Tables of things with a status, each after those it refers to, with the leaf that made a thing."""
    facts: tuple[Table, ...] = ()
    """Tables that are only appended to, with a `leaf_index`."""
    handlers: Mapping[type[Any], Handler] = field(default_factory=dict)
    statuses: Mapping[Table, Mapping[OperationKind, int]] = field(default_factory=dict)
    """The status that each kind of operation gives to the thing its leaf is about (docs/spec/02-states.md), once for
    all: projections go forward by it, a rollback goes back by it. The reference model says the same in its own words,
    step by step; it is there to disagree. Proposals are not here: two leaves of theirs are about other things."""
    before_store: Callable[[Growth, Connection], None] | None = None
    """Completes new rows and updates stored ones, before new things are inserted."""


def unless(value: bytes, none: bytes) -> bytes | None:
    """The value as it is stored where `none` stands for nothing."""
    return None if value == none else value
