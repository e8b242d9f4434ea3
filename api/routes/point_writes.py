"""The exchange's routes, mall providers and campaigns, and the platform's that cancels what was donated to a campaign.

Batches of points have none: they come from files that are on the platform's own machine.
"""

from dataclasses import replace

from api.auth import KeyScope
from api.parameters import Arguments, id_parameter
from api.routes.write_steps import Authority, new, step
from api.schemas.writes import AdmitProviderBody, CancelCampaignBody, OpenCampaignBody, RecordedBody
from api.writing import WriteRoute
from chain.composer import Composer
from chain.operations import Operation
from ledger.ids import Address, CampaignId, OperationId
from ledger.vocabulary import Role

_PROVIDER = id_parameter("account", Address, "Account of the provider.")
_CAMPAIGN = id_parameter("campaign_id", CampaignId, "Id of the campaign.")


def admit_provider(composer: Composer, operation_id: OperationId, _: Arguments, body: AdmitProviderBody) -> Operation:
    """Unknown or Closed -> Active."""
    return composer.admit_provider(
        operation_id=operation_id,
        account=body.account,
        mode=body.mode,
        application_hash=body.application_hash,
        evaluation_hash=body.evaluation_hash,
        agreement_hash=body.agreement_hash,
        fields=body.fields,
    )


def suspend_provider(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """Active -> Suspended."""
    return composer.suspend_provider(operation_id=operation_id, account=path["account"], fields=body.fields)


def resume_provider(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """Suspended -> Active."""
    return composer.resume_provider(operation_id=operation_id, account=path["account"], fields=body.fields)


def close_provider(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """Active or Suspended -> Closed."""
    return composer.close_provider(operation_id=operation_id, account=path["account"], fields=body.fields)


def open_campaign(composer: Composer, operation_id: OperationId, _: Arguments, body: OpenCampaignBody) -> Operation:
    """Unknown -> Open."""
    return composer.open_campaign(
        operation_id=operation_id,
        code=body.code,
        beneficiary=body.beneficiary,
        purpose=body.purpose,
        last_day=body.last_day,
        document_hash=body.document_hash,
        fields=body.fields,
    )


def close_campaign(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """Open -> Closed."""
    return composer.close_campaign(operation_id=operation_id, campaign_id=path["campaign_id"], fields=body.fields)


def cancel_campaign(
    composer: Composer, operation_id: OperationId, path: Arguments, body: CancelCampaignBody
) -> Operation:
    """The whole pool of a class, for ever."""
    return composer.cancel_campaign(
        operation_id=operation_id,
        campaign_id=path["campaign_id"],
        reduction_class=body.reduction_class,
        fields=body.fields,
    )


_ADMITTING = Authority(KeyScope.PROVIDERS_WRITE, Role.EXCHANGE)
_CAMPAIGNING = Authority(KeyScope.CAMPAIGNS_WRITE, Role.EXCHANGE)
_CANCELLING = Authority(KeyScope.CANCELLATIONS_WRITE, Role.PLATFORM)

ROUTES: tuple[WriteRoute, ...] = (
    new("/v1/providers", admit_provider, AdmitProviderBody, "Admit a mall provider", _ADMITTING),
    step("/v1/providers/{account}/suspend", suspend_provider, _PROVIDER, "Suspend a mall provider", _ADMITTING),
    step("/v1/providers/{account}/resume", resume_provider, _PROVIDER, "Resume a mall provider", _ADMITTING),
    step("/v1/providers/{account}/close", close_provider, _PROVIDER, "Close a mall provider", _ADMITTING),
    new("/v1/campaigns", open_campaign, OpenCampaignBody, "Open a campaign", _CAMPAIGNING),
    step("/v1/campaigns/{campaign_id}/close", close_campaign, _CAMPAIGN, "Close a campaign", _CAMPAIGNING),
    replace(
        new(
            "/v1/campaigns/{campaign_id}/cancel",
            cancel_campaign,
            CancelCampaignBody,
            "Cancel what was donated to a campaign",
            _CANCELLING,
        ),
        parameters=(_CAMPAIGN,),
    ),
)
