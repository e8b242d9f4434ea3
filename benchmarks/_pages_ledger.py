"""A served ledger of the size that pages are measured at: certificates of lots with 500 cancellations each, and points
in batches of a million, all of it made by the contracts, indexed, signed and cosigned.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from api.log_keys import LogKeys
from benchmarks._keeping import QUORUM, leave
from benchmarks._local import local_ledger
from benchmarks._points import FIRST_DAY, LAST_DAY, Scenario, World, formula
from benchmarks.points import MAPPING, made_trips
from chain.composer import Composer
from chain.operations import Operation, OperationState
from ledger.ids import Address, LotId, OperationId
from ledger.key_files import read_signer_key
from ledger.notes import KeyType, VerifierKey
from ledger.vocabulary import CancellationPurpose, ReductionClass, Role
from scripts.context import new_operation_id
from scripts.points.home import PointsHome
from scripts.settings import default_log_key

OF_A_LOT = 500
GRAMS = 1_500_000
AT_ONCE = 5_000
NOTE = "built.json"


def build(folder: Path, certificates: int, entries: int, batch_size: int) -> None:
    """Makes it, or leaves what was made with the same numbers."""
    note = folder / NOTE
    wanted = {"certificates": certificates, "entries": entries}
    if note.exists() and json.loads(note.read_text()) == wanted:
        return
    with local_ledger(folder) as context, PointsHome(context.settings) as home:
        world = World(context, home)
        operator = world.account("operator")
        terms = formula("per-distance", "150.5", {"distance_m": [1, 50_000]})
        scenario = world.scenario("MADE-TRIPS", operator, ReductionClass.II, terms)
        cancel_many(world, scenario, operator, certificates)
        mapping = folder / "made-trips.toml"
        mapping.write_text(MAPPING, encoding="utf-8")
        world.prepare(scenario, "day", mapping, [made_trips(folder / "trips.parquet", 0, entries)], batch_size)
        world.sign("day")
        world.anchor(home.run("day"))
    note.write_text(json.dumps(wanted))


def cancel_many(world: World, scenario: Scenario, holder: Address, certificates: int) -> None:
    """Issues lots and cancels of each in `OF_A_LOT` parts."""
    lots = [issue(world, scenario, number) for number in range(-(-certificates // OF_A_LOT))]
    composer = world.context.composer(Role.PLATFORM)
    operations = cancellations(composer, lots, holder, certificates)
    with world.context.submission(Role.PLATFORM) as submitter:
        while part := list(islice(operations, AT_ONCE)):
            states = {status.state for status in submitter.submit_many(part)}
            if states != {OperationState.DONE}:
                raise SystemExit(f"not every cancellation was done: {states}")


def issue(world: World, scenario: Scenario, number: int) -> LotId:
    """A lot of one day."""
    day = FIRST_DAY + number
    assert day <= LAST_DAY  # noqa: S101 - more certificates than this ledger has days for
    proposal = world.perform(
        Role.TECHNICAL_CENTRE,
        lambda composer, identifier: composer.propose_issuance(
            operation_id=identifier,
            activity_id=scenario.activity_id,
            first_day=day,
            last_day=day,
            grams=OF_A_LOT * GRAMS,
        ),
    )
    confirmed = world.perform(
        Role.REGULATOR,
        lambda composer, identifier: composer.confirm_issuance(
            operation_id=identifier,
            proposal_id=OperationId(proposal["operation_id"]),  # type: ignore[arg-type]
        ),
    )
    return LotId(confirmed["lot_id"])  # type: ignore[arg-type]


def cancellations(composer: Composer, lots: list[LotId], holder: Address, count: int) -> Iterator[Operation]:
    """One after the other through all lots."""
    for number in range(count):
        yield composer.cancel(
            operation_id=new_operation_id(),
            account=holder,
            lot_id=lots[number // OF_A_LOT],
            grams=GRAMS,
            purpose=CancellationPurpose.EVENT_NEUTRALITY,
            fields={"event": f"2026上海城市跑 {number}", "rules_of_event": "made by a benchmark"},
        )


def log_keys(folder: Path) -> LogKeys:
    """What the instance says of the log's keys."""
    key = read_signer_key(default_log_key(folder), KeyType.LOG)
    lines = (folder / "serve.env").read_text(encoding="utf-8").splitlines()
    named = next(line.partition("=")[2].strip("'") for line in lines if line.startswith("TANPUHUI_WITNESSES="))
    witnesses = tuple(VerifierKey.parse(one.partition("=")[2]) for one in named.split(" "))
    return LogKeys(log_key=key.verifier, witnesses=witnesses, quorum=QUORUM)


__all__ = ["build", "leave", "log_keys"]
