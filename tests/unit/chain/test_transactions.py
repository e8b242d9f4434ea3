"""Legacy transactions: the same bytes as eth-account makes, and nothing else is let through when read."""

from typing import Any

import pytest
import rlp
from coincurve import PrivateKey
from eth_account import Account
from hypothesis import given
from hypothesis import strategies as st

from chain.signers import LocalSigner
from chain.transactions import MAX_TRANSACTION_BYTES, Transaction, create_address, decode_signed, sign
from ledger.errors import InvalidTransaction
from ledger.ids import Address

SECRET = b"\x07" * 32
SIGNER = LocalSigner(SECRET)
TO = Address(b"\x11" * 20)
HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
ORDER = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141


def a_transaction(**changes: Any) -> Transaction:
    values: dict[str, Any] = {
        "chain_id": 31_337,
        "nonce": 3,
        "gas_price": 0,
        "gas": 600_000,
        "to": TO,
        "data": b"\x01\x02",
    }
    return Transaction(**{**values, **changes})


TRANSACTIONS = st.builds(
    Transaction,
    chain_id=st.integers(1, 2**40),
    nonce=st.integers(0, 2**60),
    gas_price=st.sampled_from([0, 1, 127, 128, 10**9]),
    gas=st.integers(21_000, 10**9),
    to=st.one_of(st.none(), st.binary(min_size=20, max_size=20).map(Address)),
    data=st.one_of(st.binary(max_size=120), st.binary(min_size=250, max_size=260)),
    value=st.sampled_from([0, 1, 10**20]),
)


@given(transaction=TRANSACTIONS, secret=st.integers(1, 2**200).map(lambda n: n.to_bytes(32, "big")))
def test_the_bytes_are_those_of_eth_account(transaction: Transaction, secret: bytes) -> None:
    theirs = Account.from_key(secret).sign_transaction(
        {
            "chainId": transaction.chain_id,
            "nonce": transaction.nonce,
            "gasPrice": transaction.gas_price,
            "gas": transaction.gas,
            "value": transaction.value,
            "data": transaction.data,
            **({} if transaction.to is None else {"to": bytes(transaction.to)}),
        }
    )
    ours = sign(transaction, PrivateKey(secret))
    assert ours.raw == bytes(theirs.raw_transaction)
    assert ours.hash == bytes(theirs.hash)


@given(transaction=TRANSACTIONS)
def test_what_was_signed_is_read_back(transaction: Transaction) -> None:
    signed = SIGNER.sign_transaction(transaction)
    decoded = decode_signed(signed.raw)
    assert decoded.signed == signed
    assert decoded.sender == SIGNER.address


def test_a_contracts_address_follows_from_sender_and_nonce() -> None:
    sender = Address.from_hex("0x6ac7ea33f8831ea9dcc53393aaa88b25a785dbf0")  # the example of EIP-1014's predecessors
    assert create_address(sender, 0).hex0x == "0xcd234a471b72ba2f1ccf0a70fcaba648a5eecd8d"
    assert create_address(sender, 1).hex0x == "0x343c43a37d37dff08ae8c4a11544c718abb4fcf8"


def changed(**changes: bytes) -> bytes:
    """A signed transaction whose named RLP fields are others."""
    names = ("nonce", "gas_price", "gas", "to", "value", "data", "v", "r", "s")
    fields = dict(zip(names, rlp.decode(SIGNER.sign_transaction(a_transaction()).raw), strict=True))
    encoded: bytes = rlp.encode([{**fields, **changes}[name] for name in names])
    return encoded


def high_s() -> bytes:
    fields = rlp.decode(SIGNER.sign_transaction(a_transaction()).raw)
    s = ORDER - int.from_bytes(fields[8], "big")
    v = int.from_bytes(fields[6], "big")
    flipped = v - 1 if (v - 35) % 2 else v + 1
    return changed(s=s.to_bytes(32, "big"), v=flipped.to_bytes(3, "big").lstrip(b"\0"))


GOOD = SIGNER.sign_transaction(a_transaction()).raw


@pytest.mark.parametrize(
    ("raw", "rule"),
    [
        (b"", "be a legacy transaction"),
        (b"\x02" + GOOD[1:], "be a legacy transaction"),
        (b"\xde\xad\xbe\xef", "be one RLP list"),
        (GOOD + b"\0", "be one RLP list and nothing after it"),
        (GOOD[:-1], "be one RLP list"),
        (rlp.encode([b"\x01"] * 8), "have the nine fields"),
        (rlp.encode([b"\x01"] * 10), "have the nine fields"),
        (rlp.encode([[b""], *[b"\x01"] * 8]), "have the nine fields"),
        (b"\xc1" * 3000, "be one RLP list"),
        (changed(nonce=b"\0\3"), "without leading zeros"),
        (changed(r=b"\0" + b"\1" * 31), "without leading zeros"),
        (changed(gas=b"\1" * 33), "without leading zeros"),
        (changed(v=b"\x1b"), "be signed for a chain id"),
        (changed(v=b"\x23"), "be signed for a chain id"),
        (changed(to=b"\x11" * 19), "have a target of 20 bytes"),
        (changed(s=b""), "canonical signature"),
        (changed(r=b""), "canonical signature"),
        (high_s(), "canonical signature"),
        (changed(r=b"\xff" * 32), "signature from which the sender follows"),
        (SIGNER.sign_transaction(a_transaction(data=b"\1" * MAX_TRANSACTION_BYTES)).raw, "be at most 131072 bytes"),
    ],
)
def test_other_bytes_are_refused(raw: bytes, rule: str) -> None:
    with pytest.raises(InvalidTransaction, match=rule):
        decode_signed(raw)


def test_a_changed_byte_changes_the_sender() -> None:
    assert decode_signed(changed(data=b"\x01\x03")).sender != SIGNER.address
