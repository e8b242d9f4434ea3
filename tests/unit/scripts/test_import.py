"""Rows of a file against the reference model: whole or row by row, once or twice, killed in the middle."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ledger.encoding import named_row_operation_id, row_operation_id
from ledger.units import GRAMS_PER_TONNE
from ledger.vocabulary import ReductionClass, Role
from scripts.importing.records import FileFormat
from scripts.importing.rows import RowPlan, RowRefusal
from scripts.importing.sources import Source
from tests.unit.scripts.importing import (
    ISSUANCE,
    ISSUED,
    RETIRED,
    RETIREMENT,
    KilledHereError,
    Ledger,
    ModelDirectory,
    contents,
    held,
    names,
    write,
)


@pytest.fixture
def ledger() -> Ledger:
    return Ledger()


@pytest.fixture
def issuance(tmp_path: Path) -> tuple[Path, Path]:
    return write(tmp_path, "issuance.toml", ISSUANCE), write(tmp_path, "issued.csv", ISSUED)


@pytest.fixture
def retirement(tmp_path: Path) -> tuple[Path, Path]:
    return write(tmp_path, "retirement.toml", RETIREMENT), write(tmp_path, "retired.csv", RETIRED)


def test_rows_become_operations(ledger: Ledger, issuance: tuple[Path, Path]) -> None:
    rows = list(ledger.reader(*issuance).rows())

    first = ["open-account", "publish-methodology", "register-activity", "propose", "confirm"]
    assert [contents(row) for row in rows] == [
        (2, first),
        (3, ["propose", "confirm"]),
        (4, ["open-account", "register-activity", "propose", "confirm"]),
        (5, ["propose", "confirm"]),
    ]


def test_ids_follow_from_file_and_line(ledger: Ledger, issuance: tuple[Path, Path]) -> None:
    rows = list(ledger.reader(*issuance).rows())
    file_hash = Source(issuance[1], FileFormat()).sha256

    assert isinstance(rows[1], RowPlan)
    assert [step.operation_id for step in rows[1].steps] == [
        row_operation_id(file_hash=file_hash, line=3, step=3),
        row_operation_id(file_hash=file_hash, line=3, step=4),
    ]


def test_blank_record_fields_are_left_out(ledger: Ledger, issuance: tuple[Path, Path]) -> None:
    rows = list(ledger.reader(*issuance).rows())

    assert isinstance(rows[0], RowPlan)
    assert isinstance(rows[1], RowPlan)
    assert rows[0].steps[3].fields == {"source": "PV-1/2021", "note": "first"}
    assert rows[1].steps[0].fields == {"source": "PV-1/2022"}


def test_a_whole_file(ledger: Ledger, issuance: tuple[Path, Path], retirement: tuple[Path, Path]) -> None:
    issued, refused = ledger.whole(*issuance)
    assert issued is not None
    assert (issued.rows, issued.applied, issued.operations, refused) == (4, 4, 13, [])

    retired, refused = ledger.whole(*retirement)
    assert retired is not None
    assert (retired.rows, retired.applied, retired.operations, refused) == (4, 4, 10, [])
    totals = ledger.model.totals(ReductionClass.I)
    assert totals.issued_grams == 701_500_000
    assert totals.cancelled_grams == 251 * GRAMS_PER_TONNE
    assert held(ledger, "alpha", "PV-1", 2021) == 150 * GRAMS_PER_TONNE
    assert held(ledger, "c1", "PV-1", 2021) == 0


def test_equal_rows_are_all_applied(ledger: Ledger, issuance: tuple[Path, Path], retirement: tuple[Path, Path]) -> None:
    ledger.whole(*issuance)
    ledger.whole(*retirement)

    assert ledger.model.certificate_count == 4  # lines 2 and 4 say the same


@pytest.mark.parametrize("mode", ["whole", "row_wise"])
def test_a_second_run_changes_nothing(
    ledger: Ledger, issuance: tuple[Path, Path], retirement: tuple[Path, Path], mode: str
) -> None:
    for file in (issuance, retirement):
        getattr(ledger, mode)(*file)
    before, size = ledger.model.state(), ledger.model.log_size

    for file in (issuance, retirement):
        again, refused = getattr(ledger, mode)(*file)
        assert (again.applied, again.refused, again.operations, refused) == (4, 0, 0, [])
    assert ledger.model.log_size == size
    assert ledger.model.state() == before


@pytest.mark.parametrize("operations", range(0, 23, 3))
def test_killed_and_run_again(issuance: tuple[Path, Path], retirement: tuple[Path, Path], operations: int) -> None:
    straight = Ledger()
    straight.whole(*issuance)
    straight.whole(*retirement)
    killed = Ledger(fail_after=operations)
    for file in (issuance, retirement):
        try:
            killed.whole(*file)
        except KilledHereError:
            killed.fail_after = None
            killed.whole(*file)

    assert killed.model.log_size == straight.model.log_size == 23
    assert killed.model.state().balances == straight.model.state().balances


def test_one_bad_row_stops_the_whole_file(ledger: Ledger, issuance: tuple[Path, Path], tmp_path: Path) -> None:
    text = ISSUED.replace("PV-1,2022,300", "PV-1,2021,300").replace("0.5", "-0.5")
    bad = write(tmp_path, "bad.csv", text + "gamma,PV-3,2021,1.0000001,I,\n")

    tally, refused = ledger.whole(issuance[0], bad)

    assert tally is None
    assert ledger.sent == []
    assert ledger.model.log_size == 0
    assert [(row.line, row.by, row.field, row.code) for row in refused] == [
        (3, "check", "", "activity-registry-period-overlap"),
        (4, "file", "tonnes", "invalid-quantity"),
        (6, "file", "tonnes", "invalid-quantity"),
    ]
    assert refused[2].rule == "be a whole number of grams"


def test_row_wise_applies_the_others(ledger: Ledger, issuance: tuple[Path, Path], tmp_path: Path) -> None:
    text = ISSUED.replace("PV-1,2022,300", "PV-1,2021,300").replace("0.5", "")
    tally, refused = ledger.row_wise(issuance[0], write(tmp_path, "bad.csv", text))

    assert (tally.rows, tally.applied, tally.refused) == (4, 2, 2)
    assert [(row.line, row.by, row.code) for row in refused] == [
        (3, "contract", "activity-registry-period-overlap"),
        (4, "file", "missing-field"),
    ]
    assert ledger.model.totals(ReductionClass.I).issued_grams == 401 * GRAMS_PER_TONNE


def test_what_a_refused_row_would_have_opened_is_opened_by_the_next(
    ledger: Ledger, issuance: tuple[Path, Path], tmp_path: Path
) -> None:
    text = ISSUED.replace("0.5", "nothing")
    tally, refused = ledger.row_wise(issuance[0], write(tmp_path, "bad.csv", text))

    assert [row.line for row in refused] == [4]
    assert tally.applied == 3
    assert held(ledger, "beta", "PV-2", 2022) == GRAMS_PER_TONNE


def test_a_refused_row_sends_nothing_further(
    ledger: Ledger, issuance: tuple[Path, Path], retirement: tuple[Path, Path], tmp_path: Path
) -> None:
    ledger.whole(*issuance)
    size = ledger.model.log_size
    rows = write(tmp_path, "more.csv", RETIRED.splitlines()[0] + "\nc1,alpha,PV-1,2021,401\nc1,alpha,PV-1,2021,400\n")

    tally, refused = ledger.row_wise(retirement[0], rows)

    assert [(row.line, row.by, row.code) for row in refused] == [
        (2, "contract", "reduction-ledger-insufficient-balance")
    ]
    assert "401 t" in refused[0].message
    assert tally.applied == 1
    assert ledger.model.log_size == size + 3  # the account, the transfer and the cancellation


def test_a_refused_row_sends_nothing_further_that_would_pass(
    ledger: Ledger, issuance: tuple[Path, Path], retirement: tuple[Path, Path], tmp_path: Path
) -> None:
    """The company holds grams from elsewhere: the cancellation of a refused transfer must not take those."""
    ledger.whole(*issuance)
    moving = RETIREMENT.partition('[[operation]]\ndo = "cancel"')[0]
    header = RETIRED.splitlines()[0]
    ledger.whole(
        write(tmp_path, "move.toml", moving), write(tmp_path, "move.csv", header + "\nc1,alpha,PV-1,2021,399\n")
    )

    _, refused = ledger.row_wise(retirement[0], write(tmp_path, "two.csv", header + "\nc1,alpha,PV-1,2021,2\n"))

    assert [(row.line, row.code) for row in refused] == [(2, "reduction-ledger-insufficient-balance")]
    assert held(ledger, "c1", "PV-1", 2021) == 399 * GRAMS_PER_TONNE
    assert ledger.model.certificate_count == 0


def test_a_refused_row_leaves_nothing_in_the_check(ledger: Ledger, issuance: tuple[Path, Path], tmp_path: Path) -> None:
    """Its transfer would pass and its cancellation not: the next row finds the grams where they were."""
    ledger.whole(*issuance)
    begin, cancel, rest = RETIREMENT.partition('[[operation]]\ndo = "cancel"')
    mapping = write(tmp_path, "more.toml", begin + cancel + rest.replace("{tonnes}", "{cancelled}"))
    rows = "company,owner,project,year,tonnes,cancelled\nc1,alpha,PV-1,2021,400,401\nc1,alpha,PV-1,2021,400,400\n"

    _, refused = ledger.whole(mapping, write(tmp_path, "more.csv", rows))

    assert [(row.line, row.code) for row in refused] == [(2, "reduction-ledger-insufficient-balance")]


@pytest.mark.parametrize("mode", ["row_wise", "checked"])
def test_what_other_rows_rely_on_is_done_whatever_becomes_of_its_row(
    ledger: Ledger, issuance: tuple[Path, Path], retirement: tuple[Path, Path], tmp_path: Path, mode: str
) -> None:
    """The account of c1 is first asked for by a row that is refused."""
    ledger.whole(*issuance)
    rows = write(tmp_path, "more.csv", RETIRED.replace("2021,100", "2021,99999", 1))

    tally, refused = getattr(ledger, mode)(retirement[0], rows)

    assert [row.line for row in refused] == [2]
    assert (tally.applied, ledger.model.certificate_count) == (3, 3)


def test_bodies_send_in_few_batches(ledger: Ledger, issuance: tuple[Path, Path]) -> None:
    ledger.whole(*issuance)

    assert ledger.batches[0] == (Role.PLATFORM, 2)
    assert len(ledger.batches) < len(ledger.sent)


def test_rows_with_ids_of_their_own(
    ledger: Ledger, issuance: tuple[Path, Path], retirement: tuple[Path, Path], tmp_path: Path
) -> None:
    ledger.whole(*issuance)
    named = RETIREMENT.replace('name = "test-retirement"', 'name = "test-retirement"\nrow_id = "{id}"')
    header, *lines = RETIRED.splitlines()
    ids = ["a", "b", "a", " "]
    text = "\n".join([f"id,{header}", *(f"{one},{line}" for one, line in zip(ids, lines, strict=True))])

    rows = list(ledger.reader(write(tmp_path, "map.toml", named), write(tmp_path, "named.csv", text)).rows())

    assert isinstance(rows[1], RowPlan)
    assert [step.operation_id for step in rows[1].steps] == [
        named_row_operation_id(namespace="test-retirement", row_id="b", step=step) for step in range(3)
    ]
    assert [contents(row) for row in rows[2:]] == [
        (4, "file", "row_id", "be another in every row of the file"),
        (5, "file", "row_id", "not be blank: the mapping takes the row's id from it"),
    ]


def test_an_activity_that_nobody_registered(ledger: Ledger, retirement: tuple[Path, Path]) -> None:
    (row, *_) = ledger.reader(*retirement).rows()

    assert isinstance(row, RowRefusal)
    assert (row.field, row.rule) == ("activity", "exist")
    assert "PV-1" in row.message


def test_tsv_and_parquet_give_the_same_rows(ledger: Ledger, issuance: tuple[Path, Path], tmp_path: Path) -> None:
    plain = [(row.cells, contents(row)) for row in ledger.reader(*issuance).rows()]
    tsv = write(tmp_path, "issued.tsv", ISSUED.replace(",", "\t"))
    tsv_mapping = write(tmp_path, "tsv.toml", ISSUANCE + '[file]\nformat = "tsv"\n')
    assert [(row.cells, contents(row)) for row in ledger.reader(tsv_mapping, tsv).rows()] == plain

    header, *lines = [line.split(",") for line in ISSUED.splitlines()]
    parquet = tmp_path / "issued.parquet"
    pq.write_table(pa.table({name: [line[at] for line in lines] for at, name in enumerate(header)}), parquet)
    parquet_mapping = write(tmp_path, "parquet.toml", ISSUANCE + '[file]\nformat = "parquet"\n')
    rows = list(ledger.reader(parquet_mapping, parquet).rows())
    assert [row.line for row in rows] == [1, 2, 3, 4]
    assert [row.cells for row in rows] == [cells for cells, _ in plain]


def test_gzip_gives_the_same_rows_under_other_ids(ledger: Ledger, issuance: tuple[Path, Path], tmp_path: Path) -> None:
    packed = write(tmp_path, "issued.csv.gz", ISSUED, packed=True)

    plain_rows = [contents(row) for row in ledger.reader(*issuance).rows()]
    assert [contents(row) for row in ledger.reader(issuance[0], packed).rows()] == plain_rows
    assert Source(packed, FileFormat()).sha256 != Source(issuance[1], FileFormat()).sha256


@pytest.mark.parametrize("mode", ["row_wise", "checked"])
def test_refusals_say_the_names_that_the_row_uses(tmp_path: Path, mode: str) -> None:
    """Whoever corrects the file knows "nobody", and no custody address."""
    ledger = Ledger()
    ledger.whole(write(tmp_path, "issuance.toml", ISSUANCE), write(tmp_path, "issued.csv", ISSUED))
    mapping = write(tmp_path, "retirement.toml", RETIREMENT)
    rows = "company,owner,project,year,tonnes\nc1,nobody,PV-1,2021,1\nc1,alpha,PV-1,2020,1\nc1,alpha,PV-9,2020,1\n"

    _, refused = getattr(ledger, mode)(mapping, write(tmp_path, "rows.csv", rows))

    account = names(ModelDirectory(ledger.model)).account("ref:nobody").hex0x
    assert f'"ref:nobody" ({account})' in refused[0].message
    assert '"PV-1 2020-01-01 2020-12-31" (0x' in refused[1].message
    assert "PV-9" in refused[2].message


@pytest.mark.parametrize("mode", ["row_wise", "checked"])
def test_an_unknown_activity_is_called_by_its_code(tmp_path: Path, mode: str) -> None:
    ledger = Ledger()
    mapping = write(
        tmp_path, "suspend.toml", '[mapping]\nname = "s"\n[[operation]]\ndo = "suspend-activity"\nactivity = "{a}"\n'
    )

    _, [row] = getattr(ledger, mode)(mapping, write(tmp_path, "rows.csv", "a\nPV-9\n"))

    assert '"PV-9" (0x' in row.message
