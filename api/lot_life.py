"""Where every gram of a lot is, by serial number (docs/spec/10-pages.md, "Flow of a lot" and "Life of a gram").

Cancellations take serial numbers from the front of the lot, take-backs from the back: what was withheld when the lot
was issued took the very last, each correction the last that were left. What is between both is held, and which account
holds which of these serial numbers, nobody can say: grams of a lot are alike until they are cancelled.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from api.repository import lot_lives, lots
from api.repository.lot_lives import CancellationRow, TakeBackRow
from api.repository.lots import LotRow
from api.repository.snapshots import Snapshot
from ledger.vocabulary import OperationKind


class Fate(StrEnum):
    """What became of a gram; there is no other."""

    CANCELLED = "cancelled"
    HELD = "held"
    TAKEN_BACK = "taken-back"
    WITHHELD = "withheld"
    """Taken back when it was issued: it filled a deficit and nobody ever held it."""


@dataclass(frozen=True, slots=True)
class Serials:
    """Serial numbers from `first` to before `end`."""

    first: int
    end: int

    @property
    def grams(self) -> int:
        """How many there are."""
        return self.end - self.first

    @property
    def last(self) -> int:
        """The last one; only of a range that has one."""
        return self.end - 1

    def __contains__(self, serial: int) -> bool:
        return self.first <= serial < self.end


@dataclass(frozen=True, slots=True)
class TakenBack:
    """Grams that were taken back at once."""

    fate: Fate
    serials: Serials
    row: TakeBackRow


@dataclass(frozen=True, slots=True)
class GramLife:
    """What is known of one gram: its lot and its fate, and what gave it that fate."""

    serial: int
    lot: LotRow
    fate: Fate
    cancellation: CancellationRow | None = None
    taken_back: TakenBack | None = None


def issued(lot: LotRow) -> Serials:
    """All serial numbers of a lot."""
    return Serials(lot.first_serial, lot.first_serial + lot.issued_grams)


def cancelled(lot: LotRow) -> Serials:
    """Those at its front, that certificates have."""
    return Serials(lot.first_serial, lot.first_serial + lot.cancelled_grams)


def held(lot: LotRow) -> Serials:
    """Those between."""
    return Serials(cancelled(lot).end, issued(lot).end - lot.taken_back_grams)


def taken_back(lot: LotRow, rows: Sequence[TakeBackRow]) -> list[TakenBack]:
    """Those at its back, in the order in which they were taken, each before what was taken earlier."""
    end = issued(lot).end
    found: list[TakenBack] = []
    for row in rows:
        fate = Fate.WITHHELD if row.kind == OperationKind.ISSUANCE_CONFIRMED else Fate.TAKEN_BACK
        found.append(TakenBack(fate, Serials(end - row.grams, end), row))
        end -= row.grams
    return found


def gram(snapshot: Snapshot, serial: int) -> GramLife | None:
    """The life of the gram with this serial number; None for one that was not issued yet."""
    lot = lots.by_serial(snapshot, serial)
    if lot is None:
        return None
    if serial in cancelled(lot):
        return GramLife(serial, lot, Fate.CANCELLED, cancellation=lot_lives.cancellation_at(snapshot, serial))
    if serial in held(lot):
        return GramLife(serial, lot, Fate.HELD)
    for one in taken_back(lot, lot_lives.take_backs(snapshot, lot)):
        if serial in one.serials:
            return GramLife(serial, lot, one.fate, taken_back=one)
    raise LookupError(f"gram {serial} of lot {lot.lot_id.hex()} is nowhere")
