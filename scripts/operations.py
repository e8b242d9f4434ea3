"""Sends one operation for a command and says what the ledger made of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from chain.composer import Composer
from chain.events import EventDecoder, LeafAppended, OperationRepeated
from chain.operations import Operation, OperationStatus
from chain.signers import Signer
from ledger.ids import OperationId
from ledger.vocabulary import Role
from scripts.errors import Interrupted
from scripts.operating import OperatingContext
from scripts.output import Day, Facts, Grams, Result

_ALREADY_SHOWN = {"operation_id"}


def perform(
    context: OperatingContext, role: Role, identifier: OperationId, make: Callable[[Composer], Operation]
) -> Result:
    """Makes an operation of a body, sends it, waits until its leaf is in the log, and tells. Raises the refusal."""
    context.output.note(f"operation {identifier.hex0x}")
    with saying_how_to_go_on(identifier):
        return told(context, context.submit(role, make))


def perform_as_holder(context: OperatingContext, signer: Signer, operation: Operation) -> Result:
    """As `perform`, for an operation that a holder signs with its own key."""
    context.output.note(f"operation {operation.id.hex0x}")
    with saying_how_to_go_on(operation.id):
        return told(context, context.submit_with(signer, operation))


@contextmanager
def saying_how_to_go_on(identifier: OperationId) -> Iterator[None]:
    """Ctrl-C in the block becomes `Interrupted`: whoever types the same command again must not do it twice."""
    try:
        yield
    except KeyboardInterrupt:
        remedy = (
            f"operation {identifier.hex0x} may have been sent. `tanpuhui operation status {identifier.hex0x}` says "
            "where it stands, `tanpuhui operation resume` finishes it; the same command without --operation-id is "
            "another operation"
        )
        raise Interrupted(remedy) from None


def told(context: OperatingContext, status: OperationStatus) -> Result:
    """Where an operation stands, and what its event says."""
    facts: dict[str, Any] = {
        "operation_id": status.operation_id,
        "kind": status.kind,
        "state": status.state.value,
        "transaction_hash": status.transaction_hash,
        "block_number": status.block_number,
        "record_hash": status.record_hash,
        "error_code": status.error_code,
    }
    for name, value in event_of(context, status).items():
        facts.setdefault(name, value)
    return Result(parts=[Facts("Operation", {name: value for name, value in facts.items() if value is not None})])


def event_of(context: OperatingContext, status: OperationStatus) -> dict[str, Any]:
    """The values of the event that the operation left in its transaction; nothing if it was only a repetition."""
    if status.transaction_hash is None:
        return {}
    receipt = context.rpc.call("eth_getTransactionReceipt", ["0x" + status.transaction_hash.hex()])
    addresses = {name: bytes(contract.address) for name, contract in context.deployment.contracts.items()}
    decoder = EventDecoder(addresses)
    values: dict[str, Any] = {}
    for log in (receipt or {}).get("logs", []):
        event = decoder.decode(log)
        if isinstance(event, OperationRepeated) or getattr(event, "operation_id", None) != status.operation_id:
            continue
        if isinstance(event, LeafAppended):
            values |= {"leaf_index": event.leaf_index, "leaf_hash": event.leaf_hash}
        else:
            values |= _values(event._asdict())
    return values


def _values(fields: dict[str, Any]) -> dict[str, Any]:
    """An event's fields with their units: grams and days are marked, tuples (registrations, headers) spread out."""
    values: dict[str, Any] = {}
    for name, value in fields.items():
        if isinstance(value, tuple) and hasattr(value, "_asdict"):
            values |= _values(value._asdict())
        elif name == "grams":
            values["quantity_gco2e"] = Grams(value)
        elif name.endswith("_grams"):
            values[name.removesuffix("_grams") + "_gco2e"] = Grams(value)
        elif name == "total":  # of entries; the operation's kind says whether they are grams or behaviour value
            values[name] = str(value)
        elif name == "personal_after":
            values["personal_after_gco2e"] = Grams(value)
        elif name.endswith("_day"):
            values[name] = Day(value)
        elif name == "kind":
            continue
        elif name not in _ALREADY_SHOWN:
            values[name] = value
    return values
