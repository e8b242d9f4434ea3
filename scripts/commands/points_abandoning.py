"""`tanpuhui points abandon`"""

from __future__ import annotations

from scripts.command import command
from scripts.commands.points_sending import RunArgument, app, points_home
from scripts.operating import OperatingContext
from scripts.output import Facts, Listing, Result
from scripts.points.abandoning import abandon


@command(app, "abandon")
def abandon_run(context: OperatingContext, run: RunArgument) -> Result:
    """Gives a run up: what is not anchored of it never will be.

    Its records may then be prepared again in another run, what its instructions would have spent is free again, and so
    are the sequences that its headers were signed with. Batches that are anchored stay. Refused while a batch is on its
    way to the chain. Again changes nothing.

    **Example**

        tanpuhui points abandon metro-2026-10-01
    """
    with points_home(context) as home:
        folder = home.run(run)
        found = abandon(context, home, folder)
    facts = {
        "run": str(folder.path),
        "abandoned": True,
        "withdrawn_batches": len(found.withdrawn),
        "withdrawn_entries": sum(batch.entry_count for batch in found.withdrawn),
        "anchored_batches": len(found.anchored),
    }
    columns = ["number", "kind", "class", "entries", "file_hash"]
    rows = [
        [batch.number, batch.kind, batch.reduction_class, batch.entry_count, batch.file_hash]
        for batch in found.withdrawn
    ]
    return Result(parts=[Facts("Abandoned", facts), Listing("Withdrawn batches", "items", columns, rows)])
