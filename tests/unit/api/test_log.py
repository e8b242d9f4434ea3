"""Proofs from tiles, over logs of several tile levels."""

from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.repository.log import inclusion_proof, root_of
from api.repository.snapshots import FactCache, as_of_from_row
from indexer.tiles import TileBuilder
from ledger.log_tree import CompactRange, verify_inclusion
from ledger.log_tree import inclusion_proof as plain_proof

LEAVES = [sha256(str(number).encode()).digest() for number in range(70_000)]


@dataclass
class Tiles:
    """A snapshot that holds tiles and nothing else."""

    stored: dict[tuple[int, int], bytes]
    size: int
    root: bytes
    generation: bytes = bytes(16)
    facts: FactCache = field(default_factory=lambda: FactCache(1_000))
    asked: int = 0

    @property
    def as_of(self) -> Any:
        return as_of_from_row((1, bytes(32), 1, self.size, self.root, False, self.generation))

    def one(self, _: str, level: int, index: int) -> tuple[bytes] | None:
        self.asked += 1
        found = self.stored.get((level, index))
        return None if found is None else (found,)


def tiles_of(size: int) -> Tiles:
    log = CompactRange()
    tiles = TileBuilder().extend(log.extend(LEAVES[:size]))
    return Tiles({(level, index): nodes for level, index, nodes in tiles}, size, log.root())


@pytest.fixture(scope="module")
def large() -> Tiles:
    return tiles_of(len(LEAVES))


@given(index=st.integers(0, len(LEAVES) - 1))
def test_proofs_over_three_levels_of_tiles_lead_to_the_root(large: Tiles, index: int) -> None:
    leaf, proof = inclusion_proof(large, index, large.size)  # type: ignore[arg-type]  # as much of a snapshot as is needed
    assert leaf == LEAVES[index]
    verify_inclusion(leaf_hash=leaf, index=index, size=large.size, proof=proof, root=large.root)


@given(st.data())
def test_proofs_for_an_older_size_are_those_of_the_plain_algorithm(large: Tiles, data: st.DataObject) -> None:
    size = data.draw(st.integers(1, 700))
    index = data.draw(st.integers(0, size - 1))
    _, proof = inclusion_proof(large, index, size)  # type: ignore[arg-type]
    assert proof == plain_proof(LEAVES[:size], index)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 511, 512, 65_535, 65_536, 65_537])
def test_proofs_at_the_edges_of_tiles(size: int) -> None:
    tiles = tiles_of(size)
    for index in {0, size // 2, size - 1, max(0, size - 2)}:
        leaf, proof = inclusion_proof(tiles, index, size)  # type: ignore[arg-type]
        verify_inclusion(leaf_hash=leaf, index=index, size=size, proof=proof, root=tiles.root)
    assert root_of(tiles, size) == tiles.root  # type: ignore[arg-type]


def test_a_tile_that_is_kept_is_read_again_when_it_has_grown() -> None:
    tiles, later = tiles_of(300), tiles_of(310)
    inclusion_proof(tiles, 299, 300)  # type: ignore[arg-type]
    tiles.stored, tiles.size, tiles.root = later.stored, later.size, later.root
    leaf, proof = inclusion_proof(tiles, 309, 310)  # type: ignore[arg-type]
    verify_inclusion(leaf_hash=leaf, index=309, size=310, proof=proof, root=later.root)
    asked = tiles.asked
    inclusion_proof(tiles, 309, 310)  # type: ignore[arg-type]
    assert tiles.asked == asked


def test_what_is_kept_is_forgotten_when_the_chain_took_back_blocks() -> None:
    tiles = tiles_of(300)
    inclusion_proof(tiles, 10, 300)  # type: ignore[arg-type]
    other = CompactRange()
    leaves = [bytes(32), *LEAVES[1:300]]
    tiles.stored = {(level, index): nodes for level, index, nodes in TileBuilder().extend(other.extend(leaves))}
    tiles.root, tiles.generation = other.root(), b"\x01" * 16
    leaf, proof = inclusion_proof(tiles, 10, 300)  # type: ignore[arg-type]
    verify_inclusion(leaf_hash=leaf, index=10, size=300, proof=proof, root=tiles.root)
    asked = tiles.asked
    inclusion_proof(tiles, 10, 300)  # type: ignore[arg-type]
    assert tiles.asked == asked  # kept again


def test_a_missing_tile_is_an_error_of_ours() -> None:
    tiles = tiles_of(300)
    del tiles.stored[0, 1]
    with pytest.raises(LookupError):
        inclusion_proof(tiles, 299, 300)  # type: ignore[arg-type]
