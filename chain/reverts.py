"""From what a node says about a refused call to the refusal of the same name in `ledger.refusals`.

Nodes hand over revert data in different places: in the error object of eth_call as hex text (geth, GoQuorum, anvil,
Besu), after a word or inside an object (others), or only in a trace of the mined transaction. Texts are not searched:
an error is a revert if its code says so, if it carries data, or if code and text are exactly a pair known from some
node.
"""

from collections.abc import Mapping
from typing import Any

from eth_abi.exceptions import DecodingError

from chain.error_signatures import ERROR_SIGNATURES
from chain.functions import Function, decode
from chain.hexes import from_data, from_quantity, to_data, to_quantity
from chain.operations import OperationStatus
from chain.rpc import Rpc, RpcAnswer, RpcError
from chain.transactions import Transaction
from ledger.errors import Refused, RpcFailure, TanpuhuiError, UnknownRefusal
from ledger.ids import Address
from ledger.refusals import REFUSALS, refusal, refusal_from_details

OUT_OF_GAS = "it ran out of gas"
NO_REASON = "the node does not say why"

_BY_SELECTOR = {error.selector: error for error in map(Function, ERROR_SIGNATURES) if error.name in REFUSALS}
_REASON_STRING = Function("Error(string)")
_PANIC = Function("Panic(uint256)")

_REVERTED = 3  # geth's code for a revert, taken over by most
_WITHOUT_DATA = {(-32000, "execution reverted"), (-32000, "Execution reverted"), (-32015, "VM execution error.")}
_OTHER_PREFIX = "Reverted 0x"
_DATA_KEYS = ("data", "result", "output")


def refusal_from_data(data: bytes) -> Refused:
    """The refusal that revert data stands for; `UnknownRefusal` if it is none of ours."""
    error = _BY_SELECTOR.get(data[:4])
    try:
        if error is not None:
            return refusal(error.name, decode(error.types, data[4:]))
        if data[:4] == _REASON_STRING.selector:
            return UnknownRefusal(data, str(decode(_REASON_STRING.types, data[4:])[0]))
        if data[:4] == _PANIC.selector:
            return UnknownRefusal(data, f"panic {decode(_PANIC.types, data[4:])[0]:#x}")
    except (DecodingError, TanpuhuiError, ValueError):
        pass  # the selector of a known error over bytes that are not its arguments
    return UnknownRefusal(data)


def revert_data(error: RpcError) -> bytes | None:
    """The revert data that an error of eth_call or eth_estimateGas carries; None if the error is no revert."""
    data = _find_data(error.data)
    if data is not None:
        return data
    if error.code == _REVERTED or (error.code, error.message) in _WITHOUT_DATA:
        return b""
    return None


def refusal_from_answer(answer: RpcAnswer) -> Refused | None:
    """Why a call was refused, or None if it went through; `RpcFailure` for errors that are no refusal."""
    if answer.error is None:
        return None
    data = revert_data(answer.error)
    if data is None:
        raise RpcFailure(answer.method, answer.error.code, answer.error.message)
    return refusal_from_data(data) if data else UnknownRefusal(b"", NO_REASON)


def call_object(sender: Address, transaction: Transaction) -> dict[str, str]:
    """A transaction as eth_call takes it."""
    target = {} if transaction.to is None else {"to": transaction.to.hex0x}
    return {"from": sender.hex0x, **target, "gas": to_quantity(transaction.gas), "data": to_data(transaction.data)}


def refusal_of_mined(
    rpc: Rpc, sender: Address, transaction: Transaction, transaction_hash: bytes, receipt: Mapping[str, Any]
) -> Refused:
    """Why a mined transaction failed.

    A trace says it exactly. Without one (many nodes have no debug interface) the call is tried again on the state after
    its block, then before: what the same block changed may hide the reason, which is then said to be unknown.
    """
    if from_quantity(receipt["gasUsed"], "eth_getTransactionReceipt") >= transaction.gas:
        return UnknownRefusal(b"", OUT_OF_GAS)
    traced = _traced(rpc, transaction_hash)
    if traced is not None:
        return refusal_from_data(traced)
    block = from_quantity(receipt["blockNumber"], "eth_getTransactionReceipt")
    call = call_object(sender, transaction)
    for answer in rpc.try_batch(("eth_call", [call, to_quantity(number)]) for number in (block, block - 1)):
        data = None if answer.error is None else revert_data(answer.error)
        if data:
            return refusal_from_data(data)
    return UnknownRefusal(b"", NO_REASON)


def refusal_of_status(status: OperationStatus) -> Refused:
    """The refusal that an outbox saved."""
    return saved_refusal(status.error_code, status.error_arguments or {})


def saved_refusal(error_code: str | None, arguments: Mapping[str, Any]) -> Refused:
    """The refusal of this name and with these arguments, as an outbox has them."""
    if error_code in REFUSALS:
        return refusal_from_details(error_code, arguments)
    data = from_data(arguments.get("data", "0x"), "outbox")
    return UnknownRefusal(data, str(arguments.get("reason", "")))


def _traced(rpc: Rpc, transaction_hash: bytes) -> bytes | None:
    options = {"tracer": "callTracer", "tracerConfig": {"onlyTopCall": True}}
    answer = rpc.try_call("debug_traceTransaction", [to_data(transaction_hash), options])
    if answer.error is not None or not isinstance(answer.result, dict):
        return None
    output = answer.result.get("output")
    return None if not isinstance(output, str) or len(output) < len("0x") + 8 else _find_data(output)


def _find_data(data: Any) -> bytes | None:
    """Hex text, hex text after "Reverted ", or either inside an object."""
    if isinstance(data, dict):
        inner = [data[key] for key in _DATA_KEYS if key in data] or [v for v in data.values() if isinstance(v, dict)]
        return next((found for found in map(_find_data, inner) if found is not None), None)
    if not isinstance(data, str):
        return None
    text = data.removeprefix("Reverted ") if data.startswith(_OTHER_PREFIX) else data
    if not text.startswith("0x") or len(text) % 2:
        return None
    try:
        return bytes.fromhex(text[2:])
    except ValueError:
        return None
