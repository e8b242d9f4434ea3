"""A cheap check of the mirror's totals against the contracts' own, whatever the size of the log: some calls for each
class, provider, campaign and feed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from sqlalchemy import Connection, case, func, select

from chain.deployment import Deployment
from chain.functions import keccak256
from chain.hexes import from_data, to_data, to_quantity
from chain.operations import ContractName
from chain.rpc import Request, Rpc
from indexer import mirror, schema
from indexer.database import Database
from indexer.mirror import Cursor
from indexer.schema import Book, PointBook
from ledger.errors import NotFound
from ledger.vocabulary import BatchKind, ReductionClass

_CLASSES = (ReductionClass.I, ReductionClass.II)
_BOOKS = {
    "issued_gco2e": Book.ISSUED,
    "held_gco2e": Book.HELD,
    "cancelled_gco2e": Book.CANCELLED,
    "taken_back_gco2e": Book.TAKEN_BACK,
    "bought_back_gco2e": Book.BOUGHT_BACK,
}
"""In the order of `IReductionLedger.ClassTotals`."""
_POOLS = {
    int(PointBook.PROVIDER_POOL): ("provider", schema.providers.c.account, "poolOf(address,uint8)"),
    int(PointBook.CAMPAIGN_POOL): ("campaign", schema.campaigns.c.campaign_id, "campaignPoolOf(bytes32,uint8)"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One total, as the contracts and as the mirror have it."""

    name: str
    on_chain: int | str
    in_mirror: int | str

    @property
    def agrees(self) -> bool:
        """Whether both are the same."""
        return self.on_chain == self.in_mirror


@dataclass(frozen=True, slots=True, kw_only=True)
class Reconciliation:
    """All totals as of one block."""

    block_number: int
    comparisons: tuple[Comparison, ...]

    @property
    def differences(self) -> tuple[Comparison, ...]:
        """The totals that are not the same."""
        return tuple(comparison for comparison in self.comparisons if not comparison.agrees)


class _Question(NamedTuple):
    """A view of a contract: what each number that it answers is called, and what the mirror has for it."""

    contract: ContractName
    function: str
    arguments: tuple[int | bytes, ...]
    ours: dict[str, int | str]


def reconcile(database: Database, rpc: Rpc, deployment: Deployment) -> Reconciliation:
    """Compares totals of reductions and points by class, pools, feeds' sequences and behaviour values, numbers of
    certificates and batches, next serial, size and root of the log, at the cursor's block.

    Raises `NotFound` if nothing was indexed yet, `RpcFailure` if the node does not have that block's state any more
    (Besu keeps 512 blocks): catch up first.
    """
    with database.read() as connection:
        cursor = mirror.read_cursor(connection)
        if cursor is None:
            raise NotFound("index", "of this deployment")
        questions = [*_reductions(connection), *_points(connection), *_pools(connection), *_feeds(connection)]
        questions += _log(cursor)
    answers = rpc.batch([_call(deployment, cursor, question) for question in questions])
    return Reconciliation(
        block_number=cursor.block_number,
        comparisons=tuple(
            comparison
            for question, answer in zip(questions, answers, strict=True)
            for comparison in _compared(question, answer)
        ),
    )


def _compared(question: _Question, answer: Any) -> Iterator[Comparison]:
    theirs: list[int | str] = list(_numbers(answer))
    if question.function.startswith("rootAt"):
        theirs = [from_data(answer, "eth_call").hex()]
    for (name, ours), value in zip(question.ours.items(), theirs, strict=True):
        yield Comparison(name=name, on_chain=value, in_mirror=ours)


def _reductions(connection: Connection) -> Iterator[_Question]:
    lots, balances = schema.lots, schema.balances
    question = (
        select(lots.c.reduction_class, balances.c.book, func.sum(balances.c.quantity_gco2e))
        .join(lots, lots.c.lot_id == balances.c.lot_id)
        .group_by(lots.c.reduction_class, balances.c.book)
    )
    sums = {(reduction_class, book): int(total) for reduction_class, book, total in connection.execute(question)}
    ledger = ContractName.REDUCTION_LEDGER
    for one in _CLASSES:
        ours = {f"class {one.label} {name}": sums.get((int(one), int(book)), 0) for name, book in _BOOKS.items()}
        yield _Question(ledger, "totalsOf(uint8)", (int(one),), {**ours})
    yield _Question(ledger, "certificateCount()", (), {"certificates": _certificates(connection)})
    issued = connection.execute(select(func.coalesce(func.sum(lots.c.issued_gco2e), 0))).scalar_one()
    yield _Question(ledger, "nextSerial()", (), {"next serial": int(issued) + 1})


def _certificates(connection: Connection) -> int:
    """How many numbers both ledgers have given away."""
    batches = schema.batches.c
    counts = (
        select(func.count()).select_from(schema.certificates),
        select(func.count()).select_from(schema.campaign_cancellations),
        select(func.coalesce(func.sum(batches.entry_count), 0)).where(batches.kind == int(BatchKind.CANCEL)),
    )
    return sum(int(connection.execute(count).scalar_one()) for count in counts)


def _points(connection: Connection) -> Iterator[_Question]:
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
        ours = {f"points {one.label} {book.name.lower()}": sums.get((int(one), int(book)), 0) for book in PointBook}
        yield _Question(ledger, "totalsOf(uint8)", (int(one),), {**ours})
        last = {f"points {one.label} latest snapshot": snapshots.get(int(one), 0)}
        yield _Question(ledger, "latestSnapshot(uint8)", (int(one),), {**last})
    yield _Question(ledger, "batchCount()", (), {"batches": mirror.read_batch_count(connection)})


def _pools(connection: Connection) -> Iterator[_Question]:
    """Of every provider and campaign, in both classes."""
    balances = schema.point_balances
    rows = connection.execute(select(balances).where(balances.c.book.in_(_POOLS)))
    found = {(row.book, bytes(row.owner), row.reduction_class): int(row.quantity_gco2e) for row in rows}
    for book, (what, column, function) in _POOLS.items():
        for identifier in connection.scalars(select(column).order_by(column)):
            owner = bytes(identifier).rjust(32, b"\x00")
            for one in _CLASSES:
                name = f"points {one.label} of {what} {bytes(identifier).hex()}"
                ours: dict[str, int | str] = {name: found.get((book, owner, int(one)), 0)}
                yield _Question(ContractName.POINT_LEDGER, function, (owner, int(one)), ours)


def _feeds(connection: Connection) -> Iterator[_Question]:
    """Of every activity that has batches."""
    batches = schema.batches.c
    value = func.sum(case((batches.kind == int(BatchKind.BEHAVIOUR), batches.total), else_=0))
    question = select(batches.activity_id, func.max(batches.sequence), value).where(batches.activity_id.is_not(None))
    ledger = ContractName.POINT_LEDGER
    for activity_id, sequence, total in connection.execute(
        question.group_by(batches.activity_id).order_by(batches.activity_id)
    ):
        name = bytes(activity_id).hex()
        next_sequence = {f"next sequence of {name}": sequence + 1}
        yield _Question(ledger, "nextSequence(bytes32)", (bytes(activity_id),), {**next_sequence})
        of_behaviour = {f"behaviour value of {name}": int(total)}
        yield _Question(ledger, "behaviourValueOf(bytes32)", (bytes(activity_id),), {**of_behaviour})


def _log(cursor: Cursor) -> Iterator[_Question]:
    log = ContractName.TRANSPARENCY_LOG
    yield _Question(log, "size()", (), {"log size": cursor.log_size})
    yield _Question(log, "rootAt(uint64)", (cursor.log_size,), {"log root": cursor.log_root.hex()})


def _call(deployment: Deployment, cursor: Cursor, question: _Question) -> Request:
    words = [word if isinstance(word, bytes) else word.to_bytes(32, "big") for word in question.arguments]
    data = keccak256(question.function.encode())[:4] + b"".join(words)
    call = {"to": deployment.address(question.contract).hex0x, "data": to_data(data)}
    return "eth_call", [call, to_quantity(cursor.block_number)]


def _numbers(answer: Any) -> list[int]:
    data = from_data(answer, "eth_call")
    return [int.from_bytes(data[start : start + 32], "big") for start in range(0, len(data), 32)]
