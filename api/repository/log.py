"""The transparency log: proofs from stored tiles."""

from api.repository.snapshots import Snapshot
from indexer.tiles import FULL_TILE_BYTES, place_of
from ledger.log_tree import HASH_LENGTH, consistency_path, fold, peaks, read_path, root_at

_TILE = "SELECT nodes FROM log_tiles WHERE level = ? AND tile_index = ?"


class TileNodes:
    """A `ledger.log_tree.NodeSource` over one snapshot's tiles. Full ones are kept between requests; the others for
    this one.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._tiles: dict[tuple[int, int], bytes] = {}

    def node(self, level: int, index: int) -> bytes:
        """Hash of a complete node."""
        tile, place = place_of(level, index)
        nodes = self._tiles.get(tile) or self._tile(*tile)
        found = nodes[place * HASH_LENGTH : (place + 1) * HASH_LENGTH]
        if len(found) != HASH_LENGTH:
            raise LookupError(f"tile {tile} does not hold node {level}/{index}")
        return found

    def _tile(self, level: int, index: int) -> bytes:
        as_of, cache = self._snapshot.as_of, self._snapshot.tiles
        nodes = cache.get(level, index, as_of)
        if nodes is None:
            row = self._snapshot.one(_TILE, level, index)
            if row is None:
                raise LookupError(f"tile {level}/{index} is not stored")
            nodes = bytes(row[0])
            if len(nodes) == FULL_TILE_BYTES:
                cache.put(level, index, nodes, as_of)
        self._tiles[level, index] = nodes
        return nodes


def inclusion_proof(snapshot: Snapshot, leaf_index: int, tree_size: int) -> tuple[bytes, list[bytes]]:
    """The leaf's hash, and the hashes from it to the root, lowest first; `leaf_index` is below `tree_size`.

    The same as `ledger.log_tree.inclusion_proof`, climbing instead of descending. At each level the sibling is
    complete, or reaches over the right edge (the peaks under it fold into one hash), or is not there (the node is
    promoted).
    """
    nodes = TileNodes(snapshot)
    proof = []
    node = leaf_index
    for level in range((tree_size - 1).bit_length()):
        sibling = node ^ 1
        start = sibling << level
        if start + (1 << level) <= tree_size:
            proof.append(nodes.node(level, sibling))
        elif start < tree_size:
            proof.append(fold([nodes.node(*peak) for peak in peaks(start, tree_size)]))
        node >>= 1
    return nodes.node(0, leaf_index), proof


def consistency_proof(snapshot: Snapshot, first: int, second: int) -> list[bytes]:
    """Hashes that show that the log at `first` leaves is the start of the log at `second`."""
    return read_path(consistency_path(first, second), TileNodes(snapshot))


def root_of(snapshot: Snapshot, tree_size: int) -> bytes:
    """Root of the log when it had this many leaves."""
    if tree_size == snapshot.as_of.log_size:
        return snapshot.as_of.log_root
    return root_at(tree_size, TileNodes(snapshot))
