"""`tanpuhui points prepare`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.routes.methodologies import read_methodology
from chain.views import Activity, ContractViews
from ledger.canonical import canonical_json
from ledger.errors import InvalidInput, NotFound
from ledger.ids import Hash32
from ledger.quantification import Quantification
from ledger.vocabulary import ActivityStatus
from scripts.command import command
from scripts.commands.points_sending import app, points_home
from scripts.operating import OperatingContext
from scripts.options import read_document
from scripts.output import Facts, Grams, Listing, Result
from scripts.points.mapping import load_feed_mapping
from scripts.points.prepare import BATCH_SIZE, prepare
from scripts.points.run_folder import CreditableDays, PreparedBatch, RunFolder, Terms
from scripts.reads import plain


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
    if read.kind.is_spending:
        rule = f"be earn or behaviour: `points {read.kind.label}` prepares these"
        raise InvalidInput("feed.kind", rule, read.kind.label)
    activity_id = context.names.activity(activity)
    found = ContractViews(context.rpc, context.deployment).activity_of(activity_id)
    if found.status is ActivityStatus.UNKNOWN:
        raise NotFound("activity", activity)
    terms = Terms(
        kind=read.kind,
        reduction_class=found.reduction_class,
        party=Hash32(activity_id),
        methodology_id=found.methodology_id,
        creditable=CreditableDays.planned_now(found.crediting_first_day, found.crediting_last_day),
    )
    formula = _quantification(context, found, quantification)
    with points_home(context) as home:
        folder = home.run(run)
        headers = prepare(
            mapping=read,
            files=files,
            terms=terms,
            quantification=formula,
            keys=home.prepare_keys(read.kind, read.name),
            places=home.places(folder),
            batch_size=batch_size,
        )
    return _told(run, folder, headers)


def _quantification(context: OperatingContext, activity: Activity, given: Path | None) -> Quantification:
    """The one that the methodology was published with; a file that says something else is refused."""
    made = None if given is None else Quantification.from_bytes(read_document(given, "quantification"))
    context.bring_up()
    with context.snapshot() as snapshot:
        found = plain(read_methodology(snapshot, {"methodology": activity.methodology_id}).document)
    published = None if not found.get("quantification") else Quantification.from_json(found["quantification"])
    if made is None and published is None:
        rule = f"be given by --quantification: the index does not know that of {activity.methodology_id.hex0x}"
        raise InvalidInput("quantification", rule, None)
    if made is not None and published is not None and made != published:
        shown = canonical_json(published.to_json()).decode()
        raise InvalidInput("quantification", f"be that of the methodology: {shown}", str(given))
    chosen = published or made
    assert chosen is not None  # noqa: S101 - one of them is there
    return chosen


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
