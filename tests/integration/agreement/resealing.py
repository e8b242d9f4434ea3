"""Changed bundles with hashes made anew, as a cheat with the log's key would: what refuses them are later steps."""

import random
from dataclasses import replace

from ledger import log_tree
from ledger.bundle import Bundle, LogProof
from ledger.errors import TanpuhuiError
from ledger.ids import Hash32
from tests.fakes.bundles import BundleWorld

CHANCE = 0.8


def resealed(chance: random.Random, world: BundleWorld, data: bytes) -> bytes:
    """The bundle with some of record hash, subject and log made anew for what it says; as it is without form."""
    try:
        bundle = Bundle.from_bytes(data)
    except TanpuhuiError:
        return data
    leaf = bundle.leaf
    if bundle.record is not None and chance.random() < CHANCE:
        leaf = replace(leaf, record_hash=bundle.record.hash)
    if chance.random() < CHANCE:
        leaf = replace(leaf, subject=bundle.certificate.subject)
    if not isinstance(bundle.proof, LogProof) or leaf.index >= len(world.leaves) or chance.random() > CHANCE:
        return replace(bundle, leaf=leaf).to_bytes()
    kept = world.leaves[leaf.index]
    world.leaves[leaf.index] = leaf.hash(bundle.deployment.chain_id)
    try:
        checkpoint = world.checkpoint()
        path = log_tree.inclusion_proof(world.leaves, leaf.index)
        proof = LogProof(inclusion=tuple(map(Hash32, path)), checkpoint=world.note(checkpoint))
        return replace(bundle, leaf=leaf, proof=proof).to_bytes()
    finally:
        world.leaves[leaf.index] = kept
