"""Claims of the reduction ledger."""

from hashlib import sha256
from struct import Struct

from chain.events import (
    IssuanceConfirmed,
    IssuanceProposed,
    IssuanceRejected,
    LotFrozen,
    LotUnfrozen,
    PointsBoughtBack,
    ReductionCancelled,
    ReductionCorrected,
    ReductionTransferred,
)
from indexer.claims.claim import NOBODY, Claim, ContractClaims, about
from ledger import encoding
from ledger.ids import ActivityId, Address, MethodologyId, OperationId
from ledger.vocabulary import OperationKind

_CERTIFICATE = Struct(">BBQ32sB8xQ")


def _proposed(event: IssuanceProposed) -> Claim:
    kind = int(OperationKind.ISSUANCE_PROPOSED)
    return kind, event.operation_id, event.activity_id, NOBODY, NOBODY, event.grams


def _confirmed(event: IssuanceConfirmed) -> Claim:
    kind = int(OperationKind.ISSUANCE_CONFIRMED)
    return kind, event.operation_id, event.lot_id, NOBODY, event.credited_account, event.issued_grams


def _transferred(event: ReductionTransferred, _kind: int = int(OperationKind.REDUCTION_TRANSFERRED)) -> Claim:
    lot_id, from_account, to_account, operation_id, grams = event
    return _kind, operation_id, lot_id, from_account, to_account, grams


def certificate_subject(event: ReductionCancelled) -> bytes:
    """`ledger.encoding.certificate_subject` without its checks, as `leaf_hash`."""
    lot_id, _, number, _, purpose, _, first_serial = event
    return sha256(_CERTIFICATE.pack(0x33, encoding.FORMAT, number, lot_id, purpose, first_serial)).digest()


def _cancelled(event: ReductionCancelled) -> Claim:
    subject = certificate_subject(event)
    kind = int(OperationKind.REDUCTION_CANCELLED)
    return kind, event.operation_id, subject, event.account, NOBODY, event.grams


def _corrected(event: ReductionCorrected) -> Claim:
    kind = int(OperationKind.REDUCTION_CORRECTED)
    return kind, event.operation_id, event.lot_id, event.account, NOBODY, event.grams


def _bought_back(event: PointsBoughtBack) -> Claim:
    kind = int(OperationKind.POINTS_BOUGHT_BACK)
    return kind, event.operation_id, event.lot_id, NOBODY, event.provider, event.grams


def _lot_follows(event: IssuanceConfirmed, chain_id: int, ledger: bytes) -> bool:
    return event.lot_id == encoding.lot_id(
        chain_id=chain_id,
        ledger=Address(ledger),
        activity_id=ActivityId(event.activity_id),
        methodology_id=MethodologyId(event.methodology_id),
        reduction_class=event.reduction_class,
        first_day=event.first_day,
        last_day=event.last_day,
    )


def _buy_back_follows(event: PointsBoughtBack, chain_id: int, ledger: bytes) -> bool:
    """The buy-back is the one of that redemption, and the lot is the one of that buy-back."""
    operation_id = encoding.buy_back_operation_id(redeem_id=OperationId(event.redeem_operation_id))
    lot_id = encoding.buy_back_lot_id(
        chain_id=chain_id,
        ledger=Address(ledger),
        operation_id=operation_id,
        reduction_class=event.reduction_class,
    )
    return event.operation_id == operation_id and event.lot_id == lot_id


CLAIMS = ContractClaims(
    claims={
        IssuanceProposed: _proposed,
        IssuanceConfirmed: _confirmed,
        IssuanceRejected: about(OperationKind.ISSUANCE_REJECTED, "proposal_id"),
        ReductionTransferred: _transferred,
        ReductionCancelled: _cancelled,
        ReductionCorrected: _corrected,
        PointsBoughtBack: _bought_back,
        LotFrozen: about(OperationKind.LOT_FROZEN, "lot_id"),
        LotUnfrozen: about(OperationKind.LOT_UNFROZEN, "lot_id"),
    },
    derivations={IssuanceConfirmed: _lot_follows, PointsBoughtBack: _buy_back_follows},
    movements={
        IssuanceConfirmed: lambda e: (NOBODY, e.credited_account, e.lot_id, e.issued_grams - e.withheld_grams),
        ReductionTransferred: lambda e: (e.from_account, e.to_account, e.lot_id, e.grams),
        ReductionCancelled: lambda e: (e.account, NOBODY, e.lot_id, e.grams),
        ReductionCorrected: lambda e: (e.account, NOBODY, e.lot_id, e.taken_back_grams),
        PointsBoughtBack: lambda e: (NOBODY, e.provider, e.lot_id, e.grams),
    },
)
