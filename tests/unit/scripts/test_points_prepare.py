"""Preparing batches: what becomes an entry, what is refused by which rule, the same bytes however often killed."""

import csv
import gzip
import io
import json
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as arrow_csv
import pyarrow.parquet as pq
import pytest

from indexer.entry_index import WITHDRAWN, EntryIndex
from indexer.errors import EntryIndexBusy
from ledger.bulk.columns import Strings
from ledger.encoding import entry_id
from ledger.errors import InvalidInput
from ledger.ids import Hash32
from ledger.units import civil_day_from_text
from ledger.vocabulary import BatchKind, ReductionClass
from scripts.importing.errors import InvalidMapping
from scripts.points import rows as points_rows
from scripts.points.errors import BatchWithdrawn
from scripts.points.refused import COLUMNS
from scripts.points.run_folder import CreditableDays, PreparedBatch, RunFolder, RunMismatch
from tests.unit.scripts.points import KEYS, METHODOLOGY, Prepared, quantification

PER_KM = quantification("per-distance", "100")
MAPPING = """
[feed]
name = "trips"
kind = "earn"
record_id = ["id"]
account = "who"

[times]
zone = "Asia/Shanghai"
format = "%Y-%m-%d %H:%M:%S"
ended_at = "at"

[inputs.distance_m]
column = "km"
unit = "km"
"""
HEADER = "id,who,at,km\n"
REDEEM = """
[feed]
name = "mall"
kind = "redeem"
record_id = ["order"]
account = "who"

[instruction]
quantity = { column = "points", unit = "g" }
reference = "order"
"""


def _row(number: int, who: str = "a", at: str = "2026-01-02 08:00:00", km: str = "1") -> str:
    return f"{number},{who},{at},{km}\n"


@pytest.fixture
def home(tmp_path: Path) -> Prepared:
    return Prepared(tmp_path)


def _earn(home: Prepared, text: str, *, run: str = "run", batch_size: int = 1000) -> list[PreparedBatch]:
    return home.earn(home.mapping(MAPPING), [home.file(HEADER + text)], PER_KM, run=run, batch_size=batch_size)


def _rules(home: Prepared, run: str = "run") -> list[tuple[str, str]]:
    """Line and rule of each refused row."""
    return [(row[1], row[2]) for row in csv.reader(home.refused(run))]


def test_a_row_becomes_an_entry(home: Prepared) -> None:
    (header,) = _earn(home, _row(7, km="2.5"))
    batch = home.batch(header)
    assert batch.entry_ids[0].tobytes() == entry_id(feed_key=KEYS.entry_key, source_id="trips", source_record_id="7")
    assert batch.grams.tolist() == [250]
    assert batch.account_tags[0].tobytes() == home.persons.tag_of("a")
    assert batch.details.to_list() == [b'{"distance_m":2500,"ended_at":1767312000}']
    assert (header.total, header.entry_count, header.number) == (250, 1, 1)
    assert header.root == batch.tree().root
    assert header.methodology_id == METHODOLOGY
    assert header.to_json()["first_day"] == header.to_json()["last_day"] == "2026-01-02"


def test_the_day_is_that_of_shanghai(home: Prepared) -> None:
    mapping = home.mapping(MAPPING.replace("Asia/Shanghai", "UTC"))
    (header,) = home.earn(mapping, [home.file(HEADER + _row(1, at="2026-01-02 16:00:00"))], PER_KM)
    assert header.to_json()["first_day"] == "2026-01-03"


def test_batches_are_cut_by_rows_and_sorted_inside(home: Prepared) -> None:
    headers = _earn(home, "".join(_row(number, who=f"p{number % 3}") for number in range(25)), batch_size=10)
    assert [header.entry_count for header in headers] == [10, 10, 5]
    ids = [home.batch(header).entry_ids.tolist() for header in headers]
    assert all(column == sorted(column) for column in ids)
    assert home.places().run.done == {
        "format": 1,
        "batches": 3,
        "entries": 25,
        "total": "2500",
        "rows": 25,
        "left_out": 0,
        "refused": {},
    }


def test_every_rule_refuses_its_row_and_no_other(home: Prepared) -> None:
    text = (
        _row(1)
        + "2,a,2026-01-02 08:00:00\n"
        + _row(3, km="-1")
        + _row(4, km="")
        + _row(5, km="1e3")
        + _row(6, at="2026-02-30 08:00:00")
        + _row(7, at="1969-01-01 08:00:00")
        + _row(8, who=" ")
        + ",a,2026-01-02 08:00:00,1\n"
        + _row(9, km="0")
        + _row(1, km="3")
        + _row(10)
    )
    (header,) = _earn(home, text)
    assert _rules(home) == [
        ("3", "row-unreadable"),
        ("4", "input-out-of-range"),
        ("5", "input-missing"),
        ("6", "input-unreadable"),
        ("7", "time-unreadable"),
        ("8", "time-out-of-range"),
        ("9", "account-missing"),
        ("10", "record-id-missing"),
        ("11", "nothing-reduced"),
        ("12", "duplicate-entry"),
    ]
    assert header.entry_count == 2
    assert sum(header.refused.values()) == 10
    assert (home.folder / "run" / "refused.csv").stat().st_mode & 0o777 == 0o600
    assert (home.folder / "run").stat().st_mode & 0o777 == 0o700
    told = next(csv.reader(home.refused()[-1:]))
    assert told[3] == "The same record stands in line 2."
    assert told[len(COLUMNS) :] == ["2026-01-02 08:00:00", "1", "3", "a"]


def test_a_coordinate_off_the_globe_is_told_by_its_line(home: Prepared) -> None:
    points = "".join(
        f'{key} = "{key}"\n' for key in ("start_longitude", "start_latitude", "end_longitude", "end_latitude")
    )
    great_circle = "[inputs.distance_m.great_circle]\n" + points
    mapping = home.mapping(MAPPING.replace('[inputs.distance_m]\ncolumn = "km"\nunit = "km"\n', great_circle))
    header = "id,who,at,start_longitude,start_latitude,end_longitude,end_latitude\n"
    good, off = "121.4,31.2,121.5,31.2\n", "121.4,31.2,121.5,91\n"
    rows = [f"{number},a,2026-01-02 08:00:00,{at}" for number, at in enumerate((good, good, off))]
    home.earn(mapping, [home.file(header + rows[0]), home.file(header + rows[1] + rows[2], "second.csv")], PER_KM)
    (told,) = csv.reader(home.refused())
    assert told[:4] == ["second.csv", "3", "input-out-of-range", "A coordinate of line 3 is off the globe."]


def test_a_refused_row_makes_no_person(home: Prepared) -> None:
    _earn(home, _row(1, who="refused", km="0"))
    assert not home.persons.known_tags(Strings.from_list([b"refused"]))[1].any()


def test_only_refused_rows_make_no_batch(home: Prepared) -> None:
    (header,) = _earn(home, _row(1, km="0"))
    assert (header.entry_count, header.file_hash, header.root) == (0, None, None)
    assert PreparedBatch.from_json(json.dumps(header.to_json()).encode()) == header


def test_the_same_record_in_another_batch_run_file_or_activity(home: Prepared) -> None:
    _earn(home, _row(1) + _row(2) + _row(1), batch_size=2)
    assert _rules(home) == [("4", "duplicate-entry")]
    _earn(home, _row(3) + _row(2), run="second")
    assert _rules(home, "second") == [("3", "duplicate-entry")]
    other = home.file(HEADER + _row(3), "again.csv")
    home.earn(home.mapping(MAPPING), [other], PER_KM, run="third", party=Hash32(bytes([77]) * 32))
    assert _rules(home, "third") == [("2", "duplicate-entry")]
    assert "prepared before, in the batch with file hash 0x" in home.refused("third")[0]


def test_another_source_may_have_the_same_record_ids(home: Prepared) -> None:
    _earn(home, _row(1))
    mapping = home.mapping(MAPPING.replace('"trips"', '"buses"'))
    (header,) = home.earn(mapping, [home.file(HEADER + _row(1))], PER_KM, run="second")
    assert header.entry_count == 1


def test_a_withdrawn_batch_can_be_prepared_again(home: Prepared) -> None:
    (first,) = _earn(home, _row(1))
    assert first.file_hash is not None
    home.index.withdraw(first.file_hash)
    (again,) = _earn(home, _row(1) + _row(2), run="second")
    assert again.entry_count == 2


@pytest.mark.parametrize("left", ["all", "index", "name"])
def test_a_run_that_holds_a_withdrawn_batch_does_not_go_on(home: Prepared, left: str) -> None:
    """Finished, killed before the end, or killed between the index and the header's name."""
    (first,) = _earn(home, _row(1))
    assert first.file_hash is not None
    home.index.withdraw(first.file_hash)
    run = home.folder / "run"
    if left != "all":
        (run / "done.json").unlink()
    if left == "name":
        (run / "batches" / "00001.json").rename(run / "batches" / "00001.json.new")
    with pytest.raises(BatchWithdrawn, match=r"Batch 1 of the run .* was withdrawn; prepare its files as another run"):
        _earn(home, _row(1))
    assert home.index.batches[0].state == WITHDRAWN


# Days


MARCH = CreditableDays(first=civil_day_from_text("2026-03-01"), last=civil_day_from_text("2026-03-31"), ended=0)


@pytest.mark.parametrize(
    ("ended", "refused", "days"),
    [
        ("2026-03-20", ["2", "5", "6"], ("2026-03-01", "2026-03-20")),
        ("2026-05-01", ["2", "6"], ("2026-03-01", "2026-03-31")),
        ("2026-02-27", ["2", "3", "4", "5", "6"], None),
    ],
)
def test_days_that_cannot_be_credited(
    home: Prepared, ended: str, refused: list[str], days: tuple[str, str] | None
) -> None:
    """One such row would keep the chain from taking the batch: a day before the period, days to come, after it."""
    at = (
        "2026-02-28 23:59:59",
        "2026-03-01 00:00:00",
        "2026-03-20 23:59:59",
        "2026-03-31 23:00:00",
        "9999-12-31 01:00:00",
    )
    file = home.file(HEADER + "".join(_row(number, at=time) for number, time in enumerate(at)))
    creditable = replace(MARCH, ended=civil_day_from_text(ended))
    (header,) = home.earn(home.mapping(MAPPING), [file], PER_KM, creditable=creditable)
    assert _rules(home) == [(line, "day-not-creditable") for line in refused]
    told = header.to_json()
    assert (told.get("first_day"), told.get("last_day")) == (days or (None, None))


def test_the_last_day_that_is_over_is_yesterday_in_shanghai(monkeypatch: pytest.MonkeyPatch) -> None:
    for utc, yesterday in ((57_599, -1), (57_600, 0)):  # 15:59:59 and 16:00:00 of 1 January 1970, with a day added
        monkeypatch.setattr("time.time", lambda seconds=utc: seconds + 86_400.9)
        planned = CreditableDays.planned_now(0, 9)
        assert (planned.ended, planned.latest) == (yesterday + 1, yesterday + 1)


def test_a_row_says_which_days_can_be_credited(home: Prepared) -> None:
    file = home.file(HEADER + _row(1, at="2026-03-21 00:00:00"))
    for run, ended, message in (
        ("march", "2026-03-20", "only those from 2026-03-01 to 2026-03-20 can be credited"),
        ("before", "2026-02-27", "no day of the activity's crediting period, from 2026-03-01 on, is over"),
    ):
        creditable = replace(MARCH, ended=civil_day_from_text(ended))
        home.earn(home.mapping(MAPPING), [file], PER_KM, run=run, creditable=creditable)
        assert f"The day is 2026-03-21, but {message}" in home.refused(run)[0]


def test_a_run_that_goes_on_the_next_day_refuses_the_same_rows(home: Prepared) -> None:
    file = home.file(HEADER + _row(1, at="2026-03-20 08:00:00") + _row(2, at="2026-03-21 08:00:00"))
    creditable = replace(MARCH, ended=civil_day_from_text("2026-03-20"))
    first = home.earn(home.mapping(MAPPING), [file], PER_KM, creditable=creditable)
    assert [header.entry_count for header in first] == [1]
    (home.folder / "run" / "done.json").unlink()
    (home.folder / "run" / "batches" / "00001.json").unlink()
    home.index = EntryIndex(home.folder / "anew", home.store)
    tomorrow = replace(creditable, ended=creditable.ended + 1)
    assert home.earn(home.mapping(MAPPING), [file], PER_KM, creditable=tomorrow) == first
    with pytest.raises(RunMismatch):
        home.earn(home.mapping(MAPPING), [file], PER_KM, creditable=replace(tomorrow, last=tomorrow.last + 1))


def test_without_days_nothing_is_earned(home: Prepared) -> None:
    with pytest.raises(InvalidInput, match="creditable must be the days"):
        home.earn(home.mapping(MAPPING), [home.file(HEADER)], PER_KM, creditable=None)


def test_parquet_and_csv_make_the_same_entries(home: Prepared) -> None:
    (by_text,) = _earn(home, _row(1, km="2") + _row(2, who="b", km="3"))
    table = pa.table(
        {
            "id": pa.array([1, 2], pa.int64()),
            "who": ["a", "b"],
            "at": pa.array([1767312000] * 2, pa.timestamp("s", "UTC")),
            "m": pa.array([2000, 3000], pa.int32()),
        }
    )
    pq.write_table(table, home.folder / "feed.parquet")
    text = MAPPING.replace('"km"\nunit = "km"', '"m"\nunit = "m"') + '[file]\nformat = "parquet"\n'
    elsewhere = Prepared(_folder(home, "elsewhere"))
    (by_column,) = elsewhere.earn(elsewhere.mapping(text), [home.folder / "feed.parquet"], PER_KM)
    one, other = home.batch(by_text), elsewhere.batch(by_column)
    assert one.entry_ids.tolist() == other.entry_ids.tolist()
    assert one.details.to_list() == other.details.to_list()
    assert one.grams.tolist() == other.grams.tolist()


# Killed and started again


def _crashing(monkeypatch: pytest.MonkeyPatch, places: list[tuple[object, str]]) -> Iterator[Callable[[], None]]:
    """Kills the nth call that makes something last, for n from 0 until none is killed any more."""
    for nth in range(500):
        left = [nth]
        with monkeypatch.context() as patch:
            for owner, name in places:
                patch.setattr(owner, name, _killer(getattr(owner, name), left))
            yield patch.undo
        if left[0] >= 0:
            return
    raise AssertionError("it never ends")


def _killer(real: Callable[..., object], left: list[int]) -> Callable[..., object]:
    def call(*args: object, **kwargs: object) -> object:
        left[0] -= 1
        if left[0] == -1:
            raise KeyboardInterrupt
        return real(*args, **kwargs)

    return call


def test_killed_anywhere_the_same_batches_come_out(home: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(_row(number, who=f"p{number % 3}", km=str(number % 4)) for number in range(7)) + _row(3)
    expected = _outcome(home, _earn(home, text, batch_size=5))
    crashes = 0
    places = [(os, "fsync"), (Path, "rename"), (Path, "unlink"), (EntryIndex, "add")]
    for number, undo in enumerate(_crashing(monkeypatch, places)):
        again = Prepared(_folder(home, f"run-{number}"))
        again.persons = home.persons  # keys are random: the same vault, as after a crash
        try:
            _earn(again, text, batch_size=5)
        except KeyboardInterrupt:
            crashes += 1
        undo()
        after = Prepared(again.folder)
        after.persons = home.persons
        assert _outcome(after, _earn(after, text, batch_size=5)) == expected
        assert len(after.index.batches) == 2
    assert crashes > 20


def _outcome(home: Prepared, headers: list[PreparedBatch]) -> list[object]:
    files = [home.store.local(header.file_hash).read_bytes() for header in headers if header.file_hash]
    return [headers, files, home.refused(), home.places().run.done]


def test_done_twice_it_is_done_once(home: Prepared) -> None:
    first = _earn(home, _row(1))
    assert _earn(home, _row(1)) == first
    assert len(home.index.batches) == 1


def test_a_folder_is_one_run(home: Prepared) -> None:
    _earn(home, _row(1))
    with pytest.raises(RunMismatch, match="run must be the run of these files"):
        _earn(home, _row(2))


def test_one_run_at_a_time(home: Prepared) -> None:
    other = EntryIndex(home.folder / "index", home.store)
    with other.writing(), pytest.raises(EntryIndexBusy):
        _earn(home, _row(1))


def test_an_index_built_anew_learns_what_was_prepared(home: Prepared) -> None:
    _earn(home, _row(1))
    home.index = EntryIndex(home.folder / "anew", home.store)
    _earn(home, _row(1))
    assert len(home.index.batches) == 1


# Two taps


TAPS = """
[feed]
name = "metro"
kind = "earn"
record_id = ["in.card", "in.at"]
account = "in.card"

[times]
format = "%Y-%m-%d %H:%M:%S"
started_at = "in.at"
ended_at = "out.at"

[pair]
card = "card"
time = "at"
enter = { kind = { equals = "in" } }
leave = { kind = { equals = "out" } }
limit_s = 3600
"""


_TEXTS = arrow_csv.ConvertOptions(column_types=dict.fromkeys(("card", "at", "kind"), pa.string()))


def _taps(*taps: str) -> str:
    return "card,at,kind\n" + "".join(
        f"{card},2026-01-02 {time}:00,{kind}\n" for card, time, kind in (tap.split() for tap in taps)
    )


@pytest.mark.parametrize("partition_bytes", [1 << 20, 16])
def test_taps_are_paired(home: Prepared, monkeypatch: pytest.MonkeyPatch, partition_bytes: int) -> None:
    """In whatever order they stand, also when they do not fit in memory together."""
    monkeypatch.setattr(points_rows, "_PARTITION_BYTES", partition_bytes)
    file = home.file(
        _taps(
            "a 08:30 out", "a 08:00 in", "b 09:00 in", "c 09:10 out", "d 09:00 in", "d 10:01 out",
            "a 09:00 in", "a 09:05 in", "a 09:30 out", "e 07:00 through", "f 09:00 in", "f 10:00 out",
        )
    )  # fmt: skip
    headers = home.earn(home.mapping(TAPS), [file], quantification("per-trip", "500"))
    assert sum(header.entry_count for header in headers) == 3
    assert sorted(_rules(home), key=lambda told: int(told[0])) == [
        ("4", "tap-without-exit"),
        ("5", "tap-without-entry"),
        ("6", "pair-too-long"),
        ("7", "pair-too-long"),
        ("8", "tap-without-exit"),
        ("11", "tap-of-no-kind"),
    ]
    assert not list((home.folder / "run").glob("*.arrow"))


@pytest.mark.parametrize("form", ["csv", "gzip", "parquet"])
def test_files_of_taps_follow_what_a_file_may_expand_to(
    home: Prepared, monkeypatch: pytest.MonkeyPatch, form: str
) -> None:
    """Taps that a compressed file holds a thousandfold are not paired in memory at once; nobody else may read them."""
    monkeypatch.setattr(points_rows, "_PARTITION_BYTES", 1 << 18)
    taps = _taps("a 08:00 in", "a 08:30 out", *["b 09:00 in"] * 2_000)
    path, text = home.folder / "taps", TAPS
    if form == "parquet":
        pq.write_table(arrow_csv.read_csv(io.BytesIO(taps.encode()), convert_options=_TEXTS), path)
        text += '[file]\nformat = "parquet"\n'
    else:
        path.write_bytes(taps.encode() if form == "csv" else gzip.compress(taps.encode()))
    seen: list[tuple[int, int]] = []
    real = points_rows._pairs

    def pairs(taps: pa.Table, *given: Any) -> points_rows.Block:
        files = list((home.folder / "run").glob("taps-*.arrow"))
        seen.append((taps.num_rows, max((file.stat().st_mode & 0o777 for file in files), default=0)))
        return real(taps, *given)

    previous = os.umask(0)
    monkeypatch.setattr(points_rows, "_pairs", pairs)
    monkeypatch.setattr(Path, "chmod", None)
    try:
        (header,) = home.earn(home.mapping(text), [path], quantification("per-trip", "500"))
    finally:
        os.umask(previous)
    assert header.entry_count == 1
    spread = [(0, 0o600), (2_000, 0o600), (2, 0o600)]
    assert sorted(seen) == ([(2_002, 0)] if form == "csv" else sorted(spread))


def test_a_file_of_bad_rows_alone_is_bounded(home: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    """A portion ends where as many rows were unreadable as it may have rows."""
    monkeypatch.setattr(points_rows, "_BLOCK_ROWS", 1)
    monkeypatch.setattr("scripts.importing.delimited._CHUNK_ROWS", 50)
    headers = _earn(home, "".join(f"{number},a\n" for number in range(2_000)) + _row(1), batch_size=100)
    assert max(sum(header.refused.values()) for header in headers) < 200
    assert sum(sum(header.refused.values()) for header in headers) == len(home.refused()) == 2_000
    assert [header.entry_count for header in headers if header.entry_count] == [1]


# Instructions


def _anchor(home: Prepared, header: PreparedBatch) -> None:
    assert header.file_hash is not None
    home.index.anchor(header.file_hash, number=1)


def _redeem(home: Prepared, *orders: str, run: str = "redeem", batch_size: int = 100) -> list[PreparedBatch]:
    file = home.file("order,who,points\n" + "".join(order.replace(" ", ",") + "\n" for order in orders), f"{run}.csv")
    return home.instruct(home.mapping(REDEEM), [file], run=run, batch_size=batch_size)


def test_nobody_spends_more_than_they_have(home: Prepared) -> None:
    """a has 300 g, b 100 g: rows count in their order, and what is prepared is spent."""
    (earned,) = _earn(home, _row(1) + _row(2) + _row(3) + _row(4, who="b"))
    _anchor(home, earned)
    _redeem(home, "o1 a 200", "o2 a 101", "o3 b 100", "o4 a 100", "o5 b 1", "o6 nobody 1")
    told = [(row[2], row[3]) for row in csv.reader(home.refused("redeem"))]
    assert told == [
        ("more-than-held", "101 g are asked for, 100 g are left."),
        ("more-than-held", "1 g are asked for, 0 g are left."),
        ("account-unknown", "No points were ever earned under this reference."),
    ]
    _redeem(home, "o7 a 1", run="later")
    assert [rule for _, rule in _rules(home, "later")] == ["more-than-held"]


def test_a_row_that_passes_after_a_kill_is_refused_no_more(home: Prepared, monkeypatch: pytest.MonkeyPatch) -> None:
    """Instructions depend on balances: points that are anchored in between can be spent."""
    (earned,) = _earn(home, _row(1))
    with monkeypatch.context() as patch:
        patch.setattr(RunFolder, "intend", _killer(RunFolder.intend, [0]))
        with pytest.raises(KeyboardInterrupt):
            _redeem(home, "o1 a 100")
    assert list((home.folder / "redeem" / "refused").glob("*.csv"))
    _anchor(home, earned)
    (header,) = _redeem(home, "o1 a 100")
    assert (header.total, header.refused, home.refused("redeem")) == (100, {}, [])


def test_prepared_points_are_not_yet_there_to_spend(home: Prepared) -> None:
    _earn(home, _row(1))
    _redeem(home, "o1 a 1")
    assert [rule for _, rule in _rules(home, "redeem")] == ["more-than-held"]


def test_batches_of_one_run_count_together(home: Prepared) -> None:
    (earned,) = _earn(home, _row(1))
    _anchor(home, earned)
    headers = _redeem(home, "o1 a 60", "o2 a 60", batch_size=1)
    assert [header.total for header in headers] == [60, 0]


def test_classes_do_not_pay_for_each_other(home: Prepared) -> None:
    (earned,) = _earn(home, _row(1))
    _anchor(home, earned)
    file = home.file("order,who,points\no1,a,1\n", "orders.csv")
    home.instruct(home.mapping(REDEEM), [file], reduction_class=ReductionClass.II)
    assert [rule for _, rule in _rules(home, "redeem")] == ["more-than-held"]


def test_an_instruction_is_done_once_and_says_its_reference(home: Prepared) -> None:
    (earned,) = _earn(home, _row(1))
    _anchor(home, earned)
    (header,) = _redeem(home, 'o"1 a 10', "o2 a 10", "o2 a 10")
    assert sorted(home.batch(header).details.to_list()) == [b'{"reference":"o2"}', b'{"reference":"o\\"1"}']
    assert _rules(home, "redeem") == [("4", "duplicate-entry")]
    assert header.activity_id is None
    assert "first_day" not in header.to_json()


@pytest.mark.parametrize("points", ["0", "-5", "", "ten", "9223372036854775808"])
def test_quantities_that_are_none(home: Prepared, points: str) -> None:
    (earned,) = _earn(home, _row(1))
    _anchor(home, earned)
    _redeem(home, f"o1 a {points}")
    assert [rule for _, rule in _rules(home, "redeem")] == ["quantity-unreadable"]


# Mappings


def _replacing(pattern: str, by: str) -> str:
    return f"[[replace]]\ncolumn = \"km\"\npattern = '{pattern}'\nby = '{by}'\n"


@pytest.mark.parametrize(
    ("change", "error"),
    [
        (("[times]", "[times]\nzome = 1"), "zome must be a key"),
        (('kind = "earn"', 'kind = "snapshot"'), "feed.kind must be a kind that files"),
        (("Asia/Shanghai", "Asia/Nowhere"), "times.zone must be a zone"),
        (('unit = "km"', 'unit = "miles"'), "unit must be one of"),
        (("[inputs.distance_m]", "[inputs.energy_wh]"), "inputs must be among"),
        (('ended_at = "at"', ""), "started_at must be given"),
        (('record_id = ["id"]', "record_id = []"), "record_id must not be empty"),
        (("[times]", _replacing("(?=a)", "b") + "[times]"), "pattern must be a regular expression of RE2"),
        (("[times]", _replacing("(", "b") + "[times]"), "pattern must be a regular expression of RE2"),
        (("[times]", _replacing("a", "\\2") + "[times]"), "pattern must be a regular expression of RE2"),
    ],
)
def test_mappings_are_read_strictly(home: Prepared, change: tuple[str, str], error: str) -> None:
    mapping = home.mapping(MAPPING.replace(*change))
    with pytest.raises(InvalidMapping, match=error):
        home.earn(mapping, [home.file(HEADER + _row(1))], PER_KM)
    assert not (home.folder / "run").exists()


def test_the_methodology_needs_inputs_that_the_mapping_lacks(home: Prepared) -> None:
    by = quantification("per-distance", "1", {"duration_s": [1, 10]})
    with pytest.raises(InvalidMapping, match="without duration_s"):
        home.earn(home.mapping(MAPPING), [home.file(HEADER + _row(1))], by)


def test_the_kind_must_be_that_of_the_mapping(home: Prepared) -> None:
    with pytest.raises(InvalidInput, match=r"feed.kind must be behaviour"):
        home.earn(home.mapping(MAPPING), [home.file(HEADER)], PER_KM, kind=BatchKind.BEHAVIOUR)


def test_an_empty_file_is_an_empty_run(home: Prepared) -> None:
    assert _earn(home, "") == []
    assert RunFolder(home.folder / "run").done is not None


def _folder(home: Prepared, name: str) -> Path:
    folder = home.folder / name
    folder.mkdir()
    return folder
