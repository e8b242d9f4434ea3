"""Capturing the proof of a leaf from a QBFT node, and a node that would rather not have it told."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest

from chain.operations import ContractName
from chain.rpc import RpcAnswer
from chain.sealed_receipts import capture
from ledger.errors import NotFound, NotSealed, RpcFailure
from ledger.seals.events import leaf_appended
from ledger.seals.headers import verify_header
from ledger.seals.receipts import verify_receipt
from tests.fakes.event_chain import EventChain
from tests.fakes.event_logs import ADDRESSES
from tests.fakes.sealed_chain import ADDRESSES as VALIDATORS
from tests.fakes.sealed_chain import SealedChain

LEAVES = 44


@pytest.fixture
def chain() -> EventChain:
    made = EventChain(21)
    for operations in (3, 0, 1, 40):
        made.mine(operations)
    return made


def test_every_leaf_has_a_proof(chain: EventChain) -> None:
    sealed_chain = SealedChain(chain, round=2)
    for index in range(LEAVES):
        proof = capture(sealed_chain, chain.deployment, index)
        sealed = verify_header(proof.header, VALIDATORS)
        assert sealed.block_hash.hex0x == sealed_chain.call("eth_getBlockByNumber", [hex(sealed.number), False])["hash"]
        receipt = verify_receipt(sealed.receipts_root, proof.transaction_index, proof.path)
        leaf = leaf_appended(receipt, proof.log_position, ADDRESSES[ContractName.TRANSPARENCY_LOG])
        assert (leaf.index, leaf.leaf_hash) == (index, chain.head.leaf_hashes[index])
        assert leaf.timestamp == sealed.timestamp


def test_there_is_none_of_a_leaf_that_is_not_there(chain: EventChain) -> None:
    with pytest.raises(NotFound, match=f"leaf {LEAVES}"):
        capture(SealedChain(chain), chain.deployment, LEAVES)


def test_there_is_none_on_a_chain_without_validators(chain: EventChain) -> None:
    with pytest.raises(NotSealed, match="sealed as QBFT seals blocks: it is no list in canonical RLP"):
        capture(chain, chain.deployment, 0)


def test_there_is_none_in_a_block_without_seals(chain: EventChain) -> None:
    with pytest.raises(NotSealed, match="it has no seals"):
        capture(SealedChain(chain, sealers=()), chain.deployment, 0)


def changed(**items: Any) -> Callable[[Any], Any]:
    return lambda answer: answer | items


def without(part: str) -> Callable[[Any], Any]:
    return lambda answer: {name: value for name, value in answer.items() if name != part}


def without_last(receipts: list[Any]) -> list[Any]:
    return receipts[:-1]


LIES: dict[str, tuple[str, Callable[[Any], Any], str]] = {
    "a header of another state": ("eth_getBlockByNumber", changed(stateRoot="0x" + "33" * 32), "makes the hash"),
    "another block": ("eth_getBlockByNumber", changed(hash="0x" + "33" * 32), "where block 0x"),
    "no block": ("eth_getBlockByNumber", lambda _: None, "where an object of hash"),
    "a block without its receipts' root": ("eth_getBlockByNumber", without("receiptsRoot"), "where an object of hash"),
    "a block without transactions": ("eth_getBlockByNumber", without("transactions"), "where an object of hash"),
    "a log that is none": ("eth_getLogs", lambda _: [None], "where a list of logs"),
    "a log of no block": ("eth_getLogs", lambda logs: [without("blockHash")(logs[0])], "an object of blockNumber"),
    "a receipt less": ("eth_getBlockReceipts", without_last, "receipts that make the root"),
    "a receipt changed": ("eth_getBlockReceipts", lambda given: [given[0] | {"status": "0x0"}, *given[1:]], "the root"),
    "no receipts": ("eth_getBlockReceipts", lambda _: None, "the receipts of block"),
    "a log of no transaction": ("eth_getLogs", lambda logs: [logs[0] | {"transactionIndex": "0x63"}], "more than 99"),
    "a log elsewhere": ("eth_getLogs", lambda logs: [logs[0] | {"logIndex": "0x999"}], "a receipt with log 0x999"),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_node_that_contradicts_itself_gives_no_proof(chain: EventChain, lie: str) -> None:
    method, change, said = LIES[lie]

    class Lying(SealedChain):
        def try_call(self, asked: str, params: Sequence[Any] = ()) -> RpcAnswer:
            answer = SealedChain.try_call(self, asked, params)
            return RpcAnswer(asked, change(answer.result)) if asked == method else answer

    with pytest.raises(RpcFailure, match=said):
        capture(Lying(chain), chain.deployment, 9)
