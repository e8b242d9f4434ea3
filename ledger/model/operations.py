"""What all operations of the model share: the caller's role, exactly once, and the leaf."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Concatenate, ParamSpec, TypeVar, cast

from ledger import encoding
from ledger.batches import FeedHeader
from ledger.ids import ZERO_ADDRESS, Address, Hash32, OperationId, RecordHash
from ledger.model.state import Books, Contracts, Leaf
from ledger.refusals import (
    AccessManagedUnauthorized,
    TransparencyLog_OperationConflict,
    TransparencyLog_ZeroOperationId,
    TransparencyLog_ZeroRecordHash,
)
from ledger.units import civil_day_of_timestamp
from ledger.vocabulary import OperationKind, Role

Recover = Callable[[FeedHeader, bytes], Address | None]
"""Who signed a feed header for this chain and its point ledger; None for what the contract takes as no signature."""


def nobody(_header: FeedHeader, _signature: bytes) -> None:
    """For models that no feed is given to: every signature is malformed."""


Digest = Callable[[str, Mapping[str, object]], Hash32]
"""Digest of an operation's content from the method's name and its arguments, the sender among them."""


class Operations:
    """Base of the model's parts, as `OperationLedger` is of the contracts."""

    def __init__(
        self, contracts: Contracts, books: Books, timestamp: int, digest: Digest, recover: Recover = nobody
    ) -> None:
        self.contracts = contracts
        self.timestamp = timestamp
        self._books = books
        self._digest = digest
        self._recover = recover

    @property
    def today(self) -> int:
        """Civil day in Shanghai of `timestamp`, the time of the block that operations are applied in."""
        return civil_day_of_timestamp(self.timestamp)

    def _append(
        self,
        *,
        ledger: Address,
        kind: OperationKind,
        operation_id: OperationId,
        subject: Hash32,
        record_hash: RecordHash,
        from_account: Address = ZERO_ADDRESS,
        to_account: Address = ZERO_ADDRESS,
        grams: int = 0,
    ) -> Leaf:
        """Appends the leaf. Comes after every other check and before every effect, so a refusal changes nothing."""
        self._require_ids(operation_id, record_hash)
        leaf_hash = encoding.log_leaf(
            chain_id=self.contracts.chain_id,
            ledger=ledger,
            kind=kind,
            operation_id=operation_id,
            subject=subject,
            from_account=from_account,
            to_account=to_account,
            grams=grams,
            record_hash=record_hash,
            timestamp=self.timestamp,
        )
        index = self._books.log.size
        self._books.log.append(leaf_hash)
        return Leaf(
            index=index,
            ledger=ledger,
            kind=kind,
            operation_id=operation_id,
            subject=subject,
            from_account=from_account,
            to_account=to_account,
            grams=grams,
            record_hash=record_hash,
            timestamp=self.timestamp,
            hash=leaf_hash,
        )

    def _require_ids(self, operation_id: OperationId, record_hash: RecordHash) -> None:
        """What the log asks of every entry."""
        if not any(operation_id):
            raise TransparencyLog_ZeroOperationId
        if not any(record_hash):
            raise TransparencyLog_ZeroRecordHash(operation_id)


Model = TypeVar("Model", bound=Operations)
P = ParamSpec("P")


def operation(
    role: Role | None,
) -> Callable[[Callable[Concatenate[Model, P], Leaf]], Callable[Concatenate[Model, P], Leaf | None]]:
    """Makes a method one operation: `restricted once(operationId)` of the contracts.

    The caller needs `role` (None: anyone may call). The same id with the same content is answered with None and changes
    nothing; with other content it is refused.
    """

    def make(method: Callable[Concatenate[Model, P], Leaf]) -> Callable[Concatenate[Model, P], Leaf | None]:
        @wraps(method)
        def apply(self: Model, /, *args: P.args, **kwargs: P.kwargs) -> Leaf | None:
            sender = cast("Address", kwargs["sender"])
            if role is not None and role not in (self._books.roles.get(sender) or ()):
                raise AccessManagedUnauthorized(sender)
            operation_id = cast("OperationId", kwargs["operation_id"])
            digest = self._digest(method.__name__, kwargs)
            if operation_id in self._books.operations:
                recorded = self._books.operations.get(operation_id)
                if recorded is not None and recorded != digest:
                    raise TransparencyLog_OperationConflict(operation_id, recorded, digest)
                return None
            leaf = method(self, *args, **kwargs)
            self._books.operations[operation_id] = digest
            return leaf

        return apply

    return make


def content_digest(name: str, arguments: Mapping[str, object]) -> Hash32:
    """A digest that tells contents apart. Not the chain's, which is over calldata and needs keccak."""
    parts = [name.encode()]
    for argument in sorted(arguments):
        value = arguments[argument]
        parts.append(value if isinstance(value, bytes) else repr(value).encode())
    return Hash32(hashlib.sha256(b"|".join(parts)).digest())
