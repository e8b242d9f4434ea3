"""The operators' routes: each makes one operation, composed by `chain.composer`, which the command line uses too."""

from api.auth import KeyScope
from api.parameters import Arguments, id_parameter
from api.routes.point_writes import ROUTES as POINT_ROUTES
from api.routes.write_steps import Authority, new, step
from api.schemas.writes import (
    CancelBody,
    CorrectBody,
    OpenAccountBody,
    ProposeIssuanceBody,
    PublishMethodologyBody,
    RecordedBody,
    RegisterActivityBody,
    TransferBody,
)
from api.writing import WriteRoute
from chain.composer import Composer
from chain.operations import Operation
from ledger.encoding import custody_address
from ledger.errors import InvalidInput
from ledger.ids import ZERO_ADDRESS, ZERO_HASH, ActivityId, Address, LotId, MethodologyId, OperationId
from ledger.vocabulary import Custody, Role

_ACCOUNT = id_parameter("account", Address, "Address of the account.")
_METHODOLOGY = id_parameter("methodology_id", MethodologyId, "Id of the version.")
_ACTIVITY = id_parameter("activity_id", ActivityId, "Id of the project or scenario.")
_LOT = id_parameter("lot_id", LotId, "Id of the lot.")
_PROPOSAL = id_parameter("proposal_id", OperationId, "Id of the operation that proposed the issuance.")


def open_account(composer: Composer, operation_id: OperationId, _: Arguments, body: OpenAccountBody) -> Operation:
    """In platform custody the address follows from the commitment; in holder custody the holder gives it."""
    account = body.account
    if body.custody is Custody.PLATFORM:
        derived = custody_address(body.identity_commitment)
        if account is not None and account != derived:
            raise InvalidInput("account", f"be left out in platform custody, or be {derived.hex0x}", account)
        account = derived
    if account is None:
        raise InvalidInput("account", "be given in holder custody", None)
    return composer.open_account(
        operation_id=operation_id,
        account=account,
        kind=body.kind,
        custody=body.custody,
        identity_commitment=body.identity_commitment,
        fields=body.fields,
    )


def freeze_account(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """Active -> Frozen."""
    return composer.freeze_account(operation_id=operation_id, account=path["account"], fields=body.fields)


def unfreeze_account(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """Frozen -> Active."""
    return composer.unfreeze_account(operation_id=operation_id, account=path["account"], fields=body.fields)


def close_account(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """Active -> Closed."""
    return composer.close_account(operation_id=operation_id, account=path["account"], fields=body.fields)


def publish_methodology(
    composer: Composer, operation_id: OperationId, _: Arguments, body: PublishMethodologyBody
) -> Operation:
    """A new version."""
    return composer.publish_methodology(
        operation_id=operation_id,
        code=body.code,
        version=body.version,
        kind=body.kind,
        reduction_class=body.reduction_class,
        effective_first_day=body.effective_first_day,
        effective_last_day=body.effective_last_day,
        document_hash=body.document_hash,
        quantification=body.quantification,
        fields=body.fields,
    )


def withdraw_methodology(
    composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody
) -> Operation:
    """Published -> Withdrawn."""
    return composer.withdraw_methodology(
        operation_id=operation_id, methodology_id=path["methodology_id"], fields=body.fields
    )


def register_activity(
    composer: Composer, operation_id: OperationId, _: Arguments, body: RegisterActivityBody
) -> Operation:
    """A new project or scenario."""
    return composer.register_activity(
        operation_id=operation_id,
        code=body.code,
        kind=body.kind,
        methodology_id=body.methodology_id,
        operator_account=body.operator_account,
        feed_signer=body.feed_signer or ZERO_ADDRESS,
        crediting_first_day=body.crediting_first_day,
        crediting_last_day=body.crediting_last_day,
        facility_id=body.facility_id or ZERO_HASH,
        pledge_hash=body.pledge_hash or ZERO_HASH,
        cap_grams=body.cap_gco2e,
        fields=body.fields,
    )


def suspend_activity(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """Active -> Suspended."""
    return composer.suspend_activity(operation_id=operation_id, activity_id=path["activity_id"], fields=body.fields)


def resume_activity(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """Suspended -> Active."""
    return composer.resume_activity(operation_id=operation_id, activity_id=path["activity_id"], fields=body.fields)


def close_activity(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """Active or Suspended -> Closed."""
    return composer.close_activity(operation_id=operation_id, activity_id=path["activity_id"], fields=body.fields)


def withdraw_activity(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """Active or Suspended -> Withdrawn."""
    return composer.withdraw_activity(operation_id=operation_id, activity_id=path["activity_id"], fields=body.fields)


def propose_issuance(
    composer: Composer, operation_id: OperationId, _: Arguments, body: ProposeIssuanceBody
) -> Operation:
    """The technical centre's step."""
    return composer.propose_issuance(
        operation_id=operation_id,
        activity_id=body.activity_id,
        first_day=body.first_day,
        last_day=body.last_day,
        grams=body.quantity_gco2e,
        fields=body.fields,
    )


def confirm_issuance(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """The regulator's step."""
    return composer.confirm_issuance(operation_id=operation_id, proposal_id=path["proposal_id"], fields=body.fields)


def reject_issuance(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """The regulator's other step."""
    return composer.reject_issuance(operation_id=operation_id, proposal_id=path["proposal_id"], fields=body.fields)


def transfer(composer: Composer, operation_id: OperationId, _: Arguments, body: TransferBody) -> Operation:
    """On the holder's instruction, from an account in the platform's custody."""
    return composer.transfer(
        operation_id=operation_id,
        from_account=body.from_account,
        to_account=body.to_account,
        lot_id=body.lot_id,
        grams=body.quantity_gco2e,
        fields=body.fields,
    )


def cancel(composer: Composer, operation_id: OperationId, _: Arguments, body: CancelBody) -> Operation:
    """On the holder's instruction, from an account in the platform's custody."""
    return composer.cancel(
        operation_id=operation_id,
        account=body.account,
        lot_id=body.lot_id,
        grams=body.quantity_gco2e,
        purpose=body.purpose,
        fields=body.fields,
    )


def correct(composer: Composer, operation_id: OperationId, _: Arguments, body: CorrectBody) -> Operation:
    """What cannot be taken back joins the deficit of the activity's facility."""
    return composer.correct(
        operation_id=operation_id, lot_id=body.lot_id, grams=body.quantity_gco2e, fields=body.fields
    )


def freeze_lot(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """Free -> Frozen."""
    return composer.freeze_lot(operation_id=operation_id, lot_id=path["lot_id"], fields=body.fields)


def unfreeze_lot(composer: Composer, operation_id: OperationId, path: Arguments, body: RecordedBody) -> Operation:
    """Frozen -> Free."""
    return composer.unfreeze_lot(operation_id=operation_id, lot_id=path["lot_id"], fields=body.fields)


_OPENING = Authority(KeyScope.ACCOUNTS_OPEN, Role.PLATFORM)
_CLOSING = Authority(KeyScope.ACCOUNTS_CLOSE, Role.PLATFORM)
_FREEZING = Authority(KeyScope.FREEZES_WRITE, Role.REGULATOR)
_PUBLISHING = Authority(KeyScope.METHODOLOGIES_WRITE, Role.REGULATOR)
_REGISTERING = Authority(KeyScope.ACTIVITIES_WRITE, Role.REGULATOR)
_PROPOSING = Authority(KeyScope.ISSUANCES_PROPOSE, Role.TECHNICAL_CENTRE)
_CONFIRMING = Authority(KeyScope.ISSUANCES_CONFIRM, Role.REGULATOR)
_TRANSFERRING = Authority(KeyScope.TRANSFERS_WRITE, Role.PLATFORM)
_CANCELLING = Authority(KeyScope.CANCELLATIONS_WRITE, Role.PLATFORM)
_CORRECTING = Authority(KeyScope.CORRECTIONS_WRITE, Role.REGULATOR)

ROUTES: tuple[WriteRoute, ...] = (
    new("/v1/accounts", open_account, OpenAccountBody, "Open an account", _OPENING),
    step("/v1/accounts/{account}/freeze", freeze_account, _ACCOUNT, "Freeze an account", _FREEZING),
    step("/v1/accounts/{account}/unfreeze", unfreeze_account, _ACCOUNT, "Unfreeze an account", _FREEZING),
    step("/v1/accounts/{account}/close", close_account, _ACCOUNT, "Close an account that holds nothing", _CLOSING),
    new("/v1/methodologies", publish_methodology, PublishMethodologyBody, "Publish a methodology version", _PUBLISHING),
    step(
        "/v1/methodologies/{methodology_id}/withdraw",
        withdraw_methodology,
        _METHODOLOGY,
        "Withdraw a methodology version",
        _PUBLISHING,
    ),
    new("/v1/activities", register_activity, RegisterActivityBody, "Register an activity", _REGISTERING),
    step("/v1/activities/{activity_id}/suspend", suspend_activity, _ACTIVITY, "Suspend an activity", _REGISTERING),
    step("/v1/activities/{activity_id}/resume", resume_activity, _ACTIVITY, "Resume an activity", _REGISTERING),
    step("/v1/activities/{activity_id}/close", close_activity, _ACTIVITY, "Close an activity", _REGISTERING),
    step("/v1/activities/{activity_id}/withdraw", withdraw_activity, _ACTIVITY, "Withdraw an activity", _REGISTERING),
    new("/v1/issuances", propose_issuance, ProposeIssuanceBody, "Propose an issuance", _PROPOSING),
    step(
        "/v1/issuances/{proposal_id}/confirm", confirm_issuance, _PROPOSAL, "Confirm a proposed issuance", _CONFIRMING
    ),
    step("/v1/issuances/{proposal_id}/reject", reject_issuance, _PROPOSAL, "Reject a proposed issuance", _CONFIRMING),
    new("/v1/transfers", transfer, TransferBody, "Transfer for an account in custody", _TRANSFERRING),
    new("/v1/cancellations", cancel, CancelBody, "Cancel for an account in custody", _CANCELLING),
    new("/v1/corrections", correct, CorrectBody, "Correct an over-credited lot", _CORRECTING),
    step("/v1/lots/{lot_id}/freeze", freeze_lot, _LOT, "Freeze a lot", _FREEZING),
    step("/v1/lots/{lot_id}/unfreeze", unfreeze_lot, _LOT, "Unfreeze a lot", _FREEZING),
    *POINT_ROUTES,
)
