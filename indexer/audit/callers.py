"""The part `callers`: what only the transactions of operations show, and no event (docs/spec/05-points.md §5.3).

An issuance is not confirmed by the key that proposed it (invariant 12), a proposal's event names its sender, and an
activity's operator has signed each header of its feed. What reached a contract through another one shows neither:
there the contracts' word is taken, and said so.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final

from eth_abi.exceptions import DecodingError
from sqlalchemy import Row, Select, select

from chain.calls import EARN_POINTS, RECORD_BEHAVIOUR
from chain.deployment import Deployment
from chain.feeds import feed_signer_of
from chain.functions import decode
from chain.hexes import to_data
from indexer import schema
from indexer.audit.context import AuditContext
from indexer.audit.findings import Finding
from indexer.audit.transactions import sender_and_calls, transactions_of
from ledger.batches import FeedHeader
from ledger.ids import ActivityId, Address, Hash32, MethodologyId
from ledger.vocabulary import BatchKind, ReductionClass

PART: Final = "callers"
_AT_ONCE: Final = 200
_FEEDS: Final = {function.function.selector: function for function in (EARN_POINTS, RECORD_BEHAVIOUR)}
_THROUGH_ANOTHER: Final = (
    "Some operations reached the ledgers through another contract: who made them, and whether the operator signed, "
    "was left to the ledgers."
)

Check = Callable[[Row[Any], bytes, list[bytes], Deployment], Iterator[Finding]]
"""Row, sender, calls of its transaction."""


def audit_callers(context: AuditContext) -> Iterator[Finding]:
    """Every proposal, confirmation and feed header, of a continued audit those that came since."""
    questions: tuple[tuple[Select[Any], Check], ...] = (
        (_proposed(), _check_proposer),
        (_confirmed(), _check_confirmer),
        (_fed(), _check_signature),
    )
    leaf = schema.operations.c.leaf_index
    with context.replica.read() as replica:
        for question, check in questions:
            chosen = question.where(leaf >= (context.since_leaf or 0)).order_by(leaf)
            for part in replica.execute(chosen, execution_options={"yield_per": _AT_ONCE}).partitions():
                yield from _look(context, part, check)


def _look(context: AuditContext, rows: Sequence[Row[Any]], check: Check) -> Iterator[Finding]:
    transactions = transactions_of(context.rpc, sorted({row.block_number for row in rows}))
    for row in rows:
        transaction = transactions.get(to_data(row.transaction_hash))
        found = sender_and_calls(transaction, bytes(row.ledger))
        if transaction is None:
            yield _finding(row, "*", expected="a transaction of the node", found="none")
        elif found is None:
            context.state(_THROUGH_ANOTHER)
        else:
            yield from check(row, *found, context.deployment)
            context.cover("callers looked at")


_PLACE: Final = tuple(
    schema.operations.c[name] for name in ("operation_id", "ledger", "transaction_hash", "block_number")
)


def _proposed() -> Select[Any]:
    proposals = schema.proposals
    return select(*_PLACE, proposals.c.proposer).join_from(
        schema.operations, proposals, proposals.c.proposed_leaf_index == schema.operations.c.leaf_index
    )


def _check_proposer(row: Row[Any], sender: bytes, _calls: list[bytes], _deployment: Deployment) -> Iterator[Finding]:
    if sender != row.proposer:
        yield _finding(row, "proposer", expected=sender, found=row.proposer)


def _confirmed() -> Select[Any]:
    lots, proposals = schema.lots, schema.proposals
    return (
        select(*_PLACE, proposals.c.proposer)
        .join_from(schema.operations, lots, lots.c.issued_leaf_index == schema.operations.c.leaf_index)
        .join(proposals, proposals.c.proposal_id == lots.c.proposal_id)
    )


def _check_confirmer(row: Row[Any], sender: bytes, _calls: list[bytes], _deployment: Deployment) -> Iterator[Finding]:
    """Invariant 12."""
    if sender == row.proposer:
        yield _finding(row, "sender", expected="another key than the proposer's", found=sender)


def _fed() -> Select[Any]:
    batches, activities = schema.batches, schema.activities
    return (
        select(*_PLACE, batches, activities.c.feed_signer)
        .join_from(schema.operations, batches, batches.c.leaf_index == schema.operations.c.leaf_index)
        .join(activities, activities.c.activity_id == batches.c.activity_id)
    )


def _check_signature(row: Row[Any], _sender: bytes, calls: list[bytes], deployment: Deployment) -> Iterator[Finding]:
    """The header that the event told, which only this signature binds, is what the operator signed."""
    signer = None
    if (signature := _signature_in(calls, bytes(row.operation_id))) is not None:
        signer = feed_signer_of(_header(row), signature, deployment)
    if signer != row.feed_signer:
        yield _finding(row, "signature", expected=f"of {Address(row.feed_signer or bytes(20))}", found=signer)


def _signature_in(calls: list[bytes], operation_id: bytes) -> bytes | None:
    for call in calls:
        function = _FEEDS.get(call[:4])
        if function is not None and call[4:36] == operation_id:
            try:
                return bytes(decode(function.function.types, call[4:])[2])
            except DecodingError:
                return None
    return None


def _header(row: Row[Any]) -> FeedHeader:
    return FeedHeader(
        kind=BatchKind.from_number(row.kind),
        activity_id=ActivityId(row.activity_id),
        methodology_id=MethodologyId(row.methodology_id),
        reduction_class=ReductionClass.from_number(row.reduction_class),
        sequence=row.sequence,
        first_day=row.first_day,
        last_day=row.last_day,
        root=Hash32(row.root),
        total=row.total,
        entry_count=row.entry_count,
        file_hash=Hash32(row.file_hash),
    )


def _finding(row: Row[Any], column: str, *, expected: object, found: object) -> Finding:
    """Named by transaction and operation."""
    table = f"transaction 0x{bytes(row.transaction_hash).hex()}"
    return Finding.of(PART, table, row.operation_id, column, expected=expected, found=found)
