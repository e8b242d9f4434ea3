"""Contract functions as text signatures, and fast ABI encoding of their arguments.

Nearly every argument that an operation carries is one 32-byte word, or a tuple of words, which stand one after the
other: those are packed here; text, tuples with text and signatures by eth-abi. tests/unit/chain/test_calls.py holds the
signatures to the compiled contracts and the bytes to eth-abi.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sha3
from eth_abi.abi import decode as abi_decode
from eth_abi.abi import encode as abi_encode

from ledger.errors import OutOfRange

_ADDRESS_PADDING = bytes(12)


def keccak256(data: bytes) -> bytes:
    """Ethereum's Keccak-256."""
    digest: bytes = sha3.keccak_256(data).digest()
    return digest


@dataclass(frozen=True, slots=True)
class Function:
    """A function, error or event by its canonical signature: `transfer(bytes32,address,uint256,uint128,bytes32)`.

    `hash` is the Keccak of the signature, an event's first topic; `selector` its first four bytes.
    """

    signature: str
    hash: bytes = field(init=False)
    selector: bytes = field(init=False)
    types: tuple[str, ...] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "hash", keccak256(self.signature.encode()))
        object.__setattr__(self, "selector", self.hash[:4])
        object.__setattr__(self, "types", _split_types(self.signature))

    @property
    def name(self) -> str:
        """The part before the bracket."""
        return self.signature.partition("(")[0]

    def encode(self, *arguments: Any) -> bytes:
        """Calldata by eth-abi, for any types."""
        return self.selector + abi_encode(self.types, arguments)


def word_of_uint(bits: int, value: object, name: str) -> bytes:
    """A whole number as a word; `OutOfRange` unless it is an int of that many bits."""
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 1 << bits:
        raise OutOfRange(name, f"be a whole number from 0 to 2^{bits} - 1", value)
    return value.to_bytes(32, "big")


def word_of_address(address: bytes) -> bytes:
    """An address, left-padded."""
    return _ADDRESS_PADDING + address


def decode(types: Sequence[str], data: bytes) -> tuple[Any, ...]:
    """Return values by eth-abi; raises eth_abi.exceptions.DecodingError."""
    return tuple(abi_decode(types, data))


def head_words(abi_type: str) -> int:
    """Words that an argument of this type takes before whatever is of variable length: a tuple of words takes one for
    each, everything else one (itself or where it starts)."""
    members = abi_type.removeprefix("(").removesuffix(")").split(",")
    return 1 if not abi_type.startswith("(") or {"string", "bytes"} & set(members) else len(members)


def _split_types(signature: str) -> tuple[str, ...]:
    """Top-level argument types: tuples stay whole."""
    inside = signature.partition("(")[2].removesuffix(")")
    types: list[str] = []
    depth = 0
    current = ""
    for character in inside:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "," and depth == 0:
            types.append(current)
            current = ""
        else:
            current += character
    return (*types, current) if current else tuple(types)
