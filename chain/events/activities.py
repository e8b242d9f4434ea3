"""Events of the activity registry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from chain.events.administration import ON_EVERY_LEDGER
from ledger.vocabulary import ActivityKind, ReductionClass


class Registration(NamedTuple):
    """What an activity was registered with; zero hashes and addresses stand for none."""

    code: str
    kind: ActivityKind
    methodology_id: bytes
    operator_account: bytes
    feed_signer: bytes
    crediting_first_day: int
    crediting_last_day: int
    facility_id: bytes
    pledge_hash: bytes
    cap_grams: int


class ActivityRegistered(NamedTuple):
    activity_id: bytes
    operation_id: bytes
    registration: Registration
    reduction_class: ReductionClass


class ActivitySuspended(NamedTuple):
    activity_id: bytes
    operation_id: bytes


class ActivityResumed(NamedTuple):
    activity_id: bytes
    operation_id: bytes


class ActivityClosed(NamedTuple):
    activity_id: bytes
    operation_id: bytes


class ActivityWithdrawn(NamedTuple):
    activity_id: bytes
    operation_id: bytes


SIGNATURES: Mapping[type[Any], str] = {
    **ON_EVERY_LEDGER,
    ActivityRegistered: (
        "ActivityRegistered(bytes32 indexed activityId, bytes32 indexed operationId, "
        "(string,uint8,bytes32,address,address,uint32,uint32,bytes32,bytes32,uint128) registration, uint8 class)"
    ),
    ActivitySuspended: "ActivitySuspended(bytes32 indexed activityId, bytes32 indexed operationId)",
    ActivityResumed: "ActivityResumed(bytes32 indexed activityId, bytes32 indexed operationId)",
    ActivityClosed: "ActivityClosed(bytes32 indexed activityId, bytes32 indexed operationId)",
    ActivityWithdrawn: "ActivityWithdrawn(bytes32 indexed activityId, bytes32 indexed operationId)",
}
"""The events that the contract can emit."""

DomainEvent = ActivityRegistered | ActivitySuspended | ActivityResumed | ActivityClosed | ActivityWithdrawn
"""What it says of an operation: each is followed by the operation's `LeafAppended`."""
