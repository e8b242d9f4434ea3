"""Whether the index is good to read, and what it is bound to."""

from time import time

from api.caching import CacheRule
from api.errors import IndexHalted
from api.pagination import Key
from api.parameters import Arguments
from api.reading import Found, Keyed, ListRoute, ReadRoute
from api.repository import incidents
from api.repository.deployment import binding, open_halt
from api.repository.snapshots import Snapshot
from api.schemas.common import hex0x
from api.schemas.health import DeploymentAnswer, ReadyAnswer
from api.schemas.incidents import IncidentsAnswer, incident_document


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


def read_incidents(snapshot: Snapshot, _: Arguments, limit: int, after: Key | None) -> list[Keyed]:
    """What happened to the index, newest first."""
    rows = incidents.page(snapshot, before=None if after is None else int(after[0]), limit=limit)
    return [((row.incident_id,), incident_document(row)) for row in rows]


READY = ReadRoute(
    "/v1/health/ready",
    read_ready,
    summary="Whether the index is good to read, and how old it is",
    description="503 while it is empty, unreadable, halted, or no longer kept up with the chain by this instance; the "
    "problem says why. The other routes still answer from a halted index, and say so in `as_of.halted`.",
    model=ReadyAnswer,
    tag="health",
)

INCIDENTS = ListRoute(
    "/v1/incidents",
    read_incidents,
    key_types=(int,),
    summary="What happened to the index, newest first",
    description="Blocks that the chain took back, halts, and what was found in files of anchored batches.",
    model=IncidentsAnswer,
    tag="health",
)

ROUTES = (
    READY,
    INCIDENTS,
    ReadRoute(
        "/v1/deployment",
        read_deployment,
        summary="Chain and contracts that the index is bound to",
        model=DeploymentAnswer,
        tag="health",
    ),
)
