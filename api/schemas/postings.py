"""Double entries: what moved from which book and owner to which."""

from typing import Annotated, Any

from pydantic import Field

from api.repository.postings import PostingRow
from api.schemas.common import ClassWord, Hash, Index, Quantity, hex0x, label, optional_hex0x, quantity
from indexer.schema import Book, PointBook
from ledger.vocabulary import ReductionClass


def book_label(books: type[Book] | type[PointBook], number: int) -> str:
    """The word of a book: `taken-back`."""
    return books(number).name.lower().replace("_", "-")


_BOOKS = sorted({book_label(books, int(book)) for books in (Book, PointBook) for book in books})

BookWord = Annotated[str, Field(pattern=f"^({'|'.join(_BOOKS)})$", examples=["held"])]
Owner = Annotated[str, Field(pattern=r"^0x([0-9a-f]{40}|[0-9a-f]{64})$", examples=["0x" + "5a" * 20])]


class Posting(Quantity):
    """One double entry of an operation: grams of a lot, or points of a class."""

    ledger: Annotated[str, Field(pattern="^(reductions|points)$", examples=["reductions"])]
    position: Index
    """Place among the double entries of its operation in this ledger."""
    lot_id: Hash | None
    """Of reductions; None where points made or filled a deficit."""
    reduction_class: ClassWord | None
    """Of points."""
    debit_book: BookWord
    debit_owner: Owner
    """Account, debtor, activity or campaign, by the book; zeros in books of points are persons."""
    credit_book: BookWord
    credit_owner: Owner


def posting_document(row: PostingRow) -> dict[str, Any]:
    """A double entry as JSON."""
    books = PointBook if row.of_points else Book
    return {
        "ledger": "points" if row.of_points else "reductions",
        "position": row.position,
        "lot_id": optional_hex0x(row.lot_id),
        "reduction_class": None if row.reduction_class is None else label(ReductionClass, row.reduction_class),
        "debit_book": book_label(books, row.debit_book),
        "debit_owner": hex0x(row.debit_owner),
        "credit_book": book_label(books, row.credit_book),
        "credit_owner": hex0x(row.credit_owner),
        **quantity(row.grams),
    }
