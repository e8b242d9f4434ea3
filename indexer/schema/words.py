"""Words that only the index has, kept by their number."""

from enum import IntEnum, StrEnum


class Book(IntEnum):
    """Where grams stand. Each posting moves a quantity from one book and owner (debit) to another (credit).

    ISSUED, HELD, CANCELLED and TAKEN_BACK hold the grams of a lot; their owner is an account. In `balances` each lot
    has ISSUED (or BOUGHT_BACK) = HELD + CANCELLED + TAKEN_BACK (01-concepts §1.4). OWED, DEFICIT and FILLED hold what a
    debtor (`activities.debtor_id`) owes, and OWED = DEFICIT + FILLED. Their postings name the lot that caused or filled
    the deficit, if it was one; their balances are kept for the debtor as a whole, under `NO_LOT`.
    """

    ISSUED = 1
    """Grams ever confirmed, by credited account. A source: its balance is debits less credits."""
    HELD = 2
    """Grams that an account can transfer or cancel."""
    CANCELLED = 3
    """Grams cancelled, by the account that held them. Final."""
    TAKEN_BACK = 4
    """Grams taken back by a correction or withheld at issuance, by credited account. Final."""
    OWED = 5
    """Over-credited grams that could not be taken back, ever, by debtor. A source, as ISSUED is."""
    DEFICIT = 6
    """What is still owed and the next issuance fills first, by debtor."""
    FILLED = 7
    """Deficit that later issuance or earning has filled, by debtor."""
    BOUGHT_BACK = 8
    """Grams of lots that were bought back from points, by provider: where such a lot comes from, as ISSUED is of the
    others."""


SOURCE_BOOKS = frozenset({Book.ISSUED, Book.OWED, Book.BOUGHT_BACK})
"""Books that grams come out of: balance = debits - credits. In every other book it is credits - debits."""

DEBTOR_BOOKS = frozenset({Book.OWED, Book.DEFICIT, Book.FILLED})
"""Books whose owner is a debtor id (32 bytes); of the others it is an account (20 bytes)."""

NO_LOT = bytes(32)
"""The `lot_id` of balances in DEBTOR_BOOKS."""


class PointBook(IntEnum):
    """Where points of a class stand (docs/spec/05-points.md §5.2). The owner is 32 bytes in each, of what it says.

    ISSUED = all the others together, for each class.
    """

    ISSUED = 1
    """Points ever earned, by activity. The source: its balance is debits less credits."""
    PERSONAL = 2
    """What persons have. Who of them, the chain does not know: the owner is `PERSONS`."""
    PROVIDER_POOL = 3
    """Redeemed and not bought back yet, by provider's account, left-padded."""
    CAMPAIGN_POOL = 4
    """Donated and not cancelled yet, by campaign."""
    BOUGHT_BACK = 5
    """Turned into lots of the reduction ledger, by provider's account, left-padded. Final."""
    CANCELLED = 6
    """Cancelled for good: for a campaign, or by persons of their own will (owner `PERSONS`)."""
    TAKEN_BACK = 7
    """Withheld when they were earned, or taken back by a correction, by activity. Final."""


PERSONS = bytes(32)
"""The owner, in point books, where it is persons."""


class BatchFileState(StrEnum):
    """What became of the file of an anchored batch. Nothing of it is on the chain but its hash."""

    WAITING = "waiting"
    """The store does not have it, or cannot be asked."""
    CHECKED = "checked"
    """It is what the chain holds, and its entries are in the entry index."""
    WRONG = "wrong"
    """It is not what a batch file of this batch must be; `rule` says why."""


class LotStatus(IntEnum):
    """docs/spec/02-states.md §2.5. On chain this is the lot's `frozen` flag."""

    FREE = 1
    FROZEN = 2


class IncidentKind(IntEnum):
    """What happened to the follower."""

    REORG = 1
    """The chain took back blocks that had been indexed; they were rolled back."""
    HALT = 2
    """Something on the chain or in the node's answers broke a check; nothing more is indexed until it is resolved."""
    WRONG_BATCH = 3
    """An anchored batch's file is not what the batch says, or is none."""
    DUPLICATE_ENTRIES = 4
    """Entries of an anchored batch were in another one before."""
    OVERDRAWN_PERSONS = 5
    """Persons spent more points than they have: less than nothing is left of a class."""
