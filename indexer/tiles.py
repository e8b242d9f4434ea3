"""The log tree as it is stored: tiles of eight tree levels, each with all of its inner nodes.

A tile of level L and index i covers the nodes of tree level 8L with indices 256i to 256i + 255, and what lies above
them up to tree level 8L + 7; the node of level 8L + 8 over them is the first of its kind in a tile of level L + 1.
Its nodes stand in the order in which they were completed: each leaf of the tile, then whatever that leaf completes,
going up. So the bytes of a growing tile are a prefix of the bytes it will have, a reorg cuts them off, and the proof
of a leaf among a million reads three rows.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select

from indexer.schema import log_tiles
from ledger.errors import NotFound
from ledger.log_tree import HASH_LENGTH, CompletedNode

TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
FULL_TILE_BYTES = (2 * TILE_WIDTH - 2) * HASH_LENGTH
"""256 leaves and the 254 inner nodes below the root, which belongs to the tile above."""

TileId = tuple[int, int]
"""Level and index of a tile."""


class Tile(NamedTuple):
    """One row of `log_tiles`."""

    level: int
    tile_index: int
    nodes: bytes


def node_count(leaves: int) -> int:
    """Number of nodes in a tile that has `leaves` of its 256 leaves: each leaf, and each pair that they complete."""
    return 2 * leaves - leaves.bit_count() if leaves < TILE_WIDTH else 2 * TILE_WIDTH - 2


def place_of(level: int, index: int) -> tuple[TileId, int]:
    """The tile of a complete node, and the node's place in it, counted in hashes."""
    tile_level, height = divmod(level, TILE_HEIGHT)
    tile_index, within = divmod(index, TILE_WIDTH >> height)
    last_leaf = ((within + 1) << height) - 1
    return (tile_level, tile_index), node_count(last_leaf) + height


def tiles_at(size: int) -> Iterator[tuple[TileId, int]]:
    """Of a log of `size` leaves the last tile of each level and the bytes it has; nothing for a level without nodes."""
    level = 0
    while leaves := size >> TILE_HEIGHT * level:
        index = (leaves - 1) // TILE_WIDTH
        yield (level, index), node_count(leaves - index * TILE_WIDTH) * HASH_LENGTH
        level += 1


class TileBuilder:
    """Tiles that grow at the end of the log; holds one open tile a level in memory.

    `open_tiles` are the last tiles of the log of the size that is continued, full or not.
    """

    def __init__(self, open_tiles: Iterable[Tile] = ()) -> None:
        self._open = {level: bytearray(nodes) for level, _, nodes in open_tiles}
        self._index = {level: index for level, index, _ in open_tiles}

    @classmethod
    def load(cls, connection: Connection, size: int) -> "TileBuilder":
        """The builder that continues the stored log of `size` leaves."""
        return cls([_read(connection, tile) for tile, _ in tiles_at(size)])

    def extend(self, completed: Iterable[CompletedNode]) -> list[Tile]:
        """Adds nodes in the order of their completion; gives every tile that grew, the older of a level first."""
        grown: dict[TileId, bytearray] = {}
        for level, index, node_hash in completed:
            tile_level = level // TILE_HEIGHT
            tile_index = index * (1 << level % TILE_HEIGHT) // TILE_WIDTH
            if tile_index != self._index.get(tile_level):
                self._index[tile_level] = tile_index
                self._open[tile_level] = bytearray()
            nodes = self._open[tile_level]
            nodes += node_hash
            grown[tile_level, tile_index] = nodes
        return [Tile(level, index, bytes(nodes)) for (level, index), nodes in sorted(grown.items())]


class SqlNodes:
    """A `ledger.log_tree.NodeSource` over the stored tiles, for one connection.

    Full tiles never change unless the chain takes back blocks, so that `cache` may be shared by the readers of one
    database; whoever holds one clears it when `indexer.status` counts another reorg.
    """

    def __init__(self, connection: Connection, cache: "TileCache | None" = None) -> None:
        self._connection = connection
        self._cache = TileCache() if cache is None else cache

    def node(self, level: int, index: int) -> bytes:
        """Hash of a complete node, 32 bytes; `NotFound` if it is not stored."""
        tile, place = place_of(level, index)
        begin, end = place * HASH_LENGTH, (place + 1) * HASH_LENGTH
        nodes = self._cache.get(tile)
        if nodes is None or len(nodes) < end:
            nodes = _read(self._connection, tile).nodes
            self._cache.put(tile, nodes)
        if len(nodes) < end:
            raise NotFound("log node", f"{level}/{index}")
        return nodes[begin:end]


class TileCache:
    """The most recently used tiles, at most `capacity` of them (16 KB each). A partial tile is good for what it has."""

    def __init__(self, capacity: int = 1024) -> None:
        self._capacity = capacity
        self._tiles: OrderedDict[TileId, bytes] = OrderedDict()

    def get(self, tile: TileId) -> bytes | None:
        """The tile's nodes, if they are here."""
        nodes = self._tiles.get(tile)
        if nodes is not None:
            self._tiles.move_to_end(tile)
        return nodes

    def put(self, tile: TileId, nodes: bytes) -> None:
        """Keeps the tile and drops the one that was not used for longest."""
        self._tiles[tile] = nodes
        self._tiles.move_to_end(tile)
        if len(self._tiles) > self._capacity:
            self._tiles.popitem(last=False)

    def clear(self) -> None:
        """Forgets everything."""
        self._tiles.clear()


_TILE = select(log_tiles.c.nodes).where(
    log_tiles.c.level == bindparam("level"), log_tiles.c.tile_index == bindparam("tile_index")
)


def _read(connection: Connection, tile: TileId) -> Tile:
    level, index = tile
    nodes = connection.execute(_TILE, {"level": level, "tile_index": index}).scalar_one_or_none()
    if nodes is None:
        raise NotFound("log tile", f"{level}/{index}")
    return Tile(level, index, bytes(nodes))
