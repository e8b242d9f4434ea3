"""The rules, replayed: every operation of the chain is given to the reference model, which must accept it and decide
what the contracts decided (docs/spec/09-audit.md §9.2).

Nothing of the mirror's projections is used: events go in, and what the model says is held against what the events and
their leaves say. A difference names the operation and the rule or the value.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

from chain import events
from chain.events import DomainEvent, LeafAppended
from indexer.audit.findings import WHOLE_ROW, Finding
from indexer.audit.model_calls import ask, replaying_model
from indexer.audit.model_decisions import buy_back_decisions, decisions, taken_back_before
from indexer.pairing import PairedOperation
from ledger.errors import InvalidInput
from ledger.model import Contracts, Leaf, LedgerModel, broken_invariants
from ledger.refusals import ContractRefusal
from ledger.vocabulary import ReductionClass

PART: Final = "rules"
_CLASSES = (ReductionClass.I, ReductionClass.II)
_FIRST_LOOK: Final = 1024
"""After so many operations all invariants are looked at for the first time, and then whenever the log has doubled:
each look costs as much as the state is large."""


class BoughtBack(NamedTuple):
    """A buy-back, which comes before the redemption that set it off."""

    event: events.PointsBoughtBack
    leaf: LeafAppended


class RulesReplay:
    """A model that follows a chain from its first operation."""

    def __init__(self, contracts: Contracts) -> None:
        self.model: LedgerModel = replaying_model(contracts)
        self.operations = 0
        self.refused = 0
        """Operations that the model did not accept: what comes after one may differ because of it."""
        self._bought_back: BoughtBack | None = None
        self._next_look = _FIRST_LOOK

    def follow(self, operation: PairedOperation) -> Iterator[Finding]:
        """Gives the model the next operation of the chain; what differs."""
        leaf, event = operation
        self.operations += 1
        if type(event) is events.PointsBoughtBack:
            self._bought_back = BoughtBack(event, leaf)
            return
        bought_back, self._bought_back = self._bought_back, None
        taken_before = taken_back_before(self.model, event)
        try:
            answer = ask(self.model, event, leaf)
        except (ContractRefusal, InvalidInput) as refusal:
            self.refused += 1
            rule = f"refused: {type(refusal).__name__}: {refusal.explain()}"
            yield _finding(leaf, event, WHOLE_ROW, expected=rule, found="applied")
            return
        if answer is None:
            self.refused += 1
            yield _finding(leaf, event, "operation_id", expected="an id of its own", found=leaf.operation_id)
            return
        yield from _compare_leaf(answer, leaf, event)
        for name, decided, told in decisions(self.model, answer, event, taken_before):
            if decided != told:
                yield _finding(leaf, event, name, expected=decided, found=told)
        yield from self._compare_buy_back(answer.set_off, leaf, event, bought_back)
        yield from self._class_sums(leaf, event)
        if self.operations >= self._next_look:
            self._next_look = 2 * self.operations
            yield from self.invariants()

    def invariants(self) -> Iterator[Finding]:
        """Every invariant of §1.4 and §5.2 that the model's state breaks now."""
        for sentence in broken_invariants(self.model.state()):
            number, _, rest = sentence.partition(": ")
            key = f"invariant {number}, after {self.model.log_size} leaves"
            yield Finding.of(PART, "invariants", key, WHOLE_ROW, expected="holds", found=rest)

    def _compare_buy_back(
        self, set_off: Leaf | None, leaf: LeafAppended, event: DomainEvent, told: BoughtBack | None
    ) -> Iterator[Finding]:
        if set_off is None and told is not None:
            yield _finding(told.leaf, told.event, WHOLE_ROW, expected="no buy-back", found=told.event.grams)
        elif set_off is not None and told is None:
            yield _finding(leaf, event, "buy-back", expected=set_off.grams, found="no buy-back")
        elif set_off is not None and told is not None:
            yield from _compare_leaf(set_off, told.leaf, told.event)
            for name, decided, found in buy_back_decisions(self.model, set_off, told.event):
                if decided != found:
                    yield _finding(told.leaf, told.event, name, expected=decided, found=found)

    def _class_sums(self, leaf: LeafAppended, event: DomainEvent) -> Iterator[Finding]:
        """Invariants 1 and 13, which take no more than the totals of each class."""
        for one in _CLASSES:
            totals, points = self.model.totals(one), self.model.point_totals(one)
            parts = totals.held_grams + totals.cancelled_grams + totals.taken_back_grams
            if parts != totals.issued_grams + totals.bought_back_grams:
                yield _finding(leaf, event, f"invariant 1, class {one.label}", expected="holds", found="broken")
            of_points = (
                points.personal_grams
                + points.pooled_by_providers_grams
                + points.pooled_by_campaigns_grams
                + points.bought_back_grams
                + points.cancelled_grams
                + points.taken_back_grams
            )
            if of_points != points.issued_grams or points.bought_back_grams != totals.bought_back_grams:
                yield _finding(leaf, event, f"invariant 13, class {one.label}", expected="holds", found="broken")


_LEAF_FIELDS: Final = {
    "operation_id": "operation_id",
    "ledger": "ledger",
    "kind": "kind",
    "subject": "subject",
    "from_account": "from_account",
    "to_account": "to_account",
    "grams": "grams",
    "record_hash": "record_hash",
    "timestamp": "timestamp",
    "leaf_hash": "hash",
}
"""Fields of the event, and what the model's leaf calls them."""


def _compare_leaf(answer: Leaf, leaf: LeafAppended, event: DomainEvent) -> Iterator[Finding]:
    if answer.hash == leaf.leaf_hash:
        return
    for name, own in _LEAF_FIELDS.items():
        decided, told = getattr(answer, own), getattr(leaf, name)
        if decided != told:
            yield _finding(leaf, event, f"leaf.{name}", expected=decided, found=told)


def _finding(leaf: LeafAppended, event: Any, column: str, *, expected: object, found: object) -> Finding:
    """Named by the event's name, the leaf's index and the operation's id."""
    key = (leaf.leaf_index, leaf.operation_id)
    return Finding.of(PART, f"event {type(event).__name__}", key, column, expected=expected, found=found)
