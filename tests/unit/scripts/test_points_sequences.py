"""Sequences of signed headers: no two headers of an activity have one, and a batch keeps its own."""

from pathlib import Path

from ledger.ids import ActivityId, Hash32
from scripts.points.sequences import Sequences

METRO, BUS = ActivityId(bytes([1]) * 32), ActivityId(bytes([2]) * 32)
BATCHES = [Hash32(bytes([number]) * 32) for number in range(10)]


def test_they_follow_from_the_chains_next_on(tmp_path: Path) -> None:
    sequences = Sequences(tmp_path)
    assert [sequences.take(METRO, batch, following=4) for batch in BATCHES[:3]] == [4, 5, 6]
    assert sequences.take(BUS, BATCHES[3], following=1) == 1


def test_a_batch_keeps_its_sequence(tmp_path: Path) -> None:
    given = [Sequences(tmp_path).take(METRO, batch, following=1) for batch in BATCHES[:3]]
    assert [Sequences(tmp_path).take(METRO, batch, following=1) for batch in BATCHES[:3]] == given


def test_what_the_chain_has_passed_is_given_anew(tmp_path: Path) -> None:
    """The batch that held sequence 1 was overtaken: its header can never be anchored any more."""
    sequences = Sequences(tmp_path)
    assert sequences.take(METRO, BATCHES[0], following=1) == 1
    assert sequences.take(METRO, BATCHES[0], following=2) == 2


def test_a_released_one_is_free(tmp_path: Path) -> None:
    sequences = Sequences(tmp_path)
    taken = [sequences.take(METRO, batch, following=1) for batch in BATCHES[:2]]
    sequences.release(METRO, BATCHES[0])
    assert sequences.take(METRO, BATCHES[2], following=1) == taken[0]
    assert sequences.take(METRO, BATCHES[1], following=1) == taken[1]


def test_a_file_cut_short_takes_nothing(tmp_path: Path) -> None:
    """Killed while the file was written: only a whole one has a sequence for its name."""
    folder = tmp_path / METRO.hex()
    folder.mkdir()
    (folder / "1.999").write_text("0x12")
    assert Sequences(tmp_path).take(METRO, BATCHES[0], following=1) == 1
