"""The California programme's published figures against what the index says, difference by difference."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import func, select

from indexer import schema
from indexer.database import Database
from ledger.ids import Address
from ledger.units import GRAMS_PER_TONNE
from ledger.vocabulary import OperationKind
from scripts.importing.records import FileFormat, Row
from scripts.importing.rows import RowRefusal
from scripts.importing.sources import Source

ISSUANCE = "issuance_2023-12-27.csv"
PERIODS = {
    "cp1": ("retired_CP1_2013-2014.csv", "2014"),
    "cp2": ("retired_CP2_2015-2017.csv", "2017"),
    "cp3": ("retired_CP3_2018-2020.csv", "2020"),
}
"""File and last year of each compliance period."""

OTHER_COLUMNS = ("retired_cp4", "retired_quebec", "retired_voluntary", "buffer_retired", "retired_intentional_reversal")
"""In the order of the mapping's `[unpivot]`."""

_TYPES = {"ODS": "ODS", "Livestock": "LIVESTOCK", "U.S. Forest": "FOREST", "MMC": "MMC"}
_CLASSES = {"Compliance": "COP", "Early Action": "EA"}
_REPLACED = "invalidated and replaced by other credits (footnote 1 of the sheet; comment of the issuance table)"

BATCH_REASONS: Mapping[tuple[str, str], str] = {
    ("cp2", "CALS5040-C"): _REPLACED,
    ("cp3", "CALS5123-D"): _REPLACED,
    ("cp3", "CAFR5072-B"): "surrendered in place of CALS5123-D (comment): 1,112 t of its 4,010 t",
    ("cp3", "CAFR5253-A"): "what the 1,112 t of CAFR5072-B leave of the 4,010 t of CALS5123-D: 2,898 t",
    ("cp3", "CALS5021-F"): "38 t that were surrendered for an invalidation and retired in July 2021 (comment)",
    ("cp3", "CAFR0058-D"): "the 224 t by which the sheet's two printed totals differ (63,354,849 and 63,355,073)",
}
"""Why a batch differs between the sheet by company and the issuance table, from the regulator's own words and numbers.
A batch that differs and is not here stays unexplained."""

_INVALIDATED = re.compile(r"CARB invalidated (?:all )?([0-9,]+)")

Rows = Mapping[int, Mapping[str, str]]
"""Rows of a file by line."""


@dataclass(frozen=True, slots=True)
class Explanation:
    """Part of a difference, in tonnes."""

    tonnes: int
    why: str


@dataclass(slots=True)
class Comparison:
    """One published figure and the same figure out of the index, in tonnes."""

    name: str
    published: int
    replayed: int
    explanations: Sequence[Explanation] = field(default_factory=list)

    @property
    def difference(self) -> int:
        """Published less replayed."""
        return self.published - self.replayed

    @property
    def unexplained(self) -> int:
        """What is left of the difference when every explanation is taken off; never negative."""
        return abs(self.difference - sum(part.tonnes for part in self.explanations))


def read_rows(path: Path) -> Rows:
    """A file's rows by line, without spaces around their cells."""
    source = Source(path, FileFormat())
    columns = source.columns()
    return {
        row.line: {column: cell.strip() for column, cell in zip(columns, row.cells, strict=True)}
        for row in source.rows()
        if isinstance(row, Row)
    }


class Reconciliation:
    """Everything that the regulator publishes for these files, against the index.

    `refused`: the refused rows of each import, by "issuance", "cp1" to "cp3" and "other".
    """

    def __init__(
        self, folder: Path, database: Database, buffer_account: Address, refused: Mapping[str, Sequence[RowRefusal]]
    ) -> None:
        self._database = database
        self._buffer_account = buffer_account
        self._refused = refused
        self._table = read_rows(folder / ISSUANCE)
        self._by_company = {period: read_rows(folder / name) for period, (name, _) in PERIODS.items()}
        self._published = json.loads((folder / "PUBLISHED.json").read_text(encoding="utf-8"))

    def comparisons(self) -> Iterator[Comparison]:
        """Figure by figure."""
        yield from self._issued()
        yield self._buffer_contributions()
        cancelled = self._cancelled()
        for period in PERIODS:
            yield from self._period(period, cancelled[period])
        for number, column in enumerate(OTHER_COLUMNS):
            parts = [row for row in self._refused["other"] if row.part == number]
            explained = [_explanation(row, self._table, column) for row in parts]
            yield Comparison(f"{column}, issuance table", self._column(column), cancelled[column], explained)
        yield self._invalidated()

    def _issued(self) -> Iterator[Comparison]:
        """By class and type, against the sheet "Summary by Type"."""
        lots, methodologies = schema.lots.c, schema.methodologies.c
        question = (
            select(methodologies.code, func.sum(lots.issued_gco2e))
            .join_from(schema.lots, schema.methodologies, methodologies.methodology_id == lots.methodology_id)
            .group_by(methodologies.code)
        )
        with self._database.read() as connection:
            sums = {code: _tonnes(total) for code, total in connection.execute(question)}
        refused: dict[str, list[Explanation]] = defaultdict(list)
        for row in self._refused["issuance"]:
            cells = self._table[row.line]
            refused[_methodology(cells)].append(_explanation(row, self._table, "issued"))
        for class_name, by_type in self._published["issuance_2023-12-27"].items():
            for type_name, published in by_type.items():
                code = f"CARB-{_CLASSES[class_name]}-{_TYPES[type_name]}"
                explained = [part for part in refused[code] if part.tonnes]
                yield Comparison(f"issued, {class_name}, {type_name}", published, sums.get(code, 0), explained)

    def _buffer_contributions(self) -> Comparison:
        operations = schema.operations.c
        question = select(func.sum(operations.quantity_gco2e)).where(
            operations.kind == int(OperationKind.REDUCTION_TRANSFERRED),
            operations.to_account == bytes(self._buffer_account),
        )
        with self._database.read() as connection:
            replayed = _tonnes(connection.scalar(question) or 0)
        refused = [_explanation(row, self._table, "buffer_contribution") for row in self._refused["issuance"]]
        explained = [part for part in refused if part.tonnes]
        return Comparison("buffer contribution", self._column("buffer_contribution"), replayed, explained)

    def _invalidated(self) -> Comparison:
        """What the comments call invalidated, against what was taken back."""
        stated = 0
        for cells in self._table.values():
            found = _INVALIDATED.search(cells["comment"])
            stated += int(found[1].replace(",", "")) if found else 0
        with self._database.read() as connection:
            replayed = _tonnes(connection.scalar(select(func.sum(schema.lots.c.taken_back_gco2e))) or 0)
        return Comparison("invalidated, comments of the issuance table", stated, replayed)

    def _period(self, period: str, replayed: int) -> Iterator[Comparison]:
        """A compliance period, against the total of its sheet and against the column of the issuance table."""
        rows = self._by_company[period]
        refused = [_explanation(row, rows, "quantity") for row in self._refused[period]]
        column = self._column(f"retired_{period}")
        if period != "cp1":  # its sheet prints no total
            yield Comparison(f"{period}, printed total by company", self._printed(period), replayed, refused)
        batches = list(self._batch_differences(period))
        yield Comparison(f"{period}, issuance table", column, replayed, [*refused, *batches])

    def _printed(self, period: str) -> int:
        if period == "cp2":
            return int(self._published["CP2"]["column_total"])
        # Two totals stand in one cell; the second is the one that the rows add up to.
        return int(self._published["CP3"]["column_totals_as_printed"].split()[-1].replace(",", ""))

    def _batch_differences(self, period: str) -> Iterator[Explanation]:
        """Issuance table less sheet, batch by batch, where the regulator says why."""
        ours: dict[str, int] = defaultdict(int)
        for cells in self._by_company[period].values():
            ours[_MISSPELT.get(cells["arb_project_id"], cells["arb_project_id"])] += int(cells["quantity"])
        for cells in self._table.values():
            batch = cells["carb_issuance_id"]
            difference = int(cells[f"retired_{period}"] or 0) - ours.pop(batch, 0)
            if difference and (period, batch) in BATCH_REASONS:
                yield Explanation(difference, f"{batch}: {BATCH_REASONS[period, batch]}")

    def _column(self, name: str) -> int:
        return sum(int(cells[name] or 0) for cells in self._table.values())

    def _cancelled(self) -> dict[str, int]:
        """Cancelled tonnes by column of the issuance table or compliance period, as the certificates' records say."""
        certificates, operations, records = schema.certificates.c, schema.operations.c, schema.records.c
        question = (
            select(certificates.quantity_gco2e, records.document)
            .join_from(schema.certificates, schema.operations, operations.leaf_index == certificates.leaf_index)
            .join(schema.records, records.record_hash == operations.record_hash)
        )
        period_of = {year: period for period, (_, year) in PERIODS.items()}
        sums: dict[str, int] = defaultdict(int)
        with self._database.read() as connection:
            for grams, document in connection.execute(question):
                values = {member["name"]: member["value"] for member in json.loads(document)["fields"]}
                sums[values.get("column") or period_of[values["compliance_year"]]] += grams
        return defaultdict(int, {name: _tonnes(grams) for name, grams in sums.items()})


_MISSPELT = {"CAFR00029-C": "CAFR0029-C"}
"""As the mapping corrects it."""


def _methodology(cells: Mapping[str, str]) -> str:
    return f"CARB-{cells['class']}-{cells['project_type'].upper()}"


def _explanation(row: RowRefusal, rows: Rows, column: str) -> Explanation:
    cells = rows[row.line]
    name = cells.get("carb_issuance_id") or cells["arb_project_id"]
    return Explanation(int(cells[column] or 0), f"line {row.line}, {name}: refused by the {row.by}, {row.code}")


def _tonnes(grams: int) -> int:
    whole, rest = divmod(int(grams), GRAMS_PER_TONNE)
    assert rest == 0, "the programme counts whole tonnes"  # noqa: S101 - or the figures below would lie
    return whole
