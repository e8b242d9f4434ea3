"""The feed header's digest against eth-account, and who signed what."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chain.ethereum_account import Account, encode_typed_data
from chain.feeds import batch_operation_id, feed_domain, feed_operation_id, feed_signer_of, sign_feed
from chain.keystores import KeystoreSigner, write_keystore
from chain.operations import ContractName
from chain.rpc import RpcAnswer, RpcError
from chain.signers import ExternalSigner, LocalSigner
from ledger import encoding
from ledger.batches import FeedHeader
from ledger.errors import OutOfRange, SigningFailed
from ledger.ids import ActivityId, Hash32, MethodologyId
from ledger.vocabulary import BatchKind, ReductionClass
from tests.fakes.fake_node import DEPLOYMENT

SECRET = b"\x07" * 32
SIGNER = LocalSigner(SECRET)
HEADER = FeedHeader(
    kind=BatchKind.EARN,
    activity_id=ActivityId(b"\x01" * 32),
    methodology_id=MethodologyId(b"\x02" * 32),
    reduction_class=ReductionClass.II,
    sequence=3,
    first_day=20_600,
    last_day=20_601,
    root=Hash32(b"\x03" * 32),
    total=900,
    entry_count=7,
    file_hash=Hash32(b"\x04" * 32),
)
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141

words = st.binary(min_size=32, max_size=32)
headers = st.builds(
    FeedHeader,
    kind=st.sampled_from(BatchKind),
    activity_id=words.map(ActivityId),
    methodology_id=words.map(MethodologyId),
    reduction_class=st.sampled_from(ReductionClass),
    sequence=st.integers(0, 2**64 - 1),
    first_day=st.integers(0, 2**32 - 1),
    last_day=st.integers(0, 2**32 - 1),
    root=words.map(Hash32),
    total=st.integers(0, 2**64 - 1),
    entry_count=st.integers(0, 2**64 - 1),
    file_hash=words.map(Hash32),
)
OTHERS: dict[str, Any] = {
    "kind": BatchKind.BEHAVIOUR,
    "activity_id": ActivityId(b"\x09" * 32),
    "methodology_id": MethodologyId(b"\x09" * 32),
    "reduction_class": ReductionClass.I,
    "sequence": 4,
    "first_day": 20_599,
    "last_day": 20_602,
    "root": Hash32(b"\x09" * 32),
    "total": 901,
    "entry_count": 8,
    "file_hash": Hash32(b"\x09" * 32),
}


@given(headers)
def test_the_digest_and_signature_are_eth_accounts(header: FeedHeader) -> None:
    data = feed_domain(DEPLOYMENT).data(header)
    signed = Account.sign_message(encode_typed_data(full_message=dict(data.document)), SECRET)
    assert bytes(signed.message_hash) == data.digest
    assert bytes(signed.signature) == sign_feed(header, DEPLOYMENT, SIGNER)


def test_a_key_file_signs_too(tmp_path: Path) -> None:
    path = tmp_path / "key.json"
    write_keystore(path, SECRET, "password", work=4)
    signature = sign_feed(HEADER, DEPLOYMENT, KeystoreSigner(path, "password"))
    assert feed_signer_of(HEADER, signature, DEPLOYMENT) == SIGNER.address
    assert len(signature) == 65
    assert signature[64] in {27, 28}


@pytest.mark.parametrize("field", OTHERS)
def test_a_signature_is_of_one_header(field: str) -> None:
    signature = sign_feed(HEADER, DEPLOYMENT, SIGNER)
    other = replace(HEADER, **{field: OTHERS[field]})
    assert feed_signer_of(other, signature, DEPLOYMENT) != SIGNER.address


def test_a_signature_is_of_one_chain_and_contract() -> None:
    signature = sign_feed(HEADER, DEPLOYMENT, SIGNER)
    contracts = dict(DEPLOYMENT.contracts)
    contracts[ContractName.POINT_LEDGER] = contracts[ContractName.REDUCTION_LEDGER]
    for elsewhere in (replace(DEPLOYMENT, chain_id=1), replace(DEPLOYMENT, contracts=contracts)):
        assert feed_signer_of(HEADER, signature, elsewhere) != SIGNER.address


def test_numbers_that_do_not_fit() -> None:
    with pytest.raises(OutOfRange, match="total must be a whole number"):
        feed_domain(DEPLOYMENT).data(replace(HEADER, total=2**64))


def high_s(signature: bytes) -> bytes:
    s = ORDER - int.from_bytes(signature[32:64], "big")
    return signature[:32] + s.to_bytes(32, "big") + bytes([55 - signature[64]])


@pytest.mark.parametrize(
    "spoil",
    [
        high_s,
        lambda signature: signature[:64],
        lambda signature: signature[:64] + b"\x1d",
        lambda signature: signature[:64] + bytes([signature[64] - 27]),
        lambda _: bytes(65),
    ],
)
def test_what_is_no_signature_is_nobody_s(spoil: Any) -> None:
    signature = sign_feed(HEADER, DEPLOYMENT, SIGNER)
    assert feed_signer_of(HEADER, spoil(signature), DEPLOYMENT) is None


class SigningNode:
    """An external signer that answers as told."""

    url = "fake://signer"

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def try_call(self, method: str, params: Any = ()) -> RpcAnswer:
        assert method == "eth_signTypedData_v4"
        address, document = params
        assert address == SIGNER.address.hex0x
        answer = self._answer(document)
        return RpcAnswer(method, error=answer) if isinstance(answer, RpcError) else RpcAnswer(method, answer)

    def call(self, method: str, params: Any = ()) -> Any:
        return self.try_call(method, params).unwrap()

    def batch(self, requests: Any) -> list[Any]:
        raise NotImplementedError

    def try_batch(self, requests: Any) -> list[RpcAnswer]:
        raise NotImplementedError


def signed_by(secret: bytes, document: Any, **changed: Any) -> bytes:
    message = {**document, "message": {**document["message"], **changed}}
    return bytes(Account.sign_message(encode_typed_data(full_message=message), secret).signature)


@pytest.mark.parametrize("lower", [0, 27])
def test_an_external_signer_signs(lower: int) -> None:
    def answer(document: Any) -> str:
        signature = signed_by(SECRET, document)
        return "0x" + (signature[:64] + bytes([signature[64] - lower])).hex()

    signer = ExternalSigner(SigningNode(answer), SIGNER.address)
    assert sign_feed(HEADER, DEPLOYMENT, signer) == sign_feed(HEADER, DEPLOYMENT, SIGNER)


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (lambda _: RpcError(-32000, "locked"), "locked"),
        (lambda document: "0x" + signed_by(b"\x08" * 32, document).hex(), "something else, or with the key of"),
        (lambda document: "0x" + signed_by(SECRET, document, total=1).hex(), "something else, or with the key of"),
        (lambda document: "0x" + high_s(signed_by(SECRET, document)).hex(), "no signature of 65 bytes with a low s"),
        (lambda document: "0x" + signed_by(SECRET, document)[:64].hex(), "no signature of 65 bytes with a low s"),
    ],
)
def test_an_external_signer_that_signs_something_else(answer: Any, reason: str) -> None:
    with pytest.raises(SigningFailed, match=reason):
        sign_feed(HEADER, DEPLOYMENT, ExternalSigner(SigningNode(answer), SIGNER.address))


def test_the_operation_id_is_of_the_batch() -> None:
    expected = encoding.batch_operation_id(
        chain_id=DEPLOYMENT.chain_id,
        ledger=DEPLOYMENT.address(ContractName.POINT_LEDGER),
        kind=HEADER.kind,
        reduction_class=HEADER.reduction_class,
        party=HEADER.activity_id,
        sequence=3,
        root=HEADER.root,
        total=900,
        file_hash=HEADER.file_hash,
    )
    assert feed_operation_id(HEADER, DEPLOYMENT) == expected
    without_sequence = batch_operation_id(
        kind=HEADER.kind,
        reduction_class=HEADER.reduction_class,
        party=HEADER.activity_id,
        commitment=HEADER.commitment,
        deployment=DEPLOYMENT,
    )
    assert without_sequence != expected
