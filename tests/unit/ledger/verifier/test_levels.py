"""What is pinned decides what is verified, and whom one believes."""

import sys
from dataclasses import dataclass, replace
from typing import Any

import pytest

from ledger.bundle import Bundle, LogProof
from ledger.errors import InvalidInput, InvalidKey, Json, NodeUnreachable, SealsNotInstalled
from ledger.ids import Address, Hash32
from ledger.notes import KeyType, Note
from ledger.verifier import Level, SealedBlock, Trust, Verdict, verify
from tests.fakes import sealed_bundles
from tests.fakes.bundles import COSIGNED_AT, BundleWorld, good_bundles, signer
from tests.fakes.sealed_chain import ADDRESSES, STRANGER, VALIDATORS, address_of

WORLD = BundleWorld()
FIRST = WORLD.cancel_reductions()
BUNDLE = WORLD.bundle(FIRST)
DATA = BUNDLE.to_bytes()
ORIGIN = WORLD.deployment.origin
WHOLE = WORLD.trust()


@dataclass(frozen=True)
class Node:
    """A node that says what it is told to."""

    chain_id: int = WORLD.chain_id
    genesis_hash: Hash32 = WORLD.deployment.genesis_hash
    root: Hash32 | None = WORLD.checkpoint().root

    def root_at(self, log: Address, size: int) -> Hash32 | None:
        assert (log, size) == (WORLD.deployment.transparency_log, len(WORLD.leaves))
        return self.root


def steps(verdict: Verdict) -> list[int]:
    return [step.number for step in verdict.passed]


def failed(verdict: Verdict) -> str:
    assert verdict.failed is not None
    assert verdict.facts is None
    return f"{verdict.failed}: {verdict.reason}"


class TestGood:
    @pytest.mark.parametrize("name", good_bundles(BundleWorld()))
    def test_bundles_of_every_kind_verify(self, name: str) -> None:
        world = BundleWorld()
        bundle = good_bundles(world)[name]
        assert verify(bundle.to_bytes(), world.trust()).verified is (name != "unsigned")
        assert Bundle.from_json(bundle.to_json()) == Bundle.from_bytes(bundle.to_bytes()) == bundle
        assert len(bundle.to_bytes()) < 8_000

    def test_all_steps_are_named_in_order(self) -> None:
        verdict = verify(DATA, WHOLE)
        assert verdict.level is Level.WITNESSED
        assert [str(step) for step in verdict.passed] == [
            *("1 size", "2 json", "3 form", "4 deployment", "5 record", "6 leaf", "7 subject", "8 lot", "9 agreement"),
            *("10 entry", "11 checkpoint", "12 inclusion", "13 log-signature", "14 witnesses"),
        ]

    def test_the_facts_are_those_of_the_cancellation(self) -> None:
        facts = verify(DATA, WHOLE).facts
        assert facts is not None
        assert (facts.number, facts.kind, facts.grams, facts.first_serial, facts.last_serial) == (
            *(1, "reductions", 462_500_000, 1, 462_500_000),
        )
        assert facts.fields is not None
        assert facts.fields["beneficiary"] == "上海某某有限公司"
        assert "field_names" not in facts.fields
        assert [one.timestamp for one in facts.cosignatures] == [COSIGNED_AT + number for number in (1, 2, 3)]
        assert facts.log_size == len(WORLD.leaves)

    def test_what_is_hidden_is_not_in_the_facts(self) -> None:
        narrow = BUNDLE.hide(("beneficiary", "account"), lot=True)
        facts = verify(narrow.to_bytes(), WHOLE).facts
        assert facts is not None
        assert facts.withheld == ("account", "beneficiary")
        assert facts.lot is None
        assert "上海某某有限公司" not in str(facts.to_json())

    def test_a_persons_points_are_the_entrys(self) -> None:
        world = BundleWorld()
        points = world.cancel_points(grams=500)
        facts = verify(world.bundle(points).to_bytes(), world.trust()).facts
        assert facts is not None
        assert (facts.grams, facts.kind, facts.number) == (503, "points", 4)
        assert facts.entry["details"] == {"reference": "cancel-3"}


class TestLevels:
    def test_log(self) -> None:
        verdict = verify(DATA, Trust(origin=ORIGIN, log_key=WHOLE.log_key))
        assert (verdict.level, verdict.verified, steps(verdict)[-1]) == (Level.LOG, True, 13)
        assert verify(DATA, WHOLE, level=Level.LOG).level is Level.LOG

    def test_witnessed_needs_each_of_its_quorum(self) -> None:
        two = replace(
            BUNDLE,
            proof=WORLD.log_proof(FIRST, checkpoint=WORLD.note(WORLD.checkpoint(), witnesses=WORLD.witness_keys[:2])),
        ).to_bytes()
        for quorum, holds in ((1, True), (2, True), (3, False)):
            verdict = verify(two, WORLD.trust(quorum=quorum))
            assert verdict.verified is holds
        assert "2 of 3 pinned witnesses cosigned, and 3 are needed" in failed(verify(two, WORLD.trust(quorum=3)))

    def test_node(self) -> None:
        verdict = verify(DATA, Trust(origin=ORIGIN), node=Node())
        assert (verdict.level, verdict.verified) == (Level.NODE, True)
        assert steps(verdict) == [*range(1, 13), 15]
        unsigned = replace(BUNDLE, proof=WORLD.log_proof(FIRST, checkpoint=WORLD.checkpoint().text))
        assert verify(unsigned.to_bytes(), Trust(origin=ORIGIN), node=Node()).verified
        assert verify(DATA, WHOLE, node=Node()).level is Level.WITNESSED
        assert verify(DATA, WHOLE, node=Node(), level=Level.NODE).level is Level.NODE

    @pytest.mark.parametrize(
        ("node", "reason"),
        [
            (Node(chain_id=1), "the node serves chain 1, not 31337"),
            (Node(genesis_hash=Hash32(bytes(32))), "the node's first block is 0x00"),
            (Node(root=None), "the chain's log has not reached"),
            (Node(root=Hash32(bytes(32))), "the chain's root at"),
        ],
    )
    def test_node_of_another_chain_or_root(self, node: Node, reason: str) -> None:
        assert failed(verify(DATA, Trust(origin=ORIGIN), node=node)).startswith(f"15 chain: {reason}")

    def test_a_node_out_of_reach_decides_nothing(self) -> None:
        class Silent(Node):
            def root_at(self, log: Address, size: int) -> Hash32 | None:
                raise NodeUnreachable("http://node")

        with pytest.raises(NodeUnreachable):
            verify(DATA, Trust(origin=ORIGIN), node=Silent())

    def test_nothing_is_verified_without_pins(self) -> None:
        with pytest.raises(InvalidInput, match=r"^trust must pin a log key, validators or a node"):
            verify(DATA, Trust(origin=ORIGIN))
        with pytest.raises(InvalidInput, match=r"^level must be one that is pinned: log, but is .witnessed"):
            verify(DATA, WORLD.trust(quorum=0), level=Level.WITNESSED)
        with pytest.raises(InvalidInput, match=r"^level must be one that is pinned"):
            verify(DATA, WHOLE, level=Level.NODE)


class TestSealed:
    TRUST = sealed_bundles.trust(WORLD)

    def bundle(self, **of_the_block: Any) -> bytes:
        return sealed_bundles.sealed_bundle(WORLD, FIRST, **of_the_block).to_bytes()

    def test_good(self) -> None:
        verdict = verify(self.bundle(), self.TRUST)
        assert (verdict.level, verdict.verified) == (Level.SEALED, True)
        assert [str(step) for step in verdict.passed[10:]] == ["11 header", "12 seals", "13 receipt", "14 event"]
        assert verdict.facts is not None
        assert isinstance(verdict.facts.block, SealedBlock)
        assert verdict.facts.block.number == 9

    @pytest.mark.parametrize(
        ("sealers", "reason"),
        [
            (VALIDATORS[:2], "2 of 4 validators sealed it, and 3 are needed"),
            ([*VALIDATORS[:2], VALIDATORS[1]], "seal 3 is the second one of"),
            ([*VALIDATORS[:3], STRANGER], "seal 4 is by"),
            ([], "0 of 4 validators sealed it"),
        ],
    )
    def test_seals(self, sealers: list[Any], reason: str) -> None:
        assert failed(verify(self.bundle(sealers=sealers), self.TRUST)).startswith(f"12 seals: {reason}")

    def test_other_validators_pinned(self) -> None:
        others = replace(self.TRUST, validators=(*ADDRESSES[:3], address_of(STRANGER)))
        assert verify(self.bundle(sealers=VALIDATORS[:3]), others).verified
        assert failed(verify(self.bundle(sealers=VALIDATORS[1:]), others)).startswith("12 seals: seal 3 is by")

    def test_blocks_that_say_something_else(self) -> None:
        late = FIRST.leaf.timestamp + 1
        assert failed(verify(self.bundle(timestamp=late), self.TRUST)).startswith("14 event: the time of the block is")
        assert failed(verify(self.bundle(log=bytes(20)), self.TRUST)).startswith("14 event: contract 0x00")

    @pytest.mark.parametrize(
        "change",
        [
            {"index": 6},
            {"operation_id": Hash32(bytes(32))},
            {"grams": 1},
            {"timestamp": 1},
            {"from_account": Address(b"\x01" * 20)},
        ],
    )
    def test_every_value_of_the_leaf(self, change: dict[str, Any]) -> None:
        """The record and the account in it are hidden, so that nothing else sees the change."""
        other = replace(FIRST.leaf, **change)
        proof = sealed_bundles.sealed_proof(WORLD, other, timestamp=FIRST.leaf.timestamp)
        assert failed(verify(replace(BUNDLE, proof=proof).to_bytes(), self.TRUST)).startswith("14 event: the ")

    @pytest.mark.parametrize(
        ("change", "step"),
        [
            ({"header": b"\xc0"}, "11 header"),
            ({"header": b"\x01"}, "11 header"),
            ({"transaction_index": 3}, "13 receipt"),
            ({"transaction_index": 10**15}, "13 receipt"),
            ({"path": ()}, "13 receipt"),
            ({"path": (b"\xc0",)}, "13 receipt"),
            ({"log_position": 0}, "14 event"),
            ({"log_position": 2}, "14 event"),
            ({"log_position": 10**15}, "14 event"),
        ],
    )
    def test_changes_of_the_proof(self, change: dict[str, Any], step: str) -> None:
        proof = replace(sealed_bundles.sealed_proof(WORLD, FIRST.leaf), **change)
        assert failed(verify(replace(BUNDLE, proof=proof).to_bytes(), self.TRUST)).startswith(f"{step}: ")

    def test_each_byte_of_the_header_counts(self) -> None:
        proof = sealed_bundles.sealed_proof(WORLD, FIRST.leaf)
        for place in range(0, len(proof.header), 7):
            header = bytearray(proof.header)
            header[place] ^= 1
            changed = replace(BUNDLE, proof=replace(proof, header=bytes(header)))
            assert not verify(changed.to_bytes(), self.TRUST).verified

    def test_a_proof_serves_its_levels_only(self) -> None:
        assert failed(verify(self.bundle(), WHOLE)).startswith("3 form: a proof of type sealed-receipt serves no level")
        assert failed(verify(DATA, self.TRUST)).startswith("3 form: a proof of type log serves no level of sealed")
        both = replace(WHOLE, validators=ADDRESSES)
        assert verify(self.bundle(), both).level is Level.SEALED
        assert verify(DATA, both).level is Level.WITNESSED

    @pytest.fixture
    def without_libraries(self, monkeypatch: pytest.MonkeyPatch) -> None:
        for name in [name for name in sys.modules if name.startswith(("ledger.seals", "ledger.verifier.sealed"))]:
            monkeypatch.delitem(sys.modules, name)
        monkeypatch.setitem(sys.modules, "coincurve", None)

    @pytest.mark.usefixtures("without_libraries")
    def test_without_its_libraries_it_says_what_to_install(self) -> None:
        with pytest.raises(SealsNotInstalled, match=r"coincurve is not there; pip install tanpuhui\[seals\]"):
            verify(self.bundle(), self.TRUST)
        assert verify(DATA, WHOLE).verified


class TestPins:
    LOG = WORLD.log_key.verifier
    WITNESSES = tuple(key.verifier for key in WORLD.witness_keys)

    @pytest.mark.parametrize(
        ("change", "kind", "message"),
        [
            ({"origin": "tanpuhui/31337"}, InvalidInput, "origin must be tanpuhui/, a chain id"),
            ({"origin": ORIGIN.upper()}, InvalidInput, "origin must be tanpuhui/, a chain id"),
            ({"origin": ORIGIN + "\n"}, InvalidInput, "origin must be tanpuhui/, a chain id"),
            ({"origin": ORIGIN.replace("31337", "031337")}, InvalidInput, "origin must be tanpuhui/, a chain id"),
            ({"log_key": signer("another", KeyType.LOG).verifier}, InvalidKey, "log key must have the origin"),
            (
                {"log_key": signer(ORIGIN, KeyType.WITNESS).verifier},
                InvalidKey,
                "log key must be the verifier key of a log",
            ),
            ({"log_key": None}, InvalidKey, "log key must be pinned too where witnesses are"),
            ({"quorum": 0}, InvalidInput, "quorum must be from 1 to 3"),
            ({"quorum": 4}, InvalidInput, "quorum must be from 1 to 3"),
            ({"quorum": True}, InvalidInput, "quorum must be a whole number"),
            ({"witnesses": ()}, InvalidInput, "quorum must be from 0 to 0"),
            ({"witnesses": (WITNESSES[0], WITNESSES[0])}, InvalidKey, "keys must be of different signers"),
            (
                {"witnesses": (WITNESSES[0], replace(WITNESSES[0], name="another"))},
                InvalidKey,
                "keys must be of different signers",
            ),
            (
                {"witnesses": (WITNESSES[0], replace(WITNESSES[1], name=WITNESSES[0].name))},
                InvalidKey,
                "witness keys must have names of their own",
            ),
            (
                {"witnesses": (WITNESSES[0], replace(LOG, name="w", type=KeyType.WITNESS))},
                InvalidKey,
                "keys must be of different signers",
            ),
            (
                {"witnesses": (*WITNESSES[:2], replace(WITNESSES[2], type=KeyType.LOG))},
                InvalidKey,
                "witness key must be",
            ),
            ({"validators": (ADDRESSES[0], ADDRESSES[0])}, InvalidInput, "validators must be given once each"),
        ],
    )
    def test_pins_that_contradict_each_other(self, change: dict[str, Any], kind: type, message: str) -> None:
        with pytest.raises(kind, match=f"^{message}"):
            replace(WHOLE, **change)

    def test_a_trust_file_round_trips(self) -> None:
        for trust in (WHOLE, sealed_bundles.trust(WORLD), WORLD.trust(quorum=0), Trust(origin=ORIGIN)):
            assert Trust.from_json(trust.to_json()) == trust
        assert Trust.from_json({"format": 1, "origin": ORIGIN}) == Trust(origin=ORIGIN)

    @pytest.mark.parametrize(
        ("document", "message"),
        [
            ([], "trust must be an object"),
            ({"origin": ORIGIN}, "trust must be an object"),
            ({"format": 1}, "trust must be an object"),
            ({"format": 2, "origin": ORIGIN}, "trust.format must be 1"),
            ({"format": True, "origin": ORIGIN}, "trust.format must be 1"),
            ({"format": 1, "origin": ORIGIN, "node": ""}, "trust must be an object"),
            ({"format": 1, "origin": 5}, "origin must be text"),
            ({"format": 1, "origin": ORIGIN, "log_key": 5}, "log_key must be text"),
            ({"format": 1, "origin": ORIGIN, "log_key": "x"}, "key must be name"),
            ({"format": 1, "origin": ORIGIN, "witnesses": "x"}, "witnesses must be a list"),
            ({"format": 1, "origin": ORIGIN, "witnesses": [5]}, "witnesses must be text"),
            ({"format": 1, "origin": ORIGIN, "validators": ["0x"]}, "validators must be 0x and 40"),
            ({"format": 1, "origin": ORIGIN, "quorum": "2"}, "quorum must be a whole number"),
        ],
    )
    def test_malformed_trust_files(self, document: Json, message: str) -> None:
        with pytest.raises(InvalidInput, match=f"^{message}"):
            Trust.from_json(document)


def test_a_note_with_lines_of_others_verifies() -> None:
    """Nothing follows from a line of a key that nobody pinned, valid or not."""
    proof = BUNDLE.proof
    assert isinstance(proof, LogProof)
    note = Note.parse(proof.checkpoint)
    stranger = signer("witness-x.example", KeyType.WITNESS).sign(note.text, timestamp=1)
    broken = replace(stranger, signature=bytes(72))
    more = Note(note.text, (broken, *note.lines, stranger))
    assert verify(replace(BUNDLE, proof=replace(proof, checkpoint=str(more))).to_bytes(), WHOLE).verified
