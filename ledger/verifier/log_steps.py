"""Steps 11 to 15 for a proof of type `log`: a checkpoint, and whoever stands behind it."""

from __future__ import annotations

from ledger.checkpoints import Checkpoint
from ledger.log_tree import verify_inclusion
from ledger.notes import Note
from ledger.verifier.case import Case, require
from ledger.verifier.verdict import Cosignature


def checkpoint(case: Case) -> None:
    """11: it is a checkpoint of the pinned log, and covers the leaf. Its text alone has no empty line."""
    text = case.log_proof.checkpoint
    if "\n\n" in text:
        case.note = Note.parse(text)
        text = case.note.text
    case.checkpoint = Checkpoint.parse(text)
    origin, leaf = case.checkpoint.origin, case.bundle.leaf
    require(origin == case.trust.origin, f"it is of {origin}, and {case.trust.origin} is pinned")
    require(case.checkpoint.size > leaf.index, f"a log of {case.checkpoint.size} leaves has no leaf {leaf.index}")


def inclusion(case: Case) -> None:
    """12: the leaf, made here from its values, is in the log that the checkpoint states."""
    leaf, stated = case.bundle.leaf, case.stated
    verify_inclusion(
        leaf_hash=leaf.hash(case.bundle.deployment.chain_id),
        index=leaf.index,
        size=stated.size,
        proof=case.log_proof.inclusion,
        root=stated.root,
    )


def log_signature(case: Case) -> None:
    """13: the log's key signed the checkpoint."""
    key = case.trust.log_key
    assert key is not None  # noqa: S101 - the level was chosen for it
    require(case.note is not None, "the checkpoint is not signed")
    assert case.note is not None  # noqa: S101 - mypy does not see it
    require(key in case.note.verify([key]), "no line is of the pinned log key")


def witnesses(case: Case) -> None:
    """14: enough of the pinned witnesses cosigned it."""
    trust = case.trust
    assert case.note is not None  # noqa: S101 - step 13 saw it
    signed = case.note.verify(trust.witnesses)
    case.cosignatures = [Cosignature(key.name, signed[key]) for key in trust.witnesses if key in signed]
    require(
        len(signed) >= trust.quorum,
        f"{len(signed)} of {len(trust.witnesses)} pinned witnesses cosigned, and {trust.quorum} are needed",
    )


def chain(case: Case) -> None:
    """15: the chain, as the node shows it, has this root."""
    node, identity, stated = case.node, case.bundle.deployment, case.stated
    assert node is not None  # noqa: S101 - the level was chosen for it
    require(node.chain_id == identity.chain_id, f"the node serves chain {node.chain_id}, not {identity.chain_id}")
    require(
        node.genesis_hash == identity.genesis_hash,
        f"the node's first block is {node.genesis_hash}, not {identity.genesis_hash}",
    )
    root = node.root_at(identity.transparency_log, stated.size)
    require(root is not None, f"the chain's log has not reached {stated.size} leaves")
    require(root == stated.root, f"the chain's root at {stated.size} leaves is {root}, the checkpoint's {stated.root}")
