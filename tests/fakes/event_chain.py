"""A chain in memory as the indexer sees it: blocks and logs of our contracts, without an EVM.

`EventChain` is a `chain.rpc.Rpc`. `mine()` adds a block of operations that the reference model decided, `fork()` takes
blocks back. Logs are encoded with eth-abi, independently of `chain.events`. `tamper` holds functions that change what
is answered.
"""

import copy
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from random import Random
from typing import Any

import sha3

from chain import events
from chain.deployment import DeployedContract, Deployment
from chain.operations import ContractName
from chain.rpc import Request, RpcAnswer, RpcError
from ledger.ids import ZERO_ADDRESS, Address, Hash32, LotId
from ledger.log_tree import root
from ledger.model import Leaf, LedgerModel, ModelState
from ledger.vocabulary import OperationKind
from tests.fakes.block_headers import block_header, placed_receipts, receipts_of
from tests.fakes.event_logs import ADDRESSES, CHAIN_ID, CODE, CONTRACTS, Log, encode_log, leaf_log
from tests.fakes.ledger_life import NOW, LedgerLife, Step, new_model
from tests.fakes.points_life import PointsLife, PointsState

Tamper = Callable[[str, Sequence[Any], Any], Any]
"""Method, parameters and true result to the result that is answered."""


@dataclass(frozen=True, slots=True)
class Told:
    """A step, and the ledger before and after it."""

    step: Step
    before: ModelState
    after: ModelState


@dataclass(frozen=True, slots=True)
class Block:
    """One block, with the ledger as it was after it."""

    number: int
    hash: bytes
    parent_hash: bytes
    timestamp: int
    logs: Sequence[Log]
    state: ModelState
    leaf_hashes: Sequence[bytes]
    points: PointsState = field(default_factory=PointsState)
    header: Mapping[str, Any] = field(default_factory=dict)
    """As eth_getBlockByNumber answers it."""
    receipts: Sequence[Mapping[str, Any]] = ()
    """As eth_getBlockReceipts answers them."""


class EventChain:
    """See above. The same seed draws the same life; what happened before a fork does not come again after it."""

    def __init__(self, seed: int, *, points: float = 0) -> None:
        """`points`: which part of the operations, 0 to 1, are of providers, campaigns and points."""
        self._points = points
        self.random = Random(seed)  # noqa: S311 - made-up operations are no secret
        self.tamper: list[Tamper] = []
        self.calls: list[str] = []
        header = block_header(number=0, parent_hash=bytes(32), timestamp=NOW, nonce=bytes(8), receipts=())
        state = new_model(CONTRACTS).state()
        self.blocks = [Block(0, bytes.fromhex(header["hash"][2:]), bytes(32), NOW, (), state, (), header=header)]
        self.mine(logs=[_wiring(ContractName.TRANSPARENCY_LOG)])

    @property
    def url(self) -> str:
        """Nowhere."""
        return "memory:"

    @property
    def head(self) -> Block:
        """The last block."""
        return self.blocks[-1]

    @property
    def deployment(self) -> Deployment:
        """What the deployment file would say."""
        code_hash = Hash32(sha3.keccak_256(CODE).digest())
        return Deployment(
            chain_id=CHAIN_ID,
            genesis_hash=Hash32(self.blocks[0].hash),
            first_block=1,
            deployer=ZERO_ADDRESS,
            contracts={
                name: DeployedContract(address=address, code_hash=code_hash) for name, address in ADDRESSES.items()
            },
        )

    def root_at(self, size: int) -> bytes:
        """Root of the first so many leaves."""
        return bytes(root(self.head.leaf_hashes[:size]))

    # ------------------------------------------------------------------------------------------------------- changing

    def mine(self, operations: int = 0, *, per_transaction: int = 2, logs: Iterable[list[Log]] = ()) -> Block:
        """Adds a block with this many operations, and before them transactions with the given logs."""
        parent = self.head
        timestamp = parent.timestamp + self.random.randint(1, 60)
        model = LedgerModel.load(CONTRACTS, parent.state, timestamp)
        life = LedgerLife(model, self.random)
        points = PointsLife(model, self.random, parent.points.copy())
        told: list[list[Log]] = []
        leaves = []
        for _ in range(operations):
            if self._points and self.random.random() < self._points and (step_of_points := points.step()):
                leaves += step_of_points.leaves
                told.append(step_of_points.logs)
                continue
            before = model.state()
            step = life.step()
            leaves.append(step.leaf)
            told.append(_logs(Told(step, before, model.state())))
        starts = range(0, len(told), per_transaction)
        transactions = [*logs, *(list(chain.from_iterable(told[at : at + per_transaction])) for at in starts)]
        return self.add(transactions, timestamp, model.state(), leaves, points.state)

    def mine_points(self, act: Callable[[PointsLife], Any]) -> Block:
        """Adds a block with what `act` does, each operation in a transaction of its own."""
        parent = self.head
        timestamp = parent.timestamp + self.random.randint(1, 60)
        model = LedgerModel.load(CONTRACTS, parent.state, timestamp)
        points = PointsLife(model, self.random, parent.points.copy())
        act(points)
        leaves = [leaf for step in points.steps for leaf in step.leaves]
        return self.add([step.logs for step in points.steps], timestamp, model.state(), leaves, points.state)

    def add(
        self,
        transactions: Sequence[list[Log]],
        timestamp: int,
        state: ModelState,
        leaves: Sequence[Leaf],
        points: PointsState | None = None,
    ) -> Block:
        """Adds a block with these transactions, whatever they say."""
        parent = self.head
        number = parent.number + 1
        header = block_header(
            number=number,
            parent_hash=parent.hash,
            timestamp=timestamp,
            nonce=self.random.randbytes(8),
            receipts=receipts_of(transactions),
        )
        receipts = placed_receipts(header, transactions)
        placed = [log for receipt in receipts for log in receipt["logs"]]
        hashes = [*parent.leaf_hashes, *(leaf.hash for leaf in leaves)]
        points = parent.points if points is None else points
        block_hash = bytes.fromhex(header["hash"][2:])
        self.blocks.append(
            Block(number, block_hash, parent.hash, timestamp, placed, state, hashes, points, header, receipts)
        )
        return self.head

    def fork(self, depth: int) -> None:
        """Takes back the last `depth` blocks; others come when they are mined."""
        if depth:
            del self.blocks[-depth:]

    # ------------------------------------------------------------------------------------------------------ answering

    def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        """The result, or `RpcFailure`."""
        return self.try_call(method, params).unwrap()

    def batch(self, requests: Iterable[Request]) -> list[Any]:
        """The results, or `RpcFailure`."""
        return [answer.unwrap() for answer in self.try_batch(requests)]

    def try_batch(self, requests: Iterable[Request]) -> list[RpcAnswer]:
        """The answers."""
        return [self.try_call(method, params) for method, params in requests]

    def try_call(self, method: str, params: Sequence[Any] = ()) -> RpcAnswer:
        """The answer, changed by `tamper`."""
        self.calls.append(method)
        result = self._answer(method, params)
        for change in self.tamper:
            if not isinstance(result, RpcError):
                result = change(method, params, copy.deepcopy(result))
        return RpcAnswer(method, error=result) if isinstance(result, RpcError) else RpcAnswer(method, result)

    def _answer(self, method: str, params: Sequence[Any]) -> Any:
        match method:
            case "eth_chainId":
                return hex(CHAIN_ID)
            case "eth_blockNumber":
                return hex(self.head.number)
            case "eth_getCode":
                return "0x" + CODE.hex()
            case "eth_getBlockByNumber":
                number = int(params[0], 16)
                return self.blocks[number].header if number < len(self.blocks) else None
            case "eth_getBlockReceipts":
                number = int(params[0], 16)
                return self.blocks[number].receipts if number < len(self.blocks) else None
            case "eth_getTransactionReceipt":
                receipts = (receipt for block in self.blocks for receipt in block.receipts)
                return next((receipt for receipt in receipts if receipt["transactionHash"] == params[0]), None)
            case "eth_getBlockByHash":
                return next((block.header for block in self.blocks if "0x" + block.hash.hex() == params[0]), None)
            case "eth_getLogs":
                return self._get_logs(params[0])
            case "eth_call":
                return self._eth_call(params)
            case _:
                return RpcError(-32601, "method not found")

    def _get_logs(self, query: Mapping[str, Any]) -> Any:
        first, last = int(query["fromBlock"], 16), int(query["toBlock"], 16)
        if last > self.head.number:
            return RpcError(-32602, "block range extends beyond current head")
        wanted = query.get("topics", [])
        return [
            log
            for block in self.blocks[first : last + 1]
            for log in block.logs
            if log["address"] in query["address"]
            and all(topic in {None, there} for topic, there in zip(wanted, log["topics"], strict=False))
        ]

    def _eth_call(self, params: Sequence[Any]) -> Any:
        number = self.head.number if params[1] == "latest" else int(params[1], 16)
        if number >= len(self.blocks):
            return RpcError(-32001, "unknown block")
        hashes = self.blocks[number].leaf_hashes
        data = bytes.fromhex(params[0]["data"][2:])
        if data[:4] == sha3.keccak_256(b"size()").digest()[:4]:
            return "0x" + len(hashes).to_bytes(32, "big").hex()
        size = int.from_bytes(data[4:], "big")
        return "0x" + root(hashes[:size]).hex() if size <= len(hashes) else RpcError(3, "execution reverted")


def _wiring(contract: ContractName) -> list[Log]:
    return [encode_log(contract, events.AuthorityUpdated, ADDRESSES[ContractName.ACCESS_MANAGER])]


_SIMPLE = {
    OperationKind.ACCOUNT_FROZEN: (ContractName.ACCOUNT_REGISTRY, events.AccountFrozen, "account"),
    OperationKind.ACCOUNT_UNFROZEN: (ContractName.ACCOUNT_REGISTRY, events.AccountUnfrozen, "account"),
    OperationKind.ACCOUNT_CLOSED: (ContractName.ACCOUNT_REGISTRY, events.AccountClosed, "account"),
    OperationKind.METHODOLOGY_WITHDRAWN: (
        ContractName.METHODOLOGY_REGISTRY,
        events.MethodologyWithdrawn,
        "methodology_id",
    ),
    OperationKind.ACTIVITY_SUSPENDED: (ContractName.ACTIVITY_REGISTRY, events.ActivitySuspended, "activity_id"),
    OperationKind.ACTIVITY_RESUMED: (ContractName.ACTIVITY_REGISTRY, events.ActivityResumed, "activity_id"),
    OperationKind.ACTIVITY_CLOSED: (ContractName.ACTIVITY_REGISTRY, events.ActivityClosed, "activity_id"),
    OperationKind.ACTIVITY_WITHDRAWN: (ContractName.ACTIVITY_REGISTRY, events.ActivityWithdrawn, "activity_id"),
    OperationKind.LOT_FROZEN: (ContractName.REDUCTION_LEDGER, events.LotFrozen, "lot_id"),
    OperationKind.LOT_UNFROZEN: (ContractName.REDUCTION_LEDGER, events.LotUnfrozen, "lot_id"),
}


def _logs(told: Told) -> list[Log]:
    """What the contracts emit for a step, in their order."""
    step, leaf = told.step, told.step.leaf
    if leaf.kind in _SIMPLE:
        contract, event, argument = _SIMPLE[leaf.kind]
        return [encode_log(contract, event, step.arguments[argument], leaf.operation_id), leaf_log(leaf)]
    return [*_TELLERS[leaf.kind](told), leaf_log(leaf)]


def _account_opened(told: Told) -> list[Log]:
    step = told.step
    a = step.arguments
    values = (a["account"], step.leaf.operation_id, a["kind"], a["custody"], a["identity_commitment"])
    return [encode_log(ContractName.ACCOUNT_REGISTRY, events.AccountOpened, *values)]


def _published(told: Told) -> list[Log]:
    step = told.step
    a = step.arguments
    names = ("code", "version", "kind", "reduction_class", "effective_first_day", "effective_last_day", "document_hash")
    values = (step.leaf.subject, step.leaf.operation_id, *(a[name] for name in names))
    return [encode_log(ContractName.METHODOLOGY_REGISTRY, events.MethodologyPublished, *values)]


def _registered(told: Told) -> list[Log]:
    step, after = told.step, told.after
    registration = tuple(step.arguments[name] for name in events.Registration._fields)
    reduction_class = next(
        activity.reduction_class for key, activity in after.activities.items() if key == step.leaf.subject
    )
    values = (step.leaf.subject, step.leaf.operation_id, registration, reduction_class)
    return [encode_log(ContractName.ACTIVITY_REGISTRY, events.ActivityRegistered, *values)]


def _proposed(told: Told) -> list[Log]:
    step = told.step
    a = step.arguments
    values = (step.leaf.operation_id, a["activity_id"], step.sender, a["first_day"], a["last_day"], a["grams"])
    return [encode_log(ContractName.REDUCTION_LEDGER, events.IssuanceProposed, *values)]


def _confirmed(told: Told) -> list[Log]:
    step, after = told.step, told.after
    lot = after.lots[LotId(step.leaf.subject)]
    values = (
        step.leaf.subject,
        step.leaf.operation_id,
        step.arguments["proposal_id"],
        lot.activity_id,
        lot.methodology_id,
        lot.reduction_class,
        lot.first_day,
        lot.last_day,
        lot.credited_account,
        lot.first_serial,
        lot.issued_grams,
        lot.taken_back_grams,
    )
    return [
        _moved(step, ZERO_ADDRESS, lot.credited_account, lot.issued_grams - lot.taken_back_grams),
        encode_log(ContractName.REDUCTION_LEDGER, events.IssuanceConfirmed, *values),
    ]


def _rejected(told: Told) -> list[Log]:
    step = told.step
    values = (step.leaf.operation_id, step.arguments["proposal_id"])
    return [encode_log(ContractName.REDUCTION_LEDGER, events.IssuanceRejected, *values)]


def _transferred(told: Told) -> list[Log]:
    step = told.step
    a = step.arguments
    values = (a["lot_id"], a["from_account"], a["to"], step.leaf.operation_id, a["grams"])
    return [
        _moved(step, a["from_account"], a["to"], a["grams"]),
        encode_log(ContractName.REDUCTION_LEDGER, events.ReductionTransferred, *values),
    ]


def _cancelled(told: Told) -> list[Log]:
    step, after = told.step, told.after
    a = step.arguments
    certificate = after.certificates[after.certificate_count]
    values = (
        a["lot_id"],
        a["account"],
        certificate.number,
        step.leaf.operation_id,
        a["purpose"],
        a["grams"],
        certificate.first_serial,
    )
    return [
        _moved(step, a["account"], ZERO_ADDRESS, a["grams"]),
        encode_log(ContractName.REDUCTION_LEDGER, events.ReductionCancelled, *values),
    ]


def _corrected(told: Told) -> list[Log]:
    step, after = told.step, told.after
    a = step.arguments
    lot = after.lots[a["lot_id"]]
    taken = lot.taken_back_grams - told.before.lots[a["lot_id"]].taken_back_grams
    account = lot.credited_account
    values = (a["lot_id"], account, step.leaf.operation_id, a["grams"], taken, a["grams"] - taken)
    return [
        _moved(step, account, ZERO_ADDRESS, taken),
        encode_log(ContractName.REDUCTION_LEDGER, events.ReductionCorrected, *values),
    ]


def _moved(step: Step, giver: Address, receiver: Address, grams: int) -> Log:
    lot_id = step.arguments.get("lot_id", step.leaf.subject)
    return encode_log(ContractName.REDUCTION_LEDGER, events.TransferSingle, step.sender, giver, receiver, lot_id, grams)


_TELLERS: Mapping[OperationKind, Callable[[Told], list[Log]]] = {
    OperationKind.ACCOUNT_OPENED: _account_opened,
    OperationKind.METHODOLOGY_PUBLISHED: _published,
    OperationKind.ACTIVITY_REGISTERED: _registered,
    OperationKind.ISSUANCE_PROPOSED: _proposed,
    OperationKind.ISSUANCE_CONFIRMED: _confirmed,
    OperationKind.ISSUANCE_REJECTED: _rejected,
    OperationKind.REDUCTION_TRANSFERRED: _transferred,
    OperationKind.REDUCTION_CANCELLED: _cancelled,
    OperationKind.REDUCTION_CORRECTED: _corrected,
}
