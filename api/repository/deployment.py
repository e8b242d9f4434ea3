"""What the index is bound to, and whether it has stopped."""

from typing import NamedTuple

from api.errors import IndexEmpty
from api.repository.snapshots import Row, Snapshot
from indexer.schema import IncidentKind

_BINDING = "SELECT chain_id, genesis_hash, first_block FROM chain_binding WHERE id = 1"
_CONTRACTS = "SELECT name, address, code_hash FROM bound_contracts ORDER BY name"
_OPEN_HALT = f"""
SELECT block_number, code FROM incidents WHERE kind = {int(IncidentKind.HALT)} AND resolved_at IS NULL
ORDER BY incident_id LIMIT 1
"""  # noqa: S608 - a constant of ours


class Binding(NamedTuple):
    """Chain and contracts of the database, for ever."""

    chain_id: int
    genesis_hash: bytes
    first_block: int
    contracts: list[Row]


class Halt(NamedTuple):
    """Where the follower stopped, and the code of what it met. More of it is for the operator (`index status`)."""

    block_number: int
    code: str


def binding(snapshot: Snapshot) -> Binding:
    """Chain and contracts."""
    row = snapshot.one(_BINDING)
    if row is None:
        raise IndexEmpty
    chain_id, genesis_hash, first_block = row
    return Binding(chain_id, bytes(genesis_hash), first_block, snapshot.all(_CONTRACTS))


def open_halt(snapshot: Snapshot) -> Halt | None:
    """The first halt that is not past: those after it may follow from it."""
    row = snapshot.one(_OPEN_HALT)
    return None if row is None else Halt._make(row)
