"""Published checkpoints, and the tiles and entries of the log as C2SP tlog-tiles serves them."""

from typing import NamedTuple

from api.errors import LogNotAsPublished
from api.repository.log import TileNodes, root_of
from api.repository.snapshots import Snapshot
from indexer.tiles import TILE_HEIGHT, TILE_WIDTH, node_count
from ledger.encoding import log_entry
from ledger.log_tree import HASH_LENGTH

_COLUMNS = "SELECT size, root, note, published_at FROM checkpoints WHERE published_at IS NOT NULL "
_ENTRIES = """
SELECT ledger, kind, operation_id, subject, from_account, to_account, quantity_gco2e, record_hash, timestamp
FROM operations WHERE leaf_index >= ? AND leaf_index < ? ORDER BY leaf_index
"""
_NOBODY = bytes(20)
_LEAF_PLACES = [node_count(leaf) * HASH_LENGTH for leaf in range(TILE_WIDTH)]
"""Where the hash of each leaf of a tile begins among its nodes (`indexer.tiles`)."""


class CheckpointRow(NamedTuple):
    """A published checkpoint."""

    size: int
    root: bytes
    note: str
    published_at: int


def newest(snapshot: Snapshot) -> CheckpointRow | None:
    """The newest."""
    return _row(snapshot.one(_COLUMNS + "ORDER BY size DESC LIMIT 1"))


def at_size(snapshot: Snapshot, size: int) -> CheckpointRow | None:
    """That of exactly this size."""
    return _row(snapshot.one(_COLUMNS + "AND size = ?", size))


def of_leaf(snapshot: Snapshot, leaf_index: int) -> CheckpointRow | None:
    """The earliest that covers the leaf."""
    return _row(snapshot.one(_COLUMNS + "AND size > ? ORDER BY size LIMIT 1", leaf_index))


def newest_below(snapshot: Snapshot, size: int) -> CheckpointRow | None:
    """The one before that of a size."""
    return _row(snapshot.one(_COLUMNS + "AND size < ? ORDER BY size DESC LIMIT 1", size))


def page(snapshot: Snapshot, *, before: int | None, limit: int) -> list[CheckpointRow]:
    """Newest first, those below a size."""
    if before is None:
        rows = snapshot.all(_COLUMNS + "ORDER BY size DESC LIMIT ?", limit)
    else:
        rows = snapshot.all(_COLUMNS + "AND size < ? ORDER BY size DESC LIMIT ?", before, limit)
    return [CheckpointRow(size, bytes(root), note, published_at) for size, root, note, published_at in rows]


def is_published_between(snapshot: Snapshot, least: int, below: int) -> bool:
    """Whether a checkpoint was published whose size is at least `least` and below `below`."""
    limits = (least, min(below, 2**63 - 1))
    return least < 2**63 and snapshot.one(_COLUMNS + "AND size >= ? AND size < ? LIMIT 1", *limits) is not None


def require_as_published(snapshot: Snapshot, checkpoint: CheckpointRow) -> None:
    """`LogNotAsPublished` unless the index holds the log of this size with this root. Looked at once a generation."""
    key = ("published", checkpoint.size)
    if snapshot.facts.get(key, snapshot.as_of) == checkpoint.root:
        return
    if checkpoint.size > snapshot.as_of.log_size or root_of(snapshot, checkpoint.size) != checkpoint.root:
        raise LogNotAsPublished(checkpoint.size)
    snapshot.facts.put(key, checkpoint.root, snapshot.as_of)


def tile(snapshot: Snapshot, level: int, index: int, width: int) -> bytes:
    """The first `width` hashes of a tile: of tree level 8 `level`, from node 256 `index` on."""
    end = _LEAF_PLACES[width - 1] + HASH_LENGTH
    nodes = TileNodes(snapshot).tile(level, index, end)
    return b"".join(nodes[begin : begin + HASH_LENGTH] for begin in _LEAF_PLACES[:width])


def entries(snapshot: Snapshot, index: int, width: int) -> bytes:
    """The first `width` entries of a bundle, each after its length as a big-endian uint16."""
    first = index * TILE_WIDTH
    chain_id = snapshot.chain_id
    bundle = bytearray()
    for row in snapshot.all(_ENTRIES, first, first + width):
        ledger, kind, operation_id, subject, giver, receiver, grams, record_hash, timestamp = row
        entry = log_entry(
            chain_id=chain_id,
            ledger=bytes(ledger),
            kind=kind,
            operation_id=bytes(operation_id),
            subject=bytes(subject),
            from_account=bytes(giver or _NOBODY),
            to_account=bytes(receiver or _NOBODY),
            grams=grams,
            record_hash=bytes(record_hash),
            timestamp=timestamp,
        )
        bundle += len(entry).to_bytes(2, "big") + entry
    return bytes(bundle)


def span(level: int) -> int:
    """Leaves under one hash of a tile of this level."""
    return 1 << TILE_HEIGHT * level


def _row(row: tuple[int, bytes, str, int] | None) -> CheckpointRow | None:
    return None if row is None else CheckpointRow(row[0], bytes(row[1]), row[2], row[3])
