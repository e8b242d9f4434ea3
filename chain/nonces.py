"""The line of nonces of one key: who is next, what is signed for it, and how it gets to the node.

Signed bytes are in the outbox before the node sees them. The line opens by handing over again whatever was signed
before and is not mined yet, so that no nonce of an earlier run is left out: the chain takes nonces in order only.
"""

import threading
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

from chain.calls import BY_SELECTOR
from chain.deployment import Deployment
from chain.gas import EMPTY, gas_limit
from chain.hexes import from_quantity, to_data
from chain.operations import OperationStatus, Outbox, SentTransaction
from chain.rpc import Rpc, RpcError
from chain.signers import Signer
from chain.transactions import SignedTransaction, Transaction, decode_signed
from ledger.errors import KeyInUse, OperationConflict, RefusedMeanwhile, RpcFailure
from ledger.ids import Address


@dataclass(frozen=True, slots=True)
class Flight:
    """An operation with the transaction that carries it."""

    status: OperationStatus
    signed: SignedTransaction

    @property
    def nonce(self) -> int:
        """The transaction's place in the line."""
        return self.signed.transaction.nonce


class NonceLine:
    """May be shared by threads. `gas_price` in wei."""

    def __init__(self, rpc: Rpc, deployment: Deployment, signer: Signer, outbox: Outbox, gas_price: int) -> None:
        self._rpc = rpc
        self._deployment = deployment
        self._signer = signer
        self._outbox = outbox
        self._gas_price = gas_price
        self._lock = threading.Lock()
        self._next: int | None = None
        # One thread hands batches over in their order, while the next ones are saved and signed.
        self._courier = ThreadPoolExecutor(1, thread_name_prefix="tanpuhui-courier")

    def close(self) -> None:
        """Ends the courier's thread."""
        self._courier.shutdown()

    def forget(self) -> None:
        """After a failure: the line opens anew, from the outbox and the chain, when it is next used."""
        with self._lock:
            self._next = None

    def open(self) -> None:
        """Checks that the node serves the deployment and finds the next nonce. Does nothing if the line is open."""
        with self._lock:
            if self._next is None:
                self._deployment.check(self._rpc)
                self._next = self._reopened()

    @property
    def address(self) -> Address:
        """The key's address."""
        return self._signer.address

    def observe(self) -> None:
        """Goes on after what another program has sent with the key since we last looked."""
        mined = self.mined()
        with self._lock:
            if self._next is not None:
                self._next = max(self._next, mined)

    def mined(self, block: str = "latest") -> int:
        """How many nonces of the key are spent as of a block."""
        params = [self._signer.address.hex0x, block]
        return from_quantity(self._rpc.call("eth_getTransactionCount", params), "eth_getTransactionCount")

    def launch(self, statuses: Sequence[OperationStatus]) -> tuple[list[Flight], Future[None]]:
        """Signs for the next nonces, saves the signed bytes, and hands them over in the background.

        Raises `RefusedMeanwhile`, with nothing sent. The future fails with
        `NodeUnreachable` (then the flights have to be handed over again), `KeyInUse` or `RpcFailure`.
        """
        self.open()
        with self._lock:
            if self._next is None:  # forgotten by another thread since
                self._next = self._reopened()
            flights = [self._sign(status, self._next + place) for place, status in enumerate(statuses)]
            self._mark_sent(flights)
            self._next += len(flights)
            return flights, self._courier.submit(self._hand_over, flights)

    def hand_over_again(self, flights: Sequence[Flight]) -> None:
        """Sends the same bytes once more: a node that lost them takes them, one that has them says so."""
        refused = self._send(flights)
        mined = self.mined() if refused else 0
        for flight, error in refused:
            if flight.nonce >= mined:
                raise RpcFailure("eth_sendRawTransaction", error.code, error.message)

    def in_flight(self, status: OperationStatus) -> Flight:
        """A saved operation that was signed before, from the outbox."""
        assert status.raw_transaction is not None  # noqa: S101 - the state is SENT
        return Flight(status, decode_signed(status.raw_transaction).signed)

    def _reopened(self) -> int:
        mined = self.mined()
        sent = [status for status in self._outbox.unfinished(self._signer.address) if status.nonce is not None]
        waiting = {flight.nonce: flight for flight in map(self.in_flight, sent) if flight.nonce >= mined}
        if not waiting:
            return mined
        self._fill_gaps(mined, waiting)
        for flight, _ in self._send([waiting[nonce] for nonce in sorted(waiting)]):
            self._sign_again(flight)
        return max(waiting) + 1

    def _fill_gaps(self, mined: int, waiting: dict[int, Flight]) -> None:
        """A nonce that nothing waits for would hold up all that follow: it gets a transaction that does nothing."""
        for nonce in range(mined, max(waiting)):
            if nonce not in waiting:
                empty = self._signed(nonce, EMPTY, to=self._signer.address, data=b"")
                self._rpc.try_call("eth_sendRawTransaction", [to_data(empty.raw)])

    def _sign_again(self, flight: Flight) -> None:
        """The node refuses the bytes of an earlier run, perhaps for their gas price: the same nonce, signed as now."""
        if flight.nonce < self.mined():
            return  # mined meanwhile, by whatever transaction: the operation's own fate is looked at apart
        again = self._sign(flight.status, flight.nonce)
        self._mark_sent([again])
        self._hand_over([again])

    def _mark_sent(self, flights: Sequence[Flight]) -> None:
        """`RefusedMeanwhile` if another process of this key had one of them refused: none may be handed over then."""
        try:
            self._outbox.mark_sent([_sent(flight) for flight in flights])
        except OperationConflict as error:
            raise RefusedMeanwhile(error.operation_id) from error

    def _hand_over(self, flights: Sequence[Flight]) -> None:
        for flight, error in self._send(flights):
            address = self._signer.address
            counts = self._rpc.batch(("eth_getTransactionCount", [address.hex0x, tag]) for tag in ("latest", "pending"))
            if any(from_quantity(count, "eth_getTransactionCount") > flight.nonce for count in counts):
                raise KeyInUse(address, flight.nonce)
            raise RpcFailure("eth_sendRawTransaction", error.code, error.message)

    def _send(self, flights: Sequence[Flight]) -> list[tuple[Flight, RpcError]]:
        """The flights that the node neither takes nor has, asked twice: it may forget one between our questions."""
        refused = self._try_to_send(flights)
        return self._try_to_send([flight for flight, _ in refused]) if refused else []

    def _try_to_send(self, flights: Sequence[Flight]) -> list[tuple[Flight, RpcError]]:
        answers = self._rpc.try_batch(("eth_sendRawTransaction", [to_data(flight.signed.raw)]) for flight in flights)
        refused = [
            (flight, answer.error) for flight, answer in zip(flights, answers, strict=True) if answer.error is not None
        ]
        # Nodes word it differently when they have a transaction already: what counts is whether they have it.
        known = self._rpc.batch(("eth_getTransactionByHash", [to_data(flight.signed.hash)]) for flight, _ in refused)
        return [pair for pair, transaction in zip(refused, known, strict=True) if transaction is None]

    def _sign(self, status: OperationStatus, nonce: int) -> Flight:
        function = BY_SELECTOR[status.contract, status.calldata[:4]].function
        to = self._deployment.address(status.contract)
        signed = self._signed(nonce, gas_limit(status.contract, function.name), to=to, data=status.calldata)
        return Flight(status, signed)

    def _signed(self, nonce: int, gas: int, *, to: Address, data: bytes) -> SignedTransaction:
        return self._signer.sign_transaction(
            Transaction(
                chain_id=self._deployment.chain_id, nonce=nonce, gas_price=self._gas_price, gas=gas, to=to, data=data
            )
        )


def _sent(flight: Flight) -> SentTransaction:
    return SentTransaction(
        operation_id=flight.status.operation_id,
        nonce=flight.nonce,
        transaction_hash=flight.signed.hash,
        raw_transaction=flight.signed.raw,
    )
