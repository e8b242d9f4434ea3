"""Stored tiles hold every complete node of the log tree, however they grew."""

from hashlib import sha256

from hypothesis import given, settings
from hypothesis import strategies as st

from indexer.tiles import TileBuilder, TileId, place_of, tiles_at
from ledger.encoding import log_node
from ledger.log_tree import HASH_LENGTH, CompactRange, inclusion_path, inclusion_proof, read_path

LEAVES = [sha256(bytes([n & 255, n >> 8])).digest() for n in range(1_500)]


class Stored:
    """Tiles as rows."""

    def __init__(self) -> None:
        self.rows: dict[TileId, bytes] = {}

    def node(self, level: int, index: int) -> bytes:
        tile, place = place_of(level, index)
        return self.rows[tile][place * HASH_LENGTH : (place + 1) * HASH_LENGTH]


def grown(sizes: list[int]) -> tuple[Stored, int]:
    stored, log, tiles = Stored(), CompactRange(), TileBuilder()
    for size in sizes:
        for tile in tiles.extend(log.extend(LEAVES[log.size : log.size + size])):
            before = stored.rows.get((tile.level, tile.tile_index), b"")
            assert tile.nodes.startswith(before)
            stored.rows[tile.level, tile.tile_index] = tile.nodes
    return stored, log.size


@settings(deadline=None, max_examples=30)
@given(st.lists(st.integers(0, 400), max_size=6))
def test_every_complete_node_is_there(sizes: list[int]) -> None:
    stored, size = grown(sizes)
    level, nodes = 0, LEAVES[:size]
    while nodes:
        assert [stored.node(level, index) for index in range(len(nodes))] == nodes
        nodes = [log_node(nodes[i], nodes[i + 1]) for i in range(0, len(nodes) - 1, 2)]
        level += 1
    assert {tile: len(stored.rows[tile]) for tile, _ in tiles_at(size)} == dict(tiles_at(size))


@settings(deadline=None, max_examples=30)
@given(st.integers(1, 1_500), st.data())
def test_proofs_are_those_of_the_leaves(size: int, data: st.DataObject) -> None:
    stored, _ = grown([size])
    index = data.draw(st.integers(0, size - 1))
    assert read_path(inclusion_path(index, size), stored) == inclusion_proof(LEAVES[:size], index)
