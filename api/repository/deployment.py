"""What the index is bound to, and whether it has stopped."""

from typing import NamedTuple

from api.errors import IndexEmpty
from api.repository.snapshots import Row, Snapshot

_BINDING = "SELECT chain_id, genesis_hash, first_block FROM chain_binding WHERE id = 1"
_CONTRACTS = "SELECT name, address, code_hash FROM bound_contracts ORDER BY name"
_OPEN_HALTS = (
    "SELECT code, detected_at, block_number FROM incidents WHERE kind = 2 AND resolved_at IS NULL ORDER BY incident_id"
)


class Binding(NamedTuple):
    """Chain and contracts of the database, for ever."""

    chain_id: int
    genesis_hash: bytes
    first_block: int
    contracts: list[Row]


class Halt(NamedTuple):
    """Why the follower stopped."""

    code: str
    detected_at: int
    block_number: int


def binding(snapshot: Snapshot) -> Binding:
    """Chain and contracts."""
    row = snapshot.one(_BINDING)
    if row is None:
        raise IndexEmpty
    chain_id, genesis_hash, first_block = row
    return Binding(chain_id, bytes(genesis_hash), first_block, snapshot.all(_CONTRACTS))


def open_halts(snapshot: Snapshot) -> list[Halt]:
    """Halts that nobody has resolved yet."""
    return [Halt._make(row) for row in snapshot.all(_OPEN_HALTS)]
