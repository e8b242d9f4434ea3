"""What the events of the reduction ledger become."""

from typing import Any

from sqlalchemy import Connection

from chain import events
from indexer import books, mirror, schema
from indexer.mirror import LotState
from indexer.projections.growth import BuyBack, ContractProjection, Growth
from indexer.schema import LotStatus
from ledger.vocabulary import OperationKind, ProposalStatus

_CACHED_LOTS = 100_000

_LOT_STATUSES = {
    OperationKind.ISSUANCE_CONFIRMED: LotStatus.FREE,
    OperationKind.POINTS_BOUGHT_BACK: LotStatus.FREE,
    OperationKind.LOT_FROZEN: LotStatus.FROZEN,
    OperationKind.LOT_UNFROZEN: LotStatus.FREE,
}


def _proposed(growth: Growth, leaf: int, event: events.IssuanceProposed) -> None:
    row = {
        "proposal_id": event.operation_id,
        "activity_id": event.activity_id,
        "proposer": event.proposer,
        "first_day": event.first_day,
        "last_day": event.last_day,
        "quantity_gco2e": event.grams,
        "status": int(ProposalStatus.PROPOSED),
        "proposed_leaf_index": leaf,
    }
    growth.add_thing(schema.proposals, event.operation_id, row, leaf)


def _confirmed(growth: Growth, leaf: int, event: events.IssuanceConfirmed) -> None:
    row = {
        "lot_id": event.lot_id,
        "activity_id": event.activity_id,
        "methodology_id": event.methodology_id,
        "reduction_class": int(event.reduction_class),
        "first_day": event.first_day,
        "last_day": event.last_day,
        "credited_account": event.credited_account,
        "proposal_id": event.proposal_id,
        "redeem_operation_id": None,
        "first_serial": event.first_serial,
        "issued_gco2e": event.issued_grams,
        "withheld_gco2e": event.withheld_grams,
        "status": int(_LOT_STATUSES[OperationKind.ISSUANCE_CONFIRMED]),
        "issued_leaf_index": leaf,
    }
    _add_lot(growth, leaf, row)
    growth.set_status(schema.proposals, event.proposal_id, int(ProposalStatus.CONFIRMED), leaf)
    debtor = growth.debtor(event.activity_id, leaf) if event.withheld_grams else b""
    growth.pending.postings += books.of_issuance(leaf, event, debtor)


def _bought_back(growth: Growth, leaf: int, event: events.PointsBoughtBack) -> None:
    """A lot without activity, methodology, days and proposal (G6)."""
    none = dict.fromkeys(("activity_id", "methodology_id", "first_day", "last_day", "proposal_id"))
    row = {
        "lot_id": event.lot_id,
        **none,
        "reduction_class": int(event.reduction_class),
        "credited_account": event.provider,
        "redeem_operation_id": event.redeem_operation_id,
        "first_serial": event.first_serial,
        "issued_gco2e": event.grams,
        "withheld_gco2e": 0,
        "status": int(_LOT_STATUSES[OperationKind.POINTS_BOUGHT_BACK]),
        "issued_leaf_index": leaf,
    }
    _add_lot(growth, leaf, row)
    growth.begin_redemption(event.redeem_operation_id, BuyBack(event.provider, int(event.reduction_class), event.grams))
    growth.pending.postings.append(books.of_buy_back(leaf, event))


def _add_lot(growth: Growth, leaf: int, row: dict[str, Any]) -> None:
    lot_id = row["lot_id"]
    growth.add_thing(schema.lots, lot_id, row, leaf)
    growth.lots[lot_id] = LotState(
        activity_id=row["activity_id"],
        credited_account=row["credited_account"],
        first_serial=row["first_serial"],
        issued=row["issued_gco2e"],
        cancelled=0,
        taken_back=row["withheld_gco2e"],
        corrected=0,
    )
    growth.pending.changed_lots.add(lot_id)


def _rejected(growth: Growth, leaf: int, event: events.IssuanceRejected) -> None:
    growth.set_status(schema.proposals, event.proposal_id, int(ProposalStatus.REJECTED), leaf)


def _transferred(growth: Growth, leaf: int, event: events.ReductionTransferred) -> None:
    growth.pending.postings.append(books.of_transfer(leaf, event))


def _cancelled(growth: Growth, leaf: int, event: events.ReductionCancelled) -> None:
    lot = growth.lot(event.lot_id, leaf)
    if event.first_serial != lot.first_serial + lot.cancelled:
        raise growth.broken(f"certificate {event.certificate_number} does not begin where the lot's last one ended")
    growth.change_lot(event.lot_id, lot._replace(cancelled=lot.cancelled + event.grams))
    growth.pending.facts[schema.certificates].append(
        (
            event.certificate_number,
            leaf,
            event.lot_id,
            event.account,
            int(event.purpose),
            event.grams,
            event.first_serial,
        )
    )
    growth.pending.postings.append(books.of_cancellation(leaf, event))


def _corrected(growth: Growth, leaf: int, event: events.ReductionCorrected) -> None:
    if event.taken_back_grams + event.shortfall_grams != event.grams:
        raise growth.broken(f"the correction of leaf {leaf} does not add up")
    lot = growth.lot(event.lot_id, leaf)
    if lot.activity_id is None:
        raise growth.broken(f"leaf {leaf} corrects lot {event.lot_id.hex()}, which was bought back from points")
    taken_back, corrected = lot.taken_back + event.taken_back_grams, lot.corrected + event.grams
    growth.change_lot(event.lot_id, lot._replace(taken_back=taken_back, corrected=corrected))
    debtor = growth.debtor(lot.activity_id, leaf) if event.shortfall_grams else b""
    growth.pending.postings += books.of_correction(leaf, event, debtor)


def _store_lots(growth: Growth, connection: Connection) -> None:
    """Running totals into the rows of new lots, and into those of lots that are stored."""
    new = growth.pending.things[schema.lots]
    for lot_id, row in new.items():
        lot = growth.lots[lot_id]
        row.update(cancelled_gco2e=lot.cancelled, taken_back_gco2e=lot.taken_back, corrected_gco2e=lot.corrected)
    old = [(lot_id, growth.lots[lot_id]) for lot_id in growth.pending.changed_lots - new.keys()]
    mirror.set_lot_totals(connection, old)
    if len(growth.lots) > _CACHED_LOTS:
        growth.lots.clear()


PROJECTION = ContractProjection(
    things={
        schema.proposals: schema.proposals.c.proposed_leaf_index,
        schema.lots: schema.lots.c.issued_leaf_index,
    },
    facts=(schema.certificates,),
    handlers={
        events.IssuanceProposed: _proposed,
        events.IssuanceConfirmed: _confirmed,
        events.PointsBoughtBack: _bought_back,
        events.IssuanceRejected: _rejected,
        events.ReductionTransferred: _transferred,
        events.ReductionCancelled: _cancelled,
        events.ReductionCorrected: _corrected,
    },
    statuses={schema.lots: _LOT_STATUSES},
    before_store=_store_lots,
)
