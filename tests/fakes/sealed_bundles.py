"""Bundles whose proof is a sealed receipt: blocks without a chain, sealed by four validators.

The receipts and their trie are made with rlp and py-trie, the seals with coincurve, independently of `ledger.seals`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha3_256
from typing import Final

from coincurve import PrivateKey

from chain.receipts import receipt_path
from ledger.bundle import Bundle, Leaf, SealedReceiptProof
from ledger.verifier import Trust
from tests.fakes.block_headers import block_header, receipts_of
from tests.fakes.bundles import BundleWorld, Cancellation
from tests.fakes.event_logs import Log
from tests.fakes.sealed_chain import ADDRESSES, VALIDATORS, QbftHeader, keccak

TRANSACTION: Final = 2
"""Place of the cancellation's transaction in its block."""
POSITION: Final = 1
"""Place of the log's event in its receipt."""
LEAF_APPENDED: Final = keccak(
    b"LeafAppended(uint64,bytes32,address,uint16,bytes32,address,address,uint128,bytes32,uint64,bytes32)"
)


def trust(world: BundleWorld) -> Trust:
    """The validators pinned, and nothing else."""
    return Trust(origin=world.deployment.origin, validators=ADDRESSES)


def event_of(leaf: Leaf, *, chain_id: int, log: bytes) -> Log:
    """What the log emits when it appends the leaf."""
    words = (
        int(leaf.kind).to_bytes(32, "big"),
        leaf.subject,
        leaf.from_account.padded,
        leaf.to_account.padded,
        leaf.grams.to_bytes(32, "big"),
        leaf.record_hash,
        leaf.timestamp.to_bytes(32, "big"),
        leaf.hash(chain_id),
    )
    topics = (LEAF_APPENDED, leaf.index.to_bytes(32, "big"), leaf.operation_id, leaf.ledger.padded)
    return {
        "address": "0x" + log.hex(),
        "topics": ["0x" + topic.hex() for topic in topics],
        "data": "0x" + b"".join(words).hex(),
    }


def sealed_proof(
    world: BundleWorld,
    leaf: Leaf,
    *,
    sealers: Sequence[PrivateKey] = VALIDATORS[:3],
    timestamp: int | None = None,
    log: bytes | None = None,
) -> SealedReceiptProof:
    """A block with the leaf's event among others, sealed by these."""
    emitter = world.deployment.transparency_log if log is None else log
    event = event_of(leaf, chain_id=world.chain_id, log=emitter)
    other = {**event, "address": "0x" + "ab" * 20}
    receipts = receipts_of([[other], [], [other, event], [other]])
    header = block_header(
        number=9,
        parent_hash=sha3_256(b"parent").digest(),
        timestamp=leaf.timestamp if timestamp is None else timestamp,
        nonce=bytes(8),
        receipts=receipts,
    )
    return SealedReceiptProof(
        header=QbftHeader.of(header).sealed_by(sealers),
        transaction_index=TRANSACTION,
        log_position=POSITION,
        path=tuple(receipt_path(receipts, TRANSACTION)),
    )


def sealed_bundle(world: BundleWorld, cancellation: Cancellation, **of_the_block: object) -> Bundle:
    """The bundle of a cancellation with such a proof."""
    proof = sealed_proof(world, cancellation.leaf, **of_the_block)  # type: ignore[arg-type]
    return replace(world.bundle(cancellation), proof=proof)
