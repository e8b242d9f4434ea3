"""The volume run: 109,441 retirements of the Verra registry, 2009 to 2020, of which most look like another one.

What was retired of each project and vintage is issued first, then every row is one cancellation by the contract, row by
row and unchecked. A second import of the same file must find everything done. `--rows N` takes the first N rows.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
import time
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from benchmarks._keeping import add_keep_option
from benchmarks._local import MAPPINGS, SHARED, local_ledger, skip_without
from chain.views import ContractViews
from indexer.audit.contract_totals import reconcile
from ledger.units import GRAMS_PER_TONNE
from ledger.vocabulary import ReductionClass
from scripts.importing.records import FileFormat, Row
from scripts.importing.service import ImportJob, run_import
from scripts.importing.sources import Source
from scripts.operating import OperatingContext

VERRA = SHARED / "verra"
RETIREMENTS = VERRA / "retirements_2009-02-20_2020-12-31.csv.gz"
PUBLISHED_TONNES = 305_923_241
PUBLISHED_ROWS = 109_441


@dataclass(frozen=True, slots=True)
class Input:
    """The files of a run: opening supply and retirements, and what they add up to in tonnes."""

    supply: Path
    retirements: Path
    rows: int
    tonnes: int
    look_alikes: int


def main() -> None:
    """Prints the figures as one JSON object on the last line."""
    if skip_without(VERRA):
        return
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=PUBLISHED_ROWS, help="take the first N rows")
    add_keep_option(parser)
    options = parser.parse_args()
    console = Console(width=120, highlight=False)
    with local_ledger(options.keep) as context:
        given = prepare(context.settings.home, options.rows)
        supply = timed(context, console, given.supply, "verra_supply.toml")
        first = timed(context, console, given.retirements, "verra_retirements.toml")
        second = timed(context, console, given.retirements, "verra_retirements.toml")
        totals = ContractViews(context.rpc, context.deployment).totals_of(ReductionClass.II)
        differences = reconcile(context.database, context.rpc, context.deployment)
    figures = {
        "rows": first["rows"],
        "applied": first["applied"],
        "refused": first["refused"],
        "seconds": first["seconds"],
        "operations_per_second": round(float(first["applied"]) / float(first["seconds"])),
        "look_alikes": given.look_alikes,
        "cancelled_t": totals.cancelled_grams // GRAMS_PER_TONNE,
        "published_t": PUBLISHED_TONNES if given.rows == PUBLISHED_ROWS else given.tonnes,
        "supply_operations": supply["operations"],
        "supply_seconds": supply["seconds"],
        "second_run_operations": second["operations"],
        "second_run_seconds": second["seconds"],
        "index_equals_contracts": not differences,
    }
    print(json.dumps(figures))
    unequal = figures["cancelled_t"] != figures["published_t"]
    if differences or unequal or first["refused"] or second["operations"] or first["applied"] != given.rows:
        sys.exit(1)


def prepare(folder: Path, limit: int) -> Input:
    """Writes the opening supply, and the retirements where not all are taken."""
    source = Source(RETIREMENTS, FileFormat())
    columns = source.columns()
    rows: list[list[str]] = []
    for row in source.rows():
        if len(rows) == limit:
            break
        if isinstance(row, Row):
            rows.append(list(row.cells))
    supply: dict[tuple[str, str], int] = defaultdict(int)
    for cells in rows:
        named = dict(zip(columns, cells, strict=True))
        supply[named["project_id"], named["vintage_end"]] += int(named["quantity"])
    opening = folder / "supply.csv"
    write(opening, ["project_id", "vintage_end", "quantity"], [[*key, str(sum_)] for key, sum_ in supply.items()])
    retirements = RETIREMENTS
    if len(rows) < PUBLISHED_ROWS:
        retirements = folder / "retirements.csv"
        write(retirements, columns, rows)
    contents = {tuple(cells[1:]) for cells in rows}
    return Input(opening, retirements, len(rows), sum(supply.values()), len(rows) - len(contents))


def write(path: Path, columns: list[str], rows: list[list[str]]) -> None:
    """A CSV file."""
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([columns, *rows])


def timed(context: OperatingContext, console: Console, file: Path, mapping: str) -> dict[str, float | int]:
    """One import and its figures; indexing is part of it."""
    job = ImportJob(
        file=file,
        mapping=MAPPINGS / mapping,
        refused=context.settings.home / f"{mapping}.refused.csv",
        row_wise=True,
        unchecked=True,
    )
    started = time.perf_counter()
    with context.output.progress() as progress:
        tally = run_import(context, job, progress).tally
    seconds = round(time.perf_counter() - started, 1)
    console.print(
        f"{file.name} by {mapping}: {tally.rows} rows, {tally.applied} applied, {tally.refused} refused, "
        f"{tally.operations} operations, {tally.repeated} done before, in {seconds} s"
    )
    return {
        "rows": tally.rows,
        "applied": tally.applied,
        "refused": tally.refused,
        "operations": tally.operations,
        "seconds": seconds,
    }


if __name__ == "__main__":
    main()
