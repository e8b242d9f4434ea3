"""The books of one small story, worked out by hand: deficit included."""

from chain.events import IssuanceConfirmed, ReductionCancelled, ReductionCorrected, ReductionTransferred
from indexer import books
from indexer.books import Posting
from indexer.schema import NO_LOT, Book
from ledger.vocabulary import CancellationPurpose, ReductionClass

LOT, LATER_LOT = b"\x11" * 32, b"\x12" * 32
OWNER, BUYER = b"\xaa" * 20, b"\xbb" * 20
ACTIVITY, METHODOLOGY = b"\xac" * 32, b"\xae" * 32
ID = b"\x01" * 32


def issued(lot_id: bytes, grams: int, withheld: int) -> IssuanceConfirmed:
    return IssuanceConfirmed(lot_id, ID, ID, ACTIVITY, METHODOLOGY, ReductionClass.I, 1, 2, OWNER, 1, grams, withheld)


def test_the_books_of_a_story() -> None:
    story: list[Posting] = [
        *books.of_issuance(0, issued(LOT, 100, 0), ACTIVITY),
        books.of_transfer(1, ReductionTransferred(LOT, OWNER, BUYER, ID, 70)),
        books.of_cancellation(2, ReductionCancelled(LOT, BUYER, 1, ID, CancellationPurpose.VOLUNTARY_OFFSET, 20, 1)),
        # 50 were too many: 30 are still there, 20 are owed.
        *books.of_correction(3, ReductionCorrected(LOT, OWNER, ID, 50, 30, 20), ACTIVITY),
        # Of the next 60, 20 are withheld.
        *books.of_issuance(4, issued(LATER_LOT, 60, 20), ACTIVITY),
    ]
    assert books.balance_changes(story) == {
        (Book.ISSUED, OWNER, LOT): 100,
        (Book.HELD, OWNER, LOT): 0,
        (Book.HELD, BUYER, LOT): 50,
        (Book.CANCELLED, BUYER, LOT): 20,
        (Book.TAKEN_BACK, OWNER, LOT): 30,
        (Book.OWED, ACTIVITY, NO_LOT): 20,
        (Book.DEFICIT, ACTIVITY, NO_LOT): 0,
        (Book.FILLED, ACTIVITY, NO_LOT): 20,
        (Book.ISSUED, OWNER, LATER_LOT): 60,
        (Book.HELD, OWNER, LATER_LOT): 40,
        (Book.TAKEN_BACK, OWNER, LATER_LOT): 20,
    }


def test_nothing_is_posted_for_nothing() -> None:
    wholly_withheld = books.of_issuance(0, issued(LOT, 5, 5), ACTIVITY)
    assert [posting.credit_book for posting in wholly_withheld] == [Book.TAKEN_BACK, Book.FILLED]
    assert [posting.position for posting in wholly_withheld] == [0, 1]
    nothing_left = books.of_correction(1, ReductionCorrected(LOT, OWNER, ID, 5, 0, 5), ACTIVITY)
    assert [posting.debit_book for posting in nothing_left] == [Book.OWED]
