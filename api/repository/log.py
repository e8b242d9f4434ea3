"""The transparency log: proofs from stored tiles."""

from collections.abc import Iterator

from api.repository.snapshots import Snapshot
from indexer.tiles import FULL_TILE_BYTES, TILE_HEIGHT, TILE_WIDTH, place_of
from ledger.log_tree import HASH_LENGTH, consistency_path, fold, peaks, read_path, root_at
from ledger.units import SECONDS_PER_DAY, SHANGHAI_OFFSET_SECONDS

_TILE = "SELECT nodes FROM log_tiles WHERE level = ? AND tile_index = ?"
_TIMESTAMP = "SELECT timestamp FROM operations WHERE leaf_index = ?"
_LEAF_INDEX = "SELECT leaf_index FROM operations WHERE operation_id = ?"

_OFFSETS = [
    [place_of(height, within)[1] * HASH_LENGTH for within in range(TILE_WIDTH >> height)]
    for height in range(TILE_HEIGHT)
]
"""Where the bytes of a node begin in its tile, by height and by index within the tile."""


class TileNodes:
    """A `ledger.log_tree.NodeSource` over one snapshot's tiles, which are kept between requests.

    A tile that is kept may have grown since; it is read again when it lacks what is sought (`indexer.tiles`: it only
    gains bytes at its end).
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot

    def node(self, level: int, index: int) -> bytes:
        """Hash of a complete node."""
        tile_level, height = divmod(level, TILE_HEIGHT)
        tile_index, within = divmod(index, TILE_WIDTH >> height)
        offset = _OFFSETS[height][within]
        return self.tile(tile_level, tile_index, offset + HASH_LENGTH)[offset : offset + HASH_LENGTH]

    def tile(self, level: int, index: int, least_bytes: int) -> bytes:
        """The nodes of a tile, at least so many bytes of them."""
        snapshot = self._snapshot
        key = (level, index)
        nodes: bytes | None = snapshot.facts.get(key, snapshot.as_of)
        if nodes is None or len(nodes) < least_bytes:
            row = snapshot.one(_TILE, level, index)
            nodes = b"" if row is None else bytes(row[0])
            if len(nodes) < least_bytes:
                raise LookupError(f"tile {level}/{index} holds {len(nodes)} bytes, {least_bytes} are needed")
            snapshot.facts.put(key, nodes, snapshot.as_of)
        return nodes


def inclusion_proof(snapshot: Snapshot, leaf_index: int, tree_size: int) -> tuple[bytes, list[bytes]]:
    """The leaf's hash, and the hashes from it to the root, lowest first; `leaf_index` is below `tree_size`.

    The same as `ledger.log_tree.inclusion_proof`, climbing instead of descending, a tile at a time. At each level the
    sibling is complete, or reaches over the right edge (the peaks under it fold into one hash), or is not there (the
    node is promoted).
    """
    source = TileNodes(snapshot)
    leaf = source.node(0, leaf_index)
    proof = []
    top = (tree_size - 1).bit_length()
    node = leaf_index
    for tile_level in range(-(-top // TILE_HEIGHT)):
        tile_index = node >> TILE_HEIGHT
        nodes = b""
        for height in range(min(TILE_HEIGHT, top - tile_level * TILE_HEIGHT)):
            level = tile_level * TILE_HEIGHT + height
            sibling = node ^ 1
            node >>= 1
            start = sibling << level
            if start >= tree_size:
                continue
            if start + (1 << level) > tree_size:
                proof.append(_edge(source, snapshot, start, tree_size))
                continue
            offset = _OFFSETS[height][sibling & (TILE_WIDTH >> height) - 1]
            if len(nodes) < offset + HASH_LENGTH:
                nodes = source.tile(tile_level, tile_index, offset + HASH_LENGTH)
            proof.append(nodes[offset : offset + HASH_LENGTH])
    return leaf, proof


def inclusion_proofs(snapshot: Snapshot, first: int, last: int, tree_size: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Of leaves of one tile: the index, the leaf's hash in hexadecimal, and its path as a JSON list without brackets.

    The same as `inclusion_proof` of each. What is above a whole tile is the same for all of its leaves.
    """
    tile_index = first // TILE_WIDTH
    begin = tile_index * TILE_WIDTH
    if begin + TILE_WIDTH > tree_size:
        for index in range(first, last + 1):
            leaf, path = inclusion_proof(snapshot, index, tree_size)
            yield index, leaf.hex().encode(), b",".join(b'"0x%b"' % member.hex().encode() for member in path)
        return
    _, path = inclusion_proof(snapshot, first, tree_size)
    nodes = TileNodes(snapshot).tile(0, tile_index, FULL_TILE_BYTES).hex().encode()
    above = [b'"0x%b"' % member.hex().encode() for member in path[TILE_HEIGHT:]]
    for within in range(first - begin, last - begin + 1):
        members = []
        for height, offsets in enumerate(_OFFSETS):
            at = 2 * offsets[within >> height ^ 1]
            members.append(b'"0x%b"' % nodes[at : at + 2 * HASH_LENGTH])
        at = 2 * _OFFSETS[0][within]
        yield begin + within, nodes[at : at + 2 * HASH_LENGTH], b",".join(members + above)


def _edge(source: TileNodes, snapshot: Snapshot, start: int, tree_size: int) -> bytes:
    """The hash over the leaves [start, tree_size), which is a fact as long as the log only grows."""
    key = ("edge", start, tree_size)
    found: bytes | None = snapshot.facts.get(key, snapshot.as_of)
    if found is None:
        found = fold([source.node(level, index) for level, index in peaks(start, tree_size)])
        snapshot.facts.put(key, found, snapshot.as_of)
    return found


def leaf_index_of(snapshot: Snapshot, operation_id: bytes) -> int | None:
    """The place of an operation in the log."""
    row = snapshot.one(_LEAF_INDEX, bytes(operation_id))
    return None if row is None else int(row[0])


def consistency_proof(snapshot: Snapshot, first: int, second: int) -> list[bytes]:
    """Hashes that show that the log at `first` leaves is the start of the log at `second`."""
    return read_path(consistency_path(first, second), TileNodes(snapshot))


def root_of(snapshot: Snapshot, tree_size: int) -> bytes:
    """Root of the log when it had this many leaves."""
    if tree_size == snapshot.as_of.log_size:
        return snapshot.as_of.log_root
    return root_at(tree_size, TileNodes(snapshot))


def first_leaf_of_day(snapshot: Snapshot, day: int) -> int:
    """The first leaf of a civil day in Shanghai or after it; the size of the log where there is none yet.

    Times never fall from leaf to leaf, so that twenty looks find one among a million, without an index of times.
    """
    begin = day * SECONDS_PER_DAY - SHANGHAI_OFFSET_SECONDS
    low, high = 0, snapshot.as_of.log_size
    while low < high:
        middle = (low + high) // 2
        row = snapshot.one(_TIMESTAMP, middle)
        if row is None:
            raise LookupError(f"leaf {middle} is not there")
        low, high = (middle + 1, high) if row[0] < begin else (low, middle)
    return low
