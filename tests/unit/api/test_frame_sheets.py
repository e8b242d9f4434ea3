"""Files of tables: every value comes back as it was, every gram of it, and nothing runs."""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from api.repository.snapshots import AsOf, as_of_from_row
from api.web.frame.columns import Column
from api.web.frame.sheets import SHEETS, Csv, Xlsx, fields, harmless, is_kept
from api.web.texts import visible
from ledger.units import GRAMS_PER_TONNE

AS_OF: AsOf = as_of_from_row((150, b"\x01" * 32, 1_795_248_000, 4, b"\x02" * 32, 0, b"g"))
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
COLUMNS = (
    Column("name", "", "text"),
    Column("lot.quantity_gco2e", "", "grams"),
    Column("serial", "", "number"),
    Column("time", "", "time"),
    Column("flag", "", "flag"),
    Column("held", "", "grams"),
)


def made(kind: type[Csv] | type[Xlsx], columns: Sequence[Column], documents: Sequence[dict[str, Any]]) -> bytes:
    file = io.BytesIO()
    with kind(file, fields(columns), AS_OF) as sheet:
        sheet.write(documents)
    return file.getvalue()


def rows_of_csv(data: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def cells_of_xlsx(data: bytes) -> list[dict[str, tuple[str, str]]]:
    """Type and text of every cell by its column's letters, row by row."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert not [name for name in archive.namelist() if "calc" in name.lower() or "vba" in name.lower()]
        sheet = ET.fromstring(archive.read("xl/worksheets/sheet1.xml"))  # noqa: S314 - made here
    found = []
    for row in sheet.iter(f"{MAIN}row"):
        assert not list(row.iter(f"{MAIN}f"))
        cells = {}
        for cell in row.iter(f"{MAIN}c"):
            kind = cell.get("t", "n")
            text = "".join(part.text or "" for part in cell.iter(f"{MAIN}t" if kind == "inlineStr" else f"{MAIN}v"))
            cells[re.sub(r"\d", "", cell.attrib["r"])] = (kind, text)
        found.append(cells)
    return found


DOCUMENT = {
    "name": "光伏 PV",
    "lot": {"quantity_gco2e": "462500000"},
    "serial": "228502279000001",
    "time": "2026-11-21T16:30:05Z",
    "flag": True,
    "held": None,
}
HEADINGS = ["name", "lot.quantity_gco2e", "lot.quantity_tonnes", "serial", "time", "flag", "held_gco2e", "held_tonnes"]
SAID = ["光伏 PV", "462500000", "462.5", "228502279000001", "2026-11-22T00:30:05+08:00", "true", "", ""]


def test_a_csv_says_what_the_list_says() -> None:
    data = made(Csv, COLUMNS, [DOCUMENT])
    assert data.startswith(b"\xef\xbb\xbfname,")
    assert rows_of_csv(data) == [HEADINGS, SAID]


def test_an_xlsx_says_the_same_with_numbers_as_numbers() -> None:
    heading, row = cells_of_xlsx(made(Xlsx, COLUMNS, [DOCUMENT]))
    assert [text for _, text in heading.values()] == HEADINGS
    assert [text for _, text in row.values()] == [text for text in SAID if text]
    assert [at for at, (kind, _) in row.items() if kind == "n"] == ["B", "C", "D"]


def test_the_same_rows_are_the_same_file() -> None:
    for kind in (Csv, Xlsx):
        assert made(kind, COLUMNS, [DOCUMENT]) == made(kind, COLUMNS, [DOCUMENT])


QUANTITY = (Column("q_gco2e", "", "grams"),)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(-(2**63), 2**63 - 1) | st.integers(0, 10**15), min_size=1, max_size=20))
def test_every_gram_comes_back(quantities: list[int]) -> None:
    documents = [{"q_gco2e": str(grams)} for grams in quantities]
    for grams, (whole, tonnes) in zip(quantities, rows_of_csv(made(Csv, QUANTITY, documents))[1:], strict=True):
        assert (int(whole), _grams(tonnes)) == (grams, grams)
    for grams, row in zip(quantities, cells_of_xlsx(made(Xlsx, QUANTITY, documents))[1:], strict=True):
        assert (int(row["A"][1]), _grams(row["B"][1])) == (grams, grams)


def _grams(tonnes: str) -> int:
    """From decimal text, digit by digit."""
    sign = -1 if tonnes.startswith("-") else 1
    whole, _, rest = tonnes.removeprefix("-").partition(".")
    return sign * (int(whole) * GRAMS_PER_TONNE + int(rest.ljust(6, "0")))


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("0", True),
        ("-12.5", True),
        ("999999999999999", True),
        ("1000000000000000", False),
        ("228502279000001", True),
        ("9223372036854775807", False),
        ("0.000001", False),
        ("007", False),
        ("1e5", False),
        ("１", False),
    ],
)
def test_what_a_spreadsheet_would_change_is_text(text: str, kept: bool) -> None:
    assert is_kept(text) == kept


TEXT = (Column("name", "", "text"),)


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=40) | st.text("=+-@'＝\t\r\n\",;", max_size=6))
def test_text_of_others_is_text_and_nothing_else(text: str) -> None:
    shown = visible(text)
    [_, [cell]] = rows_of_csv(made(Csv, (*TEXT,), [{"name": text or "x"}]))
    assert cell[:1] not in set("=+-@＝＋－＠\t\r\n")
    assert cell.removeprefix("'") == (shown or "x") or cell == (shown or "x")
    _, row = cells_of_xlsx(made(Xlsx, TEXT, [{"name": text or "x"}]))
    assert row["A"][0] in {"inlineStr", "s"}
    assert row["A"][1].strip() == (shown or "x").strip()


def test_one_apostrophe_taken_away_gives_back_what_was_written() -> None:
    assert harmless("=1+1") == "'=1+1"
    assert harmless("'quoted") == "''quoted"
    assert harmless("plain - text") == "plain - text"
    assert not harmless("")


def test_a_cell_that_a_sheet_cannot_hold_is_cut_there_and_whole_in_csv() -> None:
    long = "长" * 40_000
    _, row = cells_of_xlsx(made(Xlsx, TEXT, [{"name": long}]))
    assert row["A"][1] == "长" * 32_766 + "…"
    assert rows_of_csv(made(Csv, TEXT, [{"name": long}]))[1] == [long]


def test_forms_are_known_by_name() -> None:
    assert list(SHEETS) == ["csv", "xlsx"]
