"""`tanpuhui export …`"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from api.chain_events import ChainEvents
from api.exports import FORMATS, Export, choose, parts
from api.routes.exports import BATCHES, EVENTS, LEAVES, POSTINGS
from ledger.errors import InvalidInput
from ledger.files import end_file, open_private, sync_file, unfinished
from scripts.command import command, group
from scripts.context import Context
from scripts.output import Facts, Result

app = group("export", "What auditors take away, as NDJSON or Parquet: leaves, batches, postings, events.")

_EVERYTHING: Final = 2**62
"""One file has it all: nobody waits at the other end of a connection."""

FirstOption = Annotated[int | None, typer.Option(min=0, help="Where to begin; by default with the first there is.")]
LastOption = Annotated[int | None, typer.Option(min=0, help="Where to end, inclusive; by default with the last.")]
FormatOption = Annotated[str, typer.Option("--format", metavar="ndjson|parquet", help="Lines of JSON, or Parquet.")]
OutputOption = Annotated[Path, typer.Option("--output", metavar="FILE", help="Where to; replaced whole.")]


@command(app, "leaves")
def export_leaves(
    context: Context,
    *,
    output: OutputOption,
    form: FormatOption = FORMATS[0],
    first: FirstOption = None,
    last: LastOption = None,
) -> Result:
    """Leaves of the log with every value that is hashed into them, by leaf index.

    **Example**

        tanpuhui export leaves --format parquet --output leaves.parquet
    """
    return _export(context, LEAVES, output, form, (first, last))


@command(app, "batches")
def export_batches(
    context: Context,
    *,
    output: OutputOption,
    form: FormatOption = FORMATS[0],
    first: FirstOption = None,
    last: LastOption = None,
) -> Result:
    """Batches of points as the chain has them, by number.

    **Example**

        tanpuhui export batches --output batches.ndjson
    """
    return _export(context, BATCHES, output, form, (first, last))


@command(app, "postings")
def export_postings(
    context: Context,
    *,
    output: OutputOption,
    form: FormatOption = FORMATS[0],
    first: FirstOption = None,
    last: LastOption = None,
) -> Result:
    """Double entries of reductions and of points, by leaf index.

    **Example**

        tanpuhui export postings --output postings.ndjson
    """
    return _export(context, POSTINGS, output, form, (first, last))


@command(app, "events")
def export_events(
    context: Context,
    *,
    output: OutputOption,
    form: FormatOption = FORMATS[0],
    first: FirstOption = None,
    last: LastOption = None,
) -> Result:
    """Events of the contracts, by block, from the node, held to the blocks of the index.

    **Example**

        tanpuhui export events --first 1 --output events.ndjson
    """
    return _export(context, EVENTS, output, form, (first, last))


def _export(context: Context, export: Export, output: Path, form: str, asked: tuple[int | None, int | None]) -> Result:
    if form not in FORMATS:
        raise InvalidInput("format", f"be one of {', '.join(FORMATS)}", form)
    if not output.parent.is_dir():
        raise InvalidInput("output", "be a file in a folder that is there", str(output))
    events = ChainEvents(context.rpc, context.deployment) if export is EVENTS else None
    with context.snapshot() as snapshot:
        chosen = choose(export._replace(most=_EVERYTHING), snapshot, *asked, form)
    written = 0
    with open_private(unfinished(output)) as file, context.output.progress() as progress:
        progress.begin(f"exporting {export.name}", None)
        for piece in parts(chosen, context.readers, events):
            written += file.write(piece)
        sync_file(file)
    end_file(output)
    facts = {"file": str(output), "first": chosen.first, "last": chosen.last, "bytes": written}
    note = f"as of block {chosen.as_of.block_number}"
    return Result(parts=[Facts(f"Exported {export.name}", facts)], note=note)
