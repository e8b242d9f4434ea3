"""The index of entries and points: found by id and by person, merged, crash-safe, and the same when built anew."""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from indexer import entry_index, sorted_runs
from indexer.batch_files import BatchColumns, write_batch
from indexer.batch_store import FolderStore
from indexer.entry_index import EntryIndex, IndexedBatch, credited_grams
from indexer.errors import AnchoredOtherwise, BrokenEntryIndex, EntriesCounted, EntryIndexBusy
from indexer.sorted_runs import FAN_IN, Run, RunFiles, sorted_rows
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


def test_a_withdrawn_batch_stays_away_while_others_have_its_entries(world: World) -> None:
    batch = make_batch([(1, 100), (2, 50)])
    withdrawn = world.prepare(batch)
    world.index.withdraw(withdrawn)
    other = world.anchor(make_batch([(1, 100)]))
    for again in (lambda: world.index.add(batch, withdrawn), lambda: world.index.anchor(withdrawn, number=2)):
        with pytest.raises(EntriesCounted, match=f"1 entries .* {other.hex0x}"):
            again()
    assert world.points(1, 2) == [100, 0]
    assert world.index.find(batch.entry_ids).batch.tolist() in ([-1, 1], [1, -1])
    world.index.anchor(withdrawn, number=2, doubled=True)
    assert world.points(1, 2) == [200, 50]


def test_everything_may_be_said_twice(world: World) -> None:
    batch = make_batch([(1, 100)])
    file_hash = world.anchor(batch)
    world.prepare(batch)
    world.index.anchor(file_hash, number=1)
    assert world.points(1) == [100]
    with pytest.raises(NotFound):
        world.index.anchor(bytes(32), number=1)


@pytest.mark.parametrize(("number", "withheld"), [(2, 30), (1, 31)])
def test_an_anchored_batch_has_one_number_until_it_is_taken_back(world: World, number: int, withheld: int) -> None:
    file_hash = world.prepare(make_batch([(1, 100)]))
    world.index.anchor(file_hash, number=1, withheld=30)
    with pytest.raises(AnchoredOtherwise, match="as number 1 with 30 g"):
        world.index.anchor(file_hash, number=number, withheld=withheld)
    world.index.take_back(file_hash, unless=(1, 30))
    assert world.points(1) == [70]
    world.index.take_back(file_hash, unless=(number, withheld))
    assert world.points(1) == [0]
    world.index.anchor(file_hash, number=number, withheld=withheld)
    assert world.points(1) == [100 - withheld]


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


def test_another_thread_does_not_write_without_the_lock(world: World) -> None:
    met: list[object] = []

    def write() -> None:
        try:
            world.prepare(make_batch([(1, 100)]))
        except EntryIndexBusy as error:
            met.append(error)

    with world.index.writing(), world.index.writing():
        thread = threading.Thread(target=write)
        thread.start()
        thread.join()
    assert len(met) == 1
    assert len(world.index.batches) == 0
    world.prepare(make_batch([(1, 100)]))


def test_a_manifest_of_another_size_is_read_again(world: World) -> None:
    """A file may have the number and, on a coarse clock, the time of one that was removed."""
    path = world.folder / "index" / "manifest.json"
    world.prepare(make_batch([(1, 10)]))
    before = path.stat()
    path.write_text('{"format":1,"batches":[],"runs":{},"pending":{},"next_file":9}')
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert path.stat().st_ino == before.st_ino
    world.index.refresh()
    assert len(world.index.batches) == 0


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


def test_built_anew_it_gives_no_file_a_name_that_was_used(world: World) -> None:
    """Who has read the old manifest would else open other rows under the names that it holds."""
    for number in range(FAN_IN):
        world.anchor(make_batch([(1, 10)], first=number))
    reader = EntryIndex(world.folder / "index", world.store)
    old = {path.name for path in world.index.folder.glob("*.run")}
    world.index.rebuild(list(world.index.batches))
    new = {path.name for path in world.index.folder.glob("*.run")}
    assert min(new) > max(old)
    assert reader.balances(tags(1), I).tolist() == world.points(1) == [10 * FAN_IN]


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

        def first(act: Callable[..., object]) -> Callable[..., object]:
            def counted(*args: object, **kwargs: object) -> object:
                count_down()
                return act(*args, **kwargs)

            return counted

        with monkeypatch.context() as patch:
            patch.setattr(os, "fsync", count_down)
            patch.setattr(Path, "unlink", first(Path.unlink))
            patch.setattr(Path, "rename", first(Path.rename))
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


def test_a_crash_while_withdrawing_or_building_anew_is_before_or_after(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A part of an index that looked whole would let records be credited twice."""
    batches = [make_batch([(1, 10)], first=number) for number in range(3)]
    for batch in batches[:-1]:
        world.anchor(batch)
    last = world.prepare(batches[-1])
    crashes = 0
    for _ in _crashes(monkeypatch, world):
        index = EntryIndex(world.folder / "index", world.store)
        try:
            index.rebuild(list(index.batches))
            index.withdraw(last)
        except KeyboardInterrupt:
            crashes += 1
        after = EntryIndex(world.folder / "index", world.store)
        assert len(after.batches) == len(batches)
        assert after.balances(tags(1), I).tolist() == [20]
        found = [int(after.find(batch.entry_ids).batch[0]) for batch in batches]
        assert found in ([0, 1, 2], [0, 1, -1])
    assert crashes > 10
    after = EntryIndex(world.folder / "index", world.store)
    assert after.batches[-1].state == entry_index.WITHDRAWN
    with after.writing():
        assert {path.name for path in after.folder.glob("*.run")} == after._manifest.names()
        assert not (after.folder / "rebuilding").exists()


def test_a_damaged_manifest_is_named(world: World) -> None:
    world.anchor(make_batch([(1, 10)]))
    (world.folder / "index" / "manifest.json").write_text('{"format": 2}')
    with pytest.raises(BrokenEntryIndex, match="build it anew"):
        EntryIndex(world.folder / "index", world.store)


def _once(patch: pytest.MonkeyPatch, reader: EntryIndex, change: Callable[[tuple[Run, ...]], tuple[Run, ...]]) -> None:
    """The next time that the reader, which has just read the manifest, looks for runs, it has those of `change`."""
    real = reader._runs

    def runs(name: str) -> tuple[Run, ...]:
        patch.setattr(reader, "_runs", real)
        return change(tuple(real(name)))

    patch.setattr(reader, "_runs", runs)


def test_a_reader_goes_on_while_runs_are_merged_away(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """They vanish between the reader's look at the manifest and its look at the runs."""
    world.anchor(make_batch([(1, 10)]))
    reader = EntryIndex(world.folder / "index", world.store)
    asked: list[str] = []

    def merge(runs: tuple[Run, ...]) -> tuple[Run, ...]:
        for number in range(1, FAN_IN):
            world.anchor(make_batch([(1, 10)], first=number))
        asked.extend(run.name for run in runs)
        return runs

    _once(monkeypatch, reader, merge)
    assert reader.balances(tags(1), I).tolist() == [10 * FAN_IN]
    assert len(asked) == 1
    assert not (reader.folder / asked[0]).exists()


def test_a_reader_looks_again_when_a_run_is_shorter(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.anchor(make_batch([(1, 10)]))
    _once(monkeypatch, world.index, lambda runs: tuple(run._replace(rows=99) for run in runs))
    assert world.points(1) == [10]


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


def test_a_full_disk_is_an_error_and_changes_nothing(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the file were only made longer, writing through the mapping would kill the process."""
    world.anchor(make_batch([(1, 10)]))

    def full(_: int, offset: int, size: int) -> None:
        assert (offset, size) == (0, 8 * 2)
        raise OSError(errno.ENOSPC, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "posix_fallocate", full)
        with pytest.raises(OSError, match="No space left"):
            world.prepare(make_batch([(1, 10)], first=5))
    assert world.points(1) == [10]
    world.anchor(make_batch([(1, 10)], first=5))
    assert world.points(1) == [20]


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
