"""Steps 11 to 14 for a proof of type `sealed-receipt`: the one module here that needs `ledger.seals`, and its
libraries. `ledger.verifier.verify` imports it when such a proof comes.
"""

from __future__ import annotations

from ledger.seals.events import leaf_appended
from ledger.seals.headers import parse_header, verify_seals
from ledger.seals.receipts import verify_receipt
from ledger.verifier.case import Case, require
from ledger.verifier.verdict import SealedBlock


def header(case: Case) -> None:
    """11: it is a header of a QBFT chain."""
    case.header = parse_header(case.receipt_proof.header)


def seals(case: Case) -> None:
    """12: enough of the pinned validators sealed it."""
    assert case.header is not None  # noqa: S101 - steps run in order
    case.sealed = verify_seals(case.header, case.trust.validators)
    case.block = SealedBlock(case.sealed.number, case.sealed.block_hash)


def receipt(case: Case) -> None:
    """13: a transaction of the block that succeeded has this receipt."""
    assert case.sealed is not None  # noqa: S101 - steps run in order
    proof = case.receipt_proof
    case.receipt = verify_receipt(case.sealed.receipts_root, proof.transaction_index, proof.path)


def event(case: Case) -> None:
    """14: in it the log says that it appended the leaf, every value of it, in a block of the leaf's time."""
    assert case.sealed is not None  # noqa: S101 - steps run in order
    assert case.receipt is not None  # noqa: S101 - steps run in order
    leaf, identity = case.bundle.leaf, case.bundle.deployment
    found = leaf_appended(case.receipt, case.receipt_proof.log_position, identity.transparency_log)
    pairs = {
        "index": (found.index, leaf.index),
        "operation_id": (found.operation_id, leaf.operation_id),
        "ledger": (found.ledger, leaf.ledger),
        "kind": (found.kind, leaf.kind),
        "subject": (found.subject, leaf.subject),
        "from": (found.from_account, leaf.from_account),
        "to": (found.to_account, leaf.to_account),
        "quantity_gco2e": (found.grams, leaf.grams),
        "record_hash": (found.record_hash, leaf.record_hash),
        "timestamp": (found.timestamp, leaf.timestamp),
        "leaf hash": (found.leaf_hash, leaf.hash(identity.chain_id)),
        "time of the block": (case.sealed.timestamp, leaf.timestamp),
    }
    for name, (there, here) in pairs.items():
        require(there == here, f"the {name} is {there} in the block and {here} in the bundle")
