"""The contracts whose events are followed. A new one is one more module, named here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from chain.events import accounts, activities, campaigns, log, methodologies, points, providers, reductions
from chain.events.administration import AuthorityUpdated, HoldingsSourceAdded, OperationRepeated
from chain.events.log import LeafAppended
from chain.events.reductions import TransferSingle
from chain.operations import ContractName

SIGNATURES: Mapping[ContractName, Mapping[type[Any], str]] = {
    ContractName.TRANSPARENCY_LOG: log.SIGNATURES,
    ContractName.ACCOUNT_REGISTRY: accounts.SIGNATURES,
    ContractName.METHODOLOGY_REGISTRY: methodologies.SIGNATURES,
    ContractName.ACTIVITY_REGISTRY: activities.SIGNATURES,
    ContractName.REDUCTION_LEDGER: reductions.SIGNATURES,
    ContractName.PROVIDER_REGISTRY: providers.SIGNATURES,
    ContractName.CAMPAIGN_REGISTRY: campaigns.SIGNATURES,
    ContractName.POINT_LEDGER: points.SIGNATURES,
}
"""The events that each followed contract can emit."""

DomainEvent = (
    accounts.DomainEvent
    | methodologies.DomainEvent
    | activities.DomainEvent
    | reductions.DomainEvent
    | providers.DomainEvent
    | campaigns.DomainEvent
    | points.DomainEvent
)
"""What a ledger says of an operation: each is followed by the operation's `LeafAppended`."""

AdministrativeEvent = OperationRepeated | HoldingsSourceAdded | AuthorityUpdated
"""Events that change nothing that is mirrored."""

Event = LeafAppended | DomainEvent | TransferSingle | AdministrativeEvent
