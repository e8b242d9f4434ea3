"""What the ledger would say to an operation now: asked of the node without sending anything."""

from chain.calls import BY_SELECTOR
from chain.deployment import Deployment
from chain.gas import gas_limit
from chain.operations import ContractName, Operation
from chain.reverts import call_object, refusal_from_answer
from chain.rpc import Request, Rpc
from chain.transactions import Transaction
from ledger.errors import Refused
from ledger.ids import Address


def trial_request(deployment: Deployment, contract: ContractName, sender: Address, calldata: bytes) -> Request:
    """The question that tries a call of a ledger function on the present state."""
    call = Transaction(
        chain_id=deployment.chain_id,
        nonce=0,
        gas_price=0,
        gas=gas_limit(contract, BY_SELECTOR[contract, calldata[:4]].function.name),
        to=deployment.address(contract),
        data=calldata,
    )
    return "eth_call", [call_object(sender, call), "latest"]


def try_operation(rpc: Rpc, deployment: Deployment, operation: Operation) -> Refused | None:
    """What the ledger would refuse the operation with now; None if it would take it, or has taken it already.

    Raises `NodeUnreachable`, and `RpcFailure` where the node fails in another way than by a refusal.
    """
    call = operation.call
    method, parameters = trial_request(deployment, call.contract, operation.sender, call.calldata)
    return refusal_from_answer(rpc.try_call(method, parameters))
