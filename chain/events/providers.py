"""Events of the provider registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from chain.events.administration import ON_EVERY_LEDGER
from ledger.vocabulary import ProviderMode


class ProviderAdmitted(NamedTuple):
    """The hashes are SHA-256 of documents that stay with the exchange (G7)."""

    account: bytes
    operation_id: bytes
    mode: ProviderMode
    application_hash: bytes
    evaluation_hash: bytes
    agreement_hash: bytes


class ProviderSuspended(NamedTuple):
    account: bytes
    operation_id: bytes


class ProviderResumed(NamedTuple):
    account: bytes
    operation_id: bytes


class ProviderClosed(NamedTuple):
    account: bytes
    operation_id: bytes


SIGNATURES: Mapping[type[Any], str] = {
    **ON_EVERY_LEDGER,
    ProviderAdmitted: (
        "ProviderAdmitted(address indexed account, bytes32 indexed operationId, uint8 mode, bytes32 applicationHash, "
        "bytes32 evaluationHash, bytes32 agreementHash)"
    ),
    ProviderSuspended: "ProviderSuspended(address indexed account, bytes32 indexed operationId)",
    ProviderResumed: "ProviderResumed(address indexed account, bytes32 indexed operationId)",
    ProviderClosed: "ProviderClosed(address indexed account, bytes32 indexed operationId)",
}
"""The events that the contract can emit."""

DomainEvent = ProviderAdmitted | ProviderSuspended | ProviderResumed | ProviderClosed
"""What it says of an operation: each is followed by the operation's `LeafAppended`."""
