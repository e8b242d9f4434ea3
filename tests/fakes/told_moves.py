"""What the contracts would tell of the moves of a `World`: events, their leaves, and logs for an `EventChain`.

The model decides and this only writes down what it decided, in the order in which the contracts emit it.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chain import events
from chain.events import SIGNATURES, DomainEvent, LeafAppended, TransferSingle
from indexer.pairing import PairedOperation
from ledger.batches import BatchCommitment, FeedHeader
from ledger.ids import ZERO_ADDRESS, ActivityId, CampaignId, LotId
from ledger.model import Leaf, LedgerModel
from tests.fakes.event_chain import EventChain
from tests.fakes.event_logs import CONTRACTS, Log, encode_log, leaf_log
from tests.fakes.ledger_world import World

_CONTRACT_OF = {event: contract for contract, found in SIGNATURES.items() for event in found}

Told = tuple[Leaf, list[DomainEvent | TransferSingle]]
"""A leaf and the events before it."""


class Teller:
    """Makes the moves of a world again, in a model of its own, and tells each."""

    def __init__(self, world: World) -> None:
        self._world = world
        roles = {address: [role] for role, address in world.keys.items()}
        self.model = LedgerModel(world.contracts, roles, world.timestamp, world.digest, world.feeds.signer_of)

    def tell_all(self) -> Iterable[list[Told]]:
        """One member for each move: what its transaction emitted."""
        for move in self._world.moves:
            self.model.timestamp = self._world.done_at[move.operation_id]
            arguments = dict(move.arguments)
            taken_before = self._taken_back(arguments)
            leaf = move.apply(self.model)
            assert leaf is not None
            told = [self._buy_back(leaf.set_off, arguments)] if leaf.set_off else []
            yield [*told, (leaf, _TELLERS[move.function](self.model, leaf, arguments, taken_before))]

    def _taken_back(self, arguments: Mapping[str, Any]) -> int:
        lot = self.model.lot(arguments["lot_id"]) if "lot_id" in arguments else None
        return lot.taken_back_grams if lot else 0

    def _buy_back(self, leaf: Leaf, arguments: Mapping[str, Any]) -> Told:
        lot = self.model.lot(LotId(leaf.subject))
        assert lot is not None
        moved = TransferSingle(
            self.model.contracts.point_ledger, ZERO_ADDRESS, leaf.to_account, leaf.subject, leaf.grams
        )
        redeemed = arguments["operation_id"]
        event = events.PointsBoughtBack(
            leaf.subject,
            leaf.to_account,
            leaf.operation_id,
            redeemed,
            lot.reduction_class,
            lot.first_serial,
            leaf.grams,
        )
        return leaf, [moved, event]


def told(world: World) -> list[PairedOperation]:
    """Every operation of the world as an index reads it."""
    return [
        PairedOperation(_leaf_event(leaf), emitted[-1])  # type: ignore[arg-type]  # the ledger's own event is the last
        for transaction in Teller(world).tell_all()
        for leaf, emitted in transaction
    ]


def chain_of(world: World, *, per_block: int = 5) -> EventChain:
    """A chain with the world's moves, whose contracts must be `tests.fakes.event_logs.CONTRACTS`."""
    assert world.contracts == CONTRACTS
    chain = EventChain(1)
    teller = Teller(world)
    waiting: list[tuple[int, list[Log], list[Leaf]]] = []

    def mine() -> None:
        if waiting:
            leaves = [leaf for _, _, some in waiting for leaf in some]
            chain.add([logs for _, logs, _ in waiting], waiting[-1][0], teller.model.state(), leaves)
            waiting.clear()

    for transaction in teller.tell_all():
        timestamp = transaction[-1][0].timestamp
        if waiting and (len(waiting) == per_block or waiting[-1][0] != timestamp):
            mine()
        logs = [log for leaf, emitted in transaction for log in [*map(_log, emitted), leaf_log(leaf)]]
        waiting.append((timestamp, logs, [leaf for leaf, _ in transaction]))
    mine()
    return chain


def _log(event: Any) -> Log:
    return encode_log(_CONTRACT_OF[type(event)], type(event), *event)


def _leaf_event(leaf: Leaf) -> LeafAppended:
    return LeafAppended(
        leaf.index,
        leaf.operation_id,
        leaf.ledger,
        int(leaf.kind),
        leaf.subject,
        leaf.from_account,
        leaf.to_account,
        leaf.grams,
        leaf.record_hash,
        leaf.timestamp,
        leaf.hash,
    )


Emitted = list[DomainEvent | TransferSingle]
_Tell = Callable[[LedgerModel, Leaf, Mapping[str, Any], int], Emitted]


def _simple(event: type[Any]) -> _Tell:
    """An event of the thing's id and the operation's."""

    def tell(_model: LedgerModel, leaf: Leaf, _arguments: Mapping[str, Any], _before: int) -> Emitted:
        account = event._fields[0] == "account"
        return [event(leaf.subject[12:] if account else leaf.subject, leaf.operation_id)]

    return tell


def _opened(_model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    return [
        events.AccountOpened(a["account"], leaf.operation_id, a["kind"], a["custody"], a["identity_commitment"]),
    ]


def _published(_model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    names = ("code", "version", "kind", "reduction_class", "effective_first_day", "effective_last_day", "document_hash")
    return [events.MethodologyPublished(leaf.subject, leaf.operation_id, *(a[name] for name in names))]


def _registered(model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    activity = model.activity(ActivityId(leaf.subject))
    assert activity is not None
    registration = events.Registration(*(a[name] for name in events.Registration._fields))
    return [events.ActivityRegistered(leaf.subject, leaf.operation_id, registration, activity.reduction_class)]


def _proposed(_model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    return [
        events.IssuanceProposed(
            leaf.operation_id, a["activity_id"], a["sender"], a["first_day"], a["last_day"], a["grams"]
        )
    ]


def _confirmed(model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    lot = model.lot(LotId(leaf.subject))
    assert lot is not None
    credited = lot.issued_grams - lot.taken_back_grams
    return [
        TransferSingle(a["sender"], ZERO_ADDRESS, lot.credited_account, leaf.subject, credited),
        events.IssuanceConfirmed(
            leaf.subject,
            leaf.operation_id,
            a["proposal_id"],
            lot.activity_id,
            lot.methodology_id,
            lot.reduction_class,
            lot.first_day,
            lot.last_day,
            lot.credited_account,
            lot.first_serial,
            lot.issued_grams,
            lot.taken_back_grams,
        ),
    ]


def _rejected(_model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    return [events.IssuanceRejected(leaf.operation_id, a["proposal_id"])]


def _transferred(_model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    parties = leaf.from_account, leaf.to_account
    return [
        TransferSingle(a["sender"], *parties, leaf.subject, leaf.grams),
        events.ReductionTransferred(leaf.subject, *parties, leaf.operation_id, leaf.grams),
    ]


def _cancelled(model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    certificate = model.certificate(model.certificate_count)
    assert certificate is not None
    return [
        TransferSingle(a["sender"], leaf.from_account, ZERO_ADDRESS, certificate.lot_id, leaf.grams),
        events.ReductionCancelled(
            certificate.lot_id,
            leaf.from_account,
            certificate.number,
            leaf.operation_id,
            a["purpose"],
            leaf.grams,
            certificate.first_serial,
        ),
    ]


def _corrected(model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], before: int) -> Emitted:
    lot = model.lot(LotId(leaf.subject))
    assert lot is not None
    taken = lot.taken_back_grams - before
    return [
        TransferSingle(a["sender"], leaf.from_account, ZERO_ADDRESS, leaf.subject, taken),
        events.ReductionCorrected(
            leaf.subject, leaf.from_account, leaf.operation_id, leaf.grams, taken, leaf.grams - taken
        ),
    ]


def _admitted(_model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    values = (a["mode"], a["application_hash"], a["evaluation_hash"], a["agreement_hash"])
    return [events.ProviderAdmitted(a["account"], leaf.operation_id, *values)]


def _opened_campaign(_model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    campaign = events.Campaign(*(a[name] for name in events.Campaign._fields))
    return [events.CampaignOpened(leaf.subject, leaf.operation_id, campaign)]


def _earned(model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    header = a["header"]
    batch = model.batch(model.batch_count)
    assert batch is not None
    place = (model.batch_count, leaf.operation_id, header.activity_id)
    personal = model.point_totals(header.reduction_class).personal_grams
    return [events.PointsEarned(*place, _header(header), batch.withheld_grams, personal)]


def _behaved(model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    header = a["header"]
    return [events.BehaviourRecorded(model.batch_count, leaf.operation_id, header.activity_id, _header(header))]


def _redeemed(model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    bought_back = leaf.set_off.grams if leaf.set_off else 0
    return [events.PointsRedeemed(*(*_taken(model, leaf, a, a["provider"]), bought_back, _personal(model, a)))]


def _donated(model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    return [events.PointsDonated(*(*_taken(model, leaf, a, a["campaign_id"]), _personal(model, a)))]


def _cancelled_points(model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    batch = model.batch(model.batch_count)
    assert batch is not None
    return [events.PointsCancelled(*(*_taken(model, leaf, a), batch.first_certificate, _personal(model, a)))]


def _corrected_points(model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    batch = model.batch(model.batch_count)
    assert batch is not None
    return [
        events.PointsCorrected(
            model.batch_count,
            leaf.operation_id,
            a["batch_number"],
            batch.reduction_class,
            a["grams"],
            _commitment(a["commitment"]),
            model.point_totals(batch.reduction_class).personal_grams,
        )
    ]


def _snapshot(model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    place = (model.batch_count, leaf.operation_id, a["after_batch"])
    return [events.SnapshotTaken(*place, a["reduction_class"], _commitment(a["commitment"]))]


def _cancelled_campaign(model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], _before: int) -> Emitted:
    campaign = model.campaign(CampaignId(a["campaign_id"]))
    assert campaign is not None
    return [
        events.CampaignPoolCancelled(
            a["campaign_id"],
            leaf.operation_id,
            model.certificate_count,
            a["reduction_class"],
            campaign.purpose,
            leaf.grams,
        )
    ]


def _taken(model: LedgerModel, leaf: Leaf, a: Mapping[str, Any], *party: bytes) -> tuple[Any, ...]:
    return (model.batch_count, leaf.operation_id, *party, a["reduction_class"], _commitment(a["commitment"]))


def _personal(model: LedgerModel, a: Mapping[str, Any]) -> int:
    return model.point_totals(a["reduction_class"]).personal_grams


def _header(header: FeedHeader) -> events.FeedHeader:
    return events.FeedHeader(*(getattr(header, name) for name in events.FeedHeader._fields))


def _commitment(commitment: BatchCommitment) -> events.BatchCommitment:
    return events.BatchCommitment(commitment.root, commitment.total, commitment.entry_count, commitment.file_hash)


_TELLERS: Mapping[str, _Tell] = {
    "open_account": _opened,
    "freeze_account": _simple(events.AccountFrozen),
    "unfreeze_account": _simple(events.AccountUnfrozen),
    "close_account": _simple(events.AccountClosed),
    "publish_methodology": _published,
    "withdraw_methodology": _simple(events.MethodologyWithdrawn),
    "register_activity": _registered,
    "suspend_activity": _simple(events.ActivitySuspended),
    "resume_activity": _simple(events.ActivityResumed),
    "close_activity": _simple(events.ActivityClosed),
    "withdraw_activity": _simple(events.ActivityWithdrawn),
    "propose_issuance": _proposed,
    "confirm_issuance": _confirmed,
    "reject_issuance": _rejected,
    "transfer": _transferred,
    "transfer_for": _transferred,
    "cancel": _cancelled,
    "cancel_for": _cancelled,
    "correct": _corrected,
    "freeze_lot": _simple(events.LotFrozen),
    "unfreeze_lot": _simple(events.LotUnfrozen),
    "admit_provider": _admitted,
    "suspend_provider": _simple(events.ProviderSuspended),
    "resume_provider": _simple(events.ProviderResumed),
    "close_provider": _simple(events.ProviderClosed),
    "open_campaign": _opened_campaign,
    "close_campaign": _simple(events.CampaignClosed),
    "earn_points": _earned,
    "record_behaviour": _behaved,
    "redeem_points": _redeemed,
    "donate_points": _donated,
    "cancel_points": _cancelled_points,
    "correct_points": _corrected_points,
    "take_snapshot": _snapshot,
    "cancel_campaign": _cancelled_campaign,
}
"""By the methods of `LedgerModel`."""
