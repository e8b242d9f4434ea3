"""Operations that wait for a wallet: what was composed for a session's own address, until its leaf is in the log.

The record of each is kept on the disk before anyone is asked to sign. What stands here is only what its page shows, and
goes with the process: once the transaction is in a block, the index has the operation.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass, replace
from threading import Lock
from typing import Final

from api.chain_port import ChainPort, WalletTransaction
from api.web.errors import NotYours, TransactionDiffers
from chain.facts import check_record
from chain.operations import Operation
from ledger.errors import InvalidInput, NotFound
from ledger.ids import Hash32, OperationId

WAIT_SECONDS: Final = 3.0
MOST_OF_ONE: Final = 20
"""Operations that one person has under way, at most; the one begun longest ago goes first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signing:
    """An operation that `identity` was asked to sign; `transaction_hash` is None until the wallet sent it."""

    operation: Operation
    identity: str
    transaction_hash: Hash32 | None = None


class Signings:
    """By operation id. Of one person at most `most_of_one`, so that nobody pushes out what others were asked to sign;
    of all persons, those begun longest ago go first when there are `most`.
    """

    def __init__(self, most: int = 10_000, most_of_one: int = MOST_OF_ONE) -> None:
        self._most_of_one = most_of_one
        self._most = most
        self._signings: OrderedDict[OperationId, Signing] = OrderedDict()
        self._lock = Lock()

    def begin(self, operation: Operation, identity: str) -> None:
        """Begins one; the same operation again stays as far as it has come."""
        with self._lock:
            self._signings.setdefault(operation.id, Signing(operation=operation, identity=identity))
            own = [one.operation.id for one in self._signings.values() if one.identity == identity]
            for oldest in own[: -self._most_of_one]:
                del self._signings[oldest]
            while len(self._signings) > self._most:
                self._signings.popitem(last=False)

    def find(self, operation_id: OperationId, identity: str) -> Signing:
        """Somebody's own; `NotYours` for all others."""
        found = self.known(operation_id)
        if found is None or found.identity != identity:
            raise NotYours
        return found

    def known(self, operation_id: OperationId) -> Signing | None:
        """Whoever's it is: an id follows from who began it, and nobody else comes by it."""
        with self._lock:
            return self._signings.get(operation_id)

    def of(self, identity: str) -> list[Signing]:
        """Everything of one person, newest first."""
        with self._lock:
            return [one for one in reversed(self._signings.values()) if one.identity == identity]

    def sent(self, signing: Signing, transaction_hash: Hash32) -> Signing:
        """Remembers by which transaction it was sent."""
        told = replace(signing, transaction_hash=transaction_hash)
        with self._lock:
            if told.operation.id in self._signings:
                self._signings[told.operation.id] = told
        return told


def check_sent(signing: Signing, transaction_hash: Hash32, chain: ChainPort, to: str) -> WalletTransaction:
    """The transaction that a wallet says it sent, if it is what the page showed: of this address, to this contract,
    with these bytes, and nothing else with them; and if the kept record tells of it. `to` as the page showed it.

    Raises `NotFound` where the node does not know it (yet), and `TransactionDiffers`.
    """
    found = chain.transaction(transaction_hash, wait_seconds=WAIT_SECONDS)
    if found is None:
        raise NotFound("transaction", transaction_hash.hex0x)
    operation = signing.operation
    differing = {
        "sender": found.sender != operation.sender,
        "contract": found.to is None or found.to.hex0x != to,
        "content": found.data != operation.call.calldata,
        "value": found.value != 0,
    }
    for part, differs in differing.items():
        if differs:
            raise TransactionDiffers(part, transaction_hash.hex0x)
    try:
        check_record(operation.record, operation.call, found.sender)
    except InvalidInput as error:
        raise TransactionDiffers(error.field, transaction_hash.hex0x) from error
    return found
