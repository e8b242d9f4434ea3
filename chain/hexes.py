"""Hexadecimal text as JSON-RPC has it: quantities (0x1a, no leading zeros) and data (two digits a byte)."""

from typing import Any

from ledger.errors import RpcFailure

MALFORMED_ANSWER = -32700
"""The code under which we report an answer that is not what JSON-RPC promises; the node itself gave none."""


def to_quantity(number: int) -> str:
    """0 -> "0x0", 26 -> "0x1a"."""
    return hex(number)


def to_data(data: bytes) -> str:
    """Bytes as 0x and two digits each."""
    return "0x" + data.hex()


def from_quantity(value: Any, method: str) -> int:
    """The number that `method` answered; `RpcFailure` if it is none."""
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return int(value, 16)
        except ValueError:
            pass
    raise malformed(method, value, "a quantity")


def from_data(value: Any, method: str) -> bytes:
    """The bytes that `method` answered; `RpcFailure` if it answered none."""
    if isinstance(value, str) and value.startswith("0x"):
        try:
            return bytes.fromhex(value[2:])
        except ValueError:
            pass
    raise malformed(method, value, "data")


def malformed(method: str, value: Any, expected: str) -> RpcFailure:
    """The error for an answer that cannot be read."""
    return RpcFailure(method, MALFORMED_ANSWER, f"answered {repr(value)[:80]} where {expected} was expected")
