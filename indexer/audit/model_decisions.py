"""What the contracts decide and say in their events, as the reference model decided it a moment before.

What an event only repeats of the call is not here: the model was given it. What stands in the leaf too (ids, numbers of
certificates, grams) is here all the same, so that a difference is named by what it is and not as another hash.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from chain import events
from chain.events import DomainEvent
from ledger.ids import ActivityId, CampaignId, LotId
from ledger.model import Batch, Leaf, LedgerModel, Lot
from ledger.vocabulary import ReductionClass

Decision = tuple[str, object, object]
"""Name of a field of the event, the model's value, the event's."""

Reader = Callable[[LedgerModel, Leaf, Any], list[Decision]]


def taken_back_before(model: LedgerModel, event: DomainEvent) -> int:
    """What was taken back of the lot that a correction is about, asked before the model applies it; 0 of all else."""
    if type(event) is not events.ReductionCorrected:
        return 0
    lot = model.lot(LotId(event.lot_id))
    return 0 if lot is None else lot.taken_back_grams


def decisions(model: LedgerModel, leaf: Leaf, event: DomainEvent, taken_before: int) -> list[Decision]:
    """Every decision in the event of an operation that the model has just applied, whose leaf it says is `leaf`."""
    if type(event) is events.ReductionCorrected:
        return _corrected(model, leaf, event, taken_before)
    reader = _READERS.get(type(event))
    return [] if reader is None else reader(model, leaf, event)


def buy_back_decisions(model: LedgerModel, leaf: Leaf, event: events.PointsBoughtBack) -> list[Decision]:
    """The same of the buy-back that a redemption set off; `leaf` is the buy-back's own."""
    lot = _lot(model, leaf)
    return [
        ("lot_id", leaf.subject, event.lot_id),
        ("operation_id", leaf.operation_id, event.operation_id),
        ("provider", lot.credited_account, event.provider),
        ("class", lot.reduction_class, event.reduction_class),
        ("first_serial", lot.first_serial, event.first_serial),
        ("grams", lot.issued_grams, event.grams),
    ]


def _published(_model: LedgerModel, leaf: Leaf, event: events.MethodologyPublished) -> list[Decision]:
    return [("methodology_id", leaf.subject, event.methodology_id)]


def _registered(model: LedgerModel, leaf: Leaf, event: events.ActivityRegistered) -> list[Decision]:
    activity = model.activity(ActivityId(leaf.subject))
    assert activity is not None  # noqa: S101 - the model has just registered it
    return [
        ("activity_id", leaf.subject, event.activity_id),
        ("class", activity.reduction_class, event.reduction_class),
    ]


def _confirmed(model: LedgerModel, leaf: Leaf, event: events.IssuanceConfirmed) -> list[Decision]:
    lot = _lot(model, leaf)
    return [
        ("lot_id", leaf.subject, event.lot_id),
        ("activity_id", lot.activity_id, event.activity_id),
        ("methodology_id", lot.methodology_id, event.methodology_id),
        ("class", lot.reduction_class, event.reduction_class),
        ("first_day", lot.first_day, event.first_day),
        ("last_day", lot.last_day, event.last_day),
        ("credited_account", lot.credited_account, event.credited_account),
        ("first_serial", lot.first_serial, event.first_serial),
        ("issued_grams", lot.issued_grams, event.issued_grams),
        ("withheld_grams", lot.taken_back_grams, event.withheld_grams),
    ]


def _cancelled(model: LedgerModel, _leaf: Leaf, event: events.ReductionCancelled) -> list[Decision]:
    certificate = model.certificate(model.certificate_count)
    assert certificate is not None  # noqa: S101 - the model has just given it
    return [
        ("certificate_number", certificate.number, event.certificate_number),
        ("first_serial", certificate.first_serial, event.first_serial),
    ]


def _corrected(model: LedgerModel, leaf: Leaf, event: events.ReductionCorrected, taken_before: int) -> list[Decision]:
    taken = _lot(model, leaf).taken_back_grams - taken_before
    return [
        ("account", leaf.from_account, event.account),
        ("taken_back_grams", taken, event.taken_back_grams),
        ("shortfall_grams", leaf.grams - taken, event.shortfall_grams),
    ]


def _opened_campaign(_model: LedgerModel, leaf: Leaf, event: events.CampaignOpened) -> list[Decision]:
    return [("campaign_id", leaf.subject, event.campaign_id)]


def _earned(model: LedgerModel, _leaf: Leaf, event: events.PointsEarned) -> list[Decision]:
    batch = _latest_batch(model)
    return [
        *_numbered(model, event),
        ("withheld_grams", batch.withheld_grams, event.withheld_grams),
        _personal_after(model, event.header.reduction_class, event),
    ]


def _numbered(model: LedgerModel, event: Any) -> list[Decision]:
    return [("batch_number", model.batch_count, event.batch_number)]


def _taken(model: LedgerModel, _leaf: Leaf, event: Any) -> list[Decision]:
    """Donations and corrections."""
    batch = _latest_batch(model)
    return [
        *_numbered(model, event),
        ("class", batch.reduction_class, event.reduction_class),
        _personal_after(model, batch.reduction_class, event),
    ]


def _redeemed(model: LedgerModel, leaf: Leaf, event: events.PointsRedeemed) -> list[Decision]:
    bought_back = 0 if leaf.set_off is None else leaf.set_off.grams
    return [*_taken(model, leaf, event), ("bought_back_grams", bought_back, event.bought_back_grams)]


def _cancelled_points(model: LedgerModel, leaf: Leaf, event: events.PointsCancelled) -> list[Decision]:
    first = _latest_batch(model).first_certificate
    return [*_taken(model, leaf, event), ("first_certificate", first, event.first_certificate)]


def _cancelled_campaign(model: LedgerModel, leaf: Leaf, event: events.CampaignPoolCancelled) -> list[Decision]:
    return [
        ("certificate_number", model.certificate_count, event.certificate_number),
        ("purpose", _purpose(model, event), event.purpose),
        ("grams", leaf.grams, event.grams),
    ]


def _purpose(model: LedgerModel, event: events.CampaignPoolCancelled) -> object:
    campaign = model.campaign(CampaignId(event.campaign_id))
    return None if campaign is None else campaign.purpose


def _personal_after(model: LedgerModel, reduction_class: ReductionClass, event: Any) -> Decision:
    return "personal_after", model.point_totals(reduction_class).personal_grams, event.personal_after


def _latest_batch(model: LedgerModel) -> Batch:
    batch = model.batch(model.batch_count)
    assert batch is not None  # noqa: S101 - the model has just stored it
    return batch


def _lot(model: LedgerModel, leaf: Leaf) -> Lot:
    lot = model.lot(LotId(leaf.subject))
    assert lot is not None  # noqa: S101 - the model has just issued or corrected it
    return lot


_READERS: Final[Mapping[type[Any], Reader]] = {
    events.MethodologyPublished: _published,
    events.ActivityRegistered: _registered,
    events.IssuanceConfirmed: _confirmed,
    events.ReductionCancelled: _cancelled,
    events.CampaignOpened: _opened_campaign,
    events.PointsEarned: _earned,
    events.BehaviourRecorded: lambda model, _leaf, event: _numbered(model, event),
    events.PointsRedeemed: _redeemed,
    events.PointsDonated: _taken,
    events.PointsCancelled: _cancelled_points,
    events.PointsCorrected: _taken,
    events.SnapshotTaken: lambda model, _leaf, event: _numbered(model, event),
    events.CampaignPoolCancelled: _cancelled_campaign,
}
