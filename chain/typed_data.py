"""Typed data (EIP-712) of flat structs, and signatures over it as contracts recover them.

A struct here has members of one word each, so that its encoding is its type's hash and the words. This is all that the
feed header needs; tests hold it to eth-account and to the contract.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from coincurve import PublicKey

from chain.functions import keccak256, word_of_uint
from chain.transactions import address_of
from ledger.ids import Address, Hash32

_HALF_ORDER = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF5D576E7357A4501DDFE92F46681B20A0
"""Above this, s has a twin (n - s) that verifies too; OpenZeppelin's ECDSA refuses it, and so do we."""

_LENGTH = 65

_DOMAIN = (("name", "string"), ("version", "string"), ("chainId", "uint256"), ("verifyingContract", "address"))

Members = Sequence[tuple[str, str]]
"""Names and types, in the order in which they are hashed."""


@dataclass(frozen=True, slots=True)
class TypedData:
    """What a signer is asked to sign: the document of `eth_signTypedData_v4`, and the digest that it stands for."""

    document: Mapping[str, Any]
    digest: Hash32


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """One contract on one chain: a signature for another is none for this one."""

    name: str
    version: str
    chain_id: int
    contract: Address

    def typed_data(self, struct: str, members: Members, values: Sequence[object]) -> TypedData:
        """Values are integers or 32 bytes, by the members' types; `OutOfRange` for a number that does not fit."""
        words = [_word(kind, value, name) for (name, kind), value in zip(members, values, strict=True)]
        struct_hash = keccak256(_type_hash(struct, members) + b"".join(words))
        digest = Hash32(keccak256(b"\x19\x01" + self._separator() + struct_hash))
        shown = ["0x" + value.hex() if isinstance(value, bytes) else value for value in values]
        document = {
            "types": {"EIP712Domain": _described(_DOMAIN), struct: _described(members)},
            "primaryType": struct,
            "domain": {
                "name": self.name,
                "version": self.version,
                "chainId": self.chain_id,
                "verifyingContract": self.contract.hex0x,
            },
            "message": {name: value for (name, _), value in zip(members, shown, strict=True)},
        }
        return TypedData(document, digest)

    def _separator(self) -> bytes:
        return keccak256(
            _type_hash("EIP712Domain", _DOMAIN)
            + keccak256(self.name.encode())
            + keccak256(self.version.encode())
            + word_of_uint(256, self.chain_id, "chain_id")
            + self.contract.padded
        )


def write_signature(recoverable: bytes) -> bytes:
    """r, s and v as contracts take them, from r, s and the recovery id."""
    return recoverable[:64] + bytes([27 + recoverable[64]])


def contract_form(given: bytes) -> bytes:
    """The signature with v as 27 or 28, which some signers write as 0 or 1."""
    return write_signature(given) if len(given) == _LENGTH and given[64] < 2 else given


def signer_of(digest: bytes, signature: bytes) -> Address | None:
    """Who signed, as OpenZeppelin's ECDSA recovers it; None for what is not 65 bytes with a low s and a v of 27 or 28,
    and for numbers that no key can have signed with.
    """
    if len(signature) != _LENGTH or signature[64] not in {27, 28} or _high_s(signature):
        return None
    recoverable = signature[:64] + bytes([signature[64] - 27])
    try:
        key = PublicKey.from_signature_and_message(recoverable, digest, hasher=None)
    except ValueError:
        return None
    return address_of(key)


def _high_s(signature: bytes) -> bool:
    return int.from_bytes(signature[32:64], "big") > _HALF_ORDER


def _type_hash(struct: str, members: Members) -> bytes:
    return keccak256(f"{struct}({','.join(f'{kind} {name}' for name, kind in members)})".encode())


def _described(members: Members) -> list[dict[str, str]]:
    return [{"name": name, "type": kind} for name, kind in members]


def _word(kind: str, value: object, name: str) -> bytes:
    if kind == "bytes32" and isinstance(value, bytes):
        return Hash32(value)
    return word_of_uint(int(kind.removeprefix("uint")), value, name)
