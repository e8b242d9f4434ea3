"""Calls of the reduction ledger."""

from functools import partial

from chain.calls.ledger_function import LedgerFunction, word, word_of_grams
from chain.functions import word_of_address, word_of_uint
from chain.operations import Call, ContractName
from ledger.ids import ActivityId, Address, LotId, OperationId, RecordHash
from ledger.vocabulary import CancellationPurpose, OperationKind

_function = partial(LedgerFunction.of, ContractName.REDUCTION_LEDGER)

PROPOSE_ISSUANCE = _function(
    "proposeIssuance(bytes32,bytes32,uint32,uint32,uint128,bytes32)", OperationKind.ISSUANCE_PROPOSED
)
CONFIRM_ISSUANCE = _function("confirmIssuance(bytes32,bytes32,bytes32)", OperationKind.ISSUANCE_CONFIRMED)
REJECT_ISSUANCE = _function("rejectIssuance(bytes32,bytes32,bytes32)", OperationKind.ISSUANCE_REJECTED)
TRANSFER = _function("transfer(bytes32,address,uint256,uint128,bytes32)", OperationKind.REDUCTION_TRANSFERRED)
TRANSFER_FOR = _function(
    "transferFor(bytes32,address,address,uint256,uint128,bytes32)", OperationKind.REDUCTION_TRANSFERRED
)
CANCEL = _function("cancel(bytes32,uint256,uint128,uint8,bytes32)", OperationKind.REDUCTION_CANCELLED)
CANCEL_FOR = _function("cancelFor(bytes32,address,uint256,uint128,uint8,bytes32)", OperationKind.REDUCTION_CANCELLED)
CORRECT = _function("correct(bytes32,uint256,uint128,bytes32)", OperationKind.REDUCTION_CORRECTED)
FREEZE_LOT = _function("freezeLot(bytes32,uint256,bytes32)", OperationKind.LOT_FROZEN)
UNFREEZE_LOT = _function("unfreezeLot(bytes32,uint256,bytes32)", OperationKind.LOT_UNFROZEN)

FUNCTIONS = (
    PROPOSE_ISSUANCE,
    CONFIRM_ISSUANCE,
    REJECT_ISSUANCE,
    TRANSFER,
    TRANSFER_FOR,
    CANCEL,
    CANCEL_FOR,
    CORRECT,
    FREEZE_LOT,
    UNFREEZE_LOT,
)
"""Every function here that applies an operation."""


def propose_issuance(
    *,
    operation_id: OperationId,
    activity_id: ActivityId,
    first_day: int,
    last_day: int,
    grams: int,
    record_hash: RecordHash,
) -> Call:
    """Proposes an issuance of `grams` g CO2e for a monitoring period, by the technical centre."""
    words = (
        activity_id,
        word_of_uint(32, first_day, "period_first_day"),
        word_of_uint(32, last_day, "period_last_day"),
        word_of_grams(grams),
    )
    return PROPOSE_ISSUANCE(operation_id, record_hash, *words)


def confirm_issuance(*, operation_id: OperationId, proposal_id: OperationId, record_hash: RecordHash) -> Call:
    """Proposed -> Confirmed, by the regulator."""
    return CONFIRM_ISSUANCE(operation_id, record_hash, proposal_id)


def reject_issuance(*, operation_id: OperationId, proposal_id: OperationId, record_hash: RecordHash) -> Call:
    """Proposed -> Rejected, by the regulator."""
    return REJECT_ISSUANCE(operation_id, record_hash, proposal_id)


def transfer(*, operation_id: OperationId, to: Address, lot_id: LotId, grams: int, record_hash: RecordHash) -> Call:
    """Moves `grams` g CO2e of a lot from the sender's own account."""
    return TRANSFER(operation_id, record_hash, word_of_address(to), lot_id, word_of_grams(grams))


def transfer_for(
    *, operation_id: OperationId, from_account: Address, to: Address, lot_id: LotId, grams: int, record_hash: RecordHash
) -> Call:
    """Moves `grams` g CO2e of a lot from an account in the platform's custody, by the platform."""
    words = (word_of_address(from_account), word_of_address(to), lot_id, word_of_grams(grams))
    return TRANSFER_FOR(operation_id, record_hash, *words)


def cancel(
    *, operation_id: OperationId, lot_id: LotId, grams: int, purpose: CancellationPurpose, record_hash: RecordHash
) -> Call:
    """Cancels `grams` g CO2e of a lot in the sender's own account, for ever."""
    return CANCEL(operation_id, record_hash, lot_id, word_of_grams(grams), word(purpose))


def cancel_for(
    *,
    operation_id: OperationId,
    account: Address,
    lot_id: LotId,
    grams: int,
    purpose: CancellationPurpose,
    record_hash: RecordHash,
) -> Call:
    """Cancels `grams` g CO2e of a lot in an account in the platform's custody, for ever, by the platform."""
    words = (word_of_address(account), lot_id, word_of_grams(grams), word(purpose))
    return CANCEL_FOR(operation_id, record_hash, *words)


def correct(*, operation_id: OperationId, lot_id: LotId, grams: int, record_hash: RecordHash) -> Call:
    """Takes back `grams` over-credited g CO2e of a lot, by the regulator."""
    return CORRECT(operation_id, record_hash, lot_id, word_of_grams(grams))


def freeze_lot(*, operation_id: OperationId, lot_id: LotId, record_hash: RecordHash) -> Call:
    """Free -> Frozen, by the regulator."""
    return FREEZE_LOT(operation_id, record_hash, lot_id)


def unfreeze_lot(*, operation_id: OperationId, lot_id: LotId, record_hash: RecordHash) -> Call:
    """Frozen -> Free, by the regulator."""
    return UNFREEZE_LOT(operation_id, record_hash, lot_id)
