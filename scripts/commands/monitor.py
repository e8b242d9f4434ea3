"""`tanpuhui monitor`"""

from __future__ import annotations

import itertools
import json
import time
from pathlib import Path
from typing import Annotated, Final

import typer

from chain.monitor.alarms import Raised
from chain.monitor.monitor import DEFAULT_STALE_SECONDS, Look, Monitor, Pins
from chain.monitor.sources import HttpSource
from ledger.errors import InvalidInput, NodeUnreachable, RpcFailure, Unavailable
from ledger.notes import VerifierKey
from scripts.command import command, commands
from scripts.context import Context
from scripts.interrupts import interruptible, until_interrupted
from scripts.output import Facts, Listing, Result

app = commands()

ALARM_EXIT_CODE: Final = 1
_STATE: Final = "monitor"
_EVERY: Final = 60.0


@command(app, "monitor")
def monitor(
    context: Context,
    *,
    source: Annotated[
        list[str] | None,
        typer.Option("--source", metavar="URL", help="Where checkpoints are published: the log's URL, a witness's."),
    ] = None,
    log_key: Annotated[
        str | None, typer.Option("--log-key", metavar="VKEY", help="The log's verifier key; needed with --source.")
    ] = None,
    witness: Annotated[
        list[str] | None,
        typer.Option("--witness", metavar="VKEY", help="Verifier key of a witness whose cosignature is checked."),
    ] = None,
    state: Annotated[
        Path | None, typer.Option("--state", metavar="DIR", help="What it keeps; by default under the home folder.")
    ] = None,
    once: Annotated[bool, typer.Option("--once", help="Look once and end.")] = False,
    every: Annotated[float, typer.Option("--every", metavar="SECONDS", help="Seconds between looks.")] = _EVERY,
    stale_after: Annotated[
        float,
        typer.Option("--stale-after", metavar="SECONDS", help="How long a leaf may stand without a checkpoint."),
    ] = DEFAULT_STALE_SECONDS,
    confirmations: Annotated[
        int, typer.Option("--confirmations", min=0, help="Blocks above a final one; 0 where blocks are final at once.")
    ] = 0,
) -> Result:
    """Follows the chain and published checkpoints, and raises the alarm where anything does not fit (监督).

    It makes every leaf from the events of its own node, holds the tree against the contract, and every checkpoint of
    every source against the tree. An alarm is printed and kept as a file under --state, with evidence that verifies
    alone where two signed checkpoints make it. Exits 1 if there was an alarm, and with --once 3 if the node is behind
    what it had before. Ctrl-C ends it.

    **Examples**

        tanpuhui monitor --source https://ledger.example.org --log-key 'tanpuhui/31337/…+…+…'

        tanpuhui monitor --once --json
    """
    if every <= 0 or stale_after < 0:
        raise InvalidInput("every", "be more than 0 seconds, and stale-after not less", min(every, stale_after))
    pins = None
    if log_key is not None:
        pins = Pins(
            log_key=VerifierKey.parse(log_key), witnesses=tuple(VerifierKey.parse(one) for one in witness or ())
        )
    opened = Monitor.opened(
        context.rpc,
        context.deployment,
        state or context.settings.home / _STATE,
        sources=[HttpSource(url) for url in source or ()],
        pins=pins,
        confirmations=confirmations,
        stale_seconds=stale_after,
    )
    with interruptible("what it saw is kept, and the same command goes on with it"), opened as watching:
        return _once(context, watching) if once else _for_ever(context, watching, every)


def _once(context: Context, watching: Monitor) -> Result:
    with context.output.progress() as progress:
        progress.begin("blocks", None)
        found = watching.look(progress.reach)
    for raised in found.alarms:
        _tell(context, raised)
    behind = Unavailable.exit_code if found.behind_blocks else 0
    return _result(found, exit_code=ALARM_EXIT_CODE if found.alarms else behind)


def _for_ever(context: Context, watching: Monitor, every: float) -> Result:
    alarms, found, size = False, None, -1
    with until_interrupted():
        context.output.note("watching until Ctrl-C")
        for _ in itertools.count():
            try:
                found = watching.look()
            except (NodeUnreachable, RpcFailure) as error:
                context.output.warn(error)
            else:
                alarms = alarms or bool(found.alarms)
                size = _tell_look(context, found, size)
            time.sleep(every)
    if found is None:
        return Result(note="ended before the first look was done")
    return _result(found, exit_code=ALARM_EXIT_CODE if alarms else 0)


def _tell_look(context: Context, found: Look, size: int) -> int:
    """What is new since the last look; gives the size that was told."""
    for raised in found.alarms:
        if raised.new:
            _tell(context, raised)
    if found.size != size:
        context.output.note(f"block {found.block_number}: {found.size} leaves, alarms {len(found.alarms)}")
    return found.size


def _tell(context: Context, raised: Raised) -> None:
    """An alarm: on standard error for people, a line of JSON there for programs."""
    if context.output.as_json:
        context.output.note(json.dumps(_row(raised), ensure_ascii=False))
        return
    context.output.err.print(f"[bold red]ALARM {raised.alarm.kind}[/]", end=" ")
    context.output.note(f"{raised.alarm.detail}; kept as {raised.file}")
    if raised.evidence_file is not None:
        context.output.note(f"  evidence: tanpuhui witness verify-evidence {raised.evidence_file} --log-key …")


def _row(raised: Raised) -> dict[str, object]:
    return {
        "alarm": raised.alarm.kind.value,
        "source": raised.alarm.source,
        "detail": raised.alarm.detail,
        "file": str(raised.file),
        "evidence": None if raised.evidence_file is None else str(raised.evidence_file),
        "new": raised.new,
    }


def _result(found: Look, *, exit_code: int) -> Result:
    facts = {
        "block_number": found.block_number,
        "size": found.size,
        "root": found.root,
        "behind_blocks": found.behind_blocks,
        "alarms_ever": found.alarms_ever,
    }
    sources = [[one.url, one.size, len(one.cosigned), ", ".join(one.cosigned), one.silent] for one in found.sources]
    rows = [list(_row(raised).values()) for raised in found.alarms]
    return Result(
        parts=[
            Facts("Monitor", facts),
            Listing("Sources", "sources", ["url", "size", "cosignatures", "witnesses", "silent"], sources),
            Listing("Alarms", "alarms", ["alarm", "source", "detail", "file", "evidence", "new"], rows),
        ],
        exit_code=exit_code,
    )
