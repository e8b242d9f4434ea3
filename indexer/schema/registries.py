"""The mirror: what is registered."""

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Table, UniqueConstraint

from indexer.schema.columns import (
    KEYED,
    STRICT,
    Int64,
    address,
    count,
    days_in_order,
    hash32,
    leaf,
    metadata,
    text_column,
    word,
)
from ledger.vocabulary import (
    AccountKind,
    AccountStatus,
    ActivityKind,
    ActivityStatus,
    CampaignStatus,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    MethodologyStatus,
    ProviderMode,
    ProviderStatus,
    ReductionClass,
)

accounts = Table(
    "accounts",
    metadata,
    address("account", primary_key=True),
    word("kind", AccountKind),
    word("custody", Custody),
    hash32("identity_commitment"),
    word("status", AccountStatus),
    leaf("opened_leaf_index"),
    leaf("status_leaf_index"),  # the operation that gave it this status
    UniqueConstraint("identity_commitment"),
    UniqueConstraint("opened_leaf_index"),
    Index("ix_accounts_kind", "kind", "opened_leaf_index"),
    Index("ix_accounts_status", "status", "opened_leaf_index"),  # the frozen and closed ones, among all
    **KEYED,
)

methodologies = Table(
    "methodologies",
    metadata,
    # One row per published version.
    hash32("methodology_id", primary_key=True),
    text_column("code"),
    count("version", least=1),
    word("kind", MethodologyKind),
    word("reduction_class", ReductionClass),
    count("effective_first_day"),
    count("effective_last_day"),
    hash32("document_hash"),  # SHA-256 of the published text
    word("status", MethodologyStatus),
    leaf("published_leaf_index"),
    leaf("status_leaf_index"),
    UniqueConstraint("code", "version"),
    UniqueConstraint("published_leaf_index"),
    days_in_order("effective_first_day", "effective_last_day"),
    **KEYED,
)

activities = Table(
    "activities",
    metadata,
    # Issued and corrected totals are sums over its lots; the deficit is its debtor's balance in Book.DEFICIT.
    hash32("activity_id", primary_key=True),
    text_column("code"),
    word("kind", ActivityKind),
    word("reduction_class", ReductionClass),  # of its methodology version
    Column("methodology_id", LargeBinary, ForeignKey("methodologies.methodology_id"), nullable=False),
    Column("operator_account", LargeBinary, ForeignKey("accounts.account"), nullable=False),
    address("feed_signer", nullable=True),
    count("crediting_first_day"),
    count("crediting_last_day"),
    hash32("facility_id", nullable=True),
    hash32("debtor_id"),  # who owes its deficit: its facility, in its class (docs/spec/03-encodings.md §3.2)
    hash32("pledge_hash", nullable=True),
    count("cap_gco2e"),  # most that may be issued over the crediting period, net of corrections
    word("status", ActivityStatus),
    leaf("registered_leaf_index"),
    leaf("status_leaf_index"),
    UniqueConstraint("code"),
    UniqueConstraint("registered_leaf_index"),
    days_in_order("crediting_first_day", "crediting_last_day"),
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

providers = Table(
    "providers",
    metadata,
    # Mall providers (G7). A closed one may be admitted again; with what, the last row of `provider_admissions` says.
    Column("account", LargeBinary, ForeignKey("accounts.account"), primary_key=True, nullable=False),
    word("status", ProviderStatus),
    leaf("admitted_leaf_index"),  # for the first time
    leaf("status_leaf_index"),
    UniqueConstraint("admitted_leaf_index"),
    **KEYED,
)

provider_admissions = Table(
    "provider_admissions",
    metadata,
    Column("leaf_index", Int64, ForeignKey("operations.leaf_index"), primary_key=True, autoincrement=False),
    Column("account", LargeBinary, ForeignKey("providers.account"), nullable=False),
    word("mode", ProviderMode),
    hash32("application_hash"),  # SHA-256 of documents that stay with the exchange
    hash32("evaluation_hash"),
    hash32("agreement_hash"),
    Index("ix_provider_admissions_account", "account", "leaf_index"),
    **STRICT,
)

campaigns = Table(
    "campaigns",
    metadata,
    hash32("campaign_id", primary_key=True),
    text_column("code"),
    Column("beneficiary", LargeBinary, ForeignKey("accounts.account"), nullable=False),
    word("purpose", CancellationPurpose),
    count("last_day"),  # takes donations until it is over
    hash32("document_hash"),
    word("status", CampaignStatus),
    leaf("opened_leaf_index"),
    leaf("status_leaf_index"),
    UniqueConstraint("code"),
    UniqueConstraint("opened_leaf_index"),
    **KEYED,
)
