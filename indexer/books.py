"""Double entry: the postings that an operation makes, and the balances that follow from postings."""

from collections.abc import Iterable
from typing import NamedTuple

from chain.events import (
    IssuanceConfirmed,
    PointsBoughtBack,
    ReductionCancelled,
    ReductionCorrected,
    ReductionTransferred,
)
from indexer.schema import DEBTOR_BOOKS, NO_LOT, SOURCE_BOOKS, Book

BalanceKey = tuple[int, bytes, bytes]
"""Book, owner and lot, as the primary key of `balances`."""

# As plain numbers: these are compared and stored by the million.
_ISSUED, _HELD, _CANCELLED, _TAKEN_BACK = map(int, (Book.ISSUED, Book.HELD, Book.CANCELLED, Book.TAKEN_BACK))
_OWED, _DEFICIT, _FILLED = map(int, (Book.OWED, Book.DEFICIT, Book.FILLED))
_BOUGHT_BACK = int(Book.BOUGHT_BACK)
_IN_LOTS = {int(book) for book in Book if book not in SOURCE_BOOKS | DEBTOR_BOOKS}


class Posting(NamedTuple):
    """`quantity_gco2e` of a lot moves from the debit side to the credit side; without a lot where points made or filled
    a deficit. A row of `postings`.
    """

    leaf_index: int
    position: int
    lot_id: bytes | None
    debit_book: int
    debit_owner: bytes
    credit_book: int
    credit_owner: bytes
    quantity_gco2e: int


def of_issuance(leaf_index: int, event: IssuanceConfirmed, debtor: bytes) -> list[Posting]:
    """Issued grams are held, but for those withheld, which are taken back and fill the debtor's deficit."""
    lot_id, owner = event.lot_id, event.credited_account
    withheld = event.withheld_grams
    moves = [
        (_ISSUED, owner, _HELD, owner, event.issued_grams - withheld),
        (_ISSUED, owner, _TAKEN_BACK, owner, withheld),
        (_DEFICIT, debtor, _FILLED, debtor, withheld),
    ]
    return _postings(leaf_index, lot_id, moves)


def of_transfer(leaf_index: int, event: ReductionTransferred) -> Posting:
    """Held grams are held by another account."""
    lot_id, from_account, to_account, _, grams = event
    return Posting(leaf_index, 0, lot_id, _HELD, from_account, _HELD, to_account, grams)


def of_cancellation(leaf_index: int, event: ReductionCancelled) -> Posting:
    """Held grams are cancelled."""
    return Posting(leaf_index, 0, event.lot_id, _HELD, event.account, _CANCELLED, event.account, event.grams)


def of_correction(leaf_index: int, event: ReductionCorrected, debtor: bytes) -> list[Posting]:
    """What the credited account still holds is taken back; the rest joins the debtor's deficit."""
    moves = [
        (_HELD, event.account, _TAKEN_BACK, event.account, event.taken_back_grams),
        (_OWED, debtor, _DEFICIT, debtor, event.shortfall_grams),
    ]
    return _postings(leaf_index, event.lot_id, moves)


def of_buy_back(leaf_index: int, event: PointsBoughtBack) -> Posting:
    """Grams that leave the points ledger are held by the provider."""
    return Posting(leaf_index, 0, event.lot_id, _BOUGHT_BACK, event.provider, _HELD, event.provider, event.grams)


def of_points(leaf_index: int, debtor: bytes, *, owed: int, filled: int) -> list[Posting]:
    """What points add to a debtor's deficit, or fill of it: it is one deficit, whatever was credited wrongly."""
    moves = [(_OWED, debtor, _DEFICIT, debtor, owed), (_DEFICIT, debtor, _FILLED, debtor, filled)]
    return _postings(leaf_index, None, moves)


def _postings(leaf_index: int, lot_id: bytes | None, moves: list[tuple[int, bytes, int, bytes, int]]) -> list[Posting]:
    """The moves of more than nothing, numbered from 0."""
    real = [move for move in moves if move[-1]]
    return [Posting(leaf_index, position, lot_id, *move) for position, move in enumerate(real)]


def balance_changes(postings: Iterable[Posting]) -> dict[BalanceKey, int]:
    """What the postings change, per balance; a balance that ends where it began is there with 0."""
    changes: dict[BalanceKey, int] = {}
    get = changes.get
    for _, _, lot_id, debit_book, debit_owner, credit_book, credit_owner, quantity in postings:
        if lot_id is not None and debit_book in _IN_LOTS and credit_book in _IN_LOTS:
            key = (debit_book, debit_owner, lot_id)
            changes[key] = get(key, 0) - quantity
            key = (credit_book, credit_owner, lot_id)
            changes[key] = get(key, 0) + quantity
        else:
            for key, change in (
                _effect(debit_book, debit_owner, lot_id, -quantity),
                _effect(credit_book, credit_owner, lot_id, quantity),
            ):
                changes[key] = get(key, 0) + change
    return changes


def _effect(book: int, owner: bytes, lot_id: bytes | None, credited: int) -> tuple[BalanceKey, int]:
    """The balance that a debit (negative) or credit changes, and by how much: sources count what came out of them."""
    key = (book, owner, NO_LOT if lot_id is None or book in DEBTOR_BOOKS else lot_id)
    return key, -credited if book in SOURCE_BOOKS else credited
