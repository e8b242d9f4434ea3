"""Refused rows that are corrected and imported again: nothing is ever applied twice."""

import csv
import tempfile
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ledger.errors import InvalidInput
from ledger.units import GRAMS_PER_TONNE
from ledger.vocabulary import ReductionClass
from scripts.importing.errors import MalformedFile
from scripts.importing.mapping import load_mapping
from scripts.importing.records import BadRow, FileFormat, Row
from scripts.importing.refused import COLUMNS, RefusedFile, format_of
from scripts.importing.rows import RowRefusal
from scripts.importing.runner import Tally
from scripts.importing.sources import Source
from tests.unit.scripts.importing import ISSUANCE, ISSUED, Ledger, held, write

YEAR = ("2025", "2026")
LOT = 'activity = "PV-1"\nfirst_day = "2021-01-01"\nlast_day = "2021-12-31"\n'
CANCEL = f'[[operation]]\ndo = "cancel"\npurpose = "voluntary-offset"\n{LOT}'
TRANSFER = f'[[operation]]\ndo = "transfer"\nfrom = "ref:alpha"\nto = "ref:beta"\n{LOT}'
RECORD = 'record = { organisation = "x", period_first_day = "2021-01-01", period_last_day = "2021-12-31" }\n'
YEARS = f"""
[mapping]
name = "years"
[unpivot]
columns = ["2025", "2026"]
{CANCEL}account = "ref:alpha"
quantity = "{{unpivot.value}}"
{RECORD}"""
TWO = f"""
[mapping]
name = "two"
{TRANSFER}quantity = "{{moved}}"
{CANCEL}account = "ref:beta"
quantity = "{{cancelled}}"
{RECORD}"""


def with_row_id(mapping: str) -> str:
    return mapping.replace("[mapping]\n", '[mapping]\nrow_id = "{k}"\n')


class Again:
    """A ledger with 400 t of one lot, and files that are imported into it."""

    def __init__(self, folder: Path, mapping: str) -> None:
        self.folder = folder
        self.ledger = Ledger()
        self.ledger.whole(write(folder, "issuance.toml", ISSUANCE), write(folder, "issued.csv", ISSUED))
        self.mapping = write(folder, "mapping.toml", mapping)
        self.refused = ""

    def run(self, text: str, mode: str = "row_wise") -> tuple[Tally, list[RowRefusal]]:
        """Imports a file; afterwards `refused` is the text of the file of refused rows."""
        file, path = write(self.folder, "file.csv", text), self.folder / "refused.csv"
        path.unlink(missing_ok=True)
        tally, refused = getattr(self.ledger, mode)(self.mapping, file)
        with RefusedFile(path, Source(file, load_mapping(self.mapping).file)) as report:
            for row in refused:
                report.add(row)
        self.refused = path.read_text(encoding="utf-8") if refused else ""
        return tally, refused

    def repaired(self, repair: Callable[[dict[str, str]], None]) -> str:
        """The file of refused rows, each row repaired."""
        rows = list(csv.DictReader(self.refused.splitlines()))
        for row in rows:
            repair(row)
        return text_of(rows)

    @property
    def cancelled(self) -> float:
        return self.ledger.model.totals(ReductionClass.I).cancelled_grams / GRAMS_PER_TONNE

    @property
    def beta(self) -> float:
        return held(self.ledger, "beta", "PV-1", 2021) / GRAMS_PER_TONNE


def text_of(rows: list[dict[str, str]]) -> str:
    lines = [list(rows[0]), *(list(row.values()) for row in rows)]
    return "".join(",".join(f'"{cell.replace(chr(34), chr(34) * 2)}"' for cell in line) + "\n" for line in lines)


@pytest.mark.parametrize("mode", ["row_wise", "checked"])
@pytest.mark.parametrize("mapping", [YEARS, with_row_id(YEARS)], ids=["file", "row id"])
def test_a_refused_part_is_repaired_alone(tmp_path: Path, mapping: str, mode: str) -> None:
    again = Again(tmp_path, mapping)
    again.run("k,2025,2026\nr1,10,oops\nr2,bad,bad\n", mode)
    assert again.cancelled == 10

    tally, refused = again.run(again.refused.replace("r1,10,oops", "r1,10,5").replace("r2,bad,bad", "r2,1,2"), mode)

    assert (again.cancelled, tally.operations, refused) == (18, 3, [])


def test_a_row_goes_on_after_what_was_applied(tmp_path: Path) -> None:
    again = Again(tmp_path, TWO)
    again.run("moved,cancelled\n10,11\n")
    again.run(again.refused.replace("10,11", "10,12"))  # refused once more
    tally, refused = again.run(again.refused.replace("10,12", "10,9"))

    assert (again.cancelled, again.beta, tally.operations, tally.repeated, refused) == (9, 1, 1, 1, [])


def test_what_was_applied_cannot_be_edited(tmp_path: Path) -> None:
    again = Again(tmp_path, TWO)
    again.run("moved,cancelled\n10,11\n")
    _, refused = again.run(again.refused.replace("10,11", "11,11"))

    assert [row.by for row in refused] == ["outbox"]
    assert (again.cancelled, again.beta) == (0, 10)


@pytest.mark.parametrize("mode", ["row_wise", "checked", "whole"])
def test_a_row_id_with_other_content_is_a_conflict(tmp_path: Path, mode: str) -> None:
    """A row that was applied says something else the second time: it is refused, and not taken for done."""
    again = Again(tmp_path, with_row_id(TWO))
    again.run("k,moved,cancelled\nr1,10,5\n", mode)
    sent = len(again.ledger.sent)
    tally, refused = again.run("k,moved,cancelled\nr1,10,4\nr2,1,1\n", mode)

    assert [(row.line, row.by, row.code) for row in refused] == [(2, "outbox", "operation-conflict")]
    if mode == "whole":  # nothing is applied, not even the row that is good
        assert len(again.ledger.sent) == sent
    else:
        assert (tally.applied, tally.repeated, tally.operations) == (1, 1 if mode == "row_wise" else 0, 2)
        assert len(again.ledger.sent) == sent + 2


@pytest.mark.parametrize("mode", ["row_wise", "checked", "whole"])
def test_the_same_row_id_with_the_same_content_is_done(tmp_path: Path, mode: str) -> None:
    again = Again(tmp_path, with_row_id(TWO))
    again.run("k,moved,cancelled\nr1,10,5\n", mode)
    sent = len(again.ledger.sent)
    tally, refused = again.run("k,moved,cancelled\nr1,10,5\nr2,1,1\n", mode)

    assert (refused, tally.applied, tally.repeated, tally.operations) == ([], 2, 2, 2)
    assert len(again.ledger.sent) == sent + 2  # what is done is not sent again


@pytest.mark.parametrize(
    ("column", "text", "field"),
    [
        ("refused_line", "3", "refused_key"),
        ("refused_line", "", "refused_line"),
        ("refused_file", "0x" + "00" * 32, "refused_key"),
        ("refused_file", "", "refused_file"),
        ("refused_key", "", "refused_key"),
        ("refused_part", "2025", "refused_key"),
        ("k", "r2", "refused_key"),
    ],
)
def test_where_a_row_comes_from_cannot_be_edited(tmp_path: Path, column: str, text: str, field: str) -> None:
    again = Again(tmp_path, with_row_id(TWO))
    again.run("k,moved,cancelled\nr1,10,11\n")
    _, refused = again.run(again.repaired(lambda row: row.update({"cancelled": "9", column: text})))
    assert [(row.by, row.field) for row in refused] == [("file", field)]
    _, refused = again.run(again.refused)  # what it was refused for is not forgotten
    assert [(row.by, row.field) for row in refused] == [("file", field)]
    assert (again.cancelled, again.beta) == (0, 10)


def test_a_blank_or_repeated_row_id_can_be_corrected(tmp_path: Path) -> None:
    again = Again(tmp_path, with_row_id(TWO))
    again.run("k,moved,cancelled\nr1,1,1\nr1,2,2\n,3,3\n")
    assert again.cancelled == 1
    ids = iter(["r2", "r3"])
    _, refused = again.run(again.repaired(lambda row: row.update(k=next(ids))))

    assert (again.cancelled, refused) == (6, [])


def test_a_refused_row_cannot_become_two(tmp_path: Path) -> None:
    again = Again(tmp_path, TWO)
    again.run("moved,cancelled\n10,11\n")
    header, row = again.refused.splitlines()
    _, refused = again.run("\n".join([header, row.replace("10,11", "10,5"), row.replace("10,11", "10,4"), ""]))

    assert [(row.line, row.field) for row in refused] == [(3, "refused_line")]
    assert (again.cancelled, again.beta) == (5, 5)


def test_ragged_rows_keep_their_line_or_are_refused_for_good(tmp_path: Path) -> None:
    again = Again(tmp_path, YEARS)
    again.run("k,2025,2026\nr1,10\nr2,1,oops\n")
    repaired = again.refused.replace("r1,10,,", "r1,10,20,").replace("r2,1,oops", "r2,1,2,surplus")
    _, refused = again.run(repaired)
    assert (again.cancelled, [row.field for row in refused]) == (31, ["row"])

    _, refused = again.run(again.repaired(lambda row: row.update({"2026": "2"})))
    assert (again.cancelled, [row.field for row in refused]) == (31, ["refused_file"])


def test_some_of_the_columns_are_not_enough(tmp_path: Path) -> None:
    again = Again(tmp_path, TWO)
    with pytest.raises(MalformedFile) as caught:
        again.run("moved,cancelled,refused_line\n1,1,2\n")
    assert caught.value.field == "refused_file"


def test_other_operations_in_the_mapping_refuse_the_rows(tmp_path: Path) -> None:
    again = Again(tmp_path, TWO)
    again.run("moved,cancelled\n10,11\n")
    more = '[[operation]]\ndo = "open-account"\naccount = "ref:beta"\nkind = "institution"\nensure = true\n'
    again.mapping = write(tmp_path, "more.toml", TWO.replace("[[operation]]", more + "[[operation]]", 1))
    _, refused = again.run(again.refused.replace("10,11", "10,9"))

    assert [row.field for row in refused] == ["refused_key"]
    assert again.beta == 10


@pytest.mark.parametrize("mapping", [YEARS, with_row_id(YEARS)], ids=["file", "row id"])
def test_a_mapping_may_unpivot_another_column(tmp_path: Path, mapping: str) -> None:
    again = Again(tmp_path, mapping)
    text = "k,2024,2025,2026\nr1,4,10,1\n"
    again.run(text)
    again.mapping = write(tmp_path, "more.toml", mapping.replace('["2025"', '["2024", "2025"'))
    tally, refused = again.run(text)

    assert (again.cancelled, tally.operations, tally.repeated, refused) == (15, 1, 2, [])


def test_the_first_file_again_after_its_refused_rows(tmp_path: Path) -> None:
    """What was applied from the corrected file is not applied once more from the first: its id has other content."""
    again = Again(tmp_path, TWO)
    first = "moved,cancelled\n10,11\n1,1\n"
    again.run(first, "checked")
    again.run(again.refused.replace("10,11", "10,9"), "checked")
    assert (again.cancelled, again.beta) == (10, 1)

    _, refused = again.run(first, "checked")
    assert [(row.line, row.by) for row in refused] == [(2, "outbox")]
    assert (again.cancelled, again.beta) == (10, 1)


@pytest.mark.parametrize(
    "given",
    [
        FileFormat(encoding="gb18030", delimiter=";"),
        FileFormat(kind="tsv", delimiter="\t", quote=""),
        FileFormat(encoding="gbk", quote="'"),
        FileFormat(encoding="utf-16"),
        FileFormat(encoding="latin-1"),
    ],
    ids=lambda given: f"{given.kind} {given.encoding}",
)
def test_refused_rows_are_read_as_the_file_was(tmp_path: Path, given: FileFormat) -> None:
    cell = "\xe9" if given.encoding == "latin-1" else "光伏"
    rows: list[Row | BadRow] = [
        Row(2, [cell, 'a "b", it\'s']),
        BadRow(3, [cell], InvalidInput("row", "have 2 fields\t;", "1 fields")),
    ]
    path = tmp_path / "data.txt"
    with path.open("w", encoding=given.encoding, newline="") as file:
        file.write(given.delimiter.join(["项目" if cell == "光伏" else "p", "note"]) + "\n")
    refused = tmp_path / "refused.txt"
    with RefusedFile(refused, Source(path, given)) as report:
        for row in rows:
            report.add(RowRefusal.of(row, InvalidInput("项目", "be …\n\t,;", cell), "file"))

    assert refused.stat().st_mode & 0o777 == 0o600
    assert format_of(refused, given) == given
    source = Source(refused, given)
    assert source.columns()[2:] == list(COLUMNS)
    read = list(source.rows())
    assert [row.cells[:2] for row in read] == [[cell, 'a "b", it\'s'], [cell, ""]]
    assert all(isinstance(row, Row) and "be" in row.cells[-1] for row in read)


def test_rows_refused_from_parquet_are_text_that_its_mapping_reads(tmp_path: Path) -> None:
    path, refused = tmp_path / "data.parquet", tmp_path / "refused.csv"
    pq.write_table(pa.table({"a": [7], "b": ["光,"]}), path)
    given = FileFormat(kind="parquet")
    with RefusedFile(refused, Source(path, format_of(path, given))) as report:
        report.add(RowRefusal.of(Row(1, ["7", "光,"]), InvalidInput("a", "be less", 7), "file"))

    (row,) = Source(refused, format_of(refused, given)).rows()
    assert row.cells[:2] == ["7", "光,"]
    other = write(tmp_path, "other.csv", "a,b\n1,2\n")
    with pytest.raises(MalformedFile, match="be Parquet"):
        Source(other, format_of(other, given)).columns()


def test_a_file_that_is_there_is_not_overwritten(tmp_path: Path) -> None:
    source = Source(write(tmp_path, "data.csv", "a\n1\n"), FileFormat())
    path = write(tmp_path, "refused.csv", "old")
    write(tmp_path, "refused-2.csv", "older")
    with RefusedFile(path, source) as report:
        report.add(RowRefusal.of(Row(2, ["1"]), InvalidInput("a", "be less", 1), "file"))

    assert report.path == tmp_path / "refused-3.csv"
    assert report.path.stat().st_mode & 0o777 == 0o600
    assert path.read_text() == "old"


def test_refused_rows_are_never_written_over_the_file(tmp_path: Path) -> None:
    source = Source(write(tmp_path, "data.csv", "a\n1\n"), FileFormat())
    with pytest.raises(InvalidInput) as caught:
        RefusedFile(source.path, source)
    assert caught.value.rule == "be another file than the one that is imported"


modes = st.sampled_from(["row_wise", "checked"])
cells = st.sampled_from(["", "1", "2", "7", "bad", "500"])


@settings(max_examples=25, deadline=None)
@given(data=st.data())
@pytest.mark.parametrize("mode", ["row_wise", "checked"])
@pytest.mark.parametrize("own_id", [False, True], ids=["file", "row id"])
def test_however_rows_are_refused_and_repaired(mode: str, own_id: bool, data: st.DataObject) -> None:
    """Every column of every row makes a transfer and a cancellation; a repair changes what was not applied."""
    years = YEARS.partition("[[operation]]")[0] + "\n".join(
        [TRANSFER + 'quantity = "{unpivot.value}"', CANCEL + 'account = "ref:beta"\nquantity = "{c}"', RECORD]
    )
    lines = data.draw(st.lists(st.tuples(cells, cells, cells), min_size=1, max_size=4))
    moved = {(n, year): cell for n, line in enumerate(lines) for year, cell in zip(YEAR, line, strict=False)}
    with tempfile.TemporaryDirectory() as folder:
        again = Again(Path(folder), with_row_id(years) if own_id else years)
        stock = write(again.folder, "stock.toml", f'[mapping]\nname = "stock"\n{TRANSFER}quantity = "{{q}}"\n')
        again.ledger.whole(
            stock, write(again.folder, "stock.csv", "q\n100\n")
        )  # so that no row lives on another's grams
        rows = [{"k": f"r{n}", "2025": a, "2026": b, "c": c} for n, (a, b, c) in enumerate(lines)]
        again.run(text_of(rows), mode)
        for _ in range(data.draw(st.integers(0, 2))):
            if again.refused:
                again.run(again.repaired(lambda row: row.update({"c": data.draw(cells)})), data.draw(modes))
        expected = {key: float(cell or 0) if cell.isdigit() and cell != "500" else 0.0 for key, cell in moved.items()}

        def mend(row: dict[str, str]) -> None:
            """Makes the row good: of an amount that cannot have been moved 3 t, and 1 t cancelled."""
            n, year = int(row["k"][1:]), row["refused_part"]
            row["c"] = "1"
            if row[year] in ("bad", "500"):
                row[year], expected[n, year] = "3", 3.0

        if again.refused:
            again.run(again.repaired(mend), data.draw(modes))
        assert not again.refused
        moved_once = again.cancelled + again.beta - 100
        certificates = again.ledger.model.certificate_count

    assert moved_once == sum(expected.values())
    assert certificates == sum(cell != "" for cell in moved.values())
