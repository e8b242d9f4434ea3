"""RLP that encodes back to the same bytes, and Keccak-256."""

from __future__ import annotations

from typing import Final, TypeGuard, cast

import rlp
import sha3
from rlp.codec import encode_raw
from rlp.exceptions import RLPException

from ledger.errors import ProofMalformed

Item = bytes | list["Item"]
"""A byte string, or a list of items."""

_DEEPEST: Final = 8
"""How deep lists may be nested; a receipt's topics are four deep."""


def keccak256(data: bytes) -> bytes:
    """Ethereum's Keccak-256."""
    return cast("bytes", sha3.keccak_256(data).digest())


def encode(item: Item) -> bytes:
    """The one encoding of an item."""
    return cast("bytes", encode_raw(item))


def decode_list(data: bytes, step: str) -> list[Item]:
    """The items of the one list that `data` encodes; `ProofMalformed` at `step` for anything else.

    Other encodings of the same list, bytes behind it and nesting without end are refused.
    """
    if _is_too_deep(data):
        raise ProofMalformed(step, f"its lists are nested more than {_DEEPEST} deep")
    try:
        item = rlp.decode(data, strict=True)
        if isinstance(item, list) and encode_raw(item) == data:  # whatever the library lets through
            return item
    except (RLPException, RecursionError):
        pass
    raise ProofMalformed(step, "it is no list in canonical RLP")


def _is_too_deep(data: bytes) -> bool:
    """Before anything is decoded: the library recurses, and where another one has raised the recursion limit (py_ecc
    does) that ends the process instead of raising. Of what is no RLP it says nothing.
    """
    ends: list[int] = []
    at = 0
    while at < len(data):
        while ends and ends[-1] <= at:
            ends.pop()
        first = data[at]
        code = first - (0xC0 if first >= 0xC0 else 0x80)
        digits = max(0, code - 55)
        start = at + 1 + digits
        length = int.from_bytes(data[at + 1 : start], "big") if digits else max(0, code)
        if first >= 0xC0:
            ends.append(start + length)
            if len(ends) > _DEEPEST:
                return True
            at = start
        else:
            at = start + length
    return False


def is_bytes_of(item: Item, length: int) -> TypeGuard[bytes]:
    """Whether the item is a byte string of this length."""
    return isinstance(item, bytes) and len(item) == length


def is_number(item: Item, most_bytes: int) -> TypeGuard[bytes]:
    """Whether the item is a whole number, without leading zeros, of at most so many bytes."""
    return isinstance(item, bytes) and len(item) <= most_bytes and not item.startswith(b"\0")


def all_of_width(item: Item, width: int) -> tuple[bytes, ...] | None:
    """The members of a list of byte strings, all of this length; None if the item is no such list."""
    if not isinstance(item, list):
        return None
    members = tuple(member for member in item if is_bytes_of(member, width))
    return members if len(members) == len(item) else None


def number_of(item: bytes) -> int:
    """The whole number that an item is, big-endian; of no bytes 0."""
    return int.from_bytes(item, "big")


def to_item(number: int) -> bytes:
    """The item that a whole number is."""
    return number.to_bytes((number.bit_length() + 7) // 8, "big")
