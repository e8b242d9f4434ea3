"""Legacy transactions (type 0) with the chain id in the signature (EIP-155): the only kind that every target takes.

GoQuorum refuses typed transactions, so that nothing else is ever signed here.
"""

from dataclasses import dataclass

import rlp
from coincurve import PrivateKey, PublicKey
from rlp.exceptions import RLPException

from chain.functions import keccak256
from chain.rlp_bytes import rlp_bytes, rlp_list, rlp_number
from ledger.errors import InvalidTransaction
from ledger.ids import Address

MAX_TRANSACTION_BYTES = 131_072
"""geth, GoQuorum and Besu refuse more (128 KB); anvil would take 1,000 KB."""

_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0


@dataclass(frozen=True, slots=True, kw_only=True)
class Transaction:
    """An unsigned transaction. `to` is None for a contract creation; `gas_price` in wei, usually 0."""

    chain_id: int
    nonce: int
    gas_price: int
    gas: int
    to: Address | None
    data: bytes
    value: int = 0

    def signing_hash(self) -> bytes:
        """What is signed under EIP-155."""
        return _signing_hash(self._body(), self.chain_id)

    def _body(self) -> bytes:
        """The six fields that stand before the signature."""
        return b"".join(
            (
                rlp_number(self.nonce),
                rlp_number(self.gas_price),
                rlp_number(self.gas),
                rlp_bytes(self.to or b""),
                rlp_number(self.value),
                rlp_bytes(self.data),
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedTransaction:
    """A transaction with its signed bytes and their hash."""

    transaction: Transaction
    raw: bytes
    hash: bytes


def sign(transaction: Transaction, key: PrivateKey) -> SignedTransaction:
    """Signs with a secp256k1 key; deterministic (RFC 6979), so the same transaction gives the same bytes."""
    body = transaction._body()  # noqa: SLF001 - once for both the hash and the bytes
    signature = key.sign_recoverable(_signing_hash(body, transaction.chain_id), hasher=None)
    v = transaction.chain_id * 2 + 35 + signature[64]
    r, s = signature[:32].lstrip(b"\0"), signature[32:64].lstrip(b"\0")
    raw = rlp_list(b"".join((body, rlp_number(v), rlp_bytes(r), rlp_bytes(s))))
    return SignedTransaction(transaction=transaction, raw=raw, hash=keccak256(raw))


def _signing_hash(body: bytes, chain_id: int) -> bytes:
    return keccak256(rlp_list(body + rlp_number(chain_id) + b"\x80\x80"))


def address_of(public_key: PublicKey) -> Address:
    """Last 20 bytes of the Keccak of the uncompressed key."""
    return Address(keccak256(public_key.format(compressed=False)[1:])[12:])


def create_address(sender: Address, nonce: int) -> Address:
    """Where a contract created by `sender` with `nonce` will stand."""
    return Address(keccak256(rlp_list(rlp_bytes(sender) + rlp_number(nonce)))[12:])


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedTransaction:
    """A signed transaction read back, with the address that signed it."""

    signed: SignedTransaction
    sender: Address


def decode_signed(raw: bytes) -> DecodedTransaction:
    """Reads and recovers a signed legacy transaction.

    Raises `InvalidTransaction` for typed transactions, for signatures without chain id (they could be replayed on
    another chain) or with a high s, for bytes that are not canonical, and for more than 128 KB.
    """
    if len(raw) > MAX_TRANSACTION_BYTES:
        raise invalid(f"be at most {MAX_TRANSACTION_BYTES} bytes", f"{len(raw)} bytes")
    if not raw or raw[0] < 0xC0:
        raise invalid("be a legacy transaction (type 0) in RLP", _shown(raw))
    try:
        fields = rlp.decode(raw, strict=True)
    except (RLPException, RecursionError):
        raise invalid("be one RLP list and nothing after it", _shown(raw)) from None
    if not isinstance(fields, list) or len(fields) != 9 or not all(isinstance(field, bytes) for field in fields):
        raise invalid("have the nine fields of a legacy transaction", _shown(raw))
    return _recover(raw, fields)


def invalid(rule: str, value: object) -> InvalidTransaction:
    """The error for signed bytes that break `rule`."""
    return InvalidTransaction("raw_transaction", rule, value)


def _recover(raw: bytes, fields: list[bytes]) -> DecodedTransaction:
    nonce, gas_price, gas, to, value, data, v_field, r, s = fields
    numbers = [_decode_int(number) for number in (nonce, gas_price, gas, value, v_field)]
    _decode_int(r), _decode_int(s)
    v = numbers[4]
    if v < 37:  # 27 and 28 are signatures without chain id, 35 and 36 name chain 0
        raise invalid("be signed for a chain id (EIP-155)", f"v = {v}")
    if len(to) not in {0, 20}:
        raise invalid("have a target of 20 bytes or none", to.hex())
    if not 0 < int.from_bytes(s, "big") <= _HALF_ORDER or len(r) > 32 or not r:
        raise invalid("have a canonical signature (low s)", s.hex())
    transaction = Transaction(
        chain_id=(v - 35) // 2,
        nonce=numbers[0],
        gas_price=numbers[1],
        gas=numbers[2],
        to=Address(to) if to else None,
        value=numbers[3],
        data=data,
    )
    signature = r.rjust(32, b"\0") + s.rjust(32, b"\0") + bytes([(v - 35) % 2])
    try:
        key = PublicKey.from_signature_and_message(signature, transaction.signing_hash(), hasher=None)
    except Exception:  # noqa: BLE001 - coincurve raises a bare Exception
        raise invalid("have a signature from which the sender follows", _shown(raw)) from None
    signed = SignedTransaction(transaction=transaction, raw=raw, hash=keccak256(raw))
    return DecodedTransaction(signed=signed, sender=address_of(key))


def _decode_int(data: bytes) -> int:
    if data[:1] == b"\0" or len(data) > 32:
        raise invalid("write numbers without leading zeros", data.hex())
    return int.from_bytes(data, "big")


def _shown(raw: bytes) -> str:
    return "0x" + raw[:32].hex()
