"""`tanpuhui campaign …`"""

from __future__ import annotations

from typing import Annotated

import typer

from chain.operations import OperationState
from chain.views import ContractViews
from ledger.encoding import campaign_id as encoded_campaign_id
from ledger.errors import NotFound
from ledger.ids import CampaignId
from ledger.units import civil_day_from_text
from ledger.vocabulary import CampaignStatus, CancellationPurpose, ReductionClass, Role
from scripts.command import command, group
from scripts.commands.provider import CLASSES, document_hash
from scripts.operating import OperatingContext
from scripts.operations import perform
from scripts.options import FieldOption, OperationIdOption, RecordOption, record_fields
from scripts.options import operation_id as read_operation_id
from scripts.output import Day, Facts, Grams, Listing, Result

app = group("campaign", "Campaigns that persons donate points to (捐赠活动): an event, or an enterprise's offset.")

CampaignArgument = Annotated[str, typer.Argument(metavar="CODE", help="Code of the campaign, or its id.")]
ClassOption = Annotated[
    str, typer.Option("--class", metavar="I|II", help="Class of the points; each is counted apart.")
]


@command(app, "open")
def open_campaign(
    context: OperatingContext,
    code: Annotated[str, typer.Argument(metavar="CODE", help="Public code, without spaces; used once.")],
    *,
    beneficiary: Annotated[str, typer.Option(metavar="ACCOUNT", help="Account of the event or enterprise.")],
    purpose: Annotated[str, typer.Option(help="event-neutrality or voluntary-offset.")] = "event-neutrality",
    last_day: Annotated[str, typer.Option(metavar="YYYY-MM-DD", help="Last day on which donations are taken.")],
    document: Annotated[str, typer.Option(metavar="FILE|0x…", help="The announcement; its SHA-256 is kept.")],
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Opens a campaign: from now until its last day points may be donated to it (the exchange).

    **Example**

        tanpuhui campaign open MARATHON-2026 --beneficiary ref:marathon-office --last-day 2026-11-29
        --document announcement.pdf
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    account = context.names.account(beneficiary, "beneficiary")
    announcement = document_hash(document, "document")
    return perform(
        context,
        Role.EXCHANGE,
        identifier,
        lambda composer: composer.open_campaign(
            operation_id=identifier,
            code=code,
            beneficiary=account,
            purpose=CancellationPurpose.from_label(purpose, "purpose"),
            last_day=civil_day_from_text(last_day, "last_day"),
            document_hash=announcement,
            fields=fields,
        ),
    )


@command(app, "close")
def close(
    context: OperatingContext,
    campaign: CampaignArgument,
    *,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Ends a campaign before its last day (the exchange). What was donated is still cancelled for it.

    **Example**

        tanpuhui campaign close MARATHON-2026
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    campaign_id = campaign_of(campaign)
    return perform(
        context,
        Role.EXCHANGE,
        identifier,
        lambda composer: composer.close_campaign(operation_id=identifier, campaign_id=campaign_id, fields=fields),
    )


@command(app, "cancel")
def cancel(
    context: OperatingContext,
    campaign: CampaignArgument,
    *,
    reduction_class: ClassOption,
    operation_id: OperationIdOption = None,
    record: RecordOption = None,
    field: FieldOption = None,
) -> Result:
    """Cancels all that was donated to a campaign in one class, for ever, and prints the certificate (the platform).

    Always the whole pool of that class: so whoever donated finds their points under the first certificate after the
    donation.

    **Example**

        tanpuhui campaign cancel MARATHON-2026 --class I --field event="City marathon 2026"
    """
    identifier, fields = read_operation_id(operation_id), record_fields(record, field)
    campaign_id = campaign_of(campaign)
    of_class = ReductionClass.from_label(reduction_class, "class")
    told = perform(
        context,
        Role.PLATFORM,
        identifier,
        lambda composer: composer.cancel_campaign(
            operation_id=identifier, campaign_id=campaign_id, reduction_class=of_class, fields=fields
        ),
    )
    number = told.document()
    assert isinstance(number, dict)  # noqa: S101 - of one thing
    if number.get("state") != OperationState.DONE.value:
        return told
    return Result(
        parts=told.parts, note=f"certificate {number.get('certificate_number')}: the whole pool was cancelled"
    )


@command(app, "show")
def show(context: OperatingContext, campaign: CampaignArgument) -> Result:
    """Shows a campaign and the points in its pool, from the contracts.

    **Example**

        tanpuhui campaign show MARATHON-2026
    """
    campaign_id = campaign_of(campaign)
    views = ContractViews(context.rpc, context.deployment)
    found = views.campaign_of(campaign_id)
    if found.status is CampaignStatus.UNKNOWN:
        raise NotFound("campaign", campaign)
    facts = {
        "campaign_id": campaign_id,
        "code": found.code,
        "status": found.status,
        "purpose": found.purpose,
        "beneficiary_account": found.beneficiary,
        "campaign_last_day": Day(found.last_day),
        "document_hash": found.document_hash,
    }
    pools = [[each, Grams(views.campaign_pool_of(campaign_id, each))] for each in CLASSES]
    return Result(parts=[Facts("Campaign", facts), Listing("Pool", "pools", ["class", "quantity_gco2e"], pools)])


def campaign_of(text: str) -> CampaignId:
    """The id of a campaign given as code or id."""
    return CampaignId.from_hex(text, "campaign") if text.startswith("0x") else encoded_campaign_id(code=text)
