"""`tanpuhui issue …`"""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.ids import OperationId
from ledger.units import civil_day_from_text
from ledger.vocabulary import Role
from scripts.command import command, group
from scripts.names import activity_id
from scripts.operating import OperatingContext
from scripts.operations import perform
from scripts.options import FieldOption, OperationIdOption, QuantityOption, RecordOption, record_fields
from scripts.options import operation_id as read_operation_id
from scripts.options import quantity as read_quantity
from scripts.output import Result

app = group("issue", "Issuance by two bodies (减排量签发): the technical centre proposes, the regulator confirms.")

ProposalArgument = Annotated[
    str, typer.Argument(metavar="PROPOSAL", help="Operation id of the proposal, as `issue propose` printed it.")
]


@command(app, "propose")
def propose(
    context: OperatingContext,
    activity: Annotated[str, typer.Argument(metavar="ACTIVITY", help="Code or id of the activity.")],
    *,
    first_day: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="First day of the monitoring period.")],
    last_day: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Last day, which must be over.")],
    quantity: QuantityOption,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Proposes an issuance (the technical centre). Its operation id is the proposal's id.

    **Example**

        tanpuhui issue propose SH-PV-0001 --first-day 2025-01-01 --last-day 2025-12-31 --quantity 462
        --record evaluation.json
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    return perform(
        context,
        Role.TECHNICAL_CENTRE,
        identifier,
        lambda composer: composer.propose_issuance(
            operation_id=identifier,
            activity_id=activity_id(activity),
            first_day=civil_day_from_text(first_day, "first_day"),
            last_day=civil_day_from_text(last_day, "last_day"),
            grams=read_quantity(quantity),
            fields=fields,
        ),
    )


@command(app, "confirm")
def confirm(
    context: OperatingContext,
    proposal: ProposalArgument,
    *,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Confirms a proposal and makes its lot (the regulator, never with the key that proposed).

    **Example**

        tanpuhui issue confirm 0x8f…21
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    proposal_id = OperationId.from_hex(proposal, "proposal")
    return perform(
        context,
        Role.REGULATOR,
        identifier,
        lambda composer: composer.confirm_issuance(operation_id=identifier, proposal_id=proposal_id, fields=fields),
    )


@command(app, "reject")
def reject(
    context: OperatingContext,
    proposal: ProposalArgument,
    *,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Rejects a proposal, for ever (the regulator).

    **Example**

        tanpuhui issue reject 0x8f…21 --field reason="meter not calibrated"
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    proposal_id = OperationId.from_hex(proposal, "proposal")
    return perform(
        context,
        Role.REGULATOR,
        identifier,
        lambda composer: composer.reject_issuance(operation_id=identifier, proposal_id=proposal_id, fields=fields),
    )
