"""What a leaf must say, given the event of its ledger."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from ledger.ids import ZERO_ADDRESS
from ledger.vocabulary import OperationKind

NOBODY = bytes(ZERO_ADDRESS)
"""The account in a leaf that names none."""

Claim = tuple[int, bytes, bytes, bytes, bytes, int]
"""What a leaf must say, given its event: kind, operation id, subject, from, to, grams."""


def about_account(kind: OperationKind) -> Callable[[Any], Claim]:
    """An operation on the event's account that moves nothing."""
    number = int(kind)
    return lambda event: (number, event.operation_id, bytes(12) + event.account, NOBODY, NOBODY, 0)


def about(kind: OperationKind, subject: str) -> Callable[[Any], Claim]:
    """An operation on what this field of the event names, that moves nothing."""
    number = int(kind)
    return lambda event: (number, event.operation_id, getattr(event, subject), NOBODY, NOBODY, 0)


Derivation = Callable[[Any, int, bytes], bool]
"""Whether the id in an event is the one that follows from what else the event says, given chain id and ledger. The leaf
binds the id, so that with this it binds those facts too (docs/spec/03-encodings.md §3.2)."""

Movement = tuple[bytes, bytes, bytes, int]
"""What ERC-1155 must say, given the event: from, to, lot, grams."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractClaims:
    """One contract's events, and what follows from each for the logs around it."""

    claims: Mapping[type[Any], Callable[[Any], Claim]]
    """What the leaf must say, by event: every event of an operation is here."""
    derivations: Mapping[type[Any], Derivation] = field(default_factory=dict)
    """Whether the id in the event follows from the rest of it."""
    movements: Mapping[type[Any], Callable[[Any], Movement]] = field(default_factory=dict)
    """What ERC-1155 must say just before it. Events that are not here move nothing."""
