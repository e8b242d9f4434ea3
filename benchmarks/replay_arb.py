"""Replays California's compliance offset programme through the contracts and reconciles it to the tonne.

Reads the issuance table of 2023-12-27 and the retirements by company of the first three compliance periods. Every row
is imported by a mapping of `benchmarks/mappings` with `--row-wise --unchecked`: nothing but the contracts decides what
the ledger takes. The chain is indexed, and what the SQL tables say is compared with what the regulator prints; each
difference is explained by the refused rows that make it, or by what the regulator itself says of a batch.

A row of the files is applied if all of its operations are, and refused otherwise, with a reason. The issuance table's
other retirement columns are one cancellation for each cell, and the invalidations that it states in words one
correction each; both are counted apart from rows.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from rich.console import Console
from rich.table import Table

from benchmarks._arb import ISSUANCE, OTHER_COLUMNS, PERIODS, Comparison, Reconciliation, read_rows
from benchmarks._keeping import add_keep_option
from benchmarks._local import MAPPINGS, SHARED, local_ledger, skip_without
from chain.views import ContractViews
from indexer.audit.contract_totals import reconcile
from ledger.units import format_tonnes
from ledger.vocabulary import ReductionClass
from scripts.importing.rows import RowRefusal
from scripts.importing.service import ImportJob, Outcome, run_import
from scripts.operating import OperatingContext

ARB = SHARED / "arb"
BUFFER_ACCOUNT = "ref:arb:forest-buffer"
INSUFFICIENT = "reduction-ledger-insufficient-balance"
OVER_RETIRED = ("CAFR5253-C", "CAFR0042-A", "CAFR0042-B", "CAFR0042-C")
"""Issuances of which the table states more retired than issued (`retired_exceeds_issued` of the check figures)."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What became of one file."""

    outcome: Outcome
    refused: Sequence[RowRefusal]


def main() -> None:
    """Prints the reconciliation, and the figures as one JSON object on the last line."""
    if skip_without(ARB):
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_keep_option(parser)
    options = parser.parse_args()
    console = Console(width=150, highlight=False)
    started = time.perf_counter()
    with local_ledger(options.keep) as context:
        imported = dict(replay(context, console))
        seconds = time.perf_counter() - started
        differences = reconcile(context.database, context.rpc, context.deployment)
        refused = {name: one.refused for name, one in imported.items()}
        buffer_account = context.names.account(BUFFER_ACCOUNT)
        comparisons = list(Reconciliation(ARB, context.database, buffer_account, refused).comparisons())
        figures = figures_of(context, imported, comparisons, seconds)
    show_refused(console, imported)
    show(console, comparisons)
    failures = [f"index and contracts differ: {difference}" for difference in differences]
    failures += failures_of(imported, figures)
    for failure in failures:
        console.print(f"FAILED: {failure}", soft_wrap=True)
    print(json.dumps({**figures, "index_equals_contracts": not differences}))
    if failures:
        sys.exit(1)


def replay(context: OperatingContext, console: Console) -> Iterator[tuple[str, Imported]]:
    """Imports every file in the order in which things happened: what was issued, then what was retired."""
    yield "issuance", run(context, console, ISSUANCE, "arb_issuance.toml")
    for period, (name, year) in PERIODS.items():
        yield period, run(context, console, name, "arb_retirements.toml", compliance_year=year)
    yield "other", run(context, console, ISSUANCE, "arb_other_retirements.toml")
    yield "invalidations", run(context, console, ISSUANCE, "arb_invalidations.toml")


def run(context: OperatingContext, console: Console, name: str, mapping: str, **constants: str) -> Imported:
    """One import, row by row, decided by the contracts alone."""
    refused: list[RowRefusal] = []
    job = ImportJob(
        file=ARB / name,
        mapping=MAPPINGS / mapping,
        refused=context.settings.home / f"{mapping}.{name}.refused.csv",
        row_wise=True,
        unchecked=True,
        constants=constants,
    )
    started = time.perf_counter()
    with context.output.progress() as progress:
        outcome = run_import(context, job, progress, refused.append)
    seconds = time.perf_counter() - started
    tally = outcome.tally
    console.print(
        f"{name} by {mapping}: {tally.rows} rows, {tally.applied} applied, {tally.refused} refused, "
        f"{tally.operations} operations in {seconds:.1f} s"
    )
    for use in outcome.corrections:
        console.print(
            f"  line {use.line}: {use.column} {use.given} read as {use.correct}: {use.reason}", soft_wrap=True
        )
    return Imported(outcome, refused)


def figures_of(
    context: OperatingContext, imported: Mapping[str, Imported], comparisons: Sequence[Comparison], seconds: float
) -> dict[str, object]:
    """What the last line says. Quantities in tonnes."""
    tallies = {name: one.outcome.tally for name, one in imported.items()}
    rows = {name: tally for name, tally in tallies.items() if name == "issuance" or name in PERIODS}
    operations = sum(tally.operations for tally in tallies.values())
    totals = ContractViews(context.rpc, context.deployment).totals_of(ReductionClass.I)
    return {
        "rows": sum(tally.rows for tally in rows.values()),
        "applied": sum(tally.applied for tally in rows.values()),
        "refused": sum(tally.refused for tally in rows.values()),
        "unexplained_t": sum(comparison.unexplained for comparison in comparisons),
        "seconds": round(seconds, 1),
        "retirement_cells": tallies["other"].rows,
        "cells_applied": tallies["other"].applied,
        "cells_refused": tallies["other"].refused,
        "invalidations_applied": tallies["invalidations"].applied,
        "operations": operations,
        "operations_per_second": round(operations / seconds),
        "corrections": sum(len(one.outcome.corrections) for one in imported.values()),
        "refused_by": dict(Counter(row.by for one in imported.values() for row in one.refused)),
        "issued_t": format_tonnes(totals.issued_grams),
        "held_t": format_tonnes(totals.held_grams),
        "cancelled_t": format_tonnes(totals.cancelled_grams),
        "taken_back_t": format_tonnes(totals.taken_back_grams),
    }


def failures_of(imported: Mapping[str, Imported], figures: Mapping[str, object]) -> Iterator[str]:
    """What must hold and does not."""
    if figures["unexplained_t"]:
        yield f"{figures['unexplained_t']} t are unexplained"
    for name, one in imported.items():
        tally = one.outcome.tally
        if any(row.by == "outbox" for row in one.refused):
            yield f"{name}: operation ids were used before"
        if (
            tally.rows != tally.applied + tally.refused + tally.idle
            or (tally.idle and name != "invalidations")
            or len(one.refused) != tally.refused
        ):
            yield f"{name}: not every row is applied or refused"
    over = over_retired(imported)
    for issuance in OVER_RETIRED:
        if ("contract", INSUFFICIENT) not in over.get(issuance, []):
            yield f"{issuance}: retired beyond what was issued, and the contract did not refuse"


def over_retired(imported: Mapping[str, Imported]) -> dict[str, list[tuple[str, str]]]:
    """Who refused what of each issuance."""
    refused: dict[str, list[tuple[str, str]]] = {}
    table = read_rows(ARB / ISSUANCE)
    for row in imported["other"].refused:
        refused.setdefault(table[row.line]["carb_issuance_id"], []).append((row.by, row.code))
    for period, (name, _) in PERIODS.items():
        rows = read_rows(ARB / name)
        for row in imported[period].refused:
            refused.setdefault(rows[row.line]["arb_project_id"], []).append((row.by, row.code))
    return refused


def show_refused(console: Console, imported: Mapping[str, Imported]) -> None:
    """Every refused row with its reason; the rows without quantity together."""
    table = Table(title="Refused rows", title_justify="left")
    for column in ("file", "line", "by", "rule", "message"):
        table.add_column(column, overflow="fold")
    for name, one in imported.items():
        for row in one.refused:
            part = f" {OTHER_COLUMNS[row.part]}" if name == "other" else ""
            table.add_row(name + part, str(row.line), row.by, row.rule, row.message)
    console.print(table)


def show(console: Console, comparisons: Sequence[Comparison]) -> None:
    """Every figure with its difference and what explains it, in tonnes."""
    table = Table(title="Published and replayed, in t", title_justify="left")
    table.add_column("figure")
    for column in ("published", "replayed", "difference", "unexplained"):
        table.add_column(column, justify="right")
    table.add_column("explained by", overflow="fold")
    for comparison in comparisons:
        why = "\n".join(f"{part.tonnes:+,}: {part.why}" for part in comparison.explanations)
        numbers = (comparison.published, comparison.replayed, comparison.difference, comparison.unexplained)
        table.add_row(comparison.name, *(f"{number:,}" for number in numbers), why)
    console.print(table)


if __name__ == "__main__":
    main()
