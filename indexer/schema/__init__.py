"""The SQL tables, as SQLAlchemy Core tables; SQLite and PostgreSQL have the same ones.

Two families (docs/architecture.md):

- `MIRROR`: rebuilt from the chain, byte for byte. Facts (operations, postings, certificates, batches, and what the
  others say of how a thing came to be) are only appended; `balances`, `point_balances`, `log_tiles`, every `status`,
  `status_leaf_index` and the lots' running totals are derived from the facts, so that a reorg deletes facts above the
  ancestor and derives again.
- `KEPT`: what the operator keeps and no chain can give back.

Conventions. Quantities are whole grams of CO2e in 64-bit integers, named `..._gco2e`. Times are seconds since
1970-01-01T00:00:00Z; days are civil days in Shanghai since 1970-01-01, as in `ledger.units`. Hashes and ids are 32 raw
bytes, addresses 20; NULL stands where a leaf or an event has zero for "none". Words of `ledger.vocabulary` are kept by
their number. `..._leaf_index` names the operation of the log that made something so.
"""

from sqlalchemy import Table

from indexer.schema.chain import blocks, bound_contracts, chain_binding, cursor, log_tiles, operations
from indexer.schema.columns import metadata
from indexer.schema.kept import api_keys, batch_files, checkpoints, incidents, mirror_generation, outbox, records
from indexer.schema.points import batches, campaign_cancellations, point_balances, point_postings
from indexer.schema.reductions import balances, certificates, lots, postings, proposals
from indexer.schema.registries import accounts, activities, campaigns, methodologies, provider_admissions, providers
from indexer.schema.words import (
    DEBTOR_BOOKS,
    NO_LOT,
    PERSONS,
    SOURCE_BOOKS,
    BatchFileState,
    Book,
    IncidentKind,
    LotStatus,
    PointBook,
)

__all__ = [
    "DEBTOR_BOOKS",
    "KEPT",
    "MIRROR",
    "NO_LOT",
    "PERSONS",
    "SOURCE_BOOKS",
    "BatchFileState",
    "Book",
    "IncidentKind",
    "LotStatus",
    "PointBook",
    "accounts",
    "activities",
    "api_keys",
    "balances",
    "batch_files",
    "batches",
    "blocks",
    "bound_contracts",
    "campaign_cancellations",
    "campaigns",
    "certificates",
    "chain_binding",
    "checkpoints",
    "cursor",
    "incidents",
    "log_tiles",
    "lots",
    "metadata",
    "methodologies",
    "mirror_generation",
    "operations",
    "outbox",
    "point_balances",
    "point_postings",
    "postings",
    "proposals",
    "provider_admissions",
    "providers",
    "records",
]

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
    providers,
    provider_admissions,
    campaigns,
    proposals,
    lots,
    certificates,
    postings,
    balances,
    batches,
    campaign_cancellations,
    point_postings,
    point_balances,
)
"""Rebuilt from the chain, byte for byte; in an order in which each table comes after those it refers to."""

KEPT: tuple[Table, ...] = (outbox, records, api_keys, incidents, batch_files, mirror_generation, checkpoints)
"""Never rebuilt."""
