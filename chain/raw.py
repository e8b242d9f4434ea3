"""A transaction that a holder signed with its own key: looked at, tried, and handed to the node.

We send nothing on that is not plainly one operation on one of our ledgers on this chain. The holder's key never comes
here; what it may do is decided by the contracts.
"""

from dataclasses import dataclass

from chain.calls import BY_SELECTOR
from chain.deployment import Deployment
from chain.hexes import to_data
from chain.operations import Call
from chain.reverts import call_object, refusal_from_answer
from chain.rpc import Rpc
from chain.transactions import SignedTransaction, decode_signed, invalid
from ledger.errors import InvalidInput, RpcFailure, WrongChain
from ledger.ids import Address, Hash32, OperationId, RecordHash

_WORD = 32


@dataclass(frozen=True, slots=True, kw_only=True)
class RawOperation:
    """What a signed transaction asks for, and who signed it."""

    call: Call
    sender: Address
    signed: SignedTransaction

    @property
    def operation_id(self) -> OperationId:
        """As its calldata names it."""
        return self.call.operation_id

    @property
    def transaction_hash(self) -> Hash32:
        """By which the node knows it."""
        return Hash32(self.signed.hash)


def read_raw(raw: bytes, deployment: Deployment) -> RawOperation:
    """Reads a signed transaction without asking the node.

    Raises `WrongChain` if it is signed for another chain, and `InvalidTransaction` if it is malformed or larger than
    128 KB, sends value, or is no call of a ledger function of this deployment.
    """
    decoded = decode_signed(raw)
    transaction = decoded.signed.transaction
    if transaction.chain_id != deployment.chain_id:
        raise WrongChain(deployment.chain_id, transaction.chain_id)
    if transaction.value != 0:
        raise invalid("send no value", transaction.value)
    name = None if transaction.to is None else deployment.name_of(transaction.to)
    if name is None:
        raise invalid("call a contract of this ledger", "none" if transaction.to is None else transaction.to.hex0x)
    function = BY_SELECTOR.get((name, transaction.data[:4]))
    if function is None:
        raise invalid(f"call an operation of {name}", to_data(transaction.data[:4]))
    if len(transaction.data) % _WORD != 4 or len(transaction.data) < 4 + 2 * _WORD:
        raise invalid("have whole arguments", f"{len(transaction.data)} bytes of calldata")
    try:
        call = Call(
            contract=name,
            function=function.function.name,
            kind=function.kind,
            operation_id=OperationId(transaction.data[4 : 4 + _WORD]),
            record_hash=RecordHash(function.record_hash_in(transaction.data)),
            calldata=transaction.data,
        )
    except InvalidInput as error:
        raise invalid(f"have an operation id and a record hash: {error.rule}", error.value) from None
    return RawOperation(call=call, sender=decoded.sender, signed=decoded.signed)


def send_raw(rpc: Rpc, deployment: Deployment, raw: bytes) -> RawOperation:
    """Reads, tries on the present state, and hands over; does not wait for a block.

    Raises as `read_raw`, the refusal if the ledger would refuse it now, `RpcFailure` if the node does, and
    `NodeUnreachable`. The same bytes may be sent again: the node has them, or the ledger has applied them.
    """
    operation = read_raw(raw, deployment)
    [mined] = rpc.batch([("eth_getTransactionReceipt", [operation.transaction_hash.hex0x])])
    if mined is not None:
        return operation
    call = call_object(operation.sender, operation.signed.transaction)
    refusal = refusal_from_answer(rpc.try_call("eth_call", [call, "latest"]))
    if refusal is not None:
        raise refusal
    answer = rpc.try_call("eth_sendRawTransaction", [to_data(raw)])
    if answer.error is not None:
        known = rpc.call("eth_getTransactionByHash", [operation.transaction_hash.hex0x])
        if known is None:
            raise RpcFailure("eth_sendRawTransaction", answer.error.code, answer.error.message)
    return operation
