"""`tanpuhui points prepare`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from scripts.command import command
from scripts.commands.points_sending import app, points_home
from scripts.operating import OperatingContext
from scripts.output import Facts, Grams, Listing, Result
from scripts.points.mapping import load_feed_mapping
from scripts.points.prepare import BATCH_SIZE, prepare
from scripts.points.run_folder import PreparedBatch, RunFolder
from scripts.points.terms import earning_terms


@command(app, "prepare")
def prepare_points(
    context: OperatingContext,
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="CSV, TSV, gzipped or Parquet, as operators have it."),
    ],
    *,
    mapping: Annotated[Path, typer.Option("--mapping", metavar="MAP.toml", help="How rows become entries.")],
    activity: Annotated[str, typer.Option(metavar="CODE", help="Code or id of the activity that earns the points.")],
    run: Annotated[str, typer.Option("--run", metavar="RUN", help="Folder of the run, or a name for one.")],
    quantification: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="The methodology's quantification, if the index does not know it."),
    ] = None,
    batch_size: Annotated[int, typer.Option(min=1, help="Rows that make one batch.")] = BATCH_SIZE,
) -> Result:
    """Makes batches of earned points, or of behaviour value, from an operator's files (docs/points.md).

    Every row becomes an entry, or is left out by the mapping, or stands in the run's refused.csv with the rule that it
    broke. The same record is never credited twice, whatever file or activity it comes in. Killed anywhere and started
    again with the same arguments, the same batches come out. Nothing is sent.

    **Example**

        tanpuhui points prepare metro-2026-10-01.csv.gz --mapping metro.toml --activity SH-METRO --run metro-2026-10-01
    """
    read = load_feed_mapping(mapping)
    earning = earning_terms(context, read, activity, quantification)
    with points_home(context) as home:
        folder = home.run(run)
        headers = prepare(
            mapping=read,
            files=files,
            terms=earning.terms,
            quantification=earning.quantification,
            keys=home.prepare_keys(read.kind, read.name),
            places=home.places(folder),
            batch_size=batch_size,
        )
    return _told(run, folder, headers)


def _told(name: str, run: RunFolder, headers: list[PreparedBatch]) -> Result:
    rows = [
        [
            *(header.number, header.entry_count, str(header.total), sum(header.refused.values()), header.left_out),
            header.file_hash,
        ]
        for header in headers
    ]
    refused: dict[str, int] = {}
    for header in headers:
        for rule, count in header.refused.items():
            refused[rule] = refused.get(rule, 0) + count
    total = sum(header.total for header in headers)
    earned = not headers or headers[0].kind.label == "earn"
    facts: dict[str, object] = {
        "run": str(run.path),
        "batches": sum(header.entry_count > 0 for header in headers),
        "entries": sum(header.entry_count for header in headers),
        **({"points": str(total), "total_gco2e": Grams(total)} if earned else {"behaviour_value": str(total)}),
        "refused_rows": sum(refused.values()),
        "left_out_rows": sum(header.left_out for header in headers),
        "refused_file": str(run.refused_path) if refused else None,
    }
    columns = ["number", "entries", "points" if earned else "behaviour_value", "refused", "left_out", "file_hash"]
    by_rule = Listing("Refused", "refused_by_rule", ["rule", "rows"], sorted(refused.items()))
    return Result(
        parts=[Facts("Prepared", facts), Listing("Batches", "items", columns, rows), *([by_rule] if refused else [])],
        note=f"next: tanpuhui points sign {name}",
    )
