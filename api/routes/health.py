"""Whether the index is good to read, and what it is bound to."""

from time import time

from api.caching import CacheRule
from api.errors import IndexHalted
from api.parameters import Arguments
from api.reading import Found, ReadRoute
from api.repository.deployment import binding, open_halt
from api.repository.snapshots import Snapshot
from api.schemas.common import hex0x
from api.schemas.health import DeploymentAnswer, ReadyAnswer


def read_ready(snapshot: Snapshot, _: Arguments) -> Found:
    """How old the index is. Raises `IndexHalted`; empty or unreadable it is not even asked."""
    halt = open_halt(snapshot)
    if halt is not None:
        raise IndexHalted(halt.block_number, halt.code)
    lag = max(0, int(time()) - snapshot.as_of.timestamp)
    return Found({"status": "ready", "lag_seconds": lag}, CacheRule.NEVER)


def read_deployment(snapshot: Snapshot, _: Arguments) -> Found:
    """Chain and contracts of the index."""
    bound = binding(snapshot)
    document = {
        "chain_id": bound.chain_id,
        "genesis_hash": hex0x(bound.genesis_hash),
        "first_block": bound.first_block,
        "contracts": [
            {"name": name, "address": hex0x(address), "code_hash": hex0x(code_hash)}
            for name, address, code_hash in bound.contracts
        ],
    }
    return Found(document)


READY = ReadRoute(
    "/v1/health/ready",
    read_ready,
    summary="Whether the index is good to read, and how old it is",
    description="503 while it is empty, unreadable, halted, or no longer kept up with the chain by this instance; the "
    "problem says why. The other routes still answer from a halted index, and say so in `as_of.halted`.",
    model=ReadyAnswer,
    tag="health",
)

ROUTES = (
    READY,
    ReadRoute(
        "/v1/deployment",
        read_deployment,
        summary="Chain and contracts that the index is bound to",
        model=DeploymentAnswer,
        tag="health",
    ),
)
