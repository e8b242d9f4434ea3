"""The part `outbox`: what the operator's bodies submitted, against itself and against the chain (§9.2).

A row says one thing several times: in its columns, in its calldata, in the transaction that was signed, and, once it is
done, in the leaf. All must be the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import Connection, select

from chain.calls import BY_SELECTOR
from chain.calls.ledger_function import LedgerFunction
from chain.deployment import Deployment
from chain.operations import ContractName, OperationState
from chain.transactions import decode_signed
from indexer import schema
from indexer.audit.context import AuditContext
from indexer.audit.findings import Finding
from ledger.errors import InvalidTransaction, UnknownRefusal
from ledger.refusals import REFUSALS

PART: Final = "outbox"
_TABLE: Final = "outbox"
_AT_ONCE: Final = 500

Row = Mapping[str, Any]
Difference = tuple[str, object, object]
"""Column, expected, found."""


def audit_outbox(context: AuditContext) -> Iterator[Finding]:
    """Every row, also of a continued audit: a row of any age may be done meanwhile."""
    assert context.audited is not None  # noqa: S101 - the part is left out without a database
    unmarked = 0
    table = schema.outbox
    with context.replica.read() as replica:
        after = -1
        while True:
            here = select(table).where(table.c.sequence > after).order_by(table.c.sequence).limit(_AT_ONCE)
            rows = [dict(row) for row in context.audited.execute(here).mappings()]
            if not rows:
                break
            after = rows[-1]["sequence"]
            leaves = _leaves(replica, [_said(row).operation_id for row in rows])
            records = _records(context.audited, [row["record_hash"] for row in rows])
            for row in rows:
                leaf = leaves.get(_said(row).operation_id)
                differences = [*check_row(row, context.deployment), *against_chain(row, leaf)]
                for column, expected, found in differences:
                    yield Finding.of(PART, _TABLE, row["sequence"], column, expected=expected, found=found)
                if bytes(row["record_hash"]) not in records:
                    yield Finding.missing(PART, "records", row["record_hash"])
                unmarked += leaf is not None and row["state"] in {OperationState.SAVED, OperationState.SENT}
            context.cover("operations submitted", len(rows))
            context.told("operations of the outbox", after, None)
    if unmarked:
        context.state(f"{unmarked} operations of the outbox are in the log and not marked as done yet.")


def _leaves(replica: Connection, operation_ids: list[bytes]) -> dict[bytes, Row]:
    table = schema.operations
    rows = replica.execute(select(table).where(table.c.operation_id.in_(operation_ids))).mappings()
    return {bytes(row["operation_id"]): dict(row) for row in rows}


def _records(audited: Connection, hashes: list[bytes]) -> set[bytes]:
    column = schema.records.c.record_hash
    return {bytes(one) for one in audited.scalars(select(column).where(column.in_(hashes)))}


def check_row(row: Row, deployment: Deployment) -> Iterator[Difference]:
    """What a row says of itself: columns, calldata, and the transaction that was signed."""
    yield from _check_call(row)
    if row["raw_transaction"] is not None:
        yield from _check_signed(row, deployment)
    elif row["nonce"] is not None:
        yield "nonce", "nothing without signed bytes", row["nonce"]
    if row["error_code"] is not None:
        yield from _check_error(row)
    elif row["error_arguments"] is not None:
        yield "error_arguments", "nothing without an error", row["error_arguments"]


def _check_call(row: Row) -> Iterator[Difference]:
    function, said = _function_of(row), _said(row)
    if function is None:
        able = [contract.value for contract, selector in BY_SELECTOR if selector == bytes(row["calldata"][:4])]
        if able:
            yield "contract", " or ".join(able), row["contract"]
        else:
            yield "calldata", f"a call of an operation of {row['contract']}", row["calldata"]
        return
    expected = {"operation_id": said.operation_id, "record_hash": said.record_hash, "kind": int(function.kind)}
    for column, value in expected.items():
        if row[column] != value:
            yield column, value, row[column]


def _function_of(row: Row) -> LedgerFunction | None:
    try:
        contract = ContractName(row["contract"])
    except ValueError:
        return None
    return BY_SELECTOR.get((contract, bytes(row["calldata"][:4])))


def _check_signed(row: Row, deployment: Deployment) -> Iterator[Difference]:
    try:
        decoded = decode_signed(bytes(row["raw_transaction"]))
    except InvalidTransaction as error:
        yield "raw_transaction", error.rule, error.value
        return
    transaction = decoded.signed.transaction
    if decoded.sender != row["sender"]:
        yield "sender", decoded.sender, row["sender"]
    if transaction.nonce != row["nonce"]:
        yield "nonce", transaction.nonce, row["nonce"]
    if transaction.data != row["calldata"]:
        yield "calldata", transaction.data, row["calldata"]
    if transaction.chain_id != deployment.chain_id or transaction.value != 0:
        expected = f"for chain {deployment.chain_id} and without value"
        yield "raw_transaction", expected, f"for chain {transaction.chain_id}, value {transaction.value}"
    called = next((name.value for name, one in deployment.contracts.items() if one.address == transaction.to), None)
    if called != row["contract"]:
        yield "contract", called or transaction.to, row["contract"]
    # What ended it may have been an earlier try, with other bytes: of what is done, the chain says which.
    if row["state"] == OperationState.SENT and decoded.signed.hash != row["transaction_hash"]:
        yield "transaction_hash", decoded.signed.hash, row["transaction_hash"]


def _check_error(row: Row) -> Iterator[Difference]:
    if row["error_code"] not in REFUSALS and row["error_code"] != UnknownRefusal.__name__:
        yield "error_code", "the name of a refusal", row["error_code"]
    try:
        arguments = json.loads(row["error_arguments"])
    except (TypeError, ValueError):
        arguments = None
    if not isinstance(arguments, dict):
        yield "error_arguments", "a JSON object", row["error_arguments"]


def against_chain(row: Row, leaf: Row | None) -> Iterator[Difference]:
    """What a row says of the log. A leaf under its id with another record is somebody else's (§1.5)."""
    own = leaf is not None and leaf["record_hash"] in {bytes(row["record_hash"]), _said(row).record_hash}
    state = row["state"]
    if state == OperationState.DONE and leaf is not None and own:
        for column in ("block_number", "transaction_hash"):
            if row[column] != leaf[column]:
                yield column, leaf[column], row[column]
        if row["leaf_index"] not in {None, leaf["leaf_index"]}:
            yield "leaf_index", leaf["leaf_index"], row["leaf_index"]
        return
    if state == OperationState.DONE:
        yield "state", "not done: no leaf of the log is this operation's", state
        return
    if state == OperationState.REFUSED and own:
        yield "state", OperationState.DONE.value, state
    for column in ("leaf_index",) if state == OperationState.REFUSED else ("leaf_index", "block_number"):
        if row[column] is not None:
            yield column, "nothing before it is done", row[column]


class _Said(NamedTuple):
    """What calldata says, as far as it can be read."""

    operation_id: bytes
    record_hash: bytes | None


def _said(row: Row) -> _Said:
    function, calldata = _function_of(row), bytes(row["calldata"])
    if function is None:
        return _Said(bytes(row["operation_id"]), None)
    return _Said(calldata[4:36], function.record_hash_in(calldata))
