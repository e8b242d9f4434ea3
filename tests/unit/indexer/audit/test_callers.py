"""Who confirmed what, and what an operator signed, is read from the transactions themselves."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from chain import calls
from chain.functions import Function
from chain.rpc import Request, RpcAnswer
from indexer.audit.callers import audit_callers
from indexer.audit.findings import Finding
from ledger.ids import Address
from ledger.vocabulary import Role
from tests.fakes.event_chain import EventChain
from tests.fakes.event_logs import ADDRESSES
from tests.fakes.ledger_world import KEYS, STRANGER, Move, World
from tests.fakes.told_moves import chain_of
from tests.unit.indexer.audit.full_life import full_life
from tests.unit.indexer.audit.parts import audit_of


@pytest.fixture(scope="module")
def world() -> World:
    return full_life()


@pytest.fixture(scope="module")
def chain(world: World) -> EventChain:
    return chain_of(world)


class WithTransactions:
    """The chain, which knows the transactions too; `changed` are other ones by the function of the move."""

    def __init__(self, chain: EventChain, world: World, changed: Mapping[str, Callable[[Any], Any]]) -> None:
        self._chain = chain
        hashes = [
            (log["transactionHash"], log["blockNumber"])
            for block in chain.blocks[2:]
            for log in block.logs
            if log["topics"][0] == LEAF
        ]
        placed = list(dict.fromkeys(hashes))
        self._blocks: dict[str, list[Any]] = {}
        for move, (transaction_hash, number) in zip(world.moves, placed, strict=True):
            made = {"hash": transaction_hash, **transaction(move)}
            made = changed.get(move.function, lambda same: same)(made)
            self._blocks.setdefault(number, []).extend([] if made is None else [made])

    @property
    def url(self) -> str:
        return "memory:"

    def call(self, method: str, params: Sequence[Any] = ()) -> Any:
        return self.try_call(method, params).unwrap()

    def batch(self, requests: Iterable[Request]) -> list[Any]:
        return [self.call(method, params) for method, params in requests]

    def try_batch(self, requests: Iterable[Request]) -> list[RpcAnswer]:
        return [self.try_call(method, params) for method, params in requests]

    def try_call(self, method: str, params: Sequence[Any] = ()) -> RpcAnswer:
        answer = self._chain.try_call(method, params)
        if method == "eth_getBlockByNumber" and params[1] and isinstance(answer.result, dict):
            return RpcAnswer(method, {**answer.result, "transactions": self._blocks.get(params[0], [])})
        return answer


LEAF = (
    "0x"
    + Function(
        "LeafAppended(uint64,bytes32,address,uint16,bytes32,address,address,uint128,bytes32,uint64,bytes32)"
    ).hash.hex()
)


def transaction(move: Move) -> dict[str, str]:
    arguments = {name: value for name, value in move.arguments.items() if name != "sender"}
    call = getattr(calls, move.function)(**arguments)
    sender = move.arguments["sender"]
    return {"to": ADDRESSES[call.contract].hex0x, "from": sender.hex0x, "input": "0x" + call.calldata.hex()}


def findings(
    folder: Path, chain: EventChain, world: World, **changed: Callable[[Any], Any]
) -> tuple[list[Finding], list[str]]:
    with audit_of(WithTransactions(chain, world, changed), chain.deployment, folder) as context:
        found = list(audit_callers(context))
        assert context.covered["callers looked at"] > 0 or found or context.facts
        return found, context.facts


def by(address: Address) -> Callable[[Any], Any]:
    return lambda made: {**made, "from": address.hex0x}


def test_callers_of_a_clean_chain_pass(tmp_path: Path, chain: EventChain, world: World) -> None:
    assert findings(tmp_path, chain, world) == ([], [])


def test_a_confirmation_by_the_proposer_is_found(tmp_path: Path, chain: EventChain, world: World) -> None:
    found, _ = findings(tmp_path, chain, world, confirm_issuance=by(KEYS[Role.TECHNICAL_CENTRE]))
    assert {one.column for one in found} == {"sender"}
    confirmations = [move for move in world.moves if move.function == "confirm_issuance"]
    assert {one.key for one in found} == {move.operation_id.hex0x for move in confirmations}


def test_a_proposal_of_another_key_is_found(tmp_path: Path, chain: EventChain, world: World) -> None:
    found, _ = findings(tmp_path, chain, world, propose_issuance=by(STRANGER))
    assert {one.column for one in found} == {"proposer"}


def test_a_header_that_was_not_signed_by_the_operator_is_found(tmp_path: Path, chain: EventChain, world: World) -> None:
    def unsigned(made: dict[str, str]) -> dict[str, str]:
        place = made["input"].rindex("0" * 60)  # the padding after the signature's 65 bytes
        text = made["input"]
        return {**made, "input": text[: place - 100] + ("1" if text[place - 100] != "1" else "2") + text[place - 99 :]}

    found, _ = findings(tmp_path, chain, world, earn_points=unsigned)
    assert {one.column for one in found} == {"signature"}


def test_a_header_that_says_something_else_than_was_signed_is_found(
    tmp_path: Path, chain: EventChain, world: World
) -> None:
    """Days, sequence and methodology stand in no leaf: only the signature binds what the event told."""
    with audit_of(WithTransactions(chain, world, {}), chain.deployment, tmp_path) as context:
        with context.replica.write() as connection:
            connection.exec_driver_sql("UPDATE batches SET first_day = first_day - 1 WHERE batch_number = 1")
        found = list(audit_callers(context))
    assert [one.column for one in found] == ["signature"]


def test_what_came_through_another_contract_is_left_to_the_ledgers(
    tmp_path: Path, chain: EventChain, world: World
) -> None:
    found, facts = findings(tmp_path, chain, world, confirm_issuance=lambda made: {**made, "to": "0x" + "77" * 20})
    assert found == []
    assert len(facts) == 1


def test_a_transaction_that_the_node_does_not_have_is_found(tmp_path: Path, chain: EventChain, world: World) -> None:
    found, _ = findings(tmp_path, chain, world, confirm_issuance=lambda _: None)
    assert {one.column for one in found} == {"*"}


def test_calls_that_are_joined_are_found(tmp_path: Path, chain: EventChain, world: World) -> None:
    multicall = Function("multicall(bytes[])")

    def joined(made: dict[str, str]) -> dict[str, str]:
        call = bytes.fromhex(made["input"][2:])
        return {**made, "input": "0x" + multicall.encode([b"\x00" * 4, call]).hex()}

    assert findings(tmp_path, chain, world, earn_points=joined, record_behaviour=joined) == ([], [])
