"""Totals of the contracts against sums over a mirror, whatever the size of the log: some calls for each class,
provider, campaign, feed and debtor. Part of `indexer.audit.contract_state`; alone, a cheap check of a mirror.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final, TypeVar

from sqlalchemy import Connection, case, func, select

from chain.deployment import Deployment
from chain.operations import ContractName
from chain.rpc import Rpc
from chain.views import ContractViews
from indexer import mirror, schema
from indexer.audit.findings import Finding
from indexer.database import Database
from indexer.mirror import Cursor
from indexer.schema import Book, PointBook
from ledger.errors import NotFound
from ledger.ids import ActivityId, Address, CampaignId, DebtorId
from ledger.vocabulary import BatchKind, ReductionClass

T = TypeVar("T")

NAME: Final = "contracts"
_CLASSES: Final = (ReductionClass.I, ReductionClass.II)
_BOOKS: Final = {
    "issued_grams": Book.ISSUED,
    "held_grams": Book.HELD,
    "cancelled_grams": Book.CANCELLED,
    "taken_back_grams": Book.TAKEN_BACK,
    "bought_back_grams": Book.BOUGHT_BACK,
}
_POINT_BOOKS: Final = {
    "issued_grams": PointBook.ISSUED,
    "personal_grams": PointBook.PERSONAL,
    "pooled_by_providers_grams": PointBook.PROVIDER_POOL,
    "pooled_by_campaigns_grams": PointBook.CAMPAIGN_POOL,
    "bought_back_grams": PointBook.BOUGHT_BACK,
    "cancelled_grams": PointBook.CANCELLED,
    "taken_back_grams": PointBook.TAKEN_BACK,
}


def reconcile(database: Database, rpc: Rpc, deployment: Deployment) -> list[Finding]:
    """Where the mirror's totals are not the contracts' at its cursor's block.

    Raises `NotFound` if nothing was indexed yet, `RpcFailure` if the node does not have that block's state any more
    (Besu keeps 512 blocks): catch up first.
    """
    with database.read() as connection:
        cursor = mirror.read_cursor(connection)
        if cursor is None:
            raise NotFound("index", "of this deployment")
        return list(compare_totals(connection, ContractViews(rpc, deployment, cursor.block_number), cursor))


def compare_totals(connection: Connection, views: ContractViews, cursor: Cursor) -> Iterator[Finding]:
    """Totals of reductions and points by class, pools, deficits, feeds' sequences and behaviour values, numbers of
    certificates and batches, next serial, size and root of the log. `expected` is the mirror's.
    """
    yield from _log(views, cursor)
    yield from _reductions(connection, views)
    yield from _points(connection, views)
    yield from _pools(connection, views)
    yield from _deficits(connection, views)
    yield from _feeds(connection, views)


def differing(contract: ContractName, key: object, column: str, *, expected: Any, found: Any) -> Iterator[Finding]:
    """A finding, if the contract says something else."""
    if expected != found:
        yield Finding.of(NAME, f"contract {contract.value}", key, column, expected=expected, found=found)


def _log(views: ContractViews, cursor: Cursor) -> Iterator[Finding]:
    log = ContractName.TRANSPARENCY_LOG
    size = views.log_size()
    yield from differing(log, "", "size", expected=cursor.log_size, found=size)
    if size >= cursor.log_size:
        root = views.log_root_at(cursor.log_size)
        yield from differing(log, cursor.log_size, "rootAt", expected=cursor.log_root, found=bytes(root))


def _reductions(connection: Connection, views: ContractViews) -> Iterator[Finding]:
    lots, balances = schema.lots, schema.balances
    question = (
        select(lots.c.reduction_class, balances.c.book, func.sum(balances.c.quantity_gco2e))
        .join(lots, lots.c.lot_id == balances.c.lot_id)
        .group_by(lots.c.reduction_class, balances.c.book)
    )
    sums = {(reduction_class, book): int(total) for reduction_class, book, total in connection.execute(question)}
    ledger = ContractName.REDUCTION_LEDGER
    for one in _CLASSES:
        totals = views.totals_of(one)
        for name, book in _BOOKS.items():
            ours = sums.get((int(one), int(book)), 0)
            yield from differing(ledger, one, f"totalsOf.{name}", expected=ours, found=getattr(totals, name))
    given = _certificates(connection)
    yield from differing(ledger, "", "certificateCount", expected=given, found=views.certificate_count())
    issued = connection.execute(select(func.coalesce(func.sum(lots.c.issued_gco2e), 0))).scalar_one()
    yield from differing(ledger, "", "nextSerial", expected=int(issued) + 1, found=views.next_serial())


def _certificates(connection: Connection) -> int:
    """How many numbers both ledgers have given away."""
    batches = schema.batches.c
    counts = (
        select(func.count()).select_from(schema.certificates),
        select(func.count()).select_from(schema.campaign_cancellations),
        select(func.coalesce(func.sum(batches.entry_count), 0)).where(batches.kind == int(BatchKind.CANCEL)),
    )
    return sum(int(connection.execute(count).scalar_one()) for count in counts)


def _points(connection: Connection, views: ContractViews) -> Iterator[Finding]:
    balances, batches = schema.point_balances.c, schema.batches.c
    totals = select(balances.reduction_class, balances.book, func.sum(balances.quantity_gco2e))
    rows = connection.execute(totals.group_by(balances.reduction_class, balances.book))
    sums = {(reduction_class, book): int(total) for reduction_class, book, total in rows}
    latest = select(batches.reduction_class, func.max(batches.batch_number)).where(
        batches.kind == int(BatchKind.SNAPSHOT)
    )
    snapshots = {row[0]: row[1] for row in connection.execute(latest.group_by(batches.reduction_class))}
    ledger = ContractName.POINT_LEDGER
    for one in _CLASSES:
        found = views.point_totals_of(one)
        for name, book in _POINT_BOOKS.items():
            ours = sums.get((int(one), int(book)), 0)
            yield from differing(ledger, one, f"totalsOf.{name}", expected=ours, found=getattr(found, name))
        last = snapshots.get(int(one), 0)
        yield from differing(ledger, one, "latestSnapshot", expected=last, found=views.latest_snapshot(one))
    yield from differing(
        ledger, "", "batchCount", expected=mirror.read_batch_count(connection), found=views.batch_count()
    )


def _pools(connection: Connection, views: ContractViews) -> Iterator[Finding]:
    """Of every provider and campaign, in both classes."""
    balances, ledger = schema.point_balances, ContractName.POINT_LEDGER
    pools = (int(PointBook.PROVIDER_POOL), int(PointBook.CAMPAIGN_POOL))
    rows = connection.execute(select(balances).where(balances.c.book.in_(pools)))
    ours = {(row.book, bytes(row.owner), row.reduction_class): int(row.quantity_gco2e) for row in rows}
    providers = _each_class(Address(key) for key in _keys(connection, schema.providers.c.account))
    for (account, one), found in zip(providers, views.pools_of(providers), strict=True):
        expected = ours.get((int(PointBook.PROVIDER_POOL), account.rjust(32, b"\0"), int(one)), 0)
        yield from differing(ledger, (account, one), "poolOf", expected=expected, found=found)
    campaigns = _each_class(CampaignId(key) for key in _keys(connection, schema.campaigns.c.campaign_id))
    for (campaign, one), found in zip(campaigns, views.campaign_pools_of(campaigns), strict=True):
        expected = ours.get((int(PointBook.CAMPAIGN_POOL), bytes(campaign), int(one)), 0)
        yield from differing(ledger, (campaign, one), "campaignPoolOf", expected=expected, found=found)


def _deficits(connection: Connection, views: ContractViews) -> Iterator[Finding]:
    """Of every debtor, whether it owes anything or not."""
    balances = schema.balances.c
    rows = connection.execute(select(balances.owner, balances.quantity_gco2e).where(balances.book == int(Book.DEFICIT)))
    owed = {bytes(owner): quantity for owner, quantity in rows}
    debtors = [DebtorId(key) for key in _keys(connection, schema.activities.c.debtor_id)]
    for debtor, found in zip(debtors, views.deficits_of(debtors), strict=True):
        expected = owed.get(bytes(debtor), 0)
        yield from differing(ContractName.ACTIVITY_REGISTRY, debtor, "deficitOf", expected=expected, found=found)


def _feeds(connection: Connection, views: ContractViews) -> Iterator[Finding]:
    """Of every activity: sequences of one without batches begin at 1."""
    batches = schema.batches.c
    value = func.sum(case((batches.kind == int(BatchKind.BEHAVIOUR), batches.total), else_=0))
    question = select(batches.activity_id, func.max(batches.sequence), value).where(batches.activity_id.is_not(None))
    fed = {
        bytes(activity_id): (sequence + 1, int(total))
        for activity_id, sequence, total in connection.execute(question.group_by(batches.activity_id))
    }
    activities = [ActivityId(key) for key in _keys(connection, schema.activities.c.activity_id)]
    ledger = ContractName.POINT_LEDGER
    sequences, values = views.next_sequences_of(activities), views.behaviour_values_of(activities)
    for activity, sequence, behaviour in zip(activities, sequences, values, strict=True):
        next_sequence, total = fed.get(bytes(activity), (1, 0))
        yield from differing(ledger, activity, "nextSequence", expected=next_sequence, found=sequence)
        yield from differing(ledger, activity, "behaviourValueOf", expected=total, found=behaviour)


def _keys(connection: Connection, column: Any) -> list[bytes]:
    return [bytes(key) for key in connection.scalars(select(column).distinct().order_by(column))]


def _each_class(identifiers: Iterable[T]) -> list[tuple[T, ReductionClass]]:
    return [(identifier, one) for identifier in identifiers for one in _CLASSES]
