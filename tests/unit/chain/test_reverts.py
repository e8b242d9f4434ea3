"""Refusals out of what nodes answer, by their own transcripts where we have them."""

import json
from pathlib import Path
from typing import Any

import pytest
from eth_abi.abi import encode

from chain.error_signatures import ERROR_SIGNATURES
from chain.functions import Function
from chain.operations import ContractName, OperationState, OperationStatus
from chain.reverts import (
    NO_REASON,
    OUT_OF_GAS,
    refusal_from_answer,
    refusal_from_data,
    refusal_of_mined,
    refusal_of_status,
    revert_data,
)
from chain.rpc import Request, RpcAnswer, RpcError
from chain.transactions import Transaction
from ledger import refusals
from ledger.errors import RpcFailure, UnknownRefusal
from ledger.ids import Address, LotId, OperationId, RecordHash
from ledger.refusals import REFUSALS
from ledger.vocabulary import AccountStatus, CancellationPurpose, OperationKind, ReductionClass
from tests.unit.chain.abi import entries

ACCOUNT = Address(b"\x07" * 20)
NOT_ACTIVE = Function("AccountRegistry_NotActive(address,uint8)").encode(ACCOUNT, 2)
MET_BY_NOBODY = {
    # OpenZeppelin's, on ways that are closed: delayed and scheduled calls, `execute`, changes of authority, proxies,
    "AccessManagedInvalidAuthority",
    "AccessManagedRequiredDelay",
    "AccessManagerAlreadyScheduled",
    "AccessManagerBadConfirmation",
    "AccessManagerExpired",
    "AccessManagerInvalidInitialAdmin",
    "AccessManagerLockedRole",
    "AccessManagerNotReady",
    "AccessManagerNotScheduled",
    "AccessManagerUnauthorizedCall",
    "AccessManagerUnauthorizedCancel",
    "AccessManagerUnauthorizedConsume",
    "AddressEmptyCode",
    "FailedCall",
    # token transfers and approvals past our operations,
    "ERC1155InsufficientBalance",
    "ERC1155InvalidApprover",
    "ERC1155InvalidArrayLength",
    "ERC1155InvalidOperator",
    "ERC1155InvalidReceiver",
    "ERC1155InvalidSender",
    "ERC1155MissingApprovalForAll",
    # the name of a domain that does not fit, which ours does,
    "InvalidShortString",
    "StringTooLong",
    # and numbers that our own checks bound before they are narrowed.
    "SafeCastOverflowedUintDowncast",
}
"""Errors in the ABI that need no refusal. Never one of ours: those are met, or they are not declared."""

NODES = ["anvil-1.7.1-london", "geth-1.10.26-clique", "goquorum-24.4.1-qbft"]


def test_the_errors_are_those_of_the_contracts() -> None:
    assert set(ERROR_SIGNATURES) == {one for contract in ContractName for one in entries(contract, "error")}


def test_every_error_of_the_contracts_has_a_refusal() -> None:
    declared = {signature.partition("(")[0] for signature in ERROR_SIGNATURES}
    assert declared - MET_BY_NOBODY == set(REFUSALS)
    assert declared >= MET_BY_NOBODY
    assert not [name for name in MET_BY_NOBODY if "_" in name], "an error of our own is met"


def test_a_known_error_becomes_the_refusal_of_its_name() -> None:
    assert refusal_from_data(NOT_ACTIVE) == refusals.AccountRegistry_NotActive(ACCOUNT, AccountStatus.FROZEN)
    data = Function("ReductionLedger_PurposeNotAllowed(uint256,uint8,uint8)").encode(5, 2, 4)
    assert refusal_from_data(data) == refusals.ReductionLedger_PurposeNotAllowed(
        LotId.from_token_id(5), ReductionClass.II, CancellationPurpose.ETS_COMPLIANCE
    )


@pytest.mark.parametrize("signature", [one for one in ERROR_SIGNATURES if one.partition("(")[0] in REFUSALS])
def test_every_error_is_decoded(signature: str) -> None:
    error = Function(signature)
    values = {"address": ACCOUNT.hex0x, "bytes32": b"\x01" * 32, "string": "PV-1"}
    data = error.encode(*(values.get(kind, 1) for kind in error.types))
    assert type(refusal_from_data(data)).__name__ == error.name


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", ""),
        (b"\x01\x02", ""),
        (bytes.fromhex("deadbeef"), ""),
        (NOT_ACTIVE[:10], ""),  # known selector, cut arguments
        (NOT_ACTIVE[:-1] + b"\x09", ""),  # no such status
        (Function("Error(string)").encode("no"), "no"),
        (Function("Panic(uint256)").encode(0x11), "panic 0x11"),
        (Function("ERC1155InvalidReceiver(address)").encode(ACCOUNT), ""),
    ],
)
def test_other_data_is_an_unknown_refusal(data: bytes, reason: str) -> None:
    assert refusal_from_data(data) == UnknownRefusal(data, reason)


@pytest.mark.parametrize(
    "error",
    [
        RpcError(3, "execution reverted", "0x" + NOT_ACTIVE.hex()),  # geth, GoQuorum, anvil
        RpcError(-32000, "Execution reverted", "0x" + NOT_ACTIVE.hex()),  # Besu
        RpcError(-32015, "VM execution error.", "Reverted 0x" + NOT_ACTIVE.hex()),  # Nethermind, OpenEthereum
        RpcError(-32603, "Error: reverted", {"message": "…", "txHash": "0x00", "data": "0x" + NOT_ACTIVE.hex()}),
        RpcError(-32603, "Error: reverted", {"originalError": {"code": 3, "data": "0x" + NOT_ACTIVE.hex()}}),
    ],
)
def test_revert_data_is_found_where_nodes_put_it(error: RpcError) -> None:
    assert revert_data(error) == NOT_ACTIVE


@pytest.mark.parametrize(
    "error",
    [
        RpcError(-32601, "the method eth_call does not exist"),
        RpcError(-32000, "header not found"),
        RpcError(-32000, "insufficient funds for gas * price + value", "0xodd"),
        RpcError(-32602, "BlockOutOfRangeError: execution reverted in the text is not enough"),
        RpcError(-32000, "x", {"note": "nothing here"}),
        RpcError(-32000, "x", "0x123"),
        RpcError(-32000, "x", 7),
    ],
)
def test_other_errors_are_no_refusals(error: RpcError) -> None:
    assert revert_data(error) is None
    with pytest.raises(RpcFailure):
        refusal_from_answer(RpcAnswer("eth_call", error=error))


def test_a_call_that_goes_through_is_no_refusal() -> None:
    assert refusal_from_answer(RpcAnswer("eth_call", "0x")) is None


@pytest.mark.parametrize("node", NODES)
@pytest.mark.parametrize("method", ["eth_call", "eth_estimateGas"])
def test_transcripts_of_real_nodes(shared: Path, node: str, method: str) -> None:
    """Every revert in them has no data; everything else that failed is no revert."""
    transcript = json.loads((shared / "vectors/rpc-transcripts" / f"{node}.json").read_text())
    seen = 0
    for entry in transcript:
        error = entry["response"].get("error")
        if error is None:
            continue
        reverted = revert_data(RpcError(error["code"], error["message"], error.get("data")))
        if entry["method"] == method:
            assert reverted == b"", entry["note"]
            seen += 1
        elif entry["method"] not in {"eth_call", "eth_estimateGas"}:
            assert reverted is None, entry["note"]
    assert seen


class Answers:
    """A node that gives prepared answers."""

    url = "fake://node"

    def __init__(self, trace: RpcAnswer, calls: list[RpcAnswer]) -> None:
        self._trace = trace
        self._calls = calls
        self.blocks: list[str] = []

    def call(self, method: str, params: Any = ()) -> Any:
        return self.try_call(method, params).unwrap()

    def batch(self, requests: Any) -> list[Any]:
        return [answer.unwrap() for answer in self.try_batch(requests)]

    def try_call(self, method: str, params: Any = ()) -> RpcAnswer:
        assert method == "debug_traceTransaction"
        return self._trace

    def try_batch(self, requests: Any) -> list[RpcAnswer]:
        asked: list[Request] = list(requests)
        self.blocks = [params[1] for _, params in asked]
        return self._calls


TRANSACTION = Transaction(chain_id=1, nonce=0, gas_price=0, gas=600_000, to=ACCOUNT, data=b"\x01\x02\x03\x04")
NO_TRACE = RpcAnswer("debug_traceTransaction", error=RpcError(-32601, "the method does not exist"))
WENT_THROUGH = RpcAnswer("eth_call", "0x")
REVERTED = RpcAnswer("eth_call", error=RpcError(3, "execution reverted", "0x" + NOT_ACTIVE.hex()))
SILENT = RpcAnswer("eth_call", error=RpcError(-32000, "execution reverted"))


@pytest.mark.parametrize(
    ("trace", "calls", "gas_used", "expected"),
    [
        (RpcAnswer("t", {"output": "0x" + NOT_ACTIVE.hex()}), [], 1, refusal_from_data(NOT_ACTIVE)),
        (NO_TRACE, [REVERTED, WENT_THROUGH], 1, refusal_from_data(NOT_ACTIVE)),
        (NO_TRACE, [WENT_THROUGH, REVERTED], 1, refusal_from_data(NOT_ACTIVE)),
        (RpcAnswer("t", {"output": "0x"}), [SILENT, REVERTED], 1, refusal_from_data(NOT_ACTIVE)),
        (RpcAnswer("t", {}), [SILENT, SILENT], 1, UnknownRefusal(b"", NO_REASON)),
        (RpcAnswer("t", None), [WENT_THROUGH, WENT_THROUGH], 1, UnknownRefusal(b"", NO_REASON)),
        (NO_TRACE, [], 600_000, UnknownRefusal(b"", OUT_OF_GAS)),
    ],
)
def test_why_a_mined_transaction_failed(
    trace: RpcAnswer, calls: list[RpcAnswer], gas_used: int, expected: Exception
) -> None:
    node = Answers(trace, calls)
    receipt = {"blockNumber": "0x10", "gasUsed": hex(gas_used)}
    assert refusal_of_mined(node, ACCOUNT, TRANSACTION, b"\x01" * 32, receipt) == expected
    if calls:
        assert node.blocks == ["0x10", "0xf"]


@pytest.mark.parametrize(
    "refusal",
    [
        refusals.AccountRegistry_NotActive(ACCOUNT, AccountStatus.CLOSED),
        refusals.ReductionLedger_InsufficientBalance(ACCOUNT, LotId(b"\x01" * 32), 2**60, 2**61),
        UnknownRefusal(b"\x01\x02", "no"),
    ],
)
def test_a_refusal_survives_the_outbox(refusal: refusals.ContractRefusal) -> None:
    status = OperationStatus(
        operation_id=OperationId(b"\x01" * 32),
        state=OperationState.REFUSED,
        sender=ACCOUNT,
        contract=ContractName.REDUCTION_LEDGER,
        kind=OperationKind.REDUCTION_TRANSFERRED,
        calldata=b"",
        record_hash=RecordHash(b"\x02" * 32),
        error_code=type(refusal).__name__,
        error_arguments=json.loads(json.dumps(refusal.details())),
    )
    assert refusal_of_status(status) == refusal


def test_encode_is_eth_abis() -> None:
    assert NOT_ACTIVE[4:] == encode(["address", "uint8"], [bytes(ACCOUNT), 2])
