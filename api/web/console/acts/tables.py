"""The acts, each with the fields of its form. An act is a route of the API (`api.routes.writes`) with a face."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from api.parameters import Arguments
from api.routes.writes import ROUTES
from api.schemas.writes import CancelBody, TransferBody
from api.web.console.acts.fields import Field, Kind, Place
from api.writing import Compose, WriteRoute
from chain.composer import Composer
from chain.operations import Operation
from ledger.ids import OperationId
from ledger.vocabulary import (
    AccountKind,
    ActivityKind,
    CancellationPurpose,
    Custody,
    MethodologyKind,
    ProviderMode,
    ReductionClass,
    Role,
)


class Weight(StrEnum):
    """How much care an act asks for."""

    PLAIN = "plain"
    CAREFUL = "careful"
    """Others cannot do something until it is undone."""
    FINAL = "final"
    """Nobody can undo it: red, and what it is about has to be typed again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act. `group` is where the list of acts has it. `own`: of what a holder does with a wallet, the field that is
    the wallet's own account; empty for what bodies do.
    """

    route: WriteRoute
    fields: tuple[Field, ...]
    weight: Weight
    group: str
    own: str = ""

    @property
    def name(self) -> str:
        """Of its route: `cancel`."""
        return self.route.name

    @property
    def role(self) -> Role:
        """The body whose key signs it."""
        return self.route.role

    @property
    def path(self) -> str:
        """Of its page."""
        return f"/console/acts/{self.name}"

    def fields_for(self, purpose: str | None) -> tuple[Field, ...]:
        """The fields that are asked: of a cancellation, those of its purpose and those of every purpose."""
        return tuple(one for one in self.fields if not one.purposes or purpose in {each.label for each in one.purposes})

    @property
    def asks_purpose_first(self) -> bool:
        """Whether the fields depend on a purpose, which has to be chosen before the form can be drawn."""
        return any(one.purposes for one in self.fields)


_ACCOUNT: Final = Field(name="account", kind=Kind.ACCOUNT, place=Place.PATH, hint="account")
_METHODOLOGY: Final = Field(name="methodology_id", kind=Kind.METHODOLOGY, place=Place.PATH)
_ACTIVITY: Final = Field(name="activity_id", kind=Kind.ACTIVITY, place=Place.PATH, hint="activity")
_LOT: Final = Field(name="lot_id", kind=Kind.LOT, place=Place.PATH, hint="lot")
_PROPOSAL: Final = Field(name="proposal_id", kind=Kind.PROPOSAL, place=Place.PATH, hint="proposal")
_CAMPAIGN: Final = Field(name="campaign_id", kind=Kind.CAMPAIGN, place=Place.PATH, hint="campaign")
_QUANTITY: Final = Field(name="quantity_gco2e", kind=Kind.TONNES, label="tonnes", hint="tonnes")
_REASON: Final = Field(name="reason", kind=Kind.TEXT, place=Place.RECORD, hint="reason")
_NOTE: Final = replace(_REASON, name="note", required=False, hint="note")
_FURTHER: Final = Field(name="fields", kind=Kind.JSON, place=Place.FIELDS, required=False, hint="fields")
_CLASS: Final = Field(name="reduction_class", kind=Kind.WORD, words=ReductionClass, told_as=("class",))


def _document(name: str, hint: str = "document", *, required: bool = True) -> Field:
    return Field(name=name, kind=Kind.DOCUMENT, hint=hint, required=required)


def _day(name: str, label: str = "", hint: str = "", told_as: tuple[str, ...] = ()) -> Field:
    return Field(name=name, kind=Kind.DAY, label=label, hint=hint, told_as=told_as)


def _for(purpose: CancellationPurpose, name: str, kind: Kind = Kind.TEXT, hint: str = "") -> Field:
    return Field(name=name, kind=kind, place=Place.RECORD, hint=hint, purposes=frozenset({purpose}))


_FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    "open_account": (
        Field(name="kind", kind=Kind.WORD, words=AccountKind, label="account_kind", told_as=("account_kind",)),
        Field(name="custody", kind=Kind.WORD, words=Custody, hint="custody"),
        Field(name="identity_commitment", kind=Kind.COMMITMENT, hint="identity_commitment"),
        replace(_ACCOUNT, place=Place.BODY, required=False, hint="account_of_holder"),
        _NOTE,
    ),
    "close_account": (_ACCOUNT, replace(_REASON, required=False)),
    "freeze_account": (_ACCOUNT, _REASON),
    "unfreeze_account": (_ACCOUNT, replace(_REASON, required=False)),
    "publish_methodology": (
        Field(name="code", kind=Kind.CODE, hint="code"),
        Field(name="version", kind=Kind.VERSION, hint="version"),
        Field(
            name="kind", kind=Kind.WORD, words=MethodologyKind, label="methodology_kind", told_as=("methodology_kind",)
        ),
        _CLASS,
        _day("effective_first_day"),
        _day("effective_last_day"),
        _document("document_hash"),
        Field(name="quantification", kind=Kind.QUANTIFICATION, required=False, hint="quantification"),
        _NOTE,
    ),
    "withdraw_methodology": (_METHODOLOGY, _REASON),
    "register_activity": (
        Field(name="code", kind=Kind.CODE, hint="code"),
        Field(name="kind", kind=Kind.WORD, words=ActivityKind, label="activity_kind", told_as=("activity_kind",)),
        replace(_METHODOLOGY, place=Place.BODY),
        Field(name="operator_account", kind=Kind.ACCOUNT, hint="operator_account"),
        Field(name="feed_signer", kind=Kind.ACCOUNT, required=False, hint="feed_signer"),
        _day("crediting_first_day"),
        _day("crediting_last_day", hint="crediting_last_day"),
        Field(name="facility_id", kind=Kind.COMMITMENT, required=False, hint="facility_id"),
        _document("pledge_hash", "pledge_hash", required=False),
        Field(name="cap_gco2e", kind=Kind.TONNES, label="cap", hint="cap"),
        _NOTE,
    ),
    "suspend_activity": (_ACTIVITY, _REASON),
    "resume_activity": (_ACTIVITY, replace(_REASON, required=False)),
    "close_activity": (_ACTIVITY, _REASON),
    "withdraw_activity": (_ACTIVITY, _REASON),
    "propose_issuance": (
        replace(_ACTIVITY, place=Place.BODY),
        _day("first_day", "period_first_day", told_as=("period_first_day",)),
        _day("last_day", "period_last_day", "period_last_day", told_as=("period_last_day",)),
        _QUANTITY,
        _NOTE,
    ),
    "confirm_issuance": (_PROPOSAL, _NOTE),
    "reject_issuance": (_PROPOSAL, _REASON),
    "transfer": (
        Field(name="from_account", kind=Kind.ACCOUNT, hint="custody_account"),
        Field(name="to_account", kind=Kind.ACCOUNT, hint="account"),
        replace(_LOT, place=Place.BODY),
        _QUANTITY,
        _NOTE,
    ),
    "cancel": (
        Field(name="purpose", kind=Kind.WORD, words=CancellationPurpose),
        replace(_ACCOUNT, place=Place.BODY, hint="custody_account"),
        replace(_LOT, place=Place.BODY),
        _QUANTITY,
        _for(CancellationPurpose.ECOLOGICAL_RESTORATION, "case_reference", hint="case_reference"),
        _for(CancellationPurpose.EVENT_NEUTRALITY, "event", hint="event"),
        _for(CancellationPurpose.VOLUNTARY_OFFSET, "organisation"),
        _for(CancellationPurpose.VOLUNTARY_OFFSET, "period_first_day", Kind.DAY),
        _for(CancellationPurpose.VOLUNTARY_OFFSET, "period_last_day", Kind.DAY, "offset_period"),
        _for(CancellationPurpose.ETS_COMPLIANCE, "compliance_year", Kind.YEAR, "compliance_year"),
        Field(name="beneficiary", kind=Kind.TEXT, place=Place.RECORD, required=False, hint="beneficiary"),
        _NOTE,
    ),
    "correct": (replace(_LOT, place=Place.BODY), replace(_QUANTITY, hint="correction"), _REASON),
    "freeze_lot": (_LOT, _REASON),
    "unfreeze_lot": (_LOT, replace(_REASON, required=False)),
    "admit_provider": (
        replace(_ACCOUNT, place=Place.BODY, hint="institution"),
        Field(name="mode", kind=Kind.WORD, words=ProviderMode, label="provider_mode", told_as=("provider_mode",)),
        _document("application_hash"),
        _document("evaluation_hash"),
        _document("agreement_hash"),
        _NOTE,
    ),
    "suspend_provider": (_ACCOUNT, _REASON),
    "resume_provider": (_ACCOUNT, replace(_REASON, required=False)),
    "close_provider": (_ACCOUNT, _REASON),
    "open_campaign": (
        Field(name="code", kind=Kind.CODE, hint="code"),
        Field(
            name="beneficiary",
            kind=Kind.ACCOUNT,
            label="beneficiary_account",
            hint="institution",
            told_as=("beneficiary_account",),
        ),
        Field(
            name="purpose",
            kind=Kind.WORD,
            words=CancellationPurpose,
            choices=("event-neutrality", "voluntary-offset"),
        ),
        _day("last_day", "campaign_last_day", "campaign_last_day", told_as=("campaign_last_day",)),
        _document("document_hash", "announcement"),
        _NOTE,
    ),
    "close_campaign": (_CAMPAIGN, replace(_REASON, required=False)),
    "cancel_campaign": (_CAMPAIGN, _CLASS, _NOTE),
}

_GROUPS: Final[Mapping[str, tuple[str, ...]]] = {
    "issuance": ("propose_issuance", "confirm_issuance", "reject_issuance"),
    "reductions": ("transfer", "cancel", "correct", "freeze_lot", "unfreeze_lot"),
    "accounts": ("open_account", "close_account", "freeze_account", "unfreeze_account"),
    "methodologies": ("publish_methodology", "withdraw_methodology"),
    "activities": (
        *("register_activity", "suspend_activity", "resume_activity"),
        *("close_activity", "withdraw_activity"),
    ),
    "providers": ("admit_provider", "suspend_provider", "resume_provider", "close_provider"),
    "campaigns": ("open_campaign", "close_campaign", "cancel_campaign"),
}

_FINAL: Final = frozenset(
    {"confirm_issuance", "cancel", "correct", "cancel_campaign", "close_account", "withdraw_methodology"}
    | {"close_activity", "withdraw_activity", "close_campaign"}
)
_CAREFUL: Final = frozenset(
    {"freeze_account", "freeze_lot", "suspend_activity", "reject_issuance", "suspend_provider", "close_provider"}
)


def _weight(name: str) -> Weight:
    return Weight.FINAL if name in _FINAL else Weight.CAREFUL if name in _CAREFUL else Weight.PLAIN


_ROUTES: Final = {route.name: route for route in ROUTES}

ACTS: Final[Mapping[str, Act]] = {
    name: Act(route=_ROUTES[name], fields=(*_FIELDS[name], _FURTHER), weight=_weight(name), group=group)
    for group, names in _GROUPS.items()
    for name in names
}
"""Every act of a body by the name of its route; a test holds them to `api.routes.writes` and to the bodies."""


def _transfer_own(composer: Composer, operation_id: OperationId, _: Arguments, body: TransferBody) -> Operation:
    return composer.transfer(
        operation_id=operation_id,
        from_account=body.from_account,
        to_account=body.to_account,
        lot_id=body.lot_id,
        grams=body.quantity_gco2e,
        by_holder=True,
        fields=body.fields,
    )


def _cancel_own(composer: Composer, operation_id: OperationId, _: Arguments, body: CancelBody) -> Operation:
    return composer.cancel(
        operation_id=operation_id,
        account=body.account,
        lot_id=body.lot_id,
        grams=body.quantity_gco2e,
        purpose=body.purpose,
        by_holder=True,
        fields=body.fields,
    )


def _own(name: str, compose: Compose, own: str) -> Act:
    """The same for the own account, signed by the holder's wallet."""
    act = ACTS[name]
    return replace(act, route=replace(act.route, name=f"{name}_own", compose=compose), group="own", own=own)


HOLDER_ACTS: Final[Mapping[str, Act]] = {
    act.name: act for act in (_own("transfer", _transfer_own, "from_account"), _own("cancel", _cancel_own, "account"))
}
"""What an account's own key may do, which is no route of the API: nobody signs it but the holder."""
