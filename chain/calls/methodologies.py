"""Calls of the methodology registry."""

from functools import partial

from chain.calls.ledger_function import LedgerFunction, check_days
from chain.functions import word_of_uint
from chain.operations import Call, ContractName
from ledger.ids import Hash32, MethodologyId, OperationId, RecordHash
from ledger.vocabulary import MethodologyKind, OperationKind, ReductionClass

PUBLICATION_TYPE = "(string,uint32,uint8,uint8,uint32,uint32,bytes32)"

_function = partial(LedgerFunction.of, ContractName.METHODOLOGY_REGISTRY)

PUBLISH_METHODOLOGY = _function(f"publish(bytes32,{PUBLICATION_TYPE},bytes32)", OperationKind.METHODOLOGY_PUBLISHED)
WITHDRAW_METHODOLOGY = _function("withdraw(bytes32,bytes32,bytes32)", OperationKind.METHODOLOGY_WITHDRAWN)

FUNCTIONS = (
    PUBLISH_METHODOLOGY,
    WITHDRAW_METHODOLOGY,
)
"""Every function here that applies an operation."""


def publish_methodology(
    *,
    operation_id: OperationId,
    code: str,
    version: int,
    kind: MethodologyKind,
    reduction_class: ReductionClass,
    effective_first_day: int,
    effective_last_day: int,
    document_hash: Hash32,
    record_hash: RecordHash,
) -> Call:
    """Publishes a methodology version, by the regulator. Days are civil days in Shanghai, both inclusive."""
    word_of_uint(32, version, "version")
    check_days("effective", effective_first_day, effective_last_day)
    publication = (
        *(code, version, int(kind), int(reduction_class), effective_first_day, effective_last_day),
        document_hash,
    )
    return PUBLISH_METHODOLOGY.with_tuple(operation_id, publication, record_hash)


def withdraw_methodology(*, operation_id: OperationId, methodology_id: MethodologyId, record_hash: RecordHash) -> Call:
    """Published -> Withdrawn, by the regulator."""
    return WITHDRAW_METHODOLOGY(operation_id, record_hash, methodology_id)
