"""The chain port over the node of this instance."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Mapping
from threading import Lock
from time import monotonic, sleep
from typing import Final

from api.chain_port import WalletTransaction
from chain.deployment import Deployment
from chain.hexes import from_data, from_quantity, to_data
from chain.operations import ContractName, Operation
from chain.reverts import refusal_of_mined
from chain.rpc import Rpc
from chain.transactions import Transaction
from chain.trial import trial_request, try_operation
from chain.views import ContractViews
from chain.wiring import HAS_ROLE, HELD_AT_ONCE
from indexer.records import RecordStore
from ledger.errors import Unavailable
from ledger.ids import Address, Hash32
from ledger.records import Record, SaltSource
from ledger.vocabulary import AccountStatus, Role

_KEPT_SECONDS: Final = 5.0
_LOOK_AGAIN_SECONDS: Final = 0.3
_MOST_KEPT: Final = 1_000
_BODIES: Final = tuple(role for role in Role if role is not Role.LEDGER)


class NodeChain:
    """See the port. `records` is where records are kept; `keep_salts` is called before one is, so that what its salts
    are derived from outlasts this process.
    """

    def __init__(
        self,
        rpc: Rpc,
        deployment: Deployment,
        records: RecordStore,
        salts: SaltSource,
        *,
        keep_salts: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._rpc = rpc
        self._deployment = deployment
        self._records = records
        self._salts = salts
        self._keep_salts = keep_salts
        self._clock = clock
        self._bodies: OrderedDict[Address, tuple[frozenset[Role] | Unavailable, float]] = OrderedDict()
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
        """One batch of questions to the access manager. The answer is kept for five seconds, and so is that there was
        none: while a node is down, no page waits for it twice.
        """
        with self._lock:
            known = self._bodies.get(address)
        if known is None or self._clock() - known[1] >= _KEPT_SECONDS:
            known = (self._ask(address), self._clock())
            with self._lock:
                self._bodies[address] = known
                self._bodies.move_to_end(address)
                if len(self._bodies) > _MOST_KEPT:
                    self._bodies.popitem(last=False)
        if isinstance(known[0], Unavailable):
            raise known[0]
        return known[0]

    def _ask(self, address: Address) -> frozenset[Role] | Unavailable:
        manager = self._deployment.address(ContractName.ACCESS_MANAGER).hex0x
        questions = [to_data(HAS_ROLE.encode(int(role), address)) for role in _BODIES]
        try:
            answers = self._rpc.batch(("eth_call", [{"to": manager, "data": one}, "latest"]) for one in questions)
            held = [from_data(answer, "eth_call") == HELD_AT_ONCE for answer in answers]
        except Unavailable as error:
            return error
        return frozenset(role for role, holds in zip(_BODIES, held, strict=True) if holds)

    def has_account(self, address: Address) -> bool:
        """As the registry says now."""
        account = ContractViews(self._rpc, self._deployment).account_of(address)
        return account.status is not AccountStatus.UNKNOWN

    def try_operation(self, operation: Operation) -> None:
        """An `eth_call` from the sender on the present state."""
        refusal = try_operation(self._rpc, self._deployment, operation)
        if refusal is not None:
            raise refusal

    def transaction_request(self, operation: Operation) -> Mapping[str, str]:
        """Type 0 and a gas price of nothing, for GoQuorum takes no other, and Besu takes these too."""
        call = operation.call
        _, [tried, _] = trial_request(self._deployment, call.contract, operation.sender, call.calldata)
        return {**tried, "gasPrice": "0x0", "value": "0x0", "type": "0x0"}

    def keep_record(self, record: Record) -> None:
        """On the disk when it returns."""
        self._keep_salts()
        self._records.save([record])

    def transaction(self, transaction_hash: Hash32, *, wait_seconds: float = 0.0) -> WalletTransaction | None:
        """The node's transaction and receipt; the reason only of one that failed."""
        until = self._clock() + wait_seconds
        while (found := self._transaction(transaction_hash)) is None and self._clock() < until:
            sleep(_LOOK_AGAIN_SECONDS)
        return found

    def _transaction(self, transaction_hash: Hash32) -> WalletTransaction | None:
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
