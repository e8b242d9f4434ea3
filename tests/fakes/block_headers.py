"""Headers and receipts as a node answers them, made with py-trie and rlp, independently of `chain.receipts`."""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import rlp
import sha3
from trie.hexary import HexaryTrie

from tests.fakes.event_logs import Log

Json = dict[str, Any]
_GAS = 21_000
_NO_BLOOM = bytes(256)


def receipts_of(transactions: Sequence[Sequence[Log]]) -> list[bytes]:
    """Legacy receipts of transactions that succeeded, with these logs."""
    return [
        rlp.encode([1, (index + 1) * _GAS, _NO_BLOOM, [_items(log) for log in logs]])
        for index, logs in enumerate(transactions)
    ]


def trie_of(receipts: Sequence[bytes]) -> HexaryTrie:
    """The trie of a block's receipts."""
    trie = HexaryTrie({})
    for index, receipt in enumerate(receipts):
        trie.set(rlp.encode(index), receipt)  # type: ignore[no-untyped-call]
    return trie


def block_header(*, number: int, parent_hash: bytes, timestamp: int, nonce: bytes, receipts: Sequence[bytes]) -> Json:
    """A block whose hash is the Keccak of its header; the same arguments make the same block."""
    fields: dict[str, int | bytes] = {
        "parentHash": parent_hash,
        "sha3Uncles": _keccak(rlp.encode([])),
        "miner": bytes(20),
        "stateRoot": bytes(32),
        "transactionsRoot": bytes(32),
        "receiptsRoot": trie_of(receipts).root_hash,
        "logsBloom": _NO_BLOOM,
        "difficulty": 0,
        "number": number,
        "gasLimit": 100_000_000,
        "gasUsed": len(receipts) * _GAS,
        "timestamp": timestamp,
        "extraData": b"",
        "mixHash": bytes(32),
        "nonce": nonce,
        "baseFeePerGas": 0,
    }
    block_hash = _keccak(rlp.encode(list(fields.values())))
    header = {name: hex(value) if isinstance(value, int) else _text(value) for name, value in fields.items()}
    return {
        **header,
        "hash": _text(block_hash),
        "transactions": [_text(transaction_hash(block_hash, index)) for index in range(len(receipts))],
    }


def placed_receipts(header: Mapping[str, Any], transactions: Sequence[Sequence[Log]]) -> list[Json]:
    """The receipts of that block as eth_getBlockReceipts answers them."""
    receipts: list[Json] = []
    log_index = 0
    for index, logs in enumerate(transactions):
        place = {
            "blockNumber": header["number"],
            "blockHash": header["hash"],
            "transactionHash": header["transactions"][index],
            "transactionIndex": hex(index),
        }
        placed = [log | place | {"logIndex": hex(at), "removed": False} for at, log in enumerate(logs, log_index)]
        log_index += len(placed)
        receipts.append(
            {
                **place,
                "type": "0x0",
                "status": "0x1",
                "cumulativeGasUsed": hex((index + 1) * _GAS),
                "logsBloom": _text(_NO_BLOOM),
                "logs": placed,
            }
        )
    return receipts


def transaction_hash(block_hash: bytes, index: int) -> bytes:
    """Of a made-up transaction."""
    return sha256(b"transaction" + block_hash + index.to_bytes(4, "big")).digest()


def _items(log: Log) -> list[Any]:
    topics = [bytes.fromhex(topic[2:]) for topic in log["topics"]]
    return [bytes.fromhex(log["address"][2:]), topics, bytes.fromhex(log["data"][2:])]


def _keccak(data: bytes) -> bytes:
    digest: bytes = sha3.keccak_256(data).digest()
    return digest


def _text(data: bytes) -> str:
    return "0x" + data.hex()
