"""A whole audit: `--operations` operations with their records, and `--entries` entries of points in their batch files.

Makes a local chain with a lot of transfers among `ACCOUNTS` accounts, sent by the submitter, and a run of made trips
that is prepared, signed, anchored and indexed, which is not part of the figures. Then `tanpuhui audit`, as a process of
its own, replays and compares all of it and must find nothing.

`ratio_to_read` is its seconds by those that it takes to read the same data once and do nothing with it: all logs,
receipts and transactions from the node, every row of the database, every batch file. `leaves_per_second` is that of
the whole audit; beside it, measured in the same run, `index_leaves_per_second` of `Follower.catch_up` into an empty
database.
`peak_gib` is the memory of the audit's process.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from random import Random
from typing import Any

import pyarrow.parquet as pq
from sqlalchemy import select

from benchmarks._local import local_ledger
from benchmarks._points import CAP_GRAMS, DOCUMENT, LAST_DAY, World, formula
from benchmarks.points import MAPPING, made_trips
from chain.composer import Composer
from chain.events import EventDecoder
from chain.hexes import from_quantity, to_quantity
from chain.operations import Operation, OperationState
from indexer import schema
from indexer.database import open_database
from indexer.follower import Follower
from ledger.encoding import activity_id, methodology_id
from ledger.ids import ZERO_ADDRESS, Address, Hash32, LotId
from ledger.units import civil_day_from_text
from ledger.vocabulary import ActivityKind, MethodologyKind, ReductionClass, Role
from scripts.context import new_operation_id
from scripts.points.home import PointsHome

ACCOUNTS = 100
LOT_GRAMS = 10**14
DAY = civil_day_from_text("2025-06-15")
CODE = "MADE-PV"


def main() -> None:
    """Prints the stages, and the figures as one JSON object on the last line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--operations", type=int, default=100_000)
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--batch-size", type=int, default=1_000_000)
    options = parser.parse_args()
    with local_ledger() as context, PointsHome(context.settings) as home:
        world = World(context, home)
        earn(world, options.entries, options.batch_size)
        transfer(world, options.operations)
        context.bring_up()
        home.worker(context.database).catch_up()
        read = timed("read once", lambda: read_once(world))
        index, leaves = index_once(world)
        report, seconds, peak = audit(world)
    figures = {
        "entries": options.entries,
        "operations": leaves,
        "seconds": round(seconds, 1),
        "peak_gib": round(peak, 2),
        "ratio_to_read": round(seconds / read, 2),
        "leaves_per_second": round(leaves / seconds),
        "index_leaves_per_second": round(leaves / index),
        "read_seconds": round(read, 1),
        "replay_seconds": float(report["replay_seconds"]),
        "part_seconds": {part["part"]: float(part["seconds"]) for part in report["parts"]},
    }
    print(json.dumps(figures))


# ------------------------------------------------------------------------------------------------------ what is audited


def earn(world: World, entries: int, batch_size: int) -> None:
    """Points of made trips, anchored."""
    folder = world.context.settings.home
    mapping = folder / "made-trips.toml"
    mapping.write_text(MAPPING, encoding="utf-8")
    scenario = world.scenario(
        "MADE-TRIPS",
        world.account("operator"),
        ReductionClass.II,
        formula("per-distance", "150.5", {"distance_m": [1, 50_000]}),
    )
    trips = made_trips(folder / "trips.parquet", 0, entries)
    world.prepare(scenario, "day", mapping, [trips], batch_size)
    world.sign("day")
    world.anchor(world.home.run("day"))


def transfer(world: World, operations: int) -> None:
    """One lot, moved among accounts."""
    accounts = [world.account(f"holder {number}") for number in range(ACCOUNTS)]
    lot = issue(world, accounts[0])
    random, held = Random(7), {accounts[0]: LOT_GRAMS}
    composer = world.context.composer(Role.PLATFORM)
    moves = [move(composer, random, accounts, held, lot) for _ in range(operations)]
    submitter = world.context.submitter(world.context.signer(Role.PLATFORM))
    states = {status.state for status in submitter.submit_many(moves)}
    if states - {OperationState.DONE}:
        sys.exit(f"not every transfer was done: {states}")


def move(
    composer: Composer, random: Random, accounts: list[Address], held: dict[Address, int], lot: LotId
) -> Operation:
    """Some of what an account has goes to another."""
    giver = random.choice([account for account, grams in held.items() if grams >= len(accounts)])
    taker = random.choice([account for account in accounts if account != giver])
    grams = random.randint(1, held[giver] // 4)
    held[giver] -= grams
    held[taker] = held.get(taker, 0) + grams
    return composer.transfer(
        operation_id=new_operation_id(), from_account=giver, to_account=taker, lot_id=lot, grams=grams
    )


def issue(world: World, operator: Address) -> LotId:
    """A project's lot."""
    world.perform(
        Role.REGULATOR,
        lambda composer, identifier: composer.publish_methodology(
            operation_id=identifier,
            code=CODE,
            version=1,
            kind=MethodologyKind.PROJECT,
            reduction_class=ReductionClass.I,
            effective_first_day=0,
            effective_last_day=LAST_DAY,
            document_hash=DOCUMENT,
        ),
    )
    world.perform(
        Role.REGULATOR,
        lambda composer, identifier: composer.register_activity(
            operation_id=identifier,
            code=CODE,
            kind=ActivityKind.PROJECT,
            methodology_id=methodology_id(code=CODE, version=1),
            operator_account=operator,
            feed_signer=ZERO_ADDRESS,
            crediting_first_day=0,
            crediting_last_day=LAST_DAY,
            facility_id=Hash32(b"\x07" * 32),
            pledge_hash=DOCUMENT,
            cap_grams=CAP_GRAMS,
        ),
    )
    proposed = world.perform(
        Role.TECHNICAL_CENTRE,
        lambda composer, identifier: composer.propose_issuance(
            operation_id=identifier,
            activity_id=activity_id(code=CODE),
            first_day=DAY,
            last_day=DAY,
            grams=LOT_GRAMS,
        ),
    )
    proposal = proposed["operation_id"]
    confirmed = world.perform(
        Role.REGULATOR,
        lambda composer, identifier: composer.confirm_issuance(
            operation_id=identifier,
            proposal_id=proposal,  # type: ignore[arg-type]  # as `perform` made it
        ),
    )
    return LotId(bytes(confirmed["lot_id"]))  # type: ignore[call-overload]  # as the event says it


# -------------------------------------------------------------------------------------------------------- what is timed


def read_once(world: World) -> None:
    """All that an audit has to look at, fetched and parsed, and let go."""
    rpc, deployment = world.context.rpc, world.context.deployment
    addresses = EventDecoder({name: one.address for name, one in deployment.contracts.items()}).addresses
    head = from_quantity(rpc.call("eth_blockNumber"), "eth_blockNumber")
    for number in range(deployment.first_block, head + 1):
        block = to_quantity(number)
        rpc.call("eth_getLogs", [{"address": addresses, "fromBlock": block, "toBlock": block}])
        rpc.call("eth_getBlockReceipts", [block])
        rpc.call("eth_getBlockByNumber", [block, True])
    with world.context.database.read() as connection:
        for table in (*schema.MIRROR, *schema.KEPT):
            for part in connection.execute(select(table).execution_options(yield_per=2_000)).partitions():
                len(part)
        files = connection.scalars(select(schema.batches.c.file_hash).where(schema.batches.c.file_hash.is_not(None)))
        for file_hash in files:
            pq.read_table(world.home.store.local(file_hash))


def index_once(world: World) -> tuple[float, int]:
    """Seconds, and leaves."""
    context = world.context
    with tempfile.TemporaryDirectory() as folder:
        database = open_database(f"sqlite:///{folder}/index.db")
        database.migrate()
        follower = Follower(context.rpc, context.deployment, database)
        seconds = timed("index once", follower.catch_up)
        size = follower.catch_up().log_size
        database.close()
    return seconds, size


def audit(world: World) -> tuple[dict[str, Any], float, float]:
    """The report, seconds, and GiB."""
    settings = world.context.settings
    where = ["--rpc", settings.rpc_url, "--deployment", settings.deployment, "--database", settings.database_url]
    work = ["--store", world.home.folder / "store", "--work", settings.home / "audit", "--json"]
    program = [sys.executable, "-c", "from scripts.cli import main; main()", "audit"]
    begin = time.perf_counter()
    done = subprocess.run(
        [*program, *map(str, [*where, *work])], stdout=subprocess.PIPE, cwd=Path(__file__).parent.parent, check=False
    )
    seconds = time.perf_counter() - begin
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 2**20
    report: dict[str, Any] = json.loads(done.stdout)
    if done.returncode or report["verdict"] != "nothing-found":
        sys.exit(f"the audit of a clean system ended with {done.returncode}: {json.dumps(report)[:4_000]}")
    print(f"{'audit':12} {seconds:8.1f} s", flush=True)
    return report, seconds, peak


def timed(what: str, task: Any) -> float:
    """Seconds that a task takes, said on the way."""
    begin = time.perf_counter()
    task()
    seconds = time.perf_counter() - begin
    print(f"{what:12} {seconds:8.1f} s", flush=True)
    return seconds


if __name__ == "__main__":
    main()
