"""From a form that somebody confirmed to an operation: by the instance's key, or by the person's own wallet.

`perform` is all that a page of the console needs. The operation's id follows from who sends the form and from the
form's own secret (`form_id`, in every form that `parts.form` makes), so that a form sent twice is one operation.
Whoever signs, what the contract would refuse now is refused here first, and the form is shown again with the reason.

A page that shows what would be signed before it is done composes the same operation with `compose` in its preview;
fields that say what the preview was about travel in its form with the same `form_id`.
"""

from __future__ import annotations

from collections.abc import Callable

from api.auth import KeyScope
from api.idempotency import RepeatedSalts, operation_id_of
from api.operations_port import OperationsPort
from api.web.console.visits import SeeOther, Visit
from api.web.errors import FormMalformed
from api.web.forms import FORM_ID
from chain.composer import Composer
from chain.operations import Operation
from ledger.errors import OperationConflict
from ledger.ids import Address, OperationId
from ledger.records import Record

Make = Callable[[Composer, OperationId], Operation]
"""`lambda composer, operation_id: composer.freeze_lot(operation_id=operation_id, lot_id=…, fields=…)`"""


def perform(visit: Visit, scope: KeyScope, make: Make) -> SeeOther:
    """Does a body's step, and leads to the page that says how it goes: the operation's own, or the one that asks the
    wallet to sign it.

    Raises what `Visit.require` raises, `InvalidInput` for what cannot be composed, the refusal that the ledger would
    answer now, and `OperationConflict` where the same form came with other content.
    """
    operation = compose(visit, scope, make)
    return _to_wallet(visit, operation) if visit.actor.has_wallet else _to_outbox(visit, operation)


def perform_as_holder(visit: Visit, make: Make) -> SeeOther:
    """The same for what an account's own key may do (transfer and cancel what it holds): `make` composes it
    `by_holder`, and only a wallet signs it.
    """
    operation = compose_as_holder(visit, make)
    return _to_wallet(visit, operation)


def compose(visit: Visit, scope: KeyScope, make: Make) -> Operation:
    """The operation that `perform` would send, without sending it: for previews."""
    address = visit.require(scope)
    operation = make(_composer(visit, address), operation_id_of_form(visit))
    if operation.sender != address:
        raise FormMalformed("be a step of the body that the session acts as")
    return operation


def compose_as_holder(visit: Visit, make: Make) -> Operation:
    """The holder's operation that `perform_as_holder` would ask to sign."""
    operation = make(_composer(visit, None), operation_id_of_form(visit))
    if visit.actor.address is None or operation.sender != visit.actor.address:
        raise FormMalformed("be about the account whose wallet logged in")
    return operation


def operation_id_of_form(visit: Visit) -> OperationId:
    """The id of what this form does; `FormMalformed` for a form without secret."""
    form_id = visit.form.text(FORM_ID)
    if not form_id or len(form_id) > 64:
        raise FormMalformed("have the secret of its page")
    return operation_id_of(f"console:{visit.actor.identity}", form_id)


def operation_path(operation_id: OperationId) -> str:
    """The page of an operation of this instance."""
    return f"/console/operations/{operation_id.hex0x}"


def signing_path(operation_id: OperationId) -> str:
    """The page that asks a wallet to sign."""
    return f"/console/sign/{operation_id.hex0x}"


def _composer(visit: Visit, address: Address | None) -> Composer:
    """Salts of a record that was saved before are taken again, so that the same form makes the same operation."""
    role, console = visit.actor.acting_as, visit.console
    senders = {role: address} if role is not None and address is not None else {}
    in_outbox = not visit.actor.has_wallet and console.operations is not None
    fresh = console.signing_operations.salts if in_outbox else console.chain.salts
    return Composer(salts=RepeatedSalts.of(known_record(visit), fresh), senders=senders)


def known_record(visit: Visit) -> Record | None:
    """The record that this form's operation has already, in the outbox or waiting for the wallet."""
    operation_id, console = operation_id_of_form(visit), visit.console
    if not visit.actor.has_wallet and console.operations is not None:
        return console.operations.saved_record(operation_id)
    known = console.signings.known(operation_id)
    return None if known is None else known.operation.record


def _to_outbox(visit: Visit, operation: Operation) -> SeeOther:
    port: OperationsPort = visit.console.signing_operations
    done = SeeOther(visit.link(operation_path(operation.id)))
    known = port.status(operation.id)
    if known is not None:
        if known.calldata != operation.call.calldata:
            raise OperationConflict(operation.id)
        return done
    visit.console.chain.try_operation(operation)
    future = port.submit(operation)
    future.add_done_callback(lambda ended: ended.cancelled() or ended.exception())  # looked at: its page tells
    return done


def _to_wallet(visit: Visit, operation: Operation) -> SeeOther:
    chain = visit.console.chain
    known = visit.console.signings.known(operation.id)
    if known is None:
        chain.try_operation(operation)
        chain.keep_record(operation.record)
        visit.console.signings.begin(operation, visit.actor.identity)
    elif known.operation.call != operation.call:
        raise OperationConflict(operation.id)
    return SeeOther(visit.link(signing_path(operation.id)))
