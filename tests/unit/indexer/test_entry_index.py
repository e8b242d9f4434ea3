"""The index of entries and points: found by id and by person, merged, crash-safe, and the same when built anew."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer import entry_index, sorted_runs
from indexer.batch_files import BatchColumns, write_batch
from indexer.batch_store import FolderStore
from indexer.entry_index import EntryIndex, IndexedBatch, credited_grams
from indexer.errors import BrokenEntryIndex, EntryIndexBusy
from indexer.sorted_runs import FAN_IN, RunFiles, sorted_rows
from ledger.errors import NotFound
from ledger.ids import Hash32
from ledger.vocabulary import BatchKind, ReductionClass
from tests.unit.indexer.batches import make_batch, tags

I, II = ReductionClass.I, ReductionClass.II  # noqa: E741 - the terms of the regulations


class World:
    """An index with its store; batches are kept as a real one would be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = FolderStore(folder / "store")
        self.index = EntryIndex(folder / "index", self.store)

    def keep(self, batch: BatchColumns) -> Hash32:
        write_batch(self.folder / "made", batch)
        return self.store.put(self.folder / "made")

    def prepare(self, batch: BatchColumns) -> Hash32:
        file_hash = self.keep(batch)
        self.index.add(batch, file_hash)
        return file_hash

    def anchor(self, batch: BatchColumns, withheld: int = 0) -> Hash32:
        file_hash = self.prepare(batch)
        self.index.anchor(file_hash, number=len(self.index.batches), withheld=withheld)
        return file_hash

    def points(self, *persons: int, of: ReductionClass = I, pending: bool = True) -> list[int]:
        return [int(grams) for grams in self.index.balances(tags(*persons), of, pending=pending)]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def test_finds_entries_of_every_batch_and_no_others(world: World) -> None:
    batches = [make_batch([(person, 5) for person in range(40)], first=100 * number) for number in range(2 * FAN_IN)]
    for batch in batches:
        world.prepare(batch)
    for number, batch in enumerate(batches):
        found = world.index.find(batch.entry_ids)
        assert (found.batch == number).all()
        assert found.row.tolist() == list(range(40))
    assert (world.index.find(make_batch([(1, 1)], first=99_999).entry_ids).batch == -1).all()
    empty = world.index.find(np.zeros((0, 32), np.uint8))
    assert len(empty.batch) == len(empty.row) == 0


def test_ids_that_only_begin_alike_are_not_found(world: World) -> None:
    """The index holds eight bytes of an id; the batch file has the last word."""
    known = make_batch([(1, 1)], ids=[b"12345678" + bytes(24)])
    world.prepare(known)
    alike = make_batch([(1, 1)], ids=[b"12345678" + b"\x01" * 24])
    assert world.index.find(alike.entry_ids).batch.tolist() == [-1]
    world.prepare(alike)
    assert world.index.find(alike.entry_ids).batch.tolist() == [1]
    assert world.index.find(known.entry_ids).batch.tolist() == [0]


def test_a_persons_entries_in_order(world: World) -> None:
    first = world.prepare(make_batch([(1, 5), (2, 6), (1, 7)]))
    second = world.prepare(make_batch([(3, 1), (1, 8)], first=50))
    places = world.index.entries_of(tags(1)[0].tobytes())
    assert [place.batch.file_hash for place in places] == [first, first, second]
    assert world.index.entries_of(tags(9)[0].tobytes()) == []


def test_earned_points_count_when_anchored_and_spent_ones_when_prepared(world: World) -> None:
    earned = world.prepare(make_batch([(1, 100), (2, 50), (1, 20)]))
    assert world.points(1, 2) == [0, 0]
    world.index.anchor(earned, number=1)
    assert world.points(1, 2, 3, 1) == [120, 50, 0, 120]
    spent = world.prepare(make_batch([(1, 30)], kind=BatchKind.REDEEM))
    assert world.points(1) == [90]
    assert world.points(1, pending=False) == [120]
    world.index.anchor(spent, number=2)
    assert world.points(1, pending=False) == world.points(1) == [90]


def test_classes_are_apart(world: World) -> None:
    world.anchor(make_batch([(1, 100)]))
    world.anchor(make_batch([(1, 7)], reduction_class=II, first=10))
    world.prepare(make_batch([(1, 2)], reduction_class=II, kind=BatchKind.DONATE))
    assert world.points(1) == [100]
    assert world.points(1, of=II) == [5]


def test_behaviour_and_snapshots_move_no_points(world: World) -> None:
    world.anchor(make_batch([(1, 100)], kind=BatchKind.BEHAVIOUR))
    snapshot = make_batch([(1, 100)], kind=BatchKind.SNAPSHOT)
    world.anchor(snapshot)
    assert world.points(1) == [0]
    assert world.index.find(snapshot.entry_ids).batch.tolist() == [-1]
    assert len(world.index.entries_of(tags(1)[0].tobytes())) == 1


@pytest.mark.parametrize(("withheld", "credited"), [(0, [5, 6, 7]), (3, [2, 6, 7]), (5, [0, 6, 7]), (18, [0, 0, 0])])
def test_withheld_grams_are_the_first_ones(withheld: int, credited: list[int]) -> None:
    """§5.2: entry i credits max(0, o(i) + grams(i) - max(o(i), W))."""
    assert credited_grams(np.array([5, 6, 7], np.uint64), withheld).tolist() == credited


def test_withheld_points_are_nobodys(world: World) -> None:
    batch = make_batch([(person, 10) for person in range(4)])
    world.anchor(batch, withheld=25)
    assert sum(world.points(0, 1, 2, 3)) == 15
    assert sorted(world.points(0, 1, 2, 3)) == [0, 0, 5, 10]


def test_withdrawn_batches_count_no_more_and_may_come_back(world: World) -> None:
    world.anchor(make_batch([(1, 100)]))
    batch = make_batch([(1, 30)], kind=BatchKind.CANCEL)
    file_hash = world.prepare(batch)
    world.index.withdraw(file_hash)
    assert world.points(1) == [100]
    assert world.index.find(batch.entry_ids).batch.tolist() == [-1]
    assert len(world.index.entries_of(tags(1)[0].tobytes())) == 1
    world.prepare(batch)
    assert world.points(1) == [70]
    world.index.anchor(file_hash, number=2)
    with pytest.raises(NotFound, match="not anchored"):
        world.index.withdraw(file_hash)


def test_everything_may_be_said_twice(world: World) -> None:
    batch = make_batch([(1, 100)])
    file_hash = world.anchor(batch)
    world.prepare(batch)
    world.index.anchor(file_hash, number=1)
    assert world.points(1) == [100]
    with pytest.raises(NotFound):
        world.index.anchor(bytes(32), number=1)


def test_balances_of_a_class_are_those_of_a_snapshot(world: World) -> None:
    for number in range(FAN_IN + 2):
        world.anchor(make_batch([(person, 1 + number) for person in range(5)], first=100 * number))
    world.anchor(make_batch([(0, 1 + 2 + 3 + 4 + 5 + 6 + 7 + 8)], kind=BatchKind.CANCEL))
    owners, grams = world.index.balances_of_class(I)
    assert {bytes(tag) for tag in owners} == {bytes(tag) for tag in tags(1, 2, 3, 4)}
    assert owners.tolist() == sorted(owners.tolist())
    assert grams.tolist() == [36] * 4
    assert world.index.balances_of_class(II)[1].tolist() == []


def test_another_process_sees_what_was_added(world: World) -> None:
    reader = EntryIndex(world.folder / "index", world.store)
    world.anchor(make_batch([(1, 100)]))
    reader.refresh()
    assert reader.balances(tags(1), I).tolist() == [100]
    with world.index.writing(), pytest.raises(EntryIndexBusy), reader.writing():
        pass
    with reader.writing():
        pass


def test_built_anew_it_is_the_same(world: World) -> None:
    batches = [make_batch([(person, 3) for person in range(9)], first=50 * number) for number in range(FAN_IN + 1)]
    for batch in batches:
        world.anchor(batch, withheld=4)
    world.prepare(make_batch([(1, 2)], kind=BatchKind.REDEEM))
    world.index.withdraw(world.prepare(make_batch([(1, 2)], kind=BatchKind.DONATE)))
    before = {path.name: path.read_bytes() for path in (world.folder / "index").glob("*.run")}
    known = list(world.index.batches)
    anew = EntryIndex(world.folder / "anew", world.store)
    anew.rebuild(known)
    assert list(anew.batches) == known
    people = tags(*range(9))
    assert anew.balances(people, I).tolist() == world.index.balances(people, I).tolist()
    assert sorted(before.values()) == sorted(path.read_bytes() for path in (world.folder / "anew").glob("*.run"))


def test_few_files_whatever_the_number_of_batches(world: World) -> None:
    for number in range(4 * FAN_IN):
        world.anchor(make_batch([(person, 1) for person in range(3)], first=10 * number))
    files = [path for path in (world.folder / "index").iterdir() if path.suffix == ".run"]
    assert len(files) <= 3 * 2 * FAN_IN
    assert world.points(0, 1, 2) == [4 * FAN_IN] * 3


def _crashes(monkeypatch: pytest.MonkeyPatch, world: World) -> Iterator[None]:
    """Crashes at each call that makes something last, one after the other, until nothing crashes any more."""
    for nth in range(100):
        left = [nth]

        def count_down(*_: object, _left: list[int] = left) -> None:
            if _left[0] == 0:
                raise KeyboardInterrupt
            _left[0] -= 1

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", count_down)
            patch.setattr(Path, "unlink", count_down)
            yield
        if left[0] > 0:
            return
    raise AssertionError("it never ends")


def test_a_crash_anywhere_is_before_or_after(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first batches fill a level, so that the last one also merges."""
    for number in range(FAN_IN - 1):
        world.anchor(make_batch([(1, 10)], first=number))
    last = make_batch([(1, 7)], first=77)
    file_hash = world.keep(last)
    expected = 10 * (FAN_IN - 1)
    crashes = 0
    for _ in _crashes(monkeypatch, world):
        index = EntryIndex(world.folder / "index", world.store)
        try:
            index.add(last, file_hash)
            index.anchor(file_hash, number=FAN_IN)
        except KeyboardInterrupt:
            crashes += 1
        after = EntryIndex(world.folder / "index", world.store)
        assert after.balances(tags(1), I).tolist()[0] in {expected, expected + 7}
        assert len(after.entries_of(tags(1)[0].tobytes())) in {FAN_IN - 1, FAN_IN}
    assert crashes > 4
    after = EntryIndex(world.folder / "index", world.store)
    assert after.balances(tags(1), I).tolist() == [expected + 7]
    with after.writing():
        names = {path.name for path in (world.folder / "index").glob("*.run")}
    assert names == after._manifest.names()


def test_a_damaged_manifest_is_named(world: World) -> None:
    world.anchor(make_batch([(1, 10)]))
    (world.folder / "index" / "manifest.json").write_text('{"format": 2}')
    with pytest.raises(BrokenEntryIndex, match="build it anew"):
        EntryIndex(world.folder / "index", world.store)


def test_a_reader_goes_on_while_runs_are_merged_away(world: World) -> None:
    reader = EntryIndex(world.folder / "index", world.store)
    for number in range(FAN_IN):
        world.anchor(make_batch([(1, 10)], first=number))
    assert reader.balances(tags(1), I).tolist() == [10 * FAN_IN]


def test_missing_or_short_runs_are_named(world: World) -> None:
    world.anchor(make_batch([(1, 10)]))
    for path in (world.folder / "index").glob("*.run"):
        path.write_bytes(b"short")
    with pytest.raises(BrokenEntryIndex, match="shorter than its 1 rows"):
        world.points(1)
    for path in (world.folder / "index").glob("*.run"):
        path.unlink()
    with pytest.raises(BrokenEntryIndex, match="missing"):
        world.points(1)


def test_merging_by_slices_parts_no_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sorted_runs, "_SLICE_ROWS", 3)
    files = RunFiles(tmp_path, 2)
    random = np.random.default_rng(1)
    parts = [random.integers(0, 9, size=(2, 20), dtype=np.uint64) for _ in range(4)]
    runs = [files.write(f"{number}.run", sorted_rows(list(part))) for number, part in enumerate(parts)]
    merged = files.open(files.merge("all.run", runs))
    joined = np.concatenate(parts, axis=1)
    assert sorted(map(tuple, merged.T.tolist())) == sorted(map(tuple, joined.T.tolist()))
    assert (merged[0, 1:] >= merged[0, :-1]).all()
    keys = np.array([4, 4, 100], np.uint64)
    found = files.find(runs, keys)
    assert (found.keys == 0).sum() == (found.keys == 1).sum() == (joined[0] == 4).sum()
    assert (found.keys != 2).all()


def test_tags_that_begin_alike_keep_their_own_points(world: World) -> None:
    begin = b"12345678"
    column = np.frombuffer(begin + b"a" * 24 + begin + b"b" * 24 + begin + b"a" * 24, np.uint8).reshape(3, 32)
    for number in range(FAN_IN):
        batch = replace(make_batch([(1, 1), (1, 10), (1, 100)], first=10 * number), account_tags=column)
        batch = replace(batch, grams=np.array([1, 10, 100], np.uint64))
        world.anchor(batch)
    assert world.index.balances(column, I).tolist() == [101 * FAN_IN, 10 * FAN_IN, 101 * FAN_IN]
    assert len(world.index.entries_of(column[1].tobytes())) == FAN_IN


def test_files_are_for_the_owner_alone(world: World) -> None:
    world.anchor(make_batch([(1, 10)]))
    for path in (world.folder / "index").iterdir():
        if path.name != "lock":
            assert path.stat().st_mode & 0o077 == 0


def test_state_of_a_batch(world: World) -> None:
    batch = make_batch([(1, 10)], reduction_class=II)
    file_hash = world.anchor(batch, withheld=3)
    assert world.index.place_of(file_hash) == 0
    assert world.index.batches[0] == IndexedBatch(
        file_hash=file_hash, kind=BatchKind.EARN, reduction_class=II, state=entry_index.ANCHORED, number=1, withheld=3
    )
