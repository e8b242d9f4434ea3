"""Replays public trips and charging sessions as points, and closes a circle of reductions and points on them.

The feeds under shared/data (Shanghai and Singapore bikes, Shenzhen cards whose taps are paired, charging in Boulder and
at a workplace) and made trips between all stations of Shanghai's metro go through prepare, sign, anchor, index and
proof. What the publisher or an independent reckoning states is compared with what was anchored; each difference is
explained to the gram, from the rows that make it. Charging is class I, trips are class II.

Then the points go round: redeemed at a provider, bought back as lots, transferred and cancelled; donated and cancelled
for an event; cancelled by persons. Every gram is looked for again on chain, in the mirror and in the files. Grams per
kilometre and per trip are no official factors (none is published): 541.9 g a metro trip is Guangzhou's of 2015, 0.42 kg
a kWh Shanghai's for generation, 150.5 g a kilometre is the specification's example.
"""

from __future__ import annotations

import argparse
import ast
import csv
import gzip
import json
import math
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any, TextIO

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.table import Table

from benchmarks._keeping import add_keep_option, write_token
from benchmarks._local import SHARED, local_ledger, skip_without
from benchmarks._points import DOCUMENT, LAST_DAY, Scenario, World, formula
from chain.views import ContractViews
from indexer.audit.contract_totals import reconcile
from indexer.batch_files import BatchColumns, read_batch, read_entry, strings_of
from ledger import encoding
from ledger.entries import Entry, EntryProof
from ledger.ids import Address, Hash32, LotId
from ledger.quantification.distances import Position
from ledger.quantification.network import Network, network_between_neighbours
from ledger.quantification.readings import whole_units
from ledger.units import GRAMS_PER_TONNE
from ledger.vocabulary import BatchKind, CancellationPurpose, ReductionClass, Role
from scripts.points.home import PointsHome
from scripts.points.instructions import NO_PARTY
from scripts.points.run_folder import PreparedBatch

FEEDS = Path(__file__).resolve().parent.parent / "docs" / "examples" / "feeds"
CLASSES = (ReductionClass.I, ReductionClass.II)
EARTH_METRES = 6_371_000
PROOFS_OF_A_BATCH = 5
SAME_STATION = """
[[refuse]]
rule = "same-station"
message = "Whoever leaves where they entered has made no trip."
when = { "in.station" = { same_as = "out.station" } }
"""
METRO = """
[feed]
name = "made-metro"
kind = "earn"
record_id = ["trip"]
account = "card"
account_space = "made-metro"

[times]
format = "epoch-s"
started_at = "started"

[inputs.distance_m.network]
file = "arcs.csv"
origin = "origin"
destination = "destination"
"""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed, and how its points come about."""

    name: str
    reduction_class: ReductionClass
    formula: Mapping[str, object]
    mapping: Path
    files: Sequence[Path]
    rows_of_an_entry: int = 1


@dataclass(slots=True)
class Comparison:
    """A stated figure and the anchored one, in the smallest unit of the figure."""

    name: str
    unit: str
    stated: Decimal
    anchored: Decimal
    explanations: list[tuple[Decimal, str]] = field(default_factory=list)
    tolerance: Decimal = Decimal(0)
    """Half of the last digit of a stated figure that is printed rounded."""

    @property
    def unexplained(self) -> Decimal:
        """What is left of the difference; nothing within the tolerance of a rounded figure."""
        left = abs(self.stated - self.anchored - sum((part for part, _ in self.explanations), Decimal(0)))
        return Decimal(0) if left <= self.tolerance else left


@dataclass(slots=True)
class Replayed:
    """What became of a feed."""

    feed: Feed
    headers: list[PreparedBatch]
    batches: list[BatchColumns]
    refused: list[dict[str, str]]

    @property
    def total(self) -> int:
        """Grams."""
        return sum(header.total for header in self.headers)

    @property
    def entries(self) -> int:
        """Entries."""
        return sum(header.entry_count for header in self.headers)

    def sum_of(self, name: str) -> int:
        """Of an input over all entries."""
        return sum(json.loads(text)[name] for batch in self.batches for text in batch.details.to_list())


def main() -> None:
    """Prints comparisons and the circle, and the figures as one JSON object on the last line."""
    if skip_without(SHARED):
        return
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    add_keep_option(parser)
    options = parser.parse_args()
    console = Console(width=150, highlight=False)
    checks = json.loads((SHARED / "checks_dev.json").read_bytes())
    started = time.perf_counter()
    with local_ledger(options.keep) as context, PointsHome(context.settings) as home:
        world = World(context, home)
        operator = world.account("operator")
        made = context.settings.home
        replayed = [replay(world, operator, feed, console) for feed in feeds(made)]
        world.index()
        proofs = sum(prove(world, one) for one in replayed)
        comparisons = [comparison for one in replayed for comparison in compare(one, checks, made)]
        show(console, comparisons)
        circle = Circle(world, replayed)
        circle.go(made)
        world.index()
        failures = list(circle.failures())
        circle.show(console)
        if options.keep:
            write_tokens(world.home, circle.references, options.keep)
    figures = figures_of(replayed, comparisons, proofs, time.perf_counter() - started)
    failures += [f"{one.name}: {one.unexplained} {one.unit} unexplained" for one in comparisons if one.unexplained]
    for failure in failures:
        console.print(f"FAILED: {failure}", soft_wrap=True)
    print(json.dumps({**figures, "circle_closed": not failures, "seconds_by_stage": _rounded(world.seconds)}))
    if failures:
        sys.exit(1)


def write_tokens(home: PointsHome, references: Mapping[ReductionClass, Sequence[str]], folder: Path) -> None:
    """Lookup tokens of the first persons of each class."""
    for each, known in references.items():
        for number, reference in enumerate(known[:3], 1):
            write_token(home, reference, folder / f"token-{each.label}-{number}.txt")


def feeds(made: Path) -> list[Feed]:
    """Every feed, of both classes."""
    trips, ev = SHARED / "trips", SHARED / "ev"
    ride = formula("per-distance", "150.5", {"distance_m": [0, 50_000]})
    energy = formula("metered-energy", "420")
    shenzhen = made / "shenzhen.toml"
    shenzhen.write_text((FEEDS / "shenzhen-metro.toml").read_text(encoding="utf-8") + SAME_STATION, encoding="utf-8")
    one, two = CLASSES
    singapore = sorted(trips.glob("singapore_bike_*.tsv.gz"))
    mobike = formula("per-distance", "150.5", {"distance_m": [0, 50_000], "duration_s": [0, 86_400]})
    return [
        Feed("boulder-charging", one, energy, FEEDS / "boulder-charging.toml", [ev / "boulder_2018-2020.csv.gz"]),
        Feed("workplace-charging", one, energy, FEEDS / "workplace-charging.toml", [ev / "workplace_3395.csv"]),
        Feed("mobike-shanghai", two, mobike, FEEDS / "mobike-shanghai.toml", [next(trips.glob("mobike_*.csv"))]),
        Feed("shenzhen-cards", two, formula("per-trip", "541.9"), shenzhen, [next(trips.glob("shenzhen_*.gz"))], 2),
        Feed("singapore-bike", two, ride, FEEDS / "singapore-bike.toml", singapore),
        made_metro(made),
    ]


def made_metro(made: Path) -> Feed:
    """One made trip between any two stations of the real network, in one direction."""
    network = shanghai()
    arcs = [f"{arc.origin},{arc.destination},{arc.metres}" for arc in network.arcs]
    (made / "arcs.csv").write_text("\n".join(["origin,destination,metres", *arcs]) + "\n", encoding="utf-8")
    mapping, trips = made / "metro.toml", made / "made-metro-trips.csv"
    mapping.write_text(METRO, encoding="utf-8")
    stations = sorted(network.stations)
    with trips.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["trip", "card", "started", "origin", "destination"])
        number = 0
        for place, origin in enumerate(stations):
            for destination in stations[place + 1 :]:
                writer.writerow([number, number % 500, 1_750_000_000 + number % 40_000, origin, destination])
                number += 1
    by_distance = formula("per-distance", "150.5", {"distance_m": [1, 200_000]})
    return Feed("made-metro", ReductionClass.II, by_distance, mapping, [trips])


def shanghai() -> Network:
    """The published stations with their neighbours."""
    with (SHARED / "shanghai_metro" / "stationInfo.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    names = {row["stationID"]: row["name"].strip() for row in rows}
    positions = {
        row["name"].strip(): Position(*(whole_units(row[axis], decimals=6, field=axis) for axis in ("lon", "lat")))
        for row in rows
    }
    neighbours = [
        (names[row["stationID"]], names[str(neighbour)])
        for row in rows
        for neighbour in ast.literal_eval(row["neighbour"])
    ]
    return network_between_neighbours(positions, neighbours)


# Replay


def replay(world: World, operator: Address, feed: Feed, console: Console) -> Replayed:
    """From files to anchored batches."""
    scenario: Scenario = world.scenario(feed.name, operator, feed.reduction_class, feed.formula)
    headers = world.prepare(scenario, feed.name, feed.mapping, feed.files, batch_size=50_000)
    world.sign(feed.name)
    run = world.home.run(feed.name)
    world.anchor(run)
    headers = [header for header in headers if header.file_hash is not None]
    store = world.home.store
    batches = [read_batch(store.local(header.file_hash)) for header in headers if header.file_hash is not None]
    refused = []
    if run.refused_path.exists():
        with run.refused_path.open(encoding="utf-8", newline="") as file:
            refused = list(csv.DictReader(file))
    made = Replayed(feed, headers, batches, refused)
    rules = dict(Counter(row["refused_rule"] for row in refused))
    console.print(f"{feed.name}: {made.entries} entries in {len(headers)} batches, {made.total} g, refused {rules}")
    return made


def prove(world: World, one: Replayed) -> int:
    """Proves some entries of each batch against the root and total that the chain has; how many."""
    views = ContractViews(world.context.rpc, world.context.deployment)
    known = {batch.commitment.file_hash: batch for batch in views.batches_of(range(1, views.batch_count() + 1))}
    proved = 0
    for header, batch in zip(one.headers, one.batches, strict=True):
        assert header.file_hash is not None  # noqa: S101 - as filtered
        on_chain = known[header.file_hash].commitment
        tree = batch.tree()
        path = world.home.store.local(header.file_hash)
        for row in np.linspace(0, tree.size - 1, num=PROOFS_OF_A_BATCH, dtype=int).tolist():
            found = read_entry(path, row)
            entry = Entry.salted(
                salt_key=batch.salt_key,
                kind=batch.kind,
                grams=found.grams,
                entry_id=found.entry_id,
                account_tag=found.account_tag,
                details=json.loads(found.details),
            )
            proof = EntryProof(
                entry=entry.disclose(["details"]),
                index=row,
                size=on_chain.entry_count,
                total=on_chain.total,
                root=on_chain.root,
                path=tuple(tree.proof(row)),
            )
            EntryProof.from_json(json.loads(json.dumps(proof.to_json()))).verify()
            proved += 1
    return proved


# Comparisons


def compare(one: Replayed, checks: Mapping[str, Any], made: Path) -> Iterator[Comparison]:
    """What is stated of a feed against what was anchored of it, and the grams against a reckoning of our own."""
    match one.feed.name:
        case "boulder-charging":
            yield from _boulder(one, checks["boulder_2018_2020"])
        case "workplace-charging":
            known = Decimal(checks["ev_workplace"]["Wh"])
            energy = Comparison("workplace-charging energy", "Wh", known, Decimal(one.sum_of("energy_wh")))
            energy.explanations += _lost(one, "kwhTotal", 1000)
            yield energy
        case "mobike-shanghai":
            yield from _mobike(one, checks["mobike_shanghai"])
        case "shenzhen-cards":
            yield from _shenzhen(one, checks["shenzhen_37000"])
        case "singapore-bike":
            yield from _singapore(one, checks["singapore_bike"])
        case _:
            yield _metro(one)
    yield _grams(one)


def _grams(one: Replayed) -> Comparison:
    """The grams of every entry, recomputed from its recorded inputs with decimals."""
    kind, parameters = str(one.feed.formula["formula"]), one.feed.formula["parameters"]
    assert isinstance(parameters, dict)  # noqa: S101 - as made above
    (factor,) = map(Decimal, parameters.values())
    name = {"per-trip": "", "per-distance": "distance_m", "metered-energy": "energy_wh"}[kind]
    total = Decimal(0)
    for batch in one.batches:
        for text in batch.details.to_list():
            exact = factor * json.loads(text)[name] / 1000 if name else factor
            total += exact.quantize(Decimal(1), ROUND_HALF_UP)
    return Comparison(f"{one.feed.name} grams, recomputed", "g", total, Decimal(one.total))


def _lost(one: Replayed, column: str, scale: int) -> Iterator[tuple[Decimal, str]]:
    """What the refused rows have in a column, by rule."""
    sums: dict[str, Decimal] = {}
    for row in one.refused:
        sums[row["refused_rule"]] = sums.get(row["refused_rule"], Decimal(0)) + Decimal(row[column] or 0) * scale
    yield from ((grams, f"refused rows: {rule}") for rule, grams in sums.items() if grams)


def _boulder(one: Replayed, known: Mapping[str, Any]) -> Iterator[Comparison]:
    energy = Comparison("boulder-charging energy", "Wh", Decimal(known["Wh"]), Decimal(one.sum_of("energy_wh")))
    energy.explanations += _lost(one, "Energy__kWh_", 1000)
    yield energy
    stated = Decimal(known["recomputed_g_at_0_42_half_up"])
    yield Comparison("boulder-charging grams at 0.42", "g", stated, Decimal(one.total))
    published = Comparison("boulder-charging publisher's grams", "g", Decimal(known["published_g"]), Decimal(one.total))
    differences: Counter[int] = Counter()
    with gzip.open(one.feed.files[0], "rt", encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            ours = (Decimal(row["Energy__kWh_"]) * 420).quantize(Decimal(1), ROUND_HALF_UP)
            differences[int(Decimal(row["GHG_Savings__kg_"]) * 1000 - ours)] += 1
    for grams, sessions in sorted(differences.items()):
        if grams:
            why = f"{sessions} sessions that the publisher rounds {grams:+} g from 0.42 kg a kWh, half up"
            published.explanations.append((Decimal(grams * sessions), why))
    yield published


def _mobike(one: Replayed, known: Mapping[str, Any]) -> Iterator[Comparison]:
    metres = Comparison(
        "mobike-shanghai distance",
        "m",
        Decimal(str(known["great_circle_km"])) * 1000,
        Decimal(one.sum_of("distance_m")),
        tolerance=Decimal("0.51"),
    )
    refused = {row["orderid"]: row["refused_rule"] for row in one.refused}
    rounded, lost = Decimal(0), Counter[str]()
    with one.feed.files[0].open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            names = ("start_location_x", "start_location_y", "end_location_x", "end_location_y")
            exact = Decimal(str(_great_circle(*(float(row[name]) for name in names))))
            if row["orderid"] in refused:
                lost[refused[row["orderid"]]] += exact  # type: ignore[assignment]
            else:
                rounded += exact - exact.quantize(Decimal(1), ROUND_HALF_UP)
    metres.explanations.append((rounded, "each trip in whole metres"))
    metres.explanations += [(Decimal(part), f"refused rows: {rule}") for rule, part in lost.items()]
    yield metres


def _great_circle(*degrees: float) -> float:
    longitude1, latitude1, longitude2, latitude2 = map(math.radians, degrees)
    across = math.sin((longitude2 - longitude1) / 2) ** 2 * math.cos(latitude1) * math.cos(latitude2)
    return 2 * EARTH_METRES * math.asin(math.sqrt(math.sin((latitude2 - latitude1) / 2) ** 2 + across))


def _shenzhen(one: Replayed, known: Mapping[str, Any]) -> Iterator[Comparison]:
    rules = Counter(row["refused_rule"] for row in one.refused)
    pairs = Comparison("shenzhen-cards pairs", "trips", Decimal(known["metro_trips_paired"]), Decimal(one.entries))
    pairs.explanations.append((Decimal(rules["same-station"] // 2), "refused: in and out at the same station"))
    yield pairs
    taps = known["by_type"]["地铁入站"] + known["by_type"]["地铁出站"]
    alone = Comparison("shenzhen-cards metro taps", "taps", Decimal(taps), Decimal(2 * one.entries))
    alone.explanations += [(Decimal(count), f"refused: {rule}") for rule, count in sorted(rules.items())]
    yield alone


def _singapore(one: Replayed, known: Mapping[str, Any]) -> Iterator[Comparison]:
    stated = sum((Decimal(str(day["metres"])) for day in known.values()), Decimal(0))
    metres = Comparison("singapore-bike distance", "m", stated, Decimal(one.sum_of("distance_m")))
    rounded = Decimal(0)
    for path in one.feed.files:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            exact = [Decimal(line.split("\t")[8]) for line in file]
        rounded += sum((value - value.quantize(Decimal(1), ROUND_HALF_UP) for value in exact), Decimal(0))
    # Of refused rows the whole distance is gone: what was rounded off them counts there.
    for row in one.refused:
        value = Decimal(row["metres"])
        rounded -= value - value.quantize(Decimal(1), ROUND_HALF_UP)
    metres.explanations.append((rounded, "each trip in whole metres"))
    metres.explanations += _lost(one, "metres", 1)
    metres.tolerance = Decimal("0.0025")  # five daily sums, each printed to the millimetre
    yield metres


def _metro(one: Replayed) -> Comparison:
    """Every pair of stations by the plain search, one by one."""
    network = shanghai()
    stations = sorted(network.stations)
    total = 0
    for place, origin in enumerate(stations):
        reached = network.metres_from(origin)
        total += sum(reached[destination] for destination in stations[place + 1 :])
    return Comparison("made-metro distance", "m", Decimal(total), Decimal(one.sum_of("distance_m")))


# The circle


@dataclass(slots=True)
class _Moved:
    """Grams of a class by what became of them, as the files say."""

    earned: int = 0
    redeemed: int = 0
    donated: int = 0
    cancelled: int = 0
    bought_back: int = 0
    transferred: int = 0
    lots_cancelled: int = 0
    campaign_cancelled: int = 0


class Circle:
    """Points of both classes on their way round."""

    def __init__(self, world: World, replayed: Sequence[Replayed]) -> None:
        self.world = world
        self.moved = {each: _Moved() for each in CLASSES}
        for one in replayed:
            self.moved[one.feed.reduction_class].earned += one.total
        self.references = {each: list(references(replayed, each)) for each in CLASSES}
        self.provider = self.buyer = Address(bytes(20))
        self.campaign = encoding.campaign_id(code="CIRCLE")
        self.lots: dict[ReductionClass, list[tuple[LotId, int]]] = {each: [] for each in CLASSES}

    def go(self, folder: Path) -> None:
        """Earn was before; now everything else, both classes at the same provider and for the same event."""
        world = self.world
        self.provider, self.buyer = world.provider("mall"), world.account("buyer")
        office = world.account("office")
        world.perform(
            Role.EXCHANGE,
            lambda composer, identifier: composer.open_campaign(
                operation_id=identifier,
                code="CIRCLE",
                beneficiary=office,
                purpose=CancellationPurpose.EVENT_NEUTRALITY,
                last_day=LAST_DAY,
                document_hash=DOCUMENT,
            ),
        )
        for each in CLASSES:
            self._spend(each, folder)
        for each in CLASSES:
            self._lots_go_round(each)
            certificate = world.perform(
                Role.PLATFORM,
                lambda composer, identifier, each=each: composer.cancel_campaign(  # type: ignore[misc]
                    operation_id=identifier,
                    campaign_id=self.campaign,
                    reduction_class=each,
                    fields={"event": "a made event"},
                ),
            )
            self.moved[each].campaign_cancelled = _grams_of(certificate, "quantity_gco2e")

    def _spend(self, each: ReductionClass, folder: Path) -> None:
        """70 of 100 points of each person are redeemed, 10 donated, 10 cancelled by themselves; the rest stays."""
        tags, known = self.world.home.persons.known_tags(_texts(self.references[each]))
        persons = [reference for reference, earned in zip(self.references[each], known, strict=True) if earned]
        held = self.world.home.index.balances(np.ascontiguousarray(tags[known]), each).tolist()
        moved = self.moved[each]
        for kind, share, party in (
            (BatchKind.REDEEM, 70, self.provider.padded),
            (BatchKind.DONATE, 10, Hash32(self.campaign)),
            (BatchKind.CANCEL, 10, NO_PARTY),
        ):
            path = folder / f"{kind.label}-{each.label}.csv"
            lines = [
                f"{kind.label}-{each.label}-{number},{_cell(reference)},{grams * share // 100},made"
                for number, (reference, grams) in enumerate(zip(persons, held, strict=True))
                if grams * share // 100
            ]
            text = "\n".join(["instruction_id,account,points,reference", *lines]) + "\n"
            path.write_text(text, encoding="utf-8")
            headers, outcome = self.world.instruct(kind, each, party, path)
            grams = sum(header.total for header in headers)
            refused = sum(sum(header.refused.values()) for header in headers)
            assert not refused  # noqa: S101 - nobody asks for more than they have
            if kind is BatchKind.REDEEM:
                moved.redeemed = grams
                moved.bought_back = sum(anchored.bought_back for anchored in outcome.anchored)
                for anchored in outcome.anchored:
                    self._lot(each, anchored.sending.operation_id, anchored.bought_back)
            elif kind is BatchKind.DONATE:
                moved.donated = grams
            else:
                moved.cancelled = grams

    def _lot(self, each: ReductionClass, redeem_id: Any, grams: int) -> None:
        if not grams:
            return
        deployment = self.world.context.deployment
        lot_id = encoding.buy_back_lot_id(
            chain_id=deployment.chain_id,
            ledger=self.world.context.names.ledger,
            operation_id=encoding.buy_back_operation_id(redeem_id=redeem_id),
            reduction_class=each,
        )
        self.lots[each].append((lot_id, grams))

    def _lots_go_round(self, each: ReductionClass) -> None:
        """Every lot but one tonne is transferred, and all that was transferred but one gram is cancelled."""
        for lot_id, grams in self.lots[each]:
            transferred = grams - GRAMS_PER_TONNE if grams > GRAMS_PER_TONNE else grams
            self.world.perform(
                Role.PLATFORM,
                lambda composer, identifier, lot_id=lot_id, grams=transferred: composer.transfer(  # type: ignore[misc]
                    operation_id=identifier,
                    from_account=self.provider,
                    to_account=self.buyer,
                    lot_id=lot_id,
                    grams=grams,
                ),
            )
            self.world.perform(
                Role.PLATFORM,
                lambda composer, identifier, lot_id=lot_id, grams=transferred - 1: composer.cancel(  # type: ignore[misc]
                    operation_id=identifier,
                    account=self.buyer,
                    lot_id=lot_id,
                    grams=grams,
                    purpose=CancellationPurpose.EVENT_NEUTRALITY,
                    fields={"event": "a made event"},
                ),
            )
            self.moved[each].transferred += transferred
            self.moved[each].lots_cancelled += transferred - 1

    def failures(self) -> Iterator[str]:
        """Every gram by the files against chain, mirror and balances of persons; what is not the same."""
        context = self.world.context
        views = ContractViews(context.rpc, context.deployment)
        for difference in reconcile(context.database, context.rpc, context.deployment):
            yield f"mirror and contracts differ: {difference}"
        for each in CLASSES:
            moved, points, lots = self.moved[each], views.point_totals_of(each), views.totals_of(each)
            personal = moved.earned - moved.redeemed - moved.donated - moved.cancelled
            pool = moved.redeemed - moved.bought_back
            balances = int(self.world.home.index.balances_of_class(each)[1].sum())
            expected = {
                "points issued": (points.issued_grams, moved.earned),
                "points of persons": (points.personal_grams, personal),
                "points of persons by batch files": (balances, personal),
                "provider's pool": (points.pooled_by_providers_grams, pool),
                "provider's pool, asked": (views.pool_of(self.provider, each), pool),
                "bought back": (points.bought_back_grams, moved.redeemed // GRAMS_PER_TONNE * GRAMS_PER_TONNE),
                "campaign's pool": (points.pooled_by_campaigns_grams, 0),
                "cancelled for the campaign": (moved.campaign_cancelled, moved.donated),
                "points cancelled": (points.cancelled_grams, moved.cancelled + moved.donated),
                "lots bought back": (lots.bought_back_grams, moved.bought_back),
                "lots held": (lots.held_grams, moved.bought_back - moved.lots_cancelled),
                "lots cancelled": (lots.cancelled_grams, moved.lots_cancelled),
                "grams, all of them": (
                    personal + pool + lots.held_grams + lots.cancelled_grams + points.cancelled_grams,
                    moved.earned,
                ),
            }
            for lot_id, _ in self.lots[each]:
                of_class = views.lot_of(lot_id).reduction_class
                expected[f"class of lot {lot_id.hex0x}"] = (int(of_class), int(each))
            for name, (found, wanted) in expected.items():
                if found != wanted:
                    yield f"class {each.label}, {name}: {found}, but the files say {wanted}"

    def show(self, console: Console) -> None:
        """The circle in grams."""
        table = Table(title="The circle, in g", title_justify="left")
        names = list(_Moved.__dataclass_fields__)
        table.add_column("class")
        for name in names:
            table.add_column(name.replace("_", " "), justify="right")
        for each, moved in self.moved.items():
            table.add_row(each.label, *(f"{getattr(moved, name):,}" for name in names))
        console.print(table)


def references(replayed: Sequence[Replayed], each: ReductionClass) -> Iterator[str]:
    """Everyone who earned in a class, as the feeds call them."""
    found: dict[str, None] = {}
    for one in replayed:
        if one.feed.reduction_class is each:
            found |= dict.fromkeys(_accounts(one.feed))
    yield from found


def _accounts(feed: Feed) -> Iterator[str]:
    name, space, place = {
        "boulder-charging": ("Station_Name", "station", None),
        "workplace-charging": ("userId", "workplace", None),
        "mobike-shanghai": ("userid", "mobike", None),
        "shenzhen-cards": ("card_no", "shenzhen-tong", None),
        "singapore-bike": ("", "bike", 1),
        "made-metro": ("card", "made-metro", None),
    }[feed.name]
    for path in feed.files:
        with _text_of(path) as file:
            if place is not None:
                yield from (f"{space}:{line.split(chr(9))[place]}" for line in file)
            else:
                yield from (f"{space}:{row[name]}" for row in csv.DictReader(file))


def _text_of(path: Path) -> TextIO:
    """An open file, unpacked."""
    if path.suffix == ".gz":
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _texts(texts: Sequence[str]) -> Any:
    return strings_of(pa.array(list(texts), pa.large_string()))


def _cell(text: str) -> str:
    return f'"{text}"' if "," in text or '"' in text else text


def _grams_of(said: Mapping[str, object], name: str) -> int:
    return int(getattr(said[name], "grams", 0))


# Output


def figures_of(
    replayed: Sequence[Replayed], comparisons: Sequence[Comparison], proofs: int, seconds: float
) -> dict[str, object]:
    """What the last line says. A pair of taps is two rows."""
    applied = sum(one.entries * one.feed.rows_of_an_entry for one in replayed)
    refused = sum(len(one.refused) for one in replayed)
    left_out = sum(header.left_out for one in replayed for header in one.headers)
    return {
        "rows": applied + refused + left_out,
        "applied": applied,
        "refused": refused,
        "left_out": left_out,
        "entries": sum(one.entries for one in replayed),
        "earned_g": sum(one.total for one in replayed),
        "unexplained_g": int(sum(one.unexplained for one in comparisons)),
        "comparisons": len(comparisons),
        "proofs": proofs,
        "seconds": round(seconds, 1),
    }


def show(console: Console, comparisons: Sequence[Comparison]) -> None:
    """Every figure with its difference and what explains it."""
    table = Table(title="Stated and anchored", title_justify="left")
    table.add_column("figure")
    for column in ("unit", "stated", "anchored", "difference", "unexplained"):
        table.add_column(column, justify="right")
    table.add_column("explained by", overflow="fold")
    for one in comparisons:
        why = "\n".join(f"{part:+,.6g}: {text}" for part, text in one.explanations)
        numbers = (one.stated, one.anchored, one.stated - one.anchored, one.unexplained)
        table.add_row(one.name, one.unit, *(f"{number:,}" for number in numbers), why)
    console.print(table)


def _rounded(seconds: Mapping[str, float]) -> dict[str, float]:
    return {stage: round(value, 1) for stage, value in seconds.items()}


if __name__ == "__main__":
    main()
