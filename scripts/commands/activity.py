"""`tanpuhui activity …`"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated

import typer

from api.reading import unfiltered
from api.routes.activities import ROUTES as ACTIVITIES
from api.routes.activities import read_activities, read_activity
from chain.composer import Composer
from chain.operations import Operation
from ledger.ids import ZERO_ADDRESS, ActivityId, Address, Hash32
from ledger.units import civil_day_from_text
from ledger.vocabulary import ActivityKind, ActivityStatus, ReductionClass, Role
from scripts.command import command, group
from scripts.context import Context
from scripts.names import activity_id
from scripts.operating import OperatingContext
from scripts.operations import perform
from scripts.options import FieldOption, LimitOption, OperationIdOption, RecordOption, read_document, record_fields
from scripts.options import operation_id as read_operation_id
from scripts.options import quantity as read_quantity
from scripts.output import Result
from scripts.reads import read_list, read_one

app = group("activity", "Projects and scenarios (减排项目、场景). Registered by the regulator.")

ActivityArgument = Annotated[str, typer.Argument(metavar="ACTIVITY", help="Code or id of the activity.")]


@command(app, "register")
def register(
    context: OperatingContext,
    code: Annotated[str, typer.Argument(metavar="CODE", help="The activity's public code, without spaces.")],
    *,
    kind: Annotated[str, typer.Option(help="project, reduction-scenario or behaviour-scenario.")] = "project",
    methodology: Annotated[str, typer.Option(metavar="CODE@VERSION", help="What every issuance is bound to.")],
    operator: Annotated[str, typer.Option(metavar="ACCOUNT", help="Account that issuance goes to.")],
    crediting_first_day: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="First day of the crediting period.")],
    crediting_last_day: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Last day of the crediting period.")],
    cap: Annotated[str, typer.Option(metavar="N[t|kg|g]", help="Most that may be issued over the crediting period.")],
    facility: Annotated[
        str | None, typer.Option(metavar="TEXT", help="What identifies the facility; a salted hash of it is published.")
    ] = None,
    pledge: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The signed exclusivity pledge; its hash is published.")
    ] = None,
    feed_signer: Annotated[
        str | None, typer.Option(metavar="0x…", help="Address that signs the operator's data.")
    ] = None,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Registers a project or scenario. A project needs --facility and --pledge.

    **Example**

        tanpuhui activity register SH-PV-0001 --methodology SHCER-PV-001@1 --operator ref:shanghai-solar-01
        --crediting-first-day 2025-01-01 --crediting-last-day 2034-12-31 --cap 5000
        --facility "meter 310115-004417" --pledge pledge.pdf
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    names = context.names
    pledge_hash = hashlib.sha256(read_document(pledge, "pledge")).digest() if pledge else bytes(32)

    def make(composer: Composer) -> Operation:
        return composer.register_activity(
            operation_id=identifier,
            code=code,
            kind=ActivityKind.from_label(kind, "kind"),
            methodology_id=names.methodology(methodology),
            operator_account=names.account(operator, "operator"),
            feed_signer=Address.from_hex(feed_signer, "feed_signer") if feed_signer else ZERO_ADDRESS,
            crediting_first_day=civil_day_from_text(crediting_first_day, "crediting_first_day"),
            crediting_last_day=civil_day_from_text(crediting_last_day, "crediting_last_day"),
            facility_id=names.facility(facility) if facility else Hash32(bytes(32)),
            pledge_hash=Hash32(pledge_hash),
            cap_grams=read_quantity(cap, "cap"),
            fields=fields,
        )

    return perform(context, Role.REGULATOR, identifier, make)


@command(app, "suspend")
def suspend(
    context: OperatingContext,
    activity: ActivityArgument,
    *,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Suspends an activity: it cannot issue until it is resumed.

    **Example**

        tanpuhui activity suspend SH-PV-0001 --field reason="data under review"
    """
    return _step(context, Composer.suspend_activity, activity, operation_id, record_fields(record, field))


@command(app, "resume")
def resume(
    context: OperatingContext,
    activity: ActivityArgument,
    *,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Lets a suspended activity issue again.

    **Example**

        tanpuhui activity resume SH-PV-0001
    """
    return _step(context, Composer.resume_activity, activity, operation_id, record_fields(record, field))


@command(app, "close")
def close(
    context: OperatingContext,
    activity: ActivityArgument,
    *,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Ends an activity that owes nothing; its facility may be registered again.

    **Example**

        tanpuhui activity close SH-PV-0001
    """
    return _step(context, Composer.close_activity, activity, operation_id, record_fields(record, field))


@command(app, "withdraw")
def withdraw(
    context: OperatingContext,
    activity: ActivityArgument,
    *,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Withdraws an activity that owes nothing; its facility may be registered again.

    **Example**

        tanpuhui activity withdraw SH-PV-0001
    """
    return _step(context, Composer.withdraw_activity, activity, operation_id, record_fields(record, field))


def _step(
    context: OperatingContext,
    compose: Callable[..., Operation],
    activity: str,
    operation_id: str | None,
    fields: Mapping[str, object],
) -> Result:
    identifier = read_operation_id(operation_id)
    subject: ActivityId = activity_id(activity)
    return perform(
        context,
        Role.REGULATOR,
        identifier,
        lambda composer: compose(composer, operation_id=identifier, activity_id=subject, fields=fields),
    )


@command(app, "list")
def list_activities(
    context: Context,
    *,
    kind: Annotated[str | None, typer.Option(help="Only of this kind.")] = None,
    reduction_class: Annotated[str | None, typer.Option("--class", help="Only of class I or II.")] = None,
    status: Annotated[str | None, typer.Option(help="Only active, suspended, closed or withdrawn.")] = None,
    limit: LimitOption = 100,
) -> Result:
    """Lists activities in the order in which they were registered.

    **Example**

        tanpuhui activity list --status active
    """
    arguments = {
        **unfiltered(ACTIVITIES, "/v1/activities"),
        "kind": ActivityKind.from_label(kind, "kind") if kind else None,
        "reduction_class": ReductionClass.from_label(reduction_class, "class") if reduction_class else None,
        "status": ActivityStatus.from_label(status, "status") if status else None,
    }
    columns = ["code", "kind", "reduction_class", "crediting_first_day", "crediting_last_day", "issued", "status"]
    return read_list(context, read_activities, arguments, title="Activities", columns=columns, limit=limit)


@command(app, "show")
def show(context: Context, activity: ActivityArgument) -> Result:
    """Shows an activity with its totals.

    **Example**

        tanpuhui activity show SH-PV-0001
    """
    asked: str | ActivityId = ActivityId.from_hex(activity, "activity") if activity.startswith("0x") else activity
    return read_one(context, read_activity, {"activity": asked}, "Activity")
