"""Events of the reduction ledger."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from chain.events.administration import ON_EVERY_LEDGER
from ledger.vocabulary import CancellationPurpose, ReductionClass


class IssuanceProposed(NamedTuple):
    """The proposal's id is the operation's."""

    operation_id: bytes
    activity_id: bytes
    proposer: bytes
    first_day: int
    last_day: int
    grams: int


class IssuanceConfirmed(NamedTuple):
    lot_id: bytes
    operation_id: bytes
    proposal_id: bytes
    activity_id: bytes
    methodology_id: bytes
    reduction_class: ReductionClass
    first_day: int
    last_day: int
    credited_account: bytes
    first_serial: int
    issued_grams: int
    withheld_grams: int
    """Part that filled the deficit of the activity's debtor and was not credited."""


class IssuanceRejected(NamedTuple):
    operation_id: bytes
    proposal_id: bytes


class ReductionTransferred(NamedTuple):
    lot_id: bytes
    from_account: bytes
    to_account: bytes
    operation_id: bytes
    grams: int


class ReductionCancelled(NamedTuple):
    lot_id: bytes
    account: bytes
    certificate_number: int
    operation_id: bytes
    purpose: CancellationPurpose
    grams: int
    first_serial: int


class ReductionCorrected(NamedTuple):
    """`grams` were found over-credited; of them `taken_back_grams` were still held, the rest joined the deficit."""

    lot_id: bytes
    account: bytes
    operation_id: bytes
    grams: int
    taken_back_grams: int
    shortfall_grams: int


class PointsBoughtBack(NamedTuple):
    """Whole tonnes of a provider's pool became a lot, which has neither activity nor methodology nor days (G6).

    It happens within a redemption and comes, with its leaf, before the redemption's own event."""

    lot_id: bytes
    provider: bytes
    operation_id: bytes
    redeem_operation_id: bytes
    reduction_class: ReductionClass
    first_serial: int
    grams: int


class LotFrozen(NamedTuple):
    lot_id: bytes
    operation_id: bytes


class LotUnfrozen(NamedTuple):
    lot_id: bytes
    operation_id: bytes


class TransferSingle(NamedTuple):
    """ERC-1155's own word for a movement. It says nothing that our events do not say, and is compared with them."""

    operator: bytes
    from_account: bytes
    to_account: bytes
    lot_id: bytes
    grams: int


SIGNATURES: Mapping[type[Any], str] = {
    **ON_EVERY_LEDGER,
    IssuanceProposed: (
        "IssuanceProposed(bytes32 indexed operationId, bytes32 indexed activityId, address indexed proposer, "
        "uint32 firstDay, uint32 lastDay, uint128 grams)"
    ),
    IssuanceConfirmed: (
        "IssuanceConfirmed(uint256 indexed lotId, bytes32 indexed operationId, bytes32 indexed proposalId, "
        "bytes32 activityId, bytes32 methodologyId, uint8 class, uint32 firstDay, uint32 lastDay, "
        "address creditedAccount, uint128 firstSerial, uint128 issuedGrams, uint128 withheldGrams)"
    ),
    IssuanceRejected: "IssuanceRejected(bytes32 indexed operationId, bytes32 indexed proposalId)",
    ReductionTransferred: (
        "ReductionTransferred(uint256 indexed lotId, address indexed from, address indexed to, "
        "bytes32 operationId, uint128 grams)"
    ),
    ReductionCancelled: (
        "ReductionCancelled(uint256 indexed lotId, address indexed account, uint64 indexed certificateNumber, "
        "bytes32 operationId, uint8 purpose, uint128 grams, uint128 firstSerial)"
    ),
    ReductionCorrected: (
        "ReductionCorrected(uint256 indexed lotId, address indexed account, bytes32 indexed operationId, "
        "uint128 grams, uint128 takenBackGrams, uint128 shortfallGrams)"
    ),
    PointsBoughtBack: (
        "PointsBoughtBack(uint256 indexed lotId, address indexed provider, bytes32 indexed operationId, "
        "bytes32 redeemOperationId, uint8 class, uint128 firstSerial, uint128 grams)"
    ),
    LotFrozen: "LotFrozen(uint256 indexed lotId, bytes32 indexed operationId)",
    LotUnfrozen: "LotUnfrozen(uint256 indexed lotId, bytes32 indexed operationId)",
    TransferSingle: (
        "TransferSingle(address indexed operator, address indexed from, address indexed to, uint256 id, uint256 value)"
    ),
}
"""The events that the contract can emit."""

DomainEvent = (
    IssuanceProposed
    | IssuanceConfirmed
    | IssuanceRejected
    | ReductionTransferred
    | ReductionCancelled
    | ReductionCorrected
    | PointsBoughtBack
    | LotFrozen
    | LotUnfrozen
)
"""What it says of an operation: each is followed by the operation's `LeafAppended`."""
