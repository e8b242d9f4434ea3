"""A cheap check of the mirror's totals against the contracts' own: a handful of calls, whatever the size of the log."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, func, select

from chain.deployment import Deployment
from chain.functions import keccak256
from chain.hexes import from_data, to_data, to_quantity
from chain.operations import ContractName
from chain.rpc import Request, Rpc
from indexer import mirror, schema
from indexer.database import Database
from indexer.mirror import Cursor
from indexer.schema import Book
from ledger.errors import NotFound
from ledger.vocabulary import ReductionClass

_CLASSES = (ReductionClass.I, ReductionClass.II)
_TOTALS = ("issued_gco2e", "held_gco2e", "cancelled_gco2e", "taken_back_gco2e")
"""In the order of `IReductionLedger.ClassTotals`, after which comes what was bought back from points."""


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


def reconcile(database: Database, rpc: Rpc, deployment: Deployment) -> Reconciliation:
    """Compares totals by class, number of certificates, next serial, size and root of the log, at the cursor's block.

    Raises `NotFound` if nothing was indexed yet, `RpcFailure` if the node does not have that block's state any more
    (Besu keeps 512 blocks): catch up first.
    """
    with database.read() as connection:
        cursor = mirror.read_cursor(connection)
        if cursor is None:
            raise NotFound("index", "of this deployment")
        ours = dict(_in_mirror(connection, cursor))
    theirs = dict(_on_chain(rpc, deployment, cursor))
    return Reconciliation(
        block_number=cursor.block_number,
        comparisons=tuple(
            Comparison(name=name, on_chain=value, in_mirror=ours[name]) for name, value in theirs.items()
        ),
    )


def _in_mirror(connection: Connection, cursor: Cursor) -> Iterator[tuple[str, int | str]]:
    lots, balances, certificates = schema.lots, schema.balances, schema.certificates
    books = {"issued_gco2e": Book.ISSUED, "held_gco2e": Book.HELD}
    books |= {"cancelled_gco2e": Book.CANCELLED, "taken_back_gco2e": Book.TAKEN_BACK}
    question = (
        select(lots.c.reduction_class, balances.c.book, func.sum(balances.c.quantity_gco2e))
        .join(lots, lots.c.lot_id == balances.c.lot_id)
        .group_by(lots.c.reduction_class, balances.c.book)
    )
    sums = {(reduction_class, book): int(total) for reduction_class, book, total in connection.execute(question)}
    for reduction_class in _CLASSES:
        for total in _TOTALS:
            yield f"class {reduction_class.label} {total}", sums.get((int(reduction_class), int(books[total])), 0)
        # The points ledger is not followed yet: what it buys back must not pass unseen.
        yield f"class {reduction_class.label} bought_back_gco2e", 0
    yield "certificates", connection.execute(select(func.count()).select_from(certificates)).scalar_one()
    issued = connection.execute(select(func.coalesce(func.sum(lots.c.issued_gco2e), 0))).scalar_one()
    yield "next serial", int(issued) + 1
    yield "log size", cursor.log_size
    yield "log root", cursor.log_root.hex()


def _on_chain(rpc: Rpc, deployment: Deployment, cursor: Cursor) -> Iterator[tuple[str, int | str]]:
    requests: Mapping[str, Request] = {
        **{
            reduction_class.label: _call(
                deployment, ContractName.REDUCTION_LEDGER, "totalsOf(uint8)", cursor, int(reduction_class)
            )
            for reduction_class in _CLASSES
        },
        "certificates": _call(deployment, ContractName.REDUCTION_LEDGER, "certificateCount()", cursor),
        "next serial": _call(deployment, ContractName.REDUCTION_LEDGER, "nextSerial()", cursor),
        "log size": _call(deployment, ContractName.TRANSPARENCY_LOG, "size()", cursor),
        "log root": _call(deployment, ContractName.TRANSPARENCY_LOG, "rootAt(uint64)", cursor, cursor.log_size),
    }
    answers = dict(zip(requests, rpc.batch(requests.values()), strict=True))
    for reduction_class in _CLASSES:
        totals = _numbers(answers.pop(reduction_class.label))
        for name, value in zip((*_TOTALS, "bought_back_gco2e"), totals, strict=True):
            yield f"class {reduction_class.label} {name}", value
    yield "log root", from_data(answers.pop("log root"), "eth_call").hex()
    for name, answer in answers.items():
        (value,) = _numbers(answer)
        yield name, value


def _call(deployment: Deployment, contract: ContractName, function: str, cursor: Cursor, *arguments: int) -> Request:
    data = keccak256(function.encode())[:4] + b"".join(argument.to_bytes(32, "big") for argument in arguments)
    call = {"to": deployment.address(contract).hex0x, "data": to_data(data)}
    return "eth_call", [call, to_quantity(cursor.block_number)]


def _numbers(answer: Any) -> list[int]:
    data = from_data(answer, "eth_call")
    return [int.from_bytes(data[start : start + 32], "big") for start in range(0, len(data), 32)]
