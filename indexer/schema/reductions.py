"""The mirror: reductions, by lot."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, UniqueConstraint

from indexer.schema.columns import (
    KEYED,
    STRICT,
    Int64,
    SmallInt,
    address,
    check,
    count,
    days_in_order,
    hash32,
    leaf,
    metadata,
    optional_count,
    word,
)
from indexer.schema.words import DEBTOR_BOOKS, Book, LotStatus
from ledger.vocabulary import CancellationPurpose, ProposalStatus, ReductionClass

proposals = Table(
    "proposals",
    metadata,
    hash32("proposal_id", primary_key=True),  # the operation id of the proposal
    Column("activity_id", LargeBinary, ForeignKey("activities.activity_id"), nullable=False),
    address("proposer"),
    count("first_day"),  # monitoring period
    count("last_day"),
    count("quantity_gco2e", least=1),
    word("status", ProposalStatus),
    leaf("proposed_leaf_index"),
    leaf("status_leaf_index"),
    UniqueConstraint("proposed_leaf_index"),
    days_in_order("first_day", "last_day"),
    Index("ix_proposals_activity_id", "activity_id"),
    Index("ix_proposals_status", "status", "proposed_leaf_index"),  # what waits, among all that was ever decided
    **KEYED,
)


_ISSUED_BY = ("activity_id", "methodology_id", "first_day", "last_day", "proposal_id")
_ONE_ORIGIN = " AND ".join(f"({name} IS NULL) = (redeem_operation_id IS NOT NULL)" for name in _ISSUED_BY)

lots = Table(
    "lots",
    metadata,
    # Serial numbers of the lot: first_serial to first_serial + issued_gco2e - 1, one for each gram.
    hash32("lot_id", primary_key=True),
    # A lot that was bought back from points (G6) has no activity, methodology, monitoring period or proposal.
    Column("activity_id", LargeBinary, ForeignKey("activities.activity_id"), nullable=True),
    Column("methodology_id", LargeBinary, ForeignKey("methodologies.methodology_id"), nullable=True),
    word("reduction_class", ReductionClass),
    optional_count("first_day"),  # monitoring period
    optional_count("last_day"),
    Column("credited_account", LargeBinary, ForeignKey("accounts.account"), nullable=False),
    Column("proposal_id", LargeBinary, ForeignKey("proposals.proposal_id"), nullable=True),
    hash32("redeem_operation_id", nullable=True),  # the redemption whose points it was bought back from
    count("first_serial", least=1),
    count("issued_gco2e", least=1),
    count("withheld_gco2e"),  # part of it that filled the activity's deficit and was never held
    count("cancelled_gco2e"),  # derived; serials are taken from the front
    count("taken_back_gco2e"),  # derived; withheld or taken back by corrections, from the back
    count("corrected_gco2e"),  # derived; found over-credited, taken back or not
    word("status", LotStatus),
    leaf("issued_leaf_index"),
    leaf("status_leaf_index"),
    UniqueConstraint("proposal_id"),
    UniqueConstraint("first_serial"),
    UniqueConstraint("issued_leaf_index"),
    UniqueConstraint("redeem_operation_id"),
    UniqueConstraint("activity_id", "first_day"),  # monitoring periods of an activity never overlap
    days_in_order("first_day", "last_day"),
    check("issued_or_bought_back", _ONE_ORIGIN),
    check("final_within_issued", "cancelled_gco2e + taken_back_gco2e <= issued_gco2e"),
    check("withheld_is_taken_back", "withheld_gco2e <= taken_back_gco2e"),
    check("corrected_within_issued", "corrected_gco2e <= issued_gco2e"),
    Index("ix_lots_activity_id", "activity_id"),
    Index("ix_lots_credited_account", "credited_account", "issued_leaf_index"),
    Index("ix_lots_status", "status", "issued_leaf_index"),  # the frozen ones, among all
    **KEYED,
)

certificates = Table(
    "certificates",
    metadata,
    # One row per cancellation. Serials first_serial to first_serial + quantity_gco2e - 1.
    count("number", least=1, primary_key=True),
    leaf("leaf_index"),
    Column("lot_id", LargeBinary, ForeignKey("lots.lot_id"), nullable=False),
    address("account"),  # that held and cancelled
    word("purpose", CancellationPurpose),
    count("quantity_gco2e", least=1),
    count("first_serial", least=1),
    **STRICT,
)
Index("uq_certificates_leaf_index", certificates.c.leaf_index, unique=True)
Index("uq_certificates_first_serial", certificates.c.first_serial, unique=True)
Index("ix_certificates_account", certificates.c.account, certificates.c.number)
Index("ix_certificates_lot_id", certificates.c.lot_id, certificates.c.number)


def _of_debtor(book: str) -> str:
    """Whether the column names one of `DEBTOR_BOOKS`."""
    return f"{book} BETWEEN {int(min(DEBTOR_BOOKS))} AND {int(max(DEBTOR_BOOKS))}"


def _owner_length(owner: str, book: str) -> str:
    return f"length({owner}) = CASE WHEN {_of_debtor(book)} THEN 32 ELSE 20 END"


postings = Table(
    "postings",
    metadata,
    # Double entry: an operation moves quantity from (debit_book, debit_owner) to (credit_book, credit_owner).
    Column("leaf_index", Int64, ForeignKey("operations.leaf_index"), primary_key=True, autoincrement=False),
    Column("position", SmallInt, check("position", "position >= 0"), primary_key=True, autoincrement=False),
    # None where points made or filled a deficit, which points and lots of a debtor have in common.
    Column("lot_id", LargeBinary, ForeignKey("lots.lot_id"), nullable=True),
    word("debit_book", Book),
    Column("debit_owner", LargeBinary, nullable=False),  # account, or debtor in DEBTOR_BOOKS
    word("credit_book", Book),
    Column("credit_owner", LargeBinary, nullable=False),
    count("quantity_gco2e", least=1),
    check("lot_or_debtor", f"lot_id IS NOT NULL OR {_of_debtor('debit_book')}"),
    check("debit_owner", _owner_length("debit_owner", "debit_book")),
    check("credit_owner", _owner_length("credit_owner", "credit_book")),
    **KEYED,
)

balances = Table(
    "balances",
    metadata,
    # Derived: sum of postings, by book, owner and lot. Empty balances have no row.
    word("book", Book, primary_key=True),
    Column("owner", LargeBinary, primary_key=True),  # account, or debtor in DEBTOR_BOOKS
    hash32("lot_id", primary_key=True),  # NO_LOT in DEBTOR_BOOKS
    count("quantity_gco2e", least=1),
    check("owner", _owner_length("owner", "book")),
    Index("ix_balances_owner", "owner"),
    Index("ix_balances_lot_id", "lot_id"),
    # Room on each page for the next versions of its rows, which no index then has to follow.
    postgresql_with={"fillfactor": 60},
    **KEYED,
)
