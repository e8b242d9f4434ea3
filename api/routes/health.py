"""Whether the index can be read, and what it is bound to."""

from time import time

from api.caching import CacheRule
from api.parameters import Arguments
from api.reading import Found, ReadRoute
from api.repository.deployment import binding, open_halts
from api.repository.snapshots import Snapshot
from api.schemas.common import hex0x
from api.schemas.health import DeploymentAnswer, ReadyAnswer


def read_ready(snapshot: Snapshot, _: Arguments) -> Found:
    """Lag and open halts. An empty or unreadable index is a 503 problem instead."""
    halts = open_halts(snapshot)
    document = {
        "status": "halted" if halts else "ready",
        "lag_seconds": max(0, int(time()) - snapshot.as_of.timestamp),
        "open_halts": [halt._asdict() for halt in halts],
    }
    return Found(document, CacheRule.NEVER)


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


ROUTES = (
    ReadRoute(
        "/v1/health/ready",
        read_ready,
        summary="Whether the index can be read, and how old it is",
        description="A halted index still answers; every answer then says so in `as_of.halted`.",
        model=ReadyAnswer,
        tag="health",
    ),
    ReadRoute(
        "/v1/deployment",
        read_deployment,
        summary="Chain and contracts that the index is bound to",
        model=DeploymentAnswer,
        tag="health",
    ),
)
