"""Part `contracts`: the contracts' state at the audited block against what follows from their events (§9.2).

Totals are in `indexer.audit.contract_totals`; here is everything that there are many of: each account, methodology,
activity, proposal, lot, provider, campaign and batch, what each account has of each lot that it ever had any of, and
the digest under each operation id. `expected` is what the events say.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from eth_abi.abi import encode
from sqlalchemy import Connection, Row, Select, Table, and_, select, union

from chain.functions import keccak256
from chain.hexes import to_data
from chain.operations import ContractName
from chain.views import ContractViews
from indexer import schema
from indexer.audit.context import AuditContext
from indexer.audit.contract_totals import compare_totals, differing
from indexer.audit.findings import Finding
from indexer.audit.replay import head_of, replay
from indexer.audit.transactions import sender_and_calls, transactions_of
from indexer.errors import StatePruned
from indexer.mirror import Cursor
from indexer.schema import Book, LotStatus
from ledger.errors import RpcFailure
from ledger.ids import ActivityId, Address, CampaignId, LotId, MethodologyId, OperationId
from ledger.vocabulary import BatchKind

_ROWS_AT_ONCE: Final = 1_000
_ZERO: Final = bytes(32)
_NOBODY: Final = bytes(20)


def compare_state(context: AuditContext) -> Iterator[Finding]:
    """Everything, at the audited block; at the node's head where it has pruned the audited block's state.

    Raises `StatePruned` if the node prunes the state while it is being asked.
    """
    cursor = _block_with_state(context)
    views = ContractViews(context.rpc, context.deployment, cursor.block_number)
    try:
        with context.replica.read() as connection:
            yield from compare_totals(connection, views, cursor)
            for things in THINGS:
                yield from _compare_things(context, connection, views, things)
            yield from _compare_balances(context, connection, views)
            yield from _compare_digests(context, connection, views)
    except RpcFailure as failure:
        if _has_state(views):
            raise
        raise StatePruned(cursor.block_number, failure.explain()) from None


def _block_with_state(context: AuditContext) -> Cursor:
    """The audited block, or the head: then the replica is brought there, which is why this part comes last."""
    if _has_state(ContractViews(context.rpc, context.deployment, context.block)):
        return context.at
    head = head_of(context.rpc)
    context.state(
        f"The node has pruned the contracts' state of block {context.block}; it was compared at block {head} instead."
    )
    return replay(context.rpc, context.deployment, context.replica, head)


def _has_state(views: ContractViews) -> bool:
    try:
        views.log_size()
    except RpcFailure:
        return False
    return True


# --------------------------------------------------------------------------------------------------------------- things


@dataclass(frozen=True, slots=True)
class Things:
    """One kind of things: their table, the view that has them, and what it must say of each row by field."""

    table: Table
    contract: ContractName
    view: str
    key: Callable[[bytes], Any]
    expected: Callable[[Any], Mapping[str, object]]
    question: Select[Any] | None = None


def _compare_things(
    context: AuditContext, connection: Connection, views: ContractViews, things: Things
) -> Iterator[Finding]:
    (key,) = things.table.primary_key.columns
    question = select(things.table) if things.question is None else things.question
    read: Callable[[Sequence[Any]], list[Any]] = getattr(views, things.view)
    compared = 0
    for rows in _parts(connection, question.order_by(key)):
        answers = read([things.key(row[0]) for row in rows])
        for row, answer in zip(rows, answers, strict=True):
            for name, expected in things.expected(row).items():
                found = answer
                for member in name.split("."):
                    found = getattr(found, member)
                yield from differing(things.contract, row[0], name, expected=expected, found=found)
        compared += len(rows)
        context.told(f"contract state: {things.table.name}", compared, None)
    context.cover(f"{things.table.name} asked of the contracts", compared)


def _account(row: Row[Any]) -> dict[str, object]:
    return {name: getattr(row, name) for name in ("kind", "status", "custody", "identity_commitment")}


def _methodology(row: Row[Any]) -> dict[str, object]:
    names = ("code", "version", "kind", "reduction_class", "effective_first_day", "effective_last_day", "document_hash")
    return {name: getattr(row, name) for name in (*names, "status")}


def _activity(row: Row[Any]) -> dict[str, object]:
    names = ("code", "kind", "methodology_id", "operator_account", "crediting_first_day", "crediting_last_day")
    return {
        **{name: getattr(row, name) for name in (*names, "status", "reduction_class")},
        "feed_signer": row.feed_signer or _NOBODY,
        "facility_id": row.facility_id or _ZERO,
        "pledge_hash": row.pledge_hash or _ZERO,
        "cap_grams": row.cap_gco2e,
    }


def _proposal(row: Row[Any]) -> dict[str, object]:
    names = ("activity_id", "first_day", "last_day", "proposer", "status")
    return {**{name: getattr(row, name) for name in names}, "grams": row.quantity_gco2e}


def _lot(row: Row[Any]) -> dict[str, object]:
    return {
        "activity_id": row.activity_id or _ZERO,
        "methodology_id": row.methodology_id or _ZERO,
        "reduction_class": row.reduction_class,
        "frozen": row.status == LotStatus.FROZEN,
        "first_day": row.first_day or 0,
        "last_day": row.last_day or 0,
        "credited_account": row.credited_account,
        "first_serial": row.first_serial,
        "issued_grams": row.issued_gco2e,
        "cancelled_grams": row.cancelled_gco2e,
        "taken_back_grams": row.taken_back_gco2e,
        "corrected_grams": row.corrected_gco2e,
    }


def _provider(row: Row[Any]) -> dict[str, object]:
    return {
        name: getattr(row, name) for name in ("mode", "application_hash", "evaluation_hash", "agreement_hash", "status")
    }


def _campaign(row: Row[Any]) -> dict[str, object]:
    return {
        name: getattr(row, name) for name in ("code", "beneficiary", "purpose", "last_day", "document_hash", "status")
    }


def _batch(row: Row[Any]) -> dict[str, object]:
    expected = {
        "kind": row.kind,
        "reduction_class": row.reduction_class,
        "withheld_grams": row.withheld_gco2e,
        "first_certificate": row.first_certificate or 0,
        "corrected_grams": row.corrected_gco2e or 0,
        "party": _party(row),
        "commitment.root": row.root or _ZERO,
        "commitment.total": row.total,
        "commitment.entry_count": row.entry_count,
        "commitment.file_hash": row.file_hash or _ZERO,
    }
    if row.personal_after_gco2e is not None:
        name = "personal_class_i_grams" if row.reduction_class == 1 else "personal_class_ii_grams"
        expected[name] = row.personal_after_gco2e
    return expected


def _party(row: Row[Any]) -> bytes:
    match BatchKind.from_number(row.kind):
        case BatchKind.REDEEM:
            return bytes(row.provider).rjust(32, b"\0")
        case BatchKind.DONATE:
            return bytes(row.campaign_id)
        case BatchKind.CORRECT:
            return int(row.corrected_batch).to_bytes(32, "big")
        case BatchKind.SNAPSHOT:
            return int(row.after_batch).to_bytes(32, "big")
        case BatchKind.CANCEL:
            return _ZERO
        case _:
            return bytes(row.activity_id)


def _with_latest_admission() -> Select[Any]:
    """Providers, with what the last row of `provider_admissions` says of each."""
    providers, admissions, later = schema.providers, schema.provider_admissions, schema.provider_admissions.alias()
    newer = and_(later.c.account == admissions.c.account, later.c.leaf_index > admissions.c.leaf_index)
    columns = (admissions.c[name] for name in ("mode", "application_hash", "evaluation_hash", "agreement_hash"))
    return (
        select(providers, *columns)
        .join(admissions, admissions.c.account == providers.c.account)
        .where(~select(later.c.leaf_index).where(newer).exists())
    )


THINGS: Final = (
    Things(schema.accounts, ContractName.ACCOUNT_REGISTRY, "accounts_of", Address, _account),
    Things(schema.methodologies, ContractName.METHODOLOGY_REGISTRY, "methodologies_of", MethodologyId, _methodology),
    Things(schema.activities, ContractName.ACTIVITY_REGISTRY, "activities_of", ActivityId, _activity),
    Things(schema.proposals, ContractName.REDUCTION_LEDGER, "proposals_of", OperationId, _proposal),
    Things(schema.lots, ContractName.REDUCTION_LEDGER, "lots_of", LotId, _lot),
    Things(
        schema.providers, ContractName.PROVIDER_REGISTRY, "providers_of", Address, _provider, _with_latest_admission()
    ),
    Things(schema.campaigns, ContractName.CAMPAIGN_REGISTRY, "campaigns_of", CampaignId, _campaign),
    Things(schema.batches, ContractName.POINT_LEDGER, "batches_of", int, _batch),
)


# ------------------------------------------------------------------------------------------------------------- balances


def _compare_balances(context: AuditContext, connection: Connection, views: ContractViews) -> Iterator[Finding]:
    """What each account has of each lot that it has, or ever had, any of."""
    postings, balances = schema.postings.c, schema.balances.c
    ever = union(
        *(
            select(owner.label("owner"), postings.lot_id.label("lot_id")).where(book == int(Book.HELD))
            for owner, book in (
                (postings.debit_owner, postings.debit_book),
                (postings.credit_owner, postings.credit_book),
            )
        )
    ).subquery()
    here = and_(balances.book == int(Book.HELD), balances.owner == ever.c.owner, balances.lot_id == ever.c.lot_id)
    question = select(ever.c.owner, ever.c.lot_id, balances.quantity_gco2e).outerjoin_from(ever, schema.balances, here)
    compared = 0
    for rows in _parts(connection, question):
        found = views.balances_of((Address(row.owner), LotId(row.lot_id)) for row in rows)
        for row, held in zip(rows, found, strict=True):
            ledger, expected = ContractName.REDUCTION_LEDGER, row.quantity_gco2e or 0
            yield from differing(ledger, (row.owner, row.lot_id), "balanceOf", expected=expected, found=held)
        compared += len(rows)
        context.told("contract state: balances", compared, None)
    context.cover("balances asked of the contracts", compared)


# -------------------------------------------------------------------------------------------------------------- digests


def _compare_digests(context: AuditContext, connection: Connection, views: ContractViews) -> Iterator[Finding]:
    """What the log holds under each operation id: who asked which contract for what, in the transaction of its leaf.

    Where another contract asked (a buy-back comes of a redemption), only that something is held.
    """
    table = schema.operations.c
    columns = (table.operation_id, table.ledger, table.transaction_hash, table.block_number)
    question = select(*columns).order_by(table.leaf_index)
    if context.since_leaf is not None:
        question = question.where(table.leaf_index >= context.since_leaf)
    compared = 0
    for rows in _parts(connection, question):
        digests = views.operation_digests(OperationId(row.operation_id) for row in rows)
        transactions = transactions_of(context.rpc, sorted({row.block_number for row in rows}))
        for row, digest in zip(rows, digests, strict=True):
            possible = _digests_of(transactions.get(to_data(row.transaction_hash)), row.ledger)
            if digest.is_zero or (possible and digest not in possible):
                expected = possible[0] if len(possible) == 1 else "that of one of the calls in its transaction"
                log = ContractName.TRANSPARENCY_LOG
                yield from differing(log, row.operation_id, "operationDigest", expected=expected, found=digest)
        compared += len(rows)
        context.told("contract state: digests of operations", compared, context.at.log_size)
    context.cover("operation digests asked of the contracts", compared)


def _digests_of(transaction: Any, ledger: bytes) -> list[bytes]:
    """`keccak256(abi.encode(ledger, sender, calldata))` of each call in a transaction to the ledger itself."""
    if (found := sender_and_calls(transaction, ledger)) is None:
        return []
    sender, calls = found
    return [keccak256(encode(("address", "address", "bytes"), (ledger, sender, call))) for call in calls]


def _parts(connection: Connection, question: Any) -> Iterator[Sequence[Row[Any]]]:
    rows = connection.execute(question, execution_options={"yield_per": _ROWS_AT_ONCE})
    yield from rows.partitions()
