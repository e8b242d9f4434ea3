"""Events of the account registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from chain.events.administration import ON_EVERY_LEDGER, HoldingsSourceAdded
from ledger.vocabulary import AccountKind, Custody


class AccountOpened(NamedTuple):
    account: bytes
    operation_id: bytes
    kind: AccountKind
    custody: Custody
    identity_commitment: bytes


class AccountFrozen(NamedTuple):
    account: bytes
    operation_id: bytes


class AccountUnfrozen(NamedTuple):
    account: bytes
    operation_id: bytes


class AccountClosed(NamedTuple):
    account: bytes
    operation_id: bytes


SIGNATURES: Mapping[type[Any], str] = {
    **ON_EVERY_LEDGER,
    AccountOpened: (
        "AccountOpened(address indexed account, bytes32 indexed operationId, uint8 kind, uint8 custody, "
        "bytes32 identityCommitment)"
    ),
    AccountFrozen: "AccountFrozen(address indexed account, bytes32 indexed operationId)",
    AccountUnfrozen: "AccountUnfrozen(address indexed account, bytes32 indexed operationId)",
    AccountClosed: "AccountClosed(address indexed account, bytes32 indexed operationId)",
    HoldingsSourceAdded: "HoldingsSourceAdded(address indexed source)",
}
"""The events that the contract can emit."""

DomainEvent = AccountOpened | AccountFrozen | AccountUnfrozen | AccountClosed
"""What it says of an operation: each is followed by the operation's `LeafAppended`."""
