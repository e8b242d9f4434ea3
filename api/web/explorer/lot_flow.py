"""The life of a lot as a flow: from issuance through the accounts that grams came to rest with to where they ended.

Everything is whole grams. What flows into a column is what flows out of it, and the ends add up to what was issued.
Where there is too much to see each alone, the smallest are drawn together and say how many they are.

Between accounts the flow is net: an account that got 5 t and passed 3 t on is drawn with the 2 t that it cancelled or
holds, because grams of a lot are alike and nobody can say which of them went on. Every transfer is in the list.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from api import lot_life
from api.lot_life import Fate, TakenBack
from api.repository import lot_lives
from api.repository.lot_lives import CancellationRow, CancelledByRow, HolderRow, TransferredRow
from api.repository.lots import LotRow
from api.repository.snapshots import Snapshot
from indexer.schema import LotStatus
from ledger.vocabulary import AccountStatus

MOST_CANCELLATIONS: Final = 30
"""Drawn alone; of more the largest, and the others of each purpose together."""
MOST_ACCOUNTS: Final = 12
MOST_TAKE_BACKS: Final = 4

OTHERS: Final = b"others"
"""In the place of an address: all accounts that are not drawn alone."""

_Node = Callable[[bytes], bytes]
"""From an account to what it is drawn as."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LotLife:
    """What is read of a lot to draw it. `largest` are among the cancellations that `cancelled_by` adds up."""

    lot: LotRow
    largest: Sequence[CancellationRow]
    cancelled_by: Sequence[CancelledByRow]
    holders: Sequence[HolderRow]
    taken_back: Sequence[TakenBack]
    transferred: Sequence[TransferredRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account with what came to rest with it. `count` accounts together where `account` is `OTHERS`."""

    account: bytes
    grams: int
    count: int = 1
    frozen: bool = False
    passed_on: int = 0
    """Transfers by which it gave grams of the lot away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """Grams with one fate: a certificate, a holder, a take-back, or `count` of them together.

    `parts` are the grams by the account (as drawn) that they come from; of what was withheld nobody ever had any.
    """

    fate: Fate
    parts: Mapping[bytes, int]
    count: int = 1
    purpose: int | None = None
    certificate: int | None = None
    account: bytes | None = None
    operation_id: bytes | None = None
    frozen: bool = False

    @property
    def grams(self) -> int:
        """All of it."""
        return sum(self.parts.values())

    @property
    def is_together(self) -> bool:
        """Whether it stands for several."""
        return self.certificate is None and self.account is None and self.operation_id is None


@dataclass(frozen=True, slots=True, kw_only=True)
class LotFlow:
    """What is drawn."""

    lot: LotRow
    accounts: Sequence[Account]
    ends: Sequence[End]
    passed_through: int
    """Accounts that gave everything on, and are not drawn."""
    transfers: int

    @property
    def credited(self) -> int:
        """Grams that the credited account was given when the lot was issued."""
        return self.lot.issued_grams - self.lot.withheld_grams

    @property
    def received(self) -> bool:
        """Whether grams came to rest with any account but the one that was credited."""
        return any(one.account != self.lot.credited_account for one in self.accounts)

    @property
    def together(self) -> Sequence[End]:
        """Ends that stand for several."""
        return [end for end in self.ends if end.is_together]


def read_life(snapshot: Snapshot, lot: LotRow) -> LotLife:
    """What is read of a lot; the same in the same state of the log, and kept for it."""
    key = ("lot life", lot.lot_id, snapshot.as_of.log_size)
    found: LotLife | None = snapshot.facts.get(key, snapshot.as_of)
    if found is None:
        found = LotLife(
            lot=lot,
            largest=lot_lives.largest_cancellations(snapshot, lot.lot_id, MOST_CANCELLATIONS),
            cancelled_by=lot_lives.cancelled_by(snapshot, lot.lot_id),
            holders=lot_lives.holders(snapshot, lot.lot_id),
            taken_back=lot_life.taken_back(lot, lot_lives.take_backs(snapshot, lot)),
            transferred=lot_lives.transferred(snapshot, lot.lot_id),
        )
        snapshot.facts.put(key, found, snapshot.as_of)
    return found


def lot_flow(life: LotLife) -> LotFlow:
    """The flow of a lot's life."""
    rests = _rests(life)
    drawn = _drawn(life.lot.credited_account, rests)
    passed_on: dict[bytes, int] = {}
    for row in life.transferred:
        passed_on[row.giver] = passed_on.get(row.giver, 0) + row.transfers
    ends = tuple(_ends(life, drawn))
    frozen = {row.account for row in life.holders if row.account_status == AccountStatus.FROZEN}
    moved = {account for row in life.transferred for account in (row.giver, row.receiver)}
    return LotFlow(
        lot=life.lot,
        accounts=tuple(_accounts(rests, drawn, frozen, passed_on)),
        ends=ends,
        passed_through=len(moved - set(rests)),
        transfers=sum(row.transfers for row in life.transferred),
    )


def _rests(life: LotLife) -> dict[bytes, int]:
    """Grams that came to rest with each account: cancelled or held by it, or taken back from it."""
    rests: dict[bytes, int] = {}
    for account, grams in (
        *((row.account, row.grams) for row in life.cancelled_by),
        *((row.account, row.grams) for row in life.holders),
    ):
        rests[account] = rests.get(account, 0) + grams
    corrected = sum(one.serials.grams for one in life.taken_back if one.fate is Fate.TAKEN_BACK)
    if corrected:
        account = life.lot.credited_account
        rests[account] = rests.get(account, 0) + corrected
    return rests


def _drawn(credited: bytes, rests: Mapping[bytes, int]) -> frozenset[bytes]:
    """The accounts that are drawn alone: all if there is room, else the credited one and the largest."""
    if len(rests) <= MOST_ACCOUNTS:
        return frozenset(rests)
    largest = sorted(rests, key=lambda account: (account != credited, -rests[account], account))
    return frozenset(largest[: MOST_ACCOUNTS - 1])


def _accounts(
    rests: Mapping[bytes, int], drawn: frozenset[bytes], frozen: set[bytes], passed_on: Mapping[bytes, int]
) -> Iterator[Account]:
    for account in sorted(drawn, key=lambda one: (-rests[one], one)):
        yield Account(
            account=account,
            grams=rests[account],
            frozen=account in frozen,
            passed_on=passed_on.get(account, 0),
        )
    others = rests.keys() - drawn
    if others:
        yield Account(
            account=OTHERS,
            grams=sum(rests[account] for account in others),
            count=len(others),
            passed_on=sum(passed_on.get(account, 0) for account in others),
        )


def _ends(life: LotLife, drawn: frozenset[bytes]) -> Iterator[End]:
    """By purpose, within it by serial number; then what is held, then what was taken back, from the front."""

    def node(account: bytes) -> bytes:
        return account if account in drawn else OTHERS

    for purpose in sorted({row.purpose for row in life.cancelled_by}):
        alone = [row for row in life.largest if row.purpose == purpose]
        for row in alone:
            yield End(
                fate=Fate.CANCELLED,
                parts={node(row.account): row.grams},
                purpose=purpose,
                certificate=row.number,
                account=row.account,
                operation_id=row.operation_id,
            )
        yield from _other_cancellations(life, purpose, alone, node)
    yield from _held(life, drawn)
    yield from _taken_back(life, node(life.lot.credited_account))


def _other_cancellations(life: LotLife, purpose: int, alone: Sequence[CancellationRow], node: _Node) -> Iterator[End]:
    parts: dict[bytes, int] = {}
    count = -len(alone)
    for row in life.cancelled_by:
        if row.purpose == purpose:
            parts[row.account] = parts.get(row.account, 0) + row.grams
            count += row.certificates
    for one in alone:
        parts[one.account] -= one.grams
    if count:
        yield End(fate=Fate.CANCELLED, parts=_joined(parts, node), count=count, purpose=purpose)


def _joined(parts: Mapping[bytes, int], node: _Node) -> dict[bytes, int]:
    joined: dict[bytes, int] = {}
    for account, grams in parts.items():
        if grams:
            joined[node(account)] = joined.get(node(account), 0) + grams
    return joined


def _held(life: LotLife, drawn: frozenset[bytes]) -> Iterator[End]:
    locked = life.lot.status == LotStatus.FROZEN
    for row in sorted(life.holders, key=lambda one: (-one.grams, one.account)):
        if row.account in drawn:
            frozen = locked or row.account_status == AccountStatus.FROZEN
            yield End(fate=Fate.HELD, parts={row.account: row.grams}, account=row.account, frozen=frozen)
    others = [row for row in life.holders if row.account not in drawn]
    if others:
        grams = sum(row.grams for row in others)
        yield End(fate=Fate.HELD, parts={OTHERS: grams}, count=len(others), frozen=locked)


def _taken_back(life: LotLife, credited: bytes) -> Iterator[End]:
    withheld = [one for one in life.taken_back if one.fate is Fate.WITHHELD]
    corrected = [one for one in life.taken_back if one.fate is Fate.TAKEN_BACK]
    if len(corrected) > MOST_TAKE_BACKS:
        grams = sum(one.serials.grams for one in corrected)
        yield End(fate=Fate.TAKEN_BACK, parts={credited: grams}, count=len(corrected))
        corrected = []
    for one in reversed(corrected):
        parts = {credited: one.serials.grams}
        yield End(fate=Fate.TAKEN_BACK, parts=parts, operation_id=one.row.operation_id)
    for one in withheld:
        yield End(fate=Fate.WITHHELD, parts={b"": one.serials.grams}, operation_id=one.row.operation_id)
