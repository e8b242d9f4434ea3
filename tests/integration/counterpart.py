"""The contracts as the counterpart of `ledger.model`: the same moves, the same refusals, the same state to compare."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from eth_abi.abi import encode as abi_encode

from chain import calls
from chain.calls import CAMPAIGN_TYPE, COMMITMENT_TYPE
from chain.deployment import Deployment
from chain.functions import Function, decode, keccak256
from chain.hexes import from_data, to_data, to_quantity
from chain.node import AnvilNode
from chain.operations import Call, ContractName
from chain.reverts import refusal_of_mined
from chain.roles import BUY_BACK
from chain.transactions import Transaction
from chain.views import ContractViews
from ledger import encoding
from ledger.batches import NO_ENTRIES
from ledger.errors import Refused
from ledger.ids import ZERO_HASH, ActivityId, Address, Hash32
from ledger.model import Batch, Contracts, LedgerModel, Lot, ModelState
from ledger.vocabulary import BatchKind, ReductionClass
from tests.fakes.ledger_world import Move

GAS = 5_000_000

ROLE_CHANGES = {
    "grant_role": Function("grantRole(uint64,address,uint32)"),
    "revoke_role": Function("revokeRole(uint64,address)"),
}

REGISTRATION = "(string,uint8,bytes32,address,address,uint32,uint32,bytes32,bytes32,uint128)"
PUBLICATION = "(string,uint32,uint8,uint8,uint32,uint32,bytes32)"
ACTIVITY = f"({REGISTRATION},uint8,uint8,uint128,uint128)"
LOT = "(bytes32,bytes32,uint8,bool,uint32,uint32,address,uint128,uint128,uint128,uint128,uint128)"

PROVIDER = "((uint8,bytes32,bytes32,bytes32),uint8)"
BATCH = f"(uint8,uint8,uint64,uint64,uint64,bytes32,{COMMITMENT_TYPE},uint64,uint64)"
NO_BATCH = Batch(kind=BatchKind.NONE, reduction_class=ReductionClass.NONE, party=ZERO_HASH, commitment=NO_ENTRIES)

View = tuple[ContractName, str, tuple[Any, ...], str]
"""A read: contract, function, arguments, type of the answer."""


def call_of(name: str, arguments: Mapping[str, Any]) -> Call:
    """The call that a move of the model stands for."""
    call: Call = getattr(calls, name)(**{key: value for key, value in arguments.items() if key != "sender"})
    return call


def _buy_back(arguments: Mapping[str, Any]) -> bytes:
    """The point ledger's own call within a redemption."""
    names = ("redeem_id", "provider", "reduction_class", "grams", "record_hash")
    return BUY_BACK.encode(*(arguments[name] for name in names))


class Counterpart:
    """Contracts on an anvil that mines only when it is told to."""

    def __init__(self, node: AnvilNode, deployment: Deployment) -> None:
        self.node = node
        self._rpc = node.rpc
        self.deployment = deployment
        self._rpc.call("anvil_autoImpersonateAccount", [True])

    @property
    def contracts(self) -> Contracts:
        """The addresses that the model needs."""
        address = self.deployment.address
        return Contracts(
            chain_id=self.deployment.chain_id,
            account_registry=address(ContractName.ACCOUNT_REGISTRY),
            methodology_registry=address(ContractName.METHODOLOGY_REGISTRY),
            activity_registry=address(ContractName.ACTIVITY_REGISTRY),
            reduction_ledger=address(ContractName.REDUCTION_LEDGER),
            provider_registry=address(ContractName.PROVIDER_REGISTRY),
            campaign_registry=address(ContractName.CAMPAIGN_REGISTRY),
            point_ledger=address(ContractName.POINT_LEDGER),
        )

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is done inside is undone."""
        snapshot = self.node.snapshot()
        try:
            yield
        finally:
            self.node.revert(snapshot)

    def views(self) -> ContractViews:
        """Typed reads of the contracts as they are now."""
        return ContractViews(self._rpc, self.deployment)

    def digest(self, name: str, arguments: Mapping[str, Any]) -> Hash32:
        """ITransparencyLog.Entry.digest: `keccak256(abi.encode(ledger, sender, calldata))`."""
        if name == "buy_back":
            contract, calldata = ContractName.REDUCTION_LEDGER, _buy_back(arguments)
        else:
            call = call_of(name, arguments)
            contract, calldata = call.contract, call.calldata
        ledger = self.deployment.address(contract)
        return Hash32(keccak256(abi_encode(("address", "address", "bytes"), (ledger, arguments["sender"], calldata))))

    def apply(self, move: Move, timestamp: int) -> Refused | None:
        """Sends a move in a block of its own, at `timestamp` seconds; why it was refused, or None."""
        call = call_of(move.function, move.arguments)
        return self._send(call.contract, move.arguments["sender"], call.calldata, timestamp)

    def change_roles(self, name: str, arguments: Mapping[str, Any], timestamp: int) -> Refused | None:
        """Sends `grant_role` or `revoke_role` of the model; why it was refused, or None."""
        delay = (0,) if name == "grant_role" else ()
        calldata = ROLE_CHANGES[name].encode(int(arguments["role"]), arguments["account"], *delay)
        return self._send(ContractName.ACCESS_MANAGER, arguments["sender"], calldata, timestamp)

    def state(self, state: ModelState) -> dict[str, Any]:
        """What the contracts say about everything that `state` names, in the shape of `state_of_model`."""
        views = list(_views(state))
        requests = [("eth_call", [self._call_object(view), "latest"]) for view in views]
        answers = self._rpc.batch(requests)
        return {
            _label(view): _plain(decode([view[3]], from_data(answer, "eth_call"))[0])
            for view, answer in zip(views, answers, strict=True)
        }

    def _call_object(self, view: View) -> dict[str, str]:
        contract, signature, arguments, _ = view
        data = Function(signature).encode(*arguments)
        return {"to": self.deployment.address(contract).hex0x, "data": to_data(data)}

    def _send(self, contract: ContractName, sender: Address, calldata: bytes, timestamp: int) -> Refused | None:
        to = self.deployment.address(contract)
        transaction = {"from": sender.hex0x, "to": to.hex0x, "data": to_data(calldata), "gas": to_quantity(GAS)}
        sent = self._rpc.call("eth_sendTransaction", [{**transaction, "gasPrice": "0x0"}])
        self._rpc.call("evm_mine", [timestamp])
        receipt = self._rpc.call("eth_getTransactionReceipt", [sent])
        if receipt["status"] == "0x1":
            return None
        mined = Transaction(chain_id=self.deployment.chain_id, nonce=0, gas_price=0, gas=GAS, to=to, data=calldata)
        return refusal_of_mined(self._rpc, sender, mined, from_data(sent, "eth_sendTransaction"), receipt)


def state_of_model(model: LedgerModel) -> dict[str, Any]:
    """The model's state in the words of the contracts' views."""
    state = model.state()
    return {_label(view): _plain(answer) for view, answer in zip(_views(state), _answers(model, state), strict=True)}


def _views(state: ModelState) -> Iterable[View]:
    registries = ContractName.ACCOUNT_REGISTRY, ContractName.METHODOLOGY_REGISTRY, ContractName.ACTIVITY_REGISTRY
    accounts, methodologies, activities = registries
    ledger, log = ContractName.REDUCTION_LEDGER, ContractName.TRANSPARENCY_LOG
    for address in state.accounts:
        yield accounts, "accountOf(address)", (address,), "(uint8,uint8,uint8,bytes32)"
        yield ledger, "heldGrams(address)", (address,), "uint256"
        for lot_id in state.lots:
            yield ledger, "balanceOf(address,uint256)", (address, lot_id.token_id), "uint256"
    for methodology_id in state.methodologies:
        yield methodologies, "methodologyOf(bytes32)", (methodology_id,), f"({PUBLICATION},uint8)"
    for activity_id, activity in state.activities.items():
        yield activities, "activityOf(bytes32)", (activity_id,), ACTIVITY
        yield activities, "debtorOf(bytes32)", (activity_id,), "bytes32"
        debtor = encoding.debtor_id(
            activity_id=activity_id,
            facility_id=activity.registration.facility_id,
            reduction_class=activity.reduction_class,
        )
        yield activities, "deficitOf(bytes32)", (debtor,), "uint128"
        yield activities, "liveActivityOf(bytes32)", (activity.registration.facility_id,), "bytes32"
    for proposal_id in state.proposals:
        yield ledger, "proposalOf(bytes32)", (proposal_id,), "(bytes32,uint32,uint32,uint128,address,uint8)"
    for lot_id, lot in state.lots.items():
        yield ledger, "lotOf(uint256)", (lot_id.token_id,), LOT
        for day in _days_about(lot):
            yield activities, "isCredited(bytes32,uint32)", (lot.activity_id, day), "bool"
    yield from _point_views(state)
    for operation_id in state.operations:
        yield log, "operationDigest(bytes32)", (operation_id,), "bytes32"
    for reduction_class in ReductionClass:
        yield ledger, "totalsOf(uint8)", (int(reduction_class),), "(uint128,uint128,uint128,uint128,uint128)"
    yield ledger, "certificateCount()", (), "uint64"
    yield ledger, "nextSerial()", (), "uint128"
    yield log, "size()", (), "uint64"
    yield log, "root()", (), "bytes32"


def _answers(model: LedgerModel, state: ModelState) -> Iterable[Any]:
    """The model's answers to `_views`, in their order."""
    for address, account in state.accounts.items():
        yield account.kind, account.status, account.custody, account.identity_commitment
        yield model.held_grams(address)
        yield from (model.balance(address, lot_id) for lot_id in state.lots)
    for methodology in state.methodologies.values():
        *publication, status = _fields(methodology)
        yield publication, status
    for activity_id, activity in state.activities.items():
        registration, reduction_class, status, *grams = _fields(activity)
        yield _fields(registration), status, reduction_class, *grams
        debtor = model.debtor(activity_id)
        yield from (debtor, model.deficit_grams(debtor))
        yield model.live_activity(activity.registration.facility_id) or bytes(32)
    for proposal in state.proposals.values():
        yield _fields(proposal)
    for lot in state.lots.values():
        activity_id, methodology_id, reduction_class, first, last, credited, serial, issued, frozen, *grams = _fields(
            lot
        )
        days = first, last
        yield activity_id, methodology_id, reduction_class, frozen, *days, credited, serial, issued, *grams
        for day in _days_about(lot):
            yield model.is_credited(activity_id, day)
    yield from _point_answers(model, state)
    yield from state.operations.values()
    yield from (_fields(model.totals(reduction_class)) for reduction_class in ReductionClass)
    yield from (model.certificate_count, model.next_serial, model.log_size, model.log_root())


def _days_about(one: Lot | Batch) -> Iterable[int]:
    """First and last day, and those outside; what has no days has zeros."""
    return (max(one.first_day - 1, 0), one.first_day, one.last_day, one.last_day + 1)


def _point_views(state: ModelState) -> Iterable[View]:
    points, providers = ContractName.POINT_LEDGER, ContractName.PROVIDER_REGISTRY
    for address in state.accounts:
        yield providers, "providerOf(address)", (address,), PROVIDER
        yield points, "heldGrams(address)", (address,), "uint256"
        for one in ReductionClass:
            yield points, "poolOf(address,uint8)", (address, int(one)), "uint128"
    for campaign_id in state.campaigns:
        yield ContractName.CAMPAIGN_REGISTRY, "campaignOf(bytes32)", (campaign_id,), f"({CAMPAIGN_TYPE},uint8)"
        for one in ReductionClass:
            yield points, "campaignPoolOf(bytes32,uint8)", (campaign_id, int(one)), "uint128"
    for number in range(len(state.batches) + 2):
        yield points, "batchOf(uint64)", (number,), BATCH
    roots = [batch.commitment.root for batch in state.batches.values()]
    yield from ((points, "batchOfRoot(bytes32)", (root,), "uint64") for root in roots)
    for activity_id in state.activities:
        yield points, "nextSequence(bytes32)", (activity_id,), "uint64"
        yield points, "behaviourValueOf(bytes32)", (activity_id,), "uint128"
    for batch in (batch for batch in state.batches.values() if batch.kind is BatchKind.EARN):
        for day in _days_about(batch):
            yield ContractName.ACTIVITY_REGISTRY, "isEarned(bytes32,uint32)", (batch.party, day), "bool"
    for one in ReductionClass:
        yield points, "totalsOf(uint8)", (int(one),), f"({','.join(['uint128'] * 7)})"
        yield points, "latestSnapshot(uint8)", (int(one),), "uint64"
    yield points, "batchCount()", (), "uint64"


def _point_answers(model: LedgerModel, state: ModelState) -> Iterable[Any]:
    """The model's answers to `_point_views`, in their order."""
    for address in state.accounts:
        *admission, status = _fields(model.provider(address))
        yield admission, status
        yield model.pooled_grams(address)
        yield from (model.pool(address, one) for one in ReductionClass)
    for campaign_id, campaign in state.campaigns.items():
        *content, campaign_status = _fields(campaign)
        yield content, campaign_status
        yield from (model.campaign_pool(campaign_id, one) for one in ReductionClass)
    for number in range(len(state.batches) + 2):
        yield _stored(model.batch(number) or NO_BATCH)
    yield from (model.batch_of_root(batch.commitment.root) for batch in state.batches.values())
    for activity_id in state.activities:
        yield from (model.next_sequence(activity_id), model.behaviour_value(activity_id))
    for batch in state.batches.values():
        if batch.kind is BatchKind.EARN:
            yield from (model.is_earned(ActivityId(batch.party), day) for day in _days_about(batch))
    for one in ReductionClass:
        yield _fields(model.point_totals(one))
        yield model.latest_snapshot(one)
    yield model.batch_count


def _stored(batch: Batch) -> tuple[Any, ...]:
    """As `IPointLedger.Batch` has it: without the days."""
    return (
        *(batch.kind, batch.reduction_class, batch.withheld_grams, batch.first_certificate, batch.corrected_grams),
        *(batch.party, _fields(batch.commitment), batch.personal_class_i_grams, batch.personal_class_ii_grams),
    )


def _fields(value: Any) -> tuple[Any, ...]:
    return tuple(getattr(value, name) for name in value.__dataclass_fields__)


def _label(view: View) -> str:
    _, signature, arguments, _ = view
    return f"{signature.partition('(')[0]}({', '.join(map(str, map(_plain, arguments)))})"


def _plain(value: Any) -> Any:
    """Bytes and addresses as 0x-hex, numbers as int, so that both sides compare."""
    if isinstance(value, (tuple, list)):
        return tuple(map(_plain, value))
    if isinstance(value, bytes):
        return "0x" + value.hex()
    if isinstance(value, (bool, str)):
        return value
    return int(value)
