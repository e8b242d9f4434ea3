"""Operations of this instance and of this session's wallet: where each stands, and why it waits or was refused.

Who logged in with a key of this instance sees what the instance was asked for; who logged in with a wallet sees what
that wallet was asked to sign.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from api.errors import IndexEmpty
from api.parameters import choice_parameter, id_parameter, number_parameter
from api.repository import operations as log_operations
from api.repository import outbox
from api.repository.snapshots import IndexUnavailable
from api.web.console.acting import operation_path, signing_path
from api.web.console.routes import ConsoleRoute
from api.web.console.signing import Signing
from api.web.console.visits import Page, SeeOther, Visit
from api.web.errors import NotYours
from chain.operations import OperationState
from chain.reverts import saved_refusal
from ledger.errors import Refused, Unavailable
from ledger.ids import Address, Hash32, OperationId, RecordHash
from ledger.records import Record
from ledger.vocabulary import OperationKind, Role

OPERATIONS: Final = "/console/operations"
PAGE_ROWS: Final = 50
UNFINISHED: Final = "unfinished"
UNSIGNED: Final = "unsigned"
STATES: Final = (UNFINISHED, *(state.value for state in OperationState))

_OPERATION: Final = id_parameter("operation_id", OperationId, "Id of the operation.")
_BEFORE: Final = number_parameter("before", "Operations saved before this one of the outbox.", least=1)
_STATE: Final = choice_parameter("state", STATES, "Only operations in this state.", optional=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownTrouble:
    """Why a body's operations wait, in the reader's language."""

    role: Role
    why: str
    failures: int
    again_seconds: int

    @classmethod
    def all(cls, visit: Visit) -> list[ShownTrouble]:
        """Of every body of this instance that has one."""
        port = visit.console.operations
        return (
            []
            if port is None
            else [
                cls(
                    role=role,
                    why=visit.console.problems.said(trouble.error or Unavailable(), visit.language).detail,
                    failures=trouble.failures,
                    again_seconds=round(trouble.again_seconds),
                )
                for role, trouble in port.troubles.items()
            ]
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOperation:
    """An operation as its page and the list show it. `state` is one of the outbox's, or "unsigned" of one that waits
    for a wallet; times in seconds since 1970, None where nobody kept them.
    """

    operation_id: OperationId
    state: str
    kind: OperationKind
    contract: str
    sender: Address
    record_hash: RecordHash
    transaction_hash: Hash32 | None
    block_number: int | None
    leaf_index: int | None
    refusal: Refused | None
    saved_at: int | None = None
    changed_at: int | None = None
    sequence: int | None = None
    record: Record | None = None
    certificate_number: int | None = None

    @property
    def unfinished(self) -> bool:
        """Whether something is still to come: a block, or the index's next look at the chain."""
        return self.state in (OperationState.SAVED, OperationState.SENT) or (
            self.state == OperationState.DONE and self.leaf_index is None
        )

    @property
    def path(self) -> str:
        """Its page; of one that waits for a wallet, the page that asks for it."""
        return signing_path(self.operation_id) if self.state == UNSIGNED else operation_path(self.operation_id)

    @classmethod
    def of_row(cls, row: outbox.OutboxRow) -> ShownOperation:
        """What the outbox says."""
        refusal = None
        if row.error_code is not None:
            refusal = saved_refusal(row.error_code, json.loads(row.error_arguments or "{}"))
        return cls(
            operation_id=OperationId(row.operation_id),
            state=row.state,
            kind=OperationKind.from_number(row.kind),
            contract=row.contract,
            sender=Address(row.sender),
            record_hash=RecordHash(row.record_hash),
            transaction_hash=None if row.transaction_hash is None else Hash32(row.transaction_hash),
            block_number=row.block_number,
            leaf_index=row.leaf_index,
            refusal=refusal,
            saved_at=row.saved_at,
            changed_at=row.changed_at,
            sequence=row.sequence,
        )

    @classmethod
    def of_signing(cls, signing: Signing, visit: Visit) -> ShownOperation:
        """What the node says of what a wallet sent."""
        operation, state, block_number, refusal = signing.operation, UNSIGNED, None, None
        if signing.transaction_hash is not None:
            state = OperationState.SENT
            found = visit.console.chain.transaction(signing.transaction_hash)
            if found is not None and found.block_number is not None:
                state = OperationState.DONE if found.refusal is None else OperationState.REFUSED
                block_number, refusal = found.block_number, found.refusal
        return cls(
            operation_id=operation.id,
            state=state,
            kind=operation.call.kind,
            contract=operation.call.contract.value,
            sender=operation.sender,
            record_hash=operation.record.hash,
            transaction_hash=signing.transaction_hash,
            block_number=block_number,
            leaf_index=None,
            refusal=refusal,
            record=operation.record,
        )


def show_operations(visit: Visit) -> Page:
    """The newest first."""
    state, before = visit.arguments["state"], visit.arguments["before"]
    if visit.actor.has_wallet:
        found = [ShownOperation.of_signing(one, visit) for one in visit.console.signings.of(visit.actor.identity)]
        rows: Sequence[ShownOperation] = found[:PAGE_ROWS]
        more = None
    else:
        rows, more = _of_outbox(visit, state, before)
    values = {"rows": rows, "more": more, "state": state, "states": STATES, "troubles": ShownTrouble.all(visit)}
    return Page("console/operations.html", {**values, "refreshes": _refreshes(visit)})


def show_operation(visit: Visit) -> Page | SeeOther:
    """One operation. What is in the log, and was not begun here, is the explorer's."""
    operation_id = visit.arguments["operation_id"]
    shown = _found(visit, operation_id)
    outcome = _outcome(visit, operation_id)
    if shown is None:
        if outcome is None:
            raise NotYours
        return SeeOther(visit.link(f"/explorer/operations/{operation_id.hex0x}"))
    if outcome is not None:
        shown = replace(
            shown, state=OperationState.DONE.value, leaf_index=outcome[0], certificate_number=outcome[1], refusal=None
        )
    values = {
        "operation": shown,
        "refused": None if shown.refusal is None else visit.console.problems.said(shown.refusal, visit.language),
        "troubles": [one for one in ShownTrouble.all(visit) if _is_of(visit, one, shown)],
        "refreshes": _refreshes(visit),
    }
    return Page("console/operation.html", values)


def _of_outbox(visit: Visit, state: str | None, before: int | None) -> tuple[list[ShownOperation], int | None]:
    with visit.snapshot() as snapshot:
        rows = outbox.page(
            snapshot,
            state=None if state in (None, UNFINISHED) else OperationState(state),
            unfinished=state == UNFINISHED,
            before=before,
            limit=PAGE_ROWS + 1,
        )
    shown = [ShownOperation.of_row(row) for row in rows[:PAGE_ROWS]]
    return shown, shown[-1].sequence if len(rows) > PAGE_ROWS else None


def _found(visit: Visit, operation_id: OperationId) -> ShownOperation | None:
    console = visit.console
    signing = console.signings.known(operation_id)
    if signing is not None and signing.identity == visit.actor.identity:
        return ShownOperation.of_signing(signing, visit)
    if visit.actor.has_wallet:
        return None
    with visit.snapshot() as snapshot:
        row = outbox.by_id(snapshot, operation_id)
    if row is None:
        return None
    record = None if console.operations is None else console.operations.saved_record(operation_id)
    return replace(ShownOperation.of_row(row), record=record)


def _outcome(visit: Visit, operation_id: OperationId) -> tuple[int, int | None] | None:
    """Its place in the log and its certificate, once the index has it."""
    try:
        with visit.snapshot() as snapshot:
            return log_operations.outcome_of(snapshot, operation_id)
    except (IndexEmpty, IndexUnavailable):
        return None


def _is_of(visit: Visit, trouble: ShownTrouble, shown: ShownOperation) -> bool:
    return shown.unfinished and visit.console.senders.get(trouble.role) == shown.sender


def _refreshes(visit: Visit) -> bool:
    return visit.arguments["refresh"] is not None


PAGES: Final = (
    ConsoleRoute(OPERATIONS, "operations", show_operations, parameters=(_STATE, _BEFORE), menu=True),
    ConsoleRoute(OPERATIONS + "/{operation_id}", "operation", show_operation, parameters=(_OPERATION,)),
)
