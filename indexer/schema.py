"""The SQL tables, as SQLAlchemy Core tables; SQLite and PostgreSQL have the same ones.

Two families (docs/architecture.md):

- `MIRROR`: rebuilt from the chain, byte for byte. Facts (operations, postings, certificates, and what the others say of
  how a thing came to be) are only appended; `balances`, `log_tiles`, every `status`, `status_leaf_index` and the lots'
  running totals are derived from the facts, so that a reorg deletes facts above the ancestor and derives again.
- `KEPT`: what the operator keeps and no chain can give back.

Conventions. Quantities are whole grams of CO2e in 64-bit integers, named `..._gco2e`. Times are seconds since
1970-01-01T00:00:00Z; days are civil days in Shanghai since 1970-01-01, as in `ledger.units`. Hashes and ids are 32 raw
bytes, addresses 20; NULL stands where a leaf or an event has zero for "none". Words of `ledger.vocabulary` are kept by
their number. `..._leaf_index` names the operation of the log that made something so.
"""

from enum import IntEnum, StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    UniqueConstraint,
)

from chain.operations import ContractName, OperationState
from ledger.vocabulary import (
    AccountKind,
    AccountStatus,
    ActivityKind,
    ActivityStatus,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    MethodologyStatus,
    OperationKind,
    ProposalStatus,
    ReductionClass,
)


class Book(IntEnum):
    """Where grams stand. Each posting moves a quantity from one book and owner (debit) to another (credit).

    ISSUED, HELD, CANCELLED and TAKEN_BACK hold the grams of a lot; their owner is an account. In `balances` each lot
    has ISSUED = HELD + CANCELLED + TAKEN_BACK (01-concepts §1.4). OWED, DEFICIT and FILLED hold what a debtor
    (`activities.debtor_id`) owes, and OWED = DEFICIT + FILLED. Their postings name the lot that caused or filled the
    deficit; their balances are kept for the debtor as a whole, under `NO_LOT`.
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
    """Deficit that later issuance has filled, by debtor."""


SOURCE_BOOKS = frozenset({Book.ISSUED, Book.OWED})
"""Books that grams come out of: balance = debits - credits. In every other book it is credits - debits."""

DEBTOR_BOOKS = frozenset({Book.OWED, Book.DEFICIT, Book.FILLED})
"""Books whose owner is a debtor id (32 bytes); of the others it is an account (20 bytes)."""

NO_LOT = bytes(32)
"""The `lot_id` of balances in DEBTOR_BOOKS."""


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


metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)

# INTEGER is SQLite's 64-bit integer, and as a primary key the row's own key.
Int64 = BigInteger().with_variant(Integer(), "sqlite")
SmallInt = Integer()


# --------------------------------------------------------------------------------------------------------- columns


def _check(name: str, condition: str) -> CheckConstraint:
    return CheckConstraint(condition, name=name)


def _count(name: str, *, least: int = 0, primary_key: bool = False) -> Column[int]:
    """A whole number from `least` to 2**63 - 1."""
    check = _check(name, f"{name} >= {least}")
    return Column(name, Int64, check, primary_key=primary_key, autoincrement=False, nullable=False)


def _optional_count(name: str) -> Column[int]:
    return Column(name, Int64, _check(name, f"{name} >= 0"), nullable=True)


def _bytes(name: str, length: int, *, primary_key: bool = False, nullable: bool = False) -> Column[bytes]:
    check = _check(name, f"length({name}) = {length}")
    return Column(name, LargeBinary, check, primary_key=primary_key, nullable=nullable)


def _hash(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[bytes]:
    return _bytes(name, 32, primary_key=primary_key, nullable=nullable)


def _address(name: str, *, primary_key: bool = False, nullable: bool = False) -> Column[bytes]:
    return _bytes(name, 20, primary_key=primary_key, nullable=nullable)


def _word(name: str, words: type[IntEnum], *, primary_key: bool = False) -> Column[int]:
    """The number of a word, but not zero ("none", "unknown"), which no contract lets stand."""
    numbers = sorted(int(word) for word in words if word != 0)
    check = _check(name, " OR ".join(f"{name} BETWEEN {first} AND {last}" for first, last in _runs(numbers)))
    return Column(name, SmallInt, check, primary_key=primary_key, autoincrement=False, nullable=False)


def _runs(numbers: list[int]) -> list[tuple[int, int]]:
    """First and last of each run of numbers without gaps. SQLite checks a few ranges faster than one list."""
    runs: list[tuple[int, int]] = []
    for number in numbers:
        if runs and runs[-1][1] == number - 1:
            runs[-1] = (runs[-1][0], number)
        else:
            runs.append((number, number))
    return runs


def _label(name: str, words: type[StrEnum]) -> Column[str]:
    allowed = ", ".join(f"'{word.value}'" for word in words)
    return Column(name, Text, _check(name, f"{name} IN ({allowed})"), nullable=False)


def _text(name: str, *, nullable: bool = False) -> Column[str]:
    return Column(name, Text, nullable=nullable)


def _leaf(name: str) -> Column[int]:
    """The operation that made something so."""
    return Column(name, Int64, ForeignKey("operations.leaf_index"), nullable=False)


def _period(first: str, last: str) -> CheckConstraint:
    return _check(f"{first}_to_{last}", f"{first} <= {last}")


STRICT: dict[str, Any] = {"sqlite_strict": True}
# Rows stored in the order of a primary key that is no integer: half the size and one search less on SQLite.
KEYED: dict[str, Any] = {"sqlite_strict": True, "sqlite_with_rowid": False}

# ----------------------------------------------------------------------------------------- the mirror: where it stands

chain_binding = Table(
    "chain_binding",
    metadata,
    # One row: a database belongs to one deployment on one chain, for ever.
    Column("id", SmallInt, _check("one_row", "id = 1"), primary_key=True, autoincrement=False),
    _count("chain_id", least=1),
    _hash("genesis_hash"),
    _count("first_block", least=1),  # first block that may hold our events; indexing starts here
    _hash("parent_hash"),  # hash of the block before it, which the index stands on when it is empty
    _count("parent_timestamp"),
    **STRICT,
)

bound_contracts = Table(
    "bound_contracts",
    metadata,
    # The contracts of the deployment: `chain.operations.ContractName`.
    Column("name", Text, primary_key=True),
    _address("address"),
    _hash("code_hash"),  # keccak-256 of the deployed code
    UniqueConstraint("address"),
    **STRICT,
)

cursor = Table(
    "cursor",
    metadata,
    # One row: everything up to and including this block is in the tables, and nothing above it.
    Column("id", SmallInt, _check("one_row", "id = 1"), primary_key=True, autoincrement=False),
    _count("block_number"),
    _hash("block_hash"),
    _count("block_timestamp"),
    _count("log_size"),  # leaves in the log at this block
    _hash("log_root"),  # RFC 6962 root of these leaves; equal to the contract's `rootAt(log_size)`
    **STRICT,
)

blocks = Table(
    "blocks",
    metadata,
    # Only the blocks that hold our events.
    _count("number", primary_key=True),
    _hash("hash"),
    _hash("parent_hash"),
    _count("timestamp"),
    UniqueConstraint("hash"),
    **STRICT,
)

# ---------------------------------------------------------------------------------------------- the mirror: operations

operations = Table(
    "operations",
    metadata,
    # One row per leaf of the log, with everything that is hashed into the leaf (docs/spec/03-encodings.md §3.1).
    _count("leaf_index", primary_key=True),
    _hash("operation_id"),
    _word("kind", OperationKind),
    _address("ledger"),  # contract that appended the leaf
    _hash("subject"),  # by kind: §3.4
    _address("from_account", nullable=True),
    _address("to_account", nullable=True),
    _count("quantity_gco2e"),  # 0 where the operation moves none
    _hash("record_hash"),
    _count("timestamp"),  # of the block
    _hash("leaf_hash"),
    Column("block_number", Int64, ForeignKey("blocks.number"), nullable=False),
    _hash("transaction_hash"),
    _count("log_index"),  # of the LeafAppended event within the block
    **STRICT,
)
Index("uq_operations_operation_id", operations.c.operation_id, unique=True)
Index("uq_operations_block_number_log_index", operations.c.block_number, operations.c.log_index, unique=True)
Index("ix_operations_subject", operations.c.subject, operations.c.leaf_index)
# Lists by kind would otherwise go through the whole log for the few withdrawals in it, and `/v1/transfers` for the few
# transfers where most is cancelled. New rows come at the end of each kind's range, so that it costs a tenth of the time
# of this table's inserts (SQLite: 42-47 instead of 46-54 thousand rows a second of CPU) while the chain is followed; a
# large backfill makes it afterwards with the others. An index without the frequent kinds would cost nothing, but only
# as long as it is known which ones they are.
Index("ix_operations_kind", operations.c.kind, operations.c.leaf_index)
for _side in (operations.c.from_account, operations.c.to_account):
    Index(
        f"ix_operations_{_side.name}",
        _side,
        operations.c.leaf_index,
        sqlite_where=_side.is_not(None),
        postgresql_where=_side.is_not(None),
    )

log_tiles = Table(
    "log_tiles",
    metadata,
    # Nodes of the log tree. A tile of level L covers tree levels 8L to 8L + 7 over 256 nodes of tree level 8L; the
    # node above them all is the first of its kind in a tile of the next level. `nodes` joins the tile's complete nodes
    # in the order in which they were completed (each leaf, then what that leaf completes, going up), so that a growing
    # tile only gains bytes at its end: `indexer.tiles`.
    _count("level", primary_key=True),
    _count("tile_index", primary_key=True),
    Column(
        "nodes",
        LargeBinary,
        _check("nodes", "length(nodes) BETWEEN 32 AND 16320 AND length(nodes) & 31 = 0"),
        nullable=False,
    ),
    **STRICT,
)

# ---------------------------------------------------------------------------------------------- the mirror: registries

accounts = Table(
    "accounts",
    metadata,
    _address("account", primary_key=True),
    _word("kind", AccountKind),
    _word("custody", Custody),
    _hash("identity_commitment"),
    _word("status", AccountStatus),
    _leaf("opened_leaf_index"),
    _leaf("status_leaf_index"),  # the operation that gave it this status
    UniqueConstraint("identity_commitment"),
    UniqueConstraint("opened_leaf_index"),
    **KEYED,
)

methodologies = Table(
    "methodologies",
    metadata,
    # One row per published version.
    _hash("methodology_id", primary_key=True),
    _text("code"),
    _count("version", least=1),
    _word("kind", MethodologyKind),
    _word("reduction_class", ReductionClass),
    _count("effective_first_day"),
    _count("effective_last_day"),
    _hash("document_hash"),  # SHA-256 of the published text
    _word("status", MethodologyStatus),
    _leaf("published_leaf_index"),
    _leaf("status_leaf_index"),
    UniqueConstraint("code", "version"),
    UniqueConstraint("published_leaf_index"),
    _period("effective_first_day", "effective_last_day"),
    **KEYED,
)

activities = Table(
    "activities",
    metadata,
    # Issued and corrected totals are sums over its lots; the deficit is its debtor's balance in Book.DEFICIT.
    _hash("activity_id", primary_key=True),
    _text("code"),
    _word("kind", ActivityKind),
    _word("reduction_class", ReductionClass),  # of its methodology version
    Column("methodology_id", LargeBinary, ForeignKey("methodologies.methodology_id"), nullable=False),
    Column("operator_account", LargeBinary, ForeignKey("accounts.account"), nullable=False),
    _address("feed_signer", nullable=True),
    _count("crediting_first_day"),
    _count("crediting_last_day"),
    _hash("facility_id", nullable=True),
    _hash("debtor_id"),  # who its days are credited to and who owes its deficit (docs/spec/03-encodings.md §3.2)
    _hash("pledge_hash", nullable=True),
    _count("cap_gco2e"),  # most that may be issued over the crediting period, net of corrections
    _word("status", ActivityStatus),
    _leaf("registered_leaf_index"),
    _leaf("status_leaf_index"),
    UniqueConstraint("code"),
    UniqueConstraint("registered_leaf_index"),
    _period("crediting_first_day", "crediting_last_day"),
    **KEYED,
)
_live = activities.c.status.in_([int(ActivityStatus.ACTIVE), int(ActivityStatus.SUSPENDED)])
Index(
    "uq_activities_live_facility",  # M10: one live registration per facility
    activities.c.facility_id,
    unique=True,
    sqlite_where=_live,
    postgresql_where=_live,
)

proposals = Table(
    "proposals",
    metadata,
    _hash("proposal_id", primary_key=True),  # the operation id of the proposal
    Column("activity_id", LargeBinary, ForeignKey("activities.activity_id"), nullable=False),
    _address("proposer"),
    _count("first_day"),  # monitoring period
    _count("last_day"),
    _count("quantity_gco2e", least=1),
    _word("status", ProposalStatus),
    _leaf("proposed_leaf_index"),
    _leaf("status_leaf_index"),
    UniqueConstraint("proposed_leaf_index"),
    _period("first_day", "last_day"),
    Index("ix_proposals_activity_id", "activity_id"),
    Index("ix_proposals_status", "status", "proposed_leaf_index"),  # what waits, among all that was ever decided
    **KEYED,
)

# ----------------------------------------------------------------------------------------------- the mirror: reductions

lots = Table(
    "lots",
    metadata,
    # Serial numbers of the lot: first_serial to first_serial + issued_gco2e - 1, one for each gram.
    _hash("lot_id", primary_key=True),
    Column("activity_id", LargeBinary, ForeignKey("activities.activity_id"), nullable=False),
    Column("methodology_id", LargeBinary, ForeignKey("methodologies.methodology_id"), nullable=False),
    _word("reduction_class", ReductionClass),
    _count("first_day"),  # monitoring period
    _count("last_day"),
    Column("credited_account", LargeBinary, ForeignKey("accounts.account"), nullable=False),
    Column("proposal_id", LargeBinary, ForeignKey("proposals.proposal_id"), nullable=False),
    _count("first_serial", least=1),
    _count("issued_gco2e", least=1),
    _count("withheld_gco2e"),  # part of it that filled the activity's deficit and was never held
    _count("cancelled_gco2e"),  # derived; serials are taken from the front
    _count("taken_back_gco2e"),  # derived; withheld or taken back by corrections, from the back
    _count("corrected_gco2e"),  # derived; found over-credited, taken back or not
    _word("status", LotStatus),
    _leaf("issued_leaf_index"),
    _leaf("status_leaf_index"),
    UniqueConstraint("proposal_id"),
    UniqueConstraint("first_serial"),
    UniqueConstraint("issued_leaf_index"),
    UniqueConstraint("activity_id", "first_day"),  # monitoring periods of an activity never overlap
    _period("first_day", "last_day"),
    _check("final_within_issued", "cancelled_gco2e + taken_back_gco2e <= issued_gco2e"),
    _check("withheld_is_taken_back", "withheld_gco2e <= taken_back_gco2e"),
    _check("corrected_within_issued", "corrected_gco2e <= issued_gco2e"),
    Index("ix_lots_activity_id", "activity_id"),
    Index("ix_lots_credited_account", "credited_account", "issued_leaf_index"),
    Index("ix_lots_status", "status", "issued_leaf_index"),  # the frozen ones, among all
    **KEYED,
)

certificates = Table(
    "certificates",
    metadata,
    # One row per cancellation. Serials first_serial to first_serial + quantity_gco2e - 1.
    _count("number", least=1, primary_key=True),
    _leaf("leaf_index"),
    Column("lot_id", LargeBinary, ForeignKey("lots.lot_id"), nullable=False),
    _address("account"),  # that held and cancelled
    _word("purpose", CancellationPurpose),
    _count("quantity_gco2e", least=1),
    _count("first_serial", least=1),
    **STRICT,
)
Index("uq_certificates_leaf_index", certificates.c.leaf_index, unique=True)
Index("uq_certificates_first_serial", certificates.c.first_serial, unique=True)
Index("ix_certificates_account", certificates.c.account, certificates.c.number)
Index("ix_certificates_lot_id", certificates.c.lot_id, certificates.c.number)

postings = Table(
    "postings",
    metadata,
    # Double entry: an operation moves quantity from (debit_book, debit_owner) to (credit_book, credit_owner).
    Column("leaf_index", Int64, ForeignKey("operations.leaf_index"), primary_key=True, autoincrement=False),
    Column("position", SmallInt, _check("position", "position >= 0"), primary_key=True, autoincrement=False),
    Column("lot_id", LargeBinary, ForeignKey("lots.lot_id"), nullable=False),
    _word("debit_book", Book),
    Column("debit_owner", LargeBinary, nullable=False),  # account, or debtor in DEBTOR_BOOKS
    _word("credit_book", Book),
    Column("credit_owner", LargeBinary, nullable=False),
    _count("quantity_gco2e", least=1),
    _check("debit_owner", f"length(debit_owner) = CASE WHEN debit_book >= {int(Book.OWED)} THEN 32 ELSE 20 END"),
    _check("credit_owner", f"length(credit_owner) = CASE WHEN credit_book >= {int(Book.OWED)} THEN 32 ELSE 20 END"),
    **KEYED,
)

balances = Table(
    "balances",
    metadata,
    # Derived: sum of postings, by book, owner and lot. Empty balances have no row.
    _word("book", Book, primary_key=True),
    Column("owner", LargeBinary, primary_key=True),  # account, or debtor in DEBTOR_BOOKS
    _hash("lot_id", primary_key=True),  # NO_LOT in DEBTOR_BOOKS
    _count("quantity_gco2e", least=1),
    _check("owner", f"length(owner) = CASE WHEN book >= {int(Book.OWED)} THEN 32 ELSE 20 END"),
    Index("ix_balances_owner", "owner"),
    Index("ix_balances_lot_id", "lot_id"),
    # Room on each page for the next versions of its rows, which no index then has to follow.
    postgresql_with={"fillfactor": 60},
    **KEYED,
)

# ------------------------------------------------------------------------------------------- what the operator keeps

outbox = Table(
    "outbox",
    metadata,
    # Operations that this node's bodies submit: docs/spec/02-states.md §2.7.
    Column("sequence", Int64, primary_key=True, autoincrement=True),  # order in which they were saved
    _hash("operation_id"),
    _label("state", OperationState),
    _address("sender"),
    _label("contract", ContractName),
    _word("kind", OperationKind),
    Column("calldata", LargeBinary, nullable=False),
    _hash("record_hash"),
    _optional_count("nonce"),
    _hash("transaction_hash", nullable=True),
    Column("raw_transaction", LargeBinary, nullable=True),
    _optional_count("block_number"),
    _optional_count("leaf_index"),  # its place in the log, once the leaf was seen
    _text("error_code", nullable=True),  # name of the refusal, a class of `ledger.refusals`
    _text("error_arguments", nullable=True),  # its arguments, a JSON object
    _count("saved_at"),
    _count("changed_at"),
    UniqueConstraint("operation_id"),
    _check(
        "sent_is_signed",
        "state <> 'sent' OR (nonce IS NOT NULL AND raw_transaction IS NOT NULL AND transaction_hash IS NOT NULL)",
    ),
    _check("done_has_block", "state <> 'done' OR (block_number IS NOT NULL AND transaction_hash IS NOT NULL)"),
    _check("refused_has_error", "(state = 'refused') = (error_code IS NOT NULL)"),
    **STRICT,
)
_unfinished = outbox.c.state.in_([OperationState.SAVED.value, OperationState.SENT.value])
Index(
    "ix_outbox_unfinished",
    outbox.c.sender,
    outbox.c.sequence,
    sqlite_where=_unfinished,
    postgresql_where=_unfinished,
)

records = Table(
    "records",
    metadata,
    # The off-chain documents, by the hash that stands in the leaf. A document hashes to its key.
    _hash("record_hash", primary_key=True),
    _word("kind", OperationKind),
    _text("document"),  # canonical JSON: every field with its salt and value
    # The same as anyone may see it: fields that are kept back as commitments. Made when it is decided and not when it
    # is asked for, which is far more often.
    _text("public"),
    _count("saved_at"),
    **STRICT,
)

api_keys = Table(
    "api_keys",
    metadata,
    # A key is 256 random bits and shown once; only its SHA-256 is kept.
    Column("key_id", Text, primary_key=True),
    _text("name"),
    _hash("key_hash"),
    _text("last_four"),  # last characters of the key, so that its holder can recognise it
    _text("scopes"),  # JSON array of words
    _count("created_at"),
    _optional_count("revoked_at"),
    UniqueConstraint("key_hash"),
    _check("last_four", "length(last_four) = 4"),
    **STRICT,
)

incidents = Table(
    "incidents",
    metadata,
    # What happened to the follower. A halt is open until `resolved_at` is set.
    Column("incident_id", Int64, primary_key=True, autoincrement=True),
    _word("kind", IncidentKind),
    _count("detected_at"),
    _count("block_number"),  # cursor when it was detected
    _hash("block_hash"),
    _optional_count("halted_to"),  # halt: block to which the follower was on its way; passed once the cursor is there
    _optional_count("ancestor_number"),  # reorg: last block that both chains share, to which the mirror was rolled back
    _hash("ancestor_hash", nullable=True),
    _text("code"),  # halt: `code` of the error; reorg: "reorg"
    _text("detail"),  # for people
    _optional_count("resolved_at"),
    _check("ancestor", "(ancestor_number IS NULL) = (ancestor_hash IS NULL)"),
    _check("halted_to_of_halts", f"(kind = {int(IncidentKind.HALT)}) = (halted_to IS NOT NULL)"),
    **STRICT,
)

mirror_generation = Table(
    "mirror_generation",
    metadata,
    # One row: 16 random bytes, made anew when the mirror is bound, rebuilt or rolled back. What a reader keeps of the
    # mirror is good for one generation. It is no part of the mirror, which is the same whoever builds it.
    Column("id", SmallInt, _check("one_row", "id = 1"), primary_key=True, autoincrement=False),
    _bytes("generation", 16),
    **STRICT,
)

MIRROR: tuple[Table, ...] = (
    chain_binding,
    bound_contracts,
    cursor,
    blocks,
    operations,
    log_tiles,
    accounts,
    methodologies,
    activities,
    proposals,
    lots,
    certificates,
    postings,
    balances,
)
"""Rebuilt from the chain, byte for byte; in an order in which each table comes after those it refers to."""

KEPT: tuple[Table, ...] = (outbox, records, api_keys, incidents, mirror_generation)
"""Never rebuilt."""
