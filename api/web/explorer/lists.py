"""Lists of the explorer: each is a list of the API, with the API's filters and cursors."""

from __future__ import annotations

from typing import Final

from api.reading import Document, ListRoute
from api.routes import accounts, blocks, certificates, checkpoints, health, operations
from api.web.frame.tables import Column, Filter, TableRoute
from ledger.vocabulary import AccountKind, AccountStatus, CancellationPurpose, OperationKind

SECTION: Final = "explorer"
_TEMPLATE: Final = "explorer/table.html"
_ORDERS: Final = ("oldest-first", "newest-first")
_CERTIFICATES: Final = next(one for one in certificates.ROUTES if isinstance(one, ListRoute))


def operation_path(document: Document) -> str:
    """The page of an operation, by its leaf."""
    return f"/explorer/operations/{document['leaf_index']}"


def lot_path(document: Document) -> str | None:
    """The page of the lot that a document names."""
    return None if document["lot_id"] is None else f"/explorer/lots/{document['lot_id']}"


def block_path(document: Document) -> str:
    """The page of the block that a document names."""
    return f"/explorer/blocks/{document['block_number']}"


def moved(document: Document) -> str | None:
    """The grams of a document; None where it moves none."""
    grams = document["quantity_gco2e"]
    return None if grams == "0" else str(grams)


OPERATIONS: Final = TableRoute(
    "/explorer/operations",
    operations.OPERATIONS,
    (
        Column("leaf_index", "explorer_leaf", "number", operation_path),
        Column("kind", "explorer_kind", "word", operation_path, vocabulary="OperationKind"),
        Column("quantity_gco2e", "explorer_quantity", "grams", value=moved),
        Column("from_account", "explorer_from", "address"),
        Column("to_account", "explorer_to", "address"),
        Column("time", "explorer_time", "time"),
        Column("block_number", "explorer_block", "number", block_path),
        Column("operation_id", "explorer_operation_id", "hash", operation_path),
        Column("transaction_hash", "explorer_transaction", "hash"),
    ),
    name="explorer-operations",
    section=SECTION,
    heading="explorer_operations",
    lead="explorer_operations_lead",
    empty="explorer_operations_empty",
    template=_TEMPLATE,
    filters=(
        Filter("kind", "explorer_kind", tuple(OperationKind.labels()), "OperationKind"),
        Filter("account", "explorer_account"),
        Filter("lot_id", "explorer_lot_id"),
        Filter("activity_id", "explorer_activity_id"),
        Filter("first_day", "explorer_first_day"),
        Filter("last_day", "explorer_last_day"),
        Filter("order", "explorer_order", _ORDERS, "Order"),
    ),
)

ACCOUNTS: Final = TableRoute(
    "/explorer/accounts",
    accounts.ACCOUNTS,
    (
        Column("account", "explorer_account", "address"),
        Column("kind", "explorer_account_kind", "word", vocabulary="AccountKind"),
        Column("status", "explorer_status_word", "word", vocabulary="AccountStatus"),
        Column("custody", "explorer_custody", "word", vocabulary="Custody"),
        Column(
            "opened_leaf_index",
            "explorer_opened_leaf",
            "number",
            lambda document: f"/explorer/operations/{document['opened_leaf_index']}",
        ),
        Column(
            "status_leaf_index",
            "explorer_status_leaf",
            "number",
            lambda document: f"/explorer/operations/{document['status_leaf_index']}",
        ),
    ),
    name="explorer-accounts",
    section=SECTION,
    heading="explorer_accounts",
    lead="explorer_accounts_lead",
    empty="explorer_accounts_empty",
    template=_TEMPLATE,
    filters=(
        Filter("kind", "explorer_account_kind", tuple(AccountKind.labels()), "AccountKind"),
        Filter("status", "explorer_status_word", tuple(AccountStatus.labels()), "AccountStatus"),
        Filter("order", "explorer_order", _ORDERS, "Order"),
    ),
)

HOLDINGS: Final = TableRoute(
    "/explorer/accounts/{account}/holdings",
    accounts.HOLDINGS,
    (
        Column("lot_id", "explorer_lot_id", "hash", lot_path),
        Column("quantity_gco2e", "explorer_held", "grams"),
        Column("reduction_class", "explorer_class", "word", vocabulary="ReductionClass"),
        Column("activity_code", "explorer_activity", "text"),
        Column("first_day", "explorer_first_day", "day"),
        Column("last_day", "explorer_last_day", "day"),
        Column("lot_status", "explorer_status_word", "word", vocabulary="LotStatus"),
    ),
    name="explorer-holdings",
    section=SECTION,
    heading="explorer_holdings",
    lead="explorer_holdings_lead",
    empty="explorer_holdings_empty",
    template="explorer/account_table.html",
)

POSTINGS: Final = TableRoute(
    "/explorer/accounts/{account}/postings",
    accounts.POSTINGS,
    (
        Column("leaf_index", "explorer_leaf", "number", operation_path),
        Column("kind", "explorer_kind", "word", operation_path, vocabulary="OperationKind"),
        Column("direction", "explorer_direction", "word", vocabulary="Direction"),
        Column("quantity_gco2e", "explorer_quantity", "grams"),
        Column("lot_id", "explorer_lot_id", "hash", lot_path),
        Column("activity_code", "explorer_activity", "text"),
        Column("debit_book", "explorer_debit_book", "word", vocabulary="Book"),
        Column("credit_book", "explorer_credit_book", "word", vocabulary="Book"),
        Column("time", "explorer_time", "time"),
    ),
    name="explorer-postings",
    section=SECTION,
    heading="explorer_postings",
    lead="explorer_postings_lead",
    empty="explorer_postings_empty",
    template="explorer/account_table.html",
    filters=(Filter("order", "explorer_order", _ORDERS, "Order"),),
)

CERTIFICATES: Final = TableRoute(
    "/explorer/certificates",
    _CERTIFICATES,
    (
        Column("number", "explorer_certificate", "certificate"),
        Column("quantity_gco2e", "explorer_quantity", "grams"),
        Column("purpose", "explorer_purpose", "word", vocabulary="CancellationPurpose"),
        Column("account", "explorer_account", "address"),
        Column("lot_id", "explorer_lot_id", "hash", lot_path),
        Column("time", "explorer_time", "time"),
        Column("leaf_index", "explorer_leaf", "number", operation_path),
    ),
    name="explorer-certificates",
    section=SECTION,
    heading="explorer_certificates",
    lead="explorer_certificates_lead",
    empty="explorer_certificates_empty",
    template=_TEMPLATE,
    filters=(
        Filter("account", "explorer_account"),
        Filter("lot_id", "explorer_lot_id"),
        Filter("activity_id", "explorer_activity_id"),
        Filter("purpose", "explorer_purpose", tuple(CancellationPurpose.labels()), "CancellationPurpose"),
        Filter("first_day", "explorer_first_day"),
        Filter("last_day", "explorer_last_day"),
        Filter("order", "explorer_order", _ORDERS, "Order"),
    ),
)

BLOCKS: Final = TableRoute(
    "/explorer/blocks",
    blocks.BLOCKS,
    (
        Column("number", "explorer_block", "number", lambda document: f"/explorer/blocks/{document['number']}"),
        Column("time", "explorer_time", "time"),
        Column("operations", "explorer_operation_count", "number"),
        Column(
            "first_leaf_index",
            "explorer_first_leaf",
            "number",
            lambda document: (
                None if document["first_leaf_index"] is None else f"/explorer/operations/{document['first_leaf_index']}"
            ),
        ),
        Column("hash", "explorer_block_hash", "hash", lambda document: f"/explorer/blocks/{document['number']}"),
        Column("parent_hash", "explorer_parent_hash", "hash"),
    ),
    name="explorer-blocks",
    section=SECTION,
    heading="explorer_blocks",
    lead="explorer_blocks_lead",
    empty="explorer_blocks_empty",
    template=_TEMPLATE,
    filters=(Filter("order", "explorer_order", _ORDERS, "Order"),),
)

INCIDENTS: Final = TableRoute(
    "/explorer/status/incidents",
    health.INCIDENTS,
    (
        Column("kind", "explorer_incident", "word", vocabulary="IncidentKind"),
        Column("open", "explorer_incident_open", "flag"),
        Column("code", "explorer_code", "code"),
        Column("detected_time", "explorer_detected", "time"),
        Column("resolved_time", "explorer_resolved", "time"),
        Column("block_number", "explorer_incident_block", "number"),
        Column("ancestor_number", "explorer_ancestor", "number"),
        Column(
            "batch_number",
            "explorer_batch",
            "number",
            lambda document: (
                None if document["batch_number"] is None else f"/explorer/batches/{document['batch_number']}"
            ),
        ),
    ),
    name="explorer-incidents",
    section=SECTION,
    heading="explorer_incidents",
    lead="explorer_incidents_lead",
    empty="explorer_incidents_empty",
    template=_TEMPLATE,
)

CHECKPOINT_COLUMNS: Final = (
    Column("size", "explorer_size", "number", lambda document: f"/explorer/checkpoints/{document['size']}"),
    Column("published_time", "explorer_published", "time"),
    Column("signers", "explorer_signature_count", "number", value=lambda document: len(document["signers"])),
    Column("root", "explorer_root", "hash", lambda document: f"/explorer/checkpoints/{document['size']}"),
)
CHECKPOINT_LIST: Final = checkpoints.CHECKPOINTS
TABLES: Final = (OPERATIONS, ACCOUNTS, HOLDINGS, POSTINGS, CERTIFICATES, BLOCKS, INCIDENTS)
