"""The log's event in a receipt: `LeafAppended` of contracts/src/interfaces/ITransparencyLog.sol, strictly decoded."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ledger.errors import ProofError, ProofMalformed
from ledger.ids import Address, Hash32
from ledger.seals.canonical import keccak256
from ledger.seals.receipts import Receipt

LEAF_APPENDED: Final = (
    "LeafAppended(uint64,bytes32,address,uint16,bytes32,address,address,uint128,bytes32,uint64,bytes32)"
)

_STEP: Final = "event"
_TOPIC: Final = keccak256(LEAF_APPENDED.encode())
_WORD: Final = 32
_TOPICS: Final = 4
_DATA_WORDS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class AppendedLeaf:
    """What the event says. `grams` in g CO2e, `timestamp` in seconds since 1970, `kind` a number of §3.4."""

    index: int
    operation_id: Hash32
    ledger: Address
    kind: int
    subject: Hash32
    from_account: Address
    to_account: Address
    grams: int
    record_hash: Hash32
    timestamp: int
    leaf_hash: Hash32


def leaf_appended(receipt: Receipt, log_position: int, transparency_log: Address) -> AppendedLeaf:
    """The event at this place of the receipt, counted from 0, which that log emitted.

    Raises `ProofError` at `event` where there is no log at that place or another contract emitted it, and
    `ProofMalformed` where it is another event or no canonical encoding of one.
    """
    if not 0 <= log_position < len(receipt.logs):
        raise ProofError(_STEP, f"the receipt has {len(receipt.logs)} logs, and none at {log_position}")
    log = receipt.logs[log_position]
    if log.address != transparency_log:
        raise ProofError(_STEP, f"contract {log.address} emitted it, not the log {transparency_log}")
    if len(log.topics) != _TOPICS or log.topics[0] != _TOPIC or len(log.data) != _DATA_WORDS * _WORD:
        raise ProofMalformed(_STEP, "it is no LeafAppended")
    kind, subject, giver, receiver, grams, record_hash, timestamp, leaf_hash = (
        log.data[at : at + _WORD] for at in range(0, len(log.data), _WORD)
    )
    return AppendedLeaf(
        index=_uint(log.topics[1], 64),
        operation_id=log.topics[2],
        ledger=_address(log.topics[3]),
        kind=_uint(kind, 16),
        subject=Hash32(subject),
        from_account=_address(giver),
        to_account=_address(receiver),
        grams=_uint(grams, 128),
        record_hash=Hash32(record_hash),
        timestamp=_uint(timestamp, 64),
        leaf_hash=Hash32(leaf_hash),
    )


def _uint(word: bytes, bits: int) -> int:
    value = int.from_bytes(word, "big")
    if value >> bits:
        raise ProofMalformed(_STEP, f"it holds a number of more than {bits} bits")
    return value


def _address(word: bytes) -> Address:
    if any(word[:12]):
        raise ProofMalformed(_STEP, "it holds an address of more than 20 bytes")
    return Address(word[12:])
