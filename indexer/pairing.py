"""Checks that every leaf and its event belong together and say the same.

A ledger tells an operation in up to three logs of one transaction, in this order: ERC-1155's `TransferSingle` where
grams move, the ledger's own event, and `LeafAppended` of the log. `Pairing` takes events in the order of the chain and
gives an operation for each leaf; whatever has no counterpart, or contradicts it, is refused.
"""

from collections.abc import Callable, Mapping
from hashlib import sha256
from struct import Struct
from typing import Any, NamedTuple

from chain.events import (
    SIGNATURES,
    AccountClosed,
    AccountFrozen,
    AccountOpened,
    AccountUnfrozen,
    ActivityClosed,
    ActivityRegistered,
    ActivityResumed,
    ActivitySuspended,
    ActivityWithdrawn,
    DomainEvent,
    Event,
    IssuanceConfirmed,
    IssuanceProposed,
    IssuanceRejected,
    LeafAppended,
    LotFrozen,
    LotUnfrozen,
    MethodologyPublished,
    MethodologyWithdrawn,
    ReductionCancelled,
    ReductionCorrected,
    ReductionTransferred,
    TransferSingle,
)
from chain.operations import ContractName
from indexer.errors import BrokenLog, UnpairedEvent
from ledger import encoding
from ledger.errors import InvalidInput
from ledger.ids import ZERO_ADDRESS, ActivityId, Address, IdentityCommitment, MethodologyId
from ledger.vocabulary import Custody, OperationKind

NOBODY = bytes(ZERO_ADDRESS)
_LEAF = Struct(">BBQ20sH32s32s20s20s8xQ32sQ")
_CERTIFICATE = Struct(">BBQ32sB8xQ")


def leaf_hash(chain_id: int, leaf: LeafAppended) -> bytes:
    """`ledger.encoding.log_leaf` of an event's own fields without its checks; a property test compares the two."""
    _, operation_id, ledger, kind, subject, from_account, to_account, grams, record_hash, timestamp, _ = leaf
    return sha256(
        _LEAF.pack(
            0,
            encoding.FORMAT,
            chain_id,
            ledger,
            kind,
            operation_id,
            subject,
            from_account,
            to_account,
            grams,
            record_hash,
            timestamp,
        )
    ).digest()


# What a leaf must say, given its event: kind, operation id, subject, from, to, grams.
Claim = tuple[int, bytes, bytes, bytes, bytes, int]


def _about_account(kind: OperationKind) -> Callable[[Any], Claim]:
    number = int(kind)
    return lambda event: (number, event.operation_id, bytes(12) + event.account, NOBODY, NOBODY, 0)


def _about(kind: OperationKind, field: str) -> Callable[[Any], Claim]:
    number = int(kind)
    return lambda event: (number, event.operation_id, getattr(event, field), NOBODY, NOBODY, 0)


def _proposed(event: IssuanceProposed) -> Claim:
    kind = int(OperationKind.ISSUANCE_PROPOSED)
    return kind, event.operation_id, event.activity_id, NOBODY, NOBODY, event.grams


def _confirmed(event: IssuanceConfirmed) -> Claim:
    kind = int(OperationKind.ISSUANCE_CONFIRMED)
    return kind, event.operation_id, event.lot_id, NOBODY, event.credited_account, event.issued_grams


def _transferred(event: ReductionTransferred, _kind: int = int(OperationKind.REDUCTION_TRANSFERRED)) -> Claim:
    lot_id, from_account, to_account, operation_id, grams = event
    return _kind, operation_id, lot_id, from_account, to_account, grams


def certificate_subject(event: ReductionCancelled) -> bytes:
    """`ledger.encoding.certificate_subject` without its checks, as `leaf_hash`."""
    lot_id, _, number, _, purpose, _, first_serial = event
    return sha256(_CERTIFICATE.pack(0x33, encoding.FORMAT, number, lot_id, purpose, first_serial)).digest()


def _cancelled(event: ReductionCancelled) -> Claim:
    subject = certificate_subject(event)
    kind = int(OperationKind.REDUCTION_CANCELLED)
    return kind, event.operation_id, subject, event.account, NOBODY, event.grams


def _corrected(event: ReductionCorrected) -> Claim:
    kind = int(OperationKind.REDUCTION_CORRECTED)
    return kind, event.operation_id, event.lot_id, event.account, NOBODY, event.grams


_CLAIMS: Mapping[type[Any], Callable[[Any], Claim]] = {
    AccountOpened: _about_account(OperationKind.ACCOUNT_OPENED),
    AccountFrozen: _about_account(OperationKind.ACCOUNT_FROZEN),
    AccountUnfrozen: _about_account(OperationKind.ACCOUNT_UNFROZEN),
    AccountClosed: _about_account(OperationKind.ACCOUNT_CLOSED),
    MethodologyPublished: _about(OperationKind.METHODOLOGY_PUBLISHED, "methodology_id"),
    MethodologyWithdrawn: _about(OperationKind.METHODOLOGY_WITHDRAWN, "methodology_id"),
    ActivityRegistered: _about(OperationKind.ACTIVITY_REGISTERED, "activity_id"),
    ActivitySuspended: _about(OperationKind.ACTIVITY_SUSPENDED, "activity_id"),
    ActivityResumed: _about(OperationKind.ACTIVITY_RESUMED, "activity_id"),
    ActivityClosed: _about(OperationKind.ACTIVITY_CLOSED, "activity_id"),
    ActivityWithdrawn: _about(OperationKind.ACTIVITY_WITHDRAWN, "activity_id"),
    IssuanceProposed: _proposed,
    IssuanceConfirmed: _confirmed,
    IssuanceRejected: _about(OperationKind.ISSUANCE_REJECTED, "proposal_id"),
    ReductionTransferred: _transferred,
    ReductionCancelled: _cancelled,
    ReductionCorrected: _corrected,
    LotFrozen: _about(OperationKind.LOT_FROZEN, "lot_id"),
    LotUnfrozen: _about(OperationKind.LOT_UNFROZEN, "lot_id"),
}

# Whether the id in an event is the one that follows from what else the event says. The leaf binds the id, so that with
# this it binds those facts too (docs/spec/03-encodings.md §3.2).
Derivation = Callable[[Any, int, bytes], bool]


def _lot_follows(event: IssuanceConfirmed, chain_id: int, ledger: bytes) -> bool:
    return event.lot_id == encoding.lot_id(
        chain_id=chain_id,
        ledger=Address(ledger),
        activity_id=ActivityId(event.activity_id),
        methodology_id=MethodologyId(event.methodology_id),
        reduction_class=event.reduction_class,
        first_day=event.first_day,
        last_day=event.last_day,
    )


def _methodology_follows(event: MethodologyPublished, _chain_id: int, _ledger: bytes) -> bool:
    return event.methodology_id == encoding.methodology_id(code=event.code, version=event.version)


def _activity_follows(event: ActivityRegistered, _chain_id: int, _ledger: bytes) -> bool:
    return event.activity_id == encoding.activity_id(code=event.registration.code)


def _account_follows(event: AccountOpened, _chain_id: int, _ledger: bytes) -> bool:
    derived = encoding.custody_address(IdentityCommitment(event.identity_commitment))
    return event.custody is not Custody.PLATFORM or event.account == derived


_DERIVATIONS: Mapping[type[Any], Derivation] = {
    AccountOpened: _account_follows,
    MethodologyPublished: _methodology_follows,
    ActivityRegistered: _activity_follows,
    IssuanceConfirmed: _lot_follows,
}

# What ERC-1155 must say, given the event: from, to, lot, grams. Events that are not here move nothing.
Movement = tuple[bytes, bytes, bytes, int]

_MOVEMENTS: Mapping[type[Any], Callable[[Any], Movement]] = {
    IssuanceConfirmed: lambda e: (NOBODY, e.credited_account, e.lot_id, e.issued_grams - e.withheld_grams),
    ReductionTransferred: lambda e: (e.from_account, e.to_account, e.lot_id, e.grams),
    ReductionCancelled: lambda e: (e.account, NOBODY, e.lot_id, e.grams),
    ReductionCorrected: lambda e: (e.account, NOBODY, e.lot_id, e.taken_back_grams),
}


class PairedOperation(NamedTuple):
    """A leaf and the event that it belongs to."""

    leaf: LeafAppended
    event: DomainEvent


class Pairing:
    """Pairs events of one deployment; `next_leaf` is the index that the next leaf must have."""

    def __init__(self, *, chain_id: int, addresses: Mapping[ContractName, bytes], next_leaf: int) -> None:
        self.next_leaf = next_leaf
        self._chain_id = chain_id
        self._ledger_of = {
            event: addresses[contract]
            for contract, events in SIGNATURES.items()
            if contract in addresses
            for event in events
            if event in _CLAIMS
        }
        self._event: DomainEvent | None = None
        self._movement: TransferSingle | None = None

    def add(self, event: Event, block_number: int, timestamp: int) -> PairedOperation | None:
        """Takes the next event of a transaction; gives the operation when the event is its leaf.

        Raises `UnpairedEvent` or `BrokenLog`. `timestamp` is the block's.
        """
        # `is` and not `isinstance`: this is asked a million times, and no event has heirs.
        if type(event) is LeafAppended:
            return self._pair(event, block_number, timestamp)
        if type(event) is TransferSingle:
            if self._movement is not None or self._event is not None:
                raise UnpairedEvent(block_number, f"{event} is not where the ledger's own event should be")
            self._movement = event
        elif type(event) in _CLAIMS:
            if self._event is not None:
                raise UnpairedEvent(block_number, f"{_name(self._event)} has no leaf before the next event")
            self._event = event  # type: ignore[assignment]
        return None

    def end_transaction(self, block_number: int) -> None:
        """Raises `UnpairedEvent` if an event of the transaction is still without its leaf."""
        if left := self._event or self._movement:
            raise UnpairedEvent(block_number, f"{_name(left)} has no leaf in its transaction")

    def _pair(self, leaf: LeafAppended, block_number: int, timestamp: int) -> PairedOperation:
        event, movement = self._event, self._movement
        self._event = self._movement = None
        if leaf.leaf_index != self.next_leaf:
            raise BrokenLog(block_number, f"leaf {leaf.leaf_index} comes where leaf {self.next_leaf} is due")
        if leaf.timestamp != timestamp:
            raise BrokenLog(block_number, f"leaf {leaf.leaf_index} has another time than its block")
        if leaf_hash(self._chain_id, leaf) != leaf.leaf_hash:
            raise BrokenLog(block_number, f"leaf {leaf.leaf_index} does not hash to what its event says")
        if event is None:
            raise UnpairedEvent(block_number, f"leaf {leaf.leaf_index} has no event of a ledger")
        self._compare(leaf, event, block_number)
        self._compare_movement(event, movement, block_number)
        self.next_leaf += 1
        return PairedOperation(leaf, event)

    def _compare(self, leaf: LeafAppended, event: DomainEvent, block_number: int) -> None:
        _, operation_id, ledger, kind, subject, from_account, to_account, grams, *_ = leaf
        given = (kind, operation_id, subject, from_account, to_account, grams)
        if given != _CLAIMS[type(event)](event) or ledger != self._ledger_of[type(event)]:
            raise UnpairedEvent(block_number, f"leaf {leaf.leaf_index} and its {_name(event)} do not say the same")
        if not self._follows(event, ledger):
            raise UnpairedEvent(block_number, f"leaf {leaf.leaf_index}: what its {_name(event)} says has another id")

    def _follows(self, event: DomainEvent, ledger: bytes) -> bool:
        derivation = _DERIVATIONS.get(type(event))
        try:
            return derivation is None or derivation(event, self._chain_id, ledger)
        except InvalidInput:
            return False

    def _compare_movement(self, event: DomainEvent, movement: TransferSingle | None, block_number: int) -> None:
        expected = _MOVEMENTS.get(type(event))
        if movement is None and expected is None:
            return
        if movement is None or expected is None or movement[1:] != expected(event):
            raise UnpairedEvent(block_number, f"{_name(event)} and what ERC-1155 moved do not say the same")


def _name(event: object) -> str:
    return type(event).__name__
