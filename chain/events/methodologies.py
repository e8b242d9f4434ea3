"""Events of the methodology registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from chain.events.administration import ON_EVERY_LEDGER
from ledger.vocabulary import MethodologyKind, ReductionClass


class MethodologyPublished(NamedTuple):
    """Days are civil days in Shanghai, both ends inclusive."""

    methodology_id: bytes
    operation_id: bytes
    code: str
    version: int
    kind: MethodologyKind
    reduction_class: ReductionClass
    effective_first_day: int
    effective_last_day: int
    document_hash: bytes


class MethodologyWithdrawn(NamedTuple):
    methodology_id: bytes
    operation_id: bytes


SIGNATURES: Mapping[type[Any], str] = {
    **ON_EVERY_LEDGER,
    MethodologyPublished: (
        "MethodologyPublished(bytes32 indexed methodologyId, bytes32 indexed operationId, string code, "
        "uint32 version, uint8 kind, uint8 class, uint32 effectiveFirstDay, uint32 effectiveLastDay, "
        "bytes32 documentHash)"
    ),
    MethodologyWithdrawn: "MethodologyWithdrawn(bytes32 indexed methodologyId, bytes32 indexed operationId)",
}
"""The events that the contract can emit."""

DomainEvent = MethodologyPublished | MethodologyWithdrawn
"""What it says of an operation: each is followed by the operation's `LeafAppended`."""
