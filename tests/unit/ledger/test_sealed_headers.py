"""Headers that validators sealed: one of Besu, one of GoQuorum, and what a cheat could make of them."""

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import rlp
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.headers import header_rlp
from ledger.errors import InvalidInput, ProofError, ProofMalformed
from ledger.ids import Address
from ledger.seals.headers import MAX_HEADER_BYTES, parse_header, quorum, verify_header
from tests.fakes.block_headers import block_header
from tests.fakes.sealed_chain import ADDRESSES, STRANGER, VALIDATORS, QbftHeader, keccak

HEADER = QbftHeader.of(
    block_header(number=7, parent_hash=bytes(31) + b"\1", timestamp=1_700_000_000, nonce=bytes(8), receipts=())
)
GOOD = HEADER.sealed_by(VALIDATORS[:3])


@pytest.fixture(scope="module")
def besu(shared: Path) -> dict[str, Any]:
    vector: dict[str, Any] = json.loads((shared / "vectors" / "qbft-header-7528.json").read_text())
    return vector


def validators_in(header: bytes) -> list[Address]:
    """Those that the header itself names; a verifier never looks there."""
    return [Address(address) for address in rlp.decode(rlp.decode(header)[12])[1]]


def refused(step: str, header: bytes, validators: Sequence[Address] = ADDRESSES) -> str:
    """Why the header is refused, at that step."""
    with pytest.raises(ProofError) as caught:
        verify_header(header, validators)
    assert caught.value.step == step
    return caught.value.reason


class TestRealHeaders:
    def test_besu(self, besu: dict[str, Any]) -> None:
        data = bytes.fromhex(besu["header_rlp_with_seals"])
        header = parse_header(data)
        assert header.sealed_hash.hex() == besu["commit_hash"]
        assert header.block_hash.hex() == besu["onchain_hash_derived_here_not_in_source"]
        assert (header.number, header.round) == (besu["number"], besu["round"])
        sealed = verify_header(data, validators_in(data))
        assert sealed.block_hash == header.block_hash
        assert set(sealed.sealers) <= set(validators_in(data))
        assert len(sealed.sealers) == 3

    def test_every_changed_byte_of_besus_header_is_refused(self, besu: dict[str, Any]) -> None:
        data = bytes.fromhex(besu["header_rlp_with_seals"])
        validators = validators_in(data)
        for at in range(len(data)):
            for changed in {data[at] ^ 1, data[at] ^ 0x80, 0, 0xFF} - {data[at]}:
                with pytest.raises(ProofError):
                    verify_header(data[:at] + bytes([changed]) + data[at + 1 :], validators)

    def test_goquorum(self, shared: Path) -> None:
        transcript = json.loads((shared / "vectors" / "rpc-transcripts" / "goquorum-24.4.1-qbft.json").read_text())
        by_note = {each["note"]: each["response"].get("result") for each in transcript if "result" in each["response"]}
        block, validators = by_note["block latest"], [Address.from_hex(text) for text in by_note["validators"]]
        sealed = verify_header(header_rlp(block), validators)
        assert sealed.block_hash.hex0x == block["hash"]
        assert sealed.receipts_root.hex0x == block["receiptsRoot"]
        assert len(sealed.sealers) == 3
        assert "0 of 4 validators sealed it" in refused("seals", header_rlp(by_note["block earliest"]), validators)


def test_a_sealed_header_says_what_it_holds() -> None:
    sealed = verify_header(GOOD, ADDRESSES)
    assert (sealed.number, sealed.timestamp) == (7, 1_700_000_000)
    assert sealed.receipts_root == HEADER.items["receiptsRoot"]
    assert sealed.block_hash == HEADER.block_hash
    assert sealed.sealers == ADDRESSES[:3]
    assert verify_header(HEADER.sealed_by(reversed(VALIDATORS)), ADDRESSES).sealers == ADDRESSES[::-1]


@pytest.mark.parametrize(("validators", "needed"), [(1, 1), (2, 2), (3, 2), (4, 3), (5, 4), (6, 4), (7, 5), (100, 67)])
def test_two_thirds_rounded_up(validators: int, needed: int) -> None:
    assert quorum(validators) == needed


class TestSeals:
    def test_too_few(self) -> None:
        assert "2 of 4 validators sealed it, and 3 are needed" in refused("seals", HEADER.sealed_by(VALIDATORS[:2]))
        assert "0 of 4" in refused("seals", HEADER.sealed_by(()))

    def test_a_doubled_one(self) -> None:
        reason = refused("seals", HEADER.sealed_by((*VALIDATORS[:2], VALIDATORS[0])))
        assert reason == f"seal 3 is the second one of {ADDRESSES[0]}"
        assert "second one" in refused("seals", HEADER.sealed_by((*VALIDATORS, VALIDATORS[3])))

    def test_a_strangers(self) -> None:
        assert "which is no pinned validator" in refused("seals", HEADER.sealed_by((*VALIDATORS[:2], STRANGER)))
        assert "which is no pinned validator" in refused("seals", HEADER.sealed_by((STRANGER, *VALIDATORS)))

    def test_validators_of_the_header_are_not_believed(self) -> None:
        own = replace(HEADER, validators=[STRANGER.public_key.format()[:20]])
        assert "which is no pinned validator" in refused("seals", own.sealed_by([STRANGER] * 1))
        assert verify_header(own.sealed_by(VALIDATORS), ADDRESSES).sealers == ADDRESSES

    @pytest.mark.parametrize(
        "change",
        [
            lambda seal: bytes(65),
            lambda seal: bytes(31) + b"\1" + seal[32:64] + b"\2",  # of which libsecp256k1 recovers a key
            lambda seal: bytes(32) + seal[32:],
            lambda seal: b"\xff" * 32 + seal[32:],
            lambda seal: seal[:64] + b"\2",
            lambda seal: seal[:64] + b"\x1b",
            lambda seal: seal[:32] + bytes(32) + seal[64:],
        ],
    )
    def test_nobodys(self, change: Callable[[bytes], bytes]) -> None:
        seals = list(parse_header(GOOD).seals)
        assert "seal 2 is nobody's" in refused("seals", HEADER.encode([seals[0], change(seals[1]), seals[2]]))

    def test_the_other_signature_of_the_same_key(self) -> None:
        """Of r, s and r, -s both recover to the key; validators make the one with the low s."""
        order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141
        first, *others = parse_header(GOOD).seals
        high = (order - int.from_bytes(first[32:64], "big")).to_bytes(32, "big")
        other = first[:32] + high + bytes([1 - first[64]])
        assert "seal 1 is nobody's" in refused("seals", HEADER.encode([other, *others]))

    def test_of_another_round(self) -> None:
        seals = parse_header(replace(HEADER, round=1).sealed_by(VALIDATORS)).seals
        refused("seals", HEADER.encode(seals))
        other = replace(HEADER, round=1)
        assert verify_header(other.encode(seals), ADDRESSES).block_hash == HEADER.block_hash

    @pytest.mark.parametrize("name", ["stateRoot", "receiptsRoot", "parentHash", "transactionsRoot"])
    def test_of_another_state(self, name: str) -> None:
        refused("seals", HEADER.changed(**{name: b"\7" * 32}).encode(parse_header(GOOD).seals))

    @pytest.mark.parametrize("pins", [(), (ADDRESSES[0], *ADDRESSES)])
    def test_pins_that_are_none(self, pins: tuple[Address, ...]) -> None:
        with pytest.raises(InvalidInput, match="validators"):
            verify_header(GOOD, pins)


def with_item(name: str, value: Any) -> bytes:
    return HEADER.changed(**{name: value}).sealed_by(VALIDATORS)


def extra(*items: Any) -> bytes:
    fields = [*rlp.decode(GOOD)]
    fields[12] = rlp.encode(list(items))
    encoded: bytes = rlp.encode(fields)
    return encoded


VANITY, NAMED, SEALS = bytes(32), list(ADDRESSES), list(parse_header(GOOD).seals)
MALFORMED = {
    "empty": b"",
    "no list": rlp.encode(b"header"),
    "too long": replace(HEADER, validators=[bytes(20)] * (MAX_HEADER_BYTES // 20)).sealed_by(VALIDATORS),
    "cut": GOOD[:-1],
    "with a tail": GOOD + b"\0",
    "of long form": b"\xfa\0" + GOOD[1:],
    "nested without end": b"".join(b"\xf9" + (3 * depth).to_bytes(2, "big") for depth in range(20_000, 0, -1)),
    "one item short": rlp.encode(rlp.decode(GOOD)[:14]),
    "one item long": rlp.encode([*rlp.decode(GOOD), 1, *[bytes(32)] * 5]),
    "a list in it": rlp.encode([[], *rlp.decode(GOOD)[1:]]),
    "narrow root": with_item("stateRoot", bytes(31)),
    "wide miner": with_item("miner", bytes(21)),
    "narrow bloom": with_item("logsBloom", bytes(255)),
    "wide number": with_item("number", 2**64),
    "leading zero": with_item("timestamp", b"\0\1"),
    "wide nonce": with_item("nonce", bytes(9)),
    "extraData of a plain chain": rlp.encode([*rlp.decode(GOOD)[:12], b"geth", *rlp.decode(GOOD)[13:]]),
    "extraData a list": rlp.encode([*rlp.decode(GOOD)[:12], [b""], *rlp.decode(GOOD)[13:]]),
    "no round": extra(VANITY, NAMED, [], SEALS),
    "six in extraData": extra(VANITY, NAMED, [], 0, SEALS, []),
    "narrow vanity": extra(bytes(31), NAMED, [], 0, SEALS),
    "narrow validator": extra(VANITY, [bytes(19)], [], 0, SEALS),
    "validators no list": extra(VANITY, b"", [], 0, SEALS),
    "vote of three": extra(VANITY, NAMED, [bytes(20), b"", b""], 0, SEALS),
    "vote of another kind": extra(VANITY, NAMED, [bytes(20), b"\1"], 0, SEALS),
    "vote of no address": extra(VANITY, NAMED, [bytes(21), b""], 0, SEALS),
    "vote no list": extra(VANITY, NAMED, b"", 0, SEALS),
    "wide round": extra(VANITY, NAMED, [], 2**32, SEALS),
    "round with zero": extra(VANITY, NAMED, [], b"\0", SEALS),
    "round a list": extra(VANITY, NAMED, [], [], SEALS),
    "narrow seal": extra(VANITY, NAMED, [], 0, [SEALS[0][:64]]),
    "seals no list": extra(VANITY, NAMED, [], 0, b""),
}


@pytest.mark.parametrize("name", MALFORMED)
def test_what_is_no_header(name: str) -> None:
    with pytest.raises(ProofMalformed) as caught:
        verify_header(MALFORMED[name], ADDRESSES)
    assert caught.value.step == "header"


@pytest.mark.parametrize("vote", [(bytes(20), b""), (bytes(20), b"\0"), (bytes(20), b"\xff")])
def test_votes_do_not_matter(vote: tuple[bytes, bytes]) -> None:
    assert verify_header(replace(HEADER, vote=vote).sealed_by(VALIDATORS), ADDRESSES).number == 7


@pytest.mark.parametrize("appended", range(6))
def test_headers_of_later_forks(appended: int) -> None:
    """Each fork appends: base fee, withdrawals, blob gas used and excess, beacon root, requests."""
    tail = (7, bytes(32), 0, 0, bytes(32), bytes(32))[: appended + 1]
    items = [*rlp.decode(GOOD)[:15], *tail]

    def encoded(seals: Sequence[bytes]) -> bytes:
        items[12] = HEADER.extra_data(seals)
        result: bytes = rlp.encode(items)
        return result

    seals = [key.sign_recoverable(keccak(encoded([])), hasher=None) for key in VALIDATORS]
    assert verify_header(encoded(seals), ADDRESSES).sealers == ADDRESSES


@settings(max_examples=300)
@given(st.integers(0, len(GOOD) - 1), st.integers(0, 255))
def test_any_changed_byte_is_refused(at: int, byte: int) -> None:
    changed = GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]
    if changed != GOOD:
        with pytest.raises(ProofError):
            verify_header(changed, ADDRESSES)


@settings(max_examples=300)
@given(st.binary(max_size=400))
def test_any_bytes_at_all_are_refused_and_nothing_else(data: bytes) -> None:
    with pytest.raises(ProofMalformed):
        verify_header(data, ADDRESSES)


def test_lists_without_end_are_refused_whatever_the_recursion_limit() -> None:
    """The library recurses, and with the limit that py_ecc sets the process would end; in one of its own, then."""
    nested = b"\xc0"
    while len(nested) < MAX_HEADER_BYTES - 4:
        size = len(nested)
        head = bytes([0xC0 + size]) if size < 56 else b"\xf9" + size.to_bytes(2, "big")
        nested = (head if size < 56 or size > 255 else b"\xf8" + bytes([size])) + nested
    program = (
        "import sys; sys.setrecursionlimit(100_000)\n"
        "from ledger.errors import ProofMalformed\n"
        "from ledger.seals.headers import parse_header\n"
        "try: parse_header(bytes.fromhex(sys.stdin.read()))\n"
        "except ProofMalformed as error: print(error.step)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], input=nested.hex(), capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout) == (0, "header\n"), run.stderr
