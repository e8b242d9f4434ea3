"""`tanpuhui operation …`"""

from __future__ import annotations

from typing import Annotated

import typer

from api.routes.operations import read_operation
from ledger.errors import NotFound
from ledger.ids import OperationId
from scripts.command import command, group
from scripts.operating import OperatingContext
from scripts.operations import told
from scripts.output import Listing, Result
from scripts.reads import read_one

app = group("operation", "Operations of this node, by id.")


@command(app, "status")
def status(
    context: OperatingContext, operation_id: Annotated[str, typer.Argument(metavar="0x…", help="Id of the operation.")]
) -> Result:
    """Says where an operation stands: in the outbox of this node, else in the index.

    **Example**

        tanpuhui operation status 0x8f…21
    """
    identifier = OperationId.from_hex(operation_id, "operation_id")
    found = context.outbox.status(identifier) if context.has_database else None
    if found is not None:
        return told(context, found)
    return read_one(context, read_operation, {"operation_id": identifier}, "Operation")


@command(app, "resume")
def resume(context: OperatingContext) -> Result:
    """Finishes what was saved or sent and not yet answered, of every body whose key is here.

    **Example**

        tanpuhui operation resume
    """
    roles = context.usable_roles()
    if not roles:
        raise NotFound("configured key", "of any body")
    finished = context.resume(roles)
    columns = ["operation_id", "kind", "state", "error_code"]
    rows = [[status.operation_id, status.kind, status.state.value, status.error_code] for status in finished]
    return Result(parts=[Listing("Finished operations", "items", columns, rows)])
