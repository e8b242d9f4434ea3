"""Checks that every leaf and its event belong together and say the same.

A ledger tells an operation in up to three logs of one transaction, in this order: ERC-1155's `TransferSingle` where
grams move, the ledger's own event, and `LeafAppended` of the log. `Pairing` takes events in the order of the chain and
gives an operation for each leaf; whatever has no counterpart, or contradicts it, is refused.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from chain.events import SIGNATURES, DomainEvent, Event, LeafAppended, TransferSingle
from chain.events.log import leaf_hash
from chain.operations import ContractName
from indexer.claims import CONTRACTS, Claim, Derivation, Movement
from indexer.errors import BrokenLog, UnpairedEvent
from ledger.errors import InvalidInput

_CLAIMS: Mapping[type[Any], Callable[[Any], Claim]] = {
    event: claim for contract in CONTRACTS for event, claim in contract.claims.items()
}
_DERIVATIONS: Mapping[type[Any], Derivation] = {
    event: derivation for contract in CONTRACTS for event, derivation in contract.derivations.items()
}
_MOVEMENTS: Mapping[type[Any], Callable[[Any], Movement]] = {
    event: movement for contract in CONTRACTS for event, movement in contract.movements.items()
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
