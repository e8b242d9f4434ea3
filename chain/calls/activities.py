"""Calls of the activity registry."""

from functools import partial

from chain.calls.ledger_function import LedgerFunction, check_days, word_of_grams
from chain.operations import Call, ContractName
from ledger.ids import ActivityId, Address, Hash32, MethodologyId, OperationId, RecordHash
from ledger.vocabulary import ActivityKind, OperationKind

REGISTRATION_TYPE = "(string,uint8,bytes32,address,address,uint32,uint32,bytes32,bytes32,uint128)"

_function = partial(LedgerFunction.of, ContractName.ACTIVITY_REGISTRY)

REGISTER_ACTIVITY = _function(f"register(bytes32,{REGISTRATION_TYPE},bytes32)", OperationKind.ACTIVITY_REGISTERED)
SUSPEND_ACTIVITY = _function("suspend(bytes32,bytes32,bytes32)", OperationKind.ACTIVITY_SUSPENDED)
RESUME_ACTIVITY = _function("resume(bytes32,bytes32,bytes32)", OperationKind.ACTIVITY_RESUMED)
CLOSE_ACTIVITY = _function("close(bytes32,bytes32,bytes32)", OperationKind.ACTIVITY_CLOSED)
WITHDRAW_ACTIVITY = _function("withdraw(bytes32,bytes32,bytes32)", OperationKind.ACTIVITY_WITHDRAWN)

FUNCTIONS = (
    REGISTER_ACTIVITY,
    SUSPEND_ACTIVITY,
    RESUME_ACTIVITY,
    CLOSE_ACTIVITY,
    WITHDRAW_ACTIVITY,
)
"""Every function here that applies an operation."""


def register_activity(
    *,
    operation_id: OperationId,
    code: str,
    kind: ActivityKind,
    methodology_id: MethodologyId,
    operator_account: Address,
    feed_signer: Address,
    crediting_first_day: int,
    crediting_last_day: int,
    facility_id: Hash32,
    pledge_hash: Hash32,
    cap_grams: int,
    record_hash: RecordHash,
) -> Call:
    """Registers an activity, by the regulator. Days are civil days in Shanghai, both inclusive; cap in g CO2e."""
    check_days("crediting", crediting_first_day, crediting_last_day)
    word_of_grams(cap_grams, "cap_gco2e")
    registration = (
        *(code, int(kind), methodology_id, operator_account, feed_signer),
        *(crediting_first_day, crediting_last_day, facility_id, pledge_hash, cap_grams),
    )
    return REGISTER_ACTIVITY.with_tuple(operation_id, registration, record_hash)


def suspend_activity(*, operation_id: OperationId, activity_id: ActivityId, record_hash: RecordHash) -> Call:
    """Active -> Suspended, by the regulator."""
    return SUSPEND_ACTIVITY(operation_id, record_hash, activity_id)


def resume_activity(*, operation_id: OperationId, activity_id: ActivityId, record_hash: RecordHash) -> Call:
    """Suspended -> Active, by the regulator."""
    return RESUME_ACTIVITY(operation_id, record_hash, activity_id)


def close_activity(*, operation_id: OperationId, activity_id: ActivityId, record_hash: RecordHash) -> Call:
    """Active or Suspended -> Closed, by the regulator."""
    return CLOSE_ACTIVITY(operation_id, record_hash, activity_id)


def withdraw_activity(*, operation_id: OperationId, activity_id: ActivityId, record_hash: RecordHash) -> Call:
    """Active or Suspended -> Withdrawn, by the regulator."""
    return WITHDRAW_ACTIVITY(operation_id, record_hash, activity_id)
