"""A node in memory as the submitter sees it: a pool, blocks, receipts, and ledgers that apply an operation id once.

`FakeNode` is a `chain.rpc.Rpc`. `mine()` takes what the pool holds into a block, `fork(n)` takes n blocks back,
`restart()` forgets the pool. `refuse[operation_id]` is the revert data that a ledger answers this operation with. The
hooks in `before` and `after` see every request before and after it takes effect and may raise in its place.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from threading import RLock
from typing import Any

from chain.calls import BY_SELECTOR
from chain.deployment import DeployedContract, Deployment
from chain.functions import Function, keccak256, word_of_address
from chain.hexes import to_data, to_quantity
from chain.leaves import LEAF_APPENDED, OPERATION_DIGEST, operation_digest
from chain.operations import ContractName
from chain.rpc import Request, RpcAnswer, RpcError
from chain.transactions import DecodedTransaction, decode_signed
from ledger.ids import Address, Hash32

CHAIN_ID = 31_337
CODE = b"\x60\x00"
ADDRESSES = {name: Address(bytes(19) + bytes([0xC0 + place])) for place, name in enumerate(ContractName)}
GENESIS = Hash32(sha256(b"genesis").digest())
DEPLOYMENT = Deployment(
    chain_id=CHAIN_ID,
    genesis_hash=GENESIS,
    first_block=0,
    deployer=Address(bytes(19) + b"\xdd"),
    contracts={
        name: DeployedContract(address=address, code_hash=Hash32(keccak256(CODE)))
        for name, address in ADDRESSES.items()
    },
)

_CONFLICT = Function("TransparencyLog_OperationConflict(bytes32,bytes32,bytes32)")
_METHOD_NOT_FOUND = RpcError(-32601, "the method does not exist/is not available")

Hook = Callable[[str, Sequence[Any]], None]


@dataclass(frozen=True, slots=True)
class Mined:
    """A transaction in a block, and what it did."""

    transaction: DecodedTransaction
    leaf_of: bytes | None
    refused: bytes | None


@dataclass(slots=True)
class Block:
    """What a block holds, and the state after it."""

    number: int
    transactions: list[Mined] = field(default_factory=list)
    digests: dict[bytes, bytes] = field(default_factory=dict)
    nonces: dict[bytes, int] = field(default_factory=dict)


class FakeNode:
    """May be shared by threads. With `automine`, whoever asks for the head finds what was sent mined."""

    def __init__(self, *, automine: bool = True, traces: bool = True) -> None:
        self.automine = automine
        self.traces = traces
        self.refuse: dict[bytes, bytes] = {}
        self.reject: Callable[[DecodedTransaction], RpcError | None] = lambda transaction: None
        self.before: list[Hook] = []
        self.after: list[Hook] = []
        self.requests: list[str] = []
        self.blocks = [Block(0)]
        self.pool: dict[tuple[bytes, int], DecodedTransaction] = {}
        self._lock = RLock()

    @property
    def url(self) -> str:
        return "fake://node"

    def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        return self.try_call(method, params).unwrap()

    def batch(self, requests: Iterable[Request]) -> list[Any]:
        return [answer.unwrap() for answer in self.try_batch(requests)]

    def try_call(self, method: str, params: Sequence[Any] = ()) -> RpcAnswer:
        for hook in self.before:
            hook(method, params)
        with self._lock:
            self.requests.append(method)
            answer = self._answer(method, params)
        for hook in self.after:
            hook(method, params)
        return answer

    def try_batch(self, requests: Iterable[Request]) -> list[RpcAnswer]:
        return [self.try_call(method, params) for method, params in requests]

    # What a test does to it

    def mine(self) -> Block:
        """Takes every transaction whose turn it is."""
        with self._lock:
            before = self.blocks[-1]
            block = Block(before.number + 1, digests=dict(before.digests), nonces=dict(before.nonces))
            self.blocks.append(block)
            for sender, _ in sorted(self.pool):
                while (sender, block.nonces.get(sender, 0)) in self.pool:
                    transaction = self.pool.pop((sender, block.nonces.get(sender, 0)))
                    block.nonces[sender] = block.nonces.get(sender, 0) + 1
                    block.transactions.append(self._execute(transaction, block))
            return block

    def fork(self, depth: int, *, back_to_pool: bool = True) -> None:
        """Takes blocks back."""
        with self._lock:
            for block in self.blocks[-depth:]:
                for mined in block.transactions if back_to_pool else ():
                    signed = mined.transaction.signed
                    self.pool[mined.transaction.sender, signed.transaction.nonce] = mined.transaction
            del self.blocks[-depth:]

    def restart(self) -> None:
        """The pool is gone."""
        with self._lock:
            self.pool.clear()

    def effects(self) -> dict[bytes, int]:
        """How many leaves each operation has."""
        found: dict[bytes, int] = defaultdict(int)
        for block in self.blocks:
            for mined in block.transactions:
                if mined.leaf_of is not None:
                    found[mined.leaf_of] += 1
        return dict(found)

    def mined_transactions(self) -> list[Mined]:
        """In the order of the chain."""
        return [mined for block in self.blocks for mined in block.transactions]

    # What it answers

    def _answer(self, method: str, params: Sequence[Any]) -> RpcAnswer:
        handler = getattr(self, f"_{method}", None)
        if handler is None:
            return RpcAnswer(method, error=_METHOD_NOT_FOUND)
        answered = handler(*params)
        return RpcAnswer(method, error=answered) if isinstance(answered, RpcError) else RpcAnswer(method, answered)

    def _eth_chainId(self) -> str:  # noqa: N802 - named as the method is
        return to_quantity(CHAIN_ID)

    def _eth_blockNumber(self) -> str:  # noqa: N802
        if self.automine and self.pool:
            self.mine()
        return to_quantity(self.blocks[-1].number)

    def _eth_getBlockByNumber(self, number: str, full: bool) -> dict[str, str] | None:  # noqa: N802
        block = self._block(number)
        return None if block is None else {"hash": _block_hash(block).hex0x, "number": to_quantity(block.number)}

    def _eth_getCode(self, address: str, block: str) -> str:  # noqa: N802
        return to_data(CODE) if Address.from_hex(address) in ADDRESSES.values() else "0x"

    def _eth_getTransactionCount(self, address: str, tag: str) -> str:  # noqa: N802
        sender = Address.from_hex(address)
        block = self._block("latest" if tag == "pending" else tag)
        count = 0 if block is None else block.nonces.get(sender, 0)
        if tag == "pending":
            while (sender, count) in self.pool:
                count += 1
        return to_quantity(count)

    def _eth_sendRawTransaction(self, raw: str) -> str | RpcError:  # noqa: N802
        decoded = decode_signed(bytes.fromhex(raw[2:]))
        transaction = decoded.signed.transaction
        rejected = self.reject(decoded)
        if rejected is not None:
            return rejected
        if transaction.nonce < self.blocks[-1].nonces.get(decoded.sender, 0):
            return RpcError(-32000, "nonce too low")
        present = self.pool.get((decoded.sender, transaction.nonce))
        if present is not None:
            same = present.signed.hash == decoded.signed.hash
            return RpcError(-32000, "already known" if same else "replacement transaction underpriced")
        self.pool[decoded.sender, transaction.nonce] = decoded
        return to_data(decoded.signed.hash)

    def _eth_getTransactionByHash(self, transaction_hash: str) -> dict[str, str] | None:  # noqa: N802
        wanted = bytes.fromhex(transaction_hash[2:])
        pooled = any(transaction.signed.hash == wanted for transaction in self.pool.values())
        return {"hash": transaction_hash} if pooled or self._find(wanted) is not None else None

    def _eth_getTransactionReceipt(self, transaction_hash: str) -> dict[str, str] | None:  # noqa: N802
        found = self._find(bytes.fromhex(transaction_hash[2:]))
        if found is None:
            return None
        block, mined = found
        return {
            "blockNumber": to_quantity(block.number),
            "status": "0x1" if mined.refused is None else "0x0",
            "gasUsed": to_quantity(100_000),
        }

    def _eth_call(self, call: dict[str, str], tag: str) -> str | RpcError:
        block = self._block(tag)
        assert block is not None
        to, data = Address.from_hex(call["to"]), bytes.fromhex(call["data"][2:])
        if to == ADDRESSES[ContractName.TRANSPARENCY_LOG]:
            assert data[:4] == OPERATION_DIGEST.selector
            return to_data(block.digests.get(data[4:36], bytes(32)))
        _, refused, _ = self._decide(to, Address.from_hex(call["from"]), data, block)
        return "0x" if refused is None else RpcError(3, "execution reverted", to_data(refused))

    def _debug_traceTransaction(  # noqa: N802
        self, transaction_hash: str, options: dict[str, Any]
    ) -> dict[str, str] | RpcError:
        found = self._find(bytes.fromhex(transaction_hash[2:]))
        if not self.traces or found is None or found[1].refused is None:
            return _METHOD_NOT_FOUND
        return {"output": to_data(found[1].refused)}

    def _eth_getLogs(self, query: dict[str, Any]) -> list[dict[str, Any]]:  # noqa: N802
        assert Address.from_hex(query["address"]) == ADDRESSES[ContractName.TRANSPARENCY_LOG]
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        ids = query["topics"][2] if len(query["topics"]) > 2 else None
        return [
            {
                "topics": [to_data(LEAF_APPENDED.hash), to_data(bytes(32)), to_data(mined.leaf_of), to_data(bytes(32))],
                "transactionHash": to_data(mined.transaction.signed.hash),
                "blockNumber": to_quantity(block.number),
            }
            for block in self.blocks[first : last + 1]
            for mined in block.transactions
            if mined.leaf_of is not None and (ids is None or to_data(mined.leaf_of) in ids)
        ]

    def _execute(self, decoded: DecodedTransaction, block: Block) -> Mined:
        transaction = decoded.signed.transaction
        if transaction.to not in ADDRESSES.values() or transaction.to is None:
            return Mined(decoded, None, None)
        operation_id, refused, digest = self._decide(transaction.to, decoded.sender, transaction.data, block)
        if refused is not None:
            return Mined(decoded, None, refused)
        repeated = operation_id in block.digests
        block.digests[operation_id] = digest
        return Mined(decoded, None if repeated else operation_id, None)

    def _decide(self, to: Address, sender: Address, data: bytes, block: Block) -> tuple[bytes, bytes | None, bytes]:
        """Operation id, revert data or None, digest."""
        name = next(name for name, address in ADDRESSES.items() if address == to)
        assert (name, data[:4]) in BY_SELECTOR
        operation_id = data[4:36]
        given = operation_digest(to, sender, data)
        recorded = block.digests.get(operation_id)
        if recorded is not None and recorded != given:
            return operation_id, _CONFLICT.encode(operation_id, recorded, given), given
        return operation_id, None if recorded else self.refuse.get(operation_id), given

    def _find(self, transaction_hash: bytes) -> tuple[Block, Mined] | None:
        for block in self.blocks:
            for mined in block.transactions:
                if mined.transaction.signed.hash == transaction_hash:
                    return block, mined
        return None

    def _block(self, tag: str) -> Block | None:
        number = self.blocks[-1].number if tag == "latest" else int(tag, 16)
        return self.blocks[number] if number < len(self.blocks) else None


def _block_hash(block: Block) -> Hash32:
    if block.number == 0:
        return GENESIS
    return Hash32(sha256(word_of_address(bytes(20)) + block.number.to_bytes(8, "big")).digest())
