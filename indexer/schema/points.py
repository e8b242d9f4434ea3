"""The mirror: points of persons, by batch (docs/spec/05-points.md). One point is one gram of CO2e."""

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, LargeBinary, Table, UniqueConstraint

from indexer.schema.columns import (
    KEYED,
    STRICT,
    Int64,
    SmallInt,
    check,
    count,
    days_in_order,
    hash32,
    leaf,
    metadata,
    optional_count,
    word,
)
from indexer.schema.words import PointBook
from ledger.vocabulary import BatchKind, CancellationPurpose, ReductionClass

_FEED = f"kind IN ({', '.join(str(int(kind)) for kind in BatchKind if kind.is_of_feed)})"
"""Kinds that an activity's operator signed."""


def _only_of(kind: BatchKind, column: str) -> CheckConstraint:
    return check(f"{column}_of_{kind.label}", f"({column} IS NOT NULL) = (kind = {int(kind)})")


batches = Table(
    "batches",
    metadata,
    # `total` is in g CO2e, but for a behaviour batch, where it is behaviour value and never grams (M19).
    count("batch_number", least=1, primary_key=True),
    leaf("leaf_index"),
    word("kind", BatchKind),
    word("reduction_class", ReductionClass),
    # The party (§5.3), by kind; a cancel batch has none.
    Column("activity_id", LargeBinary, ForeignKey("activities.activity_id"), nullable=True),
    Column("provider", LargeBinary, ForeignKey("providers.account"), nullable=True),
    Column("campaign_id", LargeBinary, ForeignKey("campaigns.campaign_id"), nullable=True),
    Column("corrected_batch", Int64, ForeignKey("batches.batch_number"), nullable=True),
    Column("after_batch", Int64, ForeignKey("batches.batch_number"), nullable=True),  # of a snapshot
    # Nothing where a correction took nothing from persons.
    hash32("root", nullable=True),
    count("total"),
    count("entry_count"),
    hash32("file_hash", nullable=True),
    count("withheld_gco2e"),  # of an earn batch: its first grams, which filled a deficit
    optional_count("first_certificate", least=1),  # of a cancel batch: number of its first entry
    optional_count("corrected_gco2e", least=1),  # of a correction: over-credited, taken from persons or not
    optional_count("bought_back_gco2e"),  # of a redemption: what left the provider's pool as a lot
    optional_count("personal_after_gco2e"),  # of the class; no event says it of behaviour and snapshots
    Column("methodology_id", LargeBinary, ForeignKey("methodologies.methodology_id"), nullable=True),
    optional_count("sequence", least=1),
    optional_count("first_day"),
    optional_count("last_day"),
    UniqueConstraint("activity_id", "sequence"),
    days_in_order("first_day", "last_day"),
    check("whole_or_nothing", "(root IS NULL) = (total = 0) AND (file_hash IS NULL) = (total = 0)"),
    check("entries", "(entry_count = 0) = (total = 0) AND entry_count <= total"),
    check("nothing_is_a_correction", f"total > 0 OR kind = {int(BatchKind.CORRECT)}"),
    check("withheld_within_total", "withheld_gco2e <= total"),
    check("withheld_of_earn", f"withheld_gco2e = 0 OR kind = {int(BatchKind.EARN)}"),
    *(check(f"{name}_of_feed", f"({name} IS NOT NULL) = ({_FEED})") for name in ("activity_id", "methodology_id")),
    *(check(f"{name}_of_feed", f"({name} IS NOT NULL) = ({_FEED})") for name in ("sequence", "first_day", "last_day")),
    _only_of(BatchKind.REDEEM, "provider"),
    _only_of(BatchKind.REDEEM, "bought_back_gco2e"),
    _only_of(BatchKind.DONATE, "campaign_id"),
    _only_of(BatchKind.CANCEL, "first_certificate"),
    _only_of(BatchKind.CORRECT, "corrected_batch"),
    _only_of(BatchKind.CORRECT, "corrected_gco2e"),
    _only_of(BatchKind.SNAPSHOT, "after_batch"),
    **STRICT,
)
Index("uq_batches_leaf_index", batches.c.leaf_index, unique=True)
Index("ix_batches_kind", batches.c.kind, batches.c.reduction_class, batches.c.batch_number)
Index("ix_batches_file_hash", batches.c.file_hash)
for _party in (batches.c.activity_id, batches.c.provider, batches.c.campaign_id, batches.c.corrected_batch):
    Index(
        f"ix_batches_{_party.name}",
        _party,
        batches.c.batch_number,
        sqlite_where=_party.is_not(None),
        postgresql_where=_party.is_not(None),
    )
Index(
    "uq_batches_first_certificate",
    batches.c.first_certificate,
    unique=True,
    sqlite_where=batches.c.first_certificate.is_not(None),
    postgresql_where=batches.c.first_certificate.is_not(None),
)

campaign_cancellations = Table(
    "campaign_cancellations",
    metadata,
    # Each cancels the campaign's whole pool of a class, under one certificate (§5.4).
    count("certificate_number", least=1, primary_key=True),
    leaf("leaf_index"),
    Column("campaign_id", LargeBinary, ForeignKey("campaigns.campaign_id"), nullable=False),
    word("reduction_class", ReductionClass),
    word("purpose", CancellationPurpose),
    count("quantity_gco2e", least=1),
    **STRICT,
)
Index("uq_campaign_cancellations_leaf_index", campaign_cancellations.c.leaf_index, unique=True)
Index(
    "ix_campaign_cancellations_campaign_id",
    campaign_cancellations.c.campaign_id,
    campaign_cancellations.c.certificate_number,
)

point_postings = Table(
    "point_postings",
    metadata,
    # Double entry of one class, as `postings` are of one lot.
    Column("leaf_index", Int64, ForeignKey("operations.leaf_index"), primary_key=True, autoincrement=False),
    Column("position", SmallInt, check("position", "position >= 0"), primary_key=True, autoincrement=False),
    word("reduction_class", ReductionClass),
    word("debit_book", PointBook),
    hash32("debit_owner"),
    word("credit_book", PointBook),
    hash32("credit_owner"),
    count("quantity_gco2e", least=1),
    **KEYED,
)

point_balances = Table(
    "point_balances",
    metadata,
    # Derived: sum of point postings. Empty balances have no row.
    word("book", PointBook, primary_key=True),
    hash32("owner", primary_key=True),
    word("reduction_class", ReductionClass, primary_key=True),
    count("quantity_gco2e", least=1),
    Index("ix_point_balances_owner", "owner"),
    **KEYED,
)
