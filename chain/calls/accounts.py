"""Calls of the account registry."""

from functools import partial

from chain.calls.ledger_function import LedgerFunction, word
from chain.functions import word_of_address
from chain.operations import Call, ContractName
from ledger.ids import Address, IdentityCommitment, OperationId, RecordHash
from ledger.vocabulary import AccountKind, Custody, OperationKind

_function = partial(LedgerFunction.of, ContractName.ACCOUNT_REGISTRY)

OPEN_ACCOUNT = _function("open(bytes32,address,uint8,uint8,bytes32,bytes32)", OperationKind.ACCOUNT_OPENED)
FREEZE_ACCOUNT = _function("freeze(bytes32,address,bytes32)", OperationKind.ACCOUNT_FROZEN)
UNFREEZE_ACCOUNT = _function("unfreeze(bytes32,address,bytes32)", OperationKind.ACCOUNT_UNFROZEN)
CLOSE_ACCOUNT = _function("close(bytes32,address,bytes32)", OperationKind.ACCOUNT_CLOSED)

FUNCTIONS = (
    OPEN_ACCOUNT,
    FREEZE_ACCOUNT,
    UNFREEZE_ACCOUNT,
    CLOSE_ACCOUNT,
)
"""Every function here that applies an operation."""


def open_account(
    *,
    operation_id: OperationId,
    account: Address,
    kind: AccountKind,
    custody: Custody,
    identity_commitment: IdentityCommitment,
    record_hash: RecordHash,
) -> Call:
    """Opens an account, by the platform."""
    words = (word_of_address(account), word(kind), word(custody), identity_commitment)
    return OPEN_ACCOUNT(operation_id, record_hash, *words)


def freeze_account(*, operation_id: OperationId, account: Address, record_hash: RecordHash) -> Call:
    """Active -> Frozen, by the regulator."""
    return FREEZE_ACCOUNT(operation_id, record_hash, word_of_address(account))


def unfreeze_account(*, operation_id: OperationId, account: Address, record_hash: RecordHash) -> Call:
    """Frozen -> Active, by the regulator."""
    return UNFREEZE_ACCOUNT(operation_id, record_hash, word_of_address(account))


def close_account(*, operation_id: OperationId, account: Address, record_hash: RecordHash) -> Call:
    """Active -> Closed, for an account that holds nothing, by the platform."""
    return CLOSE_ACCOUNT(operation_id, record_hash, word_of_address(account))
