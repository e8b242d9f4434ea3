"""Calls of the provider registry."""

from functools import partial

from chain.calls.ledger_function import LedgerFunction, word
from chain.functions import word_of_address
from chain.operations import Call, ContractName
from ledger.ids import Address, Hash32, OperationId, RecordHash
from ledger.vocabulary import OperationKind, ProviderMode

_function = partial(LedgerFunction.of, ContractName.PROVIDER_REGISTRY)

ADMIT_PROVIDER = _function(
    "admit(bytes32,address,(uint8,bytes32,bytes32,bytes32),bytes32)", OperationKind.PROVIDER_ADMITTED
)
SUSPEND_PROVIDER = _function("suspend(bytes32,address,bytes32)", OperationKind.PROVIDER_SUSPENDED)
RESUME_PROVIDER = _function("resume(bytes32,address,bytes32)", OperationKind.PROVIDER_RESUMED)
CLOSE_PROVIDER = _function("close(bytes32,address,bytes32)", OperationKind.PROVIDER_CLOSED)

FUNCTIONS = (
    ADMIT_PROVIDER,
    SUSPEND_PROVIDER,
    RESUME_PROVIDER,
    CLOSE_PROVIDER,
)
"""Every function here that applies an operation."""


def admit_provider(
    *,
    operation_id: OperationId,
    account: Address,
    mode: ProviderMode,
    application_hash: Hash32,
    evaluation_hash: Hash32,
    agreement_hash: Hash32,
    record_hash: RecordHash,
) -> Call:
    """Unknown or Closed -> Active, by the exchange (G7). The hashes are SHA-256 of the documents."""
    words = (word_of_address(account), word(mode), application_hash, evaluation_hash, agreement_hash)
    return ADMIT_PROVIDER(operation_id, record_hash, *words)


def suspend_provider(*, operation_id: OperationId, account: Address, record_hash: RecordHash) -> Call:
    """Active -> Suspended, by the exchange."""
    return SUSPEND_PROVIDER(operation_id, record_hash, word_of_address(account))


def resume_provider(*, operation_id: OperationId, account: Address, record_hash: RecordHash) -> Call:
    """Suspended -> Active, by the exchange."""
    return RESUME_PROVIDER(operation_id, record_hash, word_of_address(account))


def close_provider(*, operation_id: OperationId, account: Address, record_hash: RecordHash) -> Call:
    """Active or Suspended -> Closed, by the exchange; what is left in its pool stays there."""
    return CLOSE_PROVIDER(operation_id, record_hash, word_of_address(account))
