"""Proofs that validators sealed a leaf, captured from a node: the block's header, and the path to the receipt in it.

Receipts last, where state does not: a node that prunes state proves an old leaf as well as a new one
(docs/spec/08-certificates.md §8.4, §8.6).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chain.deployment import Deployment
from chain.headers import header_rlp, is_header_of
from chain.hexes import from_data, from_quantity, malformed, to_data
from chain.leaves import LEAF_APPENDED
from chain.logs import scan_logs
from chain.operations import ContractName
from chain.receipts import encode_receipt, read_receipts, receipt_path, receipts_root
from chain.rpc import Rpc
from ledger.bundle import Bundle, SealedReceiptProof
from ledger.errors import InvalidInput, NotFound, NotSealed, ProofMalformed, ProofMismatch
from ledger.ids import Address
from ledger.seals.headers import parse_header, sealers_of
from ledger.verifier import Trust, verify

_BLOCK = "eth_getBlockByNumber"
_RECEIPTS = "eth_getBlockReceipts"
_LOGS = "eth_getLogs"
_PARTS_OF_BLOCK = ("hash", "number", "receiptsRoot", "transactions")
_PARTS_OF_LOG = ("blockNumber", "blockHash", "transactionIndex", "logIndex")


def capture(rpc: Rpc, deployment: Deployment, leaf_index: int) -> SealedReceiptProof:
    """The proof of the leaf with this index, as the node has it.

    Header and receipts are held to the block's hash, so that a node that lies gives no proof instead of one that does
    not verify; who sealed the block is for whoever pins validators to say. Raises `NotFound` for a leaf that the log
    has not, `NotSealed` on a chain that is not QBFT, `RpcFailure`, `NodeUnreachable`.
    """
    log = _event(rpc, deployment, leaf_index)
    block = _with(_PARTS_OF_BLOCK, rpc.call(_BLOCK, [log["blockNumber"], False]), _BLOCK)
    if block["hash"] != log["blockHash"]:
        raise malformed(_BLOCK, block, f"block {log['blockHash']}")
    [receipts] = read_receipts(rpc, [block])
    if receipts is None:
        raise malformed(_RECEIPTS, receipts, f"the receipts of block {log['blockHash']}")
    encoded = [encode_receipt(receipt) for receipt in receipts]
    if receipts_root(encoded).hex0x != block["receiptsRoot"]:
        raise malformed(_RECEIPTS, receipts, f"receipts that make the root {block['receiptsRoot']}")
    index = from_quantity(log["transactionIndex"], _LOGS)
    if index >= len(receipts):
        raise malformed(_RECEIPTS, receipts, f"more than {index} receipts")
    places = [each.get("logIndex") for each in receipts[index]["logs"]]
    if log["logIndex"] not in places:
        raise malformed(_RECEIPTS, receipts[index], f"a receipt with log {log['logIndex']}")
    return SealedReceiptProof(
        header=_header(block),
        transaction_index=index,
        log_position=places.index(log["logIndex"]),
        path=receipt_path(encoded, index),
    )


def seal_bundle(bundle: Bundle, rpc: Rpc, deployment: Deployment) -> Bundle:
    """The same certificate with a proof of type `sealed-receipt`.

    It is verified as whoever pins those who sealed the block would verify it: `ProofMismatch` names the step that
    refuses it, where the bundle says something else than the chain. Raises `InvalidInput` for a bundle of another
    deployment, and as `capture`.
    """
    if bundle.deployment.origin != deployment.origin:
        raise InvalidInput("bundle", f"be of {deployment.origin}, which the node serves", bundle.deployment.origin)
    proof = capture(rpc, deployment, bundle.leaf.index)
    sealed = replace(bundle, proof=proof)
    sealers = tuple(dict.fromkeys(sealers_of(parse_header(proof.header))))
    verdict = verify(sealed.to_bytes(), Trust(origin=deployment.origin, validators=sealers))
    if verdict.failed is not None:
        raise ProofMismatch(f"step {verdict.failed.number}, {verdict.failed.name}", verdict.reason.rstrip("."))
    return sealed


def _event(rpc: Rpc, deployment: Deployment, leaf_index: int) -> dict[str, Any]:
    """The log's event of a leaf, as eth_getLogs answers it."""
    address: Address = deployment.address(ContractName.TRANSPARENCY_LOG)
    topics = [to_data(LEAF_APPENDED.hash), to_data(leaf_index.to_bytes(32, "big"))]
    head = from_quantity(rpc.call("eth_blockNumber"), "eth_blockNumber")
    for log in scan_logs(rpc, address, topics, deployment.first_block, head):
        return _with(_PARTS_OF_LOG, log, _LOGS)
    raise NotFound("leaf", leaf_index)


def _with(parts: Sequence[str], answer: Any, method: str) -> dict[str, Any]:
    """An answered object that has these parts."""
    if not isinstance(answer, dict) or any(answer.get(part) is None for part in parts):
        raise malformed(method, answer, f"an object of {', '.join(parts)}")
    return answer


def _header(block: dict[str, Any]) -> bytes:
    header = header_rlp(block)
    if not is_header_of(header, from_data(block["hash"], _BLOCK)):
        raise malformed(_BLOCK, block, f"a header that makes the hash {block['hash']}")
    number = from_quantity(block["number"], _BLOCK)
    try:
        seals = parse_header(header).seals
    except ProofMalformed as error:
        raise NotSealed(number, error.reason) from None
    if not seals:
        raise NotSealed(number, "it has no seals")
    return header
