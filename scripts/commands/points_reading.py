"""`tanpuhui points balance|proof|status`: what persons have, and how far runs are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from chain.views import ContractViews, PointTotals
from indexer.entry_index import ANCHORED
from ledger.entries import ACCOUNT, DETAILS
from ledger.errors import InvalidInput
from ledger.ids import Hash32
from scripts.command import command
from scripts.commands.points_sending import app, points_home
from scripts.commands.provider import CLASSES
from scripts.context import Context
from scripts.operating import OperatingContext
from scripts.options import LimitOption
from scripts.output import Facts, Grams, Listing, Result, write_private
from scripts.points.home import PointsHome
from scripts.points.lookup import FoundEntry, balance_of, choose, credited, entries_of, prove, tag_of
from scripts.points.run_folder import RunFolder
from scripts.points.signing import read_signed

ReferenceArgument = Annotated[
    str | None, typer.Argument(metavar="[REFERENCE]", help="Whose: as the feed has it, with its space (metro:card-7).")
]
TokenOption = Annotated[
    Path | None, typer.Option("--token", metavar="FILE", help="The person's lookup token, instead of a reference.")
]


@command(app, "balance")
def balance(
    context: Context, reference: ReferenceArgument = None, *, token: TokenOption = None, limit: LimitOption = 100
) -> Result:
    """Shows what a person has of each class, and the entries that made it.

    By REFERENCE for the operator, who has the vault; by --token for the person. `spendable` is what no prepared batch
    has taken already.

    **Examples**

        tanpuhui points balance metro:card-7

        tanpuhui points balance --token my-points.token --json
    """
    with points_home(context) as home:
        tag = tag_of(home, reference, token)
        balances = [[each, *map(Grams, balance_of(home, tag, each))] for each in CLASSES]
        found = entries_of(home, tag)
    rows = [_row(entry) for entry in found[:limit]]
    columns = ["batch_number", "state", "kind", "class", "points", "details", "entry_id"]
    more = f"there are {len(found)} entries, see --limit" if len(found) > limit else ""
    return Result(
        parts=[
            Facts("Person", {"account_tag": tag, "entries": len(found)}),
            Listing("Balances", "balances", ["class", "balance_gco2e", "spendable_gco2e"], balances),
            Listing("Entries", "items", columns, rows),
        ],
        note=more,
    )


@command(app, "proof")
def proof(
    context: Context,
    reference: ReferenceArgument = None,
    *,
    token: TokenOption = None,
    entry: Annotated[str | None, typer.Option(metavar="0x…", help="Id of the entry, if there are several.")] = None,
    batch: Annotated[int | None, typer.Option(min=1, metavar="NUMBER", help="Batch that it is in.")] = None,
    hide: Annotated[
        list[str] | None, typer.Option(metavar="FIELD", help="account or details: kept back behind its commitment.")
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", metavar="FILE.json", help="Write the proof there, for its owner alone.")
    ] = None,
) -> Result:
    """Proves an entry of a person: with it anyone can check that it is in an anchored batch (积分证明).

    The file is what `ledger.entries.EntryProof.from_json` reads and `verify` checks; its size, total and root must be
    those of the batch on chain. Whoever holds it sees the sums beside the path, not whose they are.

    **Example**

        tanpuhui points proof metro:card-7 --batch 17 --output proof.json
    """
    unknown = sorted(set(hide or []) - {ACCOUNT, DETAILS})
    if unknown:
        raise InvalidInput("hide", f"be {ACCOUNT} or {DETAILS}", ", ".join(unknown))
    shown = tuple(name for name in (ACCOUNT, DETAILS) if name not in (hide or []))
    with points_home(context) as home:
        tag = tag_of(home, reference, token)
        found = choose(entries_of(home, tag), entry=entry, batch=batch)
        made = prove(home, found, shown=shown)
        of_batch = found.place.batch
        facts = {
            "batch_number": of_batch.number,
            "kind": of_batch.kind,
            "class": of_batch.reduction_class,
            "file_hash": of_batch.file_hash,
            "entry_id": found.entry_id,
            "points": str(found.grams),
            "credited_points": credited(home, found, made),
            "index": made.index,
            "entries": made.size,
            "total": str(made.total),
            "root": made.root,
            "holds": True,
        }
    document = made.to_json()
    if output is not None:
        write_private(output, json.dumps(document, ensure_ascii=False, indent=1) + "\n")
        facts["file"] = str(output)
    return Result(parts=[Facts("Proof", facts)], whole={**Facts("", facts).document(), "proof": document})


@command(app, "status")
def status(
    context: OperatingContext, run: Annotated[str | None, typer.Argument(metavar="[RUN]", help="One run.")] = None
) -> Result:
    """Shows how far a run is, or all runs and the sums of each class on chain.

    **Examples**

        tanpuhui points status

        tanpuhui points status metro-2026-10-01
    """
    with points_home(context) as home:
        if run is not None:
            return _status_of_run(home, home.run(run))
        folders = sorted(path for path in home.runs().iterdir() if path.is_dir())
        rows = [_run_row(home, RunFolder(path)) for path in folders]
    views = ContractViews(context.rpc, context.deployment)
    sums = [[each, *_sums(views.point_totals_of(each))] for each in CLASSES]
    columns = ["run", "prepared", "batches", "signed", "anchored", "entries", "refused_rows", "abandoned"]
    names = ["issued", "personal", "providers", "campaigns", "bought_back", "cancelled", "taken_back"]
    return Result(
        parts=[
            Listing("Runs", "runs", columns, rows),
            Listing("Points on chain", "totals", ["class", *(f"{name}_gco2e" for name in names)], sums),
            Facts("Batches", {"batch_count": views.batch_count()}),
        ]
    )


def _status_of_run(home: PointsHome, run: RunFolder) -> Result:
    columns = ["number", "kind", "class", "entries", "points", "sequence", "state", "batch_number", "file_hash"]
    rows: list[list[object]] = []
    for batch in run.headers():
        signed = read_signed(run, batch) if batch.entry_count and batch.methodology_id else None
        state, number = _state_of(home, batch.file_hash)
        rows.append(
            [
                *(batch.number, batch.kind, batch.reduction_class, batch.entry_count, str(batch.total)),
                *(signed.sequence if signed else None, state, number or None, batch.file_hash),
            ]
        )
    facts = {
        "run": str(run.path),
        "prepared": run.done is not None,
        "abandoned": run.abandoned,
        "batches": len(rows),
    }
    return Result(parts=[Facts("Run", facts), Listing("Batches", "items", columns, rows)])


def _run_row(home: PointsHome, run: RunFolder) -> list[object]:
    headers = run.headers()
    batches = [batch for batch in headers if batch.entry_count]
    signed = sum(run.signed(batch.number) is not None for batch in batches)
    anchored = sum(_state_of(home, batch.file_hash)[0] == ANCHORED for batch in batches)
    refused = sum(sum(batch.refused.values()) for batch in headers)
    entries = sum(batch.entry_count for batch in batches)
    counted = [len(batches), signed, anchored, entries, refused]
    return [run.path.name, run.done is not None, *counted, run.abandoned]


def _state_of(home: PointsHome, file_hash: Hash32 | None) -> tuple[str, int]:
    place = None if file_hash is None else home.index.place_of(file_hash)
    if place is None:
        return "", 0
    batch = home.index.batches[place]
    return batch.state, batch.number


def _row(found: FoundEntry) -> list[object]:
    batch = found.place.batch
    details = found.details.decode()
    return [
        *(batch.number or None, batch.state, batch.kind, batch.reduction_class, str(found.grams)),
        *(details, found.entry_id),
    ]


def _sums(totals: PointTotals) -> list[Grams]:
    return [
        Grams(totals.issued_grams),
        Grams(totals.personal_grams),
        Grams(totals.pooled_by_providers_grams),
        Grams(totals.pooled_by_campaigns_grams),
        Grams(totals.bought_back_grams),
        Grams(totals.cancelled_grams),
        Grams(totals.taken_back_grams),
    ]
