"""`ConsoleChain` over the node of this instance."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic
from typing import Final

from api.web.console.chain_port import WalletTransaction
from chain.deployment import Deployment
from chain.gas import gas_limit
from chain.hexes import from_data, from_quantity, to_data, to_quantity
from chain.operations import ContractName, Operation
from chain.reverts import call_object, refusal_from_answer, refusal_of_mined
from chain.rpc import Rpc
from chain.transactions import Transaction
from chain.wiring import HAS_ROLE, HELD_AT_ONCE
from indexer.records import RecordStore
from ledger.ids import Address, Hash32
from ledger.records import Record, SaltSource
from ledger.vocabulary import Role

_KEPT_SECONDS: Final = 5.0
_MOST_KEPT: Final = 1_000
_BODIES: Final = tuple(role for role in Role if role is not Role.LEDGER)


class NodeConsoleChain:
    """See the port. `records` is where records are kept."""

    def __init__(
        self,
        rpc: Rpc,
        deployment: Deployment,
        records: RecordStore,
        salts: SaltSource,
        *,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._rpc = rpc
        self._deployment = deployment
        self._records = records
        self._salts = salts
        self._clock = clock
        self._bodies: OrderedDict[Address, tuple[frozenset[Role], float]] = OrderedDict()
        self._lock = Lock()

    @property
    def chain_id(self) -> int:
        """Of the deployment, which is held to the node's when the instance starts."""
        return self._deployment.chain_id

    @property
    def salts(self) -> SaltSource:
        """As it was given."""
        return self._salts

    def bodies_of(self, address: Address) -> frozenset[Role]:
        """One batch of questions to the access manager, kept for five seconds."""
        now = self._clock()
        with self._lock:
            known = self._bodies.get(address)
        if known is not None and now - known[1] < _KEPT_SECONDS:
            return known[0]
        manager = self._deployment.address(ContractName.ACCESS_MANAGER).hex0x
        answers = self._rpc.batch(
            ("eth_call", [{"to": manager, "data": to_data(HAS_ROLE.encode(int(role), address))}, "latest"])
            for role in _BODIES
        )
        found = frozenset(
            role for role, answer in zip(_BODIES, answers, strict=True) if from_data(answer, "eth_call") == HELD_AT_ONCE
        )
        with self._lock:
            self._bodies[address] = (found, now)
            self._bodies.move_to_end(address)
            if len(self._bodies) > _MOST_KEPT:
                self._bodies.popitem(last=False)
        return found

    def try_operation(self, operation: Operation) -> None:
        """An `eth_call` from the sender on the present state."""
        call = call_object(operation.sender, self._transaction(operation))
        refusal = refusal_from_answer(self._rpc.try_call("eth_call", [call, "latest"]))
        if refusal is not None:
            raise refusal

    def transaction_request(self, operation: Operation) -> Mapping[str, str]:
        """Type 0 and a gas price of nothing, for GoQuorum takes no other, and Besu takes these too."""
        made = self._transaction(operation)
        return {
            **call_object(operation.sender, made),
            "gasPrice": to_quantity(made.gas_price),
            "value": to_quantity(made.value),
            "type": "0x0",
        }

    def keep_record(self, record: Record) -> None:
        """On the disk when it returns."""
        self._records.save([record])

    def transaction(self, transaction_hash: Hash32) -> WalletTransaction | None:
        """The node's transaction and receipt; the reason only of one that failed."""
        asked = [transaction_hash.hex0x]
        given, receipt = self._rpc.batch([("eth_getTransactionByHash", asked), ("eth_getTransactionReceipt", asked)])
        if given is None:
            return None
        method = "eth_getTransactionByHash"
        sender = Address(from_data(given["from"], method))
        to = None if given["to"] is None else Address(from_data(given["to"], method))
        data, value = from_data(given["input"], method), from_quantity(given["value"], method)
        block_number = refusal = None
        if receipt is not None:
            block_number = from_quantity(receipt["blockNumber"], "eth_getTransactionReceipt")
            if from_quantity(receipt["status"], "eth_getTransactionReceipt") == 0:
                sent = Transaction(
                    chain_id=self.chain_id,
                    nonce=from_quantity(given["nonce"], method),
                    gas_price=0,
                    gas=from_quantity(given["gas"], method),
                    to=to,
                    data=data,
                    value=value,
                )
                refusal = refusal_of_mined(self._rpc, sender, sent, transaction_hash, receipt)
        return WalletTransaction(
            hash=transaction_hash,
            sender=sender,
            to=to,
            data=data,
            value=value,
            block_number=block_number,
            refusal=refusal,
        )

    def _transaction(self, operation: Operation) -> Transaction:
        call = operation.call
        return Transaction(
            chain_id=self.chain_id,
            nonce=0,
            gas_price=0,
            gas=gas_limit(call.contract, call.function),
            to=self._deployment.address(call.contract),
            data=call.calldata,
        )
