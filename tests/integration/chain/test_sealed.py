"""Level sealed, from a cancellation on our contracts to its bundle, and each cheat refused at its step.

The blocks are anvil's, with our contracts' receipts in them; only the headers are sealed anew as QBFT seals them.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from time import monotonic, sleep
from typing import Any

import pytest
import rlp
from coincurve import PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.deploy import deploy
from chain.node import AnvilNode
from chain.operations import ContractName, Operation
from chain.receipts import encode_receipt, read_receipts, receipt_path, receipts_root
from chain.sealed_receipts import capture, seal_bundle
from chain.views import ContractViews
from ledger.bundle import Bundle, DeploymentIdentity, Leaf, LogProof, ReductionCertificate, SealedReceiptProof
from ledger.errors import InvalidInput, ProofMismatch
from ledger.ids import Address, Hash32, LotId
from ledger.seals.events import leaf_appended
from ledger.seals.receipts import parse_receipt
from ledger.verifier import Level, Trust, verify
from ledger.vocabulary import CancellationPurpose, OperationKind
from tests.fakes.sealed_chain import ADDRESSES, STRANGER, VALIDATORS, QbftHeader, SealedChain
from tests.integration.chain.bodies import bodies_of
from tests.integration.deployed import Deployed

GRAMS = 1_500_000
PADDING = 20
TYPES = 3
"""Legacy transactions, and of types 1 and 2."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A good bundle, and what it was made of: the header to be sealed, and all receipts of the block."""

    deployed: Deployed
    chain: SealedChain
    bundle: Bundle
    header: QbftHeader
    receipts: tuple[bytes, ...]

    @property
    def proof(self) -> SealedReceiptProof:
        """The proof of the bundle."""
        assert isinstance(self.bundle.proof, SealedReceiptProof)
        return self.bundle.proof

    @property
    def trust(self) -> Trust:
        """Its origin and the four validators."""
        return Trust(origin=self.bundle.deployment.origin, validators=ADDRESSES)

    def with_proof(self, **changes: Any) -> Bundle:
        """The bundle with another proof."""
        return replace(self.bundle, proof=replace(self.proof, **changes))

    def with_leaf(self, **changes: Any) -> Bundle:
        """The bundle with another leaf."""
        return replace(self.bundle, leaf=replace(self.bundle.leaf, **changes))

    def with_receipt(self, receipt: bytes) -> Bundle:
        """The bundle, and a block that validators sealed in which this receipt stands for the cancellation's."""
        index = self.proof.transaction_index
        receipts = [*self.receipts[:index], receipt, *self.receipts[index + 1 :]]
        header = self.header.changed(receiptsRoot=bytes(receipts_root(receipts)))
        return self.with_proof(header=header.sealed_by(VALIDATORS), path=receipt_path(receipts, index))

    def refused(self, bundle: Bundle | bytes) -> tuple[int, str, str]:
        """Number and name of the step that refuses the bundle, and why."""
        data = bundle if isinstance(bundle, bytes) else bundle.to_bytes()
        verdict = verify(data, self.trust)
        assert verdict.failed is not None
        assert len(verdict.passed) == verdict.failed.number - 1
        return (*verdict.failed, verdict.reason)


@pytest.fixture(scope="module")
def sealed(session_deployed: Deployed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sealed]:
    """A cancellation in a block with other transactions of every type, on a node that mines when it is told to."""
    path = tmp_path_factory.mktemp("sealed") / "deployment.json"
    with AnvilNode(block_seconds=None) as node:
        node.rpc.call("evm_setAutomine", [True])
        deployment = deploy(node.rpc, session_deployed.deployer, session_deployed.holders, path).deployment
        yield _sealed(replace(session_deployed, node=node, deployment=deployment, path=path))


def _sealed(deployed: Deployed) -> Sealed:
    with bodies_of(deployed) as bodies:
        account, lot_id = bodies.issued(5 * GRAMS)
        operation = bodies.cancellation(account, lot_id, GRAMS)
        deployed.rpc.call("evm_setAutomine", [False])
        _begin_block(deployed)
        with ThreadPoolExecutor(1) as pool:
            submitted = pool.submit(bodies.submit, operation)
            _end_block(deployed)
            status = submitted.result()
    chain = SealedChain(deployed.rpc, round=3)
    assert status.leaf_index is not None
    assert status.block_number is not None
    proof = capture(chain, deployed.deployment, status.leaf_index)
    [receipts] = read_receipts(chain, [chain.call("eth_getBlockByNumber", [hex(status.block_number), False])])
    assert receipts is not None
    assert {receipt["type"] for receipt in receipts} == {"0x0", "0x1", "0x2"}
    encoded = tuple(map(encode_receipt, receipts))
    bundle = _bundle(deployed, operation, lot_id, proof, encoded[proof.transaction_index])
    return Sealed(deployed, chain, bundle, chain.header(status.block_number), encoded)


def _begin_block(deployed: Deployed) -> None:
    """Others' transactions wait for the next block."""
    rpc = deployed.rpc
    rpc.call("anvil_autoImpersonateAccount", [True])
    for number in range(PADDING):
        sender = Address(bytes([0x70 + number]) * 20).hex0x
        plain = {"from": sender, "to": sender, "gas": hex(50_000)}
        by_type: list[dict[str, Any]] = [
            {"type": "0x0", "gasPrice": "0x0"},
            {"type": "0x1", "gasPrice": "0x0", "accessList": []},
            {"type": "0x2", "maxFeePerGas": "0x0", "maxPriorityFeePerGas": "0x0"},
        ]
        rpc.call("eth_sendTransaction", [plain | by_type[number % TYPES]])


def _end_block(deployed: Deployed) -> None:
    """Mines once the cancellation waits too."""
    deadline = monotonic() + 30
    while int(deployed.rpc.call("txpool_status")["pending"], 16) <= PADDING:
        assert monotonic() < deadline
        sleep(0.01)
    deployed.node.mine()


def _bundle(
    deployed: Deployed, operation: Operation, lot_id: LotId, proof: SealedReceiptProof, receipt: bytes
) -> Bundle:
    deployment = deployed.deployment
    views = ContractViews(deployed.rpc, deployment)
    log = deployment.address(ContractName.TRANSPARENCY_LOG)
    leaf = leaf_appended(parse_receipt(receipt), proof.log_position, log)
    return Bundle(
        deployment=DeploymentIdentity(
            chain_id=deployment.chain_id,
            genesis_hash=deployment.genesis_hash,
            transparency_log=log,
            reduction_ledger=deployment.address(ContractName.REDUCTION_LEDGER),
            point_ledger=deployment.address(ContractName.POINT_LEDGER),
        ),
        certificate=ReductionCertificate(
            number=views.certificate_count(),
            lot_id=lot_id,
            purpose=CancellationPurpose.VOLUNTARY_OFFSET,
            first_serial=views.lot_of(lot_id).first_serial,
        ),
        record=operation.record.disclose(operation.record.values),
        leaf=Leaf(
            index=leaf.index,
            kind=OperationKind.REDUCTION_CANCELLED,
            ledger=leaf.ledger,
            operation_id=leaf.operation_id,
            subject=leaf.subject,
            from_account=leaf.from_account,
            to_account=leaf.to_account,
            grams=leaf.grams,
            record_hash=operation.call.record_hash,
            timestamp=leaf.timestamp,
        ),
        entry=None,
        proof=proof,
    )


def test_it_verifies(sealed: Sealed) -> None:
    verdict = verify(sealed.bundle.to_bytes(), sealed.trust)
    assert (verdict.verified, verdict.level, verdict.reason) == (True, Level.SEALED, "")
    assert [step.name for step in verdict.passed[10:]] == ["header", "seals", "receipt", "event"]
    assert verdict.facts is not None
    assert verdict.facts.grams == GRAMS
    assert verdict.facts.block is not None
    assert verdict.facts.block.hash == sealed.header.block_hash
    assert len(sealed.proof.path) > 1
    assert Bundle.from_bytes(sealed.bundle.to_bytes()) == sealed.bundle


def test_a_bundle_of_the_log_is_sealed(sealed: Sealed) -> None:
    of_the_log = replace(sealed.bundle, proof=LogProof(inclusion=(), checkpoint="none yet"))
    assert seal_bundle(of_the_log, sealed.chain, sealed.deployed.deployment) == sealed.bundle
    lying = replace(of_the_log, record=None, leaf=replace(of_the_log.leaf, grams=GRAMS + 1))
    with pytest.raises(ProofMismatch, match="step 14, event: the quantity_gco2e is 1500000 in the block"):
        seal_bundle(lying, sealed.chain, sealed.deployed.deployment)
    other = replace(of_the_log, deployment=replace(of_the_log.deployment, chain_id=1))
    with pytest.raises(InvalidInput, match="bundle"):
        seal_bundle(other, sealed.chain, sealed.deployed.deployment)


def test_other_pins(sealed: Sealed) -> None:
    data = sealed.bundle.to_bytes()
    strangers = replace(sealed.trust, validators=(*ADDRESSES[1:], Address(bytes(20))))
    assert verify(data, strangers).failed == (12, "seals")
    more = replace(sealed.trust, validators=(*ADDRESSES, Address(bytes(20))))
    assert verify(data, more).failed == (12, "seals")
    other = Trust(origin=f"tanpuhui/1/{'00' * 32}", validators=ADDRESSES)
    assert verify(data, other).failed == (4, "deployment")
    of_the_log = replace(sealed.bundle, proof=LogProof(inclusion=(), checkpoint="none"))
    assert verify(of_the_log.to_bytes(), sealed.trust).failed == (3, "form")


@pytest.mark.parametrize(
    ("sealers", "said"),
    [
        (VALIDATORS[:2], "2 of 4 validators sealed it, and 3 are needed"),
        ((), "0 of 4 validators sealed it"),
        ((*VALIDATORS[:2], VALIDATORS[1]), "seal 3 is the second one of"),
        ((*VALIDATORS, VALIDATORS[0]), "seal 5 is the second one of"),
        ((*VALIDATORS[:2], STRANGER), "which is no pinned validator"),
        ((*VALIDATORS, STRANGER), "which is no pinned validator"),
    ],
)
def test_other_seals(sealed: Sealed, sealers: Sequence[PrivateKey], said: str) -> None:
    step, name, reason = sealed.refused(sealed.with_proof(header=sealed.header.sealed_by(sealers)))
    assert (step, name) == (12, "seals")
    assert said in reason


@pytest.mark.parametrize(
    "change",
    [
        lambda header: header.changed(stateRoot=b"\1" * 32),
        lambda header: header.changed(receiptsRoot=b"\1" * 32),
        lambda header: header.changed(timestamp=header.items["timestamp"] + 1),
        lambda header: header.changed(parentHash=bytes(32)),
        lambda header: replace(header, round=header.round + 1),
        lambda header: replace(header, validators=ADDRESSES[:3]),
        lambda header: replace(header, vanity=bytes(32)),
    ],
)
def test_another_header_under_the_same_seals(sealed: Sealed, change: Callable[[QbftHeader], QbftHeader]) -> None:
    seals = rlp.decode(rlp.decode(sealed.proof.header)[12])[4]
    assert sealed.with_proof(header=sealed.header.encode(seals)) == sealed.bundle
    assert sealed.refused(sealed.with_proof(header=change(sealed.header).encode(seals)))[:2] == (12, "seals")


def test_what_is_no_header(sealed: Sealed) -> None:
    header = sealed.proof.header
    plain = [*rlp.decode(header)[:12], b"anvil", *rlp.decode(header)[13:]]
    for other in (b"\0", header[:-1], header + b"\0", rlp.encode(plain)):
        assert sealed.refused(sealed.with_proof(header=other))[:2] == (11, "header")


def test_another_receipt(sealed: Sealed) -> None:
    own = sealed.proof.transaction_index
    other = (own + 1) % len(sealed.receipts)
    path = receipt_path(sealed.receipts, other)
    assert sealed.refused(sealed.with_proof(path=path))[:2] == (13, "receipt")
    assert sealed.refused(sealed.with_proof(transaction_index=other))[:2] == (13, "receipt")
    step, name, reason = sealed.refused(sealed.with_proof(transaction_index=other, path=path))
    assert (step, name) == (14, "event")
    assert "has 0 logs" in reason


def test_a_path_that_is_not_the_one(sealed: Sealed) -> None:
    path = sealed.proof.path
    for other in ((), path[:-1], path[1:], path[::-1], (*path, path[-1]), (path[0], *path), (*path, b"\xc0")):
        assert sealed.refused(sealed.with_proof(path=other))[:2] == (13, "receipt")


def test_a_transaction_that_failed(sealed: Sealed) -> None:
    [_, *rest] = rlp.decode(sealed.receipts[sealed.proof.transaction_index])
    step, name, reason = sealed.refused(sealed.with_receipt(rlp.encode([0, *rest])))
    assert (step, name, reason) == (13, "receipt", "its transaction failed.")


def test_another_log_of_the_receipt(sealed: Sealed) -> None:
    assert sealed.proof.log_position == 2
    for position, said in ((0, "emitted it, not the log"), (1, "emitted it, not the log"), (3, "has 3 logs")):
        step, name, reason = sealed.refused(sealed.with_proof(log_position=position))
        assert (step, name) == (14, "event")
        assert said in reason


def test_an_event_of_a_foreign_contract(sealed: Sealed) -> None:
    """Anybody can deploy a contract that emits LeafAppended with any values."""
    status, gas, bloom, logs = rlp.decode(sealed.receipts[sealed.proof.transaction_index])
    logs[2][0] = b"\x66" * 20
    step, name, reason = sealed.refused(sealed.with_receipt(rlp.encode([status, gas, bloom, logs])))
    assert (step, name) == (14, "event")
    assert "contract 0x6666" in reason


@pytest.mark.parametrize("word", range(8))
def test_an_event_that_says_something_else(sealed: Sealed, word: int) -> None:
    """A lie that validators seal is not the leaf's, so that it proves nothing of the leaf."""
    status, gas, bloom, logs = rlp.decode(sealed.receipts[sealed.proof.transaction_index])
    end = (word + 1) * 32
    logs[2][2] = logs[2][2][: end - 1] + bytes([logs[2][2][end - 1] ^ 1]) + logs[2][2][end:]
    assert sealed.refused(sealed.with_receipt(rlp.encode([status, gas, bloom, logs])))[:2] == (14, "event")


@pytest.mark.parametrize(
    ("changes", "step", "said"),
    [
        ({"index": 0}, 14, "the index is"),
        ({"operation_id": Hash32(b"\5" * 32)}, 14, "the operation_id is"),
        ({"timestamp": 1_700_000_000}, 14, "the timestamp is"),
        ({"from_account": Address(b"\5" * 20)}, 9, "account"),
        ({"grams": GRAMS + 1}, 9, "quantity_gco2e"),
        ({"subject": Hash32(b"\5" * 32)}, 7, "the certificate makes"),
    ],
)
def test_another_leaf(sealed: Sealed, changes: dict[str, Any], step: int, said: str) -> None:
    number, _, reason = sealed.refused(sealed.with_leaf(**changes))
    assert number == step
    assert said in reason


def test_another_leaf_of_which_nothing_is_shown(sealed: Sealed) -> None:
    """Nothing but the sealed event holds who cancelled how much."""
    narrow = replace(sealed, bundle=replace(sealed.bundle, record=None))
    assert verify(narrow.bundle.to_bytes(), narrow.trust).verified
    for changes in ({"grams": GRAMS + 1}, {"from_account": Address(b"\5" * 20)}, {"record_hash": Hash32(b"\5" * 32)}):
        assert narrow.refused(narrow.with_leaf(**changes))[:2] == (14, "event")


def test_a_block_of_another_time(sealed: Sealed) -> None:
    later = sealed.header.changed(timestamp=int(sealed.header.items["timestamp"]) + 1).sealed_by(VALIDATORS)
    step, name, reason = sealed.refused(sealed.with_proof(header=later))
    assert (step, name) == (14, "event")
    assert "time of the block" in reason


@settings(max_examples=400)
@given(data=st.data())
def test_any_changed_byte_of_the_proof(sealed: Sealed, data: st.DataObject) -> None:
    parts = [sealed.proof.header, *sealed.proof.path]
    which = data.draw(st.integers(0, len(parts) - 1))
    at = data.draw(st.integers(0, len(parts[which]) - 1))
    changed = bytes([parts[which][at] ^ data.draw(st.integers(1, 255))])
    parts[which] = parts[which][:at] + changed + parts[which][at + 1 :]
    step, *_ = sealed.refused(sealed.with_proof(header=parts[0], path=tuple(parts[1:])))
    assert step in ({11, 12} if which == 0 else {13})
