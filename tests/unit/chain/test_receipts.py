"""Receipts and headers as nodes answer them: encoded again, and held to the roots and hashes that they are under."""

import json
from pathlib import Path
from typing import Any

import pytest
import rlp
from hypothesis import given
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from chain.headers import header_rlp, is_header_of
from chain.receipts import EMPTY_ROOT, encode_receipt, read_receipts, receipt_path, receipts_root
from chain.rlp_bytes import rlp_bytes, rlp_list, rlp_number
from chain.rpc import RpcError
from ledger.errors import RpcFailure
from tests.fakes.block_headers import trie_of
from tests.fakes.event_chain import EventChain

NODES = ("goquorum-24.4.1-qbft", "geth-1.10.26-clique", "anvil-1.7.1-london")


def answers(shared: Path, node: str, method: str) -> dict[str, Any]:
    """What the node answered to a method, by the note that says why it was asked."""
    transcript = json.loads((shared / "vectors" / "rpc-transcripts" / f"{node}.json").read_text())
    asked = [each for each in transcript if each["method"] == method and each["response"].get("result")]
    return {each["note"]: each["response"]["result"] for each in asked}


@pytest.mark.parametrize("node", NODES)
def test_headers_of_real_nodes_make_their_hash(shared: Path, node: str) -> None:
    blocks = answers(shared, node, "eth_getBlockByNumber")
    for note in ("block earliest", "block latest"):
        block = blocks[note]
        block_hash = bytes.fromhex(block["hash"][2:])
        assert is_header_of(header_rlp(block), block_hash)
        for name in ("stateRoot", "receiptsRoot", "timestamp", "gasUsed", "logsBloom", "parentHash"):
            other = block[name][:-1] + ("1" if block[name][-1] == "0" else "0")
            assert not is_header_of(header_rlp(block | {name: other}), block_hash), name


@pytest.mark.parametrize("node", NODES)
def test_receipts_of_real_nodes_make_their_root(shared: Path, node: str) -> None:
    """The latest block of each transcript holds one transaction, which made a contract and emitted nothing."""
    block = answers(shared, node, "eth_getBlockByNumber")["block latest"]
    receipt = {"status": "0x1", "cumulativeGasUsed": block["gasUsed"], "logsBloom": block["logsBloom"], "logs": []}
    assert receipts_root([encode_receipt(receipt)]).hex0x == block["receiptsRoot"]
    assert receipts_root([encode_receipt(receipt | {"status": "0x0"})]).hex0x != block["receiptsRoot"]


@pytest.mark.parametrize("node", NODES)
def test_receipts_of_real_nodes_are_encoded_as_rlp_has_them(shared: Path, node: str) -> None:
    receipt = answers(shared, node, "eth_getTransactionReceipt")["receipt"]
    [log] = receipt["logs"]
    raw = bytes.fromhex
    logs = [[raw(log["address"][2:]), [raw(topic[2:]) for topic in log["topics"]], raw(log["data"][2:])]]
    body = rlp.encode([1, int(receipt["cumulativeGasUsed"], 16), raw(receipt["logsBloom"][2:]), logs])
    assert encode_receipt(receipt) == body
    assert encode_receipt(receipt | {"type": "0x2"}) == b"\x02" + body


@pytest.mark.parametrize(
    "change", [{"status": None}, {"logs": None}, {"logsBloom": "0x0"}, {"logs": [{}]}, {"type": "legacy"}]
)
def test_a_receipt_that_cannot_be_read_is_said(shared: Path, change: dict[str, Any]) -> None:
    receipt = answers(shared, NODES[0], "eth_getTransactionReceipt")["receipt"]
    with pytest.raises(RpcFailure, match="receipt"):
        encode_receipt(receipt | change)


def test_a_header_that_lacks_an_item_is_said(shared: Path) -> None:
    block = answers(shared, NODES[0], "eth_getBlockByNumber")["block latest"]
    del block["mixHash"]
    with pytest.raises(RpcFailure, match="mixHash"):
        header_rlp(block)


@given(st.lists(st.binary(min_size=33, max_size=80), max_size=300))
def test_roots_and_paths_are_those_of_py_trie(receipts: list[bytes]) -> None:
    trie = trie_of(receipts)
    assert receipts_root(receipts) == trie.root_hash
    for index in {0, len(receipts) // 2, len(receipts) - 1} if receipts else ():
        path = [rlp.decode(node) for node in receipt_path(receipts, index)]
        assert HexaryTrie.get_from_proof(trie.root_hash, rlp.encode(index), path) == receipts[index]  # type: ignore[no-untyped-call]


@given(st.lists(st.binary(min_size=1, max_size=4), max_size=140))
def test_short_values_lie_within_their_parents(values: list[bytes]) -> None:
    assert receipts_root(values) == trie_of(values).root_hash


def test_there_is_no_path_to_what_is_not_there() -> None:
    assert receipts_root([]) == EMPTY_ROOT
    for receipts, index in (([], 0), ([bytes(40)], 1), ([bytes(40)] * 130, 130)):
        with pytest.raises(IndexError):
            receipt_path(receipts, index)


@given(st.integers(0, 2**64), st.binary(max_size=300), st.lists(st.binary(max_size=60), max_size=5))
def test_rlp_piece_by_piece_is_that_of_the_library(number: int, data: bytes, members: list[bytes]) -> None:
    assert rlp_number(number) == rlp.encode(number)
    assert rlp_bytes(data) == rlp.encode(data)
    assert rlp_list(b"".join(map(rlp_bytes, members))) == rlp.encode(members)


def test_receipts_are_read_by_block_or_one_by_one() -> None:
    chain = EventChain(3)
    for operations in (5, 0, 3):
        chain.mine(operations)
    blocks = [block.header for block in chain.blocks]
    by_block = read_receipts(chain, blocks)
    assert by_block == [list(block.receipts) for block in chain.blocks]
    assert sum(len(block.receipts) for block in chain.blocks) >= 5
    chain.calls.clear()
    chain.tamper.append(lambda method, _, true: RpcError(-32601, "no") if method == "eth_getBlockReceipts" else true)
    assert read_receipts(chain, blocks) == by_block
    assert chain.calls.count("eth_getTransactionReceipt") == sum(map(len, filter(None, by_block)))


@pytest.mark.parametrize("moved", [True, False])
def test_receipts_of_a_block_that_went_are_none(moved: bool) -> None:
    chain = EventChain(3)
    header = chain.mine(2).header
    if moved:
        chain.fork(1)
        chain.mine(2)
    else:
        chain.tamper.append(lambda method, _, true: None if method == "eth_getBlockReceipts" else true)
    assert read_receipts(chain, [header]) == [None]


def test_receipts_that_are_none_are_said() -> None:
    chain = EventChain(3)
    header = chain.mine(2).header
    chain.tamper.append(lambda method, _, true: "0x" if method == "eth_getBlockReceipts" else true)
    with pytest.raises(RpcFailure, match="receipts"):
        read_receipts(chain, [header])
