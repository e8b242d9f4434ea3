"""A holder's signed transaction: what is sent on and what is not."""

from typing import Any

import pytest

from chain import calls
from chain.functions import Function
from chain.operations import ContractName
from chain.raw import read_raw, send_raw
from chain.rpc import RpcError
from chain.signers import LocalSigner
from chain.transactions import Transaction
from ledger import refusals
from ledger.errors import InvalidTransaction, RpcFailure, WrongChain
from ledger.ids import Address, LotId, OperationId, RecordHash
from ledger.vocabulary import CancellationPurpose
from tests.fakes.fake_node import ADDRESSES, CHAIN_ID, DEPLOYMENT, FakeNode

HOLDER = LocalSigner(b"\x09" * 32)
CALL = calls.cancel(
    operation_id=OperationId(b"\x01" * 32),
    lot_id=LotId(b"\x02" * 32),
    grams=5,
    purpose=CancellationPurpose.VOLUNTARY_OFFSET,
    record_hash=RecordHash(b"\x03" * 32),
)
LEDGER = ADDRESSES[ContractName.REDUCTION_LEDGER]


def raw(**changes: Any) -> bytes:
    values: dict[str, Any] = {
        "chain_id": CHAIN_ID,
        "nonce": 0,
        "gas_price": 0,
        "gas": 600_000,
        "to": LEDGER,
        "data": CALL.calldata,
    }
    return HOLDER.sign_transaction(Transaction(**{**values, **changes})).raw


def test_an_operation_is_read() -> None:
    operation = read_raw(raw(), DEPLOYMENT)
    assert operation.call == CALL
    assert operation.sender == HOLDER.address


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"value": 1}, "send no value"),
        ({"to": None}, "call a contract of this ledger"),
        ({"to": Address(b"\x11" * 20)}, "call a contract of this ledger"),
        ({"to": ADDRESSES[ContractName.ACCESS_MANAGER]}, "call an operation of access_manager"),
        ({"to": ADDRESSES[ContractName.ACCOUNT_REGISTRY]}, "call an operation of account_registry"),
        ({"data": b""}, "call an operation of reduction_ledger"),
        ({"data": Function("multicall(bytes[])").encode([CALL.calldata])}, "call an operation of reduction_ledger"),
        ({"data": CALL.calldata[:4]}, "have whole arguments"),
        ({"data": CALL.calldata[:-1]}, "have whole arguments"),
        ({"data": CALL.calldata[:-32]}, "have an operation id and a record hash"),
        ({"data": CALL.calldata[:4] + bytes(32) + CALL.calldata[36:]}, "have an operation id"),
        ({"data": CALL.calldata + bytes(131_072)}, "be at most 131072 bytes"),
    ],
)
def test_other_transactions_are_not_sent_on(changes: dict[str, Any], rule: str) -> None:
    with pytest.raises(InvalidTransaction, match=rule):
        read_raw(raw(**changes), DEPLOYMENT)


def test_a_transaction_for_another_chain() -> None:
    with pytest.raises(WrongChain) as caught:
        read_raw(raw(chain_id=1), DEPLOYMENT)
    assert (caught.value.expected, caught.value.found) == (CHAIN_ID, 1)


def test_it_is_sent_and_may_be_sent_again() -> None:
    node = FakeNode(automine=False)
    operation = send_raw(node, DEPLOYMENT, raw())
    assert [transaction.signed.hash for transaction in node.pool.values()] == [operation.transaction_hash]
    assert send_raw(node, DEPLOYMENT, raw()) == operation
    node.mine()
    assert send_raw(node, DEPLOYMENT, raw()) == operation
    assert node.effects() == {CALL.operation_id: 1}


def test_a_refusal_shows_before_anything_is_sent() -> None:
    node = FakeNode()
    node.refuse[CALL.operation_id] = Function("ReductionLedger_ZeroQuantity()").selector
    with pytest.raises(refusals.ReductionLedger_ZeroQuantity):
        send_raw(node, DEPLOYMENT, raw())
    assert not node.pool


def test_the_node_refuses_the_transaction() -> None:
    node = FakeNode()
    node.reject = lambda transaction: RpcError(-32000, "Gas price not 0")
    with pytest.raises(RpcFailure, match="Gas price not 0"):
        send_raw(node, DEPLOYMENT, raw(gas_price=1))
