"""Receipts under a root, the log's event in them, and what a cheat could make of either."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest
import rlp
import sha3
from hypothesis import given, settings
from hypothesis import strategies as st
from trie.hexary import HexaryTrie

from chain.leaves import LEAF_APPENDED as KNOWN_TO_THE_CHAIN
from chain.operations import ContractName
from chain.receipts import encode_receipt, receipt_path, receipts_root
from ledger import encoding
from ledger.errors import ProofError, ProofMalformed, ProofMismatch
from ledger.ids import Address, Hash32, OperationId
from ledger.seals.events import LEAF_APPENDED, leaf_appended
from ledger.seals.receipts import MAX_NODE_BYTES, Log, Receipt, parse_receipt, verify_receipt
from tests.fakes.block_headers import trie_of
from tests.fakes.event_chain import EventChain
from tests.fakes.event_logs import ADDRESSES, CHAIN_ID

LOG = ADDRESSES[ContractName.TRANSPARENCY_LOG]


def receipt(number: int, *, status: Any = 1, logs: Sequence[Any] = (), kind: int = 0) -> bytes:
    body: bytes = rlp.encode([status, 21_000 * (number + 1), bytes(256), list(logs)])
    return bytes([kind]) + body if kind else body


RECEIPTS = [receipt(number, kind=number % 3) for number in range(300)]
ROOT = receipts_root(RECEIPTS)
PATHS = {index: receipt_path(RECEIPTS, index) for index in (0, 1, 5, 127, 128, 255, 256, 299)}


def refused(kind: type[ProofError], root: bytes, index: int, path: Sequence[bytes]) -> str:
    with pytest.raises(ProofError) as caught:
        verify_receipt(root, index, path)
    assert (type(caught.value), caught.value.step) == (kind, "receipt")
    return caught.value.reason


def alone(value: bytes, *, index: int = 0, key: bytes | None = None) -> tuple[bytes, list[bytes]]:
    """Root and path of a block of one receipt, whatever it is."""
    node: bytes = rlp.encode([b"\x20" + rlp.encode(index) if key is None else key, value])
    return sha3.keccak_256(node).digest(), [node]


class TestPaths:
    @pytest.mark.parametrize("index", PATHS)
    def test_each_leads_to_its_receipt(self, index: int) -> None:
        assert verify_receipt(ROOT, index, PATHS[index]) == Receipt(True, ())

    def test_of_a_block_of_one(self) -> None:
        assert verify_receipt(receipts_root(RECEIPTS[:1]), 0, receipt_path(RECEIPTS[:1], 0)) == Receipt(True, ())

    @pytest.mark.parametrize(("index", "other"), [(0, 1), (1, 5), (127, 128), (255, 256), (5, 299)])
    def test_to_another_transaction(self, index: int, other: int) -> None:
        refused(ProofMismatch, ROOT, other, PATHS[index])

    def test_under_another_root(self) -> None:
        assert "node 1" in refused(ProofMismatch, bytes(32), 0, PATHS[0])
        refused(ProofMismatch, receipts_root(RECEIPTS[:299]), 0, PATHS[0])

    def test_cut_short(self) -> None:
        assert "ends before" in refused(ProofMalformed, ROOT, 5, PATHS[5][:-1])
        assert "1 to 64 nodes" in refused(ProofMalformed, ROOT, 5, [])

    def test_with_nodes_that_nothing_needs(self) -> None:
        path = PATHS[5]
        assert "1 nodes stand behind" in refused(ProofMalformed, ROOT, 5, [*path, path[0]])
        assert "2 nodes stand behind" in refused(ProofMalformed, ROOT, 5, [*path, *PATHS[299][-2:]])
        for at in range(len(path)):
            refused(ProofMismatch, ROOT, 5, [*path[:at], PATHS[299][-1], *path[at:]])
        refused(ProofMalformed, ROOT, 5, [*path, *[path[-1]] * 64])

    def test_in_another_order_or_doubled(self) -> None:
        path = PATHS[299]
        assert len(path) > 2
        refused(ProofMismatch, ROOT, 299, path[::-1])
        refused(ProofMismatch, ROOT, 299, [path[0], *path])

    def test_with_a_node_too_large(self) -> None:
        assert "more than" in refused(ProofMalformed, ROOT, 5, [*PATHS[5][:-1], bytes(MAX_NODE_BYTES + 1)])

    def test_to_where_there_is_no_receipt(self) -> None:
        """A proof that there is none is a good one to py-trie, which answers that the value is empty."""
        trie = trie_of(RECEIPTS)
        for index in (300, 511, 2**32, 2**53 - 1):
            key = rlp.encode(index)
            absent = trie.get_proof(key)  # type: ignore[no-untyped-call]
            assert HexaryTrie.get_from_proof(ROOT, key, absent) == b""  # type: ignore[no-untyped-call]
            with pytest.raises(ProofError) as caught:
                verify_receipt(ROOT, index, [rlp.encode(node) for node in absent])
            assert caught.value.step == "receipt"

    @pytest.mark.parametrize(
        "node",
        [
            [],
            [b"\x20\x80"],
            [b"", bytes(40)],
            [[], bytes(40)],
            [b"\x40\x80", bytes(40)],
            [b"\x21\x80", bytes(40)],
            [b"\x00", bytes(32)],
            [b"\x00\x80", [b""]],
            [b"\x20\x80", [bytes(40)]],
            [b""] * 16,
            [b""] * 17,
            [*[b""] * 8, [b"\x20", bytes(2)], *[b""] * 8],
            [b"\x00\x80", bytes(32)],
        ],
    )
    def test_through_a_node_that_is_none(self, node: list[Any]) -> None:
        encoded = rlp.encode(node)
        with pytest.raises(ProofError) as caught:
            verify_receipt(sha3.keccak_256(encoded).digest(), 0, [encoded])
        assert caught.value.step == "receipt"

    @pytest.mark.parametrize("key", [b"\x21\x80", b"\x40\x80", b"\x2f\x80"])
    def test_whose_hex_prefix_is_another_of_the_same(self, key: bytes) -> None:
        """py-trie reads the receipt all the same."""
        root, path = alone(RECEIPTS[0], key=key)
        assert "node 1 is none of a trie" in refused(ProofMalformed, root, 0, path)

    def test_with_an_extension_of_nothing(self) -> None:
        root, path = alone(RECEIPTS[0])
        longer = [rlp.encode([b"\x00", root]), *path]
        assert "node 1 is none of a trie" in refused(ProofMalformed, sha3.keccak_256(longer[0]).digest(), 0, longer)

    @pytest.mark.parametrize("place", [3, 16])
    @pytest.mark.parametrize("strange", [b"\x01", bytes(31), bytes(33), [], [b"\x20", b"a"]])
    def test_through_a_branch_with_something_beside_the_way(self, place: int, strange: Any) -> None:
        """Which py-trie answers with an error of its own, or takes."""
        leaf = rlp.encode([b"\x30", RECEIPTS[0]])
        branch: list[Any] = [b""] * 17
        branch[8], branch[place] = sha3.keccak_256(leaf).digest(), strange
        root = rlp.encode(branch)
        path = [root, leaf]
        assert "node 1 is none of a trie" in refused(ProofMalformed, sha3.keccak_256(root).digest(), 0, path)

    def test_that_goes_on_where_the_key_ends(self) -> None:
        path = [rlp.encode([RECEIPTS[0]] * 17)]
        for nibble in (0, 8):
            branch: list[Any] = [b""] * 17
            branch[nibble] = sha3.keccak_256(path[0]).digest()
            path.insert(0, rlp.encode(branch))
        assert "the key ends in node 3" in refused(ProofMalformed, sha3.keccak_256(path[0]).digest(), 0, path)

    def test_whose_rlp_is_another_of_the_same(self) -> None:
        node = PATHS[5][-1]
        for other in (node + b"\0", b"\xfa\0" + node[1:], node[:-1]):
            refused(ProofMalformed, ROOT, 5, [*PATHS[5][:-1], other])

    @settings(max_examples=400)
    @given(st.data())
    def test_with_any_byte_changed(self, data: st.DataObject) -> None:
        index = data.draw(st.sampled_from(sorted(PATHS)))
        path = list(PATHS[index])
        at = data.draw(st.integers(0, len(path) - 1))
        place = data.draw(st.integers(0, len(path[at]) - 1))
        byte = data.draw(st.integers(1, 255))
        path[at] = path[at][:place] + bytes([path[at][place] ^ byte]) + path[at][place + 1 :]
        with pytest.raises(ProofError):
            verify_receipt(ROOT, index, path)

    @settings(max_examples=100)
    @given(st.lists(st.binary(max_size=80), max_size=4), st.integers(0, 2**53 - 1))
    def test_of_any_bytes(self, path: list[bytes], index: int) -> None:
        root = sha3.keccak_256(path[0]).digest() if path else bytes(32)
        with pytest.raises(ProofError):
            verify_receipt(root, index, path)


class TestReceipts:
    @pytest.mark.parametrize("kind", [0, 1, 2])
    def test_of_each_type(self, kind: int) -> None:
        log = [bytes(LOG), [bytes(32)] * 4, b"data"]
        read = parse_receipt(receipt(0, kind=kind, logs=[log]))
        assert read == Receipt(True, (Log(LOG, (Hash32(bytes(32)),) * 4, b"data"),))

    def test_of_a_transaction_that_failed(self) -> None:
        assert not parse_receipt(receipt(0, status=0)).succeeded
        assert refused(ProofMalformed, *_at_zero(receipt(0, status=0))) == "its transaction failed"

    @pytest.mark.parametrize(
        "value",
        [
            b"",
            b"\x03" + receipt(0),
            b"\x00" + receipt(0),
            b"\x7f" + receipt(0),
            receipt(0) + b"\0",
            receipt(0, status=2),
            receipt(0, status=bytes(32)),
            receipt(0, status=[]),
            receipt(0, logs=[b""]),
            receipt(0, logs=[[bytes(20), []]]),
            receipt(0, logs=[[bytes(19), [], b""]]),
            receipt(0, logs=[[bytes(20), [bytes(31)], b""]]),
            receipt(0, logs=[[bytes(20), [bytes(32)] * 5, b""]]),
            receipt(0, logs=[[bytes(20), b"", b""]]),
            receipt(0, logs=[[bytes(20), [], []]]),
            rlp.encode([1, 5, bytes(256)]),
            rlp.encode([1, 5, bytes(256), [], []]),
            rlp.encode([1, b"\0\1", bytes(256), []]),
            rlp.encode([1, 2**64, bytes(256), []]),
            rlp.encode([1, 5, bytes(255), []]),
            rlp.encode([1, 5, bytes(256), b""]),
        ],
    )
    def test_that_are_none(self, value: bytes) -> None:
        refused(ProofMalformed, *_at_zero(value))


def _at_zero(value: bytes) -> tuple[bytes, int, list[bytes]]:
    root, path = alone(value)
    return root, 0, path


@pytest.fixture(scope="module")
def appended() -> tuple[EventChain, Receipt, int]:
    """A chain, the receipt of a transaction that appended a leaf, and where its event stands."""
    chain = EventChain(5)
    block = chain.mine(20)
    receipts = [encode_receipt(each) for each in block.receipts]
    root = bytes.fromhex(block.header["receiptsRoot"][2:])
    read = verify_receipt(root, 7, receipt_path(receipts, 7))
    return chain, read, len(read.logs) - 1


class TestEvents:
    def test_the_declaration_is_that_of_the_contract(self) -> None:
        assert KNOWN_TO_THE_CHAIN.signature == LEAF_APPENDED

    def test_every_value_is_read(self, appended: tuple[EventChain, Receipt, int]) -> None:
        chain, read, position = appended
        leaf = leaf_appended(read, position, LOG)
        assert leaf.leaf_hash == chain.head.leaf_hashes[leaf.index]
        hashed = encoding.log_leaf(
            chain_id=CHAIN_ID,
            ledger=leaf.ledger,
            kind=leaf.kind,
            operation_id=OperationId(leaf.operation_id),
            subject=leaf.subject,
            from_account=leaf.from_account,
            to_account=leaf.to_account,
            grams=leaf.grams,
            record_hash=leaf.record_hash,
            timestamp=leaf.timestamp,
        )
        assert hashed == leaf.leaf_hash

    def test_another_position(self, appended: tuple[EventChain, Receipt, int]) -> None:
        _, read, position = appended
        for other in (len(read.logs), 2**53 - 1, -1):
            with pytest.raises(ProofError, match="and none at") as caught:
                leaf_appended(read, other, LOG)
            assert caught.value.step == "event"
        with pytest.raises(ProofError, match="emitted it, not the log"):
            leaf_appended(read, position - 1, LOG)

    def test_a_foreign_contract(self, appended: tuple[EventChain, Receipt, int]) -> None:
        _, read, position = appended
        with pytest.raises(ProofError, match="emitted it, not the log"):
            leaf_appended(read, position, Address(bytes(20)))

    @pytest.mark.parametrize(
        "change",
        [
            lambda log: replace(log, topics=log.topics[:3]),
            lambda log: replace(log, topics=(Hash32(bytes(32)), *log.topics[1:])),
            lambda log: replace(log, data=log.data[:-1]),
            lambda log: replace(log, data=log.data + bytes(32)),
            lambda log: replace(log, topics=(*log.topics[:1], Hash32(b"\1" + bytes(31)), *log.topics[2:])),
            lambda log: replace(log, topics=(*log.topics[:3], Hash32(b"\1" + log.topics[3][1:]))),
            *(
                lambda log, at=word: replace(log, data=log.data[: at * 32] + b"\1" + log.data[at * 32 + 1 :])
                for word in (0, 2, 3, 4, 6)
            ),
        ],
    )
    def test_what_is_no_canonical_event(
        self, appended: tuple[EventChain, Receipt, int], change: Callable[[Log], Log]
    ) -> None:
        _, read, position = appended
        logs = list(read.logs)
        logs[position] = change(logs[position])
        with pytest.raises(ProofMalformed) as caught:
            leaf_appended(Receipt(True, tuple(logs)), position, LOG)
        assert caught.value.step == "event"
