"""`tanpuhui checkpoint …`"""

from __future__ import annotations

import time
from contextlib import closing
from typing import Annotated

import typer

from indexer import checkpoints
from indexer.checkpoints import StoredCheckpoint
from indexer.publisher import DEFAULT_TIMEOUT_SECONDS, Outcome, Publisher
from ledger.errors import NotFound, Unavailable
from scripts.command import command, group
from scripts.context import Context
from scripts.errors import IndexNotBuilt
from scripts.interrupts import interruptible, until_interrupted
from scripts.output import Facts, Listing, Result
from scripts.publishing import open_publisher, quorum_of, shortfall, witnesses_of

app = group("checkpoint", "Checkpoints: what the log's key signs of the log, for witnesses and verifiers (检查点).")


@command(app, "publish")
def publish(
    context: Context,
    *,
    witness: Annotated[
        list[str] | None,
        typer.Option("--witness", metavar="URL=VKEY", help="A witness to ask, instead of those of TANPUHUI_WITNESSES."),
    ] = None,
    quorum: Annotated[
        int | None,
        typer.Option(min=0, help="Warn where fewer cosign. [env: TANPUHUI_WITNESS_QUORUM; else more than half]"),
    ] = None,
    every: Annotated[
        int | None, typer.Option("--every", min=1, metavar="SECONDS", help="Go on, this often, until Ctrl-C.")
    ] = None,
    timeout: Annotated[
        float, typer.Option(min=0.1, metavar="SECONDS", help="How long all witnesses together have for a checkpoint.")
    ] = DEFAULT_TIMEOUT_SECONDS,
) -> Result:
    """Signs the log as it is now, has it cosigned, and publishes it.

    Size and root are read from the contract at the node's last block and from the index, and nothing is signed unless
    they agree with each other and with everything that was signed before. What is signed is kept before a witness is
    asked; after a crash the same command finishes it. It is published with the cosignatures that came in time, and
    never changed afterwards. A log that has not grown is not signed again. Exit code 7 if contract, index and earlier
    checkpoints contradict each other.

    **Examples**

        tanpuhui checkpoint publish

        tanpuhui checkpoint publish --every 60 --quorum 2
    """
    witnesses = witnesses_of(context.settings, witness or ())
    needed = quorum_of(context.settings, witnesses, quorum)
    with closing(open_publisher(context, witnesses, timeout_seconds=timeout)) as publisher:
        if every is None:
            return _published(context, publisher, needed)
        with interruptible("what was published stays, and what was signed is finished by the next"):
            return _go_on(context, publisher, needed, every)


@command(app, "show")
def show(
    context: Context,
    size: Annotated[int | None, typer.Argument(min=1, metavar="[SIZE]", help="By default the newest.")] = None,
) -> Result:
    """Shows a published checkpoint as it was signed.

    **Example**

        tanpuhui checkpoint show
    """
    if not context.has_database:
        raise IndexNotBuilt
    with context.database.read() as connection:
        found = checkpoints.newest(connection) if size is None else checkpoints.at_size(connection, size)
    if found is None:
        raise NotFound("published checkpoint", "yet" if size is None else f"of size {size}")
    signers = [line.name for line in found.signed.lines]
    return Result(parts=[_facts(found), Listing("Signed by", "signers", ["name"], [[name] for name in signers])])


def _go_on(context: Context, publisher: Publisher, quorum: int, seconds: int) -> Result:
    """Publishes until Ctrl-C; gives what was published last."""
    results: list[Result] = []
    with until_interrupted():
        context.output.note("publishing checkpoints; Ctrl-C ends it")
        _publish_on(context, publisher, quorum, seconds, results)
    return results[-1] if results else Result(note="nothing was published")


def _publish_on(context: Context, publisher: Publisher, quorum: int, seconds: int, results: list[Result]) -> None:
    """What may pass is said and tried again."""
    while True:
        try:
            outcome = publisher.publish()
        except Unavailable as error:
            context.output.note(f"warning: {error.explain()}")
        else:
            if outcome is not None and (outcome.new or not results):
                results[:] = [_told(context, outcome, quorum)]
                context.output.note(f"checkpoint of size {outcome.checkpoint.size}")
        time.sleep(seconds)


def _published(context: Context, publisher: Publisher, quorum: int) -> Result:
    outcome = publisher.publish()
    if outcome is None:
        return Result(
            parts=[Facts("Checkpoint", {"published": False})], note="the log is empty: there is nothing to sign"
        )
    return _told(context, outcome, quorum)


def _told(context: Context, outcome: Outcome, quorum: int) -> Result:
    for name, reason in outcome.missing.items():
        context.output.note(f"warning: {name} did not cosign: {reason}")
    if (said := shortfall(outcome, quorum)) is not None:
        context.output.note(f"warning: {said.partition(': ')[0]}")
    facts = {
        **_facts(outcome.checkpoint).values,
        "published": outcome.new,
        "cosigned": len(outcome.cosigned),
        "quorum": quorum,
    }
    rows: list[list[object]] = [[name, True, ""] for name in outcome.cosigned]
    rows += [[name, False, reason] for name, reason in outcome.missing.items()]
    parts: list[Facts | Listing] = [
        Facts("Checkpoint", facts),
        Listing("Witnesses", "witnesses", ["name", "cosigned", "reason"], rows),
    ]
    note = "" if outcome.new else "the log has not grown since: this is the one that was published"
    return Result(parts=parts, note=note)


def _facts(found: StoredCheckpoint) -> Facts:
    return Facts(
        "Checkpoint", {"size": found.size, "root": found.root, "published_at": found.published_at, "note": found.note}
    )
