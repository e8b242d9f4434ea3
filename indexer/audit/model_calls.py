"""What each event asks of the reference model: the operation that the contracts applied, as a call of `ledger.model`.

An event does not say who called. Roles, custody's right to act, the second key of a confirmation and an operator's
signature are decided by the contracts and are taken as given here: each operation is sent by a made-up key that has the
role it needs, and a feed header counts as signed by the activity's feed signer. `indexer.audit.callers` looks at the
transactions for what of that they show.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Any, Final

from chain import events
from chain.events import DomainEvent, LeafAppended
from ledger.batches import BatchCommitment, FeedHeader
from ledger.ids import (
    ZERO_HASH,
    ActivityId,
    Address,
    CampaignId,
    Hash32,
    IdentityCommitment,
    LotId,
    MethodologyId,
    OperationId,
    RecordHash,
)
from ledger.model import Contracts, Leaf, LedgerModel, ModelState
from ledger.vocabulary import Custody, Role

Call = Callable[[LedgerModel, Any, dict[str, Any]], Leaf | None]
"""Model, event, and the arguments that every operation has (`operation_id`, `record_hash`); what the model says."""

BODIES: Final[Mapping[Role, Address]] = {
    role: Address(sha256(b"tanpuhui audit " + role.label.encode()).digest()[:20])
    for role in (Role.ADMINISTRATOR, Role.REGULATOR, Role.TECHNICAL_CENTRE, Role.EXCHANGE, Role.PLATFORM)
}
"""The made-up keys of the bodies."""


def replaying_model(contracts: Contracts) -> LedgerModel:
    """A model of an empty ledger in which `BODIES` have their roles, and whose feeds are signed by whom they should."""

    def feed_signer(header: FeedHeader, _signature: bytes) -> Address | None:
        activity = model.activity(header.activity_id)
        return None if activity is None else activity.registration.feed_signer

    def no_digest(_name: str, _arguments: Mapping[str, object]) -> Hash32:
        """Whether an id comes twice is all that is asked of digests: their contents are the contract's business."""
        return ZERO_HASH

    roles = {address: frozenset({role}) for role, address in BODIES.items()}
    model = LedgerModel.load(contracts, ModelState(roles=roles), 0, no_digest, feed_signer)
    return model


def ask(model: LedgerModel, event: DomainEvent, leaf: LeafAppended) -> Leaf | None:
    """The model's answer to the operation that the event tells of, at the leaf's time.

    None if the id was applied before. Raises the refusal that the contracts should have raised, or `InvalidInput` for
    an event that says what no operation can say.
    """
    model.timestamp = leaf.timestamp
    given = {"operation_id": OperationId(leaf.operation_id), "record_hash": RecordHash(leaf.record_hash)}
    return _CALLS[type(event)](model, event, given)


def _open_account(model: LedgerModel, event: events.AccountOpened, given: dict[str, Any]) -> Leaf | None:
    return model.open_account(
        sender=BODIES[Role.PLATFORM],
        account=Address(event.account),
        kind=event.kind,
        custody=event.custody,
        identity_commitment=IdentityCommitment(event.identity_commitment),
        **given,
    )


def _publish(model: LedgerModel, event: events.MethodologyPublished, given: dict[str, Any]) -> Leaf | None:
    return model.publish_methodology(
        sender=BODIES[Role.REGULATOR],
        code=event.code,
        version=event.version,
        kind=event.kind,
        reduction_class=event.reduction_class,
        effective_first_day=event.effective_first_day,
        effective_last_day=event.effective_last_day,
        document_hash=Hash32(event.document_hash),
        **given,
    )


def _register(model: LedgerModel, event: events.ActivityRegistered, given: dict[str, Any]) -> Leaf | None:
    registration = event.registration
    return model.register_activity(
        sender=BODIES[Role.REGULATOR],
        code=registration.code,
        kind=registration.kind,
        methodology_id=MethodologyId(registration.methodology_id),
        operator_account=Address(registration.operator_account),
        feed_signer=Address(registration.feed_signer),
        crediting_first_day=registration.crediting_first_day,
        crediting_last_day=registration.crediting_last_day,
        facility_id=Hash32(registration.facility_id),
        pledge_hash=Hash32(registration.pledge_hash),
        cap_grams=registration.cap_grams,
        **given,
    )


def _propose(model: LedgerModel, event: events.IssuanceProposed, given: dict[str, Any]) -> Leaf | None:
    proposer = Address(event.proposer)
    if Role.TECHNICAL_CENTRE not in model.roles_of(proposer):
        model.grant_role(sender=BODIES[Role.ADMINISTRATOR], account=proposer, role=Role.TECHNICAL_CENTRE)
    return model.propose_issuance(
        sender=proposer,
        activity_id=ActivityId(event.activity_id),
        first_day=event.first_day,
        last_day=event.last_day,
        grams=event.grams,
        **given,
    )


def _transfer(model: LedgerModel, event: events.ReductionTransferred, given: dict[str, Any]) -> Leaf | None:
    giver = Address(event.from_account)
    moved = {"to": Address(event.to_account), "lot_id": LotId(event.lot_id), "grams": event.grams, **given}
    if model.account(giver).custody is Custody.PLATFORM:  # nobody has a key to its address
        return model.transfer_for(sender=BODIES[Role.PLATFORM], from_account=giver, **moved)
    return model.transfer(sender=giver, **moved)


def _cancel(model: LedgerModel, event: events.ReductionCancelled, given: dict[str, Any]) -> Leaf | None:
    account = Address(event.account)
    cancelled = {"lot_id": LotId(event.lot_id), "grams": event.grams, "purpose": event.purpose, **given}
    if model.account(account).custody is Custody.PLATFORM:
        return model.cancel_for(sender=BODIES[Role.PLATFORM], account=account, **cancelled)
    return model.cancel(sender=account, **cancelled)


def _admit(model: LedgerModel, event: events.ProviderAdmitted, given: dict[str, Any]) -> Leaf | None:
    return model.admit_provider(
        sender=BODIES[Role.EXCHANGE],
        account=Address(event.account),
        mode=event.mode,
        application_hash=Hash32(event.application_hash),
        evaluation_hash=Hash32(event.evaluation_hash),
        agreement_hash=Hash32(event.agreement_hash),
        **given,
    )


def _open_campaign(model: LedgerModel, event: events.CampaignOpened, given: dict[str, Any]) -> Leaf | None:
    campaign = event.campaign
    return model.open_campaign(
        sender=BODIES[Role.EXCHANGE],
        code=campaign.code,
        beneficiary=Address(campaign.beneficiary),
        purpose=campaign.purpose,
        last_day=campaign.last_day,
        document_hash=Hash32(campaign.document_hash),
        **given,
    )


def _earn(model: LedgerModel, event: events.PointsEarned, given: dict[str, Any]) -> Leaf | None:
    return model.earn_points(sender=BODIES[Role.PLATFORM], header=header_of(event.header), signature=b"", **given)


def _behave(model: LedgerModel, event: events.BehaviourRecorded, given: dict[str, Any]) -> Leaf | None:
    return model.record_behaviour(sender=BODIES[Role.PLATFORM], header=header_of(event.header), signature=b"", **given)


def _redeem(model: LedgerModel, event: events.PointsRedeemed, given: dict[str, Any]) -> Leaf | None:
    return model.redeem_points(
        sender=BODIES[Role.PLATFORM],
        reduction_class=event.reduction_class,
        provider=Address(event.provider),
        commitment=_commitment(event.commitment),
        **given,
    )


def _donate(model: LedgerModel, event: events.PointsDonated, given: dict[str, Any]) -> Leaf | None:
    return model.donate_points(
        sender=BODIES[Role.PLATFORM],
        reduction_class=event.reduction_class,
        campaign_id=CampaignId(event.campaign_id),
        commitment=_commitment(event.commitment),
        **given,
    )


def _cancel_points(model: LedgerModel, event: events.PointsCancelled, given: dict[str, Any]) -> Leaf | None:
    return model.cancel_points(
        sender=BODIES[Role.PLATFORM],
        reduction_class=event.reduction_class,
        commitment=_commitment(event.commitment),
        **given,
    )


def _correct_points(model: LedgerModel, event: events.PointsCorrected, given: dict[str, Any]) -> Leaf | None:
    return model.correct_points(
        sender=BODIES[Role.REGULATOR],
        batch_number=event.corrected_batch,
        grams=event.grams,
        commitment=_commitment(event.commitment),
        **given,
    )


def _take_snapshot(model: LedgerModel, event: events.SnapshotTaken, given: dict[str, Any]) -> Leaf | None:
    return model.take_snapshot(
        sender=BODIES[Role.PLATFORM],
        reduction_class=event.reduction_class,
        after_batch=event.after_batch,
        commitment=_commitment(event.commitment),
        **given,
    )


def _cancel_campaign(model: LedgerModel, event: events.CampaignPoolCancelled, given: dict[str, Any]) -> Leaf | None:
    return model.cancel_campaign(
        sender=BODIES[Role.PLATFORM],
        campaign_id=CampaignId(event.campaign_id),
        reduction_class=event.reduction_class,
        **given,
    )


def header_of(header: events.FeedHeader) -> FeedHeader:
    """A feed header with the ids of the ledger."""
    return FeedHeader(
        kind=header.kind,
        activity_id=ActivityId(header.activity_id),
        methodology_id=MethodologyId(header.methodology_id),
        reduction_class=header.reduction_class,
        sequence=header.sequence,
        first_day=header.first_day,
        last_day=header.last_day,
        root=Hash32(header.root),
        total=header.total,
        entry_count=header.entry_count,
        file_hash=Hash32(header.file_hash),
    )


def _commitment(given: events.BatchCommitment) -> BatchCommitment:
    root, file_hash = Hash32(given.root), Hash32(given.file_hash)
    return BatchCommitment(root=root, total=given.total, entry_count=given.entry_count, file_hash=file_hash)


def _about(method: str, role: Role, argument: str, kind: type[Any]) -> Call:
    """An operation that names one thing, by the name that the event has for it too."""
    sender = BODIES[role]

    def call(model: LedgerModel, event: Any, given: dict[str, Any]) -> Leaf | None:
        named = {argument: kind(getattr(event, argument))}
        answer: Leaf | None = getattr(model, method)(sender=sender, **named, **given)
        return answer

    return call


def _correct(model: LedgerModel, event: events.ReductionCorrected, given: dict[str, Any]) -> Leaf | None:
    return model.correct(sender=BODIES[Role.REGULATOR], lot_id=LotId(event.lot_id), grams=event.grams, **given)


_CALLS: Final[Mapping[type[Any], Call]] = {
    events.AccountOpened: _open_account,
    events.AccountFrozen: _about("freeze_account", Role.REGULATOR, "account", Address),
    events.AccountUnfrozen: _about("unfreeze_account", Role.REGULATOR, "account", Address),
    events.AccountClosed: _about("close_account", Role.PLATFORM, "account", Address),
    events.MethodologyPublished: _publish,
    events.MethodologyWithdrawn: _about("withdraw_methodology", Role.REGULATOR, "methodology_id", MethodologyId),
    events.ActivityRegistered: _register,
    events.ActivitySuspended: _about("suspend_activity", Role.REGULATOR, "activity_id", ActivityId),
    events.ActivityResumed: _about("resume_activity", Role.REGULATOR, "activity_id", ActivityId),
    events.ActivityClosed: _about("close_activity", Role.REGULATOR, "activity_id", ActivityId),
    events.ActivityWithdrawn: _about("withdraw_activity", Role.REGULATOR, "activity_id", ActivityId),
    events.IssuanceProposed: _propose,
    events.IssuanceConfirmed: _about("confirm_issuance", Role.REGULATOR, "proposal_id", Hash32),
    events.IssuanceRejected: _about("reject_issuance", Role.REGULATOR, "proposal_id", Hash32),
    events.ReductionTransferred: _transfer,
    events.ReductionCancelled: _cancel,
    events.ReductionCorrected: _correct,
    events.LotFrozen: _about("freeze_lot", Role.REGULATOR, "lot_id", LotId),
    events.LotUnfrozen: _about("unfreeze_lot", Role.REGULATOR, "lot_id", LotId),
    events.ProviderAdmitted: _admit,
    events.ProviderSuspended: _about("suspend_provider", Role.EXCHANGE, "account", Address),
    events.ProviderResumed: _about("resume_provider", Role.EXCHANGE, "account", Address),
    events.ProviderClosed: _about("close_provider", Role.EXCHANGE, "account", Address),
    events.CampaignOpened: _open_campaign,
    events.CampaignClosed: _about("close_campaign", Role.EXCHANGE, "campaign_id", CampaignId),
    events.PointsEarned: _earn,
    events.BehaviourRecorded: _behave,
    events.PointsRedeemed: _redeem,
    events.PointsDonated: _donate,
    events.PointsCancelled: _cancel_points,
    events.PointsCorrected: _correct_points,
    events.SnapshotTaken: _take_snapshot,
    events.CampaignPoolCancelled: _cancel_campaign,
}
"""Every event of an operation but `PointsBoughtBack`, which a redemption sets off."""
