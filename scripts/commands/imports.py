"""`tanpuhui import`"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Final

import typer

from ledger.errors import InvalidInput, Refused
from scripts.command import command, commands
from scripts.importing.errors import REFUSAL_COLUMNS, RowsInvalid
from scripts.importing.service import ImportJob, Outcome, run_import, said_of
from scripts.operating import OperatingContext
from scripts.output import Facts, Listing, Result

MOST_ON_SCREEN: Final = 10

app = commands()


@command(app, "import")
def import_file(
    context: OperatingContext,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or TSV, plain or gzipped, or Parquet.")],
    *,
    mapping: Annotated[Path, typer.Option("--mapping", metavar="MAP.toml", help="How rows become operations.")],
    row_wise: Annotated[
        bool, typer.Option("--row-wise", help="Apply what is valid, and write refused rows to a file.")
    ] = False,
    unchecked: Annotated[
        bool,
        typer.Option("--unchecked", help="With --row-wise: do not try rows on the model; the contracts alone decide."),
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Check every row and send nothing.")] = False,
    constants: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A constant of the mapping.")
    ] = None,
    tables: Annotated[
        list[str] | None, typer.Option("--table", metavar="NAME=FILE", help="Where a table of the mapping is.")
    ] = None,
    refused: Annotated[
        Path | None,
        typer.Option("--refused", metavar="FILE", help="Where refused rows go; by default FILE.refused.csv here."),
    ] = None,
) -> Result:
    """Applies operations from a file, by a mapping (docs/import.md).

    By default all or nothing: every row is read and tried on a copy of the ledger's state before the first is sent. Ids
    of operations follow from the file's content and line (or from a column of ids), so the same command again finds
    what is done, does the rest, and changes nothing the second time.

    **Examples**

        tanpuhui import --mapping transfers.toml transfers-2026-10.csv.gz

        tanpuhui import --mapping legacy.toml legacy.parquet --row-wise --refused refused.csv
    """
    if unchecked and not row_wise:
        raise InvalidInput("unchecked", "be given only with --row-wise", True)
    job = ImportJob(
        file=file,
        mapping=mapping,
        row_wise=row_wise,
        unchecked=unchecked,
        dry_run=dry_run,
        constants=_pairs(constants, "set"),
        tables={name: Path(path) for name, path in _pairs(tables, "table").items()},
        refused=refused or Path(file.name + ".refused.csv"),
    )
    with context.output.progress() as progress:
        try:
            outcome = run_import(context, job, progress)
        except RowsInvalid as error:
            context.output.aside(refusals(error.first[:MOST_ON_SCREEN]))
            raise
    return told(outcome)


def told(outcome: Outcome) -> Result:
    """What became of the file."""
    tally = outcome.tally
    facts: dict[str, object] = {
        "file": str(outcome.job.file),
        "file_sha256": outcome.file_sha256,
        "mapping": outcome.mapping,
        "rows": tally.rows,
        "applied": tally.applied,
        "refused": tally.refused,
        "without_operation": tally.idle,
        "operations": tally.operations,
        "operations_repeated": tally.repeated,
        "refused_file": str(outcome.refused_file) if tally.refused else None,
        "dry_run": outcome.job.dry_run,
        "corrections": [
            {"line": use.line, "column": use.column, "given": use.given, "correct": use.correct, "reason": use.reason}
            for use in outcome.corrections
        ],
    }
    shown = {name: value for name, value in facts.items() if name != "corrections"}
    refused = refusals(said_of(outcome.shown))
    on_screen = refusals(said_of(outcome.shown[:MOST_ON_SCREEN]))
    notes = [
        f"line {use.line}: {use.column} {use.given} read as {use.correct}: {use.reason}" for use in outcome.corrections
    ]
    if tally.refused and outcome.refused_file != outcome.job.refused:
        notes.append(f"{outcome.job.refused} was there and stays; the refused rows are in {outcome.refused_file}")
    return Result(
        parts=[Facts("Import", shown), *([on_screen] if tally.refused else [])],
        note="\n".join(notes),
        whole={**Facts("", facts).document(), **refused.document()},
        exit_code=Refused.exit_code if tally.refused else 0,
    )


def refusals(rows: Sequence[tuple[int, str, str, str, str]]) -> Listing:
    """The first refused rows."""
    return Listing(f"Refused rows, the first {len(rows)}", "first_refused", REFUSAL_COLUMNS, rows)


def _pairs(texts: list[str] | None, option: str) -> dict[str, str]:
    pairs = {}
    for text in texts or []:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise InvalidInput(option, "be NAME=VALUE", text)
        pairs[name] = value
    return pairs
