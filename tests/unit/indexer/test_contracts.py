"""Every event of an operation is paired with its leaf and becomes rows, by exactly one contract's module."""

from collections import Counter
from typing import Any, get_args

from chain.events import DomainEvent
from indexer import claims, projections

EVENTS = set(get_args(DomainEvent))
STATUS_KINDS = [
    int(kind) for contract in projections.CONTRACTS for kinds in contract.statuses.values() for kind in kinds
]


def test_every_event_has_a_claim() -> None:
    claimed = [event for contract in claims.CONTRACTS for event in contract.claims]
    assert Counter(claimed) == Counter(EVENTS)


def test_derivations_and_movements_are_of_claimed_events() -> None:
    for contract in claims.CONTRACTS:
        assert contract.derivations.keys() | contract.movements.keys() <= contract.claims.keys()


def test_every_event_becomes_rows() -> None:
    handled = [event for contract in projections.CONTRACTS for event in contract.handlers]
    assert Counter(handled) <= Counter(EVENTS)
    for event in EVENTS - set(handled):
        assert kind_of(event) in STATUS_KINDS, event


def test_every_kind_gives_one_status_at_most() -> None:
    assert set(Counter(STATUS_KINDS).values()) == {1}


def test_statuses_are_of_the_contract_s_own_things() -> None:
    for contract in projections.CONTRACTS:
        assert contract.statuses.keys() <= contract.things.keys()


def kind_of(event: type[Any]) -> int:
    """The kind of the leaf of an event that says no more than what it is about."""
    (claim,) = (contract.claims[event] for contract in claims.CONTRACTS if event in contract.claims)
    return claim(event(bytes(32), bytes(32)))[0]
