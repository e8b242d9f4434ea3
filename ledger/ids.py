"""Typed ids: what `bytes32`, `address` and the value types of contracts/src/types/Types.sol are in Python.

Each is a `bytes` of fixed length that checks itself when made, so a hash is as cheap as bytes and cannot be too short.
As with bytes, ids of different types are equal when their bytes are; mypy keeps the types apart.
"""

from __future__ import annotations

from typing import ClassVar, Self

from ledger.errors import InvalidIdentifier


class FixedBytes(bytes):
    """Base of the ids: exactly `LENGTH` bytes."""

    __slots__ = ()
    LENGTH: ClassVar[int] = -1

    def __new__(cls, value: bytes) -> Self:
        """`value` as this type; `InvalidIdentifier` unless it is `LENGTH` bytes."""
        if len(value) != cls.LENGTH:
            raise InvalidIdentifier(cls.__name__, f"be {cls.LENGTH} bytes", value)
        return bytes.__new__(cls, value)

    @classmethod
    def from_hex(cls, text: object, field: str | None = None) -> Self:
        """Reads `0x` and two hexadecimal digits a byte, in lower or upper case; nothing else is let through."""
        if isinstance(text, str) and len(text) == 2 + 2 * cls.LENGTH and text.startswith("0x"):
            try:
                value = bytes.fromhex(text[2:])
            except ValueError:
                value = b""
            if len(value) == cls.LENGTH:  # fewer where spaces stand between digits, which fromhex lets through
                return cls(value)
        raise InvalidIdentifier(field or cls.__name__, f"be 0x and {2 * cls.LENGTH} hexadecimal digits", text)

    @property
    def hex0x(self) -> str:
        """0x and lower-case hexadecimal digits."""
        return "0x" + self.hex()

    @property
    def is_zero(self) -> bool:
        """Whether every byte is zero."""
        return not any(self)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.hex0x})"

    def __str__(self) -> str:
        return self.hex0x


class Hash32(FixedBytes):
    """32 bytes: a SHA-256 hash or anything that stands in a `bytes32`."""

    __slots__ = ()
    LENGTH = 32


class OperationId(Hash32):
    """Made by the submitter and saved before the first try; the key of exactly-once. Never zero."""

    __slots__ = ()

    def __new__(cls, value: bytes) -> Self:
        made = super().__new__(cls, value)
        if made == _ZERO_32:
            raise InvalidIdentifier(cls.__name__, "not be zero", value)
        return made


class MethodologyId(Hash32):
    """One published version of a methodology."""

    __slots__ = ()


class ActivityId(Hash32):
    """One registered project or scenario."""

    __slots__ = ()


class ClaimId(Hash32):
    """What days are credited to: a facility, whatever the class, or an activity that names none."""

    __slots__ = ()


class DebtorId(Hash32):
    """Who owes a deficit: a facility in one class, or an activity that names none."""

    __slots__ = ()


class LotId(Hash32):
    """One lot; `token_id` is its ERC-1155 id."""

    __slots__ = ()

    @classmethod
    def from_token_id(cls, token_id: int) -> Self:
        """The lot whose ERC-1155 id is `token_id`, an unsigned 256-bit integer."""
        if not 0 <= token_id < 2**256:
            raise InvalidIdentifier(cls.__name__, "be an unsigned 256-bit integer", token_id)
        return cls(token_id.to_bytes(32, "big"))

    @property
    def token_id(self) -> int:
        """The ERC-1155 token id: the 32 bytes as a big-endian integer."""
        return int.from_bytes(self, "big")


class CampaignId(Hash32):
    """One campaign that points are donated to."""

    __slots__ = ()


class RecordHash(Hash32):
    """Hash of an operation's off-chain record."""

    __slots__ = ()


class LeafHash(Hash32):
    """Hash of a log leaf."""

    __slots__ = ()


class IdentityCommitment(Hash32):
    """Salted commitment to the identity behind an account."""

    __slots__ = ()


class Address(FixedBytes):
    """An account or contract on chain."""

    __slots__ = ()
    LENGTH = 20

    @property
    def padded(self) -> Hash32:
        """Left-padded with zeros to 32 bytes, as `abi.encode` and leaf subjects have it."""
        return Hash32(b"\x00" * 12 + self)


_ZERO_32 = bytes(32)
ZERO_HASH = Hash32(_ZERO_32)
ZERO_ADDRESS = Address(bytes(20))
